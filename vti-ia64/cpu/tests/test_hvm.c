/* test_hvm.c: each virtualized instruction under `native` and under `hvm`, with
 * each setting of the accelerations: intercepted and emulated, or done by VT-i,
 * and the same either way. Found by executing each row of the table. */
#include <string.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "vti-ia64/cpu/cpu.h"
#include "vti-ia64/cpu/encoding.h"
#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/cpu/tests/twice.h"
#include "vti-ia64/engine.h"

#define LAST_CAUSE 40u

/* Which accelerations concern a cause, by vti.def. */
static unsigned accelerations(unsigned cause)
{
    switch (cause) {
#define VTI(cause, op, vac, vdc)                                               \
    case cause:                                                                \
        return vac;
#include "vti-ia64/cpu/vti.def"
#undef VTI
    default:
        return 0;
    }
}

struct seen {
    unsigned emulated[LAST_CAUSE + 1], done[LAST_CAUSE + 1];
};

/* CR.IFS, which VT-i lets the guest miss: see DESIGN.md. */
static bool cover_below_level_0(const struct ia64_encoding *e,
                                const struct twice_case *k)
{
    return strcmp(e->mnemonic, "cover") == 0 && (k->psr & PSR_CPL) != 0 &&
           !(k->psr & PSR_IC);
}

static void run_all(const char *controls, uint64_t psr, bool nat,
                    struct seen *seen)
{
    struct twice_case k;

    memset(seen, 0, sizeof(*seen));
    for (unsigned row = 0; row < ia64_nr_encodings; row++) {
        const struct ia64_encoding *e = &ia64_encodings[row];

        for (unsigned n = 0; twice_case((int)row, n, &k); n++) {
            struct twice t;

            k.psr |= psr;
            k.nat = nat;
            t = twice_run(&k, &ia64_hvm_engine_ops, controls);
            if (cover_below_level_0(e, &k))
                continue;
            ck_assert_msg(!t.differs, "%s %s, case %u, --controls %s: differs",
                          e->mnemonic, e->operands, n, controls);
            seen->emulated[t.cause]++;
            seen->done[t.done]++;
        }
    }
}

START_TEST(each_cause_is_emulated)
{
    struct seen seen;

    run_all("none", 0, false, &seen);
    for (unsigned c = 1; c <= LAST_CAUSE; c++) {
        ck_assert_msg(seen.emulated[c] > 0, "cause %u", c);
        ck_assert_uint_eq(seen.done[c], 0);
    }
}
END_TEST

/* With all of them each cause that vti.def gives one is done by VT-i, and
 * nothing else is. */
START_TEST(each_acceleration_is_used)
{
    struct seen seen;

    run_all("full", 0, false, &seen);
    for (unsigned c = 1; c <= LAST_CAUSE; c++)
        ck_assert_msg((seen.done[c] > 0) == (accelerations(c) != 0), "cause %u",
                      c);
}
END_TEST

/* One alone does its causes, not those of the others. */
START_TEST(one_acceleration)
{
    const struct ia64_control *a = ia64_control_at((unsigned)_i);
    struct seen seen;

    if (a == NULL || strcmp(a->name, "full") == 0)
        return;
    run_all(a->name, 0, false, &seen);
    for (unsigned c = 1; c <= LAST_CAUSE; c++)
        ck_assert_msg((seen.done[c] > 0) == ((accelerations(c) & a->vac) != 0),
                      "%s: cause %u", a->name, c);
}
END_TEST

/* What the processor refuses by operands, PSR.ic and level, it refuses its
 * guest. */
static const struct {
    uint64_t psr;
    bool nat;
} refused[] = {
    {0, true},
    {PSR_IC, false},
    {PSR_IC, true},
    {1ull << PSR_CPL_SHIFT, false},
    {2ull << PSR_CPL_SHIFT, true},
    {3ull << PSR_CPL_SHIFT | PSR_IC, false},
};

START_TEST(refused_as_by_the_processor)
{
    struct seen seen;

    run_all(_i % 2 == 0 ? "none" : "full", refused[_i].psr, refused[_i].nat,
            &seen);
}
END_TEST

Suite *test_hvm_suite(void)
{
    Suite *s = suite_create("hvm");
    TCase *tc = tcase_create("each instruction");
    int nr = 0;

    while (ia64_control_at((unsigned)nr) != NULL)
        nr++;
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, each_cause_is_emulated);
    tcase_add_test(tc, each_acceleration_is_used);
    tcase_add_loop_test(tc, one_acceleration, 0, nr);
    tcase_add_loop_test(tc, refused_as_by_the_processor, 0, ARRAY_LEN(refused));
    suite_add_tcase(s, tc);
    return s;
}
