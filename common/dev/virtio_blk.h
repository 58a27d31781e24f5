/* virtio_blk.h: the virtio block device over MMIO [VIRTIO "Block Device"],
 * one request queue, on a file of the host.
 *
 * Offered: SIZE_MAX, SEG_MAX, BLK_SIZE, FLUSH, RO if read-only, and what the
 * transport offers. Requests: read, write, flush, get ID.
 *
 * Requests are carried out one after the other in ring order. Each takes
 * VIRTIO_BLK_LATENCY_NS plus one ns for each byte of data (1 GB/s) of guest
 * time, and happens as a whole at its end: data, status, used ring and
 * interrupt. Host errors and accesses past the end are status IOERR. */
#ifndef COMMON_DEV_VIRTIO_BLK_H
#define COMMON_DEV_VIRTIO_BLK_H

#include "common/machine/machine.h"

/* Where the board has it: registers, and the ISA interrupt line (8259 input
 * and I/O APIC pin of that number), level-triggered, active high. */
#define VIRTIO_BLK_MMIO 0xfeb00000u
#define VIRTIO_BLK_IRQ  10

#define VIRTIO_BLK_LATENCY_NS 20000u
#define VIRTIO_BLK_QUEUE      128u      /* entries */
#define VIRTIO_BLK_SEG_MAX    126u      /* data segments a request */
#define VIRTIO_BLK_SIZE_MAX   0x100000u /* bytes a segment */
#define VIRTIO_BLK_ID         "triptych-disk0"

struct blockdev;
struct virtio_blk;

/* Opens and locks `path` (see blockdev.h for its rules and errors). Owned by
 * the machine's list of devices, which closes the file. */
enum status virtio_blk_create(struct machine *m, struct irq_line irq,
                              const char *path, bool readonly,
                              struct virtio_blk **out,
                              struct error *err) MUST_CHECK;

/* The disk behind it, for another front end of an engine's in its place. */
struct blockdev *virtio_blk_backend(struct virtio_blk *b);

#endif
