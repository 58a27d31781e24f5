/* runs.c: pass 3: runs: instructions whose accesses lie at known distances from
 * one base register, and so mostly in one page (pushes, pops, fields of a
 * structure), and what stands between them and leaves S1 alone. One look at the
 * TLB serves a run; where its accesses are not in one page, its instructions
 * look one by one, out of line. */
#include "bt/translator/trans.h"

/* A longer run would more often cross a page. */
#define RUN_BYTES 256
#define RUN_REACH (1 << 30) /* distances from the base are smaller */

struct access {
    unsigned base;
    int64_t off;
    unsigned bytes;
    bool write;
};

static bool stack_access(const struct trans_op *op, const struct x86_insn *i,
                         struct access *a)
{
    int32_t n = 1 << xi_osize(i);
    bool push = (op->forms & TOF_PUSH) != 0;

    if ((i->flags & XI_MEM) || (!push && i->rm == R_SP))
        return false;
    *a = (struct access){R_SP, push ? -n : 0, (unsigned)n, push};
    return true;
}

static bool operand_access(const struct trans *t, const struct trans_op *op,
                           const struct x86_insn *i, struct access *a)
{
    enum emit_size size = (enum emit_size)xi_osize(i);
    bool byte = (op->forms & TOF_RM8) != 0;

    if (!(i->flags & XI_MEM) || (op->forms & TOF_ADDR) || i->index != R_ZERO ||
        xi_seg(i) >= SEG_FS || i->base == R_ZERO || i->base == R_IP ||
        xi_asize(i) != (t->code64 ? 3u : 2u))
        return false;
    if (!byte && trans_high(i->reg, size)) /* needs S1 */
        return false;
    *a = (struct access){i->base, i->disp, byte ? 1 : 1u << size,
                         (op->forms & TOF_WRITE) != 0};
    return true;
}

/* The access of instruction k, if it has one that can be a run's. */
static bool access_of(const struct trans *t, unsigned k, struct access *a)
{
    const struct trans_op *op = t->op[k];
    const struct x86_insn *i = &t->b->insn[k];

    if (op->forms & (TOF_PUSH | TOF_POP))
        return stack_access(op, i, a);
    return operand_access(t, op, i, a);
}

/* How far instruction k, a member, moves rSP. */
static int32_t sp_moves(const struct trans *t, unsigned k)
{
    int32_t n = 1 << xi_osize(&t->b->insn[k]);

    if (t->op[k]->forms & TOF_PUSH)
        return -n;
    return t->op[k]->forms & TOF_POP ? n : 0;
}

/* Is register n (of a byte: its offset) a host register's low part? */
static bool plain(unsigned n, bool byte)
{
    unsigned g = byte ? n / 8 : n;

    return !(byte && n % 8 != 0) && bank_host(g) != HR_NONE;
}

static bool plain_address(const struct x86_insn *i)
{
    bool base = i->base != R_ZERO, index = i->index != R_ZERO;

    return i->base != R_IP && (base || index) &&
           (!base || plain(i->base, false)) &&
           (!index || plain(i->index, false)) && xi_asize(i) >= xi_osize(i);
}

/* Can instruction k, which accesses nothing, stand in a run off `base`? */
static bool between(const struct trans *t, unsigned k, unsigned base)
{
    const struct trans_op *op = t->op[k];
    const struct x86_insn *i = &t->b->insn[k];
    bool byte = xi_osize(i) == 0 && (op->forms & TOF_E8);
    unsigned to = op->forms & TOF_WRITE ? i->rm : i->reg;

    if (op->forms & (TOF_PUSH | TOF_POP) || !plain(i->reg, byte) ||
        (byte ? to / 8 : to) == base)
        return false;
    if (i->flags & XI_MEM)
        return (op->forms & TOF_ADDR) && plain_address(i);
    return plain(i->rm, byte || (op->forms & TOF_RM8));
}

/* Does it load register `base` (or a byte of it)? */
static bool loads(const struct trans *t, unsigned k, unsigned base)
{
    const struct trans_op *op = t->op[k];
    const struct x86_insn *i = &t->b->insn[k];
    bool byte = xi_osize(i) == 0 && (op->forms & TOF_E8);

    if (op->forms & (TOF_PUSH | TOF_POP | TOF_WRITE))
        return false;
    return (byte ? i->reg / 8u : i->reg) == base;
}

/* Bytes [low, high) that the accesses of a run take, from its base. */
struct extent {
    int64_t low, high;
};

static bool extend(struct extent *x, int64_t from, int64_t to)
{
    struct extent y = {from < x->low ? from : x->low,
                       to > x->high ? to : x->high};

    if (y.high - y.low > RUN_BYTES || from < -RUN_REACH || from > RUN_REACH)
        return false;
    *x = y;
    return true;
}

/* A run from instruction k on, as long as it goes. */
static struct trans_run run_from(struct trans *t, unsigned k)
{
    struct access a, first = {0};
    struct trans_run r = {0};
    struct extent x = {0};
    int64_t moved = 0;
    unsigned accesses = 0;

    for (unsigned q = k; q < t->n && t->op[q] && (t->op[q]->forms & TOF_RUN);
         q++) {
        if (!access_of(t, q, &a)) {
            if (accesses == 0 || !between(t, q, first.base))
                break;
            continue;
        }
        if (accesses++ == 0) {
            first = a;
            x = (struct extent){a.off, a.off};
        }
        if (a.base != first.base || a.write != first.write ||
            !extend(&x, a.off + moved, a.off + moved + a.bytes))
            break;
        t->run_off[q] = (int32_t)(a.off + moved);
        moved += sp_moves(t, q);
        r.accesses++;
        r.n = (uint8_t)(q - k + 1);
        if (loads(t, q, first.base))
            break;
    }
    r.base = (uint8_t)first.base;
    r.write = first.write;
    r.low = (int32_t)x.low;
    r.bytes = (uint16_t)(x.high - x.low);
    return r;
}

void trans_run_pass(struct trans *t)
{
    for (unsigned k = 0; k < t->n;) {
        struct trans_run r = run_from(t, k);

        if (r.accesses >= 2) {
            t->run[k] = r;
            k += r.n;
        } else {
            k++;
        }
    }
}
