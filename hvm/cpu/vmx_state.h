/* vmx_state.h: VMX inside the processor: what the files of hvm/cpu/ share. */
#ifndef HVM_CPU_VMX_STATE_H
#define HVM_CPU_VMX_STATE_H

#include "common/mmu/mmu.h"
#include "common/x86/cpu.h"
#include "common/x86/walk.h"
#include "hvm/cpu/entry_cache.h"
#include "hvm/cpu/entry_internal.h"
#include "hvm/cpu/vmx.h"

#define NO_VMCS (~0ull)

/* What an exit knows beside its reason and qualification, until the VM exit
 * writes it to the VMCS. */
struct vmx_pending {
    uint64_t gpa, gla;
    bool nested; /* raised while another event was being delivered */
};

/* Direct-mapped cache of guest-physical translations (ept.c). */
#define EPT_CACHE 1024u
struct ept_entry {
    uint64_t gpa; /* page, or 1: empty */
    uint64_t hpa; /* page */
    uint8_t rights;
};

struct vmx {
    struct x86_cpu *c;
    struct vmx_caps caps;
    struct vmx_memory mem;

    bool on, nonroot;
    bool host_ia32e; /* EFER.LMA in root operation */
    uint64_t vmxon_region;

    /* The current VMCS, which the processor keeps on chip; its memory is
     * written by VMCLEAR and when another one becomes current. */
    uint64_t current;
    bool launched;
    struct vmcs vmcs;
    struct entry_cache checked;
    bool controls_changed; /* since the last entry */

    /* In effect in non-root operation */
    uint32_t ctl[VMX_WORDS];
    const uint8_t *io[2], *msr_bitmap;
    uint8_t *vapic;
    uint64_t apic_page; /* or ~0 */

    /* An event to deliver first; and other things between entry and exit. */
    bool inject;
    struct x86_event injected;
    bool mtf_pending;         /* injected */
    uint64_t entry_icount;    /* for the monitor trap flag */
    uint32_t entry_delivered; /* same */
    bool tpr_below;
    struct clock_timer timer; /* VMX-preemption timer */
    uint64_t timer_end;       /* guest TSC */
    bool timer_expired;
    uint64_t pause_first, pause_last;
    struct vmx_pending pending;

    /* What the software TLB holds translations of. */
    uint64_t tlb_tag, tlb_eptp, tlb_cr0, tlb_cr4, tlb_efer;
    bool tlb_ac;
    struct ept_entry ept[EPT_CACHE];
    uint64_t ept_tag;  /* EPTP of ept[] */
    uint64_t walk_gla; /* of the walk under way */

    struct entry_failure failure;
    bool failed;
    struct vmx_counts counts;
};

static inline struct vmx *vmx_of(const struct x86_cpu *c)
{
    return c->mmu_opaque;
}

static inline bool vmx_ctl(const struct vmx *x, enum vmx_ctl ctl)
{
    return x->ctl[ctl / 32] >> (ctl % 32) & 1;
}

static inline uint64_t vm_get(const struct vmx *x, enum vmcs_field f)
{
    return x->vmcs.value[f];
}

/* By the processor: anything, also read-only fields. */
static inline void vm_set(struct vmx *x, enum vmcs_field f, uint64_t v)
{
    if (x->vmcs.value[f] != v) {
        entry_cache_wrote(&x->checked, f, x->vmcs.value[f], v);
        x->vmcs.value[f] = v;
    }
}

/* Fields that no check reads. */
static inline void vm_note(struct vmx *x, enum vmcs_field f, uint64_t v)
{
    x->vmcs.value[f] = v;
}

/* ---- physical memory (vmx.c) ---- */
/* Host address of [pa, pa + n), or NULL. */
void *vmx_host(struct vmx *x, uint64_t pa, uint64_t n);
/* What is no memory reads as ones, and ignores writes (false). */
bool vmx_phys_read(struct vmx *x, uint64_t pa, void *buf, unsigned n);
bool vmx_phys_write(struct vmx *x, uint64_t pa, const void *buf, unsigned n);

/* ---- entry.c, exit.c, exit_state.c, exit_insn.c ---- */
void vmx_load_host(struct vmx *x);
void vmx_save_guest(struct vmx *x, const struct vcpu_exit *exit,
                    unsigned reason);
/* Qualification, instruction information, linear address of an exit that an
 * instruction causes; the guest's state is still loaded. */
void vmx_exit_insn(struct vmx *x, const struct vcpu_exit *exit,
                   unsigned reason);
/* A VMX instruction, MONITOR or MWAIT as an exit reason; 0: it is none. */
unsigned vmx_insn_reason(const struct x86_insn *i);
/* MSR areas. Number of the entry that failed (from 1), or 0. */
unsigned vmx_msr_load(struct vmx *x, uint64_t area, uint32_t count);
unsigned vmx_msr_store(struct vmx *x, uint64_t area, uint32_t count);
/* VMX abort: the indicator goes to the VMCS region. */
enum status vmx_abort(struct vmx *x, uint32_t indicator, struct error *err);

/* ---- intercept.c ---- */
void vmx_controls_apply(struct vmx *x);
void vmx_bare(struct vmx *x); /* hooks away: the bare processor */
bool vmx_exception_exits(const struct vmx *x, const struct x86_event *ev);
extern const struct x86_ext_ops vmx_ext_ops;

/* ---- boundary.c ---- */
void vmx_boundary_enter(struct vmx *x); /* at VM entry */
void vmx_boundary_leave(struct vmx *x); /* at VM exit */
bool vmx_boundary(struct x86_cpu *c, struct x86_event *ev);
bool vmx_quiet(const struct x86_cpu *c);
void vmx_timer_fired(void *opaque);

/* ---- ept.c, nonroot_mmu.c ---- */
extern const struct mmu_ops vmx_mmu_ops;     /* no EPT */
extern const struct mmu_ops vmx_ept_mmu_ops; /* EPT */
/* What VM entry (guest state is loaded) and VM exit (is still loaded) do to
 * translations. */
void vmx_tlb_enter(struct vmx *x);
void vmx_tlb_leave(struct vmx *x);
/* Linear to guest-physical by the page tables that env reads; raises #PF. */
void vmx_walk(struct x86_cpu *c, const struct x86_walk_env *env, uint64_t lin,
              unsigned access, struct x86_xlat *out);
bool vmx_walk_peek(struct x86_cpu *c, const struct x86_walk_env *env,
                   uint64_t lin, uint64_t *pa);
void vmx_ept_drop(struct vmx *x); /* guest-physical translations */
/* An access to lin ends at out->pa: if that is on the APIC-access page, exit,
 * or let vmx_phys_access() answer. */
void vmx_apic_access(struct vmx *x, uint64_t lin, unsigned access,
                     struct x86_xlat *out);
bool vmx_phys_access(struct x86_cpu *c, uint64_t pa, void *buf, unsigned n,
                     bool write);

/* The running IRET has unblocked NMIs. */
static inline bool vmx_iret_unblocked(const struct x86_cpu *c)
{
    return c->x.unblocked_at == x86_icount(c) + 1;
}

/* Leave non-root operation with a reason that is no operation of the guest. */
void vmx_leave(struct vmx *x, unsigned reason, uint64_t qual) NORETURN;

#endif
