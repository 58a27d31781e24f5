/* test_interp_irq.c: where interrupts are taken: exactly at the boundary where
 * they are due, also in the middle of a predecoded block. */
#include "common/x86/interp.h"

#include "common/tests/suite.h"
#include "common/x86/tests/rig.h"

#define MOST 2000u /* instructions that no test needs */

static struct rig one, ref;

/* ---- a timer due at every count ---- */

/* `opens`: the boundaries (counts) at which an interrupt can be taken. */
struct program {
    const char *name;
    enum rig_mode mode;
    const uint8_t *code, *end;
    bool interrupts_on; /* at the start */
    const char *opens;  /* one character a boundary: '.' open, 'x' shut */
};

GUEST32(straight, "inc %eax\n inc %ebx\n inc %eax\n inc %ebx\n inc %eax\n"
                  "push %eax\n pop %edx\n inc %ebx\n cli\n hlt");
GUEST32(branches, "mov $4, %ecx\n 1: inc %eax\n call 2f\n loop 1b\n cli\n hlt\n"
                  "2: inc %ebx\n ret");
GUEST32(repeats, "mov $99, %ecx\n mov $0x40000, %edi\n rep stosb\n inc %eax\n"
                 "rep stosb\n mov $99, %ecx\n rep lodsb\n cli\n hlt");
GUEST32(shadows,
        "inc %eax\n sti\n inc %eax\n inc %eax\n mov %ss, %edx\n"
        "mov %edx, %ss\n inc %eax\n push %ss\n pop %ss\n inc %eax\n"
        "cli\n inc %eax\n sti\n cli\n inc %eax\n sti\n sti\n inc %eax\n"
        "cli\n hlt");
GUEST32(flags, "pushf\n orl $0x200, (%esp)\n popf\n inc %eax\n pushf\n"
               "andl $~0x200, (%esp)\n popf\n inc %eax\n"
               "pushl $0x202\n push %cs\n push $(1f - flags_code + 0x10000)\n"
               "iret\n 1: inc %eax\n cli\n hlt");
GUEST64(straight64, "inc %eax\n inc %ebx\n mov %eax, 0x40000\n inc %eax\n"
                    "push %rax\n pop %rdx\n lea 1f(%rip), %rdx\n jmp *%rdx\n"
                    "1: inc %ebx\n cli\n hlt");
GUEST16(straight16, "inc %ax\n inc %bx\n inc %ax\n push %ax\n pop %dx\n"
                    "inc %bx\n mov %bx, %es\n cli\n hlt");

static const struct program programs[] = {
#define PROGRAM(name, mode, on, opens)                                         \
    {                                                                          \
#name, mode, name##_code, name##_end, on, opens                        \
    }
    PROGRAM(straight, RIG_PROT, true, ".........xx"),
    PROGRAM(branches, RIG_PROT, true, "......................xx"),
    PROGRAM(repeats, RIG_PROT, true, "........xx"),
    /* after: inc sti inc inc mov mov-ss inc push pop-ss inc cli inc sti cli inc
     * sti sti inc cli hlt */
    PROGRAM(shadows, RIG_PROT, false, "xxx...x..x.xxxxxx..xx"),
    PROGRAM(flags, RIG_PROT, false, "xxx....xxxxx..xx"),
    PROGRAM(straight64, RIG_LONG, true, "..........xx"),
    PROGRAM(straight16, RIG_REAL, true, "........xx"),
#undef PROGRAM
};

static void begin(struct rig *r, const struct program *p)
{
    rig_init(r, p->mode);
    r->skip = 2;
    rig_put(r, RIG_CODE, p->code, (size_t)(p->end - p->code));
    if (p->interrupts_on)
        r->c->s.rflags |= FL_IF;
}

/* RIP after every count of an undisturbed run; returns the last count. */
static unsigned follow(const struct program *p, uint64_t *ip, unsigned most)
{
    unsigned n = 0;

    begin(&ref, p);
    do
        ip[n++] = ref.c->s.r[R_IP];
    while (n < most && rig_run(&ref, 1) == EXIT_BUDGET);
    rig_fini(&ref);
    return n - 1;
}

