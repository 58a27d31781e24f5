/* test_te.c: which instructions a trap-and-emulate VMM sees, which are silent
 * and the same, and which are silent and differ, found by executing each row of
 * the table at level 0 under `native` and under `te`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "vti-ia64/cpu/encoding.h"
#include "vti-ia64/cpu/tests/randcode.h"
#include "vti-ia64/cpu/tests/twice.h"
#include "vti-ia64/engine.h"

#define LAST_CAUSE 40u
#define RAM        (256u << 10)

/* Sensitive, not privileged, and different. DESIGN.md has this table. */
static const struct {
    const char *mnemonic, *operands;
} different[] = {
    {"thash", "r1=r3"},      {"ttag", "r1=r3"},
    {"cover", ""},           {"alloc", "r1=ar.pfs,frame"},
    {"mov.i", "r1=ar3"},     {"mov.m", "r1=ar3"},
    {"mov.m", "ar3=r2"},     {"mov.m", "ar3=imm8"},
    {"mov", "r1=pmd[r3]"},   {"probe.w", "r1=r3,imm2"},
    {"probe.w", "r1=r3,r2"}, {"sum", "imm24"},
    {"rum", "imm24"},        {"mov", "psr.um=r2"},
};

static bool expected(unsigned row)
{
    const struct ia64_encoding *e = &ia64_encodings[row];

    for (unsigned k = 0; k < ARRAY_LEN(different); k++)
        if (strcmp(different[k].mnemonic, e->mnemonic) == 0 &&
            strcmp(different[k].operands, e->operands) == 0)
            return true;
    return false;
}

/* TE_TABLE=1 prints what is found. */
static void print(unsigned row, const struct twice *t)
{
    const struct ia64_encoding *e = &ia64_encodings[row];

    if (getenv("TE_TABLE") == NULL || (!t->differs && t->cause == 0))
        return;
    printf("%-16s %-18s %s\n", e->mnemonic, e->operands,
           t->cause != 0 ? "trapped" : "DIFFERENT");
}

START_TEST(each_row_is_trapped_or_same_or_known)
{
    bool seen[LAST_CAUSE + 1] = {false};
    struct twice_case k;

    for (unsigned row = 0; row < ia64_nr_encodings; row++) {
        const struct ia64_encoding *e = &ia64_encodings[row];
        bool differs = false;

        for (unsigned n = 0; twice_case((int)row, n, &k); n++) {
            struct twice t = twice_run(&k, &ia64_te_engine_ops, NULL);

            print(row, &t);
            ck_assert_msg(!t.differs || (t.cause == 0 && t.silent),
                          "%s %s: differs, cause %u, silent %d", e->mnemonic,
                          e->operands, t.cause, t.silent);
            differs = differs || t.differs;
            seen[t.cause] = true;
        }
        ck_assert_msg(differs == expected(row), "%s %s: differs %d",
                      e->mnemonic, e->operands, differs);
    }
    /* What VT-i adds to the privileged: thash, ttag, cover, mov r=cpuid. */
    for (unsigned c = 1; c <= LAST_CAUSE; c++)
        ck_assert_msg(seen[c] == (c != 23 && c != 31 && c != 32 && c != 36),
                      "cause %u", c);
}
END_TEST

/* What the processor refuses by operands, by PSR.ic and by level, the VMM
 * does, at levels 1 to 3 too. */
static const struct {
    uint64_t psr;
    bool nat;
} refused[] = {
    {0, true},
    {PSR_IC, false},
    {PSR_IC, true},
    {1ull << PSR_CPL_SHIFT, false},
    {1ull << PSR_CPL_SHIFT | PSR_IC, true},
    {2ull << PSR_CPL_SHIFT, false},
    {3ull << PSR_CPL_SHIFT, false},
    {3ull << PSR_CPL_SHIFT | PSR_IC, true},
};

/* Ring compression: what level 1 writes to ar.pfs is taken for level 0's. */
static bool shows_level_1(const struct twice_case *k)
{
    const char *mnemonic = ia64_encodings[k->row].mnemonic;

    return (k->psr & PSR_CPL) == 1ull << PSR_CPL_SHIFT &&
           (strncmp(mnemonic, "br.call", 7) == 0 ||
            strncmp(mnemonic, "brl.call", 8) == 0);
}

START_TEST(refused_as_by_the_processor)
{
    struct twice_case k;

    for (unsigned row = 0; row < ia64_nr_encodings; row++) {
        for (unsigned n = 0; twice_case((int)row, n, &k); n++) {
            k.psr |= refused[_i].psr;
            k.nat = refused[_i].nat;
            ck_assert_msg(!twice_run(&k, &ia64_te_engine_ops, NULL).differs ||
                              expected(row) || shows_level_1(&k),
                          "%s %s", ia64_encodings[row].mnemonic,
                          ia64_encodings[row].operands);
        }
    }
}
END_TEST

/* Random code harms nothing, at whatever level it believes to be, and never
 * gets the machine's level 0. */
START_TEST(random_code_stays_inside)
{
    struct randcode k;

    randcode_init_engine(&k, (uint64_t)_i + 1, RAM, &ia64_te_engine_ops, NULL);
    for (unsigned n = 0; n < 40; n++) {
        randcode_run(&k, 50, n % 4 + 1);
        ck_assert_uint_ne(k.c->cpl, 0);
        ck_assert_uint_ne(k.c->s.rsc >> 2 & 3, 0);
    }
    randcode_fini(&k);
}
END_TEST

Suite *test_te_suite(void)
{
    Suite *s = suite_create("te");
    TCase *tc = tcase_create("each instruction");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, each_row_is_trapped_or_same_or_known);
    tcase_add_loop_test(tc, refused_as_by_the_processor, 0, ARRAY_LEN(refused));
    suite_add_tcase(s, tc);
    tc = tcase_create("random code");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, random_code_stays_inside, 0, 6);
    suite_add_tcase(s, tc);
    return s;
}
