/* test_clock.c: guest time and the event queue. */
#include "common/machine/clock.h"

#include <string.h>
#include <time.h>

#include "common/base/rng.h"
#include "common/tests/suite.h"

static struct guest_clock c;
static uint64_t insns;
static unsigned nr_rearm;
static char order[64];

struct named {
    struct clock_timer t;
    char name;
    uint64_t again; /* arms itself for this time when it fires; 0: no */
};

static uint64_t icount(void *opaque)
{
    (void)opaque;
    return insns;
}

static void rearm(void *opaque)
{
    (void)opaque;
    nr_rearm++;
}

static void fire(void *opaque)
{
    struct named *n = opaque;
    size_t len = strlen(order);

    ck_assert_uint_lt(len + 1, sizeof(order));
    order[len] = n->name;
    if (n->again != 0)
        clock_arm(&c, &n->t, n->again);
}

static void named_init(struct named *n, char name)
{
    memset(n, 0, sizeof(*n));
    n->name = name;
    clock_timer_init(&n->t, fire, n);
}

static void start(uint64_t ips)
{
    clock_init(&c, CLOCK_VIRTUAL, ips);
    c.icount = icount;
    c.rearm = rearm;
    insns = 0;
}

static void setup(void)
{
    start(CLOCK_NS_PER_S);
}

START_TEST(one_instruction_is_one_ns)
{
    ck_assert_uint_eq(clock_now(&c), 0);
    insns = 123456789;
    ck_assert_uint_eq(clock_now(&c), 123456789);
    ck_assert_uint_eq(clock_tsc(&c), 123456789);
    ck_assert(c.start_date == CLOCK_START_DATE);
}
END_TEST

static const uint64_t rates[] = {
    1, 3, 999999999, 1000000000, 1000000001, 2500000000, 7777777777, UINT64_MAX,
};

START_TEST(insns_until_is_exact)
{
    struct rng rng = {(uint64_t)_i};
    unsigned i;

    start(rates[_i]);
    for (i = 0; i < 2000; i++) {
        uint64_t due, n;

        insns = rng_next(&rng) >> (24 + rng_below(&rng, 30));
        c.skipped_ns = rng_next(&rng) >> (20 + rng_below(&rng, 30));
        due = clock_now(&c) + rng_below(&rng, 100000);
        n = clock_insns_until(&c, due);
        if (due <= clock_now(&c)) {
            ck_assert_uint_eq(n, 0);
            continue;
        }
        if (n > UINT64_MAX - insns)
            continue;
        insns += n;
        ck_assert_uint_ge(clock_now(&c), due);
        insns--;
        ck_assert_uint_lt(clock_now(&c), due);
    }
}
END_TEST

START_TEST(far_times_saturate)
{
    start(rates[_i]);
    ck_assert(clock_insns_until(&c, CLOCK_NEVER) == UINT64_MAX);
    insns = UINT64_MAX;
    c.skipped_ns = UINT64_MAX;
    ck_assert(clock_now(&c) == CLOCK_NEVER - 1);
    insns = 0;
    c.skipped_ns = 0;
    ck_assert_uint_ge(clock_insns_until(&c, CLOCK_NEVER - 1),
                      rates[_i] == 1 ? 1u : 1000000000u);
}
END_TEST

START_TEST(skipping)
{
    insns = 100;
    clock_skip_to(&c, 5000);
    ck_assert_uint_eq(clock_now(&c), 5000);
    insns = 101;
    ck_assert_uint_eq(clock_now(&c), 5001);
    clock_skip_to(&c, 17); /* not backwards */
    clock_skip_to(&c, CLOCK_NEVER);
    ck_assert_uint_eq(clock_now(&c), 5001);
    ck_assert_uint_eq(clock_insns_until(&c, 6001), 1000);
    start(3); /* 333333333 1/3 ns each */
    insns = 1;
    clock_skip_to(&c, 400000000);
    ck_assert_uint_eq(clock_now(&c), 400000000);
}
END_TEST

