/* walk.c: page-table walks of the processor. */
#include "common/x86/walk.h"

#include "common/x86/cpuid.h"
#include "common/x86/mem.h"

/* When PS = 1 makes an entry map a page. */
enum large { LARGE_NEVER, LARGE_PSE, LARGE_ALWAYS, LARGE_1G };

struct level {
    uint8_t shift; /* of the index in the linear address */
    uint8_t bits;  /* of the index */
    enum large large;
    bool ps_reserved; /* PS must be 0 where it maps no page */
};

struct mode {
    uint8_t entry_size;
    uint8_t nr;
    uint64_t entry_address; /* address bits, before the processor's width */
    uint64_t high_reserved; /* reserved unless they are address bits in use */
    struct level level[4];
};

/* [SDM3 "32-Bit Paging", "PAE Paging", "4-Level Paging and 5-Level Paging"] */
static const struct mode modes[X86_WALK_MODES] = {
    [X86_WALK_32] = {.entry_size = 4,
                     .nr = 2,
                     .entry_address = 0xfffff000,
                     .level = {{22, 10, LARGE_PSE, false},
                               {12, 10, LARGE_NEVER, false}}},
    [X86_WALK_PAE] = {.entry_size = 8,
                      .nr = 2,
                      .entry_address = 0xffffffffff000,
                      .high_reserved = 0x7ffffffffffff000,
                      .level = {{21, 9, LARGE_ALWAYS, false},
                                {12, 9, LARGE_NEVER, false}}},
    [X86_WALK_4LEVEL] = {.entry_size = 8,
                         .nr = 4,
                         .entry_address = 0xffffffffff000,
                         .high_reserved = 0x000ffffffffff000,
                         .level = {{39, 9, LARGE_NEVER, true},
                                   {30, 9, LARGE_1G, true},
                                   {21, 9, LARGE_ALWAYS, false},
                                   {12, 9, LARGE_NEVER, false}}},
};

void x86_walk_regs_of(const struct x86_cpu *c, struct x86_walk_regs *r)
{
    const struct x86_state *s = &c->s;

    r->mode = !(s->cr0 & CR0_PG)    ? X86_WALK_OFF
              : !(s->cr4 & CR4_PAE) ? X86_WALK_32
              : c->long_mode        ? X86_WALK_4LEVEL
                                    : X86_WALK_PAE;
    r->wp = (s->cr0 & CR0_WP) != 0;
    r->pse = (s->cr4 & CR4_PSE) != 0;
    r->pge = (s->cr4 & CR4_PGE) != 0;
    r->nxe = (s->efer & EFER_NXE) != 0;
    r->smep = (s->cr4 & CR4_SMEP) != 0;
    r->smap = (s->cr4 & CR4_SMAP) != 0;
    r->ac = (s->rflags & FL_AC) != 0 && c->cpl != 3;
    r->pse36 = cpuid_model_has(c->model, X86_FEATURE_PSE36);
    r->page1g = cpuid_model_has(c->model, X86_FEATURE_PDPE1GB);
    r->pa_mask = c->pa_mask;
    r->cr3 = s->cr3;
    memcpy(r->pdpte, s->pdpte, sizeof(r->pdpte));
}

static bool maps_large_page(const struct x86_walk_regs *r,
                            const struct level *l, uint64_t entry)
{
    if (!(entry & X86_PTE_PS))
        return false;
    switch (l->large) {
    case LARGE_PSE:
        return r->pse;
    case LARGE_ALWAYS:
        return true;
    case LARGE_1G:
        return r->page1g;
    case LARGE_NEVER:
        break;
    }
    return false;
}

/* Address bits 39:32 that the PDE of a 4-MByte page holds in bits 20:13. */
static uint64_t pse36_bits(const struct x86_walk_regs *r)
{
    return r->pse36 ? (r->pa_mask >> 32) & 0xff : 0;
}

static uint64_t reserved_bits(const struct x86_walk_regs *r,
                              const struct mode *m, const struct level *l,
                              bool large)
{
    uint64_t rsvd = m->high_reserved & ~r->pa_mask;

    if (m->entry_size == 4)
        return large ? 0x3fe000 & ~(pse36_bits(r) << 13) : 0;
    if (!r->nxe)
        rsvd |= X86_PTE_XD;
    if (large)
        rsvd |= mask_low(l->shift) & ~mask_low(13);
    else if (l->ps_reserved)
        rsvd |= X86_PTE_PS;
    return rsvd;
}

uint64_t x86_walk_pdpte_reserved(uint64_t pa_mask)
{
    return (~pa_mask & PAGE_MASK) | 0x1e6;
}

/* [SDM3 "Determination of Access Rights"] */
static bool allowed(const struct x86_walk_regs *r, uint64_t rights,
                    unsigned access)
{
    bool user_page = (rights & X86_PTE_US) != 0;

    if (access & X86_ACC_USER) {
        if (!user_page)
            return false;
        return !(access & X86_WRITE) || (rights & X86_PTE_RW)
                   ? !(access & X86_EXEC) || !(rights & X86_PTE_XD)
                   : false;
    }
    if (access & X86_EXEC)
        return !(rights & X86_PTE_XD) && !(r->smep && user_page);
    if (r->smap && user_page && (!r->ac || (access & X86_WALK_IMPLICIT)))
        return false;
    return !(access & X86_WRITE) || !r->wp || (rights & X86_PTE_RW);
}

