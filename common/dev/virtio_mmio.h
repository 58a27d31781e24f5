/* virtio_mmio.h: the transport of virtio devices over MMIO, version 2 [VIRTIO
 * "Virtio Over MMIO"]. A device embeds one and hands in its virtio_ops.
 *
 * Offered on behalf of every device: VERSION_1 (the driver must take it) and
 * INDIRECT_DESC. Registers are for aligned 32-bit accesses, others read 0 or
 * have no effect; the configuration space takes any. */
#ifndef COMMON_DEV_VIRTIO_MMIO_H
#define COMMON_DEV_VIRTIO_MMIO_H

#include "common/dev/virtq.h"
#include "common/machine/machine.h"

#define VIRTIO_MMIO_LEN    0x200u
#define VIRTIO_MAX_QUEUES  2
#define VIRTIO_MMIO_VENDOR 0x50495254u /* "TRIP" */

#define VIRTIO_F_INDIRECT_DESC BITQ(28)
#define VIRTIO_F_VERSION_1     BITQ(32)

/* Device status [VIRTIO "Device Status Field"]. */
#define VIRTIO_ACKNOWLEDGE 0x01u
#define VIRTIO_DRIVER      0x02u
#define VIRTIO_DRIVER_OK   0x04u
#define VIRTIO_FEATURES_OK 0x08u
#define VIRTIO_NEEDS_RESET 0x40u
#define VIRTIO_FAILED      0x80u

struct virtio_ops {
    const char *name; /* of the range on the bus */
    uint32_t device_id;
    unsigned nr_queues; /* up to VIRTIO_MAX_QUEUES */
    uint16_t queue_max; /* entries, a power of two up to VIRTQ_MAX_SEGS */
    /* The driver says that there may be buffers; the queue is live. */
    void (*notify)(void *dev, unsigned queue);
    /* The queue ends (reset, or no longer ready): forget what is in flight. */
    void (*stop)(void *dev, unsigned queue);
};

struct virtio_mmio {
    struct machine *m;
    struct irq_line irq;
    const struct virtio_ops *ops;
    void *dev;
    uint64_t features;     /* offered */
    const uint8_t *config; /* borrowed, constant */
    uint32_t config_len;

    uint32_t status, isr;
    uint32_t queue_sel, features_sel, driver_features_sel;
    uint64_t driver_features;
    struct virtq queue[VIRTIO_MAX_QUEUES];
};

/* Claim [base, base+VIRTIO_MMIO_LEN) for a zeroed *t in reset state. `ops`,
 * `dev` and `config` are borrowed; `features` are the device's own. */
enum status virtio_mmio_init(struct virtio_mmio *t, struct machine *m,
                             uint64_t base, struct irq_line irq,
                             const struct virtio_ops *ops, void *dev,
                             uint64_t features, const uint8_t *config,
                             uint32_t config_len, struct error *err) MUST_CHECK;

/* Whether the driver runs and the queue may be used. */
bool virtio_mmio_live(const struct virtio_mmio *t, unsigned queue);

/* Buffers were returned on the queue: interrupt if the driver wants that. */
void virtio_mmio_used(struct virtio_mmio *t, unsigned queue);

/* The driver broke the rules: DEVICE_NEEDS_RESET; no queue is live until it
 * resets the device. */
void virtio_mmio_broken(struct virtio_mmio *t);

/* Reset by the machine, or by the driver; stops all queues. */
void virtio_mmio_reset(struct virtio_mmio *t);

void virtio_mmio_snapshot(struct virtio_mmio *t, struct snap *s);

#endif
