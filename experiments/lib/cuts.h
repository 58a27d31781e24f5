/* cuts.h: a run cut at the guest's markers: instructions, times and ledger of
 * each interval.
 *
 * An interval is named after the marker that ends it; what follows the last
 * marker is CUTS_REST. Intervals of one name are added up. Over all intervals
 * the counts are those of the whole run, less the OUTs to the marker port. */
#ifndef EXPERIMENTS_LIB_CUTS_H
#define EXPERIMENTS_LIB_CUTS_H

#include "common/engine/ledger.h"

#define CUTS_NAME  64
#define CUTS_MAX   1024u      /* names; later ones are added to CUTS_OTHER */
#define CUTS_ROWS  (1u << 20) /* ledger rows of all intervals together */
#define CUTS_REST  "(rest)"
#define CUTS_OTHER "(other)"

struct cut {
    char name[CUTS_NAME]; /* printable ASCII without blanks */
    uint64_t cuts;        /* intervals of this name */
    uint64_t iterations;  /* that the guest says it made */
    uint64_t insns, guest_ns, host_ns;
    struct ledger ledger;
};

struct cuts {
    struct cut *cut; /* in order of first appearance */
    unsigned nr;
    uint64_t *seen; /* by row of the run's ledger: counts so far */
    uint32_t nr_seen;
    uint64_t insns, guest_ns; /* at the last marker */
    uint32_t rows;
    bool failed; /* out of memory: the intervals are incomplete */
};

/* ST_NOMEM. */
enum status cuts_init(struct cuts *c, struct error *err) MUST_CHECK;
void cuts_fini(struct cuts *c); /* a zeroed one is a no-op */

/* End an interval: the run's ledger, instructions and guest time by now, and
 * the host time since the last marker. */
void cuts_mark(struct cuts *c, const char *name, uint64_t iterations,
               const struct ledger *l, uint64_t insns, uint64_t guest_ns,
               uint64_t host_ns);

/* The interval of that name, made if there is none; other bytes than printable
 * ASCII become '?'. NULL: out of memory. */
struct cut *cuts_get(struct cuts *c, const char *name);

/* The interval of that name, or NULL. */
const struct cut *cuts_find(const struct cuts *c, const char *name);

/* Whether an interval of that name is a measurement, and its ratio enters a
 * mean of ratios; what a guest does before its measurements ("boot", "setup",
 * "empty": a loop without what it measures) and the remainders are none. */
bool cuts_measured(const char *name);

/* Sum of the counts of all rows of a kind. */
uint64_t cut_count(const struct cut *c, enum ledger_kind kind);

#endif
