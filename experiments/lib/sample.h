/* sample.h: what runs of one guest gave: samples of one campaign, and whether
 * they did the same thing. */
#ifndef EXPERIMENTS_LIB_SAMPLE_H
#define EXPERIMENTS_LIB_SAMPLE_H

#include "common/base/sha256.h"
#include "common/engine/engine.h"
#include "experiments/lib/cuts.h"

#define CONSOLE_KEEP                                                           \
    (16u << 20) /* bytes of output kept, to show differences                   \
                 */

/* One run. */
struct sample {
    unsigned engine; /* index in the campaign */
    unsigned repetition;
    bool warmup;
    int exit_status; /* that `run` would have had */
    char end[128];   /* how it ended, in words */
    uint64_t insns, guest_ns, host_ns, ledger_lost;
    struct cuts cuts;
    struct sha256 hash;
    char console_sha256[SHA256_TEXT];
    uint8_t *console; /* the first CONSOLE_KEEP bytes */
    size_t console_len, console_cap;
};

#define CAMPAIGN_ENGINES 16

struct campaign {
    const char *guest;
    const struct engine_ops *engine[CAMPAIGN_ENGINES];
    const struct processor_ops *processor[CAMPAIGN_ENGINES];
    unsigned nr_engines;
    unsigned reps; /* that count, of each engine */
    bool warm_up;  /* one more of each, dropped */
    uint64_t seed; /* of the order and of the bootstrap */
    enum clock_mode clock;
    struct sample *sample; /* in the order they were made */
    unsigned nr;
};

/* ST_NOMEM. s is zeroed first. */
enum status sample_init(struct sample *s, struct error *err) MUST_CHECK;
void sample_fini(struct sample *s);

/* What machine_config.console wants: keeps the output and hashes it. */
void sample_console(void *opaque, const uint8_t *buf, size_t len);

/* The run is over: completes the hash. */
void sample_end(struct sample *s);

/* Whether two runs did the same: output, end, intervals with their
 * instructions and guest time, and, `ledgers`, all counts. ST_INVAL: the first
 * difference is in err, after `a` and `b`, which name the runs. */
enum status sample_same(const struct sample *x, const char *a,
                        const struct sample *y, const char *b, bool ledgers,
                        struct error *err) MUST_CHECK;

/* ---- campaigns ---- */

void campaign_fini(struct campaign *c);

/* The sample that counts as repetition `rep` of an engine, or NULL. */
const struct sample *campaign_at(const struct campaign *c, unsigned engine,
                                 unsigned rep);

/* Names of all intervals of the samples that count, in order of appearance;
 * owned by the caller (the list, not the names). NULL: out of memory. */
const char **campaign_benchmarks(const struct campaign *c, unsigned *nr);

/* Host times of an interval (NULL: of whole runs) under an engine, one for each
 * repetition that has it; v holds c->reps. Returns how many. */
size_t campaign_times(const struct campaign *c, unsigned engine,
                      const char *benchmark, double *v);

/* Name of a ledger row's reason: "OUT", or "EXIT_12" where there is none. */
void sample_reason_name(const struct ledger_row *r, char *buf, size_t size);

#endif
