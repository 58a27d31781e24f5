/* ski.h: the platform of HP's Ski simulator: memory, the console and disks
 * behind `break 0x80001` (SSC), ELF loading and start state.
 *
 * System mode: an executable whose entry is in region 0 owns the processor,
 * physical addresses are segment addresses. User mode: a static Linux/ia64
 * program; its system calls are served by usermode.c. */
#ifndef VTI_IA64_PLATFORM_SKI_H
#define VTI_IA64_PLATFORM_SKI_H

#include "common/engine/engine.h"

struct ski;
struct ia64_cpu;

/* How the guest opens a file of the host: returns a file descriptor, or -1 with
 * errno. `access` is O_RDONLY, O_WRONLY or O_RDWR. */
typedef int ski_open_fn(void *opaque, const char *path, int access);

enum ski_mode { SKI_AUTO, SKI_SYSTEM, SKI_USER };

struct ski_config {
    const struct engine_ops *engine;
    const struct engine_options *options; /* of the engine; NULL: defaults */
    const char *file;                     /* the ELF image */
    const char *const *args; /* of the program, file included; NULL ends */
    enum ski_mode mode;
    uint64_t mem_bytes;    /* from physical address 0 */
    const char *initramfs; /* path for SSC 77, or NULL */
    enum clock_mode clock;
    uint64_t ips;
    bool alat_miss; /* Ski's default: the ALAT is always empty */
    console_fn *console;
    void *console_opaque;
    marker_fn *marker; /* lines "MARK name"; may be NULL */
    void *marker_opaque;
    ski_open_fn *open; /* NULL: nothing can be opened */
    void *open_opaque;
    /* A line for each system call (user mode); may be NULL. */
    void (*strace)(void *opaque, const char *line);
    void *strace_opaque;
    uint64_t trace_from; /* as in processor_config */
    void (*trace)(void *opaque, struct vcpu *v, uint64_t ip,
                  const uint8_t *bytes, unsigned len);
    void *trace_opaque;
};

/* A machine with the image loaded and a vcpu ready to run it. ST_GUEST names
 * what is wrong with the image; ST_INVAL: a program under a VMM. The
 * configuration is borrowed. */
enum status ski_create(const struct ski_config *config, struct ski **out,
                       struct error *err) MUST_CHECK;
void ski_destroy(struct ski *s); /* NULL is a no-op */

struct vcpu *ski_vcpu(struct ski *s);
struct machine *ski_machine(struct ski *s);
bool ski_user_mode(const struct ski *s);

/* Bytes typed at the console. Returns how many were taken. */
size_t ski_input(struct ski *s, const uint8_t *buf, size_t len);

#endif
