/* op_desc.c: descriptor-table and task registers: LGDT, LIDT, SGDT, SIDT, LLDT,
 * LTR, SLDT, STR. [SDM2]. */
#include "common/x86/op.h"
#include "common/x86/protect.h"

static void check_cpl0(struct x86_cpu *c)
{
    if (c->cpl != 0)
        x86_gp0(c);
}

/* [SDM3 "User-Mode Instruction Prevention"] */
static void check_umip(struct x86_cpu *c)
{
    if ((c->s.cr4 & CR4_UMIP) && c->cpl != 0)
        x86_gp0(c);
}

/* LLDT, LTR, SLDT and STR are instructions of protected mode. */
static void check_mode(struct x86_cpu *c)
{
    if (!x86_protected(c))
        x86_ud(c);
}

/* ---- GDTR and IDTR: m16&32, m16&64 ---- */
static uint64_t base_at(const struct x86_insn *i, uint64_t ea)
{
    static const uint64_t mask[4] = {0, 0xffff, 0xffffffff, ~0ull};

    return (ea + 2) & mask[xi_asize(i)];
}

static void load_table(struct x86_cpu *c, const struct x86_insn *i,
                       struct x86_dtable *out)
{
    uint64_t ea = x86_ea(c, i), base;
    uint16_t limit = x86_ld16(c, xi_seg(i), ea);

    if (c->code_size == 3) {
        base = x86_ld64(c, xi_seg(i), base_at(i, ea));
        if (sext(base, 48) != (int64_t)base)
            x86_gp0(c);
    } else {
        base = x86_ld32(c, xi_seg(i), base_at(i, ea));
        if (xi_osize(i) == 1)
            base &= 0xffffff;
    }
    out->limit = limit;
    out->base = base;
}

/* The upper byte of the base is stored whatever the operand size: what
 * processors since the 80386 do, although the manual has 24 bits. */
static void store_table(struct x86_cpu *c, const struct x86_insn *i,
                        const struct x86_dtable *t)
{
    uint64_t ea = x86_ea(c, i), at = base_at(i, ea);
    unsigned n = c->code_size == 3 ? 8 : 4;

    x86_mem_probe_write(c, xi_seg(i), ea, 2);
    x86_write(c, xi_seg(i), at, &t->base, n);
    x86_st16(c, xi_seg(i), ea, t->limit);
}

static void lgdt(struct x86_cpu *c, const struct x86_insn *i)
{
    check_cpl0(c);
    x86_sensitive(c, SENS_LGDT, 0, 0);
    load_table(c, i, &c->s.gdtr);
    X86_NEXT(c, i);
}

static void lidt(struct x86_cpu *c, const struct x86_insn *i)
{
    check_cpl0(c);
    x86_sensitive(c, SENS_LIDT, 0, 0);
    load_table(c, i, &c->s.idtr);
    X86_NEXT(c, i);
}

static void sgdt(struct x86_cpu *c, const struct x86_insn *i)
{
    check_umip(c);
    x86_sensitive(c, SENS_SGDT, 0, 0);
    store_table(c, i, &c->s.gdtr);
    X86_NEXT(c, i);
}

static void sidt(struct x86_cpu *c, const struct x86_insn *i)
{
    check_umip(c);
    x86_sensitive(c, SENS_SIDT, 0, 0);
    store_table(c, i, &c->s.idtr);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_lgdt_M = X86_IMPL_ANY(NULL, lgdt);
const struct x86_impl x86_op_lidt_M = X86_IMPL_ANY(NULL, lidt);
const struct x86_impl x86_op_sgdt_M = X86_IMPL_ANY(NULL, sgdt);
const struct x86_impl x86_op_sidt_M = X86_IMPL_ANY(NULL, sidt);

/* ---- LDTR and TR ---- */
#define LOAD(name, sens, load)                                                 \
    static void name##_r(struct x86_cpu *c, const struct x86_insn *i)          \
    {                                                                          \
        check_mode(c);                                                         \
        check_cpl0(c);                                                         \
        x86_sensitive(c, sens, 0, 0);                                          \
        load(c, x86_get16(c, i->rm));                                          \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name##_m(struct x86_cpu *c, const struct x86_insn *i)          \
    {                                                                          \
        check_mode(c);                                                         \
        check_cpl0(c);                                                         \
        x86_sensitive(c, sens, 0, 0);                                          \
        load(c, x86_ld16(c, xi_seg(i), x86_ea(c, i)));                         \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl x86_op_##name##_E = X86_IMPL_ANY(name##_r, name##_m);

/* A register gets the selector zero-extended, memory 16 bits. */
#define STORE(name, sens, field)                                               \
    static void name##_r(struct x86_cpu *c, const struct x86_insn *i)          \
    {                                                                          \
        check_mode(c);                                                         \
        check_umip(c);                                                         \
        x86_sensitive(c, sens, 0, 0);                                          \
        x86_set_sized(c, i->rm, xi_osize(i), c->s.field.sel);                  \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name##_m(struct x86_cpu *c, const struct x86_insn *i)          \
    {                                                                          \
        check_mode(c);                                                         \
        check_umip(c);                                                         \
        x86_sensitive(c, sens, 0, 0);                                          \
        x86_st16(c, xi_seg(i), x86_ea(c, i), c->s.field.sel);                  \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl x86_op_##name##_E = X86_IMPL_ANY(name##_r, name##_m);

LOAD(lldt, SENS_LLDT, x86_load_ldt)
LOAD(ltr, SENS_LTR, x86_load_tr)
STORE(sldt, SENS_SLDT, ldtr)
STORE(str, SENS_STR, tr)
