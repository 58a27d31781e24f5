/* clock.h: guest time and the one event queue.
 *
 * Guest time is in nanoseconds since power-on. Under CLOCK_VIRTUAL it is
 * derived from the count of retired guest instructions (one is 1 ns unless
 * --ips says otherwise) plus the time skipped while the guest was halted; under
 * CLOCK_HOST it is the host's monotonic clock. Devices never ask the host.
 *
 * Timers are embedded in their devices. A callback runs between two guest
 * instructions (never inside one), at the first boundary at or after `due`;
 * several due ones run in order of (due, order of arming). Under CLOCK_VIRTUAL
 * that boundary is exact: the same instruction on every processor. */
#ifndef COMMON_MACHINE_CLOCK_H
#define COMMON_MACHINE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum clock_mode { CLOCK_VIRTUAL, CLOCK_HOST };

#define CLOCK_NEVER    UINT64_MAX
#define CLOCK_NS_PER_S 1000000000ull

struct clock_timer {
    uint64_t due; /* guest ns, or CLOCK_NEVER: not armed */
    uint64_t seq; /* order of arming; breaks ties */
    void (*fn)(void *opaque);
    void *opaque;
    struct clock_timer *next; /* in the queue, sorted */
};

struct guest_clock {
    enum clock_mode mode;
    uint64_t ips;        /* instructions per second of virtual time */
    uint64_t skipped_ns; /* virtual: time jumped over in HLT */
    uint64_t host_start; /* host: CLOCK_MONOTONIC ns at power-on */
    int64_t start_date;  /* seconds since 1970 at power-on, see below */
    uint64_t next_seq;
    struct clock_timer *queue;
    /* Retired instructions so far, exact even inside an instruction's
     * execution (then: those before it). See machine_plug(). */
    uint64_t (*icount)(void *opaque);
    void *icount_opaque;
    /* Called when the earliest due time moved nearer; may be NULL. */
    void (*rearm)(void *opaque);
    void *rearm_opaque;
};

/* 2025-01-01 00:00:00 UTC: when the guest is switched on, always, under
 * CLOCK_VIRTUAL; under CLOCK_HOST it is the host's date. */
#define CLOCK_START_DATE 1735689600ll

/* ips > 0; 1000000000 makes one instruction 1 ns. */
void clock_init(struct guest_clock *c, enum clock_mode mode, uint64_t ips);

/* Retired instructions; 0 while there is no processor. */
uint64_t clock_icount(const struct guest_clock *c);

/* Guest time now, in ns since power-on. */
uint64_t clock_now(const struct guest_clock *c);

/* Guest TSC now: 1 tick per ns in both modes, so the same value. */
static inline uint64_t clock_tsc(const struct guest_clock *c)
{
    return clock_now(c);
}

void clock_timer_init(struct clock_timer *t, void (*fn)(void *), void *opaque);

/* Arm (or move) t to fire at guest time `due`; due in the past fires at the
 * next boundary. disarm is a no-op on a timer that is not armed. */
void clock_arm(struct guest_clock *c, struct clock_timer *t, uint64_t due);
void clock_disarm(struct guest_clock *c, struct clock_timer *t);

/* Arm t as it was in a snapshot: its place among ties is that of `seq`. */
void clock_restore(struct guest_clock *c, struct clock_timer *t, uint64_t due,
                   uint64_t seq);

/* Earliest due time, or CLOCK_NEVER. */
uint64_t clock_next_due(const struct guest_clock *c);

/* Fire everything due at or before clock_now(). What the callbacks arm waits
 * for the next call, even if it is due already, so that this always ends. */
void clock_run_due(struct guest_clock *c);

/* Virtual mode: instructions that may retire before guest time reaches `due`
 * (rounded up so that time has reached it); 0 if it already has. */
uint64_t clock_insns_until(const struct guest_clock *c, uint64_t due);

/* Virtual mode: jump to guest time `due` (the guest is halted). */
void clock_skip_to(struct guest_clock *c, uint64_t due);

/* Section "clock": the mode, the rate and the time (timers are their devices',
 * the instruction count is the vcpu's). LOAD wants the same mode and rate. */
struct snap;
void clock_snapshot(struct guest_clock *c, struct snap *s);

#endif
