/* decode_table.c: opcodes.def as data, for the decoder and its tests. */
#include "common/x86/decode_table.h"

#include <stddef.h>

#define X86_FEATURE_NONE X86_FEATURES

#define OP(map, byte, pfx, mod, reg, name, o1, o2, o3, impl, traits, feature)  \
    extern const struct x86_impl x86_op_##impl;
#define ALT  OP
#define OP8  OP
#define ALT8 OP
#include "common/x86/opcodes.def"
#undef OP

#define OP(map_, byte, pfx_, mod_, reg_, name_, o1, o2, o3, impl_, traits_,    \
           feature_)                                                           \
    [X86_OP_##map_##_##byte##_##pfx_##_##mod_##_##reg_] = {                    \
        .name = #name_,                                                        \
        .impl = &x86_op_##impl_,                                               \
        .opcode = OPMAP_##map_ << 8 | 0x##byte,                                \
        .reg = OPR_##reg_,                                                     \
        .pfx = OPP_##pfx_,                                                     \
        .mod = OPM_##mod_,                                                     \
        .modrm = OPD_HAS_MODRM(OPD_##o1) || OPD_HAS_MODRM(OPD_##o2) ||         \
                 OPD_HAS_MODRM(OPD_##o3) ||                                    \
                 (OPR_##reg_ & (OPR_REG | OPR_BYTE)) != 0,                     \
        .traits = traits_,                                                     \
        .feature = X86_FEATURE_##feature_,                                     \
        .opd = {OPD_##o1, OPD_##o2, OPD_##o3},                                 \
    },

const struct x86_op_row x86_op_rows[X86_OPS] = {
#include "common/x86/opcodes.def"
};

#undef OP
#undef ALT
#undef OP8
#undef ALT8

#define FIRST(map, byte, n, pfx, mod, reg)                                     \
    [OPMAP_##map][0x##byte + (n)] =                                            \
        X86_OP_##map##_##byte##_##pfx##_##mod##_##reg
#define OP(map, byte, pfx, mod, reg, name, o1, o2, o3, impl, traits, feature)  \
    FIRST(map, byte, 0, pfx, mod, reg),
#define OP8(map, byte, pfx, mod, reg, name, o1, o2, o3, impl, traits, feature) \
    FIRST(map, byte, 0, pfx, mod, reg), FIRST(map, byte, 1, pfx, mod, reg),    \
        FIRST(map, byte, 2, pfx, mod, reg),                                    \
        FIRST(map, byte, 3, pfx, mod, reg),                                    \
        FIRST(map, byte, 4, pfx, mod, reg),                                    \
        FIRST(map, byte, 5, pfx, mod, reg),                                    \
        FIRST(map, byte, 6, pfx, mod, reg),                                    \
        FIRST(map, byte, 7, pfx, mod, reg),
#define ALT(map, byte, pfx, mod, reg, name, o1, o2, o3, impl, traits, feature)
#define ALT8 ALT

const uint16_t x86_op_first[OPMAPS][256] = {
#include "common/x86/opcodes.def"
};

#undef OP
#undef ALT
#undef OP8
#undef ALT8

static const struct x86_op_row *row(unsigned op)
{
    return &x86_op_rows[op < X86_OPS ? op : X86_OP_NONE];
}

const char *x86_op_name(unsigned op)
{
    return row(op)->name != NULL ? row(op)->name : "(bad)";
}

unsigned x86_op_traits(unsigned op)
{
    return row(op)->traits;
}

const struct x86_impl *x86_op_impl(unsigned op)
{
    return row(op)->impl;
}
