/* defs.h: architectural constants of x86. [SDM3 "System Architecture
 * Overview"], [SDM3 "Protected-Mode Memory Management"], [SDM4]. */
#ifndef COMMON_X86_DEFS_H
#define COMMON_X86_DEFS_H

#include "common/base/bits.h"

enum x86_gpr {
    /* clang-format off */
    R_AX, R_CX, R_DX, R_BX, R_SP, R_BP, R_SI, R_DI,
    R_8, R_9, R_10, R_11, R_12, R_13, R_14, R_15,
    /* clang-format on */
    R_ZERO, /* always 0: "no base", "no index" */
    R_IP,   /* see struct x86_state */
    R_COUNT
};

enum x86_segreg { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_COUNT };

/* RFLAGS */
#define FL_CF   BIT(0)
#define FL_ONE  BIT(1)
#define FL_PF   BIT(2)
#define FL_AF   BIT(4)
#define FL_ZF   BIT(6)
#define FL_SF   BIT(7)
#define FL_TF   BIT(8)
#define FL_IF   BIT(9)
#define FL_DF   BIT(10)
#define FL_OF   BIT(11)
#define FL_IOPL (3u << 12)
#define FL_NT   BIT(14)
#define FL_RF   BIT(16)
#define FL_VM   BIT(17)
#define FL_AC   BIT(18)
#define FL_VIF  BIT(19)
#define FL_VIP  BIT(20)
#define FL_ID   BIT(21)

#define FL_ARITH (FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF | FL_OF)

/* CR0, CR4, EFER */
#define CR0_PE BIT(0)
#define CR0_MP BIT(1)
#define CR0_EM BIT(2)
#define CR0_TS BIT(3)
#define CR0_ET BIT(4)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR0_AM BIT(18)
#define CR0_NW BIT(29)
#define CR0_CD BIT(30)
#define CR0_PG BIT(31)

#define CR4_VME        BIT(0)
#define CR4_PVI        BIT(1)
#define CR4_TSD        BIT(2)
#define CR4_DE         BIT(3)
#define CR4_PSE        BIT(4)
#define CR4_PAE        BIT(5)
#define CR4_MCE        BIT(6)
#define CR4_PGE        BIT(7)
#define CR4_PCE        BIT(8)
#define CR4_OSFXSR     BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_UMIP       BIT(11)
#define CR4_VMXE       BIT(13)
#define CR4_FSGSBASE   BIT(16)
#define CR4_PCIDE      BIT(17)
#define CR4_OSXSAVE    BIT(18)
#define CR4_SMEP       BIT(20)
#define CR4_SMAP       BIT(21)

#define EFER_SCE BIT(0)
#define EFER_LME BIT(8)
#define EFER_LMA BIT(10)
#define EFER_NXE BIT(11)

/* Exception vectors */
enum x86_vector {
    /* clang-format off */
    VEC_DE = 0, VEC_DB = 1, VEC_NMI = 2, VEC_BP = 3, VEC_OF = 4, VEC_BR = 5,
    VEC_UD = 6, VEC_NM = 7, VEC_DF = 8, VEC_TS = 10, VEC_NP = 11, VEC_SS = 12,
    VEC_GP = 13, VEC_PF = 14, VEC_MF = 16, VEC_AC = 17, VEC_MC = 18,
    VEC_XM = 19
    /* clang-format on */
};

/* #PF error code [SDM3 "Page-Fault Exceptions"] */
#define PF_P BIT(0)
#define PF_W BIT(1)
#define PF_U BIT(2)
#define PF_R BIT(3) /* reserved bit set */
#define PF_I BIT(4) /* instruction fetch */

/* Selector and error-code parts */
#define SEL_RPL(s)   ((s)&3u)
#define SEL_TI(s)    ((s)&4u)
#define SEL_INDEX(s) ((s)&0xfff8u)
#define ERR_EXT      1u
#define ERR_IDT      2u

/* Segment attributes, as VMX stores access rights: type 3:0, S 4, DPL 6:5,
 * P 7, AVL 12, L 13, D/B 14, G 15, unusable 16.
 * [SDM3 "Guest Register State" in "Virtual Machine Control Structures"] */
#define SA_TYPE(a)  ((a)&15u)
#define SA_ACCESSED BIT(0)
#define SA_WRITABLE BIT(1) /* data: writable; code: readable */
#define SA_EXPDOWN  BIT(2) /* data: expand-down; code: conforming */
#define SA_CODE     BIT(3)
#define SA_S        BIT(4)
#define SA_DPL(a)   (((a) >> 5) & 3u)
#define SA_P        BIT(7)
#define SA_L        BIT(13)
#define SA_DB       BIT(14)
#define SA_G        BIT(15)
#define SA_UNUSABLE BIT(16)

/* System descriptor types (S = 0) */
enum x86_systype {
    /* clang-format off */
    SYS_TSS16_AVAIL = 1, SYS_LDT = 2, SYS_TSS16_BUSY = 3, SYS_CALL16 = 4,
    SYS_TASKGATE = 5, SYS_INT16 = 6, SYS_TRAP16 = 7, SYS_TSS32_AVAIL = 9,
    SYS_TSS32_BUSY = 11, SYS_CALL32 = 12, SYS_INT32 = 14, SYS_TRAP32 = 15
    /* clang-format on */
};

#endif
