/* run.c: one run of one guest. */
#include "experiments/cli/run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/bits.h"
#include "common/dev/netdev.h"
#include "common/dev/virtio_net.h"
#include "common/machine/snap.h"
#include "common/x86/start.h"
#include "experiments/cli/guests.h"
#include "experiments/cli/stop.h"
#include "vti-ia64/engine.h"

static uint64_t host_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * CLOCK_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* End an interval; the time that this takes is in none. */
static void cut(struct run *r, const char *name, uint32_t code,
                uint32_t iterations)
{
    uint64_t now = host_ns();
    char text[16];

    if (r->rq->cuts == NULL)
        return;
    snprintf(text, sizeof(text), "0x%x", code);
    cuts_mark(r->rq->cuts, name != NULL ? name : text, iterations,
              engine_ledger(r->v), clock_icount(&r->m->clock),
              clock_now(&r->m->clock), now - r->cut_start);
    r->cut_start = host_ns();
}

static void on_marker(void *opaque, uint32_t code, uint32_t iterations,
                      const char *name)
{
    struct run *r = opaque;
    struct run_marker *m;

    if (name == NULL && r->rq->marker_name != NULL)
        name = r->rq->marker_name(code);
    cut(r, name, code, iterations);
    if (r->nr_markers == RUN_MAX_MARKERS) {
        r->lost_markers++;
        return;
    }
    m = &r->marker[r->nr_markers++];
    snprintf(m->name, sizeof(m->name), "%s", name != NULL ? name : "");
    m->code = code;
    m->iterations = iterations;
    m->insns = clock_icount(&r->m->clock);
    m->guest_ns = clock_now(&r->m->clock);
    m->host_ns = host_ns() - r->host_start;
}

static struct machine_config machine_config_of(struct run *r)
{
    const struct run_request *rq = r->rq;

    return (struct machine_config){
        .ram_bytes = rq->mem_bytes,
        .clock = rq->clock,
        .ips = rq->ips,
        .disk_path = rq->disk,
        .disk_readonly = rq->disk_readonly,
        .network = rq->network,
        .console = rq->output != NULL ? rq->output : console_write,
        .console_opaque = rq->output != NULL ? rq->output_opaque : r->console,
        .marker = on_marker,
        .marker_opaque = r,
    };
}

static const char *kernel_of(const struct run_request *rq)
{
    return rq->ported != NULL && rq->engine->load != NULL ? rq->ported
                                                          : rq->load.kernel;
}

enum status run_trace(struct run *r, struct processor_config *config,
                      struct error *err)
{
    enum status st = ST_OK;

    config->trace_from = UINT64_MAX;
    /* Names are a convenience unless they were asked for. */
    if (r->rq->symbols != NULL)
        st = symtab_load(r->rq->symbols, &r->symbols, err);
    else if (kernel_of(r->rq) != NULL &&
             symtab_load(kernel_of(r->rq), &r->symbols, NULL) != ST_OK)
        memset(&r->symbols, 0, sizeof(r->symbols));
    if (st == ST_OK && r->rq->trace != NULL)
        st = trace_create(r->rq->trace, r->rq->engine->isa, &r->symbols, config,
                          &r->trace, err);
    return st;
}

static enum status make_vcpu(struct run *r, struct error *err)
{
    struct processor_config config = {.cpu = r->rq->cpu};
    enum status st = run_trace(r, &config, err);

    if (st == ST_OK)
        st = r->rq->processor->create(r->m, r->rq->engine, &config, &r->v, err);
    if (st == ST_OK)
        r->v->options = &r->rq->options;
    if (st == ST_OK && r->rq->engine->attach != NULL)
        st = r->rq->engine->attach(r->v, err);
    return st;
}

/* The catalogue's command lines name the serial line; an engine whose guests
 * have another console puts that in its place. NULL: nothing to do. */
static char *own_console(const struct run_request *rq)
{
    static const char serial[] = "console=ttyS0";
    const char *line = rq->load.cmdline, *name = rq->engine->console, *at;
    char *text = NULL;

    if (name == NULL || line == NULL || guests_find(rq->guest) == NULL)
        return NULL;
    at = strstr(line, serial);
    if (at != NULL && asprintf(&text, "%.*sconsole=%s%s", (int)(at - line),
                               line, name, at + strlen(serial)) < 0)
        text = NULL;
    return text;
}

