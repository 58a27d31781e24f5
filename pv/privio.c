/* privio.c: port instructions. [SDM2 "IN", "INS/INSB/INSW/INSD", "OUT",
 * "OUTS"], [XEN physdev.h "PHYSDEVOP_set_iobitmap"]. */
#include "pv/privio.h"

#include "common/base/bits.h"
#include "common/x86/debug.h"
#include "common/x86/decode.h"
#include "common/x86/mem.h"
#include "common/x86/rep.h"
#include "pv/bounce.h"
#include "pv/exit.h"
#include "pv/preempt.h"
#include "pv/vcpu.h"

#define TESTDEV_FIRST 0xf4u
#define TESTDEV_LAST  0xf8u

extern const struct x86_impl x86_op_ins, x86_op_outs;

/* ---- permission ---- */
bool pv_iopl_okay(const struct pv_domain *d)
{
    bool arch = (d->vm_assist & BITQ(VMASST_TYPE_architectural_iopl)) != 0;

    if (!pv_in_kernel(d))
        return d->iopl == 3;
    return arch || d->iopl >= 1;
}

/* The kernel's map; what of it cannot be read forbids. */
static bool bitmap_okay(struct pv_domain *d, uint16_t port, unsigned size)
{
    uint8_t bits[2];
    unsigned n;

    if (port + size > d->iobmp_ports)
        return false;
    for (n = 0; n < 2; n++)
        if (pv_copy_from_kernel(d, &bits[n], d->iobmp_va + port / 8 + n, 1) !=
            0)
            bits[n] = 0xff;
    return (get_le16(bits) >> port % 8 & mask_low(size)) == 0;
}

static bool answers(uint16_t port, unsigned size)
{
    return port >= TESTDEV_FIRST && port + size - 1 <= TESTDEV_LAST;
}

static bool okay(struct pv_domain *d, uint16_t port, unsigned size)
{
    return answers(port, size) || pv_iopl_okay(d) || bitmap_okay(d, port, size);
}

/* ---- one access ---- */
static uint64_t port_read(struct pv_domain *d, uint16_t port, unsigned size)
{
    return answers(port, size) ? bus_read(&d->m->bus, BUS_PORT, port, size)
                               : mask_low(8 * size);
}

static void port_write(struct pv_domain *d, uint16_t port, unsigned size,
                       uint64_t v)
{
    if (answers(port, size))
        bus_write(&d->m->bus, BUS_PORT, port, size, v & mask_low(8 * size));
}

/* I/O breakpoints are traps. */
static void watch(struct pv_domain *d, uint16_t port, unsigned size)
{
    d->c->s.db_pending |= (uint32_t)x86_debug_io_match(d->c, port, size);
}

bool pv_in(struct pv_domain *d, uint16_t port, unsigned size)
{
    struct x86_state *s = &d->c->s;
    uint64_t keep = size == 4 ? 0 : ~mask_low(8 * size);

    if (!okay(d, port, size))
        return false;
    s->r[R_AX] = (s->r[R_AX] & keep) | port_read(d, port, size);
    watch(d, port, size);
    return true;
}

bool pv_out(struct pv_domain *d, uint16_t port, unsigned size)
{
    if (!okay(d, port, size))
        return false;
    port_write(d, port, size, d->c->s.r[R_AX]);
    watch(d, port, size);
    return true;
}

/* ---- strings ---- */

/* log2 of the element's bytes */
static unsigned size_of(const struct x86_insn *i)
{
    return xi_osize(i) > 2 ? 2 : xi_osize(i);
}

/* One iteration; a fault of the access to memory leaves it undone. */
static void once(struct pv_domain *d, const struct x86_insn *i, bool ins)
{
    struct x86_cpu *c = d->c;
    uint16_t port = (uint16_t)c->s.r[R_DX];
    unsigned reg = ins ? R_DI : R_SI, n = 1u << size_of(i);
    uint64_t off = c->s.r[reg] & x86_amask(i), v = 0;

    if (ins) {
        v = port_read(d, port, n);
        x86_write(c, SEG_ES, off, &v, n);
    } else {
        x86_read(c, xi_seg(i), off, &v, n);
        port_write(d, port, n, v);
    }
    x86_string_move(c, i, reg, size_of(i), 1);
    watch(d, port, n);
}

/* True if the instruction has ended. */
static bool iterate(struct pv_domain *d, const struct x86_insn *i, bool ins)
{
    struct x86_cpu *c = d->c;
    uint64_t budget = (c->s.rflags & FL_TF) ? 1 : PV_PREEMPT_ENTRIES;

    if (!x86_rep(i)) {
        once(d, i, ins);
        return true;
    }
    while (x86_rep_count(c, i) != 0) {
        once(d, i, ins);
        if (x86_rep_done(c, i, 1, &budget))
            return false;
    }
    return true;
}

/* What an access raised: not our own #GP again. */
static void fault(struct pv_domain *d)
{
    const struct x86_event ev = d->c->event;

    if (ev.vector == VEC_PF)
        pv_page_fault(d, ev.cr2, ev.error);
    else
        pv_reflect(d, ev.vector, ev.has_error, ev.error);
}

bool pv_string_io(struct pv_domain *d, const struct x86_insn *i)
{
    const struct x86_impl *impl = x86_op_impl(i->op);
    bool ins = impl == &x86_op_ins;

    if ((!ins && impl != &x86_op_outs) ||
        !okay(d, (uint16_t)d->c->s.r[R_DX], 1u << size_of(i)))
        return false;
    if (_setjmp(d->c->leave) != 0) {
        fault(d);
        return true;
    }
    if (iterate(d, i, ins)) {
        ledger_add(&d->v->ledger, LEDGER_PV_EMULATE, ins ? SENS_INS : SENS_OUTS,
                   0, 1);
        pv_retire_emulated(d, i->len);
    } else if (d->c->s.rflags & FL_TF) {
        d->c->s.db_pending |= DR6_BS;
    }
    return true;
}
