/* options.c: what an engine may choose of the translator. */
#include "bt/translator/options.h"

#include "bt/translator/jit.h"

/* Of the code of Debian's units 29 % is out of line. */
#define COLD_SHARE(size) align_down((size) / 16 * 5, CODECACHE_ALIGN)

enum status jit_caches_init(struct x86_cpu *c, size_t size, struct error *err)
{
    struct jit *j = jit_of(c);
    enum status st = codecache_init(&j->cc, size, err);

    if (st != ST_OK)
        return st;
    codecache_split(&j->cc, COLD_SHARE(size), &j->cold);
    return jit_stubs_make(c) ? ST_OK : err_set(err, ST_BUG, "jit: stubs");
}

enum status jit_options_set(struct vcpu *v, const struct jit_options *o,
                            struct error *err)
{
    struct x86_cpu *c = x86_cpu(v);
    struct jit *j = jit_of(c);

    j->unit_max = o->unit;
    j->adapt = o->adapt;
    if (o->cache == JIT_CACHE_USUAL)
        return ST_OK;
    codecache_fini(&j->cc);
    return jit_caches_init(c, o->cache, err);
}
