/* i8042.c: the keyboard controller of a PC and the keyboard on it. */
#include "common/dev/i8042.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"

#define STATUS_OBF     0x01u
#define STATUS_SYS     0x04u
#define STATUS_COMMAND 0x08u /* the last write was to port 0x64 */
#define STATUS_UNLOCK  0x10u /* the key switch is open */

#define CONFIG_IRQ       0x01u
#define CONFIG_SYS       0x04u
#define CONFIG_DISABLED  0x10u
#define CONFIG_NO_AUX    0x20u
#define CONFIG_TRANSLATE 0x40u

#define OUTPUT_NO_RESET 0x01u
#define OUTPUT_A20      0x02u
#define OUTPUT_OBF      0x10u
#define INPUT_UNLOCK    0x80u

#define KBD_ACK    0xfau
#define KBD_RESEND 0xfeu
#define KBD_PASSED 0xaau

/* Replies are at most three bytes; room for several unread ones. */
#define QUEUE 16u

struct queue {
    uint8_t byte[QUEUE];
    uint8_t nr;
};

struct i8042 {
    struct machine *m;
    struct irq_line irq;
    uint8_t ram[32]; /* byte 0 is the command byte */
    uint8_t command; /* of port 0x64, waits for its parameter; 0: none */
    uint8_t output_port;
    bool last_was_command;
    bool obf, obf_irq;
    uint8_t out;           /* output buffer */
    struct queue own;      /* the controller's answers, which go first */
    struct queue keyboard; /* the keyboard's bytes */
    /* The keyboard. */
    uint8_t kbd_command; /* waits for its parameter; 0: none */
    uint8_t kbd_set;     /* scan code set 1..3 */
    uint8_t kbd_leds, kbd_rate, kbd_last;
    bool kbd_scanning;
};

static void queue_put(struct queue *q, uint8_t v)
{
    if (q->nr < QUEUE)
        q->byte[q->nr++] = v;
}

static uint8_t queue_get(struct queue *q)
{
    uint8_t v = q->byte[0];

    q->nr--;
    memmove(q->byte, q->byte + 1, q->nr);
    return v;
}

/* Scan code set 2 to set 1, for all that comes from the keyboard. With nobody
 * typing these are answers, and most are the same in both. */
static uint8_t translate(uint8_t v)
{
    switch (v) {
    case 0x01: /* numbers of scan code sets */
        return 0x43;
    case 0x02:
        return 0x41;
    case 0x03:
        return 0x3f;
    case 0x83: /* second byte of the identification */
        return 0x41;
    default:
        return v;
    }
}

/* Fill the output buffer if it is empty; drive the line. */
static void update(struct i8042 *k)
{
    if (!k->obf && k->own.nr > 0) {
        k->out = queue_get(&k->own);
        k->obf = true;
        k->obf_irq = false;
    } else if (!k->obf && k->keyboard.nr > 0 &&
               !(k->ram[0] & CONFIG_DISABLED)) {
        k->out = queue_get(&k->keyboard);
        if (k->ram[0] & CONFIG_TRANSLATE)
            k->out = translate(k->out);
        k->obf = true;
        k->obf_irq = true;
    }
    irq_set(&k->irq, k->obf && k->obf_irq && (k->ram[0] & CONFIG_IRQ));
}

/* ---- the keyboard -------------------------------------------------------- */

static void kbd_send(struct i8042 *k, uint8_t v)
{
    queue_put(&k->keyboard, v);
    if (v != KBD_RESEND)
        k->kbd_last = v;
}

static void kbd_defaults(struct i8042 *k)
{
    k->kbd_set = 2;
    k->kbd_leds = 0;
    k->kbd_rate = 0x2b; /* 10.9 characters a second after 500 ms */
    k->kbd_scanning = true;
}

static void kbd_parameter(struct i8042 *k, uint8_t v)
{
    uint8_t command = k->kbd_command;

    k->kbd_command = 0;
    switch (command) {
    case 0xed:
        k->kbd_leds = v & 7;
        kbd_send(k, KBD_ACK);
        break;
    case 0xf0:
        if (v > 3) {
            kbd_send(k, KBD_RESEND);
            break;
        }
        kbd_send(k, KBD_ACK);
        if (v == 0)
            kbd_send(k, k->kbd_set);
        else
            k->kbd_set = v;
        break;
    case 0xf3:
        k->kbd_rate = v & 0x7f;
        kbd_send(k, KBD_ACK);
        break;
    default: /* 0xfb to 0xfd: the key; its type is of no consequence here */
        kbd_send(k, KBD_ACK);
        break;
    }
}

