/* sample.c: what runs of one guest gave, and whether they did the same. */
#include "experiments/lib/sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bt/engine.h"
#include "bt/processor.h"
#include "common/x86/decode.h"
#include "hvm/engine.h"
#include "pv/engine.h"

enum status sample_init(struct sample *s, struct error *err)
{
    memset(s, 0, sizeof(*s));
    sha256_init(&s->hash);
    return cuts_init(&s->cuts, err);
}

void sample_fini(struct sample *s)
{
    cuts_fini(&s->cuts);
    free(s->console);
    s->console = NULL;
}

void sample_console(void *opaque, const uint8_t *buf, size_t len)
{
    struct sample *s = opaque;
    size_t cap = s->console_cap;
    uint8_t *p;

    sha256_add(&s->hash, buf, len);
    if (len > CONSOLE_KEEP - s->console_len)
        len = CONSOLE_KEEP - s->console_len;
    if (s->console_len + len > cap) {
        cap = cap == 0 ? 4096 : 2 * cap;
        cap = cap < s->console_len + len ? s->console_len + len : cap;
        p = realloc(s->console, cap);
        if (p == NULL)
            return; /* the hash has it */
        s->console = p;
        s->console_cap = cap;
    }
    if (len > 0)
        memcpy(s->console + s->console_len, buf, len);
    s->console_len += len;
}

void sample_end(struct sample *s)
{
    sha256_end_text(&s->hash, s->console_sha256);
}

void sample_reason_name(const struct ledger_row *r, char *buf, size_t size)
{
    const char *name = hvm_reason_name(r->kind, r->reason);

    if (name == NULL)
        name = bt_reason_name(r->kind, r->reason);
    if (pv_reason_name(r, buf, size))
        return;
    if (name != NULL)
        snprintf(buf, size, "%s", name);
    else if (r->kind == LEDGER_PROCESSOR && r->reason == JIT_REASON_CALLOUT)
        snprintf(buf, size, "JIT_callout_%s", x86_op_name((unsigned)r->sub));
    else if (r->kind == LEDGER_SENSITIVE)
        snprintf(buf, size, "%s", sensitive_name(r->reason));
    else
        snprintf(buf, size, "%s_%u", ledger_kind_name(r->kind), r->reason);
}

/* ---- the first difference ---- */

/* The line at `at`, as far as it prints, in at most 40 characters. */
static void line_at(const struct sample *s, size_t at, char out[44])
{
    size_t n = 0, from = at < s->console_len ? at : s->console_len;

    while (from > 0 && s->console[from - 1] != '\n' && at - from < 20)
        from--;
    for (; from < s->console_len && s->console[from] != '\n' && n < 40; from++)
        if (s->console[from] >= 0x20 && s->console[from] < 0x7f)
            out[n++] = (char)s->console[from];
    out[n] = '\0';
}

static enum status console_differs(const struct sample *x, const char *a,
                                   const struct sample *y, const char *b,
                                   struct error *err)
{
    size_t at = 0, line = 1;
    char la[44], lb[44];

    for (; at < x->console_len && at < y->console_len &&
           x->console[at] == y->console[at];
         at++)
        line += x->console[at] == '\n';
    line_at(x, at, la);
    line_at(y, at, lb);
    return err_set(err, ST_INVAL,
                   "console output differs at byte %zu (line %zu): %s has "
                   "'%s', %s has '%s'",
                   at, line, a, la, b, lb);
}

static enum status ledgers_same(const struct cut *x, const char *a,
                                const struct cut *y, const char *b,
                                struct error *err)
{
    const struct ledger_row *p, *q;
    char name[40];
    uint32_t i;

    for (i = 0; i < x->ledger.nr && i < y->ledger.nr; i++) {
        p = &x->ledger.row[i];
        q = &y->ledger.row[i];
        if (p->kind == q->kind && p->reason == q->reason && p->sub == q->sub &&
            p->count == q->count)
            continue;
        sample_reason_name(p, name, sizeof(name));
        return err_set(err, ST_INVAL,
                       "ledger differs in interval %s: %s sub %" PRIu64
                       ": %" PRIu64 " in %s, %" PRIu64 " in %s",
                       x->name, name, p->sub, p->count, a,
                       ledger_get(&y->ledger, p->kind, p->reason, p->sub), b);
    }
    if (x->ledger.nr != y->ledger.nr || x->ledger.lost != y->ledger.lost)
        return err_set(err, ST_INVAL,
                       "ledger differs in interval %s: %u rows in %s, %u in %s",
                       x->name, x->ledger.nr, a, y->ledger.nr, b);
    return ST_OK;
}

