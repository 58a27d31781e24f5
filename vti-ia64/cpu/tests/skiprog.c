/* skiprog.c: random programs for Ski and for the model. */
#include "vti-ia64/cpu/tests/skiprog.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "vti-ia64/cpu/tests/randcode.h"

#define QP_MASK   0x3full
#define NEAR      4u /* a branch goes over at most so many bundles, less 1 */
#define MLX       0x04
#define END_TRIES 4 /* bundles of the end, for branches over the last */

/* Templates without the stop bit. */
static const uint8_t of_int[] = {0x00, 0x02, 0x08, 0x0a, 0x10};
static const uint8_t of_fp[] = {0x0c, 0x0e, 0x1c};

static uint64_t encoding(const char *mnemonic)
{
    for (unsigned row = 0; row < ia64_nr_encodings; row++)
        if (strcmp(ia64_encodings[row].mnemonic, mnemonic) == 0)
            return ia64_encodings[row].value;
    abort();
}

static uint64_t nop(enum ia64_unit unit)
{
    static const char *const mnemonic[IA64_UNITS] = {[IA64_UNIT_I] = "nop.i",
                                                     [IA64_UNIT_M] = "nop.m",
                                                     [IA64_UNIT_B] = "nop.b",
                                                     [IA64_UNIT_F] = "nop.f",
                                                     [IA64_UNIT_X] = "nop.x"};

    return unit == IA64_UNIT_L ? 0 : encoding(mnemonic[unit]);
}

static uint64_t field(uint64_t slot, unsigned hi, unsigned lo, uint64_t v)
{
    uint64_t mask = ((2ull << (hi - lo)) - 1) << lo;

    return (slot & ~mask) | (v << lo & mask);
}

/* movl r1 = imm64 [ISDM3 "Format Summary", X2] */
static struct ia64_bundle movl(unsigned r1, uint64_t v)
{
    uint64_t x = encoding("movl");

    x = field(x, 36, 36, v >> 63);
    x = field(x, 35, 27, v >> 7);
    x = field(x, 26, 22, v >> 16);
    x = field(x, 21, 21, v >> 21);
    x = field(x, 19, 13, v);
    x = field(x, 12, 6, r1);
    return (struct ia64_bundle){
        .template = MLX | 1,
        .slot = {nop(IA64_UNIT_M), v >> 22 & mask_low(IA64_SLOT_BITS), x}};
}

static bool is_memory(unsigned format)
{
    return format >= IA64_M1 && format <= IA64_M17;
}

/* Ski saturates nearly all values to the least one, for it compares with
 * 0xffffffffffffff80, which C takes as unsigned. */
static bool saturates_signed(const char *mnemonic)
{
    return strstr(mnemonic, ".sss") != NULL ||
           strncmp(mnemonic, "pack", 4) == 0 ||
           strncmp(mnemonic, "pshladd2", 8) == 0 ||
           strncmp(mnemonic, "pshradd2", 8) == 0;
}

/* Not what changes or shows system state, depends on where it stands, or goes
 * elsewhere; nor what Ski has wrong, or not at all, as it came into the manual
 * later (tf, clz, mpy4). Moves of application registers get one that is the
 * program's. */
static bool may_be_drawn(const struct ia64_encoding *e)
{
    switch (e->format) {
    case IA64_M20: /* chk */
    case IA64_M21:
    case IA64_M22:
    case IA64_M23:
    case IA64_M24: /* srlz and such */
    case IA64_M25: /* flushrs, loadrs */
    case IA64_M28: /* fc */
    case IA64_M34: /* alloc */
    case IA64_M37: /* break */
    case IA64_I19:
    case IA64_F15:
    case IA64_I20: /* chk.s */
    case IA64_F14: /* fchkf */
    case IA64_I30: /* tf */
        return false;
    case IA64_I21: /* mov b1= with a prediction */
        return true;
    case IA64_I25: /* from ip and pr */
        return strstr(e->operands, "ip") == NULL;
    case IA64_B8:
        return strncmp(e->mnemonic, "clrrrb", 6) == 0;
    case IA64_B9:
        return strncmp(e->mnemonic, "break", 5) != 0;
    case IA64_A9:
    case IA64_A10:
    case IA64_I2:
    case IA64_I9:
        return strncmp(e->mnemonic, "mpy", 3) != 0 &&
               strcmp(e->mnemonic, "clz") != 0 &&
               !saturates_signed(e->mnemonic);
    default:
        return !(e->format >= IA64_M32 && e->format <= IA64_M47) &&
               !(e->format >= IA64_B3 && e->format <= IA64_B5);
    }
}

