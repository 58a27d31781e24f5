/* netback.c: the PV network card's back end: what its two ends tell each other
 * in the store [XEN io/netif.h]. */
#include "pv/netback.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/dev/virtio_net.h"
#include "pv/xenstore.h"

static bool net_connect(void *dev)
{
    struct pv_net *n = dev;
    uint64_t copy, queues;
    struct pv_domain *d = n->bus.d;

    if (!pv_store_get_number(d, PV_NET_FRONTEND "/request-rx-copy", &copy) ||
        copy != 1)
        return false;
    if (pv_store_get_number(d, PV_NET_FRONTEND "/multi-queue-num-queues",
                            &queues) &&
        queues != 1)
        return false;
    if (!pv_ring_attach(&n->tx, PV_NET_FRONTEND "/tx-ring-ref"))
        return false;
    if (!pv_ring_attach(&n->rx, PV_NET_FRONTEND "/rx-ring-ref")) {
        pv_ring_detach(&n->tx);
        return false;
    }
    return true;
}

static void net_disconnect(void *dev)
{
    struct pv_net *n = dev;

    n->busy = false;
    clock_disarm(&n->bus.d->m->clock, &n->sent);
    netdev_drop(n->net);
    pv_ring_detach(&n->tx);
    pv_ring_detach(&n->rx);
}

static void net_ring(void *dev)
{
    pv_netring_next(dev);
}

static const struct pv_xenbus_ops net_bus_ops = {
    .front = PV_NET_FRONTEND,
    .back = PV_NET_BACKEND,
    .connect = net_connect,
    .disconnect = net_disconnect,
    .ring = net_ring,
};

/* ---- life ---- */

static enum status introduce(struct pv_net *n, struct pv_domain *d,
                             struct error *err)
{
    static const uint8_t m[] = NETDEV_MAC;
    char mac[18];
    const struct pv_xenbus_node node[] = {
        {PV_NET_FRONTEND "/handle", "0"},
        {PV_NET_FRONTEND "/mac", mac},
        {PV_NET_BACKEND "/handle", "0"},
        {PV_NET_BACKEND "/mac", mac},
        {PV_NET_BACKEND "/feature-rx-copy", "1"},
        {PV_NET_BACKEND "/feature-rx-flip", "0"},
    };

    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
             m[2], m[3], m[4], m[5]);
    return pv_xenbus_create(&n->bus, d, &net_bus_ops, n, node, ARRAY_LEN(node),
                            err);
}

enum status pv_net_create(struct pv_domain *d, struct error *err)
{
    struct pv_net *n;

    if (d->m->net == NULL)
        return ST_OK;
    n = calloc(1, sizeof(*n));
    if (n == NULL)
        return err_set(err, ST_NOMEM, "PV network card");
    d->net = n;
    n->net = virtio_net_backend(d->m->net);
    clock_timer_init(&n->sent, pv_netring_sent, n);
    pv_ring_init(&n->tx, d, PV_NET_RING, sizeof(struct netif_tx_request));
    pv_ring_init(&n->rx, d, PV_NET_RING, sizeof(struct netif_rx_request));
    netdev_listen(n->net, pv_netring_arrived, n);
    return introduce(n, d, err);
}

void pv_net_destroy(struct pv_domain *d)
{
    if (d == NULL || d->net == NULL)
        return;
    clock_disarm(&d->m->clock, &d->net->sent);
    netdev_listen(d->net->net, NULL, NULL);
    free(d->net);
    d->net = NULL;
}

static void packet_snapshot(struct pv_net *n, struct snap *s)
{
    uint32_t nr = n->nr_slots;
    unsigned i;

    snap_bool(s, &n->busy);
    snap_u32(s, &nr);
    snap_require(s, nr <= PV_NET_SLOTS && (nr > 0 || !n->busy),
                 "requests of a packet");
    if (s->status != ST_OK)
        return;
    n->nr_slots = nr;
    for (i = 0; i < nr; i++) {
        snap_u32(s, &n->slot[i].gref);
        snap_u16(s, &n->slot[i].offset);
        snap_u16(s, &n->slot[i].flags);
        snap_u16(s, &n->slot[i].id);
        snap_u16(s, &n->slot[i].size);
    }
    snap_timer(s, &n->sent);
    snap_require(s,
                 n->busy == (n->sent.due != CLOCK_NEVER) &&
                     (n->bus.connected || !n->busy),
                 "PV packet in flight");
}

void pv_net_snapshot(struct pv_domain *d, struct snap *s)
{
    struct pv_net *n = d->net;
    bool there = n != NULL;

    snap_section(s, "pv-net", 1);
    snap_bool(s, &there);
    snap_require(s, there == (n != NULL), "PV network card");
    if (n == NULL || s->status != ST_OK)
        return;
    pv_xenbus_snapshot(&n->bus, s);
    pv_ring_snapshot(&n->tx, s, n->bus.connected);
    pv_ring_snapshot(&n->rx, s, n->bus.connected);
    packet_snapshot(n, s);
}
