/* test_acpi.c: the ACPI tables, read as an operating system does, and by iasl
 * where that is installed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/load/acpi.h"
#include "common/tests/suite.h"

static struct machine *m;
static uint64_t rsdp;

static void make(const char *disk, const char *network)
{
    struct machine_config config = {
        .ram_bytes = 4 << 20,
        .ips = CLOCK_NS_PER_S,
        .disk_path = disk,
        .network = network,
    };
    struct error err;

    ck_assert_ok(machine_create(&config, &m, &err), &err);
    ck_assert_ok(acpi_build(m, &rsdp, &err), &err);
}

static void setup(void)
{
    make(NULL, NULL);
}

/* With a disk and a network card. */
static void setup_virtio(void)
{
    static uint8_t sector[512];

    make(suite_tmpfile("disk", sector, sizeof(sector)), "user,restrict=on");
}

static void teardown(void)
{
    machine_destroy(m);
}

static const uint8_t *at(uint64_t pa, uint32_t len)
{
    const uint8_t *p = gmem_host(&m->mem, pa, len);

    ck_assert_ptr_nonnull(p);
    return p;
}

static uint8_t sum(const uint8_t *p, uint32_t len)
{
    uint8_t s = 0;

    while (len-- > 0)
        s += *p++;
    return s;
}

/* The table at pa, its checksum being right. */
static const uint8_t *table(uint64_t pa, const char *signature)
{
    const uint8_t *p = at(pa, 36);

    ck_assert_mem_eq(p, signature, 4);
    ck_assert_uint_ge(get_le32(p + 4), 36);
    p = at(pa, get_le32(p + 4));
    ck_assert_uint_eq(sum(p, get_le32(p + 4)), 0);
    ck_assert_uint_ge(pa, 0xe0000);
    ck_assert_uint_le(pa + get_le32(p + 4), 0xf0000);
    return p;
}

/* By the XSDT. */
static const uint8_t *find(const char *signature)
{
    const uint8_t *x = table(get_le64(at(rsdp, 36) + 24), "XSDT");
    unsigned i;

    for (i = 36; i < get_le32(x + 4); i += 8)
        if (memcmp(at(get_le64(x + i), 4), signature, 4) == 0)
            return table(get_le64(x + i), signature);
    ck_abort_msg("no %s", signature);
}

START_TEST(pointer_can_be_found)
{
    const uint8_t *p = at(rsdp, 36);

    ck_assert_uint_eq(rsdp % 16, 0);
    ck_assert_uint_ge(rsdp, 0xe0000);
    ck_assert_mem_eq(p, "RSD PTR ", 8);
    ck_assert_uint_eq(p[15], 2);
    ck_assert_uint_eq(sum(p, 20), 0);
    ck_assert_uint_eq(sum(p, 36), 0);
}
END_TEST

START_TEST(both_roots_agree)
{
    const uint8_t *p = at(rsdp, 36);
    const uint8_t *r = table(get_le32(p + 16), "RSDT");
    const uint8_t *x = table(get_le64(p + 24), "XSDT");
    unsigned i, n = (get_le32(r + 4) - 36) / 4;

    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(get_le32(x + 4), 36 + 8 * n);
    for (i = 0; i < n; i++)
        ck_assert_uint_eq(get_le32(r + 36 + 4 * i), get_le64(x + 36 + 8 * i));
}
END_TEST

static const struct {
    const char *what;
    unsigned offset, bytes;
    uint64_t value;
} fadt_fields[] = {
    {"revision", 8, 1, 4},
    {"SCI", 46, 2, 9},
    {"SMI_CMD", 48, 4, 0},
    {"PM1a_EVT", 56, 4, 0x600},
    {"PM1b_EVT", 60, 4, 0},
    {"PM1a_CNT", 64, 4, 0x604},
    {"PM_TMR", 76, 4, 0x608},
    {"PM1_EVT_LEN", 88, 1, 4},
    {"PM1_CNT_LEN", 89, 1, 2},
    {"PM_TMR_LEN", 91, 1, 4},
    {"CENTURY", 108, 1, 0x32},
    {"IAPC_BOOT_ARCH", 109, 2, 0xf},
    {"flags", 112, 4, 0x565},
    {"RESET_REG space and width", 116, 2, 0x0801},
    {"RESET_REG", 120, 8, 0xcf9},
    {"RESET_VALUE", 128, 1, 6},
    {"X_FIRMWARE_CTRL", 132, 8, 0},
    {"X_PM1a_EVT space and width", 148, 2, 0x2001},
    {"X_PM1a_EVT", 152, 8, 0x600},
    {"X_PM1a_CNT space and width", 172, 2, 0x1001},
    {"X_PM1a_CNT", 176, 8, 0x604},
    {"X_PM_TMR space and width", 208, 2, 0x2001},
    {"X_PM_TMR", 212, 8, 0x608},
};

START_TEST(fadt)
{
    const uint8_t *f = find("FACP");
    uint64_t v = 0;

    memcpy(&v, f + fadt_fields[_i].offset, fadt_fields[_i].bytes);
    ck_assert_msg(v == fadt_fields[_i].value, "%s: 0x%llx",
                  fadt_fields[_i].what, (unsigned long long)v);
}
END_TEST

START_TEST(fadt_leads_on)
{
    const uint8_t *f = find("FACP");
    const uint8_t *facs = at(get_le32(f + 36), 64);

    ck_assert_uint_eq(get_le32(f + 4), 244);
    ck_assert_mem_eq(facs, "FACS", 4);
    ck_assert_uint_eq(get_le32(f + 36) % 64, 0);
    ck_assert_uint_eq(get_le32(facs + 4), 64);
    table(get_le32(f + 40), "DSDT");
    ck_assert_uint_eq(get_le32(f + 40), get_le64(f + 140));
}
END_TEST

