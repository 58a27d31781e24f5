/* blkrig.c: a virtio block device and a small driver for it. */
#include "common/dev/tests/blkrig.h"

#include <check.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"

uint8_t blkrig_byte(uint64_t offset)
{
    return (uint8_t)(offset * 7 + offset / 512);
}

void blkrig_init(struct blkrig *b, bool readonly)
{
    static uint8_t image[BLKRIG_SECTORS * 512];
    struct error err;
    unsigned i;

    for (i = 0; i < sizeof(image); i++)
        image[i] = blkrig_byte(i);
    b->path = suite_tmpfile("blkrig", image, sizeof(image));
    b->avail = 0;
    b->r = testrig_new();
    ck_assert_ok(gmem_add(&b->r->m.mem, 0, BLKRIG_RAM, false, &err), &err);
    ck_assert_ok(virtio_blk_create(&b->r->m, testrig_line(b->r), b->path,
                                   readonly, &b->r->m.disk, &err),
                 &err);
}

void blkrig_fini(struct blkrig *b)
{
    testrig_free(b->r);
}

uint32_t blkrig_rd(struct blkrig *b, unsigned reg)
{
    return testrig_rd(b->r, VIRTIO_BLK_MMIO + reg);
}

void blkrig_wr(struct blkrig *b, unsigned reg, uint32_t v)
{
    testrig_wr(b->r, VIRTIO_BLK_MMIO + reg, v);
}

void blkrig_start(struct blkrig *b, uint32_t features)
{
    uint8_t zero[6 + 2 * BLKRIG_QUEUE] = {0};

    gmem_write(&b->r->m.mem, BLKRIG_AVAIL, zero, sizeof(zero));
    gmem_write(&b->r->m.mem, BLKRIG_USED, zero, 4);
    b->avail = 0;
    blkrig_wr(b, 0x70, 0);
    blkrig_wr(b, 0x70, 1);
    blkrig_wr(b, 0x70, 3);
    blkrig_wr(b, 0x24, 1);
    blkrig_wr(b, 0x20, 1); /* VERSION_1 */
    blkrig_wr(b, 0x24, 0);
    blkrig_wr(b, 0x20, features);
    blkrig_wr(b, 0x70, 0xb);
    ck_assert_uint_eq(blkrig_rd(b, 0x70), 0xb);
    blkrig_wr(b, 0x30, 0);
    blkrig_wr(b, 0x38, BLKRIG_QUEUE);
    blkrig_wr(b, 0x80, BLKRIG_DESC);
    blkrig_wr(b, 0x90, BLKRIG_AVAIL);
    blkrig_wr(b, 0xa0, BLKRIG_USED);
    blkrig_wr(b, 0x44, 1);
    ck_assert_uint_eq(blkrig_rd(b, 0x44), 1);
    blkrig_wr(b, 0x70, 0xf);
}

void blkrig_desc(struct blkrig *b, uint64_t table, unsigned i, uint64_t pa,
                 uint32_t len, unsigned flags, unsigned next)
{
    uint8_t d[16];

    put_le64(d, pa);
    put_le32(d + 8, len);
    put_le16(d + 12, (uint16_t)flags);
    put_le16(d + 14, (uint16_t)next);
    ck_assert(gmem_write(&b->r->m.mem, table + 16 * i, d, sizeof(d)));
}

void blkrig_offer(struct blkrig *b, uint16_t head)
{
    uint8_t le[2];

    put_le16(le, head);
    gmem_write(&b->r->m.mem, BLKRIG_AVAIL + 4 + 2 * (b->avail % BLKRIG_QUEUE),
               le, 2);
    put_le16(le, ++b->avail);
    gmem_write(&b->r->m.mem, BLKRIG_AVAIL + 2, le, 2);
}

void blkrig_notify(struct blkrig *b)
{
    blkrig_wr(b, 0x50, 0);
}

static uint32_t used32(struct blkrig *b, unsigned offset)
{
    uint8_t le[4];

    gmem_read(&b->r->m.mem, BLKRIG_USED + offset, le, sizeof(le));
    return get_le32(le);
}

uint16_t blkrig_used(struct blkrig *b)
{
    return (uint16_t)(used32(b, 0) >> 16);
}

uint32_t blkrig_used_head(struct blkrig *b, unsigned i)
{
    return used32(b, 4 + 8 * (i % BLKRIG_QUEUE));
}

uint32_t blkrig_used_len(struct blkrig *b, unsigned i)
{
    return used32(b, 8 + 8 * (i % BLKRIG_QUEUE));
}

void blkrig_request(struct blkrig *b, unsigned n, uint32_t type,
                    uint64_t sector, uint64_t data, uint32_t len)
{
    uint64_t at = 0x10000 + 0x100 * n;
    unsigned d = 3 * n;
    uint8_t header[16], status = 0xee;

    put_le64(header, type);
    put_le64(header + 8, sector);
    gmem_write(&b->r->m.mem, at, header, sizeof(header));
    gmem_write(&b->r->m.mem, at + 0x80, &status, 1);
    blkrig_desc(b, BLKRIG_DESC, d, at, 16, DESC_NEXT, len ? d + 1 : d + 2);
    blkrig_desc(b, BLKRIG_DESC, d + 1, data, len,
                DESC_NEXT | (type == 1 ? 0 : DESC_WRITE), d + 2);
    blkrig_desc(b, BLKRIG_DESC, d + 2, at + 0x80, 1, DESC_WRITE, 0);
    blkrig_offer(b, (uint16_t)d);
    blkrig_notify(b);
}

uint8_t blkrig_status(struct blkrig *b, unsigned n)
{
    uint8_t v;

    gmem_read(&b->r->m.mem, 0x10080 + 0x100 * n, &v, 1);
    return v;
}
