/* board.c: the PC: which devices there are, where, and on which line. */
#include "common/machine/board.h"

#include <stdlib.h>

#include "common/dev/acpi_pm.h"
#include "common/dev/debugcon.h"
#include "common/dev/i8042.h"
#include "common/dev/i8254.h"
#include "common/dev/i8259.h"
#include "common/dev/ioapic.h"
#include "common/dev/lapic.h"
#include "common/dev/reset.h"
#include "common/dev/rtc.h"
#include "common/dev/testdev.h"
#include "common/dev/uart16550.h"
#include "common/dev/virtio_blk.h"
#include "common/dev/virtio_net.h"

/* ---- an empty socket, until a vcpu plugs in ------------------------------ */

static void no_cpu_intr(void *opaque, bool level)
{
    (void)opaque;
    (void)level;
}

static void no_cpu_signal(void *opaque)
{
    (void)opaque;
}

static void no_cpu_sipi(void *opaque, uint8_t vector)
{
    (void)opaque;
    (void)vector;
}

static const struct machine_cpu_ops no_cpu = {
    .intr = no_cpu_intr,
    .nmi = no_cpu_signal,
    .init = no_cpu_signal,
    .sipi = no_cpu_sipi,
    .attention = no_cpu_signal,
};

static void timer_moved(void *opaque)
{
    struct machine *m = opaque;

    m->cpu->attention(m->cpu_opaque);
}

/* ---- wires --------------------------------------------------------------- */

static void isa_irq_set(void *opaque, unsigned n, bool level)
{
    struct machine *m = opaque;

    i8259_set_input(m->pic, n, level);
    ioapic_set_pin(m->ioapic, n == BOARD_IRQ_PIT ? 2 : n, level);
}

struct irq_line board_isa_irq(struct machine *m, unsigned n)
{
    return (struct irq_line){.set = isa_irq_set, .opaque = m, .n = n};
}

/* The 8259's INTR: LINT0 of the bootstrap processor's local APIC. */
static void intr_set(void *opaque, unsigned n, bool level)
{
    struct machine *m = opaque;

    lapic_lint(m->apic[0], n, level);
}

/* ---- construction -------------------------------------------------------- */

static enum status config_check(const struct machine_config *c,
                                struct error *err)
{
    if (c->ram_bytes < 1 << 20 || c->ram_bytes > BOARD_RAM_MAX ||
        c->ram_bytes % PAGE_SIZE != 0)
        return err_set(err, ST_INVAL,
                       "--mem %llu: 1 MiB to 64 GiB in whole 4 KiB pages",
                       (unsigned long long)c->ram_bytes);
    if (c->ips == 0)
        return err_set(err, ST_INVAL,
                       "--ips 0: at least one instruction a second");
    return ST_OK;
}

/* Biggest regions first: gmem_find() tries them in this order. */
static enum status add_ram(struct machine *m, struct error *err)
{
    uint64_t ram = m->config.ram_bytes;
    uint64_t low = ram < BOARD_RAM_BELOW_4G ? ram : BOARD_RAM_BELOW_4G;
    enum status st =
        gmem_add(&m->mem, BOARD_RAM_LOW2, low - BOARD_RAM_LOW2, false, err);

    if (st == ST_OK && ram > low)
        st = gmem_add(&m->mem, BOARD_RAM_HIGH, ram - low, false, err);
    if (st == ST_OK)
        st = gmem_add(&m->mem, 0, BOARD_RAM_LOW_END, false, err);
    return st;
}

/* In an order in which each one's line leads to something that is there. */
static enum status add_interrupts(struct machine *m, struct error *err)
{
    struct irq_line intr = {.set = intr_set, .opaque = m, .n = 0};
    enum status st = lapic_create(m, &m->lapic, err);

    if (st == ST_OK)
        st = ioapic_create(m, &m->ioapic, err);
    if (st == ST_OK)
        st = i8259_create(m, intr, &m->pic, err);
    return st;
}

static enum status add_devices(struct machine *m, struct error *err)
{
    enum status st = add_interrupts(m, err);

    if (st == ST_OK)
        st = i8254_create(m, board_isa_irq(m, BOARD_IRQ_PIT), &m->pit, err);
    if (st == ST_OK)
        st = rtc_create(m, board_isa_irq(m, BOARD_IRQ_RTC), &m->rtc, err);
    if (st == ST_OK)
        st = i8042_create(m, board_isa_irq(m, BOARD_IRQ_KBD), &m->kbc, err);
    if (st == ST_OK)
        st = uart16550_create(m, BOARD_UART_PORT,
                              board_isa_irq(m, BOARD_IRQ_UART), &m->uart, err);
    if (st == ST_OK)
        st = reset_create(m, err);
    if (st == ST_OK)
        st = debugcon_create(m, err);
    if (st == ST_OK)
        st = testdev_create(m, err);
    if (st == ST_OK)
        st = acpi_pm_create(m, board_isa_irq(m, BOARD_IRQ_SCI), &m->pm, err);
    if (st == ST_OK && m->config.disk_path != NULL)
        st = virtio_blk_create(m, board_isa_irq(m, VIRTIO_BLK_IRQ),
                               m->config.disk_path, m->config.disk_readonly,
                               &m->disk, err);
    if (st == ST_OK && m->config.network != NULL)
        st = virtio_net_create(m, board_isa_irq(m, VIRTIO_NET_IRQ),
                               m->config.network, &m->net, err);
    return st;
}

enum status machine_create(const struct machine_config *config,
                           struct machine **out, struct error *err)
{
    enum status st = config_check(config, err);
    struct machine *m;

    if (st != ST_OK)
        return st;
    m = calloc(1, sizeof(*m));
    if (m == NULL)
        return err_set(err, ST_NOMEM, "machine");
    m->config = *config;
    m->cpu = &no_cpu;
    gmem_init(&m->mem);
    bus_init(&m->bus);
    clock_init(&m->clock, config->clock, config->ips);
    m->clock.rearm = timer_moved;
    m->clock.rearm_opaque = m;
    st = add_ram(m, err);
    if (st == ST_OK)
        st = add_devices(m, err);
    if (st != ST_OK) {
        machine_destroy(m);
        return st;
    }
    machine_reset(m);
    *out = m;
    return ST_OK;
}

void machine_destroy(struct machine *m)
{
    unsigned i;

    if (m == NULL)
        return;
    for (i = 0; i < m->nr_devices; i++)
        m->device[i].ops->fini(m->device[i].dev);
    gmem_fini(&m->mem);
    free(m);
}

/* ---- what others ask of the board ---------------------------------------- */

size_t machine_console_input(struct machine *m, const uint8_t *buf, size_t len)
{
    if (m->typed != NULL)
        return m->typed(m->typed_opaque, buf, len);
    return uart16550_input(m->uart, buf, len);
}

uint8_t machine_intr_ack(struct machine *m)
{
    return lapic_ack(m->lapic);
}
