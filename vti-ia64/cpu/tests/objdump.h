/* objdump.h: GNU objdump as an oracle for the decoder. */
#ifndef VTI_IA64_CPU_TESTS_OBJDUMP_H
#define VTI_IA64_CPU_TESTS_OBJDUMP_H

#include <stdbool.h>
#include <stdint.h>

#define OBJDUMP "ia64-linux-gnu-objdump"

bool objdump_present(void);

/* Compares the listing of n random bundles from the seed. `dir` takes the
 * temporary file. Differences other than the known ones (objdump.c) go to
 * stderr, the first few; returns their number, or -1: objdump failed. *slots:
 * instructions compared; *known: differences that are explained. */
long objdump_compare(uint64_t seed, unsigned n, const char *dir,
                     uint64_t *slots, uint64_t *known);

#endif
