/* test_emit_oracle.c: every form of the encoder, over registers, sizes and
 * addresses, as Capstone reads it. */
#include <capstone/capstone.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bt/translator/emit.h"
#include "common/base/bits.h"
#include "common/base/rng.h"
#include "common/tests/suite.h"

#define RUN 0x10000000u

static csh handle;
static cs_insn *insn;
static struct rng rng = {2026};
static unsigned checked;

static void setup(void)
{
    ck_assert_int_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
    cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    insn = cs_malloc(handle);
}

static void teardown(void)
{
    cs_free(insn, 1);
    cs_close(&handle);
}

/* ck_assert_msg() tells the runner of each pass: too slow for millions. */
#define MUST(cond, ...)                                                        \
    do {                                                                       \
        if (!(cond))                                                           \
            ck_abort_msg(__VA_ARGS__);                                         \
    } while (0)

/* ---- what is expected ---- */

enum kind { K_NONE, K_REG, K_MEM, K_IMM };

struct want {
    enum kind kind;
    unsigned reg;  /* K_REG */
    unsigned size; /* enum emit_size; 4: XMM */
    struct emit_mem mem;
    int64_t imm;
    unsigned imm_size;
};

static const char *reg_text(unsigned reg, unsigned size)
{
    static const char *const low[4][16] = {
        {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b",
         "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"},
        {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w",
         "r11w", "r12w", "r13w", "r14w", "r15w"},
        {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d",
         "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"},
        {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9",
         "r10", "r11", "r12", "r13", "r14", "r15"},
    };
    static const char *const high[4] = {"ah", "ch", "dh", "bh"};
    static char xmm[8];

    if (size == 4) {
        snprintf(xmm, sizeof(xmm), "xmm%u", reg);
        return xmm;
    }
    return reg >= HR_AH ? high[reg - HR_AH] : low[size][reg];
}

static struct want want_reg(unsigned reg, unsigned size)
{
    return (struct want){.kind = K_REG, .reg = reg, .size = size};
}

static struct want want_mem(struct emit_mem mem, unsigned size)
{
    return (struct want){.kind = K_MEM, .mem = mem, .size = size};
}

static struct want want_imm(int64_t imm, unsigned size)
{
    return (struct want){.kind = K_IMM, .imm = imm, .size = size};
}

static bool same_reg(unsigned theirs, unsigned ours)
{
    if (ours == HR_NONE)
        return theirs == X86_REG_INVALID;
    return theirs != X86_REG_INVALID &&
           strcmp(cs_reg_name(handle, theirs), reg_text(ours, E64)) == 0;
}

static bool same_mem(const x86_op_mem *m, const struct emit_mem *w)
{
    if (w->base == HR_RIP)
        return m->base == X86_REG_RIP && m->index == X86_REG_INVALID &&
               RUN + insn->size + (uint64_t)m->disp == w->target;
    return same_reg(m->base, w->base) && same_reg(m->index, w->index) &&
           (w->index == HR_NONE || m->scale == 1 << w->scale) &&
           m->disp == w->disp;
}

static bool same(const cs_x86_op *op, const struct want *w)
{
    switch (w->kind) {
    case K_REG:
        return op->type == X86_OP_REG && strcmp(cs_reg_name(handle, op->reg),
                                                reg_text(w->reg, w->size)) == 0;
    case K_MEM: /* LEA has an address, without a size */
        return op->type == X86_OP_MEM && same_mem(&op->mem, &w->mem) &&
               (w->size == 99 || op->size == 1u << w->size);
    case K_IMM:
        return op->type == X86_OP_IMM &&
               (((uint64_t)op->imm ^ (uint64_t)w->imm) &
                mask_low(8u << w->size)) == 0;
    default:
        return false;
    }
}

