/* test_blkback.c: the PV block device's back end against a small front end. */
#include <stdio.h>

#include "common/base/bits.h"
#include "common/dev/virtio_blk.h"
#include "common/tests/suite.h"
#include "pv/blkback.h"
#include "pv/evtchn.h"
#include "pv/grant.h"
#include "pv/snapshot.h"
#include "pv/tests/pvrig.h"
#include "pv/xenstore.h"

#define SECTORS  64u
#define RING_REF 100u
#define DATA_REF 101u /* pages 20... */

struct front {
    struct pvrig *r;
    const char *path;
    uint32_t port;
    bool abi32;
    uint32_t req, rsp;
};

static uint8_t disk_byte(uint64_t at)
{
    return (uint8_t)(at / 512 * 7 + at);
}

static void grant(struct front *f, uint32_t ref, unsigned page, unsigned flags)
{
    struct grant_entry_v1 e = {
        .flags = (uint16_t)(GTF_permit_access | flags),
        .domid = PV_DOMID_BACKEND,
        .frame = (uint32_t)pvrig_mfn(f->r, pvrig_page(f->r, page))};

    pv_grant_write(f->r->d, ref, &e);
}

static void front_state(struct front *f, unsigned state)
{
    ck_assert_int_eq(
        pv_store_put(f->r->d, PV_BLK_FRONTEND "/state", "%u", state), ST_OK);
}

static unsigned back_state(struct front *f)
{
    uint64_t v;

    ck_assert(pv_store_get_number(f->r->d, PV_BLK_BACKEND "/state", &v));
    return (unsigned)v;
}

static uint64_t ring_va(struct front *f)
{
    return pvrig_page(f->r, 10);
}

static void publish(struct front *f)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF};
    struct pv_domain *d = f->r->d;
    const uint32_t fresh[4] = {0, 1, 0, 1};
    uint8_t zero[PAGE_SIZE] = {0};

    ck_assert_int_eq(pvrig_op(f->r, __HYPERVISOR_event_channel_op,
                              EVTCHNOP_alloc_unbound, &op, sizeof(op)),
                     0);
    f->port = op.port;
    f->req = f->rsp = 0;
    pvrig_put(f->r, ring_va(f), zero, sizeof(zero));
    pvrig_put(f->r, ring_va(f), fresh, sizeof(fresh));
    grant(f, RING_REF, 10, 0);
    pv_store_put(d, PV_BLK_FRONTEND "/ring-ref", "%u", RING_REF);
    pv_store_put(d, PV_BLK_FRONTEND "/event-channel", "%u", f->port);
    pv_store_put(d, PV_BLK_FRONTEND "/protocol", "%s",
                 f->abi32 ? "x86_32-abi" : "x86_64-abi");
}

static struct front front(int i)
{
    static uint8_t file[SECTORS * 512];
    struct front f = {.abi32 = i == 1};
    size_t k;

    for (k = 0; k < sizeof(file); k++)
        file[k] = disk_byte(k);
    f.path = suite_tmpfile("disk", file, sizeof(file));
    f.r = pvrig_new(i == 1, f.path);
    return f;
}

static struct front connected(int i)
{
    struct front f = front(i);

    ck_assert_uint_eq(back_state(&f), XenbusStateInitWait);
    publish(&f);
    front_state(&f, XenbusStateInitialised);
    ck_assert_uint_eq(back_state(&f), XenbusStateConnected);
    front_state(&f, XenbusStateConnected);
    return f;
}

/* Requests of up to 11 segments; segment i is grant DATA_REF + i. */
static void request(struct front *f, unsigned op, uint64_t sector, unsigned nr,
                    unsigned first, unsigned last)
{
    unsigned size = f->abi32 ? 108 : 112, seg = f->abi32 ? 20 : 24, i;
    uint8_t raw[112] = {0};

    raw[0] = (uint8_t)op;
    raw[1] = (uint8_t)nr;
    put_le64(raw + (f->abi32 ? 4 : 8), 0x1234567890ull + f->req);
    put_le64(raw + (f->abi32 ? 12 : 16), sector);
    for (i = 0; i < 11; i++) {
        put_le32(raw + seg + 8 * i, DATA_REF + i);
        raw[seg + 8 * i + 4] = (uint8_t)first;
        raw[seg + 8 * i + 5] = (uint8_t)last;
    }
    pvrig_put(f->r, ring_va(f) + 64 + f->req % PV_BLK_RING * size, raw, size);
    f->req++;
    pvrig_put(f->r, ring_va(f), &f->req, 4);
}

