/* test_interp.c: exact budgets and the count of retired instructions. */
#include "common/x86/interp.h"

#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "common/x86/tests/rig.h"

/* A bit of everything that counts in a way of its own; faults skip 2 bytes. */
GUEST32(mixed, "mov $3, %ecx\n"
               "1: add $0x11, %eax\n push %eax\n call 9f\n pop %edx\n loop 1b\n"
               "mov $0x40000, %edi\n mov $7, %ecx\n rep stosl\n"
               "int $0x41\n nop\n ud2\n"
               "xor %ecx, %ecx\n rep movsb\n idiv %ecx\n inc %ebx\n"
               "pushf\n popf\n mov %ss, %edx\n mov %edx, %ss\n inc %ebx\n"
               "sti\n inc %ebx\n cli\n int3\n jmp 2f\n .skip 20, 0x90\n"
               "2: mov $0x40000, %esi\n mov $0x41000, %edi\n mov $70, %ecx\n"
               "rep movsb\n mov $0x40000, %esi\n mov $0x41000, %edi\n"
               "mov $80, %ecx\n repe cmpsb\n setne %bl\n"
               "3: inc %eax\n test $31, %al\n jnz 3b\n"
               "4: jmp 4b\n"
               "9: nop\n ret");

GUEST64(mixed64, "mov $3, %ecx\n"
                 "1: add $0x11, %rax\n push %rax\n call 9f\n pop %rdx\n"
                 "loop 1b\n"
                 "lea 9f(%rip), %rdx\n lea 0x10(%rip), %rdx\n nop\n"
                 "mov %cs, %edx\n mov $0x40000, %edi\n mov $9, %ecx\n"
                 "rep stosq\n int $0x41\n ud2\n mov %cr3, %rdx\n"
                 "mov %rdx, %cr3\n inc %rbx\n inc %rbx\n"
                 "movaps 0x40000, %xmm1\n paddd %xmm1, %xmm1\n fldpi\n"
                 "rdtsc\n mov %eax, 0x40100\n cpuid\n 4: jmp 4b\n"
                 "9: nop\n ret");

GUEST16(mixed16, "mov $3, %cx\n"
                 "1: add $0x11, %ax\n push %ax\n call 9f\n pop %dx\n loop 1b\n"
                 "mov $0x100, %di\n mov $7, %cx\n mov $0x4000, %bx\n"
                 "mov %bx, %es\n rep stosw\n int $0x41\n ud2\n"
                 "mov %bx, %ss\n inc %bx\n sti\n inc %bx\n 4: jmp 4b\n"
                 "9: nop\n ret");

static const struct program {
    const char *name;
    enum rig_mode mode;
    const uint8_t *code, *end;
} programs[] = {
    {"protected", RIG_PROT, mixed_code, mixed_end},
    {"long", RIG_LONG, mixed64_code, mixed64_end},
    {"real", RIG_REAL, mixed16_code, mixed16_end},
};

static struct rig ref, one;

static void begin(struct rig *r, const struct program *p)
{
    rig_init(r, p->mode);
    r->skip = 2;
    rig_put(r, RIG_CODE, p->code, (size_t)(p->end - p->code));
    r->c->s.cr4 |= CR4_OSFXSR;
}

/* A new machine that runs n at once is where one is that went instruction by
 * instruction, at every n. */
START_TEST(exact_at_every_count)
{
    const struct program *p = &programs[_i];

    begin(&ref, p);
    for (uint64_t n = 0; n < 160; n++) {
        begin(&one, p);
        ck_assert_int_eq(rig_run(&one, n), EXIT_BUDGET);
        ck_assert_uint_eq(one.c->v.icount, n);
        rig_check_same(&one, &ref, n % 16 == 0, p->name, n);
        rig_fini(&one);
        ck_assert_int_eq(rig_run(&ref, 1), EXIT_BUDGET);
    }
    ck_assert_uint_ge(ref.nr, 2);
    rig_fini(&ref);
}
END_TEST

