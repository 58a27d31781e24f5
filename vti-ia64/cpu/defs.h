/* defs.h: numbers and bit positions of the architecture. */
#ifndef VTI_IA64_CPU_DEFS_H
#define VTI_IA64_CPU_DEFS_H

#include <stdbool.h>
#include <stdint.h>

/* What an implementation may choose: those of Ski. */
#define IA64_STACKED     96u
#define IA64_TRS         16u
#define IA64_TCS         128u
#define IA64_PKRS        16u
#define IA64_BREAKPOINTS 16u
#define IA64_PMCS        32u
#define IA64_ALAT        32u
#define IA64_RID_BITS    24u
#define IA64_KEY_BITS    24u
#define IA64_PA_BITS     50u /* of a PTE: PPN 49:12; see DESIGN */
#define IA64_VA_MSB      60u /* all of a region is implemented */

/* PSR [ISDM2 "Processor Status Register"] */
#define PSR_BE        (1ull << 1)
#define PSR_UP        (1ull << 2)
#define PSR_AC        (1ull << 3)
#define PSR_MFL       (1ull << 4)
#define PSR_MFH       (1ull << 5)
#define PSR_UM        (PSR_BE | PSR_UP | PSR_AC | PSR_MFL | PSR_MFH)
#define PSR_IC        (1ull << 13)
#define PSR_I         (1ull << 14)
#define PSR_PK        (1ull << 15)
#define PSR_DT        (1ull << 17)
#define PSR_DFL       (1ull << 18)
#define PSR_DFH       (1ull << 19)
#define PSR_SP        (1ull << 20)
#define PSR_PP        (1ull << 21)
#define PSR_DI        (1ull << 22)
#define PSR_SI        (1ull << 23)
#define PSR_SM        0xfee03eull /* what ssm and rsm may name */
#define PSR_DB        (1ull << 24)
#define PSR_LP        (1ull << 25)
#define PSR_TB        (1ull << 26)
#define PSR_RT        (1ull << 27)
#define PSR_L         0x0ffee03eull   /* defined bits of psr.l */
#define PSR_READABLE  0x18ffffffffull /* by mov r=psr: 31:0, 36:35 */
#define PSR_CPL_SHIFT 32
#define PSR_CPL       (3ull << 32)
#define PSR_IS        (1ull << 34)
#define PSR_MC        (1ull << 35)
#define PSR_IT        (1ull << 36)
#define PSR_ID        (1ull << 37)
#define PSR_DA        (1ull << 38)
#define PSR_DD        (1ull << 39)
#define PSR_SS        (1ull << 40)
#define PSR_RI_SHIFT  41
#define PSR_RI        (3ull << 41)
#define PSR_ED        (1ull << 43)
#define PSR_BN        (1ull << 44)
#define PSR_IA        (1ull << 45)
#define PSR_VM        (1ull << 46)
/* Those that hold for one instruction. */
#define PSR_ONCE    (PSR_ID | PSR_DA | PSR_DD | PSR_IA | PSR_ED)
#define PSR_DEFINED (PSR_L | 0x7fff00000000ull) /* bits that there are */

/* ISR [ISDM2 "Interruption Status Register"] */
#define ISR_X        (1ull << 32)
#define ISR_W        (1ull << 33)
#define ISR_R        (1ull << 34)
#define ISR_NA       (1ull << 35)
#define ISR_SP       (1ull << 36)
#define ISR_RS       (1ull << 37)
#define ISR_IR       (1ull << 38)
#define ISR_NI       (1ull << 39)
#define ISR_SO       (1ull << 40)
#define ISR_EI_SHIFT 41
#define ISR_ED       (1ull << 43)
#define ISR_DEFINED  0xfff00ffffffull /* bits that there are */

/* DCR */
#define DCR_PP      (1ull << 0)
#define DCR_BE      (1ull << 1)
#define DCR_LC      (1ull << 2)
#define DCR_DM      (1ull << 8)
#define DCR_DP      (1ull << 9)
#define DCR_DK      (1ull << 10)
#define DCR_DX      (1ull << 11)
#define DCR_DR      (1ull << 12)
#define DCR_DA      (1ull << 13)
#define DCR_DD      (1ull << 14)
#define DCR_DEFINED 0x7f07ull

