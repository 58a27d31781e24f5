/* exit_state.c: VM exit: guest state into the VMCS, host state out of it.
 * [SDM3 "Saving Guest State"], [SDM3 "Loading Host State"] */
#include "common/x86/debug.h"
#include "common/x86/interp.h"
#include "hvm/cpu/vmx_state.h"

#define CR0_KEPT (CR0_NW | CR0_CD)
#define CR0_KNOWN                                                              \
    (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_PG)
#define PENDING_BREAKPOINT BITQ(12)

/* ---- saving ---- */
#define SAVE(field, v) vm_set(x, VMCS_GUEST_##field, (v))

static void save_cr(struct vmx *x)
{
    const struct x86_state *s = &x->c->s;

    SAVE(CR0, s->cr0);
    SAVE(CR3, s->cr3);
    SAVE(CR4, s->cr4);
    if (vmx_ctl(x, EXIT_SAVE_DEBUG)) {
        SAVE(DR7, s->dr[7]);
        SAVE(IA32_DEBUGCTL, s->debugctl);
    }
    SAVE(SYSENTER_CS, (uint32_t)s->sysenter_cs);
    SAVE(SYSENTER_ESP, s->sysenter_esp);
    SAVE(SYSENTER_EIP, s->sysenter_eip);
    if (vmx_ctl(x, EXIT_SAVE_PAT))
        SAVE(IA32_PAT, s->pat);
    if (vmx_ctl(x, EXIT_SAVE_EFER))
        SAVE(IA32_EFER, s->efer);
    /* The guest may have left or entered IA-32e mode. */
    if (vmx_ctl(x, PROC2_UNRESTRICTED)) {
        uint64_t entry = vm_get(x, VMCS_VM_ENTRY_CONTROLS),
                 bit = BIT(ENTRY_IA32E % 32),
                 now = (s->efer & EFER_LMA) ? entry | bit : entry & ~bit;

        x->controls_changed |= now != entry;
        vm_set(x, VMCS_VM_ENTRY_CONTROLS, now);
    }
}

static inline void save_seg(struct vmx *x, unsigned i, const struct x86_seg *s)
{
    vm_set(x, VMCS_GUEST_ES_SELECTOR + i, s->sel);
    vm_set(x, VMCS_GUEST_ES_LIMIT + i, s->limit);
    vm_set(x, VMCS_GUEST_ES_AR_BYTES + i, s->attr);
    vm_set(x, VMCS_GUEST_ES_BASE + i, s->base);
}

static void save_segs(struct vmx *x)
{
    const struct x86_state *s = &x->c->s;

    for (unsigned i = 0; i < SEG_COUNT; i++)
        save_seg(x, i, &s->seg[i]);
    save_seg(x, SEG_COUNT, &s->ldtr);
    save_seg(x, SEG_COUNT + 1, &s->tr);
    SAVE(GDTR_BASE, s->gdtr.base);
    SAVE(GDTR_LIMIT, s->gdtr.limit);
    SAVE(IDTR_BASE, s->idtr.base);
    SAVE(IDTR_LIMIT, s->idtr.limit);
}

/* RF as the event would have pushed it: see flags_image() of deliver.c. */
static bool event_rf(const struct x86_cpu *c, const struct x86_event *ev)
{
    bool rf = (c->s.rflags & FL_RF) != 0;

    if (ev->injected || ev->type != X86_EV_FAULT || ev->vector == VEC_DF ||
        ev->vector == VEC_MC)
        return rf;
    return rf || ev->vector != VEC_DB || (ev->db & DR6_BD) != 0;
}

/* [SDM3 "Saving RIP, RSP, RFLAGS, and SSP"] */
static bool saved_rf(const struct vmx *x, const struct vcpu_exit *exit,
                     unsigned reason)
{
    const struct x86_cpu *c = x->c;

    if (exit->op == SENS_EXCEPTION)
        return event_rf(c, &c->event);
    if (reason == EXIT_REASON_EPT_VIOLATION ||
        reason == EXIT_REASON_EPT_MISCONFIG ||
        reason == EXIT_REASON_APIC_ACCESS)
        return !c->delivering || event_rf(c, &c->interp->current);
    if (exit->op != SENS_NONROOT && exit->op != SENS_TASK_SWITCH &&
        exit->insn_len != 0)
        return false;
    return (c->s.rflags & FL_RF) != 0;
}

