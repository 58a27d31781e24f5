/* test_cpuid.c: what models show. */
#include "common/x86/cpuid.h"

#include "common/dev/lapic.h"
#include "common/tests/suite.h"
#include "common/x86/cpu.h"
#include "common/x86/msr.h"

static struct machine m; /* without a local APIC */
static struct x86_cpu c;

static void use(const struct cpuid_model *model)
{
    memset(&c, 0, sizeof(c));
    c.v.m = &m;
    c.model = model;
    c.code_size = 3;
    c.s.misc_enable = cpuid_model_misc_enable(model);
}

static const uint32_t *leaf(uint32_t n, uint32_t sub)
{
    static uint32_t out[4];

    x86_cpuid(&c, n, sub, out);
    return out;
}

START_TEST(models_are_found)
{
    const struct cpuid_model *d = cpuid_model_default();

    ck_assert_ptr_eq(cpuid_model_at(0), d);
    ck_assert_str_eq(cpuid_model_name(d), "triptych");
    ck_assert_ptr_eq(cpuid_model_find("triptych"), d);
    ck_assert_ptr_null(cpuid_model_find("host"));
    ck_assert_ptr_null(cpuid_model_at(1000));
}
END_TEST

/* The first stepping's EDX and ECX of leaf 1, and EDX of 80000001H, as read on
 * the real part: a model may show less, never more. */
static const struct {
    const char *name;
    uint32_t edx, ecx, ext_edx, ext_ecx;
    unsigned pa_bits;
} real[] = {
    {"p4-672", 0xbfebfbff, 0x000065bd, 0x20100800, 0x1, 36},
    {"core2", 0xbfebfbff, 0x0000e3bd, 0x20100800, 0x1, 36},
    {"pentium3", 0x0383fbff, 0, 0, 0, 36},
    {"nehalem", 0xbfebfbff, 0x0098e3bd, 0x28100800, 0x1, 36},
};

START_TEST(historical_models_show_no_more_than_the_part)
{
    const struct cpuid_model *model = cpuid_model_find(real[_i].name);

    ck_assert_ptr_nonnull(model);
    use(model);
    ck_assert_uint_eq(leaf(1, 0)[3] & ~real[_i].edx, 0);
    ck_assert_uint_eq(leaf(1, 0)[2] & ~real[_i].ecx, 0);
    ck_assert_uint_eq(cpuid_model_pa_bits(model), real[_i].pa_bits);
    if (real[_i].ext_edx == 0)
        return;
    ck_assert_uint_eq(leaf(0x80000001, 0)[3] & ~real[_i].ext_edx, 0);
    ck_assert_uint_eq(leaf(0x80000001, 0)[2] & ~real[_i].ext_ecx, 0);
}
END_TEST

/* A feature that means nothing without another. */
static const struct {
    enum x86_feature f, needs;
} depends[] = {
    {X86_FEATURE_SSE, X86_FEATURE_FXSR},
    {X86_FEATURE_SSE2, X86_FEATURE_SSE},
    {X86_FEATURE_SSE2, X86_FEATURE_CLFSH},
    {X86_FEATURE_SSE3, X86_FEATURE_SSE2},
    {X86_FEATURE_SSSE3, X86_FEATURE_SSE3},
    {X86_FEATURE_LM, X86_FEATURE_PAE},
    {X86_FEATURE_LM, X86_FEATURE_NX},
    {X86_FEATURE_LM, X86_FEATURE_SYSCALL},
    {X86_FEATURE_LM, X86_FEATURE_SSE2},
    {X86_FEATURE_LAHF_LM, X86_FEATURE_LM},
    {X86_FEATURE_CX16, X86_FEATURE_CX8},
    {X86_FEATURE_PDPE1GB, X86_FEATURE_LM},
    {X86_FEATURE_PSE36, X86_FEATURE_PSE},
    {X86_FEATURE_AVX, X86_FEATURE_XSAVE},
    {X86_FEATURE_OSXSAVE, X86_FEATURE_XSAVE},
    {X86_FEATURE_MTRR, X86_FEATURE_MSR},
    {X86_FEATURE_RDTSCP, X86_FEATURE_TSC},
};

START_TEST(models_are_consistent)
{
    const struct cpuid_model *model;
    unsigned n, k;

    for (n = 0; (model = cpuid_model_at(n)) != NULL; n++) {
        for (k = 0; k < ARRAY_LEN(depends); k++)
            ck_assert_msg(!cpuid_model_has(model, depends[k].f) ||
                              cpuid_model_has(model, depends[k].needs),
                          "%s: %s", cpuid_model_name(model),
                          cpuid_feature_name(depends[k].f));
        use(model);
        ck_assert_uint_eq(leaf(1, 0)[2] >> 31, 0); /* no hypervisor */
        ck_assert_uint_eq(leaf(1, 0)[0], cpuid_model_signature(model));
        ck_assert_uint_eq(leaf(0, 0)[1], 0x756e6547); /* Genu */
        ck_assert_uint_eq(leaf(0, 0)[3], 0x49656e69); /* ineI */
        ck_assert_uint_eq(leaf(0, 0)[2], 0x6c65746e); /* ntel */
        ck_assert_uint_eq(leaf(2, 0)[0] & 0xff, 1);
    }
    ck_assert_uint_gt(n, 4);
}
END_TEST

