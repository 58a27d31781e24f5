/* engine.c: the engine `pv`: life of a domain, the way out of the processor,
 * what other files ask of the vcpu. */
#include "pv/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/load/loader.h"
#include "common/mmu/mmu.h"
#include "pv/bounce.h"
#include "pv/build.h"
#include "pv/check.h"
#include "pv/exit.h"
#include "pv/frames.h"
#include "pv/snapshot.h"
#include "pv/vcpu.h"

static const char *const processors[] = {"jit", "interp", NULL};

/* The guest runs at CPL 3 (32-bit: its kernel at 1): what is privileged faults
 * by itself, and what is not executes, as under Xen. */
static const struct disposition_table dispositions = {{
    [SENS_SYSCALL] = DISP_EXIT,
    [SENS_SYSENTER] = DISP_EXIT,
    [SENS_INT_N] = DISP_EXIT,
    [SENS_CPUID] = DISP_EXIT,
    [SENS_EXCEPTION] = DISP_EXIT,
    [SENS_EXTINT] = DISP_EXIT,
    [SENS_NMI] = DISP_EXIT,
    [SENS_TASK_SWITCH] = DISP_EXIT,
}};

static enum status probe(struct error *err)
{
    (void)err;
    return ST_OK;
}

/* ---- the board belongs to the VMM: its interrupts do not reach the guest ----
 */
static void no_intr(void *opaque, bool level)
{
    (void)opaque;
    (void)level;
}

static void no_signal(void *opaque)
{
    (void)opaque;
}

static void no_sipi(void *opaque, uint8_t vector)
{
    (void)opaque;
    (void)vector;
}

static void attention(void *opaque)
{
    struct x86_cpu *c = opaque;

    c->machine_attention = true;
    x86_attention(c);
}

static const struct machine_cpu_ops cpu_ops = {
    .intr = no_intr,
    .nmi = no_signal,
    .init = no_signal,
    .sipi = no_sipi,
    .attention = attention,
};

/* ---- life ---- */
static void detach(struct vcpu *v)
{
    struct pv_domain *d = pv_domain(v);

    if (d == NULL)
        return;
    pv_net_destroy(d);
    pv_blk_destroy(d);
    pv_store_destroy(d);
    pv_console_destroy(d);
    pv_grants_destroy(d);
    pv_time_destroy(d);
    pv_evtchn_destroy(d);
    pv_ptwr_destroy(d);
    pv_frames_destroy(d);
    free(d->memmap);
    free(d);
    v->vmm = NULL;
}

/* --check-frames: every so many exits. */
static enum status check_option(struct pv_domain *d, struct error *err)
{
    const struct engine_options *o = d->v->options;
    char *end;

    if (o == NULL || o->check_frames == NULL)
        return ST_OK;
    d->check_every = strtoull(o->check_frames, &end, 10);
    if (*end != '\0' || end == o->check_frames || d->check_every == 0)
        return err_set(err, ST_INVAL,
                       "--check-frames %s: must be a number from 1 on",
                       o->check_frames);
    d->check_left = d->check_every;
    return ST_OK;
}

static enum status attach(struct vcpu *v, struct error *err)
{
    struct pv_domain *d = calloc(1, sizeof(*d));
    enum status st;

    if (d == NULL)
        return err_set(err, ST_NOMEM, "domain");
    d->v = v;
    d->c = x86_cpu(v);
    d->m = v->m;
    v->vmm = d;
    v->m->cpu = &cpu_ops; /* with the vcpu as opaque, as it was */
    st = check_option(d, err);
    return st == ST_OK ? pv_frames_create(d, err) : st;
}

static enum status load(struct vcpu *v, const struct load_request *rq,
                        struct error *err)
{
    return pv_build(pv_domain(v), rq, err);
}

/* ---- exits ---- */
static enum status handle_exit(struct vcpu *v, struct vcpu_exit *exit,
                               struct error *err)
{
    struct pv_domain *d = pv_domain(v);

    (void)err;
    pv_exit(d, exit);
    pv_deliver_events(d);
    pv_check_due(d);
    return ST_OK;
}

/* ---- what others ask of the vcpu ---- */
void pv_kick(struct pv_domain *d)
{
    if (pv_upcall_mask(d))
        return;
    d->c->s.intr_line = 1;
    x86_attention(d->c);
}

void pv_block(struct pv_domain *d)
{
    pv_set_upcall_mask(d, false);
    if (!pv_upcall_pending(d))
        d->c->s.activity = X86_HALTED;
}

void pv_poll(struct pv_domain *d)
{
    d->c->s.activity = X86_HALTED;
}

void pv_wake(struct pv_domain *d)
{
    if (d->c->s.activity == X86_HALTED)
        d->c->s.activity = X86_ACTIVE;
    x86_attention(d->c);
}

void pv_send_nmi(struct pv_domain *d)
{
    d->nmi_pending = true;
    d->c->s.intr_line = 1;
    x86_attention(d->c);
}

void pv_crash(struct pv_domain *d, const char *fmt, ...)
{
    va_list ap;

    if (pv_crashed(d))
        return;
    va_start(ap, fmt);
    vsnprintf(d->crash_reason, sizeof(d->crash_reason), fmt, ap);
    va_end(ap);
    d->v->crash = d->crash_reason;
    x86_attention(d->c);
}

bool pv_crashed(const struct pv_domain *d)
{
    return d->v->crash != NULL;
}

const struct engine_ops pv_engine_ops = {
    .name = "pv",
    .isa = "x86",
    .text = "paravirtualization by Xen's ABI",
    .console = "hvc0",
    .own_stream = true,
    .processors = processors,
    .dispositions = &dispositions,
    .probe = probe,
    .handle_exit = handle_exit,
    .attach = attach,
    .detach = detach,
    .load = load,
    .snapshot = pv_snapshot,
};
