/* ski_open.h: which of the host's files a guest on Ski's platform may open. */
#ifndef EXPERIMENTS_CLI_SKI_OPEN_H
#define EXPERIMENTS_CLI_SKI_OPEN_H

/* Those that a word of its arguments names, for reading, and simulated disks:
 * paths that begin with `disks` (NULL: none). */
struct ski_open {
    const char *const *args; /* NULL ends */
    const char *disks;
};

/* A ski_open_fn; `opaque` is a struct ski_open. EACCES: others. */
int ski_open_named(void *opaque, const char *path, int access);

#endif
