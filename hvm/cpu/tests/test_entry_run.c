/* test_entry_run.c: VM entry and VM exit as movements of state: what is loaded,
 * saved and kept, MSR areas, failures, masks of control registers. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/entry_internal.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

static void put_code(const char *code, size_t n)
{
    vg_code(&g, code, n);
    VG_SET(&g, GUEST_RIP, VG_CODE);
}
#define CODE(text) put_code((text), sizeof(text) - 1)

/* ---- a round trip changes nothing but what the guest changed ---- */
START_TEST(guest_state_survives)
{
    enum vg_mode mode = (enum vg_mode)_i;
    static uint64_t before[VMCS_COUNT];

    vg_init(&g, "all", mode);
    VG_SET(&g, GUEST_FS_BASE, mode == VG_V86 ? 0 : 0x12345000);
    VG_SET(&g, GUEST_SYSENTER_EIP, 0x7777);
    VG_SET(&g, GUEST_RFLAGS,
           FL_ONE | FL_IF | FL_DF | FL_OF | FL_CF |
               (mode == VG_V86 ? FL_VM | FL_IOPL : 0));
    for (unsigned f = 0; f < VMCS_COUNT; f++)
        before[f] = vmx_read(g.v, (enum vmcs_field)f);
    if (mode == VG_V86)
        VG_SET(&g, EXCEPTION_BITMAP, BIT(VEC_GP)); /* HLT there */
    vg_go(&g);
    for (unsigned f = 0; f < VMCS_COUNT; f++) {
        const struct vmcs_field_info *info = vmcs_info((enum vmcs_field)f);
        uint64_t now = vmx_read(g.v, (enum vmcs_field)f);

        if (f == VMCS_GUEST_RFLAGS && mode == VG_V86)
            now &= ~(uint64_t)FL_RF;
        if (info->type == VMCS_GUEST)
            ck_assert_msg(now == before[f], "%s: %llx, was %llx", info->name,
                          (unsigned long long)now,
                          (unsigned long long)before[f]);
    }
    vg_fini(&g);
}
END_TEST

/* What the VMCS has no field for stays as the guest left it. */
START_TEST(registers_without_a_field_stay)
{
    vg_init(&g, "all", VG_64);
    CODE("\x48\xff\xc0\x4d\x8d\x7f\x02\x0f\x22\xd0"); /* inc; lea; mov cr2 */
    g.c->s.r[R_AX] = 0x41;
    g.c->s.r[15] = 5;
    g.c->s.kernel_gs_base = 0x99;
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.r[R_AX], 0x42);
    ck_assert_uint_eq(g.c->s.r[15], 7);
    ck_assert_uint_eq(g.c->s.cr2, 0x42);
    ck_assert_uint_eq(g.c->s.kernel_gs_base, 0x99);
    ck_assert_uint_eq(g.c->s.dr[7], 0x400); /* the host's */
    ck_assert_uint_eq(g.c->s.seg[SEG_CS].sel, 0x10);
    ck_assert_uint_eq(g.c->s.tr.sel, 0x40);
    ck_assert_uint_eq(g.c->s.tr.limit, 0x67);
    ck_assert_uint_eq(g.c->s.gdtr.limit, 0xffff);
    vg_fini(&g);
}
END_TEST

/* Controls about what is loaded and saved, both ways. */
START_TEST(efer_pat_and_debug_controls)
{
    bool on = _i != 0;

    vg_init(&g, "all", VG_64);
    vg_ctl(&g, ENTRY_LOAD_EFER, on);
    vg_ctl(&g, EXIT_SAVE_EFER, on);
    vg_ctl(&g, ENTRY_LOAD_PAT, on);
    vg_ctl(&g, EXIT_SAVE_PAT, on);
    vg_ctl(&g, EXIT_LOAD_PAT, on);
    vg_ctl(&g, ENTRY_LOAD_DEBUG, on);
    vg_ctl(&g, EXIT_SAVE_DEBUG, on);
    VG_SET(&g, GUEST_IA32_EFER, EFER_LMA | EFER_LME | EFER_SCE);
    VG_SET(&g, GUEST_IA32_PAT, 0x0606060606060606);
    VG_SET(&g, HOST_IA32_PAT, 0x0004);
    VG_SET(&g, GUEST_DR7, 0x402);
    g.c->s.efer = 0;
    g.c->s.pat = 0x0101;
    g.c->s.dr[7] = 0x400;
    /* mov ecx, 0xc0000080; rdmsr; mov ebx, eax; mov ecx, 0x277; rdmsr;
     * mov rdx, dr7; or bl, 8 through... wrmsr is not needed */
    vg_ctl(&g, PROC_MSR_BITMAPS, true);
    CODE("\xb9\x80\0\0\xc0\x0f\x32\x89\xc3\xb9\x77\x02\0\0\x0f\x32\x89\xc6"
         "\x0f\x21\xfd");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.r[R_BX],
                      EFER_LMA | EFER_LME | (on ? EFER_SCE : 0));
    ck_assert_uint_eq(g.c->s.r[R_SI], on ? 0x06060606 : 0x0101);
    ck_assert_uint_eq(g.c->s.r[R_BP], on ? 0x402 : 0x400);
    ck_assert_uint_eq(g.c->s.pat, on ? 0x0004 : 0x0101);
    ck_assert_uint_eq(g.c->s.efer, EFER_LMA | EFER_LME);
    vg_fini(&g);
}
END_TEST

