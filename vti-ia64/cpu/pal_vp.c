/* pal_vp.c: PAL's procedures for virtual processors. [ISDM2 "PAL Virtualization
 * Support"] */
#include "vti-ia64/cpu/cpu.h"

#include "common/base/bits.h"

enum {
#define VPS(name, number, text) VPS_##name,
#include "vti-ia64/cpu/vps.def"
#undef VPS
};

const char *ia64_vps_name(unsigned reason)
{
    static const char *const name[] = {
#define VPS(name, number, text) text,
#include "vti-ia64/cpu/vps.def"
#undef VPS
    };

    return reason < ARRAY_LEN(name) ? name[reason] : NULL;
}

static void count(struct ia64_cpu *c, unsigned reason)
{
    ia64_count(c, LEDGER_VPS, reason, 0);
}

/* ---- environment ---- */
#define BUFFER_BYTES 4096u

enum ia64_pal_status
ia64_pal_vp_env_info(struct ia64_cpu *c, uint64_t *buffer_bytes, uint64_t *info)
{
    count(c, VPS_VP_ENV_INFO);
    *buffer_bytes = BUFFER_BYTES;
    *info = IA64_ENV_OPCODE;
    return PAL_OK;
}

enum ia64_pal_status ia64_pal_vp_init_env(struct ia64_cpu *c, uint64_t config,
                                          uint64_t pbase, uint64_t vbase,
                                          uint64_t *vsa_base)
{
    const uint64_t known = IA64_ENV_INITIALIZE | IA64_ENV_FR_PMC |
                           IA64_ENV_OPCODE | IA64_ENV_CAUSE | IA64_ENV_IMPL;

    count(c, VPS_VP_INIT_ENV);
    if ((config & ~known) != 0 || !(config & IA64_ENV_OPCODE) ||
        !(config & IA64_ENV_INITIALIZE) ||
        ((pbase | vbase) & (BUFFER_BYTES - 1)) != 0)
        return PAL_INVALID;
    c->vti.environment = true;
    c->vti.config = config;
    *vsa_base = vbase;
    return PAL_OK;
}

static void set_iva(struct ia64_cpu *c, uint64_t iva)
{
    if (iva != 0)
        c->s.iva = iva & ~0x7fffull;
}

enum ia64_pal_status ia64_pal_vp_exit_env(struct ia64_cpu *c, uint64_t iva)
{
    count(c, VPS_VP_EXIT_ENV);
    if (!c->vti.environment)
        return PAL_NO_ENVIRONMENT;
    for (unsigned k = 0; k < IA64_VIRTUAL_PROCESSORS; k++)
        if (c->vti.vp[k].vpd != NULL)
            return PAL_ERROR;
    c->vti = (struct ia64_vti){0};
    set_iva(c, iva);
    return PAL_OK;
}

/* ---- virtual processors ---- */
static struct ia64_vp *find(struct ia64_cpu *c, const struct ia64_vpd *vpd)
{
    for (unsigned k = 0; k < IA64_VIRTUAL_PROCESSORS; k++)
        if (c->vti.vp[k].vpd == vpd)
            return &c->vti.vp[k];
    return NULL;
}

static bool valid(const struct ia64_vpd *vpd, uint64_t host_iva)
{
    return vpd != NULL && (uintptr_t)vpd % IA64_VPD_ALIGN == 0 &&
           (host_iva & 0x7fff) == 0 &&
           (vpd->vac & ~(uint64_t)IA64_VAC_ALL) == 0 &&
           (vpd->vdc & ~(uint64_t)IA64_VDC_ALL) == 0 &&
           !((vpd->vac & IA64_VAC_A_INT) && (vpd->vdc & IA64_VDC_D_EXTINT));
}

enum ia64_pal_status ia64_pal_vp_create(struct ia64_cpu *c,
                                        struct ia64_vpd *vpd, uint64_t host_iva,
                                        uint64_t handler)
{
    struct ia64_vp *p;

    count(c, VPS_VP_CREATE);
    if (!c->vti.environment)
        return PAL_NO_ENVIRONMENT;
    if (!valid(vpd, host_iva) || find(c, vpd) != NULL)
        return PAL_INVALID;
    p = find(c, NULL);
    if (p == NULL)
        return PAL_ERROR;
    *p = (struct ia64_vp){vpd, host_iva, handler};
    return PAL_OK;
}

enum ia64_pal_status ia64_pal_vp_register(struct ia64_cpu *c,
                                          struct ia64_vpd *vpd,
                                          uint64_t host_iva, uint64_t handler)
{
    struct ia64_vp *p = vpd != NULL ? find(c, vpd) : NULL;

    count(c, VPS_VP_REGISTER);
    if (p == NULL || !valid(vpd, host_iva))
        return PAL_INVALID;
    p->host_iva = host_iva;
    p->handler = handler;
    return PAL_OK;
}

static void sync_write(struct ia64_cpu *c, const struct ia64_vpd *vpd)
{
    c->vti.vac = vpd->vac;
    c->vti.vdc = vpd->vdc;
    c->vti.vhpi = vpd->vhpi;
}

