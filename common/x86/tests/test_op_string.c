/* test_op_string.c: string instructions against a model that goes element by
 * element; where they stop, fault, and go on. */
#include <stdlib.h>

#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "common/x86/rep.h"
#include "common/x86/tests/bare.h"

#define RAM 0x60000u /* what is compared */

static struct bare b;
static uint64_t *r;
static uint8_t *ram;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_long64(&b, 0);
    r = b.c->s.r;
    ram = gmem_host(&b.m.mem, 0, 1 << 20);
}

static void teardown(void)
{
    bare_fini(&b);
}

static void fill(void)
{
    for (unsigned k = 0; k < RAM; k++)
        ram[k] = (uint8_t)(k * 7 + (k >> 8) * 13 + (k >> 12));
}

static int64_t step_of(unsigned size)
{
    int64_t n = 1 << size;

    return (b.c->s.rflags & FL_DF) ? -n : n;
}

/* ---- MOVS and STOS in every alignment, overlap and direction ---- */
static void model_movs(uint8_t *mem, uint64_t si, uint64_t di, uint64_t n,
                       unsigned size)
{
    uint8_t v[8];

    for (; n > 0; n--) {
        memcpy(v, mem + si, 1u << size);
        memcpy(mem + di, v, 1u << size);
        si += (uint64_t)step_of(size);
        di += (uint64_t)step_of(size);
    }
}

static void start(const uint8_t *op, unsigned n, uint64_t si, uint64_t di,
                  uint64_t count)
{
    r[R_SI] = si;
    r[R_DI] = di;
    r[R_CX] = count;
    r[R_IP] = 0x8000;
    ck_assert_int_eq(bare_exec(&b, op, n), BARE_DONE);
}

/* F3 [66|48] A4/A5 */
static unsigned string_op(uint8_t *out, uint8_t op, unsigned size)
{
    unsigned n = 0;

    out[n++] = 0xf3;
    if (size == 1)
        out[n++] = 0x66;
    if (size == 3)
        out[n++] = 0x48;
    out[n++] = (uint8_t)(op | (size != 0));
    return n;
}

static const struct {
    uint32_t si, di, count;
} moves[] = {
    {0x20000, 0x30000, 5},    {0x20000, 0x30001, 3000},
    {0x20ffd, 0x30ffb, 40},   {0x20000, 0x20001, 5000},
    {0x20000, 0x20002, 3000}, {0x20001, 0x20000, 5000},
    {0x20000, 0x20000, 100},  {0x20ff8, 0x21000, 2000},
    {0x21000, 0x20ff8, 2000}, {0x20000, 0x20003, 777},
    {0x24000, 0x20100, 2048}, {0x20100, 0x24000, 2048},
};

START_TEST(movs_as_element_by_element)
{
    unsigned size = (unsigned)_i & 3;
    uint8_t *expect = malloc(RAM), op[4];
    unsigned n = string_op(op, 0xa4, size);

    b.c->s.rflags |= (_i & 4) ? FL_DF : 0;
    for (unsigned k = 0; k < ARRAY_LEN(moves); k++) {
        uint32_t at = (_i & 4) ? 0x8000 : 0;

        fill();
        memcpy(expect, ram, RAM);
        model_movs(expect, moves[k].si + at, moves[k].di + at, moves[k].count,
                   size);
        start(op, n, moves[k].si + at, moves[k].di + at, moves[k].count);
        ck_assert_msg(memcmp(expect, ram, RAM) == 0, "move %u", k);
        ck_assert_uint_eq(r[R_CX], 0);
        ck_assert_int_eq((int64_t)(r[R_SI] - moves[k].si - at),
                         step_of(size) * moves[k].count);
        ck_assert_int_eq((int64_t)(r[R_DI] - moves[k].di - at),
                         step_of(size) * moves[k].count);
        ck_assert_uint_eq(r[R_IP], 0x8000 + n);
    }
    free(expect);
}
END_TEST

