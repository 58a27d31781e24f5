/* test_payload.c: each compression unpacks to what was packed; damage is seen.
 */
#include "common/load/payload.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"

#define LEN 20000u

static uint8_t plain[LEN], packed[2 * LEN];

static void make_plain(void)
{
    memcpy(plain, "\177ELF", 4);
    for (unsigned n = 4; n < LEN; n++)
        plain[n] = (uint8_t)(n * n >> 7);
}

static size_t pack_gzip(void)
{
    z_stream z = {.next_in = plain, .avail_in = LEN};

    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
    z.next_out = packed;
    z.avail_out = sizeof(packed);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static size_t pack_bzip2(void)
{
    unsigned n = sizeof(packed);

    ck_assert_int_eq(BZ2_bzBuffToBuffCompress((char *)packed, &n, (char *)plain,
                                              LEN, 9, 0, 0),
                     BZ_OK);
    return n;
}

static size_t pack_xz(void)
{
    size_t n = 0;

    ck_assert_int_eq(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, plain,
                                             LEN, packed, &n, sizeof(packed)),
                     LZMA_OK);
    return n;
}

static size_t pack_zstd(void)
{
    return ZSTD_compress(packed, sizeof(packed), plain, LEN, 3);
}

static size_t pack_lz4(void)
{
    int n = LZ4_compress_default((char *)plain, (char *)packed + 8, LEN,
                                 (int)sizeof(packed) - 8);

    put_le32(packed, 0x184c2102);
    put_le32(packed + 4, (uint32_t)n);
    return (size_t)n + 8;
}

static size_t pack_nothing(void)
{
    memcpy(packed, plain, LEN);
    return LEN;
}

static size_t (*const pack[])(void) = {pack_gzip, pack_bzip2, pack_xz,
                                       pack_zstd, pack_lz4,   pack_nothing};

START_TEST(unpacks)
{
    struct image img;
    struct error err;
    size_t n;

    make_plain();
    n = pack[_i]();
    ck_assert_ok(payload_unpack_bytes("x", packed, n, &img, &err), &err);
    ck_assert_uint_eq(img.size, LEN);
    ck_assert_mem_eq(img.data, plain, LEN);
    image_free(&img);
}
END_TEST

START_TEST(sees_damage)
{
    struct image img;
    struct error err;
    size_t n;

    make_plain();
    n = pack[_i]();
    ck_assert_int_eq(payload_unpack_bytes("x", packed, n / 2, &img, &err),
                     ST_GUEST);
}
END_TEST

START_TEST(refuses_what_it_does_not_know)
{
    struct image img;
    struct error err;

    ck_assert_int_eq(payload_unpack_bytes("x", (const uint8_t *)"\x89LZO....",
                                          8, &img, &err),
                     ST_NOTSUP);
    ck_assert_int_eq(payload_unpack_bytes("x", packed, 0, &img, &err),
                     ST_NOTSUP);
}
END_TEST

Suite *test_payload_suite(void)
{
    Suite *s = suite_create("payload");
    TCase *tc = tcase_create("payload");

    tcase_add_loop_test(tc, unpacks, 0, 6);
    tcase_add_loop_test(tc, sees_damage, 0, 4);
    tcase_add_test(tc, refuses_what_it_does_not_know);
    suite_add_tcase(s, tc);
    return s;
}
