/* randcode.c: random bundles and random state for the model. */
#include "vti-ia64/cpu/tests/randcode.h"

#include "common/base/bits.h"
#include "vti-ia64/engine.h"
#include <stdio.h>
#include <stdlib.h>

uint64_t randcode_slot(struct rng *r, enum ia64_unit unit)
{
    uint64_t slot = rng_next(r) & mask_low(IA64_SLOT_BITS), mask;

    if (unit == IA64_UNIT_L || rng_below(r, 8) == 0)
        return slot;
    for (;;) {
        unsigned row = (unsigned)rng_below(r, ia64_nr_encodings);
        unsigned u = ia64_encodings[row].unit;

        if (u != unit &&
            !(u == IA64_UNIT_A && (unit == IA64_UNIT_I || unit == IA64_UNIT_M)))
            continue;
        mask = ia64_encoding_mask((int)row);
        slot = (slot & ~mask) | ia64_encodings[row].value;
        if (rng_below(r, 2) == 0)
            slot &= ~(0x3full & ~mask);
        return slot;
    }
}

void randcode_bundle(struct rng *r, uint8_t bytes[16])
{
    struct ia64_bundle b = {.template = (uint8_t)rng_below(r, 32)};
    const struct ia64_template *t;

    if (ia64_templates[b.template].reserved)
        b.template = (uint8_t)rng_below(r, 32);
    t = &ia64_templates[b.template];
    for (unsigned k = 0; k < 3; k++)
        b.slot[k] = randcode_slot(r, (enum ia64_unit)t->unit[k]);
    if (!t->reserved && t->unit[1] == IA64_UNIT_L)
        b.slot[1] = rng_next(r) & mask_low(IA64_SLOT_BITS);
    ia64_bundle_put(&b, bytes);
}

/* Values that reach memory and edges often. */
static uint64_t value(struct rng *r, uint64_t ram)
{
    switch (rng_below(r, 4)) {
    case 0:
        return rng_below(r, ram) & ~15ull;
    case 1:
        return rng_next(r);
    case 2:
        return 1ull << rng_below(r, 64);
    default:
        return rng_below(r, 256) - 128;
    }
}

/* All of memory at 0 in each region, and pages anywhere; some of it on. */
static void random_translation(struct ia64_cpu *c, struct rng *r, uint64_t ram)
{
    static const unsigned ps[] = {12, 14, 16, 18, 28};
    struct ia64_state *s = &c->s;

    for (unsigned k = 0; k < 24; k++) {
        uint64_t va = rng_below(r, 8) << 61;
        uint64_t pte = 0x061 | rng_below(r, 8) << 9 | rng_below(r, 4) << 7;

        if (k >= 8) {
            va += value(r, ram) >> 3;
            pte |= (rng_below(r, ram) & ~0xfffull);
            pte ^= rng_next(r) & (rng_below(r, 8) == 0 ? 0x7c : 0);
        }
        ia64_tlb_insert(&c->mmu, rng_below(r, 2), k < 4 ? (int)k : -1, va, pte,
                        (uint64_t)ps[k < 8 ? 3 : rng_below(r, 5)] << 2 |
                            rng_below(r, 2) << 8);
    }
    for (unsigned k = 0; k < 3; k++)
        s->pkr[k] = k << 8 | rng_below(r, 16);
    s->psr |= rng_next(r) & (PSR_DT | PSR_IT | PSR_RT | PSR_BN | PSR_I |
                             PSR_DFL | PSR_SI | PSR_AC | PSR_SS);
    if (rng_below(r, 2))
        s->psr |= PSR_DT | PSR_IT | PSR_RT | (rng_next(r) & PSR_PK);
    if (rng_below(r, 4) == 0)
        s->psr |= rng_below(r, 4) << PSR_CPL_SHIFT;
    s->dcr = rng_next(r) & DCR_DEFINED;
}

