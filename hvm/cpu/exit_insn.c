/* exit_insn.c: what a VM exit tells of the instruction that caused it: exit
 * qualification and VM-exit instruction information. [SDM3 "Basic VM-Exit
 * Information"], [SDM3 "Information for VM Exits Due to Instruction
 * Execution"] */
#include "common/x86/decode.h"
#include "common/x86/operand.h"
#include "hvm/cpu/vmx_state.h"

/* [SDM3 "Exit Qualification for Control-Register Accesses"] */
enum { CR_TO, CR_FROM, CR_CLTS, CR_LMSW };

/* ---- VMX instructions, and others that a model of CPUID may hide ---- */
#define VMX_INSNS(X)                                                           \
    X(0F_01_____xC1, VMCALL)                                                   \
    X(0F_01_____xC2, VMLAUNCH)                                                 \
    X(0F_01_____xC3, VMRESUME)                                                 \
    X(0F_01_____xC4, VMOFF)                                                    \
    X(0F_78_n____, VMREAD)                                                     \
    X(0F_79_n____, VMWRITE)                                                    \
    X(0F_C7_n_M_6, VMPTRLD)                                                    \
    X(0F_C7_66_M_6, VMCLEAR)                                                   \
    X(0F_C7_F3_M_6, VMON)                                                      \
    X(0F_C7_n_M_7, VMPTRST)                                                    \
    X(38_80_66_M__, INVEPT)                                                    \
    X(38_81_66_M__, INVVPID)                                                   \
    X(0F_01_____xC8, MONITOR_INSTRUCTION)                                      \
    X(0F_01_____xC9, MWAIT_INSTRUCTION)

unsigned vmx_insn_reason(const struct x86_insn *i)
{
    switch (i->op) {
#define X(id, name)                                                            \
    case X86_OP_##id:                                                          \
        return EXIT_REASON_##name;
        VMX_INSNS(X)
#undef X
    default:
        return 0;
    }
}

/* ---- memory operands ---- */
static uint64_t address_mask(const struct x86_insn *i)
{
    static const uint64_t mask[4] = {0xff, 0xffff, 0xffffffff, ~0ull};

    return mask[xi_asize(i)];
}

/* c->s.r[R_IP] is that of the instruction now; RIP-relative displacements
 * count from the start of its block. */
static uint64_t displacement(const struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t d = (uint64_t)i->disp;

    if (!(i->flags & XI_MEM))
        return 0;
    if (i->base == R_IP)
        d += c->s.r[R_IP] - i->off;
    return d;
}

static uint64_t linear(const struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t ea = displacement(c, i);

    if (i->base != R_IP)
        ea += c->s.r[i->base];
    ea += c->s.r[i->index] << xi_scale(i);
    return (c->sc[xi_seg(i)].base + (ea & address_mask(i))) & c->lin_mask;
}

/* Scaling, address size, segment, index and base: alike in all formats. */
static uint32_t memory_info(const struct x86_insn *i)
{
    uint32_t info = (xi_asize(i) - 1) << 7;

    if (!(i->flags & XI_MEM))
        return info | BIT(22) | BIT(27);
    info |= xi_seg(i) << 15;
    if (i->index < R_ZERO)
        info |= xi_scale(i) | (uint32_t)i->index << 18;
    else
        info |= BIT(22);
    if (i->base < R_ZERO)
        info |= (uint32_t)i->base << 23;
    else
        info |= BIT(27);
    return info;
}

static uint32_t register_info(const struct x86_insn *i, unsigned reg1)
{
    uint32_t info = memory_info(i);

    if (!(i->flags & XI_MEM))
        info |= BIT(10) | reg1 << 3;
    return info;
}

/* ---- by family ---- */
static uint64_t qual_cr(struct vmx *x, const struct vcpu_exit *exit)
{
    const struct x86_insn *i = &x->c->left;

    switch ((unsigned)exit->op) {
    case SENS_MOV_TO_CR:
        return exit->sub | CR_TO << 4 | (uint64_t)i->rm << 8;
    case SENS_MOV_FROM_CR:
        return exit->sub | CR_FROM << 4 | (uint64_t)i->rm << 8;
    case SENS_CLTS:
        return CR_CLTS << 4;
    default:
        if (i->flags & XI_MEM)
            x->pending.gla = linear(x->c, i);
        return CR_LMSW << 4 | ((i->flags & XI_MEM) ? BIT(6) : 0u) |
               (exit->qual & 0xffff) << 16;
    }
}

