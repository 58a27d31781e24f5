/* privop.c: privileged instructions of the guest kernel that fault, carried out
 * as Xen does: control and debug registers, CLTS, WBINVD, MSRs, ports. What is
 * not here is the guest's fault. */
#include "common/base/bits.h"
#include "common/x86/cr.h"
#include "common/x86/decode.h"
#include "pv/exit.h"
#include "pv/privreg.h"
#include "pv/vcpu.h"

/* ---- fetch ---- */

/* As many of the 15 bytes at RIP as can be read; they end at a page. */
static unsigned fetch(struct pv_domain *d, uint8_t bytes[15])
{
    const struct x86_state *s = &d->c->s;
    uint64_t ip = s->r[R_IP] + (d->c->code_size == 3 ? 0 : s->seg[SEG_CS].base);
    unsigned n = 15, page = (unsigned)(PAGE_SIZE - (ip & (PAGE_SIZE - 1)));

    if (pv_copy_from(d, bytes, ip, n) == 0)
        return n;
    n = page < n ? page : n;
    return pv_copy_from(d, bytes, ip, n) == 0 ? n : 0;
}

static bool decode(struct pv_domain *d, struct x86_insn *i)
{
    uint8_t bytes[15];
    unsigned n = fetch(d, bytes);

    return n > 0 &&
           x86_decode(bytes, n, d->c->code_size, d->c->model, i) == X86_DEC_OK;
}

/* ---- operations: true if done ---- */
static void set_pair(struct pv_domain *d, uint64_t v)
{
    d->c->s.r[R_AX] = (uint32_t)v;
    d->c->s.r[R_DX] = (uint32_t)(v >> 32);
}

static bool clts(struct pv_domain *d, const struct x86_insn *i)
{
    (void)i;
    pv_set_ts(d, false);
    return true;
}

/* A guest without devices has no caches to write back. */
static bool wbinvd(struct pv_domain *d, const struct x86_insn *i)
{
    (void)d;
    (void)i;
    return true;
}

static uint64_t by_mode(const struct pv_domain *d, uint64_t v)
{
    return d->c->code_size == 3 ? v : (uint32_t)v;
}

static bool mov_from_cr(struct pv_domain *d, const struct x86_insn *i)
{
    uint64_t v;

    if (!pv_read_cr(d, i->reg, &v))
        return false;
    d->c->s.r[i->rm] = by_mode(d, v);
    return true;
}

static bool mov_to_cr(struct pv_domain *d, const struct x86_insn *i)
{
    return pv_write_cr(d, i->reg, by_mode(d, d->c->s.r[i->rm]));
}

static bool mov_from_dr(struct pv_domain *d, const struct x86_insn *i)
{
    uint64_t v;

    if (!pv_get_debugreg(d, i->reg, &v))
        return false;
    d->c->s.r[i->rm] = by_mode(d, v);
    return true;
}

static bool mov_to_dr(struct pv_domain *d, const struct x86_insn *i)
{
    return pv_set_debugreg(d, i->reg, by_mode(d, d->c->s.r[i->rm])) == 0;
}

static bool rdmsr(struct pv_domain *d, const struct x86_insn *i)
{
    uint64_t v;

    (void)i;
    if (!pv_rdmsr(d, (uint32_t)d->c->s.r[R_CX], &v))
        return false;
    set_pair(d, v);
    return true;
}

static bool wrmsr(struct pv_domain *d, const struct x86_insn *i)
{
    const struct x86_state *s = &d->c->s;

    (void)i;
    return pv_wrmsr(d, (uint32_t)s->r[R_CX],
                    s->r[R_DX] << 32 | (uint32_t)s->r[R_AX]);
}

/* ---- ports: nobody answers but the test device ---- */
#define TESTDEV_FIRST 0xf4u
#define TESTDEV_LAST  0xf8u

/* [XEN physdev.h "PHYSDEVOP_set_iopl"] */
static bool may_use_ports(const struct pv_domain *d)
{
    bool arch = (d->vm_assist & BITQ(VMASST_TYPE_architectural_iopl)) != 0;

    if (!pv_in_kernel(d))
        return d->iopl == 3;
    return arch || d->iopl >= 1;
}

static bool answers(uint16_t port, unsigned size)
{
    return port >= TESTDEV_FIRST && port + size - 1 <= TESTDEV_LAST;
}

static bool in(struct pv_domain *d, uint16_t port, unsigned size)
{
    struct x86_state *s = &d->c->s;
    uint64_t v = mask_low(8 * size), keep = size == 4 ? 0 : ~mask_low(8 * size);

    if (!answers(port, size) && !may_use_ports(d))
        return false;
    if (answers(port, size))
        v = bus_read(&d->m->bus, BUS_PORT, port, size);
    s->r[R_AX] = (s->r[R_AX] & keep) | v;
    return true;
}

static bool out(struct pv_domain *d, uint16_t port, unsigned size)
{
    if (!answers(port, size) && !may_use_ports(d))
        return false;
    if (answers(port, size))
        bus_write(&d->m->bus, BUS_PORT, port, size,
                  d->c->s.r[R_AX] & mask_low(8 * size));
    return true;
}

static unsigned io_size(const struct x86_insn *i)
{
    return xi_osize(i) >= 2 ? 4 : 1u << xi_osize(i);
}

static bool in_imm(struct pv_domain *d, const struct x86_insn *i)
{
    return in(d, (uint8_t)i->imm, io_size(i));
}

static bool in_dx(struct pv_domain *d, const struct x86_insn *i)
{
    return in(d, (uint16_t)d->c->s.r[R_DX], io_size(i));
}

static bool out_imm(struct pv_domain *d, const struct x86_insn *i)
{
    return out(d, (uint8_t)i->imm, io_size(i));
}

static bool out_dx(struct pv_domain *d, const struct x86_insn *i)
{
    return out(d, (uint16_t)d->c->s.r[R_DX], io_size(i));
}

/* With the privilege for ports comes that for these; the event flag is another
 * one, and nothing happens. */
static bool cli_sti(struct pv_domain *d, const struct x86_insn *i)
{
    (void)i;
    return may_use_ports(d);
}

/* ---- the table ---- */
struct privop {
    const struct x86_impl *impl;
    bool (*fn)(struct pv_domain *d, const struct x86_insn *i);
    enum x86_sensitive sens;
    bool by_user; /* not only the kernel's */
};

#define PRIVOP(impl, fn, sens, by_user)                                        \
    extern const struct x86_impl x86_op_##impl;
#include "pv/privops.def"
#undef PRIVOP

static const struct privop table[] = {
#define PRIVOP(impl, fn, sens, by_user)                                        \
    {&x86_op_##impl, fn, SENS_##sens, by_user},
#include "pv/privops.def"
#undef PRIVOP
};

static const struct privop *find(const struct x86_insn *i)
{
    const struct x86_impl *impl = x86_op_impl(i->op);

    for (unsigned n = 0; n < ARRAY_LEN(table); n++)
        if (table[n].impl == impl)
            return &table[n];
    return NULL;
}

bool pv_privop(struct pv_domain *d)
{
    const struct privop *p;
    struct x86_insn i;

    if (!decode(d, &i) || (i.flags & XI_LOCK))
        return false;
    p = find(&i);
    if (p == NULL || (!p->by_user && !pv_in_kernel(d)) || !p->fn(d, &i))
        return false;
    ledger_add(&d->v->ledger, LEDGER_PV_EMULATE, p->sens, 0, 1);
    pv_retire(d, i.len);
    return true;
}
