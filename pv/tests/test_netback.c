/* test_netback.c: the PV network card's back end against a small front end. */
#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "pv/grant.h"
#include "pv/netback.h"
#include "pv/snapshot.h"
#include "pv/tests/pvfront.h"

#define NETWORK "user,restrict=on"
#define TX_REF  100u /* pages 10 and 11 are the rings */
#define RX_REF  101u
#define TX_DATA 110u /* ref 110 + i is page 20 + i, for sending */
#define RX_DATA 130u /* ref 130 + i is page 40 + i, for receiving */
#define NO_MORE 99

enum { TX, RX };

static void publish(struct pvfront *f)
{
    pvfront_publish(f);
    for (unsigned i = 0; i < 20; i++) {
        pvfront_grant(f, TX_DATA + i, 20 + i, GTF_readonly);
        pvfront_grant(f, RX_DATA + i, 40 + i, 0);
    }
    pvfront_write(f, "request-rx-copy", "1");
}

static struct pvfront front(int i)
{
    return (struct pvfront){
        .r = pvrig_new_net(i == 1, NULL, NETWORK),
        .frontend = PV_NET_FRONTEND,
        .backend = PV_NET_BACKEND,
        .ring[TX] = {.page = 10,
                     .ref = TX_REF,
                     .slots = PV_NET_RING,
                     .bytes = sizeof(struct netif_tx_request),
                     .key = "tx-ring-ref"},
        .ring[RX] = {.page = 11,
                     .ref = RX_REF,
                     .slots = PV_NET_RING,
                     .bytes = sizeof(struct netif_rx_request),
                     .key = "rx-ring-ref"},
    };
}

static struct pvfront connected(int i)
{
    struct pvfront f = front(i);

    ck_assert_uint_eq(pvfront_back_state(&f), XenbusStateInitWait);
    publish(&f);
    pvfront_state(&f, XenbusStateConnected);
    ck_assert_uint_eq(pvfront_back_state(&f), XenbusStateConnected);
    return f;
}

/* The front end begins anew. */
static void reconnect(struct pvfront *f)
{
    pvfront_state(f, XenbusStateClosed);
    pvfront_state(f, XenbusStateInitialising);
    publish(f);
    pvfront_state(f, XenbusStateConnected);
}

/* One request of the sending ring. */
static void slot(struct pvfront *f, unsigned ref, unsigned offset,
                 unsigned flags, unsigned size)
{
    struct netif_tx_request q = {.gref = ref,
                                 .offset = (uint16_t)offset,
                                 .flags = (uint16_t)flags,
                                 .id = (uint16_t)(0x100 + f->ring[TX].req),
                                 .size = (uint16_t)size};

    pvfront_request(f, TX, &q);
}

/* Offer n pages for receiving. */
static void offer(struct pvfront *f, unsigned n)
{
    for (; n > 0; n--) {
        uint32_t i = f->ring[RX].req;
        struct netif_rx_request q = {.id = (uint16_t)i,
                                     .gref = RX_DATA + i % 20};

        pvfront_request(f, RX, &q);
    }
    pvfront_notify(f);
}

/* The next answer of the sending ring. */
static int tx_answer(struct pvfront *f)
{
    struct netif_tx_response a;
    uint32_t i = f->ring[TX].rsp;

    if (!pvfront_response(f, TX, &a, sizeof(a)))
        return NO_MORE;
    ck_assert_uint_eq(a.id, (uint16_t)(0x100 + i));
    return a.status;
}

/* The length of the next frame received, or its error; in RX page *page. */
static int rx_answer(struct pvfront *f, unsigned *page)
{
    struct netif_rx_response a;
    uint32_t i = f->ring[RX].rsp;

    if (!pvfront_response(f, RX, &a, sizeof(a)))
        return NO_MORE;
    ck_assert_uint_eq(a.id, i);
    ck_assert_uint_eq(a.offset, 0);
    ck_assert_uint_eq(a.flags, 0);
    *page = 40 + i % 20;
    return a.status;
}

static void settle(struct pvfront *f)
{
    pvfront_notify(f);
    pvrig_advance(f->r, 10000000);
}

/* ARP: who is 10.0.2.2? 42 bytes; says that 10.0.2.15 is ours. */
static const uint8_t arp[42] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34,
    0x56, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01,
    0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 10,   0,    2,    15,   0,
    0,    0,    0,    0,    0,    10,   0,    2,    2};

