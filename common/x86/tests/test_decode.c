/* test_decode.c: the decoder, instruction by instruction, and how many bytes
 * it takes. */
#include <stdlib.h>

#include "common/tests/suite.h"
#include "common/x86/defs.h"
#include "common/x86/tests/decode_oracle.h"

/* ---- directed cases ---- */
#define NONE   R_ZERO
#define SEG(s) ((s) << 4)

struct directed {
    const char *text; /* what it shows */
    uint8_t code_size;
    const char *bytes; /* hex */
    const char *name;
    uint8_t osize, asize;
    uint8_t rm, reg, base, index, scale_seg;
    int64_t disp;
    int32_t imm;
    uint8_t flags;
};

#define DS SEG(SEG_DS)
#define SS SEG(SEG_SS)
#define ES SEG(SEG_ES)
#define FS SEG(SEG_FS)

/* clang-format off */
static const struct directed directed[] = {
    /* registers */
    {"AH without REX", 3, "88 e3", "mov", 0, 3, 24, 1, NONE, NONE, DS, 0, 0, 0},
    {"SPL with REX", 3, "40 88 e3", "mov", 0, 3, 24, 32, NONE, NONE, DS, 0, 0, 0},
    {"R15B, R12B", 3, "45 88 e7", "mov", 0, 3, 120, 96, NONE, NONE, DS, 0, 0, 0},
    {"BH by opcode", 2, "b7 80", "mov", 0, 2, 25, 0, NONE, NONE, DS, 0, -128, 0},
    {"MOVZX: one byte register", 3, "0f b6 c4", "movzx", 2, 3, 1, 0, NONE, NONE, DS, 0, 0, 0},
    {"MOVZX R9, BPL", 3, "4c 0f b6 cd", "movzx", 3, 3, 40, 9, NONE, NONE, DS, 0, 0, XI_REXW},
    {"SETcc R8B", 3, "41 0f 94 c0", "sete", 0, 3, 64, 0, NONE, NONE, DS, 0, 0, 0},
    {"REX counts last only", 3, "48 66 89 d8", "mov", 1, 3, 0, 3, NONE, NONE, DS, 0, 0, 0},
    {"REX after REX", 3, "4f 40 89 d8", "mov", 2, 3, 0, 3, NONE, NONE, DS, 0, 0, 0},
    {"MMX ignores REX.R, REX.B", 3, "45 0f fc ca", "paddb", 2, 3, 2, 1, NONE, NONE, DS, 0, 0, 0},
    {"XMM takes REX.R, REX.B", 3, "66 45 0f fc ca", "paddb", 2, 3, 10, 9, NONE, NONE, DS, 0, 0, 0},
    {"BSWAP R13", 3, "49 0f cd", "bswap", 3, 3, 13, 0, NONE, NONE, DS, 0, 0, XI_REXW},
    /* sizes */
    {"16-bit code", 1, "01 d8", "add", 1, 1, 0, 3, NONE, NONE, DS, 0, 0, 0},
    {"16-bit code, 66", 1, "66 01 d8", "add", 2, 1, 0, 3, NONE, NONE, DS, 0, 0, 0},
    {"32-bit code, 66", 2, "66 01 d8", "add", 1, 2, 0, 3, NONE, NONE, DS, 0, 0, 0},
    {"REX.W outweighs 66", 3, "66 48 01 d8", "add", 3, 3, 0, 3, NONE, NONE, DS, 0, 0, XI_REXW},
    {"PUSH is 64 bits", 3, "50", "push", 3, 3, 0, 0, NONE, NONE, DS, 0, 0, 0},
    {"PUSH with 66 is 16", 3, "66 50", "push", 1, 3, 0, 0, NONE, NONE, DS, 0, 0, 0},
    {"PUSH R12", 3, "41 54", "push", 3, 3, 12, 0, NONE, NONE, DS, 0, 0, 0},
    {"PUSH imm8", 3, "6a ff", "push", 3, 3, 0, 0, NONE, NONE, DS, 0, -1, 0},
    {"PUSH imm16", 3, "66 68 00 80", "push", 1, 3, 0, 0, NONE, NONE, DS, 0, -32768, 0},
    {"PUSH imm32", 3, "68 00 00 00 80", "push", 3, 3, 0, 0, NONE, NONE, DS, 0, INT32_MIN, 0},
    {"MOV CR is 64 bits", 3, "0f 20 d8", "mov", 3, 3, 0, 3, NONE, NONE, DS, 0, 0, 0},
    {"MOV CR is 32 bits", 1, "0f 20 d8", "mov", 2, 1, 0, 3, NONE, NONE, DS, 0, 0, 0},
    {"MOV CR ignores mod", 2, "0f 22 04", "mov", 2, 2, 4, 0, NONE, NONE, DS, 0, 0, XI_END},
    {"MOV CR8", 3, "44 0f 22 c0", "mov", 3, 3, 0, 8, NONE, NONE, DS, 0, 0, XI_END},
    {"LGDT is 64 bits", 3, "66 0f 01 10", "lgdt", 3, 3, 0, 0, R_AX, NONE, DS, 0, 0, XI_MEM | XI_END},
    {"LGDT is 24 bits", 1, "0f 01 16 34 12", "lgdt", 1, 1, 0, 0, NONE, NONE, DS, 0x1234, 0, XI_MEM | XI_END},
    {"IN has no 64 bits", 3, "48 ed", "in", 2, 3, 0, 0, NONE, NONE, DS, 0, 0, XI_REXW},
    {"RETF is 32 bits", 3, "cb", "retf", 2, 3, 0, 0, NONE, NONE, DS, 0, 0, XI_END},
    {"IRETQ", 3, "48 cf", "iret", 3, 3, 0, 0, NONE, NONE, DS, 0, 0, XI_END | XI_REXW},
    {"popcnt: 66 is a size", 3, "66 f3 0f b8 c1", "popcnt", 1, 3, 1, 0, NONE, NONE, DS, 0, 0, XI_REP},
    {"CVTSI2SD takes REX.W", 3, "f2 48 0f 2a c1", "cvtsi2sd", 3, 3, 1, 0, NONE, NONE, DS, 0, 0, XI_REPNE | XI_REXW},
    {"CVTSI2SD with 66", 3, "66 f2 0f 2a c1", "cvtsi2sd", 2, 3, 1, 0, NONE, NONE, DS, 0, 0, XI_REPNE},
    /* immediates and branches */
    {"IN: port unsigned", 2, "e4 f0", "in", 0, 2, 0, 0, NONE, NONE, DS, 0, 0xf0, 0},
    {"INT: vector unsigned", 2, "cd 80", "int", 2, 2, 0, 0, NONE, NONE, DS, 0, 0x80, XI_END},
    {"RET: count unsigned", 2, "c2 00 80", "ret", 2, 2, 0, 0, NONE, NONE, DS, 0, 0x8000, XI_END},
    {"ENTER: level", 3, "c8 00 80 1f", "enter", 3, 3, 0, 0, NONE, NONE, DS, 0x1f, 0x8000, 0},
    {"shift by one", 2, "d1 e0", "shl", 2, 2, 0, 0, NONE, NONE, DS, 0, 1, 0},
    {"83: sign-extended", 3, "48 83 c0 80", "add", 3, 3, 0, 0, NONE, NONE, DS, 0, -128, XI_REXW},
    {"MOV r64, imm64", 3, "49 bf 08 07 06 05 04 03 02 81", "mov", 3, 3, 15, 0, NONE, NONE, DS, (int64_t)0x8102030405060708, 0, XI_REXW},
    {"MOV r64, imm32", 3, "48 c7 c1 00 00 00 80", "mov", 3, 3, 1, 0, NONE, NONE, DS, 0, INT32_MIN, XI_REXW},
    {"far pointer 16:32", 2, "ea 78 56 34 82 08 80", "ljmp", 2, 2, 0, 0, NONE, NONE, DS, 0x8008, (int32_t)0x82345678, XI_END},
    {"far pointer 16:16", 1, "9a 00 80 00 f0", "lcall", 1, 1, 0, 0, NONE, NONE, DS, 0xf000, 0x8000, XI_END},
    {"near branches ignore 66", 3, "66 e9 00 00 00 80", "jmp", 3, 3, 0, 0, NONE, NONE, DS, 0, INT32_MIN, XI_END},
    {"66 in 32-bit code", 2, "66 e9 00 80", "jmp", 1, 2, 0, 0, NONE, NONE, DS, 0, -32768, XI_END},
    {"Jcc backwards", 3, "74 fe", "je", 3, 3, 0, 0, NONE, NONE, DS, 0, -2, XI_END},
    {"JCXZ by address size", 3, "67 e3 10", "jcxz", 3, 2, 0, 0, NONE, NONE, DS, 0, 16, XI_END},
    /* memory */
    {"[BX+SI]", 1, "8b 00", "mov", 1, 1, 0, 0, R_BX, R_SI, DS, 0, 0, XI_MEM},
    {"[BP+DI-1] is in SS", 1, "8b 43 ff", "mov", 1, 1, 0, 0, R_BP, R_DI, SS, -1, 0, XI_MEM},
    {"[disp16]", 1, "8b 0e 00 80", "mov", 1, 1, 0, 1, NONE, NONE, DS, -32768, 0, XI_MEM},
    {"[BP+0] is in SS", 1, "8b 46 00", "mov", 1, 1, 0, 0, R_BP, NONE, SS, 0, 0, XI_MEM},
    {"67 in 16-bit code", 1, "67 8b 44 24 04", "mov", 1, 2, 0, 0, R_SP, NONE, SS, 4, 0, XI_MEM},
    {"67 in 32-bit code", 2, "67 8b 02", "mov", 2, 1, 0, 0, R_BP, R_SI, SS, 0, 0, XI_MEM},
    {"[EBP+ECX*4+disp32]", 2, "8b 84 8d 00 00 00 80", "mov", 2, 2, 0, 0, R_BP, R_CX, SS | 2, INT32_MIN, 0, XI_MEM},
    {"[ESP]: no index", 2, "8b 04 e4", "mov", 2, 2, 0, 0, R_SP, NONE, SS, 0, 0, XI_MEM},
    {"[EBP*2+disp32]: base none", 2, "8b 04 6d 04 00 00 00", "mov", 2, 2, 0, 0, NONE, R_BP, DS | 1, 4, 0, XI_MEM},
    {"[disp32]", 2, "8b 05 00 00 00 c0", "mov", 2, 2, 0, 0, NONE, NONE, DS, (int32_t)0xc0000000, 0, XI_MEM},
    {"[RIP+disp32]", 3, "8b 05 f0 ff ff ff", "mov", 2, 3, 0, 0, R_IP, NONE, DS, -16 + 6, 0, XI_MEM},
    {"[RIP+disp32], imm8", 3, "83 3d 10 00 00 00 ff", "cmp", 2, 3, 0, 0, R_IP, NONE, DS, 16 + 7, -1, XI_MEM},
    {"[EIP+disp32]", 3, "67 8b 05 00 00 00 00", "mov", 2, 2, 0, 0, R_IP, NONE, DS, 7, 0, XI_MEM},
    {"REX.B, no RIP but by rm", 3, "41 8b 05 00 00 00 00", "mov", 2, 3, 0, 0, R_IP, NONE, DS, 7, 0, XI_MEM},
    {"64-bit [disp32] by SIB", 3, "8b 04 25 00 00 00 80", "mov", 2, 3, 0, 0, NONE, NONE, DS, INT32_MIN, 0, XI_MEM},
    {"[R12], [R13+0] are in DS", 3, "43 8b 44 25 00", "mov", 2, 3, 0, 0, R_13, R_12, DS, 0, 0, XI_MEM},
    {"[R12+R12]", 3, "43 8b 04 24", "mov", 2, 3, 0, 0, R_12, R_12, DS, 0, 0, XI_MEM},
    {"moffs64", 3, "a1 08 07 06 05 04 03 02 81", "mov", 2, 3, 0, 0, NONE, NONE, DS, (int64_t)0x8102030405060708, 0, XI_MEM},
    {"moffs with 67", 3, "67 a2 00 00 00 80", "mov", 0, 2, 0, 0, NONE, NONE, DS, 0x80000000, 0, XI_MEM},
    {"moffs16, FS", 1, "64 a3 00 80", "mov", 1, 1, 0, 0, NONE, NONE, FS, 0x8000, 0, XI_MEM | XI_SEGPFX},
    /* segments */
    {"override", 2, "26 8b 45 00", "mov", 2, 2, 0, 0, R_BP, NONE, ES, 0, 0, XI_MEM | XI_SEGPFX},
    {"ES does not count", 3, "26 8b 45 00", "mov", 2, 3, 0, 0, R_BP, NONE, SS, 0, 0, XI_MEM},
    {"FS stays under CS", 3, "64 2e 8b 00", "mov", 2, 3, 0, 0, R_AX, NONE, FS, 0, 0, XI_MEM | XI_SEGPFX},
    {"MOVS: source segment", 2, "64 a5", "movs", 2, 2, 0, 0, NONE, NONE, FS, 0, 0, XI_SEGPFX},
    {"STOS: always ES", 2, "64 f3 ab", "stos", 2, 2, 0, 0, NONE, NONE, ES, 0, 0, XI_SEGPFX | XI_REP},
    {"LODSB", 2, "ac", "lods", 0, 2, 0, 0, NONE, NONE, DS, 0, 0, 0},
    {"MASKMOVQ: override", 2, "64 0f f7 c1", "maskmovq", 2, 2, 1, 0, NONE, NONE, FS, 0, 0, XI_SEGPFX},
    {"PUSH FS", 3, "0f a0", "push", 3, 3, 0, SEG_FS, NONE, NONE, DS, 0, 0, 0},
    {"POP SS ends", 2, "17", "pop", 2, 2, 0, SEG_SS, NONE, NONE, DS, 0, 0, XI_END},
    {"MOV SS ends", 2, "8e d0", "mov", 1, 2, 0, SEG_SS, NONE, NONE, DS, 0, 0, XI_END},
    {"MOV DS does not", 2, "8e d8", "mov", 1, 2, 0, SEG_DS, NONE, NONE, DS, 0, 0, 0},
    /* prefixes as opcodes */
    {"last of F2, F3", 2, "f2 f3 a4", "movs", 0, 2, 0, 0, NONE, NONE, DS, 0, 0, XI_REP},
    {"PAUSE", 2, "f3 90", "pause", 2, 2, 0, 0, NONE, NONE, DS, 0, 0, XI_REP},
    {"90 is NOP", 3, "48 90", "nop", 3, 3, 0, 0, NONE, NONE, DS, 0, 0, XI_REXW},
    {"XCHG R8D, EAX", 3, "41 90", "xchg", 2, 3, 8, 0, NONE, NONE, DS, 0, 0, 0},
    {"XCHG with F3", 3, "f3 41 90", "xchg", 2, 3, 8, 0, NONE, NONE, DS, 0, 0, XI_REP},
    {"BSF with F3", 2, "f3 0f bc c1", "bsf", 2, 2, 1, 0, NONE, NONE, DS, 0, 0, XI_REP},
    {"ENDBR64 is NOP", 3, "f3 0f 1e fa", "nop", 2, 3, 2, 0, NONE, NONE, DS, 0, 0, XI_REP},
    {"F2 outweighs 66", 2, "f2 66 0f 58 c1", "addsd", 1, 2, 1, 0, NONE, NONE, DS, 0, 0, XI_REPNE},
    {"ARPL", 2, "63 c8", "arpl", 1, 2, 0, 1, NONE, NONE, DS, 0, 0, 0},
    {"MOVSXD", 3, "48 63 c8", "movsxd", 3, 3, 0, 1, NONE, NONE, DS, 0, 0, XI_REXW},
    {"LES", 2, "c4 00", "les", 2, 2, 0, 0, R_AX, NONE, DS, 0, 0, XI_MEM},
    {"BOUND", 2, "62 00", "bound", 2, 2, 0, 0, R_AX, NONE, DS, 0, 0, XI_MEM},
    {"INC EAX", 2, "40", "inc", 2, 2, 0, 0, NONE, NONE, DS, 0, 0, 0},
    {"CMPXCHG8B", 3, "f0 0f c7 0e", "cmpxchg8b", 2, 3, 0, 0, R_SI, NONE, DS, 0, 0, XI_MEM | XI_LOCK},
    {"CMPXCHG16B", 3, "f0 48 0f c7 0e", "cmpxchg16b", 3, 3, 0, 0, R_SI, NONE, DS, 0, 0, XI_MEM | XI_LOCK | XI_REXW},
    {"x87 register form", 2, "dd e9", "x87", 2, 2, 1, 0, NONE, NONE, DS, 0, 0x5e9, 0},
    {"x87 memory form", 2, "df 6d 08", "x87", 2, 2, 0, 0, R_BP, NONE, SS, 8, 0x76d, XI_MEM},
};

