/* hc_grant_map.c: mapping of granted pages into the guest [XEN grant_table.h].
 *
 * The only domain that grants anything here is the guest itself. Its mapping of
 * its own page is an entry of a page table like any other, with references of
 * its own; beside it the grant is marked as in use. */
#include "common/x86/walk.h"
#include "pv/frames.h"
#include "pv/hc_grant.h"
#include "pv/pte.h"

#define AVAIL_SHIFT 9
#define AVAIL_MASK  7u

enum pv_grant_who pv_grant_who(domid_t dom, bool self_word)
{
    if (dom == PV_DOMID || (self_word && dom == DOMID_SELF))
        return PV_GRANT_SELF;
    return dom == PV_DOMID_BACKEND ? PV_GRANT_BACKEND : PV_GRANT_NOBODY;
}

/* The L1 entry that `addr` names: by linear address, or its own machine
 * address. */
static bool find_entry(struct pv_domain *d, uint64_t addr, uint32_t flags,
                       uint64_t *mfn, unsigned *index)
{
    const struct pv_frame *f;

    if ((flags & GNTMAP_contains_pte) != 0) {
        if (addr % 8 != 0)
            return false;
        *mfn = addr >> PAGE_SHIFT;
        *index = (unsigned)(addr & (PAGE_SIZE - 1)) / 8;
    } else if (!pv_find_l1e(d, addr, mfn, index)) {
        return false;
    }
    f = pv_frame(d, *mfn);
    return f != NULL && f->owner == PVO_DOMAIN && f->type == PVT_L1 &&
           f->validated && f->type_count > 0;
}

static uint64_t entry_of(uint64_t mfn, uint32_t flags)
{
    uint64_t e = mfn << PAGE_SHIFT | X86_PTE_P | X86_PTE_A | X86_PTE_D |
                 (uint64_t)(flags >> _GNTMAP_guest_avail0 & AVAIL_MASK)
                     << AVAIL_SHIFT;

    if ((flags & GNTMAP_readonly) == 0)
        e |= X86_PTE_RW;
    if ((flags & GNTMAP_application_map) != 0)
        e |= X86_PTE_US;
    return e;
}

static struct pv_grant_map *free_map(struct pv_domain *d, uint32_t *handle)
{
    uint32_t i;

    for (i = 0; i < PV_GRANT_MAPS; i++)
        if (d->grants->map[i].flags == 0) {
            *handle = i;
            return &d->grants->map[i];
        }
    return NULL;
}

/* How many uses of the grant a mapping with these flags is. */
static unsigned uses(uint32_t flags)
{
    return ((flags & GNTMAP_device_map) != 0) +
           ((flags & GNTMAP_host_map) != 0);
}

static int16_t use_and_map(struct pv_domain *d,
                           const struct gnttab_map_grant_ref *op, uint64_t *mfn)
{
    bool write = (op->flags & GNTMAP_readonly) == 0;
    unsigned n = uses(op->flags), got, index;
    int16_t rc = GNTST_okay;
    uint64_t table;

    for (got = 0; got < n && rc == GNTST_okay; got++)
        rc = pv_grant_use(d, op->ref, PV_DOMID, write, true, mfn);
    if (rc != GNTST_okay)
        got--;
    else if ((op->flags & GNTMAP_host_map) != 0 &&
             (!find_entry(d, op->host_addr, op->flags, &table, &index) ||
              pv_pte_update(d, table, index, entry_of(*mfn, op->flags),
                            false) != 0))
        rc = GNTST_general_error;
    if (rc != GNTST_okay)
        while (got-- > 0)
            pv_grant_end(d, op->ref, write);
    return rc;
}

