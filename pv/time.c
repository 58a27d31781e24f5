/* time.c: a domain's time. */
#include "pv/time.h"

#include <stdlib.h>

#include "pv/evtchn.h"

#define DEFAULT_PERIOD_NS 10000000u /* as Xen starts a PV vcpu: 100 Hz */
#define FAR_NS            (1ull << 50)
#define FAR_INSTEAD_NS    100000000u

/* 1 ns a tick: ((delta << 1) * 2^31) >> 32. */
#define TSC_MUL   0x80000000u
#define TSC_SHIFT 1

static uint64_t now(const struct pv_domain *d)
{
    return clock_now(&d->m->clock);
}

/* ---- what the guest reads ---- */

static void fill_time(struct pv_domain *d, struct vcpu_time_info *ti,
                      uint32_t version)
{
    memset(ti, 0, sizeof(*ti));
    ti->version = version + 2;
    ti->tsc_timestamp = clock_tsc(&d->m->clock);
    ti->system_time = now(d);
    ti->tsc_to_system_mul = TSC_MUL;
    ti->tsc_shift = TSC_SHIFT;
    ti->flags = XEN_PVCLOCK_TSC_STABLE_BIT;
}

static void publish_area(struct pv_domain *d)
{
    struct vcpu_time_info ti;
    uint32_t version = 0;
    uint64_t va = d->time->time_area_va;

    if (va == 0 || pv_copy_from(d, &version, va, sizeof(version)) != 0)
        return;
    fill_time(d, &ti, version & ~1u);
    if (pv_copy_to(d, va, &ti, sizeof(ti)) != 0)
        return; /* it is not mapped now: as it was */
}

#define WC(d, field)                                                           \
    (unsigned)((d)->is32 ? offsetof(struct shared_info_x86_32, field)          \
                         : offsetof(struct shared_info, field))

static void publish_wallclock(struct pv_domain *d)
{
    uint64_t seconds = (uint64_t)d->m->clock.start_date;
    uint32_t sec = (uint32_t)seconds, sec_hi = (uint32_t)(seconds >> 32);
    uint32_t nsec = 0, version;
    unsigned hi =
        (unsigned)(d->is32 ? offsetof(struct shared_info_x86_32, arch.wc_sec_hi)
                           : offsetof(struct shared_info, wc_sec_hi));

    pv_shared_read(d, WC(d, wc_version), &version, 4);
    version = (version & ~1u) + 2;
    pv_shared_write(d, WC(d, wc_sec), &sec, 4);
    pv_shared_write(d, WC(d, wc_nsec), &nsec, 4);
    pv_shared_write(d, hi, &sec_hi, 4);
    pv_shared_write(d, WC(d, wc_version), &version, 4);
}

void pv_time_publish(struct pv_domain *d)
{
    unsigned at = (unsigned)(d->is32 ? offsetof(struct vcpu_info_x86_32, time)
                                     : offsetof(struct vcpu_info, time));
    struct vcpu_time_info ti;
    uint32_t version;

    pv_vinfo_read(d, at, &version, sizeof(version));
    fill_time(d, &ti, version & ~1u);
    pv_vinfo_write(d, at, &ti, sizeof(ti));
    publish_wallclock(d);
    publish_area(d);
}

void pv_time_set_area(struct pv_domain *d, uint64_t va)
{
    d->time->time_area_va = va;
    publish_area(d);
}

/* ---- runstate ---- */

unsigned pv_time_runstate(struct pv_domain *d, uint8_t buf[PV_RUNSTATE_BYTES])
{
    struct pv_time *t = d->time;
    uint64_t spent;
    unsigned at = d->is32 ? 4 : 8, i;

    memset(buf, 0, PV_RUNSTATE_BYTES);
    memcpy(buf, &t->state, 4);
    memcpy(buf + at, &t->state_entry, 8);
    for (i = 0; i < 4; i++) {
        spent = t->spent[i];
        if (i == t->state)
            spent += now(d) - t->state_entry;
        memcpy(buf + at + 8 + 8 * i, &spent, 8);
    }
    return at + 40;
}

