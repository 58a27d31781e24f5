/* test_vmcs.c: fields, VMREAD and VMWRITE, capability presets. */
#include "common/tests/suite.h"
#include "hvm/cpu/vmcs.h"

/* The .def's order is that of encodings; names, titles and encodings lead back
 * to their field. */
START_TEST(fields)
{
    uint32_t last = 0;
    unsigned f;

    for (f = 0; f < VMCS_COUNT; f++) {
        const struct vmcs_field_info *i = vmcs_info((enum vmcs_field)f);

        ck_assert(f == 0 || i->encoding > last);
        ck_assert_uint_eq(i->encoding & 0xffff9001, 0);
        last = i->encoding;
        ck_assert_uint_eq(vmcs_by_encoding(i->encoding), f);
        ck_assert_uint_eq(vmcs_by_encoding(i->encoding | 1),
                          i->width == VMCS_64 ? f : VMCS_NONE);
        ck_assert_uint_eq(vmcs_by_name(i->name), f);
        ck_assert_uint_eq(vmcs_by_name(i->title), f);
    }
    ck_assert_uint_eq(vmcs_by_name("guest cs access-rights"),
                      VMCS_GUEST_CS_AR_BYTES);
    ck_assert_uint_eq(vmcs_by_name(""), VMCS_NONE);
    ck_assert_uint_eq(vmcs_by_name("GUEST_CS"), VMCS_NONE);
    ck_assert_uint_eq(vmcs_by_encoding(0x681e), VMCS_GUEST_RIP);
    ck_assert_uint_eq(vmcs_by_encoding(0x10000681eull << 1), VMCS_NONE);
    ck_assert_int_eq(vmcs_info(VMCS_EXIT_QUALIFICATION)->type, VMCS_READ_ONLY);
    ck_assert_int_eq(vmcs_info(VMCS_HOST_RIP)->type, VMCS_HOST);
    ck_assert_int_eq(vmcs_info(VMCS_GUEST_CS_LIMIT)->width, VMCS_32);
}
END_TEST

START_TEST(read_write)
{
    const struct vmx_caps *all = vmx_caps_find("all");
    const struct vmx_caps *yonah = vmx_caps_find("yonah-2006");
    struct vmcs v = {{0}};
    uint64_t got;

    ck_assert_int_eq(vmcs_write(&v, all, 0x0802, 0x12345), VMX_OK);
    ck_assert_int_eq(vmcs_read(&v, all, 0x0802, &got), VMX_OK);
    ck_assert_uint_eq(got, 0x2345);
    /* full and high access of a 64-bit field */
    ck_assert_int_eq(vmcs_write(&v, all, 0x2800, 0x1111222233334444), VMX_OK);
    ck_assert_int_eq(vmcs_write(&v, all, 0x2801, 0x9abcdef055556666), VMX_OK);
    ck_assert_int_eq(vmcs_read(&v, all, 0x2800, &got), VMX_OK);
    ck_assert_uint_eq(got, 0x5555666633334444);
    ck_assert_int_eq(vmcs_read(&v, all, 0x2801, &got), VMX_OK);
    ck_assert_uint_eq(got, 0x55556666);
    /* natural width */
    ck_assert_int_eq(vmcs_write(&v, all, 0x681e, ~0ull), VMX_OK);
    ck_assert_int_eq(vmcs_read(&v, all, 0x681e, &got), VMX_OK);
    ck_assert_uint_eq(got, ~0ull);
    ck_assert_int_eq(vmcs_write(&v, yonah, 0x681e, ~0ull), VMX_OK);
    ck_assert_int_eq(vmcs_read(&v, yonah, 0x681e, &got), VMX_OK);
    ck_assert_uint_eq(got, 0xffffffff);
    /* no such field; high access of others; not on this processor */
    got = 77;
    ck_assert_int_eq(vmcs_read(&v, all, 0x681f, &got), VMX_ERR_UNSUPPORTED);
    ck_assert_int_eq(vmcs_read(&v, all, 0x7000, &got), VMX_ERR_UNSUPPORTED);
    ck_assert_int_eq(vmcs_read(&v, all, 0x10000681e, &got),
                     VMX_ERR_UNSUPPORTED);
    ck_assert_int_eq(vmcs_read(&v, yonah, 0x201a, &got), VMX_ERR_UNSUPPORTED);
    ck_assert_int_eq(vmcs_write(&v, yonah, 0x201a, 0), VMX_ERR_UNSUPPORTED);
    ck_assert_uint_eq(got, 77);
    /* read-only fields: software may write them if IA32_VMX_MISC says so */
    ck_assert_int_eq(vmcs_write(&v, all, 0x4402, 1), VMX_OK);
    ck_assert_int_eq(vmcs_write(&v, yonah, 0x4402, 2), VMX_ERR_READ_ONLY);
    ck_assert_int_eq(vmcs_read(&v, yonah, 0x4402, &got), VMX_OK);
    ck_assert_uint_eq(got, 1);
}
END_TEST

