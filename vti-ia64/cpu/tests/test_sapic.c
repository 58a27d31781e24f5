/* test_sapic.c: external interrupts by priority and mask, the interval timer.
 */
#include "vti-ia64/cpu/sapic.h"

#include <string.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "vti-ia64/cpu/tests/onecode.h"

static struct ia64_state s;

static void setup(void)
{
    memset(&s, 0, sizeof(s));
}

static void arrive(unsigned vector)
{
    ck_assert(ia64_sapic_accept(&s, vector));
}

START_TEST(vectors)
{
    for (unsigned v = 0; v < 300; v++)
        ck_assert_int_eq(ia64_sapic_accept(&s, v),
                         v == 0 || v == 2 || (v >= 16 && v < 256));
    ck_assert_uint_eq(s.irr[0], ~0xffffull | 5);
    ck_assert_uint_eq(s.irr[1] & s.irr[2] & s.irr[3], ~0ull);
}
END_TEST

/* NMI, ExtINT, then by number; what is in service holds back its equals and
 * those below. */
START_TEST(priorities)
{
    static const unsigned order[] = {2, 0, 0xff, 0x81, 0x80, 0x10};

    for (unsigned k = 0; k < ARRAY_LEN(order); k++)
        arrive(order[(k + 3) % ARRAY_LEN(order)]);
    for (unsigned k = 0; k < ARRAY_LEN(order); k++) {
        ck_assert_int_eq(ia64_sapic_highest(&s), (int)order[k]);
        ck_assert(ia64_sapic_pending(&s));
        ck_assert_uint_eq(ia64_sapic_ivr(&s), order[k]);
        arrive(order[k]);
        ck_assert(!ia64_sapic_pending(&s));
        ck_assert_uint_eq(ia64_sapic_ivr(&s), IA64_SPURIOUS);
        s.irr[order[k] / 64] &= ~(1ull << order[k] % 64);
        ia64_sapic_eoi(&s);
    }
    ck_assert_uint_eq(ia64_sapic_ivr(&s), IA64_SPURIOUS);
    ia64_sapic_eoi(&s); /* nothing is in service */
}
END_TEST

/* A higher one comes between; each end is that of the highest. */
START_TEST(nested)
{
    arrive(0x40);
    ck_assert_uint_eq(ia64_sapic_ivr(&s), 0x40);
    arrive(0x50);
    ck_assert_uint_eq(ia64_sapic_ivr(&s), 0x50);
    arrive(0x45);
    ck_assert(!ia64_sapic_pending(&s));
    ia64_sapic_eoi(&s);
    ck_assert_uint_eq(ia64_sapic_ivr(&s), 0x45);
    ia64_sapic_eoi(&s);
    ia64_sapic_eoi(&s);
    ck_assert_uint_eq(s.insvc[1], 0);
}
END_TEST

START_TEST(masked_by_tpr)
{
    static const struct {
        uint64_t tpr;
        unsigned vector;
        bool pending;
    } t[] = {
        {0x30, 0x3f, false}, {0x30, 0x40, true}, {0xf0, 0xff, false},
        {0xf0, 0, true},     {0xf0, 2, true},    {0x10000, 0xff, false},
        {0x10000, 0, false}, {0x10000, 2, true}, {0x1ff0f, 2, true},
    };

    for (unsigned k = 0; k < ARRAY_LEN(t); k++) {
        memset(&s, 0, sizeof(s));
        s.tpr = t[k].tpr;
        arrive(t[k].vector);
        ck_assert_msg(ia64_sapic_pending(&s) == t[k].pending, "case %u", k);
        ck_assert_uint_eq(ia64_sapic_ivr(&s),
                          t[k].pending ? t[k].vector : IA64_SPURIOUS);
    }
}
END_TEST

/* ITC passes ITM; not while ITV masks it, not for a time that is past. */
START_TEST(interval_timer)
{
    static struct onecode o;
    struct guest_clock *clock = &o.m.clock;
    struct ia64_state *t;

    onecode_init(&o);
    t = &o.c->s;
    ia64_set_itc(o.c, 1000);
    ck_assert_uint_eq(ia64_itc(o.c), 1000);
    t->itm = 1010;
    t->itv = 0x40;
    ia64_sapic_rearm(o.c);
    ck_assert_uint_ne(clock_next_due(clock), CLOCK_NEVER);
    clock_skip_to(clock, clock_next_due(clock) - 1);
    clock_run_due(clock);
    ck_assert_uint_eq(t->irr[1], 0);
    clock_skip_to(clock, clock_next_due(clock));
    clock_run_due(clock);
    ck_assert_uint_eq(ia64_itc(o.c), 1011);
    ck_assert_uint_eq(t->irr[1], 1);
    ia64_set_itc(o.c, 1011); /* past */
    ck_assert_uint_eq(clock_next_due(clock), CLOCK_NEVER);
    t->itv = 0x10040;
    t->itm = 2000;
    ia64_sapic_rearm(o.c);
    ck_assert_uint_eq(clock_next_due(clock), CLOCK_NEVER);
    onecode_fini(&o);
}
END_TEST

Suite *test_sapic_suite(void)
{
    Suite *suite = suite_create("sapic");
    TCase *tc = tcase_create("interrupts");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, vectors);
    tcase_add_test(tc, priorities);
    tcase_add_test(tc, nested);
    tcase_add_test(tc, masked_by_tpr);
    tcase_add_test(tc, interval_timer);
    suite_add_tcase(suite, tc);
    return suite;
}
