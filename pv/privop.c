/* privop.c: privileged instructions of the guest kernel that fault, carried out
 * as Xen does: control and debug registers, CLTS, WBINVD, MSRs, the TSC; ports
 * are in privio.c. What is not here is the guest's fault. */
#include "common/x86/cr.h"
#include "common/x86/decode.h"
#include "pv/exit.h"
#include "pv/privio.h"
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

/* With CR4.TSD the guest's kernel reads it all the same. */
static bool rdtsc(struct pv_domain *d, const struct x86_insn *i)
{
    (void)i;
    set_pair(d, pv_tsc(d));
    return true;
}

static bool rdtscp(struct pv_domain *d, const struct x86_insn *i)
{
    d->c->s.r[R_CX] = (uint32_t)d->c->s.tsc_aux;
    return rdtsc(d, i);
}

/* ---- ports ---- */
static unsigned io_size(const struct x86_insn *i)
{
    return xi_osize(i) >= 2 ? 4 : 1u << xi_osize(i);
}

static bool in_imm(struct pv_domain *d, const struct x86_insn *i)
{
    return pv_in(d, (uint8_t)i->imm, io_size(i));
}

static bool in_dx(struct pv_domain *d, const struct x86_insn *i)
{
    return pv_in(d, (uint16_t)d->c->s.r[R_DX], io_size(i));
}

static bool out_imm(struct pv_domain *d, const struct x86_insn *i)
{
    return pv_out(d, (uint8_t)i->imm, io_size(i));
}

static bool out_dx(struct pv_domain *d, const struct x86_insn *i)
{
    return pv_out(d, (uint16_t)d->c->s.r[R_DX], io_size(i));
}

/* With the privilege for ports comes that for these; the event flag is another
 * one, and nothing happens. */
static bool cli_sti(struct pv_domain *d, const struct x86_insn *i)
{
    (void)i;
    return pv_iopl_okay(d);
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
    if (p == NULL)
        return pv_string_io(d, &i);
    if ((!p->by_user && !pv_in_kernel(d)) || !p->fn(d, &i))
        return false;
    ledger_add(&d->v->ledger, LEDGER_PV_EMULATE, p->sens, 0, 1);
    pv_retire_emulated(d, i.len);
    return true;
}