static enum status cut_same(const struct cut *x, const char *a,
                            const struct cut *y, const char *b, bool ledgers,
                            struct error *err)
{
    if (strcmp(x->name, y->name) != 0)
        return err_set(err, ST_INVAL, "interval is %s in %s, %s in %s", x->name,
                       a, y->name, b);
    if (x->insns != y->insns || x->cuts != y->cuts)
        return err_set(err, ST_INVAL,
                       "interval %s retired %" PRIu64 " instructions in %s, "
                       "%" PRIu64 " in %s",
                       x->name, x->insns, a, y->insns, b);
    if (x->guest_ns != y->guest_ns)
        return err_set(err, ST_INVAL,
                       "interval %s took %" PRIu64 " ns of guest time in %s, "
                       "%" PRIu64 " in %s",
                       x->name, x->guest_ns, a, y->guest_ns, b);
    return ledgers ? ledgers_same(x, a, y, b, err) : ST_OK;
}

enum status sample_same(const struct sample *x, const char *a,
                        const struct sample *y, const char *b, bool ledgers,
                        struct error *err)
{
    enum status st;
    unsigned i;

    if (strcmp(x->console_sha256, y->console_sha256) != 0)
        return console_differs(x, a, y, b, err);
    for (i = 0; i < x->cuts.nr && i < y->cuts.nr; i++) {
        st = cut_same(&x->cuts.cut[i], a, &y->cuts.cut[i], b, ledgers, err);
        if (st != ST_OK)
            return st;
    }
    if (x->cuts.nr != y->cuts.nr)
        return err_set(err, ST_INVAL, "%u intervals in %s, %u in %s",
                       x->cuts.nr, a, y->cuts.nr, b);
    if (x->exit_status != y->exit_status || strcmp(x->end, y->end) != 0)
        return err_set(err, ST_INVAL, "ended with '%.60s' in %s, '%.60s' in %s",
                       x->end, a, y->end, b);
    return ST_OK;
}

/* ---- campaigns ---- */

void campaign_fini(struct campaign *c)
{
    unsigned i;

    for (i = 0; i < c->nr; i++)
        sample_fini(&c->sample[i]);
    free(c->sample);
    c->sample = NULL;
    c->nr = 0;
}

const struct sample *campaign_at(const struct campaign *c, unsigned engine,
                                 unsigned rep)
{
    unsigned i;

    for (i = 0; i < c->nr; i++)
        if (c->sample[i].engine == engine && c->sample[i].repetition == rep &&
            !c->sample[i].warmup)
            return &c->sample[i];
    return NULL;
}

static bool listed(const char **names, unsigned nr, const char *name)
{
    unsigned i;

    for (i = 0; i < nr; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

const char **campaign_benchmarks(const struct campaign *c, unsigned *nr)
{
    const char **names;
    unsigned i, k, max = 0;

    for (i = 0; i < c->nr; i++)
        max += c->sample[i].cuts.nr;
    names = calloc(max + 1, sizeof(*names));
    *nr = 0;
    for (i = 0; names != NULL && i < c->nr; i++) {
        const struct cuts *cuts = &c->sample[i].cuts;

        for (k = 0; k < cuts->nr && !c->sample[i].warmup; k++)
            if (!listed(names, *nr, cuts->cut[k].name))
                names[(*nr)++] = cuts->cut[k].name;
    }
    return names;
}

size_t campaign_times(const struct campaign *c, unsigned engine,
                      const char *benchmark, double *v)
{
    const struct sample *s;
    const struct cut *cut;
    unsigned rep;
    size_t n = 0;

    for (rep = 0; rep < c->reps; rep++) {
        s = campaign_at(c, engine, rep);
        if (s == NULL)
            continue;
        cut = benchmark != NULL ? cuts_find(&s->cuts, benchmark) : NULL;
        if (benchmark == NULL)
            v[n++] = (double)s->host_ns;
        else if (cut != NULL)
            v[n++] = (double)cut->host_ns;
    }
    return n;
}
