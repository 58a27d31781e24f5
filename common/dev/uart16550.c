/* uart16550.c: a 16550A serial port with a terminal at the other end. */
#include "common/dev/uart16550.h"

#include <stdlib.h>

#include "common/base/bits.h"

enum { R_DATA, R_IER, R_IIR_FCR, R_LCR, R_MCR, R_LSR, R_MSR, R_SCR };

#define IER_RDA  0x01u
#define IER_THRE 0x02u
#define IER_RLS  0x04u
#define IER_MSR  0x08u

#define IIR_NONE    0x01u
#define IIR_RLS     0x06u
#define IIR_RDA     0x04u
#define IIR_TIMEOUT 0x0cu
#define IIR_THRE    0x02u
#define IIR_MSR     0x00u
#define IIR_FIFO    0xc0u

#define FCR_ENABLE   0x01u
#define FCR_CLEAR_RX 0x02u

#define LCR_BITS   0x03u /* word length less 5 */
#define LCR_STOP   0x04u
#define LCR_PARITY 0x08u
#define LCR_BREAK  0x40u
#define LCR_DLAB   0x80u

#define MCR_DTR  0x01u
#define MCR_RTS  0x02u
#define MCR_OUT1 0x04u
#define MCR_OUT2 0x08u
#define MCR_LOOP 0x10u
#define MCR_ALL  0x1fu

#define LSR_DR     0x01u
#define LSR_OE     0x02u
#define LSR_BI     0x10u
#define LSR_ERRORS 0x1eu
#define LSR_THRE   0x20u
#define LSR_TEMT   0x40u
#define LSR_FIFO   0x80u

#define MSR_TERI 0x04u
#define MSR_CTS  0x10u
#define MSR_DSR  0x20u
#define MSR_RI   0x40u
#define MSR_DCD  0x80u

#define CLOCK_HZ 1843200u /* the crystal; 16 ticks a bit at divisor 1 */
#define FIFO     16u

struct uart16550 {
    struct machine *m;
    struct irq_line irq;
    struct clock_timer arrive;  /* the next character is complete */
    struct clock_timer timeout; /* characters waited too long in the FIFO */
    uint8_t ier, lcr, mcr, scr;
    uint8_t trigger; /* 0: FIFOs off; else 1, 4, 8 or 14 */
    uint8_t errors;  /* of LSR: OE and those of the character on top */
    uint8_t msr;     /* modem inputs and their deltas */
    uint16_t divisor;
    bool thre_pending; /* the transmitter-empty interrupt */
    bool timed_out;
    uint8_t nr; /* characters in the receiver */
    uint8_t rx[FIFO];
    uint8_t rx_errors[FIFO];
    uint16_t queue_nr; /* what the terminal has yet to send */
    uint16_t queue_at;
    uint8_t queue[UART16550_INPUT_BYTES];
};

/* ---- interrupts ---------------------------------------------------------- */

static unsigned iir(const struct uart16550 *u)
{
    unsigned level = u->trigger != 0 ? u->trigger : 1;

    if ((u->ier & IER_RLS) && (u->errors & LSR_ERRORS))
        return IIR_RLS;
    if ((u->ier & IER_RDA) && u->nr >= level)
        return IIR_RDA;
    if ((u->ier & IER_RDA) && u->timed_out)
        return IIR_TIMEOUT;
    if ((u->ier & IER_THRE) && u->thre_pending)
        return IIR_THRE;
    if ((u->ier & IER_MSR) && (u->msr & 0x0f))
        return IIR_MSR;
    return IIR_NONE;
}

