/* sapic.c: external interrupts and the interval timer. */
#include "vti-ia64/cpu/sapic.h"

#include "common/machine/clock.h"

/* Vectors by priority: NMI, ExtINT, then 255 down to 16. */
static unsigned rank(unsigned vector)
{
    return vector == 2 ? 1000 : vector == 0 ? 999 : vector;
}

/* Highest vector of a set, or -1. */
static int highest(const uint64_t set[4])
{
    if (set[0] & 4)
        return 2;
    if (set[0] & 1)
        return 0;
    for (int w = 3; w >= 0; w--)
        if (set[w] != 0)
            return w * 64 + 63 - __builtin_clzll(set[w]);
    return -1;
}

int ia64_sapic_highest(const struct ia64_state *s)
{
    int v = highest(s->irr), busy = highest(s->insvc);

    if (v < 0 || (busy >= 0 && rank((unsigned)v) <= rank((unsigned)busy)))
        return -1;
    return v;
}

static int deliverable(const struct ia64_state *s)
{
    int v = ia64_sapic_highest(s);

    if (v < 0 || v == 2)
        return v;
    if (s->tpr >> 16 & 1)
        return -1;
    if (v != 0 && (unsigned)v >> 4 <= (s->tpr >> 4 & 15))
        return -1;
    return v;
}

bool ia64_sapic_pending(const struct ia64_state *s)
{
    return deliverable(s) >= 0;
}

bool ia64_sapic_accept(struct ia64_state *s, unsigned vector)
{
    if (vector > 255 || vector == 1 || (vector > 2 && vector < 16))
        return false;
    s->irr[vector / 64] |= 1ull << vector % 64;
    return true;
}

void ia64_sapic_pend(struct ia64_cpu *c, unsigned vector)
{
    if (ia64_sapic_accept(&c->s, vector))
        ia64_attention(c);
}

unsigned ia64_sapic_ivr(struct ia64_state *s)
{
    int v = deliverable(s);

    if (v < 0)
        return IA64_SPURIOUS;
    s->irr[v / 64] &= ~(1ull << v % 64);
    s->insvc[v / 64] |= 1ull << v % 64;
    return (unsigned)v;
}

void ia64_sapic_eoi(struct ia64_state *s)
{
    int v = highest(s->insvc);

    if (v >= 0)
        s->insvc[v / 64] &= ~(1ull << v % 64);
}

/* ---- interval timer ---- */
static uint64_t ticks(const struct ia64_cpu *c)
{
    return (uint64_t)((unsigned __int128)clock_now(&c->v.m->clock) * c->itc_hz /
                      CLOCK_NS_PER_S);
}

uint64_t ia64_itc(const struct ia64_cpu *c)
{
    return ticks(c) + c->s.itc_offset;
}

void ia64_sapic_rearm(struct ia64_cpu *c)
{
    uint64_t left = c->s.itm - ia64_itc(c);
    unsigned __int128 due;

    clock_disarm(&c->v.m->clock, &c->itm_timer);
    if ((c->s.itv >> 16 & 1) || left > 1ull << 60)
        return;
    /* A tick after the match: hundreds of instructions run within one tick of
     * this platform's ITC, and Linux takes an interrupt at which the ITC is not
     * past ITM for none. */
    due = ((unsigned __int128)(ticks(c) + left + 1) * CLOCK_NS_PER_S +
           c->itc_hz - 1) /
          c->itc_hz;
    if (due < CLOCK_NEVER)
        clock_arm(&c->v.m->clock, &c->itm_timer, (uint64_t)due);
}

void ia64_set_itc(struct ia64_cpu *c, uint64_t v)
{
    c->s.itc_offset = v - ticks(c);
    ia64_sapic_rearm(c);
}

static void expired(void *opaque)
{
    struct ia64_cpu *c = opaque;

    if (!(c->s.itv >> 16 & 1))
        ia64_sapic_pend(c, c->s.itv & 0xff);
}

void ia64_sapic_init(struct ia64_cpu *c)
{
    clock_timer_init(&c->itm_timer, expired, c);
}
