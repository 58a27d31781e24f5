/* hc_time.c: set_timer_op: the vcpu's single-shot timer. */
#include "pv/time.h"

/* The time is 64 bits wide: in two arguments from a 32-bit guest. */
int64_t pv_do_set_timer_op(struct pv_domain *d, const uint64_t arg[6])
{
    uint64_t timeout =
        d->is32 ? (arg[1] & 0xffffffffu) << 32 | (arg[0] & 0xffffffffu)
                : arg[0];

    pv_time_set_timer(d, timeout);
    return 0;
}
