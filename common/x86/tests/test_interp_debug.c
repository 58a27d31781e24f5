/* test_interp_debug.c: breakpoints on instructions, data and ports, where they
 * stop and what they say. [SDM3 "Debug Exceptions"] */
#include "common/x86/debug.h"

#include "common/tests/suite.h"
#include "common/x86/tests/rig.h"

#define MOST 2000u

static struct rig one;

/* ---- instruction breakpoints ---- */
static uint64_t dr7(unsigned n, unsigned rw, unsigned len)
{
    return 0x400u | 1u << 2 * n | rw << (16 + 4 * n) | len << (18 + 4 * n);
}

static void set_dr7(struct rig *r, uint64_t v)
{
    r->c->s.dr[7] = v;
    interp_processor_ops.state_changed(&r->c->v);
}

GUEST32(eight, "inc %ebx\n inc %ebx\n inc %ebx\n inc %ebx\n"
               "inc %ebx\n inc %ebx\n inc %ebx\n inc %ebx\n hlt");

/* Each of the four, at each instruction, enabled either way. A fault: the
 * instruction has not run. Without RF in the image it hits again. */
START_TEST(stops_before)
{
    for (unsigned k = 0; k < 8; k++) {
        rig_init(&one, RIG_PROT);
        rig_guest(&one, eight);
        one.db_flags = FL_RF;
        one.c->s.dr[_i] = RIG_CODE + k;
        set_dr7(&one, k % 2 ? dr7((unsigned)_i, 0, 0) : 2u << 2 * _i | 0x400);
        ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
        ck_assert_uint_eq(one.nr, 1);
        ck_assert_uint_eq(one.log[0].vector, VEC_DB);
        ck_assert_uint_eq(one.log[0].ip, RIG_CODE + k);
        ck_assert_uint_eq(one.log[0].icount, k);
        ck_assert_uint_eq(one.log[0].dr6, DR6_ONES | DR6_B((unsigned)_i));
        ck_assert_uint_eq(one.log[0].flags & FL_RF, 0);
        ck_assert_uint_eq(one.c->v.icount, 9 + 2);
        ck_assert_uint_eq(one.c->s.rflags & FL_RF, 0);
        rig_fini(&one);
    }
}
END_TEST

START_TEST(hits_again_without_rf)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, eight);
    one.c->s.dr[2] = RIG_CODE + 3;
    set_dr7(&one, dr7(2, 0, 0));
    ck_assert_int_eq(rig_finish(&one, 3 + 2 * 10), EXIT_BUDGET);
    ck_assert_uint_eq(one.nr, 10);
    ck_assert_uint_eq(one.log[9].ip, RIG_CODE + 3);
    ck_assert_uint_eq(one.c->s.r[R_BX], 3);
    rig_fini(&one);
}
END_TEST

/* Only the first byte of an instruction counts; two may say the same. */
START_TEST(first_bytes_only)
{
    rig_init(&one, RIG_PROT);
    one.db_flags = FL_RF;
    rig_put(&one, RIG_CODE, "\xb8\x90\x90\x90\x90\x40\xf4", 7);
    one.c->s.dr[0] = RIG_CODE + 2;
    one.c->s.dr[1] = one.c->s.dr[3] = RIG_CODE + 5;
    set_dr7(&one, dr7(0, 0, 0) | dr7(1, 0, 0) | dr7(3, 0, 0));
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].ip, RIG_CODE + 5);
    ck_assert_uint_eq(one.log[0].dr6, DR6_ONES | DR6_B(1) | DR6_B(3));
    rig_fini(&one);
}
END_TEST

/* Linear addresses: RIP plus base. */
START_TEST(linear_address)
{
    rig_init(&one, RIG_REAL); /* whose frames have no RF */
    rig_put(&one, RIG_CODE, "\x43\x43\x43\xf4", 4);
    one.c->s.dr[0] = RIG_CODE + 2;
    set_dr7(&one, dr7(0, 0, 0));
    ck_assert_int_eq(rig_finish(&one, 5), EXIT_BUDGET);
    ck_assert_uint_eq(one.nr, 2);
    ck_assert_uint_eq(one.log[0].ip, 2);
    rig_fini(&one);
}
END_TEST

