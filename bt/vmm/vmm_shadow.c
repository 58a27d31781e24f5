/* vmm_shadow.c: the guest's memory through shadow page tables: the memory
 * policy of binary translation. */
#include <stdlib.h>

#include "bt/vmm/vmm.h"
#include "common/mmu/mmu.h"
#include "common/x86/mem.h"
#include "common/x86/tlb.h"

/* Shadow tables lie where no guest memory can be. */
#define ARENA_BASE  (1ull << 51)
#define ARENA_PAGES 8192u
#define WALKER_PA   ((1ull << 52) - 1)

/* ---- shadow tables as the processor walks them ---- */
static uint64_t arena_read(void *opaque, uint64_t pa, unsigned size)
{
    const struct bt_vmm *b = opaque;
    uint64_t v;

    (void)size; /* always 8 */
    memcpy(&v, b->arena + (pa - ARENA_BASE), sizeof(v));
    return v;
}

/* A and D are always set. */
static void arena_update(void *opaque, uint64_t pa, unsigned size,
                         uint64_t entry)
{
    struct bt_vmm *b = opaque;

    memcpy(b->arena + (pa - ARENA_BASE), &entry, size);
}

/* How shadow tables are walked for a guest with these registers: write
 * protection always holds, rights are in the last entry. */
static void shadow_regs(const struct bt_vmm *b, const struct x86_walk_regs *g,
                        struct x86_walk_regs *r)
{
    *r = *g;
    r->mode = g->mode == X86_WALK_4LEVEL ? X86_WALK_4LEVEL : X86_WALK_PAE;
    r->wp = r->nxe = r->pge = true;
    r->pa_mask = WALKER_PA;
    r->cr3 = shadow_root(b->shadow);
    if (r->mode == X86_WALK_PAE)
        for (unsigned n = 0; n < 4; n++)
            r->pdpte[n] = arena_read((void *)(uintptr_t)b, r->cr3 + 8 * n, 8);
}

/* ---- the guest's registers ---- */
static void guest_regs(const struct x86_cpu *c, struct x86_walk_regs *r)
{
    x86_walk_regs_of(c, r);
    if (r->mode != X86_WALK_PAE)
        memset(r->pdpte, 0, sizeof(r->pdpte));
}

static bool same_regs(const struct x86_walk_regs *a,
                      const struct x86_walk_regs *b)
{
    return a->mode == b->mode && a->cr3 == b->cr3 && a->wp == b->wp &&
           a->pse == b->pse && a->pge == b->pge && a->nxe == b->nxe &&
           a->smep == b->smep && a->smap == b->smap &&
           memcmp(a->pdpte, b->pdpte, sizeof(a->pdpte)) == 0;
}

/* Catch up with what the guest has done to its control registers. */
static void follow(struct bt_vmm *b, const struct x86_walk_regs *g)
{
    if (b->stale)
        shadow_drop(b->shadow);
    else if (!b->flush && same_regs(&b->regs, g))
        return;
    shadow_set(b->shadow, g, b->flush);
    b->regs = *g;
    b->flush = b->stale = false;
}

/* ---- the policy ---- */
static void count(struct bt_vmm *b, enum bt_row row)
{
    ledger_add(&b->v->ledger, LEDGER_BT, row, 0, 1);
}

/* An access that no shadow entry allows: a device, a traced page, ROM. The
 * guest's own translation serves it; nobody keeps write access to such pages.
 */
static void by_hand(struct x86_cpu *c, const struct x86_xlat *own)
{
    struct bt_vmm *b = bt_vmm(c);
    const uint8_t *flags = gmem_flags(&b->v->m->mem, own->pa);

    if (flags != NULL && !(*flags & GMEM_PAGE_TRACE))
        return;
    c->x.traps++;
    if (b->adapted != c->x.adapted)
        ledger_add(&b->v->ledger, LEDGER_BT, BT_SITE_ADAPTED, 0,
                   c->x.adapted - b->adapted);
    b->adapted = c->x.adapted;
    count(b, c->x.site_called_out ? BT_SITE_CALLOUT
             : flags == NULL      ? BT_DEVICE_FAULT
                                  : BT_TRACE_FAULT);
}

/* Is this a write to a page that is known for one whose writes are seen? Then
 * no shadow entry allows it. */
static bool write_is_seen(const struct x86_cpu *c, uint64_t lin,
                          unsigned access)
{
    unsigned view = (access & X86_ACC_USER) ? X86_VIEW_USER : X86_VIEW_SUPER;
    const struct x86_tlb_entry *e =
        &c->tlbs[view][(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];

    return (access & X86_WRITE) && e->rtag == (lin & PAGE_MASK) &&
           (*gmem_flags(&c->v.m->mem, e->pa & PAGE_MASK) & GMEM_PAGE_TRACE);
}

static void translate(struct x86_cpu *c, uint64_t lin, unsigned access,
                      struct x86_xlat *out)
{
    struct bt_vmm *b = bt_vmm(c);
    struct x86_walk_env env = {arena_read, arena_update, b};
    struct x86_walk_regs g, r;
    struct x86_walk w;
    bool seen = write_is_seen(c, lin, access);

    guest_regs(c, &g);
    follow(b, &g);
    shadow_regs(b, &g, &r);
    while (seen || !x86_walk(&env, &r, lin, access, &w)) {
        switch (shadow_fault(b->shadow, &g, lin, access, &w)) {
        case SHADOW_FILLED:
            break;
        case SHADOW_FAULT:
            x86_pf(c, lin, w.error);
        case SHADOW_BY_HAND:
            by_hand(c, &w.xlat);
            *out = w.xlat;
            return;
        }
        shadow_regs(b, &g, &r);
        seen = false;
    }
    *out = w.xlat;
}

static bool peek(struct x86_cpu *c, uint64_t lin, uint64_t *pa)
{
    return native_mmu_ops.peek(c, lin, pa);
}

const struct mmu_ops bt_mmu_ops = {
    .name = "shadow",
    .translate = translate,
    .peek = peek,
};

/* What the guest drops ends in the software TLB by the instruction itself. */
void bt_shadow_invlpg(struct bt_vmm *b, uint64_t lin)
{
    struct x86_cpu *c = x86_cpu(b->v);
    struct x86_walk_regs g;

    guest_regs(c, &g);
    follow(b, &g);
    if (g.mode != X86_WALK_OFF && shadow_invlpg(b->shadow, lin))
        x86_tlb_flush(c, true);
}

/* ---- life ---- */
static bool write_protect(void *opaque, uint64_t gpa)
{
    struct bt_vmm *b = opaque;

    x86_tlb_write_protect(x86_cpu(b->v), gpa);
    return false;
}

enum status bt_shadow_create(struct bt_vmm *b, struct error *err)
{
    struct shadow_config config = {
        .mem = &b->v->m->mem,
        .base = ARENA_BASE,
        .pages = ARENA_PAGES,
        .ledger = &b->v->ledger,
        .write_protect = write_protect,
        .opaque = b,
    };

    b->arena = aligned_alloc(PAGE_SIZE, (size_t)ARENA_PAGES * PAGE_SIZE);
    if (b->arena == NULL)
        return err_set(err, ST_NOMEM, "shadow tables");
    memset(b->arena, 0, (size_t)ARENA_PAGES * PAGE_SIZE);
    config.host = b->arena;
    b->stale = true;
    return shadow_create(&config, &b->shadow, err);
}

void bt_shadow_destroy(struct bt_vmm *b)
{
    shadow_destroy(b->shadow);
    free(b->arena);
}
