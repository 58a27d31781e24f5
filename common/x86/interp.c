/* interp.c: the reference interpreter's run loop: what happens between
 * instructions. */
#include "common/x86/interp.h"

#include <stdatomic.h>

#include "common/mmu/mmu.h"
#include "common/x86/debug.h"
#include "common/x86/flags.h"
#include "common/x86/mem.h"
#include "common/x86/seg.h"
#include "common/x86/trace.h"

/* Events delivered in a row without one instruction retiring after which a
 * guest is called stalled. A real processor would go on for ever. */
#define STALL_LIMIT (1u << 20)

void x86_attention(struct x86_cpu *c)
{
    struct x86_interp *in = c->interp;
    struct x86_insn *next;

    c->attention = 1;
    if (!in->running || in->patched != NULL || c->insn->fn == x86_op_block_end)
        return;
    /* Blocks are interp's own memory; only handlers see them as const. */
    next = (struct x86_insn *)(uintptr_t)(c->insn + 1);
    in->patched = next;
    in->patched_fn = next->fn;
    next->fn = x86_op_block_end;
}

static void unpatch(struct x86_interp *in)
{
    if (in->patched != NULL)
        in->patched->fn = in->patched_fn;
    in->patched = NULL;
}

/* Count what the block retired; between blocks x86_icount() stays exact. */
static void retire(struct x86_cpu *c)
{
    c->v.icount = x86_icount(c);
    c->block_icount = c->v.icount;
    c->insn0 = c->insn = c->interp->part;
    c->interp->running = false;
    unpatch(c->interp);
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
        c->mmu->translate(c, lin,
                          X86_EXEC | (c->cpl == 3 ? X86_ACC_USER : 0u), &x);
        e->key = x86_fetch_key(c);
        e->lin = page;
        e->pa = x.pa & PAGE_MASK;
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
    if (host != NULL) { /* else it is in scratch memory */
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
    uint64_t lin =
        c->code_size == 3
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
    part[n] = (struct x86_insn){.fn = x86_op_block_end,
                                .off = (uint16_t)(part[n - 1].off +
                                                  part[n - 1].len)};
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

/* Run the block at R_IP, at most `max` instructions of it. */
static ALWAYS_INLINE void run_block(struct x86_cpu *c, uint64_t max)
{
    struct x86_block *b = find(c);
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
    retire(c);
}

/* ---- events ---- */
static bool contributory(unsigned vec)
{
    return vec == VEC_DE || (vec >= VEC_TS && vec <= VEC_GP);
}

/* [SDM3 "Interrupt 8—Double Fault Exception (#DF)"]: what to deliver when
 * `second` came up while `first` was being delivered. */
static void combine(struct x86_cpu *c, const struct x86_event *first,
                    struct x86_event *second)
{
    bool exception = first->type == X86_EV_FAULT || first->type == X86_EV_TRAP;

    if (!exception)
        return;
    if (first->vector == VEC_DF) {
        x86_sensitive(c, SENS_TRIPLE_FAULT, 0, 0);
        x86_leave_shutdown(c);
    }
    if ((contributory(first->vector) && contributory(second->vector)) ||
        (first->vector == VEC_PF &&
         (contributory(second->vector) || second->vector == VEC_PF))) {
        if (second->vector == VEC_PF)
            c->s.cr2 = second->cr2;
        *second = (struct x86_event){
            .type = X86_EV_FAULT, .vector = VEC_DF, .has_error = true};
    }
}

static void deliver(struct x86_cpu *c, const struct x86_event *ev)
{
    uint64_t ip = c->s.r[R_IP];

    c->interp->current = *ev;
    c->event = *ev; /* for an engine that takes it */
    c->delivering = true;
    if (ev->type == X86_EV_FAULT || ev->type == X86_EV_TRAP)
        x86_sensitive(c, SENS_EXCEPTION, ev->vector, ev->error);
    else if (ev->type == X86_EV_EXTINT)
        x86_sensitive(c, SENS_EXTINT, ev->vector, 0);
    else if (ev->type == X86_EV_NMI)
        x86_sensitive(c, SENS_NMI, 0, 0);
    x86_deliver(c, ev, ev->by_insn ? ev->next_ip : ip);
    c->delivering = false;
    if (ev->by_insn)
        c->v.icount = ++c->block_icount;
    c->attention = 1;
}

/* A handler was left by longjmp: its instruction did not complete. */
static void stop_at_insn(struct x86_cpu *c)
{
    if (c->interp->running)
        c->s.r[R_IP] = (c->s.r[R_IP] + c->insn->off) & c->ip_mask;
    retire(c);
}

/* Something was raised: c->event, by an instruction or during delivery. */
static void take_event(struct x86_cpu *c)
{
    struct x86_event ev = c->event;

    if (c->interp->running && !ev.by_insn) /* it has made no access then */
        c->s.db_pending &= c->interp->db_held;
    stop_at_insn(c);
    if (c->delivering)
        combine(c, &c->interp->current, &ev);
    deliver(c, &ev);
}

static bool stalled(struct x86_cpu *c)
{
    struct x86_interp *in = c->interp;

    /* In the middle of a repeated instruction there is progress. */
    if (in->stall_icount != c->v.icount || (c->s.shadow & X86_SHADOW_REP)) {
        in->stall_icount = c->v.icount;
        in->stalled = 0;
    }
    return ++in->stalled > STALL_LIMIT;
}

/* ---- boundaries ---- */

/* INIT and start-up IPI; true if the vcpu runs on. */
static bool reset_signals(struct x86_cpu *c)
{
    uint8_t vector;

    if (c->s.init_pending) {
        c->s.init_pending = 0;
        x86_sensitive(c, SENS_INIT, 0, 0);
        x86_init_signal(c);
        c->s.rflags &= ~(uint64_t)FL_ARITH;
        if (c->v.id != 0)
            c->s.activity = X86_WAIT_SIPI;
    }
    if (c->s.sipi_pending) {
        vector = (uint8_t)c->s.sipi_pending;
        c->s.sipi_pending = 0;
        if (c->s.activity == X86_WAIT_SIPI) {
            x86_sensitive(c, SENS_SIPI, vector, 0);
            x86_set_seg(c, SEG_CS, (uint16_t)(vector << 8),
                        (uint64_t)vector << 12, 0xffff,
                        c->s.seg[SEG_CS].attr);
            c->s.r[R_IP] = 0;
            c->s.activity = X86_ACTIVE;
        }
    }
    return c->s.activity != X86_WAIT_SIPI;
}

static bool nmi_ready(const struct x86_cpu *c)
{
    return c->s.nmi_pending && !c->s.nmi_blocked &&
           !(c->s.shadow & (X86_SHADOW_MOVSS | X86_SHADOW_REP));
}

static bool intr_ready(const struct x86_cpu *c)
{
    return c->s.intr_line && (c->s.rflags & FL_IF) && c->s.shadow == 0;
}

/* Deliver what is due at this boundary, in the order of
 * [SDM3 "Priority Among Concurrent Events"]. */
static void boundary_events(struct x86_cpu *c)
{
    struct x86_event ev = {0};
    uint32_t db = c->s.db_pending;

    if (db != 0 && !(c->s.shadow & X86_SHADOW_MOVSS)) {
        c->s.db_pending = 0;
        ev = (struct x86_event){
            .type = X86_EV_TRAP, .vector = VEC_DB, .db = db};
        deliver(c, &ev);
    } else if (nmi_ready(c)) {
        c->s.nmi_pending = 0;
        ev = (struct x86_event){.type = X86_EV_NMI, .vector = VEC_NMI};
        deliver(c, &ev);
    } else if (intr_ready(c)) {
        ev = (struct x86_event){.type = X86_EV_EXTINT,
                                .vector = machine_intr_ack(c->v.m)};
        deliver(c, &ev);
    }
}

/* One instruction with everything looked at: trace, breakpoints, single step,
 * interrupt shadows. */
static void step(struct x86_cpu *c)
{
    uint64_t tf = c->s.rflags & FL_TF, rf = c->s.rflags & FL_RF, dr6;
    uint8_t cpl = c->cpl;

    if (!rf && (c->s.dr[7] & 0xff) != 0 &&
        !(c->s.shadow & (X86_SHADOW_MOVSS | X86_SHADOW_REP))) {
        dr6 = x86_debug_insn_match(
            c, (c->code_size == 3 ? 0 : c->s.seg[SEG_CS].base) + c->s.r[R_IP]);
        if (dr6 != 0)
            x86_db_fault(c, dr6);
    }
    c->s.rflags &= ~(uint64_t)FL_RF;
    c->s.shadow = 0;
    c->interp->db_held = c->s.db_pending;
    if (c->v.icount >= c->config.trace_from)
        x86_trace_insn(c);
    run_block(c, 1);
    /* Not after a SYSCALL whose FMASK cleared TF [SDM2 "SYSCALL"]. */
    if (tf && ((c->s.rflags & FL_TF) || c->cpl >= cpl))
        c->s.db_pending |= DR6_BS;
    c->attention = 1;
}

static bool must_step(const struct x86_cpu *c)
{
    return c->s.shadow != 0 || (c->s.rflags & (FL_TF | FL_RF)) != 0 ||
           (c->s.dr[7] & 0xff) != 0 || c->v.icount >= c->config.trace_from;
}

/* Everything but running instructions. Returns true when run() must return
 * c->exit. */
static bool boundary(struct x86_cpu *c)
{
    c->attention = 0;
    /* Another thread sets `kicked`, then `attention`: one of them is seen. */
    atomic_thread_fence(memory_order_seq_cst);
    if (c->v.kicked) {
        c->v.kicked = 0;
        c->exit.kind = EXIT_KICKED;
        return true;
    }
    if (c->machine_attention) {
        c->machine_attention = false;
        c->exit.kind = EXIT_ATTENTION;
        return true;
    }
    if (!reset_signals(c)) {
        c->exit.kind = EXIT_WAIT_SIPI;
        return true;
    }
    if (c->s.activity == X86_HALTED &&
        (c->s.db_pending != 0 || nmi_ready(c) || intr_ready(c)))
        c->s.activity = X86_ACTIVE;
    if (c->s.activity != X86_ACTIVE) {
        c->exit.kind = c->s.activity == X86_HALTED ? EXIT_HALTED
                                                   : EXIT_SHUTDOWN;
        c->exit.qual = (c->s.rflags & FL_IF) != 0;
        return true;
    }
    boundary_events(c);
    return false;
}

static void run_loop(struct x86_cpu *c)
{
    for (;;) {
        if (unlikely(c->v.icount >= c->run_to)) {
            if (c->v.icount >= c->budget_end) {
                c->exit.kind = EXIT_BUDGET;
                return;
            }
            c->run_to = c->budget_end;
            c->attention = 1;
        }
        if (unlikely(c->attention)) {
            if (boundary(c))
                return;
            if (stalled(c)) {
                c->exit.kind = EXIT_STALLED;
                return;
            }
            if (must_step(c)) {
                step(c);
                continue;
            }
            if (c->attention) /* an event was delivered: look again */
                continue;
        }
        run_block(c, c->run_to - c->v.icount);
    }
}

/* ---- the contract ---- */
static void state_enter(struct x86_cpu *c)
{
    c->arith = arith_from_rflags(c->s.rflags);
    c->s.rflags &= ~(uint64_t)FL_ARITH;
    c->block_icount = c->v.icount;
    c->insn0 = c->insn = c->interp->part;
    c->delivering = false;
    c->attention = 1;
}

static void state_leave(struct x86_cpu *c)
{
    c->s.rflags |= arith_to_rflags(c->arith);
}

static enum status run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                       struct error *err)
{
    struct x86_cpu *c = x86_cpu(v);

    (void)err;
    c->exit = (struct vcpu_exit){.kind = EXIT_BUDGET};
    c->budget_end =
        v->icount + budget < v->icount ? UINT64_MAX : v->icount + budget;
    c->run_to = c->budget_end;
    if (v->icount < c->config.trace_from && c->config.trace_from < c->run_to)
        c->run_to = c->config.trace_from; /* from there on it steps */
    state_enter(c);
    switch (_setjmp(c->leave)) {
    case 0:
        run_loop(c);
        break;
    case X86_LEAVE_EVENT:
        if (stalled(c)) {
            c->exit.kind = EXIT_STALLED;
            stop_at_insn(c);
            break;
        }
        take_event(c);
        run_loop(c);
        break;
    case X86_LEAVE_EXIT:
        c->exit.insn_len = c->interp->running ? c->insn->len : 0;
        stop_at_insn(c);
        break;
    default:
        c->s.activity = X86_SHUTDOWN;
        c->exit.kind = EXIT_SHUTDOWN;
        stop_at_insn(c);
        break;
    }
    state_leave(c);
    *exit = c->exit;
    return ST_OK;
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
