/* jit.h: the translator's state: units of host code, how they are found, and
 * what host code and C functions know of each other.
 *
 * A unit is the translation of the head of a predecoded block (block.h) for
 * one linear address and one mode (struct jit_mode). It dies with its block.
 * While a unit runs, guest registers are in host registers (bank.h) and
 * everything else is where interp has it; whatever is not translated is done
 * by interp's handler, called out to.
 *
 * Invariants:
 *  1. At a unit's entry and at its exits the guest's flags are in AX in the
 *     form of x86_cpu.arith, and `jit_left` counts the instructions that may
 * still run; a unit takes its whole length at its entry.
 *  2. A jump from unit to unit that leaves the guest's page is made only if
 *     itlb[mode][page] holds the id of the page that the target was translated
 *     in: ids stand for (linear page, physical page, mode, global) and are
 *     never used again.
 *  3. c->s.r[R_IP] is the unit's first instruction during a call-out, and
 *     exact in C between units. In between nobody looks. */
#ifndef BT_TRANSLATOR_JIT_H
#define BT_TRANSLATOR_JIT_H

#include "bt/translator/codecache.h"
#include "bt/translator/options.h"
#include "common/x86/decode.h"
#include "common/x86/interp.h"

#define JIT_ITLB      2048u
#define JIT_MODES     16u
#define JIT_GUESSES   64u
#define JIT_JUMPS     131072u
#define JIT_UNITS     65536u
#define JIT_ITLB_LOG  256u
#define JIT_XIDS      16384u      /* places for ids, a power of two */
#define JIT_GLOBAL    0x40000000u /* bit of the ids of global pages */
#define JIT_UNIT_MAX  JIT_UNIT_LONGEST
#define JIT_INSNS     (1u << 19) /* instructions of all units */
#define JIT_SITES     4096u
#define JIT_THRESHOLD 16u /* entries of a block by interp before it is hot */

/* Two sets of guest registers in host registers. */
enum jit_bank { JIT_BANK32, JIT_BANK64, JIT_BANKS };

/* What translated code takes for granted. */
struct jit_mode {
    uint64_t cs_base;
    uint32_t cs_limit;
    uint32_t key; /* JM_* */
};
#define JM_CODE(k)  ((k)&3u)        /* code_size */
#define JM_STACK(k) ((k) >> 2 & 3u) /* stack_size */
#define JM_CPL(k)   ((k) >> 4 & 3u)
#define JM_V86      0x40u
#define JM_SSE      0x80u /* XMM registers can be used */
/* Of ES, CS, SS and DS: X86_FLAT_* */
#define JM_FLAT(s, bits) ((uint32_t)(bits) << (8 + 3 * (s)))
#define JM_READ(s)       JM_FLAT(s, X86_FLAT_READ)
#define JM_WRITE(s)      JM_FLAT(s, X86_FLAT_WRITE)
#define JM_ZERO(s)       JM_FLAT(s, X86_FLAT_ZERO)

/* A direct way out of a unit. */
struct jit_unit;
struct jit_exit {
    uint64_t ip;          /* where it goes */
    const uint8_t *field; /* of its jump; NULL: it is none that can be linked */
    const uint8_t *stub;  /* where the jump goes while it is not linked */
    const uint8_t *xid;   /* the id that is compared; NULL: the same page */
    struct jit_unit *to;  /* linked to it */
    struct jit_exit *next_in; /* of those linked to the same unit */
};

/* An instruction of a unit as a call-out needs it: one cache line. */
struct jit_insn {
    struct x86_insn insn;
    uint64_t ip;    /* of the unit */
    uint32_t unit;  /* number */
    uint8_t left;   /* instructions of the unit from this one on */
    uint8_t mode;   /* of the unit */
    bool adapted;   /* called out to because of its traps, see adapt.c */
    bool loads_seg; /* the mode may be another one after it */
    uint64_t pad[2];
};
_Static_assert(sizeof(struct jit_insn) == 64, "a cache line");

struct jit_unit {
    struct x86_block *block;
    const uint8_t *code, *cold;
    uint64_t ip, lin;
    uint32_t insns;             /* number of the first jit_insn */
    uint32_t bytes, cold_bytes; /* of host code, in line and out of line */
    uint32_t xid;               /* of its page */
    uint32_t xid2;    /* of the next page, into which it goes on; or 0 */
    uint32_t adapted; /* bit k: instruction k is called out to, see adapt.c */
    uint8_t n;        /* instructions */
    uint8_t mode;
    bool dead;
    struct jit_unit *next; /* of the same block */
    struct jit_exit *in;   /* exits linked to this */
    struct jit_exit exit[2];
};

#define JIT_SCARCE 10u /* at most */

/* What no place in itlb holds. */
#define JIT_NO_XID 0xffffffffu

/* Ways to units by linear address. */
struct jit_jump {
    uint64_t lin;
    const uint8_t *code;
    uint32_t xid; /* JIT_NO_XID: empty */
    uint32_t unit;
    uint32_t xid2; /* of the next page, or 0 */
    uint32_t pad;
};

struct jit_xid {
    uint64_t lin, pa; /* pages; the low bits of pa: mode, global */
    uint32_t xid;     /* 0: free */
};

struct jit_stats {
#define STAT(name, text) uint64_t name;
#include "bt/translator/stats.def"
#undef STAT
};

struct trans_op;

