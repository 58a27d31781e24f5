/* build_vcpu.c: the processor as the guest's first instruction finds it.
 * [XEN xen.h "Start-of-day memory layout"], [XEN arch-x86/xen.h]. */
#include "common/x86/cr.h"
#include "pv/build.h"
#include "pv/vcpu.h"

/* Control registers are the VMM's. */
#define CR0_XEN (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG)
#define CR4_XEN                                                                \
    (CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT)

static void set_mode(struct pv_domain *d)
{
    struct x86_state *s = &d->c->s;

    s->cr0 = CR0_XEN;
    s->cr4 = CR4_XEN & x86_cr4_bits(d->c);
    s->efer = EFER_NXE & x86_efer_bits(d->c);
    if (!d->is32)
        s->efer |= EFER_LME | EFER_LMA | EFER_SCE;
    s->pat = 0x050100070406ull;
    s->mtrr_def = 0x806;
    s->sysenter_cs = 0xe008; /* else SYSENTER faults before we see it */
    d->ctrl[4] = s->cr4;
}

static void set_segments(struct pv_domain *d)
{
    struct x86_state *s = &d->c->s;
    unsigned n;

    for (n = 0; n < SEG_COUNT; n++)
        s->seg[n] =
            d->is32 ? pv_kernel_ss(d) : (struct x86_seg){.attr = SA_UNUSABLE};
    s->seg[SEG_CS] = pv_kernel_cs(d);
    s->seg[SEG_SS] = pv_kernel_ss(d);
    s->gdtr = (struct x86_dtable){.base = pv_percpu_va(d),
                                  .limit = PV_GDT_PAGES * PAGE_SIZE - 1};
    s->idtr = (struct x86_dtable){0, 0};
    s->ldtr = (struct x86_seg){.attr = SA_UNUSABLE};
    s->tr = (struct x86_seg){.attr = SA_UNUSABLE};
}

void pv_build_vcpu(struct pv_builder *b)
{
    struct pv_domain *d = b->d;
    struct x86_state *s = &d->c->s;

    memset(s->r, 0, sizeof(s->r));
    set_mode(d);
    set_segments(d);
    s->r[R_IP] = b->notes.entry;
    s->r[R_SP] = b->l.stack + PAGE_SIZE;
    s->r[R_SI] = b->l.start_info;
    s->rflags = FL_ONE | FL_IF;
    s->cr3 = d->kernel_cr3;
    s->activity = X86_ACTIVE;
    d->kernel_mode = true;
    d->kernel_sp = s->r[R_SP];
    d->kernel_ss = d->is32 ? PV_SEL32_RING1_DS : PV_SEL64_KERNEL_SS;
    pv_set_upcall_mask(d, true);
    if (d->is32)
        x86_pdptes_read(d->c, s->cr3, s->pdpte);
    d->v->processor->state_changed(d->v);
}
