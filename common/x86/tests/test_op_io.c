/* test_op_io.c: IN, OUT, INS, OUTS: permission, sizes, order. */
#include "common/tests/suite.h"
#include "common/x86/debug.h"
#include "common/x86/seg.h"
#include "common/x86/tests/bare.h"

#define TSS 0x2000u

static struct bare b;

/* A device at ports 0x300..0x30f: reads count up, writes are kept. */
static struct {
    uint64_t offset, value;
    unsigned size, reads, writes;
} dev;

static uint64_t dev_read(void *opaque, uint64_t offset, unsigned size)
{
    (void)opaque;
    dev.offset = offset;
    dev.size = size;
    return 0xf0e0d0c0b0a09000 + dev.reads++;
}

static void dev_write(void *opaque, uint64_t offset, unsigned size, uint64_t v)
{
    (void)opaque;
    dev.offset = offset;
    dev.size = size;
    dev.value = v;
    dev.writes++;
}

static const struct bus_ops dev_ops = {.read = dev_read, .write = dev_write};

static void setup(void)
{
    struct error err;

    memset(&dev, 0, sizeof(dev));
    bare_init(&b, "triptych");
    ck_assert_ok(
        bus_add(&b.m.bus, BUS_PORT, 0x300, 16, &dev_ops, NULL, "dev", &err),
        &err);
    ck_assert_ok(
        bus_add(&b.m.bus, BUS_PORT, 0x80, 1, &dev_ops, NULL, "imm", &err),
        &err);
    bare_protected(&b, 0);
    b.c->s.r[R_DX] = 0x300;
}

static void teardown(void)
{
    bare_fini(&b);
}

