/* twice.h: one instruction under `native` and under a VMM. */
#ifndef VTI_IA64_CPU_TESTS_TWICE_H
#define VTI_IA64_CPU_TESTS_TWICE_H

#include "vti-ia64/cpu/cpu.h"

struct twice {
    /* How it went under the VMM. */
    bool differs;   /* registers are not native's afterwards */
    unsigned cause; /* it was emulated, as this one of vti.def; 0: was not */
    unsigned done;  /* VT-i did it, as this one; 0: did not */
    bool silent;    /* in a row of LEDGER_SILENT */
};

/* A case of a row: register numbers and initial values where they matter. */
struct twice_case {
    int row;
    uint64_t insn; /* the instruction */
    bool virt;     /* translation is on */
    uint64_t psr;  /* bits beside those of translation */
    bool nat;      /* its sources are NaTs */
    uint64_t r2;   /* value of r9, its second operand */
    bool busy;     /* an interrupt waits, one is in service */
};

/* The cases of a row: each register for moves of those that VT-i or privilege
 * levels concern, with and without translation. False: there is no case `n`. */
bool twice_case(int row, unsigned n, struct twice_case *k);

/* Run it, at level 0 with PSR.ic 0 unless psr says otherwise, after a br.call
 * (but for level 1), in a state in which it is visible what the machine has in
 * place of the guest's. `controls`: of the engine, or NULL. */
struct twice twice_run(const struct twice_case *k,
                       const struct engine_ops *engine, const char *controls);

#endif