static void ring(struct front *f)
{
    struct evtchn_send op = {.port = f->port};

    ck_assert_int_eq(pvrig_op(f->r, __HYPERVISOR_event_channel_op,
                              EVTCHNOP_send, &op, sizeof(op)),
                     0);
}

/* The next answer's status; 99: there is none. */
static int answer(struct front *f)
{
    unsigned size = f->abi32 ? 108 : 112;
    uint8_t raw[12];

    if (pvrig_get32(f->r, ring_va(f) + 8) == f->rsp)
        return 99;
    pvrig_get(f->r, ring_va(f) + 64 + f->rsp % PV_BLK_RING * size, raw, 12);
    ck_assert_uint_eq(get_le64(raw), 0x1234567890ull + f->rsp);
    f->rsp++;
    return (int16_t)get_le16(raw + 10);
}

/* Do one request to its end. */
static int carry_out(struct front *f, unsigned op, uint64_t sector, unsigned nr,
                     unsigned first, unsigned last)
{
    request(f, op, sector, nr, first, last);
    ring(f);
    pvrig_advance(f->r, 1000000);
    return answer(f);
}

START_TEST(introduces)
{
    struct front f = front(_i);
    char buf[64];

    ck_assert(
        pv_store_get(f.r->d, PV_BLK_FRONTEND "/backend", buf, sizeof(buf)));
    ck_assert_str_eq(buf, PV_BLK_BACKEND);
    publish(&f);
    front_state(&f, XenbusStateInitialised);
    ck_assert(
        pv_store_get(f.r->d, PV_BLK_BACKEND "/sectors", buf, sizeof(buf)));
    ck_assert_str_eq(buf, "64");
    ck_assert(
        pv_store_get(f.r->d, PV_BLK_BACKEND "/sector-size", buf, sizeof(buf)));
    ck_assert_str_eq(buf, "512");
    pvrig_free(f.r);
}
END_TEST

START_TEST(no_disk)
{
    struct pvrig *r = pvrig_new(false, NULL);

    ck_assert_ptr_null(r->d->blk);
    ck_assert_ptr_null(pv_store_tree_find(r->d->store->tree, PV_BLK_FRONTEND));
    pvrig_free(r);
}
END_TEST

START_TEST(reads_and_writes)
{
    struct front f = connected(_i);
    uint8_t buf[1024], want[1024];
    unsigned i;
    FILE *file;

    grant(&f, DATA_REF, 20, 0);
    grant(&f, DATA_REF + 1, 21, 0);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_READ, 4, 2, 1, 2), 0);
    ck_assert(pvrig_pending(f.r, f.port));
    pvrig_get(f.r, pvrig_page(f.r, 21) + 512, buf, 1024);
    for (i = 0; i < 1024; i++)
        ck_assert_uint_eq(buf[i], disk_byte(6 * 512 + i));
    memset(want, 0xa5, sizeof(want));
    pvrig_put(f.r, pvrig_page(f.r, 20), want, sizeof(want));
    grant(&f, DATA_REF, 20, GTF_readonly);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_WRITE, 62, 1, 0, 1), 0);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0, 0), 0);
    file = fopen(f.path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 62 * 512, SEEK_SET), 0);
    ck_assert_uint_eq(fread(buf, 1, 1024, file), 1024);
    fclose(file);
    ck_assert_mem_eq(buf, want, sizeof(want));
    pvrig_free(f.r);
}
END_TEST

