/* netrig.c: a virtio network card and frames for it. */
#include "common/dev/tests/netrig.h"

#include <check.h>
#include <stdio.h>

#include "common/base/be.h"
#include "common/base/bits.h"
#include "common/tests/suite.h"

#define GUEST  0x0a00020fu
#define ROUTER 0x0a000202u

void netrig_init(struct netrig *n, const char *more)
{
    char network[512];
    struct error err;

    snprintf(network, sizeof(network), NETRIG_NETWORK "%s", more);
    n->v = virtiorig_new(VIRTIO_NET_MMIO, 2);
    ck_assert_ok(virtio_net_create(&n->v.r->m, testrig_line(n->v.r), network,
                                   &n->v.r->m.net, &err),
                 &err);
    n->net = virtio_net_backend(n->v.r->m.net);
}

void netrig_fini(struct netrig *n)
{
    virtiorig_fini(&n->v);
}

void netrig_post(struct netrig *n, unsigned nr)
{
    unsigned i;

    for (i = 0; i < nr; i++) {
        virtiorig_desc(&n->v, VIRTIORIG_DESC(VIRTIO_NET_RX), i,
                       NETRIG_BUF(VIRTIO_NET_RX, i), NETRIG_BUF_BYTES,
                       DESC_WRITE, 0);
        virtiorig_offer(&n->v, VIRTIO_NET_RX, (uint16_t)i);
    }
    virtiorig_notify(&n->v, VIRTIO_NET_RX);
}

void netrig_send(struct netrig *n, unsigned i, const void *frame, size_t len)
{
    uint64_t at = NETRIG_BUF(VIRTIO_NET_TX, i);
    uint8_t header[VIRTIO_NET_HEADER] = {0};

    gmem_write(&n->v.r->m.mem, at, header, sizeof(header));
    gmem_write(&n->v.r->m.mem, at + sizeof(header), frame, len);
    virtiorig_desc(&n->v, VIRTIORIG_DESC(VIRTIO_NET_TX), 2 * i, at,
                   sizeof(header), DESC_NEXT, 2 * i + 1);
    virtiorig_desc(&n->v, VIRTIORIG_DESC(VIRTIO_NET_TX), 2 * i + 1,
                   at + sizeof(header), (uint32_t)len, 0, 0);
    virtiorig_offer(&n->v, VIRTIO_NET_TX, (uint16_t)(2 * i));
    virtiorig_notify(&n->v, VIRTIO_NET_TX);
}

/* ---- frames ---- */

static uint16_t checksum(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;
    size_t i;

    for (i = 0; i < n; i++)
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static uint8_t *ethernet(uint8_t *frame, uint16_t type)
{
    static const uint8_t mac[] = NETDEV_MAC;

    memset(frame, 0xff, 6);
    memcpy(frame + 6, mac, 6);
    put_be16(frame + 12, type);
    return frame + 14;
}

size_t netrig_arp(uint8_t *frame)
{
    static const uint8_t mac[] = NETDEV_MAC;
    uint8_t *p = ethernet(frame, 0x0806);

    put_be16(p, 1);          /* Ethernet */
    put_be16(p + 2, 0x0800); /* IPv4 */
    p[4] = 6;
    p[5] = 4;
    put_be16(p + 6, 1); /* request */
    memcpy(p + 8, mac, 6);
    put_be32(p + 14, GUEST);
    memset(p + 18, 0, 6);
    put_be32(p + 24, ROUTER);
    return 42;
}

void netrig_seal(uint8_t *frame)
{
    put_be16(frame + 14 + 10, 0);
    put_be16(frame + 14 + 10, checksum(frame + 14, 20));
}

static uint8_t *ipv4(uint8_t *frame, uint32_t to, unsigned protocol, size_t n)
{
    uint8_t *p = ethernet(frame, 0x0800);

    memset(p, 0, 20);
    p[0] = 0x45;
    put_be16(p + 2, (uint16_t)(20 + n));
    p[8] = 64;
    p[9] = (uint8_t)protocol;
    put_be32(p + 12, GUEST);
    put_be32(p + 16, to);
    netrig_seal(frame);
    return p + 20;
}

uint8_t netrig_byte(size_t offset)
{
    return (uint8_t)(offset * 7 + offset / 256);
}

size_t netrig_ping(uint8_t *frame, size_t n)
{
    uint8_t *p = ipv4(frame, ROUTER, 1, 8 + n);
    size_t i;

    memset(p, 0, 8);
    p[0] = 8; /* echo request */
    for (i = 0; i < n; i++)
        p[8 + i] = netrig_byte(i);
    put_be16(p + 2, checksum(p, 8 + n));
    return 14 + 20 + 8 + n;
}

size_t netrig_udp(uint8_t *frame, uint32_t to, uint16_t port, const void *data,
                  size_t n)
{
    uint8_t *p = ipv4(frame, to, 17, 8 + n);

    put_be16(p, 5000);
    put_be16(p + 2, port);
    put_be16(p + 4, (uint16_t)(8 + n));
    put_be16(p + 6, 0);
    memcpy(p + 8, data, n);
    return 14 + 20 + 8 + n;
}
