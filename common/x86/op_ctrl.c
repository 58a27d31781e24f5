/* op_ctrl.c: near branches: Jcc, JMP, CALL, RET, LOOP, JCXZ. [SDM2]
 *
 * Operand size 64 is 64-bit mode, where a target must be canonical; 16 and 32
 * are the others, where it must lie within CS's limit, and where 16 cuts it to
 * IP. A branch that faults has not completed: its own address is saved. */
#include "common/x86/cond.h"
#include "common/x86/top.h"

/* ---- targets, by operand size ---- */
#define NEXT16(c, i) x86_next_ip(c, i)
#define NEXT32(c, i) x86_next_ip(c, i)
#define NEXT64(c, i) ((c)->s.r[R_IP] + (i)->off + (i)->len)
#define REL(i)       ((uint64_t)(int64_t)(i)->imm)

#define TARGET16(ip) ((uint64_t)(uint16_t)(ip))
#define TARGET32(ip) ((uint64_t)(uint32_t)(ip))
#define TARGET64(ip) ((uint64_t)(ip))

#define BAD16(c, ip) ((ip) > (c)->s.seg[SEG_CS].limit)
#define BAD32(c, ip) ((ip) > (c)->s.seg[SEG_CS].limit)
#define BAD64(c, ip) (sext((ip), 48) != (int64_t)(ip))

static void X86_COLD NORETURN bad_target(struct x86_cpu *c)
{
    x86_gp0(c);
}

