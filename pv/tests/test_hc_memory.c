/* test_hc_memory.c: memory_op: frames taken, given up and exchanged, the maps,
 * and what is refused. */
#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "pv/check.h"
#include "pv/frames.h"
#include "pv/memop.h"
#include "pv/mmu.h"
#include "pv/preempt.h"
#include "pv/tests/pvrig.h"

#define NR __HYPERVISOR_memory_op

static uint64_t list(const struct pvrig *r)
{
    return pvrig_page(r, 4);
}

static void put_frame(struct pvrig *r, unsigned n, uint64_t frame)
{
    unsigned w = pv_pfn_bytes(r->d);

    pvrig_put(r, list(r) + n * w, &frame, w);
}

static uint64_t get_frame(struct pvrig *r, unsigned n)
{
    unsigned w = pv_pfn_bytes(r->d);
    uint64_t v = 0;

    pvrig_get(r, list(r) + n * w, &v, w);
    return v;
}

static uint64_t m2p(struct pvrig *r, uint64_t mfn)
{
    unsigned w = pv_pfn_bytes(r->d);
    uint64_t v = 0;

    gmem_read(&r->m->mem, (r->d->m2p_mfn << PAGE_SHIFT) + mfn * w, &v, w);
    return v;
}

/* A reservation at `at`. */
static void put_extents(struct pvrig *r, uint64_t at,
                        const struct pv_extents *x)
{
    const uint32_t raw32[5] = {(uint32_t)x->list, (uint32_t)x->nr, x->order, 0,
                               (uint32_t)x->domid};
    struct xen_memory_reservation raw = {.nr_extents = x->nr,
                                         .extent_order = x->order,
                                         .domid = (domid_t)x->domid};

    memcpy(&raw.extent_start, &x->list, sizeof(x->list));
    if (r->d->is32)
        pvrig_put(r, at, raw32, sizeof(raw32));
    else
        pvrig_put(r, at, &raw, sizeof(raw));
}

static int64_t reserve(struct pvrig *r, uint64_t op, uint64_t nr,
                       unsigned order)
{
    const struct pv_extents x = {list(r), nr, order, DOMID_SELF};

    put_extents(r, pvrig_page(r, 0), &x);
    return pvrig_call(r, NR, op, pvrig_page(r, 0), 0);
}

/* Give up n frames of scratch pages, which are mapped no longer. */
static void give_up(struct pvrig *r, unsigned first, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        put_frame(r, k, pvrig_mfn(r, pvrig_page(r, first + k)));
        pvrig_unmap(r, pvrig_page(r, first + k));
    }
    ck_assert_int_eq(reserve(r, XENMEM_decrease_reservation, n, 0), n);
}

/* ---- reservations ---- */
START_TEST(gives_up_and_populates)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 8)), tot = r->d->tot_pages;

    give_up(r, 8, 3);
    ck_assert_uint_eq(r->d->tot_pages, tot - 3);
    ck_assert_uint_eq(r->d->frame[mfn].owner, PVO_FREE);
    ck_assert_uint_eq(m2p(r, mfn), r->d->is32 ? UINT32_MAX : UINT64_MAX);
    /* A frame that is given up twice */
    put_frame(r, 0, mfn);
    ck_assert_int_eq(reserve(r, XENMEM_decrease_reservation, 1, 0), 0);
    for (unsigned k = 0; k < 4; k++)
        put_frame(r, k, 100 + k);
    /* No more than the domain may have */
    ck_assert_int_eq(reserve(r, XENMEM_populate_physmap, 4, 0), 3);
    ck_assert_uint_eq(m2p(r, get_frame(r, 2)), 102);
    ck_assert_uint_eq(get_frame(r, 3), 103);
    ck_assert_uint_eq(r->d->tot_pages, tot);
    pvrig_done(r);
}
END_TEST