static void save_other(struct vmx *x, const struct vcpu_exit *exit,
                       unsigned reason)
{
    const struct x86_state *s = &x->c->s;
    uint64_t pending = s->db_pending & (0xf | DR6_BS);

    SAVE(RSP, s->r[R_SP]);
    SAVE(RIP, s->r[R_IP]);
    SAVE(RFLAGS, (s->rflags & ~(uint64_t)FL_RF) |
                     (saved_rf(x, exit, reason) ? FL_RF : 0u));
    SAVE(ACTIVITY_STATE, s->activity);
    SAVE(INTERRUPTIBILITY_INFO, ((s->shadow & X86_SHADOW_STI) ? 1u : 0u) |
                                    ((s->shadow & X86_SHADOW_MOVSS) ? 2u : 0u) |
                                    (s->nmi_blocked ? 8u : 0u));
    if (pending & 0xf)
        pending |= PENDING_BREAKPOINT;
    SAVE(PENDING_DBG_EXCEPTIONS, pending);
    if (vmx_ctl(x, PROC2_EPT) && (s->cr4 & CR4_PAE) && (s->cr0 & CR0_PG) &&
        !(s->efer & EFER_LMA)) {
        for (unsigned i = 0; i < 4; i++)
            vm_set(x, VMCS_GUEST_PDPTR0 + i, s->pdpte[i]);
    }
}

void vmx_save_guest(struct vmx *x, const struct vcpu_exit *exit,
                    unsigned reason)
{
    save_cr(x);
    save_segs(x);
    save_other(x, exit, reason);
}

/* ---- loading ---- */
static uint64_t h(const struct vmx *x, enum vmcs_field f)
{
    return x->vmcs.value[f];
}
#define H(field) h(x, VMCS_HOST_##field)

static void load_cr(struct vmx *x, bool ia32e)
{
    struct x86_state *s = &x->c->s;

    s->cr0 = (H(CR0) & CR0_KNOWN) | (s->cr0 & CR0_KEPT) | CR0_ET;
    s->cr3 = H(CR3);
    s->cr4 = H(CR4);
    s->dr[7] = DR7_ONES;
    s->debugctl = 0;
    s->sysenter_cs = H(IA32_SYSENTER_CS);
    s->sysenter_esp = H(IA32_SYSENTER_ESP);
    s->sysenter_eip = H(IA32_SYSENTER_EIP);
    if (x->ctl[VMX_EXIT] >> (EXIT_LOAD_PAT % 32) & 1)
        s->pat = H(IA32_PAT);
    if (x->ctl[VMX_EXIT] >> (EXIT_LOAD_EFER % 32) & 1)
        s->efer = H(IA32_EFER);
    else
        s->efer = (s->efer & ~(uint64_t)(EFER_LMA | EFER_LME)) |
                  (ia32e ? EFER_LMA | EFER_LME : 0u);
}

static struct x86_seg flat(uint64_t sel, uint64_t base, uint32_t attr)
{
    if (sel == 0)
        attr |= SA_UNUSABLE;
    return (struct x86_seg){
        .sel = (uint16_t)sel, .base = base, .limit = 0xffffffff, .attr = attr};
}

static void load_segs(struct vmx *x, bool ia32e)
{
    struct x86_state *s = &x->c->s;
    uint32_t data = SA_P | SA_S | SA_WRITABLE | SA_ACCESSED | SA_G | SA_DB;

    s->seg[SEG_CS] = flat(H(CS_SELECTOR), 0,
                          SA_P | SA_S | SA_CODE | SA_WRITABLE | SA_ACCESSED |
                              SA_G | (ia32e ? SA_L : SA_DB));
    s->seg[SEG_SS] = flat(H(SS_SELECTOR), 0, data);
    s->seg[SEG_DS] = flat(H(DS_SELECTOR), 0, data);
    s->seg[SEG_ES] = flat(H(ES_SELECTOR), 0, data);
    s->seg[SEG_FS] = flat(H(FS_SELECTOR), H(FS_BASE), data);
    s->seg[SEG_GS] = flat(H(GS_SELECTOR), H(GS_BASE), data);
    s->tr = (struct x86_seg){.sel = (uint16_t)H(TR_SELECTOR),
                             .base = H(TR_BASE),
                             .limit = 0x67,
                             .attr = SA_P | SYS_TSS32_BUSY};
    s->ldtr = (struct x86_seg){.attr = SA_UNUSABLE};
    s->gdtr = (struct x86_dtable){H(GDTR_BASE), 0xffff};
    s->idtr = (struct x86_dtable){H(IDTR_BASE), 0xffff};
}

void vmx_load_host(struct vmx *x)
{
    struct x86_state *s = &x->c->s;
    bool ia32e = vm_get(x, VMCS_VM_EXIT_CONTROLS) >> (EXIT_HOST_SIZE % 32) & 1;

    load_cr(x, ia32e);
    load_segs(x, ia32e);
    s->r[R_SP] = H(RSP);
    s->r[R_IP] = H(RIP);
    s->rflags = FL_ONE;
    s->activity = X86_ACTIVE;
    s->shadow = 0;
    s->nmi_blocked = 0;
    s->db_pending = 0;
    if (x->host_ia32e != ia32e)
        entry_cache_forget(&x->checked);
    x->host_ia32e = ia32e;
}
