/* alat.c: the advanced load address table. */
#include "vti-ia64/cpu/alat.h"

uint64_t ia64_alat_gr(const struct ia64_cpu *c, unsigned r)
{
    uint64_t bsp = c->s.bsp, k = r - 32;
    unsigned sor = cfm_sor(c->s.cfm);

    if (r < 32)
        return r;
    if (k < sor)
        k = (k + cfm_rrb_gr(c->s.cfm)) % sor;
    return bsp + (k + ((bsp >> 3 & 63) + k) / 63) * 8;
}

uint64_t ia64_alat_fr(const struct ia64_cpu *c, unsigned f)
{
    if (f >= 32)
        f = 32 + (f - 32 + c->rrb_fr) % 96;
    return 128 + f;
}

void ia64_alat_refilter(struct ia64_cpu *c)
{
    c->alat_filter = 0;
    for (unsigned k = 0; k < IA64_ALAT; k++) {
        const struct ia64_alat_entry *e = &c->s.alat[k];

        for (uint64_t at = 0; at < e->size; at += 8)
            c->alat_filter |= 1ull << ((e->pa + at) >> 3 & 63);
    }
}

void ia64_alat_remove(struct ia64_cpu *c, uint64_t reg)
{
    bool any = false;

    for (unsigned k = 0; k < IA64_ALAT; k++) {
        if (c->s.alat[k].size == 0 || c->s.alat[k].reg != reg)
            continue;
        c->s.alat[k].size = 0;
        any = true;
    }
    if (any)
        ia64_alat_refilter(c);
}

void ia64_alat_insert(struct ia64_cpu *c, uint64_t reg, uint64_t pa,
                      unsigned size)
{
    ia64_alat_remove(c, reg);
    if (pa == ~0ull || c->alat_miss)
        return;
    c->s.alat[c->s.alat_next % IA64_ALAT] =
        (struct ia64_alat_entry){reg, pa, size};
    c->s.alat_next = (c->s.alat_next + 1) % IA64_ALAT;
    ia64_alat_refilter(c);
}

bool ia64_alat_lookup(const struct ia64_cpu *c, uint64_t reg)
{
    for (unsigned k = 0; k < IA64_ALAT; k++)
        if (c->s.alat[k].size != 0 && c->s.alat[k].reg == reg)
            return true;
    return false;
}

void ia64_alat_clear(struct ia64_cpu *c)
{
    for (unsigned k = 0; k < IA64_ALAT; k++)
        c->s.alat[k].size = 0;
    c->alat_filter = 0;
}

void ia64_alat_store(struct ia64_cpu *c, uint64_t pa, unsigned size)
{
    bool any = false;

    if (c->alat_filter == 0)
        return;
    for (unsigned k = 0; k < IA64_ALAT; k++) {
        struct ia64_alat_entry *e = &c->s.alat[k];

        if (e->size == 0 || pa >= e->pa + e->size || e->pa >= pa + size)
            continue;
        e->size = 0;
        any = true;
    }
    if (any)
        ia64_alat_refilter(c);
}
