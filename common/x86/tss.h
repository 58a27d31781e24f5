/* tss.h: the task state of 16- and 32-bit TSSs, one form for both.
 * [SDM3 "Task-State Segment (TSS)", "16-Bit Task-State Segment (TSS)"]. */
#ifndef COMMON_X86_TSS_H
#define COMMON_X86_TSS_H

#include "common/x86/cpu.h"

struct x86_tss {
    bool wide;    /* 32-bit */
    bool trap;    /* T flag */
    uint32_t cr3; /* 32-bit only */
    uint32_t ip, flags, r[8];
    uint16_t sel[SEG_COUNT]; /* by enum x86_segreg */
    uint16_t ldt;
};

/* The least limit that holds a whole TSS. */
static inline uint32_t x86_tss_limit(bool wide)
{
    return wide ? 0x67 : 0x2b;
}

static inline bool x86_tss_wide(const struct x86_seg *tr)
{
    return (SA_TYPE(tr->attr) & 8) != 0;
}

/* Read the task at tr, a checked TSS descriptor. May raise #PF. */
void x86_tss_read(struct x86_cpu *c, const struct x86_seg *tr,
                  struct x86_tss *out);

/* Save the state of the current task, resuming at ip with flags, in the current
 * TSS. May raise #PF; doing it again is harmless. */
void x86_tss_save(struct x86_cpu *c, uint32_t ip, uint32_t flags);

#endif
