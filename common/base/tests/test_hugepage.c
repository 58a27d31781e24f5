/* test_hugepage.c: large tables: zero, aligned, usable to the last byte. */
#include "common/base/hugepage.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/tests/suite.h"

static const size_t sizes[] = {1, 65, 600000, HUGEPAGE_BYTES,
                               HUGEPAGE_BYTES * 2 + 1};

/* What was used before comes back as zeros. */
START_TEST(zero)
{
    size_t n = sizes[_i];

    for (unsigned round = 0; round < 2; round++) {
        uint8_t *p = hugepage_alloc(n);

        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % 64, 0);
        ck_assert_uint_eq(p[0], 0);
        ck_assert_uint_eq(p[n / 2], 0);
        ck_assert_uint_eq(p[n - 1], 0);
        memset(p, 0xa5, n);
        free(p);
    }
}
END_TEST

Suite *test_hugepage_suite(void)
{
    Suite *s = suite_create("hugepage");
    TCase *tc = tcase_create("hugepage");

    tcase_add_loop_test(tc, zero, 0, ARRAY_LEN(sizes));
    suite_add_tcase(s, tc);
    return s;
}
