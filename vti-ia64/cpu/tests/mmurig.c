/* mmurig.c: a translation unit and memory. */
#include "vti-ia64/cpu/tests/mmurig.h"

#include <stdlib.h>
#include <string.h>

void mmurig_init(struct mmurig *r)
{
    struct error err;

    memset(r, 0, sizeof(*r));
    gmem_init(&r->mem);
    if (gmem_add(&r->mem, 0, MMURIG_RAM, false, &err) != ST_OK)
        abort();
    r->s.psr = PSR_IC | PSR_DT | PSR_IT | PSR_RT;
    for (unsigned k = 0; k < 8; k++)
        r->s.rr[k] = 14u << 2 | (k + 1) << 8;
    r->m = (struct ia64_mmu){.s = &r->s, .mem = &r->mem, .va_msb = IA64_VA_MSB};
}

void mmurig_fini(struct mmurig *r)
{
    gmem_fini(&r->mem);
}

int mmurig_access(struct mmurig *r, uint64_t va, unsigned access, unsigned pl)
{
    return ia64_mmu_translate(&r->m, va, access, pl, true, &r->x, &r->f)
               ? -1
               : (int)r->f.vector;
}
