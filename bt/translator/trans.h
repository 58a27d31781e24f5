/* trans.h: one unit on its way from predecoded instructions to host code. */
#ifndef BT_TRANSLATOR_TRANS_H
#define BT_TRANSLATOR_TRANS_H

#include "bt/processor.h"
#include "bt/translator/bank.h"

/* Where the guest's flags are. */
#define TF_HOST  1u /* in the host's flags */
#define TF_SAVED 2u /* in AX, in the form of x86_cpu.arith */

/* What an instruction does to the flags. */
enum trans_flags {
    TFL_NONE, /* does not look at them */
    TFL_SET,  /* sets all, needs none */
    TFL_INC,  /* sets all but CF */
    TFL_MOD,  /* changes some: the others must be in the host's flags */
    TFL_USE,  /* reads some, may change some */
    TFL_BOTH, /* reads some, sets all */
};

struct trans;

/* Emit code for t->i. Legal only if trans_inline() said so. */
typedef void trans_fn(struct trans *t, unsigned arg);

struct trans_op {
    const struct x86_impl *impl;
    trans_fn *fn;
    uint16_t arg;
    uint8_t flags;  /* enum trans_flags */
    uint32_t forms; /* TOF_* */
};
#define TOF_READ  1u    /* reads its memory operand */
#define TOF_WRITE 2u    /* writes (or reads and writes) it */
#define TOF_ADDR  4u    /* only the address matters */
#define TOF_REG   8u    /* may have no memory operand */
#define TOF_E8    0x10u /* reg and rm are bytes if the size is */
#define TOF_RM8   0x20u /* rm is a byte register whatever the size is */
#define TOF_PUSH  0x40u /* writes below rSP */
#define TOF_POP   0x80u /* reads at rSP */
/* Needs S1 for nothing but its memory operand, if its registers are host
 * registers' low parts: see runs.c. */
#define TOF_RUN 0x800000u

#define TOF_FAULT    0x100u /* may fault by itself */
#define TOF_LOW      0x200u /* no high byte registers */
#define TOF_WIDE     0x400u /* not of size 8 */
#define TOF_WIDE32   0x800u /* of sizes 32 and 64 */
#define TOF_SIZE64   0x1000u
#define TOF_TARGET   0x2000u   /* a branch to a fixed target */
#define TOF_INDIRECT 0x4000u   /* a branch to any */
#define TOF_ANY      0x8000u   /* whatever the operands are */
#define TOF_LAST     0x10000u  /* a branch: ends the unit */
#define TOF_SSE      0x20000u  /* XMM registers: where they can be used */
#define TOF_CPL0     0x40000u  /* at CPL 0 */
#define TOF_SENS     0x80000u  /* arg: a sensitive operation */
#define TOF_NEXT     0x100000u /* with a translated one after it */

/* Code out of line for an instruction: interp does it. */
struct trans_cold {
    struct emit_label from, back;
    bool used;
    uint8_t flags; /* TF_* that must hold at `back` */
};

/* Instructions whose accesses one look at the TLB serves. */
struct trans_run {
    uint8_t n; /* instructions; 0: there is no run */
    uint8_t accesses;
    uint8_t flags; /* TF_* after the look */
    uint8_t base;  /* guest register */
    bool write;
    uint16_t bytes; /* from the lowest... */
    int32_t low;    /* ...which is so far from the base as it is at first */
};

/* No unit has more host code in line, nor out of line. */
#define TRANS_UNIT_BYTES 8192u

/* What a translation says of itself, for listings. */
struct trans_part {
    uint32_t offset; /* where it begins, in host code in line or out of it */
    uint8_t part;    /* enum jit_part */
    uint8_t k;       /* instruction or exit */
};
struct trans_notes {
    struct trans_part part[3 * JIT_UNIT_MAX + 8];
    unsigned nr;
    bool called_out[JIT_UNIT_MAX];
    bool live[JIT_UNIT_MAX]; /* flags after the instruction matter */
};

struct trans {
    struct x86_cpu *c;
    struct trans_notes *notes; /* NULL: nobody wants them */
    struct jit *j;
    const struct x86_block *b;
    struct jit_unit *u;
    struct emit e;     /* the code that is being emitted: in line, ... */
    struct emit aside; /* ...out of line; pass 5 exchanges them */
    unsigned n, mode, bank;
    uint32_t key; /* of the mode */
    bool code64;
    uint64_t ip, ip_mask;

    const struct trans_op *op[JIT_UNIT_MAX]; /* NULL: called out to */
    bool live[JIT_UNIT_MAX];            /* flags after the instruction matter */
    struct trans_run run[JIT_UNIT_MAX]; /* by their first instructions */
    int32_t run_off[JIT_UNIT_MAX];  /* of members: from the base as at first */
    const struct trans_run *in_run; /* S1 is the address of its lowest byte */
    struct trans_cold cold[JIT_UNIT_MAX];
    struct trans_cold alone[JIT_UNIT_MAX]; /* in runs, out of line */
    bool out_of_line;
    struct emit_label stub[2], entry, far[2];
    bool stub_used[2], far_used[2];

