/* rse.c: the register stack engine. */
#include "vti-ia64/cpu/rse.h"

#include <string.h>

#include "vti-ia64/cpu/mem.h"
#include "vti-ia64/cpu/op.h"

/* Index of the NaT bit of a cell of the backing store; 63: the cell is a
 * collection itself. */
static unsigned nat_bit(uint64_t addr)
{
    return addr >> 3 & 63;
}

static bool is_rnat(uint64_t addr)
{
    return nat_bit(addr) == 63;
}

/* Address n registers above or below bsp, with the collections between. */
static uint64_t up(uint64_t bsp, uint64_t n)
{
    return bsp + (n + (nat_bit(bsp) + n) / 63) * 8;
}

static uint64_t down(uint64_t bsp, uint64_t n)
{
    return bsp - (n + (62 - (int)nat_bit(bsp) + (int)n) / 63) * 8;
}

static struct ia64_gr *below(struct ia64_cpu *c, uint64_t n)
{
    return &c->s.stacked[(c->s.bof + IA64_STACKED - n) % IA64_STACKED];
}

static int64_t dirty(const struct ia64_cpu *c)
{
    return (int64_t)c->s.dirty;
}

/* Store the oldest dirty register, or the collection that is due before it. */
static void store_one(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct ia64_state *s = &c->s;
    unsigned bit = nat_bit(s->bspstore);
    const struct ia64_gr *g;

    if (bit == 63) {
        ia64_rse_write(c, i, s->bspstore, s->rnat);
        s->rnat &= ~(1ull << 63);
    } else {
        g = below(c, s->dirty);
        ia64_rse_write(c, i, s->bspstore, g->v);
        s->rnat = (s->rnat & ~(1ull << bit)) | g->nat << bit;
        s->dirty--;
    }
    s->bspstore += 8;
}

void ia64_rse_grow(struct ia64_cpu *c, const struct ia64_insn *i, unsigned sof)
{
    while (dirty(c) > 0 && dirty(c) + sof > (int64_t)IA64_STACKED)
        store_one(c, i);
}

void ia64_rse_flush(struct ia64_cpu *c, const struct ia64_insn *i)
{
    const struct ia64_state *s = &c->s;

    /* At the end a collection may be due. Of an incomplete frame nothing is. */
    while (dirty(c) > 0 || (dirty(c) == 0 && s->bsp - s->bspstore == 8))
        store_one(c, i);
}

void ia64_rse_push(struct ia64_cpu *c, unsigned n)
{
    struct ia64_state *s = &c->s;
    unsigned keep = cfm_sof(s->cfm) - n;

    for (unsigned k = 0; k < n; k++)
        s->stacked[(s->bof + k) % IA64_STACKED] = s->gr[32 + k];
    memmove(&s->gr[32], &s->gr[32 + n], keep * sizeof(s->gr[0]));
    s->bof = (s->bof + n) % IA64_STACKED;
    s->dirty += n;
    s->bsp = up(s->bsp, n);
}

uint64_t ia64_rse_cover(struct ia64_cpu *c)
{
    uint64_t cfm = c->s.cfm;

    if (cfm >> 18 != 0)
        ia64_unrotate(c);
    ia64_rse_push(c, cfm_sof(cfm));
    c->s.cfm = 0;
    c->gr_limit = 32;
    c->rrb_fr = 0;
    return cfm;
}

void ia64_rse_pop(struct ia64_cpu *c, unsigned n, unsigned keep, uint64_t cfm)
{
    struct ia64_state *s = &c->s;
    unsigned sof = cfm_sof(cfm), from;

    memmove(&s->gr[32 + n], &s->gr[32], keep * sizeof(s->gr[0]));
    s->bof = (s->bof + IA64_STACKED - n) % IA64_STACKED;
    s->dirty -= n;
    s->bsp = down(s->bsp, n);
    /* Frames that software made up and that do not fit: none at all. */
    if (!cfm_valid(cfm) || dirty(c) + (int64_t)sof > (int64_t)IA64_STACKED) {
        s->cfm = 0;
        return;
    }
    from = dirty(c) < 0 ? (unsigned)-dirty(c) : 0;
    for (unsigned k = from; k < n; k++)
        s->gr[32 + k] = s->stacked[(s->bof + k) % IA64_STACKED];
    s->cfm = cfm;
    s->cfle = dirty(c) < 0;
}

