/* netback.h: the PV network card's back end [XEN io/netif.h], on the network
 * that the board has for its virtio front end.
 *
 * Offered: one queue of two rings of one page, data copied by grant
 * (feature-rx-copy), blank checksums from the guest. Not offered:
 * scatter-gather, segmentation, split event channels, several queues, multicast
 * lists, the control ring.
 *
 * Packets are sent one after the other in ring order. Each takes the time that
 * netdev.h says, and happens as a whole at its end: data, frame on the network,
 * answers, event. Frames that arrive wait for requests of the receiving ring.
 */
#ifndef PV_NETBACK_H
#define PV_NETBACK_H

#include "common/dev/netdev.h"
#include "pv/domain.h"
#include "pv/ring.h"
#include "pv/xenbus.h"

/* Where its two ends are in the store. */
#define PV_NET_FRONTEND "/local/domain/1/device/vif/0"
#define PV_NET_BACKEND  "/local/domain/0/backend/vif/1/0"

#define PV_NET_RING  256u                   /* entries; of both rings */
#define PV_NET_SLOTS XEN_NETIF_NR_SLOTS_MIN /* requests a packet, at most */

struct pv_net {
    struct pv_xenbus bus;
    struct netdev *net; /* the board's */
    struct pv_ring tx, rx;

    bool busy; /* a packet is in flight: the requests taken last */
    unsigned nr_slots;
    struct netif_tx_request slot[PV_NET_SLOTS];
    struct clock_timer sent;

    uint8_t frame[NETDEV_FRAME_MAX]; /* scratch */
};

/* ---- netring.c; all but pv_netring_arrived() while connected ---- */

/* The front end rang, or a packet was sent: go on. */
void pv_netring_next(struct pv_net *n);
/* Frames have arrived, or there may be requests for them. */
void pv_netring_arrived(void *opaque);
/* The packet in flight has had its time. */
void pv_netring_sent(void *opaque);

/* ---- netsum.c ---- */

/* Fill in the checksum of a TCP or UDP packet over IPv4. False: it is none, or
 * is cut off or a fragment; nothing changes. */
bool pv_netsum_fill(uint8_t *frame, size_t len);

#endif
