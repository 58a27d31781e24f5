/* h5w_data.c: writes a results file in HDF5: arrays, dimension scales, tables.
 */
#include "common/h5/h5w.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/h5/h5w_priv.h"

#define CHUNK_ROWS 1024

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
        h5w_hdf5_failed(w, path);
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
        h5w_hdf5_failed(w, path);
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
    } else if (h5w_good(w, type, path)) {
        for (i = 0; i < n; i++)
            h5w_put_text(data + i * size, size, text[i]);
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
            h5w_hdf5_failed(w, a->scale[i]);
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
    if (!h5w_good(w, type, a->path))
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
    if (h5w_good(w, d, schema->path))
        H5Dclose(d);
    H5Pclose(props);
    H5Sclose(space);
    H5Tclose(type);
    describe(w, schema);
}

/* Make the texts of a copied record what h5w_put_text() makes of them. */
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
        h5w_put_text(row + f->offset, f->size, text);
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
        h5w_hdf5_failed(w, schema->path);
    if (d >= 0)
        H5Dclose(d);
    if (type >= 0)
        H5Tclose(type);
    free(copy);
}