/* What does not exist. */
static const struct {
    const char *text;
    uint8_t code_size;
    const char *bytes;
} refused[] = {
    {"VEX", 3, "c4 e2 79 00"},
    {"VEX", 2, "c5 f8 77"},
    {"EVEX", 3, "62 f1 7c 48"},
    {"PUSH CS in 64-bit code", 3, "0e"},
    {"DAA in 64-bit code", 3, "27"},
    {"far JMP in 64-bit code", 3, "ea"},
    {"LEA of a register", 2, "8d c0"},
    {"MOV CS", 2, "8e c8"},
    {"MOV of segment 6", 2, "8c f0"},
    {"MOV CR1", 2, "0f 20 c8"},
    {"MOV CR9", 3, "44 0f 20 c8"},
    {"MOV DR8", 3, "44 0f 21 c0"},
    {"LOCK MOV", 2, "f0 89 08"},
    {"LOCK ADD of a register", 2, "f0 01 c8"},
    {"LOCK with memory source", 2, "f0 03 08"},
    {"LOCK CMP", 2, "f0 39 08"},
    {"LOCK BT", 2, "f0 0f ba 20 01"},
    {"LOCK NOP", 2, "f0 90"},
    {"F3 ADDPD", 2, "f3 0f 54 c0"},
    {"66 MOVNTI", 2, "66 0f c3 00"},
    {"MOVNTI of a register", 2, "0f c3 c0"},
    {"FF /7", 2, "ff f8"},
    {"8F /1", 2, "8f c8"},
    {"FF /5 of a register", 2, "ff e8"},
    {"0F 71 memory", 2, "0f 71 10 01"},
    {"3DNow!", 2, "0f 0f c0 9e"},
    {"RDRAND", 2, "0f c7 f0"},
    {"XGETBV", 2, "0f 01 d0"},
    {"XSAVE", 2, "0f ae 20"},
    {"SWAPGS in 32-bit code", 2, "0f 01 f8"},
    {"CLAC", 3, "0f 01 ca"},
    {"0F B8 without F3", 3, "0f b8 c0"},
};
/* clang-format on */

