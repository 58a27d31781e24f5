/* test_sha256.c: SHA-256 against published vectors, in pieces, from files. */
#include "common/base/sha256.h"

#include <string.h>

#include "common/tests/suite.h"

/* [FIPS 180-2 "SHA-256 Examples"; NIST CAVP short messages] */
static const struct {
    const char *unit;
    unsigned times;
    const char *digest;
} vectors[] = {
    {"", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1,
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"a", 1000000,
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

START_TEST(published)
{
    struct sha256 s;
    char text[SHA256_TEXT];
    unsigned i;

    sha256_init(&s);
    for (i = 0; i < vectors[_i].times; i++)
        sha256_add(&s, vectors[_i].unit, strlen(vectors[_i].unit));
    sha256_end_text(&s, text);
    ck_assert_str_eq(text, vectors[_i].digest);
}
END_TEST

/* Every length around the block and every way to cut it in two. */
START_TEST(pieces)
{
    char whole[SHA256_TEXT], cut[SHA256_TEXT];
    uint8_t data[200];
    struct sha256 s;
    unsigned len, at;

    for (len = 0; len < sizeof(data); len++)
        data[len] = (uint8_t)(len * 7 + 1);
    for (len = 0; len <= sizeof(data); len += 3) {
        sha256_init(&s);
        sha256_add(&s, data, len);
        sha256_end_text(&s, whole);
        for (at = 0; at <= len; at++) {
            sha256_init(&s);
            sha256_add(&s, data, at);
            sha256_add(&s, data + at, len - at);
            sha256_end_text(&s, cut);
            ck_assert_str_eq(cut, whole);
        }
    }
}
END_TEST

START_TEST(files)
{
    const char *path = suite_tmpfile("abc", "abc", 3);
    char text[SHA256_TEXT];
    struct error err;
    uint64_t size;

    ck_assert_ok(sha256_file(path, text, &size, &err), &err);
    ck_assert_str_eq(text, vectors[1].digest);
    ck_assert_uint_eq(size, 3);
    ck_assert_int_eq(sha256_file("/not/there", text, NULL, &err), ST_HOST);
    ck_assert_int_eq(sha256_file(suite_tmpdir(), text, NULL, &err), ST_HOST);
}
END_TEST

Suite *test_sha256_suite(void)
{
    Suite *s = suite_create("sha256");
    TCase *tc = tcase_create("sha256");

    tcase_add_loop_test(tc, published, 0, ARRAY_LEN(vectors));
    tcase_add_test(tc, pieces);
    tcase_add_test(tc, files);
    suite_add_tcase(s, tc);
    return s;
}
