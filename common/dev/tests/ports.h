/* ports.h: port accesses to a test rig, and saved states of its devices. */
#ifndef COMMON_DEV_TESTS_PORTS_H
#define COMMON_DEV_TESTS_PORTS_H

#include "common/dev/tests/testrig.h"

static inline uint8_t in8(struct testrig *r, uint16_t port)
{
    return (uint8_t)bus_read(&r->m.bus, BUS_PORT, port, 1);
}

static inline void out8(struct testrig *r, uint16_t port, uint8_t v)
{
    bus_write(&r->m.bus, BUS_PORT, port, 1, v);
}

/* Guest time of the first ns of tick n of a clock of hz ticks a second. */
static inline uint64_t tick_ns(uint64_t n, uint64_t hz)
{
    return (uint64_t)(((unsigned __int128)n * CLOCK_NS_PER_S + hz - 1) / hz);
}

#endif
