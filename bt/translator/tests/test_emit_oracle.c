/* test_emit_oracle.c: the encoder's table of operations, over registers, sizes
 * and addresses, as Capstone reads it. */
#include <string.h>

#include "bt/translator/tests/emitoracle.h"
#include "common/base/bits.h"

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
        return oracle_lower(ops[op].name);
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
    uint64_t v = rng_next(&oracle_rng) >> rng_below(&oracle_rng, 64);

    if (ops[op].flags & I8)
        return (int64_t)(v & 255);
    if (rng_below(&oracle_rng, 2))
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

    oracle_begin(&e);
    emit_rr(&e, op, size, (enum emit_reg)a, (enum emit_reg)b);
    oracle_expect(&e, mnemonic(op, size), w, cl ? 3 : 2);
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
    ck_assert_uint_gt(oracle_checked, 1000);
}
END_TEST

static void register_and_memory(enum emit_op op)
{
    bool cl = op == EO_SHLD || op == EO_SHRD;
    unsigned size, n;
    struct emit e;

    for (n = 0; n < 2000; n++) {
        struct emit_mem m = oracle_random_mem();
        unsigned r = oracle_random_reg();

        for (size = E8; size <= E64; size++) {
            struct want reg = want_reg(r, size);
            struct want mem = want_mem(m, mem_size(op, size));

            if (!size_exists(op, size, 'l'))
                continue;
            if (ops[op].load != NO) {
                struct want w[2] = {reg, mem};

                oracle_begin(&e);
                emit_rm(&e, op, size, (enum emit_reg)r, m);
                oracle_expect(&e, mnemonic(op, size), w, 2);
            }
            if (ops[op].store != NO) {
                struct want w[3] = {mem, reg, want_reg(HR_CX, E8)};

                oracle_begin(&e);
                emit_mr(&e, op, size, m, (enum emit_reg)r);
                oracle_expect(&e, mnemonic(op, size), w, cl ? 3 : 2);
            }
        }
    }
}

START_TEST(test_register_and_memory)
{
    unsigned op;

    for (op = 0; op < EO_COUNT; op++)
        register_and_memory((enum emit_op)op);
    ck_assert_uint_gt(oracle_checked, 1000);
}
END_TEST

static void immediate(enum emit_op op)
{
    unsigned size, n;
    struct emit e;

    for (n = 0; n < 1000 && ops[op].imm != NO; n++) {
        struct emit_mem m = oracle_random_mem();
        unsigned r = oracle_random_reg();

        for (size = E8; size <= E64; size++) {
            int64_t imm = random_imm(op, size);
            unsigned isize = ops[op].flags & I8 ? E8 : size;
            struct want w[2] = {want_reg(r, size), want_imm(imm, isize)};

            if (!size_exists(op, size, 'i'))
                continue;
            oracle_begin(&e);
            emit_ri(&e, op, size, (enum emit_reg)r, imm);
            oracle_expect(&e, mnemonic(op, size), w, 2);
            w[0] = want_mem(m, size);
            oracle_begin(&e);
            emit_mi(&e, op, size, m, imm);
            oracle_expect(&e, mnemonic(op, size), w, 2);
        }
    }
}

START_TEST(test_immediate)
{
    unsigned op;

    for (op = 0; op < EO_COUNT; op++)
        immediate((enum emit_op)op);
    ck_assert_uint_gt(oracle_checked, 1000);
}
END_TEST

static void one_operand(enum emit_op op)
{
    unsigned size, n;
    struct emit e;

    for (n = 0; n < 1000 && ops[op].unary != NO; n++) {
        struct emit_mem m = oracle_random_mem();
        unsigned r = oracle_random_reg();

        for (size = E8; size <= E64; size++) {
            struct want w[2] = {want_reg(r, size), want_reg(HR_CX, E8)};

            if (!size_exists(op, size, 'u'))
                continue;
            if (!(ops[op].flags & MEM)) {
                oracle_begin(&e);
                emit_r(&e, op, size, (enum emit_reg)r);
                oracle_expect(&e, mnemonic(op, size), w, is_shift(op) ? 2 : 1);
            }
            w[0] = want_mem(m, mem_size(op, size));
            oracle_begin(&e);
            emit_m(&e, op, size, m);
            oracle_expect(&e, mnemonic(op, size), w, is_shift(op) ? 2 : 1);
        }
    }
}

START_TEST(test_one_operand)
{
    unsigned op;

    for (op = 0; op < EO_COUNT; op++)
        one_operand((enum emit_op)op);
    ck_assert_uint_gt(oracle_checked, 1000);
}
END_TEST

/* All addresses there are, with one instruction. */
START_TEST(test_addresses)
{
    struct emit e;
    unsigned n;

    for (n = 0; n < ORACLE_MEMS; n++) {
        struct emit_mem m = oracle_mem(n);
        struct want w[2] = {want_reg(n % 16, E64), want_mem(m, E64)};

        oracle_begin(&e);
        emit_rm(&e, EO_MOV, E64, (enum emit_reg)(n % 16), m);
        oracle_expect(&e, "mov", w, 2);
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
        unsigned a = oracle_random_reg(), b = oracle_random_reg();
        struct emit_mem m = oracle_random_mem();

        for (size = E16; size <= E64; size++) {
            int64_t imm = op == EO_IMUL ? random_imm(op, size) : n & 255;
            struct want w[3] = {want_reg(a, size), want_reg(b, size)};

            isize = op == EO_IMUL ? size : (unsigned)E8;
            w[2] = want_imm(imm, isize);
            oracle_begin(&e);
            emit_rri(&e, op, size, (enum emit_reg)a, (enum emit_reg)b, imm);
            oracle_expect(&e, mnemonic(op, size), w, 3);
            oracle_begin(&e);
            if (op == EO_IMUL) {
                emit_rmi(&e, op, size, (enum emit_reg)a, m, imm);
                w[1] = want_mem(m, size);
            } else {
                emit_mri(&e, op, size, m, (enum emit_reg)b, imm);
                w[0] = want_mem(m, size);
            }
            oracle_expect(&e, mnemonic(op, size), w, 3);
        }
    }
}
END_TEST

Suite *test_emit_oracle_suite(void)
{
    Suite *s = suite_create("emit_oracle");
    TCase *tc = tcase_create("emit_oracle");

    suite_add_tcase(s, tc);
    tcase_add_unchecked_fixture(tc, oracle_setup, oracle_teardown);
    tcase_add_test(tc, test_two_registers);
    tcase_add_test(tc, test_register_and_memory);
    tcase_add_test(tc, test_immediate);
    tcase_add_test(tc, test_one_operand);
    tcase_add_test(tc, test_addresses);
    tcase_add_loop_test(tc, test_three_operands, 0, 3);
    return s;
}
