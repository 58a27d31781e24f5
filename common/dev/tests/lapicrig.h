/* lapicrig.h: a testrig with local APICs, and their registers. */
#ifndef COMMON_DEV_TESTS_LAPICRIG_H
#define COMMON_DEV_TESTS_LAPICRIG_H

#include "common/dev/tests/testrig.h"

enum {
    ID = 0x20,
    VERSION = 0x30,
    TPR = 0x80,
    APR = 0x90,
    PPR = 0xa0,
    EOI = 0xb0,
    RRD = 0xc0,
    LDR = 0xd0,
    DFR = 0xe0,
    SVR = 0xf0,
    ISR = 0x100,
    TMR = 0x180,
    IRR = 0x200,
    ESR = 0x280,
    CMCI = 0x2f0,
    ICR = 0x300,
    ICR2 = 0x310,
    TIMER = 0x320,
    THERMAL = 0x330,
    PERF = 0x340,
    LINT0 = 0x350,
    LINT1 = 0x360,
    ERROR_LVT = 0x370,
    INITIAL = 0x380,
    CURRENT = 0x390,
    DIVIDE = 0x3e0,
};

/* A rig with APIC 0, of cpu[0]: m.lapic. */
struct testrig *lapicrig_new(void);
/* APIC i, of cpu[i]. */
struct lapic *lapicrig_add(struct testrig *r, unsigned i);

/* Registers of the processor that the rig has as the current one. */
uint32_t lapicrig_rd(struct testrig *r, unsigned reg);
void lapicrig_wr(struct testrig *r, unsigned reg, uint32_t value);

/* Software enable; a self IPI of this vector; the errors since the last call.
 */
void lapicrig_enable(struct testrig *r);
void lapicrig_self(struct testrig *r, uint8_t vector);
uint32_t lapicrig_errors(struct testrig *r);

#endif
