/* acpi.c: the ACPI tables that describe the board. */
#include "common/load/acpi.h"

#include <string.h>

#include "common/base/bits.h"
#include "common/dev/acpi_pm.h"
#include "common/dev/ioapic.h"
#include "common/dev/lapic.h"
#include "common/dev/virtio_blk.h"
#include "common/dev/virtio_mmio.h"
#include "common/dev/virtio_net.h"
#include "common/load/aml.h"
#include "common/machine/board.h"

#define HEADER_BYTES 36u
#define TABLE_MAX    4096u

/* A table under construction. */
struct table {
    uint8_t b[TABLE_MAX];
    uint32_t len;
};

static void append(struct table *t, uint64_t v, unsigned bytes)
{
    uint8_t le[8];

    put_le64(le, v);
    if (t->len + bytes <= TABLE_MAX)
        memcpy(t->b + t->len, le, bytes);
    t->len += bytes;
}

/* [ACPI "System Description Table Header"]; length and checksum at the end. */
static void begin(struct table *t, const char *signature, uint8_t revision)
{
    memset(t, 0, sizeof(*t));
    memcpy(t->b, signature, 4);
    t->b[8] = revision;
    memcpy(t->b + 10, "TRIPTY", 6);   /* OEM ID */
    memcpy(t->b + 16, "TRIPTYCH", 8); /* OEM table ID */
    put_le32(t->b + 24, 1);           /* OEM revision */
    memcpy(t->b + 28, "TRPT", 4);     /* who made it */
    put_le32(t->b + 32, 1);
    t->len = HEADER_BYTES;
}

static uint8_t checksum(const uint8_t *p, uint32_t len)
{
    uint8_t sum = 0;

    while (len-- > 0)
        sum += *p++;
    return (uint8_t)-sum;
}

static enum status store(struct machine *m, uint32_t pa, uint32_t end,
                         const uint8_t *p, uint32_t len, struct error *err)
{
    if (len > end - pa)
        return err_set(err, ST_BUG, "ACPI table at 0x%x: %u bytes", pa, len);
    if (!gmem_load(&m->mem, pa, p, len))
        return err_set(err, ST_INVAL,
                       "ACPI tables: no memory at 0x%x to hold them", pa);
    return ST_OK;
}

static enum status finish(struct machine *m, struct table *t, uint32_t pa,
                          uint32_t end, struct error *err)
{
    if (t->len > TABLE_MAX)
        return err_set(err, ST_BUG, "ACPI table: %u bytes", t->len);
    put_le32(t->b + 4, t->len);
    t->b[9] = checksum(t->b, t->len);
    return store(m, pa, end, t->b, t->len, err);
}

/* ---- [ACPI "Root System Description Pointer (RSDP)"] and its tables ---- */

static enum status put_rsdp(struct machine *m, struct error *err)
{
    uint8_t b[36] = {0};

    memcpy(b, "RSD PTR ", 8);
    memcpy(b + 9, "TRIPTY", 6);
    b[15] = 2; /* revision */
    put_le32(b + 16, ACPI_RSDT);
    put_le32(b + 20, sizeof(b));
    put_le64(b + 24, ACPI_XSDT);
    b[8] = checksum(b, 20); /* what ACPI 1.0 knows of it */
    b[32] = checksum(b, sizeof(b));
    return store(m, ACPI_RSDP, ACPI_RSDT, b, sizeof(b), err);
}

static enum status put_roots(struct machine *m, struct error *err)
{
    struct table t;
    enum status st;

    begin(&t, "RSDT", 1);
    append(&t, ACPI_FADT, 4);
    append(&t, ACPI_MADT, 4);
    st = finish(m, &t, ACPI_RSDT, ACPI_XSDT, err);
    if (st != ST_OK)
        return st;
    begin(&t, "XSDT", 1);
    append(&t, ACPI_FADT, 8);
    append(&t, ACPI_MADT, 8);
    return finish(m, &t, ACPI_XSDT, ACPI_FADT, err);
}

/* ---- [ACPI "Fixed ACPI Description Table (FADT)"] ---- */

#define FADT_BYTES 244u

/* Feature flags. */
#define FADT_WBINVD      BIT(0)
#define FADT_PROC_C1     BIT(2)
#define FADT_SLP_BUTTON  BIT(5) /* no sleep button in fixed hardware */
#define FADT_FIX_RTC     BIT(6) /* no RTC wake status there */
#define FADT_TMR_VAL_EXT BIT(8) /* the PM timer has 32 bits */
#define FADT_RESET_REG   BIT(10)

/* IA-PC boot architecture flags. */
#define BOOT_LEGACY_DEVICES BIT(0)
#define BOOT_8042           BIT(1)
#define BOOT_NO_VGA         BIT(2)
#define BOOT_NO_MSI         BIT(3)

