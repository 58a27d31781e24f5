/* hc_exchange.c: memory_op's exchange: frames of the domain for others, which
 * lie in a row. [XEN memory.h "XENMEM_exchange"].
 *
 * It works in chunks: the larger of an extent that goes and one that comes. */
#include "pv/frames.h"
#include "pv/memop.h"
#include "pv/mmu.h"
#include "pv/preempt.h"

#define CHUNK_MAX (1u << PV_MAX_ORDER) /* frames */

struct exchange {
    uint64_t at; /* where nr_exchanged stands */
    struct pv_extents in, out;
    uint64_t done;                   /* extents of `in` */
    unsigned in_chunk, out_chunk;    /* log2 of the extents in a chunk */
    uint64_t mfn[CHUNK_MAX], nr_mfn; /* of a chunk: those that go */
    uint64_t new_mfn[CHUNK_MAX];     /* first frames of the extents that come */
    uint64_t pfn[CHUNK_MAX];
};

static int64_t read_request(struct pv_domain *d, uint64_t at,
                            struct exchange *e)
{
    unsigned n = pv_extents_bytes(d);
    int64_t rc = pv_extents_read(d, at, &e->in);

    if (rc == 0)
        rc = pv_extents_read(d, at + n, &e->out);
    e->at = at + 2ull * n;
    e->done = 0;
    return rc != 0 ? rc : pv_copy_from(d, &e->done, e->at, pv_pfn_bytes(d));
}

static int64_t check(struct pv_domain *d, struct exchange *e)
{
    const struct pv_extents *in = &e->in, *out = &e->out;

    if (in->order > PV_MAX_ORDER || out->order > PV_MAX_ORDER)
        return -XEN_EPERM;
    if (e->done > in->nr || in->domid != out->domid ||
        UINT64_MAX >> in->order < in->nr ||
        UINT64_MAX >> out->order < out->nr ||
        in->nr << in->order != out->nr << out->order)
        return -XEN_EINVAL;
    e->in_chunk = out->order > in->order ? out->order - in->order : 0;
    e->out_chunk = in->order > out->order ? in->order - out->order : 0;
    if (e->done == in->nr)
        return 0;
    if (!pv_extents_okay(d, in, e->done) ||
        !pv_extents_okay(d, out, e->done >> e->in_chunk << e->out_chunk))
        return -XEN_EFAULT;
    return in->domid == PV_DOMID ? 0 : pv_foreign(d, in->domid);
}

/* ---- one chunk: nothing changes before all of it is known to work ---- */
static int64_t find_old(struct pv_domain *d, struct exchange *e, uint64_t chunk)
{
    uint64_t j, k, first;

    e->nr_mfn = 0;
    for (j = 0; j < 1ull << e->in_chunk; j++) {
        if (!pv_extent_get(d, &e->in, (chunk << e->in_chunk) + j, &first))
            return -XEN_EFAULT;
        for (k = 0; k < 1ull << e->in.order; k++)
            e->mfn[e->nr_mfn++] = first + k;
    }
    return 0;
}

/* Frames of the domain that nothing but its ownership refers to. One that is
 * named twice is no such frame the second time. */
static int64_t steal_old(struct pv_domain *d, struct exchange *e)
{
    struct pv_frame *f;
    uint64_t n;

    for (n = 0; n < e->nr_mfn; n++) {
        f = pv_frame(d, e->mfn[n]);
        if (f == NULL || f->owner != PVO_DOMAIN || !f->allocated ||
            f->count != 1)
            break;
        f->count++; /* until the chunk is done */
    }
    if (n == e->nr_mfn)
        return 0;
    while (n-- > 0)
        pv_put_frame(d, e->mfn[n]);
    return -XEN_EINVAL;
}

static int64_t find_new(struct pv_domain *d, struct exchange *e, uint64_t chunk)
{
    uint64_t j, nr = 1ull << e->out_chunk, at = chunk << e->out_chunk;

    for (j = 0; j < nr; j++) {
        if (!pv_extent_get(d, &e->out, at + j, &e->pfn[j]) ||
            !pv_extent_put(d, &e->out, at + j, e->pfn[j]))
            return -XEN_EFAULT;
    }
    for (j = 0; j < nr; j++) {
        e->new_mfn[j] = pv_alloc_run(d, PVO_DOMAIN, e->out.order);
        if (e->new_mfn[j] == 0)
            break;
    }
    if (j == nr)
        return 0;
    while (j-- > 0)
        for (uint64_t k = 0; k < 1ull << e->out.order; k++)
            pv_release_frame(d, e->new_mfn[j] + k);
    return -XEN_ENOMEM;
}

static void put_old(struct pv_domain *d, struct exchange *e, bool gone)
{
    for (uint64_t n = 0; n < e->nr_mfn; n++) {
        if (gone) {
            pv_m2p_set(d, e->mfn[n], PV_M2P_INVALID);
            pv_release_frame(d, e->mfn[n]);
        }
        pv_put_frame(d, e->mfn[n]);
    }
}

static int64_t put_new(struct pv_domain *d, struct exchange *e, uint64_t chunk)
{
    uint64_t j, k;
    int64_t rc = 0;

    for (j = 0; j < 1ull << e->out_chunk; j++) {
        for (k = 0; k < 1ull << e->out.order; k++)
            pv_m2p_set(d, e->new_mfn[j] + k, e->pfn[j] + k);
        if (!pv_extent_put(d, &e->out, (chunk << e->out_chunk) + j,
                           e->new_mfn[j]))
            rc = -XEN_EFAULT;
    }
    return rc;
}

static int64_t do_chunk(struct pv_domain *d, struct exchange *e, uint64_t chunk)
{
    int64_t rc = find_old(d, e, chunk);

    if (rc == 0)
        rc = steal_old(d, e);
    if (rc != 0)
        return rc;
    rc = find_new(d, e, chunk);
    put_old(d, e, rc == 0);
    return rc == 0 ? put_new(d, e, chunk) : rc;
}

/* ---- all ---- */
int64_t pv_memop_exchange(struct pv_domain *d, uint64_t at)
{
    struct exchange e;
    uint64_t first, chunk, nr;
    int64_t rc = read_request(d, at, &e);

    if (rc != 0)
        return rc;
    rc = check(d, &e);
    if (rc != 0)
        return pv_copy_to(d, e.at, &e.done, pv_pfn_bytes(d)) != 0 ? -XEN_EFAULT
                                                                  : rc;
    first = chunk = e.done >> e.in_chunk;
    nr = e.in.nr >> e.in_chunk;
    for (; chunk < nr; chunk++) {
        if (chunk - first == PV_PREEMPT_ENTRIES / CHUNK_MAX ||
            (chunk > first && d->v->kicked))
            break;
        rc = do_chunk(d, &e, chunk);
        if (rc != 0)
            break;
        e.done = (chunk + 1) << e.in_chunk;
    }
    if (pv_copy_to(d, e.at, &e.done, pv_pfn_bytes(d)) != 0)
        return -XEN_EFAULT;
    if (rc != 0 || chunk >= nr)
        return rc;
    return pv_preempt(d, __HYPERVISOR_memory_op, 2,
                      (const uint64_t[]){XENMEM_exchange, at});
}
