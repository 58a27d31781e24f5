/* test_decode_oracle.c: the decoder against Capstone: all opcodes, random
 * bytes. fuzz_decode does the same for longer. */
#include "common/tests/suite.h"
#include "common/x86/tests/decode_oracle.h"

static void expect_agreement(struct oracle *o, const uint8_t *bytes,
                             unsigned code_size)
{
    char text[512];

    if (oracle_check(o, bytes, code_size) != ORACLE_DIFFERENT)
        return;
    oracle_describe(o, text, sizeof(text));
    ck_abort_msg("%s", text);
}

/* All one- and two-byte opcodes with all ModRM bytes, in each mode. */
static void all_opcodes(struct oracle *o)
{
    uint8_t bytes[ORACLE_BYTES];

    for (unsigned k = 0; k < 0x20000; k++) {
        unsigned n = 0;

        for (unsigned b = 0; b < sizeof(bytes); b++)
            bytes[b] = (uint8_t)(0x24 + 0x11 * b + k);
        if (k >= 0x10000)
            bytes[n++] = 0x0f;
        bytes[n++] = (uint8_t)(k >> 8);
        bytes[n++] = (uint8_t)k;
        for (unsigned code_size = 1; code_size <= 3; code_size++)
            expect_agreement(o, bytes, code_size);
    }
}

static void random_bytes(struct oracle *o, unsigned count, uint64_t seed)
{
    struct rng r = {.state = seed};
    uint8_t bytes[ORACLE_BYTES];

    for (unsigned k = 0; k < count; k++) {
        oracle_random_bytes(&r, bytes);
        expect_agreement(o, bytes, 1 + k % 3);
    }
}

/* Both agree but where a rule says why not, and every rule is needed. */
START_TEST(test_capstone)
{
    struct oracle o;

    ck_assert(oracle_open(&o));
    all_opcodes(&o);
    ck_assert_uint_gt(o.valid, 280000);
    random_bytes(&o, 300000, 2);
    ck_assert_uint_gt(o.valid, 500000);
    for (unsigned k = 0; k < oracle_known_count(); k++)
        ck_assert_msg(o.rule_hits[k] > 0, "needless rule: %s",
                      oracle_known_reason(k));
    oracle_close(&o);
}
END_TEST

Suite *test_decode_oracle_suite(void)
{
    Suite *s = suite_create("decode_oracle");
    TCase *t = tcase_create("Capstone");

    tcase_add_test(t, test_capstone);
    suite_add_tcase(s, t);
    return s;
}
