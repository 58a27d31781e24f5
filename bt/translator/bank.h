/* bank.h: where guest registers are while translated code runs. */
#ifndef BT_TRANSLATOR_BANK_H
#define BT_TRANSLATOR_BANK_H

#include "bt/translator/emit.h"
#include "bt/translator/jit.h"

/* Host registers with a role of their own. The guest's flags are in AX. */
#define HR_CPU HR_BP /* struct x86_cpu */
#define HR_S1  HR_DI /* scratch */
#define HR_S2  HR_SI
#define HR_S3  HR_11 /* 16- and 32-bit code only */

/* BANK(guest, host): guest AX, CX and DX are where their high bytes have
 * names, CX is where shifts want it. The others of 64-bit code are in
 * memory. */
#define BANK_COMMON(X)                                                         \
    X(R_AX, HR_BX)                                                             \
    X(R_CX, HR_CX)                                                             \
    X(R_DX, HR_DX)                                                             \
    X(R_BX, HR_8)                                                              \
    X(R_SP, HR_9)                                                              \
    X(R_BP, HR_10)                                                             \
    X(R_SI, HR_14)                                                             \
    X(R_DI, HR_15)
#define BANK_64(X)                                                             \
    X(R_8, HR_11)                                                              \
    X(R_12, HR_12)                                                             \
    X(R_13, HR_13)

/* Host register of guest register g, or HR_NONE. */
static inline enum emit_reg bank_host(unsigned g)
{
    static const uint8_t host[R_COUNT] = {
        HR_BX, HR_CX, HR_DX,   HR_8,    HR_9,    HR_10,
        HR_14, HR_15, HR_11,   HR_NONE, HR_NONE, HR_NONE,
        HR_12, HR_13, HR_NONE, HR_NONE, HR_NONE, HR_NONE};

    return (enum emit_reg)host[g];
}

/* HR_CPU points into struct x86_cpu: what is used most is within reach of an
 * 8-bit displacement. */
#define CPU_BIAS ((int32_t)offsetof(struct x86_cpu, s.r) + 32)

static inline int32_t cpu_disp(size_t offset)
{
    return (int32_t)offset - CPU_BIAS;
}

/* Fields of struct x86_cpu and struct jit as operands of translated code */
#define AT_CPU(field)   emit_at(HR_CPU, cpu_disp(offsetof(struct x86_cpu, field)))
#define JIT_DISP(field) cpu_disp(JIT_OFFSET + offsetof(struct jit, field))

static inline struct emit_mem at_guest(unsigned g)
{
    return emit_at(HR_CPU, cpu_disp(offsetof(struct x86_cpu, s.r) + g * 8));
}

#endif
