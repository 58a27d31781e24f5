/* intercept.c: what the controls make of instructions and exceptions: the
 * vcpu's dispositions, the conditions of those that depend on operands, changed
 * semantics. [SDM3 "VMX Non-Root Operation"] */
#include "common/x86/interp.h"
#include "common/x86/mem.h"
#include "hvm/cpu/vmx_state.h"

/* ---- the effective table ---- */
static void set(struct vmx *x, struct disposition_table *t,
                enum x86_sensitive op, enum vmx_ctl ctl)
{
    if (vmx_ctl(x, ctl))
        t->at[op] = DISP_EXIT;
}

/* Exit whatever the controls say. [SDM3 "Instructions That Cause VM Exits
 * Unconditionally"] */
static void always(struct disposition_table *t)
{
    static const uint8_t ops[] = {SENS_CPUID,       SENS_INVD,
                                  SENS_TASK_SWITCH, SENS_TRIPLE_FAULT,
                                  SENS_INIT,        SENS_SIPI};

    for (unsigned k = 0; k < sizeof(ops); k++)
        t->at[ops[k]] = DISP_EXIT;
    t->at[SENS_VMX] = t->at[SENS_UNDEFINED] = DISP_ASK;
}

static void registers(struct vmx *x, struct disposition_table *t)
{
    uint64_t cr0 = vm_get(x, VMCS_CR0_GUEST_HOST_MASK),
             cr4 = vm_get(x, VMCS_CR4_GUEST_HOST_MASK);

    if ((cr0 | cr4) != 0 || vmx_ctl(x, PROC_CR3_LOAD) ||
        vmx_ctl(x, PROC_CR8_LOAD))
        t->at[SENS_MOV_TO_CR] = DISP_ASK;
    if (vmx_ctl(x, PROC_CR3_STORE) || vmx_ctl(x, PROC_CR8_STORE))
        t->at[SENS_MOV_FROM_CR] = DISP_ASK;
    if (cr0 & (CR0_PE | CR0_MP | CR0_EM | CR0_TS))
        t->at[SENS_LMSW] = t->at[SENS_CLTS] = DISP_ASK;
    set(x, t, SENS_MOV_FROM_DR, PROC_MOV_DR);
    set(x, t, SENS_MOV_TO_DR, PROC_MOV_DR);
}

static void input_output(struct vmx *x, struct disposition_table *t)
{
    enum disposition d = vmx_ctl(x, PROC_IO_BITMAPS)  ? DISP_ASK
                         : vmx_ctl(x, PROC_UNCOND_IO) ? DISP_EXIT
                                                      : DISP_EXECUTE;

    t->at[SENS_IN] = t->at[SENS_OUT] = t->at[SENS_INS] = t->at[SENS_OUTS] =
        (uint8_t)d;
}

static void exceptions(struct vmx *x, struct disposition_table *t)
{
    uint32_t bitmap = (uint32_t)vm_get(x, VMCS_EXCEPTION_BITMAP);
    uint64_t error = vm_get(x, VMCS_PAGE_FAULT_ERROR_CODE_MASK) |
                     vm_get(x, VMCS_PAGE_FAULT_ERROR_CODE_MATCH);

    if (bitmap != 0 || error != 0)
        t->at[SENS_EXCEPTION] = DISP_ASK;
    if (bitmap & (BIT(VEC_BP) | BIT(VEC_OF)))
        t->at[SENS_INT_N] = DISP_ASK;
}

static void others(struct vmx *x, struct disposition_table *t)
{
    set(x, t, SENS_HLT, PROC_HLT);
    set(x, t, SENS_INVLPG, PROC_INVLPG);
    set(x, t, SENS_MWAIT, PROC_MWAIT);
    set(x, t, SENS_MONITOR, PROC_MONITOR);
    set(x, t, SENS_RDPMC, PROC_RDPMC);
    set(x, t, SENS_RDTSC, PROC_RDTSC);
    set(x, t, SENS_RDTSCP, PROC_RDTSC);
    set(x, t, SENS_WBINVD, PROC2_WBINVD);
    if (vmx_ctl(x, PROC2_PAUSE_LOOP))
        t->at[SENS_PAUSE] = DISP_ASK;
    set(x, t, SENS_PAUSE, PROC_PAUSE);
    for (unsigned op = SENS_LGDT; op <= SENS_STR; op++)
        set(x, t, (enum x86_sensitive)op, PROC2_DESCRIPTOR_TABLE);
    t->at[SENS_RDMSR] = t->at[SENS_WRMSR] =
        vmx_ctl(x, PROC_MSR_BITMAPS) ? DISP_ASK : DISP_EXIT;
}

