/* vmm_intr.c: exceptions, interrupts and NMIs on their way into the guest.
 * [SDM3 "Event Injection"], [SDM3 "VM Exits"] "IDT-Vectoring Information" */
#include "common/x86/debug.h"
#include "hvm/vmm/vmm.h"

/* Interruption information: the same format on entry, on exit and for the event
 * whose delivery was interrupted. */
#define INFO_VALID BIT(31)
#define INFO_ERROR BIT(11)
enum info_type {
    INFO_EXT_INT = 0,
    INFO_NMI = 2,
    INFO_HW_EXC = 3,
    INFO_SW_INT = 4,
    INFO_PRIV_EXC = 5,
    INFO_SW_EXC = 6,
};

#define BLOCK_STI   BIT(0)
#define BLOCK_MOVSS BIT(1)

static enum info_type type_of(uint64_t info)
{
    return (enum info_type)(info >> 8 & 7);
}

static void inject(struct vmm *h, enum info_type type, unsigned vector,
                   bool has_error, uint32_t error)
{
    vmm_write(h, VMCS_VM_ENTRY_INTR_INFO_FIELD,
              INFO_VALID | (has_error ? INFO_ERROR : 0u) | (uint32_t)type << 8 |
                  vector);
    if (has_error)
        vmm_write(h, VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE, error);
    ledger_add(&h->v->ledger, LEDGER_INJECT, type, vector, 1);
}

static bool injecting(const struct vmm *h)
{
    return vmm_read(h, VMCS_VM_ENTRY_INTR_INFO_FIELD) & INFO_VALID;
}

/* A processor pushes RF = 1 for a fault, else what RFLAGS has; VM entry always
 * pushes RFLAGS as they are, and the exit for a page fault on the way to a
 * handler has left RF = 1 there. [SDM3 "Instruction-Breakpoint Exception
 * Condition"], [SDM3 "Saving RIP, RSP, RFLAGS, and SSP"] */
static void set_rf(struct vmm *h, bool fault)
{
    uint64_t fl = vmm_read(h, VMCS_GUEST_RFLAGS);

    vmm_write(h, VMCS_GUEST_RFLAGS, fault ? fl | FL_RF : fl & ~(uint64_t)FL_RF);
}

static bool pushes_rf(unsigned vector, bool breakpoint)
{
    return vector != VEC_DF && vector != VEC_MC && !breakpoint;
}

/* ---- the event that an exit interrupted ---- */
bool vmm_vectoring(const struct vmm *h, struct x86_event *ev)
{
    uint32_t info = h->vectoring;
    enum info_type type = type_of(info);
    uint64_t len = vmm_read(h, VMCS_VM_EXIT_INSTRUCTION_LEN);

    if (!(info & INFO_VALID))
        return false;
    *ev = (struct x86_event){.vector = (uint8_t)info,
                             .has_error = (info & INFO_ERROR) != 0};
    if (ev->has_error)
        ev->error = (uint32_t)vmm_read(h, VMCS_IDT_VECTORING_ERROR_CODE);
    switch (type) {
    case INFO_EXT_INT:
        ev->type = X86_EV_EXTINT;
        break;
    case INFO_NMI:
        ev->type = X86_EV_NMI;
        break;
    case INFO_SW_INT:
    case INFO_SW_EXC:
    case INFO_PRIV_EXC:
        ev->type = type == INFO_PRIV_EXC ? X86_EV_TRAP : X86_EV_SOFT;
        ev->by_insn = true;
        ev->next_ip = vmm_read(h, VMCS_GUEST_RIP) + len;
        break;
    case INFO_HW_EXC:
        ev->type = X86_EV_FAULT;
        break;
    }
    /* CR2 and DR6 are as they are to be. */
    ev->injected = true;
    return true;
}

/* Begin its delivery again. Software interrupts begin with their
 * instruction. */
static void reinject(struct vmm *h)
{
    uint32_t info = h->vectoring;
    enum info_type type = type_of(info);

    h->vectoring = 0;
    if (!(info & INFO_VALID) || type == INFO_SW_INT || type == INFO_SW_EXC ||
        type == INFO_PRIV_EXC)
        return;
    inject(h, type, info & 0xff, (info & INFO_ERROR) != 0,
           (uint32_t)vmm_read(h, VMCS_IDT_VECTORING_ERROR_CODE));
    set_rf(h, type == INFO_HW_EXC &&
                  pushes_rf(info & 0xff, (info & 0xff) == VEC_DB));
}

/* ---- exceptions ---- */
static bool contributory(unsigned vec)
{
    return vec == VEC_DE || (vec >= VEC_TS && vec <= VEC_GP);
}

/* [SDM3 "Interrupt 8--Double Fault Exception (#DF)"] */
static bool doubles(unsigned first, unsigned second)
{
    return (contributory(first) && contributory(second)) ||
           (first == VEC_PF && (contributory(second) || second == VEC_PF));
}

