/* recorded_same.c: whether results files are of the same guest, machine and
 * host, and have no run in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/machine/board.h"
#include "experiments/cli/request.h"
#include "experiments/lib/recorded.h"

/* NULL is "none"; long values are cut. */
static enum status differ(const struct recorded *a, const struct recorded *b,
                          const char *what, const char *x, const char *y,
                          struct error *err)
{
    return err_set(err, ST_GUEST, "%.40s and %.40s differ in %s: %.24s, %.24s",
                   a->path, b->path, what, x != NULL ? x : "none",
                   y != NULL ? y : "none");
}

static bool same_text(const char *x, const char *y)
{
    return x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
}

/* Names differ between hosts; the hashes of the files do not. */
static bool is_name(const char *name)
{
    const char *end = strrchr(name, '_');

    return strcmp(name, "name") == 0 ||
           (end != NULL && strcmp(end, "_file") == 0);
}

/* All that one says of its guest, the other says too. */
static enum status same_files(const struct recorded *a,
                              const struct recorded *b, struct error *err)
{
    for (unsigned i = 0; i < a->facts.nr; i++) {
        const struct fact *f = &a->facts.fact[i];
        const char *other = facts_find(&b->facts, f->group, f->name);

        if (strcmp(f->group, "/guest") == 0 && !is_name(f->name) &&
            !same_text(f->value, other))
            return differ(a, b, f->name, f->value, other, err);
    }
    return ST_OK;
}

static enum status same_fact(const struct recorded *a, const struct recorded *b,
                             const char *group, const char *name,
                             struct error *err)
{
    const char *x = facts_find(&a->facts, group, name);
    const char *y = facts_find(&b->facts, group, name);

    return same_text(x, y) ? ST_OK : differ(a, b, name, x, y, err);
}

/* The options that describe a guest and its machine, but for those whose
 * contents /guest has. */
static enum status same_options(const struct recorded *a,
                                const struct recorded *b, struct error *err)
{
    struct values {
        struct guest_options g;
    };
#define AT(member) .offset = offsetof(struct values, member)
    static const struct opt opts[] = {
#include "experiments/cli/request.def"
        {.name = NULL}};
#undef AT
    static const char *const contents[] = {"initrd", "append", "disk", "bios"};

    for (const struct opt *o = opts; o->name != NULL; o++) {
        const char *x = recorded_option(a, o->name);
        const char *y = recorded_option(b, o->name);
        bool skip = false;

        for (unsigned i = 0; i < ARRAY_LEN(contents); i++)
            skip |= strcmp(contents[i], o->name) == 0;
        if (!skip && !same_text(x, y))
            return differ(a, b, o->name, x, y, err);
    }
    return ST_OK;
}

enum status recorded_same_guest(const struct recorded *a,
                                const struct recorded *b, struct error *err)
{
    enum status st = same_files(a, b, err);

    if (st == ST_OK)
        st = same_files(b, a, err);
    if (st == ST_OK)
        st = same_fact(a, b, "/config", "cpu_model", err);
    if (st == ST_OK)
        st = same_options(a, b, err);
    return st;
}

enum status recorded_same_host(const struct recorded *a,
                               const struct recorded *b, struct error *err)
{
    static const char *const name[] = {"host_cpu", "tool_version",
                                       "tool_revision", "compiler", "flags"};
    enum status st = ST_OK;

    for (unsigned i = 0; st == ST_OK && i < ARRAY_LEN(name); i++)
        st = same_fact(a, b, "/environment", name[i], err);
    return st;
}

/* ---- each run once ---- */

/* The digest that ends a line of /config's attribute `merged`, and the next
 * line; false: no more. */
static bool next_digest(const char **text, char digest[SHA256_TEXT])
{
    const char *line = *text, *end;

    while (line != NULL && *line != '\0') {
        end = strchrnul(line, '\n');
        *text = *end != '\0' ? end + 1 : end;
        if (end - line > SHA256_TEXT - 1 && end[-SHA256_TEXT] == ' ') {
            memcpy(digest, end - (SHA256_TEXT - 1), SHA256_TEXT - 1);
            digest[SHA256_TEXT - 1] = '\0';
            return true;
        }
        line = *text;
    }
    return false;
}

/* The file itself, or one that it was merged from. */
static bool holds(const struct recorded *r, const char *own, const char *digest)
{
    const char *merged = facts_find(&r->facts, "/config", "merged");

    return strcmp(own, digest) == 0 ||
           (merged != NULL && strstr(merged, digest) != NULL);
}

static bool overlap(const struct recorded *a, const char *digest_a,
                    const struct recorded *b, const char *digest_b)
{
    const char *merged = facts_find(&a->facts, "/config", "merged");
    char digest[SHA256_TEXT];
    bool found = holds(b, digest_b, digest_a);

    while (!found && next_digest(&merged, digest))
        found = holds(b, digest_b, digest);
    return found;
}

enum status recorded_disjoint(const struct recorded *r, unsigned nr,
                              struct error *err)
{
    char(*digest)[SHA256_TEXT] = calloc(nr, sizeof(*digest));
    enum status st = digest != NULL ? ST_OK : err_set(err, ST_NOMEM, "digests");
    uint64_t size;

    for (unsigned i = 0; st == ST_OK && i < nr; i++) {
        st = sha256_file(r[i].path, digest[i], &size, err);
        for (unsigned k = 0; st == ST_OK && k < i; k++)
            if (overlap(&r[k], digest[k], &r[i], digest[i]))
                st = err_set(err, ST_GUEST,
                             "%.80s and %.80s have runs in common: each would "
                             "count twice",
                             r[k].path, r[i].path);
    }
    free(digest);
    return st;
}
