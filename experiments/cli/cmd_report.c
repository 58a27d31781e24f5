/* cmd_report.c: triptych report: a results file as an HTML page. */
#include <stdlib.h>

#include "experiments/cli/guarded.h"
#include "experiments/cli/outfile.h"
#include "experiments/cli/pages.h"

struct report_options {
    const char *output, *path;
};

#define AT(member) .offset = offsetof(struct report_options, member)

static const struct opt report_opts[] = {
    OPTION_OUTPUT("the page; stdout"),
    {.name = NULL},
};

static enum status write_file(const struct report_data *d, const char *path,
                              struct error *err)
{
    struct outfile o;
    enum status st = outfile_open(&o, path, err);

    if (st != ST_OK)
        return st;
    if (!report_html(d, o.f))
        return outfile_abandon(&o, err_set(err, ST_NOMEM, "page"));
    return outfile_close(&o, err);
}

static enum status report_file(void *opaque, FILE *out, int *exit_status,
                               struct error *err)
{
    const struct report_options *o = opaque;
    struct pages p;
    enum status st = pages_read(o->path, &p, err);

    (void)exit_status;
    if (st == ST_OK && o->output != NULL)
        st = write_file(&p.d, o->output, err);
    else if (st == ST_OK && !report_html(&p.d, out))
        st = err_set(err, ST_NOMEM, "page");
    pages_fini(&p);
    return st;
}

static int report_command(const struct command *cmd, int argc, char **argv)
{
    struct report_options o = {0};
    int nr_args, status;

    if (!command_parse(cmd, argc, argv, &o, 1, 1, &nr_args, &status))
        return status;
    o.path = argv[0];
    return guarded(cmd, o.path, report_file, &o);
}

const struct command cmd_report = {
    .name = "report",
    .args = "[-o FILE.html] FILE.h5",
    .summary = "a results file as one self-contained HTML page",
    .more =
        "Times and ratios with intervals, retired instructions, the ledger, "
        "and where it was made.\nThe page needs no network and no other "
        "file, and prints.\n\n"
        "  triptych compare --clock host --reps 10 -o out.h5 trik64\n"
        "  triptych report -o out.html out.h5\n",
    .opts = report_opts,
    .run = report_command,
};
