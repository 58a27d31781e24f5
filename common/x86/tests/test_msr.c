/* test_msr.c: which MSRs exist and what may be written to them. */
#include "common/x86/msr.h"

#include "common/tests/suite.h"
#include "common/x86/tests/bare.h"

#define NONCANONICAL 0x0000800000000000ull
#define CANONICAL    0xffff800000000000ull

/* What WRMSR of `value` does and what RDMSR gives after it. */
static const struct {
    const char *model;
    uint32_t index;
    uint64_t value;
    bool written;
    uint64_t reads;
} rules[] = {
    {"triptych", 0x174, 0x10, true, 0x10},
    {"triptych", 0x174, 1ull << 32, false, 0},
    {"triptych", 0x175, CANONICAL, true, CANONICAL},
    {"triptych", 0x176, NONCANONICAL, false, 0},
    {"pentium3", 0x176, 0xc0000000, true, 0xc0000000},
    {"pentium3", 0x176, 1ull << 32, false, 0},
    /* read-only */
    {"triptych", 0x17, 0, false, 0},
    {"p4-672", 0x17, 0, false, 2ull << 50},
    {"triptych", 0xfe, 0x508, false, 0x508},
    {"triptych", 0x10a, 0, false, 0x0c10e179},
    {"triptych", 0x179, 0, false, 0},
    {"triptych", 0x8b, 0, true, 0x10700000000},
    {"triptych", 0x17a, 1, false, 0},
    {"triptych", 0x17a, 0, true, 0},
    {"triptych", 0x1d9, 2, false, 0},
    /* memory types: 2 and 3 do not exist, 7 only in the PAT */
    {"triptych", 0x277, 0x0007010500070106, true, 0x0007010500070106},
    {"triptych", 0x277, 0x0007010500070206, false, 0x0007040600070406},
    {"triptych", 0x277, 0x0807010500070106, false, 0x0007040600070406},
    {"triptych", 0x250, 0x0606060606060606, true, 0x0606060606060606},
    {"triptych", 0x26f, 0x0006060606060607, false, 0},
    {"triptych", 0x2ff, 0xc06, true, 0xc06},
    {"triptych", 0x2ff, 0x1006, false, 0},
    {"triptych", 0x2ff, 0x803, false, 0},
    {"triptych", 0x200, 0xff80000006, true, 0xff80000006},
    {"triptych", 0x200, 0x10000000006, false, 0}, /* wider than 40 bits */
    {"triptych", 0x200, 0x106, false, 0},
    {"triptych", 0x200, 0x7, false, 0},
    {"triptych", 0x20f, 0xff80000800, true, 0xff80000800},
    {"triptych", 0x20f, 0x400, false, 0},
    {"p4-672", 0x20f, 0x1000000000, false, 0}, /* 36 bits */
    {"triptych", 0x210, 0, false, 0},
    /* IA32_MISC_ENABLE */
    {"triptych", 0x1a0, 0x400001, true, 0x400001},
    {"triptych", 0x1a0, 0x400000000, false, 1},
    {"core2", 0x1a0, 0, true, 0x1800},
    /* long mode's */
    {"triptych", 0xc0000080, 0xd01, true, 0x901}, /* LMA is not written */
    {"triptych", 0xc0000080, 0x2, false, 0},
    {"triptych", 0xc0000081, ~0ull, true, ~0ull},
    {"triptych", 0xc0000082, CANONICAL, true, CANONICAL},
    {"triptych", 0xc0000082, NONCANONICAL, false, 0},
    {"triptych", 0xc0000084, 0x47700, true, 0x47700},
    {"triptych", 0xc0000084, 1ull << 32, false, 0},
    {"triptych", 0xc0000100, CANONICAL, true, CANONICAL},
    {"triptych", 0xc0000101, NONCANONICAL, false, 0},
    {"triptych", 0xc0000102, NONCANONICAL, false, 0},
    {"triptych", 0xc0000103, 0xffffffff, true, 0xffffffff},
    {"triptych", 0xc0000103, 1ull << 32, false, 0},
};

