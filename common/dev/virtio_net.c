/* virtio_net.c: the virtio network card.
 *
 * One frame to the network is in flight at a time. As with a block request only
 * its head is remembered, and the chain is followed again at its end. */
#include "common/dev/virtio_net.h"

#include <stdlib.h>

#include "common/base/bits.h"
#include "common/dev/netdev.h"
#include "common/dev/virtio_mmio.h"

/* [VIRTIO "Network Device"]. */
#define DEVICE_NETWORK 1

#define F_MAC    BITQ(5)
#define F_STATUS BITQ(16)

#define CONFIG_STATUS 6u /* offsets */
#define CONFIG_BYTES  8u
#define S_LINK_UP     1u

#define HEADER_NUM_BUFFERS 10u

_Static_assert(VIRTIO_NET_QUEUE <= VIRTQ_MAX_SEGS, "queue size");

struct virtio_net {
    struct virtio_mmio t;
    struct netdev *net;
    uint8_t config[CONFIG_BYTES];

    bool busy;     /* a frame is being sent */
    uint16_t head; /* its chain */
    struct clock_timer sent;

    struct virtq_chain chain;                             /* scratch */
    uint8_t bounce[VIRTIO_NET_HEADER + NETDEV_FRAME_MAX]; /* scratch */
};

/* ---- to the network ---- */

/* Length of the frame in v->chain, or 0 if no network takes it. */
static size_t frame_len(const struct virtio_net *v)
{
    uint64_t n = v->chain.out_bytes - VIRTIO_NET_HEADER;

    return n <= NETDEV_FRAME_MAX ? (size_t)n : 0;
}

/* Follow the chain at v->head: a header, a frame, nothing to write into.
 * False: the driver broke a rule. */
static bool walk_tx(struct virtio_net *v)
{
    return virtq_walk(&v->t.queue[VIRTIO_NET_TX], &v->t.m->mem, v->head,
                      &v->chain) &&
           v->chain.nr_in == 0 && v->chain.out_bytes >= VIRTIO_NET_HEADER;
}

static void send_next(struct virtio_net *v)
{
    struct machine *m = v->t.m;
    struct virtq *q = &v->t.queue[VIRTIO_NET_TX];
    enum virtq_answer answer = virtq_pop(q, &m->mem, &v->head);

    if (answer == VIRTQ_EMPTY)
        return;
    if (answer == VIRTQ_BROKEN || !walk_tx(v)) {
        virtio_mmio_broken(&v->t);
        return;
    }
    v->busy = true;
    clock_arm(&m->clock, &v->sent,
              clock_now(&m->clock) + netdev_wire_ns(frame_len(v)));
}

/* All about the frame at v->head. False: the driver broke a rule. */
static bool finish_tx(struct virtio_net *v)
{
    struct gmem *mem = &v->t.m->mem;
    size_t len;

    if (!walk_tx(v))
        return false;
    len = frame_len(v);
    if (!virtq_read(&v->chain, mem, VIRTIO_NET_HEADER, v->bounce, len) ||
        !virtq_push(&v->t.queue[VIRTIO_NET_TX], mem, v->head, 0))
        return false;
    netdev_send(v->net, v->bounce, len);
    return true;
}

static void frame_sent(void *opaque)
{
    struct virtio_net *v = opaque;

    v->busy = false;
    if (!virtio_mmio_live(&v->t, VIRTIO_NET_TX))
        return;
    if (!finish_tx(v)) {
        virtio_mmio_broken(&v->t);
        return;
    }
    virtio_mmio_used(&v->t, VIRTIO_NET_TX);
    send_next(v);
}

/* ---- from the network ---- */

enum rx { RX_STORED, RX_DROPPED, RX_BROKEN };

/* Put a frame into the buffer at `head`. */
static enum rx store(struct virtio_net *v, uint16_t head, const uint8_t *frame,
                     size_t len)
{
    struct virtq *q = &v->t.queue[VIRTIO_NET_RX];
    struct gmem *mem = &v->t.m->mem;
    uint8_t header[VIRTIO_NET_HEADER] = {[HEADER_NUM_BUFFERS] = 1};

    if (!virtq_walk(q, mem, head, &v->chain) || v->chain.nr_out > 0)
        return RX_BROKEN;
    if (v->chain.in_bytes < sizeof(header) + len)
        return RX_DROPPED;
    if (!virtq_write(&v->chain, mem, 0, header, sizeof(header)) ||
        !virtq_write(&v->chain, mem, sizeof(header), frame, len) ||
        !virtq_push(q, mem, head, (uint32_t)(sizeof(header) + len)))
        return RX_BROKEN;
    return RX_STORED;
}

