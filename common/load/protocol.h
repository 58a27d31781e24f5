/* protocol.h: from an image in host memory to a guest in guest memory, by one
 * of the boot protocols. Private to this folder and its tests. */
#ifndef COMMON_LOAD_PROTOCOL_H
#define COMMON_LOAD_PROTOCOL_H

#include "common/load/job.h"

/* Load job->kernel by `protocol` (LOAD_AUTO: what the image says it is). Only
 * gmem is needed: the firmware tables are the caller's. */
enum status protocol_load(struct job *job, enum load_protocol protocol,
                          struct load_entry *out, struct error *err) MUST_CHECK;

#endif
