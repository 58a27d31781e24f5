/* lapic_priv.h: what lapic.c (registers), lapic_irq.c (priorities, pins, IPIs),
 * lapic_timer.c and apic_bus.c share. For these files only. */
#ifndef COMMON_DEV_LAPIC_PRIV_H
#define COMMON_DEV_LAPIC_PRIV_H

#include "common/base/bits.h"
#include "common/dev/apic_bus.h"
#include "common/dev/lapic.h"

/* LVT entries in the order of their registers, 0x320 to 0x370. */
enum lapic_lvt {
    LVT_TIMER,
    LVT_THERMAL,
    LVT_PERF,
    LVT_LINT0,
    LVT_LINT1,
    LVT_ERROR,
    LVT_NR,
};

#define LVT_ACTIVE_LOW BIT(13)
#define LVT_REMOTE_IRR BIT(14)
#define LVT_LEVEL      BIT(15)
#define LVT_MASKED     BIT(16)

/* Timer modes, bits 18:17 of the timer's entry. */
enum { TIMER_ONE_SHOT, TIMER_PERIODIC, TIMER_DEADLINE, TIMER_RESERVED };

#define SVR_ENABLE BIT(8)

/* [SDM3 "Error Handling"]. */
#define ESR_SEND_ILLEGAL    BIT(5)
#define ESR_RECEIVE_ILLEGAL BIT(6)
#define ESR_REGISTER        BIT(7)

struct lapic {
    struct machine *m;
    void *cpu_opaque;
    unsigned number; /* of the processor */

    uint64_t base; /* IA32_APIC_BASE */
    uint8_t id, tpr;
    uint32_t ldr, dfr, svr;
    uint32_t isr[8], tmr[8], irr[8];
    uint32_t esr;     /* as read */
    uint32_t esr_log; /* since the last write to ESR */
    uint32_t icr_low, icr_high;
    uint32_t lvt[LVT_NR];

    bool lint[2];    /* levels of the pins */
    bool extint_msg; /* an ExtINT came as a message */
    bool intr;       /* what the processor was last told */

    /* Counts down from start_count since start_ns while `running`; the first
     * reload of a periodic timer is from `initial`, which is then not 0. */
    uint32_t initial, start_count;
    uint8_t divide; /* divide configuration register */
    bool running;
    uint64_t start_ns;
    uint64_t deadline, tsc_offset;
    struct clock_timer timer;
};

static inline bool lapic_global_enable(const struct lapic *l)
{
    return (l->base & LAPIC_BASE_EN) != 0;
}

/* Whether fixed and lowest-priority messages are accepted. */
static inline bool lapic_accepts_fixed(const struct lapic *l)
{
    return lapic_global_enable(l) && (l->svr & SVR_ENABLE) != 0;
}

/* lapic.c */

/* Register state after INIT: all but the ID, IA32_APIC_BASE and the pins. */
void lapic_init_state(struct lapic *l);

/* lapic_irq.c */

/* The processor priority register. */
uint8_t lapic_ppr(const struct lapic *l);

/* Tell the processor INTR's level: if it changed; in any case. */
void lapic_update(struct lapic *l);
void lapic_tell(struct lapic *l);

/* A message that names l. False if it was not accepted. */
bool lapic_receive(struct lapic *l, const struct apic_msg *msg);

/* The event of an LVT entry happened. */
void lapic_lvt_fire(struct lapic *l, enum lapic_lvt which);

/* LINT0 may be level-triggered: look at its level again. */
void lapic_lint0_level(struct lapic *l);

void lapic_eoi(struct lapic *l);
void lapic_send_ipi(struct lapic *l);

/* Log an error, and interrupt if it is the first since the last ESR write. */
void lapic_error(struct lapic *l, uint32_t esr_bit);

/* lapic_timer.c */

void lapic_timer_init(struct lapic *l);
void lapic_timer_reset(struct lapic *l);
void lapic_timer_set_lvt(struct lapic *l, uint32_t value);
void lapic_timer_set_initial(struct lapic *l, uint32_t count);
void lapic_timer_set_divide(struct lapic *l, uint32_t value);
uint32_t lapic_timer_count(const struct lapic *l);
void lapic_timer_snapshot(struct lapic *l, struct snap *s);

#endif
