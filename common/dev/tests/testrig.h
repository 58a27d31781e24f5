/* testrig.h: a machine without a board, for tests of single devices: clock,
 * buses, memory, and a processor that records what it is told. */
#ifndef COMMON_DEV_TESTS_TESTRIG_H
#define COMMON_DEV_TESTS_TESTRIG_H

#include "common/dev/ioapic.h"
#include "common/dev/lapic.h"
#include "common/machine/machine.h"

struct testrig_cpu {
    bool intr;
    unsigned nmi, init, sipi, attention;
    uint8_t sipi_vector;
};

struct testrig {
    struct machine m;
    uint64_t ns; /* guest time: 1 instruction a nanosecond */
    struct testrig_cpu cpu[2];
    bool line; /* level of the line from testrig_line() */
    unsigned raised;
};

/* A new rig; testrig_free() ends its devices and frees it. */
struct testrig *testrig_new(void);
void testrig_free(struct testrig *r);

/* Let guest time pass; due events run at their exact times. */
void testrig_advance(struct testrig *r, uint64_t ns);

/* A line that ends in r->line. */
struct irq_line testrig_line(struct testrig *r);

/* 32-bit accesses to guest-physical addresses. */
uint32_t testrig_rd(struct testrig *r, uint64_t pa);
void testrig_wr(struct testrig *r, uint64_t pa, uint32_t value);

/* Save all devices of `from` and load them into `to`, which has the same. */
void testrig_copy_state(struct testrig *from, struct testrig *to);

#endif
