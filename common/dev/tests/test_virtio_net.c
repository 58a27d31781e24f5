/* test_virtio_net.c: frames through the virtio network card, good and bad. */
#include <string.h>

#include "common/base/bits.h"
#include "common/base/rng.h"
#include "common/dev/tests/netrig.h"
#include "common/tests/suite.h"

enum { RX = VIRTIO_NET_RX, TX = VIRTIO_NET_TX };

static struct netrig n;
static uint8_t frame[2048];

static void setup(void)
{
    netrig_init(&n, "");
    virtiorig_start(&n.v, VIRTIO_F_INDIRECT_DESC);
}

static void teardown(void)
{
    netrig_fini(&n);
}

static uint8_t *ram(uint64_t pa)
{
    return gmem_host(&n.v.r->m.mem, pa, 1);
}

/* What was received into buffer i, behind its header. */
static const uint8_t *received(unsigned i)
{
    return ram(NETRIG_BUF(RX, i) + VIRTIO_NET_HEADER);
}

/* Let everything on its way arrive. */
static void settle(void)
{
    testrig_advance(n.v.r, 10000000);
}

static bool broken(void)
{
    return (virtiorig_rd(&n.v, 0x70) & 0x40) != 0;
}

/* The router learns our address, which it would have to ask for. */
static void introduce(void)
{
    netrig_post(&n, 8);
    netrig_send(&n, 0, frame, netrig_arp(frame));
    settle();
    ck_assert_uint_eq(virtiorig_used(&n.v, TX), 1);
    ck_assert_uint_eq(virtiorig_used(&n.v, RX), 1);
}

START_TEST(is_a_network_card)
{
    static const uint8_t mac[] = NETDEV_MAC;
    unsigned i;

    ck_assert_uint_eq(virtiorig_rd(&n.v, 0x08), 1);
    virtiorig_wr(&n.v, 0x14, 0);
    ck_assert_uint_eq(virtiorig_rd(&n.v, 0x10),
                      1 << 5 | 1 << 16 | VIRTIO_F_INDIRECT_DESC);
    for (i = 0; i < 6; i++)
        ck_assert_uint_eq(
            bus_read(&n.v.r->m.bus, BUS_MMIO, VIRTIO_NET_MMIO + 0x100 + i, 1),
            mac[i]);
    ck_assert_uint_eq(
        bus_read(&n.v.r->m.bus, BUS_MMIO, VIRTIO_NET_MMIO + 0x106, 2), 1);
    virtiorig_wr(&n.v, 0x30, 2);
    ck_assert_uint_eq(virtiorig_rd(&n.v, 0x34), 0);
}
END_TEST

START_TEST(asks_and_hears)
{
    uint8_t mac[] = NETDEV_MAC, header[12] = {[10] = 1};

    introduce();
    ck_assert_uint_eq(virtiorig_used_len(&n.v, TX, 0), 0);
    ck_assert_uint_ge(virtiorig_used_len(&n.v, RX, 0), 12 + 42);
    ck_assert_mem_eq(ram(NETRIG_BUF(RX, 0)), header, sizeof(header));
    ck_assert_mem_eq(received(0), mac, 6);
    ck_assert_uint_eq(received(0)[21], 2); /* a reply */
    ck_assert(*gmem_flags(&n.v.r->m.mem, NETRIG_BUF(RX, 0)) & GMEM_PAGE_DIRTY);
    ck_assert(n.v.r->line);
}
END_TEST

static const size_t ping_sizes[] = {0, 1, 56, 1471, 1472};

START_TEST(pings)
{
    size_t size = ping_sizes[_i], i;

    introduce();
    netrig_send(&n, 1, frame, netrig_ping(frame, size));
    settle();
    ck_assert_uint_eq(virtiorig_used(&n.v, RX), 2);
    ck_assert_uint_eq(virtiorig_used_len(&n.v, RX, 1), 12 + 42 + size);
    ck_assert_uint_eq(received(1)[34], 0); /* echo reply */
    for (i = 0; i < size; i++)
        ck_assert_uint_eq(received(1)[42 + i], netrig_byte(i));
    ck_assert(!n.v.r->m.nondeterministic);
}
END_TEST