/* One run cut at random, with all derived state dropped at random. */
START_TEST(cut_at_random)
{
    const struct program *p = &programs[_i];
    struct rng rng = {.state = 1 + (uint64_t)_i};

    for (unsigned round = 0; round < 20; round++) {
        uint64_t most = round % 4 == 3 ? 60 : 12, end = 400, n;

        begin(&ref, p);
        begin(&one, p);
        ck_assert_int_eq(rig_run(&ref, end), EXIT_BUDGET);
        while (one.c->v.icount < end) {
            n = rng_below(&rng, most);
            if (n > end - one.c->v.icount)
                n = end - one.c->v.icount;
            if (rng_below(&rng, 8) == 0)
                interp_processor_ops.drop(&one.c->v);
            ck_assert_int_eq(rig_run(&one, n), EXIT_BUDGET);
        }
        rig_check_same(&one, &ref, true, p->name, round);
        rig_fini(&one);
        rig_fini(&ref);
    }
}
END_TEST

START_TEST(budget_may_be_unlimited)
{
    rig_init(&one, RIG_PROT);
    rig_put(&one, RIG_CODE, "\x90\xf4", 2);
    one.c->v.icount = 5;
    ck_assert_int_eq(rig_run(&one, UINT64_MAX), EXIT_HALTED);
    ck_assert_uint_eq(one.c->v.icount, 7);
    rig_fini(&one);
}
END_TEST

/* ---- what counts ---- */
GUEST32(c_nop, "nop\n hlt");
GUEST32(c_rep, "mov $100, %ecx\n mov $0x40000, %edi\n rep stosb\n hlt");
GUEST32(c_rep0, "xor %ecx, %ecx\n rep stosb\n hlt");
GUEST32(c_rep_long, "mov $0x300001, %ecx\n mov $0x10000000, %esi\n"
                    "rep lodsb\n hlt");
GUEST32(c_int, "int $0x41\n hlt");
GUEST32(c_int3, "int3\n hlt");
GUEST32(c_into, "into\n hlt");
GUEST32(c_into_taken, "mov $0x7fffffff, %eax\n inc %eax\n into\n hlt");
GUEST32(c_int1, ".byte 0xf1\n hlt");
GUEST32(c_ud, "ud2\n hlt");
GUEST32(c_de, "div %ecx\n hlt");
GUEST32(c_gate, "int $0x42\n hlt");
GUEST32(c_iret, "pushf\n push %cs\n push $(1f - c_iret_code + 0x10000)\n"
                "iret\n ud2\n 1: hlt");
GUEST32(c_part, "mov $0xc0, %eax\n mov %eax, %es\n mov $0xfff0, %edi\n"
                "mov $32, %ecx\n rep stosb\n hlt");
GUEST32(c_shadow,
        "mov %ss, %eax\n mov %eax, %ss\n nop\n sti\n nop\n cli\n hlt");
GUEST32(c_port, "mov $0x508, %edx\n out %al, %dx\n in %dx, %al\n hlt");
GUEST32(c_insb, "mov $0x508, %edx\n mov $0x40000, %edi\n mov $9, %ecx\n"
                "rep insb\n hlt");

/* Until the HLT at the end; handlers: the instructions that they have, 2, or 3
 * with an error code. */
static const struct {
    const char *name;
    const uint8_t *code, *end;
    unsigned own, handlers;
} counts[] = {
#define COUNT(n, own, handlers)                                                \
    {                                                                          \
#n, n##_code, n##_end, own, handlers                                   \
    }
    COUNT(c_nop, 2, 0),    COUNT(c_rep, 4, 0),
    COUNT(c_rep0, 3, 0),   COUNT(c_rep_long, 4, 0),
    COUNT(c_int, 2, 2),    COUNT(c_int3, 2, 2),
    COUNT(c_into, 2, 0),   COUNT(c_into_taken, 4, 2),
    COUNT(c_int1, 2, 2),   COUNT(c_ud, 1, 2),
    COUNT(c_de, 1, 2),     COUNT(c_gate, 1, 3), /* #NP: did not complete */
    COUNT(c_iret, 5, 0),   COUNT(c_part, 5, 3), /* #GP after 16 bytes */
    COUNT(c_shadow, 7, 0), COUNT(c_port, 4, 0),
    COUNT(c_insb, 5, 0),
#undef COUNT
};

