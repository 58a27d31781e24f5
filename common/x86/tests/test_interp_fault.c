/* test_interp_fault.c: faults while delivering faults, shutdown, guests that
 * get nowhere, code at places where code should not be. */
#include "common/x86/interp.h"

#include "common/tests/suite.h"
#include "common/x86/tests/rig.h"

#define MOST    2000u
#define NOWHERE 0x40000000u /* linear, not mapped in 64-bit mode */

static struct rig one;

/* ---- [SDM3 "Interrupt 8--Double Fault Exception (#DF)"] ----
 * In 64-bit mode, where stacks of their own (IST) keep deliveries apart. */
enum first { F_UD, F_DB, F_NMI, F_INT, F_EXTINT, F_DE, F_GP, F_NP, F_SS, F_PF };

static const struct {
    const char *code; /* raises it */
    unsigned len;
    unsigned vector;
} firsts[] = {
    [F_UD] = {"\x0f\x0b", 2, VEC_UD},
    [F_DB] = {"\xf1", 1, VEC_DB},
    [F_NMI] = {"\x90", 1, VEC_NMI},
    [F_INT] = {"\xcd\x41", 2, 0x41},
    [F_EXTINT] = {"\x90", 1, 0x60},
    [F_DE] = {"\xf7\xf1", 2, VEC_DE},     /* div %ecx */
    [F_GP] = {"\x0f\x22\xc3", 3, VEC_GP}, /* mov %rbx, %cr0 */
    [F_NP] = {"\xb8\xa0\x00\x00\x00\x50\x68\x00\x00\x01\x00\x48\xcb", 13,
              VEC_NP}, /* lretq to ABSENTC */
    [F_SS] = {"\x48\xbc\x00\x00\x00\x00\x00\x00\x00\x80\x58", 11, VEC_SS},
    [F_PF] = {"\xa0\x00\x00\x00\x40\x00\x00\x00\x00", 9, VEC_PF},
};

/* How the gate of the first makes a second */
enum second { S_NP, S_GP, S_SS, S_PF };

static const unsigned second_vector[] = {VEC_NP, VEC_GP, VEC_SS, VEC_PF};

static void break_gate(struct rig *r, unsigned vector, enum second how)
{
    uint32_t at = RIG_STUBS + 16 * vector;
    uint64_t gate = tables_gate(T_CODE64, at, T_P | SYS_INT32 | T_DPL(3), 0);

    switch (how) {
    case S_NP:
        gate = tables_gate(T_CODE64, at, SYS_INT32 | T_DPL(3), 0);
        break;
    case S_GP:
        gate = tables_gate(T_CODE64, at, T_P | SYS_CALL32 | T_DPL(3), 0);
        break;
    case S_SS: /* IST 1: no address */
        gate = tables_gate(T_CODE64, at, T_P | SYS_INT32 | T_DPL(3), 1);
        break;
    case S_PF: /* IST 2: no page */
        gate = tables_gate(T_CODE64, at, T_P | SYS_INT32 | T_DPL(3), 2);
        break;
    }
    tables_idt(&r->b, vector, gate);
}

static void stop_hook(struct rig *r, struct rig_event *e)
{
    (void)e;
    machine_stop(&r->b.m, MACHINE_GUEST_EXIT, 0);
}

static void begin(struct rig *r, enum first f)
{
    rig_init(r, RIG_LONG);
    r->hook = stop_hook;
    rig_put(r, RIG_CODE, firsts[f].code, firsts[f].len);
    rig_put(r, RIG_CODE + firsts[f].len, "\xf4", 1);
    tables_poke(&r->b, TABLES_TSS + 36, 1ull << 63, 8);
    tables_poke(&r->b, TABLES_TSS + 44, NOWHERE + 0x1000, 8);
    tables_poke(&r->b, TABLES_TSS + 52, 0xc000, 8); /* IST 3 is good */
    for (unsigned v = 8; v <= VEC_PF; v++)
        tables_idt(
            &r->b, v,
            tables_gate(T_CODE64, RIG_STUBS + 16 * v, T_P | SYS_INT32, 3));
    r->c->s.r[R_BX] = 1ull << 40;
    r->c->s.rflags |= FL_IF;
    if (f == F_NMI)
        r->b.m.cpu->nmi(r->b.m.cpu_opaque);
    if (f == F_EXTINT)
        clock_arm(&r->b.m.clock, &r->timer, 0);
}

