/* ivmm_snap.c: what a VMM keeps of its guest, for snapshots and hashes.
 *
 * The machine is in the guest; its registers, which the common code saves, stay
 * as they are. The virtual processor itself and its accelerations are those of
 * the VMM that loads. */
#include "common/machine/snap.h"
#include "vti-ia64/vmm/ivmm.h"

static void virtual_registers(struct ivmm *m, struct snap *s)
{
    const struct regset *rs = m->c->v.regs;

    for (unsigned k = 0; k < rs->nr; k++)
        snap_bytes(s, (uint8_t *)&m->g + rs->reg[k].offset, rs->reg[k].size);
}

static void descriptor(struct ivmm *m, struct snap *s)
{
    struct ia64_vpd *d = m->vpd;
    uint64_t vac = d->vac;

    snap_u64(s, &vac);
    snap_require(s, vac == d->vac, "set of accelerations (--controls)");
    snap_u64(s, &d->vhpi);
    snap_bytes(s, d->vgr, sizeof(d->vgr));
    snap_bytes(s, d->vbgr, sizeof(d->vbgr));
    snap_u64(s, &d->vnat);
    snap_u64(s, &d->vbnat);
    snap_u64(s, &d->vpsr);
    snap_bytes(s, d->vcr, sizeof(d->vcr));
    snap_u64(s, &m->c->vti.vhpi);
}

/* What a stream says becomes a state that a guest can be in. */
static void settle(struct ivmm *m)
{
    m->g.psr &= PSR_DEFINED & ~(PSR_IS | PSR_VM);
    for (unsigned k = 0; k < 16; k++)
        m->g.bank[k].nat &= 1;
    m->c->s.iva = IVMM_HOST_IVA;
    ia64_set_psr(m->c, m->c->s.psr | IVMM_PSR);
    if (m->way->loaded != NULL)
        m->way->loaded(m);
}

void ivmm_snapshot(struct vcpu *v, struct snap *s)
{
    struct ivmm *m = ivmm(v);

    snap_section(s, m->way->name, 1);
    virtual_registers(m, s);
    if (m->vpd != NULL)
        descriptor(m, s);
    snap_u64(s, &m->rids);
    snap_require(s, ivmm_rids_valid(m->rids), "region identifier");
    snap_bool(s, &m->mixed);
    snap_bool(s, &m->due);
    snap_require(s, ((m->c->s.psr & PSR_VM) != 0) == (m->vpd != NULL),
                 "PSR.vm");
    if (s->mode == SNAP_LOAD && s->status == ST_OK)
        settle(m);
}
