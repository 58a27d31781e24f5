/* price.h: price lists: what ledger rows and instructions cost on a named
 * processor, and what our VMMs' handlers execute.
 *
 * A list is a CSV file of datasets/processors; the handlers' instructions,
 * which are facts about our VMMs and not about a processor, are in
 * datasets/handlers. Both say where each value comes from. A price is a range
 * where no source gives a number. */
#ifndef EXPERIMENTS_LIB_PRICE_H
#define EXPERIMENTS_LIB_PRICE_H

#include "common/base/sha256.h"
#include "common/engine/ledger.h"
#include "experiments/lib/csv.h"

struct range {
    double low, high;
};

#define PRICE_ANY_SUB UINT64_MAX

/* What a row stands for. Strings point into the list. */
struct price {
    const char *engine; /* "*": every one */
    const char *kind, *reason;
    uint64_t sub;       /* or PRICE_ANY_SUB */
    struct range value; /* cycles; handlers: instructions of the host */
    const char *source, *place, *class, *note;
};

struct price_list {
    const char *name; /* borrowed */
    char *path, *handlers_path;
    char sha256[SHA256_TEXT], handlers_sha256[SHA256_TEXT];
    struct csv list, handlers_csv;
    struct price *price, *handler;
    unsigned nr_prices, nr_handlers;
    double clock_hz;          /* 0: not given */
    struct range cpi;         /* of instructions without a price of their own */
    struct range handler_cpi; /* of the VMM's */
};

/* Read the list of that name from folder `dir` of data sets. ST_INVAL: no such
 * list, or "FILE:LINE: rule"; ST_HOST, ST_NOMEM. */
enum status price_load(const char *dir, const char *name,
                       struct price_list *out, struct error *err) MUST_CHECK;
void price_fini(struct price_list *p); /* a zeroed one is a no-op */

/* Names of the lists in folder `dir` of data sets, sorted; freed by
 * price_names_free(). ST_HOST, ST_NOMEM. */
enum status price_names(const char *dir, char ***names, unsigned *nr,
                        struct error *err) MUST_CHECK;
void price_names_free(char **names, unsigned nr);

/* The entry for a row, the most special first; NULL: there is none. */
const struct price *price_find(const struct price *list, unsigned nr,
                               const char *engine, const struct ledger_row *r);

/* ---- pricing (price_ledger.c) ---- */

#define PRICE_MISSING 200

/* Cycles of an interval. With a row that has no price it has no cycles. */
struct priced {
    struct range cycles;
    unsigned nr_missing;
    char missing[PRICE_MISSING]; /* the first of them by name */
};

/* What one row came to, for those who explain; NULL for what is not there.
 * Row NULL: `count` instructions without a price of their own. */
typedef void price_row_fn(void *opaque, const struct ledger_row *row,
                          uint64_t count, struct range cycles,
                          const struct price *price,
                          const struct price *handler);

/* Price an interval's rows and retired instructions. Operations that a VMM
 * carried out are not the processor's: their SENSITIVE rows are reduced by the
 * call-outs, sequences, traps and exits that stand for them. `fn` may be NULL.
 * ST_NOMEM. */
enum status price_ledger(const struct price_list *p, const char *engine,
                         const struct ledger *l, uint64_t insns,
                         price_row_fn *fn, void *opaque, struct priced *out,
                         struct error *err) MUST_CHECK;

#endif
