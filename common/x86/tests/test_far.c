/* test_far.c: far JMP, CALL and RET: code segments and call gates.
 * [SDM2 "JMP", "CALL", "RET"]: operation. Task switches: test_task.c. */
#include "common/x86/seg.h"

#include "common/tests/suite.h"
#include "common/x86/tests/tables.h"

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
}

static void teardown(void)
{
    bare_fini(&b);
}

/* ptr16:32 (or 16:16) forms */
static int far_ptr(uint8_t opcode, uint16_t sel, uint32_t off)
{
    uint8_t code[7] = {opcode};
    unsigned n = b.c->code_size == 1 ? 2 : 4;

    put_le32(code + 1, off);
    put_le16(code + 1 + n, sel);
    return bare_exec(&b, code, 3 + n);
}

/* Through memory at 0x9000: m16:32, with REX.W m16:64. */
static int far_mem(unsigned reg, uint16_t sel, uint64_t off, bool rexw)
{
    uint8_t code[3] = {0x48, 0xff, (uint8_t)(reg << 3 | 3)}; /* [bx] */

    b.c->s.r[R_BX] = 0x9000;
    tables_poke(&b, 0x9000, off, 8);
    tables_poke(&b, rexw ? 0x9008 : 0x9004, sel, 2);
    return rexw ? bare_exec(&b, code, 3) : bare_exec(&b, code + 1, 2);
}

/* ---- JMP to code segments, 32-bit ---- */
static const struct {
    unsigned cpl;
    uint16_t sel;
    uint32_t off;
    int vector;
    uint32_t error;
} jumps[] = {
    {0, T_CODE0, 0x1234, BARE_DONE, 0},
    {3, T_CODE3 | 3, 0x1234, BARE_DONE, 0},
    {3, T_CODE3, 0x1234, BARE_DONE, 0},   /* CS gets CPL as its RPL */
    {0, T_CODE0 | 3, 0, VEC_GP, T_CODE0}, /* RPL > CPL */
    {3, T_CODE0, 0, VEC_GP, T_CODE0},     /* DPL != CPL */
    {0, T_CODE3, 0, VEC_GP, T_CODE3},
    {3, T_CONFORM | 3, 0x1234, BARE_DONE, 0},
    {1, T_CONFORM | 3, 0x1234, BARE_DONE, 0}, /* RPL does not matter */
    {0, T_ABSENTC, 0, VEC_NP, T_ABSENTC},
    {0, T_SMALL, 0xff, BARE_DONE, 0},
    {0, T_SMALL, 0x100, VEC_GP, 0},
    {0, T_DATA0, 0, VEC_GP, T_DATA0},
    {0, 0, 0, VEC_GP, 0},
    {0, 2, 0, VEC_GP, 0},
    {0, T_END, 0, VEC_GP, T_END},
    {0, T_LDT, 0, VEC_GP, T_LDT},
    {0, T_CODE16, 0x1234, BARE_DONE, 0},
};

START_TEST(jmp)
{
    unsigned rpl = jumps[_i].cpl;
    int vector;

    tables_protected(&b, rpl);
    vector = far_ptr(0xea, jumps[_i].sel, jumps[_i].off);
    ck_assert_int_eq(vector, jumps[_i].vector);
    if (vector == BARE_DONE) {
        ck_assert_uint_eq(b.c->s.r[R_IP], jumps[_i].off);
        ck_assert_uint_eq(b.c->s.seg[SEG_CS].sel, (jumps[_i].sel & ~3u) | rpl);
        ck_assert_uint_eq(b.c->cpl, rpl);
    } else {
        ck_assert_uint_eq(b.event.error, jumps[_i].error);
        ck_assert_uint_eq(b.c->s.r[R_IP], TABLES_CODE);
    }
}
END_TEST

/* The same targets; the stack pointer moves only when all is well. */
START_TEST(call)
{
    unsigned rpl = jumps[_i].cpl;
    uint64_t sp;
    int vector;

    tables_protected(&b, rpl);
    sp = b.c->s.r[R_SP];
    vector = far_ptr(0x9a, jumps[_i].sel, jumps[_i].off);
    ck_assert_int_eq(vector, jumps[_i].vector);
    if (vector == BARE_DONE) {
        ck_assert_uint_eq(b.c->s.r[R_SP], sp - 8);
        ck_assert_uint_eq(tables_peek(&b, sp - 8, 4), TABLES_CODE + 7);
        ck_assert_uint_eq(tables_peek(&b, sp - 4, 4) & 3, rpl);
        ck_assert_uint_eq(b.c->s.r[R_IP], jumps[_i].off);
    } else {
        ck_assert_uint_eq(b.event.error, jumps[_i].error);
        ck_assert_uint_eq(b.c->s.r[R_SP], sp);
        ck_assert_uint_eq(b.c->s.r[R_IP], TABLES_CODE);
    }
}
END_TEST