/* Runs of frames: aligned, the domain's, and empty. */
START_TEST(takes_runs)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t first, byte = 1;

    give_up(r, 8, 16);
    put_frame(r, 0, 200);
    ck_assert_int_eq(reserve(r, XENMEM_populate_physmap, 1, 3), 1);
    first = get_frame(r, 0);
    ck_assert_uint_eq(first % 8, 0);
    for (unsigned k = 0; k < 8; k++) {
        ck_assert_uint_eq(r->d->frame[first + k].owner, PVO_DOMAIN);
        ck_assert_uint_eq(m2p(r, first + k), 200 + k);
    }
    pv_read_frame(r->d, first + 7, 4095, &byte, 1);
    ck_assert_uint_eq(byte, 0);
    ck_assert_int_eq(reserve(r, XENMEM_increase_reservation, 1, 3), 1);
    ck_assert_uint_eq(get_frame(r, 0) % 8, 0);
    ck_assert_int_eq(reserve(r, XENMEM_increase_reservation, 1, 3), 0);
    ck_assert_int_eq(reserve(r, XENMEM_decrease_reservation, 1, 3), 1);
    /* Too large, as Xen has it */
    ck_assert_int_eq(reserve(r, XENMEM_increase_reservation, 1, 10), 0);
    ck_assert_int_eq(reserve(r, XENMEM_increase_reservation, 1, UINT32_MAX), 0);
    ck_assert_int_eq(reserve(r, XENMEM_decrease_reservation, 1, 10), 0);
    pvrig_done(r);
}
END_TEST

/* Frames that are no frames of the guest's, or in use: nothing changes. */
START_TEST(keeps_what_is_not_the_guests)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    const uint64_t bad[] = {0,
                            0xa0,
                            r->d->m2p_mfn,
                            r->d->shared_mfn,
                            r->d->gdt_page_mfn,
                            r->d->nr_frames,
                            r->d->is32 ? UINT32_MAX : UINT64_MAX};
    uint64_t mapped = pvrig_mfn(r, pvrig_page(r, 8));

    for (unsigned n = 0; n < ARRAY_LEN(bad); n++) {
        uint64_t before;

        put_frame(r, 0, bad[n]);
        put_extents(r, pvrig_page(r, 0),
                    &(struct pv_extents){list(r), 1, 0, DOMID_SELF});
        before = pvrig_hash(r);
        ck_assert_int_eq(reserve(r, XENMEM_decrease_reservation, 1, 0), 0);
        ck_assert_uint_eq(pvrig_hash(r), before);
    }
    /* A mapped one goes when it is unmapped; a page table only then too. */
    put_frame(r, 0, mapped);
    ck_assert_int_eq(reserve(r, XENMEM_decrease_reservation, 1, 0), 1);
    ck_assert_uint_eq(r->d->frame[mapped].owner, PVO_DOMAIN);
    ck_assert(pv_check(r->d));
    pvrig_unmap(r, pvrig_page(r, 8));
    ck_assert_uint_eq(r->d->frame[mapped].owner, PVO_FREE);
    pvrig_done(r);
}
END_TEST

/* A freed frame takes no writable translation with it. */
START_TEST(flushes_what_it_frees)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t epoch;

    put_frame(r, 0, pvrig_mfn(r, pvrig_page(r, 8)));
    pvrig_unmap(r, pvrig_page(r, 8));
    epoch = r->d->tlb_epoch;
    ck_assert_int_eq(reserve(r, XENMEM_decrease_reservation, 1, 0), 1);
    ck_assert_uint_gt(r->d->tlb_epoch, epoch);
    pvrig_done(r);
}
END_TEST

START_TEST(hostile_reservations)
{
    static const unsigned ops[] = {XENMEM_increase_reservation,
                                   XENMEM_decrease_reservation,
                                   XENMEM_populate_physmap};
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t at = pvrig_page(r, 0), before;

    for (unsigned n = 0; n < ARRAY_LEN(ops); n++) {
        for (unsigned k = 0; k < PVRIG_BAD; k++) {
            const struct pv_extents x = {pvrig_bad(r, k), 1, 0, DOMID_SELF};

            ck_assert_int_eq(pvrig_call(r, NR, ops[n], pvrig_bad(r, k), 0), 0);
            /* Where it was preempted before, that is the answer. */
            ck_assert_int_eq(pvrig_call(r, NR, 7 << PV_MEMOP_OP_BITS | ops[n],
                                        pvrig_bad(r, k), 0),
                             7);
            put_extents(r, at, &x);
            ck_assert_int_eq(pvrig_call(r, NR, ops[n], at, 0), 0);
        }
        put_extents(r, at, &(struct pv_extents){list(r), 1, 0, 77});
        ck_assert_int_eq(pvrig_call(r, NR, ops[n], at, 0), 0);
        put_extents(r, at, &(struct pv_extents){list(r), 1, 0, 0});
        before = pvrig_hash(r);
        ck_assert_int_eq(pvrig_call(r, NR, ops[n], at, 0), 0);
        ck_assert_uint_eq(pvrig_hash(r), before);
        ck_assert_int_eq(reserve(r, ops[n], UINT32_MAX, 0), 0);
        ck_assert_int_eq(
            reserve(r, (uint64_t)5 << PV_MEMOP_OP_BITS | ops[n], 5, 0), 5);
    }
    /* A read-only list takes no results: no frame is taken. */
    give_up(r, 8, 1);
    put_extents(r, at, &(struct pv_extents){r->tables, 1, 0, DOMID_SELF});
    before = pvrig_hash(r);
    ck_assert_int_eq(pvrig_call(r, NR, XENMEM_increase_reservation, at, 0), 0);
    ck_assert_uint_eq(r->d->tot_pages, r->d->max_pages - 1);
    pvrig_done(r);
}
END_TEST

