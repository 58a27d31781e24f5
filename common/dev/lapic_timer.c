/* lapic_timer.c: the local APIC's timer [SDM3 "APIC Timer"].
 *
 * The count is a function of guest time, never stored while it runs. A masked
 * periodic timer is not in the event queue (nothing would happen when it is
 * due), so that it keeps no halted guest awake. */
#include "common/dev/lapic_priv.h"

static unsigned mode(const struct lapic *l)
{
    return l->lvt[LVT_TIMER] >> 17 & 3;
}

static uint64_t now(const struct lapic *l)
{
    return clock_now(&l->m->clock);
}

/* log2 of the divider: 000b is 2, ..., 110b is 128, 111b is 1. */
static unsigned shift(const struct lapic *l)
{
    unsigned code = (l->divide & 3u) | (l->divide >> 1 & 4u);

    return (code + 1) & 7;
}

uint32_t lapic_timer_count(const struct lapic *l)
{
    uint64_t elapsed;

    if (!l->running)
        return 0;
    elapsed = (now(l) - l->start_ns) >> shift(l);
    if (elapsed < l->start_count)
        return l->start_count - (uint32_t)elapsed;
    if (mode(l) != TIMER_PERIODIC)
        return 0;
    return l->initial - (uint32_t)((elapsed - l->start_count) % l->initial);
}

/* The count reaches 0 next at this time, if it is after `from`. */
static uint64_t periodic_due(const struct lapic *l, uint64_t from)
{
    uint64_t first = l->start_ns + ((uint64_t)l->start_count << shift(l));
    uint64_t period = (uint64_t)l->initial << shift(l);

    if (first > from)
        return first;
    return first + ((from - first) / period + 1) * period;
}

static uint64_t deadline_due(const struct lapic *l)
{
    uint64_t t = now(l);
    uint64_t tsc = clock_tsc(&l->m->clock) + l->tsc_offset;
    uint64_t wait = l->deadline > tsc ? l->deadline - tsc : 0;

    return wait < CLOCK_NEVER - 1 - t ? t + wait : CLOCK_NEVER - 1;
}

static void rearm(struct lapic *l)
{
    struct guest_clock *c = &l->m->clock;

    clock_disarm(c, &l->timer);
    if (l->deadline != 0)
        clock_arm(c, &l->timer, deadline_due(l));
    else if (l->running && mode(l) == TIMER_ONE_SHOT)
        clock_arm(c, &l->timer,
                  l->start_ns + ((uint64_t)l->start_count << shift(l)));
    else if (l->running && (l->lvt[LVT_TIMER] & LVT_MASKED) == 0)
        clock_arm(c, &l->timer, periodic_due(l, now(l)));
}

/* The count goes on from what it is, under rules about to change. */
static void rebase(struct lapic *l)
{
    if (!l->running)
        return;
    l->start_count = lapic_timer_count(l);
    l->start_ns = now(l);
}

static void stop(struct lapic *l)
{
    l->running = false;
    l->deadline = 0;
}

static void expired(void *opaque)
{
    struct lapic *l = opaque;

    if (mode(l) == TIMER_PERIODIC)
        rearm(l);
    else
        stop(l);
    lapic_lvt_fire(l, LVT_TIMER);
}

void lapic_timer_init(struct lapic *l)
{
    clock_timer_init(&l->timer, expired, l);
}

void lapic_timer_reset(struct lapic *l)
{
    stop(l);
    l->initial = l->start_count = 0;
    l->start_ns = 0;
    l->divide = 0;
    clock_disarm(&l->m->clock, &l->timer);
}

void lapic_timer_set_lvt(struct lapic *l, uint32_t value)
{
    unsigned old = mode(l);
    unsigned new = value >> 17 & 3;
    bool same_mask = ((value ^ l->lvt[LVT_TIMER]) & LVT_MASKED) == 0;

    if (new != old) {
        rebase(l);
        if (old > TIMER_PERIODIC || new > TIMER_PERIODIC)
            stop(l);
    }
    l->lvt[LVT_TIMER] = value;
    if (new != old || !same_mask)
        rearm(l);
}

void lapic_timer_set_initial(struct lapic *l, uint32_t count)
{
    if (mode(l) > TIMER_PERIODIC)
        return;
    l->initial = l->start_count = count;
    l->start_ns = now(l);
    l->running = count != 0;
    rearm(l);
}

void lapic_timer_set_divide(struct lapic *l, uint32_t value)
{
    rebase(l);
    l->divide = value & 0xb;
    rearm(l);
}

uint64_t lapic_get_deadline(const struct lapic *l)
{
    return l->deadline;
}

void lapic_set_deadline(struct lapic *l, uint64_t tsc)
{
    if (mode(l) != TIMER_DEADLINE)
        return;
    l->deadline = tsc;
    rearm(l);
}

void lapic_set_tsc_offset(struct lapic *l, uint64_t offset)
{
    l->tsc_offset = offset;
    if (l->deadline != 0)
        rearm(l);
}

void lapic_timer_snapshot(struct lapic *l, struct snap *s)
{
    snap_u32(s, &l->initial);
    snap_u32(s, &l->start_count);
    snap_u8(s, &l->divide);
    snap_bool(s, &l->running);
    snap_u64(s, &l->start_ns);
    snap_u64(s, &l->deadline);
    snap_u64(s, &l->tsc_offset);
    snap_require(s, !l->running || l->initial != 0, "APIC timer count");
    snap_timer(s, &l->timer);
}
