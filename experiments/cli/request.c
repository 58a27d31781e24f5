/* request.c: from the options of a run to what is to be run. */
#include "experiments/cli/request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/dev/netdev.h"

const struct opt_word request_clock_words[] = {
    {"virtual", CLOCK_VIRTUAL}, {"host", CLOCK_HOST}, {NULL, 0}};

enum { ISA_X86, ISA_IA64 };

const struct opt_word request_isa_words[] = {
    {"x86", ISA_X86}, {"ia64", ISA_IA64}, {NULL, 0}};

const char *request_isa(const struct guest_options *o)
{
    return opts_word(request_isa_words, o->isa);
}

/* The first option that only x86's board can honour, or NULL. */
static const char *board_option(const struct guest_options *o)
{
    return o->cpu != NULL        ? "--cpu"
           : o->disk != NULL     ? "--disk"
           : o->net != NULL      ? "--net"
           : o->bios != NULL     ? "--bios"
           : o->protocol != NULL ? "--protocol"
                                 : NULL;
}

static enum status choose_cpu(const char *name, const struct cpuid_model **out,
                              struct error *err)
{
    const char *names[65];
    const char *near;
    unsigned n;

    *out = name != NULL ? cpuid_model_find(name) : cpuid_model_default();
    if (*out != NULL)
        return ST_OK;
    for (n = 0; n + 1 < ARRAY_LEN(names) && cpuid_model_at(n) != NULL; n++)
        names[n] = cpuid_model_name(cpuid_model_at(n));
    names[n] = NULL;
    near = opts_nearest(name, names);
    if (near != NULL)
        return err_set(err, ST_INVAL,
                       "--cpu %s: no such model; did you mean %s?", name, near);
    return err_set(err, ST_INVAL,
                   "--cpu %s: no such model (triptych list cpus)", name);
}

/* What the files of a guest and the options give to load. The catalogue's
 * command line and the user's are joined in *cmdline, which the caller frees.
 */
static enum status fill_load(const struct guest_options *o,
                             const struct guests_files *files, char **cmdline,
                             struct load_request *load, struct error *err)
{
    const char *own = files->append != NULL ? files->append : "";
    const char *more = o->append != NULL ? o->append : "";

    if (asprintf(cmdline, "%s%s%s", own,
                 *own != '\0' && *more != '\0' ? " " : "", more) < 0) {
        *cmdline = NULL;
        return err_set(err, ST_NOMEM, "command line");
    }
    load->kernel = files->kernel;
    load->initrd = o->initrd != NULL ? o->initrd : files->initrd;
    load->cmdline = *cmdline;
    if (o->protocol == NULL)
        load->protocol = files->protocol;
    return ST_OK;
}

/* A name that nobody knows: say which was probably meant. */
static enum status find_guest(const char *name, struct guests_files *files,
                              struct error *err)
{
    enum status st = guests_resolve(name, files, err);
    const char *names[65], *near;
    unsigned n;

    if (st != ST_INVAL)
        return st;
    for (n = 0; n + 1 < ARRAY_LEN(names) && guests_at(n) != NULL; n++)
        names[n] = guests_at(n)->name;
    names[n] = NULL;
    near = opts_nearest(name, names);
    if (near != NULL)
        err_set(err, st, "%.120s: no such guest or file; did you mean %s?",
                name, near);
    return st;
}

static enum status check_need(const struct guests_entry *g,
                              const struct run_request *rq, struct error *err)
{
    if (g == NULL)
        return ST_OK;
    if (g->need == GUESTS_NEED_DISK && rq->disk == NULL)
        return err_set(err, ST_INVAL, "%s needs --disk FILE", g->name);
    if (g->need == GUESTS_NEED_NET && rq->network == NULL)
        return err_set(err, ST_INVAL, "%s needs --net user", g->name);
    return ST_OK;
}

/* What to load: a guest of the catalogue, a path, or --bios. */
static enum status choose_guest(const struct guest_options *o, const char *arg,
                                struct guests_files *files, char **cmdline,
                                struct run_request *rq, struct error *err)
{
    enum status st;

    rq->load.bios = o->bios;
    rq->guest = arg != NULL ? arg : o->bios;
    if (o->protocol != NULL &&
        !load_protocol_parse(o->protocol, &rq->load.protocol))
        return err_set(err, ST_INVAL,
                       "--protocol %s: there are auto, bzimage32, bzimage64, "
                       "pvh, multiboot, elf",
                       o->protocol);
    if (arg == NULL && o->bios == NULL)
        return err_set(err, ST_INVAL,
                       "which guest? A name (triptych list guests), a path, or "
                       "--bios FILE");
    if (arg != NULL && o->bios != NULL)
        return err_set(err, ST_INVAL, "--bios stands in place of GUEST ('%s')",
                       arg);
    if (arg == NULL &&
        (o->initrd != NULL || o->append != NULL || o->protocol != NULL))
        return err_set(err, ST_INVAL,
                       "--initrd, --append and --protocol need "
                       "a GUEST, not --bios");
    if (arg == NULL)
        return ST_OK;
    if (guests_find(arg) != NULL &&
        strcmp(guests_find(arg)->isa, request_isa(o)) != 0)
        return err_set(err, ST_INVAL, "%s is a guest for --isa %s", arg,
                       guests_find(arg)->isa);
    st = check_need(guests_find(arg), rq, err);
    if (st != ST_OK)
        return st;
    st = find_guest(arg, files, err);
    rq->marker_name = files->marker;
    rq->ported = files->ported;
    return st == ST_OK ? fill_load(o, files, cmdline, &rq->load, err) : st;
}

static enum status choose_network(const char *text, const char **network,
                                  struct error *err)
{
    struct netdev_config c;
    enum status st = netdev_parse(text, &c, err);

