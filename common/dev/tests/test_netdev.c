/* test_netdev.c: the network behind a card: its text, its wire, its router. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/bits.h"
#include "common/base/rng.h"
#include "common/dev/netuser.h"
#include "common/dev/tests/netrig.h"
#include "common/tests/suite.h"

#define ROUTER  0x0a000202u
#define OUTSIDE 0xc0000201u /* 192.0.2.1, for documentation */

static struct testrig *r;
static struct netdev *n;
static uint8_t frame[2048];
static unsigned arrivals;

static void arrived(void *opaque)
{
    (void)opaque;
    arrivals++;
}

static void start(const char *text)
{
    struct error err;

    r = testrig_new();
    arrivals = 0;
    ck_assert_ok(netdev_open(&r->m, text, &n, &err), &err);
    netdev_listen(n, arrived, NULL);
}

static void stop(void)
{
    netdev_close(n);
    testrig_free(r);
}

/* Take what has arrived; its length, or 0. */
static size_t take(uint8_t *buf)
{
    const uint8_t *p;
    size_t len = netdev_arrived(n, &p);

    if (len > 0)
        memcpy(buf, p, len);
    netdev_taken(n);
    return len;
}

static void introduce(void)
{
    netdev_send(n, frame, netrig_arp(frame));
    testrig_advance(r, 10000000);
    netdev_drop(n);
}

static const struct {
    const char *text;
    bool ok, there, restricted;
    const char *tftp, *dump;
} texts[] = {
    {NULL, true, false, false, NULL, NULL},
    {"none", true, false, false, NULL, NULL},
    {"user", true, true, false, NULL, NULL},
    {"user,restrict=off", true, true, false, NULL, NULL},
    {"user,restrict=on,tftp=/a b,dump=c=d", true, true, true, "/a b", "c=d"},
    {"user,tftp=a,tftp=b", true, true, false, "b", NULL},
    {"", false, false, false, NULL, NULL},
    {"none,restrict=on", false, false, false, NULL, NULL},
    {"users", false, false, false, NULL, NULL},
    {"user,", false, true, false, NULL, NULL},
    {"user,restrict", false, true, false, NULL, NULL},
    {"user,restrict=", false, true, false, NULL, NULL},
    {"user,restrict=1", false, true, false, NULL, NULL},
    {"user,tftp=", false, true, false, NULL, NULL},
    {"user,hostfwd=tcp::1-:2", false, true, false, NULL, NULL},
};

START_TEST(text)
{
    struct netdev_config c;
    struct error err;

    ck_assert_int_eq(netdev_parse(texts[_i].text, &c, &err),
                     texts[_i].ok ? ST_OK : ST_INVAL);
    if (!texts[_i].ok)
        return;
    ck_assert(c.there == texts[_i].there);
    ck_assert(c.restricted == texts[_i].restricted);
    ck_assert_pstr_eq(c.tftp, texts[_i].tftp);
    ck_assert_pstr_eq(c.dump, texts[_i].dump);
}
END_TEST

START_TEST(text_too_long)
{
    char buf[2000];
    struct netdev_config c;
    struct error err;

    memset(buf, 'a', sizeof(buf));
    memcpy(buf, "user,tftp=", 10);
    buf[sizeof(buf) - 1] = '\0';
    ck_assert_int_eq(netdev_parse(buf, &c, &err), ST_INVAL);
}
END_TEST

static const struct {
    const char *text;
    enum status st;
} unopenable[] = {
    {"none", ST_INVAL},
    {"user,tftp=/nonexistent", ST_INVAL},
    {"user,tftp=/dev/null", ST_INVAL},
    {"user,dump=/nonexistent/file", ST_HOST},
};

START_TEST(does_not_open)
{
    struct error err;

    r = testrig_new();
    ck_assert_int_eq(netdev_open(&r->m, unopenable[_i].text, &n, &err),
                     unopenable[_i].st);
    testrig_free(r);
}
END_TEST

