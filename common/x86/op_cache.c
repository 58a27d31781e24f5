/* op_cache.c: INVD, WBINVD, INVLPG. [SDM2] */
#include "common/x86/op.h"

static void check_cpl0(struct x86_cpu *c)
{
    if (c->cpl != 0)
        x86_gp0(c);
}

/* Memory is always coherent: caches hold nothing that could be written back or
 * lost. */
static void invd(struct x86_cpu *c, const struct x86_insn *i)
{
    check_cpl0(c);
    x86_sensitive(c, SENS_INVD, 0, 0);
    X86_NEXT(c, i);
}

static void wbinvd(struct x86_cpu *c, const struct x86_insn *i)
{
    check_cpl0(c);
    x86_sensitive(c, SENS_WBINVD, 0, 0);
    X86_NEXT(c, i);
}

/* The operand names a linear address; it is not accessed and not checked. Ends
 * the block: the instructions that follow may lie in the page. */
static void invlpg(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t lin = c->sc[xi_seg(i)].base + x86_ea(c, i);

    lin &= c->lin_mask;
    check_cpl0(c);
    x86_sensitive(c, SENS_INVLPG, 0, lin);
    x86_tlb_invlpg(c, lin);
    X86_END(c, i);
}

const struct x86_impl x86_op_invd = X86_IMPL_ANY(invd, NULL);
const struct x86_impl x86_op_wbinvd = X86_IMPL_ANY(wbinvd, NULL);
const struct x86_impl x86_op_invlpg_M = X86_IMPL_ANY(NULL, invlpg);
