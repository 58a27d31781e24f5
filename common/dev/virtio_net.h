/* virtio_net.h: the virtio network card over MMIO [VIRTIO "Network Device"],
 * one queue in each direction, on a network of netdev.h.
 *
 * Offered: MAC, STATUS (the link is up), and what the transport offers; no
 * checksums, no segmentation, no merged buffers, no control queue: the card
 * takes every frame that its network sends. The header of a frame is all zeros
 * but for the number of buffers.
 *
 * Frames are sent one after the other in ring order. Each takes the time that
 * netdev.h says, and happens as a whole at its end: the frame is on the
 * network, used ring, interrupt. One too short or too long for the network is
 * dropped. Frames that arrive wait for a buffer; one that does not fit into the
 * next buffer is dropped, and the buffer stays. */
#ifndef COMMON_DEV_VIRTIO_NET_H
#define COMMON_DEV_VIRTIO_NET_H

#include "common/machine/machine.h"

/* Where the board has it: registers, and the ISA interrupt line (8259 input
 * and I/O APIC pin of that number), level-triggered, active high. */
#define VIRTIO_NET_MMIO 0xfeb00200u
#define VIRTIO_NET_IRQ  11

#define VIRTIO_NET_QUEUE  128u /* entries */
#define VIRTIO_NET_HEADER 12u  /* bytes before each frame */

/* Queues. */
enum { VIRTIO_NET_RX, VIRTIO_NET_TX };

struct netdev;
struct virtio_net;

/* `network` as netdev_open() takes it, with its errors. Owned by the machine's
 * list of devices, which closes the network. */
enum status virtio_net_create(struct machine *m, struct irq_line irq,
                              const char *network, struct virtio_net **out,
                              struct error *err) MUST_CHECK;

/* The network behind it, for another front end of an engine's in its place. */
struct netdev *virtio_net_backend(struct virtio_net *v);

#endif
