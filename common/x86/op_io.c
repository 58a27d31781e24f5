/* op_io.c: IN, OUT, INS, OUTS and the permission to use them.
 * [SDM1 "Input/Output"], [SDM2 "IN", "INS/INSB/INSW/INSD", "OUT", "OUTS"] */
#include "common/x86/debug.h"
#include "common/x86/rep.h"

#define TSS32_IOMAP 102u /* offset of the bitmap's base in the TSS */

/* [SDM1 "I/O Permission Bit Map"]. Two bytes are read whatever the port, so
 * that the map wants one byte more than it has ports. */
static bool bitmap_allows(struct x86_cpu *c, uint16_t port, unsigned n)
{
    const struct x86_seg *tr = &c->s.tr;
    unsigned type = SA_TYPE(tr->attr);
    uint16_t base, bits;
    uint32_t at;

    if ((tr->attr & SA_UNUSABLE) || !(tr->attr & SA_P) ||
        (type != SYS_TSS32_AVAIL && type != SYS_TSS32_BUSY) ||
        tr->limit < TSS32_IOMAP + 1)
        return false;
    x86_sys_read(c, tr->base + TSS32_IOMAP, &base, sizeof(base));
    at = (uint32_t)base + port / 8;
    if (at + 1 > tr->limit)
        return false;
    x86_sys_read(c, tr->base + at, &bits, sizeof(bits));
    return ((bits >> port % 8) & mask_low(n)) == 0;
}

static void check_port(struct x86_cpu *c, uint16_t port, unsigned n)
{
    bool by_iopl = !c->v86 && c->cpl <= (c->s.rflags & FL_IOPL) >> 12;

    if ((c->s.cr0 & CR0_PE) && !by_iopl && !bitmap_allows(c, port, n))
        x86_gp0(c);
}

/* I/O breakpoints are traps: taken when the instruction has completed. */
static void watch(struct x86_cpu *c, uint16_t port, unsigned n)
{
    uint64_t hit;

    if (likely((c->s.dr[7] & DR7_ENABLED) == 0))
        return;
    hit = x86_debug_io_match(c, port, n);
    if (hit != 0) {
        c->s.db_pending |= (uint32_t)hit;
        x86_attention(c);
    }
}

/* ---- IN, OUT: size 0, 1, 2; REX.W does not make them wider ---- */
static ALWAYS_INLINE void in(struct x86_cpu *c, uint16_t port, unsigned size)
{
    uint64_t v;

    check_port(c, port, 1u << size);
    x86_sensitive(c, SENS_IN, port, 1u << size);
    v = bus_read(&c->v.m->bus, BUS_PORT, port, 1u << size);
    if (size == 0)
        *x86_r8(c, R_AX) = (uint8_t)v;
    else
        x86_set_sized(c, R_AX, size, size == 2 ? (uint32_t)v : v);
    watch(c, port, 1u << size);
}

static ALWAYS_INLINE void out(struct x86_cpu *c, uint16_t port, unsigned size)
{
    uint64_t v = c->s.r[R_AX] & mask_low(8u << size);

    check_port(c, port, 1u << size);
    x86_sensitive(c, SENS_OUT, port, 1u << size);
    bus_write(&c->v.m->bus, BUS_PORT, port, 1u << size, v);
    watch(c, port, 1u << size);
}

