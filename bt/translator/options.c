/* options.c: what an engine may choose of the translator. */
#include "bt/translator/options.h"

#include "bt/translator/jit.h"

enum status jit_options_set(struct vcpu *v, const struct jit_options *o,
                            struct error *err)
{
    struct x86_cpu *c = x86_cpu(v);
    struct jit *j = jit_of(c);
    enum status st;

    j->unit_max = o->unit;
    j->adapt = o->adapt;
    if (o->cache == JIT_CACHE_USUAL)
        return ST_OK;
    codecache_fini(&j->cc);
    st = codecache_init(&j->cc, o->cache, err);
    if (st == ST_OK && !jit_stubs_make(c))
        st = err_set(err, ST_BUG, "jit: stubs");
    return st;
}