    *network = c.there ? text : NULL;
    return st;
}

enum status request_check_network(const struct run_request *rq, bool repeatable,
                                  struct error *err)
{
    struct netdev_config c;
    enum status st = netdev_parse(rq->network, &c, err);

    if (st != ST_OK)
        return st;
    if (c.dump != NULL)
        return err_set(err, ST_INVAL,
                       "--net: no dump, the guest runs more than once");
    if (c.there && repeatable && !c.restricted)
        return err_set(err, ST_INVAL,
                       "--net: only with restrict=on, the guest runs more than "
                       "once and the host's network does not repeat");
    return ST_OK;
}

enum status request_make(const struct guest_options *o, const char *arg,
                         struct request_files *f, struct run_request *rq,
                         struct error *err)
{
    enum status st;

    memset(f, 0, sizeof(*f));
    *rq = (struct run_request){
        .disk = o->disk,
        .disk_readonly = o->disk_readonly,
        .mem_bytes = o->mem,
        .max_insns = o->max_insns,
        .clock = (enum clock_mode)o->clock,
        .ips = o->ips,
        .input = o->input,
        .options = o->engine,
    };
    if (o->isa == ISA_IA64 && board_option(o) != NULL)
        return err_set(err, ST_INVAL, "%s: not with --isa ia64",
                       board_option(o));
    if (o->disk_readonly && o->disk == NULL)
        return err_set(err, ST_INVAL, "--disk-readonly without --disk");
    if (o->mem % PAGE_SIZE != 0)
        return err_set(err, ST_INVAL, "--mem: not a multiple of 4 KiB");
    st = choose_network(o->net, &rq->network, err);
    if (st == ST_OK)
        st = choose_cpu(o->cpu, &rq->cpu, err);
    if (st == ST_OK)
        st = choose_guest(o, arg, &f->guest, &f->cmdline, rq, err);
    return st;
}

/* The first option that was given, or NULL. */
static const char *engine_option(const struct engine_options *o)
{
    return o->paging != NULL     ? "--paging"
           : o->vpid != NULL     ? "--vpid"
           : o->controls != NULL ? "--controls"
                                 : NULL;
}

/* --check-frames is pv's alone. */
static enum status check_pv_options(const struct run_request *rq,
                                    const struct engine_ops *const *e,
                                    unsigned nr, struct error *err)
{
    if (rq->options.check_frames == NULL)
        return ST_OK;
    for (unsigned k = 0; k < nr; k++)
        if (strcmp(e[k]->name, "pv") == 0)
            return ST_OK;
    return err_set(err, ST_INVAL, "--check-frames has no meaning under %s",
                   e[0]->name);
}

enum status request_check_engines(const struct run_request *rq,
                                  const struct engine_ops *const *e,
                                  const struct processor_ops *const *p,
                                  unsigned nr, struct error *err)
{
    const char *given = engine_option(&rq->options);
    char text[ENGINE_OPTIONS_TEXT];
    enum status st = check_pv_options(rq, e, nr, err);
    bool known = false;

    if (st != ST_OK)
        return st;
    for (unsigned k = 0; k < nr; k++) {
        if (e[k]->options == NULL)
            continue;
        known = true;
        st = e[k]->options(&rq->options, p[k], text, err);
        if (st != ST_OK)
            return st;
    }
    if (given != NULL && !known)
        return err_set(err, ST_INVAL, "%s has no meaning under %s%s", given,
                       e[0]->name, nr > 1 ? " and the others" : "");
    return ST_OK;
}

enum status request_check_engine(const struct run_request *rq,
                                 const struct engine_ops *e,
                                 const struct processor_ops *p,
                                 struct error *err)
{
    return request_check_engines(rq, &e, &p, 1, err);
}

void request_files_free(struct request_files *f)
{
    guests_files_free(&f->guest);
    free(f->cmdline);
    f->cmdline = NULL;
}

/* NULL with *given false: not given; NULL with *given true: out of memory. */
static char *line_of(const struct opt *o, const void *values, bool *given)
{
    const char *at = (const char *)values + o->offset, *text;
    uint64_t number;
    char *line;
    bool flag;
    int word, n = 0;

    *given = true;
    switch (o->type) {
    case OPT_FLAG:
        memcpy(&flag, at, sizeof(flag));
        n = asprintf(&line, "%s=%s", o->name, flag ? "yes" : "no");
        break;
    case OPT_STRING:
    case OPT_OPTIONAL:
        memcpy(&text, at, sizeof(text));
        *given = text != NULL;
        if (text == NULL)
            return NULL;
        n = asprintf(&line, "%s=%s", o->name, text);
        break;
    case OPT_SIZE:
    case OPT_COUNT:
        memcpy(&number, at, sizeof(number));
        n = asprintf(&line, "%s=%" PRIu64, o->name, number);
        break;
    case OPT_WORD:
        memcpy(&word, at, sizeof(word));
        n = asprintf(&line, "%s=%s", o->name, opts_word(o->words, word));
        break;
    }
    return n < 0 ? NULL : line;
}

char **request_lines(const struct opt *opts, const void *values, unsigned *nr)
{
    unsigned n = 0;
    char **lines;
    bool given;

    while (opts[n].name != NULL)
        n++;
    lines = calloc(n + 1, sizeof(*lines));
    *nr = 0;
    for (; lines != NULL && opts->name != NULL; opts++) {
        lines[*nr] = line_of(opts, values, &given);
        if (lines[*nr] != NULL) {
            (*nr)++;
        } else if (given) {
            request_lines_free(lines, *nr);
            return NULL;
        }
    }
    return lines;
}

void request_lines_free(char **lines, unsigned nr)
{
    while (nr > 0)
        free(lines[--nr]);
    free(lines);
}
