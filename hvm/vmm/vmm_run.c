/* vmm_run.c: the VMM's loop: enter the guest, carry out VM exits, dispatch
 * them, count them. */
#include "hvm/vmm/vmm.h"

static enum vmm_next by_emulator(struct vmm *h)
{
    return vmm_emulate(h);
}

/* Reasons that are not here cannot come up under the VMM's controls. */
static vmm_handler *const handlers[EXIT_REASON_LIMIT] = {
    [EXIT_REASON_EXCEPTION_NMI] = vmm_on_exception,
    [EXIT_REASON_EXTERNAL_INTERRUPT] = vmm_on_extint,
    [EXIT_REASON_TRIPLE_FAULT] = vmm_on_triple_fault,
    [EXIT_REASON_INIT_SIGNAL] = vmm_on_init,
    [EXIT_REASON_SIPI_SIGNAL] = vmm_on_sipi,
    [EXIT_REASON_INTERRUPT_WINDOW] = vmm_on_window,
    [EXIT_REASON_TASK_SWITCH] = vmm_on_task_switch,
    [EXIT_REASON_CPUID] = vmm_on_cpuid,
    [EXIT_REASON_HLT] = vmm_on_hlt,
    [EXIT_REASON_INVD] = by_emulator,
    [EXIT_REASON_INVLPG] = vmm_on_invlpg,
    [EXIT_REASON_RDPMC] = by_emulator,
    [EXIT_REASON_RDTSC] = by_emulator,
    [EXIT_REASON_VMCALL] = by_emulator,
    [EXIT_REASON_VMCLEAR] = by_emulator,
    [EXIT_REASON_VMLAUNCH] = by_emulator,
    [EXIT_REASON_VMPTRLD] = by_emulator,
    [EXIT_REASON_VMPTRST] = by_emulator,
    [EXIT_REASON_VMREAD] = by_emulator,
    [EXIT_REASON_VMRESUME] = by_emulator,
    [EXIT_REASON_VMWRITE] = by_emulator,
    [EXIT_REASON_VMOFF] = by_emulator,
    [EXIT_REASON_VMON] = by_emulator,
    [EXIT_REASON_CR_ACCESS] = vmm_on_cr,
    [EXIT_REASON_DR_ACCESS] = by_emulator,
    [EXIT_REASON_IO_INSTRUCTION] = vmm_on_io,
    [EXIT_REASON_MSR_READ] = vmm_on_rdmsr,
    [EXIT_REASON_MSR_WRITE] = vmm_on_wrmsr,
    [EXIT_REASON_MWAIT_INSTRUCTION] = by_emulator,
    [EXIT_REASON_MONITOR_INSTRUCTION] = by_emulator,
    [EXIT_REASON_PAUSE_INSTRUCTION] = by_emulator,
    [EXIT_REASON_GDTR_IDTR] = by_emulator,
    [EXIT_REASON_LDTR_TR] = by_emulator,
    [EXIT_REASON_TPR_BELOW_THRESHOLD] = vmm_on_tpr,
    [EXIT_REASON_EPT_VIOLATION] = vmm_on_ept,
    [EXIT_REASON_EPT_MISCONFIG] = vmm_on_ept,
    [EXIT_REASON_INVEPT] = by_emulator,
    [EXIT_REASON_RDTSCP] = by_emulator,
    [EXIT_REASON_INVVPID] = by_emulator,
    [EXIT_REASON_WBINVD] = by_emulator,
    [EXIT_REASON_XSETBV] = by_emulator,
    [EXIT_REASON_INVPCID] = by_emulator,
};

/* ---- the ledger ---- */