static struct bare b;

static void teardown(void)
{
    bare_fini(&b);
}

START_TEST(write_rules)
{
    uint64_t v = 0;

    bare_init(&b, rules[_i].model);
    x86_msr_reset(b.c);
    ck_assert_uint_eq(x86_msr_write(b.c, rules[_i].index, rules[_i].value),
                      rules[_i].written);
    if (x86_msr_read(b.c, rules[_i].index, &v) || rules[_i].written)
        ck_assert_uint_eq(v, rules[_i].reads);
}
END_TEST

/* Registers that a model has not. */
static const struct {
    const char *model;
    uint32_t index;
} absent[] = {
    {"pentium3", 0xc0000080}, {"pentium3", 0xc0000100}, {"pentium3", 0x1a0},
    {"pentium3", 0x10a},      {"core2", 0xc0000103},    {"core2", 0x10a},
    {"core2", 0x48},          {"triptych", 0x48},       {"triptych", 0x6e0},
    {"triptych", 0x3a},       {"triptych", 0},          {"triptych", 0xc1},
    {"triptych", 0x800},      {"triptych", 0x480},      {"triptych", ~0u},
    {"triptych", 0x40000000}, {"triptych", 0xc0000104},
};

START_TEST(hidden_ones_are_gp)
{
    uint64_t v;

    bare_init(&b, absent[_i].model);
    ck_assert(!x86_msr_read(b.c, absent[_i].index, &v));
    ck_assert(!x86_msr_write(b.c, absent[_i].index, 0));
}
END_TEST

START_TEST(every_register_is_found_by_its_index)
{
    static const uint32_t all[] = {
#define MSR(index, name, needs, get, set)         index,
#define MSR_FIELD(index, name, needs, field, chk) index,
#include "common/x86/msrs.def"
#undef MSR
#undef MSR_FIELD
    };
    unsigned n;

    bare_init(&b, "triptych");
    for (n = 0; n < ARRAY_LEN(all); n++) {
        ck_assert_ptr_nonnull(x86_msr_name(all[n]));
        ck_assert(n == 0 || all[n - 1] < all[n]);
    }
    ck_assert_str_eq(x86_msr_name(0xc0000080), "EFER");
    ck_assert_ptr_null(x86_msr_name(0xc0000085));
}
END_TEST

START_TEST(tsc_counts_from_what_was_written)
{
    uint64_t v;

    bare_init(&b, "triptych");
    b.m.clock.skipped_ns = 1000;
    ck_assert(x86_msr_read(b.c, 0x10, &v));
    ck_assert_uint_eq(v, 1000);
    ck_assert(x86_msr_write(b.c, 0x10, 50));
    b.m.clock.skipped_ns = 1007;
    ck_assert(x86_msr_read(b.c, 0x10, &v));
    ck_assert_uint_eq(v, 57);
}
END_TEST

START_TEST(bases_reach_the_segments)
{
    bare_init(&b, "triptych");
    bare_long64(&b, 0);
    ck_assert(x86_msr_write(b.c, 0xc0000100, 0x1234000));
    ck_assert_uint_eq(b.c->s.seg[SEG_FS].base, 0x1234000);
    ck_assert_uint_eq(b.c->sc[SEG_FS].base, 0x1234000);
}
END_TEST

Suite *test_msr_suite(void)
{
    Suite *s = suite_create("msr");
    TCase *tc = tcase_create("rules");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, write_rules, 0, ARRAY_LEN(rules));
    tcase_add_loop_test(tc, hidden_ones_are_gp, 0, ARRAY_LEN(absent));
    tcase_add_test(tc, every_register_is_found_by_its_index);
    tcase_add_test(tc, tsc_counts_from_what_was_written);
    tcase_add_test(tc, bases_reach_the_segments);
    suite_add_tcase(s, tc);
    return s;
}