/* A count that no list has: it is cut, and goes on where it was. */
START_TEST(long_lists_give_way)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    const struct x86_state *s = &r->d->c->s;
    unsigned op = XENMEM_decrease_reservation;
    uint64_t ip = s->r[R_IP];

    put_frame(r, 0, pvrig_mfn(r, pvrig_page(r, 8)));
    put_frame(r, 1, pvrig_mfn(r, pvrig_page(r, 9)));
    r->v->kicked = 1;
    r->v->icount++;
    reserve(r, op, UINT32_MAX >> PV_MEMOP_OP_BITS, 0);
    r->v->kicked = 0;
    ck_assert_uint_eq(s->r[R_IP], ip - 2);
    ck_assert_uint_eq(s->r[R_AX], NR);
    ck_assert_uint_eq(s->r[_i == 1 ? R_BX : R_DI], 1 << PV_MEMOP_OP_BITS | op);
    /* The list ends at a frame that is no longer the guest's. */
    put_frame(r, 2, 0);
    ck_assert_int_eq(pvrig_call(r, NR, s->r[_i == 1 ? R_BX : R_DI],
                                s->r[_i == 1 ? R_CX : R_SI], 0),
                     2);
    pvrig_done(r);
}
END_TEST

/* ---- exchange ---- */
static int64_t exchange(struct pvrig *r, const struct pv_extents *in,
                        const struct pv_extents *out, uint64_t *nr)
{
    uint64_t at = pvrig_page(r, 0), end = at + 2 * pv_extents_bytes(r->d);
    int64_t rc;

    put_extents(r, at, in);
    put_extents(r, at + pv_extents_bytes(r->d), out);
    pvrig_put(r, end, nr, pv_pfn_bytes(r->d));
    rc = pvrig_call(r, NR, XENMEM_exchange, at, 0);
    *nr = 0;
    pvrig_get(r, end, nr, pv_pfn_bytes(r->d));
    return rc;
}

/* Eight frames for eight in a row, and back for single ones. */
START_TEST(exchanges)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    unsigned w = pv_pfn_bytes(r->d);
    struct pv_extents in = {list(r), 8, 0, DOMID_SELF};
    struct pv_extents out = {list(r) + 64ull * w, 1, 3, DOMID_SELF};
    uint64_t old = pvrig_mfn(r, pvrig_page(r, 8)), nr = 0, first;
    uint64_t tot = r->d->tot_pages;

    for (unsigned k = 0; k < 8; k++) {
        put_frame(r, k, pvrig_mfn(r, pvrig_page(r, 8 + k)));
        pvrig_unmap(r, pvrig_page(r, 8 + k));
        put_frame(r, 80 + k, 300 + k);
    }
    put_frame(r, 64, 500);
    ck_assert_int_eq(exchange(r, &in, &out, &nr), 0);
    ck_assert_uint_eq(nr, 8);
    first = get_frame(r, 64);
    ck_assert_uint_eq(first % 8, 0);
    ck_assert_uint_eq(m2p(r, first + 7), 507);
    ck_assert_uint_eq(r->d->frame[old].owner, PVO_FREE);
    ck_assert_uint_eq(r->d->tot_pages, tot);
    ck_assert(pv_check(r->d));
    in = (struct pv_extents){list(r) + 64ull * w, 1, 3, DOMID_SELF};
    out = (struct pv_extents){list(r) + 80ull * w, 8, 0, DOMID_SELF};
    nr = 0;
    ck_assert_int_eq(exchange(r, &in, &out, &nr), 0);
    ck_assert_uint_eq(nr, 1);
    ck_assert_uint_eq(m2p(r, get_frame(r, 87)), 307);
    ck_assert_uint_eq(r->d->frame[first].owner, PVO_FREE);
    pvrig_done(r);
}
END_TEST

