/* native.c: the processor's own paging as a memory-virtualization policy. */
#include "common/mmu/mmu.h"
#include "common/x86/walk.h"

static struct x86_walk_env env_of(struct x86_cpu *c)
{
    return (struct x86_walk_env){.read = x86_walk_gmem_read,
                                 .update = x86_walk_gmem_update,
                                 .opaque = &c->v.m->mem};
}

static void native_translate(struct x86_cpu *c, uint64_t lin, unsigned access,
                             struct x86_xlat *out)
{
    struct x86_walk_regs r;
    struct x86_walk_env env;
    struct x86_walk w;

    if (!(c->s.cr0 & CR0_PG)) {
        *out = (struct x86_xlat){.pa = lin & c->pa_mask,
                                 .page_shift = PAGE_SHIFT,
                                 .user = true,
                                 .write_s = true,
                                 .write_u = true,
                                 .exec = true};
        return;
    }
    x86_walk_regs_of(c, &r);
    env = env_of(c);
    if (!x86_walk(&env, &r, lin, access, &w))
        x86_pf(c, lin, w.error);
    *out = w.xlat;
}

static bool native_peek(struct x86_cpu *c, uint64_t lin, uint64_t *pa)
{
    struct x86_walk_regs r;
    struct x86_walk_env env;
    struct x86_walk w;

    if (!(c->s.cr0 & CR0_PG)) {
        *pa = lin & c->pa_mask;
        return true;
    }
    x86_walk_regs_of(c, &r);
    env = env_of(c);
    if (!x86_walk(&env, &r, lin, X86_WALK_PEEK, &w))
        return false;
    *pa = w.xlat.pa;
    return true;
}

const struct mmu_ops native_mmu_ops = {
    .name = "native",
    .translate = native_translate,
    .peek = native_peek,
};
