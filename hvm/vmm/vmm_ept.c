/* vmm_ept.c: EPT tables that map guest-physical addresses to themselves, with
 * holes where the devices are. [SDM3 "The Extended Page-Table Mechanism (EPT)"]
 */
#include "hvm/vmm/vmm.h"

#define EPT_R       BITQ(0)
#define EPT_W       BITQ(1)
#define EPT_X       BITQ(2)
#define EPT_RWX     (EPT_R | EPT_W | EPT_X)
#define EPT_WB      (6ull << 3) /* memory type of a leaf */
#define EPT_LARGE   BITQ(7)
#define EPTP_WB     6ull
#define EPTP_WALK_4 (3ull << 3)

#define LARGE_BYTES (2ull << 20)

static uint64_t *entry_at(const struct vmm *h, uint64_t table, unsigned n)
{
    return (uint64_t *)vmm_host(h, table & PAGE_MASK) + n;
}

/* The table below entry n of `table`, made if there is none. */
static uint64_t below(struct vmm *h, uint64_t table, unsigned n)
{
    uint64_t *e = entry_at(h, table, n);

    if (*e == 0)
        *e = vmm_pages(h, 1) | EPT_RWX;
    return *e;
}

static void map(struct vmm *h, uint64_t pa, bool large, bool rom)
{
    uint64_t leaf = pa | EPT_WB | (rom ? EPT_R | EPT_X : EPT_RWX);
    uint64_t t = below(h, h->tables, pa >> 39 & 511);

    t = below(h, t, pa >> 30 & 511);
    if (large) {
        *entry_at(h, t, pa >> 21 & 511) = leaf | EPT_LARGE;
        return;
    }
    t = below(h, t, pa >> 21 & 511);
    *entry_at(h, t, pa >> 12 & 511) = leaf;
}

static void map_region(struct vmm *h, const struct gmem_region *r)
{
    uint64_t pa = r->base, end = r->base + r->size;
    bool large;

    while (pa < end) {
        large = pa % LARGE_BYTES == 0 && end - pa >= LARGE_BYTES;
        map(h, pa, large, r->rom);
        pa += large ? LARGE_BYTES : PAGE_SIZE;
    }
}

/* At most: the root, a table of 512 GiB, one for every GiB, and those of 4-KiB
 * pages at both ends of every region. */
unsigned vmm_ept_pages(const struct machine *m)
{
    unsigned n = 1;

    for (unsigned k = 0; k < m->mem.nr_regions; k++)
        n += 1 + (unsigned)(m->mem.region[k].size >> 30) + 2 + 2;
    return n;
}

static uint64_t ept_pointer(const struct vmm *h)
{
    return h->tables | EPTP_WB | EPTP_WALK_4;
}

void vmm_ept_create(struct vmm *h)
{
    const struct gmem *mem = &h->v->m->mem;

    h->tables = vmm_pages(h, 1);
    for (unsigned k = 0; k < mem->nr_regions; k++)
        map_region(h, &mem->region[k]);
    vmm_write(h, VMCS_EPT_POINTER, ept_pointer(h));
}

/* Nothing is mapped on demand: the guest has reached for a device, for what is
 * no memory, or writes to ROM. */
enum vmm_next vmm_on_ept(struct vmm *h)
{
    return vmm_emulate(h);
}
