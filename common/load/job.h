/* job.h: one guest being loaded: what the protocols share. Private to this
 * folder and its tests. */
#ifndef COMMON_LOAD_JOB_H
#define COMMON_LOAD_JOB_H

#include "common/load/e820.h"
#include "common/load/image.h"
#include "common/load/layout.h"
#include "common/load/loader.h"

/* The GDT that job_flat32() and job_long64() write: [LINUX "The Linux/x86 Boot
 * Protocol"] wants these two selectors, the others do not care. */
#define JOB_CS 0x10
#define JOB_DS 0x18
#define JOB_TR 0x20

struct job {
    struct gmem *mem;
    struct image kernel;
    struct image initrd; /* data NULL: none */
    uint64_t initrd_pa;  /* where job_put_initrd() put it; 0: none */
    const char *cmdline; /* never NULL */
    struct e820_map e820;
    uint64_t rsdp; /* physical address, 0: none */
};

/* Whether the kernel may lie at [base, base+size): RAM below 4 GiB that
 * layout.h leaves free. `what` names it: "segment 2". */
enum status job_check_range(const struct job *job, const char *what,
                            uint64_t base, uint64_t size,
                            struct error *err) MUST_CHECK;

/* Copy into RAM that was checked before. */
void job_put(struct job *job, uint64_t pa, const void *buf, uint64_t len);

/* Write the command line to LAYOUT_CMDLINE; at most `max` characters. */
enum status job_put_cmdline(struct job *job, uint64_t max,
                            struct error *err) MUST_CHECK;

/* Write the initrd to the highest pages below `limit`, the end of low RAM and
 * 4 GiB, above `floor` (the kernel's end); nothing to do if there is none. */
enum status job_put_initrd(struct job *job, uint64_t floor, uint64_t limit,
                           struct error *err) MUST_CHECK;

/* Fill in mode and segments of *out and write the GDT (and identity tables). */
void job_flat32(struct job *job, struct load_entry *out);
void job_long64(struct job *job, struct load_entry *out);

#endif
