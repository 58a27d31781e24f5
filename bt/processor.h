/* processor.h: a look into the processor `jit`: its units and their code. */
#ifndef BT_PROCESSOR_H
#define BT_PROCESSOR_H

#include "common/engine/vcpu.h"

/* Reason of the ledger rows (kind PROCESSOR) that count instructions called out
 * to: the sub-reason is the instruction (x86_op_name()). */
#define JIT_REASON_CALLOUT 64u

/* Parts of a unit's host code. */
enum jit_part {
    JIT_PART_ENTRY, /* takes its instructions from the budget */
    JIT_PART_INSN,  /* instruction k */
    JIT_PART_EXIT,  /* on to the next unit, exit k */
    JIT_PART_COLD,  /* instruction k once more, by interp: a miss */
    JIT_PART_ALONE, /* instruction k, where its run is not in one page */
    JIT_PART_STUB,  /* exit k while it is not linked */
    JIT_PART_LEAVE, /* the budget is too small, or the code is elsewhere */
};

#define JIT_LISTING_INSNS 32u
#define JIT_LISTING_PARTS 104u

struct jit_listing {
    uint64_t ip, lin, pa;
    unsigned bits, cpl; /* 16, 32 or 64-bit code */
    unsigned n;         /* instructions */
    struct {
        uint64_t ip;
        uint8_t bytes[15], len;
        bool called_out; /* interp does it */
        bool flags_live; /* somebody may look at the flags after it */
    } insn[JIT_LISTING_INSNS];
    struct {
        const uint8_t *code; /* where it executes; readable */
        uint32_t bytes;
    } host[2];         /* in line, out of line */
    unsigned nr_parts; /* 0: not known, the unit would be another one now */
    struct {
        const uint8_t *code; /* in one of host[] */
        uint32_t bytes;
        enum jit_part part;
        unsigned k;
    } part[JIT_LISTING_PARTS];
    struct {
        bool exists;
        bool linked;
        uint64_t ip;
    } exit[2];
};

/* The n-th (from 0) of the living units that contain the instruction at guest
 * address ip. v is a vcpu of `jit`, not running. False: there are no more. */
bool jit_list(struct vcpu *v, uint64_t ip, unsigned n, struct jit_listing *out);

#endif
