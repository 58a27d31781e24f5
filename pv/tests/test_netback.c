/* test_netback.c: the PV network card's back end against a small front end. */
#include "common/base/bits.h"
#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "pv/evtchn.h"
#include "pv/grant.h"
#include "pv/netback.h"
#include "pv/snapshot.h"
#include "pv/tests/pvrig.h"
#include "pv/xenstore.h"

#define NETWORK "user,restrict=on"
#define TX_REF  100u /* pages 10 and 11 are the rings */
#define RX_REF  101u
#define TX_DATA 110u /* ref 110 + i is page 20 + i, for sending */
#define RX_DATA 130u /* ref 130 + i is page 40 + i, for receiving */
#define NO_MORE 99

struct front {
    struct pvrig *r;
    uint32_t port;
    uint32_t tx_req, tx_rsp, rx_req, rx_rsp;
};

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
        pv_store_put(f->r->d, PV_NET_FRONTEND "/state", "%u", state), ST_OK);
}

static unsigned back_state(struct front *f)
{
    uint64_t v;

    ck_assert(pv_store_get_number(f->r->d, PV_NET_BACKEND "/state", &v));
    return (unsigned)v;
}

static uint64_t tx_va(struct front *f)
{
    return pvrig_page(f->r, 10);
}

static uint64_t rx_va(struct front *f)
{
    return pvrig_page(f->r, 11);
}

static void publish(struct front *f)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF};
    struct pv_domain *d = f->r->d;
    const uint32_t fresh[4] = {0, 1, 0, 1};
    unsigned i;

    ck_assert_int_eq(pvrig_op(f->r, __HYPERVISOR_event_channel_op,
                              EVTCHNOP_alloc_unbound, &op, sizeof(op)),
                     0);
    f->port = op.port;
    f->tx_req = f->tx_rsp = f->rx_req = f->rx_rsp = 0;
    pvrig_put(f->r, tx_va(f), fresh, sizeof(fresh));
    pvrig_put(f->r, rx_va(f), fresh, sizeof(fresh));
    grant(f, TX_REF, 10, 0);
    grant(f, RX_REF, 11, 0);
    for (i = 0; i < 20; i++) {
        grant(f, TX_DATA + i, 20 + i, GTF_readonly);
        grant(f, RX_DATA + i, 40 + i, 0);
    }
    pv_store_put(d, PV_NET_FRONTEND "/tx-ring-ref", "%u", TX_REF);
    pv_store_put(d, PV_NET_FRONTEND "/rx-ring-ref", "%u", RX_REF);
    pv_store_put(d, PV_NET_FRONTEND "/event-channel", "%u", f->port);
    pv_store_put(d, PV_NET_FRONTEND "/request-rx-copy", "1");
}

static struct front front(int i)
{
    return (struct front){.r = pvrig_new_net(i == 1, NULL, NETWORK)};
}

static struct front connected(int i)
{
    struct front f = front(i);

    ck_assert_uint_eq(back_state(&f), XenbusStateInitWait);
    publish(&f);
    front_state(&f, XenbusStateConnected);
    ck_assert_uint_eq(back_state(&f), XenbusStateConnected);
    return f;
}

static void ring(struct front *f)
{
    struct evtchn_send op = {.port = f->port};

    ck_assert_int_eq(pvrig_op(f->r, __HYPERVISOR_event_channel_op,
                              EVTCHNOP_send, &op, sizeof(op)),
                     0);
}

/* One request of the sending ring. */
static void slot(struct front *f, unsigned ref, unsigned offset, unsigned flags,
                 unsigned size)
{
    struct netif_tx_request q = {.gref = ref,
                                 .offset = (uint16_t)offset,
                                 .flags = (uint16_t)flags,
                                 .id = (uint16_t)(0x100 + f->tx_req),
                                 .size = (uint16_t)size};

    pvrig_put(f->r, tx_va(f) + 64 + f->tx_req % PV_NET_RING * 12, &q,
              sizeof(q));
    f->tx_req++;
    pvrig_put(f->r, tx_va(f), &f->tx_req, 4);
}

/* Offer n pages for receiving. */
static void offer(struct front *f, unsigned n)
{
    for (; n > 0; n--) {
        struct netif_rx_request q = {.id = (uint16_t)f->rx_req,
                                     .gref = RX_DATA + f->rx_req % 20};

        pvrig_put(f->r, rx_va(f) + 64 + f->rx_req % PV_NET_RING * 8, &q,
                  sizeof(q));
        f->rx_req++;
    }
    pvrig_put(f->r, rx_va(f), &f->rx_req, 4);
    ring(f);
}