START_TEST(takes_its_time)
{
    size_t len = netrig_arp(frame);

    netrig_post(&n, 8);
    netrig_send(&n, 0, frame, len);
    netrig_send(&n, 1, frame, len);
    testrig_advance(n.v.r, netdev_wire_ns(len) - 1);
    ck_assert_uint_eq(virtiorig_used(&n.v, TX), 0);
    testrig_advance(n.v.r, 1);
    ck_assert_uint_eq(virtiorig_used(&n.v, TX), 1);
    ck_assert_uint_eq(virtiorig_used(&n.v, RX), 0);
    ck_assert_uint_eq(n.v.r->raised, 1);
    testrig_advance(n.v.r, netdev_wire_ns(len) - 1);
    ck_assert_uint_eq(virtiorig_used(&n.v, TX), 1);
    testrig_advance(n.v.r, 1);
    ck_assert_uint_eq(virtiorig_used(&n.v, TX), 2);
    settle();
    ck_assert_uint_eq(virtiorig_used(&n.v, RX), 2);
}
END_TEST

/* Frames wait for buffers; those that do not fit into one are lost. */
START_TEST(waits_for_buffers)
{
    memset(frame, 0x5a, sizeof(frame));
    netdev_deliver(n.net, frame, 100);
    netdev_deliver(n.net, frame, 200);
    netdev_deliver(n.net, frame, 60);
    settle();
    ck_assert_uint_eq(virtiorig_used(&n.v, RX), 0);
    virtiorig_desc(&n.v, VIRTIORIG_DESC(RX), 0, NETRIG_BUF(RX, 0), 12,
                   DESC_NEXT | DESC_WRITE, 1);
    virtiorig_desc(&n.v, VIRTIORIG_DESC(RX), 1, NETRIG_BUF(RX, 1), 100,
                   DESC_WRITE, 0);
    virtiorig_offer(&n.v, RX, 0);
    virtiorig_notify(&n.v, RX);
    ck_assert_uint_eq(virtiorig_used(&n.v, RX), 1);
    ck_assert_uint_eq(virtiorig_used_len(&n.v, RX, 0), 112);
    ck_assert_uint_eq(*ram(NETRIG_BUF(RX, 1) + 99), 0x5a);
    virtiorig_offer(&n.v, RX, 0); /* the second is too long */
    virtiorig_notify(&n.v, RX);
    ck_assert_uint_eq(virtiorig_used(&n.v, RX), 2);
    ck_assert_uint_eq(virtiorig_used_len(&n.v, RX, 1), 72);
    ck_assert(!broken());
}
END_TEST

START_TEST(no_more_than_the_queue)
{
    unsigned i;

    for (i = 0; i < 2 * NETDEV_QUEUE; i++)
        netdev_deliver(n.net, frame, NETDEV_FRAME_MAX);
    testrig_advance(n.v.r, CLOCK_NS_PER_S);
    for (i = 0; i < 2 * NETDEV_QUEUE; i++) {
        virtiorig_desc(&n.v, VIRTIORIG_DESC(RX), 0, NETRIG_BUF(RX, 0),
                       NETRIG_BUF_BYTES, DESC_WRITE, 0);
        virtiorig_offer(&n.v, RX, 0);
        virtiorig_notify(&n.v, RX);
        if (virtiorig_used(&n.v, RX) == i)
            break;
    }
    ck_assert_uint_eq(i, NETDEV_QUEUE);
}
END_TEST

START_TEST(lost_without_driver)
{
    netdev_deliver(n.net, frame, 100);
    settle();
    virtiorig_wr(&n.v, 0x70, 0);
    netdev_deliver(n.net, frame, 100);
    settle();
    virtiorig_start(&n.v, 0);
    netrig_post(&n, 4);
    settle();
    ck_assert_uint_eq(virtiorig_used(&n.v, RX), 0);
}
END_TEST

/* Frames that no network takes; the buffer comes back. */
static const size_t bad_sizes[] = {0, 13, 1515, 4000};

START_TEST(bad_size)
{
    introduce();
    virtiorig_desc(&n.v, VIRTIORIG_DESC(TX), 0, NETRIG_BUF(TX, 0),
                   (uint32_t)(VIRTIO_NET_HEADER + bad_sizes[_i]), 0, 0);
    virtiorig_offer(&n.v, TX, 0);
    virtiorig_notify(&n.v, TX);
    settle();
    ck_assert_uint_eq(virtiorig_used(&n.v, TX), 2);
    ck_assert_uint_eq(virtiorig_used(&n.v, RX), 1);
    ck_assert(!broken());
}
END_TEST