#define DEFINE_IO(size)                                                        \
    static void in_i_##size(struct x86_cpu *c, const struct x86_insn *i)       \
    {                                                                          \
        in(c, (uint8_t)i->imm, size);                                          \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void in_dx_##size(struct x86_cpu *c, const struct x86_insn *i)      \
    {                                                                          \
        in(c, x86_get16(c, R_DX), size);                                       \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void out_i_##size(struct x86_cpu *c, const struct x86_insn *i)      \
    {                                                                          \
        out(c, (uint8_t)i->imm, size);                                         \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void out_dx_##size(struct x86_cpu *c, const struct x86_insn *i)     \
    {                                                                          \
        out(c, x86_get16(c, R_DX), size);                                      \
        X86_NEXT(c, i);                                                        \
    }

DEFINE_IO(0)
DEFINE_IO(1)
DEFINE_IO(2)

#define IMPL_IO(f)                                                             \
    {                                                                          \
        .r = { f##_0, f##_1, f##_2, f##_2 }                                    \
    }

const struct x86_impl x86_op_in_A_I = IMPL_IO(in_i);
const struct x86_impl x86_op_in_A_DX = IMPL_IO(in_dx);
const struct x86_impl x86_op_out_I_A = IMPL_IO(out_i);
const struct x86_impl x86_op_out_DX_A = IMPL_IO(out_dx);

/* ---- INS, OUTS ---- */
static void step(struct x86_cpu *c, const struct x86_insn *i, unsigned reg,
                 unsigned n)
{
    uint64_t by = (c->s.rflags & FL_DF) ? 0 - (uint64_t)n : n;

    x86_set_sized(c, reg, xi_asize(i), c->s.r[reg] + by);
}

/* A fault leaves the port unread. */
static void ins_once(struct x86_cpu *c, const struct x86_insn *i, uint16_t port,
                     unsigned n)
{
    uint64_t off = c->s.r[R_DI] & x86_amask(i), v;

    x86_mem_probe_write(c, SEG_ES, off, n);
    v = bus_read(&c->v.m->bus, BUS_PORT, port, n);
    x86_write(c, SEG_ES, off, &v, n);
    step(c, i, R_DI, n);
}

static void outs_once(struct x86_cpu *c, const struct x86_insn *i,
                      uint16_t port, unsigned n)
{
    uint64_t v = 0;

    x86_read(c, xi_seg(i), c->s.r[R_SI] & x86_amask(i), &v, n);
    bus_write(&c->v.m->bus, BUS_PORT, port, n, v);
    step(c, i, R_SI, n);
}

/* Nobody waits for 2^64 iterations. */
static bool must_stop(const struct x86_cpu *c)
{
    return c->v.kicked || c->v.m->end != MACHINE_RUNNING;
}

/* Once, or rCX times, each of which may fault with all before it done. Kicked,
 * or when it ended the machine, or as rep.h says, the instruction stops between
 * two iterations, not retired, and goes on at the next run. */
static ALWAYS_INLINE void string_io(
    struct x86_cpu *c, const struct x86_insn *i, enum x86_sensitive op,
    void (*once)(struct x86_cpu *, const struct x86_insn *, uint16_t, unsigned))
{
    uint16_t port = x86_get16(c, R_DX);
    unsigned n = 1u << (xi_osize(i) > 2 ? 2 : xi_osize(i));
    uint64_t budget = x86_rep_budget(c);

    check_port(c, port, n); /* also when there is nothing to do */
    if (x86_rep(i) && x86_rep_count(c, i) == 0)
        X86_NEXT(c, i);
    x86_sensitive(c, op, port, n);
    for (;;) {
        once(c, i, port, n);
        watch(c, port, n);
        if (!x86_rep(i))
            break;
        if (x86_rep_done(c, i, 1, &budget) ||
            (x86_rep_count(c, i) != 0 && unlikely(must_stop(c)))) {
            x86_rep_yield(c, i);
            return;
        }
        if (x86_rep_count(c, i) == 0)
            break;
    }
    X86_NEXT(c, i);
}

static void ins(struct x86_cpu *c, const struct x86_insn *i)
{
    string_io(c, i, SENS_INS, ins_once);
}

static void outs(struct x86_cpu *c, const struct x86_insn *i)
{
    string_io(c, i, SENS_OUTS, outs_once);
}

const struct x86_impl x86_op_ins = X86_IMPL_ANY(ins, ins);
const struct x86_impl x86_op_outs = X86_IMPL_ANY(outs, outs);
