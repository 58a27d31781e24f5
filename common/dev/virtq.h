/* virtq.h: the device's side of a split virtqueue [VIRTIO "Virtqueues"], with
 * indirect descriptors.
 *
 * The rings are the guest's and are read anew each time; nothing in them is
 * believed. What breaks the rules (an index outside the table, a loop, memory
 * that does not exist, a device-readable part after a writable one) makes the
 * queue broken, and it is the caller's to stop using it. */
#ifndef COMMON_DEV_VIRTQ_H
#define COMMON_DEV_VIRTQ_H

#include <stdbool.h>
#include <stdint.h>

#include "common/machine/gmem.h"
#include "common/machine/snap.h"

#define VIRTQ_MAX_SEGS 128 /* descriptors a chain, direct or indirect */

struct virtq {
    uint16_t num; /* entries, a power of two while ready */
    bool ready;
    uint64_t desc, avail, used; /* guest-physical */
    uint16_t next_avail, next_used;
};

struct virtq_seg {
    uint64_t pa;
    uint32_t len;
};

/* A request: nr_out parts that the device reads, then nr_in that it writes. */
struct virtq_chain {
    struct virtq_seg seg[VIRTQ_MAX_SEGS];
    unsigned nr_out, nr_in;
    uint64_t out_bytes, in_bytes;
};

enum virtq_answer { VIRTQ_EMPTY, VIRTQ_GOT, VIRTQ_BROKEN };

/* Whether size and addresses may become ready: num a power of two up to max,
 * addresses aligned [VIRTIO "Legacy Interfaces" aside: 16, 2 and 4]. */
bool virtq_valid(const struct virtq *q, uint16_t max);

/* Take the next available chain's head. */
enum virtq_answer virtq_pop(struct virtq *q, struct gmem *mem, uint16_t *head);

/* The chain taken last is available again. */
void virtq_unpop(struct virtq *q);

/* Follow the chain. False: broken. */
bool virtq_walk(const struct virtq *q, struct gmem *mem, uint16_t head,
                struct virtq_chain *chain);

/* Return the chain, `written` bytes of it written. False: broken. */
bool virtq_push(struct virtq *q, struct gmem *mem, uint16_t head,
                uint32_t written);

/* Whether the driver wants interrupts for used buffers. */
bool virtq_wants_interrupt(const struct virtq *q, struct gmem *mem);

/* Copy from the device-readable part, or to the device-writable one, at
 * `offset`. False if that leaves the part or there is no such memory. */
bool virtq_read(const struct virtq_chain *chain, struct gmem *mem,
                uint64_t offset, void *buf, uint64_t len);
bool virtq_write(const struct virtq_chain *chain, struct gmem *mem,
                 uint64_t offset, const void *buf, uint64_t len);

void virtq_reset(struct virtq *q);
void virtq_snapshot(struct virtq *q, struct snap *s, uint16_t max);

#endif
