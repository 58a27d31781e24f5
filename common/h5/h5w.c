/* h5w.c: writes a results file in HDF5: its life, groups and attributes. */
#include "common/h5/h5w.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/h5/h5w_priv.h"

#define ATTR_MAX (32u << 10) /* HDF5 keeps small attributes up to 64 KiB */

/* ---- failures ---- */

void h5w_hdf5_failed(struct h5w *w, const char *what)
{
    if (!w->failed)
        h5_failed(&w->err, ST_HOST, w->path, what);
    w->failed = true;
}

/* errno has the reason; `path` is where. */
static void host_failed(struct h5w *w, const char *path)
{
    if (!w->failed)
        err_set_errno(&w->err, ST_HOST, errno, "%s", path);
    w->failed = true;
}

bool h5w_good(struct h5w *w, hid_t id, const char *what)
{
    if (id < 0)
        h5w_hdf5_failed(w, what);
    return id >= 0;
}

enum status h5w_status(const struct h5w *w, struct error *err)
{
    if (!w->failed)
        return ST_OK;
    if (err != NULL)
        *err = w->err;
    return w->err.status;
}

void h5w_fail(struct h5w *w, enum status st, const char *what)
{
    if (!w->failed)
        err_set(&w->err, st, "%s: %s", w->path, what);
    w->failed = true;
}

/* ---- life ---- */

/* HDF5 cannot get over a write that fails: it ends in its own clean-up. So the
 * file is made in memory, and only we write to the disk. */
#define MEMORY_STEP (1u << 20)

static void free_writer(struct h5w *w)
{
    if (w->fd >= 0)
        close(w->fd);
    free(w->path);
    free(w->part);
    free(w);
}

/* Everything is closed with the file, whatever is still open. */
static hid_t create_file(const char *part)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1;

    if (access >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_fapl_core(access, MEMORY_STEP, false) >= 0)
        file = H5Fcreate(part, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (access >= 0)
        H5Pclose(access);
    return file;
}

/* A device or a folder is not to be replaced by a file. */
static bool is_replaceable(const char *path, struct error *err)
{
    struct stat s;

    if (stat(path, &s) != 0 || S_ISREG(s.st_mode))
        return true;
    err_set(err, ST_HOST, "%s: %s", path,
            S_ISDIR(s.st_mode) ? "is a directory" : "is no regular file");
    return false;
}

/* PATH.part, empty, and ours alone: another process that writes it has it
 * locked. -1: *err says why. */
static int open_part(const char *part, struct error *err)
{
    int fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0) {
        err_set_errno(err, ST_HOST, errno, "%s", part);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        err_set(err, ST_HOST, "%s: another process is writing it", part);
    } else if (ftruncate(fd, 0) != 0) {
        err_set_errno(err, ST_HOST, errno, "%s", part);
    } else {
        return fd;
    }
    close(fd);
    return -1;
}

enum status h5w_create(const char *path, struct h5w **out, struct error *err)
{
    struct h5w *w = calloc(1, sizeof(*w));
    enum status st;

    if (w == NULL || (w->path = strdup(path)) == NULL ||
        asprintf(&w->part, "%s.part", path) < 0) {
        free(w != NULL ? w->path : NULL);
        free(w);
        return err_set(err, ST_NOMEM, "%s", path);
    }
    w->fd = is_replaceable(path, err) ? open_part(w->part, err) : -1;
    if (w->fd < 0) {
        free_writer(w);
        return ST_HOST;
    }
    h5_prepare();
    w->file = create_file(w->part);
    if (w->file < 0) {
        st = h5_failed(err, ST_HOST, w->part, "cannot be created");
        unlink(w->part);
        free_writer(w);
        return st;
    }
    *out = w;
    return ST_OK;
}

static bool write_all(int fd, const char *at, size_t left)
{
    ssize_t n;

    for (; left > 0; at += n, left -= (size_t)n) {
        n = write(fd, at, left);
        if (n < 0 && errno == EINTR)
            n = 0;
        if (n < 0)
            return false;
    }
    return true;
}

