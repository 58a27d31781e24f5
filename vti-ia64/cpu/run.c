/* run.c: the model's run loop: what happens between instructions. */
#include "vti-ia64/cpu/run.h"

#include <stdatomic.h>

#include "vti-ia64/cpu/code.h"
#include "vti-ia64/cpu/debug.h"
#include "vti-ia64/cpu/mem.h"
#include "vti-ia64/cpu/op.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/sapic.h"

/* Interruptions delivered in a row without one instruction retiring after
 * which a guest is called stalled. A real processor would go on for ever. */
#define STALL_LIMIT (1u << 20)

/* More than the slots of a page: what may retire between two looks at the
 * limit. */
#define MARGIN 1024u

/* Near the limit: instructions from one stop to the next. Most code branches
 * before; what lies behind was looked over for nothing. */
#define STRIDE 16u

/* ---- stops ---- */
static void patch(struct ia64_cpu *c, unsigned nr, struct ia64_insn *at)
{
    if (at->fn == ia64_op_stop || at->fn == ia64_op_page_end)
        return;
    c->patch[nr].at = at;
    c->patch[nr].fn = at->fn;
    at->fn = ia64_op_stop;
}

static void unpatch(struct ia64_cpu *c)
{
    for (unsigned k = 0; k < ARRAY_LEN(c->patch); k++) {
        if (c->patch[k].at != NULL)
            c->patch[k].at->fn = c->patch[k].fn;
        c->patch[k].at = NULL;
    }
}

void ia64_attention(struct ia64_cpu *c)
{
    c->attention = 1;
    c->fast_limit = 0;
    /* Entries are the model's own memory; only handlers see them as const. */
    if (c->running && c->patch[1].at == NULL)
        patch(c, 1, (struct ia64_insn *)(uintptr_t)(c->insn + 1));
}

/* s.ip and PSR.ri become those of entry i. */
static void set_ip(struct ia64_cpu *c, const struct ia64_insn *i)
{
    uint64_t nr = (uint64_t)(i - c->page->insn);

    c->s.ip = c->page_va + nr / 3 * 16;
    c->s.psr = (c->s.psr & ~PSR_RI) | (nr % 3) << PSR_RI_SHIFT;
}

IA64_OP(stop)
{
    c->icount0 += (uint64_t)(i - c->start);
    c->start = c->insn = i;
    set_ip(c, i);
    if (i != c->page->insn)
        c->s.iipa_now = ia64_insn_ip(c, i - 1);
}

IA64_OP(page_end)
{
    ia64_op_stop(c, i);
}

void ia64_end(struct ia64_cpu *c, const struct ia64_insn *i)
{
    ia64_op_stop(c, i + 1);
    /* Slot 2 of MLX is no instruction: the next bundle is next. */
    if (i[1].fn == ia64_op_skip ||
        (i[1].fn == ia64_op_stop && c->patch[0].at == i + 1 &&
         c->patch[0].fn == ia64_op_skip))
        set_ip(c, i + 2);
}

void ia64_go(struct ia64_cpu *c, uint64_t ip)
{
    const struct ia64_insn *last = c->start - 1;
    struct ia64_fetch *e;

    c->s.iipa_now = ia64_insn_ip(c, last);
    c->s.ip = ip & ~15ull;
    c->s.psr &= ~PSR_RI;
    c->insn = c->start;
    if (!IA64_CHAIN || c->icount0 >= c->fast_limit)
        return;
    e = &c->fetch[ip >> IA64_CODE_SHIFT & (IA64_FETCH_CACHE - 1)];
    if (e->va != (c->s.ip & ~(uint64_t)(IA64_CODE_BYTES - 1)) + c->cpl)
        return;
    c->page = e->page;
    c->page_va = e->va & ~(uint64_t)(IA64_CODE_BYTES - 1);
    c->start = &c->page->insn[(ip & (IA64_CODE_BYTES - 1)) / 16 * 3];
    c->start->fn(c, c->start);
}

/* ---- entering ---- */
/* Software translations are for one value of these. */
#define CACHED (PSR_PK | PSR_VM | PSR_IT)

