/* ski_priv.h: what the files of the platform share. */
#ifndef VTI_IA64_PLATFORM_SKI_PRIV_H
#define VTI_IA64_PLATFORM_SKI_PRIV_H

#include <elf.h>

#include "vti-ia64/cpu/cpu.h"
#include "vti-ia64/platform/ski.h"

#define SKI_FILES       16
#define SKI_COMPLETIONS 64
#define SKI_CONNECTIONS 16
#define SKI_INPUT       4096

struct ski_completion {
    uint32_t fd, count;
};

struct ski {
    struct machine m;
    struct ia64_cpu *c;
    struct ski_config config;
    bool user;
    int file[SKI_FILES]; /* host descriptors by the guest's number; -1 free */
    struct ski_completion done[SKI_COMPLETIONS];
    unsigned nr_done;
    struct {
        uint64_t type;
        unsigned vector;
    } connection[SKI_CONNECTIONS];
    unsigned nr_connections;
    uint8_t input[SKI_INPUT];
    size_t input_len;
    struct ski_usermode *um;
};

/* SSC number `nr` (ssc.c); arguments are r32-r35, the result r8. */
void ski_ssc(struct ski *s, uint64_t nr);

/* Load the image (load.c): memory, then the registers' start values. */
enum status ski_load(struct ski *s, struct error *err) MUST_CHECK;

/* ---- user mode: memory and start (usermode.c) ----
 * Virtual pages of 4 KiB that are backed by pages of RAM in the order of their
 * first use. */
struct ski_usermode {
    uint64_t *va; /* open addressing: page | 1, or 0 */
    uint64_t *pa;
    uint64_t slots;     /* power of two */
    uint64_t next, end; /* RAM not yet handed out */
    uint64_t brk0, brk; /* start and end of the heap */
    uint64_t mmap_next;
    uint64_t phdr; /* of the program headers in memory, or 0 */
};

enum status ski_um_create(struct ski *s, struct error *err) MUST_CHECK;
void ski_um_destroy(struct ski *s);
/* Stack, arguments and registers as Linux starts a program. */
enum status ski_um_start(struct ski *s, const Elf64_Ehdr *eh,
                         struct error *err) MUST_CHECK;
/* Have [va, va+len) backed; false: out of memory. */
bool ski_um_back(struct ski *s, uint64_t va, uint64_t len);
/* Copies; false if a page is not there. */
bool ski_um_write(struct ski *s, uint64_t va, const void *buf, uint64_t len);
bool ski_um_read(struct ski *s, uint64_t va, void *buf, uint64_t len);

/* What `break 0x100000` asks (usercalls.c). */
void ski_um_syscall(struct ski *s);

#endif
