/* zeropage.h: Linux's zero page (struct boot_params): how a loader tells a
 * kernel of its memory, command line and RAM disk. [LINUX "The Linux/x86 Boot
 * Protocol", "Zero Page"] Private to this folder. */
#ifndef COMMON_LOAD_ZEROPAGE_H
#define COMMON_LOAD_ZEROPAGE_H

#include <asm/bootparam.h>

#include "common/load/job.h"

struct zeropage_limits {
    uint64_t kernel_end;   /* first byte the RAM disk may take */
    uint64_t initrd_end;   /* end of the last it may take */
    uint64_t cmdline_size; /* characters, without the final zero */
    bool has_rsdp;         /* the protocol's version knows acpi_rsdp_addr */
};

/* Write command line, RAM disk and then *bp, whose setup header the caller has
 * filled in, to LAYOUT_ZEROPAGE; adds all that is the machine's. */
enum status zeropage_put(struct job *job, struct boot_params *bp,
                         const struct zeropage_limits *limits,
                         struct error *err) MUST_CHECK;

/* As zeropage_put, for a kernel that came without a setup header. */
enum status zeropage_put_plain(struct job *job, uint64_t kernel_end,
                               struct error *err) MUST_CHECK;

#endif
