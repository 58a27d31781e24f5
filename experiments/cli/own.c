/* own.c: the guests and data sets that come with the program. */
#include "experiments/cli/own.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Relative to the folder of the program. */
static const char *const guest_folders[] = {"guests", "../guests",
                                            "../lib/triptych/guests"};
static const char *const data_folders[] = {"datasets",
                                           "../share/triptych/datasets"};

static bool is_there(const char *path)
{
    struct stat sb;

    return stat(path, &sb) == 0 && (S_ISREG(sb.st_mode) || S_ISDIR(sb.st_mode));
}

/* The folder of the program. */
static bool program_folder(char *dir, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", dir, size - 1);
    char *slash;

    if (n <= 0)
        return false;
    dir[n] = '\0';
    slash = strrchr(dir, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

/* `name` in the first of the folders that has it. *out is NULL if none has. */
static enum status look(const char *const *folders, unsigned nr,
                        const char *name, char dir[PATH_MAX], char **out,
                        struct error *err)
{
    char *path;

    *out = NULL;
    if (!program_folder(dir, PATH_MAX))
        return err_set(err, ST_HOST, "/proc/self/exe: where is the program?");
    for (unsigned i = 0; i < nr; i++) {
        if (asprintf(&path, "%s/%s/%s", dir, folders[i], name) < 0)
            return err_set(err, ST_NOMEM, "path of %s", name);
        if (is_there(path)) {
            *out = path;
            return ST_OK;
        }
        free(path);
    }
    return ST_OK;
}

enum status own_path(const char *file, char **out, struct error *err)
{
    char dir[PATH_MAX], *path;
    enum status st =
        look(guest_folders, ARRAY_LEN(guest_folders), file, dir, &path, err);

    if (st == ST_OK && path == NULL)
        return err_set(
            err, ST_HOST,
            "%s: neither in %.100s/guests nor in ../lib/triptych/guests "
            "beside it; make builds it",
            file, dir);
    if (st == ST_OK)
        *out = path;
    return st;
}

enum status own_datasets(char **out, struct error *err)
{
    char dir[PATH_MAX], *path;
    enum status st =
        look(data_folders, ARRAY_LEN(data_folders), "", dir, &path, err);

    if (st == ST_OK && path == NULL)
        return err_set(err, ST_HOST,
                       "no data sets in %.100s/datasets or "
                       "../share/triptych/datasets beside it; make puts them "
                       "there",
                       dir);
    if (st != ST_OK)
        return st;
    path[strlen(path) - 1] = '\0'; /* look() ends it with a slash */
    *out = path;
    return ST_OK;
}

const char *own_marker(uint32_t code)
{
    switch (code) {
#define MARK(value, id, name)                                                  \
    case value:                                                                \
        return name;
#include "experiments/guests/marks.def"
#undef MARK
    }
    return NULL;
}
