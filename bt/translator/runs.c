/* runs.c: pass 3: runs: instructions in a row whose accesses lie at known
 * distances from one base register, and so mostly in one page: pushes, pops,
 * fields of a structure. One look at the TLB serves a run; where its accesses
 * are not in one page, its instructions look one by one, out of line. */
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

    if (!(i->flags & XI_MEM) || i->index != R_ZERO || xi_seg(i) >= SEG_FS ||
        i->base == R_ZERO || i->base == R_IP ||
        xi_asize(i) != (t->code64 ? 3u : 2u))
        return false;
    if (!byte && trans_high(i->reg, size)) /* needs S1 */
        return false;
    *a = (struct access){i->base, i->disp, byte ? 1 : 1u << size,
                         (op->forms & TOF_WRITE) != 0};
    return true;
}

static bool access_of(const struct trans *t, unsigned k, struct access *a)
{
    const struct trans_op *op = t->op[k];
    const struct x86_insn *i = &t->b->insn[k];

    if (op == NULL || !(op->forms & TOF_RUN))
        return false;
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

/* A run from instruction k on, as long as it goes. */
static struct trans_run run_from(struct trans *t, unsigned k)
{
    struct trans_run r = {0};
    struct access a, first = {0};
    int64_t moved = 0, low = 0, high = 0;

    for (; k < t->n && access_of(t, k, &a); k++) {
        int64_t from = a.off + moved, to = from + a.bytes;

        if (from < -RUN_REACH || from > RUN_REACH)
            break;
        if (r.n == 0)
            first = a, low = from, high = to;
        if (a.base != first.base || a.write != first.write)
            break;
        if (from > high - RUN_BYTES && from < low)
            low = from;
        if (to < low + RUN_BYTES && to > high)
            high = to;
        if (from < low || to > high)
            break;
        t->run_off[k] = (int32_t)from;
        moved += sp_moves(t, k);
        r.n++;
        if (loads(t, k, first.base))
            break;
    }
    r.base = (uint8_t)first.base;
    r.write = first.write;
    r.low = (int32_t)low;
    r.bytes = (uint16_t)(high - low);
    return r;
}

void trans_run_pass(struct trans *t)
{
    for (unsigned k = 0; k < t->n;) {
        struct trans_run r = run_from(t, k);

        if (r.n >= 2) {
            t->run[k] = r;
            k += r.n;
        } else {
            k++;
        }
    }
}
