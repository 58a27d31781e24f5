/* own.c: the guests that are built with the program. */
#include "experiments/cli/own.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Relative to the folder of the program. */
static const char *const folders[] = {"guests", "../guests",
                                      "../lib/triptych/guests"};

static bool is_file(const char *path)
{
    struct stat sb;

    return stat(path, &sb) == 0 && S_ISREG(sb.st_mode);
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

enum status own_path(const char *file, char **out, struct error *err)
{
    char dir[PATH_MAX], *path;
    unsigned i;

    if (!program_folder(dir, sizeof(dir)))
        return err_set(err, ST_HOST, "/proc/self/exe: where is the program?");
    for (i = 0; i < ARRAY_LEN(folders); i++) {
        if (asprintf(&path, "%s/%s/%s", dir, folders[i], file) < 0)
            return err_set(err, ST_NOMEM, "path of a guest");
        if (is_file(path)) {
            *out = path;
            return ST_OK;
        }
        free(path);
    }
    return err_set(err, ST_HOST,
                   "%s: neither in %.100s/guests nor in ../lib/triptych/guests "
                   "beside it; make builds it",
                   file, dir);
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
