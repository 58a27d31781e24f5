/* i8259.h: the pair of 8259A interrupt controllers of a PC.
 *
 * Ports 0x20-0x21 (master), 0xA0-0xA1 (slave, on the master's input 2) and
 * 0x4D0-0x4D1 (ELCR, edge or level by input). All of ICW1-4 and OCW1-3, with
 * automatic EOI, rotation, special mask, special fully nested mode and polling
 * [8259A "Programming the 8259A"], except:
 * - an edge is latched until it is acknowledged, even if the line falls before
 *   (the real one then gives a spurious interrupt);
 * - ICW1's LTIM, ICW3 and ICW4's 8080 mode are accepted and ignored: ELCR, the
 *   board and the processor decide them [PIIX3 "Interrupt Controller"].
 *
 * Power-on: as an ICW1 that nothing follows, all inputs masked. */
#ifndef COMMON_DEV_I8259_H
#define COMMON_DEV_I8259_H

#include "common/machine/machine.h"

struct i8259;

/* `intr` is the master's INT output. */
enum status i8259_create(struct machine *m, struct irq_line intr,
                         struct i8259 **out, struct error *err) MUST_CHECK;

/* The level of input n: 0..7 master, 8..15 slave; 2 is ignored (cascade). */
void i8259_set_input(struct i8259 *pic, unsigned n, bool level);

/* INTA: the vector of the highest request, which goes into service; IR7's of
 * the chip if there is none any more (spurious). */
uint8_t i8259_ack(struct i8259 *pic);

#endif
