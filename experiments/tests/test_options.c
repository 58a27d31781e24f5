/* test_options.c: parsing numbers, words and option tables. */
#include "experiments/cli/options.h"

#include <string.h>

#include "common/tests/suite.h"

struct values {
    bool flag;
    const char *text;
    const char *optional;
    uint64_t size, count;
    int word;
};

static const struct opt_word words[] = {{"virtual", 1}, {"host", 2}, {NULL, 0}};

static const struct opt opts[] = {
    {.name = "flag", .type = OPT_FLAG, .offset = offsetof(struct values, flag)},
    {.name = "text",
     .letter = 't',
     .type = OPT_STRING,
     .offset = offsetof(struct values, text),
     .arg = "S"},
    {.name = "trace",
     .type = OPT_OPTIONAL,
     .offset = offsetof(struct values, optional),
     .arg = "S"},
    {.name = "mem",
     .type = OPT_SIZE,
     .offset = offsetof(struct values, size),
     .arg = "N",
     .min = 4096,
     .max = 1ull << 40},
    {.name = "max-insns",
     .type = OPT_COUNT,
     .offset = offsetof(struct values, count),
     .arg = "N"},
    {.name = "clock",
     .type = OPT_WORD,
     .offset = offsetof(struct values, word),
     .arg = "W",
     .words = words},
    {.name = NULL},
};

struct number_case {
    const char *text;
    unsigned base;
    uint64_t value; /* or: */
    const char *complaint;
};

static const struct number_case number_cases[] = {
    {"0", 1000, 0, NULL},
    {"42", 1000, 42, NULL},
    {"1_000_000", 1000, 1000000, NULL},
    {"10k", 1000, 10000, NULL},
    {"3M", 1000, 3000000, NULL},
    {"2G", 1000, 2000000000, NULL},
    {"512M", 1024, 512ull << 20, NULL},
    {"1G", 1024, 1ull << 30, NULL},
    {"4KiB", 1024, 4096, NULL},
    {"0x1000", 1024, 4096, NULL},
    {"0xffff_ffff", 1000, 0xffffffff, NULL},
    {"18446744073709551615", 1000, UINT64_MAX, NULL},
    {"18446744073709551616", 1000, 0, "too large"},
    {"99999999999999999999999", 1000, 0, "too large"},
    {"16777216T", 1024, 0, "too large"},
    {"", 1000, 0, "not a number"},
    {"-1", 1000, 0, "not a number"},
    {"+1", 1000, 0, "not a number"},
    {" 1", 1000, 0, "not a number"},
    {"k", 1000, 0, "not a number"},
    {"0x", 1000, 0, "not a number"},
    {"_1", 1000, 0, "not a number"},
    {"1_", 1000, 0, "suffix"},
    {"1__0", 1000, 0, "suffix"},
    {"1.5G", 1024, 0, "suffix"},
    {"1Q", 1024, 0, "suffix"},
    {"1MM", 1024, 0, "suffix"},
    {"4KiB", 1000, 0, "suffix"},
};

START_TEST(number)
{
    const struct number_case *c = &number_cases[_i];
    struct error err = {.text = ""};
    uint64_t v = 7;
    enum status st = opts_number(c->text, c->base, &v, &err);

    if (c->complaint == NULL) {
        ck_assert_ok(st, &err);
        ck_assert_uint_eq(v, c->value);
        return;
    }
    ck_assert_int_eq(st, ST_INVAL);
    ck_assert_msg(strstr(err.text, c->complaint) != NULL, "%s: %s", c->text,
                  err.text);
    ck_assert_uint_eq(v, 7);
}
END_TEST

