/* exit.c: VM exits: from what the processor answers to the VMCS. [SDM3 "VM
 * Exits"] */
#include "common/x86/interp.h"
#include "hvm/cpu/vmx_state.h"

#define INFO_VALID       BIT(31)
#define INFO_NMI_UNBLOCK BIT(12)
#define INFO_ERRCODE     BIT(11)

/* Exit reasons of operations; 0 where it depends. */
static const uint8_t reason_of[SENS_COUNT] = {
    [SENS_HLT] = EXIT_REASON_HLT,
    [SENS_IN] = EXIT_REASON_IO_INSTRUCTION,
    [SENS_OUT] = EXIT_REASON_IO_INSTRUCTION,
    [SENS_INS] = EXIT_REASON_IO_INSTRUCTION,
    [SENS_OUTS] = EXIT_REASON_IO_INSTRUCTION,
    [SENS_LGDT] = EXIT_REASON_GDTR_IDTR,
    [SENS_LIDT] = EXIT_REASON_GDTR_IDTR,
    [SENS_SGDT] = EXIT_REASON_GDTR_IDTR,
    [SENS_SIDT] = EXIT_REASON_GDTR_IDTR,
    [SENS_LLDT] = EXIT_REASON_LDTR_TR,
    [SENS_LTR] = EXIT_REASON_LDTR_TR,
    [SENS_SLDT] = EXIT_REASON_LDTR_TR,
    [SENS_STR] = EXIT_REASON_LDTR_TR,
    [SENS_LMSW] = EXIT_REASON_CR_ACCESS,
    [SENS_CLTS] = EXIT_REASON_CR_ACCESS,
    [SENS_MOV_FROM_CR] = EXIT_REASON_CR_ACCESS,
    [SENS_MOV_TO_CR] = EXIT_REASON_CR_ACCESS,
    [SENS_MOV_FROM_DR] = EXIT_REASON_DR_ACCESS,
    [SENS_MOV_TO_DR] = EXIT_REASON_DR_ACCESS,
    [SENS_RDMSR] = EXIT_REASON_MSR_READ,
    [SENS_WRMSR] = EXIT_REASON_MSR_WRITE,
    [SENS_RDTSC] = EXIT_REASON_RDTSC,
    [SENS_RDTSCP] = EXIT_REASON_RDTSCP,
    [SENS_RDPMC] = EXIT_REASON_RDPMC,
    [SENS_CPUID] = EXIT_REASON_CPUID,
    [SENS_INVD] = EXIT_REASON_INVD,
    [SENS_WBINVD] = EXIT_REASON_WBINVD,
    [SENS_INVLPG] = EXIT_REASON_INVLPG,
    [SENS_PAUSE] = EXIT_REASON_PAUSE_INSTRUCTION,
    [SENS_MONITOR] = EXIT_REASON_MONITOR_INSTRUCTION,
    [SENS_MWAIT] = EXIT_REASON_MWAIT_INSTRUCTION,
    [SENS_TASK_SWITCH] = EXIT_REASON_TASK_SWITCH,
    [SENS_TRIPLE_FAULT] = EXIT_REASON_TRIPLE_FAULT,
    [SENS_INIT] = EXIT_REASON_INIT_SIGNAL,
    [SENS_SIPI] = EXIT_REASON_SIPI_SIGNAL,
};

/* False: not an exit of VMX. */
static bool exit_reason(const struct vmx *x, const struct vcpu_exit *exit,
                        unsigned *reason)
{
    *reason = 0;
    switch ((unsigned)exit->op) {
    case SENS_EXCEPTION:
    case SENS_INT_N:
        *reason = EXIT_REASON_EXCEPTION_NMI;
        return true;
    case SENS_NONROOT:
        *reason = (unsigned)exit->sub;
        return true;
    case SENS_VMX:
    case SENS_UNDEFINED:
        *reason = vmx_insn_reason(&x->c->left);
        break;
    default:
        if ((unsigned)exit->op < SENS_COUNT)
            *reason = reason_of[exit->op];
        break;
    }
    return *reason != 0;
}

/* ---- interruption information ---- */
static uint32_t type_of(const struct x86_event *ev)
{
    switch (ev->type) {
    case X86_EV_EXTINT:
        return INJ_EXT_INT;
    case X86_EV_NMI:
        return INJ_NMI;
    case X86_EV_SOFT:
        return ev->soft_exception ? INJ_SW_EXC : INJ_SW_INT;
    case X86_EV_TRAP:
        return ev->by_insn ? INJ_PRIV_EXC : INJ_HW_EXC;
    case X86_EV_FAULT:
        break;
    }
    return INJ_HW_EXC;
}

static uint32_t info_of(const struct x86_cpu *c, const struct x86_event *ev)
{
    uint32_t info = INFO_VALID | ev->vector | type_of(ev) << 8;

    if (ev->has_error && (c->s.cr0 & CR0_PE))
        info |= INFO_ERRCODE;
    return info;
}

static void note_event(struct vmx *x, const struct x86_event *ev)
{
    uint32_t info = info_of(x->c, ev);

    if (vmx_iret_unblocked(x->c) && ev->type == X86_EV_FAULT &&
        ev->vector != VEC_DF)
        info |= INFO_NMI_UNBLOCK;
    vm_note(x, VMCS_VM_EXIT_INTR_INFO, info);
    vm_note(x, VMCS_VM_EXIT_INTR_ERROR_CODE,
            (info & INFO_ERRCODE) ? ev->error : 0);
    if (ev->by_insn)
        vm_note(x, VMCS_VM_EXIT_INSTRUCTION_LEN,
                (ev->next_ip - x->c->s.r[R_IP]) & 15);
}

