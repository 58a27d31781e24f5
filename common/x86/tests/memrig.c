/* memrig.c: one access to memory as handlers make it. */
#include "common/x86/tests/memrig.h"

#include "common/x86/mem.h"

static void do_access(struct rig *r, enum how how, unsigned seg, uint64_t off,
                      void *buf, unsigned n)
{
    struct x86_rmw w;

    switch (how) {
    case LOAD:
        x86_read(r->c, seg, off, buf, n);
        break;
    case STORE:
        x86_write(r->c, seg, off, buf, n);
        break;
    case RMW:
        x86_mem_rmw_slow(r->c, seg, off, buf, n, &w);
        ++*(uint8_t *)buf;
        x86_mem_rmw_end_slow(r->c, &w, buf);
        break;
    case PROBE:
        x86_mem_probe_write(r->c, seg, off, n);
        break;
    }
}

int memrig_reach(struct rig *r, enum how how, unsigned seg, uint64_t off,
                 void *buf, unsigned n)
{
    r->c->insn = r->c->insn0 = r->b.insn;
    if (setjmp(r->c->leave) == 0) {
        do_access(r, how, seg, off, buf, n);
        return BARE_DONE;
    }
    r->b.event = r->c->event;
    return r->c->event.vector;
}

int memrig_touch(struct rig *r, enum how how, unsigned seg, uint64_t off,
                 unsigned n)
{
    uint8_t buf[64] = {0};

    return memrig_reach(r, how, seg, off, buf, n);
}
