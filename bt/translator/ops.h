/* ops.h: the translators of instructions, as op_list.def names them. */
#ifndef BT_TRANSLATOR_OPS_H
#define BT_TRANSLATOR_OPS_H

#include "bt/translator/trans.h"

/* op_alu.c */
trans_fn trans_alu_E_G, trans_alu_G_E, trans_alu_E_I, trans_cmp_E_G,
    trans_cmp_G_E, trans_cmp_E_I, trans_inc, trans_neg, trans_not;
/* op_shift.c */
trans_fn trans_shift_I, trans_shift_CL, trans_double_I, trans_double_CL;
/* op_muldiv.c */
trans_fn trans_mul, trans_imul, trans_imul_I, trans_div, trans_idiv;
/* op_mov.c */
trans_fn trans_mov_E_G, trans_mov_G_E, trans_mov_E_I, trans_mov_E_I64,
    trans_extend, trans_lea, trans_xchg, trans_bswap, trans_cbw, trans_cwd,
    trans_nop, trans_cmov, trans_setcc;
/* op_bit.c */
trans_fn trans_xadd, trans_cmpxchg, trans_cmpxchg16b, trans_bt_E_G,
    trans_bt_E_I, trans_scan, trans_carry, trans_direction;
/* op_branch.c */
trans_fn trans_jcc, trans_jmp_J, trans_call_J, trans_jmp_E, trans_call_E,
    trans_ret;
/* op_stack.c */
trans_fn trans_push_E, trans_push_I, trans_pop_E, trans_leave;

/* op_system.c */
trans_fn trans_cli, trans_sti, trans_pushf, trans_popf, trans_swapgs,
    trans_pause, trans_mov_cr8, trans_mov_R_S, trans_push_S;
/* May sensitive operation op of *i be done in translated code? */
bool trans_sensitive_possible(const struct trans *t, const struct x86_insn *i,
                              unsigned op);
/* Is an instruction that is translated after *i in the unit? */
bool trans_shadow_possible(const struct trans *t, const struct x86_insn *i);
/* op_sse.c */
trans_fn trans_sse_V_W, trans_sse_V_W_I, trans_ssse3_V_W, trans_palignr_V_W_I,
    trans_sse_W_I, trans_sse_load, trans_sse_store, trans_sse_scalar_in,
    trans_sse_scalar_out, trans_sse_movq_in, trans_sse_movq_out,
    trans_sse_half_in, trans_sse_half_out, trans_sse_movd_in,
    trans_sse_movd_out, trans_sse_mask;

static inline enum emit_size trans_size(const struct trans *t)
{
    return (enum emit_size)xi_osize(t->i);
}

static inline bool trans_is_mem(const struct trans *t)
{
    return (t->i->flags & XI_MEM) != 0;
}

static inline unsigned trans_bytes(const struct trans *t)
{
    return 1u << xi_osize(t->i);
}

#endif
