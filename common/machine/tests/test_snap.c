/* test_snap.c: saving, loading, hashing; damaged streams. */
#include "common/machine/snap.h"

#include <stdlib.h>
#include <string.h>

#include "common/machine/gmem.h"
#include "common/tests/suite.h"

struct thing {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    bool e, f;
    uint8_t g[21];
    struct clock_timer t;
};

static struct guest_clock clk;
static char fired[8];

static void fire(void *opaque)
{
    fired[strlen(fired)] = *(char *)opaque;
}

static char names[] = "xy";

static void thing_init(struct thing *t, unsigned n)
{
    memset(t, 0, sizeof(*t));
    clock_timer_init(&t->t, fire, &names[n]);
}

static void describe(struct thing *t, struct snap *s)
{
    snap_section(s, "thing", 3);
    snap_u8(s, &t->a);
    snap_u16(s, &t->b);
    snap_u32(s, &t->c);
    snap_u64(s, &t->d);
    snap_bool(s, &t->e);
    snap_bool(s, &t->f);
    snap_require(s, t->a < 100, "a");
    snap_bytes(s, t->g, sizeof(t->g));
    snap_timer(s, &t->t);
}

static void fill(struct thing *t)
{
    thing_init(t, 0);
    t->a = 99;
    t->b = 0x1234;
    t->c = 0x12345678;
    t->d = 0x123456789abcdef0;
    t->e = true;
    memset(t->g, 0x77, sizeof(t->g));
}

