/* emitoracle.h: what the encoder emits, as Capstone reads it. */
#ifndef BT_TRANSLATOR_TESTS_EMITORACLE_H
#define BT_TRANSLATOR_TESTS_EMITORACLE_H

#include "bt/translator/emit.h"
#include "common/base/rng.h"
#include "common/tests/suite.h"

/* Where the code would run. */
#define RUN 0x10000000u

extern struct rng oracle_rng;
extern unsigned oracle_checked; /* instructions so far */

/* An unchecked fixture. */
void oracle_setup(void);
void oracle_teardown(void);

/* ck_assert_msg() tells the runner of each pass: too slow for millions. */
#define MUST(cond, ...)                                                        \
    do {                                                                       \
        if (!(cond))                                                           \
            ck_abort_msg(__VA_ARGS__);                                         \
    } while (0)

/* ---- what is expected ---- */

enum kind { K_NONE, K_REG, K_MEM, K_IMM };

struct want {
    enum kind kind;
    unsigned reg;  /* K_REG */
    unsigned size; /* enum emit_size; 4: XMM */
    struct emit_mem mem;
    int64_t imm;
};

struct want want_reg(unsigned reg, unsigned size);
struct want want_mem(struct emit_mem mem, unsigned size);
struct want want_imm(int64_t imm, unsigned size);

/* An empty buffer for one instruction. */
void oracle_begin(struct emit *e);
/* One instruction was emitted, and it is `name` with these operands. */
void oracle_expect(struct emit *e, const char *name, const struct want *w,
                   unsigned n);

/* All of what was emitted is one instruction: its mnemonic, until the next
 * call. */
const char *oracle_mnemonic(struct emit *e);

/* ---- operands ---- */
/* The n-th of all addresses there are. */
#define ORACLE_MEMS (18u * 17 * 4 * 9)
struct emit_mem oracle_mem(unsigned n);
struct emit_mem oracle_random_mem(void);
unsigned oracle_random_reg(void);
/* name in lower case; overwritten by the next call. */
const char *oracle_lower(const char *name);

#endif