GUEST32(mov_ss, "mov %ss, %eax\n mov %eax, %ss\n inc %ebx\n inc %ebx\n hlt");

/* Not right after MOV SS. */
START_TEST(not_after_mov_ss)
{
    rig_init(&one, RIG_PROT);
    one.db_flags = FL_RF;
    rig_guest(&one, mov_ss);
    one.c->s.dr[0] = RIG_CODE + 4; /* the first INC */
    set_dr7(&one, dr7(0, 0, 0));
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.nr, 0);
    rig_fini(&one);
}
END_TEST

/* Handlers' first instructions too; and an interrupt comes before one. */
START_TEST(interrupt_first)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, eight);
    one.db_flags = FL_RF;
    one.c->s.rflags |= FL_IF;
    one.c->s.dr[0] = RIG_CODE + 2;
    one.c->s.dr[1] = RIG_STUBS + 16 * one.timer_vector;
    set_dr7(&one, dr7(0, 0, 0) | dr7(1, 0, 0));
    clock_arm(&one.b.m.clock, &one.timer, 2);
    rig_engine(&one, 20);
    ck_assert_uint_eq(one.nr, 3);
    ck_assert_uint_eq(one.log[0].ip, RIG_STUBS + 16 * one.timer_vector);
    ck_assert_uint_eq(one.log[1].vector, one.timer_vector);
    ck_assert_uint_eq(one.log[1].ip, RIG_CODE + 2);
    ck_assert_uint_eq(one.log[2].ip, RIG_CODE + 2);
    ck_assert_uint_eq(one.log[2].dr6, DR6_ONES | DR6_B(0) | DR6_B(1));
    rig_fini(&one);
}
END_TEST

/* Before the fetch could fault. */
START_TEST(before_the_fetch)
{
    rig_init(&one, RIG_PROT);
    one.db_flags = FL_RF;
    rig_put(&one, RIG_CODE, "\xb8\x00\x00\x06\x00\xff\xe0", 7);
    rig_paging(&one);
    rig_map(&one, 0x60000, 0, 0);
    one.c->s.dr[0] = 0x60000;
    set_dr7(&one, dr7(0, 0, 0));
    ck_assert_int_eq(rig_finish(&one, 5), EXIT_BUDGET);
    ck_assert_uint_eq(one.nr, 2);
    ck_assert_uint_eq(one.log[0].vector, VEC_DB);
    ck_assert_uint_eq(one.log[0].ip, 0x60000);
    ck_assert_uint_eq(one.log[1].vector, VEC_PF);
    ck_assert_uint_eq(one.log[1].cr2, 0x60000);
    rig_fini(&one);
}
END_TEST

/* A long repeated instruction stops for the run loop, but not at its own
 * breakpoint again. */
GUEST32(long_lods, "mov $0x280000, %ecx\n mov $0x10000000, %esi\n rep lodsb\n"
                   "hlt");

START_TEST(once_for_a_repeated_one)
{
    rig_init(&one, RIG_PROT);
    one.db_flags = FL_RF;
    rig_guest(&one, long_lods);
    one.c->s.dr[0] = RIG_CODE + 10;
    set_dr7(&one, dr7(0, 0, 0));
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.c->v.icount, 6);
    rig_fini(&one);
}
END_TEST

/* MOV to DR7 counts for the very next instruction. */
GUEST32(enables, "mov $(1f - enables_code + 0x10000), %eax\n mov %eax, %dr0\n"
                 "mov $0x401, %eax\n mov %eax, %dr7\n 1: inc %ebx\n hlt");

START_TEST(enabled_by_mov)
{
    rig_init(&one, RIG_PROT);
    one.db_flags = FL_RF;
    rig_guest(&one, enables);
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].icount, 4);
    rig_fini(&one);
}
END_TEST

/* ---- data breakpoints: traps, after the instruction ---- */
#define BP "0x40004"

