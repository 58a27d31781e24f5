/* test_op_alu.c: two- and one-operand arithmetic against the host, memory forms
 * against register forms, and what a fault must leave alone. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "common/x86/tests/hostrun.h"

#define MEM 0x3000u

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_long64(&b, 0);
}

static void teardown(void)
{
    bare_fini(&b);
}

/* All pairs of values in rax and rcx, with all flags clear and all set. */
static void all_pairs(const uint8_t *bytes, unsigned n)
{
    for (unsigned x = 0; x < HOSTRUN_VALUES; x++) {
        for (unsigned y = 0; y < HOSTRUN_VALUES; y++) {
            struct hostrun in = {.ax = hostrun_values[x],
                                 .cx = hostrun_values[y],
                                 .dx = 0x1111,
                                 .bx = 0x2222};

            hostrun_both(&b, bytes, n, &in);
            in.flags = FL_ARITH;
            hostrun_both(&b, bytes, n, &in);
        }
    }
}

/* Prefixes for operand sizes 16, 32, 64 */
static const uint8_t size_prefix[3] = {0x66, 0x40, 0x48};

START_TEST(two_registers_as_the_host)
{
    uint8_t op = (uint8_t)(_i << 3);
    uint8_t ah_cl[] = {op, 0xcc}, cl_al[] = {(uint8_t)(op | 2), 0xc8};

    all_pairs(ah_cl, 2);
    all_pairs(cl_al, 2);
    for (unsigned s = 0; s < 3; s++) {
        uint8_t e_g[] = {size_prefix[s], (uint8_t)(op | 1), 0xc8};
        uint8_t g_e[] = {size_prefix[s], (uint8_t)(op | 3), 0xc8};
        uint8_t same[] = {size_prefix[s], (uint8_t)(op | 1), 0xc0};

        all_pairs(e_g, 3);
        all_pairs(g_e, 3);
        all_pairs(same, 3);
    }
}
END_TEST

START_TEST(immediates_as_the_host)
{
    uint8_t op = (uint8_t)(_i << 3), modrm = (uint8_t)(0xc1 | _i << 3);
    uint8_t al[] = {(uint8_t)(op | 4), 0x80}, cl[] = {0x80, modrm, 0xff};

    all_pairs(al, 2);
    all_pairs(cl, 3);
    for (unsigned s = 0; s < 3; s++) {
        uint8_t z = size_prefix[s] == 0x66 ? 2 : 4;
        uint8_t acc[8] = {
            size_prefix[s], (uint8_t)(op | 5), 0xff, 0x80, 0xff, 0xff};
        uint8_t wide[8] = {size_prefix[s], 0x81, modrm, 0x34, 0x12, 0x56, 0x80};
        uint8_t byte[] = {size_prefix[s], 0x83, modrm, 0x80};

        all_pairs(acc, 2u + z);
        all_pairs(wide, 3u + z);
        all_pairs(byte, 4);
    }
}
END_TEST

START_TEST(test_as_the_host)
{
    all_pairs((const uint8_t *)"\x84\xc8", 2);
    all_pairs((const uint8_t *)"\xa8\x81", 2);
    all_pairs((const uint8_t *)"\xf6\xc1\x80", 3);
    for (unsigned s = 0; s < 3; s++) {
        uint8_t regs[] = {size_prefix[s], 0x85, 0xc8};
        uint8_t imm[8] = {size_prefix[s], 0xf7, 0xc1, 0, 0x80, 0, 0x80};

        all_pairs(regs, 3);
        all_pairs(imm, size_prefix[s] == 0x66 ? 5 : 7);
    }
}
END_TEST

/* FE/0 INC, FE/1 DEC, F6/2 NOT, F6/3 NEG */
static const uint8_t unary[4][2] = {
    {0xfe, 0xc1}, {0xfe, 0xc9}, {0xf6, 0xd1}, {0xf6, 0xd9}};

START_TEST(one_operand_as_the_host)
{
    all_pairs(unary[_i], 2);
    for (unsigned s = 0; s < 3; s++) {
        uint8_t wide[] = {size_prefix[s], (uint8_t)(unary[_i][0] | 1),
                          unary[_i][1]};

        all_pairs(wide, 3);
    }
}
END_TEST

/* ---- memory: [rsi] must end as rax does, registers and flags too ---- */
static uint64_t mem_get(void)
{
    uint64_t v;

    gmem_read(&b.m.mem, MEM, &v, sizeof(v));
    return v;
}