enum vmm_next vmm_inject(struct vmm *h, const struct x86_event *ev)
{
    uint32_t first = h->vectoring;
    unsigned was = first & 0xff, vec = ev->vector;
    bool nested = (first & INFO_VALID) && type_of(first) == INFO_HW_EXC;

    h->vectoring = 0;
    h->amid = false; /* a delivery ends that */
    if (vec == VEC_PF)
        h->c->s.cr2 = ev->cr2;
    if (vec == VEC_DB) {
        h->c->s.dr[6] |= ev->db;
        vmm_write(h, VMCS_GUEST_DR7,
                  vmm_read(h, VMCS_GUEST_DR7) & ~(uint64_t)DR7_GD);
    }
    if (nested && was == VEC_DF)
        return vmm_on_triple_fault(h);
    if (nested && doubles(was, vec)) {
        inject(h, INFO_HW_EXC, VEC_DF, true, 0);
        set_rf(h, false);
        return VMM_RESUME;
    }
    inject(h, INFO_HW_EXC, vec, ev->has_error, ev->error);
    set_rf(h, pushes_rf(vec, vec == VEC_DB && !(ev->db & DR6_BD)));
    return VMM_RESUME;
}

/* ---- interrupts ---- */
static bool can_interrupt(const struct vmm *h)
{
    uint64_t i = vmm_read(h, VMCS_GUEST_INTERRUPTIBILITY_INFO);

    return (vmm_read(h, VMCS_GUEST_RFLAGS) & FL_IF) &&
           !(i & (BLOCK_STI | BLOCK_MOVSS));
}

static void want_window(struct vmm *h, bool on)
{
    uint64_t proc, bit = BIT(PROC_INTR_WINDOW % 32);

    if (h->window == on)
        return;
    h->window = on;
    proc = vmm_read(h, VMCS_CPU_BASED_VM_EXEC_CONTROL);
    vmm_write(h, VMCS_CPU_BASED_VM_EXEC_CONTROL, on ? proc | bit : proc & ~bit);
    vmx_hold_intr(h->v, on);
}

/* The interrupt controllers are the guest's. What they ask for goes in where
 * the bare processor would take it; if it cannot yet, an exit is asked for
 * when it can. Traps of the last instruction come first: the processor delivers
 * them, and INTR exits again. */
void vmm_intr_enter(struct vmm *h)
{
    if (!injecting(h))
        reinject(h);
    if (injecting(h))
        return;
    if (!vmx_intr(h->v)) {
        want_window(h, false);
    } else if (!can_interrupt(h)) {
        want_window(h, true);
    } else {
        want_window(h, false);
        if (vmm_read(h, VMCS_GUEST_PENDING_DBG_EXCEPTIONS) != 0)
            return;
        inject(h, INFO_EXT_INT, machine_intr_ack(h->v->m), false, 0);
        vmm_write(h, VMCS_GUEST_ACTIVITY_STATE, 0);
    }
}

/* ---- handlers ---- */

/* The machine has an interrupt; whether and when it goes in is decided at
 * entry. */
enum vmm_next vmm_on_extint(struct vmm *h)
{
    (void)h;
    return VMM_RESUME;
}

enum vmm_next vmm_on_window(struct vmm *h)
{
    want_window(h, false);
    return VMM_RESUME;
}

enum vmm_next vmm_on_exception(struct vmm *h)
{
    uint64_t info = vmm_read(h, VMCS_VM_EXIT_INTR_INFO);
    struct x86_event ev = {.type = X86_EV_FAULT, .vector = (uint8_t)info};

    if (type_of(info) == INFO_NMI) {
        /* The machine has no NMI but the guest's. */
        inject(h, INFO_NMI, VEC_NMI, false, 0);
        vmm_write(h, VMCS_GUEST_ACTIVITY_STATE, 0);
        return VMM_RESUME;
    }
    if (ev.vector == VEC_PF)
        return vmm_on_page_fault(h);
    if (ev.vector == VEC_UD)
        return vmm_emulate(h);
    ev.has_error = (info & INFO_ERROR) != 0;
    ev.error = (uint32_t)vmm_read(h, VMCS_VM_EXIT_INTR_ERROR_CODE);
    return vmm_inject(h, &ev);
}

enum vmm_next vmm_on_triple_fault(struct vmm *h)
{
    vmm_write(h, VMCS_GUEST_ACTIVITY_STATE, 2);
    return vmm_stop(h, EXIT_SHUTDOWN);
}

/* The guest's processor gets it. */
enum vmm_next vmm_on_init(struct vmm *h)
{
    vmm_state_get(h, &h->e->s);
    x86_init_signal(h->e);
    h->e->s.rflags |= FL_ONE;
    vmm_state_set(h, &h->e->s);
    return VMM_RESUME;
}

enum vmm_next vmm_on_sipi(struct vmm *h)
{
    (void)h; /* processor 0 does not wait for any */
    return VMM_RESUME;
}
