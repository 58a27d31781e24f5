/* run_report.c: how a run ended, for people, for scripts and as exit status. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "experiments/cli/command.h"
#include "experiments/cli/json.h"
#include "experiments/cli/run.h"
#include "experiments/lib/sample.h"

bool run_has_cpuid(const struct run_request *rq)
{
    return strcmp(rq->engine->isa, "x86") == 0;
}

/* What the ISA calls the program counter. */
static const char *pc_name(const struct run *r)
{
    return r->ski != NULL ? "ip" : "rip";
}

/* The guest's program counter: linear only if the segment's base is 0. */
static uint64_t pc(const struct run *r)
{
    const struct regset *rs = r->v->regs;
    uint64_t v = 0;
    unsigned i;

    for (i = 0; i < rs->nr; i++)
        if (strcmp(rs->reg[i].name, pc_name(r)) == 0)
            memcpy(&v, (const char *)r->v->state + rs->reg[i].offset,
                   rs->reg[i].size <= 8 ? rs->reg[i].size : 8);
    return v;
}

static void where(const struct run *r, char *buf, size_t size)
{
    uint64_t offset;
    const char *name = symtab_lookup(&r->symbols, pc(r), &offset);

    if (name != NULL)
        snprintf(buf, size, "%s=0x%" PRIx64 " <%s+0x%" PRIx64 ">", pc_name(r),
                 pc(r), name, offset);
    else
        snprintf(buf, size, "%s=0x%" PRIx64, pc_name(r), pc(r));
}

static void machine_reason(const struct run *r, char *buf, size_t size)
{
    switch (r->m->end) {
    case MACHINE_POWEROFF:
        snprintf(buf, size, "power-off");
        return;
    case MACHINE_RESET:
        snprintf(buf, size, "the guest reset the machine");
        return;
    case MACHINE_GUEST_EXIT:
        snprintf(buf, size, "guest exit %" PRIu32, r->m->end_code);
        return;
    case MACHINE_RUNNING:
        break;
    }
    snprintf(buf, size, "stopped");
}

void run_reason(const struct run *r, char *buf, size_t size)
{
    char at[160];

    where(r, at, sizeof(at));
    if (r->signal != 0)
        snprintf(buf, size, "stopped by SIG%s at %s", sigabbrev_np(r->signal),
                 at);
    else if (r->left)
        snprintf(buf, size, "left at %s", at);
    else if (r->output_errno != 0)
        snprintf(buf, size, "standard output: %s", strerror(r->output_errno));
    else if (r->dump_errno != 0)
        snprintf(buf, size, "network dump: %s", strerror(r->dump_errno));
    else if (r->end == RUN_MACHINE)
        machine_reason(r, buf, size);
    else if (r->end == RUN_SHUTDOWN)
        snprintf(buf, size, "triple fault at %s", at);
    else if (r->end == RUN_DEADLOCK)
        snprintf(buf, size, "halted at %s and nothing can wake it", at);
    else if (r->end == RUN_STALLED)
        snprintf(buf, size,
                 "stalled at %s: events without end, and no "
                 "instruction retires",
                 at);
    else if (r->end == RUN_CRASHED)
        snprintf(buf, size, "the guest crashed at %s: %s", at, r->v->crash);
    else if (r->end == RUN_BUDGET)
        snprintf(buf, size, "instruction budget used up at %s", at);
    else
        snprintf(buf, size, "stopped at %s", at);
}

static int machine_status(const struct run *r, bool qemu)
{
    switch (r->m->end) {
    case MACHINE_POWEROFF:
        return EXIT_STATUS_OK;
    case MACHINE_GUEST_EXIT:
        if (qemu)
            return (int)((r->m->end_code << 1 | 1) & 0xff);
        return r->m->end_code == 0 ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
    case MACHINE_RESET: /* what QEMU's -no-reboot makes of it; we cannot
                         * restart the guest, and say so */
        return qemu ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
    case MACHINE_RUNNING:
        break;
    }
    return EXIT_STATUS_FAILED;
}

int run_exit_status(const struct run *r, bool qemu)
{
    if (r->signal != 0)
        return EXIT_STATUS_SIGNAL + r->signal;
    if (r->left)
        return EXIT_STATUS_OK;
    if (r->output_errno == EPIPE)
        return EXIT_STATUS_SIGNAL + SIGPIPE;
    if (r->output_errno != 0 || r->dump_errno != 0)
        return EXIT_STATUS_FAILED;
    if (r->end == RUN_MACHINE)
        return machine_status(r, qemu);
    return r->end == RUN_BUDGET ? EXIT_STATUS_BUDGET : EXIT_STATUS_FAILED;
}