/* Generic address structure of a port block. */
static void put_port(struct table *t, unsigned at, uint16_t port, uint8_t bits,
                     uint8_t access)
{
    t->b[at] = 1; /* system I/O */
    t->b[at + 1] = bits;
    t->b[at + 3] = access; /* log2 of the bytes, plus 1 */
    put_le64(t->b + at + 4, port);
}

static void put_fixed_hardware(struct table *t)
{
    put_le32(t->b + 56, ACPI_PM1_EVENT);
    put_le32(t->b + 64, ACPI_PM1_CONTROL);
    put_le32(t->b + 76, ACPI_PM_TIMER);
    t->b[88] = 4; /* lengths of the three blocks */
    t->b[89] = 2;
    t->b[91] = 4;
    put_port(t, 148, ACPI_PM1_EVENT, 32, 2);
    put_port(t, 172, ACPI_PM1_CONTROL, 16, 2);
    put_port(t, 208, ACPI_PM_TIMER, 32, 3);
}

static enum status put_fadt(struct machine *m, struct error *err)
{
    struct table t;

    begin(&t, "FACP", 4);
    t.len = FADT_BYTES;
    put_le32(t.b + 36, ACPI_FACS);
    put_le32(t.b + 40, ACPI_DSDT);
    t.b[45] = 1; /* preferred profile: desktop */
    put_le16(t.b + 46, BOARD_IRQ_SCI);
    /* 48: no SMI command port, so ACPI mode is all there is */
    put_fixed_hardware(&t);
    put_le16(t.b + 96, 0xfff); /* latencies that say: no C2, no C3 */
    put_le16(t.b + 98, 0xfff);
    t.b[108] = 0x32; /* RTC century */
    put_le16(t.b + 109,
             BOOT_LEGACY_DEVICES | BOOT_8042 | BOOT_NO_VGA | BOOT_NO_MSI);
    put_le32(t.b + 112, FADT_WBINVD | FADT_PROC_C1 | FADT_SLP_BUTTON |
                            FADT_FIX_RTC | FADT_TMR_VAL_EXT | FADT_RESET_REG);
    put_port(&t, 116, 0xcf9, 8, 1);
    t.b[128] = 6; /* what resets there */
    /* 132: the FACS is below 4 GiB and named once, above */
    put_le64(t.b + 140, ACPI_DSDT);
    return finish(m, &t, ACPI_FADT, ACPI_FACS, err);
}

/* [ACPI "Firmware ACPI Control Structure (FACS)"]: no checksum. */
static enum status put_facs(struct machine *m, struct error *err)
{
    uint8_t b[64] = {0};

    memcpy(b, "FACS", 4);
    put_le32(b + 4, sizeof(b));
    b[32] = 2; /* version */
    return store(m, ACPI_FACS, ACPI_MADT, b, sizeof(b), err);
}

/* ---- [ACPI "Multiple APIC Description Table (MADT)"] ---- */

/* MPS INTI flags. */
#define INTI_CONFORMS   0x0u
#define INTI_HIGH_EDGE  0x5u
#define INTI_HIGH_LEVEL 0xdu

static void put_override(struct table *t, uint8_t irq, uint32_t gsi,
                         uint16_t flags)
{
    append(t, 2, 1);
    append(t, 10, 1);
    append(t, 0, 1); /* ISA */
    append(t, irq, 1);
    append(t, gsi, 4);
    append(t, flags, 2);
}

static enum status put_madt(struct machine *m, struct error *err)
{
    struct table t;
    unsigned i;

    begin(&t, "APIC", 3);
    append(&t, LAPIC_BASE, 4);
    append(&t, 1, 4); /* there are 8259s too */
    for (i = 0; i < m->nr_apics; i++) {
        append(&t, 0, 1);
        append(&t, 8, 1);
        append(&t, i, 1); /* the processor's _UID */
        append(&t, i, 1); /* its APIC ID */
        append(&t, 1, 4); /* enabled */
    }
    append(&t, 1, 1);
    append(&t, 12, 1);
    append(&t, m->nr_apics, 2); /* I/O APIC ID */
    append(&t, IOAPIC_BASE, 4);
    append(&t, 0, 4); /* its first GSI */
    put_override(&t, BOARD_IRQ_PIT, 2, INTI_CONFORMS);
    put_override(&t, BOARD_IRQ_SCI, BOARD_IRQ_SCI, INTI_HIGH_LEVEL);
    append(&t, 4, 1); /* NMI at LINT1 of all processors */
    append(&t, 6, 1);
    append(&t, 0xff, 1);
    append(&t, INTI_HIGH_EDGE, 2);
    append(&t, 1, 1);
    return finish(m, &t, ACPI_MADT, ACPI_DSDT, err);
}

/* ---- the DSDT ---- */

