/* lockoptions.c: what a random program runs on: the translator's options,
 * drawn, and the VMM of bt. */
#include "bt/engine.h"
#include "bt/translator/jit.h"
#include "bt/translator/tests/locktest.h"
#include "bt/vmm/vmm.h"

enum status lock_options_draw(struct vcpu *v, uint64_t seed, size_t cache,
                              struct error *err)
{
    struct rng r = {seed * 3 + 1};
    struct jit_options o = {.unit = JIT_UNIT_USUAL, .cache = JIT_CACHE_USUAL};

    if (rng_below(&r, 2) == 0) {
        o.unit = 1 + (unsigned)rng_below(&r, JIT_UNIT_LONGEST);
        o.cache = rng_below(&r, 2) ? JIT_CACHE_USUAL : JIT_CACHE_LEAST;
        jit_of(x86_cpu(v))->threshold = (unsigned)rng_below(&r, 4);
    }
    if (cache != 0)
        o.cache = cache;
    return jit_options_set(v, &o, err);
}

enum status lock_vmm_attach(struct vcpu *v, struct error *err)
{
    v->engine = &bt_engine_ops;
    return bt_engine_ops.attach(v, err);
}

void lock_vmm_memory_changed(struct vcpu *v)
{
    bt_vmm(x86_cpu(v))->stale = true;
}
