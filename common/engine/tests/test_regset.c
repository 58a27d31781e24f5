/* test_regset.c: dump, compare and hash by description. */
#include "common/engine/regset.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cc.h"
#include "common/tests/suite.h"

struct blob {
    uint64_t a;
    uint16_t b;
    uint8_t pad[6]; /* no register */
    uint8_t c[10];
    uint8_t d;
};

static const struct reg_desc regs[] = {
    {"a", offsetof(struct blob, a), 8},
    {"b", offsetof(struct blob, b), 2},
    {"c", offsetof(struct blob, c), 10},
    {"d", offsetof(struct blob, d), 1},
};

static const struct regset rs = {"test", sizeof(struct blob), regs,
                                 ARRAY_LEN(regs)};

static const struct blob one = {
    0x1122334455667788, 0xabcd, {0}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 0xf0}, 0x5a};

START_TEST(diff_finds_each_register)
{
    struct blob other = one;

    ck_assert_uint_eq(regset_diff(&rs, &one, &other, 0), rs.nr);
    other.pad[3] ^= 1;
    ck_assert_uint_eq(regset_diff(&rs, &one, &other, 0), rs.nr);
    other.b ^= 0x8000;
    other.c[9] ^= 1;
    ck_assert_uint_eq(regset_diff(&rs, &one, &other, 0), 1);
    ck_assert_uint_eq(regset_diff(&rs, &one, &other, 2), 2);
    ck_assert_uint_eq(regset_diff(&rs, &one, &other, 3), rs.nr);
}
END_TEST

START_TEST(hash_sees_every_bit_of_registers_only)
{
    uint64_t h = regset_hash(&rs, &one);
    size_t bit;

    for (bit = 0; bit < 8 * sizeof(struct blob); bit++) {
        struct blob other = one;
        size_t byte = bit / 8;
        bool reg = byte < offsetof(struct blob, pad) ||
                   (byte >= offsetof(struct blob, c) &&
                    byte <= offsetof(struct blob, d));

        ((uint8_t *)&other)[byte] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg((regset_hash(&rs, &other) != h) == reg, "bit %zu", bit);
    }
}
END_TEST

START_TEST(hash_depends_on_place)
{
    struct blob x = {.a = 1}, y = {.b = 1};

    ck_assert_uint_ne(regset_hash(&rs, &x), regset_hash(&rs, &y));
}
END_TEST

START_TEST(text_is_most_significant_first)
{
    char buf[33];

    ck_assert_str_eq(regset_text(&regs[0], &one, buf, sizeof(buf)),
                     "1122334455667788");
    ck_assert_str_eq(regset_text(&regs[1], &one, buf, sizeof(buf)), "abcd");
    ck_assert_str_eq(regset_text(&regs[2], &one, buf, sizeof(buf)),
                     "f0090807060504030201");
}
END_TEST

START_TEST(dump_of_all_and_of_changes)
{
    struct blob other = one;
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    other.d = 0x11;
    regset_dump(&rs, &one, NULL, f);
    fputs("--\n", f);
    regset_dump(&rs, &other, &one, f);
    fputs("--\n", f);
    regset_dump(&rs, &one, &one, f);
    fclose(f);
    ck_assert_str_eq(text, "a 1122334455667788\nb abcd\n"
                           "c f0090807060504030201\nd 5a\n"
                           "--\nd 11\n--\n");
    free(text);
}
END_TEST

Suite *test_regset_suite(void)
{
    Suite *s = suite_create("regset");
    TCase *tc = tcase_create("regset");

    tcase_add_test(tc, diff_finds_each_register);
    tcase_add_test(tc, hash_sees_every_bit_of_registers_only);
    tcase_add_test(tc, hash_depends_on_place);
    tcase_add_test(tc, text_is_most_significant_first);
    tcase_add_test(tc, dump_of_all_and_of_changes);
    suite_add_tcase(s, tc);
    return s;
}