/* Conforming code is entered from its own level or an outer one. */
START_TEST(conforming)
{
    tables_protected(&b, 0);
    tables_set(&b, T_GATE, tables_desc(0, 0xfffff, T_P | 0x1f | T_DPL(1), 0xc));
    ck_assert_int_eq(far_ptr(0xea, T_GATE, 0), VEC_GP);
    ck_assert_uint_eq(b.event.error, T_GATE);
    tables_protected(&b, 1);
    ck_assert_int_eq(far_ptr(0xea, T_GATE, 0), BARE_DONE);
    ck_assert_uint_eq(b.c->cpl, 1);
}
END_TEST

START_TEST(modes)
{
    /* 32-bit to 16-bit code: decoding changes */
    tables_protected(&b, 0);
    ck_assert_int_eq(far_ptr(0xea, T_CODE16, 0x100), BARE_DONE);
    ck_assert_uint_eq(b.c->code_size, 1);
    /* 64-bit to compatibility mode and back */
    tables_long64(&b, 0);
    ck_assert_int_eq(far_mem(5, T_CODE0, 0x100, false), BARE_DONE);
    ck_assert_uint_eq(b.c->code_size, 2);
    ck_assert_uint_eq(b.c->lin_mask, 0xffffffff);
    ck_assert(b.c->sc[SEG_DS].rlim != ~0ull);
    ck_assert_int_eq(far_ptr(0xea, T_CODE64, 0x200), BARE_DONE);
    ck_assert_uint_eq(b.c->code_size, 3);
    ck_assert_uint_eq(b.c->sc[SEG_DS].rlim, ~0ull);
    /* both L and D: reserved in IA-32e mode */
    ck_assert_int_eq(far_mem(5, T_LD, 0, false), VEC_GP);
    ck_assert_uint_eq(b.event.error, T_LD);
    ck_assert_int_eq(far_mem(5, T_CODE64, 1ull << 47, true), VEC_GP);
    ck_assert_uint_eq(b.event.error, 0);
    ck_assert_int_eq(far_mem(5, T_CODE64, 0xffff800000000000, true), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0xffff800000000000);
    /* no tasks in IA-32e mode */
    ck_assert_int_eq(far_mem(5, T_TASK, 0, false), VEC_GP);
    ck_assert_uint_eq(b.event.error, T_TASK);
}
END_TEST

START_TEST(real_mode)
{
    bare_real(&b);
    b.c->s.r[R_SP] = 0x200;
    ck_assert_int_eq(far_ptr(0x9a, 0x1000, 0x20), BARE_DONE);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].base, 0x10000);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x20);
    ck_assert_uint_eq(tables_peek(&b, 0x1fc, 4), 0x8005);
    ck_assert_int_eq(bare_run(&b, "\xca\x06\x00"), BARE_DONE); /* retf 6 */
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].base, 0);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x8005);
    ck_assert_uint_eq(b.c->s.r[R_SP], 0x206);
    /* jmp 0x1000:0x10000 lies beyond the limit */
    ck_assert_int_eq(bare_run(&b, "\x66\xea\x00\x00\x01\x00\x00\x10"), VEC_GP);
}
END_TEST

