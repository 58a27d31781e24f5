/* netrig.h: a virtio network card on a user network cut off from the host, and
 * frames for it. Buffer i of a queue is at NETRIG_BUF(q, i). */
#ifndef COMMON_DEV_TESTS_NETRIG_H
#define COMMON_DEV_TESTS_NETRIG_H

#include "common/dev/netdev.h"
#include "common/dev/tests/virtiorig.h"
#include "common/dev/virtio_net.h"

#define NETRIG_BUF(q, i) (0x10000u + 0x20000u * (q) + 0x1000u * (i))
#define NETRIG_BUF_BYTES (VIRTIO_NET_HEADER + NETDEV_FRAME_MAX)

struct netrig {
    struct virtiorig v; /* queues VIRTIO_NET_RX and VIRTIO_NET_TX */
    struct netdev *net;
};

/* The network is NETRIG_NETWORK with `more` ("" or ",tftp=..."). */
#define NETRIG_NETWORK "user,restrict=on"
void netrig_init(struct netrig *n, const char *more);
void netrig_fini(struct netrig *n);

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
