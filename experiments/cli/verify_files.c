/* verify_files.c: whether two results files have the same ledgers. */
#include "experiments/cli/verify_files.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/cli/guarded.h"
#include "experiments/cli/json.h"
#include "experiments/lib/recorded.h"

#define SHOWN 20u /* differences that are printed */

struct files {
    const char *path[2];
    bool json;
    struct recorded r[2];
    unsigned runs, intervals, rows; /* compared; of the first file */
    unsigned nr;                    /* differences */
    char *text[SHOWN];
    bool failed;     /* out of memory */
    const char *run; /* that is being compared: "native repetition 0" */
};

static bool on_difference(void *opaque, const char *text)
{
    struct files *f = opaque;

    if (f->nr < SHOWN &&
        asprintf(&f->text[f->nr], "%s: %s", f->run, text) < 0) {
        f->text[f->nr] = NULL;
        f->failed = true;
        return false;
    }
    f->nr++;
    return true;
}

/* One run of both. Counts of the processor's own are those of one. */
static void compare_run(struct files *f, const struct sample *x,
                        const struct sample *y, bool same_processor)
{
    const struct campaign *c = &f->r[0].c;
    char run[64];

    snprintf(run, sizeof(run), "%s repetition %u", c->engine[x->engine]->name,
             x->repetition);
    f->run = run;
    f->runs++;
    f->intervals += x->cuts.nr;
    for (unsigned i = 0; i < x->cuts.nr; i++)
        f->rows += x->cuts.cut[i].ledger.nr;
    sample_differences(x, f->path[0], y, f->path[1],
                       same_processor ? SAMPLE_ALL : SAMPLE_ARCHITECTURAL,
                       on_difference, f);
}

/* What both have: engines, and repetitions of them. */
static enum status compare_all(struct files *f, struct error *err)
{
    const struct campaign *a = &f->r[0].c, *b = &f->r[1].c;

    for (unsigned e = 0; e < a->nr_engines; e++) {
        unsigned other = campaign_engine(b, a->engine[e]->name);

        for (unsigned rep = 0; other < b->nr_engines && rep < a->reps; rep++) {
            const struct sample *x = campaign_at(a, e, rep);
            const struct sample *y = campaign_at(b, other, rep);

            if (x != NULL && y != NULL)
                compare_run(f, x, y, a->processor[e] == b->processor[other]);
        }
    }
    if (f->failed)
        return err_set(err, ST_NOMEM, "differences");
    if (f->runs == 0)
        return err_set(err, ST_GUEST, "%s and %s have no engine in common",
                       f->path[0], f->path[1]);
    return ST_OK;
}

/* ---- results ---- */

/* The engine that only file k has, from *at on; NULL: no more. */
static const char *only_in(const struct files *f, unsigned k, unsigned *at)
{
    const struct campaign *a = &f->r[k].c, *b = &f->r[1 - k].c;

    while (*at < a->nr_engines) {
        const char *name = a->engine[(*at)++]->name;

        if (campaign_engine(b, name) == b->nr_engines)
            return name;
    }
    return NULL;
}

static void print(const struct files *f, FILE *out)
{
    const char *name;

    fprintf(out, "%s, %s: %s: %u runs, %u intervals, %u rows of ledgers\n",
            f->path[0], f->path[1], f->nr == 0 ? "the same" : "different",
            f->runs, f->intervals, f->rows);
    for (unsigned i = 0; i < f->nr && i < SHOWN; i++)
        fprintf(out, "  %s\n", f->text[i]);
    if (f->nr > SHOWN)
        fprintf(out, "  and %u more differences\n", f->nr - SHOWN);
    for (unsigned k = 0; k < 2; k++)
        for (unsigned at = 0; (name = only_in(f, k, &at)) != NULL;)
            fprintf(out, "  not compared: %s, only in %s\n", name, f->path[k]);
}

static void print_json(const struct files *f, FILE *out)
{
    static const char *const only[] = {"only_in_a", "only_in_b"};
    const char *name;
    struct json j;

    json_init(&j, out);
    json_object(&j, NULL);
    json_string(&j, "a", f->path[0]);
    json_string(&j, "b", f->path[1]);
    json_bool(&j, "same", f->nr == 0);
    json_u64(&j, "runs", f->runs);
    json_u64(&j, "intervals", f->intervals);
    json_u64(&j, "rows", f->rows);
    json_u64(&j, "nr_differences", f->nr);
    json_array(&j, "differences");
    for (unsigned i = 0; i < f->nr && i < SHOWN; i++)
        json_string(&j, NULL, f->text[i]);
    json_array_end(&j);
    for (unsigned k = 0; k < 2; k++) {
        json_array(&j, only[k]);
        for (unsigned at = 0; (name = only_in(f, k, &at)) != NULL;)
            json_string(&j, NULL, name);
        json_array_end(&j);
    }
    json_object_end(&j);
}

static enum status compare(void *opaque, FILE *out, int *exit_status,
                           struct error *err)
{
    struct files *f = opaque;
    enum status st = ST_OK;

    for (unsigned k = 0; st == ST_OK && k < 2; k++)
        st = recorded_open(f->path[k], &f->r[k], err);
    if (st == ST_OK)
        st = recorded_same_guest(&f->r[0], &f->r[1], err);
    if (st == ST_OK && f->r[0].c.clock != CLOCK_VIRTUAL)
        st = err_set(err, ST_GUEST,
                     "%s: runs under the host's clock do not repeat",
                     f->path[0]);
    if (st == ST_OK)
        st = compare_all(f, err);
    if (st == ST_OK && f->json)
        print_json(f, out);
    else if (st == ST_OK)
        print(f, out);
    if (f->nr != 0)
        *exit_status = EXIT_STATUS_FAILED;
    for (unsigned i = 0; i < f->nr && i < SHOWN; i++)
        free(f->text[i]);
    recorded_fini(&f->r[0]);
    recorded_fini(&f->r[1]);
    return st;
}

int verify_files(const struct command *cmd, const char *a, const char *b,
                 bool json)
{
    struct files f = {.path = {a, b}, .json = json};

    return guarded(cmd, a, compare, &f);
}
