/* test_isprime.c: the example of Adams and Agesen 2006, section 3.1:
 * isPrime(49) translated unit by unit as the paper shows it.
 *
 * What the paper has: four units, of 4, 5, 3 and 2 of the 16 instructions (a
 * unit ends with a branch); the block that returns 1 is never executed and
 * never translated; of the six ways on, two stay continuations (both to it),
 * the others reach a translated unit, one of them by a jump back to nexti. Ours
 * are joined by jumps throughout: the paper lays units that follow each other
 * end to end. */
#include "bt/engine.h"
#include "bt/processor.h"
#include "bt/translator/jit.h"
#include "bt/translator/tests/lockguest.h"
#include "common/tests/suite.h"
#include "common/x86/tests/guest_asm.h"

/* The argument is in ECX, as in the paper; the result in EAX. */
GUEST32(isprime, "movl $49, %ecx; call 1f; hlt;"
                 ".org isprime_code + 0x20;"
                 "1: movl %ecx, %edi;" /* isPrime: */
                 "movl $2, %esi;"
                 "cmpl %ecx, %esi;"
                 "jge 4f;"
                 "2: movl %edi, %eax;" /* nexti: */
                 "cltd;"
                 "idivl %esi;"
                 "testl %edx, %edx;"
                 "jz 3f;"
                 "incl %esi;"
                 "cmpl %ecx, %esi;"
                 "jl 2b;"
                 "4: movl $1, %eax; ret;"    /* prime: */
                 "3: xorl %eax, %eax; ret"); /* notPrime: */

enum {
    ISPRIME = LOCK_CODE + 0x20,
    NEXTI = ISPRIME + 11,
    INC = NEXTI + 9,
    PRIME = INC + 5,
    NOTPRIME = PRIME + 6
};

static struct lock_guest g;

/* Translate at the first execution, as the paper does. */
static void run_it(void)
{
    struct error err;
    enum run_end end;
    struct x86_state *s;

    ck_assert_ok(lock_guest_init(&g, LOCK_PROT32, &jit_processor_ops, 1, &err),
                 &err);
    jit_of(x86_cpu(g.v))->threshold = 0;
    gmem_load(&g.m->mem, LOCK_CODE, isprime_code,
              (uint64_t)(isprime_end - isprime_code));
    s = g.v->state;
    s->rflags &= ~(uint64_t)FL_IF;
    g.v->processor->state_changed(g.v);
    ck_assert_ok(engine_run(g.v, 1000, NULL, NULL, &end, &err), &err);
    ck_assert_int_eq(end, RUN_DEADLOCK); /* HLT */
    ck_assert_uint_eq(s->r[R_AX], 0);
    ck_assert_uint_eq(s->r[R_SI], 7);
    /* two before; i = 2..7, of which five go on; ...; hlt */
    ck_assert_uint_eq(g.v->icount, 2 + 4 + 6 * 5 + 5 * 3 + 2 + 1);
}

static struct jit_listing unit(uint64_t ip)
{
    struct jit_listing l, other;

    ck_assert_msg(jit_list(g.v, ip, 0, &l), "no unit at %#lx",
                  (unsigned long)ip);
    ck_assert(!jit_list(g.v, ip, 1, &other));
    ck_assert_uint_eq(l.ip, ip);
    return l;
}

/* An exit to ip, and whether it became a jump to the unit there. */
static bool linked(const struct jit_listing *l, uint64_t ip)
{
    for (unsigned k = 0; k < 2; k++)
        if (l->exit[k].exists && l->exit[k].ip == ip)
            return l->exit[k].linked;
    ck_abort_msg("unit %#lx has no exit to %#lx", (unsigned long)l->ip,
                 (unsigned long)ip);
}

START_TEST(test_units)
{
    struct jit_listing l;

    run_it();
    ck_assert_uint_eq(unit(ISPRIME).n, 4);
    ck_assert_uint_eq(unit(NEXTI).n, 5);
    ck_assert_uint_eq(unit(INC).n, 3);
    ck_assert_uint_eq(unit(NOTPRIME).n, 2);
    ck_assert(!jit_list(g.v, PRIME, 0, &l)); /* never executed */
    lock_guest_fini(&g);
}
END_TEST

START_TEST(test_ways_on)
{
    struct jit_listing isprime, nexti, inc;

    run_it();
    isprime = unit(ISPRIME);
    nexti = unit(NEXTI);
    inc = unit(INC);
    ck_assert(!linked(&isprime, PRIME)); /* continuations that stay */
    ck_assert(!linked(&inc, PRIME));
    ck_assert(linked(&inc, NEXTI)); /* the chaining jump */
    ck_assert(linked(&isprime, NEXTI));
    ck_assert(linked(&nexti, INC));
    ck_assert(linked(&nexti, NOTPRIME));
    lock_guest_fini(&g);
}
END_TEST

/* The listing finds the boundaries of the code that is there. */
START_TEST(test_listing)
{
    struct jit_listing l;
    unsigned k, insns = 0, where = 0;
    const uint8_t *at;

    run_it();
    l = unit(NEXTI);
    at = l.host[0].code;
    ck_assert_uint_gt(l.nr_parts, 5);
    ck_assert_int_eq(l.part[0].part, JIT_PART_ENTRY);
    for (k = 0; k < l.nr_parts; k++) {
        if (at == l.host[0].code + l.host[0].bytes)
            at = l.host[++where].code;
        ck_assert_ptr_eq(l.part[k].code, at);
        at += l.part[k].bytes;
        insns += l.part[k].part == JIT_PART_INSN;
    }
    ck_assert_uint_eq(where, 1);
    ck_assert_ptr_eq(at, l.host[1].code + l.host[1].bytes);
    ck_assert_uint_eq(insns, 5);
    ck_assert_uint_eq(l.insn[2].len, 2); /* idiv */
    ck_assert_uint_eq(l.insn[2].bytes[0], 0xf7);
    lock_guest_fini(&g);
}
END_TEST

Suite *test_isprime_suite(void)
{
    Suite *s = suite_create("isprime");
    TCase *tc = tcase_create("isprime");

    suite_add_tcase(s, tc);
    tcase_add_test(tc, test_units);
    tcase_add_test(tc, test_ways_on);
    tcase_add_test(tc, test_listing);
    return s;
}