/* Application registers of the M unit and of the I unit that blocks have. */
static uint64_t application(struct rng *r, uint64_t slot, unsigned format)
{
    static const uint8_t m[] = {25, 32, 36, 40}, i[] = {65, 66};

    if (format >= IA64_M29 && format <= IA64_M31)
        return field(slot, 26, 20, m[rng_below(r, sizeof(m))]);
    if (format >= IA64_I26 && format <= IA64_I28)
        return field(slot, 26, 20, i[rng_below(r, sizeof(i))]);
    return slot;
}

/* Slot k of a bundle; *base: the register with the address, which only the
 * first slot may need. */
static uint64_t draw(struct rng *r, enum ia64_unit unit, unsigned k,
                     unsigned *base)
{
    for (;;) {
        uint64_t slot = randcode_slot(r, unit);
        int row = ia64_encoding_find(unit, slot);
        unsigned format;

        if (row < 0 || !may_be_drawn(&ia64_encodings[row]))
            continue;
        format = ia64_encodings[row].format;
        if (is_memory(format)) {
            if (k != 0)
                continue;
            *base = 1 + (unsigned)rng_below(r, 127);
            slot = field(slot, 26, 20, *base);
        }
        slot = application(r, slot, format);
        /* What a field's new value made another row of, is drawn again. */
        if (ia64_encoding_find(unit, slot) == row)
            return slot;
    }
}

static bool is_branch(enum ia64_unit unit, uint64_t slot)
{
    int row = ia64_encoding_find(unit, slot);

    return unit == IA64_UNIT_B && (ia64_encodings[row].format == IA64_B1 ||
                                   ia64_encodings[row].format == IA64_B2);
}

/* What has to be the last of its instruction group. */
static bool ends_group(const struct ia64_bundle *b)
{
    int row = ia64_templates[b->template].unit[2] == IA64_UNIT_B
                  ? ia64_encoding_find(IA64_UNIT_B, b->slot[2])
                  : -1;

    return row >= 0 && strncmp(ia64_encodings[row].mnemonic, "clrrrb", 6) == 0;
}

/* Branches go forward, and not between an address and its use. */
static void aim(struct rng *r, struct skiprog *p, unsigned k)
{
    const struct ia64_template *t = &ia64_templates[p->b[k].template];

    for (unsigned s = 0; s < 3; s++) {
        unsigned to = k + 1 + (unsigned)rng_below(r, NEAR - 1);

        if (!is_branch((enum ia64_unit)t->unit[s], p->b[k].slot[s]))
            continue;
        if (to <= p->n && p->address[to - 1])
            to--;
        p->b[k].slot[s] = field(p->b[k].slot[s], 36, 36, 0);
        p->b[k].slot[s] = field(p->b[k].slot[s], 32, 13, to - k);
    }
}

void skiprog_generate(struct rng *r, enum skiprog_mode mode, unsigned bundles,
                      struct skiprog *p)
{
    memset(p, 0, sizeof(*p));
    while (p->n < bundles) {
        struct ia64_bundle b;
        unsigned base = 0;

        b.template = mode == SKIPROG_FP ? of_fp[rng_below(r, sizeof(of_fp))]
                                        : of_int[rng_below(r, sizeof(of_int))];
        b.template |= (uint8_t)rng_below(r, 2);
        for (unsigned k = 0; k < 3; k++)
            b.slot[k] =
                draw(r, (enum ia64_unit)ia64_templates[b.template].unit[k], k,
                     &base);
        if (ends_group(&b))
            b.template |= 1;
        if (base != 0) {
            uint64_t at =
                rng_below(r, sizeof(((struct skiprog_block *)0)->data));

            if (rng_below(r, 8) != 0)
                at &= ~15ull;
            p->address[p->n] = true;
            p->b[p->n++] = movl(base, SKIPROG_DATA + at);
        }
        p->b[p->n++] = b;
    }
    for (unsigned k = 0; k < p->n; k++)
        aim(r, p, k);
}

void skiprog_nop(struct skiprog *p, unsigned nr)
{
    struct ia64_bundle *b = &p->b[nr / 3];

    b->slot[nr % 3] =
        nop((enum ia64_unit)ia64_templates[b->template].unit[nr % 3]);
}

unsigned skiprog_size(const struct skiprog *p)
{
    return (p->n + END_TRIES) * 16;
}

