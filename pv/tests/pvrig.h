/* pvrig.h: a small PV domain for tests of hypercalls: a real one, built from an
 * ELF file of one page, whose vcpu never runs. */
#ifndef PV_TESTS_PVRIG_H
#define PV_TESTS_PVRIG_H

#include "common/x86/cpu.h"
#include "pv/domain.h"

#define PVRIG_RAM   (32u << 20)
#define PVRIG_PAGES 64u /* scratch pages */

/* Scratch pages of a guest that runs: its code, trap handlers, stack. */
#define PVRIG_CODE  20u
#define PVRIG_TRAPS 21u
#define PVRIG_STACK 22u

struct pvrig {
    struct machine *m;
    struct vcpu *v;
    struct pv_domain *d;
    uint64_t scratch; /* linear address of the scratch pages */
    uint64_t tables;  /* of the page tables: mapped read-only */
    char out[4096];   /* what came to the console */
    size_t out_len;
};

/* disk: a path, or NULL; network: as machine_config has it. */
struct pvrig *pvrig_new(bool is32, const char *disk);
struct pvrig *pvrig_new_net(bool is32, const char *disk, const char *network);
void pvrig_free(struct pvrig *r);
/* The same; and whatever the guest did, it has not crashed and the counts of
 * all frames hold. */
void pvrig_done(struct pvrig *r);

/* The kernel as a file, and how many bytes of notes are at PVRIG_NOTES in it;
 * the headers for another number; a note more at p, and its bytes. */
#define PVRIG_KERNEL 0x2000u
#define PVRIG_NOTES  0x200u
size_t pvrig_kernel(uint8_t file[PVRIG_KERNEL], bool is32);
void pvrig_headers(uint8_t file[PVRIG_KERNEL], bool is32, size_t note_bytes);
size_t pvrig_note(uint8_t *p, uint32_t type, const void *desc, uint32_t n);

/* A file without a name: its path, good for this process, goes to `path`. */
const char *pvrig_file(const void *data, size_t n, char path[32]);

/* Scratch page n, and the machine frame that a linear address maps. */
uint64_t pvrig_page(const struct pvrig *r, unsigned n);
uint64_t pvrig_mfn(struct pvrig *r, uint64_t va);

/* The entry that maps va becomes e (0: not present), by update_va_mapping;
 * translations are kept. */
int64_t pvrig_map(struct pvrig *r, uint64_t va, uint64_t e, uint64_t flags);
void pvrig_unmap(struct pvrig *r, uint64_t va);

/* A page-table entry. */
static inline uint64_t pvrig_pte(uint64_t mfn, uint64_t flags)
{
    return mfn << PAGE_SHIFT | flags;
}

/* Guest memory; these must succeed. */
void pvrig_put(struct pvrig *r, uint64_t va, const void *p, size_t n);
void pvrig_get(struct pvrig *r, uint64_t va, void *p, size_t n);
uint32_t pvrig_get32(struct pvrig *r, uint64_t va);

int64_t pvrig_call(struct pvrig *r, unsigned nr, uint64_t a, uint64_t b,
                   uint64_t c);

/* As pvrig_call with an operation and a structure, which goes to the start of
 * scratch page 0 and comes back from there. */
int64_t pvrig_op(struct pvrig *r, unsigned nr, uint64_t op, void *arg,
                 size_t n);

/* An address whose n bytes no hypercall may read; i < PVRIG_BAD. Those from
 * PVRIG_BAD on may be read, but not written; i < PVRIG_BAD_OUT. */
#define PVRIG_BAD     4u
#define PVRIG_BAD_OUT 5u
uint64_t pvrig_bad(const struct pvrig *r, unsigned i);

/* ---- a guest that runs ----
 * Handlers of traps 0 to 31, each a loop, and a stack. */
void pvrig_arm(struct pvrig *r);
/* Execute n bytes of code until `insns` instructions have retired or the guest
 * has crashed. */
void pvrig_run(struct pvrig *r, const void *code, size_t n, unsigned insns);
/* The trap whose handler the guest is in; -1: none. */
int pvrig_trap(const struct pvrig *r);
/* 64-bit: on to user mode, with the kernel's tables. */
void pvrig_to_user(struct pvrig *r);

/* The virtual clock goes on by n ns; timers fire. */
void pvrig_advance(struct pvrig *r, uint64_t ns);

/* The guest sends an event to its port. */
void pvrig_send(struct pvrig *r, uint32_t port);

/* Whether a port's pending bit is set; clear it and the upcall's flags. */
bool pvrig_pending(struct pvrig *r, uint32_t port);
void pvrig_clear(struct pvrig *r, uint32_t port);

/* Save the whole machine into *s, which the caller gives to snap_fini(); back
 * to what *s has. */
void pvrig_save(struct pvrig *r, struct snap *s);
void pvrig_load(struct pvrig *r, const struct snap *s);

/* A fingerprint of what the guest can see and of the domain's state. */
uint64_t pvrig_hash(struct pvrig *r);

#endif
