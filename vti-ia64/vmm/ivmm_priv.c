/* ivmm_priv.c: General Exceptions of the machine for what the guest may do: it
 * is at level 0 and the machine is not, vpsr.ic is 0 and PSR.ic is 1, vpsr.si
 * is 0 and PSR.si is 1. The checks that the processor did not come to are made
 * here. */
#include "common/base/bits.h"
#include "vti-ia64/cpu/check.h"
#include "vti-ia64/vmm/ivmm.h"

/* ---- decoding: [ISDM3 "Instruction Formats"] ---- */
#define NONE IA64_SENS_COUNT

/* Major opcode 1, x3 0, by x6. */
static const struct {
    uint8_t x6, op;
} system_m[] = {
    {0x00, IA64_SENS_MOV_TO_RR},    {0x01, IA64_SENS_MOV_TO_DBR},
    {0x02, IA64_SENS_MOV_TO_IBR},   {0x03, IA64_SENS_MOV_TO_PKR},
    {0x04, IA64_SENS_MOV_TO_PMC},   {0x05, IA64_SENS_MOV_TO_PMD},
    {0x09, IA64_SENS_PTC_L},        {0x0a, IA64_SENS_PTC_G},
    {0x0b, IA64_SENS_PTC_GA},       {0x0c, IA64_SENS_PTR_D},
    {0x0d, IA64_SENS_PTR_I},        {0x0e, IA64_SENS_ITR_D},
    {0x0f, IA64_SENS_ITR_I},        {0x10, IA64_SENS_MOV_FROM_RR},
    {0x11, IA64_SENS_MOV_FROM_DBR}, {0x12, IA64_SENS_MOV_FROM_IBR},
    {0x13, IA64_SENS_MOV_FROM_PKR}, {0x14, IA64_SENS_MOV_FROM_PMC},
    {0x1e, IA64_SENS_TPA},          {0x1f, IA64_SENS_TAK},
    {0x22, IA64_SENS_MOV_FROM_AR},  {0x24, IA64_SENS_MOV_FROM_CR},
    {0x25, IA64_SENS_MOV_FROM_PSR}, {0x2a, IA64_SENS_MOV_TO_AR},
    {0x2c, IA64_SENS_MOV_TO_CR},    {0x2d, IA64_SENS_MOV_TO_PSR},
    {0x2e, IA64_SENS_ITC_D},        {0x2f, IA64_SENS_ITC_I},
    {0x34, IA64_SENS_PTC_E},
};

static unsigned decode_m(uint64_t slot)
{
    uint64_t x3 = ia64_bits(slot, 35, 33);

    if (ia64_bits(slot, 40, 37) == 1 && x3 == 0)
        for (unsigned k = 0; k < ARRAY_LEN(system_m); k++)
            if (system_m[k].x6 == ia64_bits(slot, 32, 27))
                return system_m[k].op;
    if (ia64_bits(slot, 40, 37) != 0 || x3 != 0)
        return NONE;
    switch (ia64_bits(slot, 30, 27)) {
    case 6:
        return IA64_SENS_SSM;
    case 7:
        return IA64_SENS_RSM;
    case 8:
        return ia64_bits(slot, 32, 31) == 2 ? IA64_SENS_MOV_TO_AR_IMM : NONE;
    default:
        return NONE;
    }
}

static unsigned decode_b(uint64_t slot)
{
    if (ia64_bits(slot, 40, 37) != 0)
        return NONE;
    switch (ia64_bits(slot, 32, 27)) {
    case 0x08:
        return IA64_SENS_RFI;
    case 0x0c:
        return IA64_SENS_BSW_0;
    case 0x0d:
        return IA64_SENS_BSW_1;
    case 0x10:
        return IA64_SENS_EPC;
    case 0x18:
    case 0x19:
        return IA64_SENS_VMSW;
    default:
        return NONE;
    }
}