/* [SDM3 "Page-Fault Exceptions"] */
static uint32_t error_code(const struct x86_walk_regs *r, unsigned access,
                           uint32_t why)
{
    if (access & X86_WRITE)
        why |= PF_W;
    if (access & X86_ACC_USER)
        why |= PF_U;
    if ((access & X86_EXEC) && ((r->mode != X86_WALK_32 && r->nxe) || r->smep))
        why |= PF_I;
    return why;
}

static bool fault(const struct x86_walk_regs *r, unsigned access, uint32_t why,
                  struct x86_walk *out)
{
    out->error = error_code(r, access, why);
    return false;
}

static uint64_t page_address(const struct x86_walk_regs *r,
                             const struct mode *m, unsigned shift,
                             uint64_t entry, uint64_t lin)
{
    uint64_t base = entry & m->entry_address & ~mask_low(shift);

    if (m->entry_size == 4 && shift == 22)
        base |= ((entry >> 13) & pse36_bits(r)) << 32;
    return (base | (lin & mask_low(shift))) & r->pa_mask;
}

/* The last entry: permissions, A and D, and what later accesses may do. */
static bool finish(const struct x86_walk_env *env,
                   const struct x86_walk_regs *r, const struct mode *m,
                   unsigned access, struct x86_walk *out)
{
    const struct x86_walk_step *s = &out->step[out->nr - 1];
    struct x86_xlat *x = &out->xlat;
    uint64_t entry = s->entry;

    if (!(access & X86_WALK_PEEK)) {
        if (!allowed(r, out->rights, access))
            return fault(r, access, PF_P, out);
        entry |= X86_PTE_A | ((access & X86_WRITE) ? X86_PTE_D : 0);
        if (entry != s->entry)
            env->update(env->opaque, s->pa, m->entry_size, entry);
    }
    x->user = (out->rights & X86_PTE_US) != 0;
    x->write_s = (entry & X86_PTE_D) && allowed(r, out->rights, X86_WRITE);
    x->write_u = (entry & X86_PTE_D) &&
                 allowed(r, out->rights, X86_WRITE | X86_ACC_USER);
    x->exec = allowed(r, out->rights, X86_EXEC | (access & X86_ACC_USER));
    x->global = r->pge && (entry & X86_PTE_G);
    return true;
}

/* The table that the walk starts in; false: a PDPTE that is not present. */
static bool first_table(const struct x86_walk_regs *r, const struct mode *m,
                        uint64_t lin, uint64_t *table)
{
    uint64_t e = r->cr3;

    if (r->mode == X86_WALK_PAE) {
        e = r->pdpte[(lin >> 30) & 3];
        if (!(e & X86_PTE_P))
            return false;
    }
    *table = e & m->entry_address & r->pa_mask;
    return true;
}

bool x86_walk(const struct x86_walk_env *env, const struct x86_walk_regs *r,
              uint64_t lin, unsigned access, struct x86_walk *out)
{
    const struct mode *m = &modes[r->mode];
    const struct level *l = m->level;
    uint64_t table;

    out->nr = 0;
    out->rights = X86_PTE_RW | X86_PTE_US;
    if (!first_table(r, m, lin, &table))
        return fault(r, access, 0, out);
    for (;; l++) {
        uint64_t index = (lin >> l->shift) & mask_low(l->bits);
        uint64_t pa = table + index * m->entry_size;
        uint64_t e = env->read(env->opaque, pa, m->entry_size);
        bool large = maps_large_page(r, l, e);

        out->step[out->nr++] = (struct x86_walk_step){pa, e};
        if (!(e & X86_PTE_P))
            return fault(r, access, 0, out);
        if (e & reserved_bits(r, m, l, large))
            return fault(r, access, PF_P | PF_R, out);
        out->rights = (out->rights & (e | X86_PTE_XD)) | (e & X86_PTE_XD);
        if (large || l->shift == PAGE_SHIFT) {
            out->xlat.page_shift = l->shift;
            out->xlat.pa = page_address(r, m, l->shift, e, lin);
            return finish(env, r, m, access, out);
        }
        if (!(e & X86_PTE_A) && !(access & X86_WALK_PEEK))
            env->update(env->opaque, pa, m->entry_size, e | X86_PTE_A);
        table = e & m->entry_address & r->pa_mask;
    }
}

uint64_t x86_walk_gmem_read(void *gmem, uint64_t pa, unsigned size)
{
    const void *host = gmem_host(gmem, pa, size);

    if (host == NULL)
        return mask_low(size * 8);
    return size == 4 ? get_le32(host) : get_le64(host);
}

void x86_walk_gmem_update(void *gmem, uint64_t pa, unsigned size,
                          uint64_t entry)
{
    gmem_write(gmem, pa, &entry, size);
}
