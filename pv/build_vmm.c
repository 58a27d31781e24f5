/* build_vmm.c: what the VMM keeps in the machine's memory: M2P table, the
 * descriptor tables' area, the page tables of the hole, shared_info. The rest
 * is the domain's, in descending order, so that pfn and mfn differ. */
#include <stdlib.h>

#include "common/x86/walk.h"
#include "pv/build.h"
#include "pv/frames.h"
#include "pv/mmu.h"
#include "pv/pte.h"
#include "pv/vcpu.h"

/* Frames that stay free for grant tables and what the domain asks for after it
 * gave frames up. */
#define SPARE_FRAMES 1024u
#define LEAST_PAGES  4096u /* a domain of 16 MiB */

#define TABLE    (X86_PTE_P | X86_PTE_RW | X86_PTE_A | X86_PTE_D)
#define READABLE (X86_PTE_P | X86_PTE_US | X86_PTE_A | X86_PTE_D)

static uint64_t frame(struct pv_domain *d, bool *ok)
{
    uint64_t mfn = pv_alloc_frame(d, PVO_VMM);

    *ok &= mfn != 0;
    return mfn;
}

/* The table that entry `at` of the one in mfn points to, made if needed. */
static uint64_t descend(struct pv_domain *d, uint64_t mfn, unsigned at,
                        uint64_t flags, bool *ok)
{
    uint64_t e = pv_pte_read(d, mfn, at), new;

    if (e & X86_PTE_P)
        return PV_PTE_MFN(e);
    new = frame(d, ok);
    if (new != 0)
        pv_pte_set(d, mfn, at, new << PAGE_SHIFT | TABLE | flags);
    return new;
}

/* The L1 table for va in the hole. */
static uint64_t hole_l1(struct pv_domain *d, uint64_t va, uint64_t flags,
                        bool *ok)
{
    unsigned top = (unsigned)(va >> (d->is32 ? 21 : 39)) & 511;
    uint64_t mfn = PV_PTE_MFN(d->hole_entry[top]);

    if (mfn == 0) {
        mfn = frame(d, ok);
        d->hole_entry[top] = mfn << PAGE_SHIFT | TABLE | flags;
    }
    if (d->is32 || !*ok)
        return mfn;
    mfn = descend(d, mfn, (va >> 30) & 511, flags, ok);
    return *ok ? descend(d, mfn, (va >> 21) & 511, flags, ok) : 0;
}