static void kbd_command(struct i8042 *k, uint8_t v)
{
    switch (v) {
    case 0xed: /* lamps */
    case 0xf0: /* scan code set */
    case 0xf3: /* typematic rate */
    case 0xfb: /* type of one key */
    case 0xfc:
    case 0xfd:
        k->kbd_command = v;
        kbd_send(k, KBD_ACK);
        break;
    case 0xee: /* echo */
        kbd_send(k, 0xee);
        break;
    case 0xf2: /* identify */
        kbd_send(k, KBD_ACK);
        kbd_send(k, 0xab);
        kbd_send(k, 0x83);
        break;
    case 0xf4:
        k->kbd_scanning = true;
        kbd_send(k, KBD_ACK);
        break;
    case 0xf5:
    case 0xf6:
        kbd_defaults(k);
        k->kbd_scanning = v == 0xf6;
        kbd_send(k, KBD_ACK);
        break;
    case 0xf7: /* type of all keys */
    case 0xf8:
    case 0xf9:
    case 0xfa:
        kbd_send(k, KBD_ACK);
        break;
    case 0xfe:
        kbd_send(k, k->kbd_last);
        break;
    case 0xff:
        k->keyboard.nr = 0;
        kbd_defaults(k);
        kbd_send(k, KBD_ACK);
        kbd_send(k, KBD_PASSED);
        break;
    default:
        kbd_send(k, KBD_RESEND);
        break;
    }
}

static void kbd_receive(struct i8042 *k, uint8_t v)
{
    k->ram[0] &= (uint8_t)~CONFIG_DISABLED;
    if (k->kbd_command != 0 && v < 0xed) {
        kbd_parameter(k, v);
    } else {
        k->kbd_command = 0; /* a command where a parameter should be */
        kbd_command(k, v);
    }
}

/* ---- the controller ------------------------------------------------------ */

static void output_port_write(struct i8042 *k, uint8_t v)
{
    k->output_port = v | OUTPUT_NO_RESET;
    if (!(v & OUTPUT_NO_RESET))
        machine_stop(k->m, MACHINE_RESET, 0);
}

static void command_parameter(struct i8042 *k, uint8_t v)
{
    uint8_t command = k->command;

    k->command = 0;
    switch (command) {
    case 0xd1:
        output_port_write(k, v);
        break;
    case 0xd2: /* as if the keyboard had sent it, but not translated */
        k->out = v;
        k->obf = k->obf_irq = true;
        break;
    case 0xd3:
        queue_put(&k->own, v);
        break;
    case 0xd4:
        break;
    default: /* 0x60 to 0x7f */
        k->ram[command & 31] = v;
        break;
    }
}

static void controller_reset(struct i8042 *k)
{
    k->own.nr = 0;
    k->keyboard.nr = 0;
    k->obf = false;
    k->ram[0] = CONFIG_TRANSLATE | CONFIG_NO_AUX | CONFIG_DISABLED | CONFIG_SYS;
}

static void command(struct i8042 *k, uint8_t v)
{
    k->command = 0;
    if (v >= 0x20 && v < 0x40) {
        queue_put(&k->own, k->ram[v & 31]);
        return;
    }
    if ((v >= 0x60 && v < 0x80) || (v >= 0xd1 && v <= 0xd4)) {
        k->command = v;
        return;
    }
    if (v >= 0xf0) { /* pulse the output port's low bits that are 0 */
        if (!(v & OUTPUT_NO_RESET))
            machine_stop(k->m, MACHINE_RESET, 0);
        return;
    }
    switch (v) {
    case 0xa7:
        k->ram[0] |= CONFIG_NO_AUX;
        break;
    case 0xa8:
        k->ram[0] &= (uint8_t)~CONFIG_NO_AUX;
        break;
    case 0xa9:
        queue_put(&k->own, 0x01);
        break;
    case 0xaa:
        controller_reset(k);
        queue_put(&k->own, 0x55);
        break;
    case 0xab:
        queue_put(&k->own, 0x00);
        break;
    case 0xad:
        k->ram[0] |= CONFIG_DISABLED;
        break;
    case 0xae:
        k->ram[0] &= (uint8_t)~CONFIG_DISABLED;
        break;
    case 0xc0:
        queue_put(&k->own, INPUT_UNLOCK);
        break;
    case 0xd0:
        queue_put(&k->own,
                  (uint8_t)(k->output_port | (k->obf ? OUTPUT_OBF : 0)));
        break;
    case 0xdd:
        k->output_port &= (uint8_t)~OUTPUT_A20;
        break;
    case 0xdf:
        k->output_port |= OUTPUT_A20;
        break;
    case 0xe0: /* test inputs: both clocks are low */
        queue_put(&k->own, 0x00);
        break;
    default: /* not a command */
        break;
    }
}

