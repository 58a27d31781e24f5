/* cpu.h: an IA-64 vcpu as the model runs it: architectural state plus what is
 * derived from it.
 *
 * Invariants while handlers run:
 *  1. c->page is the code page of the running instruction, c->page_va its
 *     virtual address, c->start the entry at which counting began: those
 *     retired are c->icount0 + (i - c->start), i being the running one.
 *  2. s.ip and PSR.ri are stale; they are made true when handlers are left.
 *  3. An instruction changes nothing that the guest can see before its last
 *     possible fault, so that a fault leaves by longjmp.
 *  4. c->insn is the running instruction wherever a fault, a memory access off
 *     the fast path or ia64_attention() is possible.
 * Between runs s is architectural and complete. */
#ifndef VTI_IA64_CPU_CPU_H
#define VTI_IA64_CPU_CPU_H

#include <setjmp.h>

#include "common/base/cc.h"
#include "common/engine/processor.h"
#include "vti-ia64/cpu/insn.h"
#include "vti-ia64/cpu/state.h"
#include "vti-ia64/cpu/tlb.h"
#include "vti-ia64/cpu/vti.h"

#define IA64_CODE_SHIFT 12
#define IA64_CODE_BYTES 4096u
#define IA64_CODE_SLOTS (IA64_CODE_BYTES / 16 * 3)

/* The bundles of one guest-physical page, decoded as they are first run. */
struct ia64_code_page {
    uint64_t pa;
    const uint8_t *host;
    struct ia64_code_page *hash_next;
    unsigned writes;                            /* to it */
    struct ia64_insn insn[IA64_CODE_SLOTS + 1]; /* last: the end mark */
};

#define IA64_CODE_HASH  1024u
#define IA64_CODE_PAGES 2048u /* more are dropped all at once */
/* A page that was written to so often is data now: it is dropped. */
#define IA64_CODE_WRITES 64u

/* Fetch translations. */
#define IA64_FETCH_CACHE 256u
struct ia64_fetch {
    uint64_t va; /* page | cpl; 1 << 11: empty */
    struct ia64_code_page *page;
};

/* Software TLB for data: host addresses of accesses that need no check. A tag
 * that is no page address never matches. */
#define IA64_DTLB_SIZE 1024u
#define IA64_TAG_NONE  0x800ull
struct ia64_dtlb {
    uint64_t rtag, wtag;
    uintptr_t addend; /* host address - virtual address */
    uint64_t pa;      /* of the page */
};

/* Views: translated at privilege level 0..3, physical, and one that is always
 * empty (big-endian data, data breakpoints). */
enum { IA64_VIEW_PHYSICAL = 4, IA64_VIEW_NONE = 5, IA64_VIEWS = 6 };

/* What longjmp brings to the run loop. */
enum ia64_leave {
    IA64_LEAVE_FAULT = 1,
    IA64_LEAVE_EXIT = 2,
    IA64_LEAVE_STOP = 3,
    IA64_LEAVE_DONE = 4, /* completed, by ia64_end() */
};

struct ia64_cpu;

/* What the platform is asked: `break` in system or user mode that it may serve.
 * Returns true when it did: the instruction completes. May call
 * ia64_attention(), machine_stop(). */
typedef bool ia64_break_fn(void *opaque, struct ia64_cpu *c, uint64_t imm);
/* User mode without a kernel: physical address of a virtual one, or false. */
typedef bool ia64_user_map_fn(void *opaque, uint64_t va, unsigned access,
                              uint64_t *pa);

struct ia64_cpu {
    struct vcpu v; /* first */
    struct ia64_state s;
    struct ia64_mmu mmu; /* of s */

    const struct ia64_insn *insn;  /* invariant 4 */
    const struct ia64_insn *start; /* invariant 1 */
    struct ia64_code_page *page;
    uint64_t page_va;
    uint64_t icount0;
    uint64_t fast_limit; /* taken branches go to the run loop from here on */
    uint64_t run_to;     /* v.icount at which run() returns */
    bool running;        /* inside handlers */
    volatile sig_atomic_t attention;
    bool machine_attention;

    uint8_t rrb_fr; /* of CFM */
    uint8_t cpl;
    uint8_t gr_limit; /* 32 + sof: targets from here on are illegal */
    bool virt;        /* PSR.vm, or an engine wants to see sensitive ops */

    struct ia64_dtlb *dtlb; /* that of data accesses now */
    uint8_t view;
    struct ia64_dtlb dtlbs[IA64_VIEWS][IA64_DTLB_SIZE];
    struct ia64_fetch fetch[IA64_FETCH_CACHE];
    struct ia64_code_page *code[IA64_CODE_HASH];
    unsigned nr_code;
    /* Entries whose handler is the stop for now. */
    struct {
        struct ia64_insn *at;
        ia64_handler *fn;
    } patch[2];