static void publish_runstate(struct pv_domain *d)
{
    uint8_t buf[PV_RUNSTATE_BYTES];
    unsigned n;

    if (d->time->runstate_va == 0)
        return;
    n = pv_time_runstate(d, buf);
    if (pv_copy_to(d, d->time->runstate_va, buf, n) != 0)
        return; /* it is not mapped now: the next change tells all */
}

static void set_runstate(struct pv_domain *d, uint32_t state)
{
    struct pv_time *t = d->time;

    if (t->state == state)
        return;
    t->spent[t->state] += now(d) - t->state_entry;
    t->state_entry = now(d);
    t->state = state;
    publish_runstate(d);
}

void pv_time_set_runstate_area(struct pv_domain *d, uint64_t va)
{
    d->time->runstate_va = va;
    publish_runstate(d);
}

/* ---- timers ---- */

static void singleshot_due(void *opaque)
{
    struct pv_time *t = opaque;

    pv_evtchn_virq(t->d, VIRQ_TIMER);
}

static void arm_period(struct pv_time *t)
{
    if (t->period_ns != 0)
        clock_arm(&t->d->m->clock, &t->periodic, now(t->d) + t->period_ns);
}

/* A blocked vcpu gets no ticks: it is told once when it runs again. */
static void periodic_due(void *opaque)
{
    struct pv_time *t = opaque;

    if (t->state == RUNSTATE_blocked) {
        t->tick_missed = true;
        return;
    }
    pv_evtchn_virq(t->d, VIRQ_TIMER);
    arm_period(t);
}

static void poll_due(void *opaque)
{
    struct pv_time *t = opaque;

    t->d->evtchn->poll_port = PV_POLL_NONE;
    pv_time_woken(t->d);
    pv_wake(t->d);
}

void pv_time_blocked(struct pv_domain *d, uint64_t timeout)
{
    set_runstate(d, RUNSTATE_blocked);
    if (timeout != 0)
        clock_arm(&d->m->clock, &d->time->poll, timeout);
}

void pv_time_woken(struct pv_domain *d)
{
    struct pv_time *t = d->time;

    clock_disarm(&d->m->clock, &t->poll);
    if (t->state != RUNSTATE_blocked)
        return;
    set_runstate(d, RUNSTATE_running);
    if (t->tick_missed) {
        t->tick_missed = false;
        pv_evtchn_virq(d, VIRQ_TIMER);
        arm_period(t);
    }
}

void pv_time_set_singleshot(struct pv_domain *d, uint64_t timeout)
{
    clock_arm(&d->m->clock, &d->time->singleshot, timeout);
}

void pv_time_stop_singleshot(struct pv_domain *d)
{
    clock_disarm(&d->m->clock, &d->time->singleshot);
}

void pv_time_set_timer(struct pv_domain *d, uint64_t timeout)
{
    uint64_t t = now(d);

    if (timeout == 0)
        pv_time_stop_singleshot(d);
    else if (timeout >> 63 != 0 || (timeout > t && timeout - t >= FAR_NS))
        pv_time_set_singleshot(d, t + FAR_INSTEAD_NS);
    else
        pv_time_set_singleshot(d, timeout);
}

void pv_time_set_periodic(struct pv_domain *d, uint64_t period_ns)
{
    struct pv_time *t = d->time;

    clock_disarm(&d->m->clock, &t->periodic);
    t->tick_missed = false;
    t->period_ns = period_ns;
    arm_period(t);
}

/* ---- the domain's end ---- */

void pv_time_shutdown(struct pv_domain *d, uint8_t reason)
{
    struct pv_time *t = d->time;

    if (t->has_shutdown_code)
        reason = t->shutdown_code;
    switch (reason) {
    case SHUTDOWN_poweroff:
        machine_stop(d->m, MACHINE_POWEROFF, 0);
        break;
    case SHUTDOWN_reboot:
    case SHUTDOWN_watchdog:
        machine_stop(d->m, MACHINE_RESET, 0);
        break;
    case SHUTDOWN_crash:
        pv_crash(d, "the guest reported its crash (SHUTDOWN_crash)");
        break;
    default:
        pv_crash(d,
                 "the guest shut down with reason %u, which is not carried "
                 "out here",
                 reason);
    }
}