/* Contributory exceptions [SDM3 Table "Interrupt and Exception Classes"] */
static bool contributory(unsigned vector)
{
    return vector == VEC_DE || (vector >= VEC_TS && vector <= VEC_GP);
}

static bool doubles(enum first f, unsigned second)
{
    unsigned v = firsts[f].vector;

    if (f == F_INT || f == F_EXTINT || f == F_NMI)
        return false;
    return (contributory(v) && contributory(second)) ||
           (v == VEC_PF && (contributory(second) || second == VEC_PF));
}

static void check_pair(enum first f, enum second how)
{
    unsigned v = firsts[f].vector, second = second_vector[how], want;

    if (v == second) /* its own gate is the broken one: see shuts_down */
        return;
    begin(&one, f);
    break_gate(&one, v, how);
    want = doubles(f, second) ? VEC_DF : second;
    rig_engine(&one, MOST);
    ck_assert_msg(one.nr == 1 && one.log[0].vector == want,
                  "%u, then %u: %u is delivered, not %u", v, second,
                  one.log[0].vector, want);
    if (want == VEC_DF) {
        ck_assert_uint_eq(one.log[0].error, 0);
    } else {
        ck_assert_uint_eq(one.log[0].ip & ~15ull, RIG_CODE);
        if (second == VEC_PF)
            ck_assert_uint_eq(one.log[0].error, PF_W);
        if (second == VEC_PF)
            ck_assert_uint_eq(one.log[0].cr2, NOWHERE + 0x1000 - 8);
        if (second == VEC_NP)
            ck_assert_uint_eq(one.log[0].error,
                              v * 8 | ERR_IDT | (f == F_INT ? 0 : ERR_EXT));
    }
    rig_fini(&one);
}

START_TEST(pairs)
{
    for (unsigned how = S_NP; how <= S_PF; how++)
        check_pair((enum first)_i, (enum second)how);
}
END_TEST

/* The first's own vector can be the second's: #PF in #PF, #NP in #NP. */
START_TEST(twice_the_same)
{
    static const struct {
        enum first f;
        enum second how;
    } same[] = {{F_PF, S_PF}, {F_NP, S_NP}, {F_GP, S_GP}, {F_SS, S_SS}};

    begin(&one, same[_i].f);
    break_gate(&one, firsts[same[_i].f].vector, same[_i].how);
    rig_engine(&one, MOST);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].vector, VEC_DF);
    rig_fini(&one);
}
END_TEST

/* A third: shutdown. NMI and INIT end that; INTR does not. */
START_TEST(shuts_down)
{
    begin(&one, F_PF);
    break_gate(&one, VEC_PF, S_PF);
    break_gate(&one, VEC_DF, (enum second)_i);
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_SHUTDOWN);
    ck_assert_uint_eq(one.nr, 0);
    ck_assert_uint_eq(one.c->v.icount, 0);
    ck_assert_uint_eq(one.c->s.r[R_IP], RIG_CODE);
    ck_assert_uint_eq(
        ledger_get(&one.c->v.ledger, LEDGER_SENSITIVE, SENS_TRIPLE_FAULT, 0),
        1);
    ck_assert_int_eq(rig_run(&one, 10), EXIT_SHUTDOWN); /* and stays there */
    rig_fini(&one);
}
END_TEST

START_TEST(no_tables)
{
    rig_init(&one, (enum rig_mode)_i);
    rig_put(&one, RIG_CODE, "\x0f\x0b", 2);
    one.c->s.idtr.limit = 0;
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_SHUTDOWN);
    rig_fini(&one);
}
END_TEST

