/* regs.c: the regset of x86, made from regs.def. */
#include "common/x86/cpu.h"

#define FIELD_SIZE(field) sizeof(((const struct x86_state *)0)->field)

static const struct reg_desc regs[] = {
#define REG(reg_name, field)                                                   \
    {.name = reg_name,                                                         \
     .offset = offsetof(struct x86_state, field),                              \
     .size = FIELD_SIZE(field)},
#define STREG(reg_name, field)                                                 \
    {.name = reg_name, .offset = offsetof(struct x86_state, field), .size = 10},
#define SEGREG(reg_name, field)                                                \
    REG(reg_name ".sel", field.sel)                                            \
    REG(reg_name ".base", field.base)                                          \
    REG(reg_name ".limit", field.limit)                                        \
    REG(reg_name ".attr", field.attr)
#include "common/x86/regs.def"
#undef SEGREG
#undef STREG
#undef REG
};

const struct regset x86_regset = {
    .isa = "x86",
    .blob_size = sizeof(struct x86_state),
    .reg = regs,
    .nr = ARRAY_LEN(regs),
};
