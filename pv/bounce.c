/* bounce.c: frames on the guest kernel's stack. The layout is Xen's:
 * [XEN arch-x86/xen-x86_64.h "struct iret_context"] names the part above RIP;
 * below it lie RCX and R11, which SYSCALL has overwritten. */
#include "pv/bounce.h"

#include "pv/vcpu.h"

/* Flags that the guest kernel is entered without. */
#define FL_ENTRY_CLEAR (FL_AC | FL_VM | FL_RF | FL_NT | FL_TF)

static bool in_hole64(uint64_t sp)
{
    return sp - 0x60 < PV_HOLE64_END && sp > PV_HOLE64_START;
}

/* The flags that the guest sees in a frame: IF is the event flag, IOPL as it
 * asked for (by default: none). */
static uint64_t frame_flags(struct pv_domain *d)
{
    uint64_t fl = d->c->s.rflags & ~(uint64_t)(FL_IF | FL_IOPL);

    if (!pv_upcall_mask(d))
        fl |= FL_IF;
    if (d->vm_assist & BITQ(VMASST_TYPE_architectural_iopl))
        fl |= (uint64_t)d->iopl << 12;
    return fl;
}

/* ---- 64-bit ---- */
struct frame64 {
    uint64_t slot[13];
    unsigned n;
};

static void add64(struct frame64 *f, uint64_t v)
{
    f->slot[f->n++] = v;
}

static void fill64(struct pv_domain *d, const struct pv_bounce *b, uint64_t cs,
                   struct frame64 *f)
{
    const struct x86_state *s = &d->c->s;

    add64(f, s->r[R_CX]);
    add64(f, s->r[R_11]);
    if (b->is_failsafe) {
        add64(f, s->seg[SEG_DS].sel);
        add64(f, s->seg[SEG_ES].sel);
        add64(f, s->seg[SEG_FS].sel);
        add64(f, s->seg[SEG_GS].sel);
    }
    if (b->has_error)
        add64(f, b->error);
    add64(f, s->r[R_IP]);
    add64(f, cs | (uint64_t)pv_upcall_mask(d) << 32);
    add64(f, frame_flags(d));
    add64(f, s->r[R_SP]);
    add64(f, s->seg[SEG_SS].sel);
}

static void bounce64(struct pv_domain *d, const struct pv_bounce *b)
{
    struct x86_state *s = &d->c->s;
    struct x86_seg kcs = pv_kernel_cs(d), kss = pv_kernel_ss(d);
    uint64_t cs = s->seg[SEG_CS].sel, sp = s->r[R_SP];
    struct frame64 f = {.n = 0};

    if (d->kernel_mode) {
        cs &= 0xfffc; /* tells the guest that it was its kernel */
    } else {
        pv_toggle_mode(d);
        sp = d->kernel_sp;
    }
    sp &= ~15ull;
    fill64(d, b, cs, &f);
    sp -= f.n * 8;
    if (in_hole64(sp + f.n * 8) || pv_copy_to(d, sp, f.slot, f.n * 8) != 0) {
        pv_crash(d, "no stack for an entry of the guest kernel at 0x%llx",
                 (unsigned long long)sp);
        return;
    }
    if (b->to.mask)
        pv_set_upcall_mask(d, true);
    pv_enter(d, &kcs, b->to.ip, &kss, sp,
             s->rflags & ~(uint64_t)FL_ENTRY_CLEAR);
}

/* ---- 32-bit ---- */
struct frame32 {
    uint32_t slot[13];
    unsigned n;
};

static void add32(struct frame32 *f, uint64_t v)
{
    f->slot[f->n++] = (uint32_t)v;
}

static void fill32(struct pv_domain *d, const struct pv_bounce *b,
                   bool from_kernel, struct frame32 *f)
{
    const struct x86_state *s = &d->c->s;

    if (b->is_failsafe) {
        add32(f, s->seg[SEG_DS].sel);
        add32(f, s->seg[SEG_ES].sel);
        add32(f, s->seg[SEG_FS].sel);
        add32(f, s->seg[SEG_GS].sel);
    }
    if (b->has_error)
        add32(f, b->error);
    add32(f, s->r[R_IP]);
    add32(f, s->seg[SEG_CS].sel | (uint32_t)pv_upcall_mask(d) << 16);
    add32(f, frame_flags(d));
    if (!from_kernel) {
        add32(f, s->r[R_SP]);
        add32(f, s->seg[SEG_SS].sel);
    }
}

static void bounce32(struct pv_domain *d, const struct pv_bounce *b)
{
    struct x86_state *s = &d->c->s;
    struct x86_seg kcs, kss = s->seg[SEG_SS];
    bool from_kernel = d->c->cpl == 1;
    uint32_t sp = (uint32_t)s->r[R_SP];
    struct frame32 f = {.n = 0};

    if (!from_kernel) {
        sp = (uint32_t)d->kernel_sp;
        if (!pv_seg_lookup(d, (uint16_t)d->kernel_ss, false, &kss)) {
            pv_crash(d, "stack_switch's SS 0x%llx is no stack",
                     (unsigned long long)d->kernel_ss);
            return;
        }
    }
    fill32(d, b, from_kernel, &f);
    sp -= f.n * 4;
    if (!pv_seg_lookup(d, (uint16_t)b->to.cs, true, &kcs) ||
        pv_copy_to(d, (uint32_t)(kss.base + sp), f.slot, f.n * 4) != 0) {
        pv_crash(d,
                 "no code or stack for an entry of the guest kernel at "
                 "%04x:%08x",
                 (unsigned)b->to.cs, (unsigned)b->to.ip);
        return;
    }
    if (b->to.mask)
        pv_set_upcall_mask(d, true);
    pv_enter(d, &kcs, b->to.ip, &kss, sp,
             s->rflags & ~(uint64_t)FL_ENTRY_CLEAR);
}

void pv_bounce(struct pv_domain *d, const struct pv_bounce *b)
{
    if (b->to.ip == 0 && (!d->is32 || b->to.cs == 0))
        pv_crash(d, "an entry of the guest kernel without an address");
    else if (d->is32)
        bounce32(d, b);
    else
        bounce64(d, b);
}

void pv_reflect(struct pv_domain *d, unsigned vec, bool has_error,
                uint32_t error)
{
    const struct trap_info *t = &d->trap[vec];
    struct pv_bounce b = {
        .to = {.cs = t->cs, .ip = t->address, .mask = TI_GET_IF(t) != 0},
        .has_error = has_error,
        .error = error};

    if (t->address == 0)
        pv_crash(d,
                 "exception %u (error 0x%x, CR2 0x%llx) without a handler at "
                 "0x%llx",
                 vec, error, (unsigned long long)d->ctrl[2],
                 (unsigned long long)d->c->s.r[R_IP]);
    else
        pv_bounce(d, &b);
    ledger_add(&d->v->ledger, LEDGER_PV_TRAP, vec, 0, 1);
}

void pv_deliver_events(struct pv_domain *d)
{
    struct pv_bounce b = {.to = d->nmi};

    if (pv_crashed(d) || d->c->s.activity != X86_ACTIVE)
        return;
    if (d->nmi_pending && !d->nmi_masked && d->nmi.ip != 0) {
        d->nmi_pending = false;
        d->nmi_masked = true;
        pv_bounce(d, &b);
    } else if (!pv_upcall_mask(d) && pv_upcall_pending(d)) {
        b.to = d->event;
        b.to.mask = true;
        pv_bounce(d, &b);
        ledger_add(&d->v->ledger, LEDGER_PV_UPCALL, 0, 0, 1);
    }
}
