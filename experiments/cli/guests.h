/* guests.h: the catalogue of guests that have names, and where their files are.
 *
 * Any path of a kernel is a guest too; a name of the catalogue wins over a file
 * of that name (write ./NAME for the file). Some are built with the program
 * (own.h); the files of the others live in one folder that
 * experiments/get-guests.sh fills: $TRIPTYCH_GUESTS, else
 * $XDG_CACHE_HOME/triptych/guests, else ~/.cache/triptych/guests. */
#ifndef EXPERIMENTS_CLI_GUESTS_H
#define EXPERIMENTS_CLI_GUESTS_H

#include "common/base/err.h"
#include "common/load/loader.h"

#define GUESTS_SCRIPT "experiments/get-guests.sh"

/* What a guest is of no use without. */
enum guests_need { GUESTS_NEED_NOTHING, GUESTS_NEED_DISK, GUESTS_NEED_NET };

struct guests_entry {
    const char *name;
    const char *isa;             /* "x86" */
    const char *kernel, *initrd; /* file names in the folder */
    const char *append;          /* command line */
    enum load_protocol protocol;
    enum guests_need need;
    bool own;           /* built with the program: no initrd, no append */
    const char *ported; /* own: file for engines that load guests by rules of
                         * their own (pv); NULL: there is none */
    const char *text;   /* what it is, one line */
};

/* Where the files of a guest are. Strings are owned, NULL where there is none:
 * `initrd` and `append` of a path. */
struct guests_files {
    char *kernel, *initrd, *append;
    char *ported; /* kernel for engines with rules of their own */
    enum load_protocol protocol;
    const char *(*marker)(uint32_t code); /* names of markers; NULL: none */
};

/* Entry i in order of listing, or NULL past the last one. */
const struct guests_entry *guests_at(unsigned i);

/* The entry of that name, or NULL. */
const struct guests_entry *guests_find(const char *name);

/* The folder's path, owned by the caller. ST_HOST if no variable says where;
 * ST_NOMEM. The folder need not exist. */
enum status guests_folder(char **out, struct error *err) MUST_CHECK;

/* Whether all files of the entry are there: in folder `dir`, which may be NULL,
 * or, of its own guests, with the program. */
bool guests_present(const struct guests_entry *g, const char *dir);

/* The files of a name or path. ST_HOST if the name is in the catalogue but its
 * files are not in the folder (the message says how to get them), or the path
 * cannot be read; ST_INVAL if it is neither. *out is written on success only
 * and freed by guests_files_free(). */
enum status guests_resolve(const char *name_or_path, struct guests_files *out,
                           struct error *err) MUST_CHECK;
void guests_files_free(struct guests_files *f);

#endif