/* ---- rings that break the rules ---- */

static const struct {
    const char *what;
    uint64_t pa;
    uint32_t len;
    unsigned q, flags, next;
} bad_chains[] = {
    {"short header", 0x10000, 11, TX, 0, 0},
    {"loop", 0x10000, 16, TX, DESC_NEXT, 0},
    {"next outside the table", 0x10000, 16, TX, DESC_NEXT, VIRTIORIG_SIZE},
    {"to be written, for sending", 0x10000, 64, TX, DESC_WRITE, 0},
    {"outside memory", VIRTIORIG_RAM - 16, 64, TX, 0, 0},
    {"address that wraps", UINT64_MAX - 7, 64, TX, 0, 0},
    {"indirect, odd length", 0x10000, 33, TX, DESC_INDIRECT, 0},
    {"indirect outside memory", UINT64_MAX - 15, 32, TX, DESC_INDIRECT, 0},
    {"to be read, for receiving", 0x10000, 2000, RX, 0, 0},
    {"receiving outside memory", VIRTIORIG_RAM - 16, 2000, RX, DESC_WRITE, 0},
    {"receiving, loop", 0x10000, 2000, RX, DESC_NEXT | DESC_WRITE, 0},
};

START_TEST(bad_chain_needs_reset)
{
    netdev_deliver(n.net, frame, 100);
    settle();
    virtiorig_desc(&n.v, VIRTIORIG_DESC(bad_chains[_i].q), 0, bad_chains[_i].pa,
                   bad_chains[_i].len, bad_chains[_i].flags,
                   bad_chains[_i].next);
    virtiorig_offer(&n.v, bad_chains[_i].q, 0);
    virtiorig_notify(&n.v, bad_chains[_i].q);
    settle();
    ck_assert_msg(broken(), "%s", bad_chains[_i].what);
    ck_assert_uint_eq(virtiorig_used(&n.v, bad_chains[_i].q), 0);
    /* Dead until reset ... */
    netrig_send(&n, 1, frame, 64);
    settle();
    ck_assert_uint_eq(virtiorig_used(&n.v, TX), 0);
    /* ... and well after it. */
    virtiorig_start(&n.v, 0);
    introduce();
}
END_TEST

START_TEST(bad_available_ring)
{
    uint8_t le[2];
    unsigned q = _i % 2;

    put_le16(le, _i < 2 ? VIRTIORIG_SIZE + 1 : 1);
    gmem_write(&n.v.r->m.mem, VIRTIORIG_AVAIL(q) + 2, le, 2);
    put_le16(le, _i < 2 ? 0 : VIRTIORIG_SIZE);
    gmem_write(&n.v.r->m.mem, VIRTIORIG_AVAIL(q) + 4, le, 2);
    netdev_deliver(n.net, frame, 100);
    settle();
    virtiorig_notify(&n.v, q);
    ck_assert(broken());
}
END_TEST

START_TEST(chain_changed_in_flight)
{
    netrig_send(&n, 0, frame, 64);
    virtiorig_desc(&n.v, VIRTIORIG_DESC(TX), 0, 0, 16, DESC_NEXT, 0);
    settle();
    ck_assert(broken());
    ck_assert_uint_eq(virtiorig_used(&n.v, TX), 0);
}
END_TEST

/* One queue breaks the device while a frame of the other is in flight. */
START_TEST(broken_in_flight)
{
    netrig_send(&n, 0, frame, 64);
    netdev_deliver(n.net, frame, 14);
    virtiorig_desc(&n.v, VIRTIORIG_DESC(RX), 0, 0, 16, 0, 0);
    virtiorig_offer(&n.v, RX, 0);
    settle();
    ck_assert(broken());
    ck_assert_uint_eq(virtiorig_used(&n.v, TX), 0);
}
END_TEST

/* ---- random rings ---- */

#define RANDOM_STEPS 3000u