static void check_timer(const struct program *p, uint64_t due,
                        const uint64_t *ip, unsigned nr)
{
    uint64_t at = due;

    while (p->opens[at] == 'x')
        at++;
    begin(&one, p);
    clock_arm(&one.b.m.clock, &one.timer, due);
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_DEADLOCK);
    if (p->opens[at] == '\0') {
        ck_assert_msg(one.nr == 0, "%s: due at %llu, taken at %llu", p->name,
                      (unsigned long long)due,
                      (unsigned long long)one.log[0].icount);
    } else {
        ck_assert_msg(one.nr == 1 && one.log[0].vector == one.timer_vector &&
                          one.log[0].icount == at && one.log[0].ip == ip[at],
                      "%s: due at %llu: %u, at %llu (%llx), not %llu (%llx)",
                      p->name, (unsigned long long)due, one.nr,
                      (unsigned long long)one.log[0].icount,
                      (unsigned long long)one.log[0].ip, (unsigned long long)at,
                      (unsigned long long)ip[at]);
        ck_assert_uint_eq(one.c->v.icount, nr + 2);
    }
    rig_fini(&one);
}

START_TEST(timer_at_every_count)
{
    const struct program *p = &programs[_i];
    uint64_t ip[64];
    unsigned nr = follow(p, ip, ARRAY_LEN(ip));

    ck_assert_uint_eq(strlen(p->opens), nr + 1);
    for (uint64_t due = 0; p->opens[due] != '\0'; due++)
        check_timer(p, due, ip, nr);
}
END_TEST

/* The interrupt that comes with the end of a budget waits for the next call. */
START_TEST(budget_comes_first)
{
    begin(&one, &programs[0]);
    for (uint64_t n = 1; n <= 3; n++) {
        ck_assert_int_eq(rig_run(&one, 1), EXIT_BUDGET);
        ck_assert_uint_eq(one.c->s.r[R_IP], RIG_CODE + n);
    }
    clock_arm(&one.b.m.clock, &one.timer, 3);
    clock_run_due(&one.b.m.clock);
    ck_assert_int_eq(rig_run(&one, 0), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->s.r[R_IP], RIG_CODE + 3);
    ck_assert_int_eq(rig_finish(&one, 1), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->s.r[R_IP], RIG_STUBS + 16 * one.timer_vector + 2);
    ck_assert_uint_eq(one.log[0].ip, RIG_CODE + 3);
    rig_fini(&one);
}
END_TEST

/* ---- raised by the running instruction ---- */
#define RAISE "mov $0x500, %edx\n mov $0x60, %eax\n"

GUEST32(by_out, RAISE "sti\n nop\n out %al, %dx\n inc %ebx\n inc %ebx\n"
                      "cli\n hlt");
GUEST32(by_out_shadow, RAISE "sti\n out %al, %dx\n inc %ebx\n cli\n hlt");
GUEST32(by_out_cli, RAISE "sti\n nop\n out %al, %dx\n cli\n hlt");
GUEST32(by_out_last, RAISE "sti\n nop\n out %al, %dx\n jmp 1f\n 1: cli\n hlt");
GUEST32(by_out_off, RAISE "out %al, %dx\n inc %ebx\n sti\n cli\n inc %ebx\n"
                          "sti\n inc %ebx\n cli\n hlt");
GUEST32(by_out_popf, RAISE "out %al, %dx\n push $0x202\n popf\n cli\n hlt");
GUEST32(by_out_ss, "mov $0x500, %edx\n mov $0x60, %eax\n mov %ss, %ecx\n"
                   "sti\n nop\n out %al, %dx\n mov %ecx, %ss\n cli\n hlt");
GUEST32(by_mov, RAISE "sti\n nop\n movb %al, 0xfed00000\n inc %ebx\n cli\n"
                      "hlt");
GUEST32(by_rmw, RAISE "sti\n nop\n orb %al, 0xfed00000\n inc %ebx\n cli\n"
                      "hlt");
GUEST32(by_xchg, RAISE "sti\n nop\n xchg %al, 0xfed00000\n inc %ebx\n cli\n"
                       "hlt");
GUEST32(by_stos, "mov $0x60, %eax\n mov $0xfed00000, %edi\n mov $4, %ecx\n"
                 "sti\n nop\n rep stosb\n inc %ebx\n cli\n hlt");
