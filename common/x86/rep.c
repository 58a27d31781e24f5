/* rep.c: runs of string elements in host memory. */
#include "common/x86/rep.h"

/* Bytes from off on that need no further segment check and do not wrap. */
static uint64_t room(const struct x86_cpu *c, const struct x86_insn *i,
                     unsigned seg, uint64_t off, unsigned access)
{
    const struct x86_seg_cache *g = &c->sc[seg];
    uint64_t limit = (access & X86_WRITE) ? g->wlim : g->rlim;
    uint64_t wrap = x86_amask(i) - off;

    if (((access & X86_WRITE) ? g->wnone : g->rnone) || off > limit)
        return 0;
    return limit - off < wrap ? limit - off : wrap;
}

struct x86_run x86_string_run(struct x86_cpu *c, const struct x86_insn *i,
                              unsigned seg, unsigned reg, unsigned size,
                              uint64_t n, unsigned access)
{
    uint64_t off = c->s.r[reg] & x86_amask(i), bytes, most;
    uint64_t lin = (c->sc[seg].base + off) & c->lin_mask;
    struct x86_run r = {NULL, 0};

    if ((c->s.rflags & FL_DF) ||
        (c->code_size == 3 && sext(lin, 48) != (int64_t)lin))
        return r;
    bytes = PAGE_SIZE - (lin & (PAGE_SIZE - 1));
    most = room(c, i, seg, off, access);
    if (most < bytes)
        bytes = most;
    if (n > bytes >> size)
        n = bytes >> size;
    if (n == 0)
        return r;
    r.host = x86_direct(c, lin, (unsigned)(n << size), access);
    r.n = r.host != NULL ? n : 0;
    return r;
}
