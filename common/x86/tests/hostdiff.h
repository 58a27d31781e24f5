/* hostdiff.h: random instructions with random state, on interp and on the host
 * processor at CPL 3: same registers, flags, memory, faults. */
#ifndef COMMON_X86_TESTS_HOSTDIFF_H
#define COMMON_X86_TESTS_HOSTDIFF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct hostdiff_counts {
    uint64_t cases;     /* run on both */
    uint64_t completed; /* of these, without a fault */
    uint64_t skipped;   /* generated, but not comparable (see hostdiff.c) */
    uint64_t different;
};

/* Run `cases` comparable cases for code_size (1: 16-bit, 2: 32, 3: 64) from
 * `seed`; differences, at most max_reports of them, are written to `report`.
 * False with a reason in *why if this host cannot be an oracle. */
bool hostdiff_run(unsigned code_size, uint64_t seed, uint64_t cases,
                  unsigned max_reports, FILE *report,
                  struct hostdiff_counts *out, const char **why);

#endif
