/* vmm.h: the VMM of one vcpu: what its files share.
 *
 * A VMM owns the VMCS, the memory behind it (struct vmx_memory), the tables
 * that map the guest's memory, and an instruction emulator. It reaches the
 * processor through VMX operations (hvm/cpu/vmx.h), and through what the host's
 * software holds in its hands anyway: general registers, CR2, DR0-3, DR6,
 * x87/SSE and MSRs, which VM entry and exit leave alone.
 *
 * Words: `in root` is between a VM exit and the next VM entry; handlers run
 * there. "The guest's CR0" is what the guest would read. */
#ifndef HVM_VMM_VMM_H
#define HVM_VMM_VMM_H

#include "common/engine/engine.h"
#include "common/x86/cpu.h"
#include "hvm/cpu/exits.h"
#include "hvm/cpu/vmx.h"
#include "hvm/vmm/vmm_options.h"

struct shadow;

/* Rows of LEDGER_VMX. */
enum vmm_op {
#define VMM_OP(name, title) VMM_OP_##name,
#include "hvm/vmm/vmm_ops.def"
#undef VMM_OP
    VMM_OPS
};

/* What a handler says of the guest. */
enum vmm_next {
    VMM_RESUME,  /* enter it */
    VMM_STOPPED, /* h->stopped says why run() returns */
};

/* Linear addresses that the emulator has translated: forgotten after each
 * instruction. */
#define VMM_EMUL_NOTED 64

struct vmm {
    struct vcpu *v;
    struct x86_cpu *c;
    const struct vmx_caps *caps;
    struct vmm_options o;

    /* The VMM's memory: pages handed out once, from the start. */
    struct vmx_memory mem;
    uint64_t used; /* bytes */
    uint64_t msr_bitmap, tables;
    uint64_t vapic; /* virtual-APIC page, where CR8 is shadowed; or 0 */

    bool launched; /* VMLAUNCH has succeeded */
    bool in_root;
    bool window;    /* interrupt-window exiting is on */
    bool by_shadow; /* shadow tables map the guest now */
    bool amid; /* the emulator was stopped inside a repeated instruction: no
                * interrupt comes before it has ended */
    struct vcpu_exit stopped;

    /* The guest's view of registers that the processor holds otherwise. */
    uint64_t cr3, efer, pdpte[4];
    uint64_t cr_mask[2], cr_shadow[2]; /* of CR0 and CR4, as in the VMCS */
    /* IDT-vectoring information of the last exit; 0 once the event is dealt
     * with. */
    uint32_t vectoring;

    struct shadow *shadow;

    /* What v->state points to while the VMM is attached, and what stood there
     * when run() last returned. */
    struct x86_state shown, was;

    /* The instruction emulator: another processor that runs one instruction
     * of the guest at a time, on the guest's view of its state. */
    struct x86_cpu *e;
    uint64_t noted[VMM_EMUL_NOTED];
    unsigned nr_noted;

    struct vmx_counts counted; /* what of the processor's counts is in the
                                * ledger */
};

static inline struct vmm *vmm_of(const struct vcpu *v)
{
    return v->vmm;
}

static inline uint64_t vmm_read(const struct vmm *h, enum vmcs_field f)
{
    return vmx_read(h->v, f);
}

static inline void vmm_write(struct vmm *h, enum vmcs_field f, uint64_t value)
{
    vmx_write(h->v, f, value);
}

/* ---- life (vmm.c) ---- */
enum status vmm_create(struct vcpu *v, const struct vmm_options *o,
                       struct error *err) MUST_CHECK;
void vmm_destroy(struct vcpu *v);

/* Tables of shadow paging: 32 MiB, as for 16 GiB in pages of 4 KiB. */
#define VMM_SHADOW_PAGES 8192u

/* n whole pages of the VMM's memory, zeroed; there are as many as create has
 * counted. */