/* Frames that have arrived go into the buffers that there are. */
static void receive(struct virtio_net *v)
{
    struct virtq *q = &v->t.queue[VIRTIO_NET_RX];
    enum virtq_answer answer;
    enum rx rx = RX_STORED;
    const uint8_t *frame;
    uint16_t head;
    size_t len;

    while (rx != RX_BROKEN && (len = netdev_arrived(v->net, &frame)) > 0) {
        answer = virtq_pop(q, &v->t.m->mem, &head);
        if (answer == VIRTQ_EMPTY)
            return;
        rx = answer == VIRTQ_BROKEN ? RX_BROKEN : store(v, head, frame, len);
        netdev_taken(v->net);
        if (rx == RX_DROPPED)
            virtq_unpop(q);
        else if (rx == RX_STORED)
            virtio_mmio_used(&v->t, VIRTIO_NET_RX);
    }
    if (rx == RX_BROKEN)
        virtio_mmio_broken(&v->t);
}

/* A frame has arrived. Without a driver it is lost. */
static void frame_arrived(void *opaque)
{
    struct virtio_net *v = opaque;

    if (virtio_mmio_live(&v->t, VIRTIO_NET_RX))
        receive(v);
    else
        netdev_drop(v->net);
}

/* ---- the queues ---- */

static void net_notify(void *dev, unsigned queue)
{
    struct virtio_net *v = dev;

    if (queue == VIRTIO_NET_RX)
        receive(v);
    else if (!v->busy)
        send_next(v);
}

static void net_stop(void *dev, unsigned queue)
{
    struct virtio_net *v = dev;

    if (queue == VIRTIO_NET_RX) {
        netdev_drop(v->net);
        return;
    }
    v->busy = false;
    v->head = 0;
    clock_disarm(&v->t.m->clock, &v->sent);
}

static const struct virtio_ops net_virtio_ops = {
    .name = "virtio_net",
    .device_id = DEVICE_NETWORK,
    .nr_queues = 2,
    .queue_max = VIRTIO_NET_QUEUE,
    .notify = net_notify,
    .stop = net_stop,
};

/* ---- life ---- */

static void net_reset(void *dev)
{
    struct virtio_net *v = dev;

    virtio_mmio_reset(&v->t);
    netdev_reset(v->net);
}

static void net_snapshot(void *dev, struct snap *s)
{
    struct virtio_net *v = dev;

    virtio_mmio_snapshot(&v->t, s);
    snap_bool(s, &v->busy);
    snap_u16(s, &v->head);
    snap_timer(s, &v->sent);
    snap_require(s,
                 v->busy == (v->sent.due != CLOCK_NEVER) &&
                     (!v->busy || v->t.queue[VIRTIO_NET_TX].ready),
                 "virtio network frame");
    netdev_snapshot(v->net, s);
}

static void net_fini(void *dev)
{
    struct virtio_net *v = dev;

    netdev_close(v->net);
    free(v);
}

static const struct device_ops net_device_ops = {
    .name = "virtio_net",
    .reset = net_reset,
    .snapshot = net_snapshot,
    .fini = net_fini,
};

static enum status net_register(struct virtio_net *v, struct machine *m,
                                struct irq_line irq, struct error *err)
{
    static const uint8_t mac[] = NETDEV_MAC;
    enum status st;

    memcpy(v->config, mac, sizeof(mac));
    v->config[CONFIG_STATUS] = S_LINK_UP;
    clock_timer_init(&v->sent, frame_sent, v);
    netdev_listen(v->net, frame_arrived, v);
    st = machine_add_device(m, &net_device_ops, v, err);
    if (st != ST_OK) {
        net_fini(v);
        return st;
    }
    /* From here on the machine's list owns it. */
    return virtio_mmio_init(&v->t, m, VIRTIO_NET_MMIO, irq, &net_virtio_ops, v,
                            F_MAC | F_STATUS, v->config, sizeof(v->config),
                            err);
}

enum status virtio_net_create(struct machine *m, struct irq_line irq,
                              const char *network, struct virtio_net **out,
                              struct error *err)
{
    struct virtio_net *v = calloc(1, sizeof(*v));
    enum status st;

    if (v == NULL)
        return err_set(err, ST_NOMEM, "network card");
    st = netdev_open(m, network, &v->net, err);
    if (st != ST_OK) {
        free(v);
        return st;
    }
    st = net_register(v, m, irq, err);
    if (st == ST_OK)
        *out = v;
    return st;
}

struct netdev *virtio_net_backend(struct virtio_net *v)
{
    return v->net;
}
