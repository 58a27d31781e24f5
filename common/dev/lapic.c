/* lapic.c: the local APIC's registers and its life. */
#include "common/dev/lapic.h"

#include <stdlib.h>
#include <string.h>

#include "common/dev/ioapic.h"
#include "common/dev/lapic_priv.h"

/* Register numbers: offset / 16 [SDM3 "Local APIC Register Address Map"]. */
enum {
    REG_ID = 0x02,
    REG_VERSION = 0x03,
    REG_TPR = 0x08,
    REG_APR = 0x09,
    REG_PPR = 0x0a,
    REG_EOI = 0x0b,
    REG_RRD = 0x0c,
    REG_LDR = 0x0d,
    REG_DFR = 0x0e,
    REG_SVR = 0x0f,
    REG_ISR = 0x10, /* eight each */
    REG_TMR = 0x18,
    REG_IRR = 0x20,
    REG_ESR = 0x28,
    REG_ICR_LOW = 0x30,
    REG_ICR_HIGH = 0x31,
    REG_LVT = 0x32, /* LVT_NR of them */
    REG_INITIAL = 0x38,
    REG_CURRENT = 0x39,
    REG_DIVIDE = 0x3e,
};

#define SVR_WRITABLE 0x3ffu /* vector, enable, focus check off */
#define ICR_WRITABLE 0x000ccfffu

static const uint32_t lvt_writable[LVT_NR] = {
    [LVT_TIMER] = 0x000700ff, [LVT_THERMAL] = 0x000107ff,
    [LVT_PERF] = 0x000107ff,  [LVT_LINT0] = 0x0001a7ff,
    [LVT_LINT1] = 0x0001a7ff, [LVT_ERROR] = 0x000100ff,
};

/* ---- reading ---- */

/* Registers that come in rows; false if reg is none of them. */
static bool read_row(const struct lapic *l, unsigned reg, uint32_t *value)
{
    if (reg >= REG_ISR && reg < REG_ISR + 8)
        *value = l->isr[reg - REG_ISR];
    else if (reg >= REG_TMR && reg < REG_TMR + 8)
        *value = l->tmr[reg - REG_TMR];
    else if (reg >= REG_IRR && reg < REG_IRR + 8)
        *value = l->irr[reg - REG_IRR];
    else if (reg >= REG_LVT && reg < REG_LVT + LVT_NR)
        *value = l->lvt[reg - REG_LVT];
    else
        return false;
    return true;
}

static uint32_t read_register(struct lapic *l, unsigned reg)
{
    uint32_t value;

    if (read_row(l, reg, &value))
        return value;
    switch (reg) {
    case REG_ID:
        return (uint32_t)l->id << 24;
    case REG_VERSION:
        return (LVT_NR - 1) << 16 | LAPIC_VERSION;
    case REG_TPR:
        return l->tpr;
    case REG_PPR:
        return lapic_ppr(l);
    case REG_LDR:
        return l->ldr;
    case REG_DFR:
        return l->dfr;
    case REG_SVR:
        return l->svr;
    case REG_ESR:
        return l->esr;
    case REG_ICR_LOW:
        return l->icr_low;
    case REG_ICR_HIGH:
        return l->icr_high;
    case REG_INITIAL:
        return l->initial;
    case REG_CURRENT:
        return lapic_timer_count(l);
    case REG_DIVIDE:
        return l->divide;
    case REG_EOI: /* write only */
    case REG_APR: /* these two went with the P6 family */
    case REG_RRD:
        return 0;
    }
    lapic_error(l, ESR_REGISTER);
    return 0;
}

/* ---- writing ---- */

static void write_lvt(struct lapic *l, enum lapic_lvt which, uint32_t value)
{
    uint32_t *lvt = &l->lvt[which];

    value &= lvt_writable[which];
    if ((l->svr & SVR_ENABLE) == 0)
        value |= LVT_MASKED;
    if (which == LVT_TIMER) {
        lapic_timer_set_lvt(l, value);
        return;
    }
    /* Remote IRR lives as long as the pin is a level-triggered fixed one. */
    if (which == LVT_LINT0 && (value & (LVT_LEVEL | 0x700)) == LVT_LEVEL)
        value |= *lvt & LVT_REMOTE_IRR;
    *lvt = value;
    if (which == LVT_LINT0)
        lapic_lint0_level(l);
    lapic_update(l);
}

