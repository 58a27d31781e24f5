/* vmguest.h: a vcpu in VMX operation with a tiny guest, without a VMM: tests
 * set fields, enter, and look at the exit. */
#ifndef HVM_CPU_TESTS_VMGUEST_H
#define HVM_CPU_TESTS_VMGUEST_H

#include "common/machine/machine.h"
#include "common/x86/cpu.h"
#include "hvm/cpu/exits.h"
#include "hvm/cpu/vmx.h"

/* Guest memory: 2 MiB from 0. */
#define VG_RAM   0x200000u
#define VG_STACK 0x7000u
#define VG_CODE  0x8000u
/* The handler of vector v is HLT at VG_HANDLER(v): it exits there. */
#define VG_HANDLER(v) (0x9000u + 16u * (v))
#define VG_IDT        0x1e0000u
#define VG_GDT        0x1e1000u
#define VG_TSS        0x1e2000u
#define VG_TABLES     0x1f0000u /* page tables: linear is guest-physical */

/* Selectors */
#define VG_CS  0x08u
#define VG_DS  0x10u
#define VG_UCS 0x1bu /* level 3 */
#define VG_UDS 0x23u
#define VG_TR  0x28u

/* The VMM's memory */
#define VG_ARENA      0xc0000000u
#define VG_VMXON      (VG_ARENA + 0x0000u)
#define VG_VMCS       (VG_ARENA + 0x1000u)
#define VG_IO_A       (VG_ARENA + 0x2000u)
#define VG_IO_B       (VG_ARENA + 0x3000u)
#define VG_MSRS       (VG_ARENA + 0x4000u)
#define VG_VAPIC      (VG_ARENA + 0x5000u)
#define VG_AREA       (VG_ARENA + 0x6000u) /* MSR areas */
#define VG_EPT        (VG_ARENA + 0x8000u) /* PML4, PDPT, PD, PT of 2 MiB */
#define VG_VMCS2      (VG_ARENA + 0xc000u)
#define VG_ARENA_SIZE 0x10000u

enum vg_mode {
    VG_REAL, /* unrestricted guest */
    VG_V86,
    VG_32,
    VG_PAE,
    VG_64,
    VG_MODES
};

struct vmguest {
    struct machine *m;
    struct x86_cpu *c;
    struct vcpu *v;
    const struct vmx_caps *caps;
    enum vg_mode mode;
    uint8_t *arena;
    struct vcpu_exit exit; /* the last one */
    bool launched;
};

/* A guest of that mode on the preset, ready to enter: EPT where there is, HLT
 * exiting, everything else as little as the processor allows. */
void vg_init(struct vmguest *g, const char *preset, enum vg_mode mode);
void vg_fini(struct vmguest *g);

/* At VG_CODE, where the guest's RIP is: the bytes, then HLT. */
void vg_code(struct vmguest *g, const void *bytes, size_t n);
/* A 64-bit guest of all capabilities with this code. */
void vg_start(struct vmguest *g, const void *bytes, size_t n);
#define VG_START(g, text) vg_start((g), (text), sizeof(text) - 1)
/* The pin that the board raises. */
void vg_intr(struct vmguest *g, bool level);
void vg_put(struct vmguest *g, uint64_t pa, uint64_t v, unsigned n);
uint64_t vg_peek(struct vmguest *g, uint64_t pa, unsigned n);

void vg_set(struct vmguest *g, enum vmcs_field f, uint64_t v);
uint64_t vg_get(struct vmguest *g, enum vmcs_field f);
#define VG_SET(g, field, v) vg_set((g), VMCS_##field, (v))
#define VG_GET(g, field)    vg_get((g), VMCS_##field)

/* Set or clear a control, with what it needs (secondary controls, addresses).
 */
void vg_ctl(struct vmguest *g, enum vmx_ctl ctl, bool on);

/* VMLAUNCH or VMRESUME; the test fails if it does. */
void vg_enter(struct vmguest *g);

/* Run until a VM exit, which is carried out: the basic reason. Anything else
 * that ends a run is EXIT_REASON_LIMIT + its exit kind (100000 instructions:
 * EXIT_BUDGET). */
unsigned vg_run(struct vmguest *g);

/* vg_enter() and vg_run(). */
unsigned vg_go(struct vmguest *g);

#endif