START_TEST(introduces)
{
    struct pvfront f = front(_i);

    pvfront_reads(&f, PV_NET_FRONTEND, "backend", PV_NET_BACKEND);
    pvfront_reads(&f, PV_NET_FRONTEND, "mac", "52:54:00:12:34:56");
    pvfront_reads(&f, PV_NET_BACKEND, "feature-rx-copy", "1");
    pvrig_free(f.r);
}
END_TEST

START_TEST(no_card)
{
    struct pvrig *r = pvrig_new(false, NULL);

    ck_assert_ptr_null(r->d->net);
    ck_assert_ptr_null(pv_store_tree_find(r->d->store->tree, PV_NET_FRONTEND));
    pvrig_free(r);
}
END_TEST

START_TEST(asks_and_hears)
{
    struct pvfront f = connected(_i);
    uint8_t got[42];
    unsigned page;

    offer(&f, 8);
    pvrig_put(f.r, pvrig_page(f.r, 20) + 100, arp, sizeof(arp));
    slot(&f, TX_DATA, 100, 0, sizeof(arp));
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    ck_assert(pvrig_pending(f.r, f.port));
    ck_assert_int_ge(rx_answer(&f, &page), 42);
    pvrig_get(f.r, pvrig_page(f.r, page), got, sizeof(got));
    ck_assert_mem_eq(got, arp + 6, 6);
    ck_assert_uint_eq(got[21], 2); /* a reply */
    ck_assert_int_eq(rx_answer(&f, &page), NO_MORE);
    pvrig_free(f.r);
}
END_TEST

/* A packet in pieces: the first request has the size of all. */
START_TEST(several_requests)
{
    struct pvfront f = connected(_i);
    unsigned page;

    offer(&f, 8);
    pvrig_put(f.r, pvrig_page(f.r, 20) + 4090, arp, 6);
    pvrig_put(f.r, pvrig_page(f.r, 21), arp + 6, 30);
    pvrig_put(f.r, pvrig_page(f.r, 22) + 8, arp + 36, 6);
    slot(&f, TX_DATA, 4090, NETTXF_more_data, sizeof(arp));
    slot(&f, TX_DATA + 1, 0, NETTXF_more_data, 30);
    slot(&f, TX_DATA + 2, 8, 0, 6);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    ck_assert_int_ge(rx_answer(&f, &page), 42);
    pvrig_free(f.r);
}
END_TEST

START_TEST(takes_time)
{
    struct pvfront f = connected(_i);

    pvrig_put(f.r, pvrig_page(f.r, 20), arp, sizeof(arp));
    slot(&f, TX_DATA, 0, 0, sizeof(arp));
    slot(&f, TX_DATA, 0, 0, sizeof(arp));
    pvfront_notify(&f);
    pvrig_advance(f.r, netdev_wire_ns(sizeof(arp)) - 1);
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    pvrig_advance(f.r, 1);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    pvrig_advance(f.r, netdev_wire_ns(sizeof(arp)));
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    pvrig_free(f.r);
}
END_TEST

/* Frames wait for requests; a request that is not granted costs its frame. */
START_TEST(waits_for_requests)
{
    struct pvfront f = connected(_i);
    uint8_t frame[NETDEV_FRAME_MAX], got[NETDEV_FRAME_MAX];
    unsigned page, i;

    memset(frame, 0x5a, sizeof(frame));
    for (i = 0; i < 3; i++)
        netdev_deliver(f.r->d->net->net, frame, sizeof(frame) - i);
    pvrig_advance(f.r, 10000000);
    ck_assert_int_eq(rx_answer(&f, &page), NO_MORE);
    offer(&f, 1);
    ck_assert_int_eq(rx_answer(&f, &page), sizeof(frame));
    pvrig_get(f.r, pvrig_page(f.r, page), got, sizeof(got));
    ck_assert_mem_eq(got, frame, sizeof(frame));
    pvfront_grant(&f, RX_DATA + 1, 41, GTF_readonly);
    offer(&f, 2);
    ck_assert_int_eq(rx_answer(&f, &page), NETIF_RSP_ERROR);
    ck_assert_int_eq(rx_answer(&f, &page), sizeof(frame) - 2);
    pvrig_free(f.r);
}
END_TEST

