/* flags.h: the arithmetic flags in the host's LAHF/SETO form, and RFLAGS whole.
 *
 * Handlers run the host's own instruction, then `lahf; seto %al`, and keep AX:
 * what the manual leaves undefined is then the host's, and conditions are bit
 * tests. */
#ifndef COMMON_X86_FLAGS_H
#define COMMON_X86_FLAGS_H

#include "common/x86/cpu.h"

/* Bits of x86_cpu.arith */
#define AR_OF 0x0001u
#define AR_CF 0x0100u
#define AR_PF 0x0400u
#define AR_AF 0x1000u
#define AR_ZF 0x4000u
#define AR_SF 0x8000u

static inline uint32_t arith_to_rflags(uint16_t ar)
{
    return ((uint32_t)(ar >> 8) & (FL_ARITH & 0xffu)) |
           ((ar & AR_OF) ? FL_OF : 0u);
}

static inline uint16_t arith_from_rflags(uint64_t fl)
{
    return (uint16_t)(((fl & (FL_ARITH & 0xffu)) << 8) | 0x0200u |
                      ((fl & FL_OF) ? AR_OF : 0u));
}

/* The whole register as PUSHF sees it. */
static inline uint64_t x86_rflags(const struct x86_cpu *c)
{
    return c->s.rflags | arith_to_rflags(c->arith);
}

/* Set the bits in `mask` from `value`, arithmetic ones included, without any
 * privilege rule (callers have them). Bit 1 stays set. The caller calls
 * x86_update_mode() if VM or AC are in the mask, x86_attention() if IF, TF or
 * RF may have changed. */
static inline void x86_set_rflags(struct x86_cpu *c, uint64_t value,
                                  uint64_t mask)
{
    uint64_t fl = (x86_rflags(c) & ~mask) | (value & mask) | FL_ONE;

    c->arith = arith_from_rflags(fl);
    c->s.rflags = fl & ~(uint64_t)FL_ARITH;
}

/* Condition codes 0..15 as in Jcc's opcode [SDM1 "EFLAGS Condition Codes"]. */
static inline bool arith_cond(uint16_t ar, unsigned cc)
{
    bool v;

    switch (cc >> 1) {
    case 0:
        v = (ar & AR_OF) != 0;
        break;
    case 1:
        v = (ar & AR_CF) != 0;
        break;
    case 2:
        v = (ar & AR_ZF) != 0;
        break;
    case 3:
        v = (ar & (AR_CF | AR_ZF)) != 0;
        break;
    case 4:
        v = (ar & AR_SF) != 0;
        break;
    case 5:
        v = (ar & AR_PF) != 0;
        break;
    case 6:
        v = ((ar >> 15) ^ ar) & 1;
        break;
    default:
        v = (((ar >> 15) ^ ar) & 1) != 0 || (ar & AR_ZF) != 0;
        break;
    }
    return v != (cc & 1);
}

#endif