/* The guest changes what is saved. */
START_TEST(saved_when_asked)
{
    bool on = _i != 0;

    vg_init(&g, "all", VG_64);
    vg_ctl(&g, EXIT_SAVE_EFER, on);
    vg_ctl(&g, EXIT_SAVE_DEBUG, on);
    vg_ctl(&g, PROC_MSR_BITMAPS, true);
    /* ecx, eax, edx; wrmsr; mov dr7, rax */
    CODE("\xb9\x80\0\0\xc0\xb8\x01\x05\0\0\x31\xd2\x0f\x30\x0f\x23\xf8");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_IA32_EFER),
                      EFER_LMA | EFER_LME | (on ? EFER_SCE : 0));
    ck_assert_uint_eq(VG_GET(&g, GUEST_DR7), on ? 0x501 : 0x400);
    vg_fini(&g);
}
END_TEST

/* An unrestricted guest turns paging on with EFER.LME: the entry control
 * follows. */
START_TEST(unrestricted_guest_enters_long_mode)
{
    vg_init(&g, "all", VG_32);
    vg_ctl(&g, PROC2_UNRESTRICTED, true);
    VG_SET(&g, GUEST_CR0, CR0_PE | CR0_NE | CR0_ET);
    VG_SET(&g, GUEST_CR4, CR4_VMXE | CR4_PAE);
    VG_SET(&g, GUEST_IA32_EFER, EFER_LME);
    VG_SET(&g, GUEST_CR3, VG_TABLES);
    CODE("\x0f\x20\xc0\x0d\0\0\0\x80\x0f\x22\xc0"); /* or eax, PG */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_IA32_EFER), EFER_LME | EFER_LMA);
    ck_assert_uint_eq(VG_GET(&g, VM_ENTRY_CONTROLS) >> 9 & 1, 1);
    CODE("\x90");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    vg_fini(&g);
}
END_TEST

/* ---- MSR areas ---- */
static void area(unsigned n, uint32_t index, uint32_t reserved, uint64_t value)
{
    vg_put(&g, VG_AREA + 16 * n, index | (uint64_t)reserved << 32, 8);
    vg_put(&g, VG_AREA + 16 * n + 8, value, 8);
}

