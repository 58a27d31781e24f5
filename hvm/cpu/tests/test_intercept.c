/* test_intercept.c: each conditional control both ways; conditions on operands;
 * the priority of exits against faults. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

static void put_code(const char *code, size_t n)
{
    vg_code(&g, code, n);
    VG_SET(&g, GUEST_RIP, VG_CODE);
}
#define CODE(text) put_code((text), sizeof(text) - 1)

/* Ends in HLT at that address. */
#define HALTS_AT(ip)                                                           \
    do {                                                                       \
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);                         \
        ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), (ip));                        \
    } while (0)

/* ---- a control and an instruction ---- */
static const struct {
    enum vmx_ctl ctl;
    unsigned reason;
    const char *code;
    unsigned n;
    int fault; /* without the control: this vector; -1: it executes */
} controls[] = {
#define ROW(ctl, reason, code, fault)                                          \
    {                                                                          \
        ctl, EXIT_REASON_##reason, code, sizeof(code) - 1, fault               \
    }
    ROW(PROC_INVLPG, INVLPG, "\x0f\x01\x38", -1),
    ROW(PROC_RDPMC, RDPMC, "\x0f\x33", VEC_GP),
    ROW(PROC_RDTSC, RDTSC, "\x0f\x31", -1),
    ROW(PROC_RDTSC, RDTSCP, "\x0f\x01\xf9", -1),
    ROW(PROC_CR3_LOAD, CR_ACCESS, "\x0f\x20\xd8\x0f\x22\xd8", -1),
    ROW(PROC_CR3_STORE, CR_ACCESS, "\x0f\x20\xd9", -1),
    ROW(PROC_CR8_LOAD, CR_ACCESS, "\x31\xc0\x44\x0f\x22\xc0", -1),
    ROW(PROC_CR8_STORE, CR_ACCESS, "\x44\x0f\x20\xc0", -1),
    ROW(PROC_MOV_DR, DR_ACCESS, "\x0f\x21\xc3", -1),
    ROW(PROC_MOV_DR, DR_ACCESS, "\x0f\x23\xc3", -1),
    ROW(PROC_UNCOND_IO, IO_INSTRUCTION, "\xe4\x60", -1),
    ROW(PROC_UNCOND_IO, IO_INSTRUCTION, "\xe7\x60", -1),
    ROW(PROC_UNCOND_IO, IO_INSTRUCTION, "\xec", -1),
    ROW(PROC_UNCOND_IO, IO_INSTRUCTION, "\x6c", -1),
    ROW(PROC_UNCOND_IO, IO_INSTRUCTION, "\x6f", -1),
    ROW(PROC_MWAIT, MWAIT_INSTRUCTION, "\x0f\x01\xc9", VEC_UD),
    ROW(PROC_MONITOR, MONITOR_INSTRUCTION, "\x0f\x01\xc8", VEC_UD),
    ROW(PROC_PAUSE, PAUSE_INSTRUCTION, "\xf3\x90", -1),
    ROW(PROC2_WBINVD, WBINVD, "\x0f\x09", -1),
    ROW(PROC2_DESCRIPTOR_TABLE, GDTR_IDTR, "\x0f\x01\x10", -1),  /* LGDT */
    ROW(PROC2_DESCRIPTOR_TABLE, GDTR_IDTR, "\x0f\x01\x06", -1),  /* SGDT */
    ROW(PROC2_DESCRIPTOR_TABLE, GDTR_IDTR, "\x0f\x01\x19", -1),  /* LIDT */
    ROW(PROC2_DESCRIPTOR_TABLE, GDTR_IDTR, "\x0f\x01\x0e", -1),  /* SIDT */
    ROW(PROC2_DESCRIPTOR_TABLE, LDTR_TR, "\x0f\x00\xc0", -1),    /* SLDT */
    ROW(PROC2_DESCRIPTOR_TABLE, LDTR_TR, "\x0f\x00\xc9", -1),    /* STR */
    ROW(PROC2_DESCRIPTOR_TABLE, LDTR_TR, "\x0f\x00\xd1", -1),    /* LLDT 0 */
    ROW(PROC2_DESCRIPTOR_TABLE, LDTR_TR, "\x0f\x00\xd9", VEC_GP) /* LTR 0 */
#undef ROW
};

