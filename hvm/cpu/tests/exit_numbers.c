/* exit_numbers.c: the numbers of exits.def are those of the kernel's header. */
#include <asm/vmx.h>

enum {
#define EXIT_REASON(name, number, qual, length, title)                         \
    LINUX_##name = EXIT_REASON_##name,
#define EXIT_REASON_NEVER(name, number) LINUX_##name = EXIT_REASON_##name,
#include "hvm/cpu/exits.def"
#undef EXIT_REASON
#undef EXIT_REASON_NEVER
};

#define EXIT_REASON(name, number, qual, length, title)                         \
    _Static_assert(LINUX_##name == (number), #name);
#define EXIT_REASON_NEVER(name, number)                                        \
    _Static_assert(LINUX_##name == (number), #name);
#include "hvm/cpu/exits.def"
