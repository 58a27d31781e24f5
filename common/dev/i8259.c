/* i8259.c: the pair of 8259A interrupt controllers of a PC. */
#include "common/dev/i8259.h"

#include <stdlib.h>

#include "common/base/bits.h"

#define CASCADE 2u /* the master's input for the slave */

/* ICW1, ICW4, OCW2 (rotate, specific, EOI), OCW3 */
#define ICW1_INIT   0x10u
#define ICW1_SINGLE 0x02u
#define ICW1_IC4    0x01u
#define ICW4_SFNM   0x10u
#define ICW4_AEOI   0x02u
#define OCW3_SELECT 0x08u
#define OCW3_ESMM   0x40u
#define OCW3_SMM    0x20u
#define OCW3_POLL   0x04u
#define OCW3_RR     0x02u
#define OCW3_RIS    0x01u

/* What the next write to the data port is. */
enum step { STEP_OCW1, STEP_ICW2, STEP_ICW3, STEP_ICW4, STEP_NR };

struct chip {
    uint8_t line; /* input levels */
    uint8_t irr, imr, isr;
    uint8_t elcr, elcr_mask;
    uint8_t base;   /* vector of input 0 */
    uint8_t lowest; /* input of lowest priority, 0..7 */
    uint8_t step;   /* enum step */
    bool icw4, single, aeoi, rotate_aeoi, sfnm, smm, read_isr, poll;
};

struct i8259 {
    struct chip chip[2]; /* master, slave */
    struct irq_line intr;
};

/* The highest-priority input in set, or -1. */
static int highest(const struct chip *c, uint8_t set)
{
    unsigned i;

    for (i = 1; i <= 8; i++)
        if (set & BIT((c->lowest + i) & 7))
            return (int)((c->lowest + i) & 7);
    return -1;
}

static unsigned rank(const struct chip *c, int n)
{
    return ((unsigned)n - c->lowest - 1) & 7;
}

/* The input whose request INT stands for, or -1. */
static int request(const struct chip *c)
{
    uint8_t blocking = c->isr;
    int n = highest(c, c->irr & (uint8_t)~c->imr);
    int in_service;

    if (n < 0)
        return -1;
    if (c->smm)
        blocking &= (uint8_t)~c->imr;
    if (c->sfnm && n == (int)CASCADE)
        blocking &= (uint8_t)~BIT(CASCADE);
    in_service = highest(c, blocking);
    if (in_service >= 0 && rank(c, in_service) <= rank(c, n))
        return -1;
    return n;
}

static void set_line(struct chip *c, unsigned n, bool level)
{
    uint8_t bit = (uint8_t)BIT(n);

    if (level) {
        if ((c->elcr & bit) || !(c->line & bit))
            c->irr |= bit;
        c->line |= bit;
    } else {
        if (c->elcr & bit)
            c->irr &= (uint8_t)~bit;
        c->line &= (uint8_t)~bit;
    }
}

static void update(struct i8259 *p)
{
    if (!p->chip[0].single)
        set_line(&p->chip[0], CASCADE, request(&p->chip[1]) >= 0);
    irq_set(&p->intr, request(&p->chip[0]) >= 0);
}

void i8259_set_input(struct i8259 *p, unsigned n, bool level)
{
    if (n >= 16 || n == CASCADE)
        return;
    set_line(&p->chip[n >> 3], n & 7, level);
    update(p);
}

/* Input n goes into service. */
static void accept(struct chip *c, unsigned n)
{
    uint8_t bit = (uint8_t)BIT(n);

    if (!(c->elcr & bit))
        c->irr &= (uint8_t)~bit;
    if (!c->aeoi)
        c->isr |= bit;
    else if (c->rotate_aeoi)
        c->lowest = (uint8_t)n;
}

uint8_t i8259_ack(struct i8259 *p)
{
    struct chip *c = &p->chip[0];
    int n = request(c);

    if (n == (int)CASCADE && !c->single) {
        accept(c, CASCADE);
        /* The slave's INT falls with INTA: what is left is a new edge. */
        set_line(c, CASCADE, false);
        c = &p->chip[1];
        n = request(c);
    }
    if (n >= 0)
        accept(c, (unsigned)n);
    update(p);
    return (uint8_t)(c->base | (n >= 0 ? (unsigned)n : 7));
}

