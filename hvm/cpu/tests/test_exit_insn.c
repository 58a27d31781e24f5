/* test_exit_insn.c: exit qualification, instruction information and linear
 * address of exits that instructions cause, for each instruction family.
 * [SDM3 "Basic VM-Exit Information"], [SDM3 "Information for VM Exits Due to
 * Instruction Execution"] */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

/* Register n holds n << 16 | 0x5000 (rCX: 3, rDX: port 1234H, rSP and rDI, rSI:
 * within memory). */
static void registers(void)
{
    for (unsigned n = 0; n < 16; n++)
        if (n != R_SP)
            g.c->s.r[n] = (uint64_t)n << 16 | 0x5000;
    g.c->s.r[R_CX] = 3;
    g.c->s.r[R_DX] = 0x1234;
}

static unsigned run(enum vg_mode mode, const char *code, size_t n)
{
    vg_init(&g, "all", mode);
    vg_ctl(&g, PROC2_DESCRIPTOR_TABLE, true);
    vg_ctl(&g, PROC_MOV_DR, true);
    vg_ctl(&g, PROC_CR3_LOAD, true);
    vg_ctl(&g, PROC_CR3_STORE, true);
    vg_ctl(&g, PROC_CR8_LOAD, true);
    vg_ctl(&g, PROC_CR8_STORE, true);
    vg_ctl(&g, PROC_INVLPG, true);
    vg_ctl(&g, PROC_UNCOND_IO, true);
    VG_SET(&g, CR0_GUEST_HOST_MASK, 0xffffffff);
    VG_SET(&g, CR0_READ_SHADOW, CR0_PE | CR0_TS);
    VG_SET(&g, CR4_GUEST_HOST_MASK, 0xffffffff);
    registers();
    vg_code(&g, code, n);
    return vg_go(&g);
}

/* ---- qualifications ---- */
#define REAL VG_REAL
#define P32  VG_32
#define L64  VG_64
static const struct {
    enum vg_mode mode;
    const char *code;
    unsigned n;
    unsigned reason;
    uint64_t qual, linear;
} quals[] = {
#define ROW(mode, code, reason, qual, lin)                                     \
    {                                                                          \
        mode, code, sizeof(code) - 1, EXIT_REASON_##reason, qual, lin          \
    }
    /* MOV to CR: number, 0, register; MOV from CR */
    ROW(L64, "\x0f\x22\xc0", CR_ACCESS, 0x000, 0),
    ROW(L64, "\x0f\x22\xdb", CR_ACCESS, 0x303, 0),
    ROW(L64, "\x41\x0f\x22\xe7", CR_ACCESS, 0xf04, 0),
    ROW(L64, "\x44\x0f\x22\xc2", CR_ACCESS, 0x208, 0),
    ROW(L64, "\x0f\x20\xdd", CR_ACCESS, 0x513, 0),
    ROW(L64, "\x45\x0f\x20\xc1", CR_ACCESS, 0x918, 0),
    /* CLTS, LMSW of a register and of memory */
    ROW(L64, "\x0f\x06", CR_ACCESS, 0x20, 0),
    ROW(L64, "\x0f\x01\xf2", CR_ACCESS, 0x12340030, 0),
    ROW(L64, "\x0f\x01\x36", CR_ACCESS, 0x70, 0x65000),
    /* MOV DR */
    ROW(L64, "\x0f\x23\xfb", DR_ACCESS, 0x307, 0),
    ROW(L64, "\x41\x0f\x21\xcc", DR_ACCESS, 0xc11, 0),
    ROW(P32, "\x0f\x21\xf0", DR_ACCESS, 0x016, 0),
    /* IN, OUT: immediate, DX; sizes */
    ROW(L64, "\xe4\x60", IO_INSTRUCTION, 0x600048, 0),
    ROW(L64, "\xe7\x71", IO_INSTRUCTION, 0x710043, 0),
    ROW(L64, "\x66\xed", IO_INSTRUCTION, 0x12340009, 0),
    ROW(L64, "\xee", IO_INSTRUCTION, 0x12340000, 0),
    /* INS, OUTS, REP */
    ROW(L64, "\x6c", IO_INSTRUCTION, 0x12340018, 0x75000),
    ROW(L64, "\xf3\x6f", IO_INSTRUCTION, 0x12340033, 0x65000),
    ROW(L64, "\x66\xf2\x6d", IO_INSTRUCTION, 0x12340039, 0x75000),
    ROW(REAL, "\x6e", IO_INSTRUCTION, 0x12340010, 0x5000),
    /* INVLPG: the linear address */
    ROW(L64, "\x0f\x01\x7c\x8e\x10", INVLPG, 0x6501c, 0),
    /* displacements: none, 8, 32 bits, SIB, RIP-relative */
    ROW(L64, "\x0f\x01\x16", GDTR_IDTR, 0, 0),
    ROW(L64, "\x0f\x01\x56\x80", GDTR_IDTR, 0xffffffffffffff80, 0),
    ROW(L64, "\x0f\x01\x1c\x25\0\x50\0\0", GDTR_IDTR, 0x5000, 0),
    ROW(L64, "\x0f\x01\x15\0\x10\0\0", GDTR_IDTR, VG_CODE + 7 + 0x1000, 0),
    ROW(L64, "\x90\x0f\x01\x15\0\x10\0\0", GDTR_IDTR, VG_CODE + 8 + 0x1000, 0),
    ROW(P32, "\x0f\x01\x15\0\x50\0\0", GDTR_IDTR, 0x5000, 0),
    ROW(REAL, "\x0f\x01\x16\0\x50", GDTR_IDTR, 0x5000, 0),
    ROW(L64, "\x0f\xc7\x73\x20", VMPTRLD, 0x20, 0),
    ROW(L64, "\x0f\x00\xc0", LDTR_TR, 0, 0)
#undef ROW
};

