/* ivmm.h: a VMM for one virtual processor by VT-i.
 *
 * The guest runs with PSR.vm = 1 at its own privilege levels. The machine's
 * TLB, region registers and PTA are the VMM's; general, floating-point, branch
 * and application registers, predicates, register stack, ALAT, protection keys
 * and breakpoints are the guest's own, and interruptions leave them alone. What
 * the guest has beside them is `g`.
 *
 * Between runs the machine is in the guest. In the VMM (from ivmm_pull() to
 * ivmm_push()) the machine is at the host's IVT, and
 *  - g.psr, g.ip, g.iipa_now, g.cfle are those of the guest's next instruction;
 *  - r16-r31 of the guest's current bank are in c->s.bank, those of the other
 *    one in g.bank;
 *  - control registers, translations, SAPIC are those in g. */
#ifndef VTI_IA64_VMM_IVMM_H
#define VTI_IA64_VMM_IVMM_H

#include "vti-ia64/cpu/cpu.h"
#include "vti-ia64/cpu/encoding.h"

/* Where the host's IVT would lie: an address that guests cannot name. */
#define IVMM_HOST_IVA 0xd000000000000000ull
#define IVMM_PAL_BASE 0xd000000000800000ull

/* Rows of LEDGER_EXIT: the cause of an intercept, or this and vector >> 8. */
#define IVMM_EXIT_VECTOR 64u

struct ivmm {
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

static inline struct ivmm *ivmm(const struct vcpu *v)
{
    return v->vmm;
}

/* ---- life (ivmm.c) ---- */

/* Take over the state in v as the guest's; vac: accelerations to ask for. */
enum status ivmm_create(struct vcpu *v, uint64_t vac,
                        struct error *err) MUST_CHECK;
void ivmm_destroy(struct vcpu *v);
/* The slot `run` of engine_ops. */
enum status ivmm_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                     struct error *err);
/* The slot `view`. */
void ivmm_view(const struct vcpu *v, void *state);

/* ---- into the VMM and back (ivmm_switch.c) ---- */
void ivmm_pull(struct ivmm *m);
/* ST_BUG: the processor refused. */
enum status ivmm_push(struct ivmm *m, struct error *err) MUST_CHECK;
/* The guest's PSR is as at its last interruption; banks follow. */
void ivmm_set_psr(struct ivmm *m, uint64_t psr);
/* Deliver an interruption to the guest. */
void ivmm_inject(struct ivmm *m, const struct ia64_fault *f);

/* ---- translation (ivmm_tlb.c) ---- */

/* Which of PSR.it, dt, rt are on: bits 0, 1, 2. */
#define IVMM_PHYSICAL 0u
#define IVMM_VIRTUAL  7u
unsigned ivmm_mode(const struct ivmm *m);
void ivmm_tlb_init(struct ivmm *m);
/* The machine's region registers for the guest's mode. */
void ivmm_load_rr(struct ivmm *m);
/* All of the machine's translations go. */
void ivmm_tlb_purge(struct ivmm *m);
/* The machine missed: find what the guest has there, or inject. */
void ivmm_tlb_miss(struct ivmm *m);
/* The guest's bundle at g.ip. False: it cannot be read. */
bool ivmm_fetch(struct ivmm *m, struct ia64_bundle *b);

/* ---- emulation (ivmm_emul.c) ---- */

/* Emulate the instruction `slot` that was intercepted for `op`; it completes,
 * or an interruption is injected. */
void ivmm_emulate(struct ivmm *m, unsigned op, uint64_t slot);
/* probe of an address that the guest has not in physical mode: 0. */
void ivmm_emulate_probe(struct ivmm *m);
/* The instruction at g.ip has completed; the next one is. */
void ivmm_complete(struct ivmm *m);

#endif
