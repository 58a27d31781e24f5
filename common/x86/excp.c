/* excp.c: leaving an instruction: exceptions, exits, sensitive operations. */
#include "common/x86/cpu.h"

static void NORETURN leave_event(struct x86_cpu *c, const struct x86_event *ev)
{
    c->event = *ev;
    longjmp(c->leave, X86_LEAVE_EVENT);
}

void x86_raise(struct x86_cpu *c, enum x86_vector vec)
{
    leave_event(
        c, &(struct x86_event){.type = X86_EV_FAULT, .vector = (uint8_t)vec});
}

void x86_raise_err(struct x86_cpu *c, enum x86_vector vec, uint32_t err)
{
    leave_event(c, &(struct x86_event){.type = X86_EV_FAULT,
                                       .vector = (uint8_t)vec,
                                       .has_error = true,
                                       .error = err});
}

void x86_pf(struct x86_cpu *c, uint64_t lin, uint32_t err)
{
    leave_event(c, &(struct x86_event){.type = X86_EV_FAULT,
                                       .vector = VEC_PF,
                                       .has_error = true,
                                       .error = err,
                                       .cr2 = lin});
}

void x86_db_fault(struct x86_cpu *c, uint64_t dr6)
{
    leave_event(c, &(struct x86_event){
                       .type = X86_EV_FAULT, .vector = VEC_DB, .db = dr6});
}

void x86_soft_int(struct x86_cpu *c, uint8_t vec, enum x86_event_type type,
                  uint64_t next_ip)
{
    leave_event(c, &(struct x86_event){.type = type,
                                       .vector = vec,
                                       .by_insn = true,
                                       .next_ip = next_ip});
}

void x86_soft_exception(struct x86_cpu *c, uint8_t vec, uint64_t next_ip)
{
    leave_event(c, &(struct x86_event){.type = X86_EV_SOFT,
                                       .vector = vec,
                                       .by_insn = true,
                                       .next_ip = next_ip,
                                       .soft_exception = true});
}

void x86_leave_exit(struct x86_cpu *c, enum x86_sensitive op, uint64_t sub,
                    uint64_t qual)
{
    c->exit = (struct vcpu_exit){
        .kind = EXIT_SENSITIVE, .op = op, .sub = sub, .qual = qual};
    longjmp(c->leave, X86_LEAVE_EXIT);
}

void x86_leave_shutdown(struct x86_cpu *c)
{
    longjmp(c->leave, X86_LEAVE_SHUTDOWN);
}

void x86_sensitive_slow(struct x86_cpu *c, enum x86_sensitive op, uint64_t sub,
                        uint64_t qual)
{
    switch ((enum disposition)c->v.disp.at[op]) {
    case DISP_EXECUTE:
    case DISP_SILENT:
        return;
    case DISP_FAULT:
        x86_gp0(c);
    case DISP_ASK:
        if (!c->ext->ask(c, op, sub, qual))
            return;
        break;
    case DISP_INLINE:
        ledger_add(&c->v.ledger, LEDGER_BT_INLINE, op, sub, 1);
        return;
    case DISP_EXIT:
    case DISP_HYPERCALL:
        break;
    }
    x86_leave_exit(c, op, sub, qual);
}
