/* walkref.c: page walks as [SDM3 "Paging"] tells them, in order. */
#include "common/x86/tests/walkref.h"

#include "common/base/bits.h"
#include "common/x86/mem.h"

static uint64_t bits(unsigned hi, unsigned lo)
{
    return mask_low(hi + 1) & ~mask_low(lo);
}

bool walkref_allowed(const struct x86_walk_regs *r, bool rw, bool us, bool xd,
                     unsigned access)
{
    bool user_mode = (access & X86_ACC_USER) != 0;
    bool write = (access & X86_WRITE) != 0, fetch = (access & X86_EXEC) != 0;
    bool no_exec = xd && r->mode != X86_WALK_32 && r->nxe;

    if (user_mode && !us)
        return false; /* supervisor-mode address */
    if (user_mode && write)
        return rw;
    if (user_mode && fetch)
        return !no_exec;
    if (user_mode)
        return true;
    if (fetch && us && r->smep)
        return false;
    if (fetch)
        return !no_exec;
    if (us && r->smap && (access & X86_WALK_IMPLICIT))
        return false;
    if (us && r->smap && !r->ac)
        return false;
    return !write || !r->wp || rw;
}

static void fault(struct walkref *f, const struct x86_walk_regs *r,
                  unsigned access, bool present, bool reserved)
{
    bool nx = r->mode != X86_WALK_32 && r->nxe;

    f->ok = false;
    f->error = (present ? 1u : 0) | ((access & X86_WRITE) ? 2u : 0) |
               ((access & X86_ACC_USER) ? 4u : 0) | (reserved ? 8u : 0) |
               (((access & X86_EXEC) && (nx || r->smep)) ? 16u : 0);
}

/* One more entry; false: the walk ends in a fault. */
static bool use_entry(struct walkref *f, const struct x86_walk_regs *r,
                      unsigned access, uint64_t pa, unsigned size, uint64_t *e)
{
    *e = f->env->read(f->env->opaque, pa, size);
    f->at[f->nr++] = pa;
    if (!(*e & 1)) {
        fault(f, r, access, false, false);
        return false;
    }
    f->rw &= (*e >> 1) & 1;
    f->us &= (*e >> 2) & 1;
    f->xd |= size == 8 && (*e >> 63);
    f->dirty = (*e >> 6) & 1;
    f->global = (*e >> 8) & 1;
    return true;
}

static bool reserved(struct walkref *f, const struct x86_walk_regs *r,
                     unsigned access, uint64_t e, uint64_t mask)
{
    if (!(e & mask))
        return false;
    fault(f, r, access, true, true);
    return true;
}

static unsigned width(const struct x86_walk_regs *r)
{
    return 64 - (unsigned)__builtin_clzll(r->pa_mask);
}

static void walk_32(struct walkref *f, const struct x86_walk_regs *r,
                    uint64_t lin, unsigned access)
{
    unsigned m = width(r) < 40 ? width(r) : 40;
    uint64_t pde, pte, rsvd;

    if (!use_entry(f, r, access, (r->cr3 & bits(31, 12)) | ((lin >> 22) * 4), 4,
                   &pde))
        return;
    if (r->pse && (pde & 0x80)) {
        /* "Format of a 32-Bit Page-Directory Entry that Maps a 4-MByte Page":
         * bits (M-20):13 are bits (M-1):32 of the address, above that
         * reserved; without PSE-36 bits 21:13 are. */
        rsvd = !r->pse36 || m == 32 ? bits(21, 13) : bits(21, m - 19);
        if (reserved(f, r, access, pde, rsvd))
            return;
        f->shift = 22;
        f->pa = (pde & bits(31, 22)) | ((pde & bits(20, 13) & ~rsvd) << 19) |
                (lin & bits(21, 0));
        return;
    }
    if (!use_entry(f, r, access,
                   (pde & bits(31, 12)) | (((lin >> 12) & 0x3ff) * 4), 4, &pte))
        return;
    f->shift = 12;
    f->pa = (pte & bits(31, 12)) | (lin & 0xfff);
}

/* Page directory and page table, 8-byte entries: the same in both modes but
 * for the reserved bits. */
static void walk_pd(struct walkref *f, const struct x86_walk_regs *r,
                    uint64_t lin, unsigned access, uint64_t table,
                    uint64_t rsvd)
{
    unsigned m = width(r);
    uint64_t pde, pte;

    if (!use_entry(f, r, access, table | (((lin >> 21) & 0x1ff) * 8), 8, &pde))
        return;
    if (reserved(f, r, access, pde, rsvd | ((pde & 0x80) ? bits(20, 13) : 0)))
        return;
    if (pde & 0x80) {
        f->shift = 21;
        f->pa = (pde & bits(m - 1, 21)) | (lin & bits(20, 0));
        return;
    }
    if (!use_entry(f, r, access,
                   (pde & bits(m - 1, 12)) | (((lin >> 12) & 0x1ff) * 8), 8,
                   &pte) ||
        reserved(f, r, access, pte, rsvd))
        return;
    f->shift = 12;
    f->pa = (pte & bits(m - 1, 12)) | (lin & 0xfff);
}

static void walk_pae(struct walkref *f, const struct x86_walk_regs *r,
                     uint64_t lin, unsigned access)
{
    uint64_t pdpte = r->pdpte[(lin >> 30) & 3];
    unsigned m = width(r);

    if (!(pdpte & 1)) {
        fault(f, r, access, false, false);
        return;
    }
    walk_pd(f, r, lin, access, pdpte & bits(m - 1, 12),
            bits(62, m) | (r->nxe ? 0 : BITQ(63)));
}

static void walk_4level(struct walkref *f, const struct x86_walk_regs *r,
                        uint64_t lin, unsigned access)
{
    unsigned m = width(r);
    uint64_t rsvd = bits(51, m) | (r->nxe ? 0 : BITQ(63));
    uint64_t pml4e, pdpte;

    if (!use_entry(f, r, access,
                   (r->cr3 & bits(m - 1, 12)) | (((lin >> 39) & 0x1ff) * 8), 8,
                   &pml4e) ||
        reserved(f, r, access, pml4e, rsvd | 0x80) ||
        !use_entry(f, r, access,
                   (pml4e & bits(m - 1, 12)) | (((lin >> 30) & 0x1ff) * 8), 8,
                   &pdpte))
        return;
    if ((pdpte & 0x80) && r->page1g) {
        if (reserved(f, r, access, pdpte, rsvd | bits(29, 13)))
            return;
        f->shift = 30;
        f->pa = (pdpte & bits(m - 1, 30)) | (lin & bits(29, 0));
        return;
    }
    if (reserved(f, r, access, pdpte, rsvd | 0x80))
        return;
    walk_pd(f, r, lin, access, pdpte & bits(m - 1, 12), rsvd);
}

void walkref_walk(struct walkref *f, const struct x86_walk_env *env,
                  const struct x86_walk_regs *r, uint64_t lin, unsigned access)
{
    *f = (struct walkref){.env = env, .ok = true, .rw = true, .us = true};
    if (r->mode == X86_WALK_32)
        walk_32(f, r, lin, access);
    else if (r->mode == X86_WALK_PAE)
        walk_pae(f, r, lin, access);
    else
        walk_4level(f, r, lin, access);
    if (f->ok && !walkref_allowed(r, f->rw, f->us, f->xd, access))
        fault(f, r, access, true, false);
}