static void setup(void)
{
    clock_init(&clk, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
}

static uint64_t hash_of(struct thing *t)
{
    struct snap s;

    snap_init_hash(&s, &clk);
    describe(t, &s);
    ck_assert_int_eq(snap_status(&s, NULL), ST_OK);
    return snap_hash(&s);
}

START_TEST(round_trip)
{
    struct thing t, u;
    struct snap s, l;

    fill(&t);
    clock_arm(&clk, &t.t, 500);
    snap_init_save(&s, &clk);
    describe(&t, &s);
    ck_assert_int_eq(snap_status(&s, NULL), ST_OK);
    thing_init(&u, 1);
    snap_init_load(&l, &clk, s.buf, s.len);
    describe(&u, &l);
    ck_assert_int_eq(snap_status(&l, NULL), ST_OK);
    ck_assert_uint_eq(l.pos, s.len);
    ck_assert_uint_eq(u.t.due, 500);
    ck_assert(hash_of(&t) == hash_of(&u));
    ck_assert(u.d == t.d && u.c == t.c && u.e && !u.f);
    snap_fini(&s);
    snap_fini(&l);
}
END_TEST

START_TEST(loading_disarms_too)
{
    struct thing t, u;
    struct snap s, l;

    fill(&t);
    snap_init_save(&s, &clk);
    describe(&t, &s);
    thing_init(&u, 1);
    clock_arm(&clk, &u.t, 10);
    snap_init_load(&l, &clk, s.buf, s.len);
    describe(&u, &l);
    ck_assert(clock_next_due(&clk) == CLOCK_NEVER);
    snap_fini(&s);
}
END_TEST

START_TEST(ties_keep_their_order)
{
    struct thing t[2];
    struct snap s, l;

    thing_init(&t[0], 0);
    thing_init(&t[1], 1);
    clock_arm(&clk, &t[1].t, 100); /* y before x */
    clock_arm(&clk, &t[0].t, 100);
    snap_init_save(&s, &clk);
    describe(&t[0], &s);
    describe(&t[1], &s);
    clock_disarm(&clk, &t[0].t);
    clock_disarm(&clk, &t[1].t);
    snap_init_load(&l, &clk, s.buf, s.len);
    describe(&t[0], &l);
    describe(&t[1], &l);
    clock_skip_to(&clk, 100);
    clock_run_due(&clk);
    ck_assert_str_eq(fired, "yx");
    snap_fini(&s);
}
END_TEST

START_TEST(truncated_anywhere)
{
    struct thing t, u;
    struct snap s, l;
    struct error err = {0};
    size_t len;

    fill(&t);
    snap_init_save(&s, &clk);
    describe(&t, &s);
    for (len = 0; len < s.len; len++) {
        uint8_t *copy = malloc(len + 1); /* so that ASan sees a read past it */

        memcpy(copy, s.buf, len);
        copy = realloc(copy, len > 0 ? len : 1);
        thing_init(&u, 1);
        snap_init_load(&l, &clk, copy, len);
        describe(&u, &l);
        ck_assert_int_eq(snap_status(&l, &err), ST_INVAL);
        ck_assert(strstr(err.text, "ends at byte") != NULL);
        clock_disarm(&clk, &u.t);
        free(copy);
    }
    snap_fini(&s);
}
END_TEST

/* Offsets: name length 0, name 1-5, version 6-9, a 10, ... e 25. */
static const struct {
    size_t at;
    uint8_t v;
    const char *says;
} damages[] = {
    {0, 4, "thing"},     {0, 200, "thing"},     {3, 'X', "\"thing\" expected"},
    {6, 4, "version 4"}, {10, 100, "a before"}, {25, 2, "truth"},
};

START_TEST(damaged)
{
    struct thing t, u;
    struct snap s, l;
    struct error err = {0};

    fill(&t);
    snap_init_save(&s, &clk);
    describe(&t, &s);
    s.buf[damages[_i].at] = damages[_i].v;
    thing_init(&u, 1);
    snap_init_load(&l, &clk, s.buf, s.len);
    describe(&u, &l);
    ck_assert_int_eq(snap_status(&l, &err), ST_INVAL);
    ck_assert_msg(strstr(err.text, damages[_i].says) != NULL, "%s", err.text);
    ck_assert_uint_eq(u.d,
                      damages[_i].at < 25 && damages[_i].at != 10 ? 0 : t.d);
    snap_fini(&s);
}
END_TEST

START_TEST(hostile_timer_order)
{
    struct thing t, u;
    struct snap s, l;
    uint64_t seq = UINT64_MAX - 1;

    fill(&t);
    clock_restore(&clk, &t.t, 7, seq);
    snap_init_save(&s, &clk);
    describe(&t, &s);
    clock_disarm(&clk, &t.t);
    thing_init(&u, 1);
    snap_init_load(&l, &clk, s.buf, s.len);
    describe(&u, &l);
    ck_assert_int_eq(snap_status(&l, NULL), ST_OK);
    clock_skip_to(&clk, 10);
    clock_run_due(&clk); /* fires: nothing is "armed later" than now */
    ck_assert_str_eq(fired, "y");
    snap_fini(&s);
}
END_TEST

START_TEST(hash_sees_every_field)
{
    struct thing t;
    uint64_t h[8];
    unsigned i, j;

    fill(&t);
    h[0] = hash_of(&t);
    ck_assert(hash_of(&t) == h[0]);
    t.a ^= 1;
    h[1] = hash_of(&t);
    t.b ^= 1;
    h[2] = hash_of(&t);
    t.c ^= 0x80000000;
    h[3] = hash_of(&t);
    t.d ^= 1;
    h[4] = hash_of(&t);
    t.f = true;
    h[5] = hash_of(&t);
    t.g[20] ^= 0x80;
    h[6] = hash_of(&t);
    clock_arm(&clk, &t.t, 1);
    h[7] = hash_of(&t);
    for (i = 0; i < 8; i++)
        for (j = 0; j < i; j++)
            ck_assert(h[i] != h[j]);
    /* When it was armed is not state. */
    clk.next_seq += 10;
    clock_arm(&clk, &t.t, 1);
    ck_assert(hash_of(&t) == h[7]);
}
END_TEST

START_TEST(hash_of_similar_bytes)
{
    uint8_t buf[64] = {0};
    uint64_t seen[65];
    unsigned i, j;

    for (i = 0; i <= 64; i++) { /* zeroes of every length, and one bit set */
        struct snap s;

        snap_init_hash(&s, &clk);
        snap_bytes(&s, buf, i);
        seen[i] = snap_hash(&s);
        for (j = 0; j < i; j++)
            ck_assert(seen[i] != seen[j]);
    }
    for (i = 0; i < 512; i++) {
        struct snap s;

        buf[i / 8] = (uint8_t)(1u << i % 8);
        snap_init_hash(&s, &clk);
        snap_bytes(&s, buf, 64);
        for (j = 0; j <= 64; j++)
            ck_assert(snap_hash(&s) != seen[j]);
        /* About half of the 64 bits differ. */
        j = (unsigned)__builtin_popcountll(snap_hash(&s) ^ seen[64]);
        ck_assert_msg(j > 8 && j < 56, "bit %u changes %u", i, j);
        buf[i / 8] = 0;
    }
}
END_TEST

/* ---- memory -------------------------------------------------------------- */

static void memory_init(struct gmem *g, uint64_t size)
{
    struct error err;

    gmem_init(g);
    ck_assert_ok(gmem_add(g, 0, size, false, &err), &err);
    ck_assert_ok(gmem_add(g, 0x100000000, 0x2000, true, &err), &err);
}

static uint64_t memory_hash(struct gmem *g)
{
    struct snap s;

    snap_init_hash(&s, &clk);
    gmem_snapshot(g, &s);
    return snap_hash(&s);
}

START_TEST(memory_round_trip)
{
    struct gmem g, h;
    struct snap s, l;
    uint8_t v = 0xee;

    memory_init(&g, 16 << 20);
    memory_init(&h, 16 << 20);
    gmem_write(&g, 0x5123, &v, 1);
    gmem_write(&g, 0xffefff, &v, 1);
    gmem_write(&h, 0xffffff, &v, 1); /* ...and after what is loaded */
    gmem_load(&g, 0x100001000, &v, 1);
    gmem_write(&h, 0x4000, &v, 1); /* must become zero, before, between... */
    gmem_write(&h, 0x6000, &v, 1);
    gmem_clear_dirty(&h);
    snap_init_save(&s, &clk);
    gmem_snapshot(&g, &s);
    ck_assert_uint_lt(s.len, 3 * 4096 + 200);
    snap_init_load(&l, &clk, s.buf, s.len);
    gmem_snapshot(&h, &l);
    ck_assert_int_eq(snap_status(&l, NULL), ST_OK);
    ck_assert_uint_eq(l.pos, s.len);
    ck_assert_mem_eq(gmem_host(&g, 0, 16 << 20), gmem_host(&h, 0, 16 << 20),
                     16 << 20);
    ck_assert(memory_hash(&g) == memory_hash(&h));
    ck_assert_uint_eq(*gmem_flags(&h, 0x4000), GMEM_PAGE_DIRTY);
    ck_assert_uint_eq(*gmem_flags(&h, 0x7000), 0);
    gmem_write(&h, 0x5122, &v, 1);
    ck_assert(memory_hash(&g) != memory_hash(&h));
    snap_fini(&s);
    gmem_fini(&g);
    gmem_fini(&h);
}
END_TEST

START_TEST(host_clock_goes_on)
{
    struct guest_clock from, to;
    struct snap s, l;

    clock_init(&from, CLOCK_HOST, CLOCK_NS_PER_S);
    clock_init(&to, CLOCK_HOST, CLOCK_NS_PER_S);
    from.host_start -= 1000 * CLOCK_NS_PER_S; /* it has run for long */
    snap_init_save(&s, &from);
    clock_snapshot(&from, &s);
    ck_assert_uint_ge(clock_now(&from), 1000 * CLOCK_NS_PER_S);
    ck_assert_uint_lt(clock_now(&to), 100 * CLOCK_NS_PER_S);
    snap_init_load(&l, &to, s.buf, s.len);
    clock_snapshot(&to, &l);
    ck_assert_uint_ge(clock_now(&to), 1000 * CLOCK_NS_PER_S);
    ck_assert_uint_lt(clock_now(&to), 1100 * CLOCK_NS_PER_S);
    snap_fini(&s);
}
END_TEST

START_TEST(memory_damaged)
{
    /* Of the stream: section name 0-4, version 5-8, regions 9-12, base 13-20,
     * size 21-28, kind 29, first page number 30. */
    static const struct {
        size_t at;
        uint8_t v;
    } t[] = {{9, 3},  {13, 1}, {22, 0x50}, {29, 1},
             {30, 6}, {31, 1}, {37, 0x80}};
    struct gmem g;
    struct snap s, l;
    uint8_t v = 1;

    memory_init(&g, 0x6000);
    gmem_write(&g, 0x2000, &v, 1);
    snap_init_save(&s, &clk);
    gmem_snapshot(&g, &s);
    ck_assert_uint_eq(s.buf[30], 2);
    s.buf[t[_i].at] = t[_i].v;
    snap_init_load(&l, &clk, s.buf, s.len);
    gmem_snapshot(&g, &l);
    ck_assert_int_eq(snap_status(&l, NULL), ST_INVAL);
    snap_fini(&s);
    gmem_fini(&g);
}
END_TEST

START_TEST(memory_pages_out_of_order)
{
    struct gmem g;
    struct snap s, l;
    uint8_t v = 1;

    memory_init(&g, 0x6000);
    gmem_write(&g, 0x2000, &v, 1);
    gmem_write(&g, 0x3000, &v, 1);
    snap_init_save(&s, &clk);
    gmem_snapshot(&g, &s);
    s.buf[30 + 8 + 4096] = 2; /* the same page again */
    snap_init_load(&l, &clk, s.buf, s.len);
    gmem_snapshot(&g, &l);
    ck_assert_int_eq(snap_status(&l, NULL), ST_INVAL);
    snap_fini(&s);
    gmem_fini(&g);
}
END_TEST

Suite *test_snap_suite(void)
{
    Suite *s = suite_create("snap");
    TCase *tc = tcase_create("snap");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, round_trip);
    tcase_add_test(tc, loading_disarms_too);
    tcase_add_test(tc, ties_keep_their_order);
    tcase_add_test(tc, truncated_anywhere);
    tcase_add_loop_test(tc, damaged, 0, ARRAY_LEN(damages));
    tcase_add_test(tc, hostile_timer_order);
    tcase_add_test(tc, hash_sees_every_field);
    tcase_add_test(tc, hash_of_similar_bytes);
    tcase_add_test(tc, host_clock_goes_on);
    tcase_add_test(tc, memory_round_trip);
    tcase_add_loop_test(tc, memory_damaged, 0, 7);
    tcase_add_test(tc, memory_pages_out_of_order);
    suite_add_tcase(s, tc);
    return s;
}