static enum status parse(const char *line, struct values *v, int *nr,
                         char **argv, struct error *err)
{
    static char copy[256];
    bool help;
    int argc = 0;
    char *word;

    memset(v, 0, sizeof(*v));
    strcpy(copy, line);
    for (word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    return opts_parse(opts, argc, argv, v, nr, &help, err);
}

START_TEST(all_forms)
{
    struct values v;
    struct error err;
    char *argv[16];
    int nr;

    ck_assert_ok(parse("a --flag --text x --mem=512M b --max-insns 5M "
                       "--clock host --trace=3,4 -- --flag",
                       &v, &nr, argv, &err),
                 &err);
    ck_assert(v.flag);
    ck_assert_str_eq(v.text, "x");
    ck_assert_uint_eq(v.size, 512u << 20);
    ck_assert_uint_eq(v.count, 5000000);
    ck_assert_int_eq(v.word, 2);
    ck_assert_str_eq(v.optional, "3,4");
    ck_assert_int_eq(nr, 3);
    ck_assert_str_eq(argv[0], "a");
    ck_assert_str_eq(argv[1], "b");
    ck_assert_str_eq(argv[2], "--flag");
}
END_TEST

START_TEST(optional_value_only_by_equals)
{
    struct values v;
    struct error err;
    char *argv[16];
    int nr;

    ck_assert_ok(parse("--trace guest", &v, &nr, argv, &err), &err);
    ck_assert_str_eq(v.optional, "");
    ck_assert_int_eq(nr, 1);
}
END_TEST

START_TEST(last_wins_and_letters)
{
    struct values v;
    struct error err;
    char *argv[16];
    int nr;

    ck_assert_ok(parse("--text a -t b", &v, &nr, argv, &err), &err);
    ck_assert_str_eq(v.text, "b");
}
END_TEST

static const char *const bad_lines[][2] = {
    {"--mam 1G", "unknown option --mam; did you mean --mem?"},
    {"--max-insn=5", "unknown option --max-insn; did you mean --max-insns?"},
    {"--frobnicate", "unknown option --frobnicate"},
    {"-z", "unknown option -z"},
    {"--mem", "--mem needs a value"},
    {"--mem 0", "--mem 0: must be at least 4k"},
    {"--mem 2T", "--mem 2T: must be at most"},
    {"--mem x", "--mem: 'x' is not a number"},
    {"--flag=1", "--flag takes no value"},
    {"--clock slow", "--clock slow: there are virtual, host"},
};

START_TEST(bad)
{
    struct values v;
    struct error err;
    char *argv[16];
    int nr;

    ck_assert_int_eq(parse(bad_lines[_i][0], &v, &nr, argv, &err), ST_INVAL);
    ck_assert_msg(strstr(err.text, bad_lines[_i][1]) == err.text, "%s",
                  err.text);
}
END_TEST

START_TEST(help_stops_parsing)
{
    char word[] = "--help", junk[] = "--junk";
    char *argv[] = {word, junk};
    struct values v;
    struct error err;
    bool help;
    int nr;

    ck_assert_ok(opts_parse(opts, 2, argv, &v, &nr, &help, &err), &err);
    ck_assert(help);
}
END_TEST

START_TEST(nearest)
{
    static const char *const names[] = {"run", "list", "doctor", NULL};

    ck_assert_str_eq(opts_nearest("lsit", names), "list");
    ck_assert_str_eq(opts_nearest("doc", names), "doctor");
    ck_assert_ptr_null(opts_nearest("rr", names));
    ck_assert_ptr_null(opts_nearest("xyzzy", names));
    ck_assert_ptr_null(opts_nearest("a-word-that-is-longer-than-any-command-"
                                    "could-reasonably-be",
                                    names));
}
END_TEST

Suite *test_options_suite(void)
{
    Suite *s = suite_create("options");
    TCase *tc = tcase_create("numbers");

    tcase_add_loop_test(tc, number, 0, ARRAY_LEN(number_cases));
    suite_add_tcase(s, tc);
    tc = tcase_create("tables");
    tcase_add_test(tc, all_forms);
    tcase_add_test(tc, optional_value_only_by_equals);
    tcase_add_test(tc, last_wins_and_letters);
    tcase_add_loop_test(tc, bad, 0, ARRAY_LEN(bad_lines));
    tcase_add_test(tc, help_stops_parsing);
    tcase_add_test(tc, nearest);
    suite_add_tcase(s, tc);
    return s;
}
