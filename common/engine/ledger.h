/* ledger.h: exact counts by (kind, reason, sub-reason), for one vcpu.
 *
 * The same columns serve all engines. Rows are architectural (equal on every
 * processor; can be priced) or processor-private (never priced); the kind says
 * which. Rows are kept in the order of first use, so that two equal runs give
 * byte-identical ledgers. */
#ifndef COMMON_ENGINE_LEDGER_H
#define COMMON_ENGINE_LEDGER_H

#include "common/base/err.h"
#include "common/base/types.h"

enum ledger_kind {
#define LEDGER_KIND(name, text, architectural, entry) LEDGER_##name,
#include "common/engine/ledger.def"
#undef LEDGER_KIND
    LEDGER_KINDS
};

/* Reasons of IA-64 vcpus start here: a row says by itself what it is. */
#define LEDGER_IA64 0x4000u

struct ledger_row {
    uint16_t kind;   /* enum ledger_kind */
    uint16_t reason; /* by kind: enum x86_sensitive, an exit reason... */
    uint64_t sub;    /* port, vector, MSR, CR...; 0 where there is none */
    uint64_t count;
};

/* Reasons below this have a place in `first`. */
#define LEDGER_FIRST 64u

struct ledger {
    struct ledger_row *row;
    uint32_t nr, cap;
    uint32_t *hash; /* open addressing, row index + 1; power of two */
    uint32_t hash_size;
    /* Row index + 1 of (kind, reason, 0), if that is small; or 0. */
    uint16_t first[LEDGER_KINDS][LEDGER_FIRST];
    uint64_t lost; /* counts not recorded: out of memory or past the limit */
};

/* A guest can make at most this many rows (ports, MSRs, leaves it invents);
 * later ones are counted in `lost`. */
#define LEDGER_MAX_ROWS 65536u

enum status ledger_init(struct ledger *l, struct error *err) MUST_CHECK;
void ledger_fini(struct ledger *l);
void ledger_clear(struct ledger *l);

/* Add n to the row (kind, reason, sub), making it at its first use. */
void ledger_add(struct ledger *l, enum ledger_kind kind, unsigned reason,
                uint64_t sub, uint64_t n);

/* Count of a row, or 0. */
uint64_t ledger_get(const struct ledger *l, enum ledger_kind kind,
                    unsigned reason, uint64_t sub);

const char *ledger_kind_name(enum ledger_kind kind);

/* Rows of this kind are equal on every processor. */
bool ledger_kind_architectural(enum ledger_kind kind);

/* Each count of such a row is one entry of the guest into the VMM. */
bool ledger_kind_enters_vmm(enum ledger_kind kind);

#endif
