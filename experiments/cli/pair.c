/* pair.c: two runs of one guest side by side. */
#include "experiments/cli/pair.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/machine/snap.h"
#include "experiments/cli/stop.h"

static void output(void *opaque, const uint8_t *buf, size_t len)
{
    struct pair_side *s = opaque;
    size_t i;

    for (i = 0; i < len; i++)
        s->output_hash = (s->output_hash ^ buf[i]) * 0x100000001b3ull;
    s->output += len;
}

static void kick(void *opaque)
{
    struct vcpu *v = opaque;

    v->processor->kick(v);
}

static enum status side_init(struct pair_side *s, const struct run_request *rq,
                             struct error *err)
{
    enum status st;

    s->rq = *rq;
    s->rq.output = output;
    s->rq.output_opaque = s;
    st = run_init(&s->run, &s->rq, err);
    if (st != ST_OK)
        return st;
    console_start(s->run.console, s->run.m, kick, s->run.v);
    s->view = aligned_alloc(64, align_up(s->run.v->regs->blob_size, 64));
    if (s->view == NULL)
        st = err_set(err, ST_NOMEM, "registers");
    return st;
}

enum status pair_init(struct pair *p, const struct run_request *a,
                      const struct run_request *b, struct error *err)
{
    enum status st;

    memset(p, 0, sizeof(*p));
    st = side_init(&p->side[0], a, err);
    if (st == ST_OK)
        st = side_init(&p->side[1], b, err);
    if (st != ST_OK)
        pair_fini(p);
    return st;
}

void pair_fini(struct pair *p)
{
    for (unsigned k = 0; k < 2; k++) {
        struct pair_side *s = &p->side[k];

        if (s->run.rq != NULL)
            run_fini(&s->run);
        free(s->view);
    }
    memset(p, 0, sizeof(*p));
}

static enum status side_run(struct pair_side *s, uint64_t count,
                            struct error *err)
{
    enum run_end end = RUN_BUDGET;
    enum status st;

    if (s->ended)
        return ST_OK;
    stop_arm(s->run.v);
    st = engine_run(s->run.v, count, console_poll, s->run.console, &end, err);
    stop_disarm();
    if (st == ST_OK && end != RUN_BUDGET) {
        s->ended = true;
        s->end = end;
    }
    return st;
}

enum status pair_run(struct pair *p, uint64_t count, struct error *err)
{
    enum status st = side_run(&p->side[0], count, err);

    if (st == ST_OK)
        st = side_run(&p->side[1], count, err);
    p->at = count;
    return st;
}

/* ---- comparing ---- */
static uint64_t devices_hash(struct pair_side *s)
{
    struct snap snap;
    uint64_t h;

    snap_init_hash(&snap, &s->run.m->clock);
    machine_snapshot(s->run.m, &snap, false);
    h = snap_hash(&snap);
    snap_fini(&snap);
    return h;
}

static bool ends_differ(const struct pair *p)
{
    const struct pair_side *a = &p->side[0], *b = &p->side[1];

    return a->ended != b->ended || (a->ended && a->end != b->end) ||
           a->run.v->icount != b->run.v->icount ||
           a->run.m->end != b->run.m->end ||
           a->run.m->end_code != b->run.m->end_code;
}

bool pair_ram_diff(const struct pair *p, uint64_t *pa)
{
    const struct gmem *a = &p->side[0].run.m->mem, *b = &p->side[1].run.m->mem;
    const struct gmem_region *x, *y;
    uint64_t at, k;

    for (unsigned n = 0; n < a->nr_regions; n++) {
        x = &a->region[n];
        y = &b->region[n];
        for (at = 0; at < x->size; at += PAGE_SIZE) {
            if (!((x->flags[at >> PAGE_SHIFT] | y->flags[at >> PAGE_SHIFT]) &
                  GMEM_PAGE_DIRTY) ||
                memcmp(x->host + at, y->host + at, PAGE_SIZE) == 0)
                continue;
            for (k = at; x->host[k] == y->host[k]; k++) {
            }
            *pa = x->base + k;
            return true;
        }
    }
    return false;
}

enum pair_diff pair_compare(struct pair *p, bool ram)
{
    struct pair_side *a = &p->side[0], *b = &p->side[1];
    const struct regset *rs = a->run.v->regs;
    uint64_t pa;

    if (ends_differ(p))
        return PAIR_END;
    engine_view(a->run.v, a->view);
    engine_view(b->run.v, b->view);
    if (regset_diff(rs, a->view, b->view, 0) != rs->nr)
        return PAIR_REGS;
    if (devices_hash(a) != devices_hash(b))
        return PAIR_DEVICES;
    if (a->output != b->output || a->output_hash != b->output_hash)
        return PAIR_OUTPUT;
    if (ram && pair_ram_diff(p, &pa))
        return PAIR_RAM;
    return a->ended ? PAIR_ENDED : PAIR_SAME;
}
