/* testdev.c: how a guest ends its run and marks points of it. */
#include "common/dev/testdev.h"

#include <stdlib.h>

#define RANGE 5 /* a 4-byte access at the last of the two ports */

struct testdev {
    struct machine *m;
    bool waits; /* `code` waits for its iterations */
    uint16_t code;
};

static void marker_write(struct testdev *t, unsigned size, uint32_t v)
{
    if (size == 2) {
        t->waits = false;
        machine_marker(t->m, v & 0xffff, 0, NULL);
    } else if (size == 4 && t->waits) {
        t->waits = false;
        machine_marker(t->m, t->code, v, NULL);
    } else if (size == 4) {
        t->waits = true;
        t->code = (uint16_t)v;
    }
}

static void testdev_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct testdev *t = dev;

    if (offset == 0)
        machine_stop(t->m, MACHINE_GUEST_EXIT, (uint32_t)v);
    else if (offset == TESTDEV_MARKER - TESTDEV_EXIT)
        marker_write(t, size, (uint32_t)v);
}

static uint64_t testdev_read(void *dev, uint64_t offset, unsigned size)
{
    struct testdev *t = dev;

    (void)size;
    return offset == TESTDEV_MARKER - TESTDEV_EXIT && t->waits ? 1 : 0;
}

static void testdev_reset(void *dev)
{
    struct testdev *t = dev;

    t->waits = false;
    t->code = 0;
}

static void testdev_snapshot(void *dev, struct snap *s)
{
    struct testdev *t = dev;

    snap_bool(s, &t->waits);
    snap_u16(s, &t->code);
}

static const struct device_ops device_ops = {
    .name = "testdev",
    .reset = testdev_reset,
    .snapshot = testdev_snapshot,
    .fini = free,
};

static const struct bus_ops port_ops = {testdev_read, testdev_write, 0};

enum status testdev_create(struct machine *m, struct error *err)
{
    struct testdev *t = calloc(1, sizeof(*t));
    enum status st;

    if (t == NULL)
        return err_set(err, ST_NOMEM, "test device");
    t->m = m;
    st = machine_add_device(m, &device_ops, t, err);
    if (st != ST_OK) {
        free(t);
        return st;
    }
    /* The machine owns t from here on. */
    return bus_add(&m->bus, BUS_PORT, TESTDEV_EXIT, RANGE, &port_ops, t,
                   "testdev", err);
}