/* The next answer of the sending ring. */
static int tx_answer(struct front *f)
{
    struct netif_tx_response a;

    if (pvrig_get32(f->r, tx_va(f) + 8) == f->tx_rsp)
        return NO_MORE;
    pvrig_get(f->r, tx_va(f) + 64 + f->tx_rsp % PV_NET_RING * 12, &a,
              sizeof(a));
    ck_assert_uint_eq(a.id, (uint16_t)(0x100 + f->tx_rsp));
    f->tx_rsp++;
    return a.status;
}

/* The length of the next frame received, or its error; in RX page *page. */
static int rx_answer(struct front *f, unsigned *page)
{
    struct netif_rx_response a;

    if (pvrig_get32(f->r, rx_va(f) + 8) == f->rx_rsp)
        return NO_MORE;
    pvrig_get(f->r, rx_va(f) + 64 + f->rx_rsp % PV_NET_RING * 8, &a, sizeof(a));
    ck_assert_uint_eq(a.id, f->rx_rsp);
    ck_assert_uint_eq(a.offset, 0);
    ck_assert_uint_eq(a.flags, 0);
    *page = 40 + f->rx_rsp % 20;
    f->rx_rsp++;
    return a.status;
}

static void settle(struct front *f)
{
    ring(f);
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
    struct front f = front(_i);
    char buf[64];

    ck_assert(
        pv_store_get(f.r->d, PV_NET_FRONTEND "/backend", buf, sizeof(buf)));
    ck_assert_str_eq(buf, PV_NET_BACKEND);
    ck_assert(pv_store_get(f.r->d, PV_NET_FRONTEND "/mac", buf, sizeof(buf)));
    ck_assert_str_eq(buf, "52:54:00:12:34:56");
    ck_assert(pv_store_get(f.r->d, PV_NET_BACKEND "/feature-rx-copy", buf,
                           sizeof(buf)));
    ck_assert_str_eq(buf, "1");
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
    struct front f = connected(_i);
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
    struct front f = connected(_i);
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
    struct front f = connected(_i);

    pvrig_put(f.r, pvrig_page(f.r, 20), arp, sizeof(arp));
    slot(&f, TX_DATA, 0, 0, sizeof(arp));
    slot(&f, TX_DATA, 0, 0, sizeof(arp));
    ring(&f);
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
    struct front f = connected(_i);
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
    grant(&f, RX_DATA + 1, 41, GTF_readonly);
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
    struct front f = connected(_i % 2);
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

static void ring_too_full(struct front *f)
{
    uint32_t prod = PV_NET_RING + 1;

    pvrig_put(f->r, tx_va(f), &prod, 4);
}

static void packet_not_whole(struct front *f)
{
    slot(f, TX_DATA, 0, NETTXF_more_data, 100);
}

static void packet_too_long(struct front *f)
{
    unsigned i;

    for (i = 0; i < PV_NET_SLOTS + 1; i++)
        slot(f, TX_DATA, 0, i < PV_NET_SLOTS ? NETTXF_more_data : 0, 100);
}

static void packet_with_extra(struct front *f)
{
    slot(f, TX_DATA, 0, NETTXF_extra_info, 100);
    slot(f, 1, 0, 0, 0);
}

/* Nothing more is looked at until the front end begins anew. */
START_TEST(spoilt_ring)
{
    static void (*const spoil[])(struct front *) = {
        ring_too_full, packet_not_whole, packet_too_long, packet_with_extra};
    struct front f = connected(_i % 2);

    spoil[_i / 2](&f);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    ck_assert(f.r->d->net->tx.broken);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    front_state(&f, XenbusStateClosed);
    front_state(&f, XenbusStateInitialising);
    publish(&f);
    front_state(&f, XenbusStateConnected);
    slot(&f, TX_DATA, 0, 0, 60);
    settle(&f);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    pvrig_free(f.r);
}
END_TEST

START_TEST(bad_transport)
{
    static const char *const path[] = {
        PV_NET_FRONTEND "/tx-ring-ref", PV_NET_FRONTEND "/rx-ring-ref",
        PV_NET_FRONTEND "/event-channel", PV_NET_FRONTEND "/request-rx-copy"};
    static const char *const value[] = {"",  "x",   "-1",  "99999999999",
                                        "7", "513", "3000"};
    struct front f = front(_i % 2);
    uint64_t tx_mfn = pvrig_mfn(f.r, tx_va(&f));
    uint32_t count = pv_frame(f.r->d, tx_mfn)->count;

    publish(&f);
    pv_store_put(f.r->d, path[_i % 4], "%s", value[_i / 4]);
    front_state(&f, XenbusStateConnected);
    ck_assert_uint_eq(back_state(&f), XenbusStateClosing);
    ck_assert(!f.r->d->net->bus.connected);
    ck_assert_uint_eq(pv_frame(f.r->d, tx_mfn)->count, count);
    ck_assert_uint_eq(pv_evtchn_port(f.r->d, f.port)->state, PVE_UNBOUND);
    pvrig_free(f.r);
}
END_TEST

START_TEST(goes_and_comes_back)
{
    struct front f = connected(_i);
    struct grant_entry_v1 e;
    unsigned page;

    slot(&f, TX_DATA, 0, 0, 60);
    ring(&f);
    netdev_deliver(f.r->d->net->net, arp, sizeof(arp));
    front_state(&f, XenbusStateClosed); /* with packets in flight */
    ck_assert_uint_eq(back_state(&f), XenbusStateClosed);
    pvrig_advance(f.r, 10000000);
    ck_assert_int_eq(tx_answer(&f), NO_MORE);
    pv_grant_read(f.r->d, TX_REF, &e);
    ck_assert_uint_eq(e.flags, GTF_permit_access);
    pv_grant_read(f.r->d, RX_REF, &e);
    ck_assert_uint_eq(e.flags, GTF_permit_access);
    front_state(&f, XenbusStateInitialising);
    publish(&f);
    front_state(&f, XenbusStateConnected);
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
    struct front f = connected(_i % 2);
    struct rng g = {(uint64_t)_i + 7};
    unsigned i;

    for (i = 0; i < 3000; i++) {
        if (rng_below(&g, 400) == 0) { /* anything at all */
            uint32_t v = (uint32_t)rng_next(&g);

            pvrig_put(f.r,
                      (rng_below(&g, 2) == 0 ? tx_va(&f) : rx_va(&f)) +
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
        if (f.rx_req - f.rx_rsp < 200)
            offer(&f, (unsigned)rng_below(&g, 4));
        settle(&f);
        if (f.r->d->net->tx.broken || f.r->d->net->rx.broken) {
            front_state(&f, XenbusStateClosed);
            front_state(&f, XenbusStateInitialising);
            publish(&f);
            front_state(&f, XenbusStateConnected);
        }
        while (pvrig_get32(f.r, rx_va(&f) + 8) != f.rx_rsp &&
               f.rx_rsp != f.rx_req)
            f.rx_rsp++;
    }
    pvrig_free(f.r);
}
END_TEST

/* ---- snapshots ---- */

static void whole(struct pvrig *r, struct snap *s)
{
    machine_snapshot(r->m, s, true);
    pv_snapshot(r->v, s);
}

/* Back to packets in flight: the same state, the same answers again. */
START_TEST(snapshot)
{
    struct front f = connected(_i);
    struct snap save, load;
    struct error err;
    uint64_t before;
    unsigned page;

    offer(&f, 4);
    pvrig_put(f.r, pvrig_page(f.r, 20), arp, sizeof(arp));
    slot(&f, TX_DATA, 0, 0, sizeof(arp));
    ring(&f);
    netdev_deliver(f.r->d->net->net, arp, sizeof(arp));
    before = pvrig_hash(f.r);
    snap_init_save(&save, &f.r->m->clock);
    whole(f.r, &save);
    ck_assert_ok(snap_status(&save, &err), &err);
    pvrig_advance(f.r, 1000000);
    ck_assert_int_eq(tx_answer(&f), NETIF_RSP_OKAY);
    front_state(&f, XenbusStateClosed);
    ck_assert_uint_ne(pvrig_hash(f.r), before);
    snap_init_load(&load, &f.r->m->clock, save.buf, save.len);
    whole(f.r, &load);
    ck_assert_ok(snap_status(&load, &err), &err);
    ck_assert_uint_eq(pvrig_hash(f.r), before);
    f.tx_rsp--;
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
    tcase_add_loop_test(tc, bad_transport, 0, 28);
    tcase_add_loop_test(tc, goes_and_comes_back, 0, 2);
    tcase_add_loop_test(tc, random_rings, 0, 2);
    tcase_add_loop_test(tc, snapshot, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
