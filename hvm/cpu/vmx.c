/* vmx.c: VMX of a vcpu: attaching it, physical memory as the processor with VMX
 * sees it, what the VMM may ask beside the instructions. */
#include "hvm/cpu/vmx.h"

#include <stdlib.h>
#include <string.h>

#include "common/x86/tlb.h"
#include "hvm/cpu/vmx_state.h"

/* ---- physical memory ---- */
void *vmx_host(struct vmx *x, uint64_t pa, uint64_t n)
{
    if (pa - x->mem.base < x->mem.size)
        return x->mem.size - (pa - x->mem.base) >= n
                   ? x->mem.host + (pa - x->mem.base)
                   : NULL;
    return gmem_host(&x->c->v.m->mem, pa, n);
}

bool vmx_phys_read(struct vmx *x, uint64_t pa, void *buf, unsigned n)
{
    const void *host = vmx_host(x, pa, n);

    if (host == NULL)
        memset(buf, 0xff, n);
    else
        memcpy(buf, host, n);
    return host != NULL;
}

bool vmx_phys_write(struct vmx *x, uint64_t pa, const void *buf, unsigned n)
{
    if (pa - x->mem.base >= x->mem.size)
        return gmem_write(&x->c->v.m->mem, pa, buf, n);
    if (x->mem.size - (pa - x->mem.base) < n)
        return false;
    memcpy(x->mem.host + (pa - x->mem.base), buf, n);
    return true;
}

/* ---- life ---- */
static enum status check_memory(const struct vcpu *v,
                                const struct vmx_caps *caps,
                                const struct vmx_memory *mem, struct error *err)
{
    const struct gmem *g = &v->m->mem;

    if (((mem->base | mem->size) & (PAGE_SIZE - 1)) != 0 || mem->size == 0 ||
        mem->base + mem->size < mem->base)
        return err_set(err, ST_INVAL, "vmx memory: not whole pages");
    if (((mem->base + mem->size - 1) & ~mask_low(caps->pa_bits)) != 0)
        return err_set(err, ST_INVAL, "vmx memory: beyond %u bits of address",
                       caps->pa_bits);
    for (unsigned k = 0; k < g->nr_regions; k++) {
        const struct gmem_region *r = &g->region[k];

        if (mem->base < r->base + r->size && r->base < mem->base + mem->size)
            return err_set(err, ST_INVAL,
                           "vmx memory: overlaps the machine's at 0x%llx",
                           (unsigned long long)r->base);
    }
    return ST_OK;
}

enum status vmx_attach(struct vcpu *v, const struct vmx_caps *caps,
                       const struct vmx_memory *memory, struct error *err)
{
    struct x86_cpu *c = x86_cpu(v);
    enum status st = check_memory(v, caps, memory, err);
    struct vmx *x;

    if (st != ST_OK)
        return st;
    if (c->mmu_opaque != NULL)
        return err_set(err, ST_BUG, "vmx: the vcpu has an extension already");
    x = calloc(1, sizeof(*x));
    if (x == NULL)
        return err_set(err, ST_NOMEM, "vmx");
    x->c = c;
    x->caps = *caps;
    x->mem = *memory;
    x->current = NO_VMCS;
    /* The VMM is 64-bit code where there is such. */
    x->host_ia32e = vmx_caps_intel64(caps);
    x->apic_page = NO_VMCS;
    entry_cache_init(&x->checked);
    clock_timer_init(&x->timer, vmx_timer_fired, x);
    vmx_ept_drop(x);
    c->mmu_opaque = x;
    return ST_OK;
}

void vmx_detach(struct vcpu *v)
{
    struct x86_cpu *c = x86_cpu(v);
    struct vmx *x = vmx_of(c);

    if (x == NULL)
        return;
    clock_disarm(&v->m->clock, &x->timer);
    vmx_bare(x);
    c->mmu = &native_mmu_ops;
    c->mmu_opaque = NULL;
    free(x);
    x86_update_mode(c);
    x86_tlb_flush(c, true);
}

/* ---- the VMM asks ---- */
bool vmx_nonroot(const struct vcpu *v)
{
    const struct vmx *x = vmx_of((const struct x86_cpu *)(const void *)v);

    return x != NULL && x->nonroot;
}

static struct vmx *of(const struct vcpu *v)
{
    return vmx_of((const struct x86_cpu *)(const void *)v);
}

const struct entry_failure *vmx_entry_failure(const struct vcpu *v)
{
    return of(v)->failed ? &of(v)->failure : NULL;
}

const struct vmx_counts *vmx_counts(const struct vcpu *v)
{
    return &of(v)->counts;
}

bool vmx_intr(const struct vcpu *v)
{
    return of(v)->c->s.intr_line != 0;
}

void vmx_hold_intr(struct vcpu *v, bool hold)
{
    struct x86_cpu *c = x86_cpu(v);

    c->x.hold_intr = hold;
    if (!hold && c->s.intr_line)
        x86_attention(c);
}

void vmx_retired(struct vcpu *v)
{
    struct x86_cpu *c = x86_cpu(v);

    v->icount = ++c->block_icount;
}