/* What tells exits of one reason apart: vector, port, register, address. */
static uint64_t sub_reason(const struct vmm *h, unsigned reason)
{
    uint64_t qual = vmm_read(h, VMCS_EXIT_QUALIFICATION);

    switch (reason) {
    case EXIT_REASON_EXCEPTION_NMI:
        return vmm_read(h, VMCS_VM_EXIT_INTR_INFO) & 0xff;
    case EXIT_REASON_IO_INSTRUCTION:
        return qual >> 16 & 0xffff;
    case EXIT_REASON_CR_ACCESS:
        return qual & 0x3f; /* register, and in 5:4 what was done to it */
    case EXIT_REASON_DR_ACCESS:
        return qual & 0x17;
    case EXIT_REASON_MSR_READ:
    case EXIT_REASON_MSR_WRITE:
        return (uint32_t)h->c->s.r[R_CX];
    case EXIT_REASON_CPUID:
        return (uint32_t)h->c->s.r[R_AX];
    case EXIT_REASON_EPT_VIOLATION:
    case EXIT_REASON_EPT_MISCONFIG:
        return vmm_read(h, VMCS_GUEST_PHYSICAL_ADDRESS) & PAGE_MASK;
    default:
        return 0;
    }
}

static void count(struct vmm *h, enum vmm_op op, uint64_t now, uint64_t *was)
{
    if (now != *was)
        ledger_add(&h->v->ledger, LEDGER_VMX, op, 0, now - *was);
    *was = now;
}

/* What the processor has counted since the last time. */
void vmm_count(struct vcpu *v)
{
    const struct vmx_counts *n = vmx_counts(v);
    struct vmm *h = vmm_of(v);

    count(h, VMM_OP_VMREAD, n->vmread, &h->counted.vmread);
    count(h, VMM_OP_VMWRITE, n->vmwrite, &h->counted.vmwrite);
    count(h, VMM_OP_ENTRY, n->entry, &h->counted.entry);
    count(h, VMM_OP_ENTRY_FAILED, n->entry_failed, &h->counted.entry_failed);
    count(h, VMM_OP_EXIT, n->exit, &h->counted.exit);
}

/* ---- entry ---- */
enum vmm_next vmm_stop(struct vmm *h, enum exit_kind kind)
{
    h->stopped = (struct vcpu_exit){.kind = kind};
    return VMM_STOPPED;
}

static enum status entry_failed(const struct vmm *h, enum vmx_error e,
                                struct error *err)
{
    const struct entry_failure *f = vmx_entry_failure(h->v);

    if (f == NULL)
        return err_set(err, ST_BUG, "hvm: VM entry failed: error %d", (int)e);
    return err_set(err, ST_BUG, "hvm: VM entry failed: %s (0x%llx): %s",
                   vmcs_info(f->check->field)->name,
                   (unsigned long long)f->value, f->check->rule);
}

static bool refused_guest_state(const struct vmm *h)
{
    return vmm_read(h, VMCS_VM_EXIT_REASON) ==
           (EXIT_REASON_INVALID_STATE | EXIT_REASON_FAILED_VMENTRY);
}

/* VM entry, or one instruction by the emulator where the guest's state is one
 * that VM entry refuses. */
static enum status enter(struct vmm *h, enum vmm_next *next, struct error *err)
{
    enum vmx_error e;

    *next = VMM_RESUME;
    if (vmm_must_emulate(h)) {
        *next = vmm_emulate_step(h);
        return ST_OK;
    }
    if (h->amid) {
        *next = vmm_emulate(h);
        return ST_OK;
    }
    vmm_intr_enter(h);
    vmm_tpr_load(h);
    e = h->launched ? vmx_vmresume(h->v) : vmx_vmlaunch(h->v);
    if (e != VMX_OK)
        return entry_failed(h, e, err);
    if (vmx_nonroot(h->v)) {
        h->launched = true;
        h->in_root = false;
        return ST_OK;
    }
    if (!refused_guest_state(h))
        return entry_failed(h, e, err);
    h->vectoring = (uint32_t)vmm_read(h, VMCS_VM_ENTRY_INTR_INFO_FIELD);
    vmm_write(h, VMCS_VM_ENTRY_INTR_INFO_FIELD, 0);
    *next = h->vectoring != 0 ? vmm_emulate(h) : vmm_emulate_step(h);
    return ST_OK;
}

