/* ivmm.h: a VMM for one virtual processor, with two ways in and out: VT-i
 * (ivmm_vti.c), and privilege levels alone (ivmm_ring.c).
 *
 * The machine's TLB, region registers and PTA are the VMM's; general,
 * floating-point, branch and application registers, predicates, register stack,
 * ALAT and protection keys are the guest's own, and interruptions leave them
 * alone. What the guest has beside them is `g`.
 *
 *          PSR.vm  levels           what comes to the VMM
 * VT-i     1       the guest's own  Virtualization faults
 * levels   0       0 is run at 1    Privileged Operation and Register faults;
 *                                   what is sensitive and not privileged does
 *                                   not come
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

/* Set in the machine's PSR while the guest runs. */
#define IVMM_PSR (PSR_IC | PSR_I | PSR_DT | PSR_SI | PSR_RT | PSR_IT | PSR_BN)

/* Rows of LEDGER_EXIT: the cause of the instruction that was emulated, or this
 * and vector >> 8. */
#define IVMM_EXIT_VECTOR 64u

struct ivmm;

/* A way into the guest and out of it. */
struct ivmm_way {
    const char *name; /* of the engine */
    bool own_half;    /* of virtual addresses: guests have one bit less */
    /* Make a virtual processor, undo it. False: refused. */
    bool (*start)(struct ivmm *m);
    void (*stop)(struct ivmm *m);
    /* The machine has been interrupted: bring what it holds of the guest's PSR,
     * control registers and other bank up to date. */
    void (*leave)(struct ivmm *m);
    /* From there into *out: `psr` is the machine's in the guest. */
    void (*state)(const struct ivmm *m, uint64_t psr, struct ia64_state *out);
    /* What the machine's PSR is for the guest, but for IA64_VTI_PSR. */
    uint64_t (*psr)(const struct ivmm *m);
    /* g is the guest's: back to it, by IPSR, IIP and IFS. cfle: its incomplete
     * frame goes on. False: refused. */
    bool (*resume)(struct ivmm *m, bool cfle);
    /* The PTE and the breakpoint register that the machine has for the guest's;
     * NULL: the same. */
    uint64_t (*pte)(uint64_t pte);
    uint64_t (*breakpoint)(unsigned nr, uint64_t v);
    /* The machine denied an access by its rights; true: it is repeated. NULL:
     * rights are the guest's. */
    bool (*denied)(struct ivmm *m);
    /* The machine's registers came with a snapshot: they become those that a
     * guest may have. NULL: any. */
    void (*loaded)(struct ivmm *m);
};
extern const struct ivmm_way ivmm_vti, ivmm_ring;

struct ivmm {
    struct ia64_cpu *c;
    const struct ivmm_way *way;
    struct ia64_vpd *vpd; /* VT-i */
    uint64_t vac;         /* accelerations to ask for */
    struct ia64_state g;
    struct ia64_mmu mmu; /* of g: the virtual TLB */
    uint64_t rids;       /* region identifiers from here on are the VMM's */
    bool mixed; /* the machine's TLB has entries of a mode that is neither all
                 * virtual nor all physical */
    bool due;   /* an interrupt waits for the guest, which may take it */
    uint64_t old_psr, old_ip; /* of the instruction that is emulated */
};

static inline struct ivmm *ivmm(const struct vcpu *v)
{
    return v->vmm;
}

/* ---- life (ivmm.c) ---- */

/* Take over the state in v as the guest's. vac: accelerations of VT-i. */
enum status ivmm_create(struct vcpu *v, const struct ivmm_way *way,
                        uint64_t vac, struct error *err) MUST_CHECK;
void ivmm_destroy(struct vcpu *v);
/* The slot `run` of engine_ops. */
enum status ivmm_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                     struct error *err);
/* The slot `view`. */
void ivmm_view(const struct vcpu *v, void *state);
/* The slot `snapshot` (ivmm_snap.c). */
void ivmm_snapshot(struct vcpu *v, struct snap *s);

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
/* Whether `rids` may be the first identifier of the VMM's. */
bool ivmm_rids_valid(uint64_t rids);
/* The machine's region registers for the guest's mode. */
void ivmm_load_rr(struct ivmm *m);
/* All of the machine's translations go. */
void ivmm_tlb_purge(struct ivmm *m);
/* The machine missed: find what the guest has there, or inject. */
void ivmm_tlb_miss(struct ivmm *m);
/* What the machine missed or denied, as tlb.h names accesses. */
unsigned ivmm_access(const struct ivmm *m);
/* The machine gets the guest's translation e for va, with another PTE. */
void ivmm_tlb_give(struct ivmm *m, bool instruction, uint64_t va,
                   const struct ia64_tlbe *e, uint64_t pte);
/* The guest's bundle at g.ip. False: it cannot be read. */
bool ivmm_fetch(struct ivmm *m, struct ia64_bundle *b);

/* ---- General Exceptions of the machine (ivmm_priv.c) ---- */

/* The instruction at g.ip is not allowed to the guest on the machine. If it is
 * on the virtual processor, emulate it, or inject what its operands are refused
 * for: the operation. Else IA64_SENS_COUNT: the exception is the guest's own.
 */
unsigned ivmm_privileged(struct ivmm *m);

/* ---- emulation (ivmm_emul.c) ---- */

/* A general register of the guest's, while the machine is in bank 0. */
struct ia64_gr *ivmm_gr(struct ivmm *m, unsigned nr);

/* Emulate the instruction `slot` that was intercepted for `op`; it completes,
 * or an interruption is injected. */
void ivmm_emulate(struct ivmm *m, unsigned op, uint64_t slot);
/* probe of an address that the guest has not in physical mode: 0. */
void ivmm_emulate_probe(struct ivmm *m);
/* The instruction at g.ip has completed; the next one is. */
void ivmm_complete(struct ivmm *m);

#endif