static unsigned from_hex(const char *text, uint8_t *out)
{
    unsigned n = 0;
    char *end;

    while (*text != '\0') {
        out[n++] = (uint8_t)strtoul(text, &end, 16);
        text = end;
    }
    return n;
}

static x86_handler *expected_handler(const struct directed *d,
                                     const struct x86_impl *impl)
{
    bool flat = d->asize == 3 && d->scale_seg >> 4 < SEG_FS;

    if ((d->flags & XI_MEM) == 0)
        return impl->r[d->osize];
    if (flat && impl->m64[d->osize] != NULL)
        return impl->m64[d->osize];
    return impl->m[d->osize];
}

START_TEST(test_directed)
{
    const struct directed *d = &directed[_i];
    uint8_t bytes[16] = {0};
    unsigned n = from_hex(d->bytes, bytes);
    struct x86_insn i;
    enum x86_decode_result r = x86_decode(bytes, n, d->code_size, NULL, &i);

    ck_assert_msg(r == X86_DEC_OK, "%s: result %d", d->text, r);
    ck_assert_str_eq(x86_op_name(i.op), d->name);
    ck_assert_uint_eq(i.len, n);
    ck_assert_msg(i.rm == d->rm && i.reg == d->reg, "%s: rm %u reg %u", d->text,
                  i.rm, i.reg);
    ck_assert_msg(i.base == d->base && i.index == d->index &&
                      i.scale_seg == d->scale_seg,
                  "%s: base %u index %u scale_seg %02x", d->text, i.base,
                  i.index, i.scale_seg);
    ck_assert_msg(i.disp == d->disp && i.imm == d->imm, "%s: disp %llx imm %x",
                  d->text, (unsigned long long)i.disp, (unsigned)i.imm);
    ck_assert_msg(i.size == (d->asize << 4 | d->osize), "%s: size %02x",
                  d->text, i.size);
    ck_assert_msg(i.flags == d->flags, "%s: flags %02x", d->text, i.flags);
    ck_assert(i.fn == expected_handler(d, x86_op_impl(i.op)));
    ck_assert_int_eq(x86_op_ends_block(&i), (d->flags & XI_END) != 0);
}
END_TEST

