/* sse.c: what MMX and SSE handlers share. */
#include "common/x86/sse.h"

void mmx_take(struct x86_cpu *c)
{
    struct x86_xsave *xs = &c->s.xs;
    unsigned top = (xs->fsw >> 11) & 7;
    uint8_t st[8][16];

    if (top != 0) {
        memcpy(st, xs->st, sizeof(st));
        for (unsigned n = 0; n < 8; n++)
            memcpy(xs->st[n], st[(n - top) & 7], sizeof(st[0]));
    }
    xs->fsw &= (uint16_t)~0x3800u;
    xs->ftw = 0xff;
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