/* ---- nothing retires ---- */
GUEST64(stall, "ud2");

/* The handler is the faulting instruction; its stack begins anew each time. */
START_TEST(stalls)
{
    rig_init(&one, RIG_LONG);
    rig_guest(&one, stall);
    tables_poke(&one.b, TABLES_TSS + 52, 0xc000, 8);
    tables_idt(&one.b, VEC_UD,
               tables_gate(T_CODE64, RIG_CODE, T_P | SYS_INT32, 3));
    ck_assert_int_eq(rig_engine(&one, UINT64_MAX), RUN_STALLED);
    ck_assert_uint_eq(one.c->v.icount, 0);
    ck_assert_uint_eq(one.c->s.r[R_IP], RIG_CODE);
    ck_assert_int_eq(rig_run(&one, 1), EXIT_STALLED); /* still */
    rig_put(&one, RIG_CODE, "\x90\xf4", 2);
    interp_processor_ops.state_changed(&one.c->v);
    ck_assert_int_eq(rig_finish(&one, 5), EXIT_HALTED); /* not any more */
    rig_fini(&one);
}
END_TEST

/* ---- places ---- */
struct place {
    const char *name;
    enum rig_mode mode;
    uint64_t ip; /* where to go */
    unsigned vector;
    uint64_t saved; /* RIP that is saved */
    uint64_t retired;
};

static const struct place places[] = {
    /* no memory: all ones, FF /7 does not exist */
    {"hole", RIG_PROT, 0x80000000, VEC_UD, 0x80000000, 0},
    {"hole's end", RIG_PROT, 0xfffffff0, VEC_UD, 0xfffffff0, 0},
    {"above memory", RIG_PROT, 0x100000, VEC_UD, 0x100000, 0},
    {"hole", RIG_LONG, 0x3ffffffc, VEC_UD, 0x3ffffffc, 0},
    /* NOP up to the end of memory, then the hole */
    {"off the end", RIG_PROT, 0xffffe, VEC_UD, 0x100000, 2},
    {"not mapped", RIG_LONG, NOWHERE, VEC_PF, NOWHERE, 0},
    {"not mapped", RIG_LONG, 0x7fffffffffff, VEC_PF, 0x7fffffffffff, 0},
    {"not mapped", RIG_LONG, 0xffff800000000000, VEC_PF, 0xffff800000000000, 0},
    {"not canonical", RIG_LONG, 0x800000000000, VEC_GP, 0x800000000000, 0},
    {"not canonical", RIG_LONG, 0xffff7fffffffffff, VEC_GP, 0xffff7fffffffffff,
     0},
    {"beyond CS", RIG_REAL, 0x10000, VEC_GP, 0, 0},
};

/* RIP set from outside: what the fetch says. */
START_TEST(fetches)
{
    const struct place *p = &places[_i];

    rig_init(&one, p->mode);
    rig_put(&one, 0xffffe, "\x90\x90", 2);
    one.c->s.r[R_IP] = p->ip;
    rig_run(&one, p->retired + 1);
    ck_assert_msg(one.nr == 1 && one.log[0].vector == p->vector &&
                      one.log[0].ip == p->saved,
                  "%s: %u, vector %u at %llx", p->name, one.nr,
                  one.log[0].vector, (unsigned long long)one.log[0].ip);
    ck_assert_uint_eq(one.log[0].icount, p->retired);
    if (p->vector == VEC_PF)
        ck_assert_uint_eq(one.log[0].cr2, p->ip);
    rig_fini(&one);
}
END_TEST

/* Instructions up to the last canonical address, the last one crossing it or
 * not. */
