/* emit.h: the encoder: host instructions (x86-64) into a buffer.
 *
 * Everything about host encodings stands here and in emit.c, emit_ops.def.
 * Functions append one instruction and never fail by themselves: the first
 * failure is kept in e->fail, nothing is written after it, and the caller looks
 * once at the end (emit_ok()). The emitter neither executes nor owns memory.
 *
 * Two addresses: bytes are written at e->p, and will execute at another
 * address (e->run + offset): displacements are computed for the latter.
 *
 * Operand order is that of the Intel manuals, destination first. Sizes are
 * those of x86_insn.size: 0: 8 bits, 1: 16, 2: 32, 3: 64. Writing a 32-bit
 * register clears its upper half, as in the processor.
 *
 * Flags: each instruction does to the host's flags what the manual says;
 * emit_mov_imm(), LEA, MOV, moves, SETcc, CMOVcc, jumps, the VEX shifts, NOT,
 * XCHG, PUSH, POP and nops leave them alone. */
#ifndef BT_TRANSLATOR_EMIT_H
#define BT_TRANSLATOR_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Host registers. HR_AH..HR_BH are the high byte registers: legal only in byte
 * operands, and only where nothing in the instruction needs a REX prefix (else
 * EMIT_FORM). XMM registers are plain numbers 0..15. */
enum emit_reg {
    HR_AX,
    HR_CX,
    HR_DX,
    HR_BX,
    HR_SP,
    HR_BP,
    HR_SI,
    HR_DI,
    HR_8,
    HR_9,
    HR_10,
    HR_11,
    HR_12,
    HR_13,
    HR_14,
    HR_15,
    HR_AH = 20,
    HR_CH,
    HR_DH,
    HR_BH,
    HR_RIP = 30, /* only as a base */
    HR_NONE = 31,
};

enum emit_size { E8, E16, E32, E64 };

/* Conditions as encoded in Jcc, SETcc, CMOVcc; cc ^ 1 is the opposite. */
enum emit_cc {
    CC_O,
    CC_NO,
    CC_B,
    CC_AE,
    CC_E,
    CC_NE,
    CC_BE,
    CC_A,
    CC_S,
    CC_NS,
    CC_P,
    CC_NP,
    CC_L,
    CC_GE,
    CC_LE,
    CC_G,
};

enum emit_op {
#define EMIT_OP(name, load, store, imm, unary, digit, flags) EO_##name,
#include "bt/translator/emit_ops.def"
#undef EMIT_OP
    EO_COUNT
};

enum emit_fail {
    EMIT_OK,
    EMIT_FULL,  /* the buffer is too small */
    EMIT_RANGE, /* a displacement does not reach (short label, far target) */
    EMIT_FORM,  /* there is no such instruction: our bug */
};

/* A place in the code. Zero-initialized: unbound and unused. Uses before
 * emit_bind() are patched by it. */
struct emit_label {
    uint32_t bound; /* offset + 1; 0: not yet */
    uint32_t
        near; /* last near use: offset + 1, or 0; earlier ones hang on it */
    uint32_t shrt; /* last short use, likewise */
};

struct emit {
    uint8_t *base; /* first byte of the buffer, where we write */
    uint8_t *p;    /* next byte */
    uint8_t *end;
    uint64_t run; /* the address at which *base will execute */
    enum emit_fail fail;
};

/* A memory operand: [base + index * 2^scale + disp], any part absent. */
struct emit_mem {
    uint8_t base;    /* enum emit_reg, HR_RIP or HR_NONE */
    uint8_t index;   /* not HR_SP; HR_NONE */
    uint8_t scale;   /* 0..3 */
    uint8_t seg;     /* 0, or a prefix: 0x64 (FS), 0x65 (GS) */
    int32_t disp;    /* HR_NONE as base and index: sign-extended address */
    uint64_t target; /* HR_RIP: absolute address, if label is NULL */
    struct emit_label *label; /* HR_RIP: or this place */
};

/* Start at buf, which will execute at address run. size < 16 MiB. */
void emit_init(struct emit *e, void *buf, size_t size, uint64_t run);

static inline bool emit_ok(const struct emit *e)
{
    return e->fail == EMIT_OK;
}

static inline uint32_t emit_offset(const struct emit *e)
{
    return (uint32_t)(e->p - e->base);
}

/* The address at which the next instruction will execute. */
static inline uint64_t emit_here(const struct emit *e)
{
    return e->run + emit_offset(e);
}

/* ---- memory operands ---- */

static inline struct emit_mem emit_at(enum emit_reg base, int32_t disp)
{
    return (struct emit_mem){
        .base = (uint8_t)base, .index = HR_NONE, .disp = disp};
}

static inline struct emit_mem emit_at_x(enum emit_reg base, enum emit_reg index,
                                        unsigned scale, int32_t disp)
{
    return (struct emit_mem){.base = (uint8_t)base,
                             .index = (uint8_t)index,
                             .scale = (uint8_t)scale,
                             .disp = disp};
}

/* RIP-relative, to an absolute host address or to a label. */
static inline struct emit_mem emit_at_host(const void *address)
{
    return (struct emit_mem){.base = HR_RIP,
                             .index = HR_NONE,
                             .target = (uint64_t)(uintptr_t)address};
}

