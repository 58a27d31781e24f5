/* loadfuzz.h: random changes to valid images, loaded; what must hold after
 * each. The sanitizers see the rest. */
#ifndef COMMON_LOAD_TESTS_LOADFUZZ_H
#define COMMON_LOAD_TESTS_LOADFUZZ_H

#include "common/base/types.h"

struct loadfuzz_result {
    uint64_t cases;       /* tried */
    uint64_t loaded;      /* of them taken as guests */
    uint64_t failed_case; /* number of the one that broke a rule */
    char broken[320];     /* the rule, or empty */
};

/* Case n depends on (seed, n) alone. Stops after `cases` cases (0: no limit),
 * `seconds` seconds (0: no limit), or at the first broken rule. */
void loadfuzz_run(uint64_t seed, uint64_t first, uint64_t cases, double seconds,
                  struct loadfuzz_result *out);

#endif