static void operands(void)
{
    g.c->s.r[R_AX] = 0x5000; /* GDTR's image */
    g.c->s.r[R_BX] = 0x5010; /* IDTR's */
    g.c->s.r[R_CX] = 0;
    g.c->s.r[R_SI] = g.c->s.r[R_DI] = 0x5100;
    vg_put(&g, 0x5000, 0xff, 2);
    vg_put(&g, 0x5002, VG_GDT, 8);
    vg_put(&g, 0x5010, 0xfff, 2);
    vg_put(&g, 0x5012, VG_IDT, 8);
}

static void prepare(int i, bool on)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC2_RDTSCP, true);
    vg_ctl(&g, controls[i].ctl, on);
    operands();
    vg_code(&g, controls[i].code, controls[i].n);
}

START_TEST(control_set_exits)
{
    prepare(_i, true);
    ck_assert_uint_eq(vg_go(&g), controls[_i].reason);
    /* At the last instruction, which did nothing. */
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP) +
                          VG_GET(&g, VM_EXIT_INSTRUCTION_LEN),
                      VG_CODE + controls[_i].n);
    vg_fini(&g);
}
END_TEST

START_TEST(control_clear_executes)
{
    prepare(_i, false);
    HALTS_AT(controls[_i].fault < 0 ? VG_CODE + controls[_i].n
                                    : VG_HANDLER((unsigned)controls[_i].fault));
    vg_fini(&g);
}
END_TEST

START_TEST(hlt_without_exiting_halts)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC_HLT, false);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_LIMIT + EXIT_HALTED);
    ck_assert_uint_eq(g.c->s.activity, X86_HALTED);
    ck_assert_uint_eq(g.exit.qual, 0);
    vg_fini(&g);
}
END_TEST

START_TEST(rdtscp_must_be_enabled)
{
    vg_init(&g, "all", VG_64);
    CODE("\x0f\x01\xf9");
    HALTS_AT(VG_HANDLER(VEC_UD));
    vg_fini(&g);
}
END_TEST

/* ---- bitmaps ---- */
START_TEST(io_bitmaps)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC_IO_BITMAPS, true);
    vg_ctl(&g, PROC_UNCOND_IO, true); /* no matter */
    vg_put(&g, VG_IO_A + 0x61 / 8, BIT(0x61 % 8), 1);
    vg_put(&g, VG_IO_B + 0x1234 / 8, BIT(0x1234 % 8), 1); /* port 0x9234 */
    CODE("\xe4\x60\xe4\x62");
    HALTS_AT(VG_CODE + 4);
    CODE("\xe4\x61");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_IO_INSTRUCTION);
    CODE("\xe5\x60"); /* in eax, 0x60: four ports */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_IO_INSTRUCTION);
    g.c->s.r[R_DX] = 0x9234;
    CODE("\xee");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_IO_INSTRUCTION);
    g.c->s.r[R_DX] = 0x1234;
    HALTS_AT(VG_CODE + 1);
    g.c->s.r[R_DX] = 0xfffe; /* wraps around */
    CODE("\xed");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_IO_INSTRUCTION);
    vg_fini(&g);
}
END_TEST

static const struct {
    uint32_t msr;
    unsigned read, write; /* byte of the bitmap that has the MSR's bit */
} msr_bits[] = {
    {0x174, 0x174 / 8, 2048 + 0x174 / 8},
    {0x1fff, 0x3ff, 0xbff},
    {0xc0000102, 1024 + 0x102 / 8, 3072 + 0x102 / 8},
    {0xc0001fff, 0x7ff, 0xfff},
};

START_TEST(msr_bitmaps)
{
    uint32_t msr = msr_bits[_i].msr;
    bool exists = msr == 0x174 || msr == 0xc0000102;

    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC_MSR_BITMAPS, true);
    g.c->s.r[R_CX] = msr;
    CODE("\x0f\x32");
    HALTS_AT(exists ? VG_CODE + 2 : VG_HANDLER(VEC_GP));
    vg_put(&g, VG_MSRS + msr_bits[_i].read, BIT(msr % 8), 1);
    CODE("\x0f\x32");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_MSR_READ);
    CODE("\x0f\x30");
    HALTS_AT(exists ? VG_CODE + 2 : VG_HANDLER(VEC_GP));
    vg_put(&g, VG_MSRS + msr_bits[_i].write, BIT(msr % 8), 1);
    CODE("\x0f\x30");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_MSR_WRITE);
    vg_fini(&g);
}
END_TEST

START_TEST(msrs_outside_the_bitmaps_exit)
{
    static const uint32_t msrs[] = {0x2000, 0x40000174, 0xbfffffff, 0xc0002000,
                                    0xffffffff};

    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC_MSR_BITMAPS, true);
    g.c->s.r[R_CX] = msrs[_i];
    CODE("\x0f\x32");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_MSR_READ);
    vg_fini(&g);
}
END_TEST

