/* h5_priv.h: what the writer and the reader share; only this folder sees HDF5.
 */
#ifndef COMMON_H5_H5_PRIV_H
#define COMMON_H5_H5_PRIV_H

#include <hdf5.h>

#include "common/base/err.h"
#include "common/h5/schema.h"

/* HDF5 prints no errors of its own. */
void h5_quiet(void);

/* Set err from HDF5's error stack, innermost reason: "path: what: reason". */
enum status h5_failed(struct error *err, enum status st, const char *path,
                      const char *what);

/* Fixed-length UTF-8 string of `size` bytes, final NUL included. */
hid_t h5_text_type(size_t size);

/* The compound type of a record in memory, or packed as in the file. */
hid_t h5_record_type(const struct h5_schema *schema, bool packed);

#endif
