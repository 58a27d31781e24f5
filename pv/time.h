/* time.h: a domain's time: pvclock and wall clock, timers, runstate, watchdogs.
 *
 * System time is the machine's guest time and the TSC ticks once a ns of it, so
 * what is published once stays exact. */
#ifndef PV_TIME_H
#define PV_TIME_H

#include "pv/domain.h"

#define PV_WATCHDOGS 2u

struct pv_time {
    struct pv_domain *d;
    struct clock_timer singleshot, periodic, poll;
    uint64_t period_ns; /* 0: no periodic timer */
    bool tick_missed;   /* it came while the vcpu was blocked */

    uint64_t time_area_va, runstate_va; /* 0: not registered */
    uint32_t state;                     /* RUNSTATE_* */
    uint64_t state_entry;
    uint64_t spent[4];

    struct {
        struct clock_timer timer;
        bool used;
    } watchdog[PV_WATCHDOGS];
    bool has_shutdown_code;
    uint8_t shutdown_code;
};

/* The vcpu blocks from now on (with a timeout, system time; 0: none), or has
 * been woken: runstate, poll timer, ticks that it missed. */
void pv_time_blocked(struct pv_domain *d, uint64_t timeout);
void pv_time_woken(struct pv_domain *d);

/* As set_timer_op: 0 stops; far or negative times become 100 ms. */
void pv_time_set_timer(struct pv_domain *d, uint64_t timeout);
/* As VCPUOP_set_singleshot_timer: no odd times. */
void pv_time_set_singleshot(struct pv_domain *d, uint64_t timeout);
void pv_time_stop_singleshot(struct pv_domain *d);
/* period 0 stops. */
void pv_time_set_periodic(struct pv_domain *d, uint64_t period_ns);

/* Register areas in guest memory (linear addresses; 0: none) and fill them. */
void pv_time_set_area(struct pv_domain *d, uint64_t va);
void pv_time_set_runstate_area(struct pv_domain *d, uint64_t va);

/* struct vcpu_runstate_info as the guest's layout has it, with the time up to
 * now; returns its size. */
#define PV_RUNSTATE_BYTES 48u
unsigned pv_time_runstate(struct pv_domain *d, uint8_t buf[PV_RUNSTATE_BYTES]);

/* As SCHEDOP_watchdog: 0, an id from 1, or -XEN_EINVAL, -XEN_ENOSPC. */
int64_t pv_time_watchdog(struct pv_domain *d, uint32_t id, uint32_t seconds);

/* As SCHEDOP_shutdown: ends the machine. */
void pv_time_shutdown(struct pv_domain *d, uint8_t reason);

#endif