GUEST32(d_store, "movl $1, " BP "\n inc %ebx\n hlt");
GUEST32(d_load, "mov " BP ", %eax\n inc %ebx\n hlt");
GUEST32(d_rmw, "incl " BP "\n inc %ebx\n hlt");
GUEST32(d_cross, "movl $1, 0x40001\n inc %ebx\n hlt");
GUEST32(d_below, "movl $1, 0x40000\n inc %ebx\n hlt");
GUEST32(d_above, "movb $1, 0x40008\n inc %ebx\n hlt");
GUEST32(d_push, "mov $0x40008, %esp\n push %eax\n mov $0x9000, %esp\n hlt");
GUEST32(d_call, "mov $0x40008, %esp\n call 1f\n 1: mov $0x9000, %esp\n hlt");
GUEST32(d_pop, "mov $0x40004, %esp\n pop %eax\n mov $0x9000, %esp\n hlt");
GUEST32(d_cmpxchg, "lock cmpxchg %ecx, " BP "\n inc %ebx\n hlt");
GUEST32(d_sse, "movups %xmm0, 0x40000\n inc %ebx\n hlt");
GUEST32(d_fst, "fstpt 0x3fffc\n inc %ebx\n hlt");
GUEST32(d_movs, "mov $0x40000, %edi\n mov $0x41000, %esi\n movsb\n"
                "movb $1, 4(%esi)\n hlt");
GUEST32(d_nothing, "lea " BP ", %eax\n prefetchnta " BP "\n inc %ebx\n hlt");

enum { W = 1, RW = 3 };

static const struct {
    const char *name;
    const uint8_t *code, *end;
    unsigned rw, len;
    int at; /* #DB before this instruction of the text; -1: none */
} data[] = {
#define DATA(n, rw, len, at)                                                   \
    {                                                                          \
#n, n##_code, n##_end, rw, len, at                                     \
    }
    DATA(d_store, W, 3, 1),
    DATA(d_store, RW, 3, 1),
    DATA(d_load, W, 3, -1),
    DATA(d_load, RW, 3, 1),
    DATA(d_rmw, W, 3, 1),
    DATA(d_rmw, RW, 3, 1),
    DATA(d_cross, W, 3, 1),
    DATA(d_cross, W, 0, 1),
    DATA(d_below, W, 3, -1),
    DATA(d_below, RW, 2, 1), /* 8 bytes: 0x40000.. */
    DATA(d_above, RW, 3, -1),
    DATA(d_push, W, 3, 2),
    DATA(d_call, W, 3, 2),
    DATA(d_pop, W, 3, -1),
    DATA(d_cmpxchg, W, 0, 1),
    DATA(d_sse, W, 0, 1),
    DATA(d_fst, W, 0, 1),
    DATA(d_movs, RW, 3, -1),
    DATA(d_nothing, RW, 3, -1),
#undef DATA
};

START_TEST(data_breakpoint)
{
    unsigned n = (unsigned)_i % 4;

    rig_init(&one, RIG_PROT);
    one.c->s.cr4 |= CR4_OSFXSR;
    rig_put(&one, RIG_CODE, data[_i].code,
            (size_t)(data[_i].end - data[_i].code));
    one.c->s.dr[n] = 0x40004;
    set_dr7(&one, dr7(n, data[_i].rw, data[_i].len));
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    if (data[_i].at < 0) {
        ck_assert_msg(one.nr == 0, "%s", data[_i].name);
        rig_fini(&one);
        return;
    }
    ck_assert_msg(one.nr == 1, "%s: %u", data[_i].name, one.nr);
    ck_assert_uint_eq(
        one.log[0].ip,
        RIG_CODE + rig_insn_offset(&one, data[_i].code, (unsigned)data[_i].at));
    ck_assert_uint_eq(one.log[0].icount, data[_i].at);
    ck_assert_uint_eq(one.log[0].dr6, DR6_ONES | DR6_B(n));
    ck_assert_uint_eq(one.log[0].flags & FL_RF, 0);
    rig_fini(&one);
}
END_TEST

/* On a stack of its own, for the handler's is another one. */
START_TEST(data_of_pop)
{
    rig_init(&one, RIG_PROT3);
    rig_guest(&one, d_pop);
    one.c->s.dr[3] = 0x40004;
    set_dr7(&one, dr7(3, RW, 3));
    ck_assert_int_eq(rig_finish(&one, 4), EXIT_BUDGET);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].icount, 2);
    ck_assert_uint_eq(one.log[0].dr6, DR6_ONES | DR6_B(3));
    rig_fini(&one);
}
END_TEST

