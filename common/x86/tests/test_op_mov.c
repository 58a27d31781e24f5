/* test_op_mov.c: moves, extensions, LEA, XLAT, BSWAP and the CBW and CWD
 * families. */
#include "common/tests/suite.h"
#include "common/x86/tests/hostrun.h"

#define MEM 0x3000u

static struct bare b;
static uint64_t *r;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_long64(&b, 0);
    r = b.c->s.r;
}

static void teardown(void)
{
    bare_fini(&b);
}

static uint64_t mem64(uint64_t at)
{
    uint64_t v;

    gmem_read(&b.m.mem, at, &v, sizeof(v));
    return v;
}

static void put64(uint64_t at, uint64_t v)
{
    gmem_write(&b.m.mem, at, &v, sizeof(v));
}

/* Register-only instructions: the host knows. */
static const struct {
    const char *bytes;
    unsigned n;
} as_host[] = {
    {"\x88\xe1", 2},             /* mov cl, ah */
    {"\x8a\xec", 2},             /* mov ch, ah */
    {"\x40\x88\xc1", 3},         /* mov cl, al with REX */
    {"\x66\x89\xc1", 3},         /* mov cx, ax */
    {"\x89\xc1", 2},             /* mov ecx, eax */
    {"\x48\x8b\xc1", 3},         /* mov rax, rcx */
    {"\xb4\x81", 2},             /* mov ah, imm */
    {"\x66\xb9\x34\x92", 4},     /* mov cx, imm */
    {"\xb9\x34\x12\x34\x92", 5}, /* mov ecx, imm */
    {"\x48\xc7\xc1\x34\x12\x34\x92", 7},
    {"\x48\xb8\x34\x12\x34\x92\x78\x56\x34\x92", 10},
    {"\xc6\xc5\x77", 3},                 /* mov ch, imm by C6 */
    {"\x66\x0f\xb6\xc8", 4},             /* movzx cx, al */
    {"\x0f\xb6\xcc", 3},                 /* movzx ecx, ah */
    {"\x48\x0f\xb6\xc8", 4},             /* movzx rcx, al */
    {"\x66\x0f\xb7\xc8", 4},             /* movzx cx, ax */
    {"\x0f\xb7\xc8", 3},                 /* movzx ecx, ax */
    {"\x48\x0f\xb7\xc8", 4},             /* movzx rcx, ax */
    {"\x66\x0f\xbe\xcc", 4},             /* movsx cx, ah */
    {"\x0f\xbe\xc8", 3},                 /* movsx ecx, al */
    {"\x48\x0f\xbe\xc8", 4},             /* movsx rcx, al */
    {"\x66\x0f\xbf\xc8", 4},             /* movsx cx, ax */
    {"\x0f\xbf\xc8", 3},                 /* movsx ecx, ax */
    {"\x48\x0f\xbf\xc8", 4},             /* movsx rcx, ax */
    {"\x48\x63\xc8", 3},                 /* movsxd rcx, eax */
    {"\x63\xc8", 2},                     /* movsxd ecx, eax */
    {"\x66\x63\xc8", 3},                 /* movsxd cx, ax */
    {"\x66\x98", 2},                     /* cbw */
    {"\x98", 1},                         /* cwde */
    {"\x48\x98", 2},                     /* cdqe */
    {"\x66\x99", 2},                     /* cwd */
    {"\x99", 1},                         /* cdq */
    {"\x48\x99", 2},                     /* cqo */
    {"\x66\x0f\xc8", 3},                 /* bswap ax */
    {"\x0f\xc9", 2},                     /* bswap ecx */
    {"\x48\x0f\xc9", 3},                 /* bswap rcx */
    {"\x8d\x44\x88\x85", 4},             /* lea eax, [rax+rcx*4-123] */
    {"\x66\x8d\x44\x88\x85", 5},         /* lea ax */
    {"\x48\x8d\x44\x88\x85", 5},         /* lea rax */
    {"\x67\x48\x8d\x44\x88\x85", 6},     /* lea rax, [eax+ecx*4-123] */
    {"\x67\x8d\x0c\x45\x01\0\0\x80", 8}, /* lea ecx, [eax*2-0x7fffffff] */
};