START_TEST(order_of_events)
{
    struct named t[5];
    unsigned i;

    for (i = 0; i < 5; i++)
        named_init(&t[i], (char)('a' + i));
    clock_arm(&c, &t[0].t, 300);
    clock_arm(&c, &t[1].t, 100);
    clock_arm(&c, &t[2].t, 300); /* a tie: after t[0] */
    clock_arm(&c, &t[3].t, 200);
    clock_arm(&c, &t[4].t, 300);
    clock_arm(&c, &t[0].t, 300); /* moved: now last of the tie */
    ck_assert_uint_eq(clock_next_due(&c), 100);
    insns = 199;
    clock_run_due(&c);
    ck_assert_str_eq(order, "b");
    insns = 300;
    clock_run_due(&c);
    ck_assert_str_eq(order, "bdcea");
    ck_assert(clock_next_due(&c) == CLOCK_NEVER);
    ck_assert(t[0].t.due == CLOCK_NEVER);
}
END_TEST

START_TEST(disarming)
{
    struct named a, b;

    named_init(&a, 'a');
    named_init(&b, 'b');
    clock_disarm(&c, &a.t);
    clock_arm(&c, &a.t, 10);
    clock_arm(&c, &b.t, 20);
    clock_disarm(&c, &a.t);
    clock_disarm(&c, &a.t);
    ck_assert_uint_eq(clock_next_due(&c), 20);
    clock_arm(&c, &b.t, CLOCK_NEVER);
    insns = 100;
    clock_run_due(&c);
    ck_assert_str_eq(order, "");
}
END_TEST

START_TEST(events_armed_by_events_wait)
{
    struct named a, b;

    named_init(&a, 'a');
    named_init(&b, 'b');
    a.again = 1; /* in the past, for ever */
    clock_arm(&c, &a.t, 10);
    clock_arm(&c, &b.t, 20);
    insns = 50;
    clock_run_due(&c);
    ck_assert_str_eq(order, "ab");
    ck_assert_uint_eq(clock_insns_until(&c, clock_next_due(&c)), 0);
    clock_run_due(&c);
    ck_assert_str_eq(order, "aba");
}
END_TEST

START_TEST(rearm_when_nearer)
{
    struct named a, b;

    named_init(&a, 'a');
    named_init(&b, 'b');
    clock_arm(&c, &a.t, 100);
    ck_assert_uint_eq(nr_rearm, 1);
    clock_arm(&c, &b.t, 200);
    clock_arm(&c, &b.t, 100);
    ck_assert_uint_eq(nr_rearm, 1);
    clock_arm(&c, &b.t, 99);
    ck_assert_uint_eq(nr_rearm, 2);
    clock_arm(&c, &b.t, 300);
    clock_disarm(&c, &a.t);
    ck_assert_uint_eq(nr_rearm, 2);
    clock_arm(&c, &a.t, 299);
    ck_assert_uint_eq(nr_rearm, 3);
}
END_TEST

START_TEST(host_clock)
{
    uint64_t first, second;

    clock_init(&c, CLOCK_HOST, CLOCK_NS_PER_S);
    first = clock_now(&c);
    ck_assert_uint_lt(first, 10 * CLOCK_NS_PER_S);
    nanosleep(&(struct timespec){0, 2000000}, NULL);
    second = clock_now(&c);
    ck_assert_uint_ge(second, first + 2000000);
    clock_skip_to(&c, second + 1000 * CLOCK_NS_PER_S); /* virtual mode only */
    ck_assert_uint_lt(clock_now(&c), second + 900 * CLOCK_NS_PER_S);
    ck_assert(c.start_date > 1600000000);
}
END_TEST

Suite *test_clock_suite(void)
{
    Suite *s = suite_create("clock");
    TCase *tc = tcase_create("clock");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, one_instruction_is_one_ns);
    tcase_add_loop_test(tc, insns_until_is_exact, 0, ARRAY_LEN(rates));
    tcase_add_loop_test(tc, far_times_saturate, 0, ARRAY_LEN(rates));
    tcase_add_test(tc, skipping);
    tcase_add_test(tc, order_of_events);
    tcase_add_test(tc, disarming);
    tcase_add_test(tc, events_armed_by_events_wait);
    tcase_add_test(tc, rearm_when_nearer);
    tcase_add_test(tc, host_clock);
    suite_add_tcase(s, tc);
    return s;
}
