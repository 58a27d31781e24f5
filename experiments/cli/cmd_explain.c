/* cmd_explain.c: triptych explain: what became of guest code: the translator's
 * units side by side with the guest's instructions. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bt/engine.h"
#include "bt/processor.h"
#include "common/machine/board.h"
#include "experiments/cli/command.h"
#include "experiments/cli/disasm.h"
#include "experiments/cli/engines.h"
#include "experiments/cli/request.h"

struct explain_options {
    struct guest_options g;
    const char *engine, *block;
};

#define AT(member) .offset = offsetof(struct explain_options, member)

static const struct opt explain_opts[] = {
    {.name = "block",
     .type = OPT_STRING,
     AT(block),
     .arg = "ADDR",
     .help = "guest address (hexadecimal) of an instruction in\n"
             "the unit"},
    {.name = "engine",
     .type = OPT_STRING,
     AT(engine),
     .arg = "NAME",
     .help = "the technique, on the processor jit; native"},
#include "experiments/cli/request.def"
    {.name = NULL},
};

/* ---- listing ---- */
#define GUEST_WIDTH 40

static const char *part_text(enum jit_part part)
{
    static const char *const text[] = {
        [JIT_PART_ENTRY] = "entry: take the instructions from the budget",
        [JIT_PART_INSN] = "",
        [JIT_PART_EXIT] = "exit: on to the next unit",
        [JIT_PART_COLD] = "cold: the instruction once more, by interp",
        [JIT_PART_ALONE] = "alone: where its run is not in one page",
        [JIT_PART_STUB] = "stub: the exit while it is not linked",
        [JIT_PART_LEAVE] = "leave: budget used up, or other code there",
    };

    return text[part];
}

static void guest_text(struct disasm *d, const struct jit_listing *l,
                       unsigned k, char *buf, size_t size)
{
    disasm_text(d, l->bits, l->insn[k].ip, l->insn[k].bytes, l->insn[k].len,
                buf, size);
}

/* Host instructions, each beside a blank guest column. */
static void print_host(struct disasm *d, const uint8_t *code, uint32_t bytes)
{
    char text[128];

    for (uint32_t at = 0; at < bytes;) {
        unsigned n = disasm_text(d, 64, (uint64_t)(uintptr_t)(code + at),
                                 code + at, bytes - at, text, sizeof(text));

        if (n == 0) {
            printf("  %*s %6x  %u bytes that are no instructions\n",
                   GUEST_WIDTH, "", at, bytes - at);
            return;
        }
        printf("  %*s %6x  %s\n", GUEST_WIDTH, "", at, text);
        at += n;
    }
}

static void print_part(struct disasm *d, const struct jit_listing *l,
                       unsigned p)
{
    enum jit_part part = l->part[p].part;
    unsigned k = l->part[p].k;
    char text[96], line[160];

    if (part == JIT_PART_INSN || part == JIT_PART_COLD ||
        part == JIT_PART_ALONE)
        guest_text(d, l, k, text, sizeof(text));
    if (part == JIT_PART_INSN) {
        snprintf(line, sizeof(line), "%" PRIx64 "  %s", l->insn[k].ip, text);
        printf("  %-*s ; %s, flags after it %s\n", GUEST_WIDTH, line,
               l->insn[k].called_out ? "called out to" : "inline",
               l->insn[k].flags_live ? "matter" : "are dead");
    } else if (part == JIT_PART_COLD || part == JIT_PART_ALONE) {
        printf("  ; %s: %s\n", part_text(part), text);
    } else if (part == JIT_PART_EXIT || part == JIT_PART_STUB) {
        printf("  ; %s: exit %u, to %" PRIx64 "\n", part_text(part), k,
               l->exit[k & 1].ip);
    } else {
        printf("  ; %s\n", part_text(part));
    }
    print_host(d, l->part[p].code, l->part[p].bytes);
}