void ia64_rse_restore(struct ia64_cpu *c, uint64_t cfm)
{
    ia64_unrotate(c);
    ia64_rse_pop(c, cfm_sof(cfm), 0, cfm);
    ia64_rotate(c);
}

/* gr[32..] has rotation applied: which register the k-th of the frame is. */
static struct ia64_gr *frame_reg(struct ia64_cpu *c, unsigned k)
{
    unsigned sor = cfm_sor(c->s.cfm);

    if (k < sor)
        k = (k + sor - cfm_rrb_gr(c->s.cfm) % sor) % sor;
    return &c->s.gr[32 + k];
}

void ia64_rse_complete(struct ia64_cpu *c)
{
    struct ia64_state *s = &c->s;
    uint64_t addr, v;

    while (dirty(c) < 0) {
        addr = s->bspstore - 8;
        if (is_rnat(addr)) {
            s->rnat = ia64_rse_read(c, NULL, addr);
        } else {
            v = ia64_rse_read(c, NULL, addr);
            if (-dirty(c) <= (int64_t)cfm_sof(s->cfm))
                *frame_reg(c, (unsigned)-dirty(c) - 1) =
                    (struct ia64_gr){v, s->rnat >> nat_bit(addr) & 1};
            s->dirty++;
        }
        s->bspstore = addr;
    }
    s->cfle = 0;
}

void ia64_rse_loadrs(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct ia64_state *s = &c->s;
    uint64_t words = s->rsc >> 19 & 0x7ff; /* RSC.loadrs counts bytes */
    uint64_t floor = s->bsp - words * 8, v;

    /* Addresses may come round to 0 between the two. */
    while ((int64_t)(s->bspstore - floor) > 0) {
        uint64_t addr = s->bspstore - 8;

        if (is_rnat(addr)) {
            s->rnat = ia64_rse_read(c, i, addr);
        } else {
            if (dirty(c) >= (int64_t)IA64_STACKED)
                ia64_illegal(c, i);
            v = ia64_rse_read(c, i, addr);
            *below(c, s->dirty + 1) =
                (struct ia64_gr){v, s->rnat >> nat_bit(addr) & 1};
            s->dirty++;
        }
        s->bspstore = addr;
    }
    s->bspstore = floor;
    s->dirty = words - (nat_bit(floor) + words) / 64; /* collections */
}

void ia64_rse_settle(struct ia64_cpu *c)
{
    struct ia64_state *s = &c->s;
    int64_t room;

    if (!cfm_valid(s->cfm))
        s->cfm = 0;
    room = (int64_t)(IA64_STACKED - cfm_sof(s->cfm));
    if (dirty(c) > room || dirty(c) < -(int64_t)IA64_STACKED)
        s->dirty = 0;
    s->bof %= IA64_STACKED;
    ia64_rse_set_bspstore(c, s->bspstore);
}

void ia64_rse_set_bspstore(struct ia64_cpu *c, uint64_t v)
{
    c->s.bspstore = v & ~7ull;
    c->s.bsp = dirty(c) >= 0 ? up(c->s.bspstore, c->s.dirty)
                             : down(c->s.bspstore, (uint64_t)-dirty(c));
}

/* ---- rotation ---- */
static void rotate_gr(struct ia64_cpu *c, unsigned sor, unsigned by)
{
    struct ia64_gr t[IA64_STACKED];

    if (sor == 0 || by % sor == 0)
        return;
    memcpy(t, &c->s.gr[32], sor * sizeof(t[0]));
    for (unsigned k = 0; k < sor; k++)
        c->s.gr[32 + k] = t[(k + by) % sor];
}

static uint64_t rotate_pr(uint64_t pr, unsigned by)
{
    uint64_t p = pr >> 16;

    by %= 48;
    if (by != 0)
        p = (p >> by | p << (48 - by)) & mask_low(48);
    return (pr & 0xffff) | p << 16;
}

void ia64_rotate(struct ia64_cpu *c)
{
    rotate_gr(c, cfm_sor(c->s.cfm), cfm_rrb_gr(c->s.cfm));
    c->s.pr = rotate_pr(c->s.pr, cfm_rrb_pr(c->s.cfm));
}

void ia64_unrotate(struct ia64_cpu *c)
{
    unsigned sor = cfm_sor(c->s.cfm), gr = cfm_rrb_gr(c->s.cfm);

    if (sor != 0)
        rotate_gr(c, sor, sor - gr % sor);
    c->s.pr = rotate_pr(c->s.pr, 48 - cfm_rrb_pr(c->s.cfm) % 48);
}
