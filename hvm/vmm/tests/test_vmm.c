/* test_vmm.c: random programs under every kind of VMM do what they do on the
 * bare machine, to the instruction; the VMM's options. */
#include <string.h>

#include "common/base/cc.h"
#include "common/base/rng.h"
#include "common/tests/randguest.h"
#include "common/tests/suite.h"
#include "common/x86/state.h"
#include "hvm/cpu/exits.h"
#include "hvm/engine.h"

#define INSNS 20000u

static struct randguest ref, one;

#define OPTIONS(p, v, c)                                                       \
    {                                                                          \
        .paging = (p), .vpid = (v), .controls = (c)                            \
    }

static const struct engine_options kinds[] = {
    OPTIONS("ept", "on", "westmere-2010"),
    OPTIONS("ept", "off", "westmere-2010"),
    OPTIONS("ept", "on", "nehalem-2008"),
    OPTIONS("shadow", "on", "westmere-2010"),
    OPTIONS("shadow", "off", "nehalem-2008"),
    OPTIONS("shadow", "off", "prescott-2005"),
    OPTIONS("shadow", "off", "merom-2006"),
    OPTIONS("shadow", "off", "penryn-2007"),
    OPTIONS("ept", "on", "all"),
};

/* Stops at random counts: what is seen there must be the same, too. */
START_TEST(as_native)
{
    const struct engine_options *o = &kinds[_i];
    struct rng rng = {.state = 7 + (uint64_t)_i};
    uint64_t at;

    for (uint64_t seed = 1; seed < 7; seed++) {
        randguest_init(&ref, seed);
        randguest_init_under(&one, seed, &hvm_engine_ops, o);
        for (at = 0; at < INSNS;) {
            at += 1 + rng_below(&rng, INSNS / 4);
            randguest_run(&ref, at);
            randguest_run(&one, at);
            randguest_check_same(&one, &ref, seed);
        }
        randguest_fini(&one);
        randguest_fini(&ref);
    }
}
END_TEST

/* What a VMM derives can go at any instruction. */
START_TEST(dropped_at_random)
{
    struct rng rng = {.state = 17 + (uint64_t)_i};
    uint64_t at = 0, seed = 20 + (uint64_t)_i;

    randguest_init(&ref, seed);
    randguest_run(&ref, INSNS);
    randguest_init_under(&one, seed, &hvm_engine_ops, &kinds[_i]);
    while (at < INSNS) {
        at += 1 + rng_below(&rng, INSNS / 8);
        if (at > INSNS)
            at = INSNS;
        randguest_run(&one, at);
        one.v->processor->drop(one.v);
    }
    randguest_check_same(&one, &ref, seed);
    randguest_fini(&one);
    randguest_fini(&ref);
}
END_TEST

static uint64_t exits(unsigned reason, uint64_t sub)
{
    return ledger_get(&one.v->ledger, LEDGER_EXIT, reason, sub);
}

/* The ledger says what the generation does. */
START_TEST(ledger)
{
    randguest_init_under(&one, 3, &hvm_engine_ops, &kinds[5]);
    randguest_run(&one, INSNS);
    ck_assert_uint_gt(exits(EXIT_REASON_EXCEPTION_NMI, VEC_PF), 10);
    randguest_fini(&one);
    randguest_init_under(&one, 3, &hvm_engine_ops, &kinds[0]);
    randguest_run(&one, INSNS);
    ck_assert_uint_eq(exits(EXIT_REASON_EXCEPTION_NMI, VEC_PF), 0);
    ck_assert_uint_gt(exits(EXIT_REASON_IO_INSTRUCTION, 0x3f8), 0);
    ck_assert_str_eq(hvm_reason_name(LEDGER_EXIT, EXIT_REASON_EPT_VIOLATION),
                     "EPT_VIOLATION");
    ck_assert_ptr_null(hvm_reason_name(LEDGER_EXIT, 5));
    ck_assert_ptr_null(hvm_reason_name(LEDGER_SENSITIVE, 1));
    randguest_fini(&one);
}
END_TEST

static const struct {
    struct engine_options o;
    const char *text, *error;
} options[] = {
    {OPTIONS(NULL, NULL, NULL), "paging=ept vpid=on controls=westmere-2010",
     NULL},
    {OPTIONS(NULL, NULL, "prescott-2005"),
     "paging=shadow vpid=off controls=prescott-2005", NULL},
    {OPTIONS("shadow", NULL, NULL),
     "paging=shadow vpid=on controls=westmere-2010", NULL},
    {OPTIONS("ept", NULL, "prescott-2005"), NULL, "has no EPT"},
    {OPTIONS(NULL, "on", "merom-2006"), NULL, "has no VPID"},
    {OPTIONS("both", NULL, NULL), NULL, "--paging both"},
    {OPTIONS(NULL, "yes", NULL), NULL, "--vpid yes"},
    {OPTIONS(NULL, NULL, "pentium"), NULL, "--controls pentium"},
};

START_TEST(what_options_mean)
{
    char text[ENGINE_OPTIONS_TEXT];
    struct error err;
    enum status st = hvm_engine_ops.options(&options[_i].o, NULL, text, &err);

    if (options[_i].error == NULL) {
        ck_assert_ok(st, &err);
        ck_assert_str_eq(text, options[_i].text);
    } else {
        ck_assert_int_eq(st, ST_INVAL);
        ck_assert_msg(strstr(err.text, options[_i].error) != NULL, "%s",
                      err.text);
    }
}
END_TEST

Suite *test_vmm_suite(void)
{
    Suite *s = suite_create("vmm");
    TCase *tc = tcase_create("vmm");

    tcase_add_loop_test(tc, as_native, 0, ARRAY_LEN(kinds));
    tcase_add_loop_test(tc, dropped_at_random, 0, ARRAY_LEN(kinds));
    tcase_add_test(tc, ledger);
    tcase_add_loop_test(tc, what_options_mean, 0, ARRAY_LEN(options));
    suite_add_tcase(s, tc);
    return s;
}
