/* op.h: what handlers of instructions are made of.
 *
 * A handler is `void ia64_op_NAME(struct ia64_cpu *c, const struct ia64_insn
 * *i)` for the handler NAME of a row of encodings.def. It runs with a true
 * qualifying predicate, except those listed in code.c, which test it
 * themselves. It ends in exactly one of
 *   IA64_NEXT(c, i)         completed; go on with the next slot
 *   ia64_jump(c, i, ip)     completed; a branch is taken to ip
 *   ia64_end(c, i)          completed; back to the run loop (PSR changed...)
 *   a NORETURN function     (ia64_raise...): did not complete
 * gcc turns these calls into jumps, so that each handler has a dispatch of its
 * own. Where it does not, taken branches return to the run loop, which bounds
 * the stack by the slots of a page. */
#ifndef VTI_IA64_CPU_OP_H
#define VTI_IA64_CPU_OP_H

#include "common/base/bits.h"
#include "vti-ia64/cpu/check.h"
#include "vti-ia64/cpu/cpu.h"

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
#define IA64_CHAIN 1
#else
#define IA64_CHAIN 0
#endif

/* The next handler, by a jump: gcc makes one only where the handler has no
 * local variable whose address was taken; what needs one is a function of its
 * own (NOINLINE). test_chain.c looks at each row. */
#define IA64_NEXT(c, i)                                                        \
    do {                                                                       \
        (i)[1].fn((c), (i) + 1);                                               \
        return;                                                                \
    } while (0)

#define IA64_OP(name)                                                          \
    void ia64_op_##name(struct ia64_cpu *c, const struct ia64_insn *i)

/* All handlers, and those that are no row's. */
#define INSN(handler, x, unit, format, mnemonic, operands, ...)                \
    ia64_handler ia64_op_##handler;
#include "vti-ia64/cpu/encodings.def"
#undef INSN
ia64_handler ia64_op_decode, ia64_op_predicated, ia64_op_predicated_illegal,
    ia64_op_illegal, ia64_op_skip, ia64_op_stop, ia64_op_page_end;

extern ia64_handler *const ia64_handlers[];

/* ---- control ---- */
static inline uint64_t ia64_insn_ip(const struct ia64_cpu *c,
                                    const struct ia64_insn *i)
{
    return c->page_va + (uint64_t)(i - c->page->insn) / 3 * 16;
}

/* A branch is taken to `ip`: leave the page or return to the run loop. The
 * instruction has been counted. */
void ia64_go(struct ia64_cpu *c, uint64_t ip);

static ALWAYS_INLINE void ia64_jump(struct ia64_cpu *c,
                                    const struct ia64_insn *i, uint64_t ip)
{
    const struct ia64_insn *n;

    c->icount0 += (uint64_t)(i + 1 - c->start);
    if (IA64_CHAIN && likely(((ip ^ c->page_va) >> IA64_CODE_SHIFT) == 0 &&
                             c->icount0 < c->fast_limit)) {
        n = &c->page->insn[(ip & (IA64_CODE_BYTES - 1)) / 16 * 3];
        c->start = n;
        n->fn(c, n);
        return;
    }
    c->start = i + 1;
    ia64_go(c, ip);
}

/* Completed; s.ip and PSR.ri become the next slot's, back to the run loop. */
void ia64_end(struct ia64_cpu *c, const struct ia64_insn *i);

/* ---- operands ---- */
static ALWAYS_INLINE bool ia64_qp(const struct ia64_cpu *c,
                                  const struct ia64_insn *i)
{
    return c->s.pr >> i->qp & 1;
}

#define GR1 (&c->s.gr[i->r1])
#define GR2 (&c->s.gr[i->r2])
#define GR3 (&c->s.gr[i->r3])

/* Targets that are not in the frame are illegal; r0 was found at decoding.
 * [ISDM3 "check_target_register()"] */
#define IA64_TARGET(c, i)                                                      \
    do {                                                                       \
        if (unlikely((i)->r1 >= (c)->gr_limit))                                \
            ia64_illegal((c), (i));                                            \
    } while (0)

static ALWAYS_INLINE void ia64_set_pr(struct ia64_cpu *c, unsigned nr, bool v)
{
    c->s.pr = ((c->s.pr & ~(1ull << nr)) | (uint64_t)v << nr) | 1;
}

/* f32-f127 rotate. */
static ALWAYS_INLINE struct ia64_fr *ia64_fr(struct ia64_cpu *c, unsigned nr)
{
    if (nr >= 32) {
        nr += c->rrb_fr;
        if (nr >= 128)
            nr -= 96;
    }
    return &c->s.fr[nr];
}

#define FR1 ia64_fr(c, i->r1)
#define FR2 ia64_fr(c, i->r2)
#define FR3 ia64_fr(c, i->r3)
#define FR4 ia64_fr(c, i->r4)

/* [ISDM2 "Disabled FP-Register vector"]: fault if one of the registers is in a
 * half that is disabled. */
void ia64_fp_disabled(struct ia64_cpu *c, const struct ia64_insn *i,
                      uint64_t isr) NORETURN;

static ALWAYS_INLINE void ia64_fp_check(struct ia64_cpu *c,
                                        const struct ia64_insn *i, unsigned ra,
                                        unsigned rb, unsigned rc, unsigned rd)
{
    uint64_t isr = 0;

    if (likely((c->s.psr & (PSR_DFL | PSR_DFH)) == 0))
        return;
    if ((c->s.psr & PSR_DFL) && ((ra >= 2 && ra < 32) || (rb >= 2 && rb < 32) ||
                                 (rc >= 2 && rc < 32) || (rd >= 2 && rd < 32)))
        isr |= 1;
    if ((c->s.psr & PSR_DFH) && (ra >= 32 || rb >= 32 || rc >= 32 || rd >= 32))
        isr |= 2;
    if (isr != 0)
        ia64_fp_disabled(c, i, isr);
}

/* PSR.mfl, mfh: a register of that half was written. */
static ALWAYS_INLINE void ia64_fp_wrote(struct ia64_cpu *c, unsigned nr)
{
    c->s.psr |= nr < 32 ? PSR_MFL : PSR_MFH;
}

/* PSR.ic, where registers of interruptions exist only while it is 0; a virtual
 * processor's is vpsr.ic. */
static inline bool ia64_ic(const struct ia64_cpu *c)
{
    bool virt = (c->s.psr & PSR_VM) && c->vti.now != NULL;

    return ((virt ? c->vti.now->vpd->vpsr : c->s.psr) & PSR_IC) != 0;
}

/* Of privileged instructions, after the Illegal Operations. */
static inline void ia64_check_cpl0(struct ia64_cpu *c,
                                   const struct ia64_insn *i)
{
    if (unlikely(c->cpl != 0))
        ia64_general(c, i, IA64_GE_PRIV_OP);
}

/* All checks of a privileged instruction from that of the level on. i->imm is
 * that of ssm and rsm; i->r3 the number of a control register. */
static ALWAYS_INLINE void
ia64_privileged(struct ia64_cpu *c, const struct ia64_insn *i, unsigned op)
{
    struct ia64_fault f;

    ia64_check_cpl0(c, i);
    if (unlikely(!ia64_operands_pass(&c->mmu, op, GR2, GR3,
                                     op == IA64_SENS_MOV_TO_CR ? i->r3 : i->imm,
                                     &f)))
        ia64_raise(c, i, &f);
    ia64_sensitive(c, i, op);
}

#endif
