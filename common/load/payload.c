/* payload.c: the kernel inside a bzImage, through the libraries that know its
 * compression. */
#include "common/load/payload.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "common/base/bits.h"
#include "common/base/cc.h"

/* Setup header */
#define SETUP_SECTS_AT    0x1f1u
#define VERSION_AT        0x206u
#define PAYLOAD_OFFSET_AT 0x248u
#define HEADER_END        0x250u

struct buf {
    const char *name;
    const uint8_t *in;
    size_t in_len;
    uint8_t *out; /* owned */
    size_t out_len, cap;
};

static bool grow(struct buf *b)
{
    size_t cap = b->cap == 0 ? 16u << 20 : b->cap * 2;
    uint8_t *p;

    if (b->cap >= PAYLOAD_MAX_BYTES)
        return false;
    p = realloc(b->out, cap);
    if (p == NULL)
        return false;
    b->out = p;
    b->cap = cap;
    return true;
}

static enum status damaged(const struct buf *b, const char *what,
                           struct error *err)
{
    return err_set(err, ST_GUEST,
                   "%s: payload: %s: damaged, or larger than %llu MiB", b->name,
                   what, PAYLOAD_MAX_BYTES >> 20);
}

/* Each reads to the end of its own stream; what follows it (a size field) does
 * not matter. */
static enum status un_gzip(struct buf *b, struct error *err)
{
    z_stream z = {.avail_in = (uInt)b->in_len};
    int rc = Z_OK;

    z.next_in = (Bytef *)(uintptr_t)b->in;
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return err_set(err, ST_NOMEM, "zlib");
    while (rc == Z_OK || rc == Z_BUF_ERROR) {
        if (b->out_len == b->cap && !grow(b))
            break;
        z.next_out = b->out + b->out_len;
        z.avail_out = (uInt)(b->cap - b->out_len);
        rc = inflate(&z, Z_NO_FLUSH);
        b->out_len = b->cap - z.avail_out;
        if (rc == Z_BUF_ERROR && z.avail_in == 0)
            break;
    }
    inflateEnd(&z);
    return rc == Z_STREAM_END ? ST_OK : damaged(b, "gzip", err);
}

static enum status un_bzip2(struct buf *b, struct error *err)
{
    bz_stream z = {.avail_in = (unsigned)b->in_len};
    int rc = BZ_OK;

    z.next_in = (char *)(uintptr_t)b->in;
    if (BZ2_bzDecompressInit(&z, 0, 0) != BZ_OK)
        return err_set(err, ST_NOMEM, "bzip2");
    while (rc == BZ_OK) {
        if (b->out_len == b->cap && !grow(b))
            break;
        z.next_out = (char *)b->out + b->out_len;
        z.avail_out = (unsigned)(b->cap - b->out_len);
        rc = BZ2_bzDecompress(&z);
        b->out_len = b->cap - z.avail_out;
        if (rc == BZ_OK && z.avail_in == 0 && z.avail_out != 0)
            break;
    }
    BZ2_bzDecompressEnd(&z);
    return rc == BZ_STREAM_END ? ST_OK : damaged(b, "bzip2", err);
}

/* XZ, and LZMA as its first tools wrote it. */
static enum status un_lzma(struct buf *b, struct error *err)
{
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_ret rc = lzma_auto_decoder(&z, UINT64_MAX, 0);

    if (rc != LZMA_OK)
        return err_set(err, ST_NOMEM, "liblzma");
    z.next_in = b->in;
    z.avail_in = b->in_len;
    while (rc == LZMA_OK) {
        if (b->out_len == b->cap && !grow(b))
            break;
        z.next_out = b->out + b->out_len;
        z.avail_out = b->cap - b->out_len;
        rc = lzma_code(&z, LZMA_RUN);
        b->out_len = b->cap - z.avail_out;
        if (rc == LZMA_OK && z.avail_in == 0 && z.avail_out != 0)
            break;
    }
    lzma_end(&z);
    return rc == LZMA_STREAM_END ? ST_OK : damaged(b, "XZ or LZMA", err);
}

static enum status un_zstd(struct buf *b, struct error *err)
{
    ZSTD_DStream *z = ZSTD_createDStream();
    ZSTD_inBuffer in = {b->in, b->in_len, 0};
    size_t rc = 1;

