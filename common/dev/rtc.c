/* rtc.c: the MC146818 real-time clock and CMOS memory of a PC. */
#include "common/dev/rtc.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/dev/rtc_date.h"

enum {
    R_SECONDS = 0x00,
    R_SECONDS_ALARM = 0x01,
    R_MINUTES = 0x02,
    R_MINUTES_ALARM = 0x03,
    R_HOURS = 0x04,
    R_HOURS_ALARM = 0x05,
    R_WEEK_DAY = 0x06,
    R_DAY = 0x07,
    R_MONTH = 0x08,
    R_YEAR = 0x09,
    R_A = 0x0a,
    R_B = 0x0b,
    R_C = 0x0c,
    R_D = 0x0d,
    R_CENTURY = 0x32,
    R_COUNT = 0x80,
};

#define A_UIP       0x80u
#define A_DV        0x70u
#define A_DV_RUN    0x20u
#define A_DV_RESET  0x60u /* and 0x70 */
#define A_RS        0x0fu
#define B_SET       0x80u
#define B_PIE       0x40u
#define B_AIE       0x20u
#define B_UIE       0x10u
#define B_BINARY    0x04u
#define B_24H       0x02u
#define C_IRQF      0x80u
#define C_PF        0x40u
#define C_AF        0x20u
#define C_UF        0x10u
#define D_VRT       0x80u
#define HOURS_PM    0x80u
#define ALARM_ANY   0xc0u /* both bits: matches always */
#define UIP_NS      2228000u
#define HALF_S      (CLOCK_NS_PER_S / 2)
#define DIVIDER_HZ  32768u
#define SECONDS_MAX ((int64_t)1 << 40)

struct rtc {
    struct guest_clock *clock;
    const struct gmem *mem;
    struct irq_line irq;
    struct clock_timer timer; /* the next event that would interrupt */
    uint8_t index;
    uint8_t reg[R_COUNT];
    /* Time goes: it is `base` whole seconds plus what passed since guest time
     * `since`. It stands: registers hold it, `phase` the ns into the second. */
    bool stands;
    int64_t base;
    uint64_t since;
    uint64_t phase;
    uint64_t synced; /* events up to this guest time are in register C */
};

/* ---- the calendar in the registers ------------------------------------- */

static uint8_t encode(const struct rtc *r, int v)
{
    if (r->reg[R_B] & B_BINARY)
        return (uint8_t)v;
    return (uint8_t)(v / 10 << 4 | v % 10);
}

static int decode(const struct rtc *r, uint8_t v)
{
    return r->reg[R_B] & B_BINARY ? v : (v >> 4) * 10 + (v & 15);
}

static uint8_t encode_hour(const struct rtc *r, int hour)
{
    if (r->reg[R_B] & B_24H)
        return encode(r, hour);
    return (uint8_t)(encode(r, hour % 12 == 0 ? 12 : hour % 12) |
                     (hour >= 12 ? HOURS_PM : 0));
}

static int decode_hour(const struct rtc *r, uint8_t v)
{
    if (r->reg[R_B] & B_24H)
        return decode(r, v);
    return decode(r, v & 0x7f) % 12 + (v & HOURS_PM ? 12 : 0);
}

static void date_to_regs(struct rtc *r, int64_t seconds)
{
    struct rtc_date d = rtc_date_of(seconds);

    r->reg[R_SECONDS] = encode(r, d.second);
    r->reg[R_MINUTES] = encode(r, d.minute);
    r->reg[R_HOURS] = encode_hour(r, d.hour);
    r->reg[R_WEEK_DAY] = encode(r, d.week_day);
    r->reg[R_DAY] = encode(r, d.day);
    r->reg[R_MONTH] = encode(r, d.month);
    r->reg[R_YEAR] = encode(r, d.year % 100);
    r->reg[R_CENTURY] = encode(r, d.year / 100);
}

static int64_t regs_to_date(const struct rtc *r)
{
    struct rtc_date d = {
        .year = decode(r, r->reg[R_CENTURY]) * 100 + decode(r, r->reg[R_YEAR]),
        .month = decode(r, r->reg[R_MONTH]),
        .day = decode(r, r->reg[R_DAY]),
        .hour = decode_hour(r, r->reg[R_HOURS]),
        .minute = decode(r, r->reg[R_MINUTES]),
        .second = decode(r, r->reg[R_SECONDS]),
    };

    return rtc_date_seconds(&d);
}

