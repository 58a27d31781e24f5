/* vmm_emul.c: the VMM's instruction emulator: the reference processor run by
 * hand, one instruction at a time, on the guest's view of its state. It
 * executes everything itself, walks the guest's own tables and reaches the
 * machine's memory and devices as the guest's processor would; what it retires
 * is the guest's. */
#include "common/mmu/mmu.h"
#include "common/x86/flags.h"
#include "common/x86/interp.h"
#include "common/x86/seg.h"
#include "hvm/vmm/vmm.h"

/* ---- life ---- */
static void note(struct vmm *h, uint64_t lin)
{
    if (h->nr_noted < VMM_EMUL_NOTED)
        h->noted[h->nr_noted] = lin;
    h->nr_noted++;
}

/* Translations live for one instruction: all pages are small ones then. */
static void translate(struct x86_cpu *c, uint64_t lin, unsigned access,
                      struct x86_xlat *out)
{
    native_mmu_ops.translate(c, lin, access, out);
    out->page_shift = PAGE_SHIFT;
    out->global = false;
    note(c->mmu_opaque, lin);
}

static bool peek(struct x86_cpu *c, uint64_t lin, uint64_t *pa)
{
    return native_mmu_ops.peek(c, lin, pa);
}

static const struct mmu_ops emul_mmu_ops = {
    .name = "emulator",
    .translate = translate,
    .peek = peek,
};

static void forget(struct vmm *h)
{
    if (h->nr_noted > VMM_EMUL_NOTED)
        x86_tlb_flush(h->e, true);
    for (unsigned k = 0; k < h->nr_noted && k < VMM_EMUL_NOTED; k++)
        x86_tlb_invlpg(h->e, h->noted[k]);
    h->nr_noted = 0;
}

enum status vmm_emul_create(struct vmm *h, struct error *err)
{
    struct machine *m = h->v->m;
    struct processor_config config = {.cpu = h->c->model,
                                      .trace_from = UINT64_MAX};
    struct machine_plug was = machine_plugged(m);
    struct vcpu *v;
    enum status st =
        interp_processor_ops.create(m, &native_engine_ops, &config, &v, err);

    machine_plug(m, &was);
    if (st != ST_OK)
        return st;
    h->e = x86_cpu(v);
    h->e->transient = true;
    h->e->mmu = &emul_mmu_ops;
    h->e->mmu_opaque = h;
    h->v->helper = v;
    return ST_OK;
}

void vmm_emul_destroy(struct vmm *h)
{
    h->v->helper = NULL;
    if (h->e != NULL)
        interp_processor_ops.destroy(&h->e->v);
    h->e = NULL;
}

/* ---- in and out ---- */
static void load(struct vmm *h)
{
    vmm_state_get(h, &h->e->s);
    h->e->s.intr_line = h->e->s.nmi_pending = h->e->s.init_pending = 0;
    h->e->s.sipi_pending = 0;
    x86_update_mode(h->e);
}

/* Pins and signals are the processor's own. */
static void store(struct vmm *h)
{
    const struct x86_state *c = &h->c->s;
    struct x86_state *s = &h->e->s;

    s->nmi_pending = c->nmi_pending;
    s->init_pending = c->init_pending;
    s->sipi_pending = c->sipi_pending;
    vmm_state_set(h, s);
}

/* ---- one instruction ---- */

/* Exceptions come back to be injected. */
static void exceptions_leave(struct vmm *h, bool leave)
{
    h->e->v.disp.at[SENS_EXCEPTION] = leave ? DISP_EXIT : DISP_EXECUTE;
}

static enum vmm_next emulate_insn(struct vmm *h)
{
    uint64_t retired = h->e->v.icount;
    struct vcpu_exit exit;
    struct x86_event ev;
    uint32_t pending;

    load(h);
    pending = h->e->s.db_pending;
    h->e->s.db_pending = 0;
    h->e->s.activity = X86_ACTIVE;
    h->e->interp->stalled = 0; /* the guest's progress is not seen here */
    exceptions_leave(h, true);
    (void)interp_processor_ops.run(&h->e->v, 1, &exit, NULL);
    forget(h);
    ev = h->e->event;
    h->e->s.db_pending |= pending;
    store(h);
    ledger_add(&h->v->ledger, LEDGER_VMX, VMM_OP_EMULATED, 0, 1);
    if (h->e->v.icount != retired)
        vmx_retired(h->v);
    else if (exit.kind == EXIT_SENSITIVE)
        return vmm_inject(h, &ev);
    else if (exit.kind == EXIT_SHUTDOWN)
        return vmm_stop(h, EXIT_SHUTDOWN);
    return VMM_RESUME;
}

/* ---- one delivery ---- */
static enum vmm_next emulate_event(struct vmm *h, const struct x86_event *ev)
{
    struct x86_cpu *e = h->e;
    struct x86_event second;
    volatile bool raised = true; /* across longjmp */

    load(h);
    exceptions_leave(h, false);
    e->arith = arith_from_rflags(e->s.rflags);
    e->s.rflags &= ~(uint64_t)FL_ARITH;
    e->insn = e->insn0 = e->interp->part;
    e->block_icount = 0;
    if (_setjmp(e->leave) == 0) {
        x86_deliver(e, ev, ev->by_insn ? ev->next_ip : e->s.r[R_IP]);
        raised = false;
    }
    e->s.rflags |= arith_to_rflags(e->arith);
    forget(h);
    second = e->event;
    store(h);
    if (raised) /* h->vectoring still is the first */
        return vmm_inject(h, &second);
    h->vectoring = 0;
    ledger_add(&h->v->ledger, LEDGER_VMX, VMM_OP_DELIVERED, 0, 1);
    if (ev->by_insn)
        vmx_retired(h->v);
    return VMM_RESUME;
}

enum vmm_next vmm_emulate(struct vmm *h)
{
    struct x86_event ev;

    if (vmm_vectoring(h, &ev))
        return emulate_event(h, &ev);
    return emulate_insn(h);
}

/* ---- guests that cannot be entered ---- */

/* Real-address mode wants unrestricted guest; segments that protected mode
 * never loads are refused by the checks of VM entry. */
bool vmm_must_emulate(const struct vmm *h)
{
    uint64_t proc2 = vmm_read(h, VMCS_SECONDARY_VM_EXEC_CONTROL);

    return !(vmm_cr0(h) & CR0_PE) && !(proc2 & BIT(PROC2_UNRESTRICTED % 32));
}

/* The emulator takes interrupts itself: there is no VM entry to inject them
 * with. */
enum vmm_next vmm_emulate_step(struct vmm *h)
{
    uint64_t retired = h->e->v.icount;
    struct vcpu_exit exit;

    load(h);
    h->e->s.intr_line = vmx_intr(h->v);
    h->e->s.nmi_pending = h->c->s.nmi_pending;
    h->c->s.nmi_pending = 0;
    exceptions_leave(h, false);
    (void)interp_processor_ops.run(&h->e->v, 1, &exit, NULL);
    forget(h);
    if (h->e->s.nmi_pending)
        h->c->s.nmi_pending = 1;
    store(h);
    ledger_add(&h->v->ledger, LEDGER_VMX, VMM_OP_EMULATED, 0, 1);
    if (h->e->v.icount != retired)
        vmx_retired(h->v);
    if (exit.kind == EXIT_SHUTDOWN || exit.kind == EXIT_HALTED ||
        exit.kind == EXIT_STALLED || exit.kind == EXIT_WAIT_SIPI) {
        h->stopped = exit;
        return VMM_STOPPED;
    }
    return VMM_RESUME;
}
