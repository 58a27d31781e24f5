/* sample.c: what a run of a guest gave, and whether two did the same. */
#include "experiments/lib/sample.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bt/engine.h"
#include "bt/processor.h"
#include "common/x86/decode.h"
#include "hvm/engine.h"
#include "pv/engine.h"
#include "vti-ia64/engine.h"

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
    const char *name = ia64_reason_name(r->kind, r->reason);

    if (name == NULL)
        name = hvm_reason_name(r->kind, r->reason);
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

/* What is compared, and who is told. */
struct comparing {
    const char *a, *b;
    enum sample_rule rule;
    sample_fn *fn;
    void *opaque;
    bool enough;
};

static void PRINTF(2, 3) differ(struct comparing *k, const char *fmt, ...)
{
    char text[400];
    va_list ap;

    if (k->enough)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    k->enough = !k->fn(k->opaque, text);
}

static void consoles(struct comparing *k, const struct sample *x,
                     const struct sample *y)
{
    size_t at = 0, line = 1;
    char la[44], lb[44];

    if (x->console_sha256[0] == '\0' || y->console_sha256[0] == '\0' ||
        strcmp(x->console_sha256, y->console_sha256) == 0)
        return;
    if (x->console == NULL || y->console == NULL) {
        differ(k,
               "console output differs: SHA-256 %.12s... in %s, %.12s... "
               "in %s",
               x->console_sha256, k->a, y->console_sha256, k->b);
        return;
    }
    for (; at < x->console_len && at < y->console_len &&
           x->console[at] == y->console[at];
         at++)
        line += x->console[at] == '\n';
    line_at(x, at, la);
    line_at(y, at, lb);
    differ(k,
           "console output differs at byte %zu (line %zu): %s has '%s', %s has "
           "'%s'",
           at, line, k->a, la, k->b, lb);
}

static void rows(struct comparing *k, const struct cut *x, const struct cut *y,
                 const struct ledger_row *r)
{
    uint64_t m = ledger_get(&x->ledger, r->kind, r->reason, r->sub);
    uint64_t n = ledger_get(&y->ledger, r->kind, r->reason, r->sub);
    char name[40];

    if (m == n ||
        (k->rule != SAMPLE_ALL && !ledger_kind_architectural(r->kind)))
        return;
    sample_reason_name(r, name, sizeof(name));
    differ(k,
           "ledger differs in interval %s: %s %s 0x%" PRIx64 ": %" PRIu64
           " in %s, %" PRIu64 " in %s",
           x->name, ledger_kind_name(r->kind), name, r->sub, m, k->a, n, k->b);
}

static void ledgers(struct comparing *k, const struct cut *x,
                    const struct cut *y)
{
    const struct ledger_row *r;

    for (uint32_t i = 0; i < x->ledger.nr && !k->enough; i++)
        rows(k, x, y, &x->ledger.row[i]);
    for (uint32_t i = 0; i < y->ledger.nr && !k->enough; i++) {
        r = &y->ledger.row[i];
        if (ledger_get(&x->ledger, r->kind, r->reason, r->sub) == 0)
            rows(k, x, y, r);
    }
    if (x->ledger.lost != y->ledger.lost)
        differ(k,
               "interval %s: %" PRIu64 " events past the ledger's limit in %s, "
               "%" PRIu64 " in %s",
               x->name, x->ledger.lost, k->a, y->ledger.lost, k->b);
}

static void number(struct comparing *k, const struct cut *cut, const char *what,
                   uint64_t m, uint64_t n)
{
    if (m != n)
        differ(k, "interval %s: %s: %" PRIu64 " in %s, %" PRIu64 " in %s",
               cut->name, what, m, k->a, n, k->b);
}

static void intervals(struct comparing *k, const struct sample *x,
                      const struct sample *y)
{
    unsigned least = x->cuts.nr < y->cuts.nr ? x->cuts.nr : y->cuts.nr;

    for (unsigned i = 0; i < least && !k->enough; i++) {
        const struct cut *c = &x->cuts.cut[i], *d = &y->cuts.cut[i];

        if (strcmp(c->name, d->name) != 0) {
            differ(k, "interval is %s in %s, %s in %s", c->name, k->a, d->name,
                   k->b);
            return;
        }
        number(k, c, "retired instructions", c->insns, d->insns);
        number(k, c, "intervals", c->cuts, d->cuts);
        number(k, c, "ns of guest time", c->guest_ns, d->guest_ns);
        if (k->rule != SAMPLE_GUEST)
            ledgers(k, c, d);
    }
    if (x->cuts.nr != y->cuts.nr)
        differ(k, "%u intervals in %s, %u in %s", x->cuts.nr, k->a, y->cuts.nr,
               k->b);
}

void sample_differences(const struct sample *x, const char *a,
                        const struct sample *y, const char *b,
                        enum sample_rule rule, sample_fn *fn, void *opaque)
{
    struct comparing k = {a, b, rule, fn, opaque, false};

    consoles(&k, x, y);
    intervals(&k, x, y);
    if (x->exit_status != y->exit_status || strcmp(x->end, y->end) != 0)
        differ(&k, "ended with '%.60s' in %s, '%.60s' in %s", x->end, a, y->end,
               b);
}

/* The first difference is enough. */
static bool first(void *opaque, const char *text)
{
    struct error *err = opaque;

    err_set(err, ST_INVAL, "%s", text);
    return false;
}

enum status sample_same(const struct sample *x, const char *a,
                        const struct sample *y, const char *b,
                        enum sample_rule rule, struct error *err)
{
    struct error found = {.status = ST_OK};

    sample_differences(x, a, y, b, rule, first, &found);
    if (found.status != ST_OK && err != NULL)
        *err = found;
    return found.status;
}
