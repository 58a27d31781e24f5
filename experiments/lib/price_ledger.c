/* price_ledger.c: an interval's ledger and instructions as cycles. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/engine/disposition.h"
#include "experiments/lib/price.h"
#include "experiments/lib/price_exits.h"
#include "experiments/lib/sample.h"

/* Events are no instructions: nothing of them retires. */
static bool is_event(unsigned op)
{
    switch (op) {
    case SENS_EXCEPTION:
    case SENS_EXTINT:
    case SENS_NMI:
    case SENS_TASK_SWITCH:
    case SENS_TRIPLE_FAULT:
    case SENS_INIT:
    case SENS_SIPI:
    case SENS_PTE_WRITE:
    case SENS_NONROOT:
        return true;
    default:
        return false;
    }
}

/* ---- who carried out a sensitive operation ---- */

static uint64_t take_away(struct ledger_row *r, uint64_t n)
{
    uint64_t some = n < r->count ? n : r->count;

    r->count -= some;
    return n - some;
}

/* n operations were the VMM's and not the processor's. */
static void take_operation(struct ledger *net, unsigned op, uint64_t sub,
                           uint64_t n)
{
    for (uint32_t i = 0; n > 0 && i < net->nr; i++)
        if (net->row[i].reason == op &&
            (sub == PRICE_ANY_SUB || net->row[i].sub == sub))
            n = take_away(&net->row[i], n);
}

static void take_exit(struct ledger *net, const struct ledger_row *exit)
{
    struct price_exit e = price_exit_of(exit->reason, exit->sub);
    uint64_t n = exit->count;

    /* One reason may stand for several operations: those that there are. */
    for (unsigned k = 0; k < e.nr; k++)
        for (uint32_t i = 0; n > 0 && i < net->nr; i++)
            if (net->row[i].reason == e.op[k] &&
                (e.sub == PRICE_ANY_SUB || net->row[i].sub == e.sub))
                n = take_away(&net->row[i], n);
}

/* The SENSITIVE rows that the processor itself executed. */
static enum status executed(const struct ledger *l, struct ledger *net,
                            struct error *err)
{
    enum status st = ledger_init(net, err);
    const struct ledger_row *r;

    if (st != ST_OK)
        return st;
    for (r = l->row; r < l->row + l->nr; r++)
        if (r->kind == LEDGER_SENSITIVE)
            ledger_add(net, LEDGER_SENSITIVE, r->reason, r->sub, r->count);
    for (r = l->row; r < l->row + l->nr; r++) {
        if (r->kind == LEDGER_BT_CALLOUT || r->kind == LEDGER_BT_INLINE ||
            r->kind == LEDGER_BT_TRAP)
            take_operation(net, r->reason, r->sub, r->count);
        else if (r->kind == LEDGER_EXIT)
            take_exit(net, r);
    }
    return ST_OK;
}

/* ---- adding up ---- */

struct pricing {
    const struct price_list *p;
    const char *engine;
    price_row_fn *fn;
    void *opaque;
    struct priced *out;
};

static void add(struct pricing *g, const struct ledger_row *r, uint64_t n,
                struct range each, const struct price *price,
                const struct price *handler)
{
    struct range cycles = {each.low * (double)n, each.high * (double)n};

    g->out->cycles.low += cycles.low;
    g->out->cycles.high += cycles.high;
    if (g->fn != NULL)
        g->fn(g->opaque, r, n, cycles, price, handler);
}

static void missing(struct pricing *g, const struct ledger_row *r)
{
    struct priced *out = g->out;
    size_t used = strlen(out->missing);
    char reason[40], sub[24] = "";

    sample_reason_name(r, reason, sizeof(reason));
    if (r->sub != 0)
        snprintf(sub, sizeof(sub), " 0x%" PRIx64, r->sub);
    snprintf(out->missing + used, sizeof(out->missing) - used, "%s%s %s%s",
             used > 0 ? ", " : "", ledger_kind_name((enum ledger_kind)r->kind),
             reason, sub);
    out->nr_missing++;
    if (g->fn != NULL)
        g->fn(g->opaque, r, r->count, (struct range){0, 0}, NULL, NULL);
}

static void price_row(struct pricing *g, const struct ledger_row *r)
{
    const struct price_list *l = g->p;
    const struct price *price, *handler;
    struct range each = {0, 0};

    if (r->count == 0 || r->kind == LEDGER_PROCESSOR)
        return;
    price = price_find(l->price, l->nr_prices, g->engine, r);
    handler = price_find(l->handler, l->nr_handlers, g->engine, r);
    if (price == NULL && handler == NULL) {
        missing(g, r);
        return;
    }
    if (price != NULL)
        each = price->value;
    if (handler != NULL) {
        each.low += handler->value.low * l->handler_cpi.low;
        each.high += handler->value.high * l->handler_cpi.high;
    }
    add(g, r, r->count, each, price, handler);
}

/* Instructions that have no row. */
static uint64_t plain_insns(const struct ledger *l, uint64_t insns)
{
    for (uint32_t i = 0; i < l->nr; i++) {
        const struct ledger_row *r = &l->row[i];

        if (r->kind == LEDGER_SENSITIVE && !is_event(r->reason))
            insns -= r->count < insns ? r->count : insns;
    }
    return insns;
}

enum status price_ledger(const struct price_list *p, const char *engine,
                         const struct ledger *l, uint64_t insns,
                         price_row_fn *fn, void *opaque, struct priced *out,
                         struct error *err)
{
    struct pricing g = {p, engine, fn, opaque, out};
    struct ledger net;
    enum status st = executed(l, &net, err);

    if (st != ST_OK)
        return st;
    memset(out, 0, sizeof(*out));
    add(&g, NULL, plain_insns(l, insns), p->cpi, NULL, NULL);
    for (uint32_t i = 0; i < net.nr; i++)
        price_row(&g, &net.row[i]);
    for (uint32_t i = 0; i < l->nr; i++)
        if (l->row[i].kind != LEDGER_SENSITIVE)
            price_row(&g, &l->row[i]);
    ledger_fini(&net);
    return ST_OK;
}
