/* blkback.c: the PV block device's back end: the two ends find each other in
 * the store [XEN io/blkif.h, io/xenbus.h]. */
#include "pv/blkback.h"

#include <stdlib.h>

#include "common/dev/blockdev.h"
#include "common/dev/virtio_blk.h"
#include "pv/evtchn.h"
#include "pv/grant.h"
#include "pv/xenstore.h"

static void set_state(struct pv_blk *b, uint32_t state)
{
    if (b->state == state)
        return;
    b->state = state;
    /* Out of memory: the front end waits for ever, as with a dead back end. */
    (void)pv_store_put(b->d, PV_BLK_BACKEND "/state", "%u", state);
}

static void disconnect(struct pv_blk *b)
{
    if (!b->connected)
        return;
    b->connected = b->busy = false;
    clock_disarm(&b->d->m->clock, &b->done);
    pv_evtchn_disconnect(b->d, b->port, b->backend);
    pv_grant_end(b->d, b->ring_ref, true);
}

/* What the front end published of its ring. */
static bool read_ring(struct pv_blk *b)
{
    static const char proto32[] = "x86_32-abi";
    uint64_t ref, port;
    char proto[32];

    if (!pv_store_get_number(b->d, PV_BLK_FRONTEND "/ring-ref", &ref) ||
        !pv_store_get_number(b->d, PV_BLK_FRONTEND "/event-channel", &port) ||
        ref > UINT32_MAX || port > UINT32_MAX)
        return false;
    b->ring_ref = (uint32_t)ref;
    b->port = (uint32_t)port;
    b->abi32 = b->d->is32;
    if (pv_store_get(b->d, PV_BLK_FRONTEND "/protocol", proto, sizeof(proto)))
        b->abi32 = strcmp(proto, proto32) == 0;
    return true;
}

static bool attach_ring(struct pv_blk *b)
{
    if (!read_ring(b) || pv_grant_use(b->d, b->ring_ref, PV_DOMID_BACKEND, true,
                                      true, &b->ring_mfn) != GNTST_okay)
        return false;
    if (!pv_evtchn_connect(b->d, b->port, b->backend)) {
        pv_grant_end(b->d, b->ring_ref, true);
        return false;
    }
    b->connected = true;
    pv_blkring_attach(b);
    return true;
}

static bool publish(struct pv_blk *b)
{
    unsigned info = blockdev_readonly(b->disk) ? VDISK_READONLY : 0;
    unsigned long long sectors = blockdev_sectors(b->disk);
    struct pv_domain *d = b->d;

    return pv_store_put(d, PV_BLK_BACKEND "/sectors", "%llu", sectors) ==
               ST_OK &&
           pv_store_put(d, PV_BLK_BACKEND "/info", "%u", info) == ST_OK &&
           pv_store_put(d, PV_BLK_BACKEND "/sector-size", "%u",
                        BLOCKDEV_SECTOR) == ST_OK &&
           pv_store_put(d, PV_BLK_BACKEND "/physical-sector-size", "%u",
                        BLOCKDEV_SECTOR) == ST_OK;
}

static void connect(struct pv_blk *b)
{
    if (b->connected)
        return;
    if (!attach_ring(b) || !publish(b)) {
        disconnect(b);
        set_state(b, XenbusStateClosing);
        return;
    }
    set_state(b, XenbusStateConnected);
    pv_blkring_next(b);
}

/* Something at the front end's path changed. */
static void front_changed(void *opaque, const char *path)
{
    struct pv_blk *b = opaque;
    uint64_t state = XenbusStateUnknown;

    (void)path;
    if (!pv_store_get_number(b->d, PV_BLK_FRONTEND "/state", &state))
        state = XenbusStateUnknown;
    switch (state) {
    case XenbusStateInitialising:
        if (b->state == XenbusStateClosed)
            set_state(b, XenbusStateInitWait);
        break;
    case XenbusStateInitialised:
    case XenbusStateConnected:
        if (b->state == XenbusStateInitWait)
            connect(b);
        break;
    case XenbusStateClosing:
        if (b->state != XenbusStateClosed)
            set_state(b, XenbusStateClosing);
        break;
    case XenbusStateUnknown:
    case XenbusStateClosed:
        disconnect(b);
        set_state(b, XenbusStateClosed);
        break;
    }
}