void skiprog_put(const struct skiprog *p, uint8_t *bytes)
{
    struct ia64_bundle end = {
        .template = 1,
        .slot = {field(encoding("break.m"), 25, 6, SKIPROG_END),
                 nop(IA64_UNIT_I), nop(IA64_UNIT_I)}};

    for (unsigned k = 0; k < p->n; k++)
        ia64_bundle_put(&p->b[k], bytes + k * 16);
    for (unsigned k = p->n; k < p->n + END_TRIES; k++)
        ia64_bundle_put(&end, bytes + k * 16);
}

/* ---- registers ---- */
static uint64_t integer(struct rng *r)
{
    switch (rng_below(r, 8)) {
    case 0:
        return rng_below(r, 64);
    case 1:
        return 0 - rng_below(r, 256);
    case 2:
        return 1ull << rng_below(r, 64);
    case 3: /* lanes at their limits */
        return 0x7fff80007f80ff01ull >> 8 * rng_below(r, 8);
    default:
        return rng_next(r);
    }
}

static struct ia64_fr number(uint64_t significand, uint64_t sign, uint64_t exp)
{
    return (struct ia64_fr){significand, sign << 17 | (exp & 0x1ffff)};
}

/* Half of them of like size, so that sums cancel and results are inexact; the
 * others of all classes. */
static struct ia64_fr real(struct rng *r)
{
    static const uint32_t edge[] = {0,       1,       0xff80,  0xff81,  0xfc01,
                                    0xfc00,  0xc001,  0xc000,  0x1007e, 0x1007f,
                                    0x103fe, 0x13ffe, 0x1fffe, 0x1003e};
    uint64_t sig = rng_next(r), sign = rng_below(r, 2);
    uint64_t one = 1ull << 63;

    switch (rng_below(r, 20)) {
    case 0:
        return number(0, sign, 0);
    case 1:
        return number(one, sign, 0x1ffff);
    case 2: /* NaNs, and what is not supported */
        return number(sig, sign, 0x1ffff);
    case 3:
        return number(0, 0, 0x1fffe); /* NaTVal */
    case 4:
    case 5: /* unnormal or normal at edges of the formats */
        return number(sig, sign, edge[rng_below(r, ARRAY_LEN(edge))]);
    case 6: /* unnormal */
        return number(sig >> rng_below(r, 64), sign,
                      0xffff - 40 + rng_below(r, 80));
    case 7: /* integers and pairs */
        return number(sig, 0, 0x1003e);
    case 8:
        return number(rng_below(r, 16), 0, 0x1003e);
    case 9:
    case 10: /* exact singles */
        return number((sig & 0xffffff0000000000ull) | one, sign,
                      0xffff - 5 + rng_below(r, 10));
    case 11:
    case 12:
        return number(sig | one, sign, rng_next(r));
    default:
        return number(sig | one, sign, 0xffff - 40 + rng_below(r, 80));
    }
}

/* Traps are off more often than not; no reserved precision. */
static uint64_t status(struct rng *r)
{
    static const uint8_t pc[] = {0, 2, 3};
    uint64_t v = rng_below(r, 4) == 0 ? rng_below(r, 64) : 0x3f;

    for (unsigned k = 0; k < 4; k++) {
        uint64_t sf = (uint64_t)pc[rng_below(r, 3)] << 2 |
                      rng_below(r, 4) << 4 | rng_below(r, 4);

        if (k != 0 && rng_below(r, 2) != 0)
            sf |= 0x40;
        v |= sf << (6 + 13 * k);
    }
    return v;
}

void skiprog_state(struct rng *r, struct skiprog_block *b)
{
    memset(b, 0, sizeof(*b));
    for (unsigned k = 1; k < 128; k++) {
        b->gr[k] = integer(r);
        b->nat[k / 64] |= (uint64_t)(rng_below(r, 32) == 0) << k % 64;
    }
    for (unsigned k = 0; k < ARRAY_LEN(b->fr); k++)
        b->fr[k] = real(r);
    for (unsigned k = 0; k < 8; k++)
        b->br[k] = rng_next(r);
    for (unsigned k = 0; k < ARRAY_LEN(b->data); k++)
        b->data[k] = integer(r);
    b->pr = rng_next(r) | 1;
    b->fpsr = status(r);
    b->unat = rng_next(r);
    b->ccv = integer(r);
    b->csd = rng_next(r);
    b->lc = rng_below(r, 4);
    b->ec = rng_below(r, 4);
}
