/* skiknown.h: differences between Ski and the model in which Ski is wrong, or
 * which the manual leaves open. */
#ifndef VTI_IA64_CPU_TESTS_SKIKNOWN_H
#define VTI_IA64_CPU_TESTS_SKIKNOWN_H

#include "vti-ia64/cpu/tests/skidiff.h"

struct skiknown {
    const char *reason;
    bool (*explains)(const struct skidiff *d);
};

extern const struct skiknown skiknown[];
extern const unsigned skiknown_nr;

/* The entry that explains the difference, or -1. */
int skiknown_find(const struct skidiff *d);

#endif
