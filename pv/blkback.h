/* blkback.h: the PV block device's back end [XEN io/blkif.h], on the disk that
 * the board has for its virtio front end.
 *
 * Offered: one ring of one page, one queue, flushes. Requests are carried out
 * one after the other in ring order; each takes the time that virtio_blk.h
 * says, and happens as a whole at its end. */
#ifndef PV_BLKBACK_H
#define PV_BLKBACK_H

#include "pv/domain.h"

/* "xvda" as a device number, and where its two ends are in the store. */
#define PV_BLK_NUMBER   "51712"
#define PV_BLK_FRONTEND "/local/domain/1/device/vbd/" PV_BLK_NUMBER
#define PV_BLK_BACKEND  "/local/domain/0/backend/vbd/1/" PV_BLK_NUMBER

#define PV_BLK_RING 32u /* entries; of both layouts */

struct blockdev;

struct pv_blk {
    struct pv_domain *d;
    struct blockdev *disk; /* the board's */
    unsigned backend;      /* number at the event channels */
    uint32_t state;        /* XenbusState of this end */

    /* While connected: */
    bool connected;
    bool broken; /* the front end broke a rule: nothing more happens */
    bool abi32;  /* layout of the ring's entries */
    uint32_t ring_ref, port;
    uint64_t ring_mfn;
    uint32_t req_cons, rsp_prod;

    bool busy; /* a request is in flight: the one before req_cons */
    struct blkif_request req;
    struct clock_timer done;

    uint8_t data[BLKIF_MAX_SEGMENTS_PER_REQUEST * PAGE_SIZE]; /* scratch */
};

/* ---- blkring.c ---- */

/* The ring at ring_mfn is new. */
void pv_blkring_attach(struct pv_blk *b);
/* The front end rang, or a request was done: go on. */
void pv_blkring_next(struct pv_blk *b);
/* The request in flight has had its time. */
void pv_blkring_done(void *opaque);

#endif
