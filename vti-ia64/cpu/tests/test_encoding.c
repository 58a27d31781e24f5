/* test_encoding.c: the table of encodings is sound. */
#include "vti-ia64/cpu/encoding.h"

#include <string.h>

#include "common/base/bits.h"
#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "vti-ia64/cpu/operand.h"

/* Each row's value lies in its mask, and some slot is that row's: no earlier
 * row hides it. */
START_TEST(rows_can_be_reached)
{
    struct rng r = {7};

    for (unsigned row = 0; row < ia64_nr_encodings; row++) {
        const struct ia64_encoding *e = &ia64_encodings[row];
        uint64_t mask = ia64_encoding_mask((int)row);
        enum ia64_unit unit =
            e->unit == IA64_UNIT_A ? IA64_UNIT_I : (enum ia64_unit)e->unit;
        bool found = false;

        ck_assert_uint_eq(e->value & ~mask, 0);
        ck_assert_uint_eq(mask >> IA64_SLOT_BITS, 0);
        for (unsigned n = 0; n < 200 && !found; n++)
            found =
                ia64_encoding_find(
                    unit, (rng_next(&r) & mask_low(IA64_SLOT_BITS) & ~mask) |
                              e->value) == (int)row;
        ck_assert_msg(found, "row %u, %s: never found", row, e->mnemonic);
    }
}
END_TEST

/* Operand lists hold nothing but operands and punctuation. */
START_TEST(operands_are_known)
{
    for (unsigned row = 0; row < ia64_nr_encodings; row++) {
        const char *p = ia64_encodings[row].operands;
        struct ia64_operand o;

        while (*p != '\0') {
            if (strchr("=,[]", *p) != NULL) {
                p++;
                continue;
            }
            ck_assert_msg(ia64_operand_get(&ia64_encodings[row], &p, 0, 0, &o),
                          "row %u: %s", row, ia64_encodings[row].operands);
        }
    }
}
END_TEST

START_TEST(bundles_round_trip)
{
    struct rng r = {9};
    uint8_t a[16], b[16];

    for (unsigned n = 0; n < 1000; n++) {
        struct ia64_bundle x;

        put_le64(a, rng_next(&r));
        put_le64(a + 8, rng_next(&r));
        x = ia64_bundle_get(a);
        ia64_bundle_put(&x, b);
        ck_assert_mem_eq(a, b, 16);
    }
}
END_TEST

Suite *test_encoding_suite(void)
{
    Suite *s = suite_create("encoding");
    TCase *tc = tcase_create("table");

    tcase_add_test(tc, rows_can_be_reached);
    tcase_add_test(tc, operands_are_known);
    tcase_add_test(tc, bundles_round_trip);
    suite_add_tcase(s, tc);
    return s;
}
