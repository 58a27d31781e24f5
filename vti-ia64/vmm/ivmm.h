/* vmm.h: a VMM for one virtual processor by VT-i.
 *
 * The guest runs with PSR.vm = 1 at its own privilege levels. The machine's
 * TLB, region registers and PTA are the VMM's; general, floating-point, branch
 * and application registers, predicates, register stack, ALAT, protection keys
 * and breakpoints are the guest's own, and interruptions leave them alone. What
 * the guest has beside them is `g`.
 *
 * Between runs the machine is in the guest. In the VMM (from vmm_pull() to
 * vmm_push()) the machine is at the host's IVT, and
 *  - g.psr, g.ip, g.iipa_now, g.cfle are those of the guest's next instruction;
 *  - r16-r31 of the guest's current bank are in c->s.bank, those of the other
 *    one in g.bank;
 *  - control registers, translations, SAPIC are those in g. */
#ifndef VTI_IA64_VMM_VMM_H
#define VTI_IA64_VMM_VMM_H

#include "vti-ia64/cpu/cpu.h"
#include "vti-ia64/cpu/encoding.h"

/* Where the host's IVT would lie: an address that guests cannot name. */
#define VMM_HOST_IVA 0xd000000000000000ull
#define VMM_PAL_BASE 0xd000000000800000ull

/* Rows of LEDGER_EXIT: the cause of an intercept, or this and vector >> 8. */
#define VMM_EXIT_VECTOR 64u

struct vmm_ia64 {
    struct ia64_cpu *c;
    struct ia64_vpd *vpd;
    struct ia64_state g;
    struct ia64_mmu mmu; /* of g: the virtual TLB */
    uint64_t rids;       /* region identifiers from here on are the VMM's */
    bool mixed; /* the machine's TLB has entries of a mode that is neither all
                 * virtual nor all physical */
    bool due;   /* an interrupt waits for the guest, which may take it */
    bool frame; /* the guest's rfi brings the frame of g.ifs */
    uint64_t old_psr, old_ip; /* of the instruction that is emulated */
};

static inline struct vmm_ia64 *vmm_ia64(const struct vcpu *v)
{
    return v->vmm;
}

/* ---- life (vmm.c) ---- */

/* Take over the state in v as the guest's; vac: accelerations to ask for. */
enum status vmm_ia64_create(struct vcpu *v, uint64_t vac,
                            struct error *err) MUST_CHECK;
void vmm_ia64_destroy(struct vcpu *v);
/* The slot `run` of engine_ops. */
enum status vmm_ia64_run(struct vcpu *v, uint64_t budget,
                         struct vcpu_exit *exit, struct error *err);
/* The slot `view`. */
void vmm_ia64_view(const struct vcpu *v, void *state);

/* ---- into the VMM and back (vmm_switch.c) ---- */
void vmm_pull(struct vmm_ia64 *m);
/* ST_BUG: the processor refused. */
enum status vmm_push(struct vmm_ia64 *m, struct error *err) MUST_CHECK;
/* The guest's PSR is as at its last interruption; banks follow. */
void vmm_set_psr(struct vmm_ia64 *m, uint64_t psr);
/* Deliver an interruption to the guest. */
void vmm_inject(struct vmm_ia64 *m, const struct ia64_fault *f);

/* ---- translation (vmm_tlb.c) ---- */

/* Which of PSR.it, dt, rt are on: bits 0, 1, 2. */
#define VMM_PHYSICAL 0u
#define VMM_VIRTUAL  7u
unsigned vmm_mode(const struct vmm_ia64 *m);
void vmm_tlb_init(struct vmm_ia64 *m);
/* The machine's region registers for the guest's mode. */
void vmm_load_rr(struct vmm_ia64 *m);
/* All of the machine's translations go. */
void vmm_tlb_purge(struct vmm_ia64 *m);
/* The machine missed: find what the guest has there, or inject. */
void vmm_tlb_miss(struct vmm_ia64 *m);
/* The guest's bundle at g.ip. False: it cannot be read. */
bool vmm_fetch(struct vmm_ia64 *m, struct ia64_bundle *b);

/* ---- emulation (vmm_emul.c) ---- */

/* Emulate the instruction `slot` that was intercepted for `op`; it completes,
 * or an interruption is injected. */
void vmm_emulate(struct vmm_ia64 *m, unsigned op, uint64_t slot);
/* probe of an address that the guest has not in physical mode: 0. */
void vmm_emulate_probe(struct vmm_ia64 *m);
/* The instruction at g.ip has completed; the next one is. */
void vmm_complete(struct vmm_ia64 *m);

#endif