    const struct x86_insn *i; /* the instruction being emitted */
    unsigned k;               /* its number */
    unsigned fl;              /* TF_* */
    bool ended;               /* no way on to a next instruction */
};

/* ---- translate.c ---- */
/* Translate a living unit once more, into buf[2 * TRANS_UNIT_BYTES], as if for
 * where it is. False: it would become another one now. */
bool jit_translate_again(struct x86_cpu *c, struct jit_unit *u, uint8_t *buf,
                         struct trans_notes *notes);

static inline uint64_t trans_next_ip(const struct trans *t)
{
    return (t->ip + t->i->off + t->i->len) & t->ip_mask;
}

/* The code from here on is this part's: for listings (listing.c). */
void trans_note(struct trans *t, enum jit_part part, unsigned k);
/* Instruction k by interp. Flags are saved. */
void trans_call_out(struct trans *t, unsigned k);
/* Jump to exit k of the unit, for guest address ip. Flags are saved. */
void trans_exit(struct trans *t, unsigned k, uint64_t ip);
/* The same if cc, else go on. */
void trans_exit_if(struct trans *t, enum emit_cc cc, unsigned k, uint64_t ip);

/* ---- ops.c: the table ---- */
/* How to translate *i, or NULL: by a call-out. */
const struct trans_op *trans_inline(const struct trans *t,
                                    const struct x86_insn *i);
/* The line for x86_op `op`, or NULL. */
const struct trans_op *trans_op_find(unsigned op);
/* Does *insn load a segment register that modes know, without ending its block?
 */
bool trans_loads_segment(const struct x86_insn *insn);
/* Target of a relative branch. */
uint64_t trans_target(const struct trans *t, const struct x86_insn *i);

/* ---- cold.c ---- */
void trans_cold_pass(struct trans *t);

/* ---- runs.c ---- */
void trans_run_pass(struct trans *t);

/* ---- flagpass.c ---- */
void trans_flag_pass(struct trans *t);
/* Save the flags if they are only in the host's. */
void trans_flags_save(struct trans *t);
/* Get them into the host's flags. */
void trans_flags_host(struct trans *t);
/* Get CF there. */
void trans_flags_carry(struct trans *t);
/* The host's flags are about to be lost: save what matters. `before`: the flags
 * before t->i still matter as well as those after it. */
void trans_flags_clobber(struct trans *t);

/* ---- memory.c: the layer that makes guest-virtual accesses ---- */
bool trans_mem_possible(const struct trans *t, const struct x86_insn *i,
                        bool write, unsigned bytes);
/* Check the operand of t->i and give where it is: S1 (and nothing else but
 * guest registers) is used in it; S2 is free. Host flags are lost. */
struct emit_mem trans_mem(struct trans *t, bool write, unsigned bytes);
/* [rSP + off], n bytes; likewise. */
struct emit_mem trans_stack(struct trans *t, int32_t off, bool write,
                            unsigned bytes);
/* SS:[rBP] */
struct emit_mem trans_frame(struct trans *t, bool write, unsigned bytes);
/* One look for all of *r, which begins with t->i: S1 becomes the address of its
 * lowest byte. Host flags are lost. */
void trans_run_begin(struct trans *t, const struct trans_run *r);
bool trans_stack_possible(const struct trans *t, bool write);
/* dst = address of t->i's operand, without an access. */
void trans_address(struct trans *t, enum emit_reg dst, enum emit_size size);
/* To the cold code of t->i if cc. */
void trans_cold_if(struct trans *t, enum emit_cc cc);

/* ---- operands.c ---- */
/* Guest register n (a byte offset if size is E8) for reading; `scratch` is used
 * if it has no such host register. */
enum emit_reg trans_get(struct trans *t, unsigned n, enum emit_size size,
                        enum emit_reg scratch);
/* For writing or changing: the host register to work on, then the end of it.
 * get8: a source that must survive the exchange of the high byte. */
enum emit_reg trans_begin(struct trans *t, unsigned n, enum emit_size size,
                          enum emit_reg scratch, bool read);
void trans_end(struct trans *t, unsigned n, enum emit_size size,
               enum emit_reg reg);
/* Get the guest's flags into the host's if t->i needs them: as operands, or to
 * leave some as they are that matter after it. */
void trans_flags_in(struct trans *t);
/* The operand of 16 bytes, which must be aligned; its address in S2. */
struct emit_mem trans_mem_aligned(struct trans *t, bool write);
/* reg = op(reg, rm); `from` is the size of rm; read: reg is an operand. */
void trans_G_E(struct trans *t, enum emit_op op, enum emit_size from,
               bool read);
/* rm = op(rm, imm8); BT writes nothing. */
void trans_E_imm8(struct trans *t, enum emit_op op);
/* rSP = guest register `from` + n */
void trans_move_sp(struct trans *t, unsigned from, int32_t n);
/* Is n a high byte register? */
static inline bool trans_high(unsigned n, enum emit_size size)
{
    return size == E8 && (n & 7) != 0;
}

#endif
