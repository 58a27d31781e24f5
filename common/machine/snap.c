/* snap.c: one description of a device's state that saves, loads and hashes
 * it.
 *
 * The hash is two accumulators that take alternate 8-byte words; each step
 * (add a multiple, rotate, multiply by an odd constant: the round of xxHash64,
 * Y. Collet, "xxHash fast digest algorithm") is a bijection of the accumulator
 * and of the word, so a difference in one word can never cancel at once. */
#include "common/machine/snap.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"

#define PRIME1 0x9e3779b185ebca87ull
#define PRIME2 0xc2b2ae3d27d4eb4full
#define PRIME3 0x165667b19e3779f9ull

static void snap_init(struct snap *s, enum snap_mode mode,
                      struct guest_clock *clock)
{
    memset(s, 0, sizeof(*s));
    s->mode = mode;
    s->clock = clock;
    s->status = ST_OK;
    s->hash[0] = PRIME1;
    s->hash[1] = PRIME3;
}

void snap_init_save(struct snap *s, struct guest_clock *clock)
{
    snap_init(s, SNAP_SAVE, clock);
}

void snap_init_load(struct snap *s, struct guest_clock *clock, const void *buf,
                    size_t len)
{
    snap_init(s, SNAP_LOAD, clock);
    /* Only read in this mode; the field is shared with SAVE, which writes. */
    s->buf = (uint8_t *)(uintptr_t)buf;
    s->len = len;
}

void snap_init_hash(struct snap *s, struct guest_clock *clock)
{
    snap_init(s, SNAP_HASH, clock);
}

void snap_fini(struct snap *s)
{
    if (s->mode == SNAP_SAVE)
        free(s->buf);
    s->buf = NULL;
    s->len = s->cap = s->pos = 0;
}

static uint64_t rotl(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

static uint64_t hash_round(uint64_t acc, uint64_t word)
{
    return rotl(acc + word * PRIME2, 31) * PRIME1;
}

static void hash_word(struct snap *s, uint64_t word)
{
    uint64_t t = hash_round(s->hash[0], word);

    s->hash[0] = s->hash[1];
    s->hash[1] = t;
}

static void hash_bytes(struct snap *s, const uint8_t *p, size_t n)
{
    uint64_t a = s->hash[0], b = s->hash[1];
    size_t len = n;
    uint64_t tail = 0;

    for (; n >= 16; n -= 16, p += 16) {
        a = hash_round(a, get_le64(p));
        b = hash_round(b, get_le64(p + 8));
    }
    s->hash[0] = a;
    s->hash[1] = b;
    if (n >= 8) {
        hash_word(s, get_le64(p));
        n -= 8;
        p += 8;
    }
    if (n > 0) {
        memcpy(&tail, p, n);
        hash_word(s, tail);
    }
    hash_word(s, len); /* so that where one field ends matters */
}

static void save_bytes(struct snap *s, const void *p, size_t n)
{
    size_t cap = s->cap;
    uint8_t *buf;

    if (n > SIZE_MAX / 2 - s->len) {
        s->status = err_set(&s->err, ST_NOMEM, "snapshot too large");
        return;
    }
    while (cap < s->len + n)
        cap = cap == 0 ? 4096 : cap * 2;
    if (cap != s->cap) {
        buf = realloc(s->buf, cap);
        if (buf == NULL) {
            s->status =
                err_set(&s->err, ST_NOMEM, "snapshot of %zu bytes", s->len + n);
            return;
        }
        s->buf = buf;
        s->cap = cap;
    }
    memcpy(s->buf + s->len, p, n);
    s->len += n;
}

static void load_bytes(struct snap *s, void *p, size_t n)
{
    if (n > s->len - s->pos) {
        s->status = err_set(&s->err, ST_INVAL,
                            "snapshot ends at byte %zu, %zu more expected",
                            s->len, n - (s->len - s->pos));
        return;
    }
    memcpy(p, s->buf + s->pos, n);
    s->pos += n;
}

void snap_bytes(struct snap *s, void *p, size_t n)
{
    if (s->status != ST_OK || n == 0)
        return;
    switch (s->mode) {
    case SNAP_SAVE:
        save_bytes(s, p, n);
        break;
    case SNAP_LOAD:
        load_bytes(s, p, n);
        break;
    case SNAP_HASH:
        hash_bytes(s, p, n);
        break;
    }
}

void snap_section(struct snap *s, const char *name, uint32_t version)
{
    uint32_t got_version = version;
    char got[32] = {0};
    uint8_t len = (uint8_t)strnlen(name, sizeof(got) - 1);
    uint8_t got_len = len;

    memcpy(got, name, len);
    snap_u8(s, &got_len);
    snap_require(s, got_len == len, name);
    snap_bytes(s, got, len);
    snap_u32(s, &got_version);
    if (s->mode != SNAP_LOAD || s->status != ST_OK)
        return;
    if (memcmp(got, name, len) != 0)
        s->status = err_set(&s->err, ST_INVAL,
                            "snapshot: section \"%s\" expected", name);
    else if (got_version != version)
        s->status = err_set(&s->err, ST_INVAL,
                            "snapshot: section \"%s\" has version %u, this "
                            "program reads %u",
                            name, got_version, version);
}

void snap_u8(struct snap *s, uint8_t *v)
{
    snap_bytes(s, v, sizeof(*v));
}

void snap_u16(struct snap *s, uint16_t *v)
{
    snap_bytes(s, v, sizeof(*v));
}

void snap_u32(struct snap *s, uint32_t *v)
{
    snap_bytes(s, v, sizeof(*v));
}

void snap_u64(struct snap *s, uint64_t *v)
{
    snap_bytes(s, v, sizeof(*v));
}

void snap_bool(struct snap *s, bool *v)
{
    uint8_t b = *v ? 1 : 0;

    snap_u8(s, &b);
    snap_require(s, b <= 1, "truth value");
    if (s->mode == SNAP_LOAD && s->status == ST_OK)
        *v = b != 0;
}

void snap_timer(struct snap *s, struct clock_timer *t)
{
    uint64_t due = t->due;
    uint64_t seq = t->seq;

    snap_u64(s, &due);
    if (s->mode != SNAP_HASH)
        snap_u64(s, &seq);
    snap_require(s, due == CLOCK_NEVER || seq != UINT64_MAX, "timer order");
    if (s->mode != SNAP_LOAD || s->status != ST_OK)
        return;
    /* Whatever the stream says, timers armed later come later. */
    if (due != CLOCK_NEVER && seq >= s->clock->next_seq)
        s->clock->next_seq = seq + 1;
    clock_restore(s->clock, t, due, seq);
}

void snap_require(struct snap *s, bool ok, const char *what)
{
    if (s->mode == SNAP_LOAD && s->status == ST_OK && !ok)
        s->status = err_set(&s->err, ST_INVAL,
                            "snapshot: %s before byte %zu is out of range",
                            what, s->pos);
}

enum status snap_status(const struct snap *s, struct error *err)
{
    if (s->status != ST_OK && err != NULL)
        *err = s->err;
    return s->status;
}

uint64_t snap_hash(const struct snap *s)
{
    uint64_t h = hash_round(s->hash[0], s->hash[1]) + s->hash[1];

    h = (h ^ h >> 33) * PRIME2;
    h = (h ^ h >> 29) * PRIME3;
    return h ^ h >> 32;
}
