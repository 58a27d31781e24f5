/* skirun.h: programs on Ski and on the model, by the guest `programs`. */
#ifndef VTI_IA64_CPU_TESTS_SKIRUN_H
#define VTI_IA64_CPU_TESTS_SKIRUN_H

#include "common/base/cc.h"
#include "vti-ia64/cpu/tests/skiprog.h"

/* Files are in the current directory. */
struct skirun {
    const char *ski;   /* the program bski */
    const char *image; /* of the guest, as an absolute path */
};

/* Programs that are run one after the other, and what they left in each. */
struct skirun_batch {
    unsigned n;
    struct skiprog *program;
    struct skiprog_block *state, *ours, *theirs;
};

void skirun_batch_init(struct skirun_batch *b, unsigned n);
void skirun_batch_fini(struct skirun_batch *b);

/* Run them on the model; on both. False: it is on stderr why not. */
bool skirun_ours(const struct skirun *k, struct skirun_batch *b) MUST_CHECK;
bool skirun_both(const struct skirun *k, struct skirun_batch *b) MUST_CHECK;

#endif