static void notified(void *opaque)
{
    pv_blkring_next(opaque);
}

/* ---- life ---- */

/* As a toolstack introduces a disk, and a back end that is ready for it. */
static enum status introduce(struct pv_blk *b)
{
    struct pv_domain *d = b->d;
    const char *mode = blockdev_readonly(b->disk) ? "r" : "w";
    struct {
        const char *path, *value;
    } text[] = {
        {PV_BLK_FRONTEND "/backend", PV_BLK_BACKEND},
        {PV_BLK_FRONTEND "/backend-id", "0"},
        {PV_BLK_FRONTEND "/virtual-device", PV_BLK_NUMBER},
        {PV_BLK_FRONTEND "/device-type", "disk"},
        {PV_BLK_FRONTEND "/state", "1"},
        {PV_BLK_BACKEND "/frontend", PV_BLK_FRONTEND},
        {PV_BLK_BACKEND "/frontend-id", "1"},
        {PV_BLK_BACKEND "/online", "1"},
        {PV_BLK_BACKEND "/removable", "0"},
        {PV_BLK_BACKEND "/dev", "xvda"},
        {PV_BLK_BACKEND "/device-type", "disk"},
        {PV_BLK_BACKEND "/mode", mode},
        {PV_BLK_BACKEND "/feature-flush-cache", "1"},
    };
    enum status st = pv_store_allow(d, PV_BLK_BACKEND, PV_DOMID_BACKEND, 0,
                                    PV_DOMID, PV_STORE_READ);
    size_t i;

    if (st == ST_OK)
        st = pv_store_allow(d, PV_BLK_FRONTEND, PV_DOMID, 0, PV_DOMID_BACKEND,
                            PV_STORE_READ);
    for (i = 0; i < ARRAY_LEN(text) && st == ST_OK; i++)
        st = pv_store_put(d, text[i].path, "%s", text[i].value);
    return st;
}

enum status pv_blk_create(struct pv_domain *d, struct error *err)
{
    struct pv_blk *b;

    if (d->m->disk == NULL)
        return ST_OK;
    b = calloc(1, sizeof(*b));
    if (b == NULL)
        return err_set(err, ST_NOMEM, "PV block device");
    b->d = d;
    d->blk = b;
    b->disk = virtio_blk_backend(d->m->disk);
    clock_timer_init(&b->done, pv_blkring_done, b);
    b->backend = pv_evtchn_backend(d, notified, b);
    if (b->backend == 0 || introduce(b) != ST_OK ||
        !pv_store_listen(d, PV_BLK_FRONTEND, front_changed, b))
        return err_set(err, ST_NOMEM, "PV block device");
    set_state(b, XenbusStateInitWait);
    return ST_OK;
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

    snap_section(s, "pv-blk", 1);
    snap_bool(s, &there);
    snap_require(s, there == (b != NULL), "PV block device");
    if (b == NULL || s->status != ST_OK)
        return;
    snap_u32(s, &b->state);
    snap_bool(s, &b->connected);
    snap_bool(s, &b->broken);
    snap_bool(s, &b->abi32);
    snap_u32(s, &b->ring_ref);
    snap_u32(s, &b->port);
    snap_u64(s, &b->ring_mfn);
    snap_u32(s, &b->req_cons);
    snap_u32(s, &b->rsp_prod);
    snap_bool(s, &b->busy);
    request_snapshot(b, s);
    snap_timer(s, &b->done);
    snap_require(s,
                 (!b->connected || (b->ring_mfn < d->nr_frames &&
                                    b->ring_ref < pv_grant_refs(d) &&
                                    d->grants->use[b->ring_ref].writers > 0)) &&
                     b->busy == (b->done.due != CLOCK_NEVER),
                 "PV block device's ring");
}
