/* clock.c: guest time and the one event queue. */
#include "common/machine/clock.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#include "common/machine/snap.h"

static uint64_t host_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * CLOCK_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Times stop short of CLOCK_NEVER. */
static uint64_t saturate(unsigned __int128 v)
{
    return v < CLOCK_NEVER ? (uint64_t)v : CLOCK_NEVER - 1;
}

uint64_t clock_icount(const struct guest_clock *c)
{
    return c->icount != NULL ? c->icount(c->icount_opaque) : 0;
}

void clock_init(struct guest_clock *c, enum clock_mode mode, uint64_t ips)
{
    memset(c, 0, sizeof(*c));
    c->mode = mode;
    c->ips = ips;
    c->start_date = CLOCK_START_DATE;
    if (mode == CLOCK_HOST) {
        c->host_start = host_now_ns();
        c->start_date = (int64_t)time(NULL);
    }
}

uint64_t clock_now(const struct guest_clock *c)
{
    unsigned __int128 ns;

    if (c->mode == CLOCK_HOST)
        return host_now_ns() - c->host_start;
    ns = clock_icount(c);
    if (c->ips != CLOCK_NS_PER_S)
        ns = ns * CLOCK_NS_PER_S / c->ips;
    return saturate(ns + c->skipped_ns);
}

void clock_timer_init(struct clock_timer *t, void (*fn)(void *), void *opaque)
{
    t->due = CLOCK_NEVER;
    t->seq = 0;
    t->fn = fn;
    t->opaque = opaque;
    t->next = NULL;
}

void clock_disarm(struct guest_clock *c, struct clock_timer *t)
{
    struct clock_timer **link;

    if (t->due == CLOCK_NEVER)
        return;
    for (link = &c->queue; *link != NULL; link = &(*link)->next) {
        if (*link == t) {
            *link = t->next;
            break;
        }
    }
    t->due = CLOCK_NEVER;
    t->next = NULL;
}

void clock_restore(struct guest_clock *c, struct clock_timer *t, uint64_t due,
                   uint64_t seq)
{
    uint64_t earliest = clock_next_due(c);
    struct clock_timer **link;

    clock_disarm(c, t);
    if (due == CLOCK_NEVER)
        return;
    t->due = due;
    t->seq = seq;
    for (link = &c->queue; *link != NULL; link = &(*link)->next)
        if (due < (*link)->due || (due == (*link)->due && seq < (*link)->seq))
            break;
    t->next = *link;
    *link = t;
    if (due < earliest && c->rearm != NULL)
        c->rearm(c->rearm_opaque);
}

void clock_arm(struct guest_clock *c, struct clock_timer *t, uint64_t due)
{
    clock_restore(c, t, due, c->next_seq++);
}

uint64_t clock_next_due(const struct guest_clock *c)
{
    return c->queue != NULL ? c->queue->due : CLOCK_NEVER;
}

void clock_run_due(struct guest_clock *c)
{
    uint64_t now = clock_now(c);
    uint64_t armed_before = c->next_seq;
    struct clock_timer *t = c->queue;

    while (t != NULL && t->due <= now) {
        if (t->seq >= armed_before) {
            t = t->next;
            continue;
        }
        clock_disarm(c, t);
        t->fn(t->opaque);
        t = c->queue; /* the callback may have changed any of it */
    }
}

uint64_t clock_insns_until(const struct guest_clock *c, uint64_t due)
{
    uint64_t done = clock_icount(c);
    unsigned __int128 total;

    if (due == CLOCK_NEVER)
        return UINT64_MAX;
    if (due <= c->skipped_ns)
        return 0;
    total = due - c->skipped_ns;
    if (c->ips != CLOCK_NS_PER_S)
        total = (total * c->ips + CLOCK_NS_PER_S - 1) / CLOCK_NS_PER_S;
    if (total <= done)
        return 0;
    total -= done;
    return total < UINT64_MAX ? (uint64_t)total : UINT64_MAX;
}

void clock_skip_to(struct guest_clock *c, uint64_t due)
{
    uint64_t now = clock_now(c);

    if (c->mode == CLOCK_VIRTUAL && due != CLOCK_NEVER && due > now)
        c->skipped_ns += due - now;
}

void clock_snapshot(struct guest_clock *c, struct snap *s)
{
    uint8_t mode = (uint8_t)c->mode;
    uint64_t ips = c->ips;
    uint64_t elapsed;

    snap_section(s, "clock", 1);
    snap_u8(s, &mode);
    snap_u64(s, &ips);
    snap_require(s, mode == c->mode, "clock mode");
    snap_require(s, ips == c->ips, "instructions per second");
    if (c->mode == CLOCK_HOST) {
        elapsed = clock_now(c);
        snap_u64(s, &elapsed);
        if (s->mode == SNAP_LOAD && s->status == ST_OK)
            c->host_start = host_now_ns() - elapsed;
    } else {
        snap_u64(s, &c->skipped_ns);
    }
    /* Not guest-visible: who armed first matters only among the armed. */
    if (s->mode != SNAP_HASH)
        snap_u64(s, &c->next_seq);
}
