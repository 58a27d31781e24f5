/* test_netsum.c: checksums that a guest leaves to its network card. */
#include <string.h>

#include "common/tests/suite.h"
#include "pv/netback.h"

static const struct {
    const char *what;
    uint8_t ip[32]; /* from the IPv4 header on */
    size_t len;
    bool filled;
    unsigned at;
    uint16_t sum;
} sums[] = {
    /* 10.0.2.15:1 to 10.0.2.2:2, data "ab". */
    {"UDP",
     {0x45, 0,  0, 30, 0, 0, 0, 0, 64, 17, 0,  0,    10,   0,   2,
      15,   10, 0, 2,  2, 0, 1, 0, 2,  0,  10, 0xee, 0xee, 'a', 'b'},
     30,
     true,
     26,
     0x8664},
    {"UDP, odd",
     {0x45, 0,  0, 29, 0, 0, 0, 0, 64, 17, 0, 0,    10,   0,  2,
      15,   10, 0, 2,  2, 0, 1, 0, 2,  0,  9, 0xee, 0xee, 'a'},
     29,
     true,
     26,
     0x86c8},
    {"fragment",
     {0x45, 0, 0, 30, 0, 0, 0x20, 0, 64, 17, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2},
     30,
     false,
     26,
     0},
    {"longer than it is",
     {0x45, 0, 0, 31, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2},
     30,
     false,
     26,
     0},
    {"header past the end",
     {0x4f, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2},
     30,
     false,
     26,
     0},
    {"TCP, cut off",
     {0x45, 0, 0, 30, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2},
     30,
     false,
     26,
     0},
    {"ICMP",
     {0x45, 0, 0, 30, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2},
     30,
     false,
     26,
     0},
    {"no header", {0x45}, 19, false, 14, 0},
};

START_TEST(checksum)
{
    uint8_t frame[14 + 32] = {[12] = 8}, was[sizeof(frame)];

    memcpy(frame + 14, sums[_i].ip, sums[_i].len);
    memcpy(was, frame, sizeof(frame));
    ck_assert_msg(pv_netsum_fill(frame, 14 + sums[_i].len) == sums[_i].filled,
                  "%s", sums[_i].what);
    if (sums[_i].filled) {
        was[14 + sums[_i].at] = (uint8_t)(sums[_i].sum >> 8);
        was[14 + sums[_i].at + 1] = (uint8_t)sums[_i].sum;
    }
    ck_assert_mem_eq(frame, was, sizeof(frame));
}
END_TEST

Suite *test_netsum_suite(void)
{
    Suite *s = suite_create("netsum");
    TCase *tc = tcase_create("checksum");

    tcase_add_loop_test(tc, checksum, 0, ARRAY_LEN(sums));
    suite_add_tcase(s, tc);
    return s;
}
