/* i8254.c: the interval timer of a PC and the port that belongs to it. */
#include "common/dev/i8254.h"

#include <stdlib.h>

#include "common/base/bits.h"
#include "common/dev/i8254_counter.h"

#define REFRESH_NS 15085u

#define PORT61_GATE2   0x01u
#define PORT61_RW      0x0fu
#define PORT61_REFRESH 0x10u
#define PORT61_OUT2    0x20u

struct i8254 {
    struct guest_clock *clock;
    struct irq_line irq;
    struct clock_timer timer; /* counter 0's next change of output */
    struct i8254_counter counter[3];
    uint8_t port61; /* the bits that can be written */
    int64_t seen;   /* counter 0's output is on the line up to this tick */
};

static int64_t tick_now(const struct i8254 *p)
{
    unsigned __int128 ns = clock_now(p->clock);

    return (int64_t)(ns * I8254_HZ / CLOCK_NS_PER_S);
}

/* The first ns at which tick_now() is `tick`. */
static uint64_t ns_of(int64_t tick)
{
    unsigned __int128 t = (uint64_t)tick;

    return (uint64_t)((t * CLOCK_NS_PER_S + I8254_HZ - 1) / I8254_HZ);
}

static void arm(struct i8254 *p)
{
    int64_t next = i8254_counter_next(&p->counter[0], p->seen);

    if (next >= I8254_TICK_LIMIT)
        clock_disarm(p->clock, &p->timer);
    else
        clock_arm(p->clock, &p->timer, ns_of(next));
}

/* Drive the line up to now. Guest time may have passed more than one change
 * (a slow virtual clock, a busy host): a few are replayed, so that no edge is
 * lost; then only the last state counts. */
static void sync(struct i8254 *p)
{
    struct i8254_counter *c = &p->counter[0];
    int64_t now = tick_now(p);
    int64_t next;
    unsigned i;

    for (i = 0; i < 4; i++) {
        next = i8254_counter_next(c, p->seen);
        if (next > now)
            break;
        p->seen = next;
        irq_set(&p->irq, i8254_counter_out(c, next));
    }
    p->seen = now;
    irq_set(&p->irq, i8254_counter_out(c, now));
}

static void expired(void *opaque)
{
    struct i8254 *p = opaque;

    sync(p);
    arm(p);
}

static void control_write(struct i8254 *p, uint8_t v)
{
    unsigned select = v >> 6, i;
    int64_t now = tick_now(p);

    if (select < 3) {
        i8254_counter_control(&p->counter[select], v, now);
        return;
    }
    for (i = 0; i < 3; i++) /* read-back; both bits are active low */
        if (v & BIT(i + 1))
            i8254_counter_latch(&p->counter[i], !(v & 0x20), !(v & 0x10), now);
}

static void pit_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct i8254 *p = dev;

    (void)size;
    sync(p);
    if (offset == 3)
        control_write(p, (uint8_t)v);
    else
        i8254_counter_write(&p->counter[offset], (uint8_t)v, tick_now(p));
    sync(p);
    arm(p);
}

static uint64_t pit_read(void *dev, uint64_t offset, unsigned size)
{
    struct i8254 *p = dev;

    (void)size;
    sync(p);
    if (offset == 3)
        return 0xff; /* the control word cannot be read */
    return i8254_counter_read(&p->counter[offset], tick_now(p));
}

static uint64_t port61_read(void *dev, uint64_t offset, unsigned size)
{
    struct i8254 *p = dev;
    unsigned v = p->port61;

    (void)offset;
    (void)size;
    if (clock_now(p->clock) / REFRESH_NS & 1)
        v |= PORT61_REFRESH;
    if (i8254_counter_out(&p->counter[2], tick_now(p)))
        v |= PORT61_OUT2;
    return v;
}

static void port61_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct i8254 *p = dev;

    (void)offset;
    (void)size;
    p->port61 = (uint8_t)v & PORT61_RW;
    i8254_counter_gate(&p->counter[2], (v & PORT61_GATE2) != 0, tick_now(p));
}

static void i8254_reset(void *dev)
{
    struct i8254 *p = dev;

    i8254_counter_reset(&p->counter[0], true);
    i8254_counter_reset(&p->counter[1], true);
    i8254_counter_reset(&p->counter[2], false);
    p->port61 = 0;
    p->seen = tick_now(p);
    irq_set(&p->irq, false);
    clock_disarm(p->clock, &p->timer);
}

static void i8254_snapshot(void *dev, struct snap *s)
{
    struct i8254 *p = dev;
    uint64_t seen = (uint64_t)p->seen;
    unsigned i;

    for (i = 0; i < 3; i++)
        i8254_counter_snapshot(&p->counter[i], s);
    snap_u8(s, &p->port61);
    snap_u64(s, &seen);
    snap_require(s, seen < (uint64_t)I8254_TICK_LIMIT, "8254 tick");
    if (s->mode == SNAP_LOAD && s->status == ST_OK)
        p->seen = (int64_t)seen;
    snap_timer(s, &p->timer);
}

static const struct device_ops device_ops = {
    .name = "i8254",
    .reset = i8254_reset,
    .snapshot = i8254_snapshot,
    .fini = free,
};

static const struct bus_ops pit_ops = {pit_read, pit_write, 1};
static const struct bus_ops port61_ops = {port61_read, port61_write, 1};

enum status i8254_create(struct machine *m, struct irq_line irq,
                         struct i8254 **out, struct error *err)
{
    struct i8254 *p = calloc(1, sizeof(*p));
    enum status st;

    if (p == NULL)
        return err_set(err, ST_NOMEM, "8254");
    p->clock = &m->clock;
    p->irq = irq;
    clock_timer_init(&p->timer, expired, p);
    st = machine_add_device(m, &device_ops, p, err);
    if (st != ST_OK) {
        free(p);
        return st;
    }
    /* The machine owns p from here on. */
    st = bus_add(&m->bus, BUS_PORT, 0x40, 4, &pit_ops, p, "i8254", err);
    if (st == ST_OK)
        st = bus_add(&m->bus, BUS_PORT, 0x61, 1, &port61_ops, p, "port 61h",
                     err);
    if (st != ST_OK)
        return st;
    i8254_reset(p);
    *out = p;
    return ST_OK;
}