static void watchdog_due(void *opaque)
{
    struct pv_domain *d = opaque;

    pv_time_shutdown(d, SHUTDOWN_watchdog);
}

int64_t pv_time_watchdog(struct pv_domain *d, uint32_t id, uint32_t seconds)
{
    struct pv_time *t = d->time;
    struct guest_clock *clk = &d->m->clock;
    uint64_t due = now(d) + seconds * CLOCK_NS_PER_S;
    unsigned i;

    if (id > PV_WATCHDOGS)
        return -XEN_EINVAL;
    if (id == 0) {
        for (i = 0; i < PV_WATCHDOGS; i++) {
            if (t->watchdog[i].used)
                continue;
            t->watchdog[i].used = true;
            clock_arm(clk, &t->watchdog[i].timer, due);
            return i + 1;
        }
        return -XEN_ENOSPC;
    }
    i = id - 1;
    if (!t->watchdog[i].used)
        return -XEN_EINVAL;
    if (seconds != 0) {
        clock_arm(clk, &t->watchdog[i].timer, due);
    } else {
        clock_disarm(clk, &t->watchdog[i].timer);
        t->watchdog[i].used = false;
    }
    return 0;
}

/* ---- life ---- */

enum status pv_time_create(struct pv_domain *d, struct error *err)
{
    struct pv_time *t = calloc(1, sizeof(*t));
    unsigned i;

    if (t == NULL)
        return err_set(err, ST_NOMEM, "timers of the domain");
    d->time = t;
    t->d = d;
    clock_timer_init(&t->singleshot, singleshot_due, t);
    clock_timer_init(&t->periodic, periodic_due, t);
    clock_timer_init(&t->poll, poll_due, t);
    for (i = 0; i < PV_WATCHDOGS; i++)
        clock_timer_init(&t->watchdog[i].timer, watchdog_due, d);
    t->state = RUNSTATE_running;
    t->state_entry = now(d);
    pv_time_set_periodic(d, DEFAULT_PERIOD_NS);
    pv_time_publish(d);
    return ST_OK;
}

void pv_time_destroy(struct pv_domain *d)
{
    struct guest_clock *clk;
    unsigned i;

    if (d == NULL || d->time == NULL)
        return;
    clk = &d->m->clock;
    clock_disarm(clk, &d->time->singleshot);
    clock_disarm(clk, &d->time->periodic);
    clock_disarm(clk, &d->time->poll);
    for (i = 0; i < PV_WATCHDOGS; i++)
        clock_disarm(clk, &d->time->watchdog[i].timer);
    free(d->time);
    d->time = NULL;
}

void pv_time_snapshot(struct pv_domain *d, struct snap *s)
{
    struct pv_time *t = d->time;
    unsigned i;

    snap_section(s, "pv-time", 1);
    snap_timer(s, &t->singleshot);
    snap_timer(s, &t->periodic);
    snap_timer(s, &t->poll);
    snap_u64(s, &t->period_ns);
    snap_bool(s, &t->tick_missed);
    snap_u64(s, &t->time_area_va);
    snap_u64(s, &t->runstate_va);
    snap_u32(s, &t->state);
    snap_require(s, t->state < 4, "runstate");
    snap_u64(s, &t->state_entry);
    for (i = 0; i < 4; i++)
        snap_u64(s, &t->spent[i]);
    for (i = 0; i < PV_WATCHDOGS; i++) {
        snap_bool(s, &t->watchdog[i].used);
        snap_timer(s, &t->watchdog[i].timer);
    }
    snap_bool(s, &t->has_shutdown_code);
    snap_u8(s, &t->shutdown_code);
}