GUEST32(by_outs, "movl $0x60606060, 0x40000\n mov $0x40000, %esi\n"
                 "mov $4, %ecx\n mov $0x500, %edx\n sti\n rep outsb\n"
                 "inc %ebx\n cli\n hlt");
/* longer than the run loop lets a repeated instruction go on for */
GUEST32(by_stos_long, "mov $0x60, %eax\n mov $0xfed00003, %edi\n"
                      "mov $0x1a0000, %ecx\n std\n sti\n nop\n rep stosb\n"
                      "inc %ebx\n cli\n hlt");
GUEST32(by_timer, "mov $0x504, %edx\n mov $3, %eax\n sti\n nop\n"
                  "out %eax, %dx\n inc %ebx\n inc %ebx\n inc %ebx\n"
                  "inc %ebx\n cli\n hlt");

static const struct {
    const char *name;
    const uint8_t *code, *end;
    unsigned at; /* count at which it is taken */
} raised[] = {
#define RAISED(n, at)                                                          \
    {                                                                          \
#n, n##_code, n##_end, at                                              \
    }
    RAISED(by_out, 5),       RAISED(by_out_shadow, 4), RAISED(by_out_cli, 5),
    RAISED(by_out_last, 5),  RAISED(by_out_off, 9),    RAISED(by_out_popf, 5),
    RAISED(by_out_ss, 6),    RAISED(by_mov, 5),        RAISED(by_rmw, 5),
    RAISED(by_xchg, 5),      RAISED(by_stos, 6),       RAISED(by_outs, 6),
    RAISED(by_stos_long, 7), RAISED(by_timer, 7),
#undef RAISED
};

START_TEST(raised_inside)
{
    uint64_t ip;

    for (unsigned warm = 0; warm < 2; warm++) {
        rig_init(&one, RIG_PROT);
        rig_put(&one, RIG_CODE, raised[_i].code,
                (size_t)(raised[_i].end - raised[_i].code));
        one.c->config.trace_from = warm ? UINT64_MAX : 0; /* one by one */
        ck_assert_int_eq(rig_engine(&one, MOST), RUN_DEADLOCK);
        ck_assert_uint_eq(one.nr, 1);
        ck_assert_msg(one.log[0].icount == raised[_i].at,
                      "%s: taken at %llu, %llx", raised[_i].name,
                      (unsigned long long)one.log[0].icount,
                      (unsigned long long)one.log[0].ip);
        ip = one.log[0].ip;
        rig_fini(&one);
        /* the address is that of the same count without interrupts */
        rig_init(&ref, RIG_PROT);
        rig_put(&ref, RIG_CODE, raised[_i].code,
                (size_t)(raised[_i].end - raised[_i].code));
        bus_write(&ref.b.m.bus, BUS_MMIO, LAPIC_BASE + 0xf0, 4, 0xff); /* off */
        ck_assert_int_eq(rig_finish(&ref, raised[_i].at), EXIT_BUDGET);
        ck_assert_uint_eq(ref.c->s.r[R_IP], ip);
        rig_fini(&ref);
    }
}
END_TEST

GUEST32(stack_in_device, "mov $0xfed00004, %esp\n sti\n nop\n pushl $0x60\n"
                         "mov $0xa000, %esp\n cli\n hlt");

/* A push can be what raises it; the handler then has no stack to speak of. */
START_TEST(raised_by_a_push)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, stack_in_device);
    ck_assert_int_eq(rig_finish(&one, 4), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->s.intr_line, 1);
    ck_assert_uint_eq(one.c->s.r[R_SP], RIG_MMIO);
    rig_fini(&one);
}
END_TEST

/* ---- NMI, and who comes first ---- */
GUEST32(nmi, "mov $0x501, %edx\n out %al, %dx\n inc %ebx\n mov %ss, %ecx\n"
             "mov %ecx, %ss\n inc %ebx\n hlt");

START_TEST(nmi_needs_no_if)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, nmi);
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_DEADLOCK);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].vector, VEC_NMI);
    ck_assert_uint_eq(one.log[0].icount, 2);
    ck_assert_uint_eq(one.c->s.nmi_blocked, 0);
    rig_fini(&one);
}
END_TEST

