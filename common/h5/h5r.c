/* h5r.c: reads the tables of a results file. */
#include "common/h5/h5r.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/h5/h5_priv.h"

/* What a file of ours stays below. */
#define MAX_BYTES (1ull << 30) /* of one table, in memory */
#define MAX_CHUNK (1ull << 26) /* of one chunk, unpacked */
#define MAX_ROW   (1u << 16)   /* of a table in the file */
#define MAX_ATTR  (1u << 16)   /* of one attribute */
#define MAX_LIST  (1u << 24)   /* of one list of texts */

struct h5r {
    char *path;
    hid_t file;
};

void h5r_library_version(char *text, size_t size)
{
    unsigned major = 0, minor = 0, release = 0;

    H5get_libversion(&major, &minor, &release);
    snprintf(text, size, "%u.%u.%u", major, minor, release);
}

hid_t h5r_file(const struct h5r *r)
{
    return r->file;
}

void h5r_close(struct h5r *r)
{
    if (r == NULL)
        return;
    if (r->file >= 0)
        H5Fclose(r->file);
    free(r->path);
    free(r);
}

/* A file that we wrote says so at its root. */
static enum status check_root(struct h5r *r, struct error *err)
{
    char conventions[32] = "";
    uint64_t version = 0;
    hid_t type = h5_text_type(sizeof(conventions)), a;
    bool ok = false;

    a = H5Aopen(r->file, "Conventions", H5P_DEFAULT);
    if (a >= 0) {
        ok = H5Aread(a, type, conventions) >= 0;
        H5Aclose(a);
    }
    H5Tclose(type);
    conventions[sizeof(conventions) - 1] = '\0';
    if (!ok || strcmp(conventions, H5_CONVENTIONS) != 0)
        return err_set(err, ST_GUEST,
                       "%s: HDF5, but not a results file of triptych "
                       "(Conventions is not %s)",
                       r->path, H5_CONVENTIONS);
    a = H5Aopen(r->file, "schema_version", H5P_DEFAULT);
    ok = a >= 0 && H5Aread(a, H5T_NATIVE_UINT64, &version) >= 0;
    if (a >= 0)
        H5Aclose(a);
    if (!ok || version == 0)
        return err_set(err, ST_GUEST, "%s: no schema_version", r->path);
    if (version > H5_SCHEMA_VERSION)
        return err_set(err, ST_GUEST,
                       "%s: schema version %llu; this program reads up to %u",
                       r->path, (unsigned long long)version, H5_SCHEMA_VERSION);
    return ST_OK;
}

static enum status open_file(struct h5r *r, struct error *err)
{
    int fd = open(r->path, O_RDONLY | O_CLOEXEC);
    char byte;
    int no = fd < 0 || read(fd, &byte, 1) < 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    if (no != 0)
        return err_set_errno(err, ST_HOST, no, "%s", r->path);
    h5_prepare();
    if (H5Fis_hdf5(r->path) <= 0)
        return err_set(err, ST_GUEST, "%s: not an HDF5 file", r->path);
    r->file = H5Fopen(r->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (r->file < 0)
        return h5_failed(err, ST_GUEST, r->path, "cannot be opened");
    return check_root(r, err);
}

enum status h5r_open(const char *path, struct h5r **out, struct error *err)
{
    struct h5r *r = calloc(1, sizeof(*r));
    enum status st;