START_TEST(msr_areas)
{
    vg_init(&g, "all", VG_64);
    area(0, 0xc0000102, 0, 0x1111); /* kernel GS base: entry */
    area(1, 0xc0000082, 0, 0x2222);
    area(4, 0xc0000102, 0, 0);      /* exit: store */
    area(8, 0xc0000082, 0, 0x3333); /* exit: load */
    VG_SET(&g, VM_ENTRY_MSR_LOAD_ADDR, VG_AREA);
    VG_SET(&g, VM_ENTRY_MSR_LOAD_COUNT, 2);
    VG_SET(&g, VM_EXIT_MSR_STORE_ADDR, VG_AREA + 64);
    VG_SET(&g, VM_EXIT_MSR_STORE_COUNT, 1);
    VG_SET(&g, VM_EXIT_MSR_LOAD_ADDR, VG_AREA + 128);
    VG_SET(&g, VM_EXIT_MSR_LOAD_COUNT, 1);
    vg_enter(&g);
    ck_assert_uint_eq(g.c->s.kernel_gs_base, 0x1111);
    ck_assert_uint_eq(g.c->s.lstar, 0x2222);
    ck_assert_uint_eq(vg_run(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(vg_peek(&g, VG_AREA + 72, 8), 0x1111);
    ck_assert_uint_eq(g.c->s.lstar, 0x3333);
    vg_fini(&g);
}
END_TEST

static const struct {
    uint32_t index, reserved;
    uint64_t value;
} bad_msrs[] = {
    {0xc0000100, 0, 0}, {0xc0000101, 0, 0},
    {0x79, 0, 0},       {0x9b, 0, 0},
    {0x808, 0, 0},      {0xc0000102, 1, 0},
    {0x12345678, 0, 0}, {0xc0000102, 0, 1ull << 63}, /* not canonical */
};

START_TEST(bad_msr_fails_the_entry)
{
    vg_init(&g, "all", VG_64);
    area(0, 0xc0000102, 0, 0x1111);
    area(1, bad_msrs[_i].index, bad_msrs[_i].reserved, bad_msrs[_i].value);
    VG_SET(&g, VM_ENTRY_MSR_LOAD_ADDR, VG_AREA);
    VG_SET(&g, VM_ENTRY_MSR_LOAD_COUNT, 3);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_OK);
    ck_assert(!vmx_nonroot(g.v));
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_REASON),
                      EXIT_REASON_MSR_LOAD_FAIL | EXIT_REASON_FAILED_VMENTRY);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 2);
    ck_assert_uint_eq(g.c->s.r[R_IP], VG_GET(&g, HOST_RIP));
    ck_assert_ptr_null(vmx_entry_failure(g.v));
    /* Not launched by that. */
    ck_assert_int_eq(vmx_vmresume(g.v), VMX_ERR_NOT_LAUNCHED);
    vg_fini(&g);
}
END_TEST

/* Lists too long fail, they do not take for ever. */
START_TEST(long_lists_fail)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, VM_ENTRY_MSR_LOAD_ADDR, VG_AREA);
    VG_SET(&g, VM_ENTRY_MSR_LOAD_COUNT, 0xffffff);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_OK);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_REASON) & 0xffff,
                      EXIT_REASON_MSR_LOAD_FAIL);
    vg_fini(&g);
}
END_TEST

START_TEST(bad_msr_at_exit_aborts)
{
    struct error err;

    vg_init(&g, "all", VG_64);
    area(0, 0x9b, 0, 0);
    VG_SET(&g, VM_EXIT_MSR_STORE_ADDR, VG_AREA);
    VG_SET(&g, VM_EXIT_MSR_LOAD_ADDR, VG_AREA);
    if (_i == 0)
        VG_SET(&g, VM_EXIT_MSR_STORE_COUNT, 1);
    else
        VG_SET(&g, VM_EXIT_MSR_LOAD_COUNT, 1);
    vg_enter(&g);
    ck_assert_int_eq(g.v->processor->run(g.v, 100, &g.exit, &err), ST_OK);
    ck_assert_int_eq(vmx_exit(g.v, &g.exit, &err), ST_INVAL);
    ck_assert_uint_eq(vg_peek(&g, VG_VMCS + 4, 4), _i == 0 ? 1 : 4);
    vg_fini(&g);
}
END_TEST

/* ---- failures ---- */
START_TEST(failed_checks)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, CR3_TARGET_COUNT, 9);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_ERR_CONTROLS);
    ck_assert_uint_eq(VG_GET(&g, VM_INSTRUCTION_ERROR), VMX_ERR_CONTROLS);
    ck_assert_str_eq(vmx_entry_failure(g.v)->check->id, "ctl_cr3_targets");
    VG_SET(&g, CR3_TARGET_COUNT, 0);
    VG_SET(&g, HOST_CS_SELECTOR, 0);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_ERR_HOST);
    ck_assert_str_eq(vmx_entry_failure(g.v)->check->id, "host_cs_null");
    VG_SET(&g, HOST_CS_SELECTOR, 8);
    VG_SET(&g, VMCS_LINK_POINTER, VG_VMCS);
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_OK);
    ck_assert(!vmx_nonroot(g.v));
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 4);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_REASON),
                      EXIT_REASON_INVALID_STATE | EXIT_REASON_FAILED_VMENTRY);
    ck_assert_uint_eq(g.c->s.r[R_IP], VG_GET(&g, HOST_RIP));
    ck_assert_str_eq(vmx_entry_failure(g.v)->check->id, "guest_link_current");
    VG_SET(&g, VMCS_LINK_POINTER, ~0ull);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_ptr_null(vmx_entry_failure(g.v));
    vg_fini(&g);
}
END_TEST

