/* lapic_irq.c: the local APIC's priorities, interrupt acceptance, pins, IPIs
 * and errors. */
#include <stddef.h>

#include "common/dev/i8259.h"
#include "common/dev/ioapic.h"
#include "common/dev/lapic_priv.h"

static void bit_set(uint32_t *map, unsigned v)
{
    map[v / 32] |= BIT(v % 32);
}

static void bit_clear(uint32_t *map, unsigned v)
{
    map[v / 32] &= ~BIT(v % 32);
}

static bool bit_test(const uint32_t *map, unsigned v)
{
    return (map[v / 32] & BIT(v % 32)) != 0;
}

/* The highest vector in the map, or -1. */
static int highest(const uint32_t *map)
{
    int i;

    for (i = 7; i >= 0; i--)
        if (map[i] != 0)
            return i * 32 + 31 - __builtin_clz(map[i]);
    return -1;
}

bool lapic_irr(const struct lapic *l, uint8_t vector)
{
    return bit_test(l->irr, vector);
}

bool lapic_requested(const struct lapic *l)
{
    return highest(l->irr) >= 0;
}

bool lapic_isr(const struct lapic *l, uint8_t vector)
{
    return bit_test(l->isr, vector);
}

/* ---- priorities [SDM3 "Task and Processor Priorities"] ---- */

uint8_t lapic_ppr(const struct lapic *l)
{
    int serving = highest(l->isr);

    if (serving >= 0 && serving >> 4 > l->tpr >> 4)
        return (uint8_t)(serving & 0xf0);
    return l->tpr;
}

/* The vector that the processor should take now, or -1. */
static int deliverable(const struct lapic *l)
{
    int vector = highest(l->irr);

    return vector >= 0 && vector >> 4 > lapic_ppr(l) >> 4 ? vector : -1;
}

/* ---- pins ---- */

static enum apic_mode lvt_mode(uint32_t lvt)
{
    return (enum apic_mode)(lvt >> 8 & 7);
}

/* Whether the pin is at its active level. */
static bool asserted(const struct lapic *l, unsigned lint)
{
    bool low = (l->lvt[LVT_LINT0 + lint] & LVT_ACTIVE_LOW) != 0;

    return l->lint[lint] != low;
}

static bool extint(const struct lapic *l)
{
    unsigned i;

    for (i = 0; i < 2; i++) {
        uint32_t lvt = l->lvt[LVT_LINT0 + i];

        if ((lvt & LVT_MASKED) == 0 && lvt_mode(lvt) == APIC_EXTINT &&
            asserted(l, i))
            return true;
    }
    return l->extint_msg;
}

static void *cpu_of(const struct lapic *l)
{
    return l->cpu_opaque != NULL ? l->cpu_opaque : l->m->cpu_opaque;
}

static bool intr_level(const struct lapic *l)
{
    if (lapic_global_enable(l))
        return extint(l) || deliverable(l) >= 0;
    return l->lint[0];
}

void lapic_tell(struct lapic *l)
{
    l->intr = intr_level(l);
    if (l->m->cpu != NULL)
        l->m->cpu->intr(cpu_of(l), l->intr);
}

void lapic_update(struct lapic *l)
{
    if (intr_level(l) != l->intr)
        lapic_tell(l);
}

/* LINT1 is always edge-sensitive, and so is every mode but fixed. */
static bool lint0_is_level(const struct lapic *l)
{
    uint32_t lvt = l->lvt[LVT_LINT0];

    return (lvt & LVT_LEVEL) != 0 && lvt_mode(lvt) == APIC_FIXED;
}

void lapic_lint(struct lapic *l, unsigned lint, bool level)
{
    bool before;

    if (lint > 1 || l->lint[lint] == level)
        return;
    before = asserted(l, lint);
    l->lint[lint] = level;
    if (!lapic_global_enable(l)) {
        if (lint == 1 && level && l->m->cpu != NULL)
            l->m->cpu->nmi(cpu_of(l));
    } else if (lint == 0 && lint0_is_level(l)) {
        lapic_lint0_level(l);
    } else if (!before) {
        lapic_lvt_fire(l, LVT_LINT0 + lint);
    }
    lapic_update(l);
}

/* ---- accepting ---- */

static bool accept(struct lapic *l, uint8_t vector, bool level)
{
    if (vector < 16) {
        lapic_error(l, ESR_RECEIVE_ILLEGAL);
        return false;
    }
    bit_set(l->irr, vector);
    if (level)
        bit_set(l->tmr, vector);
    else
        bit_clear(l->tmr, vector);
    lapic_update(l);
    return true;
}

void lapic_lint0_level(struct lapic *l)
{
    uint32_t *lvt = &l->lvt[LVT_LINT0];

    if (!lint0_is_level(l) || (*lvt & (LVT_MASKED | LVT_REMOTE_IRR)) != 0 ||
        !asserted(l, 0))
        return;
    if (accept(l, (uint8_t)*lvt, true))
        *lvt |= LVT_REMOTE_IRR;
}