/* ---- time --------------------------------------------------------------- */

static bool must_stand(const struct rtc *r)
{
    return (r->reg[R_B] & B_SET) || (r->reg[R_A] & A_DV) != A_DV_RUN;
}

static int64_t seconds_at(const struct rtc *r, uint64_t ns)
{
    return r->base + (int64_t)((ns - r->since) / CLOCK_NS_PER_S);
}

static void stop(struct rtc *r, uint64_t now)
{
    date_to_regs(r, seconds_at(r, now));
    r->phase = (now - r->since) % CLOCK_NS_PER_S;
    r->stands = true;
}

/* Go on from the registers; now >= phase is not required: it may wrap. */
static void start(struct rtc *r, uint64_t now)
{
    r->base = regs_to_date(r);
    r->since = now - r->phase;
    r->synced = now;
    r->stands = false;
}

/* Seconds after `from` until which the alarm next matches, or -1. Hours, then
 * minutes, then seconds are searched: at most 24 + 60 + 60 steps. */
static int64_t alarm_after(const struct rtc *r, int64_t from)
{
    uint8_t hour = r->reg[R_HOURS_ALARM], minute = r->reg[R_MINUTES_ALARM];
    uint8_t second = r->reg[R_SECONDS_ALARM];
    int64_t t = from + 1;

    while (t <= from + 86400) {
        struct rtc_date d = rtc_date_of(t);

        if (hour < ALARM_ANY && hour != encode_hour(r, d.hour))
            t += 3600 - d.minute * 60 - d.second;
        else if (minute < ALARM_ANY && minute != encode(r, d.minute))
            t += 60 - d.second;
        else if (second < ALARM_ANY && second != encode(r, d.second))
            t++;
        else
            return t - from;
    }
    return -1;
}

/* Periods of the periodic interrupt in ticks of 1/32768 s, 0: none. */
static uint64_t period_ticks(const struct rtc *r)
{
    unsigned rs = r->reg[R_A] & A_RS;

    if (rs == 0)
        return 0;
    return rs <= 2 ? 64u << rs : 1u << (rs - 1);
}

/* How many periods have ended from `since` to ns. */
static uint64_t periods_at(const struct rtc *r, uint64_t ns, uint64_t ticks)
{
    unsigned __int128 t = ns - r->since;

    return (uint64_t)(t * DIVIDER_HZ / CLOCK_NS_PER_S / ticks);
}

static void line_update(struct rtc *r)
{
    uint8_t enabled = r->reg[R_B] & (B_PIE | B_AIE | B_UIE);

    /* The flags have the places of their enables. */
    if (r->reg[R_C] & enabled)
        r->reg[R_C] |= C_IRQF;
    else
        r->reg[R_C] &= (uint8_t)~C_IRQF;
    irq_set(&r->irq, (r->reg[R_C] & C_IRQF) != 0);
}

/* Bring register C up to guest time `now`. */
static void sync(struct rtc *r, uint64_t now)
{
    int64_t was = seconds_at(r, r->synced), is = seconds_at(r, now);
    uint64_t ticks = period_ticks(r);
    int64_t alarm;

    if (r->stands)
        return;
    if (is != was) {
        r->reg[R_C] |= C_UF;
        alarm = alarm_after(r, was);
        if (alarm > 0 && alarm <= is - was)
            r->reg[R_C] |= C_AF;
    }
    if (ticks != 0 &&
        periods_at(r, now, ticks) != periods_at(r, r->synced, ticks))
        r->reg[R_C] |= C_PF;
    r->synced = now;
    line_update(r);
}

