/* interp.c: the reference interpreter: from one predecoded block to the
 * next. */
#include "common/mmu/mmu.h"
#include "common/x86/boundary.h"
#include "common/x86/mem.h"

void x86_attention(struct x86_cpu *c)
{
    struct x86_interp *in = c->interp;
    struct x86_insn *next;

    c->attention = 1;
    if (!in->running || in->patched != NULL || c->insn->fn == x86_op_block_end)
        return;
    /* Blocks are interp's own memory; only handlers see them as const. */
    next = (struct x86_insn *)(uintptr_t)(c->insn + 1);
    if (next->fn == x86_op_block_end)
        return;
    in->patched = next;
    in->patched_fn = next->fn;
    next->fn = x86_op_block_end;
}

/* ---- fetch ---- */
uint64_t x86_fetch_translate(struct x86_cpu *c, uint64_t lin,
                             const uint8_t **host)
{
    uint64_t page = lin & PAGE_MASK, key = x86_fetch_key(c);
    struct x86_fetch_entry *e =
        &c->interp->fetch[(lin >> PAGE_SHIFT) % X86_FETCH_CACHE];
    struct x86_xlat x;

    if (e->lin != page || e->key != key) {
        if (c->code_size == 3 && sext(lin, 48) != (int64_t)lin)
            x86_gp0(c);
        c->mmu->translate(c, lin, X86_EXEC | (c->cpl == 3 ? X86_ACC_USER : 0u),
                          &x);
        e->key = x86_fetch_key(c);
        e->lin = page;
        e->pa = x.pa & PAGE_MASK;
        e->global = x.global;
        e->large = x.page_shift > PAGE_SHIFT;
        e->host = gmem_host(&c->v.m->mem, e->pa, PAGE_SIZE);
    }
    *host = e->host == NULL ? NULL : e->host + (lin - page);
    return e->pa + (lin - page);
}

static NOINLINE struct x86_block *find_slow(struct x86_cpu *c, uint64_t lin,
                                            struct x86_jump_entry *e)
{
    const uint8_t *host;
    struct x86_block *b;
    uint64_t pa;

    if (c->code_size != 3 && c->s.r[R_IP] > c->s.seg[SEG_CS].limit)
        x86_gp0(c);
    pa = x86_fetch_translate(c, lin, &host);
    b = x86_block_get(c, lin, pa, host);
    if (host != NULL && !c->transient) { /* else it is in scratch memory */
        e->lin = lin;
        e->key = x86_fetch_key(c);
        e->block = b;
    }
    return b;
}

/* The block at RIP: a successor of the last block, else by address. The key
 * changes whenever a block dies, so that no link leads to a dead one. */
static inline struct x86_block *find(struct x86_cpu *c)
{
    uint64_t key = x86_fetch_key(c);
    uint64_t lin = c->code_size == 3
                       ? c->s.r[R_IP]
                       : (c->s.seg[SEG_CS].base + c->s.r[R_IP]) & 0xffffffff;
    struct x86_block *last = c->block;
    struct x86_jump_entry *e;

    if (likely(last != NULL)) {
        if (likely(last->link[0].lin == lin && last->link[0].key == key))
            return last->link[0].to;
        if (last->link[1].lin == lin && last->link[1].key == key)
            return last->link[1].to;
    }
    e = &c->interp->jump[(lin ^ lin >> 13) % X86_JUMP_CACHE];
    if (unlikely(e->lin != lin || e->key != key))
        return find_slow(c, lin, e);
    if (last != NULL) {
        last->link[1] = last->link[0];
        last->link[0] = (struct x86_link){lin, key, e->block};
    }
    return e->block;
}

/* The first n instructions of b as a block of their own. */
static void enter_part(struct x86_cpu *c, struct x86_block *b, unsigned n)
{
    struct x86_insn *part = c->interp->part;

    memcpy(part, b->insn, n * sizeof(part[0]));
    part[n] =
        (struct x86_insn){.fn = x86_op_block_end,
                          .off = (uint16_t)(part[n - 1].off + part[n - 1].len)};
    c->insn0 = c->insn = part;
}

/* [SDM3 "Limit Checking"]: the bytes of an instruction lie in CS's limit. */
static unsigned check_code_limit(struct x86_cpu *c, const struct x86_block *b,
                                 unsigned n)
{
    uint64_t ip = c->s.r[R_IP], limit = c->s.seg[SEG_CS].limit;
    unsigned k;

    if (likely(ip + b->bytes - 1 <= limit))
        return n;
    for (k = 0; k < n; k++) {
        if (ip + b->insn[k].off + b->insn[k].len - 1 > limit)
            break;
    }
    if (k == 0)
        x86_gp0(c);
    return k;
}

/* Run block b, at most `max` instructions of it. */
static ALWAYS_INLINE void run_found(struct x86_cpu *c, struct x86_block *b,
                                    uint64_t max)
{
    unsigned n = b->n;

    if (unlikely(n > max))
        n = (unsigned)max;
    if (unlikely(c->code_size != 3))
        n = check_code_limit(c, b, n);
    c->block = b;
    if (unlikely(n != b->n))
        enter_part(c, b, n);
    else
        c->insn0 = c->insn = b->insn;
    c->interp->running = true;
    c->insn->fn(c, c->insn);
    x86_retire(c);
}

/* Run the block at R_IP. */
static ALWAYS_INLINE void run_block(struct x86_cpu *c, uint64_t max)
{
    run_found(c, find(c), max);
}

struct x86_block *x86_find_block(struct x86_cpu *c)
{
    return find(c);
}

void x86_run_found(struct x86_cpu *c, struct x86_block *b, uint64_t max)
{
    run_found(c, b, max);
}

void x86_interp_block(struct x86_cpu *c, uint64_t max)
{
    run_block(c, max);
}

static void loop(struct x86_cpu *c)
{
    x86_run_loop(c, run_block);
}

static enum status run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                       struct error *err)
{
    (void)err;
    return x86_run(v, budget, exit, loop);
}

static enum status probe(struct error *err)
{
    (void)err;
    return ST_OK;
}

static enum status create(struct machine *m, const struct engine_ops *engine,
                          const struct processor_config *config,
                          struct vcpu **out, struct error *err)
{
    return x86_cpu_create(m, engine, &interp_processor_ops, config, out, err);
}

const struct processor_ops interp_processor_ops = {
    .name = "interp",
    .isa = "x86",
    .text = "reference interpreter: predecoded blocks, exact budgets",
    .exact_budget = true,
    .probe = probe,
    .create = create,
    .destroy = x86_cpu_destroy,
    .run = run,
    .kick = x86_cpu_kick,
    .state_changed = x86_cpu_state_changed,
    .drop = x86_cpu_drop,
};
