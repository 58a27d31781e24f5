/* xen.h: what the files of the Xen platform share. */
#ifndef EXPERIMENTS_GUESTS_XEN_XEN_H
#define EXPERIMENTS_GUESTS_XEN_XEN_H

#include "experiments/guests/platform/platform.h"

#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>

extern struct shared_info xen_shared; /* in entry.S, once it is mapped */

void xen_main(const struct start_info *si); /* from entry.S */
void xen_trap(struct frame *f);             /* from trap.S */
void xen_trap_init(void);
void xen_console_init(const struct start_info *si);
/* Map all RAM up to `end` at KBASE, and Xen's shared page; gives the first page
 * that is free. */
phys_t xen_pages_init(const struct start_info *si, phys_t end);

#endif
