/* stub.c: the ways between C and translated code, made once. */
#include "bt/translator/bank.h"

#define STUB_BYTES 4096u

static void move_bank(struct emit *e, enum jit_bank bank, bool store)
{
#define MOVE(g, h)                                                             \
    if (store)                                                                 \
        emit_mr(e, EO_MOV, E64, at_guest(g), h);                               \
    else                                                                       \
        emit_rm(e, EO_MOV, E64, h, at_guest(g));
    BANK_COMMON(MOVE)
    if (bank == JIT_BANK64) {
        BANK_64(MOVE)
    }
#undef MOVE
    if (store)
        emit_mr(e, EO_MOV, E16, AT_CPU(arith), HR_AX);
    else
        emit_rm(e, EO_MOVZX16, E32, HR_AX, AT_CPU(arith));
}

static void call_c(struct emit *e, uintptr_t fn)
{
    emit_rr(e, EO_MOV, E32, HR_SI, HR_S1);
    emit_rm(e, EO_LEA, E64, HR_DI, emit_at(HR_CPU, -CPU_BIAS));
    emit_movabs(e, HR_AX, fn);
    emit_r(e, EO_CALL, E64, HR_AX);
}

static const enum emit_reg saved[] = {HR_BX, HR_BP, HR_12, HR_13, HR_14, HR_15};

/* void enter(struct x86_cpu *c, const uint8_t *code) */
static void make_enter(struct emit *e, enum jit_bank bank)
{
    for (unsigned k = 0; k < 6; k++)
        emit_r(e, EO_PUSH, E64, saved[k]);
    emit_ri(e, EO_SUB, E64, HR_SP, 8);
    emit_rm(e, EO_LEA, E64, HR_CPU, emit_at(HR_DI, CPU_BIAS));
    move_bank(e, bank, false);
    emit_r(e, EO_JMP, E64, HR_SI);
}

/* Jumped to: back to who entered. */
static void make_leave(struct emit *e, enum jit_bank bank)
{
    move_bank(e, bank, true);
    /* No POP: valgrind does not know the form that emit_ops.def would have. */
    for (unsigned k = 0; k < 6; k++)
        emit_rm(e, EO_MOV, E64, saved[k], emit_at(HR_SP, 8 * (6 - (int)k)));
    emit_ri(e, EO_ADD, E64, HR_SP, 56);
    emit_plain(e, EP_RET);
}

static void go(struct emit *e, enum jit_bank bank)
{
    move_bank(e, bank, false);
    emit_m(e, EO_JMP, E64, AT_CPU(jit_go));
}

/* Called with the site in S1. */
static void make_callout(struct emit *e, enum jit_bank bank)
{
    struct emit_label other = {0};

    move_bank(e, bank, true);
    emit_ri(e, EO_SUB, E64, HR_SP, 8);
    call_c(e, (uintptr_t)jit_callout);
    emit_ri(e, EO_ADD, E64, HR_SP, 8);
    emit_rr(e, EO_TEST, E64, HR_AX, HR_AX);
    emit_jcc(e, CC_NE, &other, EMIT_NEAR);
    move_bank(e, bank, false);
    emit_plain(e, EP_RET);
    emit_bind(e, &other);
    emit_ri(e, EO_ADD, E64, HR_SP, 8);
    emit_mr(e, EO_MOV, E64, AT_CPU(jit_go), HR_AX);
    go(e, bank);
}

/* Jumped to with the exit in S1. */
static void make_exit(struct emit *e, enum jit_bank bank)
{
    move_bank(e, bank, true);
    call_c(e, (uintptr_t)jit_take_exit);
    emit_mr(e, EO_MOV, E64, AT_CPU(jit_go), HR_AX);
    go(e, bank);
}

typedef void make_fn(struct emit *e, enum jit_bank bank);

static bool make(struct jit *j, make_fn *fn, const uint8_t **out)
{
    struct codecache_span span;
    struct emit e;

    for (unsigned bank = 0; bank < JIT_BANKS; bank++) {
        if (!codecache_reserve(&j->cc, STUB_BYTES, &span))
            return false;
        emit_init(&e, span.rw, span.size, (uint64_t)(uintptr_t)span.rx);
        fn(&e, (enum jit_bank)bank);
        if (!emit_ok(&e)) {
            codecache_abort(&j->cc);
            return false;
        }
        out[bank] = codecache_commit(&j->cc, emit_offset(&e));
    }
    return true;
}

bool jit_stubs_make(struct x86_cpu *c)
{
    struct jit *j = jit_of(c);

    if (!make(j, make_enter, j->enter) || !make(j, make_leave, j->leave) ||
        !make(j, make_callout, j->callout) || !make(j, make_exit, j->exit))
        return false;
    codecache_keep(&j->cc);
    return true;
}