/* ---- exit ---- */
static enum status handle(struct vmm *h, const struct vcpu_exit *exit,
                          enum vmm_next *next, struct error *err)
{
    enum status st = vmx_exit(h->v, exit, err);
    unsigned reason;

    if (st != ST_OK)
        return st;
    h->in_root = true;
    vmm_tpr_save(h);
    h->vectoring = (uint32_t)vmm_read(h, VMCS_IDT_VECTORING_INFO_FIELD);
    reason = (unsigned)vmm_read(h, VMCS_VM_EXIT_REASON);
    if (reason >= EXIT_REASON_LIMIT || handlers[reason] == NULL)
        return err_set(err, ST_BUG, "hvm: VM exit with reason %u", reason);
    ledger_add(&h->v->ledger, LEDGER_EXIT, reason, sub_reason(h, reason), 1);
    *next = handlers[reason](h);
    return ST_OK;
}

/* ---- the loop ---- */

/* In root: what the run loop is to see before the guest goes on, in the order
 * of the processor's boundaries. */
static bool must_return(struct vmm *h, uint64_t end, struct vcpu_exit *exit)
{
    *exit = (struct vcpu_exit){.kind = EXIT_BUDGET};
    if (h->v->icount >= end)
        return true;
    if (h->v->kicked) {
        h->v->kicked = 0;
        exit->kind = EXIT_KICKED;
        return true;
    }
    if (h->c->machine_attention) {
        h->c->machine_attention = false;
        exit->kind = EXIT_ATTENTION;
        return true;
    }
    return false;
}

static enum status run_loop(struct vmm *h, uint64_t end, struct vcpu_exit *exit,
                            struct error *err)
{
    enum vmm_next next = VMM_RESUME;
    enum status st = ST_OK;

    for (;;) {
        while (h->in_root) {
            if (must_return(h, end, exit))
                return ST_OK;
            st = enter(h, &next, err);
            if (st != ST_OK)
                return st;
            if (next == VMM_STOPPED)
                goto stopped;
        }
        st = h->v->processor->run(h->v, end - h->v->icount, exit, err);
        if (st != ST_OK || exit->kind != EXIT_SENSITIVE)
            return st;
        st = handle(h, exit, &next, err);
        if (st != ST_OK)
            return st;
        if (next == VMM_STOPPED)
            goto stopped;
    }
stopped:
    *exit = h->stopped;
    return ST_OK;
}

/* Somebody has changed the state that v->state points to (a loader, a
 * snapshot): it is the guest's from now on. */
static enum status take_state(struct vmm *h, struct error *err)
{
    struct vcpu_exit interrupt = {.kind = EXIT_SENSITIVE, .op = SENS_EXTINT};
    enum status st;

    if (memcmp(&h->shown, &h->was, sizeof(h->shown)) == 0)
        return ST_OK;
    if (!h->in_root) {
        st = vmx_exit(h->v, &interrupt, err);
        if (st != ST_OK)
            return st;
        h->in_root = true;
    }
    vmm_state_set(h, &h->shown);
    h->vectoring = 0;
    vmm_flush_tlb(h, true);
    return ST_OK;
}

enum status vmm_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                    struct error *err)
{
    struct vmm *h = vmm_of(v);
    uint64_t end =
        v->icount + budget < v->icount ? UINT64_MAX : v->icount + budget;
    enum status st = take_state(h, err);

    if (!h->in_root)
        vmm_tpr_load(h);
    if (st == ST_OK)
        st = run_loop(h, end, exit, err);
    if (h->in_root) {
        vmm_state_get(h, &h->shown);
    } else {
        vmm_tpr_save(h);
        vmm_state_running(h, &h->shown);
    }
    h->was = h->shown;
    return st;
}