/* One instruction was emitted, and it is `name` with these operands. */
static void expect(struct emit *e, const char *name, const struct want *w,
                   unsigned n)
{
    const uint8_t *code = e->base;
    size_t left = emit_offset(e);
    uint64_t address = RUN;
    const cs_x86 *x;
    unsigned i, good = 0;

    checked++;
    MUST(emit_ok(e), "%s: failure %d", name, e->fail);
    MUST(cs_disasm_iter(handle, &code, &left, &address, insn),
         "%s: %02x %02x %02x: no instruction", name, e->base[0], e->base[1],
         e->base[2]);
    x = &insn->detail->x86;
    MUST(left == 0 && strcmp(insn->mnemonic, name) == 0 && x->op_count == n,
         "%s became %s %s, %zu bytes more", name, insn->mnemonic, insn->op_str,
         left);
    for (i = 0; i < n; i++)
        good += same(&x->operands[i], &w[i]);
    if (good < n && n == 2 && (name[0] == 'x' || name[0] == 't'))
        good = (unsigned)same(&x->operands[0], &w[1]) +
               same(&x->operands[1], &w[0]); /* XCHG, TEST: no order */
    MUST(good == n, "%s: %s %s (case %u)", name, insn->mnemonic, insn->op_str,
         checked);
}

static void begin(struct emit *e)
{
    static uint8_t buf[32];

    emit_init(e, buf, sizeof(buf), RUN);
}

/* ---- operands ---- */

static const int32_t disps[] = {0,   1,    -1,         127,      -128,
                                128, -129, 0x12345678, INT32_MIN};

static struct emit_mem mem_number(unsigned n)
{
    unsigned base = n % 18, index = n / 18 % 17, scale = n / 306 % 4;
    int32_t disp = disps[n / 1224 % ARRAY_LEN(disps)];

    if (base == 17)
        return emit_at_host((const void *)(uintptr_t)(RUN + n * 8));
    if (index == HR_SP || index == 16)
        index = HR_NONE;
    return emit_at_x(base == 16 ? HR_NONE : (enum emit_reg)base,
                     (enum emit_reg)index, index == HR_NONE ? 0 : scale, disp);
}

#define MEMS (18u * 17 * 4 * ARRAY_LEN(disps))

static struct emit_mem random_mem(void)
{
    return mem_number((unsigned)rng_below(&rng, MEMS));
}

static unsigned random_reg(void)
{
    return (unsigned)rng_below(&rng, 16);
}

static const char *lower(const char *name)
{
    static char text[24];
    unsigned i;

    for (i = 0; name[i] && i < sizeof(text) - 1; i++)
        text[i] = (char)tolower((unsigned char)name[i]);
    text[i] = '\0';
    return text;
}

/* ---- the table of operations ---- */

enum {
    HAS_B = 1,
    IS_I8 = 2,
    HAS_S8 = 4,
    IS_RM8 = 8,
    IS_RM16 = 16,
    HAS_F3 = 32,
    IS_Q = 64,
    IS_MEM = 128
};
#define NO   0
#define B    HAS_B
#define I8   IS_I8
#define S8   HAS_S8
#define RM8  IS_RM8
#define RM16 IS_RM16
#define F3   HAS_F3
#define Q    IS_Q
#define MEM  IS_MEM

