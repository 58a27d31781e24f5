/* netrig.c: a virtio network card and a small driver for it. */
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
    n->avail[0] = n->avail[1] = 0;
    n->r = testrig_new();
    ck_assert_ok(gmem_add(&n->r->m.mem, 0, NETRIG_RAM, false, &err), &err);
    ck_assert_ok(virtio_net_create(&n->r->m, testrig_line(n->r), network,
                                   &n->r->m.net, &err),
                 &err);
    n->net = virtio_net_backend(n->r->m.net);
}

void netrig_fini(struct netrig *n)
{
    testrig_free(n->r);
}

uint32_t netrig_rd(struct netrig *n, unsigned reg)
{
    return testrig_rd(n->r, VIRTIO_NET_MMIO + reg);
}

void netrig_wr(struct netrig *n, unsigned reg, uint32_t v)
{
    testrig_wr(n->r, VIRTIO_NET_MMIO + reg, v);
}

static void start_queue(struct netrig *n, unsigned q)
{
    uint8_t zero[6 + 2 * NETRIG_QUEUE] = {0};

    gmem_write(&n->r->m.mem, NETRIG_AVAIL(q), zero, sizeof(zero));
    gmem_write(&n->r->m.mem, NETRIG_USED(q), zero, 4);
    n->avail[q] = 0;
    netrig_wr(n, 0x30, q);
    netrig_wr(n, 0x38, NETRIG_QUEUE);
    netrig_wr(n, 0x80, NETRIG_DESC(q));
    netrig_wr(n, 0x90, NETRIG_AVAIL(q));
    netrig_wr(n, 0xa0, NETRIG_USED(q));
    netrig_wr(n, 0x44, 1);
    ck_assert_uint_eq(netrig_rd(n, 0x44), 1);
}

void netrig_start(struct netrig *n, uint32_t features)
{
    netrig_wr(n, 0x70, 0);
    netrig_wr(n, 0x70, 3);
    netrig_wr(n, 0x24, 1);
    netrig_wr(n, 0x20, 1); /* VERSION_1 */
    netrig_wr(n, 0x24, 0);
    netrig_wr(n, 0x20, features);
    netrig_wr(n, 0x70, 0xb);
    ck_assert_uint_eq(netrig_rd(n, 0x70), 0xb);
    start_queue(n, VIRTIO_NET_RX);
    start_queue(n, VIRTIO_NET_TX);
    netrig_wr(n, 0x70, 0xf);
}

void netrig_desc(struct netrig *n, unsigned q, unsigned i, uint64_t pa,
                 uint32_t len, unsigned flags, unsigned next)
{
    uint8_t d[16];

    put_le64(d, pa);
    put_le32(d + 8, len);
    put_le16(d + 12, (uint16_t)flags);
    put_le16(d + 14, (uint16_t)next);
    ck_assert(gmem_write(&n->r->m.mem, NETRIG_DESC(q) + 16 * i, d, sizeof(d)));
}

void netrig_offer(struct netrig *n, unsigned q, uint16_t head)
{
    uint64_t ring = NETRIG_AVAIL(q);
    uint8_t le[2];

    put_le16(le, head);
    gmem_write(&n->r->m.mem, ring + 4 + 2 * (n->avail[q] % NETRIG_QUEUE), le,
               2);
    put_le16(le, ++n->avail[q]);
    gmem_write(&n->r->m.mem, ring + 2, le, 2);
}

void netrig_notify(struct netrig *n, unsigned q)
{
    netrig_wr(n, 0x50, q);
}

static uint32_t used32(struct netrig *n, unsigned q, unsigned offset)
{
    uint8_t le[4];

    gmem_read(&n->r->m.mem, NETRIG_USED(q) + offset, le, sizeof(le));
    return get_le32(le);
}

uint16_t netrig_used(struct netrig *n, unsigned q)
{
    return (uint16_t)(used32(n, q, 0) >> 16);
}

uint32_t netrig_used_len(struct netrig *n, unsigned q, unsigned i)
{
    return used32(n, q, 8 + 8 * (i % NETRIG_QUEUE));
}

void netrig_post(struct netrig *n, unsigned nr)
{
    unsigned i;

    for (i = 0; i < nr; i++) {
        netrig_desc(n, VIRTIO_NET_RX, i, NETRIG_BUF(VIRTIO_NET_RX, i),
                    NETRIG_BUF_BYTES, DESC_WRITE, 0);
        netrig_offer(n, VIRTIO_NET_RX, (uint16_t)i);
    }
    netrig_notify(n, VIRTIO_NET_RX);
}

void netrig_send(struct netrig *n, unsigned i, const void *frame, size_t len)
{
    uint64_t at = NETRIG_BUF(VIRTIO_NET_TX, i);
    uint8_t header[VIRTIO_NET_HEADER] = {0};

    gmem_write(&n->r->m.mem, at, header, sizeof(header));
    gmem_write(&n->r->m.mem, at + sizeof(header), frame, len);
    netrig_desc(n, VIRTIO_NET_TX, 2 * i, at, sizeof(header), DESC_NEXT,
                2 * i + 1);
    netrig_desc(n, VIRTIO_NET_TX, 2 * i + 1, at + sizeof(header), (uint32_t)len,
                0, 0);
    netrig_offer(n, VIRTIO_NET_TX, (uint16_t)(2 * i));
    netrig_notify(n, VIRTIO_NET_TX);
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
