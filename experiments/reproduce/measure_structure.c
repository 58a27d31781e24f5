/* measure_structure.c: what translation makes of a guest: the units that are
 * there when it has ended, and how they are joined. */
#include <string.h>

#include "bt/processor.h"
#include "experiments/cli/command.h"
#include "experiments/cli/engines.h"
#include "experiments/cli/request.h"
#include "experiments/reproduce/measure_internal.h"

#define BLOCKS_MAX 16

struct block {
    const char *symbol;
    uint64_t ip;
    struct jit_listing unit; /* n is 0: there is none */
};

struct blocks {
    struct block of[BLOCKS_MAX];
    unsigned nr;
};

/* ---- counting ---- */
static unsigned insns_of(const struct blocks *b, const char *symbol)
{
    unsigned n = 0;

    for (unsigned k = 0; k < b->nr; k++)
        if (symbol == NULL || strcmp(b->of[k].symbol, symbol) == 0)
            n += b->of[k].unit.n;
    return n;
}

static unsigned units(const struct blocks *b)
{
    unsigned n = 0;

    for (unsigned k = 0; k < b->nr; k++)
        n += b->of[k].unit.n > 0;
    return n;
}

/* Exits of units that lead to the block: those not linked; or those linked that
 * leave from it or from behind it. */
static unsigned ways_to(const struct blocks *b, const char *symbol, bool linked)
{
    const struct block *to = NULL;
    unsigned n = 0;

    for (unsigned k = 0; k < b->nr; k++)
        if (strcmp(b->of[k].symbol, symbol) == 0)
            to = &b->of[k];
    for (unsigned k = 0; to != NULL && k < b->nr; k++) {
        const struct jit_listing *u = &b->of[k].unit;

        for (unsigned x = 0; u->n > 0 && x < 2; x++)
            n += u->exit[x].exists && u->exit[x].ip == to->ip &&
                 u->exit[x].linked == linked && (!linked || u->ip >= to->ip);
    }
    return n;
}

static unsigned count(const struct blocks *b, const struct structure *s)
{
    switch (s->parts) {
    case UNITS:
        return units(b);
    case UNITS_INSNS:
    case INSNS_OF:
        return insns_of(b, s->block);
    case OPEN_TO:
        return ways_to(b, s->block, false);
    case BACK_TO:
        return ways_to(b, s->block, true);
    }
    return 0;
}

/* ---- the guest ---- */
static enum status look(const struct measuring *m, const struct run *r,
                        struct blocks *b, struct error *err)
{
    for (const char *const *s = m->paper->block; *s != NULL; s++) {
        struct block *k = &b->of[b->nr];

        if (b->nr == BLOCKS_MAX)
            return err_set(err, ST_LIMIT, "more than %d blocks", BLOCKS_MAX);
        k->symbol = *s;
        if (!symtab_find(&r->symbols, *s, &k->ip))
            return err_set(err, ST_GUEST, "%s has no symbol %s",
                           m->paper->translated, *s);
        /* One that begins before it is another block's. */
        if (!jit_list(r->v, k->ip, 0, &k->unit) || k->unit.ip != k->ip)
            k->unit.n = 0;
        b->nr++;
    }
    return ST_OK;
}

static enum status run_and_look(struct measuring *m,
                                const struct run_request *rq, struct blocks *b,
                                struct error *err)
{
    struct run r;
    enum status st = run_init(&r, rq, err);

    if (st != ST_OK)
        return st;
    st = run_go(&r, err);
    m->signal = r.signal;
    if (st == ST_OK && r.signal == 0 &&
        run_exit_status(&r, false) != EXIT_STATUS_OK)
        st = err_set(err, ST_GUEST, "%s did not end well", rq->guest);
    if (st == ST_OK && r.signal == 0)
        st = look(m, &r, b, err);
    run_fini(&r);
    return st;
}

static void no_output(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    (void)buf;
    (void)len;
}

static enum status translate(struct measuring *m, struct blocks *b,
                             struct error *err)
{
    const struct paper *p = m->paper;
    struct measure_run shown = {.guest = p->translated, .engine = "bt"};
    struct guest_options o = GUEST_DEFAULTS;
    struct request_files files = {0};
    struct run_request rq;
    enum status st;

    if (m->progress != NULL)
        m->progress(m->opaque, &shown);
    o.engine.controls = p->translated_controls;
    st = request_make(&o, p->translated, &files, &rq, err);
    if (st == ST_OK)
        st = engines_choose("bt", NULL, "x86", &rq.engine, &rq.processor, err);
    if (st == ST_OK)
        st = request_check_engine(&rq, rq.engine, rq.processor, err);
    rq.output = no_output;
    if (st == ST_OK)
        st = run_and_look(m, &rq, b, err);
    request_files_free(&files);
    return st;
}

enum status measure_structure(struct measuring *m, struct error *err)
{
    const struct structure *s = m->paper->structure;
    struct blocks b = {.nr = 0};
    struct quantity *q;
    enum status st;

    if (quantity_find(&m->ours, s->id) != NULL)
        return ST_OK;
    st = translate(m, &b, err);
    for (; st == ST_OK && m->signal == 0 && s->id != NULL; s++) {
        double n = count(&b, s);

        q = quantity_add(&m->ours, s->id, NULL);
        if (q == NULL)
            return err_set(err, ST_LIMIT, "more than %d quantities",
                           QUANTITIES_MAX);
        q->at = (struct range){n, n};
        q->known = true;
    }
    return st;
}
