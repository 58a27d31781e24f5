/* test_virtio_mmio.c: registers of the virtio transport, under the block
 * device. */
#include "common/base/rng.h"
#include "common/dev/tests/blkrig.h"
#include "common/tests/suite.h"

static struct blkrig b;

static uint32_t rd(unsigned reg)
{
    return virtiorig_rd(&b.v, reg);
}

static void wr(unsigned reg, uint32_t v)
{
    virtiorig_wr(&b.v, reg, v);
}

static void setup(void)
{
    blkrig_init(&b, false);
}

static void teardown(void)
{
    blkrig_fini(&b);
}

static const struct {
    uint16_t reg;
    uint32_t value, after_ones;
} registers[] = {
    {0x000, 0x74726976, 0x74726976}, /* magic */
    {0x004, 2, 2},                   /* version */
    {0x008, 2, 2},                   /* block device */
    {0x00c, 0x50495254, 0x50495254}, /* vendor */
    {0x010, 0x10000246, 0x10000246}, /* features 31:0 */
    {0x014, 0, 0},
    {0x020, 0, 0}, /* write only */
    {0x034, 128, 128},
    {0x038, 0, 0},
    {0x044, 0, 0},
    {0x050, 0, 0},
    {0x060, 0, 0},
    {0x064, 0, 0},
    {0x070, 0, 0x83}, /* no features agreed on, so none of the later bits */
    {0x080, 0, 0},
    {0x0fc, 0, 0},
    {0x100, BLKRIG_SECTORS, BLKRIG_SECTORS},
    {0x104, 0, 0},
    {0x108, 0x100000, 0x100000},
    {0x10c, 126, 126},
    {0x114, 512, 512},
    {0x118, 0, 0},
    {0x1fc, 0, 0},
};

START_TEST(register_rules)
{
    ck_assert_uint_eq(rd(registers[_i].reg), registers[_i].value);
    wr(registers[_i].reg, 0xffffffff);
    ck_assert_uint_eq(rd(registers[_i].reg), registers[_i].after_ones);
}
END_TEST

START_TEST(widths)
{
    struct bus *bus = &b.v.r->m.bus;

    ck_assert_uint_eq(bus_read(bus, BUS_MMIO, VIRTIO_BLK_MMIO, 1), 0);
    ck_assert_uint_eq(bus_read(bus, BUS_MMIO, VIRTIO_BLK_MMIO + 2, 4), 0);
    ck_assert_uint_eq(bus_read(bus, BUS_MMIO, VIRTIO_BLK_MMIO + 0x100, 8),
                      BLKRIG_SECTORS);
    ck_assert_uint_eq(bus_read(bus, BUS_MMIO, VIRTIO_BLK_MMIO + 0x101, 1),
                      BLKRIG_SECTORS >> 8);
    ck_assert_uint_eq(bus_read(bus, BUS_MMIO, VIRTIO_BLK_MMIO + 0x115, 2), 2);
    bus_write(bus, BUS_MMIO, VIRTIO_BLK_MMIO + 0x70, 1, 1);
    ck_assert_uint_eq(rd(0x70), 0);
}
END_TEST

START_TEST(feature_halves)
{
    wr(0x14, 1);
    ck_assert_uint_eq(rd(0x10), 1);
    wr(0x14, 2);
    ck_assert_uint_eq(rd(0x10), 0);
    wr(0x14, 0xffffffff);
    ck_assert_uint_eq(rd(0x10), 0);
    blkrig_fini(&b);
    blkrig_init(&b, true);
    ck_assert_uint_eq(rd(0x10), 0x10000266);
}
END_TEST

/* Which features the driver may settle on. */
static const struct {
    uint32_t low, high;
    bool ok;
} feature_sets[] = {
    {0, 1, true},          {0, 0, false},
    {0x10000246, 1, true}, {0x200, 1, true},
    {0x20, 1, false},      {0x20000000, 1, false},
    {0x200, 3, false},     {0xffffffff, 0xffffffff, false},
};

START_TEST(features_ok)
{
    wr(0x70, 3);
    wr(0x24, 0);
    wr(0x20, feature_sets[_i].low);
    wr(0x24, 1);
    wr(0x20, feature_sets[_i].high);
    wr(0x24, 2);
    wr(0x20, 0xffffffff); /* nowhere */
    wr(0x70, 0xb);
    ck_assert_uint_eq(rd(0x70), feature_sets[_i].ok ? 0xb : 3);
    wr(0x70, 0xf);
    ck_assert_uint_eq(rd(0x70), feature_sets[_i].ok ? 0xf : 3);
}
END_TEST

static const struct {
    uint32_t num, desc, avail, used;
    bool ok;
} queues[] = {
    {128, 0x1000, 0x2000, 0x3000, true},
    {1, 0x1000, 0x2000, 0x3000, true},
    {2, 0x1010, 0x2002, 0x3004, true},
    {0, 0x1000, 0x2000, 0x3000, false},
    {3, 0x1000, 0x2000, 0x3000, false},
    {256, 0x1000, 0x2000, 0x3000, false},
    {0x10010, 0x1000, 0x2000, 0x3000, false},
    {16, 0x1008, 0x2000, 0x3000, false},
    {16, 0x1000, 0x2001, 0x3000, false},
    {16, 0x1000, 0x2000, 0x3002, false},
};