static bool restore(struct ia64_cpu *c, struct ia64_vpd *vpd, bool sync)
{
    struct ia64_vp *p = vpd != NULL ? find(c, vpd) : NULL;

    if (p == NULL || !valid(vpd, p->host_iva))
        return false;
    c->vti.now = p;
    if (sync)
        sync_write(c, vpd);
    c->s.iva = p->host_iva;
    return true;
}

enum ia64_pal_status ia64_pal_vp_restore(struct ia64_cpu *c,
                                         struct ia64_vpd *vpd,
                                         uint64_t procedures)
{
    count(c, VPS_VP_RESTORE);
    return procedures == 0 && restore(c, vpd, true) ? PAL_OK : PAL_INVALID;
}

static bool is_now(const struct ia64_cpu *c, const struct ia64_vpd *vpd)
{
    return c->vti.now != NULL && c->vti.now->vpd == vpd;
}

enum ia64_pal_status ia64_pal_vp_save(struct ia64_cpu *c, struct ia64_vpd *vpd,
                                      uint64_t procedures)
{
    count(c, VPS_VP_SAVE);
    if (procedures != 0 || !is_now(c, vpd))
        return PAL_INVALID;
    vpd->vhpi = c->vti.vhpi;
    c->vti.now = NULL;
    return PAL_OK;
}

enum ia64_pal_status ia64_pal_vp_terminate(struct ia64_cpu *c,
                                           struct ia64_vpd *vpd, uint64_t iva)
{
    struct ia64_vp *p = vpd != NULL ? find(c, vpd) : NULL;

    count(c, VPS_VP_TERMINATE);
    if (p == NULL)
        return PAL_INVALID;
    if (c->vti.now == p)
        c->vti.now = NULL;
    *p = (struct ia64_vp){0};
    set_iva(c, iva);
    return PAL_OK;
}

/* ---- services ---- */
static bool may_serve(struct ia64_cpu *c, const struct ia64_vpd *vpd,
                      unsigned reason)
{
    count(c, reason);
    return is_now(c, vpd) && !(c->s.psr & (PSR_IC | PSR_VM));
}

bool ia64_vps_sync_read(struct ia64_cpu *c, struct ia64_vpd *vpd)
{
    if (!may_serve(c, vpd, VPS_SYNC_READ))
        return false;
    vpd->vhpi = c->vti.vhpi;
    return true;
}

bool ia64_vps_sync_write(struct ia64_cpu *c, struct ia64_vpd *vpd)
{
    if (!may_serve(c, vpd, VPS_SYNC_WRITE) || !valid(vpd, c->vti.now->host_iva))
        return false;
    sync_write(c, vpd);
    return true;
}

bool ia64_vps_set_pending_interrupt(struct ia64_cpu *c, struct ia64_vpd *vpd)
{
    if (!may_serve(c, vpd, VPS_SET_PENDING_INTERRUPT))
        return false;
    c->vti.vhpi = vpd->vhpi;
    return true;
}

uint64_t ia64_vps_thash(struct ia64_cpu *c, uint64_t va, uint64_t rr,
                        uint64_t pta)
{
    count(c, VPS_THASH);
    return ia64_vhpt_hash(va, rr, pta);
}

uint64_t ia64_vps_ttag(struct ia64_cpu *c, uint64_t va, uint64_t rr)
{
    count(c, VPS_TTAG);
    return ia64_vhpt_tag(va, rr);
}

bool ia64_vps_restore(struct ia64_cpu *c, struct ia64_vpd *vpd, bool skip)
{
    count(c, VPS_RESTORE);
    return !(c->s.psr & PSR_VM) && restore(c, vpd, !skip);
}

bool ia64_vps_save(struct ia64_cpu *c, struct ia64_vpd *vpd, bool skip)
{
    if (!may_serve(c, vpd, VPS_SAVE))
        return false;
    if (!skip)
        vpd->vhpi = c->vti.vhpi;
    c->vti.now = NULL;
    return true;
}

static bool resume(struct ia64_cpu *c, bool cfle)
{
    if ((c->s.ipsr & (PSR_VM | PSR_BN)) != (PSR_VM | PSR_BN))
        return false;
    c->s.iipa_now = c->s.iipa;
    ia64_return(c, c->s.ipsr, cfle);
    return true;
}

bool ia64_vps_resume_normal(struct ia64_cpu *c, struct ia64_vpd *vpd)
{
    if (!may_serve(c, vpd, VPS_RESUME_NORMAL) ||
        (!(vpd->vpsr & PSR_IC) && (vpd->vac | vpd->vdc) != 0))
        return false;
    return resume(c, false);
}

bool ia64_vps_resume_handler(struct ia64_cpu *c, struct ia64_vpd *vpd,
                             uint64_t vac)
{
    if (!may_serve(c, vpd, VPS_RESUME_HANDLER) ||
        (vac & ~IA64_RESUME_CFLE) != vpd->vac)
        return false;
    return resume(c, (vac & IA64_RESUME_CFLE) != 0);
}
