/* ledger.c: exact counts by (kind, reason, sub-reason). */
#include "common/engine/ledger.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROWS    64u /* a power of two */
#define SLOTS_PER_ROW 8u  /* of the hash: few rows share one */

_Static_assert((LEDGER_MAX_ROWS & (LEDGER_MAX_ROWS - 1)) == 0,
               "rows double up to the limit");

static uint32_t hash_of(unsigned kind, unsigned reason, uint64_t sub)
{
    /* All of it must reach bits 32 and up of the product. */
    uint64_t v =
        (sub ^ sub >> 32) + ((uint64_t)reason << 16) + ((uint64_t)kind << 24);

    return (uint32_t)((v * 0x9e3779b97f4a7c15ull) >> 32);
}

/* The slot of the row, or the empty slot where it would go. There always is an
 * empty one: the hash has more slots than rows. */
static uint32_t *slot_of(const struct ledger *l, unsigned kind, unsigned reason,
                         uint64_t sub)
{
    uint32_t h = hash_of(kind, reason, sub);

    for (;; h++) {
        uint32_t *slot = &l->hash[h & (l->hash_size - 1)];
        const struct ledger_row *r;

        if (*slot == 0)
            return slot;
        r = &l->row[*slot - 1];
        if (r->sub == sub && r->reason == reason && r->kind == kind)
            return slot;
    }
}

static void rehash(struct ledger *l)
{
    uint32_t i;

    for (i = 0; i < l->nr; i++) {
        const struct ledger_row *r = &l->row[i];

        *slot_of(l, r->kind, r->reason, r->sub) = i + 1;
    }
}

/* Room for `cap` rows. On failure the ledger is what it was. */
static bool resize(struct ledger *l, uint32_t cap)
{
    uint32_t *hash = calloc((size_t)cap * SLOTS_PER_ROW, sizeof(*hash));
    struct ledger_row *row;

    if (hash == NULL)
        return false;
    row = realloc(l->row, cap * sizeof(*row));
    if (row == NULL) {
        free(hash);
        return false;
    }
    free(l->hash);
    l->row = row;
    l->cap = cap;
    l->hash = hash;
    l->hash_size = cap * SLOTS_PER_ROW;
    rehash(l);
    return true;
}

enum status ledger_init(struct ledger *l, struct error *err)
{
    memset(l, 0, sizeof(*l));
    if (!resize(l, FIRST_ROWS))
        return err_set(err, ST_NOMEM, "ledger of %u rows", FIRST_ROWS);
    return ST_OK;
}

void ledger_fini(struct ledger *l)
{
    free(l->row);
    free(l->hash);
    memset(l, 0, sizeof(*l));
}

void ledger_clear(struct ledger *l)
{
    l->nr = 0;
    l->lost = 0;
    memset(l->first, 0, sizeof(l->first));
    memset(l->hash, 0, l->hash_size * sizeof(*l->hash));
}

/* Does the row have a place in `first`, which is faster than the hash? */
static bool has_first(unsigned kind, unsigned reason, uint64_t sub)
{
    return sub == 0 && reason < LEDGER_FIRST && kind < LEDGER_KINDS;
}

static void add_row(struct ledger *l, uint32_t *slot, struct ledger_row row)
{
    if (l->nr == l->cap) {
        if (l->cap >= LEDGER_MAX_ROWS || !resize(l, l->cap * 2)) {
            l->lost += row.count;
            return;
        }
        slot = slot_of(l, row.kind, row.reason, row.sub);
    }
    l->row[l->nr++] = row;
    *slot = l->nr;
    if (has_first(row.kind, row.reason, row.sub) && l->nr <= UINT16_MAX)
        l->first[row.kind][row.reason] = (uint16_t)l->nr;
}

void ledger_add(struct ledger *l, enum ledger_kind kind, unsigned reason,
                uint64_t sub, uint64_t n)
{
    uint32_t *slot;

    if (has_first(kind, reason, sub) && l->first[kind][reason] != 0) {
        l->row[l->first[kind][reason] - 1].count += n;
        return;
    }
    slot = slot_of(l, kind, reason, sub);
    if (likely(*slot != 0))
        l->row[*slot - 1].count += n;
    else
        add_row(l, slot,
                (struct ledger_row){.kind = (uint16_t)kind,
                                    .reason = (uint16_t)reason,
                                    .sub = sub,
                                    .count = n});
}

uint64_t ledger_get(const struct ledger *l, enum ledger_kind kind,
                    unsigned reason, uint64_t sub)
{
    const uint32_t *slot = slot_of(l, kind, reason, sub);

    return *slot == 0 ? 0 : l->row[*slot - 1].count;
}

const char *ledger_kind_name(enum ledger_kind kind)
{
    static const char *const name[] = {
#define LEDGER_KIND(name, text, architectural, entry) [LEDGER_##name] = #name,
#include "common/engine/ledger.def"
#undef LEDGER_KIND
    };

    return (unsigned)kind < LEDGER_KINDS ? name[kind] : "?";
}

bool ledger_kind_architectural(enum ledger_kind kind)
{
    static const bool is[] = {
#define LEDGER_KIND(name, text, architectural, entry)                          \
    [LEDGER_##name] = architectural,
#include "common/engine/ledger.def"
#undef LEDGER_KIND
    };

    return (unsigned)kind < LEDGER_KINDS && is[kind];
}

bool ledger_kind_enters_vmm(enum ledger_kind kind)
{
    static const bool is[] = {
#define LEDGER_KIND(name, text, architectural, entry) [LEDGER_##name] = entry,
#include "common/engine/ledger.def"
#undef LEDGER_KIND
    };

    return (unsigned)kind < LEDGER_KINDS && is[kind];
}