/* ---- call gates ---- */
static const struct {
    unsigned cpl, rpl, dpl; /* of the gate */
    uint16_t code;
    unsigned access;
    bool call;
    int vector;
    uint32_t error;
    unsigned new_cpl;
} gates[] = {
    {3, 3, 3, T_CODE0, T_P | SYS_CALL32, true, BARE_DONE, 0, 0},
    {3, 3, 3, T_CODE1, T_P | SYS_CALL32, true, BARE_DONE, 0, 1},
    {3, 3, 3, T_CODE3, T_P | SYS_CALL32, true, BARE_DONE, 0, 3},
    {3, 3, 3, T_CONFORM, T_P | SYS_CALL32, true, BARE_DONE, 0, 3},
    {3, 3, 0, T_CODE0, T_P | SYS_CALL32, true, VEC_GP, T_GATE, 0},
    {0, 3, 0, T_CODE0, T_P | SYS_CALL32, true, VEC_GP, T_GATE, 0},
    {0, 0, 0, T_CODE3, T_P | SYS_CALL32, true, VEC_GP, T_CODE3, 0},
    {3, 3, 3, T_CODE0, SYS_CALL32, true, VEC_NP, T_GATE, 0},
    {3, 3, 3, T_ABSENTC, T_P | SYS_CALL32, true, VEC_NP, T_ABSENTC, 0},
    {3, 3, 3, 0, T_P | SYS_CALL32, true, VEC_GP, 0, 0},
    {3, 3, 3, T_END, T_P | SYS_CALL32, true, VEC_GP, T_END, 0},
    {3, 3, 3, T_DATA0, T_P | SYS_CALL32, true, VEC_GP, T_DATA0, 0},
    {3, 3, 3, T_SMALL, T_P | SYS_CALL32, true, VEC_GP, 0, 0},
    {3, 3, 3, T_CODE0, T_P | SYS_INT32, true, VEC_GP, T_GATE, 0},
    /* JMP never goes inwards */
    {3, 3, 3, T_CODE0, T_P | SYS_CALL32, false, VEC_GP, T_CODE0, 0},
    {3, 3, 3, T_CODE3, T_P | SYS_CALL32, false, BARE_DONE, 0, 3},
    {3, 3, 3, T_CONFORM, T_P | SYS_CALL32, false, BARE_DONE, 0, 3},
};

START_TEST(gate)
{
    static const uint32_t stack[] = {TABLES_STACK0, TABLES_STACK1};
    unsigned cpl = gates[_i].cpl, now = gates[_i].new_cpl;
    uint64_t sp, at;
    int vector;

    tables_protected(&b, cpl);
    tables_set(&b, T_GATE,
               tables_gate(gates[_i].code, 0x12345678,
                           gates[_i].access | T_DPL(gates[_i].dpl), 2));
    sp = b.c->s.r[R_SP];
    tables_poke(&b, sp, 0x2222222211111111, 8); /* parameters */
    vector = far_ptr(gates[_i].call ? 0x9a : 0xea,
                     (uint16_t)(T_GATE | gates[_i].rpl), 0xdeadbeef);
    ck_assert_int_eq(vector, gates[_i].vector);
    if (vector != BARE_DONE) {
        ck_assert_uint_eq(b.event.error, gates[_i].error);
        ck_assert_uint_eq(b.c->s.r[R_SP], sp);
        ck_assert_uint_eq(b.c->cpl, cpl);
        return;
    }
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x12345678);
    ck_assert_uint_eq(b.c->cpl, now);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].sel, gates[_i].code | now);
    if (!gates[_i].call) {
        ck_assert_uint_eq(b.c->s.r[R_SP], sp);
    } else if (now == cpl) {
        ck_assert_uint_eq(b.c->s.r[R_SP], sp - 8);
    } else {
        at = stack[now] - 24;
        ck_assert_uint_eq(b.c->s.r[R_SP], at);
        ck_assert_uint_eq(tables_peek(&b, at, 4), TABLES_CODE + 7);
        ck_assert_uint_eq(tables_peek(&b, at + 4, 4), T_CODE3 | 3);
        ck_assert_uint_eq(tables_peek(&b, at + 8, 4), 0x11111111);
        ck_assert_uint_eq(tables_peek(&b, at + 12, 4), 0x22222222);
        ck_assert_uint_eq(tables_peek(&b, at + 16, 4), sp);
        ck_assert_uint_eq(tables_peek(&b, at + 20, 4), T_DATA3 | 3);
    }
}
END_TEST

START_TEST(gate16)
{
    tables_protected(&b, 3);
    tables_set(
        &b, T_GATE,
        tables_gate(T_CODE0, 0x12345678, T_P | SYS_CALL16 | T_DPL(3), 1));
    tables_poke(&b, TABLES_STACK3, 0xabcd, 2);
    ck_assert_int_eq(far_ptr(0x9a, T_GATE | 3, 0), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x5678);
    ck_assert_uint_eq(b.c->s.r[R_SP], TABLES_STACK0 - 10);
    ck_assert_uint_eq(tables_peek(&b, TABLES_STACK0 - 6, 2), 0xabcd);
    ck_assert_uint_eq(tables_peek(&b, TABLES_STACK0 - 2, 2), T_DATA3 | 3);
}
END_TEST