#define CHECK(bits, c, ip)                                                     \
    do {                                                                       \
        if (unlikely(BAD##bits(c, ip)))                                        \
            bad_target(c);                                                     \
    } while (0)

/* ---- JMP, Jcc ---- */
#define JUMP_RELATIVE(bits)                                                    \
    static ALWAYS_INLINE void jump##bits(struct x86_cpu *c,                    \
                                         const struct x86_insn *i)             \
    {                                                                          \
        uint64_t ip = TARGET##bits(NEXT##bits(c, i) + REL(i));                 \
                                                                               \
        CHECK(bits, c, ip);                                                    \
        X86_JUMP(c, i, ip);                                                    \
    }                                                                          \
    static void jmp_J##bits(struct x86_cpu *c, const struct x86_insn *i)       \
    {                                                                          \
        jump##bits(c, i);                                                      \
    }

JUMP_RELATIVE(16)
JUMP_RELATIVE(32)
JUMP_RELATIVE(64)

#define IMPL_NEAR(f)                                                           \
    {                                                                          \
        .r = { NULL, f##16, f##32, f##64 }                                     \
    }

const struct x86_impl x86_op_jmp_J = IMPL_NEAR(jmp_J);

#define JCC_SIZE(cc, bits)                                                     \
    static void j##cc##_J##bits(struct x86_cpu *c, const struct x86_insn *i)   \
    {                                                                          \
        if (COND_##cc(c->arith))                                               \
            jump##bits(c, i);                                                  \
        else                                                                   \
            X86_JUMP(c, i, NEXT##bits(c, i));                                  \
    }
#define JCC(cc)                                                                \
    JCC_SIZE(cc, 16)                                                           \
    JCC_SIZE(cc, 32)                                                           \
    JCC_SIZE(cc, 64)                                                           \
    const struct x86_impl x86_op_j##cc##_J = IMPL_NEAR(j##cc##_J);

COND_EACH(JCC)

/* ---- CALL: faults of the stack come before those of the target ---- */
#define CALL_TO(bits)                                                          \
    static X86_COLD void call_slow##bits(                                      \
        struct x86_cpu *c, const struct x86_insn *i, uint64_t ip)              \
    {                                                                          \
        uint64_t off = X86_TOP_OFF##bits(c, -((bits) / 8));                    \
        uint##bits##_t v;                                                      \
        struct x86_rmw w;                                                      \
                                                                               \
        x86_mem_rmw_slow(c, SEG_SS, off, &v, sizeof(v), &w);                   \
        CHECK(bits, c, ip);                                                    \
        v = (uint##bits##_t)NEXT##bits(c, i);                                  \
        x86_mem_rmw_end_slow(c, &w, &v);                                       \
        X86_TOP_SET##bits(c, off);                                             \
        X86_JUMP(c, i, ip);                                                    \
    }                                                                          \
    static ALWAYS_INLINE void call_to##bits(                                   \
        struct x86_cpu *c, const struct x86_insn *i, uint64_t ip)              \
    {                                                                          \
        uint64_t off = X86_TOP_OFF##bits(c, -((bits) / 8));                    \
        void *p = X86_TOP_WRITE##bits(c, off);                                 \
        uint##bits##_t v = (uint##bits##_t)NEXT##bits(c, i);                   \
                                                                               \
        if (unlikely(p == NULL)) {                                             \
            call_slow##bits(c, i, ip);                                         \
            return;                                                            \
        }                                                                      \
        CHECK(bits, c, ip);                                                    \
        memcpy(p, &v, sizeof(v));                                              \
        X86_TOP_SET##bits(c, off);                                             \
        X86_JUMP(c, i, ip);                                                    \
    }                                                                          \
    static void call_J##bits(struct x86_cpu *c, const struct x86_insn *i)      \
    {                                                                          \
        call_to##bits(c, i, TARGET##bits(NEXT##bits(c, i) + REL(i)));          \
    }

CALL_TO(16)
CALL_TO(32)
CALL_TO(64)
const struct x86_impl x86_op_call_J = IMPL_NEAR(call_J);

/* ---- JMP and CALL indirect: the target is read first ---- */
#define INDIRECT_SIZE(bits)                                                    \
    static ALWAYS_INLINE void jump_to##bits(                                   \
        struct x86_cpu *c, const struct x86_insn *i, uint64_t ip)              \
    {                                                                          \
        CHECK(bits, c, ip);                                                    \
        X86_JUMP(c, i, ip);                                                    \
    }                                                                          \
    static void jmp_E##bits##r(struct x86_cpu *c, const struct x86_insn *i)    \
    {                                                                          \
        jump_to##bits(c, i, X86_GET##bits(c, i->rm));                          \
    }                                                                          \
    static void jmp_E##bits##m(struct x86_cpu *c, const struct x86_insn *i)    \
    {                                                                          \
        jump_to##bits(c, i, x86_ld##bits(c, xi_seg(i), x86_ea(c, i)));         \
    }                                                                          \
    static void call_E##bits##r(struct x86_cpu *c, const struct x86_insn *i)   \
    {                                                                          \
        call_to##bits(c, i, X86_GET##bits(c, i->rm));                          \
    }                                                                          \
    static void call_E##bits##m(struct x86_cpu *c, const struct x86_insn *i)   \
    {                                                                          \
        call_to##bits(c, i, x86_ld##bits(c, xi_seg(i), x86_ea(c, i)));         \
    }

INDIRECT_SIZE(16)
INDIRECT_SIZE(32)
INDIRECT_SIZE(64)
const struct x86_impl x86_op_jmp_E = {
    X86_R_WIDE(jmp_E), .m = {NULL, jmp_E16m, jmp_E32m, jmp_E64m}};
const struct x86_impl x86_op_call_E = {
    X86_R_WIDE(call_E), .m = {NULL, call_E16m, call_E32m, call_E64m}};

/* ---- RET ---- */
#define RET_SIZE(bits)                                                         \
    static X86_COLD void ret##bits##_slow(struct x86_cpu *c,                   \
                                          const struct x86_insn *i)            \
    {                                                                          \
        uint64_t ip = x86_top_load(c, (bits) / 8);                             \
                                                                               \
        CHECK(bits, c, ip);                                                    \
        x86_set_sp(c, x86_sp_off(c, (bits) / 8 + (int64_t)i->imm));            \
        X86_JUMP(c, i, ip);                                                    \
    }                                                                          \
    static void ret##bits(struct x86_cpu *c, const struct x86_insn *i)         \
    {                                                                          \
        const void *p = X86_TOP_READ##bits(c, X86_TOP_OFF##bits(c, 0));        \
        uint##bits##_t ip;                                                     \
                                                                               \
        if (unlikely(p == NULL)) {                                             \
            ret##bits##_slow(c, i);                                            \
            return;                                                            \
        }                                                                      \
        memcpy(&ip, p, sizeof(ip));                                            \
        CHECK(bits, c, ip);                                                    \
        X86_TOP_SET##bits(c, X86_TOP_OFF##bits(c, (bits) / 8 + i->imm));       \
        X86_JUMP(c, i, ip);                                                    \
    }

/* imm is 0 without an immediate. */
RET_SIZE(16)
RET_SIZE(32)
RET_SIZE(64)
const struct x86_impl x86_op_ret = IMPL_NEAR(ret);
const struct x86_impl x86_op_ret_I = IMPL_NEAR(ret);

/* ---- LOOP, JCXZ: the count has the address size ---- */
static uint64_t count_after(const struct x86_cpu *c, const struct x86_insn *i)
{
    return (c->s.r[R_CX] - 1) & x86_amask(i);
}

#define LOOP_SIZE(name, bits, cond)                                            \
    static void name##bits(struct x86_cpu *c, const struct x86_insn *i)        \
    {                                                                          \
        uint64_t count = count_after(c, i), ip = NEXT##bits(c, i);             \
                                                                               \
        if (count != 0 && (cond)) {                                            \
            ip = TARGET##bits(ip + REL(i));                                    \
            CHECK(bits, c, ip);                                                \
        }                                                                      \
        x86_set_sized(c, R_CX, xi_asize(i), count);                            \
        X86_JUMP(c, i, ip);                                                    \
    }
#define LOOP(name, cond)                                                       \
    LOOP_SIZE(name, 16, cond)                                                  \
    LOOP_SIZE(name, 32, cond)                                                  \
    LOOP_SIZE(name, 64, cond)                                                  \
    const struct x86_impl x86_op_##name = IMPL_NEAR(name);

/* A repeat prefix is reserved here; processors (AMD's, at least) take the
 * condition from it: F3 as LOOPE, F2 as LOOPNE. */
static bool loop_cond(const struct x86_cpu *c, const struct x86_insn *i,
                      bool equal)
{
    if (i->flags & (XI_REP | XI_REPNE))
        equal = (i->flags & XI_REP) != 0;
    return COND_e(c->arith) == equal;
}

LOOP(loop, true)
LOOP(loope, loop_cond(c, i, true))
LOOP(loopne, loop_cond(c, i, false))

#define JCXZ_SIZE(bits)                                                        \
    static void jcxz##bits(struct x86_cpu *c, const struct x86_insn *i)        \
    {                                                                          \
        if ((c->s.r[R_CX] & x86_amask(i)) == 0)                                \
            jump##bits(c, i);                                                  \
        else                                                                   \
            X86_JUMP(c, i, NEXT##bits(c, i));                                  \
    }

JCXZ_SIZE(16)
JCXZ_SIZE(32)
JCXZ_SIZE(64)
const struct x86_impl x86_op_jcxz = IMPL_NEAR(jcxz);
