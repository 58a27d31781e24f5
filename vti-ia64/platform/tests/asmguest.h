/* asmguest.h: guests from assembly, by Debian's binutils for ia64. */
#ifndef VTI_IA64_PLATFORM_TESTS_ASMGUEST_H
#define VTI_IA64_PLATFORM_TESTS_ASMGUEST_H

#include <stdint.h>

#include "vti-ia64/platform/ski.h"

struct asmguest_end {
    enum run_end end;
    uint32_t code; /* of SSC or system call exit */
    uint64_t insns;
    uint64_t registers; /* hash of engine_view() */
    char console[4096];
};

/* Assemble and link `source` (text at 0x100000, or as a user program), run it
 * for at most `max` instructions, under native and, if it is a system, under
 * hvm without and with all accelerations: the ends must be equal. Skips the
 * test without the tools; fails it if they refuse. */
void asmguest_run(const char *source, bool user, uint64_t max,
                  struct asmguest_end *out);

#endif