START_TEST(gate64)
{
    tables_long64(&b, 3);
    tables_set(&b, T_GATE,
               tables_gate(T_CODE64, 0x1000, T_P | SYS_CALL32 | T_DPL(3), 0));
    tables_set(&b, T_GATE + 8, 0xffff8000);
    ck_assert_int_eq(far_mem(3, T_GATE | 3, 0, false), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0xffff800000001000);
    ck_assert_uint_eq(b.c->s.seg[SEG_SS].sel, 0);
    ck_assert_uint_eq(b.c->cpl, 0);
    ck_assert_uint_eq(b.c->s.r[R_SP], TABLES_STACK0 - 32);
    ck_assert_uint_eq(tables_peek(&b, TABLES_STACK0 - 16, 8), TABLES_STACK3);
    ck_assert_uint_eq(tables_peek(&b, TABLES_STACK0 - 8, 8), T_DATA3 | 3);
    /* and back: retf with 64-bit operands */
    ck_assert_int_eq(bare_run(&b, "\x48\xcb"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_IP], TABLES_CODE + 2);
    ck_assert_uint_eq(b.c->s.r[R_SP], TABLES_STACK3);
    ck_assert_uint_eq(b.c->cpl, 3);
    /* a gate to code that is not 64-bit */
    tables_set(&b, T_GATE,
               tables_gate(T_CODE0, 0x1000, T_P | SYS_CALL32 | T_DPL(3), 0));
    ck_assert_int_eq(far_mem(3, T_GATE | 3, 0, false), VEC_GP);
    ck_assert_uint_eq(b.event.error, T_CODE0);
    /* an upper half of another type */
    tables_set(&b, T_GATE + 8, 0x1f00ull << 32);
    ck_assert_int_eq(far_mem(3, T_GATE | 3, 0, false), VEC_GP);
    ck_assert_uint_eq(b.event.error, T_GATE);
}
END_TEST

/* The stack of the inner level: "#TS(new SS)", "#SS(new SS)". */
static const struct {
    uint16_t ss;
    uint32_t esp;
    uint32_t tr_limit;
    int vector;
    uint32_t error;
} stacks[] = {
    {T_DATA0, TABLES_STACK0, 0xff, BARE_DONE, 0},
    {0, TABLES_STACK0, 0xff, VEC_TS, 0},
    {T_DATA0 | 3, TABLES_STACK0, 0xff, VEC_TS, T_DATA0},
    {T_DATA3, TABLES_STACK0, 0xff, VEC_TS, T_DATA3},
    {T_CODE0, TABLES_STACK0, 0xff, VEC_TS, T_CODE0},
    {T_END, TABLES_STACK0, 0xff, VEC_TS, T_END},
    {T_DATA0, TABLES_STACK0, 8, VEC_TS, T_TSS},
    {T_DATA0, TABLES_STACK0, 9, BARE_DONE, 0},
    {T_DATA16, 2, 0xff, VEC_SS, T_DATA16}, /* 0xfffe..0x10001 */
    {T_DOWN, 0x100c, 0xff, VEC_SS, T_DOWN},
    {T_DOWN, 0x1018, 0xff, BARE_DONE, 0},
};

START_TEST(inner_stack)
{
    int vector;

    tables_protected(&b, 3);
    tables_poke(&b, TABLES_TSS + 4, stacks[_i].esp, 4);
    tables_poke(&b, TABLES_TSS + 8, stacks[_i].ss, 2);
    b.c->s.tr.limit = stacks[_i].tr_limit;
    tables_set(&b, T_GATE,
               tables_gate(T_CODE0, 0, T_P | SYS_CALL32 | T_DPL(3), 0));
    vector = far_ptr(0x9a, T_GATE | 3, 0);
    ck_assert_int_eq(vector, stacks[_i].vector);
    if (vector != BARE_DONE)
        ck_assert_uint_eq(b.event.error, stacks[_i].error);
}
END_TEST

