/* test_loader.c: load_guest on a real board, from files. */
#include "common/load/loader.h"

#include <asm/bootparam.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/load/e820.h"
#include "common/load/layout.h"
#include "common/load/tests/seed.h"
#include "common/tests/suite.h"

static struct machine *m;
static struct load_entry entry;
static struct error err;
static uint8_t buf[SEED_BYTES];

static void setup(void)
{
    struct machine_config config = {
        .ram_bytes = 256u << 20, .clock = CLOCK_VIRTUAL, .ips = CLOCK_NS_PER_S};

    ck_assert_ok(machine_create(&config, &m, &err), &err);
}

static void teardown(void)
{
    machine_destroy(m);
}

static const char *seed_file(enum seed_kind kind)
{
    size_t size = seed_make(kind, buf);

    return suite_tmpfile("kernel", buf, size);
}

static void refused(const struct load_request *rq, enum status want,
                    const char *text)
{
    ck_assert_int_eq(load_guest(m, rq, &entry, &err), want);
    ck_assert_msg(strstr(err.text, text) != NULL, "\"%s\" is not in \"%s\"",
                  text, err.text);
}

START_TEST(firmware_tables_are_there_and_announced)
{
    struct load_request rq = {.cmdline = "quiet"};
    struct boot_params bp;
    uint8_t bda[0x15], sig[8];

    rq.kernel = seed_file(SEED_BZIMAGE64);
    rq.initrd = suite_tmpfile("ramdisk", "disk", 4);
    ck_assert_ok(load_guest(m, &rq, &entry, &err), &err);
    ck_assert_int_eq(entry.protocol, LOAD_BZIMAGE64);
    ck_assert(gmem_read(&m->mem, entry.rsi, &bp, sizeof(bp)));
    ck_assert(gmem_read(&m->mem, bp.acpi_rsdp_addr, sig, 8));
    ck_assert_mem_eq(sig, "RSD PTR ", 8);
    ck_assert_uint_ge(bp.acpi_rsdp_addr, LAYOUT_FIRMWARE);
    ck_assert_uint_lt(bp.acpi_rsdp_addr, LAYOUT_HIGH);
    ck_assert_uint_eq(bp.hdr.ramdisk_image, (256u << 20) - PAGE_SIZE);
    ck_assert(gmem_read(&m->mem, 0x400, bda, sizeof(bda)));
    ck_assert_uint_eq(bda[0x0e] | bda[0x0f] << 8, LAYOUT_EBDA >> 4);
    ck_assert_uint_eq(bda[0x13] | bda[0x14] << 8, 639);
}
END_TEST

START_TEST(memory_map_is_the_boards)
{
    struct load_request rq = {.kernel = NULL};
    struct boot_params bp;
    unsigned i;

    rq.kernel = seed_file(SEED_BZIMAGE32);
    ck_assert_ok(load_guest(m, &rq, &entry, &err), &err);
    ck_assert(gmem_read(&m->mem, entry.rsi, &bp, sizeof(bp)));
    for (i = 0; i < bp.e820_entries; i++)
        if (bp.e820_table[i].addr == LAYOUT_HIGH) {
            ck_assert_uint_eq(bp.e820_table[i].size, 255u << 20);
            ck_assert_uint_eq(bp.e820_table[i].type, E820_RAM);
            return;
        }
    ck_abort_msg("no RAM from 1 MiB on");
}
END_TEST

START_TEST(bios_starts_at_the_reset_vector)
{
    static uint8_t rom[64 << 10];
    struct load_request rq = {.kernel = NULL};
    uint8_t byte;

    rom[0xfff0] = 0xea;
    rq.bios = suite_tmpfile("bios", rom, sizeof(rom));
    ck_assert_ok(load_guest(m, &rq, &entry, &err), &err);
    ck_assert_int_eq(entry.kind, ENTRY_REAL_RESET);
    ck_assert(gmem_read(&m->mem, 0xfffffff0, &byte, 1));
    ck_assert_uint_eq(byte, 0xea);
}
END_TEST