static void dispositions(struct vmx *x)
{
    struct disposition_table t = {{DISP_EXECUTE}};
    struct vcpu *v = &x->c->v;

    always(&t);
    registers(x, &t);
    input_output(x, &t);
    exceptions(x, &t);
    others(x, &t);
    if (memcmp(&t, &v->disp, sizeof(t)) == 0)
        return;
    v->disp = t;
    v->disp_generation++;
}

/* ---- controls into effect ---- */
static void words(struct vmx *x)
{
    x->ctl[VMX_PIN] = (uint32_t)vm_get(x, VMCS_PIN_BASED_VM_EXEC_CONTROL);
    x->ctl[VMX_PROC] = (uint32_t)vm_get(x, VMCS_CPU_BASED_VM_EXEC_CONTROL);
    x->ctl[VMX_PROC2] =
        vmx_ctl(x, PROC_SECONDARY)
            ? (uint32_t)vm_get(x, VMCS_SECONDARY_VM_EXEC_CONTROL)
            : 0;
    x->ctl[VMX_EXIT] = (uint32_t)vm_get(x, VMCS_VM_EXIT_CONTROLS);
    x->ctl[VMX_ENTRY] = (uint32_t)vm_get(x, VMCS_VM_ENTRY_CONTROLS);
}

static void *page_if(struct vmx *x, enum vmx_ctl ctl, enum vmcs_field f)
{
    return vmx_ctl(x, ctl) ? vmx_host(x, vm_get(x, f), PAGE_SIZE) : NULL;
}

void vmx_controls_apply(struct vmx *x)
{
    struct x86_ext_state *e = &x->c->x;

    if (!x->controls_changed)
        return;
    x->controls_changed = false;
    words(x);
    x->io[0] = page_if(x, PROC_IO_BITMAPS, VMCS_IO_BITMAP_A);
    x->io[1] = page_if(x, PROC_IO_BITMAPS, VMCS_IO_BITMAP_B);
    x->msr_bitmap = page_if(x, PROC_MSR_BITMAPS, VMCS_MSR_BITMAP);
    x->vapic = page_if(x, PROC_TPR_SHADOW, VMCS_VIRTUAL_APIC_PAGE_ADDR);
    x->apic_page = vmx_ctl(x, PROC2_VIRTUALIZE_APIC)
                       ? vm_get(x, VMCS_APIC_ACCESS_ADDR)
                       : NO_VMCS;
    e->cr_mask[0] = vm_get(x, VMCS_CR0_GUEST_HOST_MASK);
    e->cr_mask[1] = vm_get(x, VMCS_CR4_GUEST_HOST_MASK);
    e->cr_shadow[0] = vm_get(x, VMCS_CR0_READ_SHADOW);
    e->cr_shadow[1] = vm_get(x, VMCS_CR4_READ_SHADOW);
    e->cr4_more = x->caps.msr[CAP_CR4_FIXED1];
    e->tsc_offset =
        vmx_ctl(x, PROC_TSC_OFFSETTING) ? vm_get(x, VMCS_TSC_OFFSET) : 0;
    e->vtpr = x->vapic == NULL ? NULL : x->vapic + 0x80;
    e->iret_keeps_nmi =
        vmx_ctl(x, PIN_NMI_EXITING) && !vmx_ctl(x, PIN_VIRTUAL_NMIS);
    e->no_rdtscp = !vmx_ctl(x, PROC2_RDTSCP);
    e->step = vmx_ctl(x, PROC_MONITOR_TRAP_FLAG);
    e->want_if = vmx_ctl(x, PROC_INTR_WINDOW);
    e->want_nmi = vmx_ctl(x, PROC_NMI_WINDOW);
    x->c->mmu = vmx_ctl(x, PROC2_EPT) ? &vmx_ept_mmu_ops : &vmx_mmu_ops;
    dispositions(x);
}

