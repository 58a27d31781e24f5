/* acpi_pm.c: ACPI fixed hardware: PM1a event, PM1a control, PM timer.
 *
 * TMR_STS is not stored: the timer's top bit has toggled since the bit was
 * last cleared, or it has not. Only while TMR_EN is set and the status clear
 * does an event wait in the queue. */
#include "common/dev/acpi_pm.h"

#include <stdlib.h>

#include "common/base/bits.h"

/* PM1 status and enable [ACPI "PM1 Event Grouping"]. */
#define PM1_TMR    BIT(0)
#define PM1_GBL    BIT(5)
#define PM1_PWRBTN BIT(8)
#define PM1_ENABLE (PM1_TMR | PM1_GBL | PM1_PWRBTN)

/* PM1 control [ACPI "PM1 Control Grouping"]. */
#define PM1_SCI_EN   BIT(0)
#define PM1_BM_RLD   BIT(1)
#define PM1_SLP_TYP  (7u << 10)
#define PM1_SLP_EN   BIT(13) /* write only */
#define PM1_WRITABLE (PM1_BM_RLD | PM1_SLP_TYP)

struct acpi_pm {
    struct machine *m;
    struct irq_line sci;
    uint16_t status; /* less TMR_STS */
    uint16_t enable;
    uint16_t control;
    uint64_t half_seen; /* timer half period when TMR_STS was cleared */
    struct clock_timer timer;
};

/* Timer ticks since power-on; the register is the low 32 bits. */
static uint64_t ticks(const struct acpi_pm *pm)
{
    unsigned __int128 t = clock_now(&pm->m->clock);

    return (uint64_t)(t * ACPI_PM_TIMER_HZ / CLOCK_NS_PER_S);
}

static uint64_t half(const struct acpi_pm *pm)
{
    return ticks(pm) >> 31;
}

static uint16_t status(const struct acpi_pm *pm)
{
    uint16_t tmr = half(pm) != pm->half_seen ? PM1_TMR : 0;

    return pm->status | tmr;
}

/* The first ns at which ticks() reaches the next toggle of the top bit. */
static uint64_t next_toggle(const struct acpi_pm *pm)
{
    unsigned __int128 n = (unsigned __int128)(half(pm) + 1) << 31;

    n = (n * CLOCK_NS_PER_S + ACPI_PM_TIMER_HZ - 1) / ACPI_PM_TIMER_HZ;
    return n < CLOCK_NEVER ? (uint64_t)n : CLOCK_NEVER;
}

static void update(struct acpi_pm *pm)
{
    uint16_t st = status(pm);

    if ((pm->enable & PM1_TMR) != 0 && (st & PM1_TMR) == 0)
        clock_arm(&pm->m->clock, &pm->timer, next_toggle(pm));
    else
        clock_disarm(&pm->m->clock, &pm->timer);
    irq_set(&pm->sci, (st & pm->enable) != 0);
}

static void toggled(void *opaque)
{
    update(opaque);
}

void acpi_pm_power_button(struct acpi_pm *pm)
{
    pm->status |= PM1_PWRBTN;
    update(pm);
}

static void write_control(struct acpi_pm *pm, uint16_t v)
{
    pm->control = v & PM1_WRITABLE;
    if ((v & PM1_SLP_EN) != 0 && (v & PM1_SLP_TYP) >> 10 == ACPI_SLP_TYP_S5)
        machine_stop(pm->m, MACHINE_POWEROFF, 0);
}

/* ---- the registers as bytes ---- */

static uint8_t read_byte(const struct acpi_pm *pm, uint64_t offset)
{
    uint16_t words[4] = {status(pm), pm->enable, pm->control | PM1_SCI_EN, 0};
    uint32_t timer;

    if (offset < 8)
        return (uint8_t)(words[offset / 2] >> 8 * (offset & 1));
    timer = (uint32_t)ticks(pm);
    return (uint8_t)(timer >> 8 * (offset - 8));
}

static uint64_t port_read(void *dev, uint64_t offset, unsigned size)
{
    uint64_t v = 0;
    unsigned i;

    for (i = 0; i < size; i++)
        v |= (uint64_t)read_byte(dev, offset + i) << 8 * i;
    return v;
}

static void write_byte(struct acpi_pm *pm, uint64_t offset, uint8_t v)
{
    unsigned at = 8 * (offset & 1);
    uint16_t placed = (uint16_t)(v << at);
    uint16_t others = (uint16_t)(0xff00 >> at);

    switch (offset / 2) {
    case 0: /* status: ones clear */
        pm->status &= (uint16_t)~placed;
        if (placed & PM1_TMR)
            pm->half_seen = half(pm);
        break;
    case 1:
        pm->enable = ((pm->enable & others) | placed) & PM1_ENABLE;
        break;
    case 2:
        write_control(pm, (pm->control & others) | placed);
        break;
    }
}

static void port_write(void *dev, uint64_t offset, unsigned size,
                       uint64_t value)
{
    unsigned i;

    for (i = 0; i < size; i++)
        write_byte(dev, offset + i, (uint8_t)(value >> 8 * i));
    update(dev);
}

static const struct bus_ops acpi_pm_bus_ops = {.read = port_read,
                                               .write = port_write};

/* ---- life ---- */

static void acpi_pm_reset(void *dev)
{
    struct acpi_pm *pm = dev;

    pm->status = pm->enable = pm->control = 0;
    pm->half_seen = half(pm);
    update(pm);
}

static void acpi_pm_snapshot(void *dev, struct snap *s)
{
    struct acpi_pm *pm = dev;

    snap_u16(s, &pm->status);
    snap_u16(s, &pm->enable);
    snap_u16(s, &pm->control);
    snap_u64(s, &pm->half_seen);
    snap_timer(s, &pm->timer);
    snap_require(s,
                 (pm->enable & ~PM1_ENABLE) == 0 &&
                     (pm->control & ~PM1_WRITABLE) == 0,
                 "PM1 register");
}

static const struct device_ops acpi_pm_device_ops = {
    .name = "acpi_pm",
    .reset = acpi_pm_reset,
    .snapshot = acpi_pm_snapshot,
    .fini = free,
};

enum status acpi_pm_create(struct machine *m, struct irq_line sci,
                           struct acpi_pm **out, struct error *err)
{
    struct acpi_pm *pm = calloc(1, sizeof(*pm));
    enum status st;

    if (pm == NULL)
        return err_set(err, ST_NOMEM, "ACPI PM");
    pm->m = m;
    pm->sci = sci;
    clock_timer_init(&pm->timer, toggled, pm);
    acpi_pm_reset(pm);
    st = machine_add_device(m, &acpi_pm_device_ops, pm, err);
    if (st != ST_OK) {
        free(pm);
        return st;
    }
    st = bus_add(&m->bus, BUS_PORT, ACPI_PM1_EVENT, ACPI_PM_LEN,
                 &acpi_pm_bus_ops, pm, "acpi_pm", err);
    if (st != ST_OK)
        return st; /* the machine's list owns it */
    *out = pm;
    return ST_OK;
}
