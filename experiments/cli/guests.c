/* guests.c: the catalogue of guests that have names. */
#include "experiments/cli/guests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiments/cli/own.h"

/* No mitigations: they would be what a comparison measures. panic=-1: a guest
 * that panics ends the run at once. */
#define LINUX_APPEND "console=ttyS0 quiet panic=-1 mitigations=off"

#define BENCH "busybox benchmark phases between MARK lines"
#define DISK  "reads, writes and reads back a virtio disk"
#define NET   "DHCP, ping and TFTP through its network card"

#define DEBIAN(kind_, suffix_, initrd_, need_, what_, use_)                    \
    {                                                                          \
        .name = "debian-" kind_ suffix_, .isa = "x86",                         \
        .kernel = "vmlinuz-" kind_, .initrd = (initrd_),                       \
        .append = LINUX_APPEND, .protocol = LOAD_AUTO, .need = (need_),        \
        .text = "Debian's " what_ " kernel, " use_                             \
    }
#define DEBIAN_BENCH(kind, arch, what)                                         \
    DEBIAN(kind, "", "initrd-" arch ".gz", GUESTS_NEED_NOTHING, what, BENCH)
#define DEBIAN_DISK(kind, what)                                                \
    DEBIAN(kind, "-disk", "initrd-disk-" kind ".gz", GUESTS_NEED_DISK, what,   \
           DISK)
#define DEBIAN_NET(kind, what)                                                 \
    DEBIAN(kind, "-net", "initrd-net-" kind ".gz", GUESTS_NEED_NET, what, NET)

#define OWN(name_, ported_, text_)                                             \
    {                                                                          \
        .name = (name_), .isa = "x86", .kernel = (name_), .own = true,         \
        .ported = (ported_), .protocol = LOAD_AUTO, .text = (text_)            \
    }
#define IA64(name_, text_)                                                     \
    {.name = "ia64-" name_,                                                    \
     .isa = "ia64",                                                            \
     .kernel = "ia64-" name_,                                                  \
     .own = true,                                                              \
     .protocol = LOAD_AUTO,                                                    \
     .text = (text_)},
#define NANO64(name, text) OWN("nano-" name, NULL, "nanobenchmark: " text),
#define NANO_BARE(name, text)                                                  \
    NANO64(name, text)                                                         \
    OWN("nano-" name "-32", NULL, "nanobenchmark, 32-bit: " text),
#define NANO(name, text)                                                       \
    OWN("nano-" name, "nano-" name "-xen", "nanobenchmark: " text),            \
        OWN("nano-" name "-32", "nano-" name "-32-xen",                        \
            "nanobenchmark, 32-bit: " text),

static const struct guests_entry catalogue[] = {
    OWN("trik64", "trik64-xen", "small kernel and lmbench-like suite"),
    OWN("trik32", "trik32-xen",
        "small kernel and lmbench-like suite, 32-bit PAE"),
#include "experiments/cli/own.def"
    DEBIAN_BENCH("amd64", "amd64", "64-bit"),
    DEBIAN_BENCH("686", "i386", "32-bit (no PAE)"),
    DEBIAN_BENCH("686-pae", "i386", "32-bit PAE"),
    DEBIAN_DISK("amd64", "64-bit"),
    DEBIAN_DISK("686", "32-bit (no PAE)"),
    DEBIAN_DISK("686-pae", "32-bit PAE"),
    DEBIAN_NET("amd64", "64-bit"),
    DEBIAN_NET("686", "32-bit (no PAE)"),
    DEBIAN_NET("686-pae", "32-bit PAE"),
};

const struct guests_entry *guests_at(unsigned i)
{
    return i < ARRAY_LEN(catalogue) ? &catalogue[i] : NULL;
}

const struct guests_entry *guests_find(const char *name)
{
    unsigned i;

    for (i = 0; i < ARRAY_LEN(catalogue); i++)
        if (strcmp(catalogue[i].name, name) == 0)
            return &catalogue[i];
    return NULL;
}

