/* test_xenstore.c: the store over its ring: requests, watches, transactions,
 * permissions, and what breaks the connection. */
#include <stdio.h>
#include <stdlib.h>

#include "common/tests/suite.h"
#include "pv/tests/pvrig.h"
#include "pv/xenstore.h"

#define AT(field) ((unsigned)offsetof(struct xenstore_domain_interface, field))
#define RING      XENSTORE_RING_SIZE

static uint32_t get(struct pvrig *r, unsigned at)
{
    uint32_t v;

    pv_read_frame(r->d, r->d->store_mfn, at, &v, 4);
    return v;
}

static void set(struct pvrig *r, unsigned at, uint32_t v)
{
    pv_write_frame(r->d, r->d->store_mfn, at, &v, 4);
}

static void ring(struct pvrig *r)
{
    pvrig_send(r, r->d->store_port);
}

/* Bytes to the store, in as many pieces as the ring needs. */
static void put(struct pvrig *r, const void *data, size_t n)
{
    const uint8_t *p = data;

    while (n > 0) {
        uint32_t prod = get(r, AT(req_prod)), cons = get(r, AT(req_cons));
        uint32_t room = RING - (prod - cons);

        ck_assert_uint_gt(room, 0);
        for (; room > 0 && n > 0; room--, n--, prod++)
            pv_write_frame(r->d, r->d->store_mfn, AT(req) + prod % RING, p++,
                           1);
        set(r, AT(req_prod), prod);
        ring(r);
    }
}

/* Bytes from the store; 0: there are not that many. */
static bool take(struct pvrig *r, void *data, size_t n)
{
    uint8_t *p = data;
    uint32_t cons;

    for (; n > 0; n--) {
        cons = get(r, AT(rsp_cons));
        if (cons == get(r, AT(rsp_prod)))
            ring(r);
        if (cons == get(r, AT(rsp_prod)))
            return false;
        pv_read_frame(r->d, r->d->store_mfn, AT(rsp) + cons % RING, p++, 1);
        set(r, AT(rsp_cons), cons + 1);
    }
    return true;
}

struct reply {
    struct xsd_sockmsg head;
    char data[XENSTORE_PAYLOAD_MAX + 1];
};
static struct reply got;

static bool receive(struct pvrig *r)
{
    memset(&got, 0, sizeof(got));
    if (!take(r, &got.head, sizeof(got.head)))
        return false;
    ck_assert_uint_le(got.head.len, XENSTORE_PAYLOAD_MAX);
    return take(r, got.data, got.head.len);
}

static void send_raw(struct pvrig *r, uint32_t type, uint32_t tx,
                     const void *data, size_t n)
{
    struct xsd_sockmsg head = {
        .type = type, .req_id = 77, .tx_id = tx, .len = (uint32_t)n};

    put(r, &head, sizeof(head));
    put(r, data, n);
}

/* A request with a payload given as text, NUL included; its answer in got. */
static void ask_n(struct pvrig *r, uint32_t type, uint32_t tx, const char *data,
                  size_t n)
{
    send_raw(r, type, tx, data, n);
    ck_assert(receive(r));
    ck_assert_uint_eq(got.head.req_id, 77);
    ck_assert_uint_eq(got.head.tx_id, tx);
}
#define ask(r, kind, tx, text) ask_n(r, kind, tx, text, sizeof(text))
#define ok(r, kind, tx, text)                                                  \
    do {                                                                       \
        ask(r, kind, tx, text);                                                \
        ck_assert_msg(got.head.type == (kind), "%s: %s", #text, got.data);     \
    } while (0)
#define fails(r, kind, tx, text, error)                                        \
    do {                                                                       \
        ask(r, kind, tx, text);                                                \
        ck_assert_uint_eq(got.head.type, XS_ERROR);                            \
        ck_assert_str_eq(got.data, error);                                     \
    } while (0)

START_TEST(reads_and_writes)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);

    ok(r, XS_READ, 0, "domid");
    ck_assert_mem_eq(got.data, "1", 1);
    ck_assert_uint_eq(got.head.len, 1);
    ok(r, XS_READ, 0, "/local/domain/1/name");
    ask_n(r, XS_WRITE, 0, "data/a/b\0two words", 18);
    ck_assert_uint_eq(got.head.type, XS_WRITE);
    ck_assert_str_eq(got.data, "OK");
    ok(r, XS_READ, 0, "/local/domain/1/data/a/b");
    ck_assert_str_eq(got.data, "two words");
    ck_assert_uint_eq(got.head.len, 9);
    ok(r, XS_READ, 0, "data/a"); /* made on the way */
    ck_assert_uint_eq(got.head.len, 0);
    ok(r, XS_MKDIR, 0, "data/c");
    ok(r, XS_MKDIR, 0, "data/a/b"); /* stays as it is */
    ok(r, XS_READ, 0, "data/a/b");
    ck_assert_uint_eq(got.head.len, 9);
    ok(r, XS_DIRECTORY, 0, "data");
    ck_assert_uint_eq(got.head.len, 4);
    ck_assert_mem_eq(got.data, "a\0c", 4);
    ok(r, XS_RM, 0, "data/a");
    ok(r, XS_RM, 0, "data/a"); /* it is not there: fine */
    fails(r, XS_RM, 0, "data/x/y", "ENOENT");
    fails(r, XS_READ, 0, "data/a/b", "ENOENT");
    ok(r, XS_GET_DOMAIN_PATH, 0, "7");
    ck_assert_str_eq(got.data, "/local/domain/7");
    pvrig_free(r);
}
END_TEST

