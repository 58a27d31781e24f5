/* debug.c: breakpoint registers. */
#include "vti-ia64/cpu/debug.h"

#include "vti-ia64/cpu/tlb.h"

/* The odd register of a pair: mask 55:0, plm 59:56, w 62, r (or x) 63. */
#define MASK(reg) ((reg) & ((1ull << 56) - 1))
#define ON_R      (1ull << 63)
#define ON_W      (1ull << 62)

bool ia64_debug_any(const uint64_t regs[IA64_BREAKPOINTS])
{
    for (unsigned k = 1; k < IA64_BREAKPOINTS; k += 2)
        if (regs[k] & (ON_R | ON_W))
            return true;
    return false;
}

static bool match(const struct ia64_cpu *c, const uint64_t *pair, uint64_t on,
                  uint64_t first, uint64_t last)
{
    uint64_t keep = ~0ull << 56 | MASK(pair[1]);
    uint64_t lo = pair[0] & keep, hi = lo | ~keep;

    return (pair[1] & on) && (pair[1] >> (56 + c->cpl) & 1) && first <= hi &&
           last >= lo;
}

bool ia64_debug_fetch(const struct ia64_cpu *c, uint64_t ip)
{
    for (unsigned k = 0; k < IA64_BREAKPOINTS; k += 2)
        if (match(c, &c->s.ibr[k], ON_R, ip, ip + 15))
            return true;
    return false;
}

bool ia64_debug_data(const struct ia64_cpu *c, uint64_t va, unsigned size,
                     unsigned access)
{
    uint64_t on =
        (access & IA64_READ ? ON_R : 0) | (access & IA64_WRITE ? ON_W : 0);

    for (unsigned k = 0; k < IA64_BREAKPOINTS; k += 2)
        if (match(c, &c->s.dbr[k], on, va, va + size - 1))
            return true;
    return false;
}