    if (z == NULL)
        return err_set(err, ST_NOMEM, "zstd");
    /* Kernels are packed with windows larger than the library's default. */
    ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 30);
    while (rc != 0 && !ZSTD_isError(rc)) {
        ZSTD_outBuffer out;

        if (b->out_len == b->cap && !grow(b))
            break;
        out = (ZSTD_outBuffer){b->out, b->cap, b->out_len};
        rc = ZSTD_decompressStream(z, &out, &in);
        if (out.pos == b->out_len && in.pos == in.size && rc != 0)
            break;
        b->out_len = out.pos;
    }
    ZSTD_freeDStream(z);
    return rc == 0 ? ST_OK : damaged(b, "zstd", err);
}

/* The "legacy" frame that Linux uses: magic, then blocks of up to 8 MiB, each
 * with its packed size before it. */
#define LZ4_BLOCK (8u << 20)

static enum status un_lz4(struct buf *b, struct error *err)
{
    size_t at = 4;

    while (at + 4 <= b->in_len) {
        uint32_t n = get_le32(b->in + at);
        int got;

        if (n == 0 || n > b->in_len - at - 4) /* the size field at the end */
            break;
        while (b->cap - b->out_len < LZ4_BLOCK)
            if (!grow(b))
                return damaged(b, "LZ4", err);
        got = LZ4_decompress_safe((const char *)b->in + at + 4,
                                  (char *)b->out + b->out_len, (int)n,
                                  (int)LZ4_BLOCK);
        if (got < 0)
            return damaged(b, "LZ4", err);
        b->out_len += (size_t)got;
        at += 4 + n;
    }
    return b->out_len > 0 ? ST_OK : damaged(b, "LZ4", err);
}

static enum status un_nothing(struct buf *b, struct error *err)
{
    (void)err;
    while (b->cap < b->in_len)
        if (!grow(b))
            return damaged(b, "ELF", err);
    memcpy(b->out, b->in, b->in_len);
    b->out_len = b->in_len;
    return ST_OK;
}

static const struct {
    const char *magic;
    size_t len;
    enum status (*fn)(struct buf *b, struct error *err);
} kinds[] = {
    /* clang-format off */
    {"\x1f\x8b", 2, un_gzip},
    {"BZh", 3, un_bzip2},
    {"\xfd\x37zXZ", 6, un_lzma},
    {"\x5d\x00\x00", 3, un_lzma},
    {"\x02\x21\x4c\x18", 4, un_lz4},
    {"\x28\xb5\x2f\xfd", 4, un_zstd},
    {"\x7f\x45LF", 4, un_nothing},
    /* clang-format on */
};

enum status payload_unpack_bytes(const char *name, const uint8_t *in,
                                 uint64_t len, struct image *out,
                                 struct error *err)
{
    struct buf b = {.name = name, .in = in, .in_len = len};
    enum status st = ST_NOTSUP;
    unsigned n;

    for (n = 0; n < ARRAY_LEN(kinds); n++)
        if (len >= kinds[n].len &&
            memcmp(in, kinds[n].magic, kinds[n].len) == 0)
            break;
    if (n == ARRAY_LEN(kinds))
        return err_set(err, ST_NOTSUP,
                       "%s: payload: a compression that is none of gzip, "
                       "bzip2, LZMA, XZ, LZ4, zstd",
                       name);
    st = kinds[n].fn(&b, err);
    if (st == ST_OK)
        st = image_copy(name, b.out, b.out_len, out, err);
    free(b.out);
    return st;
}

enum status payload_unpack(const struct image *img, struct image *out,
                           struct error *err)
{
    const uint8_t *h = image_at(img, 0, HEADER_END), *in;
    uint64_t start, offset, len;

    if (h == NULL || get_le16(h + VERSION_AT) < 0x208)
        return err_set(err, ST_GUEST,
                       "%s: boot protocol before 2.08: it does not say where "
                       "its payload is",
                       img->name);
    start = ((h[SETUP_SECTS_AT] != 0 ? h[SETUP_SECTS_AT] : 4u) + 1) * 512u;
    offset = get_le32(h + PAYLOAD_OFFSET_AT);
    len = get_le32(h + PAYLOAD_OFFSET_AT + 4);
    in = image_at(img, start + offset, len);
    if (in == NULL || len == 0)
        return err_set(err, ST_GUEST,
                       "%s: payload_offset 0x%llx, payload_length 0x%llx: must "
                       "lie in the file",
                       img->name, (unsigned long long)offset,
                       (unsigned long long)len);
    return payload_unpack_bytes(img->name, in, len, out, err);
}