START_TEST(stos_as_element_by_element)
{
    unsigned size = (unsigned)_i & 3;
    uint8_t *expect = malloc(RAM), op[4];
    unsigned n = string_op(op, 0xaa, size);

    b.c->s.rflags |= (_i & 4) ? FL_DF : 0;
    r[R_AX] = 0x1122334455667788;
    for (unsigned k = 0; k < ARRAY_LEN(moves); k++) {
        uint64_t di = moves[k].di + 0x8000;

        fill();
        memcpy(expect, ram, RAM);
        start(op, n, 77, di, moves[k].count);
        for (uint64_t c = 0; c < moves[k].count;
             c++, di += (uint64_t)step_of(size))
            memcpy(expect + di, &r[R_AX], 1u << size);
        ck_assert_msg(memcmp(expect, ram, RAM) == 0, "fill %u", k);
        ck_assert_uint_eq(r[R_DI], di);
        ck_assert_uint_eq(r[R_SI], 77);
    }
    free(expect);
}
END_TEST

START_TEST(lods)
{
    fill();
    start((const uint8_t *)"\xac", 1, 0x20001, 5, 9);
    ck_assert_uint_eq(r[R_AX] & 0xff, ram[0x20001]);
    ck_assert_uint_eq(r[R_SI], 0x20002);
    ck_assert_uint_eq(r[R_CX], 9);
    start((const uint8_t *)"\xf3\x48\xad", 3, 0x20ff9, 5, 700);
    ck_assert_mem_eq(&r[R_AX], ram + 0x20ff9 + 8 * 699, 8);
    ck_assert_uint_eq(r[R_SI], 0x20ff9 + 8 * 700);
    start((const uint8_t *)"\xf3\xad", 2, 0x20000, 5, 1);
    ck_assert_uint_eq(r[R_AX] >> 32, 0);
    ck_assert_uint_eq(r[R_DI], 5);
}
END_TEST

/* ---- comparisons ---- */
START_TEST(scas_finds)
{
    memset(ram + 0x20000, 'x', 0x4000);
    ram[0x22345] = 0;
    r[R_AX] = 0;
    start((const uint8_t *)"\xf2\xae", 2, 0, 0x20000, ~0ull);
    ck_assert_uint_eq(r[R_DI], 0x22346);
    ck_assert_uint_eq(~r[R_CX], 0x2346);
    ck_assert(b.c->arith & AR_ZF);
    r[R_AX] = 'x';
    start((const uint8_t *)"\xf3\xae", 2, 0, 0x20000, 0x4000);
    ck_assert_uint_eq(r[R_DI], 0x22346);
    ck_assert(!(b.c->arith & AR_ZF));
    ck_assert(!(b.c->arith & AR_CF)); /* 'x' - 0 */
    start((const uint8_t *)"\xf3\xae", 2, 0, 0x20000, 0x100);
    ck_assert_uint_eq(r[R_CX], 0);
    ck_assert(b.c->arith & AR_ZF);
}
END_TEST

START_TEST(cmps_compares)
{
    fill();
    memcpy(ram + 0x30003, ram + 0x20001, 0x3000);
    ram[0x32003] = (uint8_t)(ram[0x22001] + 1);
    start((const uint8_t *)"\xf3\xa6", 2, 0x20001, 0x30003, 0x3000);
    ck_assert_uint_eq(r[R_SI], 0x22002);
    ck_assert_uint_eq(r[R_DI], 0x32004);
    ck_assert_uint_eq(r[R_CX], 0xfff);
    ck_assert(b.c->arith & AR_CF); /* source is less */
    start((const uint8_t *)"\xf3\x48\xa7", 3, 0x20001, 0x30003, 0x400);
    ck_assert_uint_eq(r[R_CX], 0);
    ck_assert(b.c->arith & AR_ZF);
    start((const uint8_t *)"\xf2\x66\xa7", 3, 0x20001, 0x30003, 4);
    ck_assert_uint_eq(r[R_CX], 3);
    ck_assert(b.c->arith & AR_ZF);
}
END_TEST

