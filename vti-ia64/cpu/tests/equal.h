/* equal.h: a random program in lock step under `native` and under `hvm`. */
#ifndef VTI_IA64_CPU_TESTS_EQUAL_H
#define VTI_IA64_CPU_TESTS_EQUAL_H

#include <stdbool.h>
#include <stdint.h>

/* Run the program of the seed for `insns` instructions, compared every `step`
 * or so; controls as --controls. False: the difference is on stderr. */
bool equal_run(uint64_t seed, const char *controls, uint64_t insns,
               uint64_t step);

/* Settings of the accelerations to try: `n` counts round. */
const char *equal_controls(uint64_t n);

#endif
