/* blkring.c: requests and answers of the PV block device [XEN io/blkif.h]. */
#include "common/base/bits.h"
#include "common/dev/blockdev.h"
#include "common/dev/virtio_blk.h"
#include "pv/blkback.h"
#include "pv/grant.h"

#define SECTORS_PER_PAGE (PAGE_SIZE / BLOCKDEV_SECTOR)

/* Layout of a request: 64-bit fields are aligned to 8, or to 4. */
struct abi {
    unsigned bytes, id, sector, segments;
    unsigned answer, answer_op, answer_status;
};
static const struct abi abi64 = {112, 8, 16, 24, 16, 8, 10};
static const struct abi abi32 = {108, 4, 12, 20, 12, 8, 10};

_Static_assert(sizeof(struct blkif_request) == 112, "Xen ABI");
_Static_assert(PV_BLK_RING * 112 <= PV_RING_ROOM &&
                   2 * PV_BLK_RING * 108 > PV_RING_ROOM,
               "entries of the ring");

static const struct abi *abi(const struct pv_blk *b)
{
    return b->abi32 ? &abi32 : &abi64;
}

void pv_blkring_layout(struct pv_blk *b, bool is32)
{
    b->abi32 = is32;
    b->ring.entry = abi(b)->bytes;
}

/* ---- one request ---- */

static void get_request(struct pv_blk *b)
{
    const struct abi *a = abi(b);
    uint8_t raw[sizeof(struct blkif_request)];
    struct blkif_request *r = &b->req;
    unsigned i;

    pv_ring_peek(&b->ring, 0, raw, a->bytes);
    memset(r, 0, sizeof(*r));
    r->operation = raw[0];
    r->nr_segments = raw[1];
    r->id = get_le64(raw + a->id);
    r->sector_number = get_le64(raw + a->sector);
    for (i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
        const uint8_t *p = raw + a->segments + 8 * i;

        r->seg[i].gref = get_le32(p);
        r->seg[i].first_sect = p[4];
        r->seg[i].last_sect = p[5];
    }
}

static unsigned segment_bytes(const struct blkif_request_segment *s)
{
    return (s->last_sect - s->first_sect + 1u) * BLOCKDEV_SECTOR;
}

/* Bytes of data in all segments; false: one is malformed or the request does
 * not lie inside the disk. */
static bool measure(struct pv_blk *b, unsigned *bytes)
{
    const struct blkif_request *r = &b->req;
    uint64_t sectors = blockdev_sectors(b->disk);
    unsigned i;

    *bytes = 0;
    if (r->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
        return false;
    for (i = 0; i < r->nr_segments; i++) {
        if (r->seg[i].first_sect > r->seg[i].last_sect ||
            r->seg[i].last_sect >= SECTORS_PER_PAGE)
            return false;
        *bytes += segment_bytes(&r->seg[i]);
    }
    return r->sector_number <= sectors &&
           *bytes / BLOCKDEV_SECTOR <= sectors - r->sector_number;
}

static bool copy_segments(struct pv_blk *b, bool to_guest)
{
    const struct blkif_request *r = &b->req;
    unsigned i, at, n;
    uint8_t *p = b->data;
    bool ok;

    for (i = 0; i < r->nr_segments; i++, p += n) {
        n = segment_bytes(&r->seg[i]);
        at = r->seg[i].first_sect * BLOCKDEV_SECTOR;
        ok = to_guest ? pv_grant_copy_out(b->bus.d, r->seg[i].gref, at, p, n)
                      : pv_grant_copy_in(b->bus.d, r->seg[i].gref, at, p, n);
        if (!ok)
            return false;
    }
    return true;
}

static bool do_read(struct pv_blk *b)
{
    unsigned n;

    return b->req.nr_segments > 0 && measure(b, &n) &&
           blockdev_read(b->disk, b->req.sector_number * BLOCKDEV_SECTOR,
                         b->data, n, NULL) == ST_OK &&
           copy_segments(b, true);
}

static bool do_write(struct pv_blk *b)
{
    unsigned n;

    return measure(b, &n) && !blockdev_readonly(b->disk) &&
           copy_segments(b, false) &&
           blockdev_write(b->disk, b->req.sector_number * BLOCKDEV_SECTOR,
                          b->data, n, NULL) == ST_OK;
}

static bool do_flush(struct pv_blk *b)
{
    return (b->req.nr_segments == 0 || do_write(b)) &&
           blockdev_flush(b->disk, NULL) == ST_OK;
}

static int16_t carry_out(struct pv_blk *b)
{
    bool ok = false;

    switch (b->req.operation) {
    case BLKIF_OP_READ:
        ok = do_read(b);
        break;
    case BLKIF_OP_WRITE:
        ok = b->req.nr_segments > 0 && do_write(b);
        break;
    case BLKIF_OP_FLUSH_DISKCACHE:
        ok = do_flush(b);
        break;
    case BLKIF_OP_WRITE_BARRIER: /* not offered */
    case BLKIF_OP_DISCARD:
    case BLKIF_OP_INDIRECT:
        return BLKIF_RSP_EOPNOTSUPP;
    }
    return ok ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR;
}

static void put_answer(struct pv_blk *b, int16_t status)
{
    const struct abi *a = abi(b);
    uint8_t raw[16] = {0};

    put_le64(raw, b->req.id);
    raw[a->answer_op] = b->req.operation;
    put_le16(raw + a->answer_status, (uint16_t)status);
    if (pv_ring_answer(&b->ring, raw, a->answer))
        pv_xenbus_notify(&b->bus);
}

/* ---- the ring ---- */

static uint64_t duration(const struct blkif_request *r)
{
    uint64_t ns = VIRTIO_BLK_LATENCY_NS;
    unsigned i;

    for (i = 0; i < r->nr_segments && i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
        if (r->seg[i].first_sect <= r->seg[i].last_sect)
            ns += segment_bytes(&r->seg[i]);
    return ns;
}

void pv_blkring_next(struct pv_blk *b)
{
    struct guest_clock *clk = &b->bus.d->m->clock;

    if (b->busy || pv_ring_waiting(&b->ring) == 0)
        return;
    get_request(b);
    pv_ring_take(&b->ring, 1);
    b->busy = true;
    clock_arm(clk, &b->done, clock_now(clk) + duration(&b->req));
}

void pv_blkring_done(void *opaque)
{
    struct pv_blk *b = opaque;

    b->busy = false;
    put_answer(b, carry_out(b));
    pv_blkring_next(b);
}