static inline struct emit_mem emit_at_label(struct emit_label *l)
{
    return (struct emit_mem){.base = HR_RIP, .index = HR_NONE, .label = l};
}

/* ---- instructions of emit_ops.def ----
 * An operation without the form asked for is EMIT_FORM. Where both encodings
 * exist (ADD r, r) emit_rr() takes the store form. */

/* op dst, src: registers. MOVZX, MOVSX, MOVSXD: `size` is that of dst (MOVSXD
 * reads 32 bits). SHLD, SHRD: by CL. XCHG, XADD, CMPXCHG, TEST, BT: dst is the
 * r/m operand. */
void emit_rr(struct emit *e, enum emit_op op, enum emit_size size,
             enum emit_reg dst, enum emit_reg src);
/* op reg, [mem] (TEST: the same as emit_mr()) */
void emit_rm(struct emit *e, enum emit_op op, enum emit_size size,
             enum emit_reg dst, struct emit_mem mem);
/* op [mem], reg */
void emit_mr(struct emit *e, enum emit_op op, enum emit_size size,
             struct emit_mem mem, enum emit_reg src);
/* op reg, imm. 64-bit: sign-extended from 32 bits. Smaller sizes: the value may
 * be given signed or unsigned (-1 or 0xff). */
void emit_ri(struct emit *e, enum emit_op op, enum emit_size size,
             enum emit_reg dst, int64_t imm);
void emit_mi(struct emit *e, enum emit_op op, enum emit_size size,
             struct emit_mem mem, int64_t imm);
/* op r/m: shifts by CL, NOT, NEG, MUL, INC..., PUSH, POP, CALL, JMP (E64) */
void emit_r(struct emit *e, enum emit_op op, enum emit_size size,
            enum emit_reg reg);
void emit_m(struct emit *e, enum emit_op op, enum emit_size size,
            struct emit_mem mem);
/* Three operands: IMUL dst, src, imm; SHLD/SHRD dst, src, imm8. */
void emit_rri(struct emit *e, enum emit_op op, enum emit_size size,
              enum emit_reg dst, enum emit_reg src, int64_t imm);
/* IMUL reg, [mem], imm */
void emit_rmi(struct emit *e, enum emit_op op, enum emit_size size,
              enum emit_reg dst, struct emit_mem mem, int64_t imm);
/* SHLD/SHRD [mem], src, imm8 */
void emit_mri(struct emit *e, enum emit_op op, enum emit_size size,
              struct emit_mem mem, enum emit_reg src, int64_t imm);

/* The shortest of the three MOVs that loads the 64-bit value. Keeps flags. */
void emit_mov_imm(struct emit *e, enum emit_reg dst, uint64_t imm);
/* Always 10 bytes; returns the offset of the 8-byte immediate (a value to be
 * patched in). */
uint32_t emit_movabs(struct emit *e, enum emit_reg dst, uint64_t imm);

void emit_bswap(struct emit *e, enum emit_size size, enum emit_reg reg);
void emit_push_imm(struct emit *e, int32_t imm);
void emit_setcc_r(struct emit *e, enum emit_cc cc, enum emit_reg reg);
void emit_setcc_m(struct emit *e, enum emit_cc cc, struct emit_mem mem);
void emit_cmov_rr(struct emit *e, enum emit_cc cc, enum emit_size size,
                  enum emit_reg dst, enum emit_reg src);
void emit_cmov_rm(struct emit *e, enum emit_cc cc, enum emit_size size,
                  enum emit_reg dst, struct emit_mem mem);

/* ---- BMI1/BMI2 and other VEX-encoded (general registers, L = 0) ----
 * Only where the host has them: common/x86 does not check, the caller does. */
enum emit_vex {
    EV_ANDN, /* dst = ~src1 & src2 */
    EV_SHLX,
    EV_SHRX,
    EV_SARX, /* dst = src2 shifted by src1 */
    EV_PEXT,
    EV_PDEP, /* dst = bits of src1 by mask src2 */
    EV_COUNT
};
/* E32 or E64. The r/m operand is src2. */
void emit_vex_rrr(struct emit *e, enum emit_vex op, enum emit_size size,
                  enum emit_reg dst, enum emit_reg src1, enum emit_reg src2);
void emit_vex_rrm(struct emit *e, enum emit_vex op, enum emit_size size,
                  enum emit_reg dst, enum emit_reg src1, struct emit_mem src2);
void emit_rorx(struct emit *e, enum emit_size size, enum emit_reg dst,
               enum emit_reg src, unsigned count);
void emit_rorx_m(struct emit *e, enum emit_size size, enum emit_reg dst,
                 struct emit_mem src, unsigned count);

/* ---- SSE, MMX and any other instruction with ModRM ----
 * [prefix] [REX] 0F [38|3A] opcode ModRM [imm8]: as kept from the guest.
 * `reg` and `rm` are register numbers 0..15 of whatever kind the opcode means
 * (or its extension in reg). `opcode`: 0x0Fxx, 0x0F38xx, 0x0F3Axx, or below
 * 0x100 for the one-byte map (x87: D8..DF with `reg` as the extension). */
