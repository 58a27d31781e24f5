/* start.h: the state in which a loaded guest begins. */
#ifndef COMMON_X86_START_H
#define COMMON_X86_START_H

#include "common/engine/vcpu.h"
#include "common/load/loader.h"

/* Bring v, an x86 vcpu as its processor created it, into the state that *entry
 * describes (see struct load_entry), and tell its processor. */
void x86_start(struct vcpu *v, const struct load_entry *entry);

#endif
