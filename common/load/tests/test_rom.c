/* test_rom.c: firmware images under the reset vector. */
#include "common/load/rom.h"

#include <stdlib.h>
#include <string.h>

#include "common/load/tests/seed.h"
#include "common/tests/suite.h"

static struct gmem mem;
static struct job job;
static struct load_entry entry;
static struct error err;

static void setup(void)
{
    seed_job_init(&job, &mem, 8u << 20);
}

static void teardown(void)
{
    seed_job_fini(&job);
}

/* Each page holds its number. */
static void make(size_t size)
{
    uint8_t *p = calloc(1, size + 1);
    size_t i;

    ck_assert_ptr_nonnull(p);
    for (i = 0; i < size; i += PAGE_SIZE)
        p[i] = (uint8_t)(i / PAGE_SIZE + 1);
    seed_job_kernel(&job, p, size);
    free(p);
}

static uint8_t peek(uint64_t pa)
{
    uint8_t v = 0;

    ck_assert(gmem_read(&mem, pa, &v, 1));
    return v;
}

START_TEST(image_is_under_4_gib_and_its_end_under_1_mib)
{
    uint8_t byte = 0xaa;

    make(256 << 10);
    ck_assert_ok(rom_load(&mem, &job.kernel, &entry, &err), &err);
    ck_assert_int_eq(entry.kind, ENTRY_REAL_RESET);
    ck_assert_int_eq(entry.protocol, LOAD_ROM);
    ck_assert_uint_eq(peek(0xfffc0000), 1);
    ck_assert_uint_eq(peek(0xfffff000), 64);
    ck_assert_uint_eq(peek(0xe0000), 33);
    ck_assert_uint_eq(peek(0xff000), 64);
    ck_assert(!gmem_write(&mem, 0xfffff000, &byte, 1));
    ck_assert_uint_eq(peek(0xfffff000), 64);
    ck_assert_uint_eq(*gmem_flags(&mem, 0xff000) & GMEM_PAGE_ROM,
                      GMEM_PAGE_ROM);
    ck_assert_uint_eq(*gmem_flags(&mem, 0xdf000) & GMEM_PAGE_ROM, 0);
}
END_TEST

START_TEST(a_small_image_leaves_the_rest_of_low_memory)
{
    make(PAGE_SIZE);
    ck_assert_ok(rom_load(&mem, &job.kernel, &entry, &err), &err);
    ck_assert_uint_eq(peek(0xff000), 1);
    ck_assert_uint_eq(peek(0xfe000), 0);
    ck_assert_uint_eq(*gmem_flags(&mem, 0xfe000) & GMEM_PAGE_ROM, 0);
    ck_assert_ptr_null(gmem_host(&mem, 0xffffe000, 1));
}
END_TEST

static const size_t bad_sizes[] = {0, 1, 4095, 4097, (16u << 20) + 4096};

START_TEST(odd_sizes_are_refused)
{
    make(bad_sizes[_i]);
    ck_assert_int_eq(rom_load(&mem, &job.kernel, &entry, &err), ST_GUEST);
    ck_assert_ptr_nonnull(strstr(err.text, "multiple of 4096"));
}
END_TEST

Suite *test_rom_suite(void)
{
    Suite *s = suite_create("rom");
    TCase *tc = tcase_create("rom");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, image_is_under_4_gib_and_its_end_under_1_mib);
    tcase_add_test(tc, a_small_image_leaves_the_rest_of_low_memory);
    tcase_add_loop_test(tc, odd_sizes_are_refused, 0,
                        (int)ARRAY_LEN(bad_sizes));
    suite_add_tcase(s, tc);
    return s;
}