    if (r == NULL || (r->path = strdup(path)) == NULL) {
        free(r);
        return err_set(err, ST_NOMEM, "%s", path);
    }
    r->file = -1;
    st = open_file(r, err);
    if (st != ST_OK) {
        h5r_close(r);
        return st;
    }
    *out = r;
    return ST_OK;
}

/* ---- datasets ---- */

/* Each part of the path is there and no link to elsewhere. */
static bool is_own(hid_t file, const char *path)
{
    char part[64];
    const char *at = path;
    H5L_info_t info;

    do {
        at += strcspn(at + 1, "/") + 1;
        snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
        if (H5Lget_info(file, part, &info, H5P_DEFAULT) < 0 ||
            info.type != H5L_TYPE_HARD)
            return false;
    } while (*at != '\0');
    return true;
}

/* Its chunks can be unpacked in memory. */
static bool small_chunks(hid_t props, size_t element)
{
    hsize_t dim[2];

    return H5Pget_chunk(props, 2, dim) == 1 && dim[0] <= MAX_CHUNK / element;
}

/* The contents are in this file, and reading some of them takes no more memory
 * than they do. */
static bool is_plain(hid_t d)
{
    hid_t props = H5Dget_create_plist(d), type = H5Dget_type(d);
    size_t element = type >= 0 ? H5Tget_size(type) : 0;
    H5D_layout_t layout = props >= 0 ? H5Pget_layout(props) : H5D_LAYOUT_ERROR;
    bool ok = element > 0 && element <= MAX_ROW && layout >= 0 &&
              H5Pget_external_count(props) == 0;

    if (ok && layout == H5D_CHUNKED)
        ok = small_chunks(props, element);
    else if (ok)
        ok = layout == H5D_COMPACT || layout == H5D_CONTIGUOUS;
    if (type >= 0)
        H5Tclose(type);
    if (props >= 0)
        H5Pclose(props);
    return ok;
}

/* The dataset, or -1; ST_GUEST. */
static hid_t open_dataset(struct h5r *r, const char *path, struct error *err)
{
    hid_t d = -1;

    if (!is_own(r->file, path)) {
        H5Eclear2(H5E_DEFAULT);
        err_set(err, ST_GUEST, "%s: has no %s", r->path, path);
        return -1;
    }
    d = H5Dopen2(r->file, path, H5P_DEFAULT);
    if (d < 0) {
        h5_failed(err, ST_GUEST, r->path, path);
    } else if (!is_plain(d)) {
        err_set(err, ST_GUEST, "%s: %s is not stored as version %u has it",
                r->path, path, H5_SCHEMA_VERSION);
        H5Dclose(d);
        d = -1;
    }
    return d;
}

/* The number of elements; false: not a plain list, or more than `most`. */
static bool count_rows(hid_t d, hsize_t most, size_t *n)
{
    hid_t space = H5Dget_space(d);
    hsize_t rows = 0;
    bool ok = space >= 0 && H5Sget_simple_extent_ndims(space) == 1 &&
              H5Sget_simple_extent_dims(space, &rows, NULL) == 1 &&
              rows <= most;

    if (space >= 0)
        H5Sclose(space);
    *n = (size_t)rows;
    return ok;
}

/* ---- tables ---- */
/* Every field that we want is there, of its class. */
static bool fields_match(hid_t d, const struct h5_schema *schema)
{
    static const H5T_class_t class_of[] = {
        [H5_U64] = H5T_INTEGER, [H5_F64] = H5T_FLOAT, [H5_TEXT] = H5T_STRING};
    hid_t type = H5Dget_type(d);
    bool ok = type >= 0 && H5Tget_class(type) == H5T_COMPOUND;
    unsigned i;
    int at;

    for (i = 0; ok && i < schema->nr; i++) {
        at = H5Tget_member_index(type, schema->field[i].name);
        ok = at >= 0 && H5Tget_member_class(type, (unsigned)at) ==
                            class_of[schema->field[i].type];
    }
    if (type >= 0)
        H5Tclose(type);
    return ok;
}

static void end_texts(const struct h5_schema *schema, char *rows, size_t n)
{
    unsigned f;
    size_t i;

    for (i = 0; i < n; i++)
        for (f = 0; f < schema->nr; f++)
            if (schema->field[f].type == H5_TEXT)
                rows[i * schema->record + schema->field[f].offset +
                     schema->field[f].size - 1] = '\0';
}

static enum status read_rows(struct h5r *r, hid_t d,
                             const struct h5_schema *schema, void **rows,
                             size_t *n, struct error *err)
{
    hid_t type;
    bool ok;

    if (!fields_match(d, schema) ||
        !count_rows(d, MAX_BYTES / schema->record, n))
        return err_set(err, ST_GUEST, "%s: %s is not as version %u has it",
                       r->path, schema->path, H5_SCHEMA_VERSION);
    *rows = calloc(*n + 1, schema->record);
    if (*rows == NULL)
        return err_set(err, ST_NOMEM, "%s: %zu rows", r->path, *n);
    type = h5_record_type(schema, false);
    ok = type >= 0 && (*n == 0 || H5Dread(d, type, H5S_ALL, H5S_ALL,
                                          H5P_DEFAULT, *rows) >= 0);
    if (type >= 0)
        H5Tclose(type);
    if (!ok) {
        free(*rows);
        return h5_failed(err, ST_GUEST, r->path, schema->path);
    }
    end_texts(schema, *rows, *n);
    return ST_OK;
}

enum status h5r_table(struct h5r *r, const struct h5_schema *schema,
                      void **rows, size_t *n, struct error *err)
{
    hid_t d = open_dataset(r, schema->path, err);
    enum status st;

    if (d < 0)
        return ST_GUEST;
    st = read_rows(r, d, schema, rows, n, err);
    H5Dclose(d);
    return st;
}

/* ---- lists of texts ---- */

/* `size` bytes each, as the file has them, in one block. */
static enum status read_texts(struct h5r *r, hid_t d, const char *path,
                              size_t size, char **block, size_t *n,
                              struct error *err)
{
    hid_t type;
    bool ok;