/* ---- masks and shadows of CR0 and CR4 ---- */
static const struct {
    uint64_t real, mask, shadow, written;
    uint64_t read;  /* before the write */
    uint64_t after; /* real, after it; ~0: exits */
} crs[] = {
    /* bits MP 2, EM 4, TS 8, AM 40000H, WP 10000H */
    {0, 0, 0, 0x10000, 0, 0x10000},
    {0x10000, 0, 0x2, 0, 0x10000, 0},
    {0x10000, 0x10000, 0, 0, 0, 0x10000},       /* as in the shadow */
    {0x10000, 0x10000, 0, 0x10000, 0, ~0ull},   /* not so: exits */
    {0x10000, 0x10000, 0, 0x40000, 0, 0x50000}, /* others are written */
    {0, 0x50000, 0x50000, 0x50002, 0x50000, 0x2},
    {0x50000, 0x40000, 0x40000, 0x40000, 0x50000, 0x40000},
};

START_TEST(cr0_mask_and_shadow)
{
    uint64_t fixed = CR0_PE | CR0_PG | CR0_NE | CR0_ET;

    vg_init(&g, "all", VG_64);
    VG_SET(&g, GUEST_CR0, fixed | crs[_i].real);
    VG_SET(&g, CR0_GUEST_HOST_MASK, crs[_i].mask);
    VG_SET(&g, CR0_READ_SHADOW, crs[_i].shadow);
    CODE("\x0f\x20\xc3\x0f\x01\xe1\x0f\x22\xc0"); /* rbx = cr0; smsw; write */
    g.c->s.r[R_AX] = fixed | crs[_i].written;
    ck_assert_uint_eq(vg_go(&g), crs[_i].after == ~0ull ? EXIT_REASON_CR_ACCESS
                                                        : EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.r[R_BX], fixed | crs[_i].read);
    ck_assert_uint_eq((uint32_t)g.c->s.r[R_CX],
                      (uint32_t)(fixed | crs[_i].read));
    if (crs[_i].after != ~0ull)
        ck_assert_uint_eq(VG_GET(&g, GUEST_CR0), fixed | crs[_i].after);
    vg_fini(&g);
}
END_TEST

START_TEST(cr4_mask_and_shadow)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, CR4_GUEST_HOST_MASK, CR4_VMXE | CR4_PGE);
    VG_SET(&g, CR4_READ_SHADOW, 0);
    CODE("\x0f\x20\xe0\x0c\x04\x0f\x22\xe0"); /* rax = cr4 | TSD */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.r[R_AX], CR4_PAE | CR4_TSD);
    ck_assert_uint_eq(VG_GET(&g, GUEST_CR4), CR4_PAE | CR4_TSD | CR4_VMXE);
    g.c->s.r[R_AX] = CR4_PAE | CR4_PGE;
    CODE("\x0f\x22\xe0");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_CR_ACCESS);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 4);
    vg_fini(&g);
}
END_TEST

/* What VMX operation needs cannot be cleared, where it is not masked. */
START_TEST(fixed_bits_fault)
{
    static const struct {
        const char *code;
        uint64_t value;
    } rows[] = {
        {"\x0f\x22\xc0", CR0_PE | CR0_PG},               /* NE */
        {"\x0f\x22\xc0", CR0_PE | CR0_NE},               /* PG */
        {"\x0f\x22\xe0", CR4_PAE},                       /* VMXE */
        {"\x0f\x22\xe0", CR4_PAE | CR4_VMXE | CR4_SMEP}, /* not there */
    };

    vg_init(&g, "all", VG_64);
    put_code(rows[_i].code, 3);
    g.c->s.r[R_AX] = rows[_i].value;
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_HANDLER(VEC_GP));
    vg_fini(&g);
}
END_TEST

/* CLTS and LMSW */
static const struct {
    const char *code;
    uint64_t real, mask, shadow, ax;
    uint64_t after; /* ~0: exits */
} msws[] = {
    {"\x0f\x06\x90", 8, 0, 0, 0, 0},
    {"\x0f\x06\x90", 8, 8, 8, 0, ~0ull},
    {"\x0f\x06\x90", 8, 8, 0, 0, 8}, /* no exit, no effect */
    {"\x0f\x06\x90", 8, 2, 8, 0, 0},
    {"\x0f\x01\xf0", 0, 0, 0, 0xe, 0xe},
    {"\x0f\x01\xf0", 0, 8, 8, 0xe, 6},
    {"\x0f\x01\xf0", 0, 8, 0, 0xe, ~0ull},
    {"\x0f\x01\xf0", 0, 1, 0, 1, ~0ull},         /* PE, clear in the shadow */
    {"\x0f\x01\xf0", 0, 1, 1, 0, 0},             /* cannot be cleared */
    {"\x0f\x01\xf0", 2, 0x10000, 0, 0x10000, 0}, /* bits 15:4 do not count */
};

