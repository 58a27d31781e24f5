/* sample.h: what a run of a guest gave, and whether two did the same. */
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

/* ST_NOMEM. s is zeroed first. */
enum status sample_init(struct sample *s, struct error *err) MUST_CHECK;
void sample_fini(struct sample *s);

/* What machine_config.console wants: keeps the output and hashes it. */
void sample_console(void *opaque, const uint8_t *buf, size_t len);

/* The run is over: completes the hash. */
void sample_end(struct sample *s);

/* How much of two runs must be equal. */
enum sample_rule {
    SAMPLE_GUEST,         /* what the guest did: output, end, intervals with
                           * their instructions and guest time */
    SAMPLE_ARCHITECTURAL, /* and those counts that are equal on every processor
                           */
    SAMPLE_ALL,           /* and all other counts */
};

/* Called for a difference, in one line. False: enough. */
typedef bool sample_fn(void *opaque, const char *text);

/* All differences of two runs, after `a` and `b`, which name the runs. What one
 * of them does not have (output of a recorded run) is not compared. */
void sample_differences(const struct sample *x, const char *a,
                        const struct sample *y, const char *b,
                        enum sample_rule rule, sample_fn *fn, void *opaque);

/* ST_INVAL: the first difference is in err. */
enum status sample_same(const struct sample *x, const char *a,
                        const struct sample *y, const char *b,
                        enum sample_rule rule, struct error *err) MUST_CHECK;

/* Name of a ledger row's reason: "OUT", or "EXIT_12" where there is none. */
void sample_reason_name(const struct ledger_row *r, char *buf, size_t size);

#endif