/* Bit 31 clear unless the exit came by an event; qualification of #PF, #DB. */
static void exit_event(struct vmx *x, const struct vcpu_exit *exit,
                       unsigned reason, uint64_t *qual)
{
    const struct x86_event *ev = &x->c->event;
    struct x86_event made;

    vm_note(x, VMCS_VM_EXIT_INTR_INFO, 0);
    if (exit->op == SENS_EXCEPTION) {
        note_event(x, ev);
        if (ev->vector == VEC_PF && ev->type == X86_EV_FAULT)
            *qual = ev->cr2;
        else if (ev->vector == VEC_DB)
            *qual = ev->db;
    } else if (exit->op == SENS_INT_N) {
        made = (struct x86_event){.type = X86_EV_SOFT,
                                  .vector = (uint8_t)exit->sub,
                                  .soft_exception = true};
        note_event(x, &made);
    } else if (reason == EXIT_REASON_EXCEPTION_NMI) {
        made = (struct x86_event){.type = X86_EV_NMI, .vector = VEC_NMI};
        note_event(x, &made);
    } else if (reason == EXIT_REASON_EXTERNAL_INTERRUPT &&
               vmx_ctl(x, EXIT_ACK_INTR)) {
        made = (struct x86_event){.type = X86_EV_EXTINT,
                                  .vector = machine_intr_ack(x->c->v.m)};
        note_event(x, &made);
    }
}

/* [SDM3 "Information for VM Exits During Event Delivery"] */
static void exit_vectoring(struct vmx *x, const struct vcpu_exit *exit)
{
    const struct x86_cpu *c = x->c;
    const struct x86_event *ev = &c->interp->current;
    uint32_t info = 0;

    if (c->delivering && exit->op != SENS_TRIPLE_FAULT &&
        (exit->op != SENS_EXCEPTION || x->pending.nested)) {
        info = info_of(c, ev);
        vm_note(x, VMCS_IDT_VECTORING_ERROR_CODE,
                (info & INFO_ERRCODE) ? ev->error : 0);
        if (ev->by_insn)
            vm_note(x, VMCS_VM_EXIT_INSTRUCTION_LEN,
                    (ev->next_ip - c->s.r[R_IP]) & 15);
    }
    vm_note(x, VMCS_IDT_VECTORING_INFO_FIELD, info);
}

/* ---- the exit ---- */
enum status vmx_abort(struct vmx *x, uint32_t indicator, struct error *err)
{
    vmx_phys_write(x, x->current + 4, &indicator, sizeof(indicator));
    x->nonroot = false;
    vmx_bare(x);
    x->c->s.activity = X86_SHUTDOWN;
    return err_set(err, ST_INVAL, "VMX abort %u", (unsigned)indicator);
}

#define ABORT_SAVE_MSR 1u
#define ABORT_LOAD_MSR 4u

static void note_addresses(struct vmx *x)
{
    vm_note(x, VMCS_GUEST_PHYSICAL_ADDRESS, x->pending.gpa);
    vm_note(x, VMCS_GUEST_LINEAR_ADDRESS, x->pending.gla);
}

enum status vmx_exit(struct vcpu *v, const struct vcpu_exit *exit,
                     struct error *err)
{
    struct x86_cpu *c = x86_cpu(v);
    struct vmx *x = vmx_of(c);
    uint64_t qual = exit->qual;
    unsigned reason;

    if (x == NULL || !x->nonroot || exit->kind != EXIT_SENSITIVE ||
        !exit_reason(x, exit, &reason))
        return err_set(err, ST_BUG, "vmx: an exit for %s that is none of VMX's",
                       sensitive_name(exit->op));
    vm_note(x, VMCS_VM_EXIT_REASON, reason);
    vm_note(x, VMCS_VM_EXIT_INSTRUCTION_LEN, exit->insn_len);
    if (exit->op == SENS_SIPI)
        qual = exit->sub;
    else if (exit->op != SENS_NONROOT && exit->op != SENS_TASK_SWITCH &&
             exit->op != SENS_INVLPG)
        qual = 0;
    vm_note(x, VMCS_EXIT_QUALIFICATION, qual);
    exit_event(x, exit, reason, &qual);
    vm_note(x, VMCS_EXIT_QUALIFICATION, qual);
    exit_vectoring(x, exit);
    if (exit->insn_len != 0 && exit->op != SENS_NONROOT)
        vmx_exit_insn(x, exit, reason);
    note_addresses(x);
    vmx_boundary_leave(x);
    vmx_tlb_leave(x);
    vmx_save_guest(x, exit, reason);
    vm_set(x, VMCS_VM_ENTRY_INTR_INFO_FIELD,
           vm_get(x, VMCS_VM_ENTRY_INTR_INFO_FIELD) & ~(uint64_t)INFO_VALID);
    x->nonroot = false;
    x->counts.exit++;
    c->ext = NULL;
    if (vmx_msr_store(x, vm_get(x, VMCS_VM_EXIT_MSR_STORE_ADDR),
                      (uint32_t)vm_get(x, VMCS_VM_EXIT_MSR_STORE_COUNT)) != 0)
        return vmx_abort(x, ABORT_SAVE_MSR, err);
    vmx_load_host(x);
    if (vmx_msr_load(x, vm_get(x, VMCS_VM_EXIT_MSR_LOAD_ADDR),
                     (uint32_t)vm_get(x, VMCS_VM_EXIT_MSR_LOAD_COUNT)) != 0)
        return vmx_abort(x, ABORT_LOAD_MSR, err);
    return ST_OK;
}
