/* test_debug.c: breakpoint registers: what matches, at which level, and the
 * faults of one instruction; single steps and taken branches. */
#include "vti-ia64/cpu/debug.h"

#include "common/tests/suite.h"
#include "vti-ia64/cpu/tests/onecode.h"

#define ON_R    (1ull << 63)
#define ON_W    (1ull << 62)
#define LEVEL   (1ull << 56) /* 0 */
#define ALL     ((1ull << 56) - 1)
#define DATA_PA 0x4000u

static struct onecode o;

static void setup(void)
{
    onecode_init(&o);
    ia64_reset(o.c);
    o.c->s.gr[10].v = DATA_PA;
}

static void teardown(void)
{
    onecode_fini(&o);
}

START_TEST(addresses_and_levels)
{
    struct ia64_state *s = &o.c->s;

    ck_assert(!ia64_debug_any(s->dbr));
    s->dbr[6] = 0x4010;
    s->dbr[7] = ON_W | LEVEL | (ALL & ~0xfull);
    ck_assert(ia64_debug_any(s->dbr));
    for (uint64_t va = 0x4000; va < 0x4030; va++)
        ck_assert_int_eq(ia64_debug_data(o.c, va, 8, IA64_WRITE),
                         va + 8 > 0x4010 && va < 0x4020);
    ck_assert(!ia64_debug_data(o.c, 0x4010, 8, IA64_READ));
    s->dbr[7] |= ON_R;
    ck_assert(ia64_debug_data(o.c, 0x4010, 8, IA64_READ));
    o.c->cpl = 3;
    ck_assert(!ia64_debug_data(o.c, 0x4010, 8, IA64_READ));
    s->dbr[7] |= LEVEL << 3;
    ck_assert(ia64_debug_data(o.c, 0x4010, 8, IA64_READ));
    s->dbr[7] &= ~(ON_R | ON_W);
    ck_assert(!ia64_debug_any(s->dbr));
    s->ibr[0] = 0x1008;
    s->ibr[1] = ON_R | LEVEL << 3 | ALL;
    ck_assert(ia64_debug_fetch(o.c, 0x1000));
    ck_assert(!ia64_debug_fetch(o.c, 0x1010));
}
END_TEST

/* PSR.db turns them on, PSR.dd and id off for one instruction. */
START_TEST(data_breakpoint)
{
    struct ia64_state *s = &o.c->s;
    int ld = onecode_row("ld8%h"), st = onecode_row("st8%H");
    uint64_t load = onecode_slot(ld), store = onecode_slot(st);

    s->dbr[0] = DATA_PA;
    s->dbr[1] = ON_W | LEVEL | ALL;
    ck_assert_int_eq(onecode_step(&o, st, store, PSR_IC), -1);
    ck_assert_int_eq(onecode_step(&o, st, store, PSR_IC | PSR_DB),
                     IA64_VEC_DEBUG);
    ck_assert_uint_eq(s->ifa, DATA_PA);
    ck_assert_uint_eq(s->isr, ISR_W);
    ck_assert_uint_eq(s->ipsr & PSR_DB, PSR_DB);
    ck_assert_uint_eq(s->psr & PSR_DB, 0);
    ck_assert_int_eq(onecode_step(&o, ld, load, PSR_IC | PSR_DB), -1);
    ck_assert_int_eq(onecode_step(&o, st, store, PSR_IC | PSR_DB | PSR_DD), -1);
    ck_assert_uint_eq(s->psr & PSR_DD, 0);
}
END_TEST

START_TEST(instruction_breakpoint)
{
    struct ia64_state *s = &o.c->s;
    int nop = onecode_row("nop.m");
    uint64_t insn = ia64_encodings[nop].value;

    s->ibr[2] = ONECODE_IP;
    s->ibr[3] = ON_R | LEVEL | ALL;
    ck_assert_int_eq(onecode_step(&o, nop, insn, PSR_IC), -1);
    ck_assert_int_eq(onecode_step(&o, nop, insn, PSR_IC | PSR_DB),
                     IA64_VEC_DEBUG);
    ck_assert_uint_eq(s->ifa, ONECODE_IP);
    ck_assert_uint_eq(s->isr, ISR_X);
    ck_assert_int_eq(onecode_step(&o, nop, insn, PSR_IC | PSR_DB | PSR_ID), -1);
    ck_assert_uint_eq(s->psr & PSR_ID, 0);
}
END_TEST

/* Traps come after the instruction: ISR.ei is its slot, IIP and ri those of
 * the next. A taken branch comes before a single step. */
START_TEST(traps)
{
    struct ia64_state *s = &o.c->s;
    int nop = onecode_row("nop.m"), br = onecode_row("br.cond%w%p%d");

    ck_assert_int_eq(
        onecode_step(&o, nop, ia64_encodings[nop].value, PSR_IC | PSR_SS),
        IA64_VEC_SINGLE_STEP);
    ck_assert_uint_eq(s->isr, 8);
    ck_assert_uint_eq(s->iip, ONECODE_IP);
    ck_assert_uint_eq((s->ipsr & PSR_RI) >> PSR_RI_SHIFT, 1);
    ck_assert_int_eq(
        onecode_step(&o, nop, ia64_encodings[nop].value, PSR_IC | PSR_TB), -1);
    ck_assert_int_eq(onecode_step(&o, br, ia64_encodings[br].value | 4 << 13,
                                  PSR_IC | PSR_TB | PSR_SS),
                     IA64_VEC_TAKEN_BRANCH);
    ck_assert_uint_eq(s->isr, 12 | 2ull << ISR_EI_SHIFT);
    ck_assert_uint_eq(s->iip, ONECODE_IP + 64);
}
END_TEST

/* PSR.ed: what the handler of the fault asks lfetch.fault not to do again. */
START_TEST(deferred_prefetch)
{
    int row = onecode_row("lfetch.fault%l");
    uint64_t insn = onecode_slot(row);

    o.c->s.gr[10].nat = 1;
    ck_assert_int_eq(onecode_step(&o, row, insn, PSR_IC), IA64_VEC_NAT);
    ck_assert_uint_eq(o.c->s.isr, ISR_R | ISR_NA | IA64_NA_LFETCH | 0x10);
    ck_assert_int_eq(onecode_step(&o, row, insn, PSR_IC | PSR_ED), -1);
    ck_assert_uint_eq(o.c->s.psr & PSR_ED, 0);
    o.c->s.gr[10] = (struct ia64_gr){DATA_PA, 0};
    ck_assert_int_eq(onecode_step(&o, row, insn, PSR_IC | PSR_DT),
                     IA64_VEC_ALT_DTLB);
    ck_assert_int_eq(onecode_step(&o, row, insn, PSR_IC | PSR_DT | PSR_ED), -1);
}
END_TEST

Suite *test_debug_suite(void)
{
    Suite *s = suite_create("debug");
    TCase *tc = tcase_create("breakpoints");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, addresses_and_levels);
    tcase_add_test(tc, data_breakpoint);
    tcase_add_test(tc, instruction_breakpoint);
    tcase_add_test(tc, traps);
    tcase_add_test(tc, deferred_prefetch);
    suite_add_tcase(s, tc);
    return s;
}
