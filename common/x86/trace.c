/* trace.c: calls the configured trace function before an instruction. */
#include "common/x86/trace.h"

#include "common/mmu/mmu.h"

void x86_trace_insn(struct x86_cpu *c)
{
    uint64_t base = c->code_size == 3 ? 0 : c->s.seg[SEG_CS].base, lin, pa;
    uint8_t bytes[15];
    unsigned n;

    if (c->config.trace == NULL)
        return;
    lin = (base + c->s.r[R_IP]) & c->lin_mask;
    for (n = 0; n < sizeof(bytes); n++) {
        if (!c->mmu->peek(c, (lin + n) & c->lin_mask, &pa) ||
            !gmem_read(&c->v.m->mem, pa, &bytes[n], 1))
            break;
    }
    c->config.trace(c->config.trace_opaque, &c->v, lin, bytes, n);
}
