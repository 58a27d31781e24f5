/* shinfo.c: shared_info and vcpu_info: fields that the hypervisor and the guest
 * both know. */
#include "pv/domain.h"

static void at(struct pv_domain *d, uint64_t pa, void *buf, unsigned len)
{
    gmem_read(&d->m->mem, pa, buf, len);
}

void pv_shared_read(struct pv_domain *d, unsigned off, void *buf, unsigned len)
{
    pv_read_frame(d, d->shared_mfn, off, buf, len);
}

void pv_shared_write(struct pv_domain *d, unsigned off, const void *buf,
                     unsigned len)
{
    pv_write_frame(d, d->shared_mfn, off, buf, len);
}

void pv_vinfo_read(struct pv_domain *d, unsigned off, void *buf, unsigned len)
{
    at(d, d->vcpu_info_pa + off, buf, len);
}

void pv_vinfo_write(struct pv_domain *d, unsigned off, const void *buf,
                    unsigned len)
{
    gmem_write(&d->m->mem, d->vcpu_info_pa + off, buf, len);
}

/* The two flags have the same place in both layouts. */
_Static_assert(offsetof(struct vcpu_info, evtchn_upcall_pending) ==
                   offsetof(struct vcpu_info_x86_32, evtchn_upcall_pending),
               "Xen ABI");
_Static_assert(offsetof(struct vcpu_info, evtchn_upcall_mask) ==
                   offsetof(struct vcpu_info_x86_32, evtchn_upcall_mask),
               "Xen ABI");

static bool flag(struct pv_domain *d, unsigned off)
{
    uint8_t v;

    pv_vinfo_read(d, off, &v, 1);
    return v != 0;
}

static void set_flag(struct pv_domain *d, unsigned off, bool on)
{
    uint8_t v = on;

    pv_vinfo_write(d, off, &v, 1);
}

bool pv_upcall_pending(struct pv_domain *d)
{
    return flag(d, offsetof(struct vcpu_info, evtchn_upcall_pending));
}

bool pv_upcall_mask(struct pv_domain *d)
{
    return flag(d, offsetof(struct vcpu_info, evtchn_upcall_mask));
}

void pv_set_upcall_pending(struct pv_domain *d, bool on)
{
    set_flag(d, offsetof(struct vcpu_info, evtchn_upcall_pending), on);
}

void pv_set_upcall_mask(struct pv_domain *d, bool on)
{
    set_flag(d, offsetof(struct vcpu_info, evtchn_upcall_mask), on);
}

void pv_set_cr2(struct pv_domain *d, uint64_t cr2)
{
    if (d->is32)
        pv_vinfo_write(d, offsetof(struct vcpu_info_x86_32, arch.cr2), &cr2, 4);
    else
        pv_vinfo_write(d, offsetof(struct vcpu_info, arch.cr2), &cr2, 8);
}