START_TEST(nmi_waits_after_mov_ss)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, nmi);
    one.c->s.r[R_IP] = RIG_CODE + 7; /* mov %ss, %ecx */
    ck_assert_int_eq(rig_run(&one, 2), EXIT_BUDGET);
    one.b.m.cpu->nmi(one.b.m.cpu_opaque);
    ck_assert_int_eq(rig_run(&one, 2), EXIT_BUDGET);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].icount, 3);
    rig_fini(&one);
}
END_TEST

static void again(struct rig *r, struct rig_event *e)
{
    if (e->vector == VEC_NMI && r->nr == 0)
        r->b.m.cpu->nmi(r->b.m.cpu_opaque);
}

/* One more NMI waits for IRET. */
START_TEST(nmi_in_nmi)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, nmi);
    one.hook = again;
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_DEADLOCK);
    ck_assert_uint_eq(one.nr, 2);
    ck_assert_uint_eq(one.log[0].icount, 2);
    ck_assert_uint_eq(one.log[1].icount, 4);
    ck_assert_uint_eq(one.log[1].ip, one.log[0].ip);
    rig_fini(&one);
}
END_TEST

/* [SDM3 "Priority Among Concurrent Events"]: the trap is delivered first; what
 * comes next interrupts its handler, and so logs first. */
START_TEST(order)
{
    rig_init(&one, RIG_PROT);
    for (unsigned k = 0; k < 16; k++)
        rig_put(&one, RIG_CODE + k, "\x43", 1);
    one.c->s.rflags |= FL_IF;
    /* handlers leave interrupts on */
    for (unsigned v = 0; v < 256; v++)
        tables_idt(
            &one.b, v,
            tables_gate(T_CODE0, RIG_STUBS + 16 * v, T_P | SYS_TRAP32, 0));
    ck_assert_int_eq(rig_run(&one, 3), EXIT_BUDGET);
    one.c->s.rflags |= FL_TF;
    ck_assert_int_eq(rig_run(&one, 1), EXIT_BUDGET);
    one.c->s.rflags &= ~(uint64_t)FL_TF;
    one.b.m.cpu->nmi(one.b.m.cpu_opaque);
    clock_arm(&one.b.m.clock, &one.timer, 0);
    clock_run_due(&one.b.m.clock);
    ck_assert_int_eq(rig_finish(&one, 6), EXIT_BUDGET);
    ck_assert_uint_eq(one.nr, 3);
    ck_assert_uint_eq(one.log[2].vector, VEC_DB);
    ck_assert_uint_eq(one.log[2].ip, RIG_CODE + 4);
    ck_assert_uint_eq(one.log[1].vector, VEC_NMI);
    ck_assert_uint_eq(one.log[1].ip, RIG_STUBS + 16 * VEC_DB);
    ck_assert_uint_eq(one.log[0].vector, one.timer_vector);
    ck_assert_uint_eq(one.log[0].ip, RIG_STUBS + 16 * VEC_NMI);
    ck_assert_uint_eq(one.log[0].icount, 4);
    rig_fini(&one);
}
END_TEST

/* A fault ends the shadow of STI before it; the handler runs with IF 0. */
GUEST32(sti_fault, "sti\n ud2\n inc %eax\n cli\n hlt");

START_TEST(fault_in_the_shadow)
{
    rig_init(&one, RIG_PROT);
    one.skip = 2;
    rig_guest(&one, sti_fault);
    clock_arm(&one.b.m.clock, &one.timer, 1);
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_DEADLOCK);
    ck_assert_uint_eq(one.nr, 2);
    ck_assert_uint_eq(one.log[0].vector, VEC_UD);
    ck_assert_uint_eq(one.log[1].icount, 3);
    ck_assert_uint_eq(one.log[1].ip, RIG_CODE + 3);
    rig_fini(&one);
}
END_TEST

/* ---- halted ---- */
GUEST32(halts, "sti\n hlt\n inc %ebx\n cli\n hlt");
GUEST32(halts_off, "hlt\n inc %ebx\n hlt");

START_TEST(timer_wakes)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, halts);
    clock_arm(&one.b.m.clock, &one.timer, 1000);
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_DEADLOCK);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].icount, 2);
    ck_assert_uint_eq(one.log[0].ip, RIG_CODE + 2);
    ck_assert_uint_eq(clock_now(&one.b.m.clock), 1005);
    ck_assert_uint_eq(one.c->s.r[R_BX], 1);
    rig_fini(&one);
}
END_TEST

