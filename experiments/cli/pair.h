/* pair.h: two runs of one guest side by side, stopped at the same counts of
 * retired instructions and compared: registers as the guest has them, devices,
 * RAM, console output. Virtual clock and exact budgets only. */
#ifndef EXPERIMENTS_CLI_PAIR_H
#define EXPERIMENTS_CLI_PAIR_H

#include "common/base/sha256.h"
#include "experiments/cli/run.h"

struct pair_side {
    struct run_request rq;
    struct run run;
    void *view; /* the guest's registers at the last comparison */
    bool ended;
    enum run_end end;
    uint64_t output; /* bytes, and a running hash of them */
    uint64_t output_hash;
};

struct pair {
    struct pair_side side[2];
    uint64_t at; /* instructions that both have retired */
};

/* What differs; the first that applies. */
enum pair_diff {
    PAIR_SAME,
    PAIR_ENDED, /* both ended, alike; nothing differs */
    PAIR_END,   /* one ended, or for another reason, or at another count */
    PAIR_REGS,
    PAIR_DEVICES,
    PAIR_OUTPUT,
    PAIR_RAM,
};

/* Load the guest twice. Requests are copied; what they point to is borrowed
 * until pair_fini(). On failure nothing is left. */
enum status pair_init(struct pair *p, const struct run_request *a,
                      const struct run_request *b,
                      struct error *err) MUST_CHECK;
void pair_fini(struct pair *p);

/* Run both until `count` instructions have retired, or they end. */
enum status pair_run(struct pair *p, uint64_t count,
                     struct error *err) MUST_CHECK;

/* Compare; `ram`: RAM and ROM, too. */
enum pair_diff pair_compare(struct pair *p, bool ram);

/* The lowest guest-physical address at which memory differs; false: none. */
bool pair_ram_diff(const struct pair *p, uint64_t *pa);

#endif