static void random_state(struct ia64_cpu *c, struct rng *r, uint64_t ram)
{
    struct ia64_state *s = &c->s;

    for (unsigned k = 1; k < 128; k++)
        s->gr[k] = (struct ia64_gr){value(r, ram), rng_below(r, 16) == 0};
    for (unsigned k = 2; k < 128; k++)
        s->fr[k] = (struct ia64_fr){rng_next(r), rng_next(r) & 0x3ffff};
    for (unsigned k = 0; k < 8; k++) {
        s->br[k] = rng_below(r, ram) & ~15ull;
        s->rr[k] = 12u << 2 | rng_below(r, 4) << 8 | rng_below(r, 2);
    }
    s->pr = rng_next(r) | 1;
    s->cfm = rng_below(r, 97);
    s->bsp = s->bspstore = rng_below(r, ram) & ~7ull;
    s->lc = rng_below(r, 5);
    s->ec = rng_below(r, 5);
    s->fpsr = rng_next(r) & 0x3ffffffffffffffull;
    s->unat = rng_next(r);
    s->ip = rng_below(r, ram) & ~15ull;
    s->iva = rng_below(r, ram) & ~0x7fffull;
    s->pta = 15u << 2 | rng_below(r, 2) | rng_below(r, 2) << 8;
    if (rng_below(r, 2))
        s->psr = PSR_IC;
    if (rng_below(r, 2))
        random_translation(c, r, ram);
}

void randcode_init(struct randcode *k, uint64_t seed, uint64_t ram)
{
    randcode_init_engine(k, seed, ram, &ia64_native_engine_ops, NULL);
}

void randcode_init_engine(struct randcode *k, uint64_t seed, uint64_t ram,
                          const struct engine_ops *engine,
                          const struct engine_options *options)
{
    struct processor_config pc = {.trace_from = UINT64_MAX};
    struct error err;
    struct vcpu *v;
    struct rng r;

    memset(k, 0, sizeof(*k));
    r = (struct rng){seed};
    gmem_init(&k->m.mem);
    bus_init(&k->m.bus);
    clock_init(&k->m.clock, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
    if (gmem_add(&k->m.mem, 0, ram, false, &err) != ST_OK)
        abort();
    for (uint64_t at = 0; at < ram; at += 16)
        randcode_bundle(&r, (uint8_t *)gmem_host(&k->m.mem, at, 16));
    if (ia64_model_processor_ops.create(&k->m, engine, &pc, &v, &err) != ST_OK)
        abort();
    k->c = ia64_cpu(v);
    random_state(k->c, &r, ram);
    ia64_model_processor_ops.state_changed(v);
    v->options = options;
    if (engine->attach != NULL && engine->attach(v, &err) != ST_OK)
        abort();
}

void randcode_fini(struct randcode *k)
{
    if (k->c->v.engine->detach != NULL)
        k->c->v.engine->detach(&k->c->v);
    ia64_model_processor_ops.destroy(&k->c->v);
    gmem_fini(&k->m.mem);
}

uint64_t randcode_run(struct randcode *k, uint64_t n, uint64_t step)
{
    struct vcpu *v = &k->c->v;
    enum status (*run)(struct vcpu *, uint64_t, struct vcpu_exit *,
                       struct error *) =
        v->engine->run != NULL ? v->engine->run : v->processor->run;
    struct vcpu_exit exit;
    struct error err;
    uint64_t end = v->icount + n, hash;
    const struct gmem_region *g = &k->m.mem.region[0];

    while (v->icount < end) {
        uint64_t left = end - v->icount;

        if (run(v, left < step ? left : step, &exit, &err) != ST_OK) {
            fprintf(stderr, "%s\n", err.text);
            abort();
        }
        if (exit.kind == EXIT_STALLED)
            break;
        if (v->icount > end) {
            fprintf(stderr, "more than the budget retired\n");
            abort();
        }
    }
    hash = regset_hash(v->regs, v->state);
    for (uint64_t at = 0; at < g->size; at += 8)
        hash = hash * 31 + get_le64(g->host + at);
    return hash;
}
