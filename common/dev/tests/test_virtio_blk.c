/* test_virtio_blk.c: requests of the virtio block device, good and bad. */
#include <stdio.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/dev/tests/blkrig.h"
#include "common/tests/suite.h"

enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8 };
enum { OK = 0, IOERR = 1, UNSUPP = 2, UNTOUCHED = 0xee };
enum { F_FLUSH = 0x200, F_INDIRECT = 0x10000000 };

#define DATA 0x20000u

static struct blkrig b;

static void setup(void)
{
    blkrig_init(&b, false);
    virtiorig_start(&b.v, F_FLUSH | F_INDIRECT);
}

static void teardown(void)
{
    blkrig_fini(&b);
}

static uint8_t *ram(uint64_t pa)
{
    return gmem_host(&b.v.r->m.mem, pa, 1);
}

/* Let everything finish. */
static void settle(void)
{
    testrig_advance(b.v.r, 100000000);
}

static bool broken(void)
{
    return (virtiorig_rd(&b.v, 0x70) & 0x40) != 0;
}

static void file_read(uint64_t offset, void *buf, size_t len)
{
    FILE *f = fopen(b.path, "rb");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fseek(f, (long)offset, SEEK_SET), 0);
    ck_assert_uint_eq(fread(buf, 1, len, f), len);
    fclose(f);
}

START_TEST(reads)
{
    unsigned i;

    blkrig_request(&b, 0, IN, 3, DATA, 0x20000 - 3 * 512);
    settle();
    ck_assert_uint_eq(blkrig_status(&b, 0), OK);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 1);
    ck_assert_uint_eq(virtiorig_used_head(&b.v, 0, 0), 0);
    ck_assert_uint_eq(virtiorig_used_len(&b.v, 0, 0), 0x20000 - 3 * 512 + 1);
    for (i = 0; i < 0x20000 - 3 * 512; i++)
        ck_assert_uint_eq(*ram(DATA + i), blkrig_byte(i + 3 * 512));
    ck_assert_uint_eq(*ram(DATA + i), 0);
    ck_assert(*gmem_flags(&b.v.r->m.mem, DATA) & GMEM_PAGE_DIRTY);
}
END_TEST

START_TEST(writes)
{
    uint8_t got[1024];

    memset(ram(DATA), 0xa5, 512);
    memset(ram(DATA + 512), 0x5a, 512);
    blkrig_request(&b, 0, OUT, 254, DATA, 1024);
    settle();
    ck_assert_uint_eq(blkrig_status(&b, 0), OK);
    ck_assert_uint_eq(virtiorig_used_len(&b.v, 0, 0), 1);
    file_read(254 * 512, got, sizeof(got));
    ck_assert_mem_eq(got, ram(DATA), sizeof(got));
    file_read(253 * 512, got, 512);
    ck_assert_uint_eq(got[0], blkrig_byte(253 * 512));
}
END_TEST

START_TEST(gets_its_id)
{
    blkrig_request(&b, 0, GET_ID, 0, DATA, 20);
    settle();
    ck_assert_uint_eq(blkrig_status(&b, 0), OK);
    ck_assert_str_eq((char *)ram(DATA), VIRTIO_BLK_ID);
    blkrig_request(&b, 1, GET_ID, 0, DATA + 0x100, 4);
    settle();
    ck_assert_uint_eq(blkrig_status(&b, 1), OK);
    ck_assert_uint_eq(*ram(DATA + 0x104), 0);
}
END_TEST

static const struct {
    const char *what;
    uint32_t type;
    uint64_t sector;
    uint32_t len;
    uint8_t status;
} outcomes[] = {
    {"flush", FLUSH, 0, 0, OK},
    {"flush with a sector", FLUSH, 77, 0, OK},
    {"read of nothing", IN, 0, 0, OK},
    {"last sector", IN, BLKRIG_SECTORS - 1, 512, OK},
    {"one past the last", IN, BLKRIG_SECTORS, 512, IOERR},
    {"over the end", IN, BLKRIG_SECTORS - 1, 1024, IOERR},
    {"sector that overflows", IN, UINT64_MAX, 512, IOERR},
    {"byte offset that overflows", IN, 1ull << 55, 512, IOERR},
    {"write past the end", OUT, BLKRIG_SECTORS, 512, IOERR},
    {"half a sector", IN, 0, 256, IOERR},
    {"one byte more", OUT, 0, 513, IOERR},
    {"unknown type", 2, 0, 512, UNSUPP},
    {"discard, not offered", 11, 0, 512, UNSUPP},
    {"type of all ones", 0xffffffff, 0, 512, UNSUPP},
};