static void count_begin(struct rig *r, int at)
{
    rig_init(r, RIG_PROT);
    r->skip = 2;
    rig_put(r, RIG_CODE, counts[at].code,
            (size_t)(counts[at].end - counts[at].code));
    tables_idt(&r->b, 0x42, tables_gate(T_CODE0, 0, SYS_INT32, 0));
}

START_TEST(count)
{
    uint64_t end = RIG_CODE + (uint64_t)(counts[_i].end - counts[_i].code);
    unsigned want = counts[_i].own + counts[_i].handlers;

    count_begin(&one, _i);
    ck_assert_int_eq(rig_finish(&one, 1000), EXIT_HALTED);
    ck_assert_msg(one.c->v.icount == want, "%s: %llu, not %u", counts[_i].name,
                  (unsigned long long)one.c->v.icount, want);
    ck_assert_uint_eq(one.c->s.r[R_IP], end);
    rig_fini(&one);
    /* and with a budget of exactly that, which ends it before the halt shows */
    count_begin(&one, _i);
    ck_assert_int_eq(rig_finish(&one, want), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->s.r[R_IP], end);
    ck_assert_int_eq(rig_run(&one, 1), EXIT_HALTED);
    rig_fini(&one);
}
END_TEST

/* The clock is exact in the middle of a block. */
GUEST64(ticks, "rdtsc\n mov %eax, %ebx\n nop\n nop\n rdtsc\n mov %eax, %ecx\n"
               "rdtsc\n mov %eax, %esi\n hlt");

START_TEST(clock_inside_a_block)
{
    rig_init(&one, RIG_LONG);
    rig_guest(&one, ticks);
    ck_assert_int_eq(rig_finish(&one, 1000), EXIT_HALTED);
    ck_assert_uint_eq(one.c->s.r[R_BX], 0);
    ck_assert_uint_eq(one.c->s.r[R_CX], 4);
    ck_assert_uint_eq(one.c->s.r[R_SI], 6);
    rig_fini(&one);
}
END_TEST

/* ---- trace ---- */
static uint64_t traced[64];
static unsigned nr_traced;

static void trace(void *opaque, struct vcpu *v, uint64_t ip,
                  const uint8_t *bytes, unsigned len)
{
    (void)opaque;
    (void)v;
    ck_assert_uint_ge(len, 1);
    ck_assert_uint_eq(bytes[0], 0x40);
    traced[nr_traced++ % 64] = ip;
}

START_TEST(trace_from_a_count)
{
    rig_init(&one, RIG_PROT);
    for (unsigned k = 0; k < 40; k++)
        rig_put(&one, RIG_CODE + k, "\x40", 1); /* inc %eax */
    one.c->config.trace = trace;
    one.c->config.trace_from = 7;
    ck_assert_int_eq(rig_run(&one, 30), EXIT_BUDGET);
    ck_assert_uint_eq(nr_traced, 23);
    for (unsigned k = 0; k < nr_traced; k++)
        ck_assert_uint_eq(traced[k], RIG_CODE + 7 + k);
    ck_assert_uint_eq(one.c->s.r[R_AX], 30);
    rig_fini(&one);
}
END_TEST

Suite *test_interp_suite(void)
{
    Suite *s = suite_create("interp");
    TCase *tc = tcase_create("budget");

    tcase_add_loop_test(tc, exact_at_every_count, 0, ARRAY_LEN(programs));
    tcase_add_loop_test(tc, cut_at_random, 0, ARRAY_LEN(programs));
    tcase_add_test(tc, budget_may_be_unlimited);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("count");
    tcase_add_loop_test(tc, count, 0, ARRAY_LEN(counts));
    tcase_add_test(tc, clock_inside_a_block);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("trace");
    tcase_add_test(tc, trace_from_a_count);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