static void update(struct uart16550 *u)
{
    bool pin = (u->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;

    irq_set(&u->irq, pin && iir(u) != IIR_NONE);
}

/* ---- receiver ------------------------------------------------------------ */

/* Time of one character on the line; 0 if the line has no clock. */
static uint64_t char_ns(const struct uart16550 *u)
{
    unsigned bits = 1 + 5 + (u->lcr & LCR_BITS) + 1;

    if (u->lcr & LCR_PARITY)
        bits++;
    if (u->lcr & LCR_STOP)
        bits++;
    return bits * 16ull * u->divisor * CLOCK_NS_PER_S / CLOCK_HZ;
}

static uint8_t word_mask(const struct uart16550 *u)
{
    return (uint8_t)mask_low(5 + (u->lcr & LCR_BITS));
}

static unsigned capacity(const struct uart16550 *u)
{
    return u->trigger != 0 ? FIFO : 1;
}

/* The FIFO's timeout counts four character times from the last character that
 * came or went. */
static void restart_timeout(struct uart16550 *u)
{
    u->timed_out = false;
    if (u->trigger != 0 && u->nr > 0 && char_ns(u) != 0)
        clock_arm(&u->m->clock, &u->timeout,
                  clock_now(&u->m->clock) + 4 * char_ns(u));
    else
        clock_disarm(&u->m->clock, &u->timeout);
}

/* A character on top of the FIFO shows its errors in LSR. */
static void top_changed(struct uart16550 *u)
{
    if (u->nr > 0) {
        u->errors |= u->rx_errors[0];
        u->rx_errors[0] = 0;
    }
}

static void receive(struct uart16550 *u, uint8_t v, uint8_t errors)
{
    if (u->nr == capacity(u)) {
        u->errors |= LSR_OE;
        if (u->trigger == 0) /* the new one takes the old one's place */
            u->rx[0] = v;
        return;
    }
    u->rx[u->nr] = v;
    u->rx_errors[u->nr] = errors;
    u->nr++;
    if (u->nr == 1)
        top_changed(u);
    restart_timeout(u);
}

/* Start the next character of the terminal, if it may send. */
static void next_arrival(struct uart16550 *u)
{
    bool may = (u->mcr & (MCR_RTS | MCR_LOOP)) == MCR_RTS &&
               u->nr < capacity(u) && u->queue_nr > 0 && char_ns(u) != 0;

    if (!may)
        clock_disarm(&u->m->clock, &u->arrive);
    else if (u->arrive.due == CLOCK_NEVER)
        clock_arm(&u->m->clock, &u->arrive,
                  clock_now(&u->m->clock) + char_ns(u));
}

static void arrived(void *opaque)
{
    struct uart16550 *u = opaque;

    receive(u, u->queue[u->queue_at] & word_mask(u), 0);
    u->queue_at = (u->queue_at + 1) % UART16550_INPUT_BYTES;
    u->queue_nr--;
    next_arrival(u);
    update(u);
}

static void waited(void *opaque)
{
    struct uart16550 *u = opaque;

    u->timed_out = u->nr > 0;
    update(u);
}

size_t uart16550_input(struct uart16550 *u, const uint8_t *buf, size_t len)
{
    size_t n = 0;

    while (n < len && u->queue_nr < UART16550_INPUT_BYTES) {
        u->queue[(u->queue_at + u->queue_nr) % UART16550_INPUT_BYTES] =
            buf[n++];
        u->queue_nr++;
    }
    next_arrival(u);
    return n;
}

static void clear_receiver(struct uart16550 *u)
{
    u->nr = 0;
    restart_timeout(u);
}

static uint8_t data_read(struct uart16550 *u)
{
    uint8_t v = u->rx[0];
    unsigned i;

    if (u->nr == 0)
        return v; /* the last one again */
    u->nr--;
    if (u->trigger != 0) {
        for (i = 0; i < u->nr; i++) {
            u->rx[i] = u->rx[i + 1];
            u->rx_errors[i] = u->rx_errors[i + 1];
        }
        top_changed(u);
    }
    restart_timeout(u);
    next_arrival(u);
    return v;
}

/* ---- transmitter and control --------------------------------------------- */

static void data_write(struct uart16550 *u, uint8_t v)
{
    /* The request falls while the character is on its way, that is: for no
     * time at all; the line must still see that. */
    u->thre_pending = false;
    update(u);
    v &= word_mask(u);
    if (u->mcr & MCR_LOOP)
        receive(u, v, 0);
    else if (!(u->lcr & LCR_BREAK))
        machine_console_output(u->m, CONSOLE_UART, &v, 1);
    u->thre_pending = true;
}

static void ier_write(struct uart16550 *u, uint8_t v)
{
    /* Enabling it asks at once: the transmitter is empty. */
    if ((v & IER_THRE) && !(u->ier & IER_THRE))
        u->thre_pending = true;
    u->ier = v & 0x0f;
}

static void fcr_write(struct uart16550 *u, uint8_t v)
{
    static const uint8_t triggers[] = {1, 4, 8, 14};
    bool enable = (v & FCR_ENABLE) != 0;

    if (enable != (u->trigger != 0) || (enable && (v & FCR_CLEAR_RX)))
        clear_receiver(u);
    u->trigger = enable ? triggers[v >> 6] : 0;
    next_arrival(u);
}

/* Modem inputs: the terminal's, or in loopback our own outputs. */
static void modem_changed(struct uart16550 *u)
{
    unsigned now = MSR_DCD | MSR_DSR | MSR_CTS;
    unsigned changed, delta;

    if (u->mcr & MCR_LOOP)
        now = (u->mcr & MCR_RTS ? MSR_CTS : 0) |
              (u->mcr & MCR_DTR ? MSR_DSR : 0) |
              (u->mcr & MCR_OUT1 ? MSR_RI : 0) |
              (u->mcr & MCR_OUT2 ? MSR_DCD : 0);
    changed = (now ^ u->msr) & 0xf0;
    delta = changed >> 4 & ~MSR_TERI;
    if ((changed & MSR_RI) && !(now & MSR_RI))
        delta |= MSR_TERI;
    u->msr = (uint8_t)(now | (u->msr & 0x0f) | delta);
}

static void lcr_write(struct uart16550 *u, uint8_t v)
{
    bool breaks = (v & LCR_BREAK) && !(u->lcr & LCR_BREAK);

    u->lcr = v;
    if (breaks && (u->mcr & MCR_LOOP))
        receive(u, 0, LSR_BI);
    next_arrival(u);
}

static void mcr_write(struct uart16550 *u, uint8_t v)
{
    u->mcr = v & MCR_ALL;
    modem_changed(u);
    next_arrival(u);
}

static unsigned lsr_read(struct uart16550 *u)
{
    unsigned v = LSR_THRE | LSR_TEMT | u->errors;
    unsigned i;

    if (u->nr > 0)
        v |= LSR_DR;
    if (u->trigger != 0) {
        if (u->errors & (LSR_ERRORS & ~LSR_OE))
            v |= LSR_FIFO;
        for (i = 0; i < u->nr; i++)
            if (u->rx_errors[i] != 0)
                v |= LSR_FIFO;
    }
    u->errors = 0;
    return v;
}

static unsigned iir_read(struct uart16550 *u)
{
    unsigned v = iir(u);

    if (v == IIR_THRE)
        u->thre_pending = false;
    return v | (u->trigger != 0 ? IIR_FIFO : 0);
}

static unsigned msr_read(struct uart16550 *u)
{
    unsigned v = u->msr;

    u->msr &= 0xf0;
    return v;
}

/* ---- device -------------------------------------------------------------- */

static unsigned reg_read(struct uart16550 *u, unsigned reg)
{
    bool dlab = (u->lcr & LCR_DLAB) != 0;

    switch (reg) {
    case R_DATA:
        return dlab ? u->divisor & 0xffu : data_read(u);
    case R_IER:
        return dlab ? u->divisor >> 8 : u->ier;
    case R_IIR_FCR:
        return iir_read(u);
    case R_LCR:
        return u->lcr;
    case R_MCR:
        return u->mcr;
    case R_LSR:
        return lsr_read(u);
    case R_MSR:
        return msr_read(u);
    default:
        return u->scr;
    }
}

static void reg_write(struct uart16550 *u, unsigned reg, uint8_t v)
{
    bool dlab = (u->lcr & LCR_DLAB) != 0;

    switch (reg) {
    case R_DATA:
        if (dlab)
            u->divisor = (uint16_t)((u->divisor & 0xff00u) | v);
        else
            data_write(u, v);
        break;
    case R_IER:
        if (dlab)
            u->divisor = (uint16_t)((u->divisor & 0x00ffu) | v << 8);
        else
            ier_write(u, v);
        break;
    case R_IIR_FCR:
        fcr_write(u, v);
        break;
    case R_LCR:
        lcr_write(u, v);
        break;
    case R_MCR:
        mcr_write(u, v);
        break;
    case R_SCR:
        u->scr = v;
        break;
    default: /* LSR and MSR are read-only */
        break;
    }
}

static uint64_t uart_read(void *dev, uint64_t offset, unsigned size)
{
    struct uart16550 *u = dev;
    unsigned v = reg_read(u, (unsigned)offset & 7);

    (void)size;
    update(u);
    return v;
}

static void uart_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct uart16550 *u = dev;

    (void)size;
    reg_write(u, (unsigned)offset & 7, (uint8_t)v);
    update(u);
}