/* Each preset: default1 controls are 1, what must be 1 may be 1, TRUE MSRs
 * allow at least what the others do, IA32_VMX_VMCS_ENUM covers all its fields.
 */
START_TEST(presets)
{
    const struct vmx_caps *c = vmx_caps_at((unsigned)_i);
    uint32_t must, may;
    unsigned w, f, top = 0;

    ck_assert_ptr_nonnull(c);
    ck_assert_ptr_eq(vmx_caps_find(c->name), c);
    ck_assert_uint_eq((uint32_t)c->msr[CAP_PINBASED], 0x16);
    ck_assert_uint_eq((uint32_t)c->msr[CAP_PROCBASED], 0x0401e172);
    ck_assert_uint_eq((uint32_t)c->msr[CAP_EXIT], 0x00036dff);
    ck_assert_uint_eq((uint32_t)c->msr[CAP_ENTRY], 0x000011ff);
    for (w = 0; w < VMX_WORDS; w++) {
        vmx_caps_allowed(c, (enum vmx_word)w, &must, &may);
        ck_assert_uint_eq(must & ~may, 0);
    }
    if (c->msr[CAP_BASIC] & BASIC_TRUE_CTLS)
        for (w = 0; w < 4; w++)
            ck_assert_uint_eq(c->msr[CAP_TRUE_PINBASED + w] >> 32,
                              c->msr[CAP_PINBASED + w] >> 32);
    ck_assert_uint_eq(c->msr[CAP_CR4_FIXED0] & ~c->msr[CAP_CR4_FIXED1], 0);
    for (f = 0; f < VMCS_COUNT; f++) {
        const struct vmcs_field_info *i = vmcs_info((enum vmcs_field)f);

        if (vmx_caps_has(c, i->exists) && (i->encoding & 0x3fe) > top)
            top = i->encoding & 0x3fe;
    }
    ck_assert_uint_ge(c->msr[CAP_VMCS_ENUM], top);
    /* Unrestricted guest needs EPT and goes with bit 5 of IA32_VMX_MISC. */
    if (vmx_caps_has(c, PROC2_UNRESTRICTED)) {
        ck_assert(vmx_caps_has(c, PROC2_EPT));
        ck_assert(c->msr[CAP_MISC] & BITQ(5));
    }
}
END_TEST

/* The generations as the comparison needs them. */
START_TEST(generations)
{
    static const struct {
        const char *name;
        bool true_ctls, tpr, vnmi, apic, ept, vpid, unrestricted;
    } want[] = {
        {"prescott-2005", 0, 0, 0, 0, 0, 0, 0},
        {"yonah-2006", 0, 0, 0, 0, 0, 0, 0},
        {"merom-2006", 0, 1, 0, 0, 0, 0, 0},
        {"penryn-2007", 0, 1, 1, 1, 0, 0, 0},
        {"nehalem-2008", 1, 1, 1, 1, 1, 1, 0},
        {"westmere-2010", 1, 1, 1, 1, 1, 1, 1},
        {"all", 1, 1, 1, 1, 1, 1, 1},
    };
    unsigned i;

    for (i = 0; i < ARRAY_LEN(want); i++) {
        const struct vmx_caps *c = vmx_caps_find(want[i].name);

        ck_assert_ptr_nonnull(c);
        ck_assert(!!(c->msr[CAP_BASIC] & BASIC_TRUE_CTLS) == want[i].true_ctls);
        ck_assert(vmx_caps_has(c, PROC_TPR_SHADOW) == want[i].tpr);
        ck_assert(vmx_caps_has(c, PIN_VIRTUAL_NMIS) == want[i].vnmi);
        ck_assert(vmx_caps_has(c, PROC2_VIRTUALIZE_APIC) == want[i].apic);
        ck_assert(vmx_caps_has(c, PROC2_EPT) == want[i].ept);
        ck_assert(vmx_caps_has(c, PROC2_VPID) == want[i].vpid);
        ck_assert(vmx_caps_has(c, PROC2_UNRESTRICTED) == want[i].unrestricted);
    }
    ck_assert_ptr_null(vmx_caps_at(ARRAY_LEN(want)));
    ck_assert_ptr_null(vmx_caps_find("itanium"));
}
END_TEST

Suite *test_vmcs_suite(void)
{
    Suite *s = suite_create("vmcs");
    TCase *t = tcase_create("vmcs");

    tcase_add_test(t, fields);
    tcase_add_test(t, read_write);
    tcase_add_loop_test(t, presets, 0, 7);
    tcase_add_test(t, generations);
    suite_add_tcase(s, t);
    return s;
}