/* An unset and an empty variable mean the same. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

enum status guests_folder(char **out, struct error *err)
{
    const char *dir = variable("TRIPTYCH_GUESTS");
    const char *cache = variable("XDG_CACHE_HOME"), *home = variable("HOME");
    char *path;
    int n;

    if (dir != NULL)
        n = asprintf(&path, "%s", dir);
    else if (cache != NULL)
        n = asprintf(&path, "%s/triptych/guests", cache);
    else if (home != NULL)
        n = asprintf(&path, "%s/.cache/triptych/guests", home);
    else
        return err_set(err, ST_HOST,
                       "where are the guests? Set TRIPTYCH_GUESTS or HOME");
    if (n < 0)
        return err_set(err, ST_NOMEM, "path of the guests");
    *out = path;
    return ST_OK;
}

/* An owned "dir/file", or NULL without memory. */
static char *join(const char *dir, const char *file)
{
    char *path;

    return asprintf(&path, "%s/%s", dir, file) < 0 ? NULL : path;
}

static bool is_file(const char *dir, const char *file)
{
    char *path = join(dir, file);
    struct stat sb;
    bool is = path != NULL && stat(path, &sb) == 0 && S_ISREG(sb.st_mode) &&
              sb.st_size > 0;

    free(path);
    return is;
}

static enum status resolve_own(const struct guests_entry *g,
                               struct guests_files *out, struct error *err)
{
    struct guests_files f = {.protocol = g->protocol, .marker = own_marker};
    enum status st = own_path(g->kernel, &f.kernel, err);

    if (st == ST_OK && g->ported != NULL)
        st = own_path(g->ported, &f.ported, err);
    if (st == ST_OK)
        *out = f;
    else
        guests_files_free(&f);
    return st;
}

bool guests_present(const struct guests_entry *g, const char *dir)
{
    struct guests_files f;

    if (g->own) {
        if (resolve_own(g, &f, NULL) != ST_OK)
            return false;
        guests_files_free(&f);
        return true;
    }
    return dir != NULL && is_file(dir, g->kernel) && is_file(dir, g->initrd);
}

static enum status check_complete(struct guests_files *f, bool named,
                                  struct error *err)
{
    if (f->kernel != NULL &&
        (!named || (f->initrd != NULL && f->append != NULL)))
        return ST_OK;
    guests_files_free(f);
    return err_set(err, ST_NOMEM, "paths of a guest");
}

static enum status resolve_name(const struct guests_entry *g,
                                struct guests_files *out, struct error *err)
{
    struct guests_files f = {.protocol = g->protocol};
    enum status st;
    char *dir;

    st = guests_folder(&dir, err);
    if (st != ST_OK)
        return st;
    if (!guests_present(g, dir)) {
        st = err_set(err, ST_HOST,
                     "%s: %s or %s is not in %.120s; " GUESTS_SCRIPT
                     " fetches them",
                     g->name, g->kernel, g->initrd, dir);
    } else {
        f.kernel = join(dir, g->kernel);
        f.initrd = join(dir, g->initrd);
        f.append = strdup(g->append);
        st = check_complete(&f, true, err);
        if (st == ST_OK)
            *out = f;
    }
    free(dir);
    return st;
}

enum status guests_resolve(const char *name_or_path, struct guests_files *out,
                           struct error *err)
{
    const struct guests_entry *g = guests_find(name_or_path);
    struct guests_files f = {.protocol = LOAD_AUTO};
    enum status st;

    if (g != NULL)
        return g->own ? resolve_own(g, out, err) : resolve_name(g, out, err);
    if (access(name_or_path, R_OK) != 0) {
        if (errno == ENOENT && strchr(name_or_path, '/') == NULL)
            return err_set(err, ST_INVAL,
                           "%.120s: neither a guest's name (triptych list "
                           "guests) nor a file",
                           name_or_path);
        return err_set_errno(err, ST_HOST, errno, "%.120s", name_or_path);
    }
    f.kernel = strdup(name_or_path);
    st = check_complete(&f, false, err);
    if (st == ST_OK)
        *out = f;
    return st;
}

void guests_files_free(struct guests_files *f)
{
    free(f->kernel);
    free(f->initrd);
    free(f->append);
    free(f->ported);
    memset(f, 0, sizeof(*f));
}