START_TEST(outcome)
{
    blkrig_request(&b, 0, outcomes[_i].type, outcomes[_i].sector, DATA,
                   outcomes[_i].len);
    settle();
    ck_assert_msg(blkrig_status(&b, 0) == outcomes[_i].status, "%s: %u",
                  outcomes[_i].what, blkrig_status(&b, 0));
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 1);
    ck_assert(!broken());
}
END_TEST

START_TEST(readonly)
{
    uint8_t got;

    blkrig_fini(&b);
    blkrig_init(&b, true);
    virtiorig_start(&b.v, F_FLUSH);
    memset(ram(DATA), 0xff, 512);
    blkrig_request(&b, 0, OUT, 0, DATA, 512);
    blkrig_request(&b, 1, IN, 0, DATA, 512);
    blkrig_request(&b, 2, FLUSH, 0, 0, 0);
    settle();
    ck_assert_uint_eq(blkrig_status(&b, 0), IOERR);
    ck_assert_uint_eq(blkrig_status(&b, 1), OK);
    ck_assert_uint_eq(blkrig_status(&b, 2), OK);
    file_read(0, &got, 1);
    ck_assert_uint_eq(got, blkrig_byte(0));
}
END_TEST

START_TEST(takes_its_time)
{
    blkrig_request(&b, 0, IN, 0, DATA, 512);
    blkrig_request(&b, 1, FLUSH, 0, 0, 0);
    testrig_advance(b.v.r, VIRTIO_BLK_LATENCY_NS + 512 - 1);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 0);
    ck_assert_uint_eq(*ram(DATA + 1), 0); /* as a whole, at its end */
    testrig_advance(b.v.r, 1);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 1);
    ck_assert(b.v.r->line);
    testrig_advance(b.v.r, VIRTIO_BLK_LATENCY_NS - 1);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 1);
    testrig_advance(b.v.r, 1);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 2);
    ck_assert_uint_eq(virtiorig_used_head(&b.v, 0, 1), 3);
}
END_TEST

/* Past the 16 bits of the ring indices, the same chain again and again. */
START_TEST(ring_wraps)
{
    unsigned i;

    blkrig_request(&b, 0, GET_ID, 0, DATA, 20);
    for (i = 1; i < 66000; i++) {
        testrig_advance(b.v.r, VIRTIO_BLK_LATENCY_NS + 20);
        virtiorig_offer(&b.v, 0, 0);
        virtiorig_notify(&b.v, 0);
    }
    settle();
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), (uint16_t)66000);
    ck_assert(!broken());
}
END_TEST

/* Header, data and status cut up anyhow, in an indirect table. */
START_TEST(any_layout)
{
    uint64_t t = 0x30000;
    unsigned flags = DESC_NEXT | DESC_WRITE;
    unsigned i;

    memset(ram(0x40000), 0, 16); /* read, sector 0 */
    virtiorig_desc(&b.v, t, 0, 0x40000, 5, DESC_NEXT, 3);
    virtiorig_desc(&b.v, t, 3, 0x40005, 11, DESC_NEXT, 1);
    virtiorig_desc(&b.v, t, 1, DATA, 511, flags, 2);
    virtiorig_desc(&b.v, t, 2, DATA + 511, 0, flags, 4);
    virtiorig_desc(&b.v, t, 4, DATA + 511, 514, DESC_WRITE, 0);
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 7, t, 5 * 16, DESC_INDIRECT, 0);
    virtiorig_offer(&b.v, 0, 7);
    virtiorig_notify(&b.v, 0);
    settle();
    ck_assert_uint_eq(virtiorig_used_head(&b.v, 0, 0), 7);
    ck_assert_uint_eq(virtiorig_used_len(&b.v, 0, 0), 1025);
    for (i = 0; i < 1024; i++)
        ck_assert_uint_eq(*ram(DATA + i), blkrig_byte(i));
    ck_assert_uint_eq(*ram(DATA + 1024), OK);
    ck_assert(!broken());
}
END_TEST