static double mips(const struct run *r)
{
    return r->host_ns > 0 ? (double)r->v->icount * 1e3 / (double)r->host_ns : 0;
}

void run_print_end(const struct run *r, FILE *out)
{
    char reason[240];

    run_reason(r, reason, sizeof(reason));
    fprintf(out,
            "triptych: %s after %" PRIu64 " instructions, %.2f s, %.1f MIPS\n",
            reason, r->v->icount, (double)r->host_ns / 1e9, mips(r));
}

static void json_hex(struct json *j, const char *key, uint64_t v)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%" PRIx64, v);
    json_string(j, key, text);
}

static void markers(const struct run *r, struct json *j)
{
    const struct run_marker *m;
    unsigned i;

    json_array(j, "markers");
    for (i = 0; i < r->nr_markers; i++) {
        m = &r->marker[i];
        json_object(j, NULL);
        /* A line of the console has no code, few codes have a name. */
        if (m->code != 0 || m->name[0] == '\0')
            json_u64(j, "code", m->code);
        if (m->name[0] != '\0')
            json_string(j, "name", m->name);
        if (m->code != 0 || m->name[0] == '\0')
            json_u64(j, "iterations", m->iterations);
        json_u64(j, "retired_insns", m->insns);
        json_u64(j, "guest_ns", m->guest_ns);
        json_u64(j, "host_ns", m->host_ns);
        json_object_end(j);
    }
    json_array_end(j);
    if (r->lost_markers > 0)
        json_u64(j, "lost_markers", r->lost_markers);
}

static void ledger(const struct run *r, struct json *j)
{
    const struct ledger *l = engine_ledger(r->v);
    const struct ledger_row *row;
    char name[40];
    uint32_t i;

    json_array(j, "ledger");
    for (i = 0; i < l->nr; i++) {
        row = &l->row[i];
        json_object(j, NULL);
        json_string(j, "kind", ledger_kind_name(row->kind));
        sample_reason_name(row, name, sizeof(name));
        json_string(j, "name", name);
        json_u64(j, "reason", row->reason);
        json_u64(j, "sub", row->sub);
        json_u64(j, "count", row->count);
        json_object_end(j);
    }
    json_array_end(j);
    json_u64(j, "ledger_lost", l->lost);
}

static void request(const struct run *r, struct json *j)
{
    const struct run_request *rq = r->rq;
    char options[ENGINE_OPTIONS_TEXT];

    json_string(j, "guest", rq->guest);
    json_string(j, "engine", rq->engine->name);
    json_string(j, "isa", rq->engine->isa);
    json_string(j, "processor", rq->processor->name);
    if (rq->engine->options != NULL &&
        rq->engine->options(&rq->options, rq->processor, options, NULL) ==
            ST_OK)
        json_string(j, "engine_options", options);
    if (run_has_cpuid(rq)) {
        json_string(j, "cpu", cpuid_model_name(rq->cpu));
        json_string(j, "protocol", load_protocol_name(r->entry.protocol));
    }
    json_u64(j, "mem_bytes", rq->mem_bytes);
    json_string(j, "clock", rq->clock == CLOCK_HOST ? "host" : "virtual");
    json_u64(j, "ips", rq->ips);
    json_string(j, "net", rq->network != NULL ? rq->network : "none");
}

void run_print_json(const struct run *r, int exit_status, FILE *out)
{
    char reason[240];
    struct json j;

    run_reason(r, reason, sizeof(reason));
    json_init(&j, out);
    json_object(&j, NULL);
    json_string(&j, "triptych", TRIPTYCH_VERSION);
    request(r, &j);
    json_string(&j, "end", reason);
    json_u64(&j, "exit_status", (uint64_t)exit_status);
    json_hex(&j, pc_name(r), pc(r));
    json_u64(&j, "retired_insns", r->v->icount);
    json_u64(&j, "guest_ns", clock_now(&r->m->clock));
    json_u64(&j, "host_ns", r->host_ns);
    json_bool(&j, "repeatable",
              r->rq->clock == CLOCK_VIRTUAL && !r->m->nondeterministic &&
                  r->rq->processor->exact_budget && r->end != RUN_KICKED);
    if (r->rq->hash) {
        json_hex(&j, "register_hash", r->state_hash[0]);
        json_hex(&j, "machine_hash", r->state_hash[1]);
    }
    markers(r, &j);
    ledger(r, &j);
    json_object_end(&j);
}
