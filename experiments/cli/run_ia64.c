/* run_ia64.c: an IA-64 guest: a system image on Ski's platform. */
#include "experiments/cli/run.h"

#include "vti-ia64/engine.h"

enum status run_ia64_make(struct run *r, const struct machine_config *config,
                          struct error *err)
{
    const struct run_request *rq = r->rq;
    struct processor_config pc = {0};
    struct ski_config ski = {
        .engine = rq->engine,
        .options = &rq->options,
        .file = rq->load.kernel,
        .args = r->args,
        .mode = SKI_SYSTEM,
        .mem_bytes = config->ram_bytes,
        .initramfs = rq->load.initrd,
        .clock = config->clock,
        .ips = config->ips,
        .console = config->console,
        .console_opaque = config->console_opaque,
        .marker = config->marker,
        .marker_opaque = config->marker_opaque,
        .open = ski_open_named,
        .open_opaque = &r->files,
    };
    enum status st;

    r->args[0] = rq->load.kernel;
    r->args[1] = rq->load.cmdline;
    r->files.args = &r->args[1];
    st = run_trace(r, &pc, err);
    if (st != ST_OK)
        return st;
    ski.trace_from = pc.trace_from;
    ski.trace = pc.trace;
    ski.trace_opaque = pc.trace_opaque;
    st = ski_create(&ski, &r->ski, err);
    if (st != ST_OK)
        return st;
    r->m = ski_machine(r->ski);
    r->v = ski_vcpu(r->ski);
    return ST_OK;
}
