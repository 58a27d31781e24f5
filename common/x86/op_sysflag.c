/* op_sysflag.c: CLI and STI, with the virtual interrupt flag of virtual-8086
 * mode and protected mode. [SDM2 "CLI", "STI"], [SDM3 "Protected-Mode Virtual
 * Interrupts"]. */
#include "common/x86/op.h"
#include "common/x86/protect.h"

/* Whose flag does CPL control? */
enum flag_owner { OWN_IF, OWN_VIF };

/* Raises #GP(0) where it controls neither. */
static inline enum flag_owner flag_owner(struct x86_cpu *c)
{
    if (likely(x86_iopl(c) >= c->cpl))
        return OWN_IF;
    if (c->cpl != 3 || !(c->s.cr4 & (c->v86 ? CR4_VME : CR4_PVI)))
        x86_gp0(c);
    return OWN_VIF;
}

static void cli(struct x86_cpu *c, const struct x86_insn *i)
{
    enum flag_owner own = flag_owner(c);

    x86_sensitive(c, SENS_CLI, 0, 0);
    c->s.rflags &= ~(uint64_t)(own == OWN_IF ? FL_IF : FL_VIF);
    X86_NEXT(c, i);
}

static void sti(struct x86_cpu *c, const struct x86_insn *i)
{
    enum flag_owner own = flag_owner(c);

    if (own == OWN_VIF && (c->s.rflags & FL_VIP))
        x86_gp0(c);
    x86_sensitive(c, SENS_STI, 0, 0);
    if (own == OWN_VIF) {
        c->s.rflags |= FL_VIF;
    } else if (!(c->s.rflags & FL_IF)) {
        c->s.rflags |= FL_IF;
        c->s.shadow |= X86_SHADOW_STI;
        x86_attention(c);
    }
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_cli = X86_IMPL_ANY(cli, NULL);
const struct x86_impl x86_op_sti = X86_IMPL_ANY(sti, NULL);
