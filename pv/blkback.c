/* blkback.c: the PV block device's back end: what its two ends tell each other
 * in the store [XEN io/blkif.h]. */
#include "pv/blkback.h"

#include <stdlib.h>

#include "common/dev/blockdev.h"
#include "common/dev/virtio_blk.h"
#include "pv/xenstore.h"

static bool publish(struct pv_blk *b)
{
    unsigned info = blockdev_readonly(b->disk) ? VDISK_READONLY : 0;
    unsigned long long sectors = blockdev_sectors(b->disk);
    struct pv_domain *d = b->bus.d;

    return pv_store_put(d, PV_BLK_BACKEND "/sectors", "%llu", sectors) ==
               ST_OK &&
           pv_store_put(d, PV_BLK_BACKEND "/info", "%u", info) == ST_OK &&
           pv_store_put(d, PV_BLK_BACKEND "/sector-size", "%u",
                        BLOCKDEV_SECTOR) == ST_OK &&
           pv_store_put(d, PV_BLK_BACKEND "/physical-sector-size", "%u",
                        BLOCKDEV_SECTOR) == ST_OK;
}

static bool blk_connect(void *dev)
{
    static const char proto32[] = "x86_32-abi";
    struct pv_blk *b = dev;
    struct pv_domain *d = b->bus.d;
    bool abi32 = d->is32;
    char proto[32];

    if (pv_store_get(d, PV_BLK_FRONTEND "/protocol", proto, sizeof(proto)))
        abi32 = strcmp(proto, proto32) == 0;
    pv_blkring_layout(b, abi32);
    if (!pv_ring_attach(&b->ring, PV_BLK_FRONTEND "/ring-ref"))
        return false;
    if (!publish(b)) {
        pv_ring_detach(&b->ring);
        return false;
    }
    return true;
}

static void blk_disconnect(void *dev)
{
    struct pv_blk *b = dev;

    b->busy = false;
    clock_disarm(&b->bus.d->m->clock, &b->done);
    pv_ring_detach(&b->ring);
}

static void blk_ring(void *dev)
{
    pv_blkring_next(dev);
}

static const struct pv_xenbus_ops blk_bus_ops = {
    .front = PV_BLK_FRONTEND,
    .back = PV_BLK_BACKEND,
    .connect = blk_connect,
    .disconnect = blk_disconnect,
    .ring = blk_ring,
};

/* ---- life ---- */

static enum status introduce(struct pv_blk *b, struct pv_domain *d,
                             struct error *err)
{
    const struct pv_xenbus_node node[] = {
        {PV_BLK_FRONTEND "/virtual-device", PV_BLK_NUMBER},
        {PV_BLK_FRONTEND "/device-type", "disk"},
        {PV_BLK_BACKEND "/removable", "0"},
        {PV_BLK_BACKEND "/dev", "xvda"},
        {PV_BLK_BACKEND "/device-type", "disk"},
        {PV_BLK_BACKEND "/mode", blockdev_readonly(b->disk) ? "r" : "w"},
        {PV_BLK_BACKEND "/feature-flush-cache", "1"},
    };

    return pv_xenbus_create(&b->bus, d, &blk_bus_ops, b, node, ARRAY_LEN(node),
                            err);
}

enum status pv_blk_create(struct pv_domain *d, struct error *err)
{
    struct pv_blk *b;

    if (d->m->disk == NULL)
        return ST_OK;
    b = calloc(1, sizeof(*b));
    if (b == NULL)
        return err_set(err, ST_NOMEM, "PV block device");
    d->blk = b;
    b->disk = virtio_blk_backend(d->m->disk);
    clock_timer_init(&b->done, pv_blkring_done, b);
    pv_ring_init(&b->ring, d, PV_BLK_RING, 0);
    pv_blkring_layout(b, d->is32);
    return introduce(b, d, err);
}

void pv_blk_destroy(struct pv_domain *d)
{
    if (d == NULL || d->blk == NULL)
        return;
    clock_disarm(&d->m->clock, &d->blk->done);
    free(d->blk);
    d->blk = NULL;
}

static void request_snapshot(struct pv_blk *b, struct snap *s)
{
    struct blkif_request *r = &b->req;
    unsigned i;

    snap_u8(s, &r->operation);
    snap_u8(s, &r->nr_segments);
    snap_u64(s, &r->id);
    snap_u64(s, &r->sector_number);
    for (i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
        snap_u32(s, &r->seg[i].gref);
        snap_u8(s, &r->seg[i].first_sect);
        snap_u8(s, &r->seg[i].last_sect);
    }
}

void pv_blk_snapshot(struct pv_domain *d, struct snap *s)
{
    struct pv_blk *b = d->blk;
    bool there = b != NULL;

    snap_section(s, "pv-blk", 2);
    snap_bool(s, &there);
    snap_require(s, there == (b != NULL), "PV block device");
    if (b == NULL || s->status != ST_OK)
        return;
    pv_xenbus_snapshot(&b->bus, s);
    snap_bool(s, &b->abi32);
    pv_blkring_layout(b, b->abi32);
    pv_ring_snapshot(&b->ring, s, b->bus.connected);
    snap_bool(s, &b->busy);
    request_snapshot(b, s);
    snap_timer(s, &b->done);
    snap_require(s,
                 b->busy == (b->done.due != CLOCK_NEVER) &&
                     (b->bus.connected || !b->busy),
                 "PV block device's request");
}