void vmx_bare(struct vmx *x)
{
    x->c->ext = NULL;
    x->c->x = (struct x86_ext_state){0};
    x->c->v.disp = (struct disposition_table){{DISP_EXECUTE}};
    x->c->v.disp_generation++;
    x->nonroot = false;
    x->controls_changed = true;
}

/* ---- conditions ---- */
static bool write_exits(const struct vmx *x, unsigned cr, uint64_t v)
{
    const struct x86_ext_state *e = &x->c->x;
    unsigned targets;

    switch (cr) {
    case 0:
        return ((v ^ e->cr_shadow[0]) & e->cr_mask[0]) != 0;
    case 4:
        return ((v ^ e->cr_shadow[1]) & e->cr_mask[1]) != 0;
    case 8:
        return vmx_ctl(x, PROC_CR8_LOAD);
    case 3:
        break;
    default:
        return false;
    }
    if (!vmx_ctl(x, PROC_CR3_LOAD))
        return false;
    targets = (unsigned)vm_get(x, VMCS_CR3_TARGET_COUNT);
    for (unsigned k = 0; k < targets && k < 4; k++)
        if (v == vm_get(x, VMCS_CR3_TARGET_VALUE0 + k))
            return false;
    return true;
}

/* LMSW cannot clear PE, and loads no bit above TS. */
static bool lmsw_exits(const struct vmx *x, uint64_t v)
{
    uint64_t mask = x->c->x.cr_mask[0], shadow = x->c->x.cr_shadow[0];

    return ((v ^ shadow) & mask & (CR0_MP | CR0_EM | CR0_TS)) != 0 ||
           (v & ~shadow & mask & CR0_PE) != 0;
}

/* Any of the n ports; one that wraps around exits too. */
static bool port_exits(const struct vmx *x, uint64_t port, uint64_t n)
{
    if (port + n > 0x10000)
        return true;
    for (; n > 0; n--, port++) {
        const uint8_t *map = x->io[port >> 15];

        if (map == NULL || (map[(port & 0x7fff) / 8] >> port % 8 & 1))
            return true;
    }
    return false;
}

/* Quarters of the page: reads low, reads high, writes low, writes high. */
static bool msr_exits(const struct vmx *x, uint32_t index, bool write)
{
    unsigned at = write ? 2048 : 0;

    if (x->msr_bitmap == NULL || (index & ~0xc0001fffu) != 0 ||
        (index >> 30 != 0 && index >> 30 != 3))
        return true;
    if (index >> 30 == 3)
        at += 1024;
    index &= 0x1fff;
    return x->msr_bitmap[at + index / 8] >> index % 8 & 1;
}

bool vmx_exception_exits(const struct vmx *x, const struct x86_event *ev)
{
    uint32_t bitmap = (uint32_t)vm_get(x, VMCS_EXCEPTION_BITMAP);
    bool bit = bitmap >> (ev->vector & 31) & 1;

    if (ev->type == X86_EV_SOFT || ev->type == X86_EV_EXTINT ||
        ev->type == X86_EV_NMI)
        return false;
    if (ev->vector != VEC_PF)
        return bit;
    return bit == ((ev->error & vm_get(x, VMCS_PAGE_FAULT_ERROR_CODE_MASK)) ==
                   vm_get(x, VMCS_PAGE_FAULT_ERROR_CODE_MATCH));
}

/* [SDM3 "PAUSE-Loop Exiting"], in ticks of the TSC, at level 0. */
static bool pause_exits(struct vmx *x)
{
    uint64_t now = clock_tsc(&x->c->v.m->clock), last = x->pause_last;

    if (x->c->cpl != 0)
        return false;
    x->pause_last = now;
    if (last == 0 || now - last > vm_get(x, VMCS_PLE_GAP)) {
        x->pause_first = now;
        return false;
    }
    return now - x->pause_first > vm_get(x, VMCS_PLE_WINDOW);
}