START_TEST(segment_longer_than_offered)
{
    /* 1 MiB and a bit does not fit in RAM either; the status comes first. */
    blkrig_request(&b, 0, IN, 0, DATA, VIRTIO_BLK_SIZE_MAX + 512);
    settle();
    ck_assert_uint_eq(blkrig_status(&b, 0), IOERR);
    ck_assert(!broken());
}
END_TEST

START_TEST(host_error_is_ioerr)
{
    FILE *f = fopen(b.path, "wb"); /* the file loses its contents */

    ck_assert_ptr_nonnull(f);
    fclose(f);
    blkrig_request(&b, 0, IN, 0, DATA, 512);
    settle();
    ck_assert_uint_eq(blkrig_status(&b, 0), IOERR);
    ck_assert(!broken());
}
END_TEST

/* ---- rings that break the rules ---- */

static void chain_loop(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, DATA, 16, DESC_NEXT, 1);
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 1, DATA, 16, DESC_NEXT, 0);
}

static void chain_next_outside(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, DATA, 16, DESC_NEXT,
                   VIRTIORIG_SIZE);
}

static void chain_readable_after_writable(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, DATA, 16, DESC_NEXT | DESC_WRITE,
                   1);
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 1, DATA, 16, 0, 0);
}

static void chain_without_status(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, DATA, 16, 0, 0);
}

static void chain_without_header(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, DATA, 1, DESC_WRITE, 0);
}

static void chain_short_header(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, DATA, 15, DESC_NEXT, 1);
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 1, DATA, 1, DESC_WRITE, 0);
}

static void chain_data_outside(void)
{
    memset(ram(DATA), 0, 16);
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, DATA, 16, DESC_NEXT, 1);
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 1, VIRTIORIG_RAM - 256, 513,
                   DESC_WRITE, 0);
}

static void chain_header_outside(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, 1ull << 40, 16, DESC_NEXT, 1);
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 1, DATA, 1, DESC_WRITE, 0);
}

static void chain_address_wraps(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, UINT64_MAX - 7, 16, DESC_NEXT,
                   1);
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 1, DATA, 1, DESC_WRITE, 0);
}

static void indirect_with_next(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, 0x30000, 32,
                   DESC_INDIRECT | DESC_NEXT, 1);
}

static void indirect_empty(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, 0x30000, 0, DESC_INDIRECT, 0);
}

static void indirect_odd(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, 0x30000, 33, DESC_INDIRECT, 0);
}

static void indirect_in_indirect(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, 0x30000, 32, DESC_INDIRECT, 0);
    virtiorig_desc(&b.v, 0x30000, 0, 0x31000, 32, DESC_INDIRECT, 0);
}

static void indirect_loop(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, 0x30000, 32, DESC_INDIRECT, 0);
    virtiorig_desc(&b.v, 0x30000, 0, DATA, 0, DESC_NEXT, 0);
}

static void indirect_outside(void)
{
    virtiorig_desc(&b.v, VIRTIORIG_DESC(0), 0, UINT64_MAX - 15, 0xfffffff0,
                   DESC_INDIRECT, 0);
}

static const struct {
    const char *what;
    void (*make)(void);
} bad_chains[] = {
    {"loop", chain_loop},
    {"next outside the table", chain_next_outside},
    {"readable after writable", chain_readable_after_writable},
    {"no status byte", chain_without_status},
    {"no header", chain_without_header},
    {"short header", chain_short_header},
    {"data outside memory", chain_data_outside},
    {"header outside memory", chain_header_outside},
    {"address that wraps", chain_address_wraps},
    {"indirect with next", indirect_with_next},
    {"indirect, empty", indirect_empty},
    {"indirect, odd length", indirect_odd},
    {"indirect in indirect", indirect_in_indirect},
    {"indirect loop", indirect_loop},
    {"indirect table outside memory", indirect_outside},
};

START_TEST(bad_chain_needs_reset)
{
    bad_chains[_i].make();
    virtiorig_offer(&b.v, 0, 0);
    virtiorig_notify(&b.v, 0);
    settle();
    ck_assert_msg(broken(), "%s", bad_chains[_i].what);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 0);
    ck_assert_uint_eq(virtiorig_rd(&b.v, 0x60), 2); /* configuration change */
    ck_assert(b.v.r->line);
    /* Dead until reset ... */
    blkrig_request(&b, 1, FLUSH, 0, 0, 0);
    virtiorig_wr(&b.v, 0x70, 0xf);
    virtiorig_notify(&b.v, 0);
    settle();
    ck_assert(broken());
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 0);
    /* ... and well after it. */
    virtiorig_start(&b.v, F_FLUSH);
    ck_assert(!b.v.r->line);
    blkrig_request(&b, 1, FLUSH, 0, 0, 0);
    settle();
    ck_assert_uint_eq(blkrig_status(&b, 1), OK);
}
END_TEST

