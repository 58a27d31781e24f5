/* virtio_mmio.c: registers of the virtio transport over MMIO. */
#include "common/dev/virtio_mmio.h"

#include <string.h>

#include "common/base/bits.h"

/* [VIRTIO "MMIO Device Register Layout"]. */
enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    VENDOR_ID = 0x00c,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SEL = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024,
    QUEUE_SEL = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC_LOW = 0x080,
    QUEUE_DESC_HIGH = 0x084,
    QUEUE_DRIVER_LOW = 0x090,
    QUEUE_DRIVER_HIGH = 0x094,
    QUEUE_DEVICE_LOW = 0x0a0,
    QUEUE_DEVICE_HIGH = 0x0a4,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100,
};

#define MAGIC_VALUE 0x74726976u /* "virt" */

#define ISR_USED   BIT(0)
#define ISR_CONFIG BIT(1)

/* What a driver may set. */
#define STATUS_WRITABLE                                                        \
    (VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_DRIVER_OK |                   \
     VIRTIO_FEATURES_OK | VIRTIO_FAILED)

static void set_isr(struct virtio_mmio *t, uint32_t isr)
{
    t->isr = isr;
    irq_set(&t->irq, isr != 0);
}

static struct virtq *selected(struct virtio_mmio *t)
{
    return t->queue_sel < t->ops->nr_queues ? &t->queue[t->queue_sel] : NULL;
}

bool virtio_mmio_live(const struct virtio_mmio *t, unsigned queue)
{
    return queue < t->ops->nr_queues && t->queue[queue].ready &&
           (t->status & (VIRTIO_DRIVER_OK | VIRTIO_NEEDS_RESET)) ==
               VIRTIO_DRIVER_OK;
}

void virtio_mmio_used(struct virtio_mmio *t, unsigned queue)
{
    if (virtq_wants_interrupt(&t->queue[queue], &t->m->mem))
        set_isr(t, t->isr | ISR_USED);
}

void virtio_mmio_broken(struct virtio_mmio *t)
{
    t->status |= VIRTIO_NEEDS_RESET;
    if (t->status & VIRTIO_DRIVER_OK)
        set_isr(t, t->isr | ISR_CONFIG);
}

void virtio_mmio_reset(struct virtio_mmio *t)
{
    unsigned i;

    for (i = 0; i < t->ops->nr_queues; i++) {
        t->ops->stop(t->dev, i);
        virtq_reset(&t->queue[i]);
    }
    t->status = 0;
    t->queue_sel = t->features_sel = t->driver_features_sel = 0;
    t->driver_features = 0;
    set_isr(t, 0);
}

/* ---- reading ---- */

static uint32_t half_of(uint64_t v, uint32_t sel)
{
    return sel < 2 ? (uint32_t)(v >> 32 * sel) : 0;
}

static uint32_t read_register(struct virtio_mmio *t, uint64_t offset)
{
    const struct virtq *q = selected(t);

    switch (offset) {
    case MAGIC:
        return MAGIC_VALUE;
    case VERSION:
        return 2;
    case DEVICE_ID:
        return t->ops->device_id;
    case VENDOR_ID:
        return VIRTIO_MMIO_VENDOR;
    case DEVICE_FEATURES:
        return half_of(t->features, t->features_sel);
    case QUEUE_NUM_MAX:
        return q != NULL ? t->ops->queue_max : 0;
    case QUEUE_READY:
        return q != NULL && q->ready;
    case INTERRUPT_STATUS:
        return t->isr;
    case STATUS:
        return t->status;
    case CONFIG_GENERATION: /* the configuration never changes */
    default:
        return 0;
    }
}

static uint64_t read_config(const struct virtio_mmio *t, uint64_t at,
                            unsigned size)
{
    uint64_t v = 0;
    unsigned i;

    for (i = 0; i < size && at + i < t->config_len; i++)
        v |= (uint64_t)t->config[at + i] << 8 * i;
    return v;
}

static uint64_t mmio_read(void *dev, uint64_t offset, unsigned size)
{
    struct virtio_mmio *t = dev;

    if (offset >= CONFIG)
        return read_config(t, offset - CONFIG, size);
    return size == 4 ? read_register(t, offset) : 0;
}

/* ---- writing ---- */

static void write_driver_features(struct virtio_mmio *t, uint32_t v)
{
    unsigned at = 32 * (t->driver_features_sel & 1);

    if (t->driver_features_sel > 1 || (t->status & VIRTIO_FEATURES_OK) != 0)
        return;
    t->driver_features &= ~(0xffffffffull << at);
    t->driver_features |= (uint64_t)v << at;
}

