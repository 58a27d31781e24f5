/* check.c: the invariant checker. It counts anew what frames.c counts step by
 * step: the references of all validated tables, of pins, base pointers,
 * descriptor tables, rings, grants and of the domain itself. No reference is
 * in flight between two exits, so that the counts must be equal. */
#include "pv/check.h"

#include <stdlib.h>

#include "common/x86/walk.h"
#include "pv/grant.h"
#include "pv/pte.h"
#include "pv/vcpu.h"

struct tally {
    uint32_t count, type_count;
    uint8_t type; /* of the typed references; PVT_NONE: there is none yet */
    bool clash;   /* typed references of two types */
};

struct checker {
    struct pv_domain *d;
    struct tally *t; /* [nr_frames] */
};

static void ref(struct checker *k, uint64_t mfn)
{
    if (mfn < k->d->nr_frames)
        k->t[mfn].count++;
}

static void typed(struct checker *k, uint64_t mfn, unsigned type)
{
    struct tally *t = &k->t[mfn];

    if (mfn >= k->d->nr_frames)
        return;
    t->clash |= t->type_count > 0 && t->type != type;
    t->type = (uint8_t)type;
    t->type_count++;
    t->count++;
}

/* ---- what holds references ---- */
static void entry(struct checker *k, unsigned type, unsigned index, uint64_t e)
{
    static const uint8_t below[] = {[PVT_L2] = PVT_L1,
                                    [PVT_L2_HOLE] = PVT_L1,
                                    [PVT_L3] = PVT_L2,
                                    [PVT_L4] = PVT_L3};
    unsigned child = below[type];

    if (!(e & X86_PTE_P))
        return;
    if (k->d->is32 && type == PVT_L3 && index == 3)
        child = PVT_L2_HOLE;
    if (type != PVT_L1)
        typed(k, PV_PTE_MFN(e), child);
    else if (e & X86_PTE_RW)
        typed(k, PV_PTE_MFN(e), PVT_WRITABLE);
    else
        ref(k, PV_PTE_MFN(e));
}

static void table(struct checker *k, uint64_t mfn)
{
    const struct pv_frame *f = &k->d->frame[mfn];

    for (unsigned i = 0; i < PV_PTES; i++)
        if (pv_pte_is_guests(k->d, f, i))
            entry(k, f->type, i, pv_pte_read(k->d, mfn, i));
}

static void frames(struct checker *k)
{
    struct pv_domain *d = k->d;

    for (uint64_t mfn = 0; mfn < d->nr_frames; mfn++) {
        const struct pv_frame *f = &d->frame[mfn];

        if (f->owner == PVO_VMM || f->owner == PVO_SHARED || f->allocated)
            ref(k, mfn);
        if (f->pinned)
            typed(k, mfn, f->type);
        if (f->type_count > 0 && f->type >= PVT_L1 && f->type <= PVT_L4)
            table(k, mfn);
    }
}

static void vcpu(struct checker *k)
{
    struct pv_domain *d = k->d;
    unsigned top = d->is32 ? PVT_L3 : PVT_L4, n;
    uint64_t e;

    if (d->kernel_cr3 != 0)
        typed(k, d->kernel_cr3 >> PAGE_SHIFT, top);
    if (d->user_cr3 != 0)
        typed(k, d->user_cr3 >> PAGE_SHIFT, top);
    for (n = 0; n < PV_GDT_GUEST; n++)
        if (d->gdt_mfn[n] != 0)
            typed(k, d->gdt_mfn[n], PVT_SEG);
    for (n = PV_GDT_PAGES; n < PV_GDT_PAGES + PV_LDT_PAGES; n++) {
        e = pv_pte_read(d, d->percpu_l1_mfn, n);
        if (e & X86_PTE_P)
            typed(k, PV_PTE_MFN(e), PVT_SEG);
    }
    if (d->vcpu_info_pa >> PAGE_SHIFT != d->shared_mfn)
        typed(k, d->vcpu_info_pa >> PAGE_SHIFT, PVT_WRITABLE);
}

static void back_ends(struct checker *k)
{
    const struct pv_grants *g = k->d->grants;
    unsigned n, u;

    typed(k, k->d->console_mfn, PVT_WRITABLE);
    typed(k, k->d->store_mfn, PVT_WRITABLE);
    if (k->d->pirq_eoi_mfn != 0)
        typed(k, k->d->pirq_eoi_mfn, PVT_WRITABLE);
    for (n = 0; n < PV_GRANT_REFS; n++) {
        for (u = 0; u < g->use[n].writers; u++)
            typed(k, g->use[n].mfn, PVT_WRITABLE);
        for (u = 0; u < g->use[n].readers; u++)
            ref(k, g->use[n].mfn);
    }
}

/* ---- comparison ---- */
static bool right(struct checker *k, uint64_t mfn)
{
    const struct pv_frame *f = &k->d->frame[mfn];
    const struct tally *t = &k->t[mfn];

    if (f->count == t->count && f->type_count == t->type_count && !t->clash &&
        (t->type_count == 0 || (f->type == t->type && f->validated)))
        return true;
    pv_crash(k->d,
             "--check-frames: frame 0x%llx: owner %u, type %u/%u, counts %u/%u "
             "typed %u/%u%s",
             (unsigned long long)mfn, f->owner, f->type, t->type, f->count,
             t->count, f->type_count, t->type_count,
             t->clash ? ", types clash" : "");
    return false;
}

bool pv_check(struct pv_domain *d)
{
    struct checker k = {.d = d};
    bool ok = true;

    k.t = calloc(d->nr_frames, sizeof(*k.t));
    if (k.t == NULL)
        return true; /* nothing can be said */
    frames(&k);
    vcpu(&k);
    back_ends(&k);
    for (uint64_t mfn = 0; ok && mfn < d->nr_frames; mfn++)
        ok = right(&k, mfn);
    free(k.t);
    return ok;
}

void pv_check_due(struct pv_domain *d)
{
    if (d->check_every == 0 || --d->check_left > 0)
        return;
    d->check_left = d->check_every;
    pv_check(d);
}
