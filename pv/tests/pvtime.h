/* pvtime.h: time as a guest sees it, for tests of timers, waits and areas. */
#ifndef PV_TESTS_PVTIME_H
#define PV_TESTS_PVTIME_H

#include "pv/tests/pvrig.h"

/* A port for the timer's VIRQ. */
uint32_t pvtime_port(struct pvrig *r);

/* vcpu_op of vcpu 0: with a structure, which goes to the start of scratch page
 * 0 and comes back from there; without one. */
int64_t pvtime_vcpu_op(struct pvrig *r, unsigned cmd, void *arg, size_t n);
int64_t pvtime_vcpu(struct pvrig *r, unsigned cmd);

/* What the vcpu's info says of time, and the guest's own arithmetic with it
 * [XEN xen.h "struct vcpu_time_info"]: ns at that TSC. */
struct vcpu_time_info pvtime_info(struct pvrig *r);
uint64_t pvtime_system_time(const struct vcpu_time_info *ti, uint64_t tsc);

#endif