static uint64_t nearer(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When the next event comes whose interrupt is enabled and not yet active. */
static uint64_t next_due(const struct rtc *r, uint64_t now)
{
    uint8_t want = r->reg[R_B] & (uint8_t)~r->reg[R_C];
    uint64_t due = CLOCK_NEVER;
    uint64_t second, ticks = period_ticks(r);
    unsigned __int128 t;
    int64_t alarm;

    if (r->stands)
        return due;
    second = (now - r->since) / CLOCK_NS_PER_S;
    if (want & B_UIE)
        due = r->since + (second + 1) * CLOCK_NS_PER_S;
    if (want & B_AIE) {
        alarm = alarm_after(r, seconds_at(r, now));
        if (alarm > 0)
            due = nearer(due, r->since +
                                  (second + (uint64_t)alarm) * CLOCK_NS_PER_S);
    }
    if ((want & B_PIE) && ticks != 0) {
        t = ((unsigned __int128)periods_at(r, now, ticks) + 1) * ticks;
        t = (t * CLOCK_NS_PER_S + DIVIDER_HZ - 1) / DIVIDER_HZ;
        due = nearer(due, r->since + (uint64_t)t);
    }
    return due;
}

static void arm(struct rtc *r)
{
    uint64_t due = next_due(r, r->synced);

    if (due == CLOCK_NEVER)
        clock_disarm(r->clock, &r->timer);
    else
        clock_arm(r->clock, &r->timer, due);
}

static void expired(void *opaque)
{
    struct rtc *r = opaque;

    sync(r, clock_now(r->clock));
    arm(r);
}

/* ---- registers ----------------------------------------------------------- */

static bool is_time(unsigned i)
{
    return i == R_SECONDS || i == R_MINUTES || i == R_HOURS ||
           (i >= R_WEEK_DAY && i <= R_YEAR) || i == R_CENTURY;
}

static uint8_t reg_read(struct rtc *r, uint64_t now)
{
    unsigned i = r->index;
    uint64_t left;
    uint8_t v;

    if (is_time(i) && !r->stands)
        date_to_regs(r, seconds_at(r, now));
    v = r->reg[i];
    if (i == R_A && !r->stands) {
        left = CLOCK_NS_PER_S - (now - r->since) % CLOCK_NS_PER_S;
        if (left <= UIP_NS)
            v |= A_UIP;
    } else if (i == R_C) {
        r->reg[R_C] = 0;
        line_update(r);
        arm(r);
    }
    return v;
}

/* A or B changed: time may stop or go on. */
static void controls_changed(struct rtc *r, uint8_t old_a, uint64_t now)
{
    if (must_stand(r) && !r->stands)
        stop(r, now);
    if ((r->reg[R_A] & A_DV) == A_DV_RUN && (old_a & A_DV_RESET) == A_DV_RESET)
        r->phase = HALF_S;
    if (!must_stand(r) && r->stands)
        start(r, now);
}

static void write_time(struct rtc *r, unsigned i, uint8_t v, uint64_t now)
{
    if (r->stands) {
        r->reg[i] = v;
        return;
    }
    stop(r, now);
    r->reg[i] = v;
    start(r, now);
}

static void write_b(struct rtc *r, uint8_t v, uint64_t now)
{
    if (v & B_SET)
        v &= (uint8_t)~B_UIE;
    /* The registers keep their time in the form they were written in. */
    if ((v & B_SET) && !r->stands)
        stop(r, now);
    r->reg[R_B] = v;
}

static void reg_write(struct rtc *r, uint8_t v, uint64_t now)
{
    unsigned i = r->index;
    uint8_t old_a = r->reg[R_A];

    if (i == R_C || i == R_D)
        return;
    if (is_time(i))
        write_time(r, i, v, now);
    else if (i == R_A)
        r->reg[R_A] = v & (uint8_t)~A_UIP;
    else if (i == R_B)
        write_b(r, v, now);
    else
        r->reg[i] = v;
    if (i == R_A || i == R_B)
        controls_changed(r, old_a, now);
    line_update(r);
    arm(r);
}

static uint64_t rtc_read(void *dev, uint64_t offset, unsigned size)
{
    struct rtc *r = dev;
    uint64_t now = clock_now(r->clock);

    (void)size;
    if (offset == 0)
        return 0xff;
    sync(r, now);
    return reg_read(r, now);
}

static void rtc_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct rtc *r = dev;
    uint64_t now = clock_now(r->clock);

    (void)size;
    if (offset == 0) {
        r->index = v & (R_COUNT - 1);
        return;
    }
    sync(r, now);
    reg_write(r, (uint8_t)v, now);
}

