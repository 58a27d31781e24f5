/* vmx.h: VMX operation of a vcpu: the instructions of VMX root operation as
 * functions, and how a VM exit comes about. [SDM3 "Introduction to Virtual
 * Machine Extensions", "VMX Instruction Reference" (SDM3 C), "VM Entries",
 * "VM Exits"]
 *
 * The host that VMX root operation runs is a VMM in C: no host instruction
 * executes on the model. The VMM
 *   1. attaches VMX to a vcpu, executes VMXON, VMCLEAR, VMPTRLD, VMWRITE...
 *   2. executes VMLAUNCH: on success the vcpu is in VMX non-root operation and
 *      processor->run() executes the guest;
 *   3. when run() answers EXIT_SENSITIVE in non-root operation, calls
 * vmx_exit(): the VM exit happens. Guest state is in the VMCS, host state in
 * the vcpu, the reason in VM_EXIT_REASON;
 *   4. reads the VMCS, acts, executes VMRESUME.
 * Between two runs the vcpu is in non-root operation, so that what looks at it
 * (dump, hash) sees the guest's registers. General registers, CR2, DR0-3, DR6,
 * x87/SSE state and most MSRs are not in the VMCS: they are the guest's all the
 * time, and the VMM, as the code at the host's RIP would, finds and changes
 * them in struct x86_state.
 *
 * Physical memory is the machine's (guest RAM at its own addresses) and the
 * VMM's own (struct vmx_memory): VMXON and VMCS regions, bitmaps, MSR areas,
 * virtual-APIC page, page tables and EPT tables may lie in either; a page that
 * a guest is to use lies in the machine's. No device reaches the VMM's memory.
 */
#ifndef HVM_CPU_VMX_H
#define HVM_CPU_VMX_H

#include "common/engine/vcpu.h"
#include "hvm/cpu/entry_checks.h"

/* The VMM's memory: physical addresses [base, base + size) are host[0..size).
 * Page aligned, outside of the machine's memory; the VMM owns it and keeps it
 * until vmx_detach(). Structures for processors with IA32_VMX_BASIC bit 48 lie
 * below 4 GiB; 3 GiB to 4 GiB less the devices is free on our machine. */
struct vmx_memory {
    uint64_t base, size;
    uint8_t *host;
};

/* Give v, an x86 vcpu between two runs, the VMX of `caps` (copied). It is
 * outside VMX operation. The VMM counts as code that runs in IA-32e mode, where
 * `caps` have Intel 64. ST_INVAL: memory not aligned, overlapping the
 * machine's, or beyond the physical-address width; ST_BUG: already attached.
 */
enum status vmx_attach(struct vcpu *v, const struct vmx_caps *caps,
                       const struct vmx_memory *memory,
                       struct error *err) MUST_CHECK;

/* Take it away again; the vcpu keeps its registers and is a bare processor.
 * No-op if there is none. Must come before the vcpu is destroyed. */
void vmx_detach(struct vcpu *v);

/* ---- instructions of VMX root operation ----
 * VMX_OK is VMsucceed; VMX_FAIL_INVALID is VMfailInvalid (there is no current
 * VMCS to hold a number); any other value is VMfailValid with that number,
 * which is also in VM_INSTRUCTION_ERROR. In non-root operation, before VMXON
 * (VMXON: after it), where an instruction would raise #UD, they answer
 * VMX_FAIL_UD and do nothing. */
enum vmx_error vmx_vmxon(struct vcpu *v, uint64_t region) MUST_CHECK;
enum vmx_error vmx_vmxoff(struct vcpu *v) MUST_CHECK;
enum vmx_error vmx_vmclear(struct vcpu *v, uint64_t region) MUST_CHECK;
enum vmx_error vmx_vmptrld(struct vcpu *v, uint64_t region) MUST_CHECK;
uint64_t vmx_vmptrst(const struct vcpu *v); /* ~0: no current VMCS */
enum vmx_error vmx_vmread(struct vcpu *v, uint32_t encoding,
                          uint64_t *value) MUST_CHECK;
