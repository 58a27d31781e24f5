/* op_fxsave.c: FXSAVE and FXRSTOR. [SDM2 "FXSAVE"]. */
#include "common/x86/sse.h"

/* Bytes 464..511 of the image belong to software. */
#define FX_BYTES     512u
#define FX_XMM_START 160u

static void fx_check(struct x86_cpu *c, const struct x86_insn *i)
{
    if (c->s.cr0 & (CR0_EM | CR0_TS))
        x86_raise(c, VEC_NM);
    sse_check_aligned(c, xi_seg(i), x86_ea(c, i));
}

/* XMM registers that the image holds: none without CR4.OSFXSR would be allowed
 * (it is implementation-specific); like the processors we keep them. */
static unsigned xmm_bytes(const struct x86_cpu *c)
{
    return c->code_size == 3 ? 256 : 128;
}

static void fxsave(struct x86_cpu *c, const struct x86_insn *i)
{
    const struct x86_xsave *xs = &c->s.xs;
    uint64_t off = x86_ea(c, i);
    uint8_t image[FX_BYTES];

    fx_check(c, i);
    x86_mem_probe_write(c, xi_seg(i), off, FX_BYTES);
    memcpy(image, xs, FX_XMM_START + xmm_bytes(c));
    if (!(i->flags & XI_REXW)) {
        /* 32-bit form: offsets and selectors; the selectors are 0, as on
         * processors that deprecate them */
        put_le32(image + 12, 0);
        put_le32(image + 20, 0);
    }
    x86_write(c, xi_seg(i), off, image, FX_XMM_START + xmm_bytes(c));
    X86_NEXT(c, i);
}

static void fxrstor(struct x86_cpu *c, const struct x86_insn *i)
{
    struct x86_xsave *xs = &c->s.xs;
    uint64_t off = x86_ea(c, i);
    uint8_t image[FX_BYTES];
    uint32_t mask = xs->mxcsr_mask;

    fx_check(c, i);
    x86_read(c, xi_seg(i), off, image, FX_BYTES);
    if (get_le32(image + 24) & ~mask)
        x86_gp0(c);
    if (!(i->flags & XI_REXW)) {
        put_le32(image + 12, 0);
        put_le32(image + 20, 0);
    }
    memcpy(xs, image, FX_XMM_START + xmm_bytes(c));
    xs->rsvd = 0;
    xs->mxcsr_mask = mask;
    for (unsigned n = 0; n < 8; n++)
        memset(xs->st[n] + 10, 0, 6);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_fxsave_M = X86_IMPL_ANY(NULL, fxsave);
const struct x86_impl x86_op_fxrstor_M = X86_IMPL_ANY(NULL, fxrstor);