START_TEST(directory_in_parts)
{
    struct pvrig *r = pvrig_new(false, NULL);
    char path[64];
    int i;

    for (i = 0; i < 600; i++) {
        suite_format(path, sizeof(path), "data/name-%03d", i);
        ask_n(r, XS_MKDIR, 0, path, strlen(path) + 1);
        ck_assert_uint_eq(got.head.type, XS_MKDIR);
    }
    fails(r, XS_DIRECTORY, 0, "data", "E2BIG");
    ask_n(r, XS_DIRECTORY_PART, 0,
          "data\0"
          "0",
          7);
    ck_assert_uint_eq(got.head.type, XS_DIRECTORY_PART);
    ck_assert_str_eq(got.data + strlen(got.data) + 1, "name-000");
    ask_n(r, XS_DIRECTORY_PART, 0,
          "data\0"
          "5391",
          10);
    ck_assert_uint_eq(got.head.type, XS_DIRECTORY_PART);
    ck_assert_str_eq(got.data + strlen(got.data) + 1, "name-599");
    ck_assert_int_eq(got.data[got.head.len - 1], '\0');
    ck_assert_int_eq(got.data[got.head.len - 2], '\0');
    pvrig_free(r);
}
END_TEST

START_TEST(permissions)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);

    fails(r, XS_WRITE, 0, "name\0x", "EACCES"); /* read-only to it */
    fails(r, XS_WRITE, 0, "newnode\0x", "EACCES");
    fails(r, XS_READ, 0, "/", "EACCES");
    fails(r, XS_READ, 0, "/local/domain/0", "EACCES");
    fails(r, XS_READ, 0, "/nothing/there", "EACCES"); /* not even that */
    fails(r, XS_RM, 0, "/local", "EACCES");
    fails(r, XS_RM, 0, "name", "EACCES");
    ok(r, XS_GET_PERMS, 0, "data");
    ck_assert_str_eq(got.data, "n1");
    ok(r, XS_WRITE, 0, "data/p\0v");
    ask_n(r, XS_SET_PERMS, 0, "data/p\0n1\0r0\0b5", 16);
    ck_assert_uint_eq(got.head.type, XS_SET_PERMS);
    ok(r, XS_GET_PERMS, 0, "data/p");
    ck_assert_mem_eq(got.data, "n1\0r0\0b5", 9);
    fails(r, XS_SET_PERMS, 0, "data/p\0n0", "EPERM"); /* gives it away */
    fails(r, XS_SET_PERMS, 0, "data/p\0x1", "EINVAL");
    fails(r, XS_SET_PERMS, 0, "data/p\0r", "EINVAL");
    fails(r, XS_SET_PERMS, 0, "data/p\0r99999", "EINVAL");
    fails(r, XS_SET_PERMS, 0, "data/p", "EINVAL");
    fails(r, XS_SET_PERMS, 0, "name\0n0", "EACCES");
    fails(r, XS_SET_PERMS, 0, "data/p\0n1\0n2\0n3\0n4\0n5\0n6", "ENOSPC");
    pvrig_free(r);
}
END_TEST

