/* hc_cpu.c: fpu_taskswitch, set_debugreg, get_debugreg, set_segment_base.
 * [XEN arch-x86/xen.h]. */
#include "common/base/bits.h"
#include "common/x86/cr.h"
#include "pv/privreg.h"
#include "pv/vcpu.h"

int64_t pv_do_fpu_taskswitch(struct pv_domain *d, const uint64_t arg[6])
{
    pv_set_ts(d, (arg[0] & 0xffffffff) != 0);
    return 0;
}

void pv_set_ts(struct pv_domain *d, bool on)
{
    struct x86_cpu *c = d->c;

    if (on)
        c->s.cr0 |= CR0_TS;
    else
        c->s.cr0 &= ~(uint64_t)CR0_TS;
    d->ctrl[0] = c->s.cr0 & CR0_TS;
}

/* ---- debug registers [SDM3 "Debug Registers"] ---- */
#define DR7_FIXED     0x400ull
#define DR7_MUST_ZERO 0xffffffff0000f800ull /* with GD: it would be ours */
#define DR7_GD        0x2000ull
#define DR6_FIXED     0xffff0ff0ull

static bool dr7_okay(const struct pv_domain *d, uint64_t v)
{
    unsigned n;

    for (n = 0; n < 4; n++)
        if ((v >> (2 * n) & 3) != 0 && (v >> (16 + 4 * n) & 3) == 2 &&
            !(d->ctrl[4] & CR4_DE))
            return false;
    return true;
}

int64_t pv_set_debugreg(struct pv_domain *d, uint64_t reg, uint64_t v)
{
    struct x86_cpu *c = d->c;

    if ((reg == 4 || reg == 5) && !(d->ctrl[4] & CR4_DE))
        reg += 2;
    switch (reg) {
    case 0:
    case 1:
    case 2:
    case 3:
        if (!pv_range_okay(d, v, 1, 1))
            return -XEN_EPERM;
        c->s.dr[reg] = v;
        break;
    case 6:
        if (v >> 32 != 0)
            return -XEN_EPERM;
        c->s.dr[6] = (v & ~0x1000ull) | DR6_FIXED;
        break;
    case 7:
        if (v >> 32 != 0 || !dr7_okay(d, v))
            return -XEN_EPERM;
        c->s.dr[7] = (v & ~(DR7_MUST_ZERO | DR7_GD)) | DR7_FIXED;
        break;
    default:
        return -XEN_ENODEV;
    }
    x86_update_mode(c);
    x86_attention(c);
    return 0;
}

int64_t pv_do_set_debugreg(struct pv_domain *d, const uint64_t arg[6])
{
    return pv_set_debugreg(d, arg[0], arg[1]);
}

bool pv_get_debugreg(const struct pv_domain *d, uint64_t reg, uint64_t *v)
{
    if ((reg == 4 || reg == 5) && !(d->ctrl[4] & CR4_DE))
        reg += 2;
    if (reg > 7 || reg == 4 || reg == 5)
        return false;
    *v = d->c->s.dr[reg];
    return true;
}

int64_t pv_do_get_debugreg(struct pv_domain *d, const uint64_t arg[6])
{
    uint64_t v;

    return pv_get_debugreg(d, arg[0], &v) ? (int64_t)v : -XEN_ENODEV;
}

/* ---- set_segment_base ---- */

/* What SWAPGS, MOV GS, SWAPGS does: the user's GS by selector. */
static int64_t user_gs_selector(struct pv_domain *d, uint16_t sel)
{
    struct x86_seg seg = {.sel = 0};

    if (!pv_seg_lookup(d, sel, false, &seg))
        seg = (struct x86_seg){.sel = 0, .attr = SA_UNUSABLE};
    d->c->s.kernel_gs_base = seg.base;
    seg.base = d->c->s.seg[SEG_GS].base;
    d->c->s.seg[SEG_GS] = seg;
    x86_seg_update(d->c, SEG_GS);
    return 0;
}

static int64_t base_of(struct pv_domain *d, enum x86_segreg seg, uint64_t base)
{
    d->c->s.seg[seg].base = base;
    x86_seg_update(d->c, seg);
    return 0;
}

int64_t pv_do_set_segment_base(struct pv_domain *d, const uint64_t arg[6])
{
    uint64_t base = arg[1];

    if (d->is32)
        return -XEN_ENOSYS;
    if (arg[0] == SEGBASE_GS_USER_SEL)
        return user_gs_selector(d, (uint16_t)base);
    if (sext(base, 48) != (int64_t)base)
        return -XEN_EINVAL;
    switch (arg[0]) {
    case SEGBASE_FS:
        return base_of(d, SEG_FS, base);
    case SEGBASE_GS_KERNEL:
        return base_of(d, SEG_GS, base);
    case SEGBASE_GS_USER:
        d->c->s.kernel_gs_base = base;
        return 0;
    default:
        return -XEN_EINVAL;
    }
}
