/* debug.c: debug registers: what they hold and what they match. */
#include "common/x86/debug.h"

/* Encodings of R/Wn and LENn [SDM3 "Debug Control Register (DR7)"]. */
enum { RW_EXEC, RW_WRITE, RW_IO, RW_DATA };
static const uint8_t len_bytes[4] = {1, 2, 8, 4};

/* DR4 and DR5 are other names of DR6 and DR7 while CR4.DE is 0. */
static unsigned alias(unsigned n)
{
    return n == 4 || n == 5 ? n + 2 : n;
}

bool x86_dr_exists(const struct x86_cpu *c, unsigned n)
{
    return n < 8 && ((n != 4 && n != 5) || !(c->s.cr4 & CR4_DE));
}

uint64_t x86_dr_get(const struct x86_cpu *c, unsigned n)
{
    return c->s.dr[alias(n)];
}

void x86_dr_set(struct x86_cpu *c, unsigned n, uint64_t v)
{
    n = alias(n);
    if (n == 6)
        v = (v & DR6_WRITE) | DR6_ONES;
    else if (n == 7)
        v = (v & DR7_WRITE) | DR7_ONES;
    c->s.dr[n] = v;
    if (n != 6) {
        x86_update_mode(c); /* data breakpoints change the TLB view */
        x86_attention(c);
    }
}

static bool enabled(uint64_t dr7, unsigned n)
{
    return ((dr7 >> (2 * n)) & 3) != 0;
}

uint64_t x86_debug_insn_match(const struct x86_cpu *c, uint64_t lin)
{
    uint64_t dr7 = c->s.dr[7], hit = 0;
    unsigned n;

    lin &= c->lin_mask;
    for (n = 0; n < 4; n++)
        if (enabled(dr7, n) && DR7_RW(dr7, n) == RW_EXEC && c->s.dr[n] == lin)
            hit |= DR6_B(n);
    return hit;
}

/* Does [at, at+n) meet the range of breakpoint k? The low address bits that its
 * length covers do not count. */
static bool overlaps(const struct x86_cpu *c, unsigned k, uint64_t at,
                     unsigned n)
{
    uint64_t len = len_bytes[DR7_LEN(c->s.dr[7], k)];
    uint64_t from = c->s.dr[k] & ~(len - 1);

    return at - from < len || from - at < n;
}

uint64_t x86_debug_data_match(const struct x86_cpu *c, uint64_t lin, unsigned n,
                              bool write)
{
    uint64_t dr7 = c->s.dr[7], hit = 0;
    unsigned k;

    for (k = 0; k < 4; k++) {
        unsigned rw = DR7_RW(dr7, k);

        if (enabled(dr7, k) && (rw == RW_DATA || (rw == RW_WRITE && write)) &&
            overlaps(c, k, lin, n))
            hit |= DR6_B(k);
    }
    return hit;
}

uint64_t x86_debug_io_match(const struct x86_cpu *c, uint16_t port, unsigned n)
{
    uint64_t dr7 = c->s.dr[7], hit = 0;
    unsigned k;

    if (!(c->s.cr4 & CR4_DE))
        return 0;
    for (k = 0; k < 4; k++)
        if (enabled(dr7, k) && DR7_RW(dr7, k) == RW_IO &&
            overlaps(c, k, port, n))
            hit |= DR6_B(k);
    return hit;
}
