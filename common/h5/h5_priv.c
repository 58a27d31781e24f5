/* h5_priv.c: errors and types that the writer and the reader share. */
#include "common/h5/h5_priv.h"

#include <stdio.h>
#include <string.h>

void h5_prepare(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0);
}

static herr_t first_reason(unsigned n, const H5E_error2_t *e, void *opaque)
{
    char *text = opaque;

    if (n == 0 && e->desc != NULL)
        snprintf(text, 120, "%s", e->desc);
    return 0;
}

enum status h5_failed(struct error *err, enum status st, const char *path,
                      const char *what)
{
    char reason[120] = "no reason given";
    const char *hint = "";

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first_reason, reason);
    H5Eclear2(H5E_DEFAULT);
    reason[strcspn(reason, "\r\n")] = '\0';
    /* File locks fail on some network file systems. */
    if (strstr(reason, "lock file") != NULL)
        hint = " (in use; or set HDF5_USE_FILE_LOCKING=FALSE)";
    return err_set(err, st, "%.80s: %s: %s%s", path, what, reason, hint);
}

hid_t h5_text_type(size_t size)
{
    hid_t t = H5Tcopy(H5T_C_S1);

    if (t < 0 || H5Tset_size(t, size) < 0 || H5Tset_cset(t, H5T_CSET_UTF8) < 0)
        return -1;
    return t;
}

static hid_t field_type(const struct h5_field *f)
{
    switch (f->type) {
    case H5_U64:
        return H5Tcopy(H5T_NATIVE_UINT64);
    case H5_F64:
        return H5Tcopy(H5T_NATIVE_DOUBLE);
    case H5_TEXT:
        break;
    }
    return h5_text_type(f->size);
}

hid_t h5_record_type(const struct h5_schema *schema, bool packed)
{
    hid_t t = H5Tcreate(H5T_COMPOUND, schema->record), member;
    bool ok = t >= 0;
    unsigned i;

    for (i = 0; ok && i < schema->nr; i++) {
        member = field_type(&schema->field[i]);
        ok = member >= 0 && H5Tinsert(t, schema->field[i].name,
                                      schema->field[i].offset, member) >= 0;
        if (member >= 0)
            H5Tclose(member);
    }
    if (ok && packed)
        ok = H5Tpack(t) >= 0;
    if (!ok && t >= 0)
        H5Tclose(t);
    return ok ? t : -1;
}
