/* i8254.h: the interval timer of a PC and the port that belongs to it.
 *
 * Ports 0x40-0x43 and 0x61. Counter 0 drives `irq`; counter 2's gate and
 * output are in port 0x61: bit 0 gate (rw), 1 speaker data (rw), 2-3 check
 * enables (rw), 4 toggles with each refresh, 5 output of counter 2, 6-7 read 0
 * [PIIX3 "NMI Status and Control Register"]. No sound is made. The refresh bit
 * toggles every 15085 ns whatever counter 1 does (no firmware programs it).
 * The counters run from guest time at 1193182 Hz. */
#ifndef COMMON_DEV_I8254_H
#define COMMON_DEV_I8254_H

#include "common/machine/machine.h"

struct i8254;

enum status i8254_create(struct machine *m, struct irq_line irq,
                         struct i8254 **out, struct error *err) MUST_CHECK;

#endif