/* [SDM3 "Local APIC State After It Has Been Software Disabled"]. */
static void write_svr(struct lapic *l, uint32_t value)
{
    bool was = (l->svr & SVR_ENABLE) != 0;
    unsigned i;

    l->svr = value & SVR_WRITABLE;
    if (was && (l->svr & SVR_ENABLE) == 0) {
        for (i = 0; i < LVT_NR; i++)
            write_lvt(l, (enum lapic_lvt)i, l->lvt[i]);
    } else if (!was && (l->svr & SVR_ENABLE) != 0 && l->m->ioapic != NULL) {
        ioapic_rescan(l->m->ioapic);
    }
}

static void write_tpr(struct lapic *l, uint8_t value)
{
    l->tpr = value;
    lapic_update(l);
}

static void write_esr(struct lapic *l)
{
    l->esr = l->esr_log;
    l->esr_log = 0;
}

/* Read-only, so a write is ignored but no error. */
static bool read_only(unsigned reg)
{
    return (reg >= REG_ISR && reg < REG_ESR) || reg == REG_VERSION ||
           reg == REG_PPR || reg == REG_CURRENT;
}

static void write_register(struct lapic *l, unsigned reg, uint32_t value)
{
    if (reg >= REG_LVT && reg < REG_LVT + LVT_NR) {
        write_lvt(l, (enum lapic_lvt)(reg - REG_LVT), value);
        return;
    }
    switch (reg) {
    case REG_ID:
        l->id = (uint8_t)(value >> 24);
        break;
    case REG_TPR:
        write_tpr(l, (uint8_t)value);
        break;
    case REG_EOI:
        lapic_eoi(l);
        break;
    case REG_LDR:
        l->ldr = value & 0xff000000u;
        break;
    case REG_DFR:
        l->dfr = value | 0x0fffffffu;
        break;
    case REG_SVR:
        write_svr(l, value);
        break;
    case REG_ESR:
        write_esr(l);
        break;
    case REG_ICR_LOW:
        l->icr_low = value & ICR_WRITABLE;
        lapic_send_ipi(l);
        break;
    case REG_ICR_HIGH:
        l->icr_high = value & 0xff000000u;
        break;
    case REG_INITIAL:
        lapic_timer_set_initial(l, value);
        break;
    case REG_DIVIDE:
        lapic_timer_set_divide(l, value);
        break;
    default:
        if (!read_only(reg))
            lapic_error(l, ESR_REGISTER);
        break;
    }
}

/* ---- the bus: the APIC of the processor whose turn it is ---- */

static uint64_t mmio_read(void *dev, uint64_t offset, unsigned size)
{
    struct lapic *l = ((struct machine *)dev)->lapic;
    unsigned at = offset & 15;

    if (l == NULL || !lapic_global_enable(l))
        return mask_low(8 * size);
    if (at >= 4)
        return 0;
    return read_register(l, (unsigned)(offset >> 4)) >> (8 * at);
}

static void mmio_write(void *dev, uint64_t offset, unsigned size,
                       uint64_t value)
{
    struct lapic *l = ((struct machine *)dev)->lapic;

    if (l != NULL && lapic_global_enable(l) && size == 4 && offset % 16 == 0)
        write_register(l, (unsigned)(offset >> 4), (uint32_t)value);
}

static const struct bus_ops lapic_bus_ops = {.read = mmio_read,
                                             .write = mmio_write};

/* ---- for the processor ---- */

uint64_t lapic_get_base(const struct lapic *l)
{
    return l->base;
}

bool lapic_set_base(struct lapic *l, uint64_t v)
{
    if ((v & ~(uint64_t)(LAPIC_BASE_BSP | LAPIC_BASE_EN)) != LAPIC_BASE)
        return false;
    l->base = v;
    if (!lapic_global_enable(l))
        lapic_init_state(l);
    lapic_update(l);
    return true;
}

uint8_t lapic_get_tpr(const struct lapic *l)
{
    return l->tpr >> 4;
}

void lapic_set_tpr(struct lapic *l, uint8_t cr8)
{
    write_tpr(l, (uint8_t)(cr8 << 4));
}

struct lapic_tpr lapic_tpr_place(struct lapic *l)
{
    _Static_assert(sizeof(l->irr) == LAPIC_REQUESTS, "all of IRR");
    return (struct lapic_tpr){l->irr, &l->tpr};
}

