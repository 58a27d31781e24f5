/* kvm_regs.c: registers in the structures of /dev/kvm. */
#include "common/x86/kvm_regs.h"

#include <string.h>

static struct kvm_segment to_kvm(const struct x86_seg *s)
{
    uint32_t a = s->attr;

    return (struct kvm_segment){.base = s->base,
                                .limit = s->limit,
                                .selector = s->sel,
                                .type = SA_TYPE(a),
                                .present = (a & SA_P) != 0,
                                .dpl = SA_DPL(a),
                                .db = (a & SA_DB) != 0,
                                .s = (a & SA_S) != 0,
                                .l = (a & SA_L) != 0,
                                .g = (a & SA_G) != 0,
                                .avl = (a & BIT(12)) != 0,
                                .unusable = (a & SA_UNUSABLE) != 0};
}

static struct x86_seg from_kvm(const struct kvm_segment *k)
{
    return (struct x86_seg){
        .sel = k->selector,
        .base = k->base,
        .limit = k->limit,
        .attr = k->type | (k->s ? SA_S : 0) | (uint32_t)k->dpl << 5 |
                (k->present ? SA_P : 0) | (k->avl ? BIT(12) : 0) |
                (k->l ? SA_L : 0) | (k->db ? SA_DB : 0) | (k->g ? SA_G : 0) |
                (k->unusable ? SA_UNUSABLE : 0)};
}

/* X(KVM's name, ours) */
#define GPRS(X)                                                                \
    X(rax, r[R_AX])                                                            \
    X(rcx, r[R_CX])                                                            \
    X(rdx, r[R_DX])                                                            \
    X(rbx, r[R_BX])                                                            \
    X(rsp, r[R_SP])                                                            \
    X(rbp, r[R_BP])                                                            \
    X(rsi, r[R_SI])                                                            \
    X(rdi, r[R_DI])                                                            \
    X(r8, r[R_8])                                                              \
    X(r9, r[R_9])                                                              \
    X(r10, r[R_10])                                                            \
    X(r11, r[R_11])                                                            \
    X(r12, r[R_12])                                                            \
    X(r13, r[R_13])                                                            \
    X(r14, r[R_14])                                                            \
    X(r15, r[R_15])                                                            \
    X(rip, r[R_IP])                                                            \
    X(rflags, rflags)

#define SEGS(X)                                                                \
    X(es, seg[SEG_ES])                                                         \
    X(cs, seg[SEG_CS])                                                         \
    X(ss, seg[SEG_SS])                                                         \
    X(ds, seg[SEG_DS])                                                         \
    X(fs, seg[SEG_FS])                                                         \
    X(gs, seg[SEG_GS])                                                         \
    X(ldt, ldtr)                                                               \
    X(tr, tr)

#define CRS(X)                                                                 \
    X(cr0, cr0)                                                                \
    X(cr2, cr2)                                                                \
    X(cr3, cr3)                                                                \
    X(cr4, cr4)                                                                \
    X(efer, efer)

void kvm_regs_put(const struct x86_state *s, struct kvm_regs *r,
                  struct kvm_sregs *k)
{
    memset(r, 0, sizeof(*r));
#define X(name, field) r->name = s->field;
    GPRS(X)
#undef X
#define X(name, field) k->name = to_kvm(&s->field);
    SEGS(X)
#undef X
#define X(name, field) k->name = s->field;
    CRS(X)
#undef X
    k->gdt.base = s->gdtr.base;
    k->gdt.limit = s->gdtr.limit;
    k->idt.base = s->idtr.base;
    k->idt.limit = s->idtr.limit;
    memset(k->interrupt_bitmap, 0, sizeof(k->interrupt_bitmap));
}

void kvm_regs_put_fpu(const struct x86_xsave *x, struct kvm_fpu *k)
{
    memset(k, 0, sizeof(*k));
    memcpy(k->fpr, x->st, sizeof(k->fpr));
    memcpy(k->xmm, x->xmm, sizeof(k->xmm));
    k->fcw = x->fcw;
    k->fsw = x->fsw;
    k->ftwx = x->ftw;
    k->last_opcode = x->fop;
    k->last_ip = x->fip;
    k->last_dp = x->fdp;
    k->mxcsr = x->mxcsr;
}

void kvm_regs_get(struct x86_state *s, const struct kvm_regs *r,
                  const struct kvm_sregs *k)
{
#define X(name, field) s->field = r->name;
    GPRS(X)
#undef X
#define X(name, field) s->field = from_kvm(&k->name);
    SEGS(X)
#undef X
#define X(name, field) s->field = k->name;
    CRS(X)
#undef X
    s->gdtr = (struct x86_dtable){k->gdt.base, k->gdt.limit};
    s->idtr = (struct x86_dtable){k->idt.base, k->idt.limit};
}