/* ---- exceptions ---- */
START_TEST(exception_bitmap)
{
    static const struct {
        unsigned vector;
        const char *code;
        unsigned n, info; /* type and error-code bits of the information */
    } rows[] = {
        {VEC_DE, "\x31\xc9\xf7\xf1", 4, 0x300},
        {VEC_UD, "\x0f\x0b", 2, 0x300},
        {VEC_GP, "\xb8\x40\0\0\0\x8e\xd8\x0f\x33", 9, 0xb00},
        {VEC_BP, "\xcc", 1, 0x600},
        {VEC_DB, "\xf1", 1, 0x500},
        {VEC_PF, "\x48\xa1\0\0\0\0\0\x01\0\0", 10, 0xb00},
    };
    unsigned v = rows[_i % 6].vector;

    vg_init(&g, "all", VG_64);
    put_code(rows[_i % 6].code, rows[_i % 6].n);
    if (_i < 6) {
        VG_SET(&g, EXCEPTION_BITMAP, BIT(v));
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXCEPTION_NMI);
        ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO),
                          BIT(31) | v | rows[_i].info);
        ck_assert_uint_eq(VG_GET(&g, IDT_VECTORING_INFO_FIELD) >> 31, 0);
        if (v == VEC_PF) {
            ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 0x10000000000);
            ck_assert_uint_eq(g.c->s.cr2, 0);
        }
        /* Fault-like ones save RF as the stack would have it. */
        ck_assert_uint_eq((VG_GET(&g, GUEST_RFLAGS) & FL_RF) != 0,
                          (rows[_i].info & 0x700) == 0x300);
        if (v == VEC_BP || v == VEC_DB)
            ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INSTRUCTION_LEN), 1);
    } else {
        VG_SET(&g, EXCEPTION_BITMAP, (uint32_t) ~(BIT(v) | BIT(VEC_PF)));
        VG_SET(&g, PAGE_FAULT_ERROR_CODE_MATCH, 0);
        HALTS_AT(VG_HANDLER(v));
    }
    vg_fini(&g);
}
END_TEST

/* Bit 14 and the comparison of mask and match: equal means the bit's value. */
static const struct {
    bool bit;
    uint32_t mask, match;
    bool exits; /* error code 0: read, not present, supervisor */
} page_faults[] = {
    {true, 0, 0, true},     {false, 0, 0, false}, {true, 0, 1, false},
    {false, 0, 1, true},    {true, 1, 0, true},   {true, 1, 1, false},
    {false, 1, 1, true},    {false, 1, 0, false}, {true, 2, 2, false},
    {false, ~0u, 0, false}, {true, ~0u, 0, true},
};

START_TEST(page_fault_mask_and_match)
{
    vg_init(&g, "all", VG_64);
    CODE("\x48\xa1\0\0\0\0\0\x01\0\0");
    VG_SET(&g, EXCEPTION_BITMAP, page_faults[_i].bit ? BIT(VEC_PF) : 0);
    VG_SET(&g, PAGE_FAULT_ERROR_CODE_MASK, page_faults[_i].mask);
    VG_SET(&g, PAGE_FAULT_ERROR_CODE_MATCH, page_faults[_i].match);
    if (page_faults[_i].exits)
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXCEPTION_NMI);
    else
        HALTS_AT(VG_HANDLER(VEC_PF));
    vg_fini(&g);
}
END_TEST

/* ---- priority [SDM3 "Relative Priority of Faults and VM Exits"] ---- */
static const struct {
    const char *code;
    unsigned n;
    unsigned vector; /* at level 3, with everything intercepted */
} faults_first[] = {
#define ROW(code, v)                                                           \
    {                                                                          \
        code, sizeof(code) - 1, v                                              \
    }
    ROW("\xf4", VEC_GP),             /* HLT */
    ROW("\x0f\x01\x38", VEC_GP),     /* INVLPG */
    ROW("\x0f\x22\xd8", VEC_GP),     /* MOV to CR3 */
    ROW("\x0f\x21\xc3", VEC_GP),     /* MOV from DR0 */
    ROW("\x0f\x32", VEC_GP),         /* RDMSR */
    ROW("\xe4\x60", VEC_GP),         /* IN, by the TSS */
    ROW("\x0f\x33", VEC_GP),         /* RDPMC, CR4.PCE clear */
    ROW("\x0f\x01\x10", VEC_GP),     /* LGDT */
    ROW("\x0f\x00\xd0", VEC_GP),     /* LLDT */
    ROW("\x0f\x09", VEC_GP),         /* WBINVD */
    ROW("\x0f\x08", VEC_GP),         /* INVD */
    ROW("\x0f\x01\xc8", VEC_UD),     /* MONITOR */
    ROW("\xf0\x0f\x01\xc1", VEC_UD), /* LOCK VMCALL */
#undef ROW
};