static void mem_set(uint64_t v)
{
    gmem_write(&b.m.mem, MEM, &v, sizeof(v));
}

/* `reg` works on (rax, rcx), `mem` on ([rsi], rcx); n is the size. */
static void same_in_memory(const uint8_t *reg, unsigned reg_n,
                           const uint8_t *mem, unsigned mem_n, unsigned bits)
{
    for (unsigned x = 0; x < HOSTRUN_VALUES; x++) {
        struct hostrun in = {.ax = hostrun_values[x],
                             .cx = hostrun_values[(x * 7 + 3) % HOSTRUN_VALUES],
                             .flags = (x & 1) ? FL_CF : 0};
        struct hostrun r = in, m = in;

        m.ax = 0x5555;
        mem_set(in.ax);
        b.c->s.r[R_SI] = MEM;
        ck_assert_int_eq(hostrun_interp(&b, reg, reg_n, &r), BARE_DONE);
        ck_assert_int_eq(hostrun_interp(&b, mem, mem_n, &m), BARE_DONE);
        ck_assert_uint_eq(mem_get() & mask_low(bits), r.ax & mask_low(bits));
        ck_assert_uint_eq(mem_get() & ~mask_low(bits), in.ax & ~mask_low(bits));
        ck_assert_uint_eq(m.cx, r.cx);
        ck_assert_uint_eq(m.flags, r.flags);
        ck_assert_uint_eq(m.ax, 0x5555);
    }
}

START_TEST(memory_as_registers)
{
    uint8_t op = (uint8_t)(_i << 3);
    uint8_t r8[] = {op, 0xc8}, m8[] = {op, 0x0e};
    uint8_t gr8[] = {(uint8_t)(op | 2), 0xc8},
            gm8[] = {(uint8_t)(op | 2), 0x0e};
    uint8_t ir8[] = {0x80, (uint8_t)(0xc0 | op), 0x81};
    uint8_t im8[] = {0x80, (uint8_t)(6 | op), 0x81};

    same_in_memory(r8, 2, m8, 2, 8);
    same_in_memory(gr8, 2, gm8, 2, 8);
    same_in_memory(ir8, 3, im8, 3, 8);
    for (unsigned s = 0; s < 3; s++) {
        uint8_t p = size_prefix[s];
        uint8_t r[] = {p, (uint8_t)(op | 1), 0xc8};
        uint8_t m[] = {p, (uint8_t)(op | 1), 0x0e};
        uint8_t gr[] = {p, (uint8_t)(op | 3), 0xc8};
        uint8_t gm[] = {p, (uint8_t)(op | 3), 0x0e};
        uint8_t ir[] = {p, 0x83, (uint8_t)(0xc0 | op), 0x81};
        uint8_t im[] = {p, 0x83, (uint8_t)(6 | op), 0x81};

        same_in_memory(r, 3, m, 3, 16u << s);
        same_in_memory(gr, 3, gm, 3, 16u << s);
        same_in_memory(ir, 4, im, 4, 16u << s);
    }
}
END_TEST

START_TEST(one_operand_in_memory)
{
    uint8_t op = unary[_i][0], reg = (uint8_t)(unary[_i][1] & 0x38);
    uint8_t r8[] = {op, (uint8_t)(0xc0 | reg)}, m8[] = {op, (uint8_t)(6 | reg)};

    same_in_memory(r8, 2, m8, 2, 8);
    for (unsigned s = 0; s < 3; s++) {
        uint8_t r[] = {size_prefix[s], (uint8_t)(op | 1),
                       (uint8_t)(0xc0 | reg)};
        uint8_t m[] = {size_prefix[s], (uint8_t)(op | 1), (uint8_t)(6 | reg)};

        same_in_memory(r, 3, m, 3, 16u << s);
    }
}
END_TEST