/* An instruction whose accesses have trapped. */
struct jit_site {
    uint64_t pa;
    uint32_t traps, idle; /* idle: calls that did not trap */
    bool given_up;
};

struct jit {
    /* Read by translated code. */
    uint32_t itlb[JIT_MODES][JIT_ITLB];
    struct jit_jump jump[JIT_JUMPS];

    uint64_t end;            /* icount when jit_left is 0 */
    struct x86_insn pair[2]; /* the instruction called out to; an end mark */
    struct jit_mode mode[JIT_MODES];
    unsigned nr_modes;
    uint8_t mode_guess[JIT_GUESSES]; /* by a hash of the key */
    /* Of what itlb holds: pages. */
    uint64_t place_lin[JIT_MODES][JIT_ITLB];
    uint64_t place_pa[JIT_MODES][JIT_ITLB];
    const uint8_t *place_host[JIT_MODES][JIT_ITLB];
    uint64_t large[JIT_MODES][JIT_ITLB / 64]; /* itlb: parts of large pages */
    /* Places filled with ids of pages that are not global since the last flush
     * of these, as mode * JIT_ITLB + slot; past JIT_ITLB_LOG any may be. */
    uint16_t itlb_log[JIT_ITLB_LOG];
    unsigned itlb_logged;

    struct codecache cc;   /* units, in line; stubs */
    struct codecache cold; /* what units have out of line */
    const uint8_t *enter[JIT_BANKS], *leave[JIT_BANKS], *callout[JIT_BANKS],
        *exit[JIT_BANKS];
    struct jit_unit *units;
    uint32_t nr_units;
    struct jit_insn *insns;
    uint32_t nr_insns;
    uint32_t generation; /* of units: changes with a flush */
    uint32_t disp_generation;
    uint32_t next_xid;
    unsigned nr_xids;
    struct jit_xid xids[JIT_XIDS];
    unsigned unit_max, threshold;
    unsigned scarce;  /* the threshold's binary orders of magnitude more */
    uint64_t full_at; /* icount when there was no room last */
    unsigned adapt;   /* jit_options */
    struct jit_site site[JIT_SITES];
    const struct trans_op *ops[X86_OPS]; /* by x86_op; NULL: called out to */
    struct jit_stats stats;
    uint64_t called[X86_OPS]; /* call-outs */
};

#define JIT_OFFSET ((sizeof(struct x86_cpu) + 63u) & ~(size_t)63u)

/* The state of a jit vcpu lies right after struct x86_cpu. */
static inline struct jit *jit_of(struct x86_cpu *c)
{
    return (struct jit *)(void *)((uint8_t *)c + JIT_OFFSET);
}

static inline unsigned jit_itlb_slot(uint64_t lin)
{
    return (unsigned)(lin >> PAGE_SHIFT) % JIT_ITLB;
}

static inline unsigned jit_jump_slot(uint64_t lin)
{
    return (unsigned)lin % JIT_JUMPS;
}

/* Entries after which a block is translated. */
static inline uint32_t jit_hot(const struct jit *j)
{
    return j->threshold << j->scarce;
}

/* Number of the current mode; -1: translated code must not run. */
int jit_mode_now(struct x86_cpu *c);

/* The unit at R_IP in mode m, or NULL if it is cold (or cannot be translated).
 * May raise #PF, #GP. */
struct jit_unit *jit_find(struct x86_cpu *c, unsigned m);

/* The same, but its code; mostly without a look at the unit. */
const uint8_t *jit_find_code(struct x86_cpu *c, unsigned m);

/* The block at R_IP, for which there is no unit: nearer to having one. May
 * raise #PF, #GP. */
struct x86_block *jit_warm(struct x86_cpu *c);

/* ---- called by translated code, with all registers in c->s.r ---- */
/* Do jit_insn number insn. Returns where to go on, NULL: right there. */
const uint8_t *jit_callout(struct x86_cpu *c, uint32_t insn);
/* Leave by exit exit % 2 of unit exit / 2. */
const uint8_t *jit_take_exit(struct x86_cpu *c, uint32_t exit);

/* ---- parts ---- */
bool jit_stubs_make(struct x86_cpu *c); /* stub.c */
/* Code caches of `size` bytes together, with stubs (options.c). */
enum status jit_caches_init(struct x86_cpu *c, size_t size, struct error *err);
struct jit_unit *jit_translate(struct x86_cpu *c, struct x86_block *b,
                               unsigned m, uint64_t lin, uint32_t xid,
                               uint32_t xid2);
void jit_flush(struct x86_cpu *c);
/* The units of b are wrong from the next instruction on. */
void jit_block_dead(struct x86_cpu *c, struct x86_block *b);
void jit_count(struct vcpu *v); /* stats to the ledger, and from 0 again */
void jit_jumps_clear(struct jit *j);
void jit_unlink(struct jit *j, struct jit_unit *u);
extern const struct x86_code_hooks jit_code_hooks;

/* ---- adapt.c ---- */
/* Instruction k of b is called out to because it has trapped so often. */
bool jit_adapted(struct jit *j, const struct x86_block *b, unsigned k);
/* As such it has not trapped this time. */
void jit_not_trapped(struct x86_cpu *c, struct x86_block *b, unsigned k);
/* It has trapped. */
void jit_trapped(struct x86_cpu *c, struct x86_block *b, unsigned k);

#endif