/* One after the other, as whole frames at their ends. */
START_TEST(wire)
{
    start(NETRIG_NETWORK);
    memset(frame, 1, sizeof(frame));
    netdev_deliver(n, frame, 100);
    testrig_advance(r, 10);
    netdev_deliver(n, frame, 60);
    testrig_advance(r, netdev_wire_ns(100) - 11);
    ck_assert_uint_eq(arrivals, 0);
    testrig_advance(r, 1);
    ck_assert_uint_eq(arrivals, 1);
    ck_assert_uint_eq(take(frame), 100);
    ck_assert_uint_eq(take(frame), 0);
    testrig_advance(r, netdev_wire_ns(60) - 1);
    ck_assert_uint_eq(arrivals, 1);
    testrig_advance(r, 1);
    ck_assert_uint_eq(take(frame), 60);
    netdev_deliver(n, frame, NETDEV_FRAME_MIN - 1);
    netdev_deliver(n, frame, NETDEV_FRAME_MAX + 1);
    testrig_advance(r, 10000000);
    ck_assert_uint_eq(arrivals, 2);
    stop();
}
END_TEST

/* ---- the router ---- */

START_TEST(serves_files)
{
    static const char request[] = "\0\1data\0octet", up[] = "\0\1../x\0octet";
    const char *path = suite_tmpfile("data", "contents", 8);
    char network[300];
    size_t len;

    snprintf(network, sizeof(network), NETRIG_NETWORK ",tftp=%.*s",
             (int)(strrchr(path, '/') - path), path);
    start(network);
    introduce();
    netdev_send(n, frame,
                netrig_udp(frame, ROUTER, 69, request, sizeof(request)));
    testrig_advance(r, 10000000);
    len = take(frame);
    ck_assert_uint_eq(len, 42 + 4 + 8);
    ck_assert_mem_eq(frame + 42, "\0\3\0\1contents", 12);
    netdev_send(n, frame, netrig_udp(frame, ROUTER, 69, up, sizeof(up)));
    testrig_advance(r, 10000000);
    ck_assert_uint_gt(take(frame), 42);
    ck_assert_mem_eq(frame + 42, "\0\5", 2); /* an error */
    ck_assert(!r->m.nondeterministic);
    stop();
}
END_TEST

/* Marks the machine: what leaves, where something may leave. */
static const struct {
    const char *network;
    uint32_t to;
    uint16_t port;
    bool marks;
} ways[] = {
    {"user", ROUTER, 69, false},         {"user", 0xffffffff, 67, false},
    {"user", ROUTER, 9, true}, /* the host itself */
    {NETRIG_NETWORK, OUTSIDE, 9, false}, {NETRIG_NETWORK, ROUTER, 9, false},
};

START_TEST(marks_what_leaves)
{
    start(ways[_i].network);
    introduce();
    netdev_send(n, frame, netrig_ping(frame, 8));
    ck_assert(!r->m.nondeterministic);
    netdev_send(n, frame,
                netrig_udp(frame, ways[_i].to, ways[_i].port, "x", 1));
    ck_assert(r->m.nondeterministic == ways[_i].marks);
    stop();
}
END_TEST

/* Pings from addresses that never said by ARP where they are: those of the
 * network are answered at once, the others never. */
START_TEST(any_sender)
{
    unsigned i, answers = 0;
    uint8_t buf[2048];

    start(NETRIG_NETWORK);
    for (i = 0; i < 1024; i++) {
        size_t len = netrig_ping(frame, 8);

        frame[14 + 14] = (uint8_t)(i >> 8); /* 10.0.0.0 to 10.0.3.255 */
        frame[14 + 15] = (uint8_t)i;
        netrig_seal(frame);
        netdev_send(n, frame, len);
        testrig_advance(r, 100000);
        while (take(buf) > 0)
            answers++;
    }
    ck_assert_uint_eq(answers, 254);
    stop();
}
END_TEST

/* Fragments that never become packets: time goes on, and there is an end. */
START_TEST(fragments)
{
    unsigned i, answers = 0;
    uint8_t buf[2048];

    start(NETRIG_NETWORK);
    introduce();
    for (i = 0; i < 2 * NETUSER_FRAGMENTS; i++) {
        size_t len = netrig_ping(frame, 64);

        frame[14 + 4] = (uint8_t)(i >> 8);
        frame[14 + 5] = (uint8_t)i;
        frame[14 + 6] = 0x20; /* more to come */
        netdev_send(n, frame, len);
        testrig_advance(r, 1000);
    }
    testrig_advance(r, 2 * NETUSER_FRAGMENT_NS);
    ck_assert_uint_eq(clock_next_due(&r->m.clock), CLOCK_NEVER);
    netdev_send(n, frame, netrig_ping(frame, 64));
    testrig_advance(r, 10000000);
    while (take(buf) > 0)
        answers++;
    ck_assert_uint_eq(answers, 1);
    stop();
}
END_TEST

