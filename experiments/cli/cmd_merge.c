/* cmd_merge.c: triptych merge: results files of one guest as one. */
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/guarded.h"
#include "experiments/cli/json.h"
#include "experiments/lib/record.h"

struct merge_options {
    const char *output;
    bool json;
    char **path;
    unsigned nr;
};

#define AT(member) .offset = offsetof(struct merge_options, member)

static const struct opt merge_opts[] = {
    OPTION_OUTPUT("the results file to make"),
    OPTION_JSON("the result as JSON"),
    {.name = NULL},
};

/* What a file may hold for us to know how to put it together. */
struct members {
    const struct recorded *r;
    enum status st;
    struct error *err;
};

static void check_member(void *opaque, const char *name)
{
    static const char *const known[] = {"environment", "config", "guest",
                                        "scales",      "bench",  "exits",
                                        "times",       "runs",   "statistics"};
    struct members *m = opaque;

    for (unsigned i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i], name) == 0)
            return;
    m->st = err_set(m->err, ST_GUEST,
                    "%s: has /%.40s, which cannot be put together", m->r->path,
                    name);
}

/* Under the virtual clock runs repeat: those of both must be the same. */
static enum status same_runs(const struct recorded *a, const struct recorded *b,
                             struct error *err)
{
    enum status st = ST_OK;

    for (unsigned e = 0; st == ST_OK && e < a->c.nr_engines; e++) {
        unsigned other = campaign_engine(&b->c, a->c.engine[e]->name);
        const struct sample *x = campaign_at(&a->c, e, 0), *y = NULL;

        if (other < b->c.nr_engines &&
            a->c.processor[e] == b->c.processor[other])
            y = campaign_at(&b->c, other, 0);
        if (x != NULL && y != NULL)
            st = sample_same(x, a->path, y, b->path, SAMPLE_ALL, err);
    }
    if (st != ST_OK && err != NULL)
        err->status = ST_GUEST;
    return st == ST_OK ? ST_OK : ST_GUEST;
}

static enum status fits(const struct recorded *a, struct recorded *b,
                        struct error *err)
{
    struct members m = {b, ST_OK, err};
    enum status st;

    h5r_members(b->file, check_member, &m);
    st = m.st;
    if (st == ST_OK)
        st = recorded_same_guest(a, b, err);
    if (st == ST_OK)
        st = recorded_same_host(a, b, err);
    if (st == ST_OK && a->c.clock == CLOCK_VIRTUAL)
        st = same_runs(a, b, err);
    return st;
}

static void print(const struct merge_options *o, const struct campaign *c,
                  FILE *out)
{
    struct json j;

    if (!o->json) {
        fprintf(out, "%s: %u files, %u engines, %u runs, %u repetitions\n",
                o->output, o->nr, c->nr_engines, c->nr, c->reps);
        return;
    }
    json_init(&j, out);
    json_object(&j, NULL);
    json_string(&j, "output", o->output);
    json_u64(&j, "files", o->nr);
    json_u64(&j, "engines", c->nr_engines);
    json_u64(&j, "runs", c->nr);
    json_u64(&j, "repetitions", c->reps);
    json_object_end(&j);
}

static enum status append(struct recorded *a, struct recorded *b,
                          struct error *err)
{
    struct error why;
    enum status st = campaign_append(&a->c, &b->c, &why);

    return st == ST_OK ? st
                       : err_set(err, st, "%.60s and %.60s: %s", a->path,
                                 b->path, why.text);
}

/* All samples go to the first file's campaign. */
static enum status put_together(struct recorded *r, unsigned nr,
                                struct error *err)
{
    enum status st = recorded_disjoint(r, nr, err);
    for (unsigned i = 0; st == ST_OK && i < nr; i++)
        st = fits(&r[0], &r[i], err);
    for (unsigned i = 1; st == ST_OK && i < nr; i++)
        st = append(&r[0], &r[i], err);
    if (st == ST_OK)
        campaign_native_first(&r[0].c);
    return st;
}

static enum status merge(void *opaque, FILE *out, int *exit_status,
                         struct error *err)
{
    const struct merge_options *o = opaque;
    struct recorded *r = calloc(o->nr, sizeof(*r));
    enum status st = ST_OK;

    (void)exit_status;
    if (r == NULL)
        return err_set(err, ST_NOMEM, "files");
    for (unsigned i = 0; st == ST_OK && i < o->nr; i++)
        st = recorded_open(o->path[i], &r[i], err);
    if (st == ST_OK)
        st = put_together(r, o->nr, err);
    if (st == ST_OK)
        st = record_merged(o->output, TRIPTYCH_VERSION, r, o->nr, &r[0].c, err);
    if (st == ST_OK)
        print(o, &r[0].c, out);
    for (unsigned i = 0; i < o->nr; i++)
        recorded_fini(&r[i]);
    free(r);
    return st;
}

static int merge_command(const struct command *cmd, int argc, char **argv)
{
    struct merge_options o = {0};
    int nr_args, status;

    if (!command_parse(cmd, argc, argv, &o, 2, 1000, &nr_args, &status))
        return status;
    if (o.output == NULL)
        return command_usage(cmd, "which file to make? -o FILE");
    o.path = argv;
    o.nr = (unsigned)nr_args;
    return guarded(cmd, argv[0], merge, &o);
}

const struct command cmd_merge = {
    .name = "merge",
    .args = "[--json] -o FILE.h5 A.h5 B.h5...",
    .summary = "results files of one guest as one",
    .more =
        "Puts the repetitions of B.h5... behind those of A.h5, and adds "
        "engines that A.h5 does not\nhave: so parts of a campaign can be run "
        "apart. The statistics are made anew. Files of\nanother guest, "
        "machine, host processor or build, and runs under the virtual clock "
        "that\ndiffer, are refused, and files that have runs in common; "
        "nothing is written\nthen.\n\n"
        "  triptych compare --engines native,bt --clock host -o a.h5 trik64\n"
        "  triptych compare --engines hvm --clock host -o b.h5 trik64\n"
        "  triptych merge a.h5 b.h5 -o all.h5\n",
    .opts = merge_opts,
    .run = merge_command,
};
