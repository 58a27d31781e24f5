/* resolve.c: what a user calls a guest. */
#include "experiments/cli/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/cli/options.h"

#define MAX_PATH 4096

/* What experiments/get-guests.sh leaves. Mitigations are off so that every
 * engine runs the same kernel paths on every processor model. */
#define DEBIAN(kind, arch, what)                                               \
    {"debian-" kind, "x86", "vmlinuz-" kind, "initrd-" arch ".gz",             \
     "console=ttyS0 mitigations=off",                                          \
     "Debian 12's " kind " kernel (" what ") and busybox, benchmark phases"}
#define DEBIAN_DISK(kind, what)                                                \
    {"debian-" kind "-disk", "x86", "vmlinuz-" kind,                           \
     "initrd-disk-" kind ".gz", "console=ttyS0 mitigations=off",               \
     "the same with virtio drivers; reads and writes --disk"}

const struct catalogue_entry catalogue[] = {
    DEBIAN("amd64", "amd64", "64-bit"),
    DEBIAN("686", "i386", "32-bit"),
    DEBIAN("686-pae", "i386", "32-bit, PAE"),
    DEBIAN_DISK("amd64", "64-bit"),
    DEBIAN_DISK("686", "32-bit"),
    DEBIAN_DISK("686-pae", "32-bit, PAE"),
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

enum status guests_dir(char *buf, size_t size, struct error *err)
{
    const char *dir = getenv("TRIPTYCH_GUESTS");
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n;

    if (dir != NULL && dir[0] != '\0')
        n = snprintf(buf, size, "%s", dir);
    else if (cache != NULL && cache[0] != '\0')
        n = snprintf(buf, size, "%s/triptych/guests", cache);
    else
        n = snprintf(buf, size, "%s/.cache/triptych/guests",
                     home != NULL ? home : "");
    if (n < 0 || (size_t)n >= size)
        return err_set(err, ST_LIMIT, "the path of the guests' folder is too "
                                      "long");
    return ST_OK;
}

/* The path of a file of the catalogue, allocated; NULL: out of memory. */
static char *in_dir(const char *dir, const char *file)
{
    char *path;

    return asprintf(&path, "%s/%s", dir, file) < 0 ? NULL : path;
}

static bool readable(const char *dir, const char *file)
{
    char *path = in_dir(dir, file);
    bool ok = path != NULL && access(path, R_OK) == 0;

    free(path);
    return ok;
}

bool catalogue_present(const struct catalogue_entry *e)
{
    char dir[MAX_PATH];

    return guests_dir(dir, sizeof(dir), NULL) == ST_OK &&
           readable(dir, e->kernel) &&
           (e->initrd == NULL || readable(dir, e->initrd));
}

static const struct catalogue_entry *find(const char *name)
{
    const struct catalogue_entry *e;

    for (e = catalogue; e->name != NULL; e++)
        if (strcmp(e->name, name) == 0)
            return e;
    return NULL;
}

static enum status no_such(const char *name, struct error *err)
{
    const char *names[ARRAY_LEN(catalogue)], *near;
    unsigned i;

    for (i = 0; i < ARRAY_LEN(catalogue); i++)
        names[i] = catalogue[i].name;
    near = opts_nearest(name, names);
    if (near != NULL)
        return err_set(err, ST_INVAL,
                       "%s: no such guest or file; did you mean %s?", name,
                       near);
    return err_set(err, ST_INVAL,
                   "%s: no such guest or file (triptych list guests)", name);
}

/* The parts that are there, joined by a space; NULL: out of memory. */
static char *join(const char *a, const char *b)
{
    char *text;
    bool both = a != NULL && b != NULL;

    return asprintf(&text, "%s%s%s", a != NULL ? a : "", both ? " " : "",
                    b != NULL ? b : "") < 0
               ? NULL
               : text;
}

static enum status from_path(const char *path, const char *initrd,
                             const char *append, struct guest *g,
                             struct error *err)
{
    g->kernel = strdup(path);
    g->initrd = initrd != NULL ? strdup(initrd) : NULL;
    g->cmdline = join(NULL, append);
    if (g->kernel == NULL || g->cmdline == NULL ||
        (initrd != NULL && g->initrd == NULL))
        return err_set(err, ST_NOMEM, "guest %s", path);
    return ST_OK;
}

static enum status from_catalogue(const struct catalogue_entry *e,
                                  const char *initrd, const char *append,
                                  struct guest *g, struct error *err)
{
    char dir[MAX_PATH];
    enum status st = guests_dir(dir, sizeof(dir), err);

    if (st != ST_OK)
        return st;
    if (!catalogue_present(e))
        return err_set(err, ST_HOST,
                       "%s is not in %.120s: `make guests` fetches it", e->name,
                       dir);
    g->kernel = in_dir(dir, e->kernel);
    if (initrd != NULL)
        g->initrd = strdup(initrd);
    else if (e->initrd != NULL)
        g->initrd = in_dir(dir, e->initrd);
    g->cmdline = join(e->cmdline, append);
    if (g->kernel == NULL || g->cmdline == NULL ||
        (g->initrd == NULL && (initrd != NULL || e->initrd != NULL)))
        return err_set(err, ST_NOMEM, "guest %s", e->name);
    return ST_OK;
}

enum status guest_resolve(const char *name, const char *initrd,
                          const char *append, struct guest *out,
                          struct error *err)
{
    const struct catalogue_entry *e = find(name);
    struct guest g = {NULL, NULL, NULL};
    enum status st;

    if (e != NULL)
        st = from_catalogue(e, initrd, append, &g, err);
    else if (strchr(name, '/') != NULL || access(name, F_OK) == 0)
        st = from_path(name, initrd, append, &g, err);
    else
        st = no_such(name, err);
    if (st != ST_OK) {
        guest_free(&g);
        return st;
    }
    *out = g;
    return ST_OK;
}

void guest_free(struct guest *g)
{
    free(g->kernel);
    free(g->initrd);
    free(g->cmdline);
    *g = (struct guest){NULL, NULL, NULL};
}