/* ---- counts and address sizes ---- */
START_TEST(count_of_zero)
{
    b.c->arith = AR_SF;
    r[R_AX] = 1;
    start((const uint8_t *)"\xf3\xa4", 2, 1ull << 47, 1ull << 47, 0);
    start((const uint8_t *)"\xf3\xaa", 2, 1ull << 47, 1ull << 47, 0);
    start((const uint8_t *)"\xf3\xad", 2, 1ull << 47, 1ull << 47, 0);
    start((const uint8_t *)"\xf2\xae", 2, 1ull << 47, 1ull << 47, 0);
    start((const uint8_t *)"\xf3\xa6", 2, 1ull << 47, 1ull << 47, 0);
    start((const uint8_t *)"\x67\xf3\xa4", 3, 5, 5, 0xffffffff00000000);
    ck_assert_uint_eq(r[R_CX], 0xffffffff00000000);
    ck_assert_uint_eq(r[R_SI], 5);
    ck_assert_uint_eq(b.c->arith, AR_SF);
    ck_assert_uint_eq(r[R_AX], 1);
}
END_TEST

START_TEST(addresses_of_32_bits)
{
    fill();
    start((const uint8_t *)"\x67\xf3\xa4", 3, 0xffffffff00020000,
          0xffffffff00030000, 0xffffffff00000010);
    ck_assert_mem_eq(ram + 0x20000, ram + 0x30000, 16);
    ck_assert_uint_eq(r[R_SI], 0x20010);
    ck_assert_uint_eq(r[R_DI], 0x30010);
    ck_assert_uint_eq(r[R_CX], 0);
}
END_TEST

/* SI and DI wrap in their segments; the rest of ESI and ECX stays. */
START_TEST(addresses_of_16_bits)
{
    bare_real(&b);
    b.c->s.seg[SEG_DS].base = 0x20000;
    b.c->s.seg[SEG_ES].base = 0x30000;
    x86_seg_update(b.c, SEG_DS);
    x86_seg_update(b.c, SEG_ES);
    fill();
    start((const uint8_t *)"\xf3\xa4", 2, 0xabcdfff0, 0x1234ffe0, 0x77770040);
    ck_assert_uint_eq(r[R_SI], 0xabcd0030);
    ck_assert_uint_eq(r[R_DI], 0x12340020);
    ck_assert_uint_eq(r[R_CX], 0x77770000);
    ck_assert_mem_eq(ram + 0x3fff0, ram + 0x20000, 16);
    ck_assert_mem_eq(ram + 0x30000, ram + 0x20010, 32);
}
END_TEST

START_TEST(override_is_for_the_source)
{
    fill();
    b.c->s.seg[SEG_FS].base = 0x10000;
    x86_update_mode(b.c);
    start((const uint8_t *)"\x64\xa4", 2, 0x10123, 0x30000, 0);
    ck_assert_uint_eq(ram[0x30000], ram[0x20123]);
    start((const uint8_t *)"\x64\xac", 2, 0x10124, 0x30000, 0);
    ck_assert_uint_eq((uint8_t)r[R_AX], ram[0x20124]);
}
END_TEST

/* ---- faults inside ---- */
START_TEST(fault_after_some_iterations)
{
    bare_protected(&b, 0);
    fill();
    b.c->s.seg[SEG_ES].limit = 0x30fff;
    x86_seg_update(b.c, SEG_ES);
    r[R_SI] = 0x20000;
    r[R_DI] = 0x30000;
    r[R_CX] = 0x500;
    r[R_IP] = 0x8000;
    ck_assert_int_eq(bare_run(&b, "\xf3\xa5"), VEC_GP);
    ck_assert_uint_eq(r[R_CX], 0x100);
    ck_assert_uint_eq(r[R_SI], 0x21000);
    ck_assert_uint_eq(r[R_DI], 0x31000);
    ck_assert_uint_eq(r[R_IP], 0x8000);
    ck_assert_mem_eq(ram + 0x20000, ram + 0x30000, 0x1000);
    b.c->s.seg[SEG_ES].limit = 0xffffffff;
    x86_seg_update(b.c, SEG_ES);
    ck_assert_int_eq(bare_run(&b, "\xf3\xa5"), BARE_DONE);
    ck_assert_mem_eq(ram + 0x20000, ram + 0x30000, 0x1400);
}
END_TEST

START_TEST(fault_keeps_the_flags)
{
    bare_protected(&b, 0);
    memset(ram + 0x20000, 5, 0x1000);
    b.c->s.seg[SEG_ES].limit = 0x20fff;
    x86_seg_update(b.c, SEG_ES);
    r[R_AX] = 6;
    r[R_DI] = 0x20000;
    r[R_CX] = 0x2000;
    b.c->arith = AR_ZF | AR_OF;
    ck_assert_int_eq(bare_run(&b, "\xf2\xae"), VEC_GP);
    ck_assert_uint_eq(r[R_CX], 0x1000);
    ck_assert_uint_eq(b.c->arith, AR_ZF | AR_OF);
}
END_TEST