/* By the engine's own rules. */
static enum status load_own(struct run *r, struct error *err)
{
    struct load_request load = r->rq->load;
    char *cmdline = own_console(r->rq);
    enum status st;

    load.kernel = kernel_of(r->rq);
    if (cmdline != NULL)
        load.cmdline = cmdline;
    st = r->rq->engine->load(r->v, &load, err);
    free(cmdline);
    return st;
}

static enum status load(struct run *r, struct error *err)
{
    enum status st;

    if (r->rq->engine->load != NULL)
        return load_own(r, err);
    st = load_guest(r->m, &r->rq->load, &r->entry, err);
    if (st != ST_OK)
        return st;
    x86_start(r->v, &r->entry);
    return ST_OK;
}

static enum status make_x86(struct run *r, const struct machine_config *config,
                            struct error *err)
{
    enum status st = machine_create(config, &r->m, err);

    if (st == ST_OK)
        st = make_vcpu(r, err);
    return st == ST_OK ? load(r, err) : st;
}

enum status run_init(struct run *r, const struct run_request *rq,
                     struct error *err)
{
    struct machine_config config;
    enum status st;

    memset(r, 0, sizeof(*r));
    r->rq = rq;
    r->marker = calloc(RUN_MAX_MARKERS, sizeof(*r->marker));
    st = r->marker != NULL ? ST_OK : err_set(err, ST_NOMEM, "markers");
    if (st == ST_OK)
        st = console_create(
            rq->input == NULL && rq->output != NULL ? "/dev/null" : rq->input,
            &r->console, err);
    if (st == ST_OK) {
        config = machine_config_of(r);
        st = strcmp(rq->engine->isa, "ia64") == 0
                 ? run_ia64_make(r, &config, err)
                 : make_x86(r, &config, err);
    }
    if (st != ST_OK)
        run_fini(r);
    return st;
}

static void kick(void *opaque)
{
    struct vcpu *v = opaque;

    v->processor->kick(v);
}

/* Of what the guest has, whatever the engine keeps in its place. */
static enum status hash_state(struct run *r, struct error *err)
{
    const struct regset *rs = r->v->regs;
    void *view = aligned_alloc(64, align_up(rs->blob_size, 64));
    struct snap s;

    if (view == NULL)
        return err_set(err, ST_NOMEM, "registers");
    engine_view(r->v, view);
    r->state_hash[0] = regset_hash(rs, view);
    free(view);
    snap_init_hash(&s, &r->m->clock);
    machine_snapshot(r->m, &s, true);
    r->state_hash[1] = snap_hash(&s);
    snap_fini(&s);
    return ST_OK;
}

enum status run_go(struct run *r, struct error *err)
{
    enum status st;

    stop_arm(r->v);
    r->host_start = host_ns();
    r->cut_start = r->host_start;
    console_start(r->console, r->m, kick, r->v);
    st = engine_run(r->v, r->rq->max_insns, console_poll, r->console, &r->end,
                    err);
    r->host_ns = host_ns() - r->host_start;
    cut(r, CUTS_REST, 0, 0);
    stop_disarm();
    r->signal = stop_signal();
    r->left = console_left(r->console);
    if (st == ST_OK && r->rq->hash)
        st = hash_state(r, err);
    console_close(r->console);
    r->output_errno = console_output_errno(r->console);
    if (r->m->net != NULL)
        r->dump_errno = netdev_dump_errno(virtio_net_backend(r->m->net));
    return st;
}

void run_fini(struct run *r)
{
    if (r->ski != NULL) {
        ski_destroy(r->ski);
    } else {
        if (r->v != NULL && r->rq->engine->detach != NULL)
            r->rq->engine->detach(r->v);
        if (r->v != NULL)
            r->rq->processor->destroy(r->v);
        machine_destroy(r->m);
    }
    console_destroy(r->console);
    trace_destroy(r->trace);
    symtab_fini(&r->symbols);
    free(r->marker);
    memset(r, 0, sizeof(*r));
}
