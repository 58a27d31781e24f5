/* record.h: a campaign as a results file (docs/RESULTS.md has the layout). */
#ifndef EXPERIMENTS_LIB_RECORD_H
#define EXPERIMENTS_LIB_RECORD_H

#include "common/h5/h5w.h"
#include "experiments/lib/recorded.h"

/* What a file says about where it comes from. Borrowed; NULL: there is none. */
struct provenance {
    const char *version;
    const char *command; /* "compare" */
    const char *const *argv;
    unsigned nr_argv;
    const char *const *option; /* resolved, "name=value" */
    unsigned nr_options;
    /* Paths; `ported`: in place of the kernel, for engines with rules of their
     * own. */
    const char *kernel, *ported, *initrd, *bios, *disk;
    const char *cmdline;
    const char *cpu_model;
    bool names; /* the host's and the user's name, too */
};

/* Begin the file, with what is known before any run: environment, command,
 * guest. ST_HOST: it cannot be created, or a file of the guest not be read. */
enum status record_begin(const char *path, const struct provenance *p,
                         const struct campaign *c, struct h5w **out,
                         struct error *err) MUST_CHECK;

/* The same without a campaign: environment only. */
enum status record_open(const char *path, const struct provenance *p,
                        struct h5w **out, struct error *err) MUST_CHECK;

/* The campaign's samples. Failures are the writer's to report. */
void record_samples(struct h5w *w, const struct campaign *c);

/* A file of its own from the samples of several, which `c` has all:
 * environment, configuration and guest are those of the first. */
enum status record_merged(const char *path, const char *version,
                          const struct recorded *from, unsigned nr,
                          const struct campaign *c,
                          struct error *err) MUST_CHECK;

/* One field of a results file's row, from our own texts. */
#define RECORD_TEXT(member, text)                                              \
    snprintf((member), sizeof(member), "%s", (text))

#endif