/* As the virtio device: in order, each in its time. */
START_TEST(takes_time)
{
    struct front f = connected(_i);
    unsigned i;

    grant(&f, DATA_REF, 20, 0);
    for (i = 0; i < PV_BLK_RING; i++)
        request(&f, BLKIF_OP_READ, i, 1, 0, 0);
    ring(&f);
    pvrig_advance(f.r, VIRTIO_BLK_LATENCY_NS + 511);
    ck_assert_int_eq(answer(&f), 99);
    pvrig_advance(f.r, 1);
    ck_assert_int_eq(answer(&f), 0);
    ck_assert_int_eq(answer(&f), 99);
    pvrig_advance(f.r, PV_BLK_RING * (VIRTIO_BLK_LATENCY_NS + 512));
    for (i = 1; i < PV_BLK_RING; i++)
        ck_assert_int_eq(answer(&f), 0);
    ck_assert_int_eq(answer(&f), 99);
    pvrig_free(f.r);
}
END_TEST

START_TEST(errors)
{
    static const struct {
        unsigned op;
        uint64_t sector;
        unsigned nr, first, last;
        int status;
    } cases[] = {
        {BLKIF_OP_READ, 64, 1, 0, 0, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, 63, 1, 0, 1, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, UINT64_MAX, 1, 0, 0, BLKIF_RSP_ERROR},
        {BLKIF_OP_WRITE, 1ull << 55, 1, 0, 0, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, 0, 0, 0, 0, BLKIF_RSP_ERROR},
        {BLKIF_OP_WRITE, 0, 0, 0, 0, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, 0, 12, 0, 0, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, 0, 255, 0, 0, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, 0, 1, 2, 1, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, 0, 1, 0, 8, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, 0, 1, 0, 255, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, 0, 2, 0, 0, BLKIF_RSP_ERROR}, /* not granted */
        {BLKIF_OP_WRITE, 0, 2, 0, 0, BLKIF_RSP_ERROR},
        {BLKIF_OP_WRITE_BARRIER, 0, 1, 0, 0, BLKIF_RSP_EOPNOTSUPP},
        {BLKIF_OP_DISCARD, 0, 1, 0, 0, BLKIF_RSP_EOPNOTSUPP},
        {BLKIF_OP_INDIRECT, 0, 1, 0, 0, BLKIF_RSP_EOPNOTSUPP},
        {99, 0, 1, 0, 0, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, 0, 1, 0, 0, BLKIF_RSP_OKAY},
    };
    struct front f = connected(_i);
    size_t i;

    grant(&f, DATA_REF, 20, 0);
    for (i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_msg(carry_out(&f, cases[i].op, cases[i].sector, cases[i].nr,
                                cases[i].first,
                                cases[i].last) == cases[i].status,
                      "case %zu", i);
    /* A page that is granted for reading only is not written. */
    grant(&f, DATA_REF, 20, GTF_readonly);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_READ, 0, 1, 0, 0), BLKIF_RSP_ERROR);
    pvrig_free(f.r);
}
END_TEST

/* More requests than the ring holds: nothing more is looked at. */
START_TEST(spoilt_ring)
{
    struct front f = connected(_i);
    uint32_t prod = f.req + PV_BLK_RING + 1;

    grant(&f, DATA_REF, 20, 0);
    pvrig_put(f.r, ring_va(&f), &prod, 4);
    ring(&f);
    pvrig_advance(f.r, 100000000);
    ck_assert_int_eq(answer(&f), 99);
    ck_assert(f.r->d->blk->ring.broken);
    pvrig_free(f.r);
}
END_TEST

START_TEST(bad_transport)
{
    static const char *const path[] = {PV_BLK_FRONTEND "/ring-ref",
                                       PV_BLK_FRONTEND "/event-channel"};
    static const char *const value[] = {"",  "x",   "-1",  "99999999999",
                                        "7", "513", "3000"};
    struct front f = front(_i % 2);
    uint64_t ring_mfn = pvrig_mfn(f.r, ring_va(&f));
    uint32_t count = pv_frame(f.r->d, ring_mfn)->count;

    publish(&f);
    pv_store_put(f.r->d, path[_i % 2], "%s", value[_i / 2]);
    front_state(&f, XenbusStateInitialised);
    ck_assert_uint_eq(back_state(&f), XenbusStateClosing);
    ck_assert(!f.r->d->blk->bus.connected);
    ck_assert_uint_eq(pv_frame(f.r->d, ring_mfn)->count, count);
    pvrig_free(f.r);
}
END_TEST

