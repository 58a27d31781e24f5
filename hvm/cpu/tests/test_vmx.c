/* test_vmx.c: VMX instructions of root operation, and that guests of every mode
 * run. */
#include "common/tests/suite.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

static void done(void)
{
    vg_fini(&g);
}

/* ---- VMX operation ---- */
START_TEST(vmxon_and_vmxoff)
{
    vg_init(&g, "all", VG_64);
    ck_assert_int_eq(vmx_vmxon(g.v, VG_VMXON), VMX_ERR_VMXON_ROOT);
    ck_assert_uint_eq(VG_GET(&g, VM_INSTRUCTION_ERROR), VMX_ERR_VMXON_ROOT);
    ck_assert_int_eq(vmx_vmxoff(g.v), VMX_OK);
    ck_assert_int_eq(vmx_vmxoff(g.v), VMX_FAIL_UD);
    ck_assert_int_eq(vmx_vmclear(g.v, VG_VMCS), VMX_FAIL_UD);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_FAIL_UD);
    ck_assert_int_eq(vmx_vmxon(g.v, VG_VMXON + 8), VMX_FAIL_INVALID);
    ck_assert_int_eq(vmx_vmxon(g.v, VG_IO_A), VMX_FAIL_INVALID); /* revision */
    ck_assert_int_eq(vmx_vmxon(g.v, VG_VMXON), VMX_OK);
    ck_assert_uint_eq(vmx_vmptrst(g.v), ~0ull);
    done();
}
END_TEST

START_TEST(vmptrld_and_vmclear)
{
    uint64_t v;

    vg_init(&g, "all", VG_64);
    ck_assert_int_eq(vmx_vmptrld(g.v, VG_VMXON), VMX_ERR_VMPTRLD_VMXON);
    ck_assert_int_eq(vmx_vmptrld(g.v, VG_VMCS + 1), VMX_ERR_VMPTRLD_ADDRESS);
    ck_assert_int_eq(vmx_vmptrld(g.v, 1ull << 40), VMX_ERR_VMPTRLD_ADDRESS);
    ck_assert_int_eq(vmx_vmptrld(g.v, VG_IO_A), VMX_ERR_VMPTRLD_REVISION);
    ck_assert_int_eq(vmx_vmclear(g.v, VG_VMXON), VMX_ERR_VMCLEAR_VMXON);
    ck_assert_int_eq(vmx_vmclear(g.v, 5), VMX_ERR_VMCLEAR_ADDRESS);
    ck_assert_uint_eq(vmx_vmptrst(g.v), VG_VMCS);
    /* Another VMCS has fields of its own; those of the first come back. */
    VG_SET(&g, GUEST_RIP, 0x1234567890);
    ck_assert_int_eq(vmx_vmclear(g.v, VG_VMCS2), VMX_OK);
    ck_assert_int_eq(vmx_vmptrld(g.v, VG_VMCS2), VMX_OK);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), 0);
    ck_assert_int_eq(vmx_vmptrld(g.v, VG_VMCS), VMX_OK);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), 0x1234567890);
    ck_assert_int_eq(vmx_vmclear(g.v, VG_VMCS), VMX_OK);
    ck_assert_uint_eq(vmx_vmptrst(g.v), ~0ull);
    ck_assert_int_eq(vmx_vmread(g.v, 0x681e, &v), VMX_FAIL_INVALID);
    ck_assert_int_eq(vmx_vmwrite(g.v, 0x681e, 1), VMX_FAIL_INVALID);
    ck_assert_int_eq(vmx_vmresume(g.v), VMX_FAIL_INVALID);
    ck_assert_int_eq(vmx_vmptrld(g.v, VG_IO_A), VMX_FAIL_INVALID);
    done();
}
END_TEST

/* The region of each preset holds all fields that the processor may have. */
START_TEST(fields_fit_the_region)
{
    unsigned bytes = 12, f, size;

    for (f = 0; f < VMCS_COUNT; f++) {
        enum vmcs_width w = vmcs_info((enum vmcs_field)f)->width;

        bytes += w == VMCS_16 ? 2 : w == VMCS_32 ? 4 : 8;
    }
    for (unsigned i = 0; vmx_caps_at(i) != NULL; i++) {
        size = vmx_caps_at(i)->msr[CAP_BASIC] >> 32 & 0x1fff;
        ck_assert_uint_le(bytes, size);
    }
}
END_TEST

