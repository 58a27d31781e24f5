/* cpu.h: an x86 vcpu as interp runs it: architectural state plus everything
 * derived from it.
 *
 * Invariants while handlers run:
 *  1. c->insn is the instruction being executed; it advances when that
 *     instruction has completed (X86_NEXT, X86_END), so that a fault, which
 *     leaves by longjmp, finds the instruction that did not complete.
 *  2. s.r[R_IP] is the RIP of the block's first instruction.
 *  3. s.rflags has no FL_ARITH bits: they are in c->arith. x86_rflags() and
 *     x86_set_rflags() (flags.h) see the whole register.
 *  4. An instruction changes nothing that the guest can see before its last
 *     possible fault (REP: per iteration).
 * Between runs R_IP is the architectural RIP and s.rflags is complete. */
#ifndef COMMON_X86_CPU_H
#define COMMON_X86_CPU_H

#include <setjmp.h>

#include "common/engine/processor.h"
#include "common/x86/ext.h"
#include "common/x86/insn.h"
#include "common/x86/state.h"

struct x86_block;
struct x86_code_hooks;
struct x86_interp;
struct mmu_ops;

/* Software TLB. Entries hold linear page addresses whose accesses need no
 * check; a tag that is no page address never matches. One table per view. */
#define X86_TLB_BITS 12
#define X86_TLB_SIZE (1u << X86_TLB_BITS)
#define X86_TLB_NONE 1ull

struct x86_tlb_entry {
    uint64_t rtag;    /* linear page that may be read, or X86_TLB_NONE */
    uint64_t wtag;    /* linear page that may be written directly */
    uintptr_t addend; /* host address - linear address */
    uint64_t pa;      /* guest-physical page | X86_TLB_GLOBAL, X86_TLB_LARGE */
};

#define X86_TLB_GLOBAL 1u
#define X86_TLB_LARGE  2u /* a part of a larger page */

enum x86_view { X86_VIEW_SUPER, X86_VIEW_USER, X86_VIEWS };

/* What the hot path needs of a segment, recomputed by x86_seg_update(). An
 * access at offset off with off <= rlim (wlim) needs no further segment check,
 * whatever its size up to 64 bytes. base is 0 in 64-bit mode but for FS, GS. */
struct x86_seg_cache {
    uint64_t base;
    uint64_t rlim, wlim; /* see above; -1 (as the largest value) is "any" */
    bool rnone, wnone;   /* no offset passes the fast path; the limit is 0 */
    uint8_t flat;        /* X86_FLAT_* of ES, CS, SS and DS, for translators */
};
#define X86_FLAT_READ  1u /* every offset of 32 bits may be read */
#define X86_FLAT_WRITE 2u /* ...written */
#define X86_FLAT_ZERO  4u /* the base is 0 */
/* rlim (wlim) of a segment of which that is so is not less. */
#define X86_FLAT_LIMIT 0xffffffc0u

/* An exception or interrupt on its way to the IDT. */
enum x86_event_type {
    X86_EV_FAULT, /* exception: RIP of the instruction, sets RF */
    X86_EV_TRAP,  /* exception after the instruction (#DB, #BP/#OF by INT3) */
    X86_EV_SOFT,  /* INT n, INT3, INTO: gate DPL is checked */
    X86_EV_EXTINT,
    X86_EV_NMI,
};

struct x86_event {
    enum x86_event_type type;
    uint8_t vector;
    bool has_error;
    uint32_t error;
    uint64_t cr2;     /* #PF: loaded into CR2 at delivery */
    uint64_t db;      /* #DB: bits to set in DR6 */
    bool by_insn;     /* INT n, INT3, INTO, INT1: the instruction completes */
    uint64_t next_ip; /* ...with this return address, when it is delivered */
    bool soft_exception; /* X86_EV_SOFT by INT3 or INTO, not by INT n */
    bool injected; /* by a VMM: RFLAGS are pushed as they are, CR2, DR6 and
                    * DR7 stay */
};

/* longjmp codes to the run loop */
enum x86_leave {
    X86_LEAVE_EVENT = 1,
    X86_LEAVE_EXIT = 2,
    X86_LEAVE_SHUTDOWN = 3
};

