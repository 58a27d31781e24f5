/* device.h: what the machine needs to know of a device, and interrupt lines. */
#ifndef COMMON_MACHINE_DEVICE_H
#define COMMON_MACHINE_DEVICE_H

#include <stdbool.h>

#include "common/machine/snap.h"

/* One device in the machine's list. `reset` brings power-on state, `snapshot`
 * describes all guest-visible state (see snap.h; the machine has started the
 * section), `fini` frees; none is NULL. */
struct device_ops {
    const char *name; /* section name in snapshots: "i8259" */
    void (*reset)(void *dev);
    void (*snapshot)(void *dev, struct snap *s);
    void (*fini)(void *dev);
    uint32_t version; /* of that section: raised when its layout changes */
};

struct device {
    const struct device_ops *ops;
    void *dev;
};

/* An interrupt line: level-driven by one source. Devices drive it with
 * irq_set() on every change; repeats are harmless. An edge is a raise followed
 * by a lower. */
struct irq_line {
    void (*set)(void *opaque, unsigned n, bool level);
    void *opaque;
    unsigned n;
};

static inline void irq_set(const struct irq_line *l, bool level)
{
    l->set(l->opaque, l->n, level);
}

static inline void irq_pulse(const struct irq_line *l)
{
    irq_set(l, true);
    irq_set(l, false);
}

#endif