START_TEST(test_refused)
{
    uint8_t bytes[16] = {0};
    unsigned n = from_hex(refused[_i].bytes, bytes);
    struct x86_insn i;

    ck_assert_msg(x86_decode(bytes, n, refused[_i].code_size, NULL, &i) ==
                      X86_DEC_UD,
                  "%s: exists", refused[_i].text);
    ck_assert_uint_ge(i.len, 1);
    ck_assert_uint_le(i.len, n);
}
END_TEST

/* ---- length ---- */
START_TEST(test_limit)
{
    uint8_t bytes[16];
    struct x86_insn i;

    memset(bytes, 0x66, sizeof(bytes));
    bytes[14] = 0x90;
    ck_assert_int_eq(x86_decode(bytes, 16, 2, NULL, &i), X86_DEC_OK);
    ck_assert_uint_eq(i.len, 15);
    bytes[14] = 0x66;
    bytes[15] = 0x90;
    ck_assert_int_eq(x86_decode(bytes, 16, 2, NULL, &i), X86_DEC_LIMIT);
    ck_assert_int_eq(x86_decode(bytes, 15, 2, NULL, &i), X86_DEC_LIMIT);
    ck_assert_int_eq(x86_decode(bytes, 14, 2, NULL, &i), X86_DEC_SHORT);
    memcpy(bytes + 11, "\xb8\0\0\0\0", 5); /* 16 bytes with the immediate */
    bytes[10] = 0x67;
    bytes[9] = 0x64;
    for (unsigned k = 0; k < 9; k++)
        bytes[k] = 0x64;
    ck_assert_int_eq(x86_decode(bytes, 16, 2, NULL, &i), X86_DEC_LIMIT);
    ck_assert_int_eq(x86_decode(bytes, 14, 2, NULL, &i), X86_DEC_SHORT);
    ck_assert_int_eq(x86_decode(bytes, 0, 2, NULL, &i), X86_DEC_SHORT);
}
END_TEST

