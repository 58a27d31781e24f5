/* loader.h: puts a guest into a machine's memory and says in which state the
 * processor starts it.
 *
 * Protocols, each with its own file:
 *   bzimage    Linux bzImage, 64-bit or 32-bit entry [LINUX "The Linux/x86 Boot
 *              Protocol"]
 *   pvh        ELF with a Xen PHYS32_ENTRY note [XEN "x86/HVM direct boot ABI"]
 *   multiboot  Multiboot 1 [MULTIBOOT "OS image format", "Machine state"]
 *   elf        any other ELF kernel for i386 or x86-64 ("plain ELF")
 *   rom        a raw firmware image under the reset vector (load_request.bios)
 *
 * "Plain ELF" is ours: the kernel is entered at e_entry, i386 in 32-bit
 * protected mode, x86-64 in 64-bit mode. So that any kernel finds one that it
 * knows, RSI holds the address of a Linux zero page (vmlinux wants that), RDI
 * that of a PVH start info (a C function's first argument in x86-64), and, in
 * 32-bit mode, EBX a multiboot information structure with its magic in EAX. */
#ifndef COMMON_LOAD_LOADER_H
#define COMMON_LOAD_LOADER_H

#include "common/base/err.h"
#include "common/machine/machine.h"

enum load_protocol {
    LOAD_AUTO,
    LOAD_BZIMAGE32,
    LOAD_BZIMAGE64,
    LOAD_PVH,
    LOAD_MULTIBOOT,
    LOAD_ELF,
    LOAD_ROM, /* result only: asked for by load_request.bios */
};

/* Either kernel (and, if wanted, the next two) or bios; the rest NULL. */
struct load_request {
    const char *kernel, *initrd, *cmdline;
    const char *bios;
    enum load_protocol protocol;
};

enum load_entry_kind {
    /* The state after RESET: CS F000 with base FFFF0000, IP FFF0. No other
     * field of load_entry counts. */
    ENTRY_REAL_RESET,
    /* 32-bit protected mode, paging off: CR0.PE, CR4 and EFER 0. */
    ENTRY_PM32,
    /* 64-bit mode: CR0.PE and PG, CR4.PAE, EFER.LME and LMA; the tables at
     * cr3 map the first 4 GiB to itself, writable. */
    ENTRY_LONG64,
};

/* The processor's state at the guest's first instruction. Registers not named
 * are 0, RFLAGS is 2 (interrupts off); x87, SSE and MSRs as after RESET. The
 * GDT is in guest memory. Both code and data segment are flat: base 0, limit
 * 4 GiB; `ds` goes into DS, ES, SS, FS and GS. TR is loaded with `tr` and is a
 * busy TSS of base 0 and limit 0x67; LDTR and IDTR are empty (limit 0). */
struct load_entry {
    enum load_entry_kind kind;
    enum load_protocol protocol; /* the one that was used */
    uint64_t rip, rax, rbx, rsi, rdi, rbp, rsp;
    uint64_t gdt_base;
    uint16_t gdt_limit;
    uint16_t cs, ds, tr;
    uint64_t cr3; /* ENTRY_LONG64 */
};

/* Load the guest. The machine is new: its RAM is zero and no vcpu has run.
 * Writes the firmware tables too (not with bios: firmware makes its own).
 * ST_GUEST: the message names file, field, value and the rule it breaks;
 * ST_INVAL: the request contradicts itself; ST_NOTSUP: the image asks for what
 * we have not; ST_HOST, ST_NOMEM. After a failure the machine's memory holds
 * parts of the guest: destroy it. */
enum status load_guest(struct machine *m, const struct load_request *rq,
                       struct load_entry *out, struct error *err) MUST_CHECK;

/* "bzimage64" etc.; never NULL. */
const char *load_protocol_name(enum load_protocol p);

/* The protocol of that name ("auto" included, "rom" not); false: none. */
bool load_protocol_parse(const char *name, enum load_protocol *out);

#endif