static void icw1(struct chip *c, uint8_t v)
{
    c->irr = c->line & c->elcr;
    c->imr = 0;
    c->isr = 0;
    c->lowest = 7;
    c->smm = c->read_isr = c->poll = false;
    c->rotate_aeoi = false;
    c->icw4 = (v & ICW1_IC4) != 0;
    c->single = (v & ICW1_SINGLE) != 0;
    if (!c->icw4)
        c->aeoi = c->sfnm = false;
    c->step = STEP_ICW2;
}

/* End of interrupt for the highest in service; returns it, or -1. */
static int eoi(struct chip *c)
{
    int n = highest(c, c->smm ? c->isr & (uint8_t)~c->imr : c->isr);

    if (n >= 0)
        c->isr &= (uint8_t)~BIT((unsigned)n);
    return n;
}

static void ocw2(struct chip *c, uint8_t v)
{
    unsigned level = v & 7;
    int n;

    switch (v >> 5) {
    case 0: /* rotate in AEOI mode: off, on */
    case 4:
        c->rotate_aeoi = (v & 0x80) != 0;
        break;
    case 1: /* non-specific EOI, and rotate */
    case 5:
        n = eoi(c);
        if (n >= 0 && (v & 0x80))
            c->lowest = (uint8_t)n;
        break;
    case 3: /* specific EOI, and rotate */
    case 7:
        c->isr &= (uint8_t)~BIT(level);
        if (v & 0x80)
            c->lowest = (uint8_t)level;
        break;
    case 6: /* set priority */
        c->lowest = (uint8_t)level;
        break;
    default: /* no operation */
        break;
    }
}

static void ocw3(struct chip *c, uint8_t v)
{
    if (v & OCW3_POLL)
        c->poll = true;
    else if (v & OCW3_RR)
        c->read_isr = (v & OCW3_RIS) != 0;
    if (v & OCW3_ESMM)
        c->smm = (v & OCW3_SMM) != 0;
}

static void data_write(struct chip *c, uint8_t v)
{
    switch (c->step) {
    case STEP_ICW2:
        c->base = v & 0xf8;
        c->step = !c->single ? STEP_ICW3 : c->icw4 ? STEP_ICW4 : STEP_OCW1;
        break;
    case STEP_ICW3:
        c->step = c->icw4 ? STEP_ICW4 : STEP_OCW1;
        break;
    case STEP_ICW4:
        c->sfnm = (v & ICW4_SFNM) != 0;
        c->aeoi = (v & ICW4_AEOI) != 0;
        c->step = STEP_OCW1;
        break;
    default:
        c->imr = v;
        break;
    }
}

static void chip_write(struct i8259 *p, struct chip *c, uint64_t offset,
                       uint8_t v)
{
    if (offset == 1)
        data_write(c, v);
    else if (v & ICW1_INIT)
        icw1(c, v);
    else if (v & OCW3_SELECT)
        ocw3(c, v);
    else
        ocw2(c, v);
    update(p);
}

/* A poll is an INTA that gives the input instead of the vector. */
static uint8_t poll(struct i8259 *p, struct chip *c)
{
    int n = request(c);

    c->poll = false;
    if (n < 0)
        return 0;
    accept(c, (unsigned)n);
    if (c == &p->chip[1]) {
        set_line(&p->chip[0], CASCADE, false);
        p->chip[0].irr &= (uint8_t)~BIT(CASCADE);
    }
    update(p);
    return (uint8_t)(0x80u | (unsigned)n);
}

static uint8_t chip_read(struct i8259 *p, struct chip *c, uint64_t offset)
{
    if (c->poll)
        return poll(p, c);
    if (offset == 1)
        return c->imr;
    return c->read_isr ? c->isr : c->irr;
}

static uint64_t master_read(void *dev, uint64_t offset, unsigned size)
{
    struct i8259 *p = dev;

    (void)size;
    return chip_read(p, &p->chip[0], offset);
}

static void master_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct i8259 *p = dev;

    (void)size;
    chip_write(p, &p->chip[0], offset, (uint8_t)v);
}

