/* virtiorig.c: the driver's side of a virtio device. */
#include "common/dev/tests/virtiorig.h"

#include <check.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"

struct virtiorig virtiorig_new(uint64_t mmio, unsigned nr_queues)
{
    struct virtiorig v = {
        .r = testrig_new(), .mmio = mmio, .nr_queues = nr_queues};
    struct error err;

    ck_assert_ok(gmem_add(&v.r->m.mem, 0, VIRTIORIG_RAM, false, &err), &err);
    return v;
}

void virtiorig_fini(struct virtiorig *v)
{
    testrig_free(v->r);
}

uint32_t virtiorig_rd(struct virtiorig *v, unsigned reg)
{
    return testrig_rd(v->r, v->mmio + reg);
}

void virtiorig_wr(struct virtiorig *v, unsigned reg, uint32_t value)
{
    testrig_wr(v->r, v->mmio + reg, value);
}

static void start_queue(struct virtiorig *v, unsigned q)
{
    uint8_t zero[6 + 2 * VIRTIORIG_SIZE] = {0};

    gmem_write(&v->r->m.mem, VIRTIORIG_AVAIL(q), zero, sizeof(zero));
    gmem_write(&v->r->m.mem, VIRTIORIG_USED(q), zero, 4);
    v->avail[q] = 0;
    virtiorig_wr(v, 0x30, q);
    virtiorig_wr(v, 0x38, VIRTIORIG_SIZE);
    virtiorig_wr(v, 0x80, VIRTIORIG_DESC(q));
    virtiorig_wr(v, 0x90, VIRTIORIG_AVAIL(q));
    virtiorig_wr(v, 0xa0, VIRTIORIG_USED(q));
    virtiorig_wr(v, 0x44, 1);
    ck_assert_uint_eq(virtiorig_rd(v, 0x44), 1);
}

void virtiorig_start(struct virtiorig *v, uint32_t features)
{
    virtiorig_wr(v, 0x70, 0);
    virtiorig_wr(v, 0x70, 1);
    virtiorig_wr(v, 0x70, 3);
    virtiorig_wr(v, 0x24, 1);
    virtiorig_wr(v, 0x20, 1); /* VERSION_1 */
    virtiorig_wr(v, 0x24, 0);
    virtiorig_wr(v, 0x20, features);
    virtiorig_wr(v, 0x70, 0xb);
    ck_assert_uint_eq(virtiorig_rd(v, 0x70), 0xb);
    for (unsigned q = 0; q < v->nr_queues; q++)
        start_queue(v, q);
    virtiorig_wr(v, 0x70, 0xf);
}

void virtiorig_desc(struct virtiorig *v, uint64_t table, unsigned i,
                    uint64_t pa, uint32_t len, unsigned flags, unsigned next)
{
    uint8_t d[16];

    put_le64(d, pa);
    put_le32(d + 8, len);
    put_le16(d + 12, (uint16_t)flags);
    put_le16(d + 14, (uint16_t)next);
    ck_assert(gmem_write(&v->r->m.mem, table + 16 * i, d, sizeof(d)));
}

void virtiorig_offer(struct virtiorig *v, unsigned q, uint16_t head)
{
    uint64_t ring = VIRTIORIG_AVAIL(q);
    uint8_t le[2];

    put_le16(le, head);
    gmem_write(&v->r->m.mem, ring + 4 + 2 * (v->avail[q] % VIRTIORIG_SIZE), le,
               2);
    put_le16(le, ++v->avail[q]);
    gmem_write(&v->r->m.mem, ring + 2, le, 2);
}

void virtiorig_notify(struct virtiorig *v, unsigned q)
{
    virtiorig_wr(v, 0x50, q);
}

static uint32_t used32(struct virtiorig *v, unsigned q, unsigned offset)
{
    uint8_t le[4];

    gmem_read(&v->r->m.mem, VIRTIORIG_USED(q) + offset, le, sizeof(le));
    return get_le32(le);
}

uint16_t virtiorig_used(struct virtiorig *v, unsigned q)
{
    return (uint16_t)(used32(v, q, 0) >> 16);
}

uint32_t virtiorig_used_head(struct virtiorig *v, unsigned q, unsigned i)
{
    return used32(v, q, 4 + 8 * (i % VIRTIORIG_SIZE));
}

uint32_t virtiorig_used_len(struct virtiorig *v, unsigned q, unsigned i)
{
    return used32(v, q, 8 + 8 * (i % VIRTIORIG_SIZE));
}
