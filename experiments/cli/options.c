/* options.c: long options from a table. */
#include "experiments/cli/options.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define MAX_NAMES 64

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

/* The power that a suffix stands for; false if it is none. */
static bool suffix_power(const char *s, unsigned base, unsigned *power)
{
    static const char letters[] = "kmgt";
    const char *at;

    *power = 0;
    if (*s == '\0')
        return true;
    at = strchr(letters, tolower((unsigned char)*s));
    if (at == NULL)
        return false;
    *power = (unsigned)(at - letters) + 1;
    s++;
    return *s == '\0' || (base == 1024 && strcmp(s, "iB") == 0);
}

enum status opts_number(const char *text, unsigned base, uint64_t *out,
                        struct error *err)
{
    const char *s = text;
    int radix = 10;
    unsigned power;
    uint64_t v = 0;

    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        radix = 16;
        s += 2;
    }
    if (digit_value(*s) >= radix)
        return err_set(err, ST_INVAL, "'%s' is not a number", text);
    for (; digit_value(*s) < radix || (*s == '_' && digit_value(s[1]) < radix);
         s++) {
        if (*s == '_')
            continue;
        if (__builtin_mul_overflow(v, (uint64_t)radix, &v) ||
            __builtin_add_overflow(v, (uint64_t)digit_value(*s), &v))
            return err_set(err, ST_INVAL, "'%s' is too large", text);
    }
    if (!suffix_power(s, base, &power))
        return err_set(err, ST_INVAL,
                       "'%s' is not a number with a suffix k, M, G or T", text);
    for (; power > 0; power--)
        if (__builtin_mul_overflow(v, (uint64_t)base, &v))
            return err_set(err, ST_INVAL, "'%s' is too large", text);
    *out = v;
    return ST_OK;
}

/* Levenshtein distance; words longer than the table are just far. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[40], i, j, diag, up;
    size_t la = strlen(a), lb = strlen(b);

    if (la >= ARRAY_LEN(row) || lb >= ARRAY_LEN(row))
        return 99;
    for (j = 0; j <= lb; j++)
        row[j] = j;
    for (i = 1; i <= la; i++) {
        diag = row[0];
        row[0] = i;
        for (j = 1; j <= lb; j++) {
            up = row[j];
            row[j] = diag + (a[i - 1] != b[j - 1]);
            if (up + 1 < row[j])
                row[j] = up + 1;
            if (row[j - 1] + 1 < row[j])
                row[j] = row[j - 1] + 1;
            diag = up;
        }
    }
    return row[lb];
}

const char *opts_nearest(const char *word, const char *const *names)
{
    unsigned best = strlen(word) <= 3 ? 2 : 3, d;
    const char *found = NULL;

    for (; *names != NULL; names++) {
        d = distance(word, *names);
        if (strlen(word) >= 3 && strncmp(word, *names, strlen(word)) == 0)
            d = 1;
        if (d < best) {
            best = d;
            found = *names;
        }
    }
    return found;
}

const char *opts_word(const struct opt_word *words, int value)
{
    for (; words->word != NULL; words++)
        if (words->value == value)
            return words->word;
    return "?";
}

static enum status unknown(const struct opt *opts, const char *shown,
                           const char *name, struct error *err)
{
    const char *names[MAX_NAMES + 1];
    const char *near;
    unsigned n = 0;

    for (; opts->name != NULL && n < MAX_NAMES; opts++)
        names[n++] = opts->name;
    names[n] = NULL;
    near = opts_nearest(name, names);
    if (near != NULL)
        return err_set(err, ST_INVAL, "unknown option %s; did you mean --%s?",
                       shown, near);
    return err_set(err, ST_INVAL, "unknown option %s", shown);
}

static enum status set_word(const struct opt *o, const char *value, int *out,
                            struct error *err)
{
    char list[160] = "";
    size_t used = 0;
    const struct opt_word *w;

    for (w = o->words; w->word != NULL; w++) {
        if (strcmp(w->word, value) == 0) {
            *out = w->value;
            return ST_OK;
        }
        if (used < sizeof(list))
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
                                     used > 0 ? ", " : "", w->word);
    }
    return err_set(err, ST_INVAL, "--%s %s: there are %s", o->name, value,
                   list);
}

#define LIMIT_TEXT 24

/* A limit as one would give it: 64G, 1M. */
static const char *limit_text(const struct opt *o, uint64_t v, char *text)
{
    static const char suffix[] = {0, 'k', 'M', 'G', 'T', 0};
    unsigned base = o->type == OPT_SIZE ? 1024 : 1000, power = 0;

    while (v >= base && v % base == 0 && suffix[power + 1] != 0) {
        v /= base;
        power++;
    }
    snprintf(text, LIMIT_TEXT, "%" PRIu64 "%.1s", v, &suffix[power]);
    return text;
}