/* [SDM3 "Data Memory and I/O Breakpoint Exception Conditions"]: after the
 * iteration that met it. */
GUEST32(r_stos, "mov $20, %ecx\n mov $0x40000, %edi\n rep stosb\n hlt");
GUEST32(r_movs, "mov $20, %ecx\n mov $0x41000, %edi\n mov $0x40000, %esi\n"
                "rep movsb\n hlt");
GUEST32(r_scas, "mov $20, %ecx\n mov $0x40000, %edi\n repe scasb\n hlt");
GUEST32(r_outs, "mov $20, %ecx\n mov $0x40000, %esi\n mov $0x508, %edx\n"
                "rep outsb\n hlt");
GUEST32(r_ins, "mov $20, %ecx\n mov $0x40000, %edi\n mov $0x508, %edx\n"
               "rep insb\n hlt");

static const struct {
    const char *name;
    const uint8_t *code, *end;
    unsigned rw, insn; /* which is repeated */
} repeated[] = {
#define REPEATED(n, rw, insn)                                                  \
    {                                                                          \
#n, n##_code, n##_end, rw, insn                                        \
    }
    REPEATED(r_stos, W, 2),  REPEATED(r_movs, RW, 3), REPEATED(r_scas, RW, 2),
    REPEATED(r_outs, RW, 3), REPEATED(r_ins, W, 3),
#undef REPEATED
};

START_TEST(data_in_a_repeated_one)
{
    unsigned at = repeated[_i].insn;

    rig_init(&one, RIG_PROT);
    rig_put(&one, RIG_CODE, repeated[_i].code,
            (size_t)(repeated[_i].end - repeated[_i].code));
    one.c->s.dr[0] = 0x40004;
    set_dr7(&one, dr7(0, repeated[_i].rw, 0));
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_msg(one.nr == 1, "%s", repeated[_i].name);
    ck_assert_uint_eq(one.log[0].ip,
                      RIG_CODE + rig_insn_offset(&one, repeated[_i].code, at));
    ck_assert_uint_eq(one.log[0].icount, at);
    ck_assert_uint_eq(one.log[0].cx, 15);
    ck_assert_uint_ne(one.log[0].flags & FL_RF, 0);
    rig_fini(&one);
}
END_TEST

/* MOV SS holds the trap off by one more instruction; if that is INT n, the trap
 * comes in its handler. */
GUEST32(ss_data, "mov " BP ", %ss\n inc %ebx\n inc %ebx\n hlt");
GUEST32(ss_int, "mov " BP ", %ss\n int $0x41\n hlt");

START_TEST(data_of_mov_ss)
{
    for (unsigned k = 0; k < 2; k++) {
        rig_init(&one, RIG_PROT);
        if (k == 0)
            rig_guest(&one, ss_data);
        else
            rig_guest(&one, ss_int);
        tables_poke(&one.b, 0x40004, T_DATA0, 2);
        one.c->s.dr[0] = 0x40004;
        set_dr7(&one, dr7(0, RW, 0));
        ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
        ck_assert_uint_eq(one.nr, 1 + k);
        ck_assert_uint_eq(one.log[0].vector, VEC_DB);
        ck_assert_uint_eq(one.log[0].icount, 2);
        ck_assert_uint_eq(one.log[0].ip,
                          k == 0 ? RIG_CODE +
                                       rig_insn_offset(&one, ss_data_code, 2)
                                 : RIG_STUBS + 16 * 0x41);
        ck_assert_uint_eq(one.log[0].dr6, DR6_ONES | DR6_B(0));
        rig_fini(&one);
    }
}
END_TEST

/* An instruction that faults has made no access. */
GUEST32(d_fault, "divb " BP "\n inc %ebx\n hlt"); /* by 0 */

START_TEST(data_of_a_fault)
{
    rig_init(&one, RIG_PROT);
    one.skip = 6;
    rig_guest(&one, d_fault);
    one.c->s.dr[0] = 0x40004;
    set_dr7(&one, dr7(0, RW, 0));
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].vector, VEC_DE);
    ck_assert_uint_eq(one.c->s.r[R_BX], 1);
    rig_fini(&one);
}
END_TEST