/* The source of MOVS is read first; CMPS reads ES:rDI first. */
START_TEST(which_fault_comes_first)
{
    r[R_SI] = 1ull << 47;
    r[R_DI] = 1ull << 40;
    r[R_CX] = 1;
    ck_assert_int_eq(bare_run(&b, "\xa4"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\xf3\xa4"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\xa6"), VEC_PF);
    ck_assert_int_eq(bare_run(&b, "\xf3\xa6"), VEC_PF);
}
END_TEST

/* ---- stopping between iterations ---- */
START_TEST(huge_counts_stop_and_go_on)
{
    bare_protected(&b, 0); /* ESI wraps: only ECX ends it */
    r[R_SI] = 0x20000;
    r[R_CX] = 0xffffffff;
    for (unsigned k = 1; k <= 3; k++) {
        r[R_IP] = 0x8000;
        b.c->attention = 0;
        ck_assert_int_eq(bare_run(&b, "\xf3\xac"), BARE_DONE);
        ck_assert_uint_eq(r[R_CX], 0xffffffff - k * X86_REP_MAX);
        ck_assert_uint_eq(r[R_IP], 0x8000);  /* not ended */
        ck_assert_ptr_eq(b.c->insn, b.insn); /* not counted */
        ck_assert(b.c->attention);
    }
}
END_TEST

START_TEST(stop_is_not_made_at_the_end)
{
    bare_protected(&b, 0);
    r[R_IP] = 0x8000;
    r[R_SI] = 0x1000;
    r[R_CX] = X86_REP_MAX;
    ck_assert_int_eq(bare_run(&b, "\xf3\xac"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 0);
    ck_assert_uint_eq(r[R_IP], 0x8002);
}
END_TEST

START_TEST(single_steps)
{
    fill();
    b.c->s.rflags |= FL_TF;
    r[R_SI] = 0x20000;
    r[R_DI] = 0x30000;
    r[R_CX] = 3;
    for (unsigned k = 1; k <= 3; k++) {
        r[R_IP] = 0x8000;
        ck_assert_int_eq(bare_run(&b, "\xf3\xa4"), BARE_DONE);
        ck_assert_uint_eq(r[R_CX], 3 - k);
        ck_assert_uint_eq(r[R_SI], 0x20000 + k);
        ck_assert_uint_eq(r[R_IP], k < 3 ? 0x8000 : 0x8002);
    }
    r[R_AX] = 0;
    r[R_CX] = 3;
    r[R_IP] = 0x8000;
    memset(ram + 0x20000, 1, 8);
    r[R_DI] = 0x20000;
    ck_assert_int_eq(bare_run(&b, "\xf2\xae"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 2);
    ck_assert_uint_eq(r[R_IP], 0x8000);
    ram[0x20001] = 0; /* found: ends, though some are left */
    ck_assert_int_eq(bare_run(&b, "\xf2\xae"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 1);
    ck_assert_uint_eq(r[R_IP], 0x8002);
}
END_TEST

Suite *test_op_string_suite(void)
{
    Suite *s = suite_create("op_string");
    TCase *t = tcase_create("op_string");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, movs_as_element_by_element, 0, 8);
    tcase_add_loop_test(t, stos_as_element_by_element, 0, 8);
    tcase_add_test(t, lods);
    tcase_add_test(t, scas_finds);
    tcase_add_test(t, cmps_compares);
    tcase_add_test(t, count_of_zero);
    tcase_add_test(t, addresses_of_32_bits);
    tcase_add_test(t, addresses_of_16_bits);
    tcase_add_test(t, override_is_for_the_source);
    tcase_add_test(t, fault_after_some_iterations);
    tcase_add_test(t, fault_keeps_the_flags);
    tcase_add_test(t, which_fault_comes_first);
    tcase_add_test(t, huge_counts_stop_and_go_on);
    tcase_add_test(t, stop_is_not_made_at_the_end);
    tcase_add_test(t, single_steps);
    suite_add_tcase(s, t);
    return s;
}
