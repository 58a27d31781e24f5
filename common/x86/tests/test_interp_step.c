/* test_interp_step.c: single step, and INT1. [SDM3 "Single-Step Exception
 * Condition"] */
#include "common/x86/debug.h"

#include "common/tests/suite.h"
#include "common/x86/tests/rig.h"

#define MOST 2000u

static struct rig one;

/* ---- single step ---- */
GUEST32(s_plain, "nop\n inc %eax\n jmp 1f\n ud2\n 1: nop\n hlt");
GUEST32(s_mov_ss, "mov %ss, %eax\n mov %eax, %ss\n inc %ebx\n inc %ebx\n hlt");
GUEST32(s_pop_ss, "push %ss\n pop %ss\n inc %ebx\n hlt");
GUEST32(s_popf_off, "pushf\n andl $~0x100, (%esp)\n popf\n inc %ebx\n"
                    "movb $1, 0xfed00030");
GUEST32(s_popf_on, "pushf\n orl $0x100, (%esp)\n popf\n inc %ebx\n inc %ebx\n"
                   "hlt");
GUEST32(s_iret_on, "push $0x102\n push %cs\n push $(1f - s_iret_on_code + "
                   "0x10000)\n iret\n 1: inc %ebx\n inc %ebx\n hlt");
GUEST32(s_int, "inc %ebx\n int $0x41\n inc %ebx\n hlt");
GUEST32(s_int3, "inc %ebx\n int3\n inc %ebx\n hlt");
GUEST32(s_fault, "inc %ebx\n ud2\n inc %ebx\n hlt");
GUEST32(s_call, "call 1f\n hlt\n 1: sti\n cli\n ret");
GUEST32(s_stos,
        "mov $3, %ecx\n mov $0x40000, %edi\n rep stosb\n inc %ebx\n hlt");
GUEST32(s_stos0, "xor %ecx, %ecx\n rep stosb\n hlt");
GUEST32(s_lods, "mov $2, %ecx\n mov $0x40000, %esi\n rep lodsl\n hlt");
GUEST32(s_movs, "mov $2, %ecx\n mov $0x40000, %esi\n mov $0x41000, %edi\n"
                "rep movsw\n hlt");
GUEST32(s_cmps, "mov $5, %ecx\n mov $0x40000, %esi\n mov $0x3ffff, %edi\n"
                "movb $1, 0x40001\n repe cmpsb\n hlt");
GUEST32(s_outs, "mov $2, %ecx\n mov $0x40000, %esi\n mov $0x508, %edx\n"
                "rep outsb\n hlt");
GUEST32(s_ins, "mov $2, %ecx\n mov $0x40000, %edi\n mov $0x508, %edx\n"
               "rep insb\n hlt");

/* Where #DB says it is: numbers of instructions, as they stand in the text. */
static const struct {
    const char *name;
    const uint8_t *code, *end;
    bool tf; /* set from the start */
    const char *at;
} steps[] = {
#define STEPS(n, tf, at)                                                       \
    {                                                                          \
#n, n##_code, n##_end, tf, at                                          \
    }
    STEPS(s_plain, true, "12456"),  STEPS(s_mov_ss, true, "1345"),
    STEPS(s_pop_ss, true, "134"),   STEPS(s_popf_off, true, "123"),
    STEPS(s_popf_on, false, "456"), STEPS(s_iret_on, false, "567"),
    STEPS(s_int, true, "134"),      STEPS(s_int3, true, "134"),
    STEPS(s_fault, true, "134"),    STEPS(s_call, true, "23412"),
    STEPS(s_stos, true, "1222345"), STEPS(s_stos0, true, "123"),
    STEPS(s_lods, true, "12234"),   STEPS(s_movs, true, "123345"),
    STEPS(s_cmps, true, "1234456"), STEPS(s_outs, true, "123345"),
    STEPS(s_ins, true, "123345"),
#undef STEPS
};

static unsigned stop_after; /* this many #DB */

static void stop_hook(struct rig *r, struct rig_event *e)
{
    if (e->vector == VEC_DB && --stop_after == 0)
        machine_stop(&r->b.m, MACHINE_GUEST_EXIT, 0);
}

/* Forget events that are no #DB. */
static unsigned only_db(struct rig *r)
{
    unsigned nr = 0;

    for (unsigned k = 0; k < r->nr; k++) {
        if (r->log[k].vector == VEC_DB)
            r->log[nr++] = r->log[k];
    }
    return nr;
}

START_TEST(single_step)
{
    const char *at = steps[_i].at;
    unsigned nr;

    rig_init(&one, RIG_PROT);
    one.skip = 2;
    one.hook = stop_hook;
    stop_after = (unsigned)strlen(at);
    if (strcmp(steps[_i].name, "s_popf_off") == 0)
        stop_after++; /* it ends by itself */
    rig_put(&one, RIG_CODE, steps[_i].code,
            (size_t)(steps[_i].end - steps[_i].code));
    if (steps[_i].tf)
        one.c->s.rflags |= FL_TF;
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_MACHINE);
    nr = only_db(&one);
    for (unsigned k = 0; k < nr || k < strlen(at); k++) {
        const struct rig_event *e = &one.log[k];
        uint64_t want = RIG_CODE + rig_insn_offset(&one, steps[_i].code,
                                                   (unsigned)(at[k] - '0'));
        /* in the middle of a repeated instruction; see flags_image() */
        bool middle = k > 0 && at[k] == at[k - 1];

        ck_assert_msg(k < nr && e->ip == want, "%s: trap %u at %llx, not %llx",
                      steps[_i].name, k, (unsigned long long)e->ip,
                      (unsigned long long)want);
        ck_assert_uint_eq(e->dr6, DR6_ONES | DR6_BS);
        ck_assert_uint_eq((e->flags & FL_RF) != 0, middle);
    }
    ck_assert_uint_eq(nr, strlen(at));
    rig_fini(&one);
}
END_TEST

/* The fault's image has TF and RF; the handler runs without. */
START_TEST(flags_of_a_fault)
{
    rig_init(&one, RIG_PROT);
    one.skip = 2;
    one.c->s.rflags |= FL_TF;
    rig_guest(&one, s_fault);
    ck_assert_int_eq(rig_finish(&one, 5), EXIT_BUDGET);
    ck_assert_uint_eq(one.log[1].vector, VEC_UD);
    ck_assert_uint_eq(one.log[1].flags & (FL_TF | FL_RF), FL_TF | FL_RF);
    rig_fini(&one);
}
END_TEST

/* ---- INT1: a #DB that says nothing, and asks no DPL ---- */
START_TEST(icebp)
{
    rig_init(&one, RIG_PROT3);
    tables_idt(&one.b, VEC_DB,
               tables_gate(T_CODE0, RIG_STUBS + 16, T_P | SYS_INT32, 0));
    rig_put(&one, RIG_CODE, "\xf1\x90", 2);
    ck_assert_int_eq(rig_run(&one, 3), EXIT_BUDGET);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].vector, VEC_DB);
    ck_assert_uint_eq(one.log[0].ip, RIG_CODE + 1);
    ck_assert_uint_eq(one.log[0].dr6, DR6_ONES);
    ck_assert_uint_eq(one.log[0].icount, 1);
    rig_fini(&one);
}
END_TEST

Suite *test_interp_step_suite(void)
{
    Suite *s = suite_create("interp_step");
    TCase *tc = tcase_create("single step");

    tcase_add_loop_test(tc, single_step, 0, ARRAY_LEN(steps));
    tcase_add_test(tc, flags_of_a_fault);
    tcase_add_test(tc, icebp);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