/* The file as it is in memory, to PATH.part. */
static void write_part(struct h5w *w)
{
    ssize_t size = H5Fflush(w->file, H5F_SCOPE_GLOBAL) < 0
                       ? -1
                       : H5Fget_file_image(w->file, NULL, 0);
    char *image = size < 0 ? NULL : malloc((size_t)size);

    if (size < 0 ||
        (image != NULL && H5Fget_file_image(w->file, image, (size_t)size) < 0))
        h5w_hdf5_failed(w, "cannot be completed");
    else if (image == NULL)
        h5w_fail(w, ST_NOMEM, "cannot be completed");
    else if (!write_all(w->fd, image, (size_t)size) || fsync(w->fd) != 0)
        host_failed(w, w->part);
    free(image);
}

enum status h5w_close(struct h5w *w, struct error *err)
{
    enum status st;

    if (!w->failed)
        write_part(w);
    H5Fclose(w->file);
    if (!w->failed && rename(w->part, w->path) != 0)
        host_failed(w, w->path);
    st = h5w_status(w, err);
    if (st != ST_OK)
        unlink(w->part);
    free_writer(w);
    return st;
}

void h5w_abandon(struct h5w *w)
{
    if (w == NULL)
        return;
    H5Fclose(w->file);
    unlink(w->part);
    free_writer(w);
}

/* ---- text ---- */

/* Length of the UTF-8 sequence at s, of at most `left` bytes; 0: it is none.
 * [RFC 3629 "Syntax of UTF-8 Byte Sequences"] */
static size_t utf8_len(const unsigned char *s, size_t left)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4, i;

    if (n == 1)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n > left)
        return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    for (i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

void h5w_put_text(char *out, size_t size, const char *text)
{
    size_t len = strnlen(text, size), at = 0, n;

    memset(out, 0, size);
    while (at < len) {
        n = utf8_len((const unsigned char *)text + at, len - at);
        if (at + (n == 0 ? 1 : n) >= size)
            break;
        if (n == 0)
            out[at++] = '?';
        for (; n > 0; n--, at++)
            out[at] = text[at];
    }
}

/* ---- groups and attributes ---- */

void h5w_group(struct h5w *w, const char *path)
{
    hid_t links, g;

    if (w->failed)
        return;
    links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    g = H5Gcreate2(w->file, path, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(links);
    if (h5w_good(w, g, path))
        H5Gclose(g);
}

static void write_attr(struct h5w *w, const char *object, const char *name,
                       hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR), a;

    if (H5Aexists_by_name(w->file, object, name, H5P_DEFAULT) > 0)
        H5Adelete_by_name(w->file, object, name, H5P_DEFAULT);
    a = H5Acreate_by_name(w->file, object, name, type, space, H5P_DEFAULT,
                          H5P_DEFAULT, H5P_DEFAULT);
    if (a < 0 || H5Awrite(a, type, value) < 0)
        h5w_hdf5_failed(w, name);
    if (a >= 0)
        H5Aclose(a);
    H5Sclose(space);
}

void h5w_attr(struct h5w *w, const char *object, const char *name,
              const char *text)
{
    size_t size = strnlen(text, ATTR_MAX - 1) + 1;
    char *value;
    hid_t type;

    if (w->failed)
        return;
    value = malloc(size);
    type = h5_text_type(size);
    if (value == NULL) {
        h5w_fail(w, ST_NOMEM, name);
    } else if (h5w_good(w, type, name)) {
        h5w_put_text(value, size, text);
        write_attr(w, object, name, type, value);
    }
    if (type >= 0)
        H5Tclose(type);
    free(value);
}

void h5w_attr_u64(struct h5w *w, const char *object, const char *name,
                  uint64_t v)
{
    if (!w->failed)
        write_attr(w, object, name, H5T_NATIVE_UINT64, &v);
}

void h5w_copy(struct h5w *w, const struct h5r *from, const char *path)
{
    if (!w->failed && H5Ocopy(h5r_file(from), path, w->file, path, H5P_DEFAULT,
                              H5P_DEFAULT) < 0)
        h5w_hdf5_failed(w, path);
}