/* ---- device -------------------------------------------------------------- */

static void put16(struct rtc *r, unsigned at, uint64_t v)
{
    put_le16(&r->reg[at], (uint16_t)(v > 0xffff ? 0xffff : v));
}

/* What a PC's firmware finds out and leaves there. */
static void fill_memory(struct rtc *r)
{
    const uint64_t mib = 1 << 20;
    uint64_t top = 0; /* end of RAM below 4 GiB */
    uint64_t above = gmem_ram_above_4g(r->mem) / (64 << 10);
    unsigned i, sum = 0;

    for (i = 0; i < r->mem->nr_regions; i++) {
        const struct gmem_region *g = &r->mem->region[i];

        if (!g->rom && g->base < 0x100000000ull && g->base + g->size > top)
            top = g->base + g->size;
    }
    r->reg[0x14] = 0x02; /* equipment: numeric coprocessor, no display */
    put16(r, 0x15, 640);
    put16(r, 0x17, top > mib ? (top - mib) / 1024 : 0);
    put16(r, 0x30, top > mib ? (top - mib) / 1024 : 0);
    put16(r, 0x34, top > 16 * mib ? (top - 16 * mib) / (64 << 10) : 0);
    r->reg[0x5b] = (uint8_t)above;
    r->reg[0x5c] = (uint8_t)(above >> 8);
    r->reg[0x5d] = (uint8_t)(above >> 16);
    for (i = 0x10; i <= 0x2d; i++)
        sum += r->reg[i];
    r->reg[0x2e] = (uint8_t)(sum >> 8);
    r->reg[0x2f] = (uint8_t)sum;
}

static void rtc_reset(void *dev)
{
    struct rtc *r = dev;

    memset(r->reg, 0, sizeof(r->reg));
    fill_memory(r);
    r->reg[R_A] = A_DV_RUN | 6; /* 1024 Hz, as firmware leaves it */
    r->reg[R_B] = B_24H;
    r->reg[R_D] = D_VRT;
    r->index = 0;
    r->stands = false;
    r->base = r->clock->start_date;
    r->since = 0;
    r->phase = 0;
    r->synced = clock_now(r->clock);
    date_to_regs(r, seconds_at(r, r->synced));
    line_update(r);
    arm(r);
}

static void rtc_snapshot(void *dev, struct snap *s)
{
    struct rtc *r = dev;
    uint64_t base = (uint64_t)r->base;
    uint8_t index = r->index;

    snap_u8(s, &index);
    snap_require(s, index < R_COUNT, "RTC index");
    if (s->status == ST_OK)
        r->index = index;
    snap_bytes(s, r->reg, sizeof(r->reg));
    snap_bool(s, &r->stands);
    snap_u64(s, &base);
    snap_require(s, (int64_t)base > -SECONDS_MAX && (int64_t)base < SECONDS_MAX,
                 "RTC date");
    if (s->mode == SNAP_LOAD && s->status == ST_OK)
        r->base = (int64_t)base;
    snap_u64(s, &r->since);
    snap_u64(s, &r->phase);
    snap_u64(s, &r->synced);
    snap_timer(s, &r->timer);
}

static const struct device_ops device_ops = {
    .name = "rtc",
    .reset = rtc_reset,
    .snapshot = rtc_snapshot,
    .fini = free,
};

static const struct bus_ops port_ops = {rtc_read, rtc_write, 1};

enum status rtc_create(struct machine *m, struct irq_line irq, struct rtc **out,
                       struct error *err)
{
    struct rtc *r = calloc(1, sizeof(*r));
    enum status st;

    if (r == NULL)
        return err_set(err, ST_NOMEM, "rtc");
    r->clock = &m->clock;
    r->mem = &m->mem;
    r->irq = irq;
    clock_timer_init(&r->timer, expired, r);
    st = machine_add_device(m, &device_ops, r, err);
    if (st != ST_OK) {
        free(r);
        return st;
    }
    /* The machine owns r from here on. */
    st = bus_add(&m->bus, BUS_PORT, 0x70, 2, &port_ops, r, "rtc", err);
    if (st != ST_OK)
        return st;
    rtc_reset(r);
    *out = r;
    return ST_OK;
}