static unsigned decode(struct ivmm *m, uint64_t *slot)
{
    unsigned ri = m->g.psr >> PSR_RI_SHIFT & 3;
    struct ia64_bundle b;

    if (ri > 2 || !ivmm_fetch(m, &b))
        return NONE;
    *slot = b.slot[ri];
    switch (ia64_templates[b.template].unit[ri]) {
    case IA64_UNIT_M:
        return decode_m(*slot);
    case IA64_UNIT_B:
        return decode_b(*slot);
    default:
        return NONE;
    }
}

/* ---- whose exception it is ---- */
static bool level_0(const struct ivmm *m)
{
    return (m->g.psr & PSR_CPL) == 0;
}

/* The machine found it illegal by PSR.ic, before it looked at the level. */
static bool illegal_by_ic(struct ivmm *m, unsigned op, uint64_t slot)
{
    unsigned nr = (unsigned)ia64_bits(slot, 26, 20);
    unsigned r1 = (unsigned)ia64_bits(slot, 12, 6);

    if (m->g.psr & PSR_IC)
        return false;
    switch (op) {
    case IA64_SENS_MOV_FROM_CR:
        return ia64_cr_of_interruption(nr) && r1 != 0 &&
               r1 < 32 + cfm_sof(m->c->s.cfm);
    case IA64_SENS_MOV_TO_CR:
        return ia64_cr_of_interruption(nr);
    case IA64_SENS_ITC_D:
    case IA64_SENS_ITC_I:
    case IA64_SENS_ITR_D:
    case IA64_SENS_ITR_I:
        return true;
    default:
        return false;
    }
}

/* The time is the unprivileged guest's to read, if it leaves vpsr.si 0. */
static bool is_allowed_register(const struct ivmm *m, unsigned op)
{
    return level_0(m) || (op == IA64_SENS_MOV_FROM_AR && !(m->g.psr & PSR_SI));
}

static uint64_t immediate(unsigned op, uint64_t slot)
{
    if (op == IA64_SENS_MOV_TO_CR)
        return ia64_bits(slot, 26, 20);
    return ia64_bits(slot, 26, 6) | ia64_bits(slot, 32, 31) << 21 |
           ia64_bits(slot, 36, 36) << 23;
}

static void emulate(struct ivmm *m, unsigned op, uint64_t slot)
{
    unsigned r2 = (unsigned)ia64_bits(slot, 19, 13);
    unsigned r3 = (unsigned)ia64_bits(slot, 26, 20);
    struct ia64_fault f;

    if (op == IA64_SENS_EPC) /* level 0 is where it would lead */
        ivmm_complete(m);
    else if (ia64_operands_pass(&m->mmu, op, ivmm_gr(m, r2), ivmm_gr(m, r3),
                                immediate(op, slot), &f))
        ivmm_emulate(m, op, slot);
    else
        ivmm_inject(m, &f);
}

/* Whether the virtual processor would not have raised the machine's exception,
 * or not this one. */
static bool is_the_machines(struct ivmm *m, uint64_t code, unsigned op,
                            uint64_t slot)
{
    switch (code) {
    case IA64_GE_ILLEGAL_OP:
        /* ar.pfs with level 0 in it, which the machine's is not */
        if (op == IA64_SENS_EPC)
            return level_0(m) && m->c->s.pfs >> 62 == 0;
        return illegal_by_ic(m, op, slot);
    case IA64_GE_PRIV_OP:
        return level_0(m);
    case IA64_GE_PRIV_REG:
        return is_allowed_register(m, op);
    default:
        return false;
    }
}

unsigned ivmm_privileged(struct ivmm *m)
{
    uint64_t slot = 0, code = m->c->s.isr & 0xff;
    unsigned op = decode(m, &slot);

    if (op == NONE || !is_the_machines(m, code, op, slot))
        return NONE;
    if (code == IA64_GE_ILLEGAL_OP && !level_0(m))
        ivmm_inject(m, &(struct ia64_fault){.vector = IA64_VEC_GENERAL,
                                            .isr = IA64_GE_PRIV_OP});
    else
        emulate(m, op, slot);
    return op;
}
