/* virtio_blk.c: the virtio block device.
 *
 * One request is in flight at a time. Only its head is remembered: the chain is
 * followed when it starts, to know how long it takes, and again when it ends,
 * with every rule checked again, for the guest may have changed it. */
#include "common/dev/virtio_blk.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/dev/blockdev.h"
#include "common/dev/virtio_mmio.h"

/* [VIRTIO "Block Device"]. */
#define DEVICE_BLOCK 2

#define F_SIZE_MAX BITQ(1)
#define F_SEG_MAX  BITQ(2)
#define F_RO       BITQ(5)
#define F_BLK_SIZE BITQ(6)
#define F_FLUSH    BITQ(9)

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8 };
enum { S_OK, S_IOERR, S_UNSUPP };

#define HEADER_BYTES 16u
#define ID_BYTES     20u
#define CONFIG_BYTES 24u
#define BOUNCE_BYTES 65536u

_Static_assert(VIRTIO_BLK_QUEUE <= VIRTQ_MAX_SEGS, "queue size");
_Static_assert(VIRTIO_BLK_SEG_MAX + 2 <= VIRTIO_BLK_QUEUE, "segments");

struct virtio_blk {
    struct virtio_mmio t;
    struct blockdev *disk;
    uint8_t config[CONFIG_BYTES];

    bool busy;
    uint16_t head; /* of the request in flight */
    struct clock_timer done;

    struct virtq_chain chain;     /* scratch */
    uint8_t bounce[BOUNCE_BYTES]; /* scratch */
};

/* ---- one request ---- */

/* What a request did: its status byte, and data bytes written to the guest.
 * ok false: its memory is not there. */
struct outcome {
    bool ok;
    uint8_t status;
    uint32_t written;
};

static const struct outcome io_error = {.ok = true, .status = S_IOERR};
static const struct outcome bad_memory = {.ok = false};

/* Whether n bytes at the sector are whole sectors inside the disk, in segments
 * no longer than was offered. */
