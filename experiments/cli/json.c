/* json.c: writing JSON to a stream. */
#include "experiments/cli/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

void json_init(struct json *j, FILE *out)
{
    *j = (struct json){.out = out};
}

/* Length of the UTF-8 sequence of several bytes at s; 0 if it is none. */
static unsigned utf8_len(const char *s)
{
    unsigned char c = (unsigned char)s[0];
    unsigned n = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 ? 3 : 2, i;

    if (c < 0xc2 || c >= 0xf5)
        return 0;
    for (i = 1; i < n; i++)
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

static void text(struct json *j, const char *s)
{
    unsigned char c;
    unsigned n;

    fputc('"', j->out);
    for (; *s != '\0'; s++) {
        c = (unsigned char)*s;
        n = utf8_len(s);
        if (n > 0) {
            fwrite(s, 1, n, j->out);
            s += n - 1;
        } else if (c == '"' || c == '\\') {
            fprintf(j->out, "\\%c", c);
        } else if (c < 0x20 || c >= 0x7f) {
            fprintf(j->out, "\\u%04x", c);
        } else {
            fputc(c, j->out);
        }
    }
    fputc('"', j->out);
}

/* What stands before a value: comma, new line, indentation, key. */
static void lead(struct json *j, const char *key)
{
    if (j->depth > 0) {
        fprintf(j->out, "%s\n%*s", j->used[j->depth] ? "," : "",
                (int)(2 * j->depth), "");
        j->used[j->depth] = true;
    }
    if (key != NULL) {
        text(j, key);
        fputs(": ", j->out);
    }
}

static void open_value(struct json *j, const char *key, char bracket)
{
    assert(j->depth + 1 < JSON_MAX_DEPTH);
    lead(j, key);
    fputc(bracket, j->out);
    j->depth++;
    j->used[j->depth] = false;
}

static void close_value(struct json *j, char bracket)
{
    bool used = j->used[j->depth];

    j->depth--;
    if (used)
        fprintf(j->out, "\n%*s", (int)(2 * j->depth), "");
    fputc(bracket, j->out);
    if (j->depth == 0)
        fputc('\n', j->out);
}

void json_object(struct json *j, const char *key)
{
    open_value(j, key, '{');
}

void json_object_end(struct json *j)
{
    close_value(j, '}');
}

void json_array(struct json *j, const char *key)
{
    open_value(j, key, '[');
}

void json_array_end(struct json *j)
{
    close_value(j, ']');
}

void json_string(struct json *j, const char *key, const char *value)
{
    lead(j, key);
    if (value == NULL)
        fputs("null", j->out);
    else
        text(j, value);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
    lead(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

void json_double(struct json *j, const char *key, double value)
{
    lead(j, key);
    if (isfinite(value))
        fprintf(j->out, "%.17g", value);
    else
        fputs("null", j->out);
}

void json_bool(struct json *j, const char *key, bool value)
{
    lead(j, key);
    fputs(value ? "true" : "false", j->out);
}
