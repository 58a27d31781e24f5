/* twice.h: one instruction of a kernel at level 0, under `native` and under
 * `te`. */
#ifndef VTI_IA64_CPU_TESTS_TWICE_H
#define VTI_IA64_CPU_TESTS_TWICE_H

#include "vti-ia64/cpu/cpu.h"

struct twice {
    /* How it went under te. */
    bool differs;   /* registers are not native's afterwards */
    unsigned cause; /* it was emulated, as this one of vti.def; 0: was not */
    bool silent;    /* in a row of LEDGER_SILENT */
};

/* A case of a row: register numbers and initial values where they matter. */
struct twice_case {
    int row;
    uint64_t insn; /* the instruction */
    bool virt;     /* translation is on */
    uint64_t psr;  /* bits beside those of translation */
    bool nat;      /* its sources are NaTs */
};

/* The cases of a row: several registers for moves of those, with and without
 * translation. False: there is no case `n`. */
bool twice_case(int row, unsigned n, struct twice_case *k);

/* Run it, at level 0 with PSR.ic 0 unless psr says otherwise, after a br.call,
 * in a state in which it is visible what the machine has in place of the
 * guest's. */
struct twice twice_run(const struct twice_case *k);

#endif
