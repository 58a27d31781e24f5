/* lapic.h: the local APIC [SDM3 "Advanced Programmable Interrupt Controller
 * (APIC)"], as integrated in Pentium 4 and later (version 0x14, six LVT
 * entries), xAPIC mode.
 *
 * The registers answer at 0xFEE00000 and nowhere else: IA32_APIC_BASE does not
 * relocate them and x2APIC mode is not offered; both are refused with #GP.
 * Registers are written by aligned 32-bit stores; other stores have no effect
 * (the manual leaves them undefined). Reads of 1, 2 or 8 bytes give that part
 * of the register. Each processor sees its own APIC at the one address:
 * machine.lapic says whose turn it is.
 *
 * The timer's clock runs at 1 GHz, that is one count a nanosecond of guest time
 * before the divider; the TSC runs at the same rate.
 *
 * Not modelled: SMI (accepted, without effect), performance counters and
 * thermal sensors (their LVT entries can be programmed and never fire), the
 * focus processor, IPI combinations that the manual calls invalid (dropped). */
#ifndef COMMON_DEV_LAPIC_H
#define COMMON_DEV_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/machine/machine.h"

#define LAPIC_BASE     0xfee00000u /* where the registers are */
#define LAPIC_VERSION  0x14u
#define LAPIC_TIMER_HZ 1000000000u /* before the divider */

/* IA32_APIC_BASE [SDM3 "Local APIC Status and Location"]. */
#define LAPIC_BASE_BSP  0x100u
#define LAPIC_BASE_EXTD 0x400u
#define LAPIC_BASE_EN   0x800u

struct lapic;

/* The next processor's local APIC; its APIC ID is the count of those before
 * it, number 0 is the bootstrap processor's. Drives m->cpu. Owned by the
 * machine's list of devices. ST_LIMIT past MACHINE_MAX_APICS. */
enum status lapic_create(struct machine *m, struct lapic **out,
                         struct error *err) MUST_CHECK;

/* The `opaque` that m->cpu's functions get from this one; without it that is
 * m->cpu_opaque. */
void lapic_set_cpu(struct lapic *l, void *opaque);

/* What firmware leaves behind for an operating system, on the bootstrap
 * processor: APIC enabled, LINT0 to the 8259 (ExtINT), LINT1 NMI [MP "Virtual
 * Wire Mode"]. For loaders that start a kernel without firmware; power-on
 * state has both pins masked. */
void lapic_virtual_wire(struct lapic *l);

/* Level of the pin LINT0 (the 8259's INTR) or LINT1 (NMI). With the APIC
 * globally disabled they are the processor's INTR and NMI. */
void lapic_lint(struct lapic *l, unsigned lint, bool level);

/* Interrupt acknowledge. The highest pending vector moves from IRR to ISR;
 * nothing above the processor's priority any more: the spurious vector; ExtINT:
 * whatever the 8259 answers. */
uint8_t lapic_ack(struct lapic *l);

/* IA32_APIC_BASE. set returns false where WRMSR must raise #GP: reserved bits,
 * x2APIC, another address. Clearing EN brings the registers to reset state.
 * The processor shows CPUID.1:EDX.APIC as bit EN says. */
uint64_t lapic_get_base(const struct lapic *l);
bool lapic_set_base(struct lapic *l, uint64_t v);

/* CR8 [SDM3 "Task Priority in IA-32e Mode"]: 0..15; higher bits are ignored. */
uint8_t lapic_get_tpr(const struct lapic *l);
void lapic_set_tpr(struct lapic *l, uint8_t cr8);

/* For translated code that writes CR8 by itself: while all bytes at `requests`
 * are 0, lapic_set_tpr() only stores cr8 << 4 at `tpr`. */
#define LAPIC_REQUESTS 32u /* bytes */
struct lapic_tpr {
    const uint32_t *requests;
    uint8_t *tpr;
};
struct lapic_tpr lapic_tpr_place(struct lapic *l);

/* Is an interrupt requested, whatever its priority? */
bool lapic_requested(const struct lapic *l);

/* IA32_TSC_DEADLINE in guest TSC ticks [SDM3 "TSC-Deadline Mode"]. Reads 0
 * unless armed; a write outside of TSC-deadline mode is ignored. */
uint64_t lapic_get_deadline(const struct lapic *l);
void lapic_set_deadline(struct lapic *l, uint64_t tsc);

/* The guest TSC is clock_tsc() + offset: told by the processor whenever it
 * changes, so that deadlines are met in guest ticks. 0 after power-on. */
void lapic_set_tsc_offset(struct lapic *l, uint64_t offset);

/* What RDMSR/WRMSR and the bus do not see, for reports: the bit of `vector`. */
bool lapic_irr(const struct lapic *l, uint8_t vector);
bool lapic_isr(const struct lapic *l, uint8_t vector);

#endif
