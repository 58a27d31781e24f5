/* onecode.h: one instruction on the model, in a state that it passes all checks
 * in. */
#ifndef VTI_IA64_CPU_TESTS_ONECODE_H
#define VTI_IA64_CPU_TESTS_ONECODE_H

#include "vti-ia64/cpu/cpu.h"
#include "vti-ia64/cpu/encoding.h"

#define ONECODE_IP  0x1000u
#define ONECODE_IVA 0x10000u

/* A machine and a vcpu at ONECODE_IP, physical, level 0, PSR.ic 0, PSR.si 1,
 * with a virtual processor restored whose VPD is `vpd`. */
struct onecode {
    struct machine m;
    struct ia64_cpu *c;
    struct ia64_vpd *vpd;
    int code_ar; /* access rights of the code's page; -1: physical */
};

void onecode_init(struct onecode *o);
void onecode_fini(struct onecode *o);

/* An instruction of the row, with r8, r9, r10 as r1, r2, r3 and operands that
 * no check refuses. */
uint64_t onecode_slot(int row);

/* A bundle with the instruction `insn` of that row and nops. Returns the slot
 * that it is in. */
unsigned onecode_bundle(int row, uint64_t insn, uint8_t bytes[16]);

/* Put it at ONECODE_IP, with PSR.vm = `vm` and the VPD's controls; run until it
 * retires (-1) or faults: the vector that was delivered. */
int onecode_run(struct onecode *o, int row, bool vm, uint64_t vac,
                uint64_t vdc);
/* The same with another instruction of the row. */
int onecode_run_insn(struct onecode *o, int row, uint64_t insn, bool vm,
                     uint64_t vac, uint64_t vdc);

/* Run an instruction of the row at ONECODE_IP once in the state that o->c has,
 * with this PSR but for ri: the vector that was delivered, or -1. */
int onecode_step(struct onecode *o, int row, uint64_t insn, uint64_t psr);

/* The first row of that mnemonic. */
int onecode_row(const char *mnemonic);

#endif
