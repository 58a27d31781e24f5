/* multiboot.h: Multiboot 1 kernels, ELF or with addresses in their header.
 * [MULTIBOOT "OS image format", "Machine state", "Boot information format"]
 * Private to this folder. */
#ifndef COMMON_LOAD_MULTIBOOT_H
#define COMMON_LOAD_MULTIBOOT_H

#include "common/load/job.h"

#define MULTIBOOT_BOOT_MAGIC 0x2badb002u /* in EAX at entry */

/* Whether the first 8 KiB hold a header. */
bool multiboot_is(const struct image *img);

enum status multiboot_load(struct job *job, struct load_entry *out,
                           struct error *err) MUST_CHECK;

/* Write the information structure, with its map and module list, to
 * LAYOUT_MULTIBOOT. Command line and RAM disk are in place. */
void multiboot_put_info(struct job *job);

#endif
