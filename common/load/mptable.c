/* mptable.c: the MultiProcessor configuration table. */
#include "common/load/mptable.h"

#include <string.h>

#include "common/base/bits.h"
#include "common/dev/ioapic.h"
#include "common/dev/lapic.h"
#include "common/dev/virtio_blk.h"
#include "common/dev/virtio_net.h"
#include "common/machine/board.h"

#define HEADER_BYTES 44u
#define TABLE_MAX    1024u

enum { PROCESSOR, BUS, IOAPIC, IO_INTERRUPT, LOCAL_INTERRUPT };
enum { INT, NMI, SMI, EXTINT };

/* Interrupt flags. */
#define CONFORMS   0x0u
#define HIGH_LEVEL 0xdu

/* CPUID.1 as far as the table has to know: family 6; FPU and APIC. */
#define CPU_SIGNATURE 0x600u
#define CPU_FEATURES  0x201u

struct table {
    uint8_t b[TABLE_MAX];
    uint16_t len, entries;
};

static void append(struct table *t, const uint8_t *entry, uint16_t len)
{
    memcpy(t->b + t->len, entry, len);
    t->len += len;
    t->entries++;
}

static uint8_t checksum(const uint8_t *p, unsigned len)
{
    uint8_t sum = 0;

    while (len-- > 0)
        sum += *p++;
    return (uint8_t)-sum;
}

static void put_processor(struct table *t, unsigned i)
{
    uint8_t e[20] = {PROCESSOR, (uint8_t)i, LAPIC_VERSION, i == 0 ? 3 : 1};

    put_le32(e + 4, CPU_SIGNATURE);
    put_le32(e + 8, CPU_FEATURES);
    append(t, e, sizeof(e));
}

static void put_bus_and_ioapic(struct table *t, uint8_t id)
{
    uint8_t bus[8] = {BUS, 0, 'I', 'S', 'A', ' ', ' ', ' '};
    uint8_t io[8] = {IOAPIC, id, IOAPIC_VERSION, 1};

    put_le32(io + 4, IOAPIC_BASE);
    append(t, bus, sizeof(bus));
    append(t, io, sizeof(io));
}

/* One interrupt of the ISA bus to an input of an APIC. */
static void put_interrupt(struct table *t, uint8_t entry, uint8_t type,
                          uint8_t flags, uint8_t irq, uint8_t apic,
                          uint8_t input)
{
    uint8_t e[8] = {entry, type, flags, 0, 0, irq, apic, input};

    append(t, e, sizeof(e));
}

/* The other lines of the ISA bus are edge-triggered. */
static bool level_triggered(const struct machine *m, unsigned irq)
{
    return irq == BOARD_IRQ_SCI || (irq == VIRTIO_BLK_IRQ && m->disk != NULL) ||
           (irq == VIRTIO_NET_IRQ && m->net != NULL);
}

static void put_entries(struct table *t, const struct machine *m)
{
    uint8_t id = (uint8_t)m->nr_apics;
    uint8_t irq;
    unsigned i;

    for (i = 0; i < m->nr_apics; i++)
        put_processor(t, i);
    put_bus_and_ioapic(t, id);
    for (irq = 0; irq < 16; irq++) {
        if (irq != 2)
            put_interrupt(t, IO_INTERRUPT, INT,
                          level_triggered(m, irq) ? HIGH_LEVEL : CONFORMS, irq,
                          id, irq == BOARD_IRQ_PIT ? 2 : irq);
    }
    put_interrupt(t, LOCAL_INTERRUPT, EXTINT, CONFORMS, 0, 0, 0);
    put_interrupt(t, LOCAL_INTERRUPT, NMI, CONFORMS, 0, 0xff, 1);
}

/* [MP 1.4 "MP Configuration Table Header"]. */
static void put_header(struct table *t)
{
    memcpy(t->b, "PCMP", 4);
    put_le16(t->b + 4, t->len);
    t->b[6] = 4; /* specification 1.4 */
    memcpy(t->b + 8, "TRIPTYCH", 8);
    memcpy(t->b + 16, "VIRTUAL PC  ", 12);
    put_le16(t->b + 34, t->entries);
    put_le32(t->b + 36, LAPIC_BASE);
    t->b[7] = checksum(t->b, t->len);
}

/* [MP 1.4 "MP Floating Pointer Structure"]: a configuration table, and no IMCR,
 * so virtual wire mode. */
static void make_pointer(uint8_t *b)
{
    memcpy(b, "_MP_", 4);
    put_le32(b + 4, MPTABLE_CONFIG);
    b[8] = 1; /* paragraphs */
    b[9] = 4;
    b[10] = checksum(b, 16);
}

enum status mptable_build(struct machine *m, struct error *err)
{
    struct table t = {.len = HEADER_BYTES};
    uint8_t pointer[16] = {0};

    /* The entries of MACHINE_MAX_APICS processors fit in TABLE_MAX. */
    _Static_assert(HEADER_BYTES + 20 * MACHINE_MAX_APICS + 19 * 8 <= TABLE_MAX,
                   "MP table");
    put_entries(&t, m);
    put_header(&t);
    make_pointer(pointer);
    if (!gmem_load(&m->mem, MPTABLE_CONFIG, t.b, t.len) ||
        !gmem_load(&m->mem, MPTABLE_POINTER, pointer, sizeof(pointer)))
        return err_set(err, ST_INVAL, "MP table: no memory at 0x%x to hold it",
                       MPTABLE_POINTER);
    ioapic_set_id(m->ioapic, (uint8_t)m->nr_apics);
    lapic_virtual_wire(m->apic[0]);
    return ST_OK;
}