/* The generic handlers (segment base, 32-bit address) do as the flat ones. */
START_TEST(other_addresses)
{
    b.c->s.seg[SEG_FS].base = 0x1000;
    x86_update_mode(b.c);
    b.c->s.r[R_SI] = MEM - 0x1000;
    mem_set(5);
    b.c->s.r[R_CX] = 3;
    ck_assert_int_eq(bare_run(&b, "\x64\x48\x01\x0e"), BARE_DONE);
    ck_assert_uint_eq(mem_get(), 8);
    b.c->s.r[R_SI] = 0xffffffff00000000 | MEM;
    ck_assert_int_eq(bare_run(&b, "\x67\x48\x29\x0e"), BARE_DONE);
    ck_assert_uint_eq(mem_get(), 5);
    b.c->s.r[R_SI] = MEM / 8;
    ck_assert_int_eq(bare_run(&b, "\x48\x01\x0c\xf5\0\0\0\0"), BARE_DONE);
    ck_assert_uint_eq(mem_get(), 8);
}
END_TEST

/* Across a page edge, and where there is no memory. */
START_TEST(slow_memory)
{
    uint64_t v = 0x00000000ffffffff;

    b.c->s.r[R_SI] = MEM + 0xffc;
    gmem_write(&b.m.mem, MEM + 0xffc, &v, 8);
    b.c->s.r[R_CX] = 1;
    ck_assert_int_eq(bare_run(&b, "\x48\x01\x0e"), BARE_DONE);
    gmem_read(&b.m.mem, MEM + 0xffc, &v, 8);
    ck_assert_uint_eq(v, 0x100000000);
    b.c->s.r[R_SI] = 0x200000; /* reads as ones, ignores writes */
    ck_assert_int_eq(bare_run(&b, "\x48\x03\x0e"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_CX], 0);
    ck_assert(b.c->arith & AR_CF);
}
END_TEST

/* Instructions on [esi] beyond the limit of DS, or of a segment that may not be
 * written */
static const struct {
    const char *bytes;
    unsigned n;
    bool reads_only;
} faulting[] = {
    {"\x01\x0e", 2, false},     {"\x03\x0e", 2, true},
    {"\x39\x0e", 2, true},      {"\x83\x0e\x01", 3, false},
    {"\xff\x06", 2, false},     {"\xf7\x1e", 2, false},
    {"\xf7\x16", 2, false},     {"\x11\x0e", 2, false},
    {"\x85\x0e", 2, true},      {"\x00\x0e", 2, false},
    {"\x66\x29\x0e", 3, false}, {"\xf0\x01\x0e", 3, false},
};

START_TEST(faults_change_nothing)
{
    struct x86_cpu *c = b.c;

    bare_protected(&b, 0);
    c->s.seg[SEG_DS].limit = 0xfff;
    x86_seg_update(c, SEG_DS);
    c->s.r[R_SI] = 0xffd + (_i % 2) * 0x1000;
    if (faulting[_i].bytes[0] == 0) /* one byte does not cross */
        c->s.r[R_SI] = 0x1000;
    if (faulting[_i].bytes[0] == 0x66)
        c->s.r[R_SI] = 0xfff;
    c->s.r[R_CX] = 0x1234;
    c->arith = AR_SF | AR_OF;
    ck_assert_int_eq(bare_exec(&b, faulting[_i].bytes, faulting[_i].n), VEC_GP);
    ck_assert(b.event.has_error);
    ck_assert_uint_eq(c->arith, AR_SF | AR_OF);
    ck_assert_uint_eq(c->s.r[R_CX], 0x1234);
    c->s.r[R_SI] = 0x100;
    c->s.seg[SEG_DS].attr &= ~(uint32_t)SA_WRITABLE;
    x86_seg_update(c, SEG_DS);
    ck_assert_int_eq(bare_exec(&b, faulting[_i].bytes, faulting[_i].n),
                     faulting[_i].reads_only ? BARE_DONE : VEC_GP);
    if (!faulting[_i].reads_only)
        ck_assert_uint_eq(c->arith, AR_SF | AR_OF);
}
END_TEST

Suite *test_op_alu_suite(void)
{
    Suite *s = suite_create("op_alu");
    TCase *t = tcase_create("op_alu");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, two_registers_as_the_host, 0, 8);
    tcase_add_loop_test(t, immediates_as_the_host, 0, 8);
    tcase_add_test(t, test_as_the_host);
    tcase_add_loop_test(t, one_operand_as_the_host, 0, 4);
    tcase_add_loop_test(t, memory_as_registers, 0, 8);
    tcase_add_loop_test(t, one_operand_in_memory, 0, 4);
    tcase_add_test(t, other_addresses);
    tcase_add_test(t, slow_memory);
    tcase_add_loop_test(t, faults_change_nothing, 0, ARRAY_LEN(faulting));
    suite_add_tcase(s, t);
    return s;
}
