/* test_emit_oracle_other.c: what the encoder has beside its table of
 * operations: moves, conditions, VEX, SSE, instructions without operands; as
 * Capstone reads it. */
#include <stdio.h>
#include <string.h>

#include "bt/translator/tests/emitoracle.h"
#include "common/base/bits.h"

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

            oracle_begin(&e);
            emit_mov_imm(&e, (enum emit_reg)n, v);
            oracle_expect(&e, is64 ? "movabs" : "mov", w, 2);
            w[0] = want_reg(n, E64);
            w[1] = want_imm((int64_t)v, E64);
            oracle_begin(&e);
            ck_assert_uint_eq(emit_movabs(&e, (enum emit_reg)n, v), 2);
            oracle_expect(&e, "movabs", w, 2);
        }
    for (n = 0; n < 16; n++) {
        struct want w[1] = {want_reg(n, E64)};

        oracle_begin(&e);
        emit_bswap(&e, E64, (enum emit_reg)n);
        oracle_expect(&e, "bswap", w, 1);
        w[0] = want_reg(n, E32);
        oracle_begin(&e);
        emit_bswap(&e, E32, (enum emit_reg)n);
        oracle_expect(&e, "bswap", w, 1);
        w[0] = want_imm(n * 20, E32);
        oracle_begin(&e);
        emit_push_imm(&e, (int32_t)n * 20);
        oracle_expect(&e, "push", w, 1);
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
            struct emit_mem m = oracle_random_mem();
            enum emit_cc c = (enum emit_cc)_i;

            for (size = E16; size <= E64; size++) {
                struct want w[2] = {want_reg(r, size), want_reg(s, size)};

                snprintf(name, sizeof(name), "cmov%s", cc[_i]);
                oracle_begin(&e);
                emit_cmov_rr(&e, c, size, (enum emit_reg)r, (enum emit_reg)s);
                oracle_expect(&e, name, w, 2);
                w[1] = want_mem(m, size);
                oracle_begin(&e);
                emit_cmov_rm(&e, c, size, (enum emit_reg)r, m);
                oracle_expect(&e, name, w, 2);
            }
            snprintf(name, sizeof(name), "set%s", cc[_i]);
            oracle_begin(&e);
            emit_setcc_r(&e, c, (enum emit_reg)r);
            oracle_expect(&e, name, &(struct want){.kind = K_REG, .reg = r}, 1);
            oracle_begin(&e);
            emit_setcc_m(&e, c, m);
            oracle_expect(&e, name, &(struct want){.kind = K_MEM, .mem = m}, 1);
            snprintf(name, sizeof(name), "j%s", cc[_i]);
            oracle_begin(&e);
            emit_jcc_to(&e, c, RUN + r * 1000 + s);
            oracle_expect(&e, name,
                          &(struct want){.kind = K_IMM,
                                         .size = E64,
                                         .imm = RUN + r * 1000 + s},
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
        struct emit_mem m = oracle_random_mem();

        for (size = E32; size <= E64; size++) {
            struct want w[3] = {want_reg(a, size), want_reg(b, size),
                                want_reg(c, size)};

            if (shift) { /* dst, what is shifted, count */
                w[1] = want_reg(c, size);
                w[2] = want_reg(b, size);
            }
            oracle_begin(&e);
            emit_vex_rrr(&e, op, size, (enum emit_reg)a, (enum emit_reg)b,
                         (enum emit_reg)c);
            oracle_expect(&e, names[op], w, 3);
            w[shift ? 1 : 2] = want_mem(m, size);
            oracle_begin(&e);
            emit_vex_rrm(&e, op, size, (enum emit_reg)a, (enum emit_reg)b, m);
            oracle_expect(&e, names[op], w, 3);
            w[0] = want_reg(a, size);
            w[1] = want_reg(c, size);
            w[2] = want_imm(b, E8);
            oracle_begin(&e);
            emit_rorx(&e, size, (enum emit_reg)a, (enum emit_reg)c, b);
            oracle_expect(&e, "rorx", w, 3);
            w[1] = want_mem(m, size);
            oracle_begin(&e);
            emit_rorx_m(&e, size, (enum emit_reg)a, m, b);
            oracle_expect(&e, "rorx", w, 3);
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
                struct emit_mem m = oracle_random_mem();
                struct want w[2] = {want_reg(a, 4), want_reg(b, 4)};

                oracle_begin(&e);
                emit_sse_rr(&e, sse[k].prefix, sse[k].opcode, a, b);
                oracle_expect(&e, sse[k].name, w, 2);
                w[1] = want_mem(m, sse[k].size);
                oracle_begin(&e);
                emit_sse_rm(&e, sse[k].prefix, sse[k].opcode, a, m);
                oracle_expect(&e, sse[k].name, w, 2);
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
        oracle_begin(&e);
        emit_plain(&e, (enum emit_plain)i);
        ck_assert_str_eq(oracle_mnemonic(&e), names[i]);
    }
    for (i = 1; i <= 9; i++) {
        oracle_begin(&e);
        emit_nops(&e, i);
        ck_assert_uint_eq(emit_offset(&e), i);
        ck_assert_str_eq(oracle_mnemonic(&e), "nop");
    }
}
END_TEST

Suite *test_emit_oracle_other_suite(void)
{
    Suite *s = suite_create("emit_oracle_other");
    TCase *tc = tcase_create("emit_oracle_other");

    suite_add_tcase(s, tc);
    tcase_add_unchecked_fixture(tc, oracle_setup, oracle_teardown);
    tcase_add_test(tc, test_moves);
    tcase_add_loop_test(tc, test_conditions, 0, 16);
    tcase_add_loop_test(tc, test_vex, 0, EV_COUNT);
    tcase_add_test(tc, test_sse);
    tcase_add_test(tc, test_plain);
    return s;
}
