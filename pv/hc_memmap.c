/* hc_memmap.c: memory_op: the domain's memory map, and where the M2P table is.
 * [XEN memory.h "XENMEM_memory_map", "XENMEM_machphys_mfn_list"]. */
#include <stdlib.h>

#include "common/base/bits.h"
#include "pv/memop.h"
#include "pv/mmu.h"

/* ---- the memory map: as the guest set it, if it did ---- */

/* xen_memory_map of either layout. */
struct map {
    uint32_t nr;
    uint64_t buffer;
};

static int64_t read_map(struct pv_domain *d, uint64_t at, struct map *m)
{
    uint8_t raw[16];
    int64_t rc = pv_copy_from(d, raw, at, d->is32 ? 8 : 16);

    if (rc == 0)
        *m = (struct map){get_le32(raw),
                          d->is32 ? get_le32(raw + 4) : get_le64(raw + 8)};
    return rc;
}

static int64_t set_memory_map(struct pv_domain *d, uint64_t at)
{
    struct pv_memmap *map;
    struct map m;
    uint16_t domid;
    int64_t rc = pv_copy_from(d, &domid, at, sizeof(domid));

    if (rc == 0)
        rc = read_map(d, at + (d->is32 ? 4 : 8), &m);
    if (rc != 0)
        return rc;
    if (m.nr > PV_MEMMAP_MAX)
        return -XEN_EINVAL;
    rc = domid == PV_DOMID ? 0 : pv_foreign(d, domid);
    if (rc != 0)
        return rc;
    map = calloc(1, sizeof(*map));
    if (map == NULL)
        return -XEN_ENOMEM;
    map->nr = m.nr;
    rc = pv_copy_from(d, map->entry, m.buffer, m.nr * sizeof(map->entry[0]));
    if (rc != 0) {
        free(map);
        return rc;
    }
    free(d->memmap);
    d->memmap = map;
    return 0;
}

static int64_t memory_map(struct pv_domain *d, uint64_t at)
{
    struct map m;
    int64_t rc = read_map(d, at, &m);

    if (rc != 0)
        return rc;
    if (d->memmap == NULL || d->memmap->nr == 0)
        return -XEN_ENOSYS;
    if (m.nr > d->memmap->nr)
        m.nr = d->memmap->nr;
    rc = pv_copy_to(d, m.buffer, d->memmap->entry,
                    m.nr * sizeof(d->memmap->entry[0]));
    return rc != 0 ? rc : pv_copy_to(d, at, &m.nr, sizeof(m.nr));
}

/* ---- the M2P table ---- */
static int64_t machphys_mapping(struct pv_domain *d, uint64_t at)
{
    const struct xen_machphys_mapping map = {
        .v_start = MACH2PHYS_VIRT_START,
        .v_end = MACH2PHYS_VIRT_END,
        .max_mfn = MACH2PHYS_NR_ENTRIES - 1,
    };
    const uint32_t map32[3] = {
        (uint32_t)PV_HOLE32_START, (uint32_t)PV_HOLE32_END,
        (uint32_t)(PV_HOLE32_END - PV_HOLE32_START) / 4 - 1};

    return d->is32 ? pv_copy_to(d, at, map32, sizeof(map32))
                   : pv_copy_to(d, at, &map, sizeof(map));
}

/* First frames of the table's parts of 2 MiB; its frames lie in a row. */
static int64_t machphys_mfn_list(struct pv_domain *d, uint64_t at)
{
    const uint64_t part = (2u << 20) >> PAGE_SHIFT;
    unsigned width = pv_pfn_bytes(d);
    uint64_t list = 0, nr = (d->m2p_frames + part - 1) / part, n, mfn;
    uint32_t most;
    int64_t rc = pv_copy_from(d, &most, at, sizeof(most));

    if (rc == 0)
        rc = pv_copy_from(d, &list, at + width, width);
    if (rc != 0)
        return rc;
    if (nr > most)
        nr = most;
    for (n = 0; n < nr; n++) {
        mfn = d->m2p_mfn + n * part;
        if (!pv_range_okay(d, list, n + 1, width) ||
            pv_copy_to(d, list + n * width, &mfn, width) != 0)
            return -XEN_EFAULT;
    }
    return pv_copy_to(d, at + 2ull * width, &nr, sizeof(uint32_t));
}

int64_t pv_memop_map(struct pv_domain *d, unsigned op, uint64_t at)
{
    switch (op) {
    case XENMEM_memory_map:
        return memory_map(d, at);
    case XENMEM_set_memory_map:
        return set_memory_map(d, at);
    case XENMEM_machphys_mapping:
        return machphys_mapping(d, at);
    default:
        return machphys_mfn_list(d, at);
    }
}