START_TEST(registers_as_the_host)
{
    for (unsigned x = 0; x < HOSTRUN_VALUES; x++) {
        struct hostrun in = {.ax = hostrun_values[x],
                             .cx = hostrun_values[(x * 3 + 1) % HOSTRUN_VALUES],
                             .dx = hostrun_values[(x * 7 + 2) % HOSTRUN_VALUES],
                             .flags = (x & 1) ? 0x8d5 : 0};

        hostrun_both(&b, (const uint8_t *)as_host[_i].bytes, as_host[_i].n,
                     &in);
    }
}
END_TEST

START_TEST(stores_write_their_size)
{
    r[R_SI] = MEM;
    r[R_CX] = 0x1122334455667788;
    put64(MEM, ~0ull);
    ck_assert_int_eq(bare_run(&b, "\x88\x2e"), BARE_DONE); /* ch */
    ck_assert_uint_eq(mem64(MEM), 0xffffffffffffff77);
    ck_assert_int_eq(bare_run(&b, "\x66\x89\x0e"), BARE_DONE);
    ck_assert_uint_eq(mem64(MEM), 0xffffffffffff7788);
    ck_assert_int_eq(bare_run(&b, "\x89\x0e"), BARE_DONE);
    ck_assert_uint_eq(mem64(MEM), 0xffffffff55667788);
    ck_assert_int_eq(bare_run(&b, "\x48\x89\x0e"), BARE_DONE);
    ck_assert_uint_eq(mem64(MEM), r[R_CX]);
    ck_assert_int_eq(bare_run(&b, "\x48\xc7\x06\xfe\xff\xff\xff"), BARE_DONE);
    ck_assert_uint_eq(mem64(MEM), (uint64_t)-2);
    ck_assert_int_eq(bare_run(&b, "\xc6\x06\x12"), BARE_DONE);
    ck_assert_uint_eq(mem64(MEM), 0xffffffffffffff12);
    ck_assert_int_eq(bare_run(&b, "\x0f\xc3\x0e"), BARE_DONE); /* movnti */
    ck_assert_uint_eq(mem64(MEM), 0xffffffff55667788);
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\xc3\x0e"), BARE_DONE);
    ck_assert_uint_eq(mem64(MEM), r[R_CX]);
}
END_TEST

