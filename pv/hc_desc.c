/* hc_desc.c: set_gdt, update_descriptor, and the LDT of MMUEXT_SET_LDT.
 * [XEN arch-x86/xen.h "HYPERVISOR_set_gdt", "HYPERVISOR_update_descriptor"]. */
#include "pv/desc.h"

#include "common/x86/protect.h"
#include "common/x86/walk.h"
#include "pv/frames.h"
#include "pv/pte.h"
#include "pv/vcpu.h"

#define GDT_MAX    (PV_GDT_GUEST * 512u) /* entries: the rest is the VMM's */
#define PAGE_FLAGS (X86_PTE_P | X86_PTE_RW | X86_PTE_A | X86_PTE_D)

/* Page n of the area: GDT 0..15, LDT 16..31. */
static void map(struct pv_domain *d, unsigned n, uint64_t mfn)
{
    pv_pte_set(d, d->percpu_l1_mfn, n,
               mfn == 0 ? 0 : mfn << PAGE_SHIFT | PAGE_FLAGS);
    x86_tlb_invlpg(d->c, pv_percpu_va(d) + n * (uint64_t)PAGE_SIZE);
}

/* ---- GDT ---- */
static void gdt_drop(struct pv_domain *d)
{
    unsigned n;

    for (n = 0; n < PV_GDT_GUEST; n++) {
        if (d->gdt_mfn[n] == 0)
            continue;
        map(d, n, 0);
        pv_put_typed(d, d->gdt_mfn[n]);
        d->gdt_mfn[n] = 0;
    }
    d->gdt_ents = 0;
}

int64_t pv_do_set_gdt(struct pv_domain *d, const uint64_t arg[6])
{
    uint64_t mfn[PV_GDT_GUEST] = {0};
    uint64_t ents = (uint32_t)arg[1], nr = (ents + 511) / 512, n;
    unsigned size = d->is32 ? 4 : 8;
    int64_t rc = 0;

    if (ents > GDT_MAX)
        return -XEN_EINVAL;
    for (n = 0; n < nr; n++)
        if (pv_copy_from(d, &mfn[n], arg[0] + n * size, size) != 0)
            return -XEN_EFAULT;
    for (n = 0; n < nr && rc == 0; n++)
        rc = pv_get_typed(d, mfn[n], PVT_SEG);
    if (rc != 0) {
        for (n--; n-- > 0;)
            pv_put_typed(d, mfn[n]);
        return -XEN_EINVAL;
    }
    gdt_drop(d);
    for (n = 0; n < nr; n++) {
        d->gdt_mfn[n] = mfn[n];
        map(d, (unsigned)n, mfn[n]);
    }
    d->gdt_ents = (unsigned)ents;
    return 0;
}

/* ---- update_descriptor ---- */
int64_t pv_do_update_descriptor(struct pv_domain *d, const uint64_t arg[6])
{
    uint64_t ma = d->is32 ? arg[1] << 32 | arg[0] : arg[0];
    uint64_t desc = d->is32 ? arg[3] << 32 | arg[2] : arg[1];
    uint64_t mfn = ma >> PAGE_SHIFT;
    struct pv_frame *f = pv_frame(d, mfn);
    int64_t rc;

    if ((ma & 7) || f == NULL || f->owner != PVO_DOMAIN ||
        !pv_desc_check(d, &desc))
        return -XEN_EINVAL;
    /* Descriptors of a page in use as that, or data of a page that is the
     * guest's to write. */
    rc = pv_get_typed(d, mfn,
                      f->type_count > 0 && f->type == PVT_SEG ? PVT_SEG
                                                              : PVT_WRITABLE);
    if (rc != 0)
        return -XEN_EINVAL;
    pv_write_frame(d, mfn, ma & (PAGE_SIZE - 1), &desc, sizeof(desc));
    pv_put_typed(d, mfn);
    return 0;
}

/* ---- LDT: its pages are mapped when they are first used ---- */
static void set_ldtr(struct pv_domain *d)
{
    struct x86_seg *l = &d->c->s.ldtr;

    *l = (struct x86_seg){.attr = SA_UNUSABLE};
    if (d->ldt_ents > 0)
        *l = (struct x86_seg){.sel = 0xe048, /* nothing reads it but SLDT */
                              .base = pv_percpu_va(d) +
                                      PV_GDT_PAGES * (uint64_t)PAGE_SIZE,
                              .limit = d->ldt_ents * 8 - 1,
                              .attr = SA_P | SYS_LDT};
}

static void ldt_drop(struct pv_domain *d)
{
    uint64_t e;
    unsigned n;

    for (n = PV_GDT_PAGES; n < PV_GDT_PAGES + PV_LDT_PAGES; n++) {
        e = pv_pte_read(d, d->percpu_l1_mfn, n);
        if (!(e & X86_PTE_P))
            continue;
        map(d, n, 0);
        pv_put_typed(d, PV_PTE_MFN(e));
    }
}

int64_t pv_ldt_set(struct pv_domain *d, uint64_t base, uint64_t ents)
{
    if ((base & (PAGE_SIZE - 1)) || ents > 8192 ||
        !pv_range_okay(d, base, ents, 8))
        return -XEN_EINVAL;
    if (d->ldt_ents == ents && (ents == 0 || d->ldt_base == base))
        return 0;
    ldt_drop(d);
    d->ldt_base = base;
    d->ldt_ents = (unsigned)ents;
    set_ldtr(d);
    return 0;
}

bool pv_ldt_fault(struct pv_domain *d, uint64_t offset)
{
    unsigned index, n = (unsigned)(offset >> PAGE_SHIFT);
    uint64_t table, e;

    if (offset >= d->ldt_ents * 8ull ||
        !pv_find_l1e(d, d->ldt_base + (offset & PAGE_MASK), &table, &index))
        return false;
    e = pv_pte_read(d, table, index);
    if (!(e & X86_PTE_P) || pv_get_typed(d, PV_PTE_MFN(e), PVT_SEG) != 0)
        return false;
    map(d, PV_GDT_PAGES + n, PV_PTE_MFN(e));
    return true;
}