START_TEST(exchanges_nothing)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t l = list(r), l2 = l + 1024, bad = pvrig_bad(r, 3), hash;
    const struct {
        struct pv_extents in, out;
        uint64_t nr;
        int rc;
    } c[] = {
        {{l, 1, 10, DOMID_SELF}, {l2, 1, 10, DOMID_SELF}, 0, -XEN_EPERM},
        {{l, 1, 0, DOMID_SELF}, {l2, 1, 10, DOMID_SELF}, 0, -XEN_EPERM},
        {{l, 1, 0, DOMID_SELF}, {l2, 2, 0, DOMID_SELF}, 0, -XEN_EINVAL},
        {{l, 1, 0, DOMID_SELF}, {l2, 1, 0, 7}, 0, -XEN_EINVAL},
        {{l, 1, 0, DOMID_SELF}, {l2, 1, 0, DOMID_SELF}, 2, -XEN_EINVAL},
        {{l, 1, 0, 7}, {l2, 1, 0, 7}, 0, -XEN_ESRCH},
        {{l, 1, 0, 0}, {l2, 1, 0, 0}, 0, -XEN_EPERM},
        {{bad, 1, 0, DOMID_SELF}, {l2, 1, 0, DOMID_SELF}, 0, -XEN_EFAULT},
        {{l, 1, 0, DOMID_SELF}, {bad, 1, 0, DOMID_SELF}, 0, -XEN_EFAULT},
        /* It is the second that is still mapped: none goes. */
        {{l, 2, 0, DOMID_SELF}, {l2, 1, 1, DOMID_SELF}, 0, -XEN_EINVAL},
        /* One frame twice */
        {{l + 512, 2, 0, DOMID_SELF}, {l2, 1, 1, DOMID_SELF}, 0, -XEN_EINVAL},
        /* Results that could not be delivered */
        {{l, 1, 0, DOMID_SELF}, {r->tables, 1, 0, DOMID_SELF}, 0, -XEN_EFAULT},
    };

    put_frame(r, 0, pvrig_mfn(r, pvrig_page(r, 8)));
    put_frame(r, 1, pvrig_mfn(r, pvrig_page(r, 9)));
    put_frame(r, 512 / pv_pfn_bytes(r->d), get_frame(r, 0));
    put_frame(r, 512 / pv_pfn_bytes(r->d) + 1, get_frame(r, 0));
    pvrig_unmap(r, pvrig_page(r, 8));
    for (unsigned n = 0; n < ARRAY_LEN(c); n++) {
        uint64_t nr = c[n].nr, free = r->d->nr_free;

        ck_assert_msg(exchange(r, &c[n].in, &c[n].out, &nr) == c[n].rc,
                      "case %u", n);
        ck_assert_uint_eq(nr, c[n].nr);
        ck_assert_uint_eq(r->d->nr_free, free);
    }
    hash = pvrig_hash(r);
    for (unsigned n = 0; n < PVRIG_BAD; n++)
        ck_assert_int_eq(pvrig_call(r, NR, XENMEM_exchange, pvrig_bad(r, n), 0),
                         -XEN_EFAULT);
    ck_assert_int_eq(pvrig_call(r, NR, 1 << PV_MEMOP_OP_BITS | XENMEM_exchange,
                                pvrig_page(r, 0), 0),
                     -XEN_EINVAL);
    ck_assert_uint_eq(pvrig_hash(r), hash);
    pvrig_done(r);
}
END_TEST

/* A number of extents that nobody has, in one call. */
START_TEST(exchanges_no_multitude)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    const struct pv_extents in = {list(r), UINT32_MAX, 0, DOMID_SELF};
    const struct pv_extents out = {list(r) + 1024, UINT32_MAX, 0, DOMID_SELF};
    uint64_t nr = 0;

    put_frame(r, 0, 0);
    ck_assert_int_lt(exchange(r, &in, &out, &nr), 0);
    ck_assert_uint_eq(nr, 0);
    pvrig_done(r);
}
END_TEST

