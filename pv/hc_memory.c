/* hc_memory.c: memory_op: which operation; what the domain has.
 * [XEN memory.h]. */
#include "common/base/cc.h"
#include "pv/memop.h"
#include "pv/mmu.h"

/* ---- what there is ---- */
static uint64_t maximum_gpfn(struct pv_domain *d)
{
    uint64_t max_pfn = 0;

    if (d->is32)
        pv_shared_read(d, offsetof(struct shared_info_x86_32, arch.max_pfn),
                       &max_pfn, 4);
    else
        pv_shared_read(d, offsetof(struct shared_info, arch.max_pfn), &max_pfn,
                       8);
    return max_pfn == 0 ? 0 : max_pfn - 1;
}

static int64_t pages_of(struct pv_domain *d, unsigned op, uint64_t at)
{
    int64_t rc;
    domid_t id;

    if (pv_copy_from(d, &id, at, sizeof(id)) != 0)
        return -XEN_EFAULT;
    rc = id == PV_DOMID ? 0 : pv_foreign(d, id);
    if (rc != 0)
        return rc;
    if (op == XENMEM_current_reservation)
        return (int64_t)d->tot_pages;
    if (op == XENMEM_maximum_reservation)
        return (int64_t)d->max_pages;
    return (int64_t)maximum_gpfn(d);
}

/* ---- what is not for a guest like ours: the answer once the structure could
 * be read ---- */
struct refusal {
    uint32_t op;
    uint8_t bytes, bytes32; /* of the structure; 0: it is not looked at */
    int16_t answer;
};

static const struct refusal refusals[] = {
    /* For guests whose frames are translated */
    {XENMEM_add_to_physmap, sizeof(struct xen_add_to_physmap), 16, -XEN_EACCES},
    {XENMEM_add_to_physmap_batch, sizeof(struct xen_add_to_physmap_batch), 20,
     -XEN_EACCES},
    {XENMEM_remove_from_physmap, sizeof(struct xen_remove_from_physmap), 8,
     -XEN_EACCES},
    /* The privileged domain's */
    {XENMEM_machine_memory_map, 0, 0, -XEN_EPERM},
    {XENMEM_claim_pages, sizeof(struct xen_memory_reservation), 20, -XEN_EPERM},
    {XENMEM_acquire_resource, sizeof(struct xen_mem_acquire_resource), 28,
     -XEN_EPERM},
    /* The M2P table of 32-bit guests: there are none beside a 64-bit one */
    {XENMEM_machphys_compat_mfn_list, 0, 0, -XEN_EOPNOTSUPP},
    /* There is one node */
    {XENMEM_get_vnumainfo, sizeof(struct xen_vnuma_topology_info), 40,
     -XEN_EOPNOTSUPP},
};

static int64_t refuse(struct pv_domain *d, uint64_t op, uint64_t at)
{
    uint8_t buf[64];
    unsigned n, bytes;

    for (n = 0; n < ARRAY_LEN(refusals); n++) {
        if (refusals[n].op != op)
            continue;
        bytes = d->is32 ? refusals[n].bytes32 : refusals[n].bytes;
        return bytes != 0 && pv_copy_from(d, buf, at, bytes) != 0
                   ? -XEN_EFAULT
                   : refusals[n].answer;
    }
    return -XEN_ENOSYS;
}

int64_t pv_do_memory_op(struct pv_domain *d, const uint64_t arg[6])
{
    unsigned op = pv_memop_op(arg[0]);
    uint64_t start = arg[0] >> PV_MEMOP_OP_BITS;

    switch (op) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return pv_memop_reservation(d, op, arg[1], start);
    default:
        break;
    }
    if (start != 0)
        return -XEN_EINVAL;
    switch (op) {
    case XENMEM_exchange:
        return pv_memop_exchange(d, arg[1]);
    case XENMEM_maximum_ram_page:
        return (int64_t)d->nr_frames;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return pages_of(d, op, arg[1]);
    case XENMEM_memory_map:
    case XENMEM_set_memory_map:
    case XENMEM_machphys_mapping:
    case XENMEM_machphys_mfn_list:
        return pv_memop_map(d, op, arg[1]);
    case XENMEM_machphys_compat_mfn_list:
        if (d->is32)
            return pv_memop_map(d, XENMEM_machphys_mfn_list, arg[1]);
        break;
    default:
        break;
    }
    return refuse(d, op, arg[1]);
}