/* ---- M2P ---- */
static bool make_m2p(struct pv_domain *d)
{
    uint64_t bytes = d->nr_frames * (d->is32 ? 4 : 8), n, mfn, l1;
    uint64_t va = d->is32 ? PV_HOLE32_START : PV_HOLE64_START;
    bool ok = true;

    d->m2p_frames = (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
    if (d->is32 &&
        d->m2p_frames << PAGE_SHIFT > PV_HOLE32_END - PV_HOLE32_START)
        return false;
    for (n = 0; n < d->m2p_frames; n++) {
        mfn = frame(d, &ok);
        if (n == 0)
            d->m2p_mfn = mfn;
        if (!ok || mfn != d->m2p_mfn + n) /* contiguous: new RAM is */
            return false;
    }
    for (n = 0; n < d->m2p_frames && ok; n++, va += PAGE_SIZE) {
        l1 = hole_l1(d, va, X86_PTE_US, &ok);
        if (ok)
            pv_pte_set(d, l1, (va >> PAGE_SHIFT) & 511,
                       (d->m2p_mfn + n) << PAGE_SHIFT | READABLE);
    }
    for (n = 0; n < d->nr_frames && ok; n++)
        pv_m2p_set(d, n, PV_M2P_INVALID);
    return ok;
}

/* ---- descriptors ---- */
static uint64_t flat(unsigned type, unsigned dpl, bool is64, bool code,
                     uint64_t last)
{
    uint64_t pages = last >> 12;
    uint32_t lo = (uint32_t)(pages & 0xffff);
    uint32_t hi = (uint32_t)(pages & 0xf0000) | 0x00809000u | dpl << 13 |
                  type << 8 | (is64 && code ? 0x200000u : 0x400000u);

    return (uint64_t)hi << 32 | lo;
}

#define CODE 0xbu /* executed and read, accessed */
#define DATA 0x3u

static void put_desc(struct pv_domain *d, unsigned sel, uint64_t desc)
{
    pv_write_frame(d, d->gdt_page_mfn, (sel & ~7u) - PV_GDT_GUEST * PAGE_SIZE,
                   &desc, 8);
}

static bool make_descriptors(struct pv_domain *d)
{
    bool ok = true;

    d->gdt_page_mfn = frame(d, &ok);
    d->percpu_l1_mfn = ok ? hole_l1(d, pv_percpu_va(d), 0, &ok) : 0;
    if (!ok)
        return false;
    if (d->is32) {
        put_desc(d, PV_SEL32_RING1_CS,
                 flat(CODE, 1, false, true, PV_HOLE32_END - 1));
        put_desc(d, PV_SEL32_RING1_DS,
                 flat(DATA, 1, false, false, PV_HOLE32_END - 1));
        put_desc(d, PV_SEL32_RING3_CS,
                 flat(CODE, 3, false, true, PV_HOLE32_END - 1));
        put_desc(d, PV_SEL32_RING3_DS,
                 flat(DATA, 3, false, false, PV_HOLE32_END - 1));
    } else {
        put_desc(d, PV_SEL64_CS32, flat(CODE, 3, false, true, 0xffffffff));
        put_desc(d, PV_SEL64_KERNEL_SS,
                 flat(DATA, 3, false, false, 0xffffffff));
        put_desc(d, PV_SEL64_KERNEL_CS, flat(CODE, 3, true, true, 0xffffffff));
    }
    pv_pte_set(d, d->percpu_l1_mfn, PV_GDT_GUEST,
               d->gdt_page_mfn << PAGE_SHIFT | TABLE);
    return true;
}

/* ---- the domain's share ---- */
static enum status give_frames(struct pv_builder *b, struct error *err)
{
    struct pv_domain *d = b->d;
    uint64_t n, mfn;

    if (d->nr_free < SPARE_FRAMES + LEAST_PAGES)
        return err_set(err, ST_INVAL,
                       "--mem: a PV guest needs more than %u MiB beside the "
                       "VMM's own",
                       (SPARE_FRAMES + LEAST_PAGES) >> 8);
    b->nr_pages = d->nr_free - SPARE_FRAMES;
    b->p2m = calloc(b->nr_pages, sizeof(*b->p2m));
    if (b->p2m == NULL)
        return err_set(err, ST_NOMEM, "p2m");
    for (n = b->nr_pages; n-- > 0;) {
        mfn = pv_take_frame(d, PVO_DOMAIN);
        b->p2m[n] = mfn;
        pv_m2p_set(d, mfn, n);
    }
    d->max_pages = d->tot_pages;
    return ST_OK;
}

enum status pv_build_vmm(struct pv_builder *b, struct error *err)
{
    struct pv_domain *d = b->d;

    if (d->is32 && d->nr_frames > 1ull << 20)
        return err_set(err, ST_NOTSUP,
                       "--mem: at most 3 GiB for a 32-bit PV guest");
    if (!make_m2p(d) || !make_descriptors(d))
        return err_set(err, ST_INVAL, "--mem: not enough for the VMM's tables");
    d->shared_mfn = pv_alloc_frame(d, PVO_SHARED);
    if (d->shared_mfn == 0)
        return err_set(err, ST_INVAL, "--mem: not enough for shared_info");
    d->vcpu_info_pa = d->shared_mfn << PAGE_SHIFT;
    return give_frames(b, err);
}
