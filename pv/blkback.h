/* blkback.h: the PV block device's back end [XEN io/blkif.h], on the disk that
 * the board has for its virtio front end.
 *
 * Offered: one ring of one page, one queue, flushes. Requests are carried out
 * one after the other in ring order; each takes the time that virtio_blk.h
 * says, and happens as a whole at its end. */
#ifndef PV_BLKBACK_H
#define PV_BLKBACK_H

#include "pv/domain.h"
#include "pv/ring.h"
#include "pv/xenbus.h"

/* "xvda" as a device number, and where its two ends are in the store. */
#define PV_BLK_NUMBER   "51712"
#define PV_BLK_FRONTEND "/local/domain/1/device/vbd/" PV_BLK_NUMBER
#define PV_BLK_BACKEND  "/local/domain/0/backend/vbd/1/" PV_BLK_NUMBER

#define PV_BLK_RING 32u /* entries; of both layouts */

struct blockdev;

struct pv_blk {
    struct pv_xenbus bus;
    struct blockdev *disk; /* the board's */
    struct pv_ring ring;
    bool abi32; /* layout of the ring's entries */

    bool busy; /* a request is in flight: the one taken last */
    struct blkif_request req;
    struct clock_timer done;

    uint8_t data[BLKIF_MAX_SEGMENTS_PER_REQUEST * PAGE_SIZE]; /* scratch */
};

/* ---- blkring.c ---- */

/* Entries have this layout from now on. */
void pv_blkring_layout(struct pv_blk *b, bool abi32);
/* The front end rang, or a request was done: go on. While connected. */
void pv_blkring_next(struct pv_blk *b);
/* The request in flight has had its time. */
void pv_blkring_done(void *opaque);

#endif
