/* recorded.h: a results file, read back as the campaign that it records.
 *
 * The file may be anything: what this program cannot have written is refused
 * with one line (ST_GUEST). */
#ifndef EXPERIMENTS_LIB_RECORDED_H
#define EXPERIMENTS_LIB_RECORDED_H

#include "experiments/lib/campaign.h"
#include "experiments/lib/facts.h"

struct recorded {
    const char *path; /* borrowed */
    struct h5r *file; /* stays open: groups can be copied from it */
    struct campaign c;
    struct facts facts; /* of /, /config, /guest, /environment */
    char **option;      /* "name=value", as they were resolved */
    unsigned nr_options;
};

/* ST_HOST: it cannot be read. recorded_fini() in any case. */
enum status recorded_open(const char *path, struct recorded *r,
                          struct error *err) MUST_CHECK;
void recorded_fini(struct recorded *r);

/* The value of an option; NULL: it was not given. */
const char *recorded_option(const struct recorded *r, const char *name);

/* Whether two files are of the same guest on the same machine: what the guest
 * consists of, the options that describe its run. ST_GUEST: the first
 * difference is in err. */
enum status recorded_same_guest(const struct recorded *a,
                                const struct recorded *b,
                                struct error *err) MUST_CHECK;

/* Whether no run is in two of the files: none of them, and none that they were
 * merged from, is there twice. ST_GUEST: which are not. */
enum status recorded_disjoint(const struct recorded *r, unsigned nr,
                              struct error *err) MUST_CHECK;

/* Whether times of both may stand in one column: the same host's processor, the
 * same program. ST_GUEST, as above. */
enum status recorded_same_host(const struct recorded *a,
                               const struct recorded *b,
                               struct error *err) MUST_CHECK;

#endif
