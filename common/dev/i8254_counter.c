/* i8254_counter.c: one counter of an 8254, as a function of time. */
#include "common/dev/i8254_counter.h"

#include <string.h>

#include "common/base/bits.h"

#define STATUS_OUT  0x80u
#define STATUS_NULL 0x40u

void i8254_counter_reset(struct i8254_counter *c, bool gate)
{
    memset(c, 0, sizeof(*c));
    c->rw = 3;
    c->n = c->next_n = 65536;
    c->gate = gate;
}

static bool periodic(const struct i8254_counter *c)
{
    return c->mode == 2 || c->mode == 3;
}

/* Waits for a rising gate, not for the count alone. */
static bool triggered(const struct i8254_counter *c)
{
    return c->mode == 1 || c->mode == 5;
}

static int64_t high_half(uint32_t n)
{
    return ((int64_t)n + 1) / 2;
}

/* Take the new count of a periodic mode if its moment has come. */
static void settle(struct i8254_counter *c, int64_t now)
{
    if (!periodic(c) || !c->next_set || c->stopped || now < c->next_at)
        return;
    c->n = c->next_n;
    c->start = c->next_start;
    c->next_set = false;
}

/* Ticks since n was loaded; negative if it has not been yet. */
static int64_t elapsed(const struct i8254_counter *c, int64_t now)
{
    if (!c->loaded)
        return -1;
    return c->stopped ? c->held : now - c->start;
}

/* Output after e >= 0 ticks of counting. */
static bool out_after(const struct i8254_counter *c, int64_t e)
{
    switch (c->mode) {
    case 0:
    case 1:
        return e >= c->n;
    case 2:
        return c->n == 1 || e % c->n != c->n - 1;
    case 3:
        return e % c->n < high_half(c->n);
    default:
        return e != c->n;
    }
}

bool i8254_counter_out(struct i8254_counter *c, int64_t now)
{
    int64_t e;

    settle(c, now);
    if (periodic(c) && !c->gate)
        return true;
    e = elapsed(c, now);
    return e < 0 ? c->idle_out : out_after(c, e);
}

/* Ticks of counting at which the output changes next after e >= 0. */
static int64_t change_after(const struct i8254_counter *c, int64_t e)
{
    int64_t n = c->n;
    int64_t in = e % n; /* within the period */

    switch (c->mode) {
    case 0:
    case 1:
        return e < n ? n : I8254_NEVER;
    case 2:
        return n == 1 ? I8254_NEVER : e - in + (in < n - 1 ? n - 1 : n);
    case 3:
        if (n == 1)
            return I8254_NEVER;
        return e - in + (in < high_half(c->n) ? high_half(c->n) : n);
    default:
        return e < n ? n : e == n ? n + 1 : I8254_NEVER;
    }
}

int64_t i8254_counter_next(struct i8254_counter *c, int64_t now)
{
    int64_t e, change, at = I8254_NEVER;

    settle(c, now);
    if (!c->loaded || c->stopped)
        return I8254_NEVER;
    e = elapsed(c, now);
    if (e < 0)
        return c->start;
    change = change_after(c, e);
    if (change != I8254_NEVER)
        at = c->start + change;
    if (periodic(c) && c->next_set && c->next_at < at)
        at = c->next_at;
    return at;
}

static uint16_t to_bcd(uint32_t v)
{
    v %= 10000;
    return (uint16_t)(v / 1000 << 12 | v / 100 % 10 << 8 | v / 10 % 10 << 4 |
                      v % 10);
}

static uint32_t from_bcd(uint16_t v)
{
    return (v >> 12) * 1000u + (v >> 8 & 15u) * 100u + (v >> 4 & 15u) * 10u +
           (v & 15u);
}

/* The counting element as a read shows it. */
static uint16_t count_at(struct i8254_counter *c, int64_t now)
{
    int64_t range = c->bcd ? 10000 : 65536;
    int64_t e, v;

    settle(c, now);
    e = elapsed(c, now);
    if (e < 0)
        return c->idle_count;
    if (c->mode == 2) {
        v = c->n - e % c->n;
    } else if (c->mode == 3) {
        e %= c->n;
        if (e >= high_half(c->n))
            e -= high_half(c->n);
        v = (c->n & ~1u) - 2 * e;
    } else {
        v = (c->n - e) % range;
        if (v < 0)
            v += range;
    }
    return c->bcd ? to_bcd((uint32_t)v) : (uint16_t)v;
}

/* What reads show until the next load. */
static void freeze(struct i8254_counter *c, int64_t now, bool out)
{
    c->idle_count = count_at(c, now);
    c->idle_out = out;
}

/* Load n at the next clock pulse. */
static void load(struct i8254_counter *c, uint32_t n, int64_t now)
{
    c->n = n;
    c->start = now + 1;
    c->held = 0;
    c->loaded = true;
    c->stopped = !c->gate && !triggered(c);
    c->next_set = false;
}

void i8254_counter_control(struct i8254_counter *c, uint8_t v, int64_t now)
{
    unsigned mode = v >> 1 & 7;

    if ((v >> 4 & 3) == 0) {
        i8254_counter_latch(c, true, false, now);
        return;
    }
    c->idle_count = count_at(c, now);
    c->rw = v >> 4 & 3;
    c->mode = (uint8_t)(mode > 5 ? mode - 4 : mode);
    c->bcd = (v & 1) != 0;
    c->idle_out = c->mode != 0;
    c->loaded = c->stopped = c->next_set = false;
    c->read_high = c->write_high = false;
    c->latched = 0;
    c->status_latched = false;
}