/* ---- what there is, and the maps ---- */
START_TEST(tells_what_there_is)
{
    static const unsigned ops[] = {XENMEM_current_reservation,
                                   XENMEM_maximum_reservation,
                                   XENMEM_maximum_gpfn};
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    domid_t self = DOMID_SELF, other = 77, zero = 0;
    const int64_t want[] = {(int64_t)r->d->tot_pages, (int64_t)r->d->max_pages,
                            0};

    ck_assert_int_eq(pvrig_call(r, NR, XENMEM_maximum_ram_page, 0, 0),
                     (int64_t)r->d->nr_frames);
    for (unsigned n = 0; n < ARRAY_LEN(ops); n++) {
        ck_assert_int_eq(pvrig_op(r, NR, ops[n], &self, 2), want[n]);
        ck_assert_int_eq(pvrig_op(r, NR, ops[n], &other, 2), -XEN_ESRCH);
        ck_assert_int_eq(pvrig_op(r, NR, ops[n], &zero, 2), -XEN_EPERM);
        for (unsigned k = 0; k < PVRIG_BAD; k++)
            ck_assert_int_eq(pvrig_call(r, NR, ops[n], pvrig_bad(r, k), 0),
                             -XEN_EFAULT);
        ck_assert_int_eq(
            pvrig_call(r, NR, 1 << PV_MEMOP_OP_BITS | ops[n], 0, 0),
            -XEN_EINVAL);
    }
    pvrig_done(r);
}
END_TEST

/* struct xen_memory_map, and before it for set_memory_map the domain. */
static unsigned put_map(struct pvrig *r, uint64_t at, bool set, uint16_t domid,
                        uint32_t nr, uint64_t buffer)
{
    unsigned w = pv_pfn_bytes(r->d), head = set ? w : 0;
    uint8_t raw[24] = {0};

    memcpy(raw, &domid, set ? 2 : 0);
    memcpy(raw + head, &nr, 4);
    memcpy(raw + head + w, &buffer, w);
    pvrig_put(r, at, raw, head + 2 * w);
    return head;
}

static int64_t memory_map(struct pvrig *r, bool set, uint16_t domid,
                          uint32_t nr, uint64_t buffer)
{
    uint64_t at = pvrig_page(r, 0);

    put_map(r, at, set, domid, nr, buffer);
    return pvrig_call(r, NR, set ? XENMEM_set_memory_map : XENMEM_memory_map,
                      at, 0);
}

START_TEST(keeps_a_memory_map)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t from = pvrig_page(r, 1), to = pvrig_page(r, 2);
    uint8_t entry[40], got[40];

    memset(entry, 0x5a, sizeof(entry));
    pvrig_put(r, from, entry, sizeof(entry));
    ck_assert_int_eq(memory_map(r, false, 0, 8, to), -XEN_ENOSYS);
    ck_assert_int_eq(memory_map(r, true, DOMID_SELF, 1025, from), -XEN_EINVAL);
    ck_assert_int_eq(memory_map(r, true, DOMID_SELF, UINT32_MAX, from),
                     -XEN_EINVAL);
    ck_assert_int_eq(memory_map(r, true, 77, 2, from), -XEN_ESRCH);
    ck_assert_int_eq(memory_map(r, true, 0, 2, from), -XEN_EPERM);
    ck_assert_int_eq(memory_map(r, true, DOMID_SELF, 2, pvrig_bad(r, 0)),
                     -XEN_EFAULT);
    ck_assert_int_eq(memory_map(r, false, 0, 8, to), -XEN_ENOSYS);
    ck_assert_int_eq(memory_map(r, true, DOMID_SELF, 2, from), 0);
    ck_assert_int_eq(memory_map(r, false, 0, 8, to), 0);
    ck_assert_uint_eq(pvrig_get32(r, pvrig_page(r, 0)), 2);
    pvrig_get(r, to, got, sizeof(got));
    ck_assert_mem_eq(got, entry, sizeof(got));
    ck_assert_int_eq(memory_map(r, false, 0, 1, r->tables), -XEN_EFAULT);
    for (unsigned n = 0; n < PVRIG_BAD; n++) {
        ck_assert_int_eq(
            pvrig_call(r, NR, XENMEM_memory_map, pvrig_bad(r, n), 0),
            -XEN_EFAULT);
        ck_assert_int_eq(
            pvrig_call(r, NR, XENMEM_set_memory_map, pvrig_bad(r, n), 0),
            -XEN_EFAULT);
    }
    pvrig_done(r);
}
END_TEST

