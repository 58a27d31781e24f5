/* op_syscall.c: SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS as Intel has them.
 * [SDM2], [SDM3 "Fast System Calls in 64-Bit Mode"]. */
#include "common/x86/op.h"
#include "common/x86/protect.h"

/* What SYSRET takes from R11: no RF, no VM. */
#define FL_SYSRET 0x3c7fd7u
#define FL_ALL    (FL_SYSRET | FL_RF | FL_VM)

/* Fixed segments: nothing is read from the descriptor tables. */
static struct x86_seg flat_code(unsigned sel, unsigned dpl, uint32_t size)
{
    return (struct x86_seg){.sel = (uint16_t)sel,
                            .limit = 0xffffffff,
                            .attr = SA_P | SA_S | SA_CODE | SA_WRITABLE |
                                    SA_ACCESSED | SA_G | size | dpl << 5};
}

static struct x86_seg flat_stack(unsigned sel, unsigned dpl)
{
    return (struct x86_seg){.sel = (uint16_t)sel,
                            .limit = 0xffffffff,
                            .attr = SA_P | SA_S | SA_WRITABLE | SA_ACCESSED |
                                    SA_G | SA_DB | dpl << 5};
}

static bool canonical(uint64_t v)
{
    return sext(v, 48) == (int64_t)v;
}

static void check_cpl0(struct x86_cpu *c)
{
    if (c->cpl != 0)
        x86_gp0(c);
}

/* ---- SYSCALL and SYSRET ---- */
static void check_syscall(struct x86_cpu *c)
{
    if (c->code_size != 3 || !(c->s.efer & EFER_SCE))
        x86_ud(c);
}

static void do_syscall(struct x86_cpu *c, const struct x86_insn *i)
{
    unsigned sel = (unsigned)(c->s.star >> 32) & 0xfffc;
    struct x86_seg cs = flat_code(sel, 0, SA_L);
    struct x86_seg ss = flat_stack(sel + 8, 0);

    check_syscall(c);
    x86_sensitive(c, SENS_SYSCALL, 0, 0);
    c->s.r[R_CX] = x86_next_ip(c, i);
    c->s.r[R_11] = x86_rflags(c);
    x86_set_rflags(c, 0, c->s.fmask & 0xffffffff);
    x86_transfer(c, &cs, &ss, 0);
    X86_JUMP(c, i, c->s.lstar);
}

static void do_sysret(struct x86_cpu *c, const struct x86_insn *i)
{
    bool to64 = (i->flags & XI_REXW) != 0;
    unsigned base = (unsigned)(c->s.star >> 48);
    unsigned sel = (base + (to64 ? 16 : 0)) | 3;
    struct x86_seg cs = flat_code(sel, 3, to64 ? SA_L : SA_DB);
    struct x86_seg ss = flat_stack((base + 8) | 3, 3);
    uint64_t old = c->s.rflags, ip = c->s.r[R_CX];

    check_syscall(c);
    check_cpl0(c);
    x86_sensitive(c, SENS_SYSRET, 0, 0);
    if (!to64)
        ip = (uint32_t)ip;
    else if (!canonical(ip))
        x86_gp0(c);
    x86_set_rflags(c, c->s.r[R_11] & FL_SYSRET, FL_ALL);
    x86_transfer(c, &cs, &ss, 3);
    x86_flags_attention(c, old);
    X86_JUMP(c, i, ip);
}

/* ---- SYSENTER and SYSEXIT ---- */
static void check_sysenter(struct x86_cpu *c)
{
    if (!(c->s.cr0 & CR0_PE) || (c->s.sysenter_cs & 0xfffc) == 0)
        x86_gp0(c);
}

static void do_sysenter(struct x86_cpu *c, const struct x86_insn *i)
{
    unsigned sel = (unsigned)c->s.sysenter_cs & 0xfffc;
    struct x86_seg cs = flat_code(sel, 0, c->long_mode ? SA_L : SA_DB);
    struct x86_seg ss = flat_stack(sel + 8, 0);
    uint64_t mask = c->long_mode ? ~0ull : 0xffffffff;
    bool v86 = c->v86;

    check_sysenter(c);
    x86_sensitive(c, SENS_SYSENTER, 0, 0);
    x86_set_rflags(c, 0, FL_VM | FL_IF);
    x86_transfer(c, &cs, &ss, 0);
    if (v86)
        x86_update_mode(c);
    c->s.r[R_SP] = c->s.sysenter_esp & mask;
    X86_JUMP(c, i, c->s.sysenter_eip & mask);
}

static void do_sysexit(struct x86_cpu *c, const struct x86_insn *i)
{
    bool to64 = (i->flags & XI_REXW) != 0;
    unsigned sel = ((unsigned)c->s.sysenter_cs + (to64 ? 32 : 16)) | 3;
    struct x86_seg cs = flat_code(sel, 3, to64 ? SA_L : SA_DB);
    struct x86_seg ss = flat_stack(sel + 8, 3);
    uint64_t ip = c->s.r[R_DX], sp = c->s.r[R_CX];

    check_sysenter(c);
    check_cpl0(c);
    x86_sensitive(c, SENS_SYSEXIT, 0, 0);
    if (!to64) {
        ip = (uint32_t)ip;
        sp = (uint32_t)sp;
    } else if (!canonical(ip) || !canonical(sp)) {
        x86_gp0(c);
    }
    x86_transfer(c, &cs, &ss, 3);
    c->s.r[R_SP] = sp;
    X86_JUMP(c, i, ip);
}

/* ---- SWAPGS ---- */
static void do_swapgs(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t base = c->s.seg[SEG_GS].base;

    check_cpl0(c);
    x86_sensitive(c, SENS_SWAPGS, 0, 0);
    c->s.seg[SEG_GS].base = c->s.kernel_gs_base;
    c->s.kernel_gs_base = base;
    c->sc[SEG_GS].base = c->s.seg[SEG_GS].base;
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_syscall = X86_IMPL_ANY(do_syscall, NULL);
const struct x86_impl x86_op_sysret = X86_IMPL_ANY(do_sysret, NULL);
const struct x86_impl x86_op_sysenter = X86_IMPL_ANY(do_sysenter, NULL);
const struct x86_impl x86_op_sysexit = X86_IMPL_ANY(do_sysexit, NULL);
const struct x86_impl x86_op_swapgs = X86_IMPL_ANY(do_swapgs, NULL);