struct x86_cpu {
    struct vcpu v; /* first */
    /* A translator's: instructions that may still run, where its code goes on.
     * Near the registers: short addresses. */
    int32_t jit_left;
    const uint8_t *jit_go;
    struct x86_state s;

    /* Arithmetic flags in the host's LAHF/SETO form: bits 15:8 are SF ZF 0 AF 0
     * PF 1 CF (as AH after LAHF), bit 0 is OF. */
    uint16_t arith;
    uint8_t cpl;
    uint8_t code_size;   /* 1: 16-bit code, 2: 32-bit, 3: 64-bit */
    uint8_t stack_size;  /* 1: SP, 2: ESP, 3: RSP */
    bool long_mode;      /* EFER.LMA */
    bool v86;            /* RFLAGS.VM with CR0.PE */
    uint64_t ip_mask;    /* by code_size */
    uint64_t stack_mask; /* by stack_size */
    uint64_t lin_mask;   /* 64-bit code: all ones, else 32 bits */

    const struct x86_insn *insn;  /* invariant 1 */
    const struct x86_insn *insn0; /* first of the running block */
    struct x86_block *block;
    uint64_t block_icount; /* v.icount when the block was entered */
    uint64_t budget_end;   /* v.icount at which run() must return */
    uint64_t run_to;       /* the same, or nearer: look up there */

    struct x86_seg_cache sc[SEG_COUNT];
    struct x86_tlb_entry *tlb; /* the view that data accesses use */
    uint8_t view;
    struct x86_tlb_entry
        tlbs[X86_VIEWS + 1]
            [X86_TLB_SIZE]; /* last: always
                             * empty: used while every access must take the slow
                             * path (#AC checks, data breakpoints) */
    /* Regions of 4 MiB (modulo 1 GiB) that had parts of large pages since the
     * last full flush. */
    uint64_t tlb_large[4];
    uint64_t fetch_gen; /* changes with every flush: key of fetch caches */
    /* Bit view * X86_TLB_SIZE + index: that entry may be filled, [1] with a
     * global translation, [0] with another. */
    uint64_t tlb_filled[2][X86_VIEWS * X86_TLB_SIZE / 64];
    bool transient; /* keep no decoded code: another processor watches the
                     * writes to code pages (an emulator's) */

    /* Something for the run loop to look at before the next instruction. */
    volatile sig_atomic_t attention;
    bool machine_attention;

    const struct mmu_ops *mmu; /* memory-virtualization policy */
    void *mmu_opaque;
    const struct cpuid_model *model;
    uint64_t pa_mask;              /* physical-address width of the model */
    const struct x86_ext_ops *ext; /* NULL: a bare processor */
    struct x86_ext_state x;
    struct processor_config config;

    struct x86_event event; /* the event on its way (X86_LEAVE_EVENT) */
    bool delivering;        /* inside x86_deliver() */
    struct vcpu_exit exit;  /* X86_LEAVE_EXIT */
    struct x86_insn left;   /* ...at this instruction, if insn_len != 0 */
    /* Blocking by STI or MOV SS that the running instruction, or the delivery
     * of what it raised, ends if it completes. */
    uint32_t held_shadow;
    jmp_buf leave;

    struct x86_interp *interp;               /* interp's own: blocks, scratch */
    const struct x86_code_hooks *code_hooks; /* block.h; NULL: none */
};

static inline struct x86_cpu *x86_cpu(struct vcpu *v)
{
    return (struct x86_cpu *)(void *)v; /* v is the first member */
}

/* Retired instructions so far, also right inside a block (then: those before
 * the running instruction). */
static inline uint64_t x86_icount(const struct x86_cpu *c)
{
    return c->block_icount + (uint64_t)(c->insn - c->insn0);
}

/* ---- leaving an instruction (excp.c); none of these returns ---- */
void x86_raise(struct x86_cpu *c, enum x86_vector vec) NORETURN;
void x86_raise_err(struct x86_cpu *c, enum x86_vector vec,
                   uint32_t err) NORETURN;
