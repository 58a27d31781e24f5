/* h5_priv.h: what the writer and the reader share; only this folder sees HDF5.
 */
#ifndef COMMON_H5_H5_PRIV_H
#define COMMON_H5_H5_PRIV_H

#include <hdf5.h>

#include "common/base/err.h"
#include "common/h5/schema.h"

/* Before the first use: HDF5 prints no errors of its own, and loads no filters
 * that a file names. */
void h5_prepare(void);

/* Set err from HDF5's error stack, innermost reason: "path: what: reason". */
enum status h5_failed(struct error *err, enum status st, const char *path,
                      const char *what);

/* The open file of a reader. */
struct h5r;
hid_t h5r_file(const struct h5r *r);

/* Fixed-length UTF-8 string of `size` bytes, final NUL included. */
hid_t h5_text_type(size_t size);

/* The compound type of a record in memory, or packed as in the file. */
hid_t h5_record_type(const struct h5_schema *schema, bool packed);

#endif
