/* measure_run.c: the runs behind measures: one each, kept. */
#include "experiments/reproduce/measure_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/command.h"
#include "experiments/cli/engines.h"
#include "experiments/cli/request.h"
#include "experiments/cli/take.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const struct measure_run *find(const struct measuring *m,
                                      const struct measure_run *want)
{
    for (unsigned i = 0; i < m->nr_runs; i++) {
        const struct measure_run *r = &m->run[i];

        if (same_text(r->guest, want->guest) &&
            same_text(r->engine, want->engine) &&
            same_text(r->controls, want->controls) &&
            same_text(r->cpu, want->cpu))
            return r;
    }
    return NULL;
}

/* Memory is shadowed in all of these, as it was then. */
static void set_options(const struct measure_run *r, struct guest_options *o)
{
    o->cpu = r->cpu;
    o->engine.controls = r->controls;
    if (strcmp(r->engine, "hvm") == 0) {
        o->engine.paging = "shadow";
        o->engine.vpid = "off";
    }
}

static enum status take(struct measuring *m, struct measure_run *r,
                        const struct guest_options *o, const char *guest,
                        struct error *err)
{
    struct campaign *c = &r->c;
    struct request_files files = {0};
    struct run_request rq;
    enum status st = request_make(o, guest, &files, &rq, err);

    if (st == ST_OK)
        st = engines_choose(r->engine, NULL, "x86", &c->engine[0],
                            &c->processor[0], err);
    if (st == ST_OK)
        st = request_check_engine(&rq, c->engine[0], c->processor[0], err);
    if (st == ST_OK)
        st = take_sample(c, &rq, 0, 0, false, &m->signal, err);
    request_files_free(&files);
    if (st == ST_OK && m->signal == 0 &&
        c->sample[0].exit_status != EXIT_STATUS_OK)
        st = err_set(err, ST_GUEST, "%s under %s did not end well: %s",
                     r->guest, r->engine, c->sample[0].end);
    return st;
}

enum status measure_run(struct measuring *m, const char *guest,
                        const char *engine, const char *controls,
                        const char *cpu, const struct sample **out,
                        struct error *err)
{
    struct measure_run *r = &m->run[m->nr_runs];
    struct measure_run want = {guest, engine, controls, cpu, {.reps = 1}};
    const struct measure_run *old = find(m, &want);
    struct guest_options o = GUEST_DEFAULTS;
    char name[64];
    enum status st;

    *out = NULL;
    if (old != NULL) {
        *out = &old->c.sample[0];
        return ST_OK;
    }
    if (m->nr_runs == MEASURE_RUNS)
        return err_set(err, ST_LIMIT, "more than %d runs", MEASURE_RUNS);
    *r = want;
    r->c.nr_engines = 1;
    r->c.clock = CLOCK_VIRTUAL;
    r->c.sample = calloc(1, sizeof(*r->c.sample));
    if (r->c.sample == NULL)
        return err_set(err, ST_NOMEM, "sample");
    m->nr_runs++;
    if (m->progress != NULL)
        m->progress(m->opaque, r);
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(guest, " "), guest);
    if (guest[strlen(name)] != '\0')
        o.append = guest + strlen(name) + 1;
    set_options(r, &o);
    st = take(m, r, &o, name, err);
    if (st == ST_OK && m->signal == 0)
        *out = &r->c.sample[0];
    return st;
}
