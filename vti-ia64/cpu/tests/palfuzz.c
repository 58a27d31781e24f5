/* palfuzz.c: hostile use of PAL's virtualization support. */
#include "vti-ia64/cpu/tests/palfuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/cpu/tests/randcode.h"

#define RAM   (64u << 10)
#define VPDS  6u /* more than there can be virtual processors */
#define INSNS 20u

struct fuzz {
    struct rng r;
    struct randcode k;
    struct ia64_vpd *vpd[VPDS];
};

/* ---- arguments ---- */
static struct ia64_vpd *a_vpd(struct fuzz *f)
{
    const struct ia64_vp *now = f->k.c->vti.now;
    struct ia64_vpd *d = f->vpd[rng_below(&f->r, VPDS)];

    if (now != NULL && rng_below(&f->r, 2))
        return now->vpd;
    switch (rng_below(&f->r, 16)) {
    case 0:
        return NULL;
    case 1: /* no alignment that a VPD has */
        return (struct ia64_vpd *)(void *)((char *)d + 8);
    default:
        return d;
    }
}

static uint64_t an_address(struct fuzz *f)
{
    uint64_t v = rng_below(&f->r, RAM);

    return rng_below(&f->r, 4) == 0 ? rng_next(&f->r) >> rng_below(&f->r, 64)
                                    : v & ~0x7fffull;
}

static uint64_t mostly(struct fuzz *f, uint64_t v)
{
    return rng_below(&f->r, 4) == 0 ? rng_next(&f->r) >> rng_below(&f->r, 64)
                                    : v;
}

/* All that a VMM may write. */
static void fill_vpd(struct fuzz *f, struct ia64_vpd *d)
{
    d->vac = mostly(f, rng_below(&f->r, IA64_VAC_ALL + 1));
    d->vdc = mostly(f, rng_below(&f->r, IA64_VDC_ALL + 1));
    d->vhpi = mostly(f, rng_below(&f->r, 33));
    d->vpsr = rng_next(&f->r);
    d->vnat = rng_next(&f->r);
    d->vbnat = rng_next(&f->r);
    for (unsigned k = 0; k < ARRAY_LEN(d->vcr); k++)
        d->vcr[k] = rng_next(&f->r) >> rng_below(&f->r, 64);
    for (unsigned k = 0; k < ARRAY_LEN(d->vgr); k++)
        d->vgr[k] = an_address(f);
}

/* What a VMM has in the registers when it resumes. */
static void registers(struct fuzz *f)
{
    struct ia64_state *s = &f->k.c->s;

    s->ipsr = mostly(f, PSR_VM | PSR_BN | PSR_IC) & PSR_DEFINED;
    s->iip = rng_below(&f->r, RAM);
    s->iipa = rng_next(&f->r);
    s->ifs = rng_below(&f->r, 2) ? IFS_V | rng_below(&f->r, 97) : 0;
    if (rng_below(&f->r, 4) != 0)
        s->psr &= ~(PSR_IC | PSR_VM);
    ia64_update(f->k.c);
}

/* ---- calls. True: it was done ---- */
static bool procedure(struct fuzz *f, unsigned nr)
{
    struct ia64_cpu *c = f->k.c;
    struct ia64_vpd *d = a_vpd(f);
    uint64_t a = an_address(f), b = mostly(f, 0), out;
    uint64_t config =
        mostly(f, IA64_ENV_INITIALIZE | IA64_ENV_OPCODE | IA64_ENV_CAUSE);

    switch (nr) {
    case 0:
        return ia64_pal_vp_init_env(c, config, a, an_address(f), &out) ==
               PAL_OK;
    case 1:
        return ia64_pal_vp_exit_env(c, a) == PAL_OK;
    case 2:
        return ia64_pal_vp_create(c, d, a, b) == PAL_OK;
    case 3:
        return ia64_pal_vp_register(c, d, a, b) == PAL_OK;
    case 4:
        return ia64_pal_vp_restore(c, d, b) == PAL_OK;
    case 5:
        return ia64_pal_vp_save(c, d, b) == PAL_OK;
    default:
        return ia64_pal_vp_terminate(c, d, a) == PAL_OK;
    }
}

