/* virtq.c: the device's side of a split virtqueue. */
#include "common/dev/virtq.h"

#include <string.h>

#include "common/base/bits.h"

/* [VIRTIO "The Virtqueue Descriptor Table"]. */
#define DESC_BYTES    16u
#define DESC_NEXT     BIT(0)
#define DESC_WRITE    BIT(1)
#define DESC_INDIRECT BIT(2)

#define AVAIL_NO_INTERRUPT BIT(0)

struct desc {
    uint64_t pa;
    uint32_t len;
    uint16_t flags, next;
};

void virtq_reset(struct virtq *q)
{
    memset(q, 0, sizeof(*q));
}

bool virtq_valid(const struct virtq *q, uint16_t max)
{
    return is_pow2(q->num) && q->num <= max && q->desc % 16 == 0 &&
           q->avail % 2 == 0 && q->used % 4 == 0;
}

static bool read16(struct gmem *mem, uint64_t pa, uint16_t *v)
{
    uint8_t b[2];
    bool ok = gmem_read(mem, pa, b, sizeof(b));

    *v = get_le16(b);
    return ok;
}

enum virtq_answer virtq_pop(struct virtq *q, struct gmem *mem, uint16_t *head)
{
    uint16_t idx;
    uint64_t slot = q->avail + 4 + 2u * (q->next_avail & (q->num - 1u));

    if (!read16(mem, q->avail + 2, &idx) ||
        (uint16_t)(idx - q->next_avail) > q->num)
        return VIRTQ_BROKEN;
    if (idx == q->next_avail)
        return VIRTQ_EMPTY;
    if (!read16(mem, slot, head) || *head >= q->num)
        return VIRTQ_BROKEN;
    q->next_avail++;
    return VIRTQ_GOT;
}

void virtq_unpop(struct virtq *q)
{
    q->next_avail--;
}

/* ---- chains ---- */

/* A table of descriptors: the queue's, or an indirect one. */
struct table {
    uint64_t pa;
    uint32_t nr;
};

static bool read_desc(struct gmem *mem, struct table t, uint32_t i,
                      struct desc *d)
{
    uint8_t b[DESC_BYTES];

    if (i >= t.nr ||
        !gmem_read(mem, t.pa + (uint64_t)DESC_BYTES * i, b, sizeof(b)))
        return false;
    d->pa = get_le64(b);
    d->len = get_le32(b + 8);
    d->flags = get_le16(b + 12);
    d->next = get_le16(b + 14);
    return true;
}

static bool add_seg(struct virtq_chain *c, const struct desc *d)
{
    bool in = (d->flags & DESC_WRITE) != 0;
    unsigned n = c->nr_out + c->nr_in;

    if (n == VIRTQ_MAX_SEGS || (!in && c->nr_in > 0) || d->pa + d->len < d->pa)
        return false;
    c->seg[n] = (struct virtq_seg){.pa = d->pa, .len = d->len};
    if (in) {
        c->nr_in++;
        c->in_bytes += d->len;
    } else {
        c->nr_out++;
        c->out_bytes += d->len;
    }
    return true;
}

/* VIRTQ_MAX_SEGS ends loops. Where `indirect` is not NULL an indirect
 * descriptor may end the chain and is left there (its nr is not 0 then). */
static bool walk_table(struct gmem *mem, struct table t, uint32_t i,
                       struct virtq_chain *c, struct table *indirect)
{
    struct desc d;

    do {
        if (!read_desc(mem, t, i, &d))
            return false;
        if (d.flags & DESC_INDIRECT) {
            if (indirect == NULL || (d.flags & DESC_NEXT) != 0 || d.len == 0 ||
                d.len % DESC_BYTES != 0)
                return false;
            *indirect = (struct table){.pa = d.pa, .nr = d.len / DESC_BYTES};
            return true;
        }
        if (!add_seg(c, &d))
            return false;
        i = d.next;
    } while (d.flags & DESC_NEXT);
    return true;
}

bool virtq_walk(const struct virtq *q, struct gmem *mem, uint16_t head,
                struct virtq_chain *chain)
{
    struct table t = {.pa = q->desc, .nr = q->num};
    struct table indirect = {0};

    chain->nr_out = chain->nr_in = 0;
    chain->out_bytes = chain->in_bytes = 0;
    if (!walk_table(mem, t, head, chain, &indirect))
        return false;
    return indirect.nr == 0 || walk_table(mem, indirect, 0, chain, NULL);
}

bool virtq_push(struct virtq *q, struct gmem *mem, uint16_t head,
                uint32_t written)
{
    uint8_t elem[8], idx[2];
    uint64_t slot = q->used + 4 + 8u * (q->next_used & (q->num - 1u));

    put_le32(elem, head);
    put_le32(elem + 4, written);
    put_le16(idx, (uint16_t)(q->next_used + 1));
    if (!gmem_write(mem, slot, elem, sizeof(elem)) ||
        !gmem_write(mem, q->used + 2, idx, sizeof(idx)))
        return false;
    q->next_used++;
    return true;
}

bool virtq_wants_interrupt(const struct virtq *q, struct gmem *mem)
{
    uint16_t flags;

    return read16(mem, q->avail, &flags) && (flags & AVAIL_NO_INTERRUPT) == 0;
}

/* ---- data ---- */

/* The piece of segs[] that holds `offset`, up to len bytes; false past the
 * end. */
static bool piece(const struct virtq_seg *segs, unsigned nr, uint64_t offset,
                  uint64_t len, struct virtq_seg *out)
{
    unsigned i;

    for (i = 0; i < nr; i++) {
        if (offset < segs[i].len) {
            uint64_t room = segs[i].len - offset;

            out->pa = segs[i].pa + offset;
            out->len = (uint32_t)(len < room ? len : room);
            return true;
        }
        offset -= segs[i].len;
    }
    return false;
}

bool virtq_read(const struct virtq_chain *chain, struct gmem *mem,
                uint64_t offset, void *buf, uint64_t len)
{
    uint8_t *p = buf;
    struct virtq_seg at;

    while (len > 0) {
        if (!piece(chain->seg, chain->nr_out, offset, len, &at) ||
            !gmem_read(mem, at.pa, p, at.len))
            return false;
        p += at.len;
        offset += at.len;
        len -= at.len;
    }
    return true;
}

bool virtq_write(const struct virtq_chain *chain, struct gmem *mem,
                 uint64_t offset, const void *buf, uint64_t len)
{
    const uint8_t *p = buf;
    struct virtq_seg at;

    while (len > 0) {
        if (!piece(chain->seg + chain->nr_out, chain->nr_in, offset, len,
                   &at) ||
            !gmem_write(mem, at.pa, p, at.len))
            return false;
        p += at.len;
        offset += at.len;
        len -= at.len;
    }
    return true;
}

void virtq_snapshot(struct virtq *q, struct snap *s, uint16_t max)
{
    snap_u16(s, &q->num);
    snap_bool(s, &q->ready);
    snap_u64(s, &q->desc);
    snap_u64(s, &q->avail);
    snap_u64(s, &q->used);
    snap_u16(s, &q->next_avail);
    snap_u16(s, &q->next_used);
    snap_require(s, !q->ready || virtq_valid(q, max), "virtqueue");
}