START_TEST(refuses)
{
    static const uint32_t privileged[] = {XS_CONTROL, XS_INTRODUCE,
                                          XS_RELEASE, XS_IS_DOMAIN_INTRODUCED,
                                          XS_RESUME,  XS_SET_TARGET};
    static const uint32_t none[] = {XS_WATCH_EVENT, XS_ERROR,  20, 23, 24,
                                    XS_INVALID,     UINT32_MAX};
    static const char *const paths[] = {"",     "a//b",      "/a/", "a b",
                                        "a\tb", "data/\xff", "//",  "data/"};
    struct pvrig *r = pvrig_new(false, NULL);
    char longest[XENSTORE_PAYLOAD_MAX];
    size_t i;

    for (i = 0; i < ARRAY_LEN(privileged); i++)
        fails(r, privileged[i], 0, "1", "EACCES");
    for (i = 0; i < ARRAY_LEN(none); i++)
        fails(r, none[i], 0, "1", "ENOSYS");
    for (i = 0; i < ARRAY_LEN(paths); i++) {
        ask_n(r, XS_READ, 0, paths[i], strlen(paths[i]) + 1);
        ck_assert_str_eq(got.data, "EINVAL");
    }
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    ask_n(r, XS_READ, 0, longest, sizeof(longest));
    ck_assert_str_eq(got.data, "EINVAL");
    longest[XENSTORE_REL_PATH_MAX + 1] = '\0';
    ask_n(r, XS_READ, 0, longest, XENSTORE_REL_PATH_MAX + 2);
    ck_assert_str_eq(got.data, "EINVAL");
    ask_n(r, XS_READ, 0, "no end", 6);
    ck_assert_str_eq(got.data, "EINVAL");
    ask_n(r, XS_READ, 0, "", 0);
    ck_assert_str_eq(got.data, "EINVAL");
    ask_n(r, XS_WRITE, 0, "data/x", 6);
    ck_assert_str_eq(got.data, "EINVAL");
    fails(r, XS_READ, 99, "domid", "ENOENT"); /* no such transaction */
    memcpy(longest, "data/v", 7);
    memset(longest + 7, 'v', PV_STORE_VALUE + 1);
    ask_n(r, XS_WRITE, 0, longest, 7 + PV_STORE_VALUE + 1);
    ck_assert_str_eq(got.data, "ENOSPC");
    ask_n(r, XS_WRITE, 0, longest, 7 + PV_STORE_VALUE);
    ck_assert_str_eq(got.data, "OK");
    pvrig_free(r);
}
END_TEST

START_TEST(watches)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);

    ask_n(r, XS_WATCH, 0, "data\0tok", 9);
    ck_assert_uint_eq(got.head.type, XS_WATCH);
    ck_assert(receive(r)); /* a first event at once */
    ck_assert_uint_eq(got.head.type, XS_WATCH_EVENT);
    ck_assert_mem_eq(got.data, "data\0tok", 9);
    fails(r, XS_WATCH, 0, "data\0tok", "EEXIST");
    send_raw(r, XS_WRITE, 0, "data/k\0v", 8);
    ck_assert(receive(r));
    ck_assert_uint_eq(got.head.type, XS_WATCH_EVENT);
    ck_assert_mem_eq(got.data, "data/k\0tok", 11);
    ck_assert(receive(r));
    ck_assert_uint_eq(got.head.type, XS_WRITE);
    /* A watch below what goes away. */
    ask_n(r, XS_WATCH, 0, "/local/domain/1/data/k\0deep", 28);
    ck_assert(receive(r));
    send_raw(r, XS_RM, 0, "data/k", 7);
    ck_assert(receive(r));
    ck_assert_mem_eq(got.data, "data/k\0tok", 11);
    ck_assert(receive(r));
    ck_assert_str_eq(got.data, "/local/domain/1/data/k");
    ck_assert(receive(r));
    ck_assert_uint_eq(got.head.type, XS_RM);
    ask_n(r, XS_UNWATCH, 0, "data\0tok", 9);
    ck_assert_uint_eq(got.head.type, XS_UNWATCH);
    ask_n(r, XS_UNWATCH, 0, "data\0tok", 9);
    ck_assert_str_eq(got.data, "ENOENT");
    ok(r, XS_WRITE, 0, "data/j\0v");
    /* Events of back ends, and none of what the guest may not read. */
    ask_n(r, XS_WATCH, 0, "/\0all", 6);
    ck_assert(receive(r));
    ck_assert_int_eq(pv_store_put(r->d, "/local/domain/0/secret", "1"), ST_OK);
    ck_assert_int_eq(pv_store_put(r->d, PV_STORE_HOME "/cpu/0/x", "1"), ST_OK);
    ck_assert(receive(r));
    ck_assert_str_eq(got.data, PV_STORE_HOME "/cpu/0/x");
    ok(r, XS_RESET_WATCHES, 0, "");
    ck_assert_int_eq(pv_store_put(r->d, PV_STORE_HOME "/cpu/0/x", "2"), ST_OK);
    ck_assert(!receive(r));
    pvrig_free(r);
}
END_TEST

