/* vcpu.h: the guest's vcpu on the processor: its two modes, how it is entered,
 * what an instruction that the VMM carried out leaves behind. */
#ifndef PV_VCPU_H
#define PV_VCPU_H

#include "pv/domain.h"

/* Selectors in the VMM's part of the GDT [XEN arch-x86/xen-x86_{32,64}.h]. */
#define PV_SEL64_KERNEL_CS 0xe033u
#define PV_SEL64_KERNEL_SS 0xe02bu
#define PV_SEL64_CS32      0xe023u
#define PV_SEL32_RING1_CS  0xe019u
#define PV_SEL32_RING1_DS  0xe021u
#define PV_SEL32_RING3_CS  0xe02bu
#define PV_SEL32_RING3_DS  0xe033u

/* Where the GDT and the LDT are mapped: PERCPU_VA, 16 pages each. */
#define PV_PERCPU_VA64 0xffff820000000000ull
#define PV_PERCPU_VA32 0xf6800000ull
#define PV_GDT_PAGES   16u
#define PV_GDT_GUEST   14u /* pages of the guest's own */
#define PV_LDT_PAGES   16u

uint64_t pv_percpu_va(const struct pv_domain *d);

/* The instruction at RIP was carried out: it is `len` bytes long. Counts it. */
void pv_retire(struct pv_domain *d, unsigned len);

/* The same of an instruction that the guest takes for the processor's own: with
 * RFLAGS.TF its trap follows. */
void pv_retire_emulated(struct pv_domain *d, unsigned len);

/* 64-bit guests: the other of kernel and user mode: tables, GS base. */
void pv_toggle_mode(struct pv_domain *d);

/* Load CR3 with the tables of the mode that the guest is in. */
void pv_load_cr3(struct pv_domain *d);

/* True while the guest runs its kernel. */
bool pv_in_kernel(const struct pv_domain *d);

/* The segment that a selector names, with privilege at least the guest's;
 * false: there is none or it does not fit (then the processor would fault). For
 * CS (code) or SS. */
bool pv_seg_lookup(struct pv_domain *d, uint16_t sel, bool code,
                   struct x86_seg *out);

/* Transfer to cs:ip with stack ss:sp; flags are whole. Segments are as given.
 */
void pv_enter(struct pv_domain *d, const struct x86_seg *cs, uint64_t ip,
              const struct x86_seg *ss, uint64_t sp, uint64_t flags);

/* The VMM's flat segments: the guest kernel's code and stack. */
struct x86_seg pv_kernel_cs(const struct pv_domain *d);
struct x86_seg pv_kernel_ss(const struct pv_domain *d);

#endif