START_TEST(tells_where_the_m2p_is)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    unsigned w = pv_pfn_bytes(r->d);
    uint64_t at = pvrig_page(r, 0), nr = UINT32_MAX;
    uint64_t raw[3] = {0};

    ck_assert_int_eq(pvrig_call(r, NR, XENMEM_machphys_mapping, at, 0), 0);
    pvrig_get(r, at, raw, w);
    ck_assert_uint_eq(raw[0], r->d->is32 ? PV_HOLE32_START : PV_HOLE64_START);
    raw[0] = list(r);
    pvrig_put(r, at, &nr, 4);
    pvrig_put(r, at + w, raw, w);
    ck_assert_int_eq(pvrig_call(r, NR, XENMEM_machphys_mfn_list, at, 0), 0);
    ck_assert_uint_eq(pvrig_get32(r, at + 2 * w), 1);
    ck_assert_uint_eq(get_frame(r, 0), r->d->m2p_mfn);
    ck_assert_int_eq(pvrig_call(r, NR, XENMEM_machphys_compat_mfn_list, at, 0),
                     r->d->is32 ? 0 : -XEN_EOPNOTSUPP);
    raw[0] = r->tables;
    pvrig_put(r, at + w, raw, w);
    ck_assert_int_eq(pvrig_call(r, NR, XENMEM_machphys_mfn_list, at, 0),
                     -XEN_EFAULT);
    for (unsigned n = 0; n < PVRIG_BAD; n++) {
        ck_assert_int_eq(
            pvrig_call(r, NR, XENMEM_machphys_mapping, pvrig_bad(r, n), 0),
            -XEN_EFAULT);
        ck_assert_int_eq(
            pvrig_call(r, NR, XENMEM_machphys_mfn_list, pvrig_bad(r, n), 0),
            -XEN_EFAULT);
    }
    pvrig_done(r);
}
END_TEST

START_TEST(refuses)
{
    static const struct {
        unsigned op;
        bool looks;
        int rc;
    } c[] = {
        {XENMEM_add_to_physmap, true, -XEN_EACCES},
        {XENMEM_add_to_physmap_batch, true, -XEN_EACCES},
        {XENMEM_remove_from_physmap, true, -XEN_EACCES},
        {XENMEM_machine_memory_map, false, -XEN_EPERM},
        {XENMEM_claim_pages, true, -XEN_EPERM},
        {XENMEM_acquire_resource, true, -XEN_EPERM},
        {XENMEM_get_vnumainfo, true, -XEN_EOPNOTSUPP},
        {8, false, -XEN_ENOSYS},
        {0x3f, false, -XEN_ENOSYS},
    };
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t hash = pvrig_hash(r);

    for (unsigned n = 0; n < ARRAY_LEN(c); n++) {
        ck_assert_int_eq(pvrig_call(r, NR, c[n].op, pvrig_page(r, 0), 0),
                         c[n].rc);
        ck_assert_int_eq(pvrig_call(r, NR, c[n].op, pvrig_bad(r, 0), 0),
                         c[n].looks ? -XEN_EFAULT : c[n].rc);
    }
    ck_assert_int_eq(pvrig_call(r, NR, UINT64_MAX, 0, 0), -XEN_EINVAL);
    ck_assert_uint_eq(pvrig_hash(r), hash);
    pvrig_done(r);
}
END_TEST

Suite *test_hc_memory_suite(void)
{
    Suite *s = suite_create("hc_memory");
    TCase *tc = tcase_create("reservations");

    tcase_add_loop_test(tc, gives_up_and_populates, 0, 2);
    tcase_add_loop_test(tc, takes_runs, 0, 2);
    tcase_add_loop_test(tc, keeps_what_is_not_the_guests, 0, 2);
    tcase_add_loop_test(tc, flushes_what_it_frees, 0, 2);
    tcase_add_loop_test(tc, hostile_reservations, 0, 2);
    tcase_add_loop_test(tc, long_lists_give_way, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("exchange");
    tcase_add_loop_test(tc, exchanges, 0, 2);
    tcase_add_loop_test(tc, exchanges_nothing, 0, 2);
    tcase_add_loop_test(tc, exchanges_no_multitude, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("maps");
    tcase_add_loop_test(tc, tells_what_there_is, 0, 2);
    tcase_add_loop_test(tc, keeps_a_memory_map, 0, 2);
    tcase_add_loop_test(tc, tells_where_the_m2p_is, 0, 2);
    tcase_add_loop_test(tc, refuses, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