/* A packet for one of the router's services, spoilt somewhere behind the
 * addresses, and its protocol any. */
static size_t random_packet(struct rng *g)
{
    static const uint16_t port[] = {67, 69, 53, 9};
    uint8_t data[NETDEV_FRAME_MAX - 42];
    size_t len, k;

    for (k = 0; k < sizeof(data); k++)
        data[k] = (uint8_t)rng_next(g);
    data[0] = 0; /* an operation of TFTP */
    data[1] = (uint8_t)rng_below(g, 6);
    len = netrig_udp(frame, ROUTER, port[rng_below(g, 4)], data,
                     rng_below(g, sizeof(data)));
    if (rng_below(g, 3) == 0)
        frame[14 + 9] = (uint8_t)rng_below(g, 18);
    for (k = rng_below(g, 4); k > 0; k--)
        frame[14 + 20 + rng_below(g, 20)] = (uint8_t)rng_next(g);
    netrig_seal(frame);
    return len;
}

START_TEST(random_frames)
{
    struct rng g = {(uint64_t)_i + 1};
    unsigned i, k;

    start(NETRIG_NETWORK ",tftp=/");
    for (i = 0; i < 4000; i++) {
        size_t len =
            rng_below(&g, 8) == 0 ? netrig_arp(frame) : random_packet(&g);

        for (k = (unsigned)rng_below(&g, 8); k > 6; k--)
            frame[rng_below(&g, len)] = (uint8_t)rng_next(&g);
        netdev_send(n, frame, len);
        testrig_advance(r, rng_below(&g, 2000000));
        netdev_drop(n);
    }
    ck_assert(!r->m.nondeterministic);
    stop();
}
END_TEST

/* ---- the dump ---- */

START_TEST(dump)
{
    const char *path = suite_tmpfile("dump", "", 0);
    static const uint8_t magic[] = {0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0};
    char network[300];
    uint8_t got[1024];
    size_t len;
    FILE *f;

    snprintf(network, sizeof(network), NETRIG_NETWORK ",dump=%s", path);
    start(network);
    testrig_advance(r, 7000000);
    introduce();
    ck_assert_int_eq(netdev_dump_errno(n), 0);
    f = fopen(path, "rb");
    len = fread(got, 1, sizeof(got), f);
    fclose(f);
    ck_assert_mem_eq(got, magic, sizeof(magic));
    ck_assert_uint_gt(len, 24 + 2 * (16 + 42));
    ck_assert_uint_eq(get_le32(got + 24), CLOCK_START_DATE);
    ck_assert_uint_eq(get_le32(got + 28), 7000000);
    ck_assert_uint_eq(get_le32(got + 32), 42);
    ck_assert_mem_eq(got + 40, frame, 42);
    stop();
}
END_TEST

START_TEST(dump_to_a_full_disk)
{
    struct error err;

    if (access("/dev/full", W_OK) != 0)
        SKIP("no /dev/full");
    r = testrig_new();
    ck_assert_int_eq(
        netdev_open(&r->m, NETRIG_NETWORK ",dump=/dev/full", &n, &err),
        ST_HOST);
    testrig_free(r);
}
END_TEST

Suite *test_netdev_suite(void)
{
    Suite *s = suite_create("netdev");
    TCase *tc = tcase_create("netdev");

    tcase_add_loop_test(tc, text, 0, ARRAY_LEN(texts));
    tcase_add_test(tc, text_too_long);
    tcase_add_loop_test(tc, does_not_open, 0, ARRAY_LEN(unopenable));
    tcase_add_test(tc, wire);
    tcase_add_test(tc, serves_files);
    tcase_add_loop_test(tc, marks_what_leaves, 0, ARRAY_LEN(ways));
    tcase_add_test(tc, any_sender);
    tcase_add_test(tc, fragments);
    tcase_add_loop_test(tc, random_frames, 0, 4);
    tcase_add_test(tc, dump);
    tcase_add_test(tc, dump_to_a_full_disk);
    suite_add_tcase(s, tc);
    return s;
}