/* VMX instructions exit at any privilege level; where they would be #UD for the
 * mode, they are. VMCALL exits in every mode. MONITOR and MWAIT, which no CPUID
 * of ours shows to guests, exit where the control asks for it. */
static bool vmx_insn_exits(const struct x86_cpu *c)
{
    unsigned reason = vmx_insn_reason(c->insn);

    if (reason == 0 || (c->insn->flags & XI_LOCK))
        return false;
    if (reason == EXIT_REASON_VMCALL)
        return true;
    if (reason == EXIT_REASON_MONITOR_INSTRUCTION)
        return c->cpl == 0 && vmx_ctl(vmx_of(c), PROC_MONITOR);
    if (reason == EXIT_REASON_MWAIT_INSTRUCTION)
        return c->cpl == 0 && vmx_ctl(vmx_of(c), PROC_MWAIT);
    return (c->s.cr0 & CR0_PE) && !c->v86 &&
           (!c->long_mode || c->code_size == 3);
}

static bool ask(struct x86_cpu *c, enum x86_sensitive op, uint64_t sub,
                uint64_t qual)
{
    struct vmx *x = vmx_of(c);

    switch ((unsigned)op) {
    case SENS_MOV_TO_CR:
        return write_exits(x, (unsigned)sub, qual);
    case SENS_MOV_FROM_CR:
        return (sub == 3 && vmx_ctl(x, PROC_CR3_STORE)) ||
               (sub == 8 && vmx_ctl(x, PROC_CR8_STORE));
    case SENS_LMSW:
        return lmsw_exits(x, qual);
    case SENS_CLTS:
        return (c->x.cr_mask[0] & c->x.cr_shadow[0] & CR0_TS) != 0;
    case SENS_IN:
    case SENS_OUT:
    case SENS_INS:
    case SENS_OUTS:
        return port_exits(x, sub, qual);
    case SENS_RDMSR:
    case SENS_WRMSR:
        return msr_exits(x, (uint32_t)sub, op == SENS_WRMSR);
    case SENS_EXCEPTION:
        return vmx_exception_exits(x, &c->event);
    case SENS_INT_N: /* INT3 and INTO; the qualification tells INT n */
        return qual != 0 &&
               (vm_get(x, VMCS_EXCEPTION_BITMAP) >> (sub & 31) & 1);
    case SENS_PAUSE:
        return pause_exits(x);
    default:
        return vmx_insn_exits(c);
    }
}

/* ---- other hooks ---- */
static void nested(struct x86_cpu *c, const struct x86_event *second)
{
    struct vmx *x = vmx_of(c);

    if (c->v.disp.at[SENS_EXCEPTION] != DISP_ASK ||
        !vmx_exception_exits(x, second))
        return;
    x->pending.nested = true;
    c->event = *second;
    x86_leave_exit(c, SENS_EXCEPTION, second->vector, second->error);
}

/* MOV to CR and LMSW cannot leave what VMX operation needs. [SDM3 "Changes to
 * Instruction Behavior in VMX Non-Root Operation"] */
static bool cr_allowed(struct x86_cpu *c, unsigned n, uint64_t v)
{
    const struct vmx *x = vmx_of(c);
    unsigned msr = n == 0 ? CAP_CR0_FIXED0 : CAP_CR4_FIXED0;
    uint64_t must = x->caps.msr[msr], may = x->caps.msr[msr + 1], free = 0;

    if (n == 0) {
        free = CR0_NW | CR0_CD;
        if (vmx_ctl(x, PROC2_UNRESTRICTED))
            free |= CR0_PE | CR0_PG;
    }
    return (v & must & ~free) == (must & ~free) && (v & ~may & ~free) == 0;
}

const struct x86_ext_ops vmx_ext_ops = {
    .ask = ask,
    .boundary = vmx_boundary,
    .quiet = vmx_quiet,
    .nested = nested,
    .cr_allowed = cr_allowed,
    .access = vmx_phys_access,
};
