/* resolve.h: what a user calls a guest: a name of the catalogue or a path. */
#ifndef EXPERIMENTS_CLI_RESOLVE_H
#define EXPERIMENTS_CLI_RESOLVE_H

#include <stdbool.h>

#include "common/base/err.h"

/* A guest that we know by name. Files are relative to guests_dir(). */
struct catalogue_entry {
    const char *name;
    const char *isa;
    const char *kernel, *initrd; /* initrd NULL: none */
    const char *cmdline;
    const char *text; /* one line for `list guests` */
};

/* Ends with a NULL name. */
extern const struct catalogue_entry catalogue[];

/* Where the fetched guests are: $TRIPTYCH_GUESTS, or triptych/guests under the
 * user's cache folder. ST_LIMIT if the path does not fit. */
enum status guests_dir(char *buf, size_t size, struct error *err);

/* All files of the entry are there. */
bool catalogue_present(const struct catalogue_entry *e);

/* What to load; all owned, NULL where there is none. */
struct guest {
    char *kernel, *initrd, *cmdline;
};

/* `name` with the user's initrd (NULL: the catalogue's) and text to append to
 * the command line (NULL: none). A path is what has a '/' in it, or is a file
 * here and no name of the catalogue. ST_INVAL if it is neither; ST_HOST, with
 * the way out, if a guest of the catalogue is not fetched. Freed by
 * guest_free(). */
enum status guest_resolve(const char *name, const char *initrd,
                          const char *append, struct guest *out,
                          struct error *err);
void guest_free(struct guest *g); /* an empty one is a no-op */

#endif