START_TEST(pending_wakes_at_once)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, halts);
    clock_arm(&one.b.m.clock, &one.timer, 0);
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_DEADLOCK);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].icount, 2);
    ck_assert_uint_eq(clock_now(&one.b.m.clock), 7);
    rig_fini(&one);
}
END_TEST

START_TEST(nmi_wakes_when_interrupts_are_off)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, halts_off);
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    clock_arm(&one.b.m.clock, &one.timer, 0);
    clock_run_due(&one.b.m.clock);
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.c->v.icount, 1);
    one.b.m.cpu->nmi(one.b.m.cpu_opaque);
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.c->v.icount, 5);
    ck_assert_uint_eq(one.log[0].vector, VEC_NMI);
    ck_assert_uint_eq(one.c->s.r[R_BX], 1);
    rig_fini(&one);
}
END_TEST

/* INIT wakes as well, and starts at the reset vector. */
START_TEST(init_wakes)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, halts_off);
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    one.b.m.cpu->init(one.b.m.cpu_opaque);
    ck_assert_int_eq(rig_run(&one, 0), EXIT_BUDGET);
    ck_assert_int_eq(one.c->s.activity, X86_HALTED);
    one.b.m.cpu->nmi(one.b.m.cpu_opaque); /* INIT drops it */
    ck_assert_int_ne(rig_run(&one, 1), EXIT_HALTED);
    ck_assert_int_eq(one.c->code_size, 1);
    ck_assert_uint_eq(one.c->s.cr0 & CR0_PE, 0);
    ck_assert_uint_eq(one.c->s.r[R_DX], 0x106ca); /* the signature */
    ck_assert_int_eq(one.nr, 0);
    rig_fini(&one);
}
END_TEST

/* The exit says whether INTR could end the halt. */
START_TEST(halt_says_what_wakes)
{
    struct vcpu_exit exit;
    struct error err;

    for (unsigned on = 0; on < 2; on++) {
        rig_init(&one, RIG_PROT);
        rig_put(&one, RIG_CODE, on ? "\xfb\xf4" : "\x90\xf4", 2);
        ck_assert_ok(interp_processor_ops.run(&one.c->v, 10, &exit, &err),
                     &err);
        ck_assert_int_eq(exit.kind, EXIT_HALTED);
        ck_assert_uint_eq(exit.qual, on);
        rig_fini(&one);
    }
}
END_TEST

/* The machine's end, in the middle of a block. */
GUEST32(stops, "mov $0x503, %edx\n mov $7, %al\n out %al, %dx\n inc %ebx\n"
               "inc %ebx\n hlt");

START_TEST(stop_is_at_once)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, stops);
    ck_assert_int_eq(rig_engine(&one, MOST), RUN_MACHINE);
    ck_assert_int_eq(one.b.m.end, MACHINE_GUEST_EXIT);
    ck_assert_uint_eq(one.b.m.end_code, 7);
    ck_assert_uint_eq(one.c->v.icount, 3);
    ck_assert_uint_eq(one.c->s.r[R_BX], 0);
    rig_fini(&one);
}
END_TEST

Suite *test_interp_irq_suite(void)
{
    Suite *s = suite_create("interp_irq");
    TCase *tc = tcase_create("points");

    tcase_add_loop_test(tc, timer_at_every_count, 0, ARRAY_LEN(programs));
    tcase_add_test(tc, budget_comes_first);
    tcase_add_loop_test(tc, raised_inside, 0, ARRAY_LEN(raised));
    tcase_add_test(tc, raised_by_a_push);
    tcase_add_test(tc, nmi_needs_no_if);
    tcase_add_test(tc, nmi_waits_after_mov_ss);
    tcase_add_test(tc, nmi_in_nmi);
    tcase_add_test(tc, order);
    tcase_add_test(tc, fault_in_the_shadow);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("halt");
    tcase_add_test(tc, timer_wakes);
    tcase_add_test(tc, pending_wakes_at_once);
    tcase_add_test(tc, nmi_wakes_when_interrupts_are_off);
    tcase_add_test(tc, init_wakes);
    tcase_add_test(tc, halt_says_what_wakes);
    tcase_add_test(tc, stop_is_at_once);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
