/* compress.c: a compute kernel of bytes: Lempel and Ziv's sliding window (1977)
 * on generated text, there and back.
 *
 * Format: a byte below 0x80 is a number of literals less one, which follow;
 * from 0x80 on it is a match: length less 4 in its low 7 bits, then the
 * distance in two bytes. */
#include "experiments/guests/user/user.h"

#define SIZE      65536u
#define HASH_BITS 12u
#define MIN_MATCH 4u
#define MAX_MATCH (MIN_MATCH + 127)
#define MAX_RUN   128u

static uint8_t text[SIZE], packed[SIZE * 2], back[SIZE];
static uint32_t last[1u << HASH_BITS]; /* position plus one */

/* Words of a small vocabulary in random order. */
static void generate(void)
{
    static const char vocabulary[] =
        "virtual machine monitor guest trap shadow page table segment ring "
        "interrupt exception translate native exit entry privileged state ";
    uint32_t seed = 1, at;
    unsigned i = 0;

    while (i < SIZE) {
        seed = seed * 1664525u + 1013904223u;
        at = (seed >> 16) % (sizeof(vocabulary) - 1);
        while (at > 0 && vocabulary[at - 1] != ' ')
            at--;
        do
            text[i++] = (uint8_t)vocabulary[at];
        while (vocabulary[at++] != ' ' && i < SIZE);
    }
}

static uint32_t hash(const uint8_t *p)
{
    uint32_t v = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                 (uint32_t)p[3] << 24;

    return v * 2654435761u >> (32 - HASH_BITS);
}

static uint8_t *literals(uint8_t *out, unsigned from, unsigned to)
{
    unsigned n;

    for (; from < to; from += n) {
        n = to - from < MAX_RUN ? to - from : MAX_RUN;
        *out++ = (uint8_t)(n - 1);
        memcpy(out, text + from, n);
        out += n;
    }
    return out;
}

static unsigned match_length(unsigned a, unsigned b)
{
    unsigned n = 0;

    while (b + n < SIZE && n < MAX_MATCH && text[a + n] == text[b + n])
        n++;
    return n;
}

static unsigned pack(void)
{
    unsigned at = 0, start = 0, n, before;
    uint8_t *out = packed;

    memset(last, 0, sizeof(last));
    while (at + MIN_MATCH <= SIZE) {
        uint32_t *slot = &last[hash(text + at)];

        before = *slot;
        *slot = at + 1;
        n = before != 0 ? match_length(before - 1, at) : 0;
        if (n < MIN_MATCH) {
            at++;
            continue;
        }
        out = literals(out, start, at);
        *out++ = (uint8_t)(0x80 | (n - MIN_MATCH));
        *out++ = (uint8_t)(at - (before - 1));
        *out++ = (uint8_t)((at - (before - 1)) >> 8);
        at += n;
        start = at;
    }
    return (unsigned)(literals(out, start, SIZE) - packed);
}

static unsigned unpack(unsigned size)
{
    const uint8_t *p = packed, *end = packed + size;
    unsigned at = 0, n, distance;

    while (p < end) {
        n = *p & 0x7f;
        if (*p++ < 0x80) {
            memcpy(back + at, p, n + 1);
            p += n + 1;
            at += n + 1;
            continue;
        }
        distance = p[0] | (unsigned)p[1] << 8;
        p += 2;
        for (n += MIN_MATCH; n > 0; n--, at++)
            back[at] = back[at - distance];
    }
    return at;
}

int main(int argc, char **argv)
{
    const unsigned n = 4;
    unsigned i, size = 0, good = 0;

    (void)argc;
    (void)argv;
    generate();
    bench_start();
    for (i = 0; i < n; i++) {
        size = pack();
        memset(back, 0, sizeof(back));
        good += unpack(size) == SIZE && memcmp(back, text, SIZE) == 0;
    }
    bench_end(MARK_COMPRESS, n);
    check(good == n, "what comes back differs");
    check(size < SIZE / 2, "text of few words does not shrink");
    return 0;
}
