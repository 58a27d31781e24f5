/* debugcon.c: the debug console at port 0xE9. It has no state: its device is
 * the machine itself. */
#include "common/dev/debugcon.h"

static uint64_t debugcon_read(void *dev, uint64_t offset, unsigned size)
{
    (void)dev;
    (void)offset;
    (void)size;
    return 0xe9;
}

static void debugcon_write(void *dev, uint64_t offset, unsigned size,
                           uint64_t v)
{
    uint8_t c = (uint8_t)v;

    (void)offset;
    (void)size;
    machine_console_output(dev, CONSOLE_DEBUG, &c, 1);
}

static const struct bus_ops port_ops = {debugcon_read, debugcon_write, 1};

enum status debugcon_create(struct machine *m, struct error *err)
{
    return bus_add(&m->bus, BUS_PORT, 0xe9, 1, &port_ops, m, "debugcon", err);
}