START_TEST(bad_available_ring)
{
    uint8_t le[2];

    put_le16(le,
             _i == 0 ? VIRTIORIG_SIZE + 1 : 1); /* more than the ring holds */
    gmem_write(&b.v.r->m.mem, VIRTIORIG_AVAIL(0) + 2, le, 2);
    put_le16(le, _i == 0 ? 0 : VIRTIORIG_SIZE); /* head outside the table */
    gmem_write(&b.v.r->m.mem, VIRTIORIG_AVAIL(0) + 4, le, 2);
    virtiorig_notify(&b.v, 0);
    ck_assert(broken());
}
END_TEST

/* 0 descriptors, 1 available ring, 2 used ring: where there is no memory. */
START_TEST(rings_outside_memory)
{
    static const unsigned regs[] = {0x80, 0x90, 0xa0};

    virtiorig_wr(&b.v, 0x44, 0);
    virtiorig_wr(&b.v, regs[_i], 0xfffffff0);
    virtiorig_wr(&b.v, regs[_i] + 4, 0xffffffff);
    virtiorig_wr(&b.v, 0x44, 1);
    blkrig_request(&b, 0, FLUSH, 0, 0, 0);
    settle();
    ck_assert(broken());
}
END_TEST

START_TEST(chain_changed_in_flight)
{
    blkrig_request(&b, 0, IN, 0, DATA, 512);
    chain_loop();
    settle();
    ck_assert(broken());
}
END_TEST

/* ---- snapshots ---- */

/* Two machines on one read-only disk; the second takes over. */
START_TEST(snapshot_in_flight)
{
    struct blkrig first, second;
    unsigned i;

    blkrig_fini(&b);
    blkrig_init(&first, true);
    blkrig_init(&second, true);
    virtiorig_start(&first.v, F_FLUSH);
    blkrig_request(&first, 0, IN, 5, DATA, 512);
    testrig_advance(first.v.r, 1000);
    memcpy(gmem_host(&second.v.r->m.mem, 0, VIRTIORIG_RAM),
           gmem_host(&first.v.r->m.mem, 0, VIRTIORIG_RAM), VIRTIORIG_RAM);
    testrig_copy_state(first.v.r, second.v.r);
    blkrig_fini(&first);
    testrig_advance(second.v.r, VIRTIO_BLK_LATENCY_NS + 512 - 1000 - 1);
    ck_assert_uint_eq(virtiorig_used(&second.v, 0), 0);
    testrig_advance(second.v.r, 1);
    ck_assert_uint_eq(virtiorig_used(&second.v, 0), 1);
    ck_assert(second.v.r->line);
    for (i = 0; i < 512; i++)
        ck_assert_uint_eq(
            *(uint8_t *)gmem_host(&second.v.r->m.mem, DATA + i, 1),
            blkrig_byte(5 * 512 + i));
    blkrig_fini(&second);
    setup();
}
END_TEST

Suite *test_virtio_blk_suite(void)
{
    Suite *s = suite_create("virtio_blk");
    TCase *tc = tcase_create("virtio_blk");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, reads);
    tcase_add_test(tc, writes);
    tcase_add_test(tc, gets_its_id);
    tcase_add_loop_test(tc, outcome, 0, ARRAY_LEN(outcomes));
    tcase_add_test(tc, readonly);
    tcase_add_test(tc, takes_its_time);
    tcase_add_test(tc, ring_wraps);
    tcase_add_test(tc, any_layout);
    tcase_add_test(tc, segment_longer_than_offered);
    tcase_add_test(tc, host_error_is_ioerr);
    tcase_add_loop_test(tc, bad_chain_needs_reset, 0, ARRAY_LEN(bad_chains));
    tcase_add_loop_test(tc, bad_available_ring, 0, 2);
    tcase_add_loop_test(tc, rings_outside_memory, 0, 3);
    tcase_add_test(tc, chain_changed_in_flight);
    tcase_add_test(tc, snapshot_in_flight);
    suite_add_tcase(s, tc);
    return s;
}