static const struct {
    const char *name;
    unsigned load, store, imm, unary, flags;
} ops[EO_COUNT] = {
#define EMIT_OP(name, load, store, imm, unary, digit, flags)                   \
    [EO_##name] = {#name, load, store, imm, unary, flags},
#include "bt/translator/emit_ops.def"
#undef EMIT_OP
};

/* Mnemonic and operand sizes where they are not the obvious. */
static const char *mnemonic(enum emit_op op, enum emit_size size)
{
    switch (op) {
    case EO_MOVZX8:
    case EO_MOVZX16:
        return "movzx";
    case EO_MOVSX8:
    case EO_MOVSX16:
        return "movsx";
    case EO_CMPXCHG_PAIR:
        return size == E64 ? "cmpxchg16b" : "cmpxchg8b";
    case EO_FXSAVE:
        return size == E64 ? "fxsave64" : "fxsave";
    case EO_FXRSTOR:
        return size == E64 ? "fxrstor64" : "fxrstor";
    default:
        return lower(ops[op].name);
    }
}

static unsigned mem_size(enum emit_op op, unsigned size)
{
    unsigned flags = ops[op].flags;

    if (flags & (RM8 | RM16))
        return flags & RM8 ? E8 : E16;
    if (op == EO_MOVSXD)
        return E32;
    return flags & MEM ? 99 : size;
}

/* form: 'l'oad, 's'tore, 'i'mmediate, 'u'nary */
static bool size_exists(enum emit_op op, enum emit_size size, char form)
{
    unsigned flags = ops[op].flags;

    if (size == E8)
        return (flags & B) && (op != EO_IMUL || form == 'u');
    if (flags & Q)
        return size == E64;
    if (op == EO_MOVSXD)
        return size == E64;
    if ((flags & RM16) && size == E16)
        return false; /* MOVZX r16, r/m16 exists, and is of no use */
    if (op == EO_LEA)
        return size >= E32;
    if (flags & MEM)
        return size == E32 ||
               (size == E64 && mnemonic(op, E64) != mnemonic(op, E32) &&
                (op == EO_FXSAVE || op == EO_FXRSTOR || op == EO_CMPXCHG_PAIR));
    return !((flags & F3) && size == E16);
}

/* MOV r/m64, simm32 and so on: a value of that size */
static int64_t random_imm(enum emit_op op, enum emit_size size)
{
    uint64_t v = rng_next(&rng) >> rng_below(&rng, 64);

    if (ops[op].flags & I8)
        return (int64_t)(v & 255);
    if (rng_below(&rng, 2))
        v = ~v;
    return sext(v, size == E64 ? 32 : 8u << size);
}

static bool is_shift(enum emit_op op)
{
    return op >= EO_ROL && op <= EO_SAR;
}

static void check_rr(enum emit_op op, enum emit_size size, unsigned a,
                     unsigned b)
{
    bool cl = op == EO_SHLD || op == EO_SHRD;
    bool rm_second = ops[op].store == NO;
    struct want w[3] = {want_reg(a, size),
                        want_reg(b, rm_second ? mem_size(op, size) : size),
                        want_reg(HR_CX, E8)};
    struct emit e;

    begin(&e);
    emit_rr(&e, op, size, (enum emit_reg)a, (enum emit_reg)b);
    expect(&e, mnemonic(op, size), w, cl ? 3 : 2);
}

static void two_registers(enum emit_op op)
{
    unsigned size, a, b;

    if ((ops[op].load == NO && ops[op].store == NO) || (ops[op].flags & MEM))
        return;
    for (size = E8; size <= E64; size++) {
        if (!size_exists(op, size, 'l'))
            continue;
        for (a = 0; a < 16; a++)
            for (b = 0; b < 16; b++)
                check_rr(op, size, a, b);
    }
    if (size_exists(op, E8, 's'))
        for (a = HR_AH; a <= HR_BH; a++)
            for (b = HR_AX; b <= HR_BX; b++)
                check_rr(op, E8, a, b), check_rr(op, E8, b, a);
}

START_TEST(test_two_registers)
{
    unsigned op;

    for (op = 0; op < EO_COUNT; op++)
        two_registers((enum emit_op)op);
    ck_assert_uint_gt(checked, 1000);
}
END_TEST

static void register_and_memory(enum emit_op op)
{
    bool cl = op == EO_SHLD || op == EO_SHRD;
    unsigned size, n;
    struct emit e;

    for (n = 0; n < 2000; n++) {
        struct emit_mem m = random_mem();
        unsigned r = random_reg();

        for (size = E8; size <= E64; size++) {
            struct want reg = want_reg(r, size);
            struct want mem = want_mem(m, mem_size(op, size));

            if (!size_exists(op, size, 'l'))
                continue;
            if (ops[op].load != NO) {
                struct want w[2] = {reg, mem};

                begin(&e);
                emit_rm(&e, op, size, (enum emit_reg)r, m);
                expect(&e, mnemonic(op, size), w, 2);
            }
            if (ops[op].store != NO) {
                struct want w[3] = {mem, reg, want_reg(HR_CX, E8)};

                begin(&e);
                emit_mr(&e, op, size, m, (enum emit_reg)r);
                expect(&e, mnemonic(op, size), w, cl ? 3 : 2);
            }
        }
    }
}

START_TEST(test_register_and_memory)
{
    unsigned op;

    for (op = 0; op < EO_COUNT; op++)
        register_and_memory((enum emit_op)op);
    ck_assert_uint_gt(checked, 1000);
}
END_TEST

static void immediate(enum emit_op op)
{
    unsigned size, n;
    struct emit e;

    for (n = 0; n < 1000 && ops[op].imm != NO; n++) {
        struct emit_mem m = random_mem();
        unsigned r = random_reg();

        for (size = E8; size <= E64; size++) {
            int64_t imm = random_imm(op, size);
            unsigned isize = ops[op].flags & I8 ? E8 : size;
            struct want w[2] = {want_reg(r, size), want_imm(imm, isize)};

            if (!size_exists(op, size, 'i'))
                continue;
            begin(&e);
            emit_ri(&e, op, size, (enum emit_reg)r, imm);
            expect(&e, mnemonic(op, size), w, 2);
            w[0] = want_mem(m, size);
            begin(&e);
            emit_mi(&e, op, size, m, imm);
            expect(&e, mnemonic(op, size), w, 2);
        }
    }
}

START_TEST(test_immediate)
{
    unsigned op;

    for (op = 0; op < EO_COUNT; op++)
        immediate((enum emit_op)op);
    ck_assert_uint_gt(checked, 1000);
}
END_TEST

static void one_operand(enum emit_op op)
{
    unsigned size, n;
    struct emit e;

    for (n = 0; n < 1000 && ops[op].unary != NO; n++) {
        struct emit_mem m = random_mem();
        unsigned r = random_reg();

        for (size = E8; size <= E64; size++) {
            struct want w[2] = {want_reg(r, size), want_reg(HR_CX, E8)};

            if (!size_exists(op, size, 'u'))
                continue;
            if (!(ops[op].flags & MEM)) {
                begin(&e);
                emit_r(&e, op, size, (enum emit_reg)r);
                expect(&e, mnemonic(op, size), w, is_shift(op) ? 2 : 1);
            }
            w[0] = want_mem(m, mem_size(op, size));
            begin(&e);
            emit_m(&e, op, size, m);
            expect(&e, mnemonic(op, size), w, is_shift(op) ? 2 : 1);
        }
    }
}

START_TEST(test_one_operand)
{
    unsigned op;

    for (op = 0; op < EO_COUNT; op++)
        one_operand((enum emit_op)op);
    ck_assert_uint_gt(checked, 1000);
}
END_TEST

/* All addresses there are, with one instruction. */
START_TEST(test_addresses)
{
    struct emit e;
    unsigned n;

    for (n = 0; n < MEMS; n++) {
        struct emit_mem m = mem_number(n);
        struct want w[2] = {want_reg(n % 16, E64), want_mem(m, E64)};

        begin(&e);
        emit_rm(&e, EO_MOV, E64, (enum emit_reg)(n % 16), m);
        expect(&e, "mov", w, 2);
    }
}
END_TEST

START_TEST(test_three_operands)
{
    static const enum emit_op which[] = {EO_IMUL, EO_SHLD, EO_SHRD};
    enum emit_op op = which[_i];
    unsigned size, n, isize;
    struct emit e;

    for (n = 0; n < 3000; n++) {
        unsigned a = random_reg(), b = random_reg();
        struct emit_mem m = random_mem();

        for (size = E16; size <= E64; size++) {
            int64_t imm = op == EO_IMUL ? random_imm(op, size) : n & 255;
            struct want w[3] = {want_reg(a, size), want_reg(b, size)};

            isize = op == EO_IMUL ? size : (unsigned)E8;
            w[2] = want_imm(imm, isize);
            begin(&e);
            emit_rri(&e, op, size, (enum emit_reg)a, (enum emit_reg)b, imm);
            expect(&e, mnemonic(op, size), w, 3);
            begin(&e);
            if (op == EO_IMUL) {
                emit_rmi(&e, op, size, (enum emit_reg)a, m, imm);
                w[1] = want_mem(m, size);
            } else {
                emit_mri(&e, op, size, m, (enum emit_reg)b, imm);
                w[0] = want_mem(m, size);
            }
            expect(&e, mnemonic(op, size), w, 3);
        }
    }
}
END_TEST

START_TEST(test_moves)
{
    struct emit e;
    unsigned n, bits;

    for (n = 0; n < 16; n++)
        for (bits = 0; bits < 128; bits++) {
            uint64_t v = bits < 64 ? mask_low(bits) : ~mask_low(bits - 64);
            bool is32 = v <= UINT32_MAX;
            bool is64 = !is32 && (int64_t)v != (int32_t)v;
            struct want w[2] = {want_reg(n, is32 ? E32 : E64),
                                want_imm((int64_t)v, is32 ? E32 : E64)};

            begin(&e);
            emit_mov_imm(&e, (enum emit_reg)n, v);
            expect(&e, is64 ? "movabs" : "mov", w, 2);
            w[0] = want_reg(n, E64);
            w[1] = want_imm((int64_t)v, E64);
            begin(&e);
            ck_assert_uint_eq(emit_movabs(&e, (enum emit_reg)n, v), 2);
            expect(&e, "movabs", w, 2);
        }
    for (n = 0; n < 16; n++) {
        struct want w[1] = {want_reg(n, E64)};

        begin(&e);
        emit_bswap(&e, E64, (enum emit_reg)n);
        expect(&e, "bswap", w, 1);
        w[0] = want_reg(n, E32);
        begin(&e);
        emit_bswap(&e, E32, (enum emit_reg)n);
        expect(&e, "bswap", w, 1);
        w[0] = want_imm(n * 20, E32);
        begin(&e);
        emit_push_imm(&e, (int32_t)n * 20);
        expect(&e, "push", w, 1);
    }
}
END_TEST

START_TEST(test_conditions)
{
    static const char *const cc[] = {"o",  "no", "b",  "ae", "e", "ne",
                                     "be", "a",  "s",  "ns", "p", "np",
                                     "l",  "ge", "le", "g"};
    unsigned r, s, size;
    char name[16];
    struct emit e;

    for (r = 0; r < 16; r++)
        for (s = 0; s < 16; s++) {
            struct emit_mem m = random_mem();
            enum emit_cc c = (enum emit_cc)_i;

            for (size = E16; size <= E64; size++) {
                struct want w[2] = {want_reg(r, size), want_reg(s, size)};

                snprintf(name, sizeof(name), "cmov%s", cc[_i]);
                begin(&e);
                emit_cmov_rr(&e, c, size, (enum emit_reg)r, (enum emit_reg)s);
                expect(&e, name, w, 2);
                w[1] = want_mem(m, size);
                begin(&e);
                emit_cmov_rm(&e, c, size, (enum emit_reg)r, m);
                expect(&e, name, w, 2);
            }
            snprintf(name, sizeof(name), "set%s", cc[_i]);
            begin(&e);
            emit_setcc_r(&e, c, (enum emit_reg)r);
            expect(&e, name, &(struct want){.kind = K_REG, .reg = r}, 1);
            begin(&e);
            emit_setcc_m(&e, c, m);
            expect(&e, name, &(struct want){.kind = K_MEM, .mem = m}, 1);
            snprintf(name, sizeof(name), "j%s", cc[_i]);
            begin(&e);
            emit_jcc_to(&e, c, RUN + r * 1000 + s);
            expect(&e, name,
                   &(struct want){
                       .kind = K_IMM, .size = E64, .imm = RUN + r * 1000 + s},
                   1);
        }
}
END_TEST

START_TEST(test_vex)
{
    static const char *const names[EV_COUNT] = {"andn", "shlx", "shrx",
                                                "sarx", "pext", "pdep"};
    enum emit_vex op = (enum emit_vex)_i;
    bool shift = op >= EV_SHLX && op <= EV_SARX;
    unsigned n, size;
    struct emit e;

    for (n = 0; n < 4096; n++) {
        unsigned a = n & 15, b = n >> 4 & 15, c = n >> 8;
        struct emit_mem m = random_mem();

        for (size = E32; size <= E64; size++) {
            struct want w[3] = {want_reg(a, size), want_reg(b, size),
                                want_reg(c, size)};

            if (shift) { /* dst, what is shifted, count */
                w[1] = want_reg(c, size);
                w[2] = want_reg(b, size);
            }
            begin(&e);
            emit_vex_rrr(&e, op, size, (enum emit_reg)a, (enum emit_reg)b,
                         (enum emit_reg)c);
            expect(&e, names[op], w, 3);
            w[shift ? 1 : 2] = want_mem(m, size);
            begin(&e);
            emit_vex_rrm(&e, op, size, (enum emit_reg)a, (enum emit_reg)b, m);
            expect(&e, names[op], w, 3);
            w[0] = want_reg(a, size);
            w[1] = want_reg(c, size);
            w[2] = want_imm(b, E8);
            begin(&e);
            emit_rorx(&e, size, (enum emit_reg)a, (enum emit_reg)c, b);
            expect(&e, "rorx", w, 3);
            w[1] = want_mem(m, size);
            begin(&e);
            emit_rorx_m(&e, size, (enum emit_reg)a, m, b);
            expect(&e, "rorx", w, 3);
        }
    }
}
END_TEST

START_TEST(test_sse)
{
    static const struct {
        unsigned prefix, opcode;
        const char *name;
        unsigned size; /* of memory */
    } sse[] = {{0, 0x58, "addps", 4},      {0x66, 0x58, "addpd", 4},
               {0xf3, 0x58, "addss", E32}, {0xf2, 0x58, "addsd", E64},
               {0x66, 0xef, "pxor", 4},    {0, 0x28, "movaps", 4},
               {0xf3, 0x6f, "movdqu", 4}};
    unsigned k, a, b;
    struct emit e;

    for (k = 0; k < ARRAY_LEN(sse); k++)
        for (a = 0; a < 16; a++)
            for (b = 0; b < 16; b++) {
                struct emit_mem m = random_mem();
                struct want w[2] = {want_reg(a, 4), want_reg(b, 4)};

                begin(&e);
                emit_sse_rr(&e, sse[k].prefix, sse[k].opcode, a, b);
                expect(&e, sse[k].name, w, 2);
                w[1] = want_mem(m, sse[k].size);
                begin(&e);
                emit_sse_rm(&e, sse[k].prefix, sse[k].opcode, a, m);
                expect(&e, sse[k].name, w, 2);
            }
}
END_TEST

START_TEST(test_plain)
{
    static const char *const names[EP_COUNT] = {
        "lahf",      "sahf",      "pushfq",    "popfq",     "ret",    "clc",
        "stc",       "cmc",       "cld",       "std",       "cbw",    "cwde",
        "cdqe",      "cwd",       "cdq",       "cqo",       "int3",   "ud2",
        "rdtsc",     "cpuid",     "lfence",    "mfence",    "sfence", "pause",
        "rep movsb", "rep movsq", "rep stosb", "rep stosq", "movsb",  "movsw",
        "movsd",     "movsq",     "stosb",     "stosw",     "stosd",  "stosq",
        "lodsb",     "lodsw",     "lodsd",     "lodsq",     "emms"};
    unsigned i;
    struct emit e;

    for (i = 0; i < EP_COUNT; i++) {
        const uint8_t *code;
        size_t left;
        uint64_t address = RUN;

        begin(&e);
        emit_plain(&e, (enum emit_plain)i);
        code = e.base;
        left = emit_offset(&e);
        ck_assert(cs_disasm_iter(handle, &code, &left, &address, insn));
        ck_assert_str_eq(insn->mnemonic, names[i]);
        ck_assert_uint_eq(left, 0);
    }
    for (i = 1; i <= 9; i++) {
        const uint8_t *code;
        size_t left;
        uint64_t address = RUN;

        begin(&e);
        emit_nops(&e, i);
        code = e.base;
        left = emit_offset(&e);
        ck_assert_uint_eq(left, i);
        ck_assert(cs_disasm_iter(handle, &code, &left, &address, insn));
        ck_assert_str_eq(insn->mnemonic, "nop");
        ck_assert_uint_eq(left, 0);
    }
}
END_TEST

Suite *test_emit_oracle_suite(void)
{
    Suite *s = suite_create("emit_oracle");
    TCase *tc = tcase_create("emit_oracle");

    suite_add_tcase(s, tc);
    tcase_add_unchecked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_two_registers);
    tcase_add_test(tc, test_register_and_memory);
    tcase_add_test(tc, test_immediate);
    tcase_add_test(tc, test_one_operand);
    tcase_add_test(tc, test_addresses);
    tcase_add_loop_test(tc, test_three_operands, 0, 3);
    tcase_add_test(tc, test_moves);
    tcase_add_loop_test(tc, test_conditions, 0, 16);
    tcase_add_loop_test(tc, test_vex, 0, EV_COUNT);
    tcase_add_test(tc, test_sse);
    tcase_add_test(tc, test_plain);
    return s;
}
