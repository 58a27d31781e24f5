/* csv.c: the data sets' tables. */
#include "experiments/lib/csv.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status read_file(const char *path, char **out, struct error *err)
{
    FILE *f = fopen(path, "re");
    char *text = malloc(CSV_MAX_BYTES + 1);
    size_t n = 0;
    bool bad;

    if (f == NULL || text == NULL) {
        enum status st = f == NULL
                             ? err_set_errno(err, ST_HOST, errno, "%s", path)
                             : err_set(err, ST_NOMEM, "%s", path);

        if (f != NULL)
            fclose(f);
        free(text);
        return st;
    }
    n = fread(text, 1, CSV_MAX_BYTES + 1, f);
    bad = ferror(f) != 0;
    fclose(f);
    if (bad || n > CSV_MAX_BYTES || memchr(text, '\0', n) != NULL) {
        free(text);
        return err_set(err, bad ? ST_HOST : ST_INVAL, "%s: %s", path,
                       bad                 ? "cannot be read"
                       : n > CSV_MAX_BYTES ? "longer than 4 MiB"
                                           : "not a text file");
    }
    text[n] = '\0';
    *out = text;
    return ST_OK;
}

/* One field in place: *at moves behind it and its separator. NULL: a quotation
 * without end, or something behind it. */
static char *take_field(char **at, bool *last)
{
    char *in = *at, *start = in, *to;

    if (*in != '"') {
        in += strcspn(in, ",");
        *last = *in == '\0';
        *in = '\0';
        *at = in + 1;
        return start;
    }
    start = to = ++in;
    for (;; in++) {
        if (*in == '\0')
            return NULL;
        if (*in == '"' && *++in != '"')
            break;
        *to++ = *in;
    }
    if (*in != ',' && *in != '\0')
        return NULL;
    *last = *in == '\0';
    *to = '\0';
    *at = in + 1;
    return start;
}

static enum status take_row(struct csv *c, char *line, unsigned number,
                            struct error *err)
{
    char **cell = c->cell + (size_t)c->rows * c->columns;
    unsigned n = 0;
    bool last = false;

    while (!last) {
        char *field = take_field(&line, &last);

        if (field == NULL)
            return err_set(err, ST_INVAL, "%s:%u: quotation marks do not match",
                           c->path, number);
        if (n < c->columns)
            cell[n] = field;
        n++;
    }
    if (n != c->columns)
        return err_set(err, ST_INVAL, "%s:%u: %u fields, not %u", c->path,
                       number, n, c->columns);
    c->line[c->rows++] = number;
    return ST_OK;
}

static unsigned count_char(const char *s, char c)
{
    unsigned n = 0;

    for (; *s != '\0'; s++)
        n += *s == c;
    return n;
}

static enum status take_rows(struct csv *c, const char *header,
                             struct error *err)
{
    char *next = c->text, *line;
    unsigned number = 0;
    bool headed = false;
    enum status st = ST_OK;

    while (st == ST_OK && (line = strsep(&next, "\n")) != NULL) {
        size_t len = strlen(line);

        number++;
        if (len > 0 && line[len - 1] == '\r')
            line[len - 1] = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (headed)
            st = take_row(c, line, number, err);
        else if (strcmp(line, header) != 0)
            return err_set(err, ST_INVAL, "%s:%u: the header is not \"%s\"",
                           c->path, number, header);
        headed = true;
    }
    if (st == ST_OK && !headed)
        st = err_set(err, ST_INVAL, "%s: empty", c->path);
    return st;
}

enum status csv_load(const char *path, const char *header, struct csv *out,
                     struct error *err)
{
    struct csv c = {.path = path, .columns = count_char(header, ',') + 1};
    enum status st = read_file(path, &c.text, err);
    unsigned lines;

    if (st != ST_OK)
        return st;
    lines = count_char(c.text, '\n') + 1;
    c.cell = calloc((size_t)lines * c.columns, sizeof(*c.cell));
    c.line = calloc(lines, sizeof(*c.line));
    if (c.cell == NULL || c.line == NULL)
        st = err_set(err, ST_NOMEM, "%s", path);
    else
        st = take_rows(&c, header, err);
    if (st == ST_OK)
        *out = c;
    else
        csv_fini(&c);
    return st;
}

void csv_fini(struct csv *c)
{
    free(c->text);
    free(c->cell);
    free(c->line);
    memset(c, 0, sizeof(*c));
}

const char *csv_at(const struct csv *c, unsigned row, unsigned column)
{
    return c->cell[(size_t)row * c->columns + column];
}

enum status csv_bad(const struct csv *c, unsigned row, struct error *err,
                    const char *fmt, ...)
{
    char rule[120];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(rule, sizeof(rule), fmt, ap);
    va_end(ap);
    return err_set(err, ST_INVAL, "%s:%u: %s", c->path, c->line[row], rule);
}

bool csv_number(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out) && *out >= 0;
}
