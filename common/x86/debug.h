/* debug.h: debug registers [SDM3 "Debug, Branch Profile, TSC, and Intel
 * Resource Director Technology Features"]. */
#ifndef COMMON_X86_DEBUG_H
#define COMMON_X86_DEBUG_H

#include "common/x86/cpu.h"

/* DR6 */
#define DR6_B(n) BIT(n) /* condition n was met */
#define DR6_BD   BIT(13)
#define DR6_BS   (1u << 14)
#define DR6_BT   BIT(15)
#define DR6_ONES 0xffff0ff0u /* bits that always read as 1 */
#define DR6_WRITE                                                              \
    (DR6_B(0) | DR6_B(1) | DR6_B(2) | DR6_B(3) | DR6_BD | DR6_BS | DR6_BT)

/* DR7 */
#define DR7_ONES        0x400u
#define DR7_GD          BIT(13)
#define DR7_WRITE       0xffff23ffu /* bits that hold what is written */
#define DR7_ENABLED     0xffu       /* any of L0..G3 */
#define DR7_RW(dr7, n)  (((dr7) >> (16 + 4 * (n))) & 3u)
#define DR7_LEN(dr7, n) (((dr7) >> (18 + 4 * (n))) & 3u)

/* MOV to and from DRn, n 0..7, at the current CR4.DE. False: DR4 and DR5 do not
 * exist (#UD). Privilege, DR7.GD and the width of values are the caller's. */
bool x86_dr_exists(const struct x86_cpu *c, unsigned n);
uint64_t x86_dr_get(const struct x86_cpu *c, unsigned n);
/* Upper halves of DR6 and DR7 must be 0 (#GP) and are not looked at. */
void x86_dr_set(struct x86_cpu *c, unsigned n, uint64_t v);

/* DR6 bits of the enabled breakpoints that match: an instruction at linear
 * address lin; n bytes of data from lin; a port access of n bytes. 0: none. */
uint64_t x86_debug_insn_match(const struct x86_cpu *c, uint64_t lin);
uint64_t x86_debug_data_match(const struct x86_cpu *c, uint64_t lin, unsigned n,
                              bool write);
uint64_t x86_debug_io_match(const struct x86_cpu *c, uint16_t port, unsigned n);

#endif
