/* test_blkback.c: the PV block device's back end against a small front end. */
#include <stdio.h>

#include "common/base/bits.h"
#include "common/dev/virtio_blk.h"
#include "common/tests/suite.h"
#include "pv/blkback.h"
#include "pv/evtchn.h"
#include "pv/grant.h"
#include "pv/snapshot.h"
#include "pv/tests/pvfront.h"

#define SECTORS  64u
#define RING_REF 100u
#define DATA_REF 101u /* pages 20... */

static uint8_t disk_byte(uint64_t at)
{
    return (uint8_t)(at / 512 * 7 + at);
}

/* The path of a fresh disk. */
static const char *disk(void)
{
    static uint8_t file[SECTORS * 512];

    for (size_t k = 0; k < sizeof(file); k++)
        file[k] = disk_byte(k);
    return suite_tmpfile("disk", file, sizeof(file));
}

static void publish(struct pvfront *f)
{
    pvfront_publish(f);
    pvfront_write(f, "protocol", f->r->d->is32 ? "x86_32-abi" : "x86_64-abi");
}

static struct pvfront front(int i, const char *path)
{
    return (struct pvfront){
        .r = pvrig_new(i == 1, path),
        .frontend = PV_BLK_FRONTEND,
        .backend = PV_BLK_BACKEND,
        .ring[0] = {.page = 10,
                    .ref = RING_REF,
                    .slots = PV_BLK_RING,
                    .bytes = i == 1 ? 108 : 112,
                    .key = "ring-ref"},
    };
}

static struct pvfront connected_to(int i, const char *path)
{
    struct pvfront f = front(i, path);

    ck_assert_uint_eq(pvfront_back_state(&f), XenbusStateInitWait);
    publish(&f);
    pvfront_state(&f, XenbusStateInitialised);
    ck_assert_uint_eq(pvfront_back_state(&f), XenbusStateConnected);
    pvfront_state(&f, XenbusStateConnected);
    return f;
}

static struct pvfront connected(int i)
{
    return connected_to(i, disk());
}

/* Requests of up to 11 segments; segment i is grant DATA_REF + i. */
static void request(struct pvfront *f, unsigned op, uint64_t sector,
                    unsigned nr, unsigned first, unsigned last)
{
    bool abi32 = f->r->d->is32;
    unsigned seg = abi32 ? 20 : 24, i;
    uint8_t raw[112] = {0};

    raw[0] = (uint8_t)op;
    raw[1] = (uint8_t)nr;
    put_le64(raw + (abi32 ? 4 : 8), 0x1234567890ull + f->ring[0].req);
    put_le64(raw + (abi32 ? 12 : 16), sector);
    for (i = 0; i < 11; i++) {
        put_le32(raw + seg + 8 * i, DATA_REF + i);
        raw[seg + 8 * i + 4] = (uint8_t)first;
        raw[seg + 8 * i + 5] = (uint8_t)last;
    }
    pvfront_request(f, 0, raw);
}

/* The next answer's status; 99: there is none. */
static int answer(struct pvfront *f)
{
    uint32_t i = f->ring[0].rsp;
    uint8_t raw[12];

    if (!pvfront_response(f, 0, raw, sizeof(raw)))
        return 99;
    ck_assert_uint_eq(get_le64(raw), 0x1234567890ull + i);
    return (int16_t)get_le16(raw + 10);
}

/* Do one request to its end. */
static int carry_out(struct pvfront *f, unsigned op, uint64_t sector,
                     unsigned nr, unsigned first, unsigned last)
{
    request(f, op, sector, nr, first, last);
    pvfront_notify(f);
    pvrig_advance(f->r, 1000000);
    return answer(f);
}

START_TEST(introduces)
{
    struct pvfront f = front(_i, disk());

    pvfront_reads(&f, PV_BLK_FRONTEND, "backend", PV_BLK_BACKEND);
    publish(&f);
    pvfront_state(&f, XenbusStateInitialised);
    pvfront_reads(&f, PV_BLK_BACKEND, "sectors", "64");
    pvfront_reads(&f, PV_BLK_BACKEND, "sector-size", "512");
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
    const char *path = disk();
    struct pvfront f = connected_to(_i, path);
    uint8_t buf[1024], want[1024];
    unsigned i;
    FILE *file;

    pvfront_grant(&f, DATA_REF, 20, 0);
    pvfront_grant(&f, DATA_REF + 1, 21, 0);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_READ, 4, 2, 1, 2), 0);
    ck_assert(pvrig_pending(f.r, f.port));
    pvrig_get(f.r, pvrig_page(f.r, 21) + 512, buf, 1024);
    for (i = 0; i < 1024; i++)
        ck_assert_uint_eq(buf[i], disk_byte(6 * 512 + i));
    memset(want, 0xa5, sizeof(want));
    pvrig_put(f.r, pvrig_page(f.r, 20), want, sizeof(want));
    pvfront_grant(&f, DATA_REF, 20, GTF_readonly);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_WRITE, 62, 1, 0, 1), 0);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0, 0), 0);
    file = fopen(path, "rb");
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
    struct pvfront f = connected(_i);
    unsigned i;

    pvfront_grant(&f, DATA_REF, 20, 0);
    for (i = 0; i < PV_BLK_RING; i++)
        request(&f, BLKIF_OP_READ, i, 1, 0, 0);
    pvfront_notify(&f);
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
    struct pvfront f = connected(_i);
    size_t i;

    pvfront_grant(&f, DATA_REF, 20, 0);
    for (i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_msg(carry_out(&f, cases[i].op, cases[i].sector, cases[i].nr,
                                cases[i].first,
                                cases[i].last) == cases[i].status,
                      "case %zu", i);
    /* A page that is granted for reading only is not written. */
    pvfront_grant(&f, DATA_REF, 20, GTF_readonly);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_READ, 0, 1, 0, 0), BLKIF_RSP_ERROR);
    pvrig_free(f.r);
}
END_TEST