    unsigned filled;     /* bit v: dtlbs[v] is not empty */
    uint64_t cached_psr; /* PSR's bits that software translations are for */
    struct ia64_vti vti;
    bool intercepted; /* exit is an interruption that the engine sees */

    struct ia64_fault fault; /* IA64_LEAVE_FAULT */
    struct vcpu_exit exit;   /* IA64_LEAVE_EXIT */
    jmp_buf leave;
    uint32_t stalled;
    uint64_t stall_icount;

    uint64_t alat_filter; /* bit (address >> 3) % 64: an entry may be there */
    /* Control-speculative loads read physical memory, which is not deferred, as
     * under a VMM that translates it. */
    bool physical_spec;
    bool alat_miss; /* option: the ALAT is always empty */
    uint64_t itc_hz;
    struct clock_timer itm_timer;
    struct processor_config config;
    ia64_break_fn *break_fn;
    void *break_opaque;
    ia64_user_map_fn *user_map; /* NULL: system mode */
    void *user_opaque;
};

static inline struct ia64_cpu *ia64_cpu(struct vcpu *v)
{
    return (struct ia64_cpu *)(void *)v; /* v is the first member */
}

/* Retired instructions before c->insn. */
static inline uint64_t ia64_icount(const struct ia64_cpu *c)
{
    return c->running ? c->icount0 + (uint64_t)(c->insn - c->start)
                      : c->v.icount;
}

/* ---- derived state (cpu.c) ---- */

/* Recompute what PSR and CFM say: cpl, view, virt, limits. */
void ia64_update(struct ia64_cpu *c);
/* Set PSR as a whole; swaps register banks. */
void ia64_set_psr(struct ia64_cpu *c, uint64_t psr);
/* The field of a control register that is plain storage, or NULL. */
uint64_t *ia64_cr(struct ia64_state *s, unsigned nr);
/* CPUID register nr, below IA64_VCPUIDS. */
uint64_t ia64_cpuid(unsigned nr);
/* Drop software translations of data and fetches. */
void ia64_flush(struct ia64_cpu *c);
void ia64_flush_fetch(struct ia64_cpu *c);

/* Power-on state as the platform wants it: physical mode, privilege level 0.
 */
void ia64_reset(struct ia64_cpu *c);

/* ---- leaving an instruction (fault.c); these do not return ---- */
void ia64_raise(struct ia64_cpu *c, const struct ia64_insn *i,
                const struct ia64_fault *f) NORETURN;
void ia64_general(struct ia64_cpu *c, const struct ia64_insn *i,
                  uint64_t code) NORETURN;
void ia64_illegal(struct ia64_cpu *c, const struct ia64_insn *i) NORETURN;
/* NaT consumption of a register; `access` is ISR's r, w, na bits and code{3:0}.
 */
void ia64_nat_fault(struct ia64_cpu *c, const struct ia64_insn *i,
                    uint64_t access) NORETURN;

/* Come back to the run loop right after the running instruction. */
void ia64_attention(struct ia64_cpu *c);

/* ---- interruptions (interrupt.c) ---- */

/* Deliver: registers of the interruption, PSR, IP; an exit if the engine sees
 * them. */
void ia64_deliver(struct ia64_cpu *c, const struct ia64_fault *f);
/* rfi: PSR as given, frame and IP from IFS and IIP. cfle: what is left of an
 * incomplete frame is loaded, where IFS brings none. */
void ia64_return(struct ia64_cpu *c, uint64_t psr, bool cfle);

/* One more of a row of the ledger. */
static inline void ia64_count(struct ia64_cpu *c, enum ledger_kind kind,
                              unsigned reason, uint64_t subreason)
{
    ledger_add(&c->v.ledger, kind, LEDGER_IA64 + reason, subreason, 1);
}

/* ---- sensitive operations (fault.c) ---- */
void ia64_sensitive_slow(struct ia64_cpu *c, const struct ia64_insn *i,
                         unsigned op);

static inline void ia64_sensitive(struct ia64_cpu *c, const struct ia64_insn *i,
                                  unsigned op)
{
    ia64_count(c, LEDGER_SENSITIVE, op, 0);
    if (unlikely(c->virt))
        ia64_sensitive_slow(c, i, op);
}

/* The same where it is too frequent, or too rarely sensitive, to be counted for
 * all engines: seen only if the engine lets it be silent. */
static inline void ia64_silent(struct ia64_cpu *c, unsigned op)
{
    if (unlikely(c->v.disp.at[op] == DISP_SILENT))
        ia64_count(c, LEDGER_SILENT, op, 0);
}

extern const struct regset ia64_regset;
extern const struct processor_ops ia64_model_processor_ops;

#endif
