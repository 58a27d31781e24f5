/* h5w.c: writes a results file in HDF5, append only. */
#include "common/h5/h5w.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/h5/h5_priv.h"

#define ATTR_MAX   (32u << 10) /* HDF5 keeps small attributes up to 64 KiB */
#define CHUNK_ROWS 1024

struct h5w {
    char *path, *part;
    hid_t file;
    bool failed;
    struct error err;
};

/* ---- failures ---- */

static void fail(struct h5w *w, const char *what)
{
    if (!w->failed)
        h5_failed(&w->err, ST_HOST, w->path, what);
    w->failed = true;
}

/* True if id is good; else the writer has failed at `what`. */
static bool good(struct h5w *w, hid_t id, const char *what)
{
    if (id < 0)
        fail(w, what);
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

static void free_writer(struct h5w *w)
{
    free(w->path);
    free(w->part);
    free(w);
}

/* Everything is closed with the file, whatever is still open. */
static hid_t create_file(const char *part)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1;

    if (access >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
        file = H5Fcreate(part, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (access >= 0)
        H5Pclose(access);
    return file;
}

enum status h5w_create(const char *path, struct h5w **out, struct error *err)
{
    struct h5w *w = calloc(1, sizeof(*w));
    enum status st;
    int fd;

    if (w == NULL || (w->path = strdup(path)) == NULL ||
        asprintf(&w->part, "%s.part", path) < 0) {
        free(w != NULL ? w->path : NULL);
        free(w);
        return err_set(err, ST_NOMEM, "%s", path);
    }
    /* The host's own reason is clearer than HDF5's. */
    fd = open(w->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        st = err_set_errno(err, ST_HOST, errno, "%s", w->part);
        free_writer(w);
        return st;
    }
    close(fd);
    h5_quiet();
    w->file = create_file(w->part);
    if (w->file < 0) {
        /* Another process may hold it: it is not ours to remove. */
        st = h5_failed(err, ST_HOST, w->part, "cannot be created");
        free_writer(w);
        return st;
    }
    *out = w;
    return ST_OK;
}

static void sync_part(struct h5w *w)
{
    int fd = open(w->part, O_RDONLY | O_CLOEXEC);
    int no = fd < 0 || fsync(fd) != 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    if (no != 0 && !w->failed) {
        err_set_errno(&w->err, ST_HOST, no, "%s", w->part);
        w->failed = true;
    }
}

enum status h5w_close(struct h5w *w, struct error *err)
{
    enum status st;

    if (H5Fclose(w->file) < 0)
        fail(w, "cannot be completed");
    sync_part(w);
    if (!w->failed && rename(w->part, w->path) != 0) {
        err_set_errno(&w->err, ST_HOST, errno, "%s", w->path);
        w->failed = true;
    }
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

/* Copy text into `size` bytes as UTF-8, cut between characters; the rest is
 * NUL, and at least one byte. */
static void put_text(char *out, size_t size, const char *text)
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
    if (good(w, g, path))
        H5Gclose(g);
}

static void write_attr(struct h5w *w, const char *object, const char *name,
                       hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t a = H5Acreate_by_name(w->file, object, name, type, space, H5P_DEFAULT,
                                H5P_DEFAULT, H5P_DEFAULT);

    if (a < 0 || H5Awrite(a, type, value) < 0)
        fail(w, name);
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
    } else if (good(w, type, name)) {
        put_text(value, size, text);
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

/* ---- datasets ---- */

/* Creation properties: no times of objects, so that equal contents make equal
 * files; `chunk` 0: contiguous. */
static hid_t dataset_props(hsize_t chunk)
{
    hid_t p = H5Pcreate(H5P_DATASET_CREATE);

    if (p < 0 || H5Pset_obj_track_times(p, 0) < 0 ||
        (chunk > 0 && (H5Pset_chunk(p, 1, &chunk) < 0 ||
                       H5Pset_shuffle(p) < 0 || H5Pset_deflate(p, 6) < 0)))
        return -1;
    return p;
}

/* A dataset with contents; returns it open, or -1 (the writer has failed). */
static hid_t write_dataset(struct h5w *w, const char *path, hid_t type,
                           unsigned rank, const size_t *dim, const void *data)
{
    hsize_t dims[H5W_MAX_RANK];
    hid_t props = dataset_props(0), space, d;
    size_t total = 1;
    unsigned i;

    for (i = 0; i < rank; i++) {
        dims[i] = dim[i];
        total *= dim[i];
    }
    space = H5Screate_simple((int)rank, dims, NULL);
    d = H5Dcreate2(w->file, path, type, space, H5P_DEFAULT, props, H5P_DEFAULT);
    if (d < 0 || (total > 0 &&
                  H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)) {
        fail(w, path);
        if (d >= 0)
            H5Dclose(d);
        d = -1;
    }
    H5Sclose(space);
    H5Pclose(props);
    return d;
}

static void make_scale(struct h5w *w, hid_t d, const char *path,
                       const char *name)
{
    if (d >= 0 && H5DSset_scale(d, name) < 0)
        fail(w, path);
}

/* The last part of a path: a scale's name. */
static const char *leaf(const char *path)
{
    return strrchr(path, '/') + 1;
}

void h5w_texts(struct h5w *w, const char *path, const char *const *text,
               size_t n, bool scale, const char *long_name)
{
    size_t size = 2, i;
    hid_t type, d = -1;
    char *data;

    if (w->failed)
        return;
    for (i = 0; i < n; i++)
        if (strlen(text[i]) + 1 > size)
            size = strlen(text[i]) + 1;
    data = calloc(n + 1, size);
    type = h5_text_type(size);
    if (data == NULL) {
        h5w_fail(w, ST_NOMEM, path);
    } else if (good(w, type, path)) {
        for (i = 0; i < n; i++)
            put_text(data + i * size, size, text[i]);
        d = write_dataset(w, path, type, 1, &n, data);
    }
    if (scale)
        make_scale(w, d, path, leaf(path));
    if (d >= 0)
        H5Dclose(d);
    if (type >= 0)
        H5Tclose(type);
    free(data);
    h5w_attr(w, path, "long_name", long_name);
}

void h5w_scale_count(struct h5w *w, const char *path, size_t n,
                     const char *long_name)
{
    uint64_t *v;
    size_t i;
    hid_t d;

    if (w->failed)
        return;
    v = calloc(n + 1, sizeof(*v));
    if (v == NULL) {
        h5w_fail(w, ST_NOMEM, path);
        return;
    }
    for (i = 0; i < n; i++)
        v[i] = i;
    d = write_dataset(w, path, H5T_NATIVE_UINT64, 1, &n, v);
    make_scale(w, d, path, leaf(path));
    if (d >= 0)
        H5Dclose(d);
    free(v);
    h5w_attr(w, path, "units", "1");
    h5w_attr(w, path, "long_name", long_name);
}

static hid_t enum_type(const char *const *name)
{
    hid_t t = H5Tenum_create(H5T_NATIVE_UINT8);
    uint8_t v;

    for (v = 0; t >= 0 && name[v] != NULL; v++) {
        if (H5Tenum_insert(t, name[v], &v) < 0) {
            H5Tclose(t);
            t = -1;
        }
    }
    return t;
}

static void attach_scales(struct h5w *w, hid_t d, const struct h5w_array *a)
{
    unsigned i;
    hid_t scale;

    for (i = 0; i < a->rank && !w->failed; i++) {
        scale = H5Dopen2(w->file, a->scale[i], H5P_DEFAULT);
        if (scale < 0 || H5DSattach_scale(d, scale, i) < 0 ||
            H5DSset_label(d, i, leaf(a->scale[i])) < 0)
            fail(w, a->scale[i]);
        if (scale >= 0)
            H5Dclose(scale);
    }
}

void h5w_array(struct h5w *w, const struct h5w_array *a)
{
    const void *data = a->u64;
    hid_t type, d;

    if (w->failed)
        return;
    if (a->enums != NULL) {
        type = enum_type(a->enum_name);
        data = a->enums;
    } else if (a->f64 != NULL) {
        type = H5Tcopy(H5T_NATIVE_DOUBLE);
        data = a->f64;
    } else {
        type = H5Tcopy(H5T_NATIVE_UINT64);
    }
    if (!good(w, type, a->path))
        return;
    d = write_dataset(w, a->path, type, a->rank, a->dim, data);
    H5Tclose(type);
    if (d < 0)
        return;
    attach_scales(w, d, a);
    H5Dclose(d);
    h5w_attr(w, a->path, "units", a->units);
    h5w_attr(w, a->path, "long_name", a->long_name);
    if (a->timebase != NULL)
        h5w_attr(w, a->path, "timebase", a->timebase);
}

/* ---- tables ---- */

/* The path's groups, but for the last part. */
static void groups_above(struct h5w *w, const char *path)
{
    char group[64];

    snprintf(group, sizeof(group), "%.*s", (int)(leaf(path) - path - 1), path);
    if (group[0] != '\0' && H5Lexists(w->file, group, H5P_DEFAULT) <= 0)
        h5w_group(w, group);
}

static void describe(struct h5w *w, const struct h5_schema *schema)
{
    char name[64];
    unsigned i;

    h5w_attr(w, schema->path, "long_name", schema->text);
    for (i = 0; i < schema->nr; i++) {
        snprintf(name, sizeof(name), "%s_long_name", schema->field[i].name);
        h5w_attr(w, schema->path, name, schema->field[i].text);
        if (schema->field[i].units[0] == '\0')
            continue;
        snprintf(name, sizeof(name), "%s_units", schema->field[i].name);
        h5w_attr(w, schema->path, name, schema->field[i].units);
    }
}

void h5w_table(struct h5w *w, const struct h5_schema *schema)
{
    hsize_t none = 0, unlimited = H5S_UNLIMITED;
    hid_t type, space, props, d;

    if (w->failed)
        return;
    groups_above(w, schema->path);
    type = h5_record_type(schema, true);
    space = H5Screate_simple(1, &none, &unlimited);
    props = dataset_props(CHUNK_ROWS);
    d = H5Dcreate2(w->file, schema->path, type, space, H5P_DEFAULT, props,
                   H5P_DEFAULT);
    if (good(w, d, schema->path))
        H5Dclose(d);
    H5Pclose(props);
    H5Sclose(space);
    H5Tclose(type);
    describe(w, schema);
}

/* Make the texts of a copied record what put_text() makes of them. */
static void clean_texts(const struct h5_schema *schema, char *row)
{
    char text[256];
    unsigned i;

    for (i = 0; i < schema->nr; i++) {
        const struct h5_field *f = &schema->field[i];

        if (f->type != H5_TEXT || f->size > sizeof(text))
            continue;
        memcpy(text, row + f->offset, f->size);
        text[f->size - 1] = '\0';
        put_text(row + f->offset, f->size, text);
    }
}

/* Write n records behind those that the dataset has. */
static bool extend(hid_t d, hid_t type, const void *rows, hsize_t n)
{
    hid_t space = H5Dget_space(d), mem = H5Screate_simple(1, &n, NULL);
    hsize_t old = 0, size;
    bool ok = space >= 0 && H5Sget_simple_extent_dims(space, &old, NULL) == 1;

    if (space >= 0)
        H5Sclose(space);
    size = old + n;
    ok = ok && H5Dset_extent(d, &size) >= 0;
    space = H5Dget_space(d);
    ok =
        ok &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &old, NULL, &n, NULL) >= 0 &&
        H5Dwrite(d, type, mem, space, H5P_DEFAULT, rows) >= 0;
    H5Sclose(space);
    H5Sclose(mem);
    return ok;
}

void h5w_append(struct h5w *w, const struct h5_schema *schema, const void *rows,
                size_t n)
{
    char *copy;
    hid_t d, type;
    size_t i;

    if (w->failed || n == 0)
        return;
    copy = malloc(n * schema->record);
    if (copy == NULL) {
        h5w_fail(w, ST_NOMEM, schema->path);
        return;
    }
    memcpy(copy, rows, n * schema->record);
    for (i = 0; i < n; i++)
        clean_texts(schema, copy + i * schema->record);
    type = h5_record_type(schema, false);
    d = H5Dopen2(w->file, schema->path, H5P_DEFAULT);
    if (d < 0 || type < 0 || !extend(d, type, copy, n))
        fail(w, schema->path);
    if (d >= 0)
        H5Dclose(d);
    if (type >= 0)
        H5Tclose(type);
    free(copy);
}