static bool range_ok(const struct virtio_blk *b, uint64_t sector, uint64_t n)
{
    uint64_t sectors = blockdev_sectors(b->disk);
    unsigned i;

    for (i = 0; i < b->chain.nr_out + b->chain.nr_in; i++)
        if (b->chain.seg[i].len > VIRTIO_BLK_SIZE_MAX)
            return false;
    return n % BLOCKDEV_SECTOR == 0 && sector <= sectors &&
           n / BLOCKDEV_SECTOR <= sectors - sector;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static struct outcome do_read(struct virtio_blk *b, uint64_t sector)
{
    uint64_t n = b->chain.in_bytes - 1;
    uint64_t at, step;

    if (!range_ok(b, sector, n))
        return io_error;
    for (at = 0; at < n; at += step) {
        step = smaller(n - at, BOUNCE_BYTES);
        if (blockdev_read(b->disk, sector * BLOCKDEV_SECTOR + at, b->bounce,
                          step, NULL) != ST_OK)
            return io_error;
        if (!virtq_write(&b->chain, &b->t.m->mem, at, b->bounce, step))
            return bad_memory;
    }
    return (struct outcome){.ok = true, .written = (uint32_t)n};
}

static struct outcome do_write(struct virtio_blk *b, uint64_t sector)
{
    uint64_t n = b->chain.out_bytes - HEADER_BYTES;
    uint64_t at, step;

    if (!range_ok(b, sector, n) || blockdev_readonly(b->disk))
        return io_error;
    for (at = 0; at < n; at += step) {
        step = smaller(n - at, BOUNCE_BYTES);
        if (!virtq_read(&b->chain, &b->t.m->mem, HEADER_BYTES + at, b->bounce,
                        step))
            return bad_memory;
        if (blockdev_write(b->disk, sector * BLOCKDEV_SECTOR + at, b->bounce,
                           step, NULL) != ST_OK)
            return io_error;
    }
    /* A driver that knows no flush relies on writes being there. */
    if ((b->t.driver_features & F_FLUSH) == 0 &&
        blockdev_flush(b->disk, NULL) != ST_OK)
        return io_error;
    return (struct outcome){.ok = true};
}

static struct outcome do_flush(struct virtio_blk *b)
{
    if (blockdev_flush(b->disk, NULL) != ST_OK)
        return io_error;
    return (struct outcome){.ok = true};
}

static struct outcome do_get_id(struct virtio_blk *b)
{
    char id[ID_BYTES] = VIRTIO_BLK_ID;
    uint64_t n = smaller(b->chain.in_bytes - 1, sizeof(id));

    if (!virtq_write(&b->chain, &b->t.m->mem, 0, id, n))
        return bad_memory;
    return (struct outcome){.ok = true, .written = (uint32_t)n};
}

static struct outcome carry_out(struct virtio_blk *b)
{
    uint8_t header[HEADER_BYTES];
    uint64_t sector;

    if (!virtq_read(&b->chain, &b->t.m->mem, 0, header, sizeof(header)))
        return bad_memory;
    sector = get_le64(header + 8);
    switch (get_le32(header)) {
    case T_IN:
        return do_read(b, sector);
    case T_OUT:
        return do_write(b, sector);
    case T_FLUSH:
        return do_flush(b);
    case T_GET_ID:
        return do_get_id(b);
    }
    return (struct outcome){.ok = true, .status = S_UNSUPP};
}

/* Everything about the request at b->head. False: the driver broke a rule. */
static bool finish(struct virtio_blk *b)
{
    struct gmem *mem = &b->t.m->mem;
    struct virtq *q = &b->t.queue[0];
    struct outcome did;

    if (!virtq_walk(q, mem, b->head, &b->chain) || b->chain.in_bytes == 0)
        return false;
    did = carry_out(b);
    return did.ok &&
           virtq_write(&b->chain, mem, b->chain.in_bytes - 1, &did.status, 1) &&
           virtq_push(q, mem, b->head, did.written + 1);
}

/* ---- the queue ---- */

static void start_next(struct virtio_blk *b)
{
    struct machine *m = b->t.m;
    struct virtq *q = &b->t.queue[0];
    enum virtq_answer answer = virtq_pop(q, &m->mem, &b->head);
    uint64_t bytes;

    if (answer == VIRTQ_EMPTY)
        return;
    if (answer == VIRTQ_BROKEN || !virtq_walk(q, &m->mem, b->head, &b->chain)) {
        virtio_mmio_broken(&b->t);
        return;
    }
    bytes = b->chain.out_bytes + b->chain.in_bytes;
    bytes -= smaller(bytes, HEADER_BYTES + 1);
    b->busy = true;
    clock_arm(&m->clock, &b->done,
              clock_now(&m->clock) + VIRTIO_BLK_LATENCY_NS + bytes);
}

static void blk_done(void *opaque)
{
    struct virtio_blk *b = opaque;

    b->busy = false;
    if (!finish(b)) {
        virtio_mmio_broken(&b->t);
        return;
    }
    virtio_mmio_used(&b->t, 0);
    start_next(b);
}

static void blk_notify(void *dev, unsigned queue)
{
    struct virtio_blk *b = dev;

    (void)queue;
    if (!b->busy)
        start_next(b);
}

static void blk_stop(void *dev, unsigned queue)
{
    struct virtio_blk *b = dev;

    (void)queue;
    b->busy = false;
    b->head = 0;
    clock_disarm(&b->t.m->clock, &b->done);
}

static const struct virtio_ops blk_virtio_ops = {
    .name = "virtio_blk",
    .device_id = DEVICE_BLOCK,
    .nr_queues = 1,
    .queue_max = VIRTIO_BLK_QUEUE,
    .notify = blk_notify,
    .stop = blk_stop,
};

/* ---- life ---- */

static void blk_reset(void *dev)
{
    virtio_mmio_reset(&((struct virtio_blk *)dev)->t);
}

static void blk_snapshot(void *dev, struct snap *s)
{
    struct virtio_blk *b = dev;
    uint64_t sectors = blockdev_sectors(b->disk);

    snap_u64(s, &sectors);
    snap_require(s, sectors == blockdev_sectors(b->disk), "size of the disk");
    virtio_mmio_snapshot(&b->t, s);
    snap_bool(s, &b->busy);
    snap_u16(s, &b->head);
    snap_timer(s, &b->done);
    snap_require(s,
                 b->busy == (b->done.due != CLOCK_NEVER) &&
                     (!b->busy || b->t.queue[0].ready),
                 "virtio block request");
}

static void blk_fini(void *dev)
{
    struct virtio_blk *b = dev;

    blockdev_close(b->disk);
    free(b);
}

static const struct device_ops blk_device_ops = {
    .name = "virtio_blk",
    .reset = blk_reset,
    .snapshot = blk_snapshot,
    .fini = blk_fini,
};

static enum status blk_register(struct virtio_blk *b, struct machine *m,
                                struct irq_line irq, struct error *err)
{
    uint64_t features = F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE | F_FLUSH;
    enum status st;

    if (blockdev_readonly(b->disk))
        features |= F_RO;
    put_le64(b->config, blockdev_sectors(b->disk));
    put_le32(b->config + 8, VIRTIO_BLK_SIZE_MAX);
    put_le32(b->config + 12, VIRTIO_BLK_SEG_MAX);
    put_le32(b->config + 20, BLOCKDEV_SECTOR);
    clock_timer_init(&b->done, blk_done, b);
    st = machine_add_device(m, &blk_device_ops, b, err);
    if (st != ST_OK) {
        blk_fini(b);
        return st;
    }
    /* From here on the machine's list owns it. */
    return virtio_mmio_init(&b->t, m, VIRTIO_BLK_MMIO, irq, &blk_virtio_ops, b,
                            features, b->config, sizeof(b->config), err);
}

enum status virtio_blk_create(struct machine *m, struct irq_line irq,
                              const char *path, bool readonly,
                              struct virtio_blk **out, struct error *err)
{
    struct virtio_blk *b = calloc(1, sizeof(*b));
    enum status st;

    if (b == NULL)
        return err_set(err, ST_NOMEM, "disk %s", path);
    st = blockdev_open(path, readonly, &b->disk, err);
    if (st != ST_OK) {
        free(b);
        return st;
    }
    st = blk_register(b, m, irq, err);
    if (st == ST_OK)
        *out = b;
    return st;
}

struct blockdev *virtio_blk_backend(struct virtio_blk *b)
{
    return b->disk;
}
