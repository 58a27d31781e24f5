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

/* Reserved fields of control register nr. [ISDM2 "Control Registers"]; what the
 * manual leaves open is as in Ski. */
static inline bool ia64_cr_reserved(unsigned nr, uint64_t v)
{
    switch (nr) {
    case 0:
        return (v & ~DCR_DEFINED) != 0;
    case 8:
        return (v & 0x7e02) != 0 || itir_ps(v) < 15 || itir_ps(v) > 61;
    case 16:
        return (v & ~PSR_DEFINED) != 0 || (v & PSR_RI) == PSR_RI;
    case 17:
        return (v & ~ISR_DEFINED) != 0 || (v >> ISR_EI_SHIFT & 3) == 3;
    case 23:
        return (v & ~(IFS_V | CFM_MASK)) != 0 ||
               ((v & IFS_V) && !cfm_valid(v & CFM_MASK));
    case 64:
        return (v & 0xffff) != 0;
    case 66:
        return (v & 0xff00) != 0;
    case 72:
    case 73:
    case 74:
        return (v & 0xef00) != 0;
    case 80:
    case 81: /* delivery modes 1, 3 and 6 are none */
        return (v & 0x4800) != 0 || (0x4a >> (v >> 8 & 7) & 1);
    default:
        return false;
    }
}

/* What it holds of the value that is written: ignored bits read 0. */
static inline uint64_t ia64_cr_kept(unsigned nr, uint64_t v)
{
    switch (nr) {
    case 2:
        return v & ~0x7fffull;
    case 25:
        return v & ~3ull;
    case 64:
        return v & 0xffffffff;
    case 66:
        return v & 0x100f0;
    case 72:
    case 73:
    case 74:
    case 80:
    case 81:
        return v & 0x1efff;
    default:
        return v;
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
