/* snapshot.c: everything about a domain that its guest can see and that is not
 * in the machine's memory or the processor's registers. */
#include "pv/snapshot.h"

#include <stdlib.h>

static void callback(struct snap *s, struct pv_callback *cb)
{
    snap_u64(s, &cb->cs);
    snap_u64(s, &cb->ip);
    snap_bool(s, &cb->mask);
}

static void traps(struct snap *s, struct pv_domain *d)
{
    for (unsigned n = 0; n < 256; n++) {
        uint64_t address = d->trap[n].address;

        snap_u8(s, &d->trap[n].flags);
        snap_u16(s, &d->trap[n].cs);
        snap_u64(s, &address);
        d->trap[n].vector = (uint8_t)n;
        d->trap[n].address = address;
    }
}

static void vcpu_state(struct snap *s, struct pv_domain *d)
{
    struct pv_callback *const cb[] = {&d->event,     &d->failsafe, &d->syscall,
                                      &d->syscall32, &d->sysenter, &d->nmi};
    uint32_t gdt_ents = d->gdt_ents, ldt_ents = d->ldt_ents;
    unsigned n;

    snap_bool(s, &d->kernel_mode);
    snap_u64(s, &d->kernel_cr3);
    snap_u64(s, &d->user_cr3);
    snap_u64(s, &d->kernel_ss);
    snap_u64(s, &d->kernel_sp);
    snap_u64(s, &d->vcpu_info_pa);
    snap_u64(s, &d->vm_assist);
    snap_u8(s, &d->iopl);
    snap_bool(s, &d->cpuid_faulting);
    snap_bool(s, &d->nmi_pending);
    snap_bool(s, &d->nmi_masked);
    for (n = 0; n < ARRAY_LEN(d->ctrl); n++)
        snap_u64(s, &d->ctrl[n]);
    for (n = 0; n < ARRAY_LEN(d->gdt_mfn); n++)
        snap_u64(s, &d->gdt_mfn[n]);
    snap_u32(s, &gdt_ents);
    snap_u64(s, &d->ldt_base);
    snap_u32(s, &ldt_ents);
    d->gdt_ents = gdt_ents;
    d->ldt_ents = ldt_ents;
    for (n = 0; n < ARRAY_LEN(cb); n++)
        callback(s, cb[n]);
    traps(s, d);
}

static void frames(struct snap *s, struct pv_domain *d)
{
    uint64_t nr = d->nr_frames, n;

    snap_u64(s, &nr);
    snap_require(s, nr == d->nr_frames, "number of frames");
    if (snap_status(s, NULL) != ST_OK)
        return;
    for (n = 0; n < nr; n++) {
        struct pv_frame *f = &d->frame[n];

        snap_u8(s, &f->owner);
        snap_u8(s, &f->type);
        snap_bool(s, &f->pinned);
        snap_bool(s, &f->validated);
        snap_bool(s, &f->allocated);
        snap_u32(s, &f->count);
        snap_u32(s, &f->type_count);
        snap_require(s, f->owner <= PVO_SHARED && f->type <= PVT_WRITABLE,
                     "frame's owner or type");
    }
    snap_u64(s, &d->nr_free);
    snap_require(s, d->nr_free <= d->nr_frames, "number of free frames");
    if (snap_status(s, NULL) != ST_OK)
        return;
    for (n = 0; n < d->nr_free; n++) {
        snap_u64(s, &d->free_mfn[n]);
        snap_require(s, d->free_mfn[n] < d->nr_frames, "free frame");
    }
    snap_u64(s, &d->tot_pages);
    snap_u64(s, &d->max_pages);
}

static void physdev(struct snap *s, struct pv_domain *d)
{
    snap_u64(s, &d->iobmp_va);
    snap_u32(s, &d->iobmp_ports);
    snap_u64(s, &d->pirq_eoi_mfn);
    snap_require(s, d->pirq_eoi_mfn < d->nr_frames, "page of EOIs");
}

static void memmap(struct snap *s, struct pv_domain *d)
{
    uint32_t nr = d->memmap != NULL ? d->memmap->nr : 0;

    snap_u32(s, &nr);
    snap_require(s, nr <= PV_MEMMAP_MAX, "memory map");
    if (snap_status(s, NULL) != ST_OK)
        return;
    if (nr > 0 && d->memmap == NULL)
        d->memmap = calloc(1, sizeof(*d->memmap));
    snap_require(s, nr == 0 || d->memmap != NULL, "memory for a memory map");
    if (d->memmap == NULL)
        return;
    d->memmap->nr = nr;
    snap_bytes(s, d->memmap->entry, nr * sizeof(d->memmap->entry[0]));
}

static void crash(struct snap *s, struct pv_domain *d)
{
    snap_bytes(s, d->crash_reason, sizeof(d->crash_reason));
    d->crash_reason[sizeof(d->crash_reason) - 1] = '\0';
    d->v->crash = d->crash_reason[0] != '\0' ? d->crash_reason : NULL;
}

void pv_snapshot(struct vcpu *v, struct snap *s)
{
    struct pv_domain *d = pv_domain(v);

    snap_section(s, "pv", 1);
    crash(s, d);
    vcpu_state(s, d);
    frames(s, d);
    pv_evtchn_snapshot(d, s);
    pv_time_snapshot(d, s);
    pv_grants_snapshot(d, s);
    pv_console_snapshot(d, s);
    pv_store_snapshot(d, s);
    pv_blk_snapshot(d, s);
    pv_net_snapshot(d, s);
    physdev(s, d);
    memmap(s, d);
}