#define MAX_PORTS 6
#define NO_IRQ    0xff

/* Devices with ports; up to MAX_PORTS ranges, and an ISA interrupt. */
struct isa_device {
    const char *name, *hid;
    struct {
        uint16_t port;
        uint8_t len;
    } io[MAX_PORTS];
    uint8_t irq;
};

static const struct isa_device isa_devices[] = {
    {"PIC", "PNP0000", {{0x20, 2}, {0xa0, 2}, {0x4d0, 2}}, 2},
    {"TIMR", "PNP0100", {{0x40, 4}}, BOARD_IRQ_PIT},
    {"RTC", "PNP0B00", {{0x70, 2}}, BOARD_IRQ_RTC},
    {"KBD", "PNP0303", {{0x60, 1}, {0x64, 1}}, BOARD_IRQ_KBD},
    {"COM1", "PNP0501", {{BOARD_UART_PORT, 8}}, BOARD_IRQ_UART},
    /* What else the board occupies: speaker, reset, debug console, exit and
     * marker ports, ACPI. */
    {"MBRD",
     "PNP0C02",
     {{0x61, 1},
      {0x92, 1},
      {0xe9, 1},
      {0xf4, 5},
      {0xcf9, 1},
      {ACPI_PM1_EVENT, ACPI_PM_LEN}},
     NO_IRQ},
};

static void put_isa_device(struct aml *a, const struct isa_device *d)
{
    unsigned i;

    aml_device_begin(a, d->name);
    aml_name_eisaid(a, "_HID", d->hid);
    aml_name_integer(a, "_UID", 0);
    aml_crs_begin(a);
    for (i = 0; i < MAX_PORTS && d->io[i].len != 0; i++)
        aml_io(a, d->io[i].port, d->io[i].len);
    if (d->irq != NO_IRQ)
        aml_irq(a, d->irq);
    aml_crs_end(a);
    aml_end(a);
}

static void put_processor(struct aml *a, unsigned i)
{
    char name[5] = "CPU0";

    name[3] = (char)('0' + i);
    aml_device_begin(a, name);
    aml_name_string(a, "_HID", "ACPI0007");
    aml_name_integer(a, "_UID", i);
    aml_end(a);
}

/* A virtio device over MMIO: "VIO0", "VIO1", .. by its _UID. */
static void put_virtio(struct aml *a, unsigned uid, uint32_t base, unsigned irq)
{
    char name[5] = "VIO0";

    name[3] = (char)('0' + uid);
    aml_device_begin(a, name);
    aml_name_string(a, "_HID", "LNRO0005");
    aml_name_integer(a, "_UID", uid);
    aml_crs_begin(a);
    aml_memory32(a, base, VIRTIO_MMIO_LEN);
    aml_interrupt(a, irq);
    aml_crs_end(a);
    aml_end(a);
}

static enum status put_dsdt(struct machine *m, struct error *err)
{
    static const uint8_t s5[4] = {ACPI_SLP_TYP_S5, ACPI_SLP_TYP_S5, 0, 0};
    struct table t;
    struct aml a;
    unsigned i;

    begin(&t, "DSDT", 2);
    aml_init(&a, t.b + HEADER_BYTES, TABLE_MAX - HEADER_BYTES);
    aml_name_package(&a, "_S5", s5, sizeof(s5));
    aml_scope_begin(&a, "_SB");
    for (i = 0; i < m->nr_apics; i++)
        put_processor(&a, i);
    for (i = 0; i < ARRAY_LEN(isa_devices); i++)
        put_isa_device(&a, &isa_devices[i]);
    if (m->disk != NULL)
        put_virtio(&a, 0, VIRTIO_BLK_MMIO, VIRTIO_BLK_IRQ);
    if (m->net != NULL)
        put_virtio(&a, 1, VIRTIO_NET_MMIO, VIRTIO_NET_IRQ);
    aml_end(&a);
    if (!aml_ok(&a))
        return err_set(err, ST_BUG, "DSDT");
    t.len += (uint32_t)a.len;
    return finish(m, &t, ACPI_DSDT, ACPI_END, err);
}

enum status acpi_build(struct machine *m, uint64_t *rsdp_pa, struct error *err)
{
    enum status st = put_roots(m, err);

    if (st == ST_OK)
        st = put_fadt(m, err);
    if (st == ST_OK)
        st = put_facs(m, err);
    if (st == ST_OK)
        st = put_madt(m, err);
    if (st == ST_OK)
        st = put_dsdt(m, err);
    if (st == ST_OK)
        st = put_rsdp(m, err);
    if (st != ST_OK)
        return st;
    ioapic_set_id(m->ioapic, (uint8_t)m->nr_apics);
    *rsdp_pa = ACPI_RSDP;
    return ST_OK;
}
