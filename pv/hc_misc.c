/* hc_misc.c: vm_assist, nmi_op, and what of physdev_op and platform_op an
 * unprivileged guest without devices sees [XEN xen.h, nmi.h, physdev.h,
 * platform.h]. */
#include "common/base/bits.h"
#include "pv/domain.h"
#include "pv/vcpu.h"

/* ---- vm_assist ---- */

#define ASSISTS                                                                \
    (BITQ(VMASST_TYPE_4gb_segments) | BITQ(VMASST_TYPE_4gb_segments_notify) |  \
     BITQ(VMASST_TYPE_writable_pagetables) |                                   \
     BITQ(VMASST_TYPE_pae_extended_cr3) |                                      \
     BITQ(VMASST_TYPE_architectural_iopl) |                                    \
     BITQ(VMASST_TYPE_runstate_update_flag) | BITQ(VMASST_TYPE_m2p_strict))

int64_t pv_do_vm_assist(struct pv_domain *d, const uint64_t arg[6])
{
    uint64_t valid = d->is32 ? ASSISTS & UINT32_MAX : ASSISTS;
    uint32_t type = (uint32_t)arg[1];

    if (type >= 64 || (valid & BITQ(type)) == 0)
        return -XEN_EINVAL;
    switch ((uint32_t)arg[0]) {
    case VMASST_CMD_enable:
        d->vm_assist |= BITQ(type);
        return 0;
    case VMASST_CMD_disable:
        d->vm_assist &= ~BITQ(type);
        return 0;
    }
    return -XEN_ENOSYS;
}

/* ---- nmi_op ---- */

static int64_t register_nmi(struct pv_domain *d, uint64_t va)
{
    uint64_t ip = 0;
    int64_t rc = pv_copy_from(d, &ip, va, d->is32 ? 4 : 8);

    if (rc != 0)
        return rc;
    if (!d->is32 && sext(ip, 48) != (int64_t)ip)
        return -XEN_EINVAL;
    d->nmi = (struct pv_callback){.cs = d->is32 ? PV_SEL32_RING1_CS
                                                : PV_SEL64_KERNEL_CS,
                                  .ip = ip,
                                  .mask = true};
    return 0;
}

int64_t pv_do_nmi_op(struct pv_domain *d, const uint64_t arg[6])
{
    switch ((uint32_t)arg[0]) {
    case XENNMI_register_callback:
        return register_nmi(d, arg[1]);
    case XENNMI_unregister_callback:
        d->nmi = (struct pv_callback){0};
        return 0;
    }
    return -XEN_ENOSYS;
}

/* ---- physdev_op ---- */

#define PORTS       65536u
#define IOBMP_BYTES (PORTS / 8)
#define PHYSDEV_MAX sizeof(struct physdev_map_pirq)

/* What is left for a domain that owns no interrupt and no device: the answer
 * once its structure could be read. */
struct refusal {
    uint32_t cmd;
    uint8_t bytes; /* of the structure */
    int16_t answer;
};

static const struct refusal refusals[] = {
    {PHYSDEVOP_eoi, sizeof(struct physdev_eoi), -XEN_EINVAL},
    {PHYSDEVOP_irq_status_query, sizeof(struct physdev_irq_status_query),
     -XEN_EINVAL},
    {PHYSDEVOP_map_pirq, sizeof(struct physdev_map_pirq), -XEN_EPERM},
    {PHYSDEVOP_unmap_pirq, sizeof(struct physdev_unmap_pirq), -XEN_EPERM},
    {PHYSDEVOP_apic_read, 12, -XEN_EPERM},
    {PHYSDEVOP_apic_write, 12, -XEN_EPERM},
    {PHYSDEVOP_alloc_irq_vector, sizeof(struct physdev_irq), -XEN_EPERM},
    {PHYSDEVOP_free_irq_vector, 0, -XEN_ENOSYS},
    {PHYSDEVOP_manage_pci_add, sizeof(struct physdev_manage_pci), -XEN_EPERM},
    {PHYSDEVOP_manage_pci_remove, sizeof(struct physdev_manage_pci),
     -XEN_EPERM},
    {PHYSDEVOP_manage_pci_add_ext, sizeof(struct physdev_manage_pci_ext),
     -XEN_EPERM},
    {PHYSDEVOP_restore_msi, sizeof(struct physdev_restore_msi), -XEN_EPERM},
    {PHYSDEVOP_restore_msi_ext, sizeof(struct physdev_pci_device), -XEN_EPERM},
    {PHYSDEVOP_setup_gsi, sizeof(struct physdev_setup_gsi), -XEN_EPERM},
    {PHYSDEVOP_get_free_pirq, sizeof(struct physdev_get_free_pirq),
     -XEN_ENOSPC},
    {PHYSDEVOP_pci_mmcfg_reserved, 0, -XEN_EPERM},
    {PHYSDEVOP_pci_device_add, offsetof(struct physdev_pci_device_add, optarr),
     -XEN_EPERM},
    {PHYSDEVOP_pci_device_remove, sizeof(struct physdev_pci_device),
     -XEN_EPERM},
    {PHYSDEVOP_prepare_msix, sizeof(struct physdev_pci_device), -XEN_EPERM},
    {PHYSDEVOP_release_msix, sizeof(struct physdev_pci_device), -XEN_EPERM},
    {PHYSDEVOP_dbgp_op, 0, -XEN_EPERM},
};

