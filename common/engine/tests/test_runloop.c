/* test_runloop.c: the engine-neutral loop, on a processor that does what a
 * script says. */
#include "common/engine/engine.h"

#include <string.h>

#include "common/base/cc.h"
#include "common/tests/suite.h"

#define SLICE (1ull << 20)

/* ---- the processor: the next line of the script, or nothing but running ----
 */
struct line {
    uint64_t retires; /* at most; then... */
    enum exit_kind kind;
    uint64_t qual;
    void (*before)(void);
};

static struct fake {
    struct vcpu v;
    struct machine m;
    const struct line *script;
    unsigned nr, at;
    uint64_t budgets[4096]; /* as asked for */
    unsigned runs;
    enum status status; /* of run() */
} f;

static enum status fake_run(struct vcpu *v, uint64_t budget,
                            struct vcpu_exit *exit, struct error *err)
{
    const struct line *l = f.at < f.nr ? &f.script[f.at] : NULL;

    f.budgets[f.runs++ % ARRAY_LEN(f.budgets)] = budget;
    if (f.status != ST_OK)
        return err_set(err, f.status, "script");
    *exit = (struct vcpu_exit){.kind = EXIT_BUDGET};
    if (budget != 0 && v->kicked) {
        v->kicked = 0;
        exit->kind = EXIT_KICKED;
        return ST_OK;
    }
    if (l == NULL || l->retires > budget) {
        v->icount += budget;
        return ST_OK;
    }
    f.at++;
    v->icount += l->retires;
    exit->kind = l->kind;
    exit->qual = l->qual;
    exit->op = SENS_HLT;
    if (l->before != NULL)
        l->before();
    return ST_OK;
}

static const struct processor_ops fake_processor = {.name = "script",
                                                    .run = fake_run};

static enum status handled;
static unsigned exits;

static enum status handle_exit(struct vcpu *v, struct vcpu_exit *exit,
                               struct error *err)
{
    ck_assert_ptr_eq(v, &f.v);
    ck_assert_int_eq(exit->op, SENS_HLT);
    exits++;
    return handled == ST_OK ? ST_OK : err_set(err, handled, "engine");
}

static const struct engine_ops fake_engine = {.name = "fake",
                                              .handle_exit = handle_exit};

static uint64_t icount(void *opaque)
{
    (void)opaque;
    return f.v.icount;
}

static void attention(void *opaque)
{
    (void)opaque;
}

static const struct machine_cpu_ops no_cpu = {.attention = attention};

