/* test_entry.c: each VM-entry check with a VMCS that passes and one that fails
 * it; every base VMCS; random contents. */
#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "common/x86/defs.h"
#include "hvm/cpu/tests/vmcs_base.h"

enum caps_kind { CAPS_ALL, CAPS_NEHALEM, CAPS_SMM, CAPS_NO_HLT, CAPS_NMI_STI };

struct change {
    enum { END, SET_, OR_, CLR_ } op;
    enum vmcs_field field;
    uint64_t value;
};

static const struct entry_case {
    enum entry_check_id check, also;
    enum base base;
    enum caps_kind caps;
    int ia32e;
    struct change pass[10], fail[10];
} cases[] = {
#define ENTRY_NONE  ENTRY_CHECKS
#define CPU_ON      ENTRY_IA32E_ON
#define CPU_OFF     ENTRY_IA32E_OFF
#define CPU_UNKNOWN ENTRY_IA32E_UNKNOWN
#define SET(f, v)   {SET_, VMCS_##f, v},
#define OR(f, v)    {OR_, VMCS_##f, v},
#define CLR(f, v)   {CLR_, VMCS_##f, v},
#define LIST(...)   __VA_ARGS__
#define CASE(id, from, processor, cpu, passing, failing, other)                \
    {ENTRY_##id,                                                               \
     ENTRY_##other,                                                            \
     BASE_##from,                                                              \
     CAPS_##processor,                                                         \
     CPU_##cpu,                                                                \
     {LIST passing{END, VMCS_NONE, 0}},                                        \
     {LIST failing{END, VMCS_NONE, 0}}},
#include "hvm/cpu/tests/entry_cases.def"
#undef CASE
};

static struct vmx_caps caps_for(enum caps_kind kind)
{
    struct vmx_caps c =
        *vmx_caps_find(kind == CAPS_NEHALEM ? "nehalem-2008" : "all");

    if (kind == CAPS_SMM)
        c.msr[CAP_TRUE_ENTRY] |= BITQ(42) | BITQ(43);
    if (kind == CAPS_NO_HLT)
        c.msr[CAP_MISC] &= ~MISC_ACTIVITY_HLT;
    c.nmi_needs_no_sti = kind == CAPS_NMI_STI;
    return c;
}

static void apply(struct vmcs *v, const struct change *c)
{
    for (; c->op != END; c++) {
        uint64_t *p = &v->value[c->field];

        if (c->op == SET_)
            *p = c->value;
        else if (c->op == OR_)
            *p |= c->value;
        else
            *p &= ~c->value;
    }
}

/* No check fails but a and b. */
static void only(const enum entry_verdict *verdicts, unsigned a, unsigned b)
{
    unsigned i;

    for (i = 0; i < ENTRY_CHECKS; i++)
        if (i != a && i != b)
            ck_assert_msg(verdicts[i] != ENTRY_FAIL, "%s fails too",
                          entry_check_at(i)->id);
}

START_TEST(check_case)
{
    const struct entry_case *c = &cases[_i];
    const struct entry_check *check = entry_check_at(c->check);
    struct vmx_caps caps = caps_for(c->caps);
    struct entry_cpu cpu = {
        .ia32e = c->ia32e, .vmcs_pointer = 0x9000, .read = vmcs_base_read};
    enum entry_verdict verdicts[ENTRY_CHECKS];
    struct entry_failure failure;
    struct vmcs v;
    char text[512];

    vmcs_base(&v, c->base);
    apply(&v, c->pass);
    vmx_entry_check_all(&v, &caps, &cpu, verdicts);
    only(verdicts, ENTRY_CHECKS, ENTRY_CHECKS);
    ck_assert(vmx_entry_check(&v, &caps, &cpu, NULL) == NULL);
    if (c->check == ENTRY_msr_load) {
        ck_assert_int_eq(verdicts[c->check], ENTRY_UNSEEN);
        return;
    }
    ck_assert_msg(verdicts[c->check] == ENTRY_PASS, "%s: verdict %d, not pass",
                  check->id, verdicts[c->check]);

    apply(&v, c->fail);
    vmx_entry_check_all(&v, &caps, &cpu, verdicts);
    only(verdicts, c->check, c->also);
    ck_assert_msg(verdicts[c->check] == ENTRY_FAIL, "%s: verdict %d, not fail",
                  check->id, verdicts[c->check]);
    ck_assert_ptr_eq(vmx_entry_check(&v, &caps, &cpu, &failure), check);
    ck_assert_ptr_eq(failure.check, check);
    ck_assert_uint_eq(failure.value, v.value[check->field]);
    switch (failure.outcome) {
    case ENTRY_FAIL_CONTROLS:
        ck_assert_uint_eq(failure.number, 7);
        break;
    case ENTRY_FAIL_HOST:
        ck_assert_uint_eq(failure.number, 8);
        break;
    default:
        ck_assert_uint_eq(failure.number, 0x80000021);
        break;
    }
    entry_explain(&failure, &v, &caps, text, sizeof(text));

    /* With the VMCS alone a check may not know, but it never passes. */
    vmx_entry_check_all(&v, &caps, NULL, verdicts);
    ck_assert(verdicts[c->check] == ENTRY_FAIL ||
              verdicts[c->check] == ENTRY_UNSEEN);
}
END_TEST