static int64_t refuse(struct pv_domain *d, uint32_t cmd, uint64_t va)
{
    uint8_t buf[PHYSDEV_MAX];
    int64_t rc;
    size_t i;

    for (i = 0; i < ARRAY_LEN(refusals); i++) {
        if (refusals[i].cmd != cmd)
            continue;
        rc = pv_copy_from(d, buf, va, refusals[i].bytes);
        return rc != 0 && refusals[i].bytes != 0 ? rc : refusals[i].answer;
    }
    return -XEN_ENOSYS;
}

static int64_t set_iopl(struct pv_domain *d, uint64_t va)
{
    struct physdev_set_iopl op;
    int64_t rc = pv_copy_from(d, &op, va, sizeof(op));

    if (rc != 0)
        return rc;
    if (op.iopl > 3)
        return -XEN_EINVAL;
    d->iopl = (uint8_t)op.iopl;
    return 0;
}

static int64_t set_iobitmap(struct pv_domain *d, uint64_t va)
{
    unsigned width = d->is32 ? 4 : 8;
    uint8_t raw[12];
    uint64_t bitmap = 0;
    int64_t rc = pv_copy_from(d, raw, va, width + 4);

    if (rc != 0)
        return rc;
    memcpy(&bitmap, raw, width);
    if (!pv_range_okay(d, bitmap, IOBMP_BYTES, 1) ||
        get_le32(raw + width) > PORTS)
        return -XEN_EINVAL;
    d->iobmp_va = bitmap;
    d->iobmp_ports = get_le32(raw + width);
    return 0;
}

/* A page of bits, by interrupt, of those that want an EOI: there are none. */
static int64_t eoi_page(struct pv_domain *d, uint64_t va)
{
    uint64_t mfn = 0;
    int64_t rc = pv_copy_from(d, &mfn, va, d->is32 ? 4 : 8);

    if (rc != 0)
        return rc;
    if (pv_get_typed(d, mfn, PVT_WRITABLE) != 0)
        return -XEN_EINVAL;
    if (d->pirq_eoi_mfn != 0) {
        pv_put_typed(d, mfn);
        return -XEN_EBUSY;
    }
    d->pirq_eoi_mfn = mfn;
    return 0;
}

int64_t pv_do_physdev_op(struct pv_domain *d, const uint64_t arg[6])
{
    uint32_t cmd = (uint32_t)arg[0];

    switch (cmd) {
    case PHYSDEVOP_IRQ_UNMASK_NOTIFY:
        return 0;
    case PHYSDEVOP_set_iopl:
        return set_iopl(d, arg[1]);
    case PHYSDEVOP_set_iobitmap:
        return set_iobitmap(d, arg[1]);
    case PHYSDEVOP_pirq_eoi_gmfn_v1:
    case PHYSDEVOP_pirq_eoi_gmfn_v2:
        return eoi_page(d, arg[1]);
    }
    return refuse(d, cmd, arg[1]);
}

/* The operation and its structure in one [XEN struct physdev_op]. */
int64_t pv_do_physdev_op_compat(struct pv_domain *d, const uint64_t arg[6])
{
    uint32_t cmd;
    int64_t rc = pv_copy_from(d, &cmd, arg[0], sizeof(cmd));

    if (rc != 0)
        return rc;
    if (cmd < PHYSDEVOP_IRQ_UNMASK_NOTIFY || cmd > PHYSDEVOP_free_irq_vector)
        return -XEN_ENOSYS;
    return pv_do_physdev_op(
        d, (const uint64_t[6]){cmd, arg[0] + (d->is32 ? 4 : 8)});
}

/* ---- platform_op: the privileged domain's ---- */

int64_t pv_do_platform_op(struct pv_domain *d, const uint64_t arg[6])
{
    struct xen_platform_op op;
    int64_t rc = pv_copy_from(d, &op, arg[0], sizeof(op));

    if (rc != 0)
        return rc;
    return op.interface_version != XENPF_INTERFACE_VERSION ? -XEN_EACCES
                                                           : -XEN_EPERM;
}
