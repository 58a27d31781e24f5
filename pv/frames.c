/* frames.c: machine frames: owners, references, types. A frame has one type at
 * a time, for as long as typed references exist; a page table is validated when
 * it becomes one, so that no table ever maps a page table writable. As in
 * [XEN "Direct paging"]; nothing is preempted here. */
#include "pv/frames.h"

#include <stdlib.h>

#include "common/base/bits.h"
#include "pv/pte.h"

struct pv_frame *pv_frame(struct pv_domain *d, uint64_t mfn)
{
    return mfn < d->nr_frames ? &d->frame[mfn] : NULL;
}

void pv_read_frame(struct pv_domain *d, uint64_t mfn, unsigned at, void *buf,
                   unsigned len)
{
    gmem_read(&d->m->mem, (mfn << PAGE_SHIFT) + at, buf, len);
}

void pv_write_frame(struct pv_domain *d, uint64_t mfn, unsigned at,
                    const void *buf, unsigned len)
{
    gmem_write(&d->m->mem, (mfn << PAGE_SHIFT) + at, buf, len);
}

/* ---- free memory ---- */

/* A writable translation that was kept must not outlive the type. */
static void drop_writable(struct pv_domain *d, const struct pv_frame *f)
{
    if (f->type == PVT_WRITABLE && f->stamp == d->tlb_epoch)
        pv_flush_all(d);
}

static void push_free(struct pv_domain *d, uint64_t mfn)
{
    drop_writable(d, &d->frame[mfn]);
    d->frame[mfn] = (struct pv_frame){.owner = PVO_FREE};
    d->free_mfn[d->nr_free++] = mfn;
}

static void clear_frame(struct pv_domain *d, uint64_t mfn)
{
    static const uint8_t zero[PAGE_SIZE];

    pv_write_frame(d, mfn, 0, zero, PAGE_SIZE);
}

static void give_to(struct pv_domain *d, uint64_t mfn, enum pv_owner owner)
{
    d->frame[mfn] = (struct pv_frame){.owner = (uint8_t)owner, .count = 1};
    if (owner == PVO_DOMAIN) {
        d->frame[mfn].allocated = true;
        d->tot_pages++;
    }
}

uint64_t pv_take_frame(struct pv_domain *d, enum pv_owner owner)
{
    uint64_t mfn;

    if (d->nr_free == 0)
        return 0;
    mfn = d->free_mfn[--d->nr_free];
    give_to(d, mfn, owner);
    return mfn;
}

uint64_t pv_alloc_frame(struct pv_domain *d, enum pv_owner owner)
{
    uint64_t mfn = pv_take_frame(d, owner);

    if (mfn != 0)
        clear_frame(d, mfn);
    return mfn;
}

/* The first of n free frames in a row, n aligned; 0: there are none. */
static uint64_t find_run(const struct pv_domain *d, uint64_t n)
{
    uint64_t mfn, k;

    for (mfn = n; mfn + n <= d->nr_frames; mfn += n) {
        for (k = 0; k < n && d->frame[mfn + k].owner == PVO_FREE; k++)
            ;
        if (k == n)
            return mfn;
    }
    return 0;
}

uint64_t pv_alloc_run(struct pv_domain *d, enum pv_owner owner, unsigned order)
{
    uint64_t n = 1ull << order, mfn, i, kept = 0;

    if (order == 0)
        return pv_alloc_frame(d, owner);
    mfn = find_run(d, n);
    if (mfn == 0)
        return 0;
    for (i = 0; i < d->nr_free; i++)
        if (d->free_mfn[i] - mfn >= n)
            d->free_mfn[kept++] = d->free_mfn[i];
    d->nr_free = kept;
    for (i = 0; i < n; i++) {
        give_to(d, mfn + i, owner);
        clear_frame(d, mfn + i);
    }
    return mfn;
}

enum status pv_frames_create(struct pv_domain *d, struct error *err)
{
    struct gmem *g = &d->m->mem;
    uint64_t end = 0, mfn;
    unsigned k;

