/* sha256.c: SHA-256. [FIPS 180-4 "SHA-256 Hash Computation"] */
#include "common/base/sha256.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotr(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}

/* The message schedule W. */
static void schedule(const uint8_t *block, uint32_t w[64])
{
    unsigned t;

    for (t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (; t < 64; t++) {
        uint32_t a = w[t - 15], b = w[t - 2];

        w[t] = w[t - 16] + (rotr(a, 7) ^ rotr(a, 18) ^ a >> 3) + w[t - 7] +
               (rotr(b, 17) ^ rotr(b, 19) ^ b >> 10);
    }
}

static void compress(struct sha256 *s, const uint8_t *block)
{
    uint32_t w[64], v[8], t1, t2;
    unsigned t, i;

    schedule(block, w);
    memcpy(v, s->h, sizeof(v));
    for (t = 0; t < 64; t++) {
        t1 = v[7] + (rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25)) +
             ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[t] + w[t];
        t2 = (rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22)) +
             ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof(*v));
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (i = 0; i < 8; i++)
        s->h[i] += v[i];
}

void sha256_init(struct sha256 *s)
{
    static const uint32_t h0[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                   0xa54ff53a, 0x510e527f, 0x9b05688c,
                                   0x1f83d9ab, 0x5be0cd19};

    memcpy(s->h, h0, sizeof(s->h));
    s->len = 0;
}

void sha256_add(struct sha256 *s, const void *data, size_t len)
{
    const uint8_t *p = data;
    size_t used = s->len % sizeof(s->block), n;

    s->len += len;
    while (len > 0) {
        if (used == 0 && len >= sizeof(s->block)) {
            compress(s, p);
            p += sizeof(s->block);
            len -= sizeof(s->block);
            continue;
        }
        n = sizeof(s->block) - used;
        n = len < n ? len : n;
        memcpy(s->block + used, p, n);
        used = (used + n) % sizeof(s->block);
        p += n;
        len -= n;
        if (used == 0)
            compress(s, s->block);
    }
}

void sha256_end(struct sha256 *s, uint8_t out[SHA256_SIZE])
{
    static const uint8_t pad[64] = {0x80};
    uint64_t bits = s->len * 8;
    size_t used = s->len % 64;
    uint8_t length[8];
    unsigned i;

    for (i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_add(s, pad, used < 56 ? 56 - used : 120 - used);
    sha256_add(s, length, sizeof(length));
    for (i = 0; i < SHA256_SIZE; i++)
        out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_end_text(struct sha256 *s, char out[SHA256_TEXT])
{
    uint8_t digest[SHA256_SIZE];
    unsigned i;

    sha256_end(s, digest);
    for (i = 0; i < SHA256_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

enum status sha256_file(const char *path, char out[SHA256_TEXT], uint64_t *size,
                        struct error *err)
{
    FILE *f = fopen(path, "rb");
    uint8_t buf[16384];
    struct sha256 s;
    size_t n;
    int no;

    if (f == NULL)
        return err_set_errno(err, ST_HOST, errno, "%s", path);
    sha256_init(&s);
    while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
        sha256_add(&s, buf, n);
    no = ferror(f) ? errno : 0;
    fclose(f);
    if (no != 0)
        return err_set_errno(err, ST_HOST, no, "%s", path);
    if (size != NULL)
        *size = s.len;
    sha256_end_text(&s, out);
    return ST_OK;
}
