/* test_json.c: the JSON writer. */
#include "experiments/cli/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/tests/suite.h"

static char *written(void (*fn)(struct json *))
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    struct json j;

    ck_assert_ptr_nonnull(f);
    json_init(&j, f);
    fn(&j);
    fclose(f);
    return text;
}

static void nested(struct json *j)
{
    json_object(j, NULL);
    json_u64(j, "max", UINT64_MAX);
    json_array(j, "list");
    json_bool(j, NULL, true);
    json_string(j, NULL, NULL);
    json_object(j, NULL);
    json_object_end(j);
    json_array_end(j);
    json_double(j, "d", 0.1);
    json_double(j, "nan", (double)NAN);
    json_object_end(j);
}

START_TEST(nesting)
{
    char *text = written(nested);

    ck_assert_str_eq(text, "{\n"
                           "  \"max\": 18446744073709551615,\n"
                           "  \"list\": [\n"
                           "    true,\n"
                           "    null,\n"
                           "    {}\n"
                           "  ],\n"
                           "  \"d\": 0.10000000000000001,\n"
                           "  \"nan\": null\n"
                           "}\n");
    free(text);
}
END_TEST

static void odd_strings(struct json *j)
{
    json_array(j, NULL);
    json_string(j, NULL, "a\"b\\c\n\x7f");
    json_string(j, NULL, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    json_string(j, NULL, "\xff\xc3");
    json_array_end(j);
}

START_TEST(strings)
{
    char *text = written(odd_strings);

    ck_assert_str_eq(text, "[\n"
                           "  \"a\\\"b\\\\c\\u000a\\u007f\",\n"
                           "  \"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\",\n"
                           "  \"\\u00ff\\u00c3\"\n"
                           "]\n");
    free(text);
}
END_TEST

Suite *test_json_suite(void)
{
    Suite *s = suite_create("json");
    TCase *tc = tcase_create("json");

    tcase_add_test(tc, nesting);
    tcase_add_test(tc, strings);
    suite_add_tcase(s, tc);
    return s;
}
