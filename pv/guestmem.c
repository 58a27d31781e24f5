/* guestmem.c: guest memory as the hypervisor reads and writes it. */
#include "common/base/bits.h"
#include "common/x86/mem.h"
#include "common/x86/walk.h"
#include "pv/domain.h"

static bool in_hole(const struct pv_domain *d, uint64_t first, uint64_t last)
{
    if (d->is32)
        return last >= PV_HOLE32_START;
    return sext(first, 48) != (int64_t)first ||
           sext(last, 48) != (int64_t)last ||
           (first < PV_HOLE64_END && last >= PV_HOLE64_START);
}

bool pv_range_okay(const struct pv_domain *d, uint64_t va, uint64_t n,
                   uint64_t size)
{
    uint64_t len;

    if (__builtin_mul_overflow(n, size, &len))
        return false;
    if (len == 0)
        return !in_hole(d, va, va);
    return va + (len - 1) >= va && !in_hole(d, va, va + (len - 1));
}

/* Machine address of va for an access of the hypervisor's; false: not there or
 * not writable. */
static bool translate(struct pv_domain *d, uint64_t cr3, uint64_t va,
                      unsigned access, uint64_t *pa)
{
    struct x86_walk_env env = {.read = x86_walk_gmem_read,
                               .update = x86_walk_gmem_update,
                               .opaque = &d->m->mem};
    struct x86_walk_regs r;
    struct x86_walk w;

    x86_walk_regs_of(d->c, &r);
    r.smap = false;
    r.wp = true;
    r.cr3 = cr3;
    if (!x86_walk(&env, &r, va, access, &w))
        return false;
    *pa = w.xlat.pa;
    return pv_frame(d, *pa >> PAGE_SHIFT) != NULL;
}

static uint64_t to_page_end(uint64_t va, uint64_t len)
{
    uint64_t n = PAGE_SIZE - (va & (PAGE_SIZE - 1));

    return n < len ? n : len;
}

static int64_t copy_from(struct pv_domain *d, uint64_t cr3, void *dst,
                         uint64_t va, uint64_t len)
{
    uint8_t *out = dst;
    uint64_t pa, n;

    if (!pv_range_okay(d, va, len, 1))
        return -XEN_EFAULT;
    for (; len > 0; len -= n, va += n, out += n) {
        n = to_page_end(va, len);
        if (!translate(d, cr3, va, X86_READ, &pa))
            return -XEN_EFAULT;
        gmem_read(&d->m->mem, pa, out, n);
    }
    return 0;
}

int64_t pv_copy_from(struct pv_domain *d, void *dst, uint64_t va, uint64_t len)
{
    return copy_from(d, d->c->s.cr3, dst, va, len);
}

int64_t pv_copy_from_kernel(struct pv_domain *d, void *dst, uint64_t va,
                            uint64_t len)
{
    return copy_from(d, d->kernel_cr3, dst, va, len);
}

int64_t pv_copy_to(struct pv_domain *d, uint64_t va, const void *src,
                   uint64_t len)
{
    const uint8_t *in = src;
    uint64_t pa, n;

    if (!pv_range_okay(d, va, len, 1))
        return -XEN_EFAULT;
    for (; len > 0; len -= n, va += n, in += n) {
        n = to_page_end(va, len);
        if (!translate(d, d->c->s.cr3, va, X86_WRITE, &pa))
            return -XEN_EFAULT;
        gmem_write(&d->m->mem, pa, in, n);
    }
    return 0;
}
