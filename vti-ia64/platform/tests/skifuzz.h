/* skifuzz.h: hostile images, and hostile arguments of what images ask of Ski's
 * platform: SSC calls, system calls of Linux programs. What must hold after
 * each; the sanitizers see the rest. */
#ifndef VTI_IA64_PLATFORM_TESTS_SKIFUZZ_H
#define VTI_IA64_PLATFORM_TESTS_SKIFUZZ_H

#include <stdint.h>

enum skifuzz_kind {
    SKIFUZZ_IMAGE, /* changed ELF files: loaded, and run if they can be */
    SKIFUZZ_SSC,   /* random calls of a system image */
    SKIFUZZ_USER,  /* random system calls of a program */
    SKIFUZZ_KINDS
};

struct skifuzz_result {
    uint64_t cases;  /* tried */
    uint64_t loaded; /* images among them that were taken */
    uint64_t served; /* calls that had a result other than failure */
    uint64_t failed_case;
    char broken[320]; /* the rule that case broke, or empty */
};

/* Case n depends on (seed, n) alone and is of kind n % SKIFUZZ_KINDS. Stops
 * after `cases` (0: no limit), `seconds` (0: no limit), or at the first broken
 * rule. */
void skifuzz_run(uint64_t seed, uint64_t first, uint64_t cases, double seconds,
                 struct skifuzz_result *out);

#endif
