/* ski_priv.h: what the files of the platform share. */
#ifndef VTI_IA64_PLATFORM_SKI_PRIV_H
#define VTI_IA64_PLATFORM_SKI_PRIV_H

#include <elf.h>

#include "vti-ia64/cpu/cpu.h"
#include "vti-ia64/platform/ski.h"

#define SKI_FILES       16
#define SKI_PATH        256
#define SKI_COMPLETIONS 64
#define SKI_CONNECTIONS 16
#define SKI_INPUT       4096

struct ski_file {
    int fd;      /* of the host; -1: free */
    uint8_t how; /* as SSC_OPEN asked: 1 read, 2 write, 3 both */
    char path[SKI_PATH];
};

struct ski_completion {
    uint32_t file, bytes;
    uint64_t due; /* retired instructions */
};

struct ski {
    struct machine m;
    struct ia64_cpu *c;
    struct ski_config config;
    bool user;
    uint64_t result;                 /* of the last SSC that has one */
    struct ski_file file[SKI_FILES]; /* by the guest's number */
    struct ski_completion done[SKI_COMPLETIONS]; /* the oldest first */
    unsigned nr_done;
    struct ski_connection {
        uint64_t type;
        uint8_t vector;
    } connection[SKI_CONNECTIONS];
    unsigned nr_connections;
    uint8_t input[SKI_INPUT];
    size_t input_len;
    struct ski_usermode *um;
};

/* SSC number `nr` (ssc.c); arguments are r32-r35, the result r8. */
void ski_ssc(struct ski *s, uint64_t nr);
/* The interrupt of that type, where the guest connected it. */
void ski_interrupt(struct ski *s, uint64_t type);
#define SKI_IRPT_KEYBOARD 3

/* ---- files of the host (files.c). Addresses are physical; a file is the
 * guest's number of it; -1: it failed, or there is none ---- */
void ski_files_init(struct ski *s);
void ski_files_fini(struct ski *s);
int64_t ski_file_open(struct ski *s, uint64_t path_pa, uint64_t how);
int64_t ski_file_close(struct ski *s, uint64_t file);
/* A list of requests: `nr` of them at `at`, from `offset` in the file on. */
struct ski_requests {
    uint64_t file, nr, at, offset;
};
int64_t ski_file_requests(struct ski *s, const struct ski_requests *r,
                          bool write_it);
/* Put a completion to `pa`: the oldest one that is due; one of the file that is
 * named there. */
int64_t ski_file_completed(struct ski *s, uint64_t pa);
int64_t ski_file_wait(struct ski *s, uint64_t pa);
/* Whether the guest may read a file of that name and it begins as ELF does. */
bool ski_file_is_elf(struct ski *s, uint64_t path_pa);
/* `len` bytes between an open file of the host and memory. Bytes moved, or
 * -1. */
int64_t ski_transfer(struct ski *s, int fd, uint64_t pa, uint64_t len,
                     bool write_it);
void ski_files_snapshot(struct ski *s, struct snap *sn);

/* All of the platform that a guest can see, but for memory (ski_snap.c): a
 * device of the machine. */
extern const struct device_ops ski_device_ops;

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
