/* test_disasm.c: listings agree with GNU objdump's. */
#include "vti-ia64/cpu/disasm.h"

#include "common/tests/suite.h"
#include "vti-ia64/cpu/tests/objdump.h"

/* A few by hand, so that there is something without objdump. */
START_TEST(written)
{
    static const struct {
        uint8_t template;
        unsigned nr;
        uint64_t slot;
        const char *text;
    } cases[] = {
        {0x01, 1, 0x0008000000, "nop.i 0x0"},
        {0x01, 0, 0x0008000000, "nop.m 0x0"},
        {0x01, 2, 0x0008000000, "nop.i 0x0;;"},
        {0x00, 0, 0, "break.m 0x0"},
        {0x00, 0, 0x80c0200040, "ld8 r1=[r2]"},
    };
    struct ia64_bundle b = {0};
    char text[IA64_DISASM_MAX];

    for (unsigned k = 0; k < ARRAY_LEN(cases); k++) {
        b.template = cases[k].template;
        b.slot[cases[k].nr] = cases[k].slot;
        ck_assert_str_eq(ia64_disasm(&b, cases[k].nr, 0, text, sizeof(text)),
                         cases[k].text);
    }
}
END_TEST

START_TEST(agrees_with_objdump)
{
    uint64_t slots = 0, known = 0;

    if (!objdump_present())
        SKIP("no " OBJDUMP " (package binutils-ia64-linux-gnu)");
    ck_assert_int_eq(
        objdump_compare((uint64_t)_i + 1, 800, suite_tmpdir(), &slots, &known),
        0);
    ck_assert_uint_gt(slots, 2000);
    ck_assert_uint_lt(known, slots / 10);
}
END_TEST

Suite *test_disasm_suite(void)
{
    Suite *s = suite_create("disasm");
    TCase *tc = tcase_create("listings");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, written);
    tcase_add_loop_test(tc, agrees_with_objdump, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