static uint64_t slave_read(void *dev, uint64_t offset, unsigned size)
{
    struct i8259 *p = dev;

    (void)size;
    return chip_read(p, &p->chip[1], offset);
}

static void slave_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct i8259 *p = dev;

    (void)size;
    chip_write(p, &p->chip[1], offset, (uint8_t)v);
}

static uint64_t elcr_read(void *dev, uint64_t offset, unsigned size)
{
    struct i8259 *p = dev;

    (void)size;
    return p->chip[offset & 1].elcr;
}

static void elcr_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct i8259 *p = dev;
    struct chip *c = &p->chip[offset & 1];

    (void)size;
    /* A level is no edge: what turns into an edge input has none yet; and what
     * turns into a level input forgets its edge. */
    c->irr &= (uint8_t)~c->elcr;
    c->elcr = (uint8_t)v & c->elcr_mask;
    c->irr &= (uint8_t)~c->elcr;
    c->irr |= c->line & c->elcr;
    update(p);
}

static void i8259_reset(void *dev)
{
    struct i8259 *p = dev;
    unsigned i;

    for (i = 0; i < 2; i++) {
        struct chip *c = &p->chip[i];

        /* Lines belong to the devices, which set them in their own reset. */
        c->elcr = 0;
        icw1(c, ICW1_INIT);
        c->imr = 0xff;
        c->base = 0;
        c->step = STEP_OCW1;
        c->single = false;
    }
    /* System timer, keyboard and cascade, RTC and FPU are edges for ever. */
    p->chip[0].elcr_mask = 0xf8;
    p->chip[1].elcr_mask = 0xde;
    update(p);
}

static void chip_snapshot(struct chip *c, struct snap *s)
{
    snap_u8(s, &c->line);
    snap_u8(s, &c->irr);
    snap_u8(s, &c->imr);
    snap_u8(s, &c->isr);
    snap_u8(s, &c->elcr);
    snap_u8(s, &c->base);
    snap_u8(s, &c->lowest);
    snap_u8(s, &c->step);
    snap_bool(s, &c->icw4);
    snap_bool(s, &c->single);
    snap_bool(s, &c->aeoi);
    snap_bool(s, &c->rotate_aeoi);
    snap_bool(s, &c->sfnm);
    snap_bool(s, &c->smm);
    snap_bool(s, &c->read_isr);
    snap_bool(s, &c->poll);
    snap_require(s, c->lowest < 8, "8259 priority");
    snap_require(s, c->step < STEP_NR, "8259 initialization step");
    c->lowest &= 7;
}

static void i8259_snapshot(void *dev, struct snap *s)
{
    struct i8259 *p = dev;

    chip_snapshot(&p->chip[0], s);
    chip_snapshot(&p->chip[1], s);
}

static const struct device_ops device_ops = {
    .name = "i8259",
    .reset = i8259_reset,
    .snapshot = i8259_snapshot,
    .fini = free,
};

static const struct bus_ops master_ops = {master_read, master_write, 1};
static const struct bus_ops slave_ops = {slave_read, slave_write, 1};
static const struct bus_ops elcr_ops = {elcr_read, elcr_write, 1};

enum status i8259_create(struct machine *m, struct irq_line intr,
                         struct i8259 **out, struct error *err)
{
    struct i8259 *p = calloc(1, sizeof(*p));
    enum status st;

    if (p == NULL)
        return err_set(err, ST_NOMEM, "8259");
    p->intr = intr;
    st = machine_add_device(m, &device_ops, p, err);
    if (st != ST_OK) {
        free(p);
        return st;
    }
    /* The machine owns p from here on. */
    st = bus_add(&m->bus, BUS_PORT, 0x20, 2, &master_ops, p, "i8259", err);
    if (st == ST_OK)
        st = bus_add(&m->bus, BUS_PORT, 0xa0, 2, &slave_ops, p, "i8259", err);
    if (st == ST_OK)
        st = bus_add(&m->bus, BUS_PORT, 0x4d0, 2, &elcr_ops, p, "elcr", err);
    if (st != ST_OK)
        return st;
    i8259_reset(p);
    *out = p;
    return ST_OK;
}