uint64_t vmm_pages(struct vmm *h, unsigned n);
void *vmm_host(const struct vmm *h, uint64_t pa);

/* Shadow tables map the guest, or EPT: the controls that go with it. */
void vmm_use_shadow(struct vmm *h, bool on);

/* VMXON, VMCS, controls; in root, before the first entry. */
enum status vmm_start(struct vmm *h, struct error *err) MUST_CHECK;

/* ---- running (vmm_run.c) ---- */
enum status vmm_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                    struct error *err);
void vmm_count(struct vcpu *v); /* VMX operations, to the ledger */
/* run() returns with this kind before the next entry. */
enum vmm_next vmm_stop(struct vmm *h, enum exit_kind kind);

/* ---- guest state (vmm_state.c); in root ---- */

/* The guest's view of all of its state. */
void vmm_state_get(const struct vmm *h, struct x86_state *s);
/* Make it that. */
void vmm_state_set(struct vmm *h, const struct x86_state *s);
/* The same as get, in non-root operation. */
void vmm_state_running(const struct vmm *h, struct x86_state *s);

uint64_t vmm_cr0(const struct vmm *h);
uint64_t vmm_cr4(const struct vmm *h);

/* The instruction that has exited is done: RIP moves past it and it retires. */
void vmm_skip(struct vmm *h);

/* ---- events (vmm_intr.c); in root ---- */

/* Raise an exception in the guest; what the exit interrupted counts. */
enum vmm_next vmm_inject(struct vmm *h, const struct x86_event *ev);
/* Before each entry: the event that the exit interrupted, interrupts. */
void vmm_intr_enter(struct vmm *h);
/* The event whose delivery the exit interrupted. False: none. */
bool vmm_vectoring(const struct vmm *h, struct x86_event *ev);

/* ---- CR8 (vmm_tpr.c) ---- */
/* The guest's TPR to the processor (in root: with the threshold) and back;
 * no-op where CR8 exits. */
void vmm_tpr_load(struct vmm *h);
void vmm_tpr_save(struct vmm *h);

/* ---- the instruction emulator (vmm_emul.c); in root ---- */
enum status vmm_emul_create(struct vmm *h, struct error *err) MUST_CHECK;
void vmm_emul_destroy(struct vmm *h);
/* Carry out what the guest was doing when it exited: deliver the event that
 * was on its way, or execute the instruction at RIP. Faults are raised in the
 * guest. */
enum vmm_next vmm_emulate(struct vmm *h);
/* Whether VM entry would refuse the guest's state, or the way its memory is
 * mapped needs help, so that the guest must be emulated further. */
bool vmm_must_emulate(const struct vmm *h);
/* One step of such a guest, interrupts included. */
enum vmm_next vmm_emulate_step(struct vmm *h);

/* ---- memory ---- */
void vmm_ept_create(struct vmm *h); /* vmm_ept.c */
unsigned vmm_ept_pages(const struct machine *m);
enum status vmm_shadow_create(struct vmm *h, struct error *err) MUST_CHECK;
void vmm_shadow_destroy(struct vmm *h); /* vmm_shadow.c */
/* The guest's control registers are now those of h. */
void vmm_shadow_regs(struct vmm *h, bool cr3_written);
/* Drop the processor's translations for the guest. */
void vmm_flush_tlb(struct vmm *h, bool global_too);

/* ---- handlers, by exit reason ---- */
typedef enum vmm_next vmm_handler(struct vmm *h);
vmm_handler vmm_on_exception, vmm_on_page_fault, vmm_on_extint, vmm_on_window,
    vmm_on_triple_fault, vmm_on_init, vmm_on_sipi, vmm_on_task_switch,
    vmm_on_cpuid, vmm_on_hlt, vmm_on_invlpg, vmm_on_cr, vmm_on_io, vmm_on_rdmsr,
    vmm_on_wrmsr, vmm_on_ept, vmm_on_tpr;

#endif
