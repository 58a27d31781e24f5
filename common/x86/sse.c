/* sse.c: what MMX and SSE handlers share. */
#include "common/x86/sse.h"

#include "common/x86/x87.h"

void mmx_take(struct x86_cpu *c)
{
    x87_set_top(&c->s.xs, 0);
    c->s.xs.ftw = 0xff;
}

void mxcsr_raise(struct x86_cpu *c, uint32_t flags)
{
    /* An unmasked exception found before the computation stops it: those
     * found after it did not happen. */
    uint32_t unmasked = flags & ~(c->s.xs.mxcsr >> 7);

    if (unmasked & MXCSR_PRE)
        flags &= MXCSR_PRE;
    c->s.xs.mxcsr |= flags;
    x86_raise(c, (c->s.cr4 & CR4_OSXMMEXCPT) ? VEC_XM : VEC_UD);
}
