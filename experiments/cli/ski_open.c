/* ski_open.c: which of the host's files a guest on Ski's platform may open. */
#include "experiments/cli/ski_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

/* The argument, or a word of it. */
static bool names(const char *arg, const char *path)
{
    size_t len = strlen(path);
    const char *at = arg;

    if (strcmp(arg, path) == 0)
        return true;
    while (len > 0 && (at = strstr(at, path)) != NULL) {
        if ((at == arg || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
            return true;
        at++;
    }
    return false;
}

int ski_open_named(void *opaque, const char *path, int access)
{
    const struct ski_open *o = opaque;
    bool allowed =
        o->disks != NULL && strncmp(path, o->disks, strlen(o->disks)) == 0;

    for (unsigned k = 0; o->args[k] != NULL && !allowed; k++)
        allowed = access == O_RDONLY && names(o->args[k], path);
    if (!allowed) {
        errno = EACCES;
        return -1;
    }
    return open(path, access | O_CLOEXEC);
}