/* More requests than the ring holds: nothing more is looked at. */
START_TEST(spoilt_ring)
{
    struct pvfront f = connected(_i);
    uint32_t prod = f.ring[0].req + PV_BLK_RING + 1;

    pvfront_grant(&f, DATA_REF, 20, 0);
    pvrig_put(f.r, pvfront_at(&f, 0), &prod, 4);
    pvfront_notify(&f);
    pvrig_advance(f.r, 100000000);
    ck_assert_int_eq(answer(&f), 99);
    ck_assert(f.r->d->blk->ring.broken);
    pvrig_free(f.r);
}
END_TEST

START_TEST(bad_transport)
{
    static const char *const key[] = {"ring-ref", "event-channel"};
    struct pvfront f = front(_i % 2, disk());

    publish(&f);
    pvfront_refused(&f, key[_i % 2], _i / 2, XenbusStateInitialised);
    ck_assert(!f.r->d->blk->bus.connected);
    pvrig_free(f.r);
}
END_TEST

START_TEST(goes_and_comes_back)
{
    struct pvfront f = connected(_i);
    uint64_t ring_mfn = pvrig_mfn(f.r, pvfront_at(&f, 0));
    struct grant_entry_v1 e;

    pvfront_grant(&f, DATA_REF, 20, 0);
    pv_grant_read(f.r->d, RING_REF, &e);
    ck_assert_uint_ne(e.flags & GTF_writing, 0);
    request(&f, BLKIF_OP_READ, 0, 1, 0, 0);
    pvfront_notify(&f);
    pvfront_state(&f, XenbusStateClosing);
    ck_assert_uint_eq(pvfront_back_state(&f), XenbusStateClosing);
    pvfront_state(&f, XenbusStateClosed); /* with a request in flight */
    ck_assert_uint_eq(pvfront_back_state(&f), XenbusStateClosed);
    ck_assert_uint_eq(clock_next_due(&f.r->m->clock) == CLOCK_NEVER ||
                          f.r->d->blk->done.due == CLOCK_NEVER,
                      true);
    pv_grant_read(f.r->d, RING_REF, &e);
    ck_assert_uint_eq(e.flags, GTF_permit_access);
    ck_assert_uint_eq(pv_evtchn_port(f.r->d, f.port)->state, PVE_UNBOUND);
    ck_assert_uint_gt(pv_frame(f.r->d, ring_mfn)->count, 0);
    pvfront_state(&f, XenbusStateInitialising);
    ck_assert_uint_eq(pvfront_back_state(&f), XenbusStateInitWait);
    publish(&f);
    pvfront_state(&f, XenbusStateInitialised);
    ck_assert_uint_eq(pvfront_back_state(&f), XenbusStateConnected);
    ck_assert_int_eq(carry_out(&f, BLKIF_OP_READ, 0, 1, 0, 0), 0);
    pvrig_free(f.r);
}
END_TEST

/* Back to a request in flight: the same state, the same answer again. */
START_TEST(snapshot)
{
    struct pvfront f = connected(_i);
    struct snap save;
    uint64_t before;

    pvfront_grant(&f, DATA_REF, 20, 0);
    request(&f, BLKIF_OP_READ, 3, 1, 0, 0);
    pvfront_notify(&f);
    before = pvrig_hash(f.r);
    pvrig_save(f.r, &save);
    pvrig_advance(f.r, 1000000);
    ck_assert_int_eq(answer(&f), 0);
    pvfront_state(&f, XenbusStateClosed);
    ck_assert_uint_ne(pvrig_hash(f.r), before);
    pvrig_load(f.r, &save);
    ck_assert_uint_eq(pvrig_hash(f.r), before);
    f.ring[0].rsp--;
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
    tcase_add_loop_test(tc, bad_transport, 0, 2 * PVFRONT_BAD_VALUES);
    tcase_add_loop_test(tc, goes_and_comes_back, 0, 2);
    tcase_add_loop_test(tc, snapshot, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