static uint64_t data_read(void *dev, uint64_t offset, unsigned size)
{
    struct i8042 *k = dev;
    uint8_t v = k->out;

    (void)offset;
    (void)size;
    k->obf = false;
    /* The line falls before the next byte raises it: an edge for each. */
    irq_set(&k->irq, false);
    update(k);
    return v;
}

static void data_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct i8042 *k = dev;

    (void)offset;
    (void)size;
    k->last_was_command = false;
    if (k->command != 0)
        command_parameter(k, (uint8_t)v);
    else
        kbd_receive(k, (uint8_t)v);
    update(k);
}

static uint64_t status_read(void *dev, uint64_t offset, unsigned size)
{
    struct i8042 *k = dev;
    unsigned v = STATUS_UNLOCK;

    (void)offset;
    (void)size;
    if (k->obf)
        v |= STATUS_OBF;
    if (k->ram[0] & CONFIG_SYS)
        v |= STATUS_SYS;
    if (k->last_was_command)
        v |= STATUS_COMMAND;
    return v;
}

static void command_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct i8042 *k = dev;

    (void)offset;
    (void)size;
    k->last_was_command = true;
    command(k, (uint8_t)v);
    update(k);
}

/* ---- device -------------------------------------------------------------- */

static void i8042_reset(void *dev)
{
    struct i8042 *k = dev;

    memset(k->ram, 0, sizeof(k->ram));
    controller_reset(k);
    k->ram[0] = CONFIG_TRANSLATE | CONFIG_NO_AUX | CONFIG_SYS | CONFIG_IRQ;
    k->command = k->kbd_command = 0;
    k->output_port = 0xc0 | OUTPUT_A20 | OUTPUT_NO_RESET;
    k->last_was_command = k->obf_irq = false;
    k->out = k->kbd_last = 0;
    kbd_defaults(k);
    update(k);
}

static void queue_snapshot(struct queue *q, struct snap *s)
{
    uint8_t nr = q->nr;

    snap_u8(s, &nr);
    snap_require(s, nr <= QUEUE, "i8042 queue length");
    if (s->status != ST_OK)
        return;
    q->nr = nr;
    snap_bytes(s, q->byte, nr);
}

static void i8042_snapshot(void *dev, struct snap *s)
{
    struct i8042 *k = dev;

    snap_bytes(s, k->ram, sizeof(k->ram));
    snap_u8(s, &k->command);
    snap_u8(s, &k->output_port);
    snap_bool(s, &k->last_was_command);
    snap_bool(s, &k->obf);
    snap_bool(s, &k->obf_irq);
    snap_u8(s, &k->out);
    queue_snapshot(&k->own, s);
    queue_snapshot(&k->keyboard, s);
    snap_u8(s, &k->kbd_command);
    snap_u8(s, &k->kbd_set);
    snap_u8(s, &k->kbd_leds);
    snap_u8(s, &k->kbd_rate);
    snap_u8(s, &k->kbd_last);
    snap_bool(s, &k->kbd_scanning);
}

static const struct device_ops device_ops = {
    .name = "i8042",
    .reset = i8042_reset,
    .snapshot = i8042_snapshot,
    .fini = free,
};

static const struct bus_ops data_ops = {data_read, data_write, 1};
static const struct bus_ops status_ops = {status_read, command_write, 1};

enum status i8042_create(struct machine *m, struct irq_line irq,
                         struct i8042 **out, struct error *err)
{
    struct i8042 *k = calloc(1, sizeof(*k));
    enum status st;

    if (k == NULL)
        return err_set(err, ST_NOMEM, "i8042");
    k->m = m;
    k->irq = irq;
    st = machine_add_device(m, &device_ops, k, err);
    if (st != ST_OK) {
        free(k);
        return st;
    }
    /* The machine owns k from here on. */
    st = bus_add(&m->bus, BUS_PORT, 0x60, 1, &data_ops, k, "i8042", err);
    if (st == ST_OK)
        st = bus_add(&m->bus, BUS_PORT, 0x64, 1, &status_ops, k, "i8042", err);
    if (st != ST_OK)
        return st;
    i8042_reset(k);
    *out = k;
    return ST_OK;
}