static void user_mode(void)
{
    VG_SET(&g, GUEST_CS_SELECTOR, VG_UCS);
    VG_SET(&g, GUEST_SS_SELECTOR, VG_UDS);
    VG_SET(&g, GUEST_CS_AR_BYTES, 0xa0fb);
    VG_SET(&g, GUEST_SS_AR_BYTES, 0xc0f3);
}

START_TEST(faults_come_before_exits)
{
    static const enum vmx_ctl all[] = {
        PROC_INVLPG, PROC_CR3_LOAD,          PROC_MOV_DR,  PROC_UNCOND_IO,
        PROC_RDPMC,  PROC2_DESCRIPTOR_TABLE, PROC2_WBINVD, PROC_MONITOR};

    vg_init(&g, "all", VG_64);
    for (unsigned k = 0; k < ARRAY_LEN(all); k++)
        vg_ctl(&g, all[k], true);
    put_code(faults_first[_i].code, faults_first[_i].n);
    user_mode();
    HALTS_AT(VG_HANDLER(faults_first[_i].vector));
    vg_fini(&g);
}
END_TEST

/* Exits that come before the privilege is looked at. */
START_TEST(exits_come_before_faults)
{
    static const struct {
        const char *code;
        unsigned n, reason;
    } rows[] = {
        {"\x0f\x01\xc1", 3, EXIT_REASON_VMCALL},
        {"\x0f\x01\xc2", 3, EXIT_REASON_VMLAUNCH},
        {"\x0f\x78\xc3", 3, EXIT_REASON_VMREAD},
        {"\x0f\xa2", 2, EXIT_REASON_CPUID},
    };

    vg_init(&g, "all", VG_64);
    put_code(rows[_i].code, rows[_i].n);
    user_mode();
    ck_assert_uint_eq(vg_go(&g), rows[_i].reason);
    vg_fini(&g);
}
END_TEST

/* A MOV to CR0 of a value that would be #GP exits if it is intercepted. */
START_TEST(cr_exits_come_before_the_value)
{
    vg_init(&g, "all", VG_64);
    g.c->s.r[R_AX] = CR0_PG; /* without PE */
    CODE("\x0f\x22\xc0");
    HALTS_AT(VG_HANDLER(VEC_GP));
    VG_SET(&g, CR0_GUEST_HOST_MASK, CR0_PE);
    VG_SET(&g, CR0_READ_SHADOW, CR0_PE);
    CODE("\x0f\x22\xc0");
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_CR_ACCESS);
    vg_fini(&g);
}
END_TEST

Suite *test_intercept_suite(void)
{
    Suite *s = suite_create("intercept");
    TCase *tc = tcase_create("controls");

    tcase_add_loop_test(tc, control_set_exits, 0, ARRAY_LEN(controls));
    tcase_add_loop_test(tc, control_clear_executes, 0, ARRAY_LEN(controls));
    tcase_add_test(tc, hlt_without_exiting_halts);
    tcase_add_test(tc, rdtscp_must_be_enabled);
    suite_add_tcase(s, tc);
    tc = tcase_create("bitmaps");
    tcase_add_test(tc, io_bitmaps);
    tcase_add_loop_test(tc, msr_bitmaps, 0, ARRAY_LEN(msr_bits));
    tcase_add_loop_test(tc, msrs_outside_the_bitmaps_exit, 0, 5);
    suite_add_tcase(s, tc);
    tc = tcase_create("exceptions");
    tcase_add_loop_test(tc, exception_bitmap, 0, 12);
    tcase_add_loop_test(tc, page_fault_mask_and_match, 0,
                        ARRAY_LEN(page_faults));
    suite_add_tcase(s, tc);
    tc = tcase_create("priority");
    tcase_add_loop_test(tc, faults_come_before_exits, 0,
                        ARRAY_LEN(faults_first));
    tcase_add_loop_test(tc, exits_come_before_faults, 0, 4);
    tcase_add_test(tc, cr_exits_come_before_the_value);
    suite_add_tcase(s, tc);
    return s;
}