/* ---- ports ---- */
GUEST32(p_in, "mov $0x508, %edx\n in %dx, %al\n inc %ebx\n hlt");
GUEST32(p_out, "mov $0x508, %edx\n out %al, %dx\n inc %ebx\n hlt");
GUEST32(p_outs, "mov $0x508, %edx\n mov $5, %ecx\n rep outsb\n hlt");

static const struct {
    const uint8_t *code, *end;
    bool de;
    unsigned nr;
    uint64_t icount, cx; /* at the first */
} ports[] = {
    {p_in_code, p_in_end, true, 1, 2, 0},
    {p_out_code, p_out_end, true, 1, 2, 0},
    {p_outs_code, p_outs_end, true, 5, 2, 4},
    {p_out_code, p_out_end, false, 0, 0, 0},
};

START_TEST(port_breakpoint)
{
    rig_init(&one, RIG_PROT);
    rig_put(&one, RIG_CODE, ports[_i].code,
            (size_t)(ports[_i].end - ports[_i].code));
    if (ports[_i].de)
        one.c->s.cr4 |= CR4_DE;
    one.c->s.dr[1] = 0x508;
    set_dr7(&one, dr7(1, 2, 0));
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.nr, ports[_i].nr);
    if (one.nr != 0) {
        ck_assert_uint_eq(one.log[0].icount, ports[_i].icount);
        ck_assert_uint_eq(one.log[0].cx, ports[_i].cx);
        ck_assert_uint_eq(one.log[0].dr6, DR6_ONES | DR6_B(1));
    }
    rig_fini(&one);
}
END_TEST

/* ---- DR7.GD: a fault, cleared for the handler ---- */
START_TEST(general_detect)
{
    rig_init(&one, RIG_PROT);
    rig_put(&one, RIG_CODE, "\x90\x0f\x21\xc0\xf4", 5); /* mov %dr0, %eax */
    set_dr7(&one, 0x400 | DR7_GD);
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].ip, RIG_CODE + 1);
    ck_assert_uint_eq(one.log[0].icount, 1);
    ck_assert_uint_eq(one.log[0].dr6, DR6_ONES | DR6_BD);
    ck_assert_uint_eq(one.c->s.dr[7], 0x400);
    rig_fini(&one);
}
END_TEST

/* DR6 collects; several causes come as one trap. */
START_TEST(causes_together)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, d_store);
    one.c->s.rflags |= FL_TF;
    one.c->s.dr[6] = DR6_ONES | DR6_B(3);
    one.c->s.dr[0] = one.c->s.dr[1] = 0x40004;
    set_dr7(&one, dr7(0, RW, 3) | dr7(1, W, 0));
    ck_assert_int_eq(rig_finish(&one, 2), EXIT_BUDGET);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].dr6,
                      DR6_ONES | DR6_BS | DR6_B(0) | DR6_B(1) | DR6_B(3));
    rig_fini(&one);
}
END_TEST

Suite *test_interp_debug_suite(void)
{
    Suite *s = suite_create("interp_debug");
    TCase *tc = tcase_create("instructions");

    tcase_add_loop_test(tc, stops_before, 0, 4);
    tcase_add_test(tc, hits_again_without_rf);
    tcase_add_test(tc, first_bytes_only);
    tcase_add_test(tc, linear_address);
    tcase_add_test(tc, not_after_mov_ss);
    tcase_add_test(tc, interrupt_first);
    tcase_add_test(tc, before_the_fetch);
    tcase_add_test(tc, once_for_a_repeated_one);
    tcase_add_test(tc, enabled_by_mov);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("data");
    tcase_add_loop_test(tc, data_breakpoint, 0, ARRAY_LEN(data));
    tcase_add_test(tc, data_of_pop);
    tcase_add_loop_test(tc, data_in_a_repeated_one, 0, ARRAY_LEN(repeated));
    tcase_add_test(tc, data_of_mov_ss);
    tcase_add_test(tc, data_of_a_fault);
    tcase_add_loop_test(tc, port_breakpoint, 0, ARRAY_LEN(ports));
    tcase_add_test(tc, general_detect);
    tcase_add_test(tc, causes_together);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