static bool features_acceptable(const struct virtio_mmio *t)
{
    return (t->driver_features & ~t->features) == 0 &&
           (t->driver_features & VIRTIO_F_VERSION_1) != 0;
}

static void write_status(struct virtio_mmio *t, uint32_t v)
{
    uint32_t was = t->status;

    if (v == 0) {
        virtio_mmio_reset(t);
        return;
    }
    v &= STATUS_WRITABLE;
    if ((v & VIRTIO_FEATURES_OK) != 0 && (was & VIRTIO_FEATURES_OK) == 0 &&
        !features_acceptable(t))
        v &= ~VIRTIO_FEATURES_OK;
    if ((v & VIRTIO_FEATURES_OK) == 0)
        v &= ~VIRTIO_DRIVER_OK;
    /* Bits are only ever added, until a reset. */
    t->status = was | v;
}

static void write_ready(struct virtio_mmio *t, struct virtq *q, uint32_t v)
{
    if ((v & 1) == 0) {
        t->ops->stop(t->dev, t->queue_sel);
        q->ready = false;
    } else if (!q->ready && virtq_valid(q, t->ops->queue_max)) {
        q->next_avail = q->next_used = 0;
        q->ready = true;
    }
}

static void set_half(uint64_t *v, bool high, uint32_t half)
{
    unsigned at = high ? 32 : 0;

    *v = (*v & ~(0xffffffffull << at)) | (uint64_t)half << at;
}

/* Size and addresses hold still while the queue is ready. */
static void write_queue(struct virtq *q, uint64_t offset, uint32_t v)
{
    bool high = (offset & 4) != 0;

    if (q->ready)
        return;
    switch (offset) {
    case QUEUE_NUM:
        q->num = v <= VIRTQ_MAX_SEGS ? (uint16_t)v : 0;
        break;
    case QUEUE_DESC_LOW:
    case QUEUE_DESC_HIGH:
        set_half(&q->desc, high, v);
        break;
    case QUEUE_DRIVER_LOW:
    case QUEUE_DRIVER_HIGH:
        set_half(&q->avail, high, v);
        break;
    case QUEUE_DEVICE_LOW:
    case QUEUE_DEVICE_HIGH:
        set_half(&q->used, high, v);
        break;
    }
}

static void write_register(struct virtio_mmio *t, uint64_t offset, uint32_t v)
{
    struct virtq *q = selected(t);

    switch (offset) {
    case DEVICE_FEATURES_SEL:
        t->features_sel = v;
        break;
    case DRIVER_FEATURES:
        write_driver_features(t, v);
        break;
    case DRIVER_FEATURES_SEL:
        t->driver_features_sel = v;
        break;
    case QUEUE_SEL:
        t->queue_sel = v;
        break;
    case QUEUE_READY:
        if (q != NULL)
            write_ready(t, q, v);
        break;
    case QUEUE_NOTIFY:
        if (virtio_mmio_live(t, v))
            t->ops->notify(t->dev, v);
        break;
    case INTERRUPT_ACK:
        set_isr(t, t->isr & ~v);
        break;
    case STATUS:
        write_status(t, v);
        break;
    default:
        if (q != NULL)
            write_queue(q, offset, v);
        break;
    }
}

static void mmio_write(void *dev, uint64_t offset, unsigned size,
                       uint64_t value)
{
    if (size == 4 && offset % 4 == 0 && offset < CONFIG)
        write_register(dev, offset, (uint32_t)value);
}

static const struct bus_ops virtio_mmio_bus_ops = {.read = mmio_read,
                                                   .write = mmio_write};

enum status virtio_mmio_init(struct virtio_mmio *t, struct machine *m,
                             uint64_t base, struct irq_line irq,
                             const struct virtio_ops *ops, void *dev,
                             uint64_t features, const uint8_t *config,
                             uint32_t config_len, struct error *err)
{
    t->m = m;
    t->irq = irq;
    t->ops = ops;
    t->dev = dev;
    t->features = features | VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC;
    t->config = config;
    t->config_len = config_len;
    return bus_add(&m->bus, BUS_MMIO, base, VIRTIO_MMIO_LEN,
                   &virtio_mmio_bus_ops, t, ops->name, err);
}

void virtio_mmio_snapshot(struct virtio_mmio *t, struct snap *s)
{
    unsigned i;

    snap_u32(s, &t->status);
    snap_u32(s, &t->isr);
    snap_u32(s, &t->queue_sel);
    snap_u32(s, &t->features_sel);
    snap_u32(s, &t->driver_features_sel);
    snap_u64(s, &t->driver_features);
    for (i = 0; i < t->ops->nr_queues; i++)
        virtq_snapshot(&t->queue[i], s, t->ops->queue_max);
}