static void fetch(struct ia64_cpu *c)
{
    uint64_t stale = (c->s.psr ^ c->cached_psr) & CACHED;
    uint64_t ip = c->s.ip, page = ip & ~(uint64_t)(IA64_CODE_BYTES - 1);
    struct ia64_fetch *e =
        &c->fetch[ip >> IA64_CODE_SHIFT & (IA64_FETCH_CACHE - 1)];

    if (unlikely(stale & (PSR_PK | PSR_VM)))
        ia64_flush(c);
    else if (stale)
        ia64_flush_fetch(c);
    c->cached_psr = c->s.psr;
    if (e->va != page + c->cpl) {
        uint64_t pa = ia64_fetch_translate(c, ip);
        struct ia64_code_page *p =
            ia64_code_get(c, pa & ~(uint64_t)(IA64_CODE_BYTES - 1));

        if (p == NULL)
            longjmp(c->leave, IA64_LEAVE_STOP);
        e->va = page + c->cpl;
        e->page = p;
    }
    c->page = e->page;
    c->page_va = page;
}

/* Stop after `n` more instructions, if they end in this page. */
static void stop_after(struct ia64_cpu *c, const struct ia64_insn *i,
                       uint64_t n)
{
    struct ia64_code_page *p = c->page;
    const struct ia64_insn *end = &p->insn[IA64_CODE_SLOTS];

    for (; i < end; i++) {
        ia64_code_decode(p, i);
        if (i->fn == ia64_op_skip)
            continue;
        if (n-- == 0) {
            patch(c, 0, (struct ia64_insn *)(uintptr_t)i);
            return;
        }
    }
}

static void enter(struct ia64_cpu *c, uint64_t max)
{
    const struct ia64_insn *i;
    uint64_t ri = (c->s.psr & PSR_RI) >> PSR_RI_SHIFT;

    fetch(c);
    i = &c->page->insn[(c->s.ip & (IA64_CODE_BYTES - 1)) / 16 * 3 +
                       (ri > 2 ? 2 : ri)];
    ia64_code_decode(c->page, i);
    c->start = c->insn = i;
    c->fast_limit = max > MARGIN ? c->icount0 + max - MARGIN : 0;
    if (max <= MARGIN)
        stop_after(c, i, max < STRIDE ? max : STRIDE);
    if (c->attention) /* from another thread or a signal, just now */
        c->fast_limit = 0;
    c->running = true;
    i->fn(c, i);
    c->running = false;
    unpatch(c);
    c->v.icount = c->icount0;
}

/* ---- boundaries ---- */
static bool must_step(const struct ia64_cpu *c)
{
    return (c->s.psr & (PSR_ONCE | PSR_SS | PSR_TB)) != 0 ||
           ((c->s.psr & PSR_DB) && ia64_debug_any(c->s.ibr)) ||
           c->v.icount >= c->config.trace_from;
}

/* One instruction with everything looked at. [ISDM2 "Single Step Trap"] */
static void step(struct ia64_cpu *c)
{
    uint64_t psr = c->s.psr, ip = c->s.ip, before = c->icount0;
    uint64_t slot = (psr & PSR_RI) >> PSR_RI_SHIFT;
    struct ia64_fault f;
    bool trapped;

    if ((psr & PSR_DB) && !(psr & PSR_ID) && ia64_debug_fetch(c, ip)) {
        ia64_deliver(c, &(struct ia64_fault){.vector = IA64_VEC_DEBUG,
                                             .isr = ISR_X,
                                             .ifa = ip,
                                             .sets = IA64_SETS_IFA});
        return;
    }
    if (c->v.icount >= c->config.trace_from && c->config.trace != NULL) {
        fetch(c);
        if (c->page->host != NULL)
            c->config.trace(c->config.trace_opaque, &c->v, ip + slot,
                            c->page->host + (ip & (IA64_CODE_BYTES - 16)), 16);
    }
    enter(c, 1);
    if (c->icount0 == before)
        return;
    trapped = ia64_stepped(&c->s, psr, ip, &f);
    ia64_update(c);
    if (trapped)
        ia64_deliver(c, &f);
}