void pv_grant_map_ref(struct pv_domain *d, struct gnttab_map_grant_ref *op)
{
    struct pv_grant_map *m;
    uint32_t handle;
    uint64_t mfn;

    if (uses(op->flags) == 0) {
        op->status = GNTST_bad_gntref;
        return;
    }
    switch (pv_grant_who(op->dom, false)) {
    case PV_GRANT_NOBODY:
        op->status = GNTST_bad_domain;
        return;
    case PV_GRANT_BACKEND: /* grants nothing */
        op->status = op->ref < PV_GRANT_PER_PAGE ? GNTST_general_error
                                                 : GNTST_bad_gntref;
        return;
    case PV_GRANT_SELF:
        break;
    }
    m = free_map(d, &handle);
    if (m == NULL) {
        op->status = GNTST_no_space;
        return;
    }
    op->status = use_and_map(d, op, &mfn);
    if (op->status != GNTST_okay)
        return;
    *m = (struct pv_grant_map){
        .flags = op->flags,
        .ref = op->ref,
        .host_addr = (op->flags & GNTMAP_host_map) != 0 ? op->host_addr : 0,
        .mfn = mfn};
    op->handle = handle;
    op->dev_bus_addr = mfn << PAGE_SHIFT;
}

/* ---- and away again ---- */

static struct pv_grant_map *get_map(struct pv_domain *d, uint32_t handle)
{
    if (handle >= PV_GRANT_MAPS || d->grants->map[handle].flags == 0)
        return NULL;
    return &d->grants->map[handle];
}

/* The mapping's entry becomes e. */
static int16_t replace_entry(struct pv_domain *d, const struct pv_grant_map *m,
                             uint64_t addr, uint64_t e)
{
    unsigned index;
    uint64_t table, old;

    if (!find_entry(d, addr, m->flags, &table, &index))
        return GNTST_general_error;
    old = pv_pte_read(d, table, index);
    if ((old & X86_PTE_P) == 0 || PV_PTE_MFN(old) != m->mfn)
        return GNTST_general_error;
    if (pv_pte_update(d, table, index, e, false) != 0)
        return GNTST_general_error;
    pv_flush_all(d);
    return GNTST_okay;
}

/* One kind of use of the mapping has ended. */
static void end_use(struct pv_domain *d, struct pv_grant_map *m, uint32_t which)
{
    bool write = (m->flags & GNTMAP_readonly) == 0;

    pv_grant_end(d, m->ref, write);
    m->flags &= ~which;
    if (uses(m->flags) == 0)
        *m = (struct pv_grant_map){0};
}

void pv_grant_unmap_ref(struct pv_domain *d, struct gnttab_unmap_grant_ref *op)
{
    struct pv_grant_map *m = get_map(d, op->handle);

    op->status = GNTST_okay;
    if (m == NULL) {
        op->status = GNTST_bad_handle;
        return;
    }
    if (op->dev_bus_addr != 0 && (m->flags & GNTMAP_device_map) != 0 &&
        op->dev_bus_addr != m->mfn << PAGE_SHIFT) {
        op->status = GNTST_general_error;
        return;
    }
    if (op->host_addr != 0 && (m->flags & GNTMAP_host_map) != 0)
        op->status = replace_entry(d, m, op->host_addr, 0);
    if (op->status != GNTST_okay)
        return;
    if (op->dev_bus_addr != 0 && (m->flags & GNTMAP_device_map) != 0) {
        bool last = uses(m->flags) == 1;

        end_use(d, m, GNTMAP_device_map);
        if (last)
            return;
    }
    if (op->host_addr != 0 && (m->flags & GNTMAP_host_map) != 0)
        end_use(d, m, GNTMAP_host_map);
}

void pv_grant_replace(struct pv_domain *d, struct gnttab_unmap_and_replace *op)
{
    struct pv_grant_map *m = get_map(d, op->handle);
    unsigned index;
    uint64_t table, e;

    op->status = GNTST_general_error;
    if (m == NULL) {
        op->status = GNTST_bad_handle;
        return;
    }
    if ((m->flags & GNTMAP_host_map) == 0 ||
        (m->flags & GNTMAP_contains_pte) != 0 ||
        !find_entry(d, op->new_addr, 0, &table, &index))
        return;
    /* As it stands there it is whole: with what Xen added. */
    e = pv_pte_read(d, table, index);
    op->status = replace_entry(d, m, op->host_addr, e);
    if (op->status != GNTST_okay)
        return;
    end_use(d, m, GNTMAP_host_map);
    if (pv_pte_update(d, table, index, 0, false) != 0)
        op->status = GNTST_general_error; /* cannot be: it was found */
    pv_flush_all(d);
}