START_TEST(in_writes_what_its_size_says)
{
    b.c->s.r[R_AX] = 0x1111222233334444;
    ck_assert_int_eq(bare_run(&b, "\xec"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x1111222233334400);
    ck_assert_int_eq(bare_run(&b, "\x66\xed"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x1111222233339001);
    ck_assert_int_eq(bare_run(&b, "\xed"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xb0a09002); /* clears the upper half */
    ck_assert_int_eq(bare_run(&b, "\xe4\x80"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xb0a09003);
    bare_long64(&b, 0);
    ck_assert_int_eq(bare_run(&b, "\x48\xed"),
                     BARE_DONE); /* REX.W: no effect */
    ck_assert_uint_eq(dev.size, 4);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xb0a09004);
}
END_TEST

START_TEST(out_sends_what_its_size_says)
{
    b.c->s.r[R_AX] = 0x1111222233334455;
    ck_assert_int_eq(bare_run(&b, "\xee"), BARE_DONE);
    ck_assert_uint_eq(dev.value, 0x55);
    ck_assert_int_eq(bare_run(&b, "\x66\xef"), BARE_DONE);
    ck_assert_uint_eq(dev.value, 0x4455);
    ck_assert_int_eq(bare_run(&b, "\xef"), BARE_DONE);
    ck_assert_uint_eq(dev.value, 0x33334455);
    ck_assert_int_eq(bare_run(&b, "\xe6\x80"), BARE_DONE);
    ck_assert_uint_eq(dev.size, 1);
    ck_assert_uint_eq(dev.writes, 4);
    b.c->s.r[R_DX] = 0xffff0304;
    ck_assert_int_eq(bare_run(&b, "\xee"), BARE_DONE); /* DX, not EDX */
    ck_assert_uint_eq(dev.offset, 4);
}
END_TEST

/* ---- permission [SDM1 "I/O Privilege Level", "I/O Permission Bit Map"] ----
 */
static const struct {
    unsigned cpl, iopl;
    bool v86;
    uint8_t type;    /* of the TSS */
    uint32_t limit;  /* of the TSS */
    uint16_t map;    /* offset of the bitmap */
    uint8_t bits[2]; /* for ports 0x300..0x30f */
    uint8_t insn;    /* EC: byte, ED: dword */
    uint16_t port;
    int result;
} permission[] = {
    {0, 0, false, 0, 0, 0, {0xff, 0xff}, 0xec, 0x300, BARE_DONE},
    {3, 3, false, 0, 0, 0, {0xff, 0xff}, 0xec, 0x300, BARE_DONE},
    {1, 1, false, 0, 0, 0, {0xff, 0xff}, 0xec, 0x300, BARE_DONE},
    {3, 2, false, 11, 0x2000, 0x68, {0, 0}, 0xec, 0x300, BARE_DONE},
    {3, 2, false, 11, 0x2000, 0x68, {1, 0}, 0xec, 0x300, VEC_GP},
    {3, 2, false, 11, 0x2000, 0x68, {2, 0}, 0xec, 0x300, BARE_DONE},
    {3, 2, false, 11, 0x2000, 0x68, {2, 0}, 0xed, 0x300, VEC_GP},
    {3, 2, false, 11, 0x2000, 0x68, {0, 1}, 0xed, 0x305, VEC_GP},
    {3, 2, false, 11, 0x2000, 0x68, {0, 2}, 0xed, 0x305, BARE_DONE},
    /* the byte after the one that decides must lie in the limit too */
    {3, 2, false, 11, 0x68 + 0x60, 0x68, {0, 0}, 0xec, 0x300, VEC_GP},
    {3, 2, false, 11, 0x68 + 0x61, 0x68, {0, 0}, 0xec, 0x300, BARE_DONE},
    {3, 2, false, 11, 0x66, 0, {0, 0}, 0xec, 0x300, VEC_GP},
    {3, 2, false, 11, 0x2000, 0xffff, {0, 0}, 0xec, 0x300, VEC_GP},
    /* a 16-bit TSS has no bitmap */
    {3, 2, false, 3, 0x2000, 0x68, {0, 0}, 0xec, 0x300, VEC_GP},
    /* virtual-8086 mode: the bitmap alone decides */
    {3, 3, true, 11, 0x2000, 0x68, {1, 0}, 0xec, 0x300, VEC_GP},
    {3, 0, true, 11, 0x2000, 0x68, {0, 0}, 0xec, 0x300, BARE_DONE},
};

START_TEST(who_may)
{
    struct x86_state *s = &b.c->s;
    uint8_t fill[0x100];

    memset(fill, 0xff, sizeof(fill));
    gmem_write(&b.m.mem, TSS, fill, sizeof(fill));
    gmem_write(&b.m.mem, TSS + 102, &permission[_i].map, 2);
    gmem_write(&b.m.mem, TSS + permission[_i].map + 0x60, permission[_i].bits,
               2);
    s->tr = (struct x86_seg){.base = TSS,
                             .limit = permission[_i].limit,
                             .attr = SA_P | permission[_i].type};
    if (permission[_i].v86) {
        bare_real(&b);
        s->cr0 |= CR0_PE;
        s->rflags |= FL_VM;
        x86_update_mode(b.c);
    } else {
        bare_protected(&b, permission[_i].cpl);
    }
    s->rflags |= permission[_i].iopl << 12;
    s->r[R_DX] = permission[_i].port;
    /* a doubleword needs 66 in the 16-bit code of virtual-8086 mode: bytes only
     */
    ck_assert_int_eq(bare_exec(&b, &permission[_i].insn, 1),
                     permission[_i].result);
    ck_assert_uint_eq(dev.reads, permission[_i].result == BARE_DONE);
}
END_TEST

/* ---- string forms ---- */
START_TEST(ins_and_outs)
{
    uint32_t v = 0x01020304;

    b.c->s.r[R_DI] = b.c->s.r[R_SI] = 0x1000;
    gmem_write(&b.m.mem, 0x1000, &v, 4);
    ck_assert_int_eq(bare_run(&b, "\x66\x6f"), BARE_DONE);
    ck_assert_uint_eq(dev.value, 0x0304);
    ck_assert_uint_eq(b.c->s.r[R_SI], 0x1002);
    b.c->s.rflags |= FL_DF;
    ck_assert_int_eq(bare_run(&b, "\x6c"), BARE_DONE);
    gmem_read(&b.m.mem, 0x1000, &v, 4);
    ck_assert_uint_eq(v, 0x01020300);
    ck_assert_uint_eq(b.c->s.r[R_DI], 0xfff);
}
END_TEST

START_TEST(rep_ins)
{
    uint8_t buf[8];

    b.c->s.r[R_DI] = 0x1000;
    b.c->s.r[R_CX] = 5;
    ck_assert_int_eq(bare_run(&b, "\xf3\x6c"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_CX], 0);
    ck_assert_uint_eq(b.c->s.r[R_DI], 0x1005);
    ck_assert_uint_eq(dev.reads, 5);
    gmem_read(&b.m.mem, 0x1000, buf, 8);
    ck_assert_mem_eq(buf, "\0\1\2\3\4\0\0\0", 8);
    ck_assert_uint_eq(x86_icount(b.c), 1);                 /* retired as one */
    ck_assert_int_eq(bare_run(&b, "\xf3\x6c"), BARE_DONE); /* count 0 */
    ck_assert_uint_eq(dev.reads, 5);
}
END_TEST

/* A fault in the middle leaves what is done done, and reads no port for it. */
START_TEST(rep_ins_faults_half_way)
{
    b.c->s.seg[SEG_ES].limit = 0x1002;
    b.c->s.seg[SEG_ES].attr &= ~SA_G;
    x86_seg_update(b.c, SEG_ES);
    b.c->s.r[R_DI] = 0x1000;
    b.c->s.r[R_CX] = 5;
    ck_assert_int_eq(bare_run(&b, "\xf3\x6c"), VEC_GP);
    ck_assert_uint_eq(dev.reads, 3);
    ck_assert_uint_eq(b.c->s.r[R_CX], 2);
    ck_assert_uint_eq(b.c->s.r[R_DI], 0x1003);
    ck_assert_uint_eq(x86_icount(b.c), 0);
}
END_TEST

/* A count without end does not outlast a kick. */
START_TEST(kick_stops_rep_outs)
{
    bare_long64(&b, 0);
    b.c->s.r[R_CX] = ~0ull;
    b.c->v.kicked = 1;
    ck_assert_int_eq(bare_run(&b, "\xf3\x6e"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_CX], ~0ull - 1);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x8000); /* still at it */
    ck_assert_uint_eq(x86_icount(b.c), 0);
}
END_TEST

START_TEST(io_breakpoint_is_a_trap)
{
    b.c->s.cr4 |= CR4_DE;
    b.c->s.dr[1] = 0x300;
    x86_dr_set(b.c, 7, 1u << 2 | 2u << 20);
    ck_assert_int_eq(bare_run(&b, "\xec"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.db_pending, 2);
}
END_TEST

START_TEST(ports_are_counted)
{
    ck_assert_int_eq(bare_run(&b, "\xec"), BARE_DONE);
    ck_assert_int_eq(bare_run(&b, "\xec"), BARE_DONE);
    ck_assert_uint_eq(
        ledger_get(&b.c->v.ledger, LEDGER_SENSITIVE, SENS_IN, 0x300), 2);
}
END_TEST

Suite *test_op_io_suite(void)
{
    Suite *s = suite_create("op_io");
    TCase *tc = tcase_create("io");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, in_writes_what_its_size_says);
    tcase_add_test(tc, out_sends_what_its_size_says);
    tcase_add_loop_test(tc, who_may, 0, ARRAY_LEN(permission));
    tcase_add_test(tc, ins_and_outs);
    tcase_add_test(tc, rep_ins);
    tcase_add_test(tc, rep_ins_faults_half_way);
    tcase_add_test(tc, kick_stops_rep_outs);
    tcase_add_test(tc, io_breakpoint_is_a_trap);
    tcase_add_test(tc, ports_are_counted);
    suite_add_tcase(s, tc);
    return s;
}
