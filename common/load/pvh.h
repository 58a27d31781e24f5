/* pvh.h: Xen's direct boot: the start info structure and the 32-bit entry.
 * [XEN "x86/HVM direct boot ABI"] Private to this folder. */
#ifndef COMMON_LOAD_PVH_H
#define COMMON_LOAD_PVH_H

#include "common/load/job.h"

/* Load an ELF kernel by its XEN_ELFNOTE_PHYS32_ENTRY. */
enum status pvh_load(struct job *job, struct load_entry *out,
                     struct error *err) MUST_CHECK;

/* Write the start info (version 1), module list and memory map to LAYOUT_PVH.
 * Command line and RAM disk are in place. */
void pvh_put_info(struct job *job);

#endif