START_TEST(runs_out_of_the_canonical)
{
    const uint64_t end = 1ull << 47;

    for (unsigned cross = 0; cross < 2; cross++) {
        rig_init(&one, RIG_LONG);
        tables_poke(&one.b, 0xf0000 + 8 * 255, 0xf1007, 8);
        tables_poke(&one.b, 0xf1000 + 8 * 511, 0xf2007, 8);
        tables_poke(&one.b, 0xf2000 + 8 * 511, 0xf3007, 8);
        tables_poke(&one.b, 0xf3000 + 8 * 511, RIG_CODE | 7, 8);
        rig_put(&one, RIG_CODE + 0xffe, cross ? "\x90\xb8" : "\x90\x90", 2);
        one.c->s.r[R_IP] = end - 2;
        rig_run(&one, 3 - cross);
        ck_assert_uint_eq(one.nr, 1);
        ck_assert_uint_eq(one.log[0].vector, VEC_GP);
        ck_assert_uint_eq(one.log[0].error, 0);
        ck_assert_uint_eq(one.log[0].ip, end - cross);
        ck_assert_uint_eq(one.log[0].icount, 2 - cross);
        rig_fini(&one);
    }
}
END_TEST

/* ---- CS's limit ---- */
GUEST32(block, "inc %eax\n mov $5, %ecx\n nop\n add $1, %edx\n inc %ebx\n"
               "movl $1, 0x40000\n inc %eax\n xor %edx, %edx\n inc %eax\n hlt");
/* Offsets behind each instruction */
static const unsigned ends[] = {1, 6, 7, 10, 11, 21, 22, 24, 25, 26};

/* Whatever the limit, just those run that lie in it. With blocks that are
 * there already, and without. */
START_TEST(limit_in_a_block)
{
    unsigned fit = 0;

    for (unsigned limit = 0; limit < 27; limit++) {
        rig_init(&one, RIG_PROT);
        rig_guest(&one, block);
        if (_i) {
            ck_assert_int_eq(rig_run(&one, 6), EXIT_BUDGET);
            one.c->v.icount = 0;
            one.c->s.r[R_IP] = RIG_CODE;
        }
        one.c->s.seg[SEG_CS].limit = RIG_CODE + limit;
        if (_i)
            x86_update_mode(one.c); /* blocks stay */
        else
            interp_processor_ops.state_changed(&one.c->v);
        while (fit < ARRAY_LEN(ends) && ends[fit] <= limit + 1)
            fit++;
        rig_finish(&one, fit + 1);
        if (fit == ARRAY_LEN(ends)) {
            ck_assert_uint_eq(one.nr, 0);
        } else {
            ck_assert_uint_eq(one.nr, 1);
            ck_assert_uint_eq(one.log[0].vector, VEC_GP);
            ck_assert_uint_eq(one.log[0].icount, fit);
            ck_assert_uint_eq(one.log[0].ip,
                              RIG_CODE + (fit == 0 ? 0 : ends[fit - 1]));
        }
        rig_fini(&one);
    }
}
END_TEST

/* A branch out of the limit is the branch's fault. */
START_TEST(jump_out_of_the_limit)
{
    rig_init(&one, RIG_PROT);
    rig_put(&one, RIG_CODE, "\x90\xe9\x00\x01\x00\x00", 6);
    one.c->s.seg[SEG_CS].limit = RIG_CODE + 0x105;
    interp_processor_ops.state_changed(&one.c->v);
    rig_run(&one, 2);
    ck_assert_uint_eq(one.log[0].vector, VEC_GP);
    ck_assert_uint_eq(one.log[0].ip, RIG_CODE + 1);
    ck_assert_uint_eq(one.log[0].icount, 1);
    rig_fini(&one);
}
END_TEST

/* Past the limit is #GP, even if a page is missing there. */
START_TEST(limit_before_page)
{
    rig_init(&one, RIG_PROT);
    rig_put(&one, RIG_CODE + 0xfff, "\xb8", 1); /* the first of 5 bytes */
    rig_paging(&one);
    rig_map(&one, RIG_CODE + 0x1000, 0, 0);
    one.c->s.seg[SEG_CS].limit = RIG_CODE + 0xfff;
    one.c->s.r[R_IP] = RIG_CODE + 0xfff;
    interp_processor_ops.state_changed(&one.c->v);
    rig_run(&one, 1);
    ck_assert_uint_eq(one.log[0].vector, VEC_GP);
    rig_fini(&one);
}
END_TEST

