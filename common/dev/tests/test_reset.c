/* test_reset.c: the chipset's reset ports. */
#include "common/dev/reset.h"

#include "common/dev/tests/ports.h"
#include "common/tests/suite.h"

static struct testrig *r;

static void setup(void)
{
    struct error err;

    r = testrig_new();
    ck_assert_ok(reset_create(&r->m, &err), &err);
}

static void teardown(void)
{
    testrig_free(r);
}

static const struct {
    uint16_t port;
    uint8_t v, reads;
    bool reset;
} writes[] = {
    {0x92, 0x00, 0x00, false},  {0x92, 0x02, 0x02, false},
    {0x92, 0x01, 0x00, true},   {0x92, 0xff, 0x02, true},
    {0xcf9, 0x02, 0x02, false}, {0xcf9, 0x00, 0x00, false},
    {0xcf9, 0x06, 0x02, true},  {0xcf9, 0x04, 0x00, true},
    {0xcf9, 0x0e, 0x02, true},
};

START_TEST(ports)
{
    ck_assert_uint_eq(in8(r, 0x92), 0x02);
    ck_assert_uint_eq(in8(r, 0xcf9), 0x00);
    out8(r, writes[_i].port, writes[_i].v);
    ck_assert_uint_eq(in8(r, writes[_i].port), writes[_i].reads);
    ck_assert_int_eq(r->m.end,
                     writes[_i].reset ? MACHINE_RESET : MACHINE_RUNNING);
    ck_assert_uint_eq(r->cpu[0].attention, writes[_i].reset ? 1 : 0);
}
END_TEST

Suite *test_reset_suite(void)
{
    Suite *s = suite_create("reset");
    TCase *tc = tcase_create("reset");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, ports, 0, ARRAY_LEN(writes));
    suite_add_tcase(s, tc);
    return s;
}