static void uart_reset(void *dev)
{
    struct uart16550 *u = dev;

    u->ier = u->mcr = u->scr = 0;
    u->lcr = LCR_BITS;
    u->divisor = 1;
    u->trigger = u->errors = 0;
    u->thre_pending = u->timed_out = false;
    u->msr = MSR_DCD | MSR_DSR | MSR_CTS;
    u->queue_nr = u->queue_at = 0;
    u->rx[0] = 0;
    clear_receiver(u);
    next_arrival(u);
    update(u);
}

static void queue_snapshot(struct uart16550 *u, struct snap *s)
{
    uint16_t nr = u->queue_nr;
    uint16_t i;

    snap_u16(s, &nr);
    snap_require(s, nr <= UART16550_INPUT_BYTES, "UART input length");
    if (s->mode == SNAP_LOAD && s->status == ST_OK) {
        u->queue_nr = nr;
        u->queue_at = 0;
    }
    for (i = 0; i < u->queue_nr && s->status == ST_OK; i++)
        snap_u8(s, &u->queue[(u->queue_at + i) % UART16550_INPUT_BYTES]);
}

static void uart_snapshot(void *dev, struct snap *s)
{
    struct uart16550 *u = dev;
    uint8_t trigger = u->trigger, nr = u->nr;

    snap_u8(s, &u->ier);
    snap_u8(s, &u->lcr);
    snap_u8(s, &u->mcr);
    snap_u8(s, &u->scr);
    snap_u8(s, &u->errors);
    snap_u8(s, &u->msr);
    snap_u16(s, &u->divisor);
    snap_bool(s, &u->thre_pending);
    snap_bool(s, &u->timed_out);
    snap_u8(s, &trigger);
    snap_u8(s, &nr);
    snap_require(s, trigger <= 14 && nr <= (trigger != 0 ? FIFO : 1),
                 "UART FIFO length");
    if (s->status != ST_OK)
        return;
    u->trigger = trigger;
    u->nr = nr;
    snap_bytes(s, u->rx, sizeof(u->rx));
    snap_bytes(s, u->rx_errors, sizeof(u->rx_errors));
    queue_snapshot(u, s);
    snap_timer(s, &u->arrive);
    snap_timer(s, &u->timeout);
    snap_require(s, u->arrive.due == CLOCK_NEVER || u->queue_nr > 0,
                 "UART arrival");
    if (s->status != ST_OK)
        clock_disarm(&u->m->clock, &u->arrive);
}

static const struct device_ops device_ops = {
    .name = "uart16550",
    .reset = uart_reset,
    .snapshot = uart_snapshot,
    .fini = free,
};

static const struct bus_ops port_ops = {uart_read, uart_write, 1};

enum status uart16550_create(struct machine *m, uint16_t base,
                             struct irq_line irq, struct uart16550 **out,
                             struct error *err)
{
    struct uart16550 *u = calloc(1, sizeof(*u));
    enum status st;

    if (u == NULL)
        return err_set(err, ST_NOMEM, "UART");
    u->m = m;
    u->irq = irq;
    clock_timer_init(&u->arrive, arrived, u);
    clock_timer_init(&u->timeout, waited, u);
    st = machine_add_device(m, &device_ops, u, err);
    if (st != ST_OK) {
        free(u);
        return st;
    }
    /* The machine owns u from here on. */
    st = bus_add(&m->bus, BUS_PORT, base, 8, &port_ops, u, "uart16550", err);
    if (st != ST_OK)
        return st;
    uart_reset(u);
    *out = u;
    return ST_OK;
}