/* ---- RET ---- */
static const struct {
    unsigned cpl;
    uint16_t cs, ss;
    uint32_t eip;
    int vector;
    uint32_t error;
} rets[] = {
    {0, T_CODE0, 0, 0x1234, BARE_DONE, 0},
    {0, T_CODE3 | 3, T_DATA3 | 3, 0x1234, BARE_DONE, 0},
    {0, T_CODE1 | 1, T_DATA1 | 1, 0x1234, BARE_DONE, 0},
    {0, 0, 0, 0, VEC_GP, 0},
    {0, T_END, 0, 0, VEC_GP, T_END},
    {0, T_DATA0, 0, 0, VEC_GP, T_DATA0},
    {3, T_CODE0, 0, 0, VEC_GP, T_CODE0}, /* RPL < CPL */
    {3, T_CODE0 | 3, 0, 0, VEC_GP, T_CODE0},
    {0, T_CODE3, 0, 0, VEC_GP, T_CODE3},
    {3, T_CONFORM | 3, 0, 0x10, BARE_DONE, 0},
    {0, T_ABSENTC, 0, 0, VEC_NP, T_ABSENTC},
    {0, T_SMALL, 0, 0x100, VEC_GP, 0},
    {0, T_CODE3 | 3, 0, 0, VEC_GP, 0},
    {0, T_CODE3 | 3, T_DATA0, 0, VEC_GP, T_DATA0},
    {0, T_CODE3 | 3, T_DATA3, 0, VEC_GP, T_DATA3},
    {0, T_CODE3 | 3, T_DATA1 | 3, 0, VEC_GP, T_DATA1},
    {0, T_CODE3 | 3, T_RODATA | 3, 0, VEC_GP, T_RODATA},
    {0, T_CODE3 | 3, T_ABSENT | 3, 0, VEC_SS, T_ABSENT},
};

START_TEST(ret)
{
    uint16_t cs = rets[_i].cs;
    uint64_t sp;
    int vector;

    tables_protected(&b, rets[_i].cpl);
    sp = b.c->s.r[R_SP] -= 0x40;
    tables_poke(&b, sp, rets[_i].eip, 4);
    tables_poke(&b, sp + 4, cs, 4);
    tables_poke(&b, sp + 16, 0xc000, 4); /* after 8 bytes of parameters */
    tables_poke(&b, sp + 20, rets[_i].ss, 4);
    vector = bare_run(&b, "\xca\x08\x00");
    ck_assert_int_eq(vector, rets[_i].vector);
    if (vector != BARE_DONE) {
        ck_assert_uint_eq(b.event.error, rets[_i].error);
        ck_assert_uint_eq(b.c->s.r[R_SP], sp);
        return;
    }
    ck_assert_uint_eq(b.c->s.r[R_IP], rets[_i].eip);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].sel, cs);
    ck_assert_uint_eq(b.c->cpl, cs & 3u);
    ck_assert_uint_eq(b.c->s.r[R_SP],
                      (cs & 3u) != rets[_i].cpl ? 0xc008 : sp + 16);
}
END_TEST

/* "Segments that the outer level may not use become null." */
START_TEST(outer_nulls)
{
    struct x86_seg *s = b.c->s.seg;
    uint64_t sp;

    tables_protected(&b, 0);
    sp = b.c->s.r[R_SP] -= 0x20;
    tables_poke(&b, sp, 0, 4);
    tables_poke(&b, sp + 4, T_CODE3 | 3, 4);
    tables_poke(&b, sp + 8, 0xc000, 4);
    tables_poke(&b, sp + 12, T_DATA3 | 3, 4);
    x86_load_seg(b.c, SEG_ES, T_DATA0);
    x86_load_seg(b.c, SEG_DS, T_DATA3);
    x86_load_seg(b.c, SEG_FS, T_CONFORM);
    x86_load_seg(b.c, SEG_GS, T_DATA1);
    ck_assert_int_eq(bare_run(&b, "\xcb"), BARE_DONE);
    ck_assert_uint_eq(s[SEG_ES].sel, 0);
    ck_assert(s[SEG_ES].attr & SA_UNUSABLE);
    ck_assert_uint_eq(s[SEG_DS].sel, T_DATA3);
    ck_assert_uint_eq(s[SEG_FS].sel, T_CONFORM);
    ck_assert_uint_eq(s[SEG_GS].sel, 0);
    ck_assert(b.c->sc[SEG_ES].rnone);
    ck_assert_uint_eq(b.c->view, X86_VIEW_USER);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *test_far_suite(void)
{
    Suite *s = suite_create("far");
    TCase *t = tcase_create("direct");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, jmp, 0, N(jumps));
    tcase_add_loop_test(t, call, 0, N(jumps));
    tcase_add_test(t, conforming);
    tcase_add_test(t, modes);
    tcase_add_test(t, real_mode);
    suite_add_tcase(s, t);
    t = tcase_create("gates");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, gate, 0, N(gates));
    tcase_add_test(t, gate16);
    tcase_add_test(t, gate64);
    tcase_add_loop_test(t, inner_stack, 0, N(stacks));
    suite_add_tcase(s, t);
    t = tcase_create("ret");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, ret, 0, N(rets));
    tcase_add_test(t, outer_nulls);
    suite_add_tcase(s, t);
    return s;
}
