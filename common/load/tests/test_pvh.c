/* test_pvh.c: Xen's direct boot. */
#include "common/load/pvh.h"

#include <string.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "common/base/bits.h"
#include "common/load/protocol.h"
#include "common/load/tests/seed.h"
#include "common/tests/suite.h"

static struct gmem mem;
static struct job job;
static uint8_t buf[SEED_BYTES];
static struct load_entry entry;
static struct error err;

static void setup(void)
{
    seed_job_init(&job, &mem, 8u << 20);
    job.rsdp = 0xe0000;
}

static void teardown(void)
{
    seed_job_fini(&job);
}

static const enum seed_kind kinds[] = {SEED_ELF32_PVH, SEED_ELF64_PVH};

START_TEST(the_note_is_entered_with_start_info)
{
    struct hvm_memmap_table_entry map;
    struct hvm_modlist_entry module;
    struct hvm_start_info info;
    char text[32];
    uint8_t byte;
    unsigned i;

    seed_job_kernel(&job, buf, seed_make(kinds[_i], buf));
    seed_job_initrd(&job, 5000);
    ck_assert_ok(protocol_load(&job, LOAD_AUTO, &entry, &err), &err);
    ck_assert_int_eq(entry.protocol, LOAD_PVH);
    ck_assert_int_eq(entry.kind, ENTRY_PM32);
    ck_assert_uint_eq(entry.rip, SEED_PVH);
    ck_assert(gmem_read(&mem, entry.rbx, &info, sizeof(info)));
    ck_assert_uint_eq(info.magic, XEN_HVM_START_MAGIC_VALUE);
    ck_assert_uint_eq(info.version, 1);
    ck_assert_uint_eq(info.rsdp_paddr, 0xe0000);
    ck_assert(gmem_read(&mem, info.cmdline_paddr, text, sizeof(text)));
    ck_assert_str_eq(text, job.cmdline);
    ck_assert_uint_eq(info.nr_modules, 1);
    ck_assert(gmem_read(&mem, info.modlist_paddr, &module, sizeof(module)));
    ck_assert_uint_eq(module.size, 5000);
    ck_assert_uint_eq(module.paddr, (8u << 20) - 0x2000);
    ck_assert(gmem_read(&mem, module.paddr + 4999, &byte, 1));
    ck_assert_uint_eq(byte, 0x5a);
    ck_assert_uint_eq(info.memmap_entries, job.e820.nr);
    for (i = 0; i < info.memmap_entries; i++) {
        ck_assert(gmem_read(&mem, info.memmap_paddr + i * sizeof(map), &map,
                            sizeof(map)));
        ck_assert_uint_eq(map.addr, job.e820.entry[i].base);
        ck_assert_uint_eq(map.size, job.e820.entry[i].size);
        ck_assert_uint_eq(map.type, job.e820.entry[i].type);
    }
}
END_TEST

START_TEST(no_ram_disk_no_module)
{
    struct hvm_start_info info;

    seed_job_kernel(&job, buf, seed_make(SEED_ELF32_PVH, buf));
    ck_assert_ok(protocol_load(&job, LOAD_PVH, &entry, &err), &err);
    ck_assert(gmem_read(&mem, entry.rbx, &info, sizeof(info)));
    ck_assert_uint_eq(info.nr_modules, 0);
    ck_assert_uint_eq(info.modlist_paddr, 0);
}
END_TEST

START_TEST(a_kernel_without_usable_note_is_refused)
{
    size_t size = seed_make(SEED_ELF64, buf);

    seed_job_kernel(&job, buf, size);
    ck_assert_int_eq(protocol_load(&job, LOAD_PVH, &entry, &err), ST_GUEST);
    ck_assert_ptr_nonnull(strstr(err.text, "XEN_ELFNOTE_PHYS32_ENTRY"));

    size = seed_make(SEED_ELF64_PVH, buf);
    put_le64(buf + SEED_NOTE_AT + 16, 0x500000);
    seed_job_kernel(&job, buf, size);
    ck_assert_int_eq(protocol_load(&job, LOAD_PVH, &entry, &err), ST_GUEST);
    ck_assert_ptr_nonnull(strstr(err.text, "PVH entry 0x500000"));
}
END_TEST

START_TEST(a_ram_disk_that_does_not_fit_is_refused)
{
    seed_job_kernel(&job, buf, seed_make(SEED_ELF64_PVH, buf));
    seed_job_initrd(&job, (8u << 20) - 0x100000);
    ck_assert_int_eq(protocol_load(&job, LOAD_PVH, &entry, &err), ST_GUEST);
    ck_assert_msg(strncmp(err.text, "ramdisk: size 7340032: must fit", 31) == 0,
                  "%s", err.text);
}
END_TEST

Suite *test_pvh_suite(void)
{
    Suite *s = suite_create("pvh");
    TCase *tc = tcase_create("pvh");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_note_is_entered_with_start_info, 0,
                        (int)ARRAY_LEN(kinds));
    tcase_add_test(tc, no_ram_disk_no_module);
    tcase_add_test(tc, a_kernel_without_usable_note_is_refused);
    tcase_add_test(tc, a_ram_disk_that_does_not_fit_is_refused);
    suite_add_tcase(s, tc);
    return s;
}
