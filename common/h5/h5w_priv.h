/* h5w_priv.h: what the parts of the writer share. */
#ifndef COMMON_H5_H5W_PRIV_H
#define COMMON_H5_H5W_PRIV_H

#include "common/h5/h5_priv.h"
#include "common/h5/h5w.h"

struct h5w {
    char *path, *part;
    int fd;     /* of PATH.part, locked */
    hid_t file; /* in memory until it is complete */
    bool failed;
    struct error err;
};

/* The first failure of HDF5 is kept; `what` is where. */
void h5w_hdf5_failed(struct h5w *w, const char *what);

/* True if id is good; else the writer has failed at `what`. */
bool h5w_good(struct h5w *w, hid_t id, const char *what);

/* Copy text into `size` bytes as UTF-8, cut between characters; bytes that are
 * not UTF-8 become '?'; the rest is NUL, and at least one byte. */
void h5w_put_text(char *out, size_t size, const char *text);

#endif
