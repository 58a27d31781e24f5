/* seg.c: descriptors that a guest may have in its GDT and LDT: no more
 * privilege than its own, no gates to the VMM. As Xen's check of descriptors;
 * [SDM3 "Segment Descriptors"]. */
#include "common/base/bits.h"
#include "pv/pte.h"

#define D_TYPE(b) (((b) >> 8) & 15)
#define D_DPL(b)  (((b) >> 13) & 3)
#define D_ACC     BIT(8)
#define D_S       BIT(12)
#define D_P       BIT(15)
#define D_L       BIT(21)
#define D_DB      BIT(22)
#define D_G       BIT(23)

static uint64_t limit_of(uint32_t a, uint32_t b)
{
    uint64_t limit = (b & 0xf0000) | (a & 0xffff);

    return (b & D_G) ? limit << 12 | 0xfff : limit;
}

/* 32-bit guests: the end of a segment stays below the hole. (64-bit ones are
 * kept out of it by paging: their segments have no limit that counts.) */
static bool trim(uint32_t *a, uint32_t *b)
{
    uint64_t base = (*b & 0xff000000) | (*b & 0xff) << 16 | (*a >> 16 & 0xffff);
    uint64_t limit = limit_of(*a, *b), most;

    if (base >= PV_HOLE32_END)
        return false;
    most = PV_HOLE32_END - 1 - base;
    if (limit <= most)
        return true;
    if (!(*b & D_G))
        return false;
    most = (most + 1) >> 12;
    if (most == 0)
        return false;
    most--;
    *a = (*a & ~0xffffu) | (uint32_t)(most & 0xffff);
    *b = (*b & ~0xf0000u) | (uint32_t)(most & 0xf0000);
    return true;
}

static bool code_or_data(const struct pv_domain *d, uint32_t *a, uint32_t *b)
{
    bool code = (D_TYPE(*b) & 8) != 0;
    unsigned dpl = d->is32 ? 1 : 3;

    /* The kernel's own privilege at least. */
    if (D_DPL(*b) < dpl)
        *b = (*b & ~(3u << 13)) | dpl << 13;
    *b |= D_ACC; /* the processor is never to write here on its own */
    if (code && (*b & D_L))
        return !d->is32 && !(*b & D_DB);
    if (!d->is32)
        return true;
    if (!code && (D_TYPE(*b) & 4)) /* expand-down reaches the top */
        return false;
    return trim(a, b);
}

bool pv_desc_check(const struct pv_domain *d, uint64_t *desc)
{
    uint32_t a = (uint32_t)*desc, b = (uint32_t)(*desc >> 32);

    if (!(b & D_P)) /* nothing can be loaded from it */
        return true;
    if (!(b & D_S))
        return false; /* system segments and gates: we have no use for them */
    if (!code_or_data(d, &a, &b))
        return false;
    *desc = (uint64_t)b << 32 | a;
    return true;
}

int64_t pv_seg_validate(struct pv_domain *d, uint64_t mfn)
{
    uint64_t desc[PAGE_SIZE / 8], was;
    bool changed = false;
    unsigned i;

    pv_read_frame(d, mfn, 0, desc, sizeof(desc));
    for (i = 0; i < PAGE_SIZE / 8; i++) {
        was = desc[i];
        if (!pv_desc_check(d, &desc[i]))
            return -XEN_EINVAL;
        changed |= was != desc[i];
    }
    if (changed)
        pv_write_frame(d, mfn, 0, desc, sizeof(desc));
    return 0;
}