static void print_unit(struct disasm *d, const struct jit_listing *l)
{
    printf("unit at %" PRIx64 " (linear %" PRIx64 ", physical %" PRIx64
           "), %u-bit code at CPL %u: %u instructions, %" PRIu32
           " bytes of host code at %p, %" PRIu32 " out of line at %p\n",
           l->ip, l->lin, l->pa, l->bits, l->cpl, l->n, l->host[0].bytes,
           (const void *)l->host[0].code, l->host[1].bytes,
           (const void *)l->host[1].code);
    for (unsigned k = 0; k < 2; k++)
        if (l->exit[k].exists)
            printf("  exit %u: to %" PRIx64 ", %s\n", k, l->exit[k].ip,
                   l->exit[k].linked ? "linked" : "not linked");
    for (unsigned p = 0; p < l->nr_parts; p++)
        print_part(d, l, p);
    for (unsigned k = 0; k < 2 && l->nr_parts == 0; k++)
        print_host(d, l->host[k].code, l->host[k].bytes);
    putchar('\n');
}

static int list(const struct command *cmd, struct run *r, uint64_t ip)
{
    struct jit_listing l;
    struct disasm *d;
    struct error err;
    unsigned n = 0;

    if (disasm_create(&d, &err) != ST_OK)
        return command_fail(cmd, &err);
    while (jit_list(r->v, ip, n, &l)) {
        print_unit(d, &l);
        n++;
    }
    disasm_destroy(d);
    if (n > 0)
        return EXIT_STATUS_OK;
    fprintf(stderr,
            "triptych explain: no unit holds the instruction at %" PRIx64
            " after %" PRIu64 " instructions: not executed, or not often "
            "enough\n",
            ip, r->v->icount);
    return EXIT_STATUS_FAILED;
}

/* ---- the run ---- */
static void no_output(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    (void)buf;
    (void)len;
}

static bool parse_address(const char *text, uint64_t *out)
{
    char *end;

    *out = strtoull(text, &end, 16);
    return *text != '\0' && *end == '\0';
}

static enum status make_request(const struct explain_options *o,
                                const char *guest, struct request_files *files,
                                struct run_request *rq, struct error *err)
{
    enum status st;

    if (strcmp(request_isa(&o->g), "x86") != 0)
        return err_set(err, ST_INVAL,
                       "--isa %s: what is listed is the translator's, which is "
                       "of x86 code",
                       request_isa(&o->g));
    st = request_make(&o->g, guest, files, rq, err);
    if (st != ST_OK)
        return st;
    st = engines_choose(o->engine, "jit", "x86", &rq->engine, &rq->processor,
                        err);
    if (st == ST_OK)
        st = request_check_engine(rq, rq->engine, rq->processor, err);
    rq->output = no_output;
    return st;
}

static int explain(const struct command *cmd, const struct explain_options *o,
                   const char *guest, uint64_t ip)
{
    struct request_files files = {0};
    struct run_request rq;
    struct run r;
    struct error err;
    int status;

    if (make_request(o, guest, &files, &rq, &err) != ST_OK ||
        run_init(&r, &rq, &err) != ST_OK) {
        status = command_fail(cmd, &err);
    } else {
        status = run_go(&r, &err) == ST_OK ? list(cmd, &r, ip)
                                           : command_fail(cmd, &err);
        run_fini(&r);
    }
    request_files_free(&files);
    return status;
}

static int run_command(const struct command *cmd, int argc, char **argv)
{
    struct explain_options o = {.g = GUEST_DEFAULTS, .engine = "native"};
    uint64_t ip;
    int nr_args, status;

    if (!command_parse(cmd, argc, argv, &o, 0, 1, &nr_args, &status))
        return status;
    if (o.block == NULL)
        return command_usage(cmd, "--block ADDR is needed");
    if (!parse_address(o.block, &ip))
        return command_usage(cmd, "--block %s: not a hexadecimal address",
                             o.block);
    return explain(cmd, &o, nr_args > 0 ? argv[0] : NULL, ip);
}

const struct command cmd_explain = {
    .name = "explain",
    .args = "--block ADDR [OPTION]... GUEST",
    .summary = "guest code and its translation side by side",
    .more = "Runs GUEST on the processor jit until it ends or --max-insns, "
            "then lists the units\nthat hold the instruction at ADDR: the "
            "guest's instructions, what the passes\ndecided, and the host "
            "code.\n\n"
            "  triptych explain --block 100015 nano-in\n",
    .opts = explain_opts,
    .run = run_command,
};