START_TEST(clts_and_lmsw)
{
    uint64_t fixed = CR0_PE | CR0_PG | CR0_NE | CR0_ET;

    vg_init(&g, "all", VG_64);
    VG_SET(&g, GUEST_CR0, fixed | msws[_i].real);
    VG_SET(&g, CR0_GUEST_HOST_MASK, msws[_i].mask);
    VG_SET(&g, CR0_READ_SHADOW, msws[_i].shadow);
    g.c->s.r[R_AX] = msws[_i].ax;
    put_code(msws[_i].code, 3);
    ck_assert_uint_eq(vg_go(&g), msws[_i].after == ~0ull ? EXIT_REASON_CR_ACCESS
                                                         : EXIT_REASON_HLT);
    if (msws[_i].after != ~0ull)
        ck_assert_uint_eq(VG_GET(&g, GUEST_CR0), fixed | msws[_i].after);
    vg_fini(&g);
}
END_TEST

START_TEST(cr3_targets)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC_CR3_LOAD, true);
    VG_SET(&g, CR3_TARGET_COUNT, 2);
    VG_SET(&g, CR3_TARGET_VALUE1, VG_TABLES);
    VG_SET(&g, CR3_TARGET_VALUE2, VG_TABLES + 8);
    g.c->s.r[R_AX] = VG_TABLES;
    CODE("\x0f\x22\xd8");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    g.c->s.r[R_AX] = VG_TABLES + 8; /* the third of two */
    CODE("\x0f\x22\xd8");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_CR_ACCESS);
    vg_fini(&g);
}
END_TEST

START_TEST(tsc_offset)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC2_RDTSCP, true);
    vg_ctl(&g, PROC_MSR_BITMAPS, true);
    vg_ctl(&g, PROC_TSC_OFFSETTING, _i != 0);
    VG_SET(&g, TSC_OFFSET, 0x100000);
    /* rdtsc; mov ebx, eax; rdtscp; mov esi, eax; mov ecx, 0x10; rdmsr */
    CODE("\x0f\x31\x89\xc3\x0f\x01\xf9\x89\xc6\xb9\x10\0\0\0\x0f\x32");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.r[R_BX], _i ? 0x100000 : 0);
    ck_assert_uint_eq(g.c->s.r[R_SI], _i ? 0x100002 : 2);
    ck_assert_uint_eq(g.c->s.r[R_AX], _i ? 0x100005 : 5);
    vg_fini(&g);
}
END_TEST

Suite *test_entry_run_suite(void)
{
    Suite *s = suite_create("entry_run");
    TCase *tc = tcase_create("state");

    tcase_add_loop_test(tc, guest_state_survives, 0, VG_MODES);
    tcase_add_test(tc, registers_without_a_field_stay);
    tcase_add_loop_test(tc, efer_pat_and_debug_controls, 0, 2);
    tcase_add_loop_test(tc, saved_when_asked, 0, 2);
    tcase_add_test(tc, unrestricted_guest_enters_long_mode);
    suite_add_tcase(s, tc);
    tc = tcase_create("msrs");
    tcase_add_test(tc, msr_areas);
    tcase_add_loop_test(tc, bad_msr_fails_the_entry, 0, ARRAY_LEN(bad_msrs));
    tcase_add_test(tc, long_lists_fail);
    tcase_add_loop_test(tc, bad_msr_at_exit_aborts, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("failures");
    tcase_add_test(tc, failed_checks);
    suite_add_tcase(s, tc);
    tc = tcase_create("registers");
    tcase_add_loop_test(tc, cr0_mask_and_shadow, 0, ARRAY_LEN(crs));
    tcase_add_test(tc, cr4_mask_and_shadow);
    tcase_add_loop_test(tc, fixed_bits_fault, 0, 4);
    tcase_add_loop_test(tc, clts_and_lmsw, 0, ARRAY_LEN(msws));
    tcase_add_test(tc, cr3_targets);
    tcase_add_loop_test(tc, tsc_offset, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