    if (!count_rows(d, MAX_LIST / size, n))
        return err_set(err, ST_GUEST, "%s: %s is no list of texts", r->path,
                       path);
    *block = calloc(*n + 1, size);
    if (*block == NULL)
        return err_set(err, ST_NOMEM, "%s: %zu texts", r->path, *n);
    type = h5_text_type(size);
    ok = type >= 0 && (*n == 0 || H5Dread(d, type, H5S_ALL, H5S_ALL,
                                          H5P_DEFAULT, *block) >= 0);
    if (type >= 0)
        H5Tclose(type);
    if (ok)
        return ST_OK;
    free(*block);
    return h5_failed(err, ST_GUEST, r->path, path);
}

enum status h5r_texts(struct h5r *r, const char *path, h5r_text_fn *fn,
                      void *opaque, struct error *err)
{
    hid_t d = open_dataset(r, path, err), type;
    enum status st = ST_GUEST;
    size_t size, n = 0;
    char *block = NULL;

    if (d < 0)
        return ST_GUEST;
    type = H5Dget_type(d);
    size = type >= 0 ? H5Tget_size(type) : 0;
    if (size > 0 && H5Tget_class(type) == H5T_STRING &&
        H5Tis_variable_str(type) == 0)
        st = read_texts(r, d, path, size, &block, &n, err);
    else
        err_set(err, ST_GUEST, "%s: %s is no list of texts", r->path, path);
    for (size_t i = 0; st == ST_OK && i < n; i++) {
        block[(i + 1) * size - 1] = '\0';
        fn(opaque, block + i * size);
    }
    if (st == ST_OK)
        free(block);
    if (type >= 0)
        H5Tclose(type);
    H5Dclose(d);
    return st;
}

/* ---- attributes ---- */
struct attr_walk {
    h5r_attr_fn *fn;
    void *opaque;
};

static void attr_text(hid_t a, size_t size, const char *name,
                      const struct attr_walk *w)
{
    char *text = calloc(1, size + 1);
    hid_t type = h5_text_type(size + 1);

    if (text != NULL && type >= 0 && H5Aread(a, type, text) >= 0)
        w->fn(w->opaque, name, text);
    if (type >= 0)
        H5Tclose(type);
    free(text);
}

static void attr_number(hid_t a, const char *name, const struct attr_walk *w)
{
    uint64_t value = 0;
    char text[32];

    if (H5Aread(a, H5T_NATIVE_UINT64, &value) < 0)
        return;
    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    w->fn(w->opaque, name, text);
}

static herr_t on_attr(hid_t object, const char *name, const H5A_info_t *info,
                      void *opaque)
{
    hid_t a = H5Aopen(object, name, H5P_DEFAULT), type, space;
    size_t size;

    (void)info;
    if (a < 0)
        return 0;
    type = H5Aget_type(a);
    space = H5Aget_space(a);
    if (type >= 0 && space >= 0 && H5Sget_simple_extent_npoints(space) == 1) {
        size = H5Tget_size(type);
        if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
            size <= MAX_ATTR)
            attr_text(a, size, name, opaque);
        else if (H5Tget_class(type) == H5T_INTEGER)
            attr_number(a, name, opaque);
    }
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    H5Aclose(a);
    return 0;
}

void h5r_attrs(struct h5r *r, const char *group, h5r_attr_fn *fn, void *opaque)
{
    struct attr_walk w = {fn, opaque};
    hid_t g = -1;

    if (group[1] == '\0' || is_own(r->file, group))
        g = H5Oopen(r->file, group, H5P_DEFAULT);
    H5Eclear2(H5E_DEFAULT);
    if (g < 0)
        return;
    H5Aiterate2(g, H5_INDEX_NAME, H5_ITER_INC, NULL, on_attr, &w);
    H5Oclose(g);
}

/* ---- members ---- */
struct member_walk {
    h5r_text_fn *fn;
    void *opaque;
};

static herr_t on_member(hid_t group, const char *name, const H5L_info_t *info,
                        void *opaque)
{
    const struct member_walk *w = opaque;

    (void)group;
    (void)info;
    w->fn(w->opaque, name);
    return 0;
}

void h5r_members(struct h5r *r, h5r_text_fn *fn, void *opaque)
{
    struct member_walk w = {fn, opaque};

    H5Literate(r->file, H5_INDEX_NAME, H5_ITER_INC, NULL, on_member, &w);
    H5Eclear2(H5E_DEFAULT);
}
