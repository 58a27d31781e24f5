/* bits.h: masks, sign extension, alignment, unaligned little-endian access. */
#ifndef COMMON_BASE_BITS_H
#define COMMON_BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BIT(n)  (1u << (n))
#define BITQ(n) (1ull << (n))

/* The low n bits set; n in 0..64. */
static inline uint64_t mask_low(unsigned n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

/* Sign-extend the low n bits of v; n in 1..64. */
static inline int64_t sext(uint64_t v, unsigned n)
{
    return (int64_t)(v << (64 - n)) >> (64 - n);
}

static inline bool is_pow2(uint64_t v)
{
    return v != 0 && (v & (v - 1)) == 0;
}

static inline uint64_t align_down(uint64_t v, uint64_t pow2)
{
    return v & ~(pow2 - 1);
}

static inline uint64_t align_up(uint64_t v, uint64_t pow2)
{
    return (v + pow2 - 1) & ~(pow2 - 1);
}

/* Little-endian loads and stores at any alignment (hosts are x86-64). */
static inline uint16_t get_le16(const void *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint32_t get_le32(const void *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint64_t get_le64(const void *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static inline void put_le16(void *p, uint16_t v)
{
    memcpy(p, &v, sizeof(v));
}

static inline void put_le32(void *p, uint32_t v)
{
    memcpy(p, &v, sizeof(v));
}

static inline void put_le64(void *p, uint64_t v)
{
    memcpy(p, &v, sizeof(v));
}

#endif