START_TEST(every_check_has_a_case)
{
    unsigned i, k, n;

    for (i = 0; i < ENTRY_CHECKS; i++) {
        for (k = n = 0; k < ARRAY_LEN(cases); k++)
            n += cases[k].check == i;
        ck_assert_msg(n == 1, "%s: %u cases", entry_check_at(i)->id, n);
    }
}
END_TEST

START_TEST(qualifications)
{
    ck_assert_uint_eq(entry_check_at(ENTRY_guest_pdpte0)->qualification, 2);
    ck_assert_uint_eq(entry_check_at(ENTRY_guest_block_nmi_sti)->qualification,
                      3);
    ck_assert_uint_eq(entry_check_at(ENTRY_guest_link_align)->qualification, 4);
    ck_assert_uint_eq(entry_check_at(ENTRY_guest_cr0)->qualification, 0);
}
END_TEST

/* Every base passes with all that there is to know, and without. */
START_TEST(base_passes)
{
    struct entry_cpu cpu = {.ia32e = _i == BASE_LEGACY ? ENTRY_IA32E_OFF
                                                       : ENTRY_IA32E_ON,
                            .vmcs_pointer = 0x9000,
                            .read = vmcs_base_read};
    const struct vmx_caps *all = vmx_caps_find("all");
    const struct entry_check *bad;
    struct vmcs v;

    vmcs_base(&v, (enum base)_i);
    bad = vmx_entry_check(&v, all, &cpu, NULL);
    ck_assert_msg(bad == NULL, "%s fails", bad != NULL ? bad->id : "");
    ck_assert(vmx_entry_check(&v, all, NULL, NULL) == NULL);
}
END_TEST

/* What a first-generation processor refuses, and what it takes. */
START_TEST(first_generation)
{
    const struct vmx_caps *caps = vmx_caps_find("prescott-2005");
    struct entry_failure failure;
    struct vmcs v;
    char text[512];

    vmcs_base(&v, BASE_REAL);
    v.value[VMCS_CPU_BASED_VM_EXEC_CONTROL] |= 0x0401e172;
    ck_assert_str_eq(vmx_entry_check(&v, caps, NULL, &failure)->id, "ctl_proc");
    entry_explain(&failure, &v, caps, text, sizeof(text));
    ck_assert_str_eq(text, "bit 31 (activate secondary controls) may not be 1 "
                           "on this processor");

    vmcs_base(&v, BASE_V86);
    v.value[VMCS_CPU_BASED_VM_EXEC_CONTROL] = 0x0401e172;
    v.value[VMCS_VM_EXIT_CONTROLS] = 0x36fff;
    v.value[VMCS_VM_ENTRY_CONTROLS] = 0x11ff;
    ck_assert(vmx_entry_check(&v, caps, NULL, NULL) == NULL);
    v.value[VMCS_GUEST_CR0] &= ~(uint64_t)CR0_PG;
    ck_assert_str_eq(vmx_entry_check(&v, caps, NULL, &failure)->id,
                     "guest_cr0");
    entry_explain(&failure, &v, caps, text, sizeof(text));
    ck_assert_str_eq(text, "bit 31 must be 1");
}
END_TEST

/* Random contents: no crash (run under ASan and UBSan), and the two walks
 * agree. fuzz_vmcs does this for longer. */
START_TEST(random_contents)
{
    enum entry_verdict verdicts[ENTRY_CHECKS];
    struct rng r = {20060805};
    struct entry_failure failure;
    const struct vmx_caps *caps;
    char text[64];
    struct vmcs v;
    unsigned n, f, failed;

    for (n = 0; n < 3000; n++) {
        vmcs_base(&v, (enum base)rng_below(&r, BASE_COUNT));
        for (f = 0; f < VMCS_COUNT; f++)
            if (rng_below(&r, 8) == 0)
                v.value[f] = rng_next(&r) >> rng_below(&r, 64);
        caps = vmx_caps_at((unsigned)rng_below(&r, 7));
        failed = vmx_entry_check_all(&v, caps, NULL, verdicts);
        if (vmx_entry_check(&v, caps, NULL, &failure) == NULL)
            ck_assert_uint_eq(failed, 0);
        else
            entry_explain(&failure, &v, caps, text, sizeof(text));
    }
}
END_TEST

Suite *test_entry_suite(void)
{
    Suite *s = suite_create("entry");
    TCase *t = tcase_create("cases");

    tcase_add_loop_test(t, check_case, 0, ARRAY_LEN(cases));
    suite_add_tcase(s, t);
    t = tcase_create("table");
    tcase_add_test(t, every_check_has_a_case);
    tcase_add_test(t, qualifications);
    tcase_add_loop_test(t, base_passes, 0, BASE_COUNT);
    tcase_add_test(t, first_generation);
    tcase_add_test(t, random_contents);
    suite_add_tcase(s, t);
    return s;
}
