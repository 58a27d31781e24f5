/* decode_table.h: opcodes.def as data, for the decoder and its tests. */
#ifndef COMMON_X86_DECODE_TABLE_H
#define COMMON_X86_DECODE_TABLE_H

#include "common/x86/decode.h"

/* Where an operand is (operands.def). From RM to ESC: there is a ModRM byte. */
enum x86_operand_kind {
    OPK_NONE,
    OPK_OPREG,
    OPK_ACC,
    OPK_SEG_0,
    OPK_SEG_1,
    OPK_SEG_2,
    OPK_SEG_3,
    OPK_SEG_4,
    OPK_SEG_5,
    OPK_IMM_U8,
    OPK_IMM_S8,
    OPK_IMM_U16,
    OPK_IMM_Z,
    OPK_IMM_64,
    OPK_IMM_LEVEL,
    OPK_ONE,
    OPK_REL_8,
    OPK_REL_Z,
    OPK_FAR_PTR,
    OPK_MOFFS,
    OPK_SRC,
    OPK_DST,
    OPK_RM,
    OPK_MEM,
    OPK_RM_REG,
    OPK_REG,
    OPK_REG_SEG,
    OPK_REG_CR,
    OPK_REG_DR,
    OPK_REG_MMX,
    OPK_REG_XMM,
    OPK_RM_MMX,
    OPK_RM_XMM,
    OPK_ONLY_MMX,
    OPK_ONLY_XMM,
    OPK_ESC,
};

/* Size of the operation that an operand gives. */
enum x86_operand_size {
    OPS__, /* none */
    OPS_b,
    OPS_w,
    OPS_d,
    OPS_v,
    OPS_z,
    OPS_y,
    OPS_r
};

/* An operand: kind, and size from bit 8 up. */
enum x86_operand {
#define OPERAND(name, kind, size) OPD_##name = OPK_##kind | OPS_##size << 8,
#include "common/x86/operands.def"
#undef OPERAND
};

#define OPD_KIND(o)      ((o)&0xff)
#define OPD_SIZE(o)      ((o) >> 8)
#define OPD_HAS_MODRM(o) (OPD_KIND(o) >= OPK_RM)

enum x86_opcode_map { OPMAP_1, OPMAP_0F, OPMAP_38, OPMAP_3A, OPMAPS };

/* Columns pfx, mod and reg of opcodes.def. */
enum x86_op_pfx { OPP__, OPP_n, OPP_66, OPP_F3, OPP_F2 };
enum x86_op_mod { OPM__, OPM_M, OPM_R };

enum x86_op_reg {
    OPR_REG = 0x100,  /* bits 2:0 are ModRM.reg */
    OPR_BYTE = 0x200, /* bits 7:0 are the ModRM byte */
    OPR_REXW = 0x400,
    OPR_REXB = 0x800,
    OPR_CODE64 = 0x1000,
    OPR__ = 0,
    OPR_0 = OPR_REG,
    OPR_1,
    OPR_2,
    OPR_3,
    OPR_4,
    OPR_5,
    OPR_6,
    OPR_7,
    OPR_1W = OPR_1 | OPR_REXW,
    OPR_W = OPR_REXW,
    OPR_B = OPR_REXB,
    OPR_L = OPR_CODE64,
    OPR_xC1 = OPR_BYTE | 0xc1,
    OPR_xC2,
    OPR_xC3,
    OPR_xC4,
    OPR_xC8 = OPR_BYTE | 0xc8,
    OPR_xC9,
    OPR_xF8 = OPR_BYTE | 0xf8,
    OPR_xF9,
};

/* One line. */
struct x86_op_row {
    const char *name;
    const struct x86_impl *impl;
    uint16_t opcode; /* map << 8 | first byte */
    uint16_t reg;    /* enum x86_op_reg */
    uint8_t pfx, mod;
    bool modrm; /* there is a ModRM byte; the same for a whole opcode */
    uint8_t traits;
    uint16_t feature; /* enum x86_feature; X86_FEATURES: none needed */
    uint16_t opd[3];  /* enum x86_operand */
};

extern const struct x86_op_row x86_op_rows[X86_OPS];

/* The first line of each opcode, 0 where there is none; the others follow it.
 * Bytes that are prefixes in some mode have none either. */
extern const uint16_t x86_op_first[OPMAPS][256];

#endif
