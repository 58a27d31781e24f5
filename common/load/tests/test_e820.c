/* test_e820.c: the memory map that guests are told. */
#include "common/load/e820.h"

#include "common/load/layout.h"
#include "common/tests/suite.h"

#define MIB (1ull << 20)

/* Only base, size and rom of a region count. */
static void make(struct gmem *g, const uint64_t (*r)[2], unsigned nr)
{
    unsigned i;

    gmem_init(g);
    for (i = 0; i < nr; i++)
        g->region[i] = (struct gmem_region){.base = r[i][0], .size = r[i][1]};
    g->nr_regions = nr;
}

static void check(const struct e820_map *map, unsigned i, uint64_t base,
                  uint64_t size, enum e820_type type)
{
    ck_assert_uint_lt(i, map->nr);
    ck_assert_uint_eq(map->entry[i].base, base);
    ck_assert_uint_eq(map->entry[i].size, size);
    ck_assert_int_eq(map->entry[i].type, type);
}

START_TEST(map_of_a_board)
{
    static const uint64_t r[][2] = {
        {0xc0000, 3072 * MIB - 0xc0000}, {4096 * MIB, 512 * MIB}, {0, 0xa0000}};
    struct e820_map map;
    struct gmem g;

    make(&g, r, 3);
    g.region[3] =
        (struct gmem_region){.base = 0xff000000, .size = MIB, .rom = true};
    g.nr_regions = 4;
    e820_build(&map, &g);
    ck_assert_uint_eq(map.nr, 5);
    check(&map, 0, 0, LAYOUT_EBDA, E820_RAM);
    check(&map, 1, LAYOUT_EBDA, 0x400, E820_RESERVED);
    check(&map, 2, 0xe0000, 0x20000, E820_RESERVED);
    check(&map, 3, MIB, 3071 * MIB, E820_RAM);
    check(&map, 4, 4096 * MIB, 512 * MIB, E820_RAM);
    ck_assert_uint_eq(e820_low_end(&map), 3072 * MIB);
}
END_TEST

START_TEST(map_of_a_single_region_and_of_one_mib)
{
    static const uint64_t flat[][2] = {{0, 64 * MIB}}, small[][2] = {{0, MIB}};
    struct e820_map map;
    struct gmem g;

    make(&g, flat, 1);
    e820_build(&map, &g);
    ck_assert_uint_eq(map.nr, 4);
    check(&map, 3, MIB, 63 * MIB, E820_RAM);
    make(&g, small, 1);
    e820_build(&map, &g);
    ck_assert_uint_eq(map.nr, 3);
    ck_assert_uint_eq(e820_low_end(&map), MIB);
}
END_TEST

START_TEST(ram_is_told_from_what_is_not)
{
    static const uint64_t r[][2] = {{0, 64 * MIB}};
    struct e820_map map;
    struct gmem g;

    make(&g, r, 1);
    e820_build(&map, &g);
    ck_assert(e820_is_ram(&map, 0, LAYOUT_EBDA));
    ck_assert(!e820_is_ram(&map, 0, LAYOUT_EBDA + 1));
    ck_assert(!e820_is_ram(&map, 0xe0000, 1));
    ck_assert(e820_is_ram(&map, MIB, 63 * MIB));
    ck_assert(!e820_is_ram(&map, MIB, 63 * MIB + 1));
    ck_assert(!e820_is_ram(&map, MIB, ~0ull));
    ck_assert(!e820_is_ram(&map, 64 * MIB, 0));
}
END_TEST

Suite *test_e820_suite(void)
{
    Suite *s = suite_create("e820");
    TCase *tc = tcase_create("e820");

    tcase_add_test(tc, map_of_a_board);
    tcase_add_test(tc, map_of_a_single_region_and_of_one_mib);
    tcase_add_test(tc, ram_is_told_from_what_is_not);
    suite_add_tcase(s, tc);
    return s;
}
