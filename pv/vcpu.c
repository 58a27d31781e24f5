/* vcpu.c: the guest's vcpu on the processor. Between two runs of the processor;
 * RFLAGS in the state is whole. */
#include "pv/vcpu.h"

#include "common/x86/cr.h"
#include "common/x86/debug.h"
#include "common/x86/protect.h"
#include "common/x86/seg.h"

uint64_t pv_percpu_va(const struct pv_domain *d)
{
    return d->is32 ? PV_PERCPU_VA32 : PV_PERCPU_VA64;
}

void pv_retire(struct pv_domain *d, unsigned len)
{
    struct x86_cpu *c = d->c;

    c->s.r[R_IP] = (c->s.r[R_IP] + len) & c->ip_mask;
    c->s.rflags &= ~(uint64_t)FL_RF;
    c->s.shadow = 0;
    c->v.icount++;
    c->block_icount = c->v.icount;
}

void pv_retire_emulated(struct pv_domain *d, unsigned len)
{
    pv_retire(d, len);
    if (d->c->s.rflags & FL_TF)
        d->c->s.db_pending |= DR6_BS;
}

void pv_load_cr3(struct pv_domain *d)
{
    x86_cr3_apply(d->c,
                  d->kernel_mode || d->is32 ? d->kernel_cr3 : d->user_cr3);
}

void pv_toggle_mode(struct pv_domain *d)
{
    struct x86_cpu *c = d->c;
    uint64_t base = c->s.seg[SEG_GS].base;

    d->kernel_mode = !d->kernel_mode;
    c->s.seg[SEG_GS].base = c->s.kernel_gs_base;
    c->s.kernel_gs_base = base;
    x86_seg_update(c, SEG_GS);
    pv_load_cr3(d);
}

bool pv_in_kernel(const struct pv_domain *d)
{
    return d->is32 ? d->c->cpl == 1 : d->kernel_mode;
}

/* ---- segments ---- */
static struct x86_seg flat(unsigned sel, uint32_t attr, uint32_t limit)
{
    return (struct x86_seg){.sel = (uint16_t)sel,
                            .limit = limit,
                            .attr = SA_P | SA_S | SA_WRITABLE | SA_ACCESSED |
                                    SA_G | (sel & 3) << 5 | attr};
}

struct x86_seg pv_kernel_cs(const struct pv_domain *d)
{
    return d->is32 ? flat(PV_SEL32_RING1_CS, SA_CODE | SA_DB, PV_HOLE32_END - 1)
                   : flat(PV_SEL64_KERNEL_CS, SA_CODE | SA_L, 0xffffffff);
}

struct x86_seg pv_kernel_ss(const struct pv_domain *d)
{
    return d->is32 ? flat(PV_SEL32_RING1_DS, SA_DB, PV_HOLE32_END - 1)
                   : flat(PV_SEL64_KERNEL_SS, SA_DB, 0xffffffff);
}

/* x86_desc_find() leaves by longjmp where a table is not mapped. */
static bool find_desc(struct pv_domain *d, uint16_t sel, struct x86_desc *desc)
{
    struct x86_cpu *c = d->c;
    volatile bool found = false;

    if (_setjmp(c->leave) == 0)
        found = x86_desc_find(c, sel, desc);
    return found;
}

static bool fits(const struct x86_seg *s, bool code)
{
    unsigned rpl = s->sel & 3, dpl = SA_DPL(s->attr);

    if (!(s->attr & SA_P) || !(s->attr & SA_S) ||
        ((s->attr & SA_CODE) != 0) != code)
        return false;
    if (code)
        return (s->attr & SA_EXPDOWN) ? dpl <= rpl : dpl == rpl;
    return (s->attr & SA_WRITABLE) && dpl == rpl;
}

bool pv_seg_lookup(struct pv_domain *d, uint16_t sel, bool code,
                   struct x86_seg *out)
{
    struct x86_desc desc;

    if (!d->is32 && sel == (code ? PV_SEL64_KERNEL_CS : PV_SEL64_KERNEL_SS)) {
        *out = code ? pv_kernel_cs(d) : pv_kernel_ss(d);
        return true;
    }
    if ((sel & 0xfffc) == 0) {
        /* A null SS is what 64-bit code at CPL 3 cannot have. */
        return false;
    }
    if (!find_desc(d, sel, &desc))
        return false;
    x86_desc_parse(&desc, sel, out);
    return fits(out, code);
}

/* ---- transfers ---- */
void pv_enter(struct pv_domain *d, const struct x86_seg *cs, uint64_t ip,
              const struct x86_seg *ss, uint64_t sp, uint64_t flags)
{
    struct x86_cpu *c = d->c;

    c->s.rflags = flags | FL_ONE | FL_IF;
    x86_transfer(c, cs, ss, cs->sel & 3u);
    c->s.r[R_IP] = ip;
    c->s.r[R_SP] = sp;
    c->s.shadow = 0;
    x86_attention(c); /* TF and RF may be other ones */
}