static uint32_t begin(struct pvrig *r)
{
    ok(r, XS_TRANSACTION_START, 0, "");
    return (uint32_t)strtoul(got.data, NULL, 10);
}

START_TEST(transactions)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t a = begin(r), b;

    ok(r, XS_WRITE, a, "data/t\0v");
    ok(r, XS_READ, a, "data/t");
    fails(r, XS_READ, 0, "data/t", "ENOENT"); /* not outside, yet */
    fails(r, XS_TRANSACTION_START, a, "", "EBUSY");
    ok(r, XS_TRANSACTION_END, a, "T");
    ok(r, XS_READ, 0, "data/t");
    fails(r, XS_READ, a, "data/t", "ENOENT"); /* it is over */
    a = begin(r);
    ok(r, XS_RM, a, "data/t");
    ok(r, XS_TRANSACTION_END, a, "F");
    ok(r, XS_READ, 0, "data/t");
    /* The second of two that change something has to begin again. */
    a = begin(r);
    b = begin(r);
    ck_assert_uint_ne(a, b);
    ok(r, XS_WRITE, a, "data/t\0a");
    ok(r, XS_WRITE, b, "data/t\0b");
    ok(r, XS_TRANSACTION_END, b, "T");
    fails(r, XS_TRANSACTION_END, a, "T", "EAGAIN");
    ok(r, XS_READ, 0, "data/t");
    ck_assert_mem_eq(got.data, "b", 1);
    fails(r, XS_TRANSACTION_END, 0, "T", "ENOENT");
    a = begin(r);
    fails(r, XS_TRANSACTION_END, a, "X", "EINVAL");
    ok(r, XS_TRANSACTION_END, a, "T"); /* nothing to do */
    pvrig_free(r);
}
END_TEST

START_TEST(quotas)
{
    struct pvrig *r = pvrig_new(false, NULL);
    char text[64];
    unsigned i;

    for (i = 0; i < PV_STORE_TXNS; i++)
        begin(r);
    fails(r, XS_TRANSACTION_START, 0, "", "ENOSPC");
    ok(r, XS_RESET_WATCHES, 0, "");
    begin(r);
    for (i = 0; i < PV_STORE_WATCHES; i++) {
        int n = snprintf(text, sizeof(text), "data%ct%u", 0, i);

        ask_n(r, XS_WATCH, 0, text, (size_t)n + 1);
        ck_assert_uint_eq(got.head.type, XS_WATCH);
        ck_assert(receive(r));
    }
    ask_n(r, XS_WATCH, 0, "data\0more", 10);
    ck_assert_str_eq(got.data, "ENOSPC");
    ok(r, XS_RESET_WATCHES, 0, "");
    for (i = 0; i < PV_STORE_NODES; i++) {
        suite_format(text, sizeof(text), "data/%u", i);
        ask_n(r, XS_MKDIR, 0, text, strlen(text) + 1);
        if (got.head.type == XS_ERROR)
            break;
    }
    ck_assert_str_eq(got.data, "ENOSPC");
    ck_assert_uint_gt(i, PV_STORE_NODES - 30);
    ok(r, XS_RM, 0, "data/0");
    ok(r, XS_MKDIR, 0, "data/again");
    pvrig_free(r);
}
END_TEST

/* ---- what breaks the connection ---- */

START_TEST(too_long)
{
    struct pvrig *r = pvrig_new(false, NULL);
    struct xsd_sockmsg head = {.type = XS_READ,
                               .len = _i == 0 ? XENSTORE_PAYLOAD_MAX + 1
                                              : UINT32_MAX};

    put(r, &head, sizeof(head));
    ck_assert_uint_eq(get(r, AT(error)), XENSTORE_ERROR_PROTO);
    ck_assert(!receive(r));
    pvrig_free(r);
}
END_TEST

START_TEST(bad_indices)
{
    struct pvrig *r = pvrig_new(false, NULL);

    set(r, _i == 0 ? AT(req_prod) : AT(rsp_cons), 0x80000000);
    ring(r);
    if (_i == 1) /* seen when there is something to say */
        put(r, &(struct xsd_sockmsg){.type = XS_ERROR}, 16);
    ck_assert_uint_eq(get(r, AT(error)), XENSTORE_ERROR_RINGIDX);
    ring(r);
    pvrig_free(r);
}
END_TEST