static void setup(void)
{
    memset(&f, 0, sizeof(f));
    f.v.m = &f.m;
    f.v.processor = &fake_processor;
    f.v.engine = &fake_engine;
    f.m.cpu = &no_cpu;
    clock_init(&f.m.clock, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
    f.m.clock.icount = icount;
    handled = ST_OK;
    exits = 0;
}

static enum run_end run(const struct line *script, unsigned nr,
                        uint64_t max_insns, run_poll_fn *poll)
{
    enum run_end end;
    struct error err;

    f.script = script;
    f.nr = nr;
    f.at = 0;
    ck_assert_ok(engine_run(&f.v, max_insns, poll, &f, &end, &err), &err);
    return end;
}

#define RUN(script, max, poll) run((script), ARRAY_LEN(script), (max), (poll))

/* ---- timers ---- */
static struct clock_timer timer;
static uint64_t fired_at[16];
static unsigned fired;
static uint64_t period;

static uint64_t next_due;

static void fire(void *opaque)
{
    (void)opaque;
    fired_at[fired++ % ARRAY_LEN(fired_at)] = f.v.icount;
}

static void fire_again(void *opaque)
{
    fired_at[fired++ % ARRAY_LEN(fired_at)] = f.v.icount;
    next_due += period;
    clock_arm(&f.m.clock, opaque, next_due);
}

static void arm(uint64_t due, uint64_t every)
{
    clock_timer_init(&timer, every != 0 ? fire_again : fire, &timer);
    period = every;
    next_due = due;
    fired = 0;
    clock_arm(&f.m.clock, &timer, due);
}

/* ---- how runs end ---- */
static void stop(void)
{
    machine_stop(&f.m, MACHINE_POWEROFF, 0);
}

static void crash(void)
{
    f.v.crash = "it broke a rule";
}

static const struct {
    struct line line;
    enum run_end end;
} ends[] = {
    {{7, EXIT_SHUTDOWN, 0, NULL}, RUN_SHUTDOWN},
    {{7, EXIT_KICKED, 0, NULL}, RUN_KICKED},
    {{7, EXIT_STALLED, 0, NULL}, RUN_STALLED},
    {{7, EXIT_WAIT_SIPI, 0, NULL}, RUN_DEADLOCK},
    {{7, EXIT_HALTED, 1, NULL}, RUN_DEADLOCK},
    {{7, EXIT_HALTED, 0, NULL}, RUN_DEADLOCK},
    {{7, EXIT_ATTENTION, 0, stop}, RUN_MACHINE},
    {{7, EXIT_BUDGET, 0, stop}, RUN_MACHINE},
    {{7, EXIT_SENSITIVE, 0, stop}, RUN_MACHINE},
    {{7, EXIT_ATTENTION, 0, crash}, RUN_CRASHED},
    {{7, EXIT_SENSITIVE, 0, crash}, RUN_CRASHED},
    {{7, EXIT_ATTENTION, 0, NULL}, RUN_BUDGET}, /* goes on */
    {{7, EXIT_SENSITIVE, 0, NULL}, RUN_BUDGET},
};

START_TEST(ends_as)
{
    bool on = ends[_i].end == RUN_BUDGET;

    ck_assert_int_eq(run(&ends[_i].line, 1, 100, NULL), ends[_i].end);
    ck_assert_uint_eq(f.v.icount, on ? 100 : 7);
    ck_assert_uint_eq(exits, ends[_i].line.kind == EXIT_SENSITIVE);
    ck_assert_int_ge((int)strlen(run_end_text(ends[_i].end)), 3);
}
END_TEST

START_TEST(nothing_to_do)
{
    f.v.icount = 5;
    ck_assert_int_eq(run(NULL, 0, 5, NULL), RUN_BUDGET);
    ck_assert_int_eq(run(NULL, 0, 0, NULL), RUN_BUDGET);
    f.m.end = MACHINE_RESET; /* ended before it begins, and that comes first */
    ck_assert_int_eq(run(NULL, 0, 0, NULL), RUN_MACHINE);
    ck_assert_uint_eq(f.runs, 0);
}
END_TEST

START_TEST(errors_pass)
{
    const struct line l = {1, EXIT_SENSITIVE, 0, NULL};
    const struct line odd = {1, (enum exit_kind)99, 0, NULL};
    enum run_end end;
    struct error err;

    f.script = &l;
    f.nr = 1;
    handled = ST_NOTSUP;
    ck_assert_int_eq(engine_run(&f.v, 100, NULL, NULL, &end, &err), ST_NOTSUP);
    ck_assert_str_eq(err.text, "engine");
    f.script = &odd;
    f.at = 0;
    ck_assert_int_eq(engine_run(&f.v, 100, NULL, NULL, &end, &err), ST_BUG);
    f.status = ST_HOST;
    ck_assert_int_eq(engine_run(&f.v, 100, NULL, NULL, &end, &err), ST_HOST);
    ck_assert_str_eq(err.text, "script");
}
END_TEST

/* ---- budgets ---- */
START_TEST(slices)
{
    ck_assert_int_eq(run(NULL, 0, 3 * SLICE + 9, NULL), RUN_BUDGET);
    ck_assert_uint_eq(f.runs, 4);
    ck_assert_uint_eq(f.budgets[0], SLICE);
    ck_assert_uint_eq(f.budgets[3], 9);
}
END_TEST

START_TEST(up_to_the_timer)
{
    arm(1000, 300);
    ck_assert_int_eq(run(NULL, 0, 2000, NULL), RUN_BUDGET);
    ck_assert_uint_eq(f.v.icount, 2000);
    ck_assert_uint_eq(f.budgets[0], 1000);
    ck_assert_uint_eq(f.budgets[1], 300);
    ck_assert_uint_eq(fired, 4);
    for (unsigned k = 0; k < fired; k++)
        ck_assert_uint_eq(fired_at[k], 1000 + 300 * k);
}
END_TEST

/* A timer at the very end waits for the next run. */
START_TEST(timer_at_the_end)
{
    arm(1000, 0);
    ck_assert_int_eq(run(NULL, 0, 1000, NULL), RUN_BUDGET);
    ck_assert_uint_eq(fired, 0);
    ck_assert_int_eq(run(NULL, 0, 1001, NULL), RUN_BUDGET);
    ck_assert_uint_eq(fired, 1);
    ck_assert_uint_eq(fired_at[0], 1000);
}
END_TEST

static void arm_nearer(void)
{
    arm(f.v.icount + 5, 0);
}

START_TEST(timer_moved_nearer)
{
    const struct line l = {100, EXIT_ATTENTION, 0, arm_nearer};

    ck_assert_int_eq(run(&l, 1, 1000, NULL), RUN_BUDGET);
    ck_assert_uint_eq(f.budgets[1], 5);
    ck_assert_uint_eq(fired_at[0], 105);
}
END_TEST

/* One instruction is 1 us here; times in between are rounded up. */
START_TEST(slower_clock)
{
    clock_init(&f.m.clock, CLOCK_VIRTUAL, 1000000);
    f.m.clock.icount = icount;
    arm(1500, 1000);
    ck_assert_int_eq(run(NULL, 0, 5, NULL), RUN_BUDGET);
    ck_assert_uint_eq(fired_at[0], 2);
    ck_assert_uint_eq(fired_at[1], 3);
    ck_assert_uint_eq(fired_at[2], 4);
}
END_TEST

/* A timer that is due again and again before one more instruction fits in: it
 * fires as often as it should, and a kick gets through. */
static void kick_later(void *opaque)
{
    fire_again(opaque);
    if (fired == 1000)
        f.v.kicked = 1;
}

START_TEST(timer_faster_than_instructions)
{
    clock_init(&f.m.clock, CLOCK_VIRTUAL, 1);
    f.m.clock.icount = icount;
    arm(1, 1);
    f.v.icount = 1; /* a second has gone by */
    timer.fn = kick_later;
    ck_assert_int_eq(run(NULL, 0, 5, NULL), RUN_KICKED);
    ck_assert_uint_eq(fired, 1000);
    ck_assert_uint_eq(f.v.icount, 1);
    ck_assert_int_eq(f.v.kicked, 0);
}
END_TEST

START_TEST(host_clock)
{
    clock_init(&f.m.clock, CLOCK_HOST, CLOCK_NS_PER_S);
    ck_assert_int_eq(run(NULL, 0, 30000, NULL), RUN_BUDGET);
    ck_assert_uint_eq(f.budgets[0], 20000);
    ck_assert_uint_eq(f.budgets[1], 10000);
}
END_TEST

/* ---- halted ---- */
START_TEST(halt_skips)
{
    const struct line l[] = {{10, EXIT_HALTED, 1, NULL},
                             {5, EXIT_SHUTDOWN, 0, NULL}};

    arm(5000, 0);
    ck_assert_int_eq(RUN(l, 1000, NULL), RUN_SHUTDOWN);
    ck_assert_uint_eq(fired, 1);
    ck_assert_uint_eq(fired_at[0], 10);
    ck_assert_uint_eq(clock_now(&f.m.clock), 5005);
}
END_TEST

/* A guest that idles does so as long as it has timers... */
START_TEST(idles)
{
    static struct line l[3000];

    for (unsigned k = 0; k < ARRAY_LEN(l); k++)
        l[k] = (struct line){0, EXIT_HALTED, 1, NULL};
    arm(0, CLOCK_NS_PER_S);
    l[ARRAY_LEN(l) - 1].kind = EXIT_STALLED;
    ck_assert_int_eq(RUN(l, 1000, NULL), RUN_STALLED);
    ck_assert_uint_ge(fired, 2990);
}
END_TEST

static struct line masked_script[200000];

/* Interrupts off: only as long as an NMI might come of it. */

START_TEST(halted_with_interrupts_off)
{
    for (unsigned k = 0; k < ARRAY_LEN(masked_script); k++)
        masked_script[k] = (struct line){0, EXIT_HALTED, 0, NULL};
    arm(0, _i == 0 ? CLOCK_NS_PER_S : 1000);
    ck_assert_int_eq(RUN(masked_script, 1000, NULL), RUN_DEADLOCK);
    ck_assert_uint_ge(fired, 9);
    ck_assert_uint_le(clock_now(&f.m.clock), 12 * CLOCK_NS_PER_S);
}
END_TEST

/* ...but not when none of them wakes it for an hour. */
START_TEST(never_wakes)
{
    for (unsigned k = 0; k < ARRAY_LEN(masked_script); k++)
        masked_script[k] = (struct line){0, EXIT_HALTED, 1, NULL};
    arm(0, 10 * CLOCK_NS_PER_S);
    ck_assert_int_eq(RUN(masked_script, 1000, NULL), RUN_DEADLOCK);
    ck_assert_uint_ge(clock_now(&f.m.clock), 3600 * CLOCK_NS_PER_S);
    ck_assert_uint_le(clock_now(&f.m.clock), 3700 * CLOCK_NS_PER_S);
}
END_TEST

/* ---- polling ---- */
static unsigned polls, waits;
static uint64_t polled_at[64];

static bool poll_never(void *opaque, uint64_t wait_ns)
{
    ck_assert_ptr_eq(opaque, &f);
    if (wait_ns == 0)
        polled_at[polls++ % 64] = f.v.icount;
    else
        waits++;
    return false;
}

static bool poll_thrice(void *opaque, uint64_t wait_ns)
{
    poll_never(opaque, wait_ns);
    return waits < 3;
}

START_TEST(polls_now_and_then)
{
    polls = 0;
    arm(1, SLICE / 8);
    ck_assert_int_eq(run(NULL, 0, 5 * SLICE, poll_never), RUN_BUDGET);
    ck_assert_uint_ge(polls, 5);
    ck_assert_uint_le(polls, 6);
    for (unsigned k = 1; k < polls; k++)
        ck_assert_uint_ge(polled_at[k] - polled_at[k - 1], SLICE);
    ck_assert_uint_eq(waits, 0);
}
END_TEST

START_TEST(waits_for_input)
{
    static const struct line l[] = {{1, EXIT_HALTED, 1, NULL},
                                    {0, EXIT_HALTED, 1, NULL},
                                    {0, EXIT_HALTED, 1, NULL},
                                    {0, EXIT_SHUTDOWN, 0, NULL}};

    waits = 0;
    ck_assert_int_eq(RUN(l, 100, poll_thrice), RUN_DEADLOCK);
    ck_assert_uint_eq(waits, 3);
    waits = 0;
    ck_assert_int_eq(RUN(l, 100, poll_never), RUN_DEADLOCK);
    ck_assert_uint_eq(waits, 1);
}
END_TEST

/* Nothing wakes it, but a key might: three times an hour. */
START_TEST(never_wakes_but_for_input)
{
    for (unsigned k = 0; k < ARRAY_LEN(masked_script); k++)
        masked_script[k] = (struct line){0, EXIT_HALTED, 1, NULL};
    arm(0, 10 * CLOCK_NS_PER_S);
    waits = 0;
    ck_assert_int_eq(RUN(masked_script, 1000, poll_thrice), RUN_DEADLOCK);
    ck_assert_uint_eq(waits, 3);
    ck_assert_uint_ge(clock_now(&f.m.clock), 3 * 3600 * CLOCK_NS_PER_S);
}
END_TEST

Suite *test_runloop_suite(void)
{
    Suite *s = suite_create("runloop");
    TCase *tc = tcase_create("end");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, ends_as, 0, ARRAY_LEN(ends));
    tcase_add_test(tc, nothing_to_do);
    tcase_add_test(tc, errors_pass);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("budget");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, slices);
    tcase_add_test(tc, up_to_the_timer);
    tcase_add_test(tc, timer_at_the_end);
    tcase_add_test(tc, timer_moved_nearer);
    tcase_add_test(tc, slower_clock);
    tcase_add_test(tc, timer_faster_than_instructions);
    tcase_add_test(tc, host_clock);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("halt");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, halt_skips);
    tcase_add_test(tc, idles);
    tcase_add_loop_test(tc, halted_with_interrupts_off, 0, 2);
    tcase_add_test(tc, never_wakes);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("poll");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, polls_now_and_then);
    tcase_add_test(tc, waits_for_input);
    tcase_add_test(tc, never_wakes_but_for_input);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