START_TEST(contradictions_are_refused)
{
    struct load_request rq = {.kernel = NULL};

    refused(&rq, ST_INVAL, "nothing to load");
    rq.bios = "rom";
    rq.cmdline = "quiet";
    refused(&rq, ST_INVAL, "bios rom: takes no kernel");
    rq = (struct load_request){.kernel = "k", .protocol = LOAD_ROM};
    refused(&rq, ST_INVAL, "not one for kernels");
}
END_TEST

START_TEST(files_are_refused_by_name)
{
    struct load_request rq = {.kernel = "/nonexistent/vmlinuz"};

    refused(&rq, ST_HOST, "/nonexistent/vmlinuz: open");
    rq.kernel = suite_tmpfile("noise", "noise", 5);
    refused(&rq, ST_GUEST, "noise: not a kernel");
    rq.kernel = seed_file(SEED_ELF32);
    rq.initrd = suite_tmpfile("empty", "", 0);
    refused(&rq, ST_GUEST, "empty: size 0");
    rq.initrd = NULL;
    rq.protocol = LOAD_BZIMAGE32;
    refused(&rq, ST_GUEST, "kernel: no setup header");
}
END_TEST

START_TEST(protocols_have_names)
{
    enum load_protocol p, got;

    for (p = LOAD_AUTO; p < LOAD_ROM; p++) {
        ck_assert(load_protocol_parse(load_protocol_name(p), &got));
        ck_assert_int_eq(got, p);
    }
    ck_assert(!load_protocol_parse("rom", &got));
    ck_assert(!load_protocol_parse("", &got));
}
END_TEST

/* The kernels that experiments/get-guests.sh fetches. */
static const struct {
    const char *kind, *arch;
    enum load_protocol protocol;
} debian[] = {
    {"amd64", "amd64", LOAD_BZIMAGE64},
    {"686", "i386", LOAD_BZIMAGE32},
    {"686-pae", "i386", LOAD_BZIMAGE32},
};

START_TEST(debian_kernels_are_taken)
{
    const char *dir = getenv("TRIPTYCH_GUESTS");
    char kernel[512], initrd[512];
    struct load_request rq = {
        .kernel = kernel, .initrd = initrd, .cmdline = "console=ttyS0 quiet"};
    struct boot_params bp;

    if (dir == NULL)
        SKIP("TRIPTYCH_GUESTS is not set");
    snprintf(kernel, sizeof(kernel), "%s/vmlinuz-%s", dir, debian[_i].kind);
    snprintf(initrd, sizeof(initrd), "%s/initrd-%s.gz", dir, debian[_i].arch);
    if (access(kernel, R_OK) != 0 || access(initrd, R_OK) != 0)
        SKIP("no %s or no %s", kernel, initrd);
    ck_assert_ok(load_guest(m, &rq, &entry, &err), &err);
    ck_assert_int_eq(entry.protocol, debian[_i].protocol);
    ck_assert(gmem_read(&m->mem, entry.rsi, &bp, sizeof(bp)));
    ck_assert_uint_ge(entry.rip, bp.hdr.code32_start);
    ck_assert_uint_gt(bp.hdr.ramdisk_size, 500000);
    ck_assert_uint_le(bp.hdr.ramdisk_image + (uint64_t)bp.hdr.ramdisk_size,
                      bp.hdr.initrd_addr_max + 1ull);
}
END_TEST

Suite *test_loader_suite(void)
{
    Suite *s = suite_create("loader");
    TCase *tc = tcase_create("loader");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, firmware_tables_are_there_and_announced);
    tcase_add_test(tc, memory_map_is_the_boards);
    tcase_add_test(tc, bios_starts_at_the_reset_vector);
    tcase_add_test(tc, contradictions_are_refused);
    tcase_add_test(tc, files_are_refused_by_name);
    tcase_add_test(tc, protocols_have_names);
    tcase_add_loop_test(tc, debian_kernels_are_taken, 0,
                        (int)ARRAY_LEN(debian));
    suite_add_tcase(s, tc);
    return s;
}
