/* op_alu.c: integer arithmetic and logic. */
#include "vti-ia64/cpu/op.h"

#define ALU2(name, expr)                                                       \
    IA64_OP(name)                                                              \
    {                                                                          \
        const struct ia64_gr *ga = GR2, *gb = GR3;                             \
        uint64_t a = ga->v, b = gb->v, nat = ga->nat | gb->nat;                \
                                                                               \
        IA64_TARGET(c, i);                                                     \
        GR1->v = (expr);                                                       \
        GR1->nat = nat;                                                        \
        IA64_NEXT(c, i);                                                       \
    }

#define ALU1(name, expr)                                                       \
    IA64_OP(name)                                                              \
    {                                                                          \
        const struct ia64_gr *gb = GR3;                                        \
        uint64_t b = gb->v, nat = gb->nat;                                     \
                                                                               \
        IA64_TARGET(c, i);                                                     \
        GR1->v = (expr);                                                       \
        GR1->nat = nat;                                                        \
        IA64_NEXT(c, i);                                                       \
    }

/* 32-bit pointers: bits 31:30 of the base become the region.
 * [ISDM3 "addp4 — Add Pointer"] */
static inline uint64_t pointer4(uint64_t sum, uint64_t base)
{
    return (sum & 0xffffffff) | (base >> 30 & 3) << 61;
}

ALU2(add, a + b)
ALU2(add1, a + b + 1)
ALU2(sub, a - b)
ALU2(sub1, a - b - 1)
ALU2(addp4, pointer4(a + b, b))
ALU2(and, a &b)
ALU2(andcm, a & ~b)
ALU2(or, a | b)
ALU2(xor, a ^ b)
ALU2(shladd, (a << i->imm) + b)
ALU2(shladdp4, pointer4((a << i->imm) + b, b))
ALU1(subi, i->imm - b)
ALU1(andi, i->imm &b)
ALU1(andcmi, i->imm & ~b)
ALU1(ori, i->imm | b)
ALU1(xori, i->imm ^ b)
ALU1(addi, i->imm + b)
ALU1(addp4i, pointer4(i->imm + b, b))
ALU1(mov, b)
ALU1(zxt1, (uint8_t)b)
ALU1(zxt2, (uint16_t)b)
ALU1(zxt4, (uint32_t)b)
ALU1(sxt1, (uint64_t)(int8_t)b)
ALU1(sxt2, (uint64_t)(int16_t)b)
ALU1(sxt4, (uint64_t)(int32_t)b)
ALU1(popcnt, (uint64_t)__builtin_popcountll(b))
ALU1(clz, b == 0 ? 64 : (uint64_t)__builtin_clzll(b))
ALU2(mpy4, (a & 0xffffffff) * (b & 0xffffffff))
ALU2(mpyshl4, ((a >> 32) * (b & 0xffffffff)) << 32)

IA64_OP(movi)
{
    IA64_TARGET(c, i);
    GR1->v = i->imm;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

IA64_OP(movl)
{
    IA64_TARGET(c, i);
    GR1->v = i->imm;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

IA64_OP(nop)
{
    IA64_NEXT(c, i);
}

/* ---- shifts and bit fields ---- */
ALU2(shl, b > 63 ? 0 : a << b)

IA64_OP(shr)
{
    const struct ia64_gr *ga = GR3, *gb = GR2;
    uint64_t n = gb->v > 63 ? 63 : gb->v, nat = ga->nat | gb->nat;

    IA64_TARGET(c, i);
    GR1->v = (uint64_t)((int64_t)ga->v >> n);
    GR1->nat = nat;
    IA64_NEXT(c, i);
}

IA64_OP(shru)
{
    const struct ia64_gr *ga = GR3, *gb = GR2;
    uint64_t n = gb->v, nat = ga->nat | gb->nat;

    IA64_TARGET(c, i);
    GR1->v = n > 63 ? 0 : ga->v >> n;
    GR1->nat = nat;
    IA64_NEXT(c, i);
}

ALU2(shrp, i->imm == 0 ? b : b >> i->imm | a << (64 - i->imm))

/* extr: a field that leaves the register is cut at bit 63. */
static inline unsigned field_len(const struct ia64_insn *i)
{
    return i->imm + i->imm2 > 64 ? 64 - (unsigned)i->imm : i->imm2;
}

ALU1(extr, (uint64_t)sext(b >> i->imm, field_len(i)))
ALU1(extru, b >> i->imm & mask_low(field_len(i)))

static inline uint64_t deposit(uint64_t v, uint64_t into, uint64_t pos,
                               unsigned len)
{
    uint64_t mask = mask_low(len) << pos;

    return (into & ~mask) | (v << pos & mask);
}

/* The source of dep.z is r2. */
IA64_OP(depz)
{
    const struct ia64_gr *ga = GR2;
    uint64_t nat = ga->nat;

    IA64_TARGET(c, i);
    GR1->v = deposit(ga->v, 0, i->imm, i->imm2);
    GR1->nat = nat;
    IA64_NEXT(c, i);
}

ALU2(dep, deposit(a, b, i->imm, i->imm2))

/* Immediates: the value, the position, the length, in this order; decoding
 * keeps the first and the third; the position is 63 - cpos6. */
ALU1(depi, deposit(i->imm, b, i->r4, i->imm2))

IA64_OP(depzi)
{
    IA64_TARGET(c, i);
    GR1->v = deposit(i->imm, 0, i->r4, i->imm2);
    GR1->nat = 0;
    IA64_NEXT(c, i);
}