/* A guest that never fetches: requests wait, events end the connection. */
START_TEST(never_fetches)
{
    struct pvrig *r = pvrig_new(false, NULL);
    struct pv_store *x = r->d->store;
    unsigned i;

    ask_n(r, XS_WATCH, 0, "data\0a-token", 13);
    ck_assert(receive(r));
    for (i = 0; i < 100000 && x->error == 0; i++)
        ck_assert_int_eq(pv_store_put(r->d, PV_STORE_HOME "/data/x", "%u", i),
                         ST_OK);
    ck_assert_uint_eq(get(r, AT(error)), XENSTORE_ERROR_COMM);
    ck_assert_uint_eq(x->out_len, 0);
    pvrig_free(r);
}
END_TEST

START_TEST(requests_wait)
{
    struct pvrig *r = pvrig_new(false, NULL);
    struct xsd_sockmsg head = {.type = XS_DIRECTORY, .len = 2};
    unsigned i, sent = 0;

    ok(r, XS_WRITE, 0, "data/d\0v");
    for (i = 0; i < 60; i++) {
        char path[32];

        suite_format(path, sizeof(path), "data/a-rather-long-name-%02u", i);
        ask_n(r, XS_MKDIR, 0, path, strlen(path) + 1);
    }
    head.len = 5;
    /* Answers of 1.5 KB each: soon no more requests are looked at. */
    while (get(r, AT(req_prod)) - get(r, AT(req_cons)) < RING - 32) {
        put(r, &head, sizeof(head));
        put(r, "data", 5);
        ck_assert_uint_lt(++sent, 1000);
    }
    ck_assert_uint_lt(r->d->store->out_len, PV_STORE_OUT_SOFT + 8192);
    for (i = 0; i < sent; i++) {
        ck_assert(receive(r));
        ck_assert_uint_eq(got.head.type, XS_DIRECTORY);
    }
    ck_assert(!receive(r));
    pvrig_free(r);
}
END_TEST

/* ---- snapshot ---- */

static uint64_t state(struct pvrig *r)
{
    struct snap s;
    uint64_t h;

    snap_init_hash(&s, &r->m->clock);
    pv_store_snapshot(r->d, &s);
    h = snap_hash(&s);
    snap_fini(&s);
    return h;
}

START_TEST(snapshot)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct snap s, l;
    uint64_t before;
    struct error err;
    uint32_t t;

    ask_n(r, XS_WATCH, 0, "data\0tok", 9);
    ck_assert(receive(r));
    ok(r, XS_RESET_WATCHES, 0, "");
    ask_n(r, XS_WATCH, 0, "data\0tok", 9);
    ck_assert(receive(r));
    t = begin(r);
    ok(r, XS_WRITE, t, "data/t\0v");
    send_raw(r, XS_WRITE, 0, "data/u\0v", 8); /* answers stay there */
    put(r, &(struct xsd_sockmsg){.type = XS_READ, .len = 30}, 20 - 4);
    before = state(r);
    snap_init_save(&s, &r->m->clock);
    pv_store_snapshot(r->d, &s);
    ck_assert_ok(snap_status(&s, &err), &err);
    ck_assert_int_eq(pv_store_put(r->d, PV_STORE_HOME "/data/x", "1"), ST_OK);
    pv_store_txn_reset(r->d->store);
    snap_init_load(&l, &r->m->clock, s.buf, s.len);
    pv_store_snapshot(r->d, &l);
    ck_assert_ok(snap_status(&l, &err), &err);
    ck_assert_ptr_nonnull(pv_store_txn_find(r->d->store, t));
    ck_assert_ptr_null(
        pv_store_tree_find(r->d->store->tree, PV_STORE_HOME "/data/x"));
    ck_assert_uint_eq(state(r), before);
    snap_fini(&s);
    pvrig_free(r);
}
END_TEST

Suite *test_xenstore_suite(void)
{
    Suite *s = suite_create("xenstore");
    TCase *tc = tcase_create("requests");

    tcase_add_loop_test(tc, reads_and_writes, 0, 2);
    tcase_add_test(tc, directory_in_parts);
    tcase_add_loop_test(tc, permissions, 0, 2);
    tcase_add_test(tc, refuses);
    tcase_add_loop_test(tc, watches, 0, 2);
    tcase_add_loop_test(tc, transactions, 0, 2);
    tcase_add_test(tc, quotas);
    suite_add_tcase(s, tc);
    tc = tcase_create("broken");
    tcase_add_loop_test(tc, too_long, 0, 2);
    tcase_add_loop_test(tc, bad_indices, 0, 2);
    tcase_add_test(tc, never_fetches);
    tcase_add_test(tc, requests_wait);
    tcase_add_loop_test(tc, snapshot, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
