/* cmd_report.c: triptych report: a results file as an HTML page. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/cli/guarded.h"
#include "experiments/cli/pages.h"

struct report_options {
    const char *output, *path;
};

static const struct opt report_opts[] = {
    {.name = "output",
     .letter = 'o',
     .type = OPT_STRING,
     .offset = offsetof(struct report_options, output),
     .arg = "FILE",
     .help = "the page; stdout"},
    {.name = NULL},
};

/* Under its final name there is the whole page or none. */
static enum status write_file(const struct report_data *d, const char *path,
                              struct error *err)
{
    char part[4096];
    FILE *out;
    bool ok;
    int no;

    if ((size_t)snprintf(part, sizeof(part), "%s.part", path) >= sizeof(part))
        return err_set(err, ST_INVAL, "%s: too long a name", path);
    out = fopen(part, "w");
    if (out == NULL)
        return err_set_errno(err, ST_HOST, errno, "%s", part);
    ok = report_html(d, out);
    errno = 0;
    ok = !ferror(out) && ok;
    if (fclose(out) != 0 || !ok || rename(part, path) != 0) {
        no = errno != 0 ? errno : EIO;
        unlink(part);
        return err_set_errno(err, ST_HOST, no, "%s", path);
    }
    return ST_OK;
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
        "file, and prints.\n",
    .opts = report_opts,
    .run = report_command,
};
