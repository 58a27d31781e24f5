/* exit.c: what translated code calls: instructions that interp does, and ways
 * out that are not linked yet. */
#include "bt/translator/bank.h"

#include <stdatomic.h>

#include "common/x86/boundary.h"

/* C between units: the count is exact, no instruction runs. */
static void between(struct x86_cpu *c)
{
    struct jit *j = jit_of(c);

    c->v.icount = j->end - (uint64_t)(int64_t)c->jit_left;
    c->block_icount = c->v.icount;
    c->insn0 = c->insn = c->interp->part;
}

static const uint8_t *leave(struct x86_cpu *c, unsigned m)
{
    struct jit *j = jit_of(c);

    return j->leave[JM_CODE(j->mode[m].key) == 3 ? JIT_BANK64 : JIT_BANK32];
}

static bool same_bank(const struct jit *j, unsigned a, unsigned b)
{
    return (JM_CODE(j->mode[a].key) == 3) == (JM_CODE(j->mode[b].key) == 3);
}

static bool ext_is_quiet(const struct x86_cpu *c)
{
    return !x86_ext_at_boundary(c) ||
           (c->ext->quiet != NULL && c->ext->quiet(c));
}

/* Is there nothing for the run loop to deliver or to return for? */
static bool quiet(const struct x86_cpu *c)
{
    const struct x86_state *s = &c->s;

    return ext_is_quiet(c) && !c->v.kicked && !c->machine_attention &&
           !s->init_pending && !s->sipi_pending && s->activity == X86_ACTIVE &&
           s->db_pending == 0 && !s->nmi_pending &&
           !(s->intr_line && (s->rflags & FL_IF));
}

/* What the run loop would do about `attention` if there is nothing but an
 * interrupt shadow, a trap flag or RF, which stays: its end is the beginning of
 * the next instruction. False: it must look itself. */
static bool settle(struct x86_cpu *c)
{
    struct jit *j = jit_of(c);

    while (c->attention) {
        if (c->jit_left <= 0)
            return false;
        c->attention = 0;
        /* As in x86_boundary(). */
        atomic_thread_fence(memory_order_seq_cst);
        if (!quiet(c)) {
            c->attention = 1;
            return false;
        }
        if (x86_must_step_beside_rf(c)) {
            c->block = NULL;
            x86_step(c);
            c->jit_left = (int32_t)(j->end - c->v.icount);
        }
    }
    return true;
}

/* As jit_find_code(), but with RF set, which ends if the unit's first
 * instruction begins: the budget must cover the unit. */
static const uint8_t *find_beside_rf(struct x86_cpu *c, unsigned m)
{
    struct jit_unit *u;

    c->s.rflags &= ~(uint64_t)FL_RF;
    u = jit_find(c, m);
    if (u != NULL && u->n <= (uint32_t)c->jit_left)
        return u->code;
    if (u == NULL) { /* or it would stay cold: x86_step() runs it */
        c->block = NULL;
        jit_warm(c);
    }
    c->s.rflags |= FL_RF;
    return NULL;
}

/* The code that goes on, or NULL. */
static const uint8_t *begin(struct x86_cpu *c, unsigned m)
{
    int now;

    if (c->jit_left <= 0) /* not even a fetch may fault now */
        return NULL;
    now = jit_mode_now(c);
    if (now < 0 || !same_bank(jit_of(c), m, (unsigned)now))
        return NULL;
    if (unlikely(c->s.rflags & FL_RF))
        return find_beside_rf(c, (unsigned)now);
    return jit_find_code(c, (unsigned)now);
}

/* Registers are loaded for the bank of mode m: where to go on. */
static const uint8_t *next(struct x86_cpu *c, unsigned m)
{
    const uint8_t *code = NULL;

    if (!c->attention || settle(c)) {
        code = begin(c, m);
        if (code == NULL && (c->s.rflags & FL_RF))
            c->attention = 1;
    }
    return code == NULL ? leave(c, m) : code;
}

/* How often an instruction's accesses trap decides how it is translated. */
static void watch_traps(struct x86_cpu *c, const struct jit_insn *r,
                        bool trapped)
{
    struct jit_unit *u = &jit_of(c)->units[r->unit];
    unsigned k = u->n - r->left;

    if (trapped)
        jit_trapped(c, u->block, k);
    else
        jit_not_trapped(c, u->block, k);
}

const uint8_t *jit_callout(struct x86_cpu *c, uint32_t insn)
{
    struct jit *j = jit_of(c);
    const struct jit_insn *r = &j->insns[insn];
    unsigned m = r->mode, left = r->left;
    struct x86_insn *i = &j->pair[0];
    uint64_t done, traps = c->x.traps;

    *i = r->insn;
    j->pair[1].off = (uint16_t)(i->off + i->len);
    j->called[i->op]++;
    c->block_icount = j->end - (uint64_t)(int64_t)c->jit_left - left;
    c->insn0 = c->insn = i;
    c->s.r[R_IP] = r->ip;
    c->interp->running = true;
    c->x.site_called_out = r->adapted;
    i->fn(c, i);
    c->x.site_called_out = false;
    c->interp->running = false;
    if (unlikely(c->x.traps != traps || r->adapted))
        watch_traps(c, r, c->x.traps != traps);
    done = (uint64_t)(c->insn - c->insn0);
    if (likely(left > 1 && done != 0 && !c->attention) &&
        (!r->loads_seg || jit_mode_now(c) == (int)m))
        return NULL;
    c->jit_left += (int32_t)(left - done);
    between(c);
    return next(c, m);
}

static void link_to(struct jit *j, struct jit_exit *x, struct jit_unit *to)
{
    uint32_t *xid;

    if (x->field == NULL || x->to != NULL)
        return;
    if (x->xid != NULL) {
        xid = codecache_writable(&j->cc, x->xid);
        memcpy(xid, &to->xid, sizeof(*xid));
    }
    codecache_patch_jump(&j->cc, x->field, to->code);
    x->to = to;
    x->next_in = to->in;
    to->in = x;
    j->stats.linked++;
}

const uint8_t *jit_take_exit(struct x86_cpu *c, uint32_t exit)
{
    struct jit *j = jit_of(c);
    struct jit_unit *u = &j->units[exit / 2], *to;
    struct jit_exit *x = &u->exit[exit % 2];
    uint32_t generation = j->generation;
    unsigned m = u->mode;

    j->stats.exits++;
    c->s.r[R_IP] = x->ip;
    between(c);
    if (c->attention || c->jit_left <= 0)
        return leave(c, m);
    to = jit_find(c, m);
    if (to == NULL) {
        j->stats.exits_cold++;
        return leave(c, m);
    }
    if (generation == j->generation && !u->dead) {
        if (x->to != NULL && x->to != to) { /* another page is there now */
            struct jit_exit **pp = &x->to->in;

            while (*pp != x)
                pp = &(*pp)->next_in;
            *pp = x->next_in;
            x->to = NULL;
        }
        link_to(j, x, to);
    }
    return to->code;
}