START_TEST(loads_extend)
{
    r[R_SI] = MEM;
    put64(MEM, 0xf0e0d0c0b0a09080);
    r[R_CX] = ~0ull;
    ck_assert_int_eq(bare_run(&b, "\x8b\x0e"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 0xb0a09080);
    ck_assert_int_eq(bare_run(&b, "\x8a\x6e\x01"), BARE_DONE); /* ch */
    ck_assert_uint_eq(r[R_CX], 0xb0a09080);
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\xbe\x0e"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 0xffffffffffffff80);
    ck_assert_int_eq(bare_run(&b, "\x0f\xb7\x0e"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 0x9080);
    ck_assert_int_eq(bare_run(&b, "\x48\x63\x0e"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 0xffffffffb0a09080);
    ck_assert_int_eq(bare_run(&b, "\x48\x8b\x0e"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 0xf0e0d0c0b0a09080);
}
END_TEST

START_TEST(by_offset)
{
    put64(MEM, 0xf0e0d0c0b0a09080);
    r[R_AX] = 0;
    ck_assert_int_eq(bare_run(&b, "\x48\xa1\0\x30\0\0\0\0\0\0"), BARE_DONE);
    ck_assert_uint_eq(r[R_AX], 0xf0e0d0c0b0a09080);
    ck_assert_int_eq(bare_run(&b, "\xa2\x01\x30\0\0\0\0\0\0"), BARE_DONE);
    ck_assert_uint_eq(mem64(MEM), 0xf0e0d0c0b0a08080);
    ck_assert_int_eq(bare_run(&b, "\x67\xa0\x07\x30\0\0"), BARE_DONE);
    ck_assert_uint_eq(r[R_AX], 0xf0e0d0c0b0a090f0);
    ck_assert_int_eq(bare_run(&b, "\x67\xa3\0\x30\0\0"), BARE_DONE);
    ck_assert_uint_eq(mem64(MEM), 0xf0e0d0c0b0a090f0);
}
END_TEST

START_TEST(rip_relative)
{
    put64(0x8100, 0x1234);
    r[R_IP] = 0x8000;
    ck_assert_int_eq(bare_run(&b, "\x48\x8b\x0d\xf9\0\0\0"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 0x1234);
    r[R_IP] = 0x8000;
    ck_assert_int_eq(bare_run(&b, "\x48\x8d\x0d\xf9\xff\xff\xff"), BARE_DONE);
    ck_assert_uint_eq(r[R_CX], 0x8000);
}
END_TEST

START_TEST(xlat)
{
    put64(MEM + 0xf0, 0x77);
    r[R_BX] = MEM;
    r[R_AX] = 0xaaf0;
    ck_assert_int_eq(bare_run(&b, "\xd7"), BARE_DONE);
    ck_assert_uint_eq(r[R_AX], 0xaa77);
    r[R_BX] = 0xffffffff00000000 | (MEM + 0x80);
    r[R_AX] = 0x70;
    ck_assert_int_eq(bare_run(&b, "\x67\xd7"), BARE_DONE);
    ck_assert_uint_eq(r[R_AX], 0x77);
    b.c->s.seg[SEG_GS].base = 0xf0;
    x86_update_mode(b.c);
    r[R_BX] = MEM;
    r[R_AX] = 0;
    ck_assert_int_eq(bare_run(&b, "\x65\xd7"), BARE_DONE);
    ck_assert_uint_eq(r[R_AX], 0x77);
}
END_TEST

/* 16-bit addresses wrap at 64 KiB; [bp] is in SS. */
START_TEST(addresses_of_16_bits)
{
    bare_real(&b);
    put64(0x12340 + 0x10, 0xbeef);
    b.c->s.seg[SEG_DS].base = 0x12340;
    x86_seg_update(b.c, SEG_DS);
    r[R_BX] = 0xaaaafff0;
    r[R_SI] = 0x20;
    ck_assert_int_eq(bare_run(&b, "\x8b\x08"), BARE_DONE); /* mov cx, [bx+si] */
    ck_assert_uint_eq((uint16_t)r[R_CX], 0xbeef);
    ck_assert_int_eq(bare_run(&b, "\x8d\x40\x7f"), BARE_DONE);
    ck_assert_uint_eq((uint16_t)r[R_AX], 0x8f);
    ck_assert_int_eq(bare_run(&b, "\x66\x8d\x40\x80"), BARE_DONE);
    ck_assert_uint_eq(r[R_AX], 0xff90);
    b.c->s.seg[SEG_SS].limit = 0xff;
    x86_seg_update(b.c, SEG_SS);
    r[R_BP] = 0xff;
    ck_assert_int_eq(bare_run(&b, "\x8b\x4e\x00"), VEC_SS);
    ck_assert_int_eq(bare_run(&b, "\x3e\x8b\x4e\x00"), BARE_DONE);
}
END_TEST

START_TEST(non_canonical)
{
    r[R_SI] = 0x8000000000000000;
    ck_assert_int_eq(bare_run(&b, "\x48\x8b\x0e"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x48\x89\x0e"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x48\x01\x0e"), VEC_GP);
    r[R_BP] = 0x7fffffffffff;
    ck_assert_int_eq(bare_run(&b, "\x66\x89\x4d\x00"), VEC_SS);
    ck_assert_int_eq(bare_run(&b, "\x48\x8d\x0e"), BARE_DONE); /* no access */
}
END_TEST

Suite *test_op_mov_suite(void)
{
    Suite *s = suite_create("op_mov");
    TCase *t = tcase_create("op_mov");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, registers_as_the_host, 0, ARRAY_LEN(as_host));
    tcase_add_test(t, stores_write_their_size);
    tcase_add_test(t, loads_extend);
    tcase_add_test(t, by_offset);
    tcase_add_test(t, rip_relative);
    tcase_add_test(t, xlat);
    tcase_add_test(t, addresses_of_16_bits);
    tcase_add_test(t, non_canonical);
    suite_add_tcase(s, t);
    return s;
}