/* CFM: sof 6:0, sol 13:7, sor 17:14, rrb.gr 24:18, rrb.fr 31:25, rrb.pr 37:32
 */
#define CFM_MASK ((1ull << 38) - 1)
#define IFS_V    (1ull << 63)

static inline unsigned cfm_sof(uint64_t cfm)
{
    return cfm & 0x7f;
}

static inline unsigned cfm_sol(uint64_t cfm)
{
    return cfm >> 7 & 0x7f;
}

/* In registers. */
static inline unsigned cfm_sor(uint64_t cfm)
{
    return (cfm >> 14 & 0xf) * 8;
}

static inline unsigned cfm_rrb_gr(uint64_t cfm)
{
    return cfm >> 18 & 0x7f;
}

static inline unsigned cfm_rrb_fr(uint64_t cfm)
{
    return cfm >> 25 & 0x7f;
}

static inline unsigned cfm_rrb_pr(uint64_t cfm)
{
    return cfm >> 32 & 0x3f;
}

/* What software may have written to PFS or IFS: whether there can be such a
 * frame. */
static inline bool cfm_valid(uint64_t cfm)
{
    unsigned sor = cfm_sor(cfm);

    return cfm_sof(cfm) <= IA64_STACKED && cfm_sol(cfm) <= cfm_sof(cfm) &&
           sor <= cfm_sof(cfm) && cfm_rrb_gr(cfm) < (sor == 0 ? 1 : sor) &&
           cfm_rrb_fr(cfm) < 96 && cfm_rrb_pr(cfm) < 48;
}

/* PTE, ITIR, RR, PTA, PKR */
#define PTE_P  1ull
#define PTE_A  (1ull << 5)
#define PTE_D  (1ull << 6)
#define PTE_ED (1ull << 52)
#define PKR_V  1ull
#define PKR_WD (1ull << 1)
#define PKR_RD (1ull << 2)
#define PKR_XD (1ull << 3)

static inline unsigned pte_ma(uint64_t pte)
{
    return pte >> 2 & 7;
}

static inline unsigned pte_pl(uint64_t pte)
{
    return pte >> 7 & 3;
}

static inline unsigned pte_ar(uint64_t pte)
{
    return pte >> 9 & 7;
}

/* PTE{49:12}: the physical address of a 4 KiB page. */
static inline uint64_t pte_pa(uint64_t pte)
{
    return pte & 0x3fffffffff000ull;
}

static inline unsigned itir_ps(uint64_t itir)
{
    return itir >> 2 & 0x3f;
}

static inline uint32_t itir_key(uint64_t itir)
{
    return itir >> 8 & 0xffffff;
}

static inline uint32_t rr_rid(uint64_t rr)
{
    return rr >> 8 & 0xffffff;
}

#define RR_VE  1ull
#define PTA_VE 1ull
#define PTA_VF (1ull << 8)

/* Interruption vectors: offset from CR.IVA. [ISDM2 "IVA-Based Interruption
 * Vectors"] */
enum ia64_vector {
#define VECTOR(name, offset, text) IA64_VEC_##name = offset,
#include "vti-ia64/cpu/vectors.def"
#undef VECTOR
};

/* ISR.code of General Exception and NaT Consumption */
enum {
    IA64_GE_ILLEGAL_OP = 0x00,
    IA64_GE_PRIV_OP = 0x10,
    IA64_GE_PRIV_REG = 0x20,
    IA64_GE_RESERVED = 0x30,
    IA64_GE_DISABLED_ISA = 0x40,
    IA64_NAT_REGISTER = 0x10,
    IA64_NAT_PAGE = 0x20,
};

/* ISR.code{3:0} of non-access operations */
enum {
    IA64_NA_TPA = 0,
    IA64_NA_FC = 1,
    IA64_NA_PROBE = 2,
    IA64_NA_TAK = 3,
    IA64_NA_LFETCH = 4,
    IA64_NA_PROBE_FAULT = 5,
};

#endif