/* What Linux wants to know of clocks: the TSC at 1 GHz out of a crystal that
 * also drives the local APIC timer at LAPIC_TIMER_HZ. */
START_TEST(default_model_tells_its_clocks)
{
    use(cpuid_model_default());
    ck_assert_uint_ge(leaf(0, 0)[0], 0x16);
    ck_assert_uint_eq(leaf(0x15, 0)[0], leaf(0x15, 0)[1]);
    ck_assert_uint_ne(leaf(0x15, 0)[0], 0);
    ck_assert_uint_eq(leaf(0x15, 0)[2], LAPIC_TIMER_HZ);
    ck_assert_uint_eq(leaf(0x16, 0)[0], 1000);
    ck_assert_uint_eq(leaf(0x80000007, 0)[3], 1u << 8);
}
END_TEST

/* [SDM2 CPUID]: beyond the last leaf of either range the answer is that of
 * the last basic leaf. */
START_TEST(leaves_past_the_end)
{
    uint32_t last[4];

    use(cpuid_model_find("pentium3"));
    memcpy(last, leaf(2, 0), sizeof(last));
    ck_assert_mem_eq(leaf(3, 0), last, sizeof(last));
    ck_assert_mem_eq(leaf(0x40000000, 0), last, sizeof(last));
    ck_assert_mem_eq(leaf(0x80000000, 0), last, sizeof(last));
    ck_assert_mem_eq(leaf(0xffffffff, 7), last, sizeof(last));
    use(cpuid_model_default());
    memcpy(last, leaf(0x16, 0), sizeof(last));
    ck_assert_mem_eq(leaf(0x80000009, 0), last, sizeof(last));
    ck_assert_uint_eq(leaf(0x80000000, 0)[0], 0x80000008);
}
END_TEST

START_TEST(state_shows_in_three_bits)
{
    use(cpuid_model_default());
    ck_assert_uint_ne(leaf(0x80000001, 0)[3] & 1u << 11, 0);
    c.code_size = 2;
    ck_assert_uint_eq(leaf(0x80000001, 0)[3] & 1u << 11, 0);
    ck_assert_uint_eq(leaf(1, 0)[2] & 1u << 27, 0); /* no XSAVE here */
    c.v.id = 5;
    ck_assert_uint_eq(leaf(1, 0)[1] >> 24, 5);
}
END_TEST

START_TEST(leaves_limited_by_misc_enable)
{
    use(cpuid_model_default());
    c.s.misc_enable |= MISC_LIMIT_CPUID;
    ck_assert_uint_eq(leaf(0, 0)[0], 2);
    ck_assert_uint_eq(leaf(0x15, 0)[2], leaf(2, 0)[2]);
}
END_TEST

START_TEST(caches_are_those_of_the_part)
{
    static const uint32_t l1d[4] = {0x121, 0x1c0003f, 0x3f, 0};
    static const uint32_t l2[4] = {0x143, 0x3c0003f, 0xfff, 0};
    static const uint32_t none[4];

    use(cpuid_model_find("core2"));
    ck_assert_mem_eq(leaf(4, 0), l1d, 16);
    ck_assert_mem_eq(leaf(4, 2), l2, 16); /* 4 MByte, 16 ways */
    ck_assert_mem_eq(leaf(4, 3), none, 16);
    ck_assert_mem_eq(leaf(4, 0xffffffff), none, 16);
    ck_assert_uint_eq(leaf(0x80000006, 0)[2], 4096u << 16 | 8u << 12 | 64);
}
END_TEST

START_TEST(brand_strings)
{
    char text[49] = "";
    unsigned n;

    use(cpuid_model_find("core2"));
    for (n = 0; n < 3; n++)
        memcpy(text + 16 * n, leaf(0x80000002 + n, 0), 16);
    ck_assert_str_eq(text, "Intel(R) Core(TM)2 CPU          6600  @ 2.40GHz");
}
END_TEST

Suite *test_cpuid_suite(void)
{
    Suite *s = suite_create("cpuid");
    TCase *tc = tcase_create("models");

    tcase_add_test(tc, models_are_found);
    tcase_add_test(tc, models_are_consistent);
    tcase_add_loop_test(tc, historical_models_show_no_more_than_the_part, 0,
                        ARRAY_LEN(real));
    suite_add_tcase(s, tc);
    tc = tcase_create("leaves");
    tcase_add_test(tc, default_model_tells_its_clocks);
    tcase_add_test(tc, leaves_past_the_end);
    tcase_add_test(tc, state_shows_in_three_bits);
    tcase_add_test(tc, leaves_limited_by_misc_enable);
    tcase_add_test(tc, caches_are_those_of_the_part);
    tcase_add_test(tc, brand_strings);
    suite_add_tcase(s, tc);
    return s;
}