START_TEST(launch_state)
{
    vg_init(&g, "all", VG_64);
    ck_assert_int_eq(vmx_vmresume(g.v), VMX_ERR_NOT_LAUNCHED);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_ERR_NOT_CLEAR);
    /* The state goes with the region. */
    ck_assert_int_eq(vmx_vmclear(g.v, VG_VMCS2), VMX_OK);
    ck_assert_int_eq(vmx_vmptrld(g.v, VG_VMCS2), VMX_OK);
    ck_assert_int_eq(vmx_vmresume(g.v), VMX_ERR_NOT_LAUNCHED);
    ck_assert_int_eq(vmx_vmptrld(g.v, VG_VMCS), VMX_OK);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_ERR_NOT_CLEAR);
    ck_assert_int_eq(vmx_vmclear(g.v, VG_VMCS), VMX_OK);
    ck_assert_int_eq(vmx_vmptrld(g.v, VG_VMCS), VMX_OK);
    ck_assert_int_eq(vmx_vmresume(g.v), VMX_ERR_NOT_LAUNCHED);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_OK);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_FAIL_UD); /* non-root */
    done();
}
END_TEST

START_TEST(memory_must_be_the_vmms_own)
{
    struct vmx_memory mem;
    struct error err;

    vg_init(&g, "all", VG_64);
    vmx_detach(g.v);
    mem = (struct vmx_memory){0x100000, 0x1000, g.arena};
    ck_assert_int_eq(vmx_attach(g.v, g.caps, &mem, &err), ST_INVAL);
    mem.base = VG_ARENA + 1;
    ck_assert_int_eq(vmx_attach(g.v, g.caps, &mem, &err), ST_INVAL);
    mem.base = 1ull << 40;
    ck_assert_int_eq(vmx_attach(g.v, g.caps, &mem, &err), ST_INVAL);
    mem.base = VG_ARENA;
    ck_assert_ok(vmx_attach(g.v, g.caps, &mem, &err), &err);
    ck_assert_int_eq(vmx_attach(g.v, g.caps, &mem, &err), ST_BUG);
    done();
}
END_TEST

/* ---- guests of every mode, on every preset that has the mode ---- */
START_TEST(guest_of_each_mode_halts)
{
    const struct vmx_caps *caps = vmx_caps_at((unsigned)_i / VG_MODES);
    enum vg_mode mode = (enum vg_mode)(_i % VG_MODES);

    if (caps == NULL ||
        (mode == VG_REAL && !vmx_caps_has(caps, PROC2_UNRESTRICTED)) ||
        (mode == VG_64 && !vmx_caps_intel64(caps)))
        return;
    vg_init(&g, caps->name, mode);
    vg_code(&g, "\x90\x90", 2);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    /* Virtual-8086 mode has no HLT: its #GP handler has. */
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP),
                      mode == VG_V86 ? VG_HANDLER(VEC_GP) : VG_CODE + 2);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INSTRUCTION_LEN), 1);
    ck_assert_uint_eq(g.v->icount, 2);
    /* Host state is loaded. */
    ck_assert_uint_eq(g.c->s.r[R_IP], VG_GET(&g, HOST_RIP));
    ck_assert_uint_eq(g.c->s.r[R_SP], 0x5000);
    ck_assert_uint_eq(g.c->s.cr3, 0x12000);
    ck_assert_uint_eq(g.c->s.rflags, FL_ONE);
    done();
}
END_TEST

Suite *test_vmx_suite(void)
{
    Suite *s = suite_create("vmx");
    TCase *tc = tcase_create("operation");

    tcase_add_test(tc, vmxon_and_vmxoff);
    tcase_add_test(tc, vmptrld_and_vmclear);
    tcase_add_test(tc, fields_fit_the_region);
    tcase_add_test(tc, launch_state);
    tcase_add_test(tc, memory_must_be_the_vmms_own);
    suite_add_tcase(s, tc);
    tc = tcase_create("modes");
    tcase_add_loop_test(tc, guest_of_each_mode_halts, 0, 8 * VG_MODES);
    suite_add_tcase(s, tc);
    return s;
}
