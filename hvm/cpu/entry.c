/* entry.c: VMLAUNCH and VMRESUME: checks, loading of guest state, event
 * injection. [SDM3 "VM Entries"] */
#include <string.h>

#include "common/x86/debug.h"
#include "common/x86/msr.h"
#include "hvm/cpu/vmx_state.h"

/* VM entry leaves these bits of CR0 as they are. [SDM3 "Loading Guest Control
 * Registers, Debug Registers, and MSRs"] */
#define CR0_KEPT (CR0_NW | CR0_CD)
#define CR0_KNOWN                                                              \
    (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_PG)

/* Interruptibility */
#define BLOCK_STI    BIT(0)
#define BLOCK_MOV_SS BIT(1)
#define BLOCK_NMI    BIT(3)

/* Pending debug exceptions: B0..B3, BS as in DR6; a breakpoint that was
 * enabled. */
#define PENDING_BREAKPOINT BITQ(12)

static bool read_phys(void *opaque, uint64_t pa, uint64_t *out)
{
    return vmx_phys_read(opaque, pa, out, sizeof(*out));
}

static const struct entry_check *check(struct vmx *x)
{
    struct entry_cpu cpu = {
        .ia32e = x->host_ia32e ? ENTRY_IA32E_ON : ENTRY_IA32E_OFF,
        .vmcs_pointer = x->current,
        .read = read_phys,
        .opaque = x,
    };

    return entry_cache_check(&x->checked, &x->vmcs, &x->caps, &cpu,
                             &x->failure);
}

/* ---- loading guest state ---- */
static uint64_t g(const struct vmx *x, enum vmcs_field f)
{
    return x->vmcs.value[f];
}
#define G(field) g(x, VMCS_GUEST_##field)

static void load_cr(struct vmx *x)
{
    struct x86_state *s = &x->c->s;
    bool ia32e = vmx_ctl(x, ENTRY_IA32E);

    s->cr0 = (G(CR0) & CR0_KNOWN) | (s->cr0 & CR0_KEPT) | CR0_ET;
    s->cr3 = G(CR3);
    s->cr4 = G(CR4);
    if (vmx_ctl(x, ENTRY_LOAD_DEBUG)) {
        s->dr[7] = (G(DR7) & DR7_WRITE) | DR7_ONES;
        s->debugctl = G(IA32_DEBUGCTL);
    }
    s->sysenter_cs = G(SYSENTER_CS);
    s->sysenter_esp = G(SYSENTER_ESP);
    s->sysenter_eip = G(SYSENTER_EIP);
    if (vmx_ctl(x, ENTRY_LOAD_PAT))
        s->pat = G(IA32_PAT);
    if (vmx_ctl(x, ENTRY_LOAD_EFER)) {
        s->efer = G(IA32_EFER);
        return;
    }
    s->efer &= ~(uint64_t)EFER_LMA;
    if (ia32e)
        s->efer |= EFER_LMA;
    if (s->cr0 & CR0_PG) {
        s->efer &= ~(uint64_t)EFER_LME;
        if (ia32e)
            s->efer |= EFER_LME;
    }
}

static struct x86_seg load_seg(const struct vmx *x, unsigned i)
{
    return (struct x86_seg){
        .sel = (uint16_t)x->vmcs.value[VMCS_GUEST_ES_SELECTOR + i],
        .attr = (uint32_t)x->vmcs.value[VMCS_GUEST_ES_AR_BYTES + i],
        .limit = (uint32_t)x->vmcs.value[VMCS_GUEST_ES_LIMIT + i],
        .base = x->vmcs.value[VMCS_GUEST_ES_BASE + i],
    };
}

static void load_segs(struct vmx *x)
{
    struct x86_state *s = &x->c->s;

    for (unsigned i = 0; i < SEG_COUNT; i++)
        s->seg[i] = load_seg(x, i);
    s->ldtr = load_seg(x, SEG_COUNT);
    s->tr = load_seg(x, SEG_COUNT + 1);
    s->gdtr.base = G(GDTR_BASE);
    s->gdtr.limit = (uint16_t)G(GDTR_LIMIT);
    s->idtr.base = G(IDTR_BASE);
    s->idtr.limit = (uint16_t)G(IDTR_LIMIT);
}

/* PAE paging: from the VMCS with EPT, else from memory. */
static void load_pdptes(struct vmx *x)
{
    struct x86_state *s = &x->c->s;

    if (!(s->cr0 & CR0_PG) || !(s->cr4 & CR4_PAE) || (s->efer & EFER_LMA))
        return;
    for (unsigned i = 0; i < 4; i++) {
        if (vmx_ctl(x, PROC2_EPT))
            s->pdpte[i] = x->vmcs.value[VMCS_GUEST_PDPTR0 + i];
        else
            vmx_phys_read(x, (s->cr3 & 0xffffffe0) + 8 * i, &s->pdpte[i], 8);
    }
}

static void load_other(struct vmx *x)
{
    struct x86_state *s = &x->c->s;
    uint64_t block = G(INTERRUPTIBILITY_INFO),
             pending = G(PENDING_DBG_EXCEPTIONS);

    s->r[R_SP] = G(RSP);
    s->r[R_IP] = G(RIP);
    s->rflags = G(RFLAGS);
    s->activity = (uint32_t)G(ACTIVITY_STATE);
    s->shadow = ((block & BLOCK_STI) ? X86_SHADOW_STI : 0u) |
                ((block & BLOCK_MOV_SS) ? X86_SHADOW_MOVSS : 0u);
    s->nmi_blocked = (block & BLOCK_NMI) != 0;
    s->db_pending = 0;
    if (pending & (PENDING_BREAKPOINT | DR6_BS))
        s->db_pending = (uint32_t)(pending & (0xf | DR6_BS));
    /* B0..B3 of a breakpoint that is not enabled are no trap. */
    if (!(pending & PENDING_BREAKPOINT))
        s->db_pending &= DR6_BS;
}

