/* operand.c: memory operands of general-purpose instructions, off the fast
 * path. */
#include "common/x86/operand.h"

#include "common/x86/top.h"

uint64_t x86_operand_load(struct x86_cpu *c, const struct x86_insn *i,
                          unsigned n)
{
    uint64_t v = 0;

    x86_mem_read_slow(c, xi_seg(i), x86_ea(c, i), &v, n);
    return v;
}

void x86_operand_store(struct x86_cpu *c, const struct x86_insn *i, uint64_t v,
                       unsigned n)
{
    x86_mem_write_slow(c, xi_seg(i), x86_ea(c, i), &v, n);
}

void x86_top_push(struct x86_cpu *c, uint64_t v, unsigned n)
{
    uint64_t off = x86_sp_off(c, -(int64_t)n);

    x86_write(c, SEG_SS, off, &v, n);
    x86_set_sp(c, off);
}

uint64_t x86_top_load(struct x86_cpu *c, unsigned n)
{
    uint64_t v = 0;

    x86_read(c, SEG_SS, x86_sp_off(c, 0), &v, n);
    return v;
}
