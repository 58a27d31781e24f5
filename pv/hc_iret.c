/* hc_iret.c: iret: back from the guest kernel. [XEN arch-x86/xen-x86_64.h
 * "struct iret_context", arch-x86/xen-x86_32.h "HYPERVISOR_iret"]. */
#include "pv/bounce.h"
#include "pv/vcpu.h"

#define FL_NOT_GUESTS (FL_IOPL | FL_VM)

/* What the frame says. */
struct target {
    uint64_t ip, sp, flags;
    uint16_t cs, ss;
};

/* Segments that the processor would not take: the guest is told by its failsafe
 * callback, with the frame as it wanted it. */
static void enter_failsafe(struct pv_domain *d, const struct target *t)
{
    struct pv_bounce b = {.to = d->failsafe, .is_failsafe = true};
    struct x86_state *s = &d->c->s;

    s->r[R_IP] = t->ip;
    s->r[R_SP] = t->sp;
    s->rflags = t->flags;
    s->seg[SEG_CS].sel = t->cs;
    s->seg[SEG_SS].sel = t->ss;
    pv_bounce(d, &b);
}

static void go(struct pv_domain *d, const struct target *t)
{
    struct x86_seg cs, ss;

    if (pv_seg_lookup(d, t->cs, true, &cs) &&
        pv_seg_lookup(d, t->ss, false, &ss))
        pv_enter(d, &cs, t->ip, &ss, t->sp, t->flags);
    else
        enter_failsafe(d, t);
}

static void restore_mask(struct pv_domain *d, uint64_t flags)
{
    if (d->vm_assist & BITQ(VMASST_TYPE_architectural_iopl))
        d->iopl = (uint8_t)((flags & FL_IOPL) >> 12);
    pv_set_upcall_mask(d, !(flags & FL_IF));
    d->nmi_masked = false;
}

static void iret64(struct pv_domain *d)
{
    struct x86_state *s = &d->c->s;
    struct iret_context f;
    struct target t;

    if (pv_copy_from(d, &f, s->r[R_SP], sizeof(f)) != 0) {
        pv_crash(d, "iret: no frame at 0x%llx", (unsigned long long)s->r[R_SP]);
        return;
    }
    if ((f.cs & 3) == 3) {
        if (d->user_cr3 == 0) {
            pv_crash(d, "iret to user mode without user page tables");
            return;
        }
        pv_toggle_mode(d);
    }
    if (!(f.flags & VGCF_IN_SYSCALL)) {
        s->r[R_CX] = f.rcx;
        s->r[R_11] = f.r11;
    }
    s->r[R_AX] = f.rax;
    restore_mask(d, f.rflags);
    t = (struct target){.ip = f.rip,
                        .sp = f.rsp,
                        .flags = f.rflags & ~(uint64_t)FL_NOT_GUESTS,
                        .cs = (uint16_t)(f.cs | 3),
                        .ss = (uint16_t)(f.ss | 3)};
    go(d, &t);
}

/* The stub has pushed EAX above an IRET frame. */
static void iret32(struct pv_domain *d)
{
    struct x86_state *s = &d->c->s;
    uint32_t at = (uint32_t)(s->seg[SEG_SS].base + s->r[R_SP]);
    uint32_t f[6] = {0}; /* eax eip cs eflags [esp ss] */
    struct target t;
    bool outer;

    if (pv_copy_from(d, f, at, 16) != 0 ||
        ((f[2] & 3) > 1 && pv_copy_from(d, f + 4, at + 16, 8) != 0)) {
        pv_crash(d, "iret: no frame at 0x%x", at);
        return;
    }
    outer = (f[2] & 3) > 1;
    s->r[R_AX] = f[0];
    restore_mask(d, f[3]);
    t = (struct target){.ip = f[1],
                        .sp = outer ? f[4] : (uint32_t)s->r[R_SP] + 16,
                        .flags = f[3] & ~(uint64_t)FL_NOT_GUESTS,
                        .cs = (uint16_t)f[2],
                        .ss = outer ? (uint16_t)f[5] : s->seg[SEG_SS].sel};
    if ((t.cs & 3) == 0)
        t.cs |= 1;
    go(d, &t);
}

int64_t pv_do_iret(struct pv_domain *d, const uint64_t arg[6])
{
    (void)arg;
    d->no_result = true;
    if (d->is32)
        iret32(d);
    else
        iret64(d);
    return 0;
}