    for (k = 0; k < g->nr_regions; k++)
        if (!g->region[k].rom && g->region[k].base + g->region[k].size > end)
            end = g->region[k].base + g->region[k].size;
    d->nr_frames = end >> PAGE_SHIFT;
    d->frame = calloc(d->nr_frames, sizeof(*d->frame));
    d->free_mfn = calloc(d->nr_frames, sizeof(*d->free_mfn));
    if (d->frame == NULL || d->free_mfn == NULL)
        return err_set(err, ST_NOMEM, "table of %llu frames",
                       (unsigned long long)d->nr_frames);
    /* The first MiB stays unused; low frames are given out last. */
    for (mfn = d->nr_frames; mfn-- > 0x100;) {
        const struct gmem_region *r = gmem_find(g, mfn << PAGE_SHIFT);

        if (r != NULL && !r->rom)
            push_free(d, mfn);
    }
    return ST_OK;
}

void pv_frames_destroy(struct pv_domain *d)
{
    free(d->frame);
    free(d->free_mfn);
    d->frame = NULL;
    d->free_mfn = NULL;
}

/* ---- general references ---- */
bool pv_get_frame(struct pv_domain *d, uint64_t mfn)
{
    struct pv_frame *f = pv_frame(d, mfn);

    if (f == NULL || (f->owner != PVO_DOMAIN && f->owner != PVO_SHARED) ||
        f->count == 0 || f->count == UINT32_MAX)
        return false;
    f->count++;
    return true;
}

void pv_put_frame(struct pv_domain *d, uint64_t mfn)
{
    struct pv_frame *f = &d->frame[mfn];

    if (--f->count > 0)
        return;
    d->tot_pages--; /* VMM frames keep a reference of their own */
    push_free(d, mfn);
}

void pv_release_frame(struct pv_domain *d, uint64_t mfn)
{
    struct pv_frame *f = &d->frame[mfn];

    if (!f->allocated)
        return;
    f->allocated = false;
    pv_put_frame(d, mfn);
}

/* ---- typed references ---- */
void pv_flush_all(struct pv_domain *d)
{
    x86_tlb_flush(d->c, true);
    d->tlb_epoch++;
}

/* The first typed reference: the frame becomes `type`. */
static int64_t become(struct pv_domain *d, uint64_t mfn, enum pv_type type)
{
    struct pv_frame *f = &d->frame[mfn];
    uint8_t was = f->type;
    int64_t rc = 0;

    if (f->owner == PVO_SHARED && type != PVT_WRITABLE)
        return -XEN_EINVAL;
    if (type != PVT_WRITABLE)
        drop_writable(d, f);
    f->type = (uint8_t)type;
    f->type_count = 1;
    f->validated = false;
    if (type >= PVT_L1 && type <= PVT_L4)
        rc = pv_table_validate(d, mfn);
    else if (type == PVT_SEG)
        rc = pv_seg_validate(d, mfn);
    if (rc != 0) {
        f->type_count = 0;
        f->type = was; /* its translations may still be there */
        return rc;
    }
    f->validated = true;
    return 0;
}

int64_t pv_get_typed(struct pv_domain *d, uint64_t mfn, enum pv_type type)
{
    struct pv_frame *f = pv_frame(d, mfn);
    int64_t rc = 0;

    if (!pv_get_frame(d, mfn))
        return -XEN_EINVAL;
    if (f->type_count == 0)
        rc = become(d, mfn, type);
    else if (f->type != type || !f->validated || f->type_count == UINT32_MAX)
        rc = -XEN_EINVAL;
    else
        f->type_count++;
    if (rc != 0)
        pv_put_frame(d, mfn);
    return rc;
}

void pv_put_typed(struct pv_domain *d, uint64_t mfn)
{
    struct pv_frame *f = &d->frame[mfn];

    if (f->type_count == 1 && f->type >= PVT_L1 && f->type <= PVT_L4)
        pv_table_release(d, mfn);
    if (--f->type_count == 0) {
        f->stamp = d->tlb_epoch;
        f->validated = false;
    }
    pv_put_frame(d, mfn);
}