void lapic_set_cpu(struct lapic *l, void *opaque)
{
    l->cpu_opaque = opaque;
}

void lapic_virtual_wire(struct lapic *l)
{
    write_svr(l, SVR_ENABLE | 0xff);
    write_lvt(l, LVT_LINT0, APIC_EXTINT << 8);
    write_lvt(l, LVT_LINT1, APIC_NMI << 8);
}

/* ---- life ---- */

/* [SDM3 "Local APIC State After Power-Up or Reset"]. */
void lapic_init_state(struct lapic *l)
{
    unsigned i;

    l->tpr = 0;
    l->ldr = 0;
    l->dfr = 0xffffffffu;
    l->svr = 0xff;
    memset(l->isr, 0, sizeof(l->isr));
    memset(l->tmr, 0, sizeof(l->tmr));
    memset(l->irr, 0, sizeof(l->irr));
    l->esr = l->esr_log = 0;
    l->icr_low = l->icr_high = 0;
    for (i = 0; i < LVT_NR; i++)
        l->lvt[i] = LVT_MASKED;
    l->extint_msg = false;
    lapic_timer_reset(l);
    lapic_update(l);
}

static void lapic_reset(void *dev)
{
    struct lapic *l = dev;

    l->base = LAPIC_BASE | LAPIC_BASE_EN;
    if (l->number == 0)
        l->base |= LAPIC_BASE_BSP;
    l->id = (uint8_t)l->number;
    l->lint[0] = l->lint[1] = false;
    l->tsc_offset = 0;
    lapic_init_state(l);
}

static void snapshot_row(struct snap *s, uint32_t *row, unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++)
        snap_u32(s, &row[i]);
}

static void lapic_snapshot(void *dev, struct snap *s)
{
    struct lapic *l = dev;

    snap_u64(s, &l->base);
    snap_require(s,
                 (l->base & ~(uint64_t)(LAPIC_BASE_BSP | LAPIC_BASE_EN)) ==
                     LAPIC_BASE,
                 "IA32_APIC_BASE");
    snap_u8(s, &l->id);
    snap_u8(s, &l->tpr);
    snap_u32(s, &l->ldr);
    snap_u32(s, &l->dfr);
    snap_u32(s, &l->svr);
    snapshot_row(s, l->isr, 8);
    snapshot_row(s, l->tmr, 8);
    snapshot_row(s, l->irr, 8);
    snap_u32(s, &l->esr);
    snap_u32(s, &l->esr_log);
    snap_u32(s, &l->icr_low);
    snap_u32(s, &l->icr_high);
    snapshot_row(s, l->lvt, LVT_NR);
    snap_bool(s, &l->lint[0]);
    snap_bool(s, &l->lint[1]);
    snap_bool(s, &l->extint_msg);
    lapic_timer_snapshot(l, s);
    /* INTR follows from the rest. */
    if (s->mode == SNAP_LOAD && s->status == ST_OK)
        lapic_tell(l);
}

static const struct device_ops lapic_device_ops = {
    .name = "lapic",
    .reset = lapic_reset,
    .snapshot = lapic_snapshot,
    .fini = free,
};

enum status lapic_create(struct machine *m, struct lapic **out,
                         struct error *err)
{
    struct lapic *l;
    enum status st;

    if (m->nr_apics == MACHINE_MAX_APICS)
        return err_set(err, ST_LIMIT, "local APIC: more than %d processors",
                       MACHINE_MAX_APICS);
    /* The first claims the address for all. */
    if (m->nr_apics == 0) {
        st = bus_add(&m->bus, BUS_MMIO, LAPIC_BASE, PAGE_SIZE, &lapic_bus_ops,
                     m, "lapic", err);
        if (st != ST_OK)
            return st;
    }
    l = calloc(1, sizeof(*l));
    if (l == NULL)
        return err_set(err, ST_NOMEM, "local APIC");
    l->m = m;
    l->number = m->nr_apics;
    lapic_timer_init(l);
    lapic_reset(l);
    st = machine_add_device(m, &lapic_device_ops, l, err);
    if (st != ST_OK) {
        free(l);
        return st;
    }
    m->apic[m->nr_apics++] = l;
    *out = l;
    return ST_OK;
}