static uint8_t status(struct i8254_counter *c, int64_t now)
{
    unsigned v = c->mode << 1 | (c->bcd ? 1u : 0) | (unsigned)c->rw << 4;

    if (i8254_counter_out(c, now))
        v |= STATUS_OUT;
    if (c->next_set || elapsed(c, now) < 0)
        v |= STATUS_NULL;
    return (uint8_t)v;
}

void i8254_counter_latch(struct i8254_counter *c, bool count, bool want_status,
                         int64_t now)
{
    /* A second latch command before the read is ignored. */
    if (want_status && !c->status_latched) {
        c->status_latch = status(c, now);
        c->status_latched = true;
    }
    if (count && c->latched == 0) {
        c->count_latch = count_at(c, now);
        c->latched = c->rw == 3 ? 2 : 1;
        c->read_high = false;
    }
}

/* A complete count has been written. */
static void new_count(struct i8254_counter *c, uint16_t raw, int64_t now)
{
    uint32_t n = c->bcd ? from_bcd(raw) : raw;
    int64_t e;

    if (n == 0)
        n = c->bcd ? 10000 : 65536;
    e = elapsed(c, now);
    if (triggered(c) || (periodic(c) && c->loaded && e >= 0)) {
        /* Modes 1, 5: at the trigger. Modes 2, 3: after this (half) cycle. */
        c->next_n = n;
        c->next_set = true;
        if (!periodic(c))
            return;
        c->next_at = c->start + e - e % c->n + c->n;
        c->next_start = c->next_at;
        if (c->mode == 3 && e % c->n < high_half(c->n)) {
            c->next_at += high_half(c->n) - c->n;
            c->next_start = c->next_at - high_half(n);
        }
        return;
    }
    freeze(c, now, c->mode != 0);
    load(c, n, now);
}

void i8254_counter_write(struct i8254_counter *c, uint8_t v, int64_t now)
{
    settle(c, now);
    if (c->rw == 1) {
        new_count(c, v, now);
    } else if (c->rw == 2) {
        new_count(c, (uint16_t)(v << 8), now);
    } else if (!c->write_high) {
        c->write_low = v;
        c->write_high = true;
        if (c->mode == 0) { /* the first byte stops the counting */
            freeze(c, now, false);
            c->loaded = false;
        }
    } else {
        c->write_high = false;
        new_count(c, (uint16_t)(v << 8 | c->write_low), now);
    }
}

uint8_t i8254_counter_read(struct i8254_counter *c, int64_t now)
{
    uint16_t v;
    bool high;

    if (c->status_latched) {
        c->status_latched = false;
        return c->status_latch;
    }
    v = c->latched > 0 ? c->count_latch : count_at(c, now);
    if (c->latched > 0)
        c->latched--;
    high = c->rw == 2 || (c->rw == 3 && c->read_high);
    if (c->rw == 3)
        c->read_high = !c->read_high;
    return (uint8_t)(high ? v >> 8 : v);
}

static void gate_rises(struct i8254_counter *c, int64_t now)
{
    if (triggered(c)) {
        if (!c->loaded && !c->next_set)
            return; /* no count yet */
        freeze(c, now, i8254_counter_out(c, now));
        load(c, c->next_set ? c->next_n : c->n, now);
    } else if (c->loaded && periodic(c)) {
        freeze(c, now, true);
        load(c, c->next_set ? c->next_n : c->n, now);
    } else if (c->loaded && c->stopped) {
        c->stopped = false;
        c->start = now - c->held;
    }
}

void i8254_counter_gate(struct i8254_counter *c, bool level, int64_t now)
{
    int64_t e;

    if (level == c->gate)
        return;
    settle(c, now);
    c->gate = level;
    if (level) {
        gate_rises(c, now);
    } else if (c->loaded && !triggered(c)) {
        e = elapsed(c, now);
        c->held = e > 0 ? e : 0;
        c->stopped = true;
    }
}

static void snap_tick(struct snap *s, int64_t *v)
{
    uint64_t u = (uint64_t)*v;

    snap_u64(s, &u);
    snap_require(
        s, (int64_t)u > -I8254_TICK_LIMIT && (int64_t)u < I8254_TICK_LIMIT,
        "8254 tick");
    if (s->mode == SNAP_LOAD && s->status == ST_OK)
        *v = (int64_t)u;
}

void i8254_counter_snapshot(struct i8254_counter *c, struct snap *s)
{
    struct i8254_counter t = *c;

    snap_u8(s, &t.mode);
    snap_u8(s, &t.rw);
    snap_bool(s, &t.bcd);
    snap_bool(s, &t.loaded);
    snap_bool(s, &t.stopped);
    snap_bool(s, &t.gate);
    snap_bool(s, &t.idle_out);
    snap_bool(s, &t.next_set);
    snap_u32(s, &t.n);
    snap_u32(s, &t.next_n);
    snap_tick(s, &t.start);
    snap_tick(s, &t.held);
    snap_tick(s, &t.next_at);
    snap_tick(s, &t.next_start);
    snap_u16(s, &t.idle_count);
    snap_bool(s, &t.read_high);
    snap_bool(s, &t.write_high);
    snap_u8(s, &t.write_low);
    snap_u8(s, &t.latched);
    snap_u16(s, &t.count_latch);
    snap_bool(s, &t.status_latched);
    snap_u8(s, &t.status_latch);
    snap_require(s, t.mode <= 5 && t.rw >= 1 && t.rw <= 3, "8254 mode");
    snap_require(s, t.n - 1 < 65536 && t.next_n - 1 < 65536, "8254 count");
    snap_require(s, t.held >= 0 && t.latched <= 2, "8254 latch");
    if (s->status == ST_OK)
        *c = t;
}
