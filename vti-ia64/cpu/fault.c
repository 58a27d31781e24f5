/* fault.c: leaving an instruction that does not complete, and the sensitive
 * operations. */
#include "vti-ia64/cpu/op.h"
#include "vti-ia64/cpu/sensitive.h"

#include "common/engine/engine.h"

void ia64_raise(struct ia64_cpu *c, const struct ia64_insn *i,
                const struct ia64_fault *f)
{
    c->insn = i;
    c->fault = *f;
    longjmp(c->leave, IA64_LEAVE_FAULT);
}

void ia64_general(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t code)
{
    ia64_raise(c, i,
               &(struct ia64_fault){.vector = IA64_VEC_GENERAL, .isr = code});
}

void ia64_illegal(struct ia64_cpu *c, const struct ia64_insn *i)
{
    ia64_general(c, i, IA64_GE_ILLEGAL_OP);
}

IA64_OP(illegal)
{
    ia64_illegal(c, i);
}

void ia64_nat_fault(struct ia64_cpu *c, const struct ia64_insn *i,
                    uint64_t access)
{
    ia64_raise(c, i,
               &(struct ia64_fault){.vector = IA64_VEC_NAT,
                                    .isr = IA64_NAT_REGISTER | access});
}

void ia64_fp_disabled(struct ia64_cpu *c, const struct ia64_insn *i,
                      uint64_t isr)
{
    ia64_raise(
        c, i, &(struct ia64_fault){.vector = IA64_VEC_DISABLED_FP, .isr = isr});
}

/* PSR.vm is 1, or an engine has asked for an operation. */
void ia64_sensitive_slow(struct ia64_cpu *c, const struct ia64_insn *i,
                         unsigned op)
{
    switch (c->v.disp.at[op]) {
    case DISP_EXECUTE:
        break;
    case DISP_SILENT:
        ia64_silent(c, op);
        break;
    case DISP_FAULT:
        ia64_general(c, i, IA64_GE_PRIV_OP);
    default:
        c->insn = i;
        c->exit = (struct vcpu_exit){.kind = EXIT_SENSITIVE, .op = op};
        longjmp(c->leave, IA64_LEAVE_EXIT);
    }
    if ((c->s.psr & PSR_VM) && ia64_vti_cause(op) != 0)
        ia64_vti_check(c, i, op);
}

const char *ia64_sensitive_name(unsigned op)
{
    static const char *const name[] = {
#define SENSITIVE(name, text) #name,
#include "vti-ia64/cpu/sensitive.def"
#undef SENSITIVE
    };

    return op < ARRAY_LEN(name) ? name[op] : "?";
}

const char *ia64_sensitive_text(unsigned op)
{
    static const char *const texts[] = {
#define SENSITIVE(name, text) text,
#include "vti-ia64/cpu/sensitive.def"
#undef SENSITIVE
    };

    return op < ARRAY_LEN(texts) ? texts[op] : "?";
}