START_TEST(madt)
{
    static const uint8_t entries[] = {
        0, 8,  0,    0, 1, 0, 0,    0,                  /* processor 0 */
        1, 12, 1,    0, 0, 0, 0xc0, 0xfe, 0,   0, 0, 0, /* I/O APIC 1, GSI 0 */
        2, 10, 0,    0, 2, 0, 0,    0,    0,   0,       /* IRQ 0: GSI 2 */
        2, 10, 0,    9, 9, 0, 0,    0,    0xd, 0,       /* IRQ 9: level, high */
        4, 6,  0xff, 5, 0, 1,                           /* LINT1 NMI */
    };
    const uint8_t *t = find("APIC");

    ck_assert_uint_eq(get_le32(t + 36), 0xfee00000);
    ck_assert_uint_eq(get_le32(t + 40), 1);
    ck_assert_uint_eq(get_le32(t + 4), 44 + sizeof(entries));
    ck_assert_mem_eq(t + 44, entries, sizeof(entries));
    /* The I/O APIC goes by that ID. */
    bus_write(&m->bus, BUS_MMIO, 0xfec00000, 4, 0);
    ck_assert_uint_eq(bus_read(&m->bus, BUS_MMIO, 0xfec00010, 4), 1u << 24);
}
END_TEST

static bool dsdt_has(const char *what, size_t n)
{
    const uint8_t *t = table(get_le32(find("FACP") + 40), "DSDT");

    return memmem(t, get_le32(t + 4), what, n) != NULL;
}

START_TEST(virtio_only_if_there)
{
    ck_assert(!dsdt_has("LNRO0005", 8));
    ck_assert(dsdt_has("COM1", 4));
    machine_destroy(m);
    setup_virtio();
    ck_assert(dsdt_has("LNRO0005", 8));
    /* Memory32Fixed (ReadWrite, 0xFEB00000, 0x200); Interrupt 10, level. */
    ck_assert(dsdt_has("\x86\x09\x00\x01\x00\x00\xb0\xfe\x00\x02\x00\x00"
                       "\x89\x06\x00\x01\x01\x0a\x00\x00\x00",
                       21));
    /* The same at 0xFEB00200, interrupt 11. */
    ck_assert(dsdt_has("\x86\x09\x00\x01\x00\x02\xb0\xfe\x00\x02\x00\x00"
                       "\x89\x06\x00\x01\x01\x0b\x00\x00\x00",
                       21));
}
END_TEST

START_TEST(needs_memory)
{
    struct error err;

    gmem_fini(&m->mem);
    gmem_init(&m->mem);
    ck_assert_int_eq(acpi_build(m, &rsdp, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "memory"));
}
END_TEST

/* ---- with iasl ---- */

static void run(const char *command)
{
    char line[600];

    snprintf(line, sizeof(line), "cd %s && %s >log 2>&1", suite_tmpdir(),
             command);
    ck_assert_msg(system(line) == 0, "%s", line);
}

static bool log_has(const char *what)
{
    char line[600];

    snprintf(line, sizeof(line), "grep -q '%s' %s/log", what, suite_tmpdir());
    return system(line) == 0;
}

/* Disassemble, compile again: the same bytes, no complaint on the way. */
static void round_trip(const char *name, const uint8_t *t)
{
    char command[200], file[40];
    FILE *f;
    uint8_t *again = malloc(get_le32(t + 4));
    char path[300];

    snprintf(file, sizeof(file), "%s.aml", name);
    suite_tmpfile(file, t, get_le32(t + 4));
    snprintf(command, sizeof(command), "iasl -d %s.aml", name);
    run(command);
    ck_assert(!log_has("Error") && !log_has("Warning"));
    snprintf(command, sizeof(command), "iasl -p again %s.dsl", name);
    run(command);
    ck_assert(!log_has("Error  ") && !log_has("Warning  "));
    snprintf(path, sizeof(path), "%s/again.aml", suite_tmpdir());
    f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(again);
    ck_assert_uint_eq(fread(again, 1, get_le32(t + 4), f), get_le32(t + 4));
    ck_assert_int_eq(fgetc(f), EOF);
    fclose(f);
    /* All but the checksum and who made it, in the header. */
    ck_assert_mem_eq(again, t, 9);
    ck_assert_mem_eq(again + 10, t + 10, 18);
    ck_assert_mem_eq(again + 36, t + 36, get_le32(t + 4) - 36);
    free(again);
}

START_TEST(iasl_round_trip)
{
    if (system("iasl -v >/dev/null 2>&1") != 0)
        SKIP("iasl is not installed (package acpica-tools)");
    if (_i == 1) {
        machine_destroy(m);
        setup_virtio();
    }
    round_trip("dsdt", table(get_le32(find("FACP") + 40), "DSDT"));
    round_trip("facp", find("FACP"));
    round_trip("apic", find("APIC"));
}
END_TEST

Suite *test_acpi_suite(void)
{
    Suite *s = suite_create("acpi");
    TCase *tc = tcase_create("acpi");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, pointer_can_be_found);
    tcase_add_test(tc, both_roots_agree);
    tcase_add_loop_test(tc, fadt, 0, ARRAY_LEN(fadt_fields));
    tcase_add_test(tc, fadt_leads_on);
    tcase_add_test(tc, madt);
    tcase_add_test(tc, virtio_only_if_there);
    tcase_add_test(tc, needs_memory);
    tcase_add_loop_test(tc, iasl_round_trip, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
