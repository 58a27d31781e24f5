/* test_layout.c: the first MiB is divided without overlap. */
#include "common/load/layout.h"

#include "common/base/types.h"
#include "common/tests/suite.h"

START_TEST(areas_ascend_without_overlap)
{
    const struct layout_area *a;
    size_t nr, i;

    a = layout_areas(&nr);
    ck_assert_uint_gt(nr, 5);
    for (i = 0; i < nr; i++) {
        ck_assert_uint_gt(a[i].size, 0);
        ck_assert_uint_le(a[i].base + a[i].size, LAYOUT_HIGH);
        if (i > 0)
            ck_assert_msg(a[i - 1].base + a[i - 1].size <= a[i].base,
                          "%s overlaps %s", a[i - 1].what, a[i].what);
    }
}
END_TEST

START_TEST(areas_of_the_processor_are_whole_pages)
{
    ck_assert_uint_eq(LAYOUT_PAGE_TABLES % PAGE_SIZE, 0);
    ck_assert_uint_eq(LAYOUT_ZEROPAGE % PAGE_SIZE, 0);
    ck_assert_uint_eq(LAYOUT_STACK % 16, 0);
    ck_assert_uint_eq(LAYOUT_EBDA, LAYOUT_BASE_KB * 1024);
}
END_TEST

START_TEST(owner_is_found_at_the_edges)
{
    ck_assert_ptr_null(layout_owner(0x500, 0x90000 - 0x500));
    ck_assert_ptr_null(layout_owner(0x100000, 1ull << 40));
    ck_assert_ptr_null(layout_owner(0x90000, 0));
    ck_assert_ptr_nonnull(layout_owner(0x500, 0x90001 - 0x500));
    ck_assert_ptr_nonnull(layout_owner(0x4ff, 1));
    ck_assert_ptr_nonnull(layout_owner(0xfffff, 1));
    ck_assert_ptr_nonnull(layout_owner(0, ~0ull));
    ck_assert_ptr_null(layout_owner(0x100000, ~0ull));
}
END_TEST

Suite *test_layout_suite(void)
{
    Suite *s = suite_create("layout");
    TCase *tc = tcase_create("layout");

    tcase_add_test(tc, areas_ascend_without_overlap);
    tcase_add_test(tc, areas_of_the_processor_are_whole_pages);
    tcase_add_test(tc, owner_is_found_at_the_edges);
    suite_add_tcase(s, tc);
    return s;
}