START_TEST(qualification_of_instruction)
{
    ck_assert_uint_eq(run(quals[_i].mode, quals[_i].code, quals[_i].n),
                      quals[_i].reason);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), quals[_i].qual);
    if (quals[_i].linear != 0)
        ck_assert_uint_eq(VG_GET(&g, GUEST_LINEAR_ADDRESS), quals[_i].linear);
    vg_fini(&g);
}
END_TEST

/* ---- instruction information ---- */
#define SCALE(k) ((uint32_t)(k))
#define REG1(r)  ((uint32_t)(r) << 3)
#define A16      (0u << 7)
#define A32      (1u << 7)
#define A64      (2u << 7)
#define IS_REG   (1u << 10)
#define O32      (1u << 11)
#define SEG(s)   ((uint32_t)SEG_##s << 15)
#define INDEX(r) ((uint32_t)R_##r << 18)
#define NO_INDEX (1u << 22)
#define BASE(r)  ((uint32_t)R_##r << 23)
#define NO_BASE  (1u << 27)
#define ID(n)    ((uint32_t)(n) << 28)
#define REG2(r)  ((uint32_t)(r) << 28)

static const struct {
    enum vg_mode mode;
    const char *code;
    unsigned n;
    unsigned reason;
    uint32_t info;
    uint32_t undefined; /* bits that the manual leaves open */
} infos[] = {
#define ROW(mode, code, reason, info, undefined)                               \
    {                                                                          \
        mode, code, sizeof(code) - 1, EXIT_REASON_##reason, info, undefined    \
    }
    /* LGDT, LIDT, SGDT, SIDT: operand size undefined in 64-bit mode */
    ROW(L64, "\x0f\x01\x06", GDTR_IDTR,
        A64 | SEG(DS) | NO_INDEX | BASE(SI) | ID(0), O32),
    ROW(L64, "\x0f\x01\x0c\x8b", GDTR_IDTR,
        SCALE(2) | A64 | SEG(DS) | INDEX(CX) | BASE(BX) | ID(1), O32),
    ROW(L64, "\x64\x67\x0f\x01\x17", GDTR_IDTR,
        A32 | SEG(FS) | NO_INDEX | BASE(DI) | ID(2), O32),
    ROW(L64, "\x43\x0f\x01\x1c\xe6", GDTR_IDTR,
        SCALE(3) | A64 | SEG(DS) | INDEX(12) | BASE(14) | ID(3), O32),
    ROW(L64, "\x0f\x01\x1c\x24", GDTR_IDTR,
        A64 | SEG(SS) | NO_INDEX | BASE(SP) | ID(3), O32),
    ROW(L64, "\x0f\x01\x15\0\0\0\0", GDTR_IDTR,
        A64 | SEG(DS) | NO_INDEX | NO_BASE | ID(2), O32),
    ROW(P32, "\x0f\x01\x10", GDTR_IDTR,
        A32 | O32 | SEG(DS) | NO_INDEX | BASE(AX) | ID(2), 0),
    ROW(P32, "\x66\x0f\x01\x10", GDTR_IDTR,
        A32 | SEG(DS) | NO_INDEX | BASE(AX) | ID(2), 0),
    ROW(P32, "\x26\x67\x0f\x01\x18", GDTR_IDTR,
        A16 | O32 | SEG(ES) | INDEX(SI) | BASE(BX) | ID(3), 0),
    ROW(REAL, "\x0f\x01\x03", GDTR_IDTR,
        A16 | SEG(SS) | INDEX(DI) | BASE(BP) | ID(0), 0),
    ROW(REAL, "\x0f\x01\x0e\0\x50", GDTR_IDTR,
        A16 | SEG(DS) | NO_INDEX | NO_BASE | ID(1), 0),
    /* SLDT, STR, LLDT, LTR */
    ROW(L64, "\x0f\x00\xc3", LDTR_TR, IS_REG | REG1(R_BX) | ID(0),
        A64 | SEG(GS) | NO_INDEX | NO_BASE),
    ROW(L64, "\x41\x0f\x00\xcd", LDTR_TR, IS_REG | REG1(13) | ID(1),
        A64 | SEG(GS) | NO_INDEX | NO_BASE),
    ROW(L64, "\x0f\x00\x16", LDTR_TR,
        A64 | SEG(DS) | NO_INDEX | BASE(SI) | ID(2), 0),
    ROW(L64, "\x0f\x00\xd8", LDTR_TR, IS_REG | REG1(R_AX) | ID(3),
        A64 | SEG(GS) | NO_INDEX | NO_BASE),
    /* VMCLEAR, VMPTRLD, VMPTRST, VMXON */
    ROW(L64, "\x66\x0f\xc7\x34\xd8", VMCLEAR,
        SCALE(3) | A64 | SEG(DS) | INDEX(BX) | BASE(AX), 0),
    ROW(L64, "\x65\x0f\xc7\x36", VMPTRLD, A64 | SEG(GS) | NO_INDEX | BASE(SI),
        0),
    ROW(L64, "\x41\x0f\xc7\x3c\x24", VMPTRST,
        A64 | SEG(DS) | NO_INDEX | BASE(12), 0),
    ROW(P32, "\xf3\x0f\xc7\x36", VMON, A32 | SEG(DS) | NO_INDEX | BASE(SI), 0),
    /* VMREAD, VMWRITE */
    ROW(L64, "\x0f\x78\xc3", VMREAD, IS_REG | REG1(R_BX) | REG2(R_AX),
        A64 | SEG(GS) | NO_INDEX | NO_BASE),
    ROW(L64, "\x44\x0f\x78\x3e", VMREAD,
        A64 | SEG(DS) | NO_INDEX | BASE(SI) | REG2(15), 0),
    ROW(L64, "\x41\x0f\x79\xd6", VMWRITE, IS_REG | REG1(14) | REG2(R_DX),
        A64 | SEG(GS) | NO_INDEX | NO_BASE),
    /* INVEPT, INVVPID */
    ROW(L64, "\x66\x0f\x38\x80\x0e", INVEPT,
        A64 | SEG(DS) | NO_INDEX | BASE(SI) | REG2(R_CX), 0),
    ROW(L64, "\x66\x44\x0f\x38\x81\x1e", INVVPID,
        A64 | SEG(DS) | NO_INDEX | BASE(SI) | REG2(11), 0),
    /* INS, OUTS: address size and segment */
    ROW(L64, "\x6c", IO_INSTRUCTION, A64, SEG(GS) | SEG(DS) | SEG(SS)),
    ROW(L64, "\x67\x64\x6e", IO_INSTRUCTION, A32 | SEG(FS), 0),
    ROW(P32, "\x67\x6e", IO_INSTRUCTION, A16 | SEG(DS), 0)
#undef ROW
};

START_TEST(information_of_instruction)
{
    uint32_t open = infos[_i].undefined;

    ck_assert_uint_eq(run(infos[_i].mode, infos[_i].code, infos[_i].n),
                      infos[_i].reason);
    ck_assert_uint_eq(VG_GET(&g, VMX_INSTRUCTION_INFO) & ~open,
                      infos[_i].info & ~open);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INSTRUCTION_LEN), infos[_i].n);
    vg_fini(&g);
}
END_TEST

Suite *test_exit_insn_suite(void)
{
    Suite *s = suite_create("exit_insn");
    TCase *tc = tcase_create("fields");

    tcase_add_loop_test(tc, qualification_of_instruction, 0, ARRAY_LEN(quals));
    tcase_add_loop_test(tc, information_of_instruction, 0, ARRAY_LEN(infos));
    suite_add_tcase(s, tc);
    return s;
}