START_TEST(queue_ready)
{
    wr(0x38, queues[_i].num);
    wr(0x80, queues[_i].desc);
    wr(0x90, queues[_i].avail);
    wr(0xa0, queues[_i].used);
    wr(0x44, 1);
    ck_assert_uint_eq(rd(0x44), queues[_i].ok);
    wr(0x44, 0);
    ck_assert_uint_eq(rd(0x44), 0);
}
END_TEST

START_TEST(other_queues_are_not_there)
{
    wr(0x30, 1);
    ck_assert_uint_eq(rd(0x34), 0);
    wr(0x38, 16);
    wr(0x44, 1);
    ck_assert_uint_eq(rd(0x44), 0);
    virtiorig_start(&b.v, 0);
    wr(0x50, 1);
    wr(0x50, 0xffffffff);
    ck_assert_uint_eq(rd(0x70), 0xf);
}
END_TEST

START_TEST(status_zero_resets)
{
    virtiorig_start(&b.v, 0x200);
    blkrig_request(&b, 0, 0, 0, 0x20000, 512);
    wr(0x70, 0);
    ck_assert_uint_eq(rd(0x70), 0);
    ck_assert_uint_eq(rd(0x44), 0);
    testrig_advance(b.v.r, 1000000);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0),
                      0); /* the request is forgotten */
    ck_assert_uint_eq(rd(0x60), 0);
}
END_TEST

START_TEST(a_queue_that_ends_forgets)
{
    virtiorig_start(&b.v, 0);
    blkrig_request(&b, 0, 0, 0, 0x20000, 512);
    wr(0x44, 0);
    testrig_advance(b.v.r, 1000000);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 0);
    ck_assert_uint_eq(rd(0x70), 0xf);
}
END_TEST

START_TEST(interrupt_status_and_ack)
{
    virtiorig_start(&b.v, 0);
    blkrig_request(&b, 0, 0, 0, 0x20000, 512);
    testrig_advance(b.v.r, 1000000);
    ck_assert(b.v.r->line);
    ck_assert_uint_eq(rd(0x60), 1);
    wr(0x64, 2);
    ck_assert(b.v.r->line);
    wr(0x64, 1);
    ck_assert(!b.v.r->line);
    ck_assert_uint_eq(rd(0x60), 0);
}
END_TEST

START_TEST(no_interrupt_if_not_wanted)
{
    static const uint8_t flags[2] = {1, 0};

    virtiorig_start(&b.v, 0);
    gmem_write(&b.v.r->m.mem, VIRTIORIG_AVAIL(0), flags, 2);
    blkrig_request(&b, 0, 0, 0, 0x20000, 512);
    testrig_advance(b.v.r, 1000000);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 1);
    ck_assert(!b.v.r->line);
}
END_TEST

START_TEST(nothing_before_driver_ok)
{
    virtiorig_start(&b.v, 0);
    wr(0x70, 0);
    wr(0x38, VIRTIORIG_SIZE);
    wr(0x80, VIRTIORIG_DESC(0));
    wr(0x90, VIRTIORIG_AVAIL(0));
    wr(0xa0, VIRTIORIG_USED(0));
    wr(0x44, 1);
    blkrig_request(&b, 0, 0, 0, 0x20000, 512);
    testrig_advance(b.v.r, 1000000);
    ck_assert_uint_eq(virtiorig_used(&b.v, 0), 0);
}
END_TEST

/* Any register values, with rings full of noise. */
START_TEST(hostile_guest)
{
    struct rng r = {(uint64_t)_i};
    struct gmem *mem = &b.v.r->m.mem;
    unsigned i, j;

    for (i = 0; i < 2000; i++) {
        virtiorig_start(&b.v, 0);
        for (j = 0; j < 40; j++) {
            uint64_t v = rng_next(&r);

            /* Small numbers, so that some of it means something. */
            gmem_write(mem, 0x1000 + (v >> 8 & 0x2ffe), &v, v & 0x80 ? 1 : 2);
        }
        for (j = 0; j < 6; j++) {
            uint64_t v = rng_next(&r);

            if (v & 1)
                wr((unsigned)(v >> 8 & 0xfc), (uint32_t)(v >> (v >> 16 & 63)));
            virtiorig_offer(&b.v, 0, (uint16_t)(v >> 2 & 15));
            virtiorig_notify(&b.v, 0);
            testrig_advance(b.v.r, v >> 40 & 0xffff);
        }
    }
}
END_TEST

Suite *test_virtio_mmio_suite(void)
{
    Suite *s = suite_create("virtio_mmio");
    TCase *tc = tcase_create("virtio_mmio");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, register_rules, 0, ARRAY_LEN(registers));
    tcase_add_test(tc, widths);
    tcase_add_test(tc, feature_halves);
    tcase_add_loop_test(tc, features_ok, 0, ARRAY_LEN(feature_sets));
    tcase_add_loop_test(tc, queue_ready, 0, ARRAY_LEN(queues));
    tcase_add_test(tc, other_queues_are_not_there);
    tcase_add_test(tc, status_zero_resets);
    tcase_add_test(tc, a_queue_that_ends_forgets);
    tcase_add_test(tc, interrupt_status_and_ack);
    tcase_add_test(tc, no_interrupt_if_not_wanted);
    tcase_add_test(tc, nothing_before_driver_ok);
    tcase_add_loop_test(tc, hostile_guest, 0, 3);
    suite_add_tcase(s, tc);
    return s;
}