/* Packets that get an error, one answer for each request. */
static const struct {
    unsigned ref, offset, size;             /* the first request */
    unsigned more_ref, more_off, more_size; /* and another; ref 0: none */
} bad_packets[] = {
    {TX_DATA, 0, 0, 0, 0, 0},
    {TX_DATA, 0, 13, 0, 0, 0},
    {TX_DATA, 0, 1515, 0, 0, 0},
    {TX_DATA, 0, 65535, 0, 0, 0},
    {TX_DATA, 4095, 42, 0, 0, 0},
    {TX_DATA, 65535, 42, 0, 0, 0},
    {99, 0, 42, 0, 0, 0}, /* not granted */
    {UINT32_MAX, 0, 42, 0, 0, 0},
    {TX_DATA, 0, 42, TX_DATA, 0, 42}, /* nothing left for the first */
    {TX_DATA, 0, 42, TX_DATA, 0, 65535},
    {TX_DATA, 0, 42, TX_DATA, 0, 0},
    {TX_DATA, 0, 42, TX_DATA, 4090, 20},
    {TX_DATA, 0, 42, 99, 0, 20},
};

START_TEST(bad_packet)
{
    struct pvfront f = connected(_i % 2);
    unsigned i = (unsigned)_i / 2;
    bool two = bad_packets[i].more_ref != 0;

    slot(&f, bad_packets[i].ref, bad_packets[i].offset,
         two ? NETTXF_more_data : 0, bad_packets[i].size);
    if (two)
        slot(&f, bad_packets[i].more_ref, bad_packets[i].more_off, 0,
             bad_packets[i].more_size);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_ERROR);
    if (two)
        ck_assert_int_eq(tx_answer(&f), NETIF_RSP_ERROR);
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    /* And on with the next. */
    slot(&f, TX_DATA, 0, 0, 60);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    pvrig_free(f.r);
}
END_TEST

static void ring_too_full(struct pvfront *f)
{
    uint32_t prod = PV_NET_RING + 1;

    pvrig_put(f->r, pvfront_at(f, TX), &prod, 4);
}

static void packet_not_whole(struct pvfront *f)
{
    slot(f, TX_DATA, 0, NETTXF_more_data, 100);
}

static void packet_too_long(struct pvfront *f)
{
    unsigned i;

    for (i = 0; i < PV_NET_SLOTS + 1; i++)
        slot(f, TX_DATA, 0, i < PV_NET_SLOTS ? NETTXF_more_data : 0, 100);
}

static void packet_with_extra(struct pvfront *f)
{
    slot(f, TX_DATA, 0, NETTXF_extra_info, 100);
    slot(f, 1, 0, 0, 0);
}

/* Nothing more is looked at until the front end begins anew. */
START_TEST(spoilt_ring)
{
    static void (*const spoil[])(struct pvfront *) = {
        ring_too_full, packet_not_whole, packet_too_long, packet_with_extra};
    struct pvfront f = connected(_i % 2);

    spoil[_i / 2](&f);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    ck_assert(f.r->d->net->tx.broken);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    reconnect(&f);
    slot(&f, TX_DATA, 0, 0, 60);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    pvrig_free(f.r);
}
END_TEST

START_TEST(bad_transport)
{
    static const char *const key[] = {"tx-ring-ref", "rx-ring-ref",
                                      "event-channel", "request-rx-copy"};
    struct pvfront f = front(_i % 2);

    publish(&f);
    pvfront_refused(&f, key[_i % 4], _i / 4, XenbusStateConnected);
    ck_assert(!f.r->d->net->bus.connected);
    pvrig_free(f.r);
}
END_TEST

START_TEST(goes_and_comes_back)
{
    struct pvfront f = connected(_i);
    struct grant_entry_v1 e;
    unsigned page;

    slot(&f, TX_DATA, 0, 0, 60);
    pvfront_notify(&f);
    netdev_deliver(f.r->d->net->net, arp, sizeof(arp));
    pvfront_state(&f, XenbusStateClosed); /* with packets in flight */
    ck_assert_uint_eq(pvfront_back_state(&f), XenbusStateClosed);
    pvrig_advance(f.r, 10000000);
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    pv_grant_read(f.r->d, TX_REF, &e);
    ck_assert_uint_eq(e.flags, GTF_permit_access);
    pv_grant_read(f.r->d, RX_REF, &e);
    ck_assert_uint_eq(e.flags, GTF_permit_access);
    pvfront_state(&f, XenbusStateInitialising);
    publish(&f);
    pvfront_state(&f, XenbusStateConnected);
    offer(&f, 4);
    ck_assert_int_eq(rx_answer(&f, &page), NO_MORE);
    slot(&f, TX_DATA, 0, 0, 60);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    pvrig_free(f.r);
}
END_TEST