void x86_pf(struct x86_cpu *c, uint64_t lin, uint32_t err) NORETURN;
/* #DB as a fault (instruction breakpoint, GD) with these DR6 bits. */
void x86_db_fault(struct x86_cpu *c, uint64_t dr6) NORETURN;
/* Software interrupt: INT n, INT1; return address is next_ip. */
void x86_soft_int(struct x86_cpu *c, uint8_t vec, enum x86_event_type type,
                  uint64_t next_ip) NORETURN;
/* The same of INT3 and INTO. */
void x86_soft_exception(struct x86_cpu *c, uint8_t vec,
                        uint64_t next_ip) NORETURN;
void x86_leave_exit(struct x86_cpu *c, enum x86_sensitive op, uint64_t sub,
                    uint64_t qual) NORETURN;
void x86_leave_shutdown(struct x86_cpu *c) NORETURN;

static inline void NORETURN x86_ud(struct x86_cpu *c)
{
    x86_raise(c, VEC_UD);
}

static inline void NORETURN x86_gp0(struct x86_cpu *c)
{
    x86_raise_err(c, VEC_GP, 0);
}

/* ---- sensitive operations ----
 * Called by the handler of every sensitive operation after the checks that come
 * before the technique sees it (#UD by mode) and before it changes anything.
 * Counts it and returns when the processor is to execute it; otherwise leaves
 * with a fault or an exit. */
void x86_sensitive_slow(struct x86_cpu *c, enum x86_sensitive op, uint64_t sub,
                        uint64_t qual);

static inline void x86_sensitive(struct x86_cpu *c, enum x86_sensitive op,
                                 uint64_t sub, uint64_t qual)
{
    ledger_add(&c->v.ledger, LEDGER_SENSITIVE, op, sub, 1);
    if (unlikely(c->v.disp.at[op] != DISP_EXECUTE))
        x86_sensitive_slow(c, op, sub, qual);
}

/* ---- run-loop control ---- */

/* Return to the run loop right after the current instruction: interrupts may
 * have become deliverable, code under us changed, a timer moved nearer. Also
 * legal between instructions. */
void x86_attention(struct x86_cpu *c);

/* ---- derived state (mode.c) ---- */

/* Recompute everything derived from CR0, CR4, EFER, CS, SS, RFLAGS.VM/AC, CPL
 * and DR7: cpl, code_size, masks, segment caches, TLB view. Ends the block
 * (calls x86_attention) when the mode of decoding changed. */
void x86_update_mode(struct x86_cpu *c);

/* Recompute sc[seg] after s.seg[seg] changed. */
void x86_seg_update(struct x86_cpu *c, enum x86_segreg seg);

/* Power-on/RESET state [SDM3 "Processor State After Reset"]. */
void x86_reset(struct x86_cpu *c);
/* INIT: as reset, but x87/SSE, MSRs and caches stay. */
void x86_init_signal(struct x86_cpu *c);

/* ---- translations (tlb.c) ---- */
void x86_tlb_flush(struct x86_cpu *c, bool global_too);
void x86_tlb_invlpg(struct x86_cpu *c, uint64_t lin);

/* ---- slots of processor_ops that all x86 processors share (cpu.c) ---- */
enum status x86_cpu_create(struct machine *m, const struct engine_ops *engine,
                           const struct processor_ops *processor,
                           const struct processor_config *config,
                           struct vcpu **out, struct error *err);
/* With `extra` bytes of zeroes right after struct x86_cpu (rounded up to 64).
 */
enum status x86_cpu_create_extra(struct machine *m,
                                 const struct engine_ops *engine,
                                 const struct processor_ops *processor,
                                 const struct processor_config *config,
                                 size_t extra, struct vcpu **out,
                                 struct error *err);
void x86_cpu_destroy(struct vcpu *v);
void x86_cpu_drop(struct vcpu *v);
void x86_cpu_state_changed(struct vcpu *v);
void x86_cpu_kick(struct vcpu *v);

extern const struct regset x86_regset;
extern const struct processor_ops interp_processor_ops;

#endif
