/* suite.c: what the tests add to Check: texts and temporary files. */
#include "common/tests/suite.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void suite_format(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(buf, size, fmt, ap);
    va_end(ap);
}

/* The folder belongs to the process that made it: a test's. */
static char tmp_path[64];
static pid_t tmp_owner;

static int remove_entry(const char *path, const struct stat *st, int type,
                        struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_tmpdir(void)
{
    if (tmp_owner == getpid())
        nftw(tmp_path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *suite_tmpdir(void)
{
    if (tmp_owner == getpid())
        return tmp_path;
    strcpy(tmp_path, "/tmp/triptych-test-XXXXXX");
    ck_assert_msg(mkdtemp(tmp_path) != NULL, "mkdtemp failed");
    tmp_owner = getpid();
    atexit(remove_tmpdir);
    return tmp_path;
}

/* Paths stay valid, and known to leak checkers, until the process ends. */
static struct path {
    struct path *next;
    char text[];
} * paths;

static const char *keep_path(const char *dir, const char *name)
{
    size_t len = strlen(dir) + strlen(name) + 2;
    struct path *p = malloc(sizeof(*p) + len);

    ck_assert_ptr_nonnull(p);
    snprintf(p->text, len, "%s/%s", dir, name);
    p->next = paths;
    paths = p;
    return p->text;
}

const char *suite_tmpfile(const char *name, const void *data, size_t len)
{
    const char *path = keep_path(suite_tmpdir(), name);
    FILE *f;

    f = fopen(path, "w");
    ck_assert_msg(f != NULL, "%s: cannot create", path);
    ck_assert(fwrite(data, 1, len, f) == len);
    ck_assert(fclose(f) == 0);
    return path;
}
