/* test_lockstep.c: jit against interp on random programs, and that a fault
 * would be found. */
#include <inttypes.h>

#include "bt/engine.h"
#include "bt/translator/tests/locktest.h"
#include "common/tests/suite.h"
#include "common/x86/cpu.h"

#define SEED 2026u

/* ASan makes it slower. */
#define INSNS 250000u

static void check(struct locktest *t, enum lock_mode mode, uint64_t insns)
{
    struct error err;

    t->report = stdout;
    t->max_reports = 1;
    ck_assert_ok(locktest_run(t, mode, SEED, insns, &err), &err);
    ck_assert_uint_ge(t->insns, insns);
    ck_assert_msg(t->different == 0, "%s, seed %u: %" PRIu64 " of %" PRIu64,
                  lock_mode_names[mode], SEED, t->different, t->programs);
}

START_TEST(test_jit)
{
    struct locktest t = {.ref = &interp_processor_ops,
                         .dut = &jit_processor_ops};

    check(&t, (enum lock_mode)_i, INSNS);
    ck_assert_uint_gt(t.units, 100);
    /* programs that are worth it: most last as long as they may */
    ck_assert_uint_ge(t.ended[RUN_BUDGET] * 2, t.programs);
}
END_TEST

/* One bit of a register, once in the middle of the run. */
static void plant_register(struct lock_guest *g)
{
    struct x86_state *s = g->v->state;

    if (g->v->icount > 1000 && g->v->icount < 8000)
        s->xs.xmm[7][3] ^= 4;
}

static void plant_memory(struct lock_guest *g)
{
    uint8_t *p = gmem_host(&g->m->mem, LOCK_RAM - 8, 1);

    *p = 1;
}

START_TEST(test_planted)
{
    struct locktest t = {.ref = &interp_processor_ops,
                         .dut = &interp_processor_ops,
                         .hook = _i ? plant_memory : plant_register,
                         .program_insns = 20000};
    struct error err;

    t.report = fopen("/dev/null", "w");
    t.max_reports = 1;
    ck_assert_ok(locktest_run(&t, LOCK_PAGED3, SEED, 1, &err), &err);
    ck_assert_uint_eq(t.different, 1);
    fclose(t.report);
}
END_TEST

Suite *test_lockstep_suite(void)
{
    Suite *s = suite_create("lockstep");
    TCase *tc = tcase_create("lockstep");

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, test_jit, 0, LOCK_MODES);
    tcase_add_loop_test(tc, test_planted, 0, 2);
    return s;
}