START_TEST(goes_and_comes_back)
{
    struct front f = connected(_i);
    uint64_t ring_mfn = pvrig_mfn(f.r, ring_va(&f));
    struct grant_entry_v1 e;

    grant(&f, DATA_REF, 20, 0);
    pv_grant_read(f.r->d, RING_REF, &e);
    ck_assert_uint_ne(e.flags & GTF_writing, 0);
    request(&f, BLKIF_OP_READ, 0, 1, 0, 0);
    ring(&f);
    front_state(&f, XenbusStateClosing);
    ck_assert_uint_eq(back_state(&f), XenbusStateClosing);
    front_state(&f, XenbusStateClosed); /* with a request in flight */
    ck_assert_uint_eq(back_state(&f), XenbusStateClosed);
    ck_assert_uint_eq(clock_next_due(&f.r->m->clock) == CLOCK_NEVER ||
                          f.r->d->blk->done.due == CLOCK_NEVER,
                      true);
    pv_grant_read(f.r->d, RING_REF, &e);
    ck_assert_uint_eq(e.flags, GTF_permit_access);
    ck_assert_uint_eq(pv_evtchn_port(f.r->d, f.port)->state, PVE_UNBOUND);
    ck_assert_uint_gt(pv_frame(f.r->d, ring_mfn)->count, 0);
    front_state(&f, XenbusStateInitialising);
    ck_assert_uint_eq(back_state(&f), XenbusStateInitWait);
    publish(&f);
    front_state(&f, XenbusStateInitialised);
    ck_assert_uint_eq(back_state(&f), XenbusStateConnected);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_READ, 0, 1, 0, 0), 0);
    pvrig_free(f.r);
}
END_TEST

static void whole(struct pvrig *r, struct snap *s)
{
    machine_snapshot(r->m, s, true);
    pv_snapshot(r->v, s);
}

/* Back to a request in flight: the same state, the same answer again. */
START_TEST(snapshot)
{
    struct front f = connected(_i);
    struct snap save, load;
    struct error err;
    uint64_t before;

    grant(&f, DATA_REF, 20, 0);
    request(&f, BLKIF_OP_READ, 3, 1, 0, 0);
    ring(&f);
    before = pvrig_hash(f.r);
    snap_init_save(&save, &f.r->m->clock);
    whole(f.r, &save);
    ck_assert_ok(snap_status(&save, &err), &err);
    pvrig_advance(f.r, 1000000);
    ck_assert_int_eq(answer(&f), 0);
    front_state(&f, XenbusStateClosed);
    ck_assert_uint_ne(pvrig_hash(f.r), before);
    snap_init_load(&load, &f.r->m->clock, save.buf, save.len);
    whole(f.r, &load);
    ck_assert_ok(snap_status(&load, &err), &err);
    ck_assert_uint_eq(pvrig_hash(f.r), before);
    f.rsp--;
    ck_assert_int_eq(answer(&f), 99);
    pvrig_advance(f.r, 1000000);
    ck_assert_int_eq(answer(&f), 0);
    snap_fini(&save);
    pvrig_free(f.r);
}
END_TEST

Suite *test_blkback_suite(void)
{
    Suite *s = suite_create("blkback");
    TCase *tc = tcase_create("disk");

    tcase_add_loop_test(tc, introduces, 0, 2);
    tcase_add_test(tc, no_disk);
    tcase_add_loop_test(tc, reads_and_writes, 0, 2);
    tcase_add_loop_test(tc, takes_time, 0, 2);
    tcase_add_loop_test(tc, errors, 0, 2);
    tcase_add_loop_test(tc, spoilt_ring, 0, 2);
    tcase_add_loop_test(tc, bad_transport, 0, 14);
    tcase_add_loop_test(tc, goes_and_comes_back, 0, 2);
    tcase_add_loop_test(tc, snapshot, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