static bool service(struct fuzz *f, unsigned nr)
{
    struct ia64_cpu *c = f->k.c;
    struct ia64_vpd *d = a_vpd(f);
    bool skip = rng_below(&f->r, 2);

    switch (nr) {
    case 0:
    case 1:
        return ia64_vps_resume_normal(c, d);
    case 2:
    case 3:
        return ia64_vps_resume_handler(
            c, d,
            mostly(f, (c->vti.now != NULL ? c->vti.now->vpd->vac : 0) |
                          (skip ? IA64_RESUME_CFLE : 0)));
    case 4:
        return ia64_vps_sync_read(c, d);
    case 5:
        return ia64_vps_sync_write(c, d);
    case 6:
        return ia64_vps_set_pending_interrupt(c, d);
    case 7:
        return ia64_vps_restore(c, d, skip);
    case 8:
        return ia64_vps_save(c, d, skip);
    default:
        (void)ia64_vps_thash(c, rng_next(&f->r), rng_next(&f->r),
                             rng_next(&f->r));
        (void)ia64_vps_ttag(c, rng_next(&f->r), rng_next(&f->r));
        return true;
    }
}

/* What is refused changes nothing. */
static bool unchanged(const struct ia64_vti *a, const struct ia64_vti *b)
{
    return a->environment == b->environment && a->config == b->config &&
           memcmp(a->vp, b->vp, sizeof(a->vp)) == 0 && a->now == b->now &&
           a->vac == b->vac && a->vdc == b->vdc && a->vhpi == b->vhpi;
}

static void call(struct fuzz *f, struct palfuzz_result *out)
{
    struct ia64_cpu *c = f->k.c;
    const struct ia64_vti before = c->vti;
    uint64_t iva = c->s.iva, psr = c->s.psr, ip = c->s.ip;
    bool done = rng_below(&f->r, 2) ? procedure(f, rng_below(&f->r, 7))
                                    : service(f, rng_below(&f->r, 10));

    out->calls++;
    out->accepted += done;
    if (done)
        return;
    if (!unchanged(&before, &c->vti))
        out->broken = "what is refused leaves the environment as it was";
    if (c->s.iva != iva || c->s.psr != psr || c->s.ip != ip)
        out->broken = "what is refused leaves the registers as they were";
}

static void run(struct fuzz *f, struct palfuzz_result *out)
{
    struct ia64_cpu *c = f->k.c;
    struct vcpu_exit exit;
    struct error err;
    uint64_t from = c->v.icount;
    bool vm = (c->s.psr & PSR_VM) != 0;

    c->v.disp.at[IA64_SENS_INTERRUPTION] = DISP_EXIT;
    ia64_model_processor_ops.state_changed(&c->v);
    if (c->v.processor->run(&c->v, INSNS, &exit, &err) != ST_OK)
        out->broken = "the processor runs on";
    out->insns += vm ? c->v.icount - from : 0;
}

void palfuzz_run(uint64_t seed, unsigned calls, struct palfuzz_result *out)
{
    struct fuzz f = {.r = {seed}};

    randcode_init(&f.k, seed, RAM);
    for (unsigned k = 0; k < VPDS; k++) {
        f.vpd[k] = aligned_alloc(IA64_VPD_ALIGN, sizeof(*f.vpd[k]));
        if (f.vpd[k] == NULL)
            abort();
        memset(f.vpd[k], 0, sizeof(*f.vpd[k]));
    }
    for (unsigned k = 0; k < calls && out->broken == NULL; k++) {
        if (rng_below(&f.r, 4) == 0)
            fill_vpd(&f, f.vpd[rng_below(&f.r, VPDS)]);
        registers(&f);
        call(&f, out);
        if ((f.k.c->s.psr & PSR_VM) || rng_below(&f.r, 4) == 0)
            run(&f, out);
    }
    randcode_fini(&f.k);
    for (unsigned k = 0; k < VPDS; k++)
        free(f.vpd[k]);
}
