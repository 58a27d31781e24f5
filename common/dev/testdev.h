/* testdev.h: how a guest ends its run and marks points of it.
 *
 * Port 0xF4, exit: a write of 1, 2 or 4 bytes with value v ends the run as
 * MACHINE_GUEST_EXIT with end_code v. Reads give 0.
 *
 * Port 0xF5, marker:
 *   OUT 0xF5, eax   first: the code is AX (the upper half is ignored)
 *   OUT 0xF5, eax   second: the number of iterations; the marker is placed here
 *   OUT 0xF5, ax    a marker with code AX and 0 iterations, placed here; it
 *                   drops a code that waits for its iterations, so that a guest
 *                   can start afresh whatever was before
 * Writes of one byte are ignored. A read gives 1 if a code waits, else 0.
 * The marker is placed after the OUT that does it.
 *
 * An access belongs to the port it starts at, whatever its size, so ports
 * 0xF4-0xF8 are claimed; the other three ignore writes and read as 0. */
#ifndef COMMON_DEV_TESTDEV_H
#define COMMON_DEV_TESTDEV_H

#include "common/machine/machine.h"

#define TESTDEV_EXIT   0xf4
#define TESTDEV_MARKER 0xf5

enum status testdev_create(struct machine *m, struct error *err) MUST_CHECK;

#endif
