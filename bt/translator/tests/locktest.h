/* locktest.h: random programs on two processors in lock step. */
#ifndef BT_TRANSLATOR_TESTS_LOCKTEST_H
#define BT_TRANSLATOR_TESTS_LOCKTEST_H

#include <stdio.h>

#include "bt/translator/tests/lockguest.h"

struct locktest {
    const struct processor_ops *ref, *dut;
    uint64_t program_insns; /* of one program at most; 0: LOCKTEST_INSNS */
    size_t cache;           /* of the translator, bytes; 0: as drawn */
    bool vmm;               /* `dut` under the engine bt; else native */
    unsigned max_reports;
    FILE *report;
    /* Called with the examined guest before each slice: plants faults in the
     * tests of this; may be NULL. */
    void (*hook)(struct lock_guest *g);

    uint64_t programs, insns, different;
    uint64_t units, callouts, bursts, interp; /* counts of the translator */
    uint64_t flushes, dead;
    uint64_t ended[8]; /* programs by enum run_end; RUN_BUDGET is the usual */
};

#define LOCKTEST_INSNS 60000u

/* Programs from `seed` on (seed, seed + 1...) in `mode` until `insns` have
 * retired in all; the translator's options vary with the seed. Differences are
 * counted, and reported down to the shortest slice that shows one. */
enum status locktest_run(struct locktest *t, enum lock_mode mode, uint64_t seed,
                         uint64_t insns, struct error *err);

/* ---- lockoptions.c ---- */
/* Options of a vcpu of `jit`: the usual ones for half of all seeds. cache: of
 * so many bytes in any case; 0: as drawn. */
enum status lock_options_draw(struct vcpu *v, uint64_t seed, size_t cache,
                              struct error *err);

/* Put the VMM of bt under a vcpu made for native. */
enum status lock_vmm_attach(struct vcpu *v, struct error *err);
/* Its guest's memory was changed from outside. */
void lock_vmm_memory_changed(struct vcpu *v);

#endif