/* Everything but running instructions. True: run() returns c->exit. */
static bool boundary(struct ia64_cpu *c)
{
    if (c->intercepted) {
        c->intercepted = false;
        return true;
    }
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
        c->attention = 1;
        c->exit.kind = EXIT_ATTENTION;
        return true;
    }
    if (ia64_sapic_pending(&c->s)) {
        c->s.halted = 0;
        if (c->s.psr & PSR_I)
            ia64_deliver(c, &(struct ia64_fault){.vector = IA64_VEC_EXTINT});
    }
    if (unlikely(ia64_vti_interrupt(c)))
        ia64_deliver(c, &(struct ia64_fault){.vector = IA64_VEC_VIRT_EXTINT});
    if (c->intercepted) {
        c->intercepted = false;
        return true;
    }
    if (c->s.halted) {
        c->attention = 1;
        c->exit.kind = EXIT_HALTED;
        c->exit.qual = 1;
        return true;
    }
    return false;
}

static bool stalled(struct ia64_cpu *c)
{
    if (c->stall_icount != c->v.icount) {
        c->stall_icount = c->v.icount;
        c->stalled = 0;
    }
    return ++c->stalled > STALL_LIMIT;
}

/* A handler, a fetch or a register-stack access was left by longjmp. */
static void take_fault(struct ia64_cpu *c)
{
    struct ia64_fault f = c->fault;
    const struct ia64_insn *i = c->insn;

    if (c->running) {
        c->running = false;
        c->icount0 += (uint64_t)(i - c->start);
        c->v.icount = c->icount0;
        set_ip(c, i);
        if (i != c->start && i != c->page->insn)
            c->s.iipa_now = ia64_insn_ip(c, i - 1);
    }
    unpatch(c);
    c->attention = 1;
    ia64_deliver(c, &f);
}

/* A handler was left after it had completed. */
static void take_done(struct ia64_cpu *c)
{
    c->running = false;
    c->v.icount = c->icount0;
    unpatch(c);
    c->attention = 1;
}

static void take_exit(struct ia64_cpu *c)
{
    if (c->running) {
        c->running = false;
        c->icount0 += (uint64_t)(c->insn - c->start);
        c->v.icount = c->icount0;
        set_ip(c, c->insn);
    }
    unpatch(c);
}

/* Instructions to the end of the run, or to the first that is traced. */
static uint64_t stretch(const struct ia64_cpu *c)
{
    uint64_t from = c->config.trace_from;

    return (from < c->run_to ? from : c->run_to) - c->v.icount;
}

static void loop(struct ia64_cpu *c)
{
    for (;;) {
        if (c->v.icount >= c->run_to && !c->intercepted) {
            c->exit.kind = EXIT_BUDGET;
            return;
        }
        if (unlikely(c->attention)) {
            if (boundary(c))
                return;
            if (stalled(c)) {
                c->exit.kind = EXIT_STALLED;
                return;
            }
        }
        if (unlikely(c->s.cfle))
            ia64_rse_complete(c);
        if (unlikely(must_step(c)))
            step(c);
        else
            enter(c, stretch(c));
    }
}

enum status ia64_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                     struct error *err)
{
    struct ia64_cpu *c = ia64_cpu(v);

    c->icount0 = v->icount;
    c->run_to =
        budget > UINT64_MAX - v->icount ? UINT64_MAX : v->icount + budget;
    c->attention = 1;
    c->running = false;
    switch (setjmp(c->leave)) {
    case IA64_LEAVE_FAULT:
        take_fault(c);
        loop(c);
        break;
    case IA64_LEAVE_DONE:
        take_done(c);
        loop(c);
        break;
    case IA64_LEAVE_EXIT:
        take_exit(c);
        break;
    case IA64_LEAVE_STOP:
        take_exit(c);
        return err_set(err, ST_NOMEM, "ia64: decoded code");
    default:
        loop(c);
        break;
    }
    *exit = c->exit;
    return ST_OK;
}
