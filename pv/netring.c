/* netring.c: packets and frames of the PV network card [XEN io/netif.h]. */
#include "pv/grant.h"
#include "pv/netback.h"

_Static_assert(sizeof(struct netif_tx_request) == 12 &&
                   sizeof(struct netif_tx_response) == 4 &&
                   sizeof(struct netif_rx_request) == 8 &&
                   sizeof(struct netif_rx_response) == 8,
               "Xen ABI");
_Static_assert(PV_NET_RING * sizeof(struct netif_tx_request) <= PV_RING_ROOM &&
                   2 * PV_NET_RING * sizeof(struct netif_rx_request) >
                       PV_RING_ROOM,
               "entries of the rings");

/* ---- to the network ---- */

/* Take the requests of one packet. False: it is not whole, longer than any may
 * be, or has what was not offered. */
static bool take_packet(struct pv_net *n, uint32_t waiting)
{
    unsigned i = 0;

    do {
        if (i == waiting || i == PV_NET_SLOTS)
            return false;
        pv_ring_peek(&n->tx, i, &n->slot[i], sizeof(n->slot[i]));
        if (n->slot[i].flags & NETTXF_extra_info)
            return false;
    } while (n->slot[i++].flags & NETTXF_more_data);
    n->nr_slots = i;
    pv_ring_take(&n->tx, i);
    return true;
}

/* The first request has the size of the whole packet. */
static size_t packet_len(const struct pv_net *n)
{
    return n->slot[0].size;
}

/* Bytes of the packet in request i; 0: the sizes make no sense. */
static size_t slot_len(const struct pv_net *n, unsigned i)
{
    size_t len = n->slot[i].size;
    unsigned k;

    for (k = 1; i == 0 && k < n->nr_slots; k++)
        len -= n->slot[k].size < len ? n->slot[k].size : len;
    return len;
}

/* Copy the packet in flight. False: it is no frame, or not granted. */
static bool gather(struct pv_net *n)
{
    size_t at = 0, len;
    unsigned i;

    if (packet_len(n) < NETDEV_FRAME_MIN || packet_len(n) > NETDEV_FRAME_MAX)
        return false;
    for (i = 0; i < n->nr_slots; i++, at += len) {
        len = slot_len(n, i);
        if (len == 0 || len > packet_len(n) - at ||
            n->slot[i].offset + len > PAGE_SIZE ||
            !pv_grant_copy_in(n->bus.d, n->slot[i].gref, n->slot[i].offset,
                              n->frame + at, (unsigned)len))
            return false;
    }
    return at == packet_len(n);
}

static void answer_packet(struct pv_net *n, int16_t status)
{
    struct netif_tx_response rsp = {.status = status};
    bool notify = false;
    unsigned i;

    for (i = 0; i < n->nr_slots; i++) {
        rsp.id = n->slot[i].id;
        notify |= pv_ring_answer(&n->tx, &rsp, sizeof(rsp));
    }
    if (notify)
        pv_xenbus_notify(&n->bus);
}

static void send_next(struct pv_net *n)
{
    struct guest_clock *clk = &n->bus.d->m->clock;
    uint32_t waiting;

    if (n->busy || (waiting = pv_ring_waiting(&n->tx)) == 0)
        return;
    if (!take_packet(n, waiting)) {
        n->tx.broken = true;
        return;
    }
    n->busy = true;
    clock_arm(clk, &n->sent, clock_now(clk) + netdev_wire_ns(packet_len(n)));
}

void pv_netring_sent(void *opaque)
{
    struct pv_net *n = opaque;
    bool ok = gather(n);

    n->busy = false;
    if (ok && (n->slot[0].flags & NETTXF_csum_blank))
        (void)pv_netsum_fill(n->frame, packet_len(n));
    if (ok)
        netdev_send(n->net, n->frame, packet_len(n));
    answer_packet(n, ok ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
    send_next(n);
}

/* ---- from the network ---- */

/* Put a frame where the next request says. True: the front end wants to know.
 */
static bool store(struct pv_net *n, const uint8_t *frame, size_t len)
{
    struct netif_rx_request req;
    struct netif_rx_response rsp = {.status = (int16_t)len};

    pv_ring_peek(&n->rx, 0, &req, sizeof(req));
    pv_ring_take(&n->rx, 1);
    rsp.id = req.id;
    if (!pv_grant_copy_out(n->bus.d, req.gref, 0, frame, (unsigned)len))
        rsp.status = NETIF_RSP_ERROR;
    return pv_ring_answer(&n->rx, &rsp, sizeof(rsp));
}

void pv_netring_arrived(void *opaque)
{
    struct pv_net *n = opaque;
    const uint8_t *frame;
    bool notify = false;
    size_t len;

    if (!n->bus.connected || n->rx.broken) {
        netdev_drop(n->net);
        return;
    }
    while ((len = netdev_arrived(n->net, &frame)) > 0 &&
           pv_ring_waiting(&n->rx) > 0) {
        notify |= store(n, frame, len);
        netdev_taken(n->net);
    }
    if (notify)
        pv_xenbus_notify(&n->bus);
}

void pv_netring_next(struct pv_net *n)
{
    send_next(n);
    pv_netring_arrived(n);
}