static uint64_t qual_dr(const struct vmx *x, const struct vcpu_exit *exit)
{
    return (exit->sub & 7) | (exit->op == SENS_MOV_FROM_DR ? BIT(4) : 0u) |
           (uint64_t)x->c->left.rm << 8;
}

static bool immediate_port(const struct x86_insn *i)
{
    return i->op == X86_OP_1_E4______ || i->op == X86_OP_1_E5______ ||
           i->op == X86_OP_1_E6______ || i->op == X86_OP_1_E7______;
}

/* String instructions: the address of the memory operand. */
static void io_string(struct vmx *x, bool in)
{
    const struct x86_cpu *c = x->c;
    const struct x86_insn *i = &c->left;
    unsigned seg = in ? SEG_ES : xi_seg(i);
    uint64_t off = c->s.r[in ? R_DI : R_SI] & address_mask(i);

    x->pending.gla = (c->sc[seg].base + off) & c->lin_mask;
    vm_note(x, VMCS_VMX_INSTRUCTION_INFO, (xi_asize(i) - 1u) << 7 | seg << 15);
}

static uint64_t qual_io(struct vmx *x, const struct vcpu_exit *exit)
{
    const struct x86_insn *i = &x->c->left;
    bool in = exit->op == SENS_IN || exit->op == SENS_INS;
    bool string = exit->op == SENS_INS || exit->op == SENS_OUTS;

    if (string)
        io_string(x, in);
    return (exit->qual - 1) | (in ? BIT(3) : 0u) | (string ? BIT(4) : 0u) |
           (string && (i->flags & (XI_REP | XI_REPNE)) ? BIT(5) : 0u) |
           (immediate_port(i) ? BIT(6) : 0u) | exit->sub << 16;
}

static uint32_t table_info(const struct vmx *x, enum x86_sensitive op)
{
    const struct x86_insn *i = &x->c->left;
    uint32_t id = op == SENS_SGDT   ? 0
                  : op == SENS_SIDT ? 1
                  : op == SENS_LGDT ? 2
                                    : 3;

    return memory_info(i) | (xi_osize(i) == 2 ? BIT(11) : 0u) | id << 28;
}

static uint32_t ldtr_info(const struct vmx *x, enum x86_sensitive op)
{
    uint32_t id = op == SENS_SLDT   ? 0
                  : op == SENS_STR  ? 1
                  : op == SENS_LLDT ? 2
                                    : 3;

    return register_info(&x->c->left, x->c->left.rm) | id << 28;
}

static uint32_t vmx_info(const struct x86_insn *i, unsigned reason)
{
    switch (reason) {
    case EXIT_REASON_VMREAD:
    case EXIT_REASON_VMWRITE:
        return register_info(i, i->rm) | (uint32_t)i->reg << 28;
    case EXIT_REASON_INVEPT:
    case EXIT_REASON_INVVPID:
        return memory_info(i) | (uint32_t)i->reg << 28;
    default:
        return memory_info(i);
    }
}

static void displaced(struct vmx *x, uint32_t info)
{
    vm_note(x, VMCS_EXIT_QUALIFICATION, displacement(x->c, &x->c->left));
    vm_note(x, VMCS_VMX_INSTRUCTION_INFO, info);
}

void vmx_exit_insn(struct vmx *x, const struct vcpu_exit *exit, unsigned reason)
{
    switch (reason) {
    case EXIT_REASON_CR_ACCESS:
        vm_note(x, VMCS_EXIT_QUALIFICATION, qual_cr(x, exit));
        break;
    case EXIT_REASON_DR_ACCESS:
        vm_note(x, VMCS_EXIT_QUALIFICATION, qual_dr(x, exit));
        break;
    case EXIT_REASON_IO_INSTRUCTION:
        vm_note(x, VMCS_EXIT_QUALIFICATION, qual_io(x, exit));
        break;
    case EXIT_REASON_GDTR_IDTR:
        displaced(x, table_info(x, exit->op));
        break;
    case EXIT_REASON_LDTR_TR:
        displaced(x, ldtr_info(x, exit->op));
        break;
    case EXIT_REASON_VMCLEAR:
    case EXIT_REASON_VMPTRLD:
    case EXIT_REASON_VMPTRST:
    case EXIT_REASON_VMON:
    case EXIT_REASON_VMREAD:
    case EXIT_REASON_VMWRITE:
    case EXIT_REASON_INVEPT:
    case EXIT_REASON_INVVPID:
        displaced(x, vmx_info(&x->c->left, reason));
        break;
    default:
        break;
    }
}
