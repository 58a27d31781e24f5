/* jit.c: the processor `jit`: hot blocks run translated, the others and all
 * that is rare in interp. */
#include "bt/engine.h"
#include "bt/translator/trans.h"

#include <sys/mman.h>

#include "common/base/hugepage.h"
#include "common/x86/boundary.h"

typedef void enter_fn(struct x86_cpu *c, const uint8_t *code);

/* Budgets are counted down in 32 bits. */
#define LEFT_MAX (1u << 30)

static void enter(struct x86_cpu *c, const struct jit_unit *u, uint64_t max)
{
    struct jit *j = jit_of(c);
    unsigned bank =
        JM_CODE(j->mode[u->mode].key) == 3 ? JIT_BANK64 : JIT_BANK32;
    enter_fn *fn = (enter_fn *)(uintptr_t)j->enter[bank];

    c->jit_left = (int32_t)(max < LEFT_MAX ? max : LEFT_MAX);
    j->end = c->v.icount + (uint32_t)c->jit_left;
    c->block = NULL;
    j->stats.bursts++;
    fn(c, u->code);
    c->v.icount = j->end - (uint64_t)(int64_t)c->jit_left;
    c->block_icount = c->v.icount;
    c->insn0 = c->insn = c->interp->part;
    c->interp->running = false;
}

struct x86_block *jit_warm(struct x86_cpu *c)
{
    struct x86_block *b = x86_find_block(c);

    if (b->heat < jit_hot(jit_of(c)))
        b->heat++;
    return b;
}

static void burst(struct x86_cpu *c, uint64_t max)
{
    struct jit *j = jit_of(c);
    int m = jit_mode_now(c);
    struct jit_unit *u = m < 0 ? NULL : jit_find(c, (unsigned)m);
    struct x86_block *b;

    if (unlikely(j->disp_generation != c->v.disp_generation)) {
        jit_flush(c); /* dispositions are translated in */
        j->disp_generation = c->v.disp_generation;
        u = NULL;
    }
    if (u != NULL && u->n <= max) {
        enter(c, u, max);
        return;
    }
    b = u == NULL ? jit_warm(c) : x86_find_block(c);
    j->stats.interp++;
    x86_run_found(c, b, max);
}

static void loop(struct x86_cpu *c)
{
    x86_run_loop(c, burst);
}

static enum status run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                       struct error *err)
{
    (void)err;
    return x86_run(v, budget, exit, loop);
}

/* ---- life ---- */
static enum status probe(struct error *err)
{
    (void)err;
    return ST_OK;
}

static void destroy(struct vcpu *v)
{
    struct x86_cpu *c;
    struct jit *j;

    if (v == NULL)
        return;
    c = x86_cpu(v);
    j = jit_of(c);
    c->code_hooks = NULL;
    codecache_fini(&j->cc);
    if (j->units != NULL)
        munmap(j->units, JIT_UNITS * sizeof(*j->units));
    if (j->insns != NULL)
        munmap(j->insns, JIT_INSNS * sizeof(*j->insns));
    x86_cpu_destroy(v);
}

/* A large table, of zeroes; NULL if there is no memory. */
static void *table(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    hugepage_advise(p, bytes);
    return p;
}

static enum status set_up(struct x86_cpu *c, struct error *err)
{
    struct jit *j = jit_of(c);
    j->units = table(JIT_UNITS * sizeof(*j->units));
    j->insns = table(JIT_INSNS * sizeof(*j->insns));
    if (j->units == NULL || j->insns == NULL)
        return err_set(err, ST_NOMEM, "jit: tables of units");
    j->unit_max = JIT_UNIT_USUAL;
    j->threshold = JIT_THRESHOLD;
    for (unsigned k = 0; k < X86_OPS; k++)
        j->ops[k] = trans_op_find(k);
    jit_jumps_clear(j);
    j->pair[1].fn = x86_op_block_end;
    c->code_hooks = &jit_code_hooks;
    return jit_caches_init(c, JIT_CACHE_USUAL, err);
}

static enum status create(struct machine *m, const struct engine_ops *engine,
                          const struct processor_config *config,
                          struct vcpu **out, struct error *err)
{
    enum status st = x86_cpu_create_extra(m, engine, &jit_processor_ops, config,
                                          sizeof(struct jit), out, err);

    if (st != ST_OK)
        return st;
    st = set_up(x86_cpu(*out), err);
    if (st != ST_OK) {
        destroy(*out);
        *out = NULL;
    }
    return st;
}

const struct processor_ops jit_processor_ops = {
    .name = "jit",
    .isa = "x86",
    .text = "translator to host code, exact budgets",
    .exact_budget = true,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .run = run,
    .kick = x86_cpu_kick,
    .state_changed = x86_cpu_state_changed,
    .count = jit_count,
    .drop = x86_cpu_drop,
};