static enum status set_number(const struct opt *o, const char *value,
                              uint64_t *out, struct error *err)
{
    char limit[LIMIT_TEXT];
    struct error why;
    uint64_t v = 0;

    if (opts_number(value, o->type == OPT_SIZE ? 1024 : 1000, &v, &why) !=
        ST_OK)
        return err_set(err, ST_INVAL, "--%s: %s", o->name, why.text);
    if (v < o->min)
        return err_set(err, ST_INVAL, "--%s %s: must be at least %s", o->name,
                       value, limit_text(o, o->min, limit));
    if (o->max != 0 && v > o->max)
        return err_set(err, ST_INVAL, "--%s %s: must be at most %s", o->name,
                       value, limit_text(o, o->max, limit));
    *out = v;
    return ST_OK;
}

static enum status set_value(const struct opt *o, const char *value,
                             void *values, struct error *err)
{
    void *at = (char *)values + o->offset;

    switch (o->type) {
    case OPT_FLAG:
        *(bool *)at = true;
        return ST_OK;
    case OPT_STRING:
    case OPT_OPTIONAL:
        *(const char **)at = value;
        return ST_OK;
    case OPT_SIZE:
    case OPT_COUNT:
        return set_number(o, value, at, err);
    case OPT_WORD:
        return set_word(o, value, at, err);
    }
    return err_set(err, ST_BUG, "--%s: no such type", o->name);
}

/* The option that `arg` ("--name", "--name=value", "-c") is, or NULL; *value
 * is what follows '='. */
static const struct opt *find(const struct opt *opts, const char *arg,
                              const char **value)
{
    size_t len;

    *value = NULL;
    for (; opts->name != NULL; opts++) {
        if (arg[1] != '-') {
            if (opts->letter != 0 && arg[1] == opts->letter && arg[2] == '\0')
                return opts;
            continue;
        }
        len = strlen(opts->name);
        if (strncmp(arg + 2, opts->name, len) != 0)
            continue;
        if (arg[2 + len] == '=')
            *value = arg + 2 + len + 1;
        if (arg[2 + len] == '\0' || arg[2 + len] == '=')
            return opts;
    }
    return NULL;
}

/* One option at argv[*i]; leaves *i at its last word. */
static enum status parse_one(const struct opt *opts, int argc, char **argv,
                             int *i, void *values, struct error *err)
{
    const char *arg = argv[*i], *value;
    const struct opt *o = find(opts, arg, &value);
    char name[40];

    if (o == NULL) {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg, "="), arg);
        return unknown(opts, name, name + strspn(name, "-"), err);
    }
    if (o->type == OPT_FLAG && value != NULL)
        return err_set(err, ST_INVAL, "--%s takes no value", o->name);
    if (o->type == OPT_OPTIONAL && value == NULL)
        value = "";
    if (o->type != OPT_FLAG && value == NULL) {
        if (*i + 1 >= argc)
            return err_set(err, ST_INVAL, "--%s needs a value: %s", o->name,
                           o->arg);
        value = argv[++*i];
    }
    return set_value(o, value, values, err);
}

enum status opts_parse(const struct opt *opts, int argc, char **argv,
                       void *values, int *nr_args, bool *help,
                       struct error *err)
{
    bool only_args = false;
    enum status st;
    int i, n = 0;

    *help = false;
    for (i = 0; i < argc; i++) {
        if (only_args || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[n++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_args = true;
            continue;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            *help = true;
            break;
        }
        st = parse_one(opts, argc, argv, &i, values, err);
        if (st != ST_OK)
            return st;
    }
    *nr_args = n;
    return ST_OK;
}

void opts_print(const struct opt *opts, FILE *out)
{
    char left[48], letter[8];
    const char *line, *end;
    bool optional;

    for (; opts->name != NULL; opts++) {
        optional = opts->type == OPT_OPTIONAL;
        snprintf(letter, sizeof(letter), "-%c, ", opts->letter);
        snprintf(left, sizeof(left), "%s--%s%s%s%s",
                 opts->letter != 0 ? letter : "", opts->name,
                 opts->arg == NULL ? ""
                 : optional        ? "[="
                                   : " ",
                 opts->arg != NULL ? opts->arg : "", optional ? "]" : "");
        fprintf(out, "  %-26s", left);
        for (line = opts->help;; line = end + 1) {
            end = strchr(line, '\n');
            if (end == NULL)
                break;
            fprintf(out, "%.*s\n  %-26s", (int)(end - line), line, "");
        }
        fprintf(out, "%s\n", line);
    }
}
