/* blkrig.c: a virtio block device and its requests. */
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
    b->v = virtiorig_new(VIRTIO_BLK_MMIO, 1);
    ck_assert_ok(virtio_blk_create(&b->v.r->m, testrig_line(b->v.r), b->path,
                                   readonly, &b->v.r->m.disk, &err),
                 &err);
}

void blkrig_fini(struct blkrig *b)
{
    virtiorig_fini(&b->v);
}

void blkrig_request(struct blkrig *b, unsigned n, uint32_t type,
                    uint64_t sector, uint64_t data, uint32_t len)
{
    uint64_t at = 0x10000 + 0x100 * n;
    unsigned d = 3 * n;
    uint8_t header[16], status = 0xee;

    put_le64(header, type);
    put_le64(header + 8, sector);
    gmem_write(&b->v.r->m.mem, at, header, sizeof(header));
    gmem_write(&b->v.r->m.mem, at + 0x80, &status, 1);
    virtiorig_desc(&b->v, VIRTIORIG_DESC(0), d, at, 16, DESC_NEXT,
                   len ? d + 1 : d + 2);
    virtiorig_desc(&b->v, VIRTIORIG_DESC(0), d + 1, data, len,
                   DESC_NEXT | (type == 1 ? 0 : DESC_WRITE), d + 2);
    virtiorig_desc(&b->v, VIRTIORIG_DESC(0), d + 2, at + 0x80, 1, DESC_WRITE,
                   0);
    virtiorig_offer(&b->v, 0, (uint16_t)d);
    virtiorig_notify(&b->v, 0);
}

uint8_t blkrig_status(struct blkrig *b, unsigned n)
{
    uint8_t v;

    gmem_read(&b->v.r->m.mem, 0x10080 + 0x100 * n, &v, 1);
    return v;
}
