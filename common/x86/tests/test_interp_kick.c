/* test_interp_kick.c: a kick ends a run soon, whatever the guest does, and
 * leaves a state that goes on as if nothing had been. */
#include "common/x86/interp.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "common/tests/suite.h"
#include "common/x86/tests/rig.h"

#define KICK_US 3000
#define SOON_S  1.0 /* slack for a loaded host and for sanitizers */

static struct rig one;
static struct vcpu *volatile target;

static void on_alarm(int sig)
{
    (void)sig;
    target->processor->kick(target);
}

static void alarm_us(suseconds_t us)
{
    struct sigaction sa = {.sa_handler = on_alarm};
    struct itimerval it = {.it_value = {.tv_usec = us}};

    target = &one.c->v;
    sigemptyset(&sa.sa_mask);
    ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &it, NULL), 0);
}

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- guests that never end ---- */
GUEST64(spin, "1: jmp 1b");
GUEST64(loop, "1: inc %rax\n mov %rax, 0x40000\n cmp %rax, %rbx\n jne 1b\n");
GUEST64(faults, "ud2"); /* its handler comes back to it */
GUEST64(calls, "1: call 2f\n jmp 1b\n 2: ret");
GUEST64(ports, "mov $0x508, %edx\n 1: out %al, %dx\n in %dx, %al\n jmp 1b");
GUEST64(modifies, "lea 1f(%rip), %rbx\n 2: incb 1(%rbx)\n 1: mov $0, %al\n"
                  "jmp 2b");
GUEST64(stepped, "push $0x102\n popf\n 1: jmp 1b");
GUEST64(flushes, "1: mov %cr3, %rax\n mov %rax, %cr3\n jmp 1b");

static const struct {
    const char *name;
    const uint8_t *code, *end;
} spins[] = {
#define SPIN(n)                                                                \
    {                                                                          \
#n, n##_code, n##_end                                                  \
    }
    SPIN(spin),  SPIN(loop),     SPIN(faults),  SPIN(calls),
    SPIN(ports), SPIN(modifies), SPIN(stepped), SPIN(flushes),
#undef SPIN
};

START_TEST(spinning)
{
    double t;

    rig_init(&one, RIG_LONG);
    one.c->s.r[R_BX] = UINT64_MAX;
    rig_put(&one, RIG_CODE, spins[_i].code,
            (size_t)(spins[_i].end - spins[_i].code));
    alarm_us(KICK_US);
    t = seconds();
    ck_assert_int_eq(rig_engine(&one, UINT64_MAX), RUN_KICKED);
    ck_assert_double_lt(seconds() - t, SOON_S);
    ck_assert_uint_gt(one.c->v.icount, 0);
    /* goes on, and is not kicked twice */
    ck_assert_int_eq(rig_engine(&one, one.c->v.icount + 100), RUN_BUDGET);
    rig_fini(&one);
}
END_TEST

/* A kick that comes between two runs ends the next one at once, but a budget of
 * nothing comes first. */
START_TEST(before_the_run)
{
    rig_init(&one, RIG_LONG);
    rig_guest(&one, spin);
    interp_processor_ops.kick(&one.c->v);
    ck_assert_int_eq(rig_run(&one, 0), EXIT_BUDGET);
    ck_assert_int_eq(rig_run(&one, 100), EXIT_KICKED);
    ck_assert_uint_eq(one.c->v.icount, 0);
    ck_assert_int_eq(rig_run(&one, 100), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->v.icount, 100);
    rig_fini(&one);
}
END_TEST

/* ---- repeated instructions with a count of 2^64 - 1 ----
 * All of the canonical half is one page, of `target`. */
enum target { T_RAM, T_DEVICE, T_HOLE, T_CODE_PAGE, T_TARGETS };

static const uint64_t target_pa[] = {RIG_DATA, RIG_MMIO + 0x1000, 0x80000000,
                                     RIG_CODE};

static void map_all(struct rig *r, uint64_t pa)
{
    for (unsigned k = 0; k < 512; k++) {
        /* PML4 is shared from its second entry on: the first is one to one */
        if (k > 0)
            tables_poke(&r->b, 0xf0000 + 8 * k, 0xe0007, 8);
        tables_poke(&r->b, 0xe0000 + 8 * k, 0xe1007, 8);
        tables_poke(&r->b, 0xe1000 + 8 * k, 0xe2007, 8);
        tables_poke(&r->b, 0xe2000 + 8 * k, (pa & PAGE_MASK) | 7, 8);
    }
    interp_processor_ops.state_changed(&r->c->v);
}

