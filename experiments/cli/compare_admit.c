/* compare_admit.c: which engines take part in a comparison. */
#include "experiments/cli/compare_admit.h"

#include <stdio.h>
#include <string.h>

#include "experiments/cli/engines.h"

static void leave_out(struct admission *a, const char *name, const char *why)
{
    if (a->nr_out == MAX_LEFT_OUT)
        return;
    snprintf(a->out[a->nr_out].name, sizeof(a->out[0].name), "%s", name);
    snprintf(a->out[a->nr_out].why, sizeof(a->out[0].why), "%s", why);
    a->nr_out++;
}

/* ST_OK also when the engine is left out. */
static enum status admit(struct admission *a, const char *name, bool asked,
                         struct error *err)
{
    struct campaign *c = a->c;
    enum status st;

    if (c->nr_engines == CAMPAIGN_ENGINES)
        return err_set(err, ST_INVAL, "--engines: at most %d",
                       CAMPAIGN_ENGINES);
    st = engines_choose(name, a->processor, a->isa, &c->engine[c->nr_engines],
                        &c->processor[c->nr_engines], err);
    if (st == ST_INVAL && (asked || c->engine[c->nr_engines] == NULL))
        return st;
    if (st != ST_OK) {
        if (a->nr_out == 0)
            a->why_none = st;
        leave_out(a, name, err->text);
        a->missing |= asked;
        return ST_OK;
    }
    c->nr_engines++;
    return ST_OK;
}

static enum status admit_list(struct admission *a, struct error *err)
{
    char name[32];
    const char *at = a->engines;
    enum status st = ST_OK;
    unsigned i;
    size_t len;

    while (st == ST_OK) {
        len = strcspn(at, ",");
        snprintf(name, sizeof(name), "%.*s", (int)len, at);
        for (i = 0; i < a->c->nr_engines; i++)
            if (strcmp(a->c->engine[i]->name, name) == 0)
                return err_set(err, ST_INVAL, "--engines: %s twice", name);
        st = admit(a, name, true, err);
        if (at[len] == '\0')
            break;
        at += len + 1;
    }
    return st;
}

static enum status admit_all(struct admission *a, struct error *err)
{
    enum status st = ST_OK;
    unsigned i;

    for (i = 0; st == ST_OK && engine_list[i] != NULL; i++)
        if (strcmp(engine_list[i]->isa, a->isa) == 0)
            st = admit(a, engine_list[i]->name, false, err);
    for (i = 0; st == ST_OK && engine_planned[i].name != NULL; i++)
        if (strcmp(engine_planned[i].isa, a->isa) == 0)
            leave_out(a, engine_planned[i].name, "not there yet");
    return st;
}

/* One processor for all, if they have one in common; else each its fastest. */
static void share_processor(struct campaign *c)
{
    const struct processor_ops *p[CAMPAIGN_ENGINES];
    const struct engine_ops *e;
    const char *name;
    unsigned i, k;

    for (k = 0; c->engine[0]->processors[k] != NULL; k++) {
        name = c->engine[0]->processors[k];
        for (i = 0; i < c->nr_engines; i++)
            if (engines_choose(c->engine[i]->name, name, c->engine[i]->isa, &e,
                               &p[i], NULL) != ST_OK)
                break;
        if (i < c->nr_engines)
            continue;
        memcpy(c->processor, p, c->nr_engines * sizeof(p[0]));
        return;
    }
}

/* `native` comes first: ratios are to it. */
static void baseline_first(struct campaign *c)
{
    const struct processor_ops *p;
    const struct engine_ops *e;
    unsigned i;

    for (i = 1; i < c->nr_engines; i++) {
        if (strcmp(c->engine[i]->name, "native") != 0)
            continue;
        e = c->engine[0];
        c->engine[0] = c->engine[i];
        c->engine[i] = e;
        p = c->processor[0];
        c->processor[0] = c->processor[i];
        c->processor[i] = p;
    }
}

static void no_output(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    (void)buf;
    (void)len;
}

/* Can the engine load the guest? */
static enum status try_load(const struct admission *a, unsigned engine,
                            struct error *err)
{
    struct run_request rq = *a->rq;
    struct run r;
    enum status st;

    rq.engine = a->c->engine[engine];
    rq.processor = a->c->processor[engine];
    rq.output = no_output;
    rq.disk = NULL;
    st = run_init(&r, &rq, err);
    if (st == ST_OK)
        run_fini(&r);
    return st;
}

/* Engines that want guests of their own kind take part where nobody named the
 * engines only if this is one. */
static void leave_out_unloadable(struct admission *a)
{
    struct campaign *c = a->c;
    struct error err;
    unsigned n = 0;

    for (unsigned i = 0; i < c->nr_engines; i++) {
        if (c->engine[i]->own_stream && try_load(a, i, &err) != ST_OK) {
            leave_out(a, c->engine[i]->name, err.text);
            continue;
        }
        c->engine[n] = c->engine[i];
        c->processor[n++] = c->processor[i];
    }
    c->nr_engines = n;
}

enum status compare_admit(struct admission *a, struct error *err)
{
    enum status st =
        a->engines != NULL ? admit_list(a, err) : admit_all(a, err);

    if (st != ST_OK)
        return st;
    if (a->c->nr_engines == 0)
        return err_set(err, a->why_none, "no engine can run: %s: %s",
                       a->out[0].name, a->out[0].why);
    baseline_first(a->c);
    if (a->processor == NULL)
        share_processor(a->c);
    if (a->engines == NULL)
        leave_out_unloadable(a);
    return ST_OK;
}