struct emit_generic {
    uint8_t prefix;    /* 0, 0x66, 0xF2, 0xF3 */
    bool w;            /* REX.W */
    bool byte;         /* rm is a byte register: SPL, BPL, SIL, DIL need REX */
    uint8_t imm_bytes; /* 0, 1, 2 or 4 bytes of immediate follow */
    uint32_t opcode;
    int32_t imm;
};
void emit_generic_r(struct emit *e, const struct emit_generic *g, unsigned reg,
                    unsigned rm);
void emit_generic_m(struct emit *e, const struct emit_generic *g, unsigned reg,
                    struct emit_mem mem);

/* The same for the usual: prefix, 0F opcode, no immediate. */
static inline void emit_sse_rr(struct emit *e, unsigned prefix, unsigned opcode,
                               unsigned reg, unsigned rm)
{
    struct emit_generic g = {.prefix = (uint8_t)prefix,
                             .opcode = 0x0f00 | opcode};

    emit_generic_r(e, &g, reg, rm);
}

static inline void emit_sse_rm(struct emit *e, unsigned prefix, unsigned opcode,
                               unsigned reg, struct emit_mem mem)
{
    struct emit_generic g = {.prefix = (uint8_t)prefix,
                             .opcode = 0x0f00 | opcode};

    emit_generic_m(e, &g, reg, mem);
}

/* ---- without operands ---- */
enum emit_plain {
    EP_LAHF,
    EP_SAHF,
    EP_PUSHF,
    EP_POPF,
    EP_RET,
    EP_CLC,
    EP_STC,
    EP_CMC,
    EP_CLD,
    EP_STD,
    EP_CBW,
    EP_CWDE,
    EP_CDQE,
    EP_CWD,
    EP_CDQ,
    EP_CQO,
    EP_INT3,
    EP_UD2,
    EP_RDTSC,
    EP_CPUID,
    EP_LFENCE,
    EP_MFENCE,
    EP_SFENCE,
    EP_PAUSE,
    EP_REP_MOVSB,
    EP_REP_MOVSQ,
    EP_REP_STOSB,
    EP_REP_STOSQ,
    EP_MOVSB,
    EP_MOVSW,
    EP_MOVSD,
    EP_MOVSQ,
    EP_STOSB,
    EP_STOSW,
    EP_STOSD,
    EP_STOSQ,
    EP_LODSB,
    EP_LODSW,
    EP_LODSD,
    EP_LODSQ,
    EP_EMMS,
    EP_COUNT
};
void emit_plain(struct emit *e, enum emit_plain op);

/* A LOCK prefix for the instruction emitted next. */
void emit_lock(struct emit *e);
/* n bytes (at most 15, one instruction or data) as they are. */
void emit_bytes(struct emit *e, const void *bytes, unsigned n);
/* n bytes of nops, the fewest instructions. */
void emit_nops(struct emit *e, unsigned n);
/* Nops until the run address is a multiple of pow2. */
void emit_align(struct emit *e, unsigned pow2);

/* ---- labels and jumps ---- */

/* SHORT is 2 bytes and reaches 127; NEAR is 5 (JMP) or 6 (Jcc). For a label
 * already bound the shortest that reaches is taken, whatever is asked for. */
enum emit_width { EMIT_NEAR, EMIT_SHORT };

void emit_bind(struct emit *e, struct emit_label *l);
/* All uses of l so far, none of them short, go to an absolute host address in
 * reach (else EMIT_RANGE): code in another buffer. */
void emit_bind_to(struct emit *e, struct emit_label *l, uint64_t target);
/* Where a bound label is, as an absolute host address. */
static inline uint64_t emit_label_at(const struct emit *e,
                                     const struct emit_label *l)
{
    return e->run + l->bound - 1;
}
void emit_jmp(struct emit *e, struct emit_label *l, enum emit_width w);
void emit_jcc(struct emit *e, enum emit_cc cc, struct emit_label *l,
              enum emit_width w);
void emit_call(struct emit *e, struct emit_label *l);
/* JRCXZ, always short */
void emit_jrcxz(struct emit *e, struct emit_label *l);

/* To an absolute host address, 32-bit displacement: EMIT_RANGE if that does not
 * reach (see codecache_reaches()). */
void emit_jmp_to(struct emit *e, uint64_t target);
void emit_jcc_to(struct emit *e, enum emit_cc cc, uint64_t target);
void emit_call_to(struct emit *e, uint64_t target);

/* A jump that will be changed later (codecache_patch_jump()): its displacement
 * is 4-byte aligned at the run address, nops come before it as needed. Returns
 * the offset of the displacement. */
uint32_t emit_jmp_patchable(struct emit *e, uint64_t target);
uint32_t emit_jcc_patchable(struct emit *e, enum emit_cc cc, uint64_t target);
/* The same with a label as its first target. */
uint32_t emit_jmp_patchable_label(struct emit *e, struct emit_label *l);
uint32_t emit_jcc_patchable_label(struct emit *e, enum emit_cc cc,
                                  struct emit_label *l);

#endif
