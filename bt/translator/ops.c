/* ops.c: the table of what is translated. */
#include "bt/translator/ops.h"

#include "common/x86/decode.h"

#define TRANS(name, fn, arg, fl, forms)                                        \
    extern const struct x86_impl x86_op_##name;
#include "bt/translator/op_list.def"
#undef TRANS

enum {
    REG = TOF_REG,
    READ = TOF_READ,
    WRITE = TOF_WRITE,
    ADDR = TOF_ADDR,
    E8_ = TOF_E8,
    RM8 = TOF_RM8,
    PUSH = TOF_PUSH,
    POP = TOF_POP,
    FAULT = TOF_FAULT,
    LAST = TOF_LAST,
    LOW = TOF_LOW,
    WIDE = TOF_WIDE,
    WIDE32 = TOF_WIDE32,
    SIZE64 = TOF_SIZE64,
    TARGET = TOF_TARGET,
    INDIRECT = TOF_INDIRECT,
    ANY = TOF_ANY,
    SSE = TOF_SSE,
    CPL0 = TOF_CPL0,
    SENS = TOF_SENS,
    NEXT = TOF_NEXT,
    RUN = TOF_RUN,
};

static const struct trans_op table[] = {
#define E8 E8_
#define TRANS(name, fn, arg, fl, forms)                                        \
    {&x86_op_##name, fn, (uint16_t)(arg), TFL_##fl, forms},
#include "bt/translator/op_list.def"
#undef TRANS
#undef E8
};

const struct trans_op *trans_op_find(unsigned op)
{
    const struct x86_impl *impl = x86_op_impl(op);

    for (unsigned k = 0; k < ARRAY_LEN(table); k++) {
        if (table[k].impl == impl)
            return &table[k];
    }
    return NULL;
}

static bool bytes_ok(const struct trans_op *op, const struct x86_insn *i)
{
    bool byte = xi_osize(i) == 0 && (op->forms & TOF_E8);
    bool mem = (i->flags & XI_MEM) != 0;

    if ((op->forms & TOF_LOW) && byte &&
        ((i->reg & 7) != 0 || (!mem && (i->rm & 7) != 0)))
        return false;
    return true;
}

bool trans_loads_segment(const struct x86_insn *insn)
{
    extern const struct x86_impl x86_op_mov_S_E, x86_op_pop_S, x86_op_les_G_M,
        x86_op_lds_G_M, x86_op_lss_G_M;
    const struct x86_impl *i = x86_op_impl(insn->op);

    if (i == &x86_op_mov_S_E || i == &x86_op_pop_S)
        return insn->reg < SEG_FS;
    return i == &x86_op_les_G_M || i == &x86_op_lds_G_M || i == &x86_op_lss_G_M;
}

static bool canonical(uint64_t ip)
{
    return sext(ip, 48) == (int64_t)ip;
}

uint64_t trans_target(const struct trans *t, const struct x86_insn *i)
{
    uint64_t ip =
        ((t->ip + i->off + i->len) & t->ip_mask) + (uint64_t)(int64_t)i->imm;

    return ip & mask_low(8u << xi_osize(i));
}

static bool branch_ok(const struct trans *t, const struct trans_op *op,
                      const struct x86_insn *i)
{
    unsigned size = xi_osize(i);
    uint64_t ip;

    if (size != (t->code64 ? 3u : 2u) &&
        (t->code64 || size != 1 || (op->forms & TOF_INDIRECT)))
        return false;
    if (op->forms & TOF_INDIRECT)
        return t->code64 || (t->key & JM_ZERO(SEG_CS)) != 0;
    ip = trans_target(t, i);
    return t->code64 ? canonical(ip) : ip <= t->j->mode[t->mode].cs_limit;
}

static unsigned operand_bytes(const struct trans_op *op,
                              const struct x86_insn *i)
{
    if (op->forms & TOF_RM8)
        return 1;
    if (op->forms & TOF_SSE)
        return 16;
    return 1u << xi_osize(i);
}

static bool memory_ok(const struct trans *t, const struct trans_op *op,
                      const struct x86_insn *i)
{
    if (op->forms & (TOF_PUSH | TOF_POP)) {
        if (xi_osize(i) != (t->code64 ? 3u : 2u) ||
            !trans_stack_possible(t, (op->forms & TOF_PUSH) != 0))
            return false;
    }
    if (!(i->flags & XI_MEM))
        return (op->forms & TOF_REG) != 0;
    if (op->forms & TOF_ADDR)
        return true;
    if (!(op->forms & (TOF_READ | TOF_WRITE)))
        return false;
    return trans_mem_possible(t, i, (op->forms & TOF_WRITE) != 0,
                              operand_bytes(op, i));
}

const struct trans_op *trans_inline(const struct trans *t,
                                    const struct x86_insn *i)
{
    const struct trans_op *op = t->j->ops[i->op];

    if (op == NULL || i->fn == x86_op_undefined)
        return NULL;
    if (op->forms & TOF_ANY)
        return op;
    if ((op->forms & (TOF_TARGET | TOF_INDIRECT)) && !branch_ok(t, op, i))
        return NULL;
    if ((op->forms & TOF_SSE) && !(t->key & JM_SSE))
        return NULL;
    if ((op->forms & TOF_CPL0) && JM_CPL(t->key) != 0)
        return NULL;
    if ((op->forms & TOF_SENS) && !trans_sensitive_possible(t, i, op->arg))
        return NULL;
    if ((op->forms & TOF_NEXT) && !trans_shadow_possible(t, i))
        return NULL;
    if ((op->forms & TOF_WIDE) && xi_osize(i) == 0)
        return NULL;
    if ((op->forms & TOF_WIDE32) && xi_osize(i) < 2)
        return NULL;
    if ((op->forms & TOF_SIZE64) && xi_osize(i) != 3)
        return NULL;
    return bytes_ok(op, i) && memory_ok(t, op, i) ? op : NULL;
}