static void load_guest(struct vmx *x)
{
    load_cr(x);
    load_segs(x);
    load_pdptes(x);
    load_other(x);
}

/* ---- event injection [SDM3 "Event Injection"] ---- */
static void take_injection(struct vmx *x)
{
    static const enum x86_event_type types[] = {
        [INJ_EXT_INT] = X86_EV_EXTINT, [INJ_NMI] = X86_EV_NMI,
        [INJ_HW_EXC] = X86_EV_FAULT,   [INJ_SW_INT] = X86_EV_SOFT,
        [INJ_PRIV_EXC] = X86_EV_TRAP,  [INJ_SW_EXC] = X86_EV_SOFT,
        [INJ_OTHER] = X86_EV_EXTINT,
    };
    uint32_t info = (uint32_t)vm_get(x, VMCS_VM_ENTRY_INTR_INFO_FIELD);
    enum inj_type type = inj_type(info);

    x->inject = x->mtf_pending = false;
    if (!(info & INJ_VALID)) {
        if (x->c->s.activity == X86_SHUTDOWN ||
            x->c->s.activity == X86_WAIT_SIPI)
            x->c->s.db_pending = 0;
        return;
    }
    x->c->s.activity = X86_ACTIVE;
    if (type == INJ_OTHER) {
        x->mtf_pending = true;
        return;
    }
    /* [SDM3 "Delivery of Pending Debug Exceptions after VM Entry"] */
    if ((type != INJ_SW_INT && type != INJ_SW_EXC) ||
        !(x->c->s.shadow & X86_SHADOW_MOVSS))
        x->c->s.db_pending = 0;
    x->inject = true;
    x->counts.injected++;
    x->injected = (struct x86_event){
        .soft_exception = type == INJ_SW_EXC,
        .type = types[type],
        .vector = (uint8_t)inj_vector(info),
        .has_error = (info & INJ_ERRCODE) != 0,
        .error = (uint32_t)vm_get(x, VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE),
        .injected = true,
    };
    if (type == INJ_SW_INT || type == INJ_PRIV_EXC || type == INJ_SW_EXC) {
        x->injected.by_insn = true;
        x->injected.next_ip =
            (x->c->s.r[R_IP] + vm_get(x, VMCS_VM_ENTRY_INSTRUCTION_LEN)) &
            x->c->ip_mask;
    }
}

/* ---- VM-entry failures [SDM3 "VM-Entry Failures During or After Loading Guest
 * State"] ---- */
static enum vmx_error fail_after(struct vmx *x, uint32_t reason, uint64_t qual)
{
    x->counts.entry_failed++;
    vm_note(x, VMCS_VM_EXIT_REASON, reason | EXIT_REASON_FAILED_VMENTRY);
    vm_note(x, VMCS_EXIT_QUALIFICATION, qual);
    vmx_load_host(x);
    return VMX_OK;
}

static enum vmx_error fail_valid(struct vmx *x, enum vmx_error number)
{
    vm_note(x, VMCS_VM_INSTRUCTION_ERROR, number);
    return number;
}

static enum vmx_error enter(struct vmx *x)
{
    struct x86_cpu *c = x->c;
    const struct entry_check *bad = check(x);
    unsigned msr;

    x->failed = bad != NULL;
    if (bad != NULL && (x->failure.outcome == ENTRY_FAIL_CONTROLS ||
                        x->failure.outcome == ENTRY_FAIL_HOST))
        return fail_valid(x, (enum vmx_error)x->failure.number);
    if (bad != NULL)
        return fail_after(x, EXIT_REASON_INVALID_STATE,
                          x->failure.qualification);
    vmx_controls_apply(x);
    load_guest(x);
    msr = vmx_msr_load(x, vm_get(x, VMCS_VM_ENTRY_MSR_LOAD_ADDR),
                       (uint32_t)vm_get(x, VMCS_VM_ENTRY_MSR_LOAD_COUNT));
    if (msr != 0)
        return fail_after(x, EXIT_REASON_MSR_LOAD_FAIL, msr);
    x->nonroot = true;
    x->launched = true;
    x->counts.entry++;
    c->ext = &vmx_ext_ops;
    x86_update_mode(c);
    vmx_tlb_enter(x);
    take_injection(x);
    vmx_boundary_enter(x);
    c->attention = 1;
    return VMX_OK;
}

static enum vmx_error launch(struct vcpu *v, bool resume)
{
    struct vmx *x = vmx_of(x86_cpu(v));

    if (x == NULL || !x->on || x->nonroot)
        return VMX_FAIL_UD;
    if (x->current == NO_VMCS)
        return VMX_FAIL_INVALID;
    x->failed = false;
    if (x->launched != resume)
        return fail_valid(x, resume ? VMX_ERR_NOT_LAUNCHED : VMX_ERR_NOT_CLEAR);
    return enter(x);
}

enum vmx_error vmx_vmlaunch(struct vcpu *v)
{
    return launch(v, false);
}

enum vmx_error vmx_vmresume(struct vcpu *v)
{
    return launch(v, true);
}