static const struct {
    const char *name;
    uint8_t code[3];
    unsigned len;
} repeats[] = {
    {"rep stosb", {0xf3, 0xaa}, 2},        {"rep stosq", {0xf3, 0x48, 0xab}, 3},
    {"rep movsb", {0xf3, 0xa4}, 2},        {"rep movsq", {0xf3, 0x48, 0xa5}, 3},
    {"rep lodsb", {0xf3, 0xac}, 2},        {"repe scasb", {0xf3, 0xae}, 2},
    {"repe cmpsw", {0xf3, 0x66, 0xa7}, 3}, {"rep insb", {0xf3, 0x6c}, 2},
    {"rep outsb", {0xf3, 0x6e}, 2},
};

/* Registers are consistent: what is left and what is done make up the whole. */
static void check_progress(const struct x86_state *s, uint64_t di, uint64_t si)
{
    uint64_t done = UINT64_MAX - s->r[R_CX];
    uint64_t d = s->r[R_DI] - di, i = s->r[R_SI] - si;

    ck_assert_uint_gt(done, 0);
    ck_assert_msg(d == 0 || d == done || d == 2 * done || d == 8 * done,
                  "di %llx", (unsigned long long)d);
    ck_assert_msg(i == 0 || i == done || i == 2 * done || i == 8 * done,
                  "si %llx", (unsigned long long)i);
    ck_assert(d != 0 || i != 0);
}

static void check_repeat(unsigned k, enum target t)
{
    struct x86_state *s;
    double start;

    rig_init(&one, RIG_LONG);
    map_all(&one, target_pa[t]);
    rig_put(&one, RIG_CODE, repeats[k].code, repeats[k].len);
    s = &one.c->s;
    s->r[R_CX] = UINT64_MAX;
    s->r[R_DI] = 1ull << 40;
    s->r[R_SI] = 1ull << 41;
    s->r[R_DX] = 0x508;
    if (t == T_HOLE || t == T_DEVICE) /* what SCAS reads there */
        s->r[R_AX] = t == T_HOLE ? 0xff : 0;
    alarm_us(KICK_US);
    start = seconds();
    ck_assert_int_eq(rig_engine(&one, UINT64_MAX), RUN_KICKED);
    ck_assert_msg(seconds() - start < SOON_S, "%s %u: %.3f s", repeats[k].name,
                  t, seconds() - start);
    ck_assert_uint_eq(one.c->v.icount, 0);
    ck_assert_uint_eq(s->r[R_IP], RIG_CODE);
    check_progress(s, 1ull << 40, 1ull << 41);
    /* an interrupt must wait until the instruction ends: make that soon */
    clock_arm(&one.b.m.clock, &one.timer, 0);
    s->rflags |= FL_IF;
    s->r[R_CX] = 5;
    rig_engine(&one, 1);
    ck_assert_uint_eq(one.nr, 0);
    ck_assert_uint_eq(s->r[R_IP], RIG_CODE + repeats[k].len);
    ck_assert_uint_eq(s->r[R_CX], 0);
    rig_engine(&one, 2);
    ck_assert_uint_eq(one.nr, 1);
    ck_assert_uint_eq(one.log[0].ip, RIG_CODE + repeats[k].len);
    rig_fini(&one);
}

START_TEST(repeating)
{
    for (unsigned t = 0; t < T_TARGETS; t++) {
        /* writing zeroes over itself is another matter */
        if (t != T_CODE_PAGE || repeats[_i].code[repeats[_i].len - 1] == 0xac)
            check_repeat((unsigned)_i, (enum target)t);
    }
}
END_TEST

/* ---- halted, under the host's clock ---- */
START_TEST(halted)
{
    double t;

    rig_init(&one, RIG_LONG);
    rig_put(&one, RIG_CODE, "\xfb\xf4", 2);
    clock_init(&one.b.m.clock, CLOCK_HOST, CLOCK_NS_PER_S);
    clock_arm(&one.b.m.clock, &one.timer, 3600 * CLOCK_NS_PER_S);
    alarm_us(KICK_US);
    t = seconds();
    ck_assert_int_eq(rig_engine(&one, UINT64_MAX), RUN_KICKED);
    ck_assert_double_lt(seconds() - t, SOON_S);
    rig_fini(&one);
}
END_TEST

Suite *test_interp_kick_suite(void)
{
    Suite *s = suite_create("interp_kick");
    TCase *tc = tcase_create("kick");

    tcase_add_loop_test(tc, spinning, 0, ARRAY_LEN(spins));
    tcase_add_test(tc, before_the_run);
    tcase_add_loop_test(tc, repeating, 0, ARRAY_LEN(repeats));
    tcase_add_test(tc, halted);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
