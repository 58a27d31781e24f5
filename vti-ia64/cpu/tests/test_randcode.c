/* test_randcode.c: random code in a random state harms nothing, and what it
 * does depends on no budget and no derived state. */
#include "common/tests/suite.h"
#include "vti-ia64/cpu/tests/randcode.h"

#define RAM  (256u << 10)
#define RUNS 2

START_TEST(the_same_in_any_steps)
{
    uint64_t seed = (uint64_t)_i + 1, hash[4];
    static const uint64_t step[3] = {UINT64_MAX, 1, 7};
    struct randcode k;

    for (unsigned n = 0; n < 3; n++) {
        randcode_init(&k, seed, RAM);
        hash[n] = randcode_run(&k, 3000, step[n]);
        randcode_fini(&k);
    }
    ck_assert_uint_eq(hash[0], hash[1]);
    ck_assert_uint_eq(hash[0], hash[2]);
}
END_TEST

START_TEST(derived_state_may_go)
{
    uint64_t seed = (uint64_t)_i + 1000, whole, parts = 0;
    struct randcode k;

    randcode_init(&k, seed, RAM);
    whole = randcode_run(&k, 3000, UINT64_MAX);
    randcode_fini(&k);
    randcode_init(&k, seed, RAM);
    for (unsigned n = 0; n < 10; n++) {
        parts = randcode_run(&k, 300, UINT64_MAX);
        k.c->v.processor->drop(&k.c->v);
    }
    randcode_fini(&k);
    ck_assert_uint_eq(whole, parts);
}
END_TEST

/* Whatever a snapshot brings: no crash, and the run comes back. */
START_TEST(any_state_is_run)
{
    struct randcode k;
    struct rng r = {(uint64_t)_i + 7};
    uint8_t *s;

    randcode_init(&k, (uint64_t)_i + 1, RAM);
    s = (uint8_t *)&k.c->s;
    for (size_t n = 0; n < sizeof(k.c->s); n++)
        s[n] = (uint8_t)rng_next(&r);
    if (_i % 2)
        k.c->s.ip &= RAM - 1;
    k.c->s.psr &= _i % 2 ? ~PSR_IT : ~0ull;
    k.c->s.halted = 0; /* nothing would wake it */
    k.c->v.processor->state_changed(&k.c->v);
    randcode_run(&k, 500, 50);
    randcode_fini(&k);
}
END_TEST

Suite *test_randcode_suite(void)
{
    Suite *s = suite_create("randcode");
    TCase *tc = tcase_create("random code");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, the_same_in_any_steps, 0, RUNS);
    tcase_add_loop_test(tc, derived_state_may_go, 0, RUNS);
    tcase_add_loop_test(tc, any_state_is_run, 0, 6);
    suite_add_tcase(s, tc);
    return s;
}
