/* virtiorig.h: the driver's side of a virtio device, on top of testrig: its
 * registers and its queues. Queue q has its descriptors at 0x1000 + 0x4000 * q,
 * the available ring 0x1000 and the used ring 0x2000 above them. RAM is 1 MiB;
 * what is from 0x10000 on is free. */
#ifndef COMMON_DEV_TESTS_VIRTIORIG_H
#define COMMON_DEV_TESTS_VIRTIORIG_H

#include "common/dev/tests/testrig.h"
#include "common/dev/virtio_mmio.h"

#define VIRTIORIG_SIZE     16u /* entries of a queue, which the driver chooses */
#define VIRTIORIG_RAM      0x100000u
#define VIRTIORIG_DESC(q)  (0x1000u + 0x4000u * (q))
#define VIRTIORIG_AVAIL(q) (VIRTIORIG_DESC(q) + 0x1000u)
#define VIRTIORIG_USED(q)  (VIRTIORIG_DESC(q) + 0x2000u)

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };

struct virtiorig {
    struct testrig *r;
    uint64_t mmio; /* where the registers are */
    unsigned nr_queues;
    uint16_t avail[2]; /* next available index */
};

/* A rig with RAM, for a device that the caller makes, with 1 or 2 queues. */
struct virtiorig virtiorig_new(uint64_t mmio, unsigned nr_queues);
void virtiorig_fini(struct virtiorig *v);

uint32_t virtiorig_rd(struct virtiorig *v, unsigned reg);
void virtiorig_wr(struct virtiorig *v, unsigned reg, uint32_t value);

/* All that a driver does up to DRIVER_OK; features beside VERSION_1. */
void virtiorig_start(struct virtiorig *v, uint32_t features);

/* Write descriptor i of the table at `table`. */
void virtiorig_desc(struct virtiorig *v, uint64_t table, unsigned i,
                    uint64_t pa, uint32_t len, unsigned flags, unsigned next);

/* Put a chain into the available ring of queue q; notify. */
void virtiorig_offer(struct virtiorig *v, unsigned q, uint16_t head);
void virtiorig_notify(struct virtiorig *v, unsigned q);

/* Used ring: its index; element i's head and length. */
uint16_t virtiorig_used(struct virtiorig *v, unsigned q);
uint32_t virtiorig_used_head(struct virtiorig *v, unsigned q, unsigned i);
uint32_t virtiorig_used_len(struct virtiorig *v, unsigned q, unsigned i);

#endif