static bool take_init(struct lapic *l)
{
    lapic_init_state(l);
    if (l->m->cpu != NULL)
        l->m->cpu->init(cpu_of(l));
    return true;
}

bool lapic_receive(struct lapic *l, const struct apic_msg *msg)
{
    const struct machine_cpu_ops *cpu = l->m->cpu;

    if (!lapic_global_enable(l))
        return false;
    switch (msg->mode) {
    case APIC_FIXED:
    case APIC_LOWEST:
        return lapic_accepts_fixed(l) && accept(l, msg->vector, msg->level);
    case APIC_NMI:
        if (cpu != NULL)
            cpu->nmi(cpu_of(l));
        return true;
    case APIC_INIT:
        return take_init(l);
    case APIC_SIPI:
        if (cpu != NULL)
            cpu->sipi(cpu_of(l), msg->vector);
        return true;
    case APIC_EXTINT:
        if (!lapic_accepts_fixed(l))
            return false;
        l->extint_msg = true;
        lapic_update(l);
        return true;
    case APIC_SMI:
        return true;
    case APIC_RESERVED:
        break;
    }
    return false;
}

void lapic_lvt_fire(struct lapic *l, enum lapic_lvt which)
{
    uint32_t lvt = l->lvt[which];
    enum apic_mode mode = lvt_mode(lvt);
    struct apic_msg msg = {.mode = mode, .vector = (uint8_t)lvt};

    if ((lvt & LVT_MASKED) != 0)
        return;
    /* ExtINT follows the pin's level and is not an event; the rest is
     * reserved in an LVT entry. */
    if (mode == APIC_FIXED || mode == APIC_NMI || mode == APIC_INIT)
        lapic_receive(l, &msg);
}

uint8_t lapic_ack(struct lapic *l)
{
    uint8_t answer;
    int vector;

    if (!lapic_global_enable(l))
        return i8259_ack(l->m->pic);
    if (extint(l)) {
        l->extint_msg = false;
        answer = i8259_ack(l->m->pic);
        lapic_update(l);
        return answer;
    }
    vector = deliverable(l);
    if (vector < 0)
        return (uint8_t)l->svr;
    bit_clear(l->irr, (unsigned)vector);
    bit_set(l->isr, (unsigned)vector);
    lapic_update(l);
    return (uint8_t)vector;
}

/* [SDM3 "Signaling Interrupt Servicing Completion"]. */
void lapic_eoi(struct lapic *l)
{
    uint32_t *lint0 = &l->lvt[LVT_LINT0];
    int vector = highest(l->isr);

    if (vector < 0)
        return;
    bit_clear(l->isr, (unsigned)vector);
    if (bit_test(l->tmr, (unsigned)vector)) {
        if ((*lint0 & LVT_REMOTE_IRR) != 0 && (uint8_t)*lint0 == vector) {
            *lint0 &= ~LVT_REMOTE_IRR;
            lapic_lint0_level(l);
        }
        if (l->m->ioapic != NULL)
            ioapic_eoi(l->m->ioapic, (uint8_t)vector);
    }
    lapic_update(l);
}

/* ---- sending [SDM3 "Issuing Interprocessor Interrupts"] ---- */

enum { TO_DEST, TO_SELF, TO_ALL, TO_OTHERS };

/* What the manual's table of valid combinations leaves, for Pentium 4 and
 * later; SMI and the reserved modes go nowhere. */
static bool can_send(uint32_t icr)
{
    unsigned mode = icr >> 8 & 7;
    unsigned to = icr >> 18 & 3;
    bool deassert = (icr & (BIT(14) | BIT(15))) == BIT(15);

    if (mode == APIC_FIXED)
        return true;
    if (to == TO_SELF || to == TO_ALL)
        return false;
    /* INIT level de-assert is no longer a message. */
    return mode == APIC_LOWEST || mode == APIC_NMI || mode == APIC_SIPI ||
           (mode == APIC_INIT && !deassert);
}

void lapic_send_ipi(struct lapic *l)
{
    uint32_t icr = l->icr_low;
    struct apic_msg msg = {
        .mode = (enum apic_mode)(icr >> 8 & 7),
        .vector = (uint8_t)icr,
        .dest = (uint8_t)(l->icr_high >> 24),
        .logical = (icr & BIT(11)) != 0,
    };

    if (!can_send(icr))
        return;
    if (msg.mode <= APIC_LOWEST && msg.vector < 16) {
        lapic_error(l, ESR_SEND_ILLEGAL);
        return;
    }
    switch (icr >> 18 & 3) {
    case TO_DEST:
        apic_bus_send(l->m, &msg, NULL);
        break;
    case TO_SELF:
        lapic_receive(l, &msg);
        break;
    case TO_ALL:
    case TO_OTHERS:
        msg.dest = 0xff;
        msg.logical = false;
        apic_bus_send(l->m, &msg, (icr >> 18 & 3) == TO_ALL ? NULL : l);
        break;
    }
}

void lapic_error(struct lapic *l, uint32_t esr_bit)
{
    bool first = l->esr_log == 0;

    l->esr_log |= esr_bit;
    if (first)
        lapic_lvt_fire(l, LVT_ERROR);
}