enum vmx_error vmx_vmwrite(struct vcpu *v, uint32_t encoding,
                           uint64_t value) MUST_CHECK;

/* The same by field, without the search for the encoding. A field that the
 * processor has not reads as 0 and is not written (VMREAD and VMWRITE would
 * fail): ask vmx_caps_has(caps, vmcs_info(f)->exists). */
uint64_t vmx_read(const struct vcpu *v, enum vmcs_field f);
void vmx_write(struct vcpu *v, enum vmcs_field f, uint64_t value);

/* VMLAUNCH and VMRESUME. VMX_OK: no VMfail; then either vmx_nonroot(v) is true
 * and the guest is what runs next (an event to inject is delivered by the
 * next run()), or the entry failed after its checks on controls and host
 * state and has ended in a VM exit at once: VM_EXIT_REASON has bit 31 set, host
 * state is loaded. vmx_entry_failure() says which check it was. */
enum vmx_error vmx_vmlaunch(struct vcpu *v) MUST_CHECK;
enum vmx_error vmx_vmresume(struct vcpu *v) MUST_CHECK;

/* Types of INVEPT and INVVPID */
enum { INVEPT_SINGLE = 1, INVEPT_ALL = 2 };
enum { INVVPID_ADDRESS, INVVPID_SINGLE, INVVPID_ALL, INVVPID_KEEP_GLOBAL };
enum vmx_error vmx_invept(struct vcpu *v, unsigned type,
                          uint64_t eptp) MUST_CHECK;
enum vmx_error vmx_invvpid(struct vcpu *v, unsigned type, uint16_t vpid,
                           uint64_t lin) MUST_CHECK;

/* ---- VM exits ---- */

/* v's run() answered EXIT_SENSITIVE in non-root operation: carry out the VM
 * exit. Afterwards the VMM reads the VMCS. ST_BUG: v is not in non-root
 * operation, or the exit is none of VMX's (a bug of the caller). A VMX abort
 * (an MSR area that cannot be loaded, for instance) stops the machine: it is
 * ST_INVAL, naming the abort indicator, which is in the VMCS region. */
enum status vmx_exit(struct vcpu *v, const struct vcpu_exit *exit,
                     struct error *err) MUST_CHECK;

/* ---- the processor's own state, for the VMM's reports ---- */
bool vmx_nonroot(const struct vcpu *v);

/* The check that the last VMLAUNCH or VMRESUME failed, or NULL: it failed none,
 * or not a check on fields. */
const struct entry_failure *vmx_entry_failure(const struct vcpu *v);

/* VMREADs, VMWRITEs (either form), entries and exits so far. */
struct vmx_counts {
    uint64_t vmread, vmwrite, entry, entry_failed, exit, injected;
};
const struct vmx_counts *vmx_counts(const struct vcpu *v);

/* ---- pins ----
 * The machine's interrupt controllers drive INTR and NMI of the model. A VMM
 * that lends them to its guest acts for the guest's processor: with external-
 * interrupt exiting, INTR up causes a VM exit at the next boundary (whatever IF
 * says; not while STI or MOV SS blocks). If the guest can take the interrupt
 * at that boundary, the VMM acknowledges it (machine_intr_ack()) and injects
 * the vector. If not, it must not exit for ever: it holds INTR and asks for an
 * interrupt window; at the window it looks at vmx_intr() again, acknowledges,
 * injects, and lets INTR through. Done so, a guest takes each interrupt at the
 * instruction at which it would take it on the bare machine. */

/* Level of INTR, held or not. */
bool vmx_intr(const struct vcpu *v);
/* Hold INTR: in non-root operation it is not seen, whatever the controls. */
void vmx_hold_intr(struct vcpu *v, bool hold);

/* One instruction of the guest has retired in the VMM (emulated): counts in
 * v->icount and in virtual time, as one that the processor executes. Advancing
 * RIP, blocking by STI or MOV SS, single-step traps are the VMM's, by VMWRITE.
 * In root operation. */
void vmx_retired(struct vcpu *v);

#endif