static void random_desc(struct rng *g)
{
    static const uint32_t len[] = {0,  1,    11,   12,        26,
                                   54, 1526, 1527, 0xffffffff};
    bool far = rng_below(g, 16) == 0;

    virtiorig_desc(&n.v, VIRTIORIG_DESC((unsigned)rng_below(g, 2)),
                   (unsigned)rng_below(g, VIRTIORIG_SIZE),
                   far ? rng_next(g) : rng_below(g, VIRTIORIG_RAM),
                   rng_below(g, 2) == 0 ? len[rng_below(g, ARRAY_LEN(len))]
                                        : (uint32_t)rng_below(g, 2000),
                   (unsigned)rng_below(g, rng_below(g, 4) == 0 ? 8 : 4),
                   (unsigned)rng_below(g, VIRTIORIG_SIZE + 1));
}

START_TEST(random_rings)
{
    struct rng g = {(uint64_t)_i + 1};
    unsigned i;

    for (i = 0; i < RANDOM_STEPS; i++) {
        unsigned q = (unsigned)rng_below(&g, 2);

        random_desc(&g);
        virtiorig_offer(&n.v, q, (uint16_t)rng_below(&g, VIRTIORIG_SIZE));
        virtiorig_notify(&n.v, q);
        if (rng_below(&g, 4) == 0)
            netrig_send(&n, (unsigned)rng_below(&g, 4), frame,
                        rng_below(&g, 3) == 0 ? netrig_ping(frame, 99)
                                              : rng_below(&g, 1600));
        testrig_advance(n.v.r, rng_below(&g, 100000));
        if (broken())
            virtiorig_start(&n.v, VIRTIO_F_INDIRECT_DESC);
    }
}
END_TEST

/* ---- snapshots ---- */

/* Frames in flight both ways; another machine takes over. */
START_TEST(snapshot_in_flight)
{
    struct netrig second;

    netrig_init(&second, "");
    netrig_post(&n, 8);
    memset(frame, 0x77, sizeof(frame));
    netdev_deliver(n.net, frame, 300);
    netdev_deliver(n.net, frame, 400);
    netrig_send(&n, 0, frame, netrig_arp(frame));
    testrig_advance(n.v.r, 1000);
    memcpy(gmem_host(&second.v.r->m.mem, 0, VIRTIORIG_RAM), ram(0),
           VIRTIORIG_RAM);
    testrig_copy_state(n.v.r, second.v.r);
    testrig_advance(second.v.r, netdev_wire_ns(42) - 1001);
    ck_assert_uint_eq(virtiorig_used(&second.v, TX), 0);
    testrig_advance(second.v.r, 1);
    ck_assert_uint_eq(virtiorig_used(&second.v, TX), 1);
    testrig_advance(second.v.r, netdev_wire_ns(300) - netdev_wire_ns(42) - 1);
    ck_assert_uint_eq(virtiorig_used(&second.v, RX), 0);
    testrig_advance(second.v.r, 1);
    ck_assert_uint_eq(virtiorig_used(&second.v, RX), 1);
    ck_assert_uint_eq(virtiorig_used_len(&second.v, RX, 0), 312);
    testrig_advance(second.v.r, 10000000); /* the second, and the answer */
    ck_assert_uint_eq(virtiorig_used(&second.v, RX), 3);
    netrig_fini(&second);
}
END_TEST

Suite *test_virtio_net_suite(void)
{
    Suite *s = suite_create("virtio_net");
    TCase *tc = tcase_create("virtio_net");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, is_a_network_card);
    tcase_add_test(tc, asks_and_hears);
    tcase_add_loop_test(tc, pings, 0, ARRAY_LEN(ping_sizes));
    tcase_add_test(tc, takes_its_time);
    tcase_add_test(tc, waits_for_buffers);
    tcase_add_test(tc, no_more_than_the_queue);
    tcase_add_test(tc, lost_without_driver);
    tcase_add_loop_test(tc, bad_size, 0, ARRAY_LEN(bad_sizes));
    tcase_add_loop_test(tc, bad_chain_needs_reset, 0, ARRAY_LEN(bad_chains));
    tcase_add_loop_test(tc, bad_available_ring, 0, 4);
    tcase_add_test(tc, chain_changed_in_flight);
    tcase_add_test(tc, broken_in_flight);
    tcase_add_loop_test(tc, random_rings, 0, 4);
    tcase_add_test(tc, snapshot_in_flight);
    suite_add_tcase(s, tc);
    return s;
}