/* The same block was decoded while the second page was there. */
START_TEST(limit_before_page_that_went)
{
    rig_init(&one, RIG_PROT);
    rig_put(&one, RIG_CODE + 0xfff, "\xb8", 1);
    rig_paging(&one);
    one.c->s.r[R_IP] = RIG_CODE + 0xfff;
    ck_assert_int_eq(rig_run(&one, 1), EXIT_BUDGET);
    rig_map(&one, RIG_CODE + 0x1000, 0, 0);
    x86_tlb_flush(one.c, true);
    one.c->s.seg[SEG_CS].limit = RIG_CODE + 0xfff;
    one.c->s.r[R_IP] = RIG_CODE + 0xfff;
    x86_update_mode(one.c);
    rig_run(&one, 1);
    ck_assert_uint_eq(one.log[0].vector, VEC_GP);
    rig_fini(&one);
}
END_TEST

/* [SDM3 "Limit Checking"]: in real mode IP does not wrap by running on, but
 * branches are cut to 16 bits. */
START_TEST(ip_at_64k)
{
    rig_init(&one, RIG_REAL);
    rig_put(&one, RIG_CODE + 0xfffd, "\xeb\x10", 2);
    rig_put(&one, RIG_CODE + 0xf, "\xb8\xff\xff\xff\xe0\xf4", 6);
    one.c->s.r[R_IP] = 0xfffd;
    ck_assert_int_eq(rig_run(&one, 1), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->s.r[R_IP], 0xf);
    rig_put(&one, RIG_CODE + 0xfffe, "\x90\x90", 2);
    one.c->s.r[R_IP] = 0xfffe;
    rig_run(&one, 3);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].vector, VEC_GP);
    ck_assert_uint_eq(one.log[0].icount, 3);
    rig_fini(&one);
}
END_TEST

/* ---- more than 15 bytes ---- */
START_TEST(too_long)
{
    static const uint8_t prefixes[16] = {0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e,
                                         0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e,
                                         0x3e, 0x3e, 0x3e, 0x90};

    for (uint32_t at = RIG_CODE + 0xff0; at < RIG_CODE + 0x1001; at++) {
        rig_init(&one, RIG_PROT);
        rig_put(&one, at, prefixes, 16);
        one.c->s.r[R_IP] = at;
        rig_run(&one, 1);
        ck_assert_uint_eq(one.nr, 1);
        ck_assert_uint_eq(one.log[0].vector, VEC_GP);
        ck_assert_uint_eq(one.log[0].ip, at);
        one.c->s.r[R_IP] = at + 1; /* 15 are fine */
        one.c->s.r[R_SP] = 0x9000;
        one.nr = 0;
        ck_assert_int_eq(rig_run(&one, 1), EXIT_BUDGET);
        ck_assert_uint_eq(one.nr, 0);
        ck_assert_uint_eq(one.c->s.r[R_IP], at + 16);
        rig_fini(&one);
    }
}
END_TEST

Suite *test_interp_fault_suite(void)
{
    Suite *s = suite_create("interp_fault");
    TCase *tc = tcase_create("double");

    tcase_add_loop_test(tc, pairs, 0, ARRAY_LEN(firsts));
    tcase_add_loop_test(tc, twice_the_same, 0, 4);
    tcase_add_loop_test(tc, shuts_down, 0, 4);
    tcase_add_loop_test(tc, no_tables, RIG_REAL, RIG_LONG3 + 1);
    tcase_add_test(tc, stalls);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("places");
    tcase_add_loop_test(tc, fetches, 0, ARRAY_LEN(places));
    tcase_add_test(tc, runs_out_of_the_canonical);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("limits");
    tcase_add_loop_test(tc, limit_in_a_block, 0, 2);
    tcase_add_test(tc, jump_out_of_the_limit);
    tcase_add_test(tc, limit_before_page);
    tcase_add_test(tc, limit_before_page_that_went);
    tcase_add_test(tc, ip_at_64k);
    tcase_add_test(tc, too_long);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
