/* ptwr.c: writable page tables: the guest kernel writes to an L1 table that it
 * has mapped read-only, as if it were its own.
 *
 * The processor runs the faulting instruction once more with a copy of the
 * table in the place of the page; what has changed in the copy is then checked
 * and written entry by entry. So every instruction that can write works, and
 * none needs an emulator. If an entry is refused, the state from before comes
 * back and the guest gets its fault, as Xen does. */
#include <stdlib.h>

#include "common/mmu/mmu.h"
#include "common/x86/mem.h"
#include "common/x86/walk.h"
#include "pv/exit.h"
#include "pv/pte.h"
#include "pv/vcpu.h"

struct pv_ptwr {
    bool active;
    uint64_t page;     /* linear page of the table while active */
    uint64_t copy_mfn; /* stands there */
    uint64_t before[PV_PTES];
    struct x86_state saved;
};

/* ---- the policy: the native walk, but for the one page ---- */
static void translate(struct x86_cpu *c, uint64_t lin, unsigned access,
                      struct x86_xlat *out)
{
    const struct pv_ptwr *p = c->mmu_opaque;

    if (likely(!p->active || (lin & PAGE_MASK) != p->page ||
               (access & X86_EXEC))) {
        native_mmu_ops.translate(c, lin, access, out);
        return;
    }
    *out = (struct x86_xlat){.pa = p->copy_mfn << PAGE_SHIFT |
                                   (lin & (PAGE_SIZE - 1)),
                             .user = true,
                             .write_s = true,
                             .write_u = true,
                             .page_shift = PAGE_SHIFT};
}

static bool peek(struct x86_cpu *c, uint64_t lin, uint64_t *pa)
{
    return native_mmu_ops.peek(c, lin, pa);
}

static const struct mmu_ops pv_mmu_ops = {
    .name = "direct",
    .translate = translate,
    .peek = peek,
};

enum status pv_ptwr_create(struct pv_domain *d, struct error *err)
{
    struct pv_ptwr *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return err_set(err, ST_NOMEM, "page-table writes");
    d->ptwr = p;
    p->copy_mfn = pv_alloc_frame(d, PVO_VMM);
    if (p->copy_mfn == 0)
        return err_set(err, ST_NOMEM, "no frame for page-table writes");
    d->c->mmu = &pv_mmu_ops;
    d->c->mmu_opaque = p;
    return ST_OK;
}

void pv_ptwr_destroy(struct pv_domain *d)
{
    if (d->ptwr == NULL)
        return;
    d->c->mmu = &native_mmu_ops;
    d->c->mmu_opaque = NULL;
    free(d->ptwr);
    d->ptwr = NULL;
}

/* ---- one instruction ---- */

/* True if it has retired. Nothing else is delivered meanwhile. */
static bool run_insn(struct pv_domain *d)
{
    struct x86_cpu *c = d->c;
    uint64_t icount = c->v.icount;
    uint32_t line = c->s.intr_line;
    struct vcpu_exit exit;
    unsigned tries;

    c->s.intr_line = 0;
    for (tries = 0; tries < 4 && c->v.icount == icount; tries++) {
        if (c->v.processor->run(&c->v, 1, &exit, NULL) != ST_OK ||
            exit.kind == EXIT_SENSITIVE)
            break;
        if (exit.kind == EXIT_KICKED) {
            c->v.kicked = 1; /* for the loop outside, next time round */
            break;
        }
    }
    c->s.intr_line = line;
    return c->v.icount != icount;
}

static bool commit(struct pv_domain *d, uint64_t mfn)
{
    struct pv_ptwr *p = d->ptwr;
    unsigned i;
    uint64_t e;

    for (i = 0; i < PV_PTES; i++) {
        e = pv_pte_read(d, p->copy_mfn, i);
        if (e != p->before[i] && pv_pte_update(d, mfn, i, e, false) != 0)
            return false;
    }
    return true;
}

static void restore(struct pv_domain *d, uint64_t icount)
{
    struct x86_cpu *c = d->c;

    c->s = d->ptwr->saved;
    c->v.icount = c->block_icount = icount;
    x86_update_mode(c);
}

static bool emulate(struct pv_domain *d, uint64_t va, uint64_t mfn)
{
    struct pv_ptwr *p = d->ptwr;
    uint64_t icount = d->v->icount;
    bool done;

    p->saved = d->c->s;
    pv_read_frame(d, mfn, 0, p->before, PAGE_SIZE);
    pv_write_frame(d, p->copy_mfn, 0, p->before, PAGE_SIZE);
    p->page = va & PAGE_MASK;
    p->active = true;
    x86_tlb_invlpg(d->c, va);
    done = run_insn(d);
    p->active = false;
    x86_tlb_invlpg(d->c, va);
    if (done && commit(d, mfn)) {
        ledger_add(&d->v->ledger, LEDGER_PV_PTWR, PVT_L1, 0, 1);
        return true;
    }
    restore(d, icount);
    return !done && d->v->kicked; /* then it is met again */
}

bool pv_ptwr(struct pv_domain *d, uint64_t va)
{
    const struct pv_frame *f;
    uint64_t table, mfn, e;
    unsigned index;

    if (!pv_range_okay(d, va, 1, 1) || !pv_find_l1e(d, va, &table, &index))
        return false;
    e = pv_pte_read(d, table, index);
    mfn = PV_PTE_MFN(e);
    f = pv_frame(d, mfn);
    if ((e & (X86_PTE_P | X86_PTE_RW)) != X86_PTE_P || f == NULL ||
        f->owner != PVO_DOMAIN || f->type != PVT_L1 || f->type_count == 0)
        return false;
    return emulate(d, va, mfn);
}