/* ---- random rings ---- */

START_TEST(random_rings)
{
    struct pvfront f = connected(_i % 2);
    struct rng g = {(uint64_t)_i + 7};
    unsigned i;

    for (i = 0; i < 3000; i++) {
        if (rng_below(&g, 400) == 0) { /* anything at all */
            uint32_t v = (uint32_t)rng_next(&g);

            pvrig_put(f.r,
                      pvfront_at(&f, rng_below(&g, 2) == 0 ? TX : RX) +
                          4 * rng_below(&g, 32),
                      &v, 4);
        }
        slot(&f, TX_DATA + (unsigned)rng_below(&g, 24),
             (unsigned)rng_below(&g, rng_below(&g, 8) == 0 ? 65536 : 3000),
             (unsigned)rng_below(&g, rng_below(&g, 64) == 0 ? 16 : 8),
             (unsigned)rng_below(&g, rng_below(&g, 8) == 0 ? 65536 : 1600));
        if (rng_below(&g, 2) == 0)
            slot(&f, TX_DATA, 0, 0, 100);
        if (rng_below(&g, 4) == 0)
            netdev_deliver(f.r->d->net->net, arp, sizeof(arp));
        if (f.ring[RX].req - f.ring[RX].rsp < 200)
            offer(&f, (unsigned)rng_below(&g, 4));
        settle(&f);
        if (f.r->d->net->tx.broken || f.r->d->net->rx.broken) {
            reconnect(&f);
        }
        while (pvrig_get32(f.r, pvfront_at(&f, RX) + 8) != f.ring[RX].rsp &&
               f.ring[RX].rsp != f.ring[RX].req)
            f.ring[RX].rsp++;
    }
    pvrig_free(f.r);
}
END_TEST

/* ---- snapshots ---- */

/* Back to packets in flight: the same state, the same answers again. */
START_TEST(snapshot)
{
    struct pvfront f = connected(_i);
    struct snap save;
    uint64_t before;
    unsigned page;

    offer(&f, 4);
    pvrig_put(f.r, pvrig_page(f.r, 20), arp, sizeof(arp));
    slot(&f, TX_DATA, 0, 0, sizeof(arp));
    pvfront_notify(&f);
    netdev_deliver(f.r->d->net->net, arp, sizeof(arp));
    before = pvrig_hash(f.r);
    pvrig_save(f.r, &save);
    pvrig_advance(f.r, 1000000);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    pvfront_state(&f, XenbusStateClosed);
    ck_assert_uint_ne(pvrig_hash(f.r), before);
    pvrig_load(f.r, &save);
    ck_assert_uint_eq(pvrig_hash(f.r), before);
    f.ring[TX].rsp--;
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    pvrig_advance(f.r, 1000000);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    ck_assert_int_eq(rx_answer(&f, &page), sizeof(arp));
    ck_assert_int_ge(rx_answer(&f, &page), 42);
    snap_fini(&save);
    pvrig_free(f.r);
}
END_TEST

Suite *test_netback_suite(void)
{
    Suite *s = suite_create("netback");
    TCase *tc = tcase_create("network");

    tcase_add_loop_test(tc, introduces, 0, 2);
    tcase_add_test(tc, no_card);
    tcase_add_loop_test(tc, asks_and_hears, 0, 2);
    tcase_add_loop_test(tc, several_requests, 0, 2);
    tcase_add_loop_test(tc, takes_time, 0, 2);
    tcase_add_loop_test(tc, waits_for_requests, 0, 2);
    tcase_add_loop_test(tc, bad_packet, 0, 2 * ARRAY_LEN(bad_packets));
    tcase_add_loop_test(tc, spoilt_ring, 0, 8);
    tcase_add_loop_test(tc, bad_transport, 0, 4 * PVFRONT_BAD_VALUES);
    tcase_add_loop_test(tc, goes_and_comes_back, 0, 2);
    tcase_add_loop_test(tc, random_rings, 0, 2);
    tcase_add_loop_test(tc, snapshot, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
