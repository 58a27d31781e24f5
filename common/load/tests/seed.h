/* seed.h: small valid guest images made in code, for tests and fuzzing, and a
 * memory to load them into. */
#ifndef COMMON_LOAD_TESTS_SEED_H
#define COMMON_LOAD_TESTS_SEED_H

#include "common/load/job.h"

#define SEED_ENTRY 0x100000u /* where each of them is entered ... */
#define SEED_LINUX 0x200000u /* ... but bzImages: pref_address */
#define SEED_PVH   0x100020u /* PVH note of SEED_ELF*_PVH */
#define SEED_CODE  0xf4u     /* first byte at the entry: HLT */
#define SEED_BYTES 0x2000u   /* large enough for any */

enum seed_kind {
    SEED_ELF32,
    SEED_ELF64,
    SEED_ELF32_PVH,
    SEED_ELF64_PVH,
    SEED_ELF32_MULTIBOOT,
    SEED_MULTIBOOT_FLAT, /* addresses in the multiboot header, no ELF */
    SEED_BZIMAGE32,
    SEED_BZIMAGE64,
    SEED_COUNT,
};

/* Where some fields are in the seeds' files, for tests that spoil them. */
#define SEED_ELF32_PHDR 52u
#define SEED_ELF64_PHDR 64u
#define SEED_NOTE_AT    0x200u
#define SEED_TEXT_AT    0x1000u
#define SEED_MB_AT      0x400u

/* Write the seed to buf[SEED_BYTES]; returns its size. */
size_t seed_make(enum seed_kind kind, uint8_t *buf);

/* Memory as the board has it: 0 to 640 KiB, 768 KiB to ram_bytes; and a job
 * without kernel and initrd. seed_job_fini() frees all, the images too. */
void seed_job_init(struct job *job, struct gmem *mem, uint64_t ram_bytes);
void seed_job_fini(struct job *job);

/* The job's kernel is a copy of these bytes, called "kernel"; the RAM disk,
 * `size` bytes of 0x5a, called "ramdisk". */
void seed_job_kernel(struct job *job, const uint8_t *buf, size_t size);
void seed_job_initrd(struct job *job, size_t size);

#endif
