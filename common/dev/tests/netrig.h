/* netrig.h: a virtio network card on a user network cut off from the host, and
 * a small driver for it, on top of testrig. Queue q has its descriptors at
 * 0x1000 + 0x4000 * q, the available ring 0x1000 and the used ring 0x2000 above
 * them; buffer i of a queue is at NETRIG_BUF(q, i). RAM is 1 MiB. */
#ifndef COMMON_DEV_TESTS_NETRIG_H
#define COMMON_DEV_TESTS_NETRIG_H

#include "common/dev/netdev.h"
#include "common/dev/tests/testrig.h"
#include "common/dev/virtio_mmio.h"
#include "common/dev/virtio_net.h"

#define NETRIG_QUEUE     16u /* entries that the driver chooses */
#define NETRIG_RAM       0x100000u
#define NETRIG_DESC(q)   (0x1000u + 0x4000u * (q))
#define NETRIG_AVAIL(q)  (NETRIG_DESC(q) + 0x1000u)
#define NETRIG_USED(q)   (NETRIG_DESC(q) + 0x2000u)
#define NETRIG_BUF(q, i) (0x10000u + 0x20000u * (q) + 0x1000u * (i))
#define NETRIG_BUF_BYTES (VIRTIO_NET_HEADER + NETDEV_FRAME_MAX)

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };

struct netrig {
    struct testrig *r;
    struct netdev *net;
    uint16_t avail[2]; /* next available index */
};

/* The network is NETRIG_NETWORK with `more` ("" or ",tftp=..."). */
#define NETRIG_NETWORK "user,restrict=on"
void netrig_init(struct netrig *n, const char *more);
void netrig_fini(struct netrig *n);

uint32_t netrig_rd(struct netrig *n, unsigned reg);
void netrig_wr(struct netrig *n, unsigned reg, uint32_t v);

/* All that a driver does up to DRIVER_OK; features beside VERSION_1. */
void netrig_start(struct netrig *n, uint32_t features);

/* Write descriptor i of queue q. */
void netrig_desc(struct netrig *n, unsigned q, unsigned i, uint64_t pa,
                 uint32_t len, unsigned flags, unsigned next);

/* Put a chain into the available ring; notify. */
void netrig_offer(struct netrig *n, unsigned q, uint16_t head);
void netrig_notify(struct netrig *n, unsigned q);

/* Used ring: its index; length of element i. */
uint16_t netrig_used(struct netrig *n, unsigned q);
uint32_t netrig_used_len(struct netrig *n, unsigned q, unsigned i);

/* Offer buffers 0..nr-1 for receiving, one descriptor each. */
void netrig_post(struct netrig *n, unsigned nr);

/* Send a frame from buffer i: header and frame in two descriptors, 2i... */
void netrig_send(struct netrig *n, unsigned i, const void *frame, size_t len);

/* ---- frames ---- */

/* ARP: who has the router's address? Tells it ours, 10.0.2.15. 42 bytes. */
size_t netrig_arp(uint8_t *frame);
/* An echo request to the router with n bytes of data: n + 42 bytes. */
size_t netrig_ping(uint8_t *frame, size_t n);
/* The byte at an offset of its data. */
uint8_t netrig_byte(size_t offset);
/* A UDP datagram from port 5000 of 10.0.2.15; no checksum. n + 42 bytes. */
size_t netrig_udp(uint8_t *frame, uint32_t to, uint16_t port, const void *data,
                  size_t n);
/* Make the checksum of the IPv4 header right again. */
void netrig_seal(uint8_t *frame);

#endif
