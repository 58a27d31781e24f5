/* decode_oracle.h: our decoder held against Capstone, byte string by byte
 * string. */
#ifndef COMMON_X86_TESTS_DECODE_ORACLE_H
#define COMMON_X86_TESTS_DECODE_ORACLE_H

/* Capstone has an enum of the name of our struct. */
#define x86_insn capstone_x86_insn
#include <capstone/capstone.h>
#undef x86_insn

#include "common/base/rng.h"
#include "common/x86/decode_table.h"

#define ORACLE_BYTES 16u /* at least this many are looked at */

enum oracle_verdict {
    ORACLE_SAME,      /* equal, instruction or none */
    ORACLE_KNOWN,     /* not equal, and decode_known.c says why */
    ORACLE_DIFFERENT, /* one of the two is wrong */
};

/* One comparison: what both say about the bytes. */
struct oracle_case {
    const uint8_t *bytes;
    unsigned code_size; /* 1, 2, 3 */
    csh handle;         /* of Capstone for it */
    enum x86_decode_result result;
    struct x86_insn ours;
    const struct x86_op_row *row; /* of ours; the empty one if none */
    bool valid;                   /* Capstone has an instruction */
    const cs_insn *theirs;        /* valid only */
    const char *what;             /* "validity", "length", "name", "feature",
                                   * "operand" */
};

struct oracle {
    csh handle[4];
    cs_insn *insn;
    uint64_t same, valid, known; /* counts; valid: same and instructions */
    uint64_t rule_hits[128];     /* of the rules of decode_known.c */
    struct oracle_case last;
};

/* False: Capstone does not start. */
bool oracle_open(struct oracle *o);
void oracle_close(struct oracle *o);

/* Compare the decoding of bytes[0..ORACLE_BYTES). */
enum oracle_verdict oracle_check(struct oracle *o, const uint8_t *bytes,
                                 unsigned code_size);

/* The last comparison as text for a failure. */
void oracle_describe(const struct oracle *o, char *text, size_t size);

/* ORACLE_BYTES bytes: prefixes, an opcode, and noise after it, so that many are
 * instructions. */
void oracle_random_bytes(struct rng *r, uint8_t *bytes);

/* The number of the rule that explains the difference, or -1. */
int oracle_known(const struct oracle_case *k);
unsigned oracle_known_count(void);
const char *oracle_known_reason(unsigned rule);

/* Do the operands agree (decode_operands.c)? */
bool oracle_operands_equal(const struct oracle_case *k);

#endif
