/* test_machine.c: a processor is plugged in, taken out, and put back. */
#include "common/machine/machine.h"

#include "common/base/types.h"
#include "common/tests/suite.h"

struct fake {
    uint64_t insns;
    unsigned attentions, writes;
};

static struct fake a, b;
static struct machine m;

static void attention(void *opaque)
{
    ((struct fake *)opaque)->attentions++;
}

static uint64_t icount(void *opaque)
{
    return ((struct fake *)opaque)->insns;
}

static void code_written(void *opaque, uint64_t pa, uint32_t len)
{
    (void)pa;
    (void)len;
    ((struct fake *)opaque)->writes++;
}

static const struct machine_cpu_ops ops = {.attention = attention};

static void plug(struct fake *cpu)
{
    machine_plug(&m, &(struct machine_plug){.cpu = cpu,
                                            .ops = &ops,
                                            .icount = icount,
                                            .code_written = code_written});
}

static void setup(void)
{
    struct error err;

    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    memset(&m, 0, sizeof(m));
    gmem_init(&m.mem);
    ck_assert_ok(gmem_add(&m.mem, 0, PAGE_SIZE, false, &err), &err);
    clock_init(&m.clock, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
}

static void teardown(void)
{
    gmem_fini(&m.mem);
}

static void nothing(void *opaque)
{
    (void)opaque;
}

/* One of each: a written byte of code, an earlier timer, the end. */
static void everything_happens(void)
{
    struct clock_timer t = {.fn = nothing};
    uint8_t byte = 0;

    *gmem_flags(&m.mem, 0) |= GMEM_PAGE_CODE;
    ck_assert(gmem_write(&m.mem, 0, &byte, 1));
    clock_arm(&m.clock, &t, 1000);
    clock_disarm(&m.clock, &t);
    machine_stop(&m, MACHINE_POWEROFF, 0);
}

START_TEST(hears)
{
    a.insns = 7;
    plug(&a);
    ck_assert_uint_eq(clock_icount(&m.clock), 7);
    everything_happens();
    ck_assert_uint_eq(a.writes, 1);
    ck_assert_uint_eq(a.attentions, 2);
}
END_TEST

START_TEST(goes_and_comes_back)
{
    struct machine_plug was;

    plug(&a);
    was = machine_plugged(&m);
    plug(&b);
    ck_assert(!machine_unplug(&m, &a));
    everything_happens();
    ck_assert_uint_eq(a.attentions + a.writes, 0);
    ck_assert_uint_eq(b.attentions + b.writes, 3);
    machine_plug(&m, &was);
    ck_assert(!machine_unplug(&m, &b));
    everything_happens();
    ck_assert_uint_eq(a.attentions + a.writes, 3);
    ck_assert(machine_unplug(&m, &a));
    ck_assert_uint_eq(clock_icount(&m.clock), 0);
    ck_assert_ptr_null(machine_plugged(&m).ops);
}
END_TEST

Suite *test_machine_suite(void)
{
    Suite *s = suite_create("machine");
    TCase *tc = tcase_create("processor");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, hears);
    tcase_add_test(tc, goes_and_comes_back);
    suite_add_tcase(s, tc);
    return s;
}
