/* emitoracle.c: what the encoder emits, as Capstone reads it. */
#include "bt/translator/tests/emitoracle.h"

#include <capstone/capstone.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bits.h"

static csh handle;
static cs_insn *insn;
struct rng oracle_rng = {2026};
unsigned oracle_checked;

void oracle_setup(void)
{
    ck_assert_int_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
    cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    insn = cs_malloc(handle);
}

void oracle_teardown(void)
{
    cs_free(insn, 1);
    cs_close(&handle);
}

/* ---- what is expected ---- */
static const char *reg_text(unsigned reg, unsigned size)
{
    static const char *const low[4][16] = {
        {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b",
         "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"},
        {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w",
         "r11w", "r12w", "r13w", "r14w", "r15w"},
        {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d",
         "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"},
        {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9",
         "r10", "r11", "r12", "r13", "r14", "r15"},
    };
    static const char *const high[4] = {"ah", "ch", "dh", "bh"};
    static char xmm[8];

    if (size == 4) {
        snprintf(xmm, sizeof(xmm), "xmm%u", reg);
        return xmm;
    }
    return reg >= HR_AH ? high[reg - HR_AH] : low[size][reg];
}

struct want want_reg(unsigned reg, unsigned size)
{
    return (struct want){.kind = K_REG, .reg = reg, .size = size};
}

struct want want_mem(struct emit_mem mem, unsigned size)
{
    return (struct want){.kind = K_MEM, .mem = mem, .size = size};
}

struct want want_imm(int64_t imm, unsigned size)
{
    return (struct want){.kind = K_IMM, .imm = imm, .size = size};
}

static bool same_reg(unsigned theirs, unsigned ours)
{
    if (ours == HR_NONE)
        return theirs == X86_REG_INVALID;
    return theirs != X86_REG_INVALID &&
           strcmp(cs_reg_name(handle, theirs), reg_text(ours, E64)) == 0;
}

static bool same_mem(const x86_op_mem *m, const struct emit_mem *w)
{
    if (w->base == HR_RIP)
        return m->base == X86_REG_RIP && m->index == X86_REG_INVALID &&
               RUN + insn->size + (uint64_t)m->disp == w->target;
    return same_reg(m->base, w->base) && same_reg(m->index, w->index) &&
           (w->index == HR_NONE || m->scale == 1 << w->scale) &&
           m->disp == w->disp;
}

static bool same(const cs_x86_op *op, const struct want *w)
{
    switch (w->kind) {
    case K_REG:
        return op->type == X86_OP_REG && strcmp(cs_reg_name(handle, op->reg),
                                                reg_text(w->reg, w->size)) == 0;
    case K_MEM: /* LEA has an address, without a size */
        return op->type == X86_OP_MEM && same_mem(&op->mem, &w->mem) &&
               (w->size == 99 || op->size == 1u << w->size);
    case K_IMM:
        return op->type == X86_OP_IMM &&
               (((uint64_t)op->imm ^ (uint64_t)w->imm) &
                mask_low(8u << w->size)) == 0;
    default:
        return false;
    }
}

void oracle_expect(struct emit *e, const char *name, const struct want *w,
                   unsigned n)
{
    const uint8_t *code = e->base;
    size_t left = emit_offset(e);
    uint64_t address = RUN;
    const cs_x86 *x;
    unsigned i, good = 0;

    oracle_checked++;
    MUST(emit_ok(e), "%s: failure %d", name, e->fail);
    MUST(cs_disasm_iter(handle, &code, &left, &address, insn),
         "%s: %02x %02x %02x: no instruction", name, e->base[0], e->base[1],
         e->base[2]);
    x = &insn->detail->x86;
    MUST(left == 0 && strcmp(insn->mnemonic, name) == 0 && x->op_count == n,
         "%s became %s %s, %zu bytes more", name, insn->mnemonic, insn->op_str,
         left);
    for (i = 0; i < n; i++)
        good += same(&x->operands[i], &w[i]);
    if (good < n && n == 2 && (name[0] == 'x' || name[0] == 't'))
        good = (unsigned)same(&x->operands[0], &w[1]) +
               same(&x->operands[1], &w[0]); /* XCHG, TEST: no order */
    MUST(good == n, "%s: %s %s (case %u)", name, insn->mnemonic, insn->op_str,
         oracle_checked);
}

const char *oracle_mnemonic(struct emit *e)
{
    const uint8_t *code = e->base;
    size_t left = emit_offset(e);
    uint64_t address = RUN;

    ck_assert(cs_disasm_iter(handle, &code, &left, &address, insn));
    ck_assert_uint_eq(left, 0);
    return insn->mnemonic;
}

void oracle_begin(struct emit *e)
{
    static uint8_t buf[32];

    emit_init(e, buf, sizeof(buf), RUN);
}

/* ---- operands ---- */

static const int32_t disps[] = {0,   1,    -1,         127,      -128,
                                128, -129, 0x12345678, INT32_MIN};

struct emit_mem oracle_mem(unsigned n)
{
    unsigned base = n % 18, index = n / 18 % 17, scale = n / 306 % 4;
    int32_t disp = disps[n / 1224 % ARRAY_LEN(disps)];

    if (base == 17)
        return emit_at_host((const void *)(uintptr_t)(RUN + n * 8));
    if (index == HR_SP || index == 16)
        index = HR_NONE;
    return emit_at_x(base == 16 ? HR_NONE : (enum emit_reg)base,
                     (enum emit_reg)index, index == HR_NONE ? 0 : scale, disp);
}

_Static_assert(ORACLE_MEMS == 18u * 17 * 4 * ARRAY_LEN(disps), "addresses");

struct emit_mem oracle_random_mem(void)
{
    return oracle_mem((unsigned)rng_below(&oracle_rng, ORACLE_MEMS));
}

unsigned oracle_random_reg(void)
{
    return (unsigned)rng_below(&oracle_rng, 16);
}

const char *oracle_lower(const char *name)
{
    static char text[24];
    unsigned i;

    for (i = 0; name[i] && i < sizeof(text) - 1; i++)
        text[i] = (char)tolower((unsigned char)name[i]);
    text[i] = '\0';
    return text;
}
