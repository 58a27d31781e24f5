/* ioapic.c: 24 interrupt inputs to messages for local APICs. */
#include "common/dev/ioapic.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/dev/apic_bus.h"

#define RTE_LOGICAL    BIT(11)
#define RTE_ACTIVE_LOW BIT(13)
#define RTE_REMOTE_IRR BIT(14)
#define RTE_LEVEL      BIT(15)
#define RTE_MASKED     BIT(16)
/* Delivery status (always idle) and remote IRR cannot be written. */
#define RTE_LOW_WRITABLE 0x0001afffu

enum { REG_ID = 0, REG_VERSION = 1, REG_ARBITRATION = 2, REG_REDIRECTION = 16 };
enum { AT_INDEX = 0x00, AT_WINDOW = 0x10, AT_EOI = 0x40 };

struct ioapic {
    struct machine *m;
    uint8_t id, index;
    bool pin[IOAPIC_PINS];
    uint32_t low[IOAPIC_PINS], high[IOAPIC_PINS]; /* redirection entries */
};

static bool asserted(const struct ioapic *io, unsigned pin)
{
    return io->pin[pin] != ((io->low[pin] & RTE_ACTIVE_LOW) != 0);
}

static enum apic_mode mode(const struct ioapic *io, unsigned pin)
{
    return (enum apic_mode)(io->low[pin] >> 8 & 7);
}

/* Level-triggered is for fixed and lowest-priority only; the other modes are
 * to be programmed as edges and are taken as such. */
static bool is_level(const struct ioapic *io, unsigned pin)
{
    return (io->low[pin] & RTE_LEVEL) != 0 && mode(io, pin) <= APIC_LOWEST;
}

static bool send(struct ioapic *io, unsigned pin)
{
    uint32_t low = io->low[pin];
    struct apic_msg msg = {
        .mode = mode(io, pin),
        .vector = (uint8_t)low,
        .dest = (uint8_t)(io->high[pin] >> 24),
        .logical = (low & RTE_LOGICAL) != 0,
        .level = is_level(io, pin),
    };

    if (msg.mode == APIC_RESERVED || msg.mode == APIC_SIPI)
        return false;
    return apic_bus_send(io->m, &msg, NULL);
}

static void offer_level(struct ioapic *io, unsigned pin)
{
    if (is_level(io, pin) && asserted(io, pin) &&
        (io->low[pin] & (RTE_MASKED | RTE_REMOTE_IRR)) == 0 && send(io, pin))
        io->low[pin] |= RTE_REMOTE_IRR;
}

void ioapic_set_pin(struct ioapic *io, unsigned pin, bool level)
{
    if (pin >= IOAPIC_PINS || io->pin[pin] == level)
        return;
    io->pin[pin] = level;
    if (is_level(io, pin))
        offer_level(io, pin);
    else if (asserted(io, pin) && (io->low[pin] & RTE_MASKED) == 0)
        send(io, pin);
}

void ioapic_eoi(struct ioapic *io, uint8_t vector)
{
    unsigned pin;

    for (pin = 0; pin < IOAPIC_PINS; pin++) {
        if ((io->low[pin] & RTE_REMOTE_IRR) == 0 ||
            (uint8_t)io->low[pin] != vector)
            continue;
        io->low[pin] &= ~RTE_REMOTE_IRR;
        offer_level(io, pin);
    }
}

void ioapic_rescan(struct ioapic *io)
{
    unsigned pin;

    for (pin = 0; pin < IOAPIC_PINS; pin++)
        offer_level(io, pin);
}

void ioapic_set_id(struct ioapic *io, uint8_t id)
{
    io->id = id & 0xf;
}

static void write_redirection(struct ioapic *io, unsigned reg, uint32_t v)
{
    unsigned pin = (reg - REG_REDIRECTION) / 2;
    uint32_t *low;

    if (pin >= IOAPIC_PINS)
        return;
    low = &io->low[pin];
    if (reg & 1) {
        io->high[pin] = v & 0xff000000u;
    } else {
        *low = (v & RTE_LOW_WRITABLE) | (*low & RTE_REMOTE_IRR);
        /* Software clears a stuck remote IRR by making the entry an edge. */
        if (!is_level(io, pin))
            *low &= ~RTE_REMOTE_IRR;
    }
    offer_level(io, pin);
}

static uint32_t read_register(const struct ioapic *io, unsigned reg)
{
    unsigned pin;

    switch (reg) {
    case REG_ID:
    case REG_ARBITRATION:
        return (uint32_t)io->id << 24;
    case REG_VERSION:
        return (IOAPIC_PINS - 1) << 16 | IOAPIC_VERSION;
    }
    if (reg < REG_REDIRECTION)
        return 0;
    pin = (reg - REG_REDIRECTION) / 2;
    if (pin >= IOAPIC_PINS)
        return 0;
    return reg & 1 ? io->high[pin] : io->low[pin];
}

static uint64_t mmio_read(void *dev, uint64_t offset, unsigned size)
{
    struct ioapic *io = dev;

    if (offset == AT_INDEX)
        return io->index;
    if (offset == AT_WINDOW && size == 4)
        return read_register(io, io->index);
    return 0;
}

static void mmio_write(void *dev, uint64_t offset, unsigned size,
                       uint64_t value)
{
    struct ioapic *io = dev;

    if (offset == AT_INDEX)
        io->index = (uint8_t)value;
    if (size != 4)
        return;
    if (offset == AT_EOI)
        ioapic_eoi(io, (uint8_t)value);
    if (offset != AT_WINDOW)
        return;
    if (io->index == REG_ID)
        io->id = value >> 24 & 0xf;
    else if (io->index >= REG_REDIRECTION)
        write_redirection(io, io->index, (uint32_t)value);
}

static const struct bus_ops ioapic_bus_ops = {.read = mmio_read,
                                              .write = mmio_write};

static void ioapic_reset(void *dev)
{
    struct ioapic *io = dev;
    unsigned pin;

    io->id = io->index = 0;
    memset(io->pin, 0, sizeof(io->pin));
    memset(io->high, 0, sizeof(io->high));
    for (pin = 0; pin < IOAPIC_PINS; pin++)
        io->low[pin] = RTE_MASKED;
}

static void ioapic_snapshot(void *dev, struct snap *s)
{
    struct ioapic *io = dev;
    unsigned pin;

    snap_u8(s, &io->id);
    snap_u8(s, &io->index);
    for (pin = 0; pin < IOAPIC_PINS; pin++) {
        snap_bool(s, &io->pin[pin]);
        snap_u32(s, &io->low[pin]);
        snap_u32(s, &io->high[pin]);
    }
    snap_require(s, io->id < 16, "I/O APIC ID");
}

static const struct device_ops ioapic_device_ops = {
    .name = "ioapic",
    .reset = ioapic_reset,
    .snapshot = ioapic_snapshot,
    .fini = free,
};

enum status ioapic_create(struct machine *m, struct ioapic **out,
                          struct error *err)
{
    struct ioapic *io = calloc(1, sizeof(*io));
    enum status st;

    if (io == NULL)
        return err_set(err, ST_NOMEM, "I/O APIC");
    io->m = m;
    ioapic_reset(io);
    st = machine_add_device(m, &ioapic_device_ops, io, err);
    if (st != ST_OK) {
        free(io);
        return st;
    }
    st = bus_add(&m->bus, BUS_MMIO, IOAPIC_BASE, PAGE_SIZE, &ioapic_bus_ops, io,
                 "ioapic", err);
    if (st != ST_OK)
        return st; /* the machine's list owns it */
    *out = io;
    return ST_OK;
}
