/* bzimage.h: Linux bzImage by its boot protocol, from version 2.02 on.
 * [LINUX "The Linux/x86 Boot Protocol"] Private to this folder. */
#ifndef COMMON_LOAD_BZIMAGE_H
#define COMMON_LOAD_BZIMAGE_H

#include "common/load/job.h"

/* Whether the image has the setup header's two magic numbers. */
bool bzimage_is(const struct image *img);

/* protocol: LOAD_AUTO (64-bit entry if the kernel has one), LOAD_BZIMAGE32 or
 * LOAD_BZIMAGE64. The setup code of the image does not run. */
enum status bzimage_load(struct job *job, enum load_protocol protocol,
                         struct load_entry *out, struct error *err) MUST_CHECK;

#endif
