/* cuts.c: a run cut at the guest's markers. */
#include "experiments/lib/cuts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/dev/testdev.h"
#include "common/engine/disposition.h"

enum status cuts_init(struct cuts *c, struct error *err)
{
    memset(c, 0, sizeof(*c));
    c->cut = calloc(CUTS_MAX + 1, sizeof(*c->cut));
    if (c->cut == NULL)
        return err_set(err, ST_NOMEM, "intervals");
    return ST_OK;
}

void cuts_fini(struct cuts *c)
{
    unsigned i;

    for (i = 0; i < c->nr; i++)
        ledger_fini(&c->cut[i].ledger);
    free(c->cut);
    free(c->seen);
    memset(c, 0, sizeof(*c));
}

const struct cut *cuts_find(const struct cuts *c, const char *name)
{
    unsigned i;

    for (i = 0; i < c->nr; i++)
        if (strcmp(c->cut[i].name, name) == 0)
            return &c->cut[i];
    return NULL;
}

bool cuts_measured(const char *name)
{
    static const char *const other[] = {"boot", "setup", "empty", CUTS_REST,
                                        CUTS_OTHER};

    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        if (strcmp(name, other[i]) == 0)
            return false;
    return true;
}

/* A guest chooses the bytes; they go to terminals and files. */
static void clean_name(char out[CUTS_NAME], const char *name)
{
    size_t i, n = strnlen(name, CUTS_NAME - 1);

    for (i = 0; i < n; i++)
        out[i] = (char)(name[i] > 0x20 && name[i] < 0x7f ? name[i] : '?');
    out[n] = '\0';
}

struct cut *cuts_get(struct cuts *c, const char *name)
{
    const struct cut *found;
    char clean[CUTS_NAME];

    clean_name(clean, name);
    found = cuts_find(c, clean);
    if (found != NULL)
        return &c->cut[found - c->cut];
    if (c->nr >= CUTS_MAX && strcmp(clean, CUTS_OTHER) != 0)
        return cuts_get(c, CUTS_OTHER);
    if (ledger_init(&c->cut[c->nr].ledger, NULL) != ST_OK)
        return NULL;
    memcpy(c->cut[c->nr].name, clean, sizeof(clean));
    return &c->cut[c->nr++];
}

static bool grow_seen(struct cuts *c, uint32_t nr)
{
    uint64_t *seen;

    if (nr <= c->nr_seen)
        return true;
    seen = realloc(c->seen, nr * sizeof(*seen));
    if (seen == NULL)
        return false;
    memset(seen + c->nr_seen, 0, (nr - c->nr_seen) * sizeof(*seen));
    c->seen = seen;
    c->nr_seen = nr;
    return true;
}

static bool is_marker_port(const struct ledger_row *r)
{
    return r->kind == LEDGER_SENSITIVE && r->reason == SENS_OUT &&
           r->sub == TESTDEV_MARKER;
}

static void add(struct cuts *c, struct cut *cut, const struct ledger_row *r,
                uint64_t n)
{
    uint32_t had = cut->ledger.nr;

    if (c->rows >= CUTS_ROWS &&
        ledger_get(&cut->ledger, r->kind, r->reason, r->sub) == 0) {
        cut->ledger.lost += n;
        return;
    }
    ledger_add(&cut->ledger, r->kind, r->reason, r->sub, n);
    c->rows += cut->ledger.nr - had;
}

void cuts_mark(struct cuts *c, const char *name, uint64_t iterations,
               const struct ledger *l, uint64_t insns, uint64_t guest_ns,
               uint64_t host_ns)
{
    struct cut *cut = cuts_get(c, name);
    uint32_t i;

    if (cut == NULL || !grow_seen(c, l->nr)) {
        c->failed = true;
        return;
    }
    for (i = 0; i < l->nr; i++) {
        if (l->row[i].count != c->seen[i] && !is_marker_port(&l->row[i]))
            add(c, cut, &l->row[i], l->row[i].count - c->seen[i]);
        c->seen[i] = l->row[i].count;
    }
    cut->cuts++;
    cut->iterations += iterations;
    cut->insns += insns - c->insns;
    cut->guest_ns += guest_ns - c->guest_ns;
    cut->host_ns += host_ns;
    c->insns = insns;
    c->guest_ns = guest_ns;
}

uint64_t cut_count(const struct cut *c, enum ledger_kind kind)
{
    uint64_t n = 0;
    uint32_t i;

    for (i = 0; i < c->ledger.nr; i++)
        if (c->ledger.row[i].kind == kind)
            n += c->ledger.row[i].count;
    return n;
}
