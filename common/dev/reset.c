/* reset.c: the chipset's reset ports. */
#include "common/dev/reset.h"

#include <stdlib.h>

#define PORT92_RESET  0x01u
#define PORT92_A20    0x02u
#define PORTCF9_HARD  0x02u
#define PORTCF9_RESET 0x04u

struct reset {
    struct machine *m;
    uint8_t port92;
    uint8_t portcf9;
};

static uint64_t port92_read(void *dev, uint64_t offset, unsigned size)
{
    struct reset *r = dev;

    (void)offset;
    (void)size;
    return r->port92;
}

static void port92_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct reset *r = dev;

    (void)offset;
    (void)size;
    r->port92 = v & PORT92_A20;
    if (v & PORT92_RESET)
        machine_stop(r->m, MACHINE_RESET, 0);
}

static uint64_t portcf9_read(void *dev, uint64_t offset, unsigned size)
{
    struct reset *r = dev;

    (void)offset;
    (void)size;
    return r->portcf9;
}

static void portcf9_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct reset *r = dev;

    (void)offset;
    (void)size;
    r->portcf9 = v & PORTCF9_HARD;
    if (v & PORTCF9_RESET)
        machine_stop(r->m, MACHINE_RESET, 0);
}

static void reset_reset(void *dev)
{
    struct reset *r = dev;

    r->port92 = PORT92_A20;
    r->portcf9 = 0;
}

static void reset_snapshot(void *dev, struct snap *s)
{
    struct reset *r = dev;

    snap_u8(s, &r->port92);
    snap_u8(s, &r->portcf9);
}

static const struct device_ops device_ops = {
    .name = "reset",
    .reset = reset_reset,
    .snapshot = reset_snapshot,
    .fini = free,
};

static const struct bus_ops port92_ops = {port92_read, port92_write, 1};
static const struct bus_ops portcf9_ops = {portcf9_read, portcf9_write, 1};

enum status reset_create(struct machine *m, struct error *err)
{
    struct reset *r = calloc(1, sizeof(*r));
    enum status st;

    if (r == NULL)
        return err_set(err, ST_NOMEM, "reset ports");
    r->m = m;
    st = machine_add_device(m, &device_ops, r, err);
    if (st != ST_OK) {
        free(r);
        return st;
    }
    /* The machine owns r from here on. */
    st = bus_add(&m->bus, BUS_PORT, 0x92, 1, &port92_ops, r, "port 92h", err);
    if (st == ST_OK)
        st = bus_add(&m->bus, BUS_PORT, 0xcf9, 1, &portcf9_ops, r,
                     "reset control", err);
    if (st == ST_OK)
        reset_reset(r);
    return st;
}
