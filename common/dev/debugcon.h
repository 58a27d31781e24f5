/* debugcon.h: the debug console: bytes written to port 0xE9 are console output;
 * reads give 0xE9, which tells a guest that it is there (Bochs's port). */
#ifndef COMMON_DEV_DEBUGCON_H
#define COMMON_DEV_DEBUGCON_H

#include "common/machine/machine.h"

enum status debugcon_create(struct machine *m, struct error *err) MUST_CHECK;

#endif
