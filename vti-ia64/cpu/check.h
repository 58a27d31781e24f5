/* check.h: what a privileged instruction's operands can be refused for, after
 * the check of its level and before the Virtualization fault. For the
 * processor's handlers, where `op` is a constant and one case remains, and for
 * a VMM that emulates what stopped at the check of the level. */
#ifndef VTI_IA64_CPU_CHECK_H
#define VTI_IA64_CPU_CHECK_H

#include "common/base/cc.h"
#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/cpu/tlb.h"

/* Interruption registers exist, and translations may be inserted, only while
 * PSR.ic is 0: else Illegal Operation, which comes first of all. */
static inline bool ia64_cr_of_interruption(unsigned nr)
{
    return nr >= 16 && nr <= 25;
}

/* Reserved fields of control register nr. [ISDM2 "Control Registers"] */
static inline bool ia64_cr_reserved(unsigned nr, uint64_t v)
{
    switch (nr) {
    case 0:
        return (v & ~DCR_DEFINED) != 0;
    case 8:
        return (v & 0x7e02) != 0 || itir_ps(v) < 15 || itir_ps(v) > 61;
    case 66:
        return (v & 0xffffffffffeff00full & ~0x10000ull) != 0;
    case 72:
    case 73:
    case 74:
        return (v & 0xeeff00ull & ~0x1000ull) != 0;
    default:
        return false;
    }
}

/* [ISDM2 "Region Registers"] */
static inline bool ia64_rr_reserved(uint64_t v)
{
    return (v & 2) != 0 || v >> 32 != 0 || !ia64_ps_implemented(itir_ps(v));
}

/* Registers that the instruction reads: bit 0: r2, bit 1: r3. */
static ALWAYS_INLINE unsigned ia64_reads(unsigned op)
{
    switch (op) {
    case IA64_SENS_MOV_TO_CR:
    case IA64_SENS_MOV_TO_PSR:
    case IA64_SENS_ITC_D:
    case IA64_SENS_ITC_I:
        return 1;
    case IA64_SENS_MOV_FROM_RR:
    case IA64_SENS_MOV_FROM_DBR:
    case IA64_SENS_MOV_FROM_IBR:
    case IA64_SENS_MOV_FROM_PKR:
    case IA64_SENS_MOV_FROM_PMC:
    case IA64_SENS_PTC_E:
    case IA64_SENS_TPA:
    case IA64_SENS_TAK:
        return 2;
    case IA64_SENS_MOV_TO_RR:
    case IA64_SENS_MOV_TO_DBR:
    case IA64_SENS_MOV_TO_IBR:
    case IA64_SENS_MOV_TO_PKR:
    case IA64_SENS_MOV_TO_PMC:
    case IA64_SENS_MOV_TO_PMD:
    case IA64_SENS_ITR_D:
    case IA64_SENS_ITR_I:
    case IA64_SENS_PTC_L:
    case IA64_SENS_PTC_G:
    case IA64_SENS_PTC_GA:
    case IA64_SENS_PTR_D:
    case IA64_SENS_PTR_I:
        return 3;
    default:
        return 0;
    }
}

/* Values that are reserved, registers and addresses that there are not. v2, v3:
 * of r2 and r3; imm: of ssm and rsm, or the number of a control register. */
static ALWAYS_INLINE bool ia64_value_reserved(const struct ia64_mmu *m,
                                              unsigned op, uint64_t v2,
                                              uint64_t v3, uint64_t imm)
{
    uint64_t nr = v3 & 0xff;

    switch (op) {
    case IA64_SENS_MOV_TO_CR:
        return ia64_cr_reserved((unsigned)imm, v2);
    case IA64_SENS_MOV_TO_PSR:
        return (v2 & 0xffffffffull & ~PSR_L) != 0;
    case IA64_SENS_SSM:
    case IA64_SENS_RSM:
        return (imm & ~PSR_SM) != 0;
    case IA64_SENS_MOV_TO_RR:
        return ia64_rr_reserved(v2);
    case IA64_SENS_MOV_TO_PKR:
        return nr >= IA64_PKRS || (v2 & 0xf0) != 0 || v2 >> 32 != 0;
    case IA64_SENS_MOV_FROM_PKR:
        return nr >= IA64_PKRS;
    case IA64_SENS_MOV_TO_DBR:
    case IA64_SENS_MOV_TO_IBR:
    case IA64_SENS_MOV_FROM_DBR:
    case IA64_SENS_MOV_FROM_IBR:
        return nr >= IA64_BREAKPOINTS;
    case IA64_SENS_MOV_TO_PMC:
    case IA64_SENS_MOV_TO_PMD:
    case IA64_SENS_MOV_FROM_PMC:
        return nr >= IA64_PMCS;
    case IA64_SENS_ITR_D:
    case IA64_SENS_ITR_I:
        return nr >= IA64_TRS;
    case IA64_SENS_PTC_L:
    case IA64_SENS_PTC_G:
    case IA64_SENS_PTC_GA:
    case IA64_SENS_PTR_D:
    case IA64_SENS_PTR_I:
        return !ia64_va_implemented(m, v3);
    default:
        return false;
    }
}

/* False: *f is the fault. */
static ALWAYS_INLINE bool ia64_operands_pass(const struct ia64_mmu *m,
                                             unsigned op,
                                             const struct ia64_gr *r2,
                                             const struct ia64_gr *r3,
                                             uint64_t imm, struct ia64_fault *f)
{
    unsigned reads = ia64_reads(op);
    uint64_t na = op == IA64_SENS_TPA   ? ISR_NA | IA64_NA_TPA
                  : op == IA64_SENS_TAK ? ISR_NA | IA64_NA_TAK
                                        : 0;

    if (((reads & 1) && r2->nat) || ((reads & 2) && r3->nat))
        *f = (struct ia64_fault){.vector = IA64_VEC_NAT,
                                 .isr = IA64_NAT_REGISTER | na};
    else if (ia64_value_reserved(m, op, r2->v, r3->v, imm))
        *f = (struct ia64_fault){.vector = IA64_VEC_GENERAL,
                                 .isr = IA64_GE_RESERVED};
    else
        return true;
    return false;
}

#endif