/* Fewer bytes than the length are too few, with no byte beyond touched (copies
 * of the exact size are for AddressSanitizer); as many are enough. */
static bool needs_all(const uint8_t *bytes, unsigned code_size)
{
    struct x86_insn all, some;
    enum x86_decode_result whole, part;
    uint8_t *exact;
    bool ok = true;

    whole = x86_decode(bytes, ORACLE_BYTES, code_size, NULL, &all);
    if (whole == X86_DEC_LIMIT)
        return true;
    for (unsigned n = 1; n <= all.len && ok; n++) {
        exact = malloc(n);
        if (exact == NULL)
            return false;
        memcpy(exact, bytes, n);
        part = x86_decode(exact, n, code_size, NULL, &some);
        free(exact);
        ok = part == (n < all.len ? X86_DEC_SHORT : whole);
    }
    return ok && (whole == X86_DEC_OK ? memcmp(&all, &some, sizeof(all)) == 0
                                      : all.len == some.len);
}

START_TEST(test_short)
{
    struct rng r = {.state = 11};
    uint8_t bytes[ORACLE_BYTES];

    for (unsigned k = 0; k < 50000; k++) {
        oracle_random_bytes(&r, bytes);
        if (!needs_all(bytes, 1 + k % 3))
            ck_abort_msg("case %u, %u-bit: %02x %02x %02x %02x...", k,
                         8u << (1 + k % 3), bytes[0], bytes[1], bytes[2],
                         bytes[3]);
    }
}
END_TEST

static void add_loop(Suite *s, const char *name, const TTest *test, int n)
{
    TCase *t = tcase_create(name);

    tcase_add_loop_test(t, test, 0, n);
    suite_add_tcase(s, t);
}

Suite *test_decode_suite(void)
{
    Suite *s = suite_create("decode");

    add_loop(s, "directed", test_directed, (int)ARRAY_LEN(directed));
    add_loop(s, "refused", test_refused, (int)ARRAY_LEN(refused));
    add_loop(s, "limit", test_limit, 1);
    add_loop(s, "short", test_short, 1);
    return s;
}
