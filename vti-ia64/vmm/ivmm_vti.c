/* ivmm_vti.c: into the guest and out of it by VT-i: PAL's procedures and
 * services, the VPD. */
#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/vmm/ivmm.h"

static const struct {
    uint8_t nr;
    uint16_t offset; /* in struct ia64_state, in words */
} crs[] = {
#define CRFIELD(nr, field) {nr, offsetof(struct ia64_state, field) / 8},
#include "vti-ia64/cpu/crfields.def"
#undef CRFIELD
};

/* ---- life ---- */
static bool start(struct ivmm *m)
{
    struct ia64_cpu *c = m->c;
    uint64_t buffer, info, vsa;

    m->vpd = aligned_alloc(IA64_VPD_ALIGN, sizeof(*m->vpd));
    if (m->vpd == NULL)
        return false;
    memset(m->vpd, 0, sizeof(*m->vpd));
    m->vpd->vac = m->vac;
    m->vpd->vdc = IA64_VDC_D_VMSW;
    m->vpd->virt_env_vaddr = IVMM_PAL_BASE;
    for (unsigned k = 0; k < IA64_VCPUIDS; k++)
        m->vpd->vcpuid[k] = ia64_cpuid(k);
    return ia64_pal_vp_env_info(c, &buffer, &info) == PAL_OK &&
           ia64_pal_vp_init_env(
               c, IA64_ENV_INITIALIZE | IA64_ENV_OPCODE | IA64_ENV_CAUSE, 0,
               IVMM_PAL_BASE, &vsa) == PAL_OK &&
           ia64_pal_vp_create(c, m->vpd, IVMM_HOST_IVA, 0) == PAL_OK &&
           ia64_pal_vp_restore(c, m->vpd, 0) == PAL_OK;
}

static void stop(struct ivmm *m)
{
    if (m->vpd != NULL) {
        ia64_pal_vp_terminate(m->c, m->vpd, 0);
        ia64_pal_vp_exit_env(m->c, 0);
    }
    free(m->vpd);
}

/* ---- out of the guest ---- */
static void leave(struct ivmm *m)
{
    ia64_vps_sync_read(m->c, m->vpd);
}

static void state(const struct ivmm *m, uint64_t psr, struct ia64_state *out)
{
    const struct ia64_vpd *d = m->vpd;
    bool bn = (d->vpsr & PSR_BN) != 0;

    out->psr = (d->vpsr & IA64_VTI_PSR) | (psr & ~(IA64_VTI_PSR | PSR_VM));
    for (unsigned k = 0; k < ARRAY_LEN(crs); k++)
        ((uint64_t *)out)[crs[k].offset] = d->vcr[crs[k].nr];
    for (unsigned k = 0; k < 16; k++)
        out->bank[k] = (struct ia64_gr){bn ? d->vbgr[k] : d->vgr[k],
                                        (bn ? d->vbnat : d->vnat) >> k & 1};
}

/* ---- into it ---- */
/* vhpi: as [ISDM2 "Virtual Processor Descriptor"] codes it. */
static uint64_t vhpi(const struct ia64_state *g)
{
    int v = ia64_sapic_highest(g);

    return v < 0 ? 0 : v == 2 ? 32 : v == 0 ? 16 : (uint64_t)v >> 4;
}

static void write_vpd(struct ivmm *m)
{
    const struct ia64_state *g = &m->g;
    struct ia64_vpd *d = m->vpd;
    uint64_t *bank = g->psr & PSR_BN ? d->vbgr : d->vgr, nat = 0;

    d->vpsr = g->psr;
    for (unsigned k = 0; k < ARRAY_LEN(crs); k++)
        d->vcr[crs[k].nr] = ((const uint64_t *)g)[crs[k].offset];
    for (unsigned k = 0; k < 16; k++) {
        bank[k] = g->bank[k].v;
        nat |= g->bank[k].nat << k;
    }
    *(g->psr & PSR_BN ? &d->vbnat : &d->vnat) = nat;
    d->vhpi = vhpi(g);
}

static uint64_t psr(const struct ivmm *m)
{
    return m->g.psr | PSR_VM;
}

static bool resume(struct ivmm *m, bool cfle)
{
    struct ia64_cpu *c = m->c;

    write_vpd(m);
    if (!ia64_vps_sync_write(c, m->vpd) ||
        !ia64_vps_set_pending_interrupt(c, m->vpd))
        return false;
    if ((m->g.psr & PSR_IC) && !cfle)
        return ia64_vps_resume_normal(c, m->vpd);
    return ia64_vps_resume_handler(c, m->vpd,
                                   m->vpd->vac | (cfle ? IA64_RESUME_CFLE : 0));
}

const struct ivmm_way ivmm_vti = {
    .name = "hvm",
    .own_half = true,
    .start = start,
    .stop = stop,
    .leave = leave,
    .state = state,
    .psr = psr,
    .resume = resume,
};
