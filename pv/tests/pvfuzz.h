/* pvfuzz.h: hypercalls with random numbers, arguments and guest memory, on
 * domains that never run: nothing may crash, hang or read out of bounds. */
#ifndef PV_TESTS_PVFUZZ_H
#define PV_TESTS_PVFUZZ_H

#include <stdint.h>

/* Frame counts are checked against all that holds references every 500 calls.
 * `count` hypercalls, the same for the same seed; a fresh domain every 5000,
 * 64-bit and 32-bit in turns. */
void pvfuzz_run(uint64_t count, uint64_t seed);

#endif
