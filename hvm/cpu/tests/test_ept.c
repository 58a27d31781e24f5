/* test_ept.c: extended page tables: violations with their qualification,
 * misconfigurations, page sizes, accessed and dirty flags, the guest's tables
 * under them; what VPID, INVEPT and INVVPID keep and drop. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

/* Guest-physical 0x5000 is what tests map; `mov eax, [rax]`... */
#define PAGE   0x5000u
#define EPT_PT (VG_EPT + 0x3000)
#define LEAF   (EPT_PT + 8 * (PAGE >> 12))
#define WB     0x30u
#define READ   "\x8b\x00"
#define WRITE  "\x89\x18"
#define RMW    "\x01\x18"
#define FETCH  "\xff\xe0"

static void start(const char *code, size_t n)
{
    vg_init(&g, "all", VG_64);
    vg_code(&g, code, n);
    g.c->s.r[R_AX] = PAGE + 0x123;
    g.c->s.r[R_BX] = 0x99;
    vg_put(&g, PAGE + 0x123, 0xf4, 4); /* HLT, for the fetch */
}
#define START(text) start((text), sizeof(text) - 1)

/* ---- violations ---- */
static const struct {
    const char *code;
    unsigned rights; /* of the page's entry: R 1, W 2, X 4 */
    unsigned qual;   /* 0: no violation */
} accesses[] = {
    {READ, 0, 0x181},  {WRITE, 0, 0x182}, {FETCH, 0, 0x184}, {READ, 1, 0},
    {WRITE, 1, 0x18a}, {FETCH, 1, 0x18c}, {READ, 3, 0},      {WRITE, 3, 0},
    {FETCH, 3, 0x19c}, {READ, 4, 0x1a1},  {WRITE, 4, 0x1a2}, {FETCH, 4, 0},
    {READ, 5, 0},      {WRITE, 5, 0x1aa}, {FETCH, 5, 0},     {READ, 7, 0},
    {WRITE, 7, 0},     {FETCH, 7, 0},     {RMW, 1, 0x18a},   {RMW, 7, 0},
    {RMW, 0, 0x182},
};

START_TEST(violation)
{
    start(accesses[_i].code, 2);
    vg_put(&g, LEAF, PAGE | WB | accesses[_i].rights, 8);
    if (accesses[_i].qual == 0) {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    } else {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EPT_VIOLATION);
        ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), accesses[_i].qual);
        ck_assert_uint_eq(VG_GET(&g, GUEST_PHYSICAL_ADDRESS), PAGE + 0x123);
        ck_assert_uint_eq(VG_GET(&g, GUEST_LINEAR_ADDRESS), PAGE + 0x123);
        ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), accesses[_i].code[0] == '\xff'
                                                     ? PAGE + 0x123
                                                     : VG_CODE);
        ck_assert_uint_eq(VG_GET(&g, GUEST_RFLAGS) & FL_RF, FL_RF);
    }
    vg_fini(&g);
}
END_TEST

/* Rights are those of all levels together. */
START_TEST(upper_levels_count)
{
    unsigned level = (unsigned)_i;
    uint64_t at = VG_EPT + 0x1000 * level;

    START(WRITE);
    for (unsigned k = 0; k < 3; k++) /* no flag to set there */
        vg_put(&g, VG_TABLES + 0x1000 * k,
               vg_peek(&g, VG_TABLES + 0x1000 * k, 8) | 0x60, 8);
    vg_put(&g, at, (vg_peek(&g, at, 8) & ~7ull) | 5, 8);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EPT_VIOLATION);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 0x1aa);
    vg_put(&g, at, 0, 8);
    ck_assert_int_eq(vmx_invept(g.v, INVEPT_ALL, 0), VMX_OK);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EPT_VIOLATION);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION) & 0x38, 0);
    vg_fini(&g);
}
END_TEST

/* An access to the guest's page tables: bit 8 is 0; a read, or a write to set
 * accessed and dirty flags. */
START_TEST(violation_of_a_guest_table)
{
    uint64_t pd = VG_TABLES + 0x2000, leaf = EPT_PT + 8 * (pd >> 12);

    START(READ);
    if (_i == 0) {
        vg_put(&g, leaf, 0, 8);
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EPT_VIOLATION);
        ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 0x81);
        ck_assert_uint_eq(VG_GET(&g, GUEST_PHYSICAL_ADDRESS), pd);
        ck_assert_uint_eq(VG_GET(&g, GUEST_LINEAR_ADDRESS), VG_CODE);
    } else {
        vg_put(&g, leaf, pd | WB | 1, 8);
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EPT_VIOLATION);
        ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 0x8b);
        ck_assert_uint_eq(VG_GET(&g, GUEST_PHYSICAL_ADDRESS), pd);
    }
    vg_fini(&g);
}
END_TEST

/* PDPTEs that MOV to CR3 loads: no linear address. */
START_TEST(violation_of_a_pdpte)
{
    vg_init(&g, "all", VG_PAE);
    vg_code(&g, "\x0f\x22\xd8", 3);
    g.c->s.r[R_AX] = 0x400000;
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EPT_VIOLATION);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 1);
    ck_assert_uint_eq(VG_GET(&g, GUEST_PHYSICAL_ADDRESS), 0x400000);
    /* Through EPT: what is at 0x400000 for the guest is at 0x5000. */
    vg_put(&g, VG_EPT + 0x2000 + 16, (VG_EPT + 0x4000) | 7, 8);
    vg_put(&g, VG_EPT + 0x4000, PAGE | WB | 7, 8);
    vg_put(&g, PAGE, (VG_TABLES + 0x2000) | 1, 8);
    vg_put(&g, PAGE + 8, 0x7001, 8);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_CR3), 0x400000);
    ck_assert_uint_eq(VG_GET(&g, GUEST_PDPTR1), 0x7001);
    vg_fini(&g);
}
END_TEST

/* ---- misconfigurations ---- */
static const struct {
    const char *preset;
    unsigned level; /* 0 PML4E .. 3 PTE */
    uint64_t entry; /* to combine with the address */
    bool wrong;
} entries[] = {
    {"all", 3, WB | 2, true},           /* W without R */
    {"all", 3, WB | 6, true},           /* W and X without R */
    {"nehalem-2008", 3, WB | 4, false}, /* execute-only: it has that */
    {"all", 3, 0x10 | 7, true},         /* memory types 2, 3, 7 */
    {"all", 3, 0x18 | 7, true},
    {"all", 3, 0x38 | 7, true},
    {"all", 3, 0x00 | 7, false}, /* UC, WC, WT, WP */
    {"all", 3, 0x08 | 7, false},
    {"all", 3, 0x20 | 7, false},
    {"all", 3, 0x28 | 7, false},
    {"all", 3, BITQ(40) | WB | 7, true}, /* beyond the width */
    {"all", 3, BITQ(52) | WB | 7, false},
    {"all", 3, BITQ(63) | WB | 7, false},
    {"all", 2, 8 | 7, true}, /* reserved bits 6:3 of a table */
    {"all", 1, 0x40 | 7, true},
    {"all", 0, 0x80 | 7, true},          /* no page of 512 GiB */
    {"nehalem-2008", 1, 0x80 | 7, true}, /* no page of 1 GiB there */
    {"all", 0, 0x800 | 7, false},
};

START_TEST(misconfiguration)
{
    uint64_t at = VG_EPT + 0x1000 * entries[_i].level, address;

    vg_init(&g, entries[_i].preset, VG_64);
    vg_code(&g, entries[_i].entry == (WB | 4) ? FETCH : READ, 2);
    g.c->s.r[R_AX] = PAGE;
    vg_put(&g, PAGE, 0xf4, 1);
    if (entries[_i].level == 3)
        at = LEAF;
    address = vg_peek(&g, at, 8) & 0xfffffff000;
    vg_put(&g, at, address | entries[_i].entry, 8);
    ck_assert_uint_eq(vg_go(&g), entries[_i].wrong ? EXIT_REASON_EPT_MISCONFIG
                                                   : EXIT_REASON_HLT);
    if (entries[_i].wrong && entries[_i].level == 3)
        ck_assert_uint_eq(VG_GET(&g, GUEST_PHYSICAL_ADDRESS), PAGE);
    vg_fini(&g);
}
END_TEST

/* ---- page sizes ---- */
START_TEST(large_pages)
{
    static const struct {
        unsigned level;
        uint64_t entry;
        bool wrong;
    } rows[] = {
        {2, 0x80 | WB | 7, false},         /* 2 MiB at 0 */
        {2, 0x80 | WB | 0x1000 | 7, true}, /* reserved address bits */
        {1, 0x80 | WB | 7, false},         /* 1 GiB at 0 */
        {1, 0x80 | WB | 0x200000 | 7, true},
    };

    START(READ);
    vg_put(&g, VG_EPT + 0x1000 * rows[_i].level, rows[_i].entry, 8);
    vg_put(&g, PAGE + 0x123, 0x4711, 4);
    if (rows[_i].wrong) {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EPT_MISCONFIG);
    } else {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
        ck_assert_uint_eq(g.c->s.r[R_AX], 0x4711);
    }
    vg_fini(&g);
}
END_TEST

START_TEST(pages_may_lie_elsewhere)
{
    START(READ);
    vg_put(&g, LEAF, 0x1d0000 | WB | 1, 8);
    vg_put(&g, 0x1d0123, 0x4711, 4);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.r[R_AX], 0x4711);
    vg_fini(&g);
}
END_TEST

/* ---- accessed and dirty flags ---- */
START_TEST(accessed_and_dirty)
{
    bool on = _i & 1, write = _i & 2;
    uint64_t tables = EPT_PT + 8 * ((VG_TABLES + 0x2000) >> 12);

    start(write ? WRITE : READ, 2);
    VG_SET(&g, EPT_POINTER, VG_EPT | 3 << 3 | 6 | (on ? 0x40 : 0));
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(vg_peek(&g, LEAF, 8) >> 8 & 3, !on ? 0 : write ? 3 : 1);
    ck_assert_uint_eq(vg_peek(&g, VG_EPT, 8) >> 8 & 3, on ? 1 : 0);
    /* The guest's tables count as written. */
    ck_assert_uint_eq(vg_peek(&g, tables, 8) >> 8 & 3, on ? 3 : 0);
    vg_fini(&g);
}
END_TEST

START_TEST(dirty_after_a_read)
{
    START(READ "\x48\xb8\x23\x51\0\0\0\0\0\0" WRITE); /* mov rax, 0x5123 */
    VG_SET(&g, EPT_POINTER, VG_EPT | 3 << 3 | 6 | 0x40);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(vg_peek(&g, LEAF, 8) >> 8 & 3, 3);
    vg_fini(&g);
}
END_TEST

/* ---- what is kept: the guest reads a page that the VMM has changed in the
 * tables since ---- */

/* Two runs of one READ, with `between` in root operation; what the second
 * saw. */
static uint64_t seen_after(void (*between)(void))
{
    vg_put(&g, 0x1d0000, 0x22222222, 4);
    vg_put(&g, PAGE, 0x11111111, 4);
    for (unsigned k = 0; k < 2; k++) {
        if (k == 1)
            between();
        g.c->s.r[R_AX] = PAGE;
        VG_SET(&g, GUEST_RIP, VG_CODE);
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
        if (k == 0)
            ck_assert_uint_eq(g.c->s.r[R_AX], 0x11111111);
    }
    return (uint32_t)g.c->s.r[R_AX] & 0xf;
}

static void remap_ept(void)
{
    vg_put(&g, LEAF, 0x1d0000 | WB | 7, 8);
}

/* The linear address, in the guest's PD (2 MiB pages): to a PT of 4 KiB. */
static void remap_linear(void)
{
    for (unsigned k = 0; k < 512; k++)
        vg_put(&g, 0x1c0000 + 8 * k, (uint64_t)k << 12 | 0x67, 8);
    vg_put(&g, 0x1c0000 + 8 * (PAGE >> 12), 0x1d0067, 8);
    vg_put(&g, VG_TABLES + 0x2000, 0x1c0067, 8);
}

static void remap_ept_and_invept(void)
{
    remap_ept();
    ck_assert_int_eq(vmx_invept(g.v, INVEPT_SINGLE, VG_GET(&g, EPT_POINTER)),
                     VMX_OK);
}

static void remap_ept_and_invept_other(void)
{
    remap_ept();
    ck_assert_int_eq(vmx_invept(g.v, INVEPT_SINGLE, 0x77000 | 3 << 3 | 6),
                     VMX_OK);
}

static void remap_ept_and_invept_all(void)
{
    remap_ept();
    ck_assert_int_eq(vmx_invept(g.v, INVEPT_ALL, 0), VMX_OK);
}

static void remap_ept_and_change_eptp(void)
{
    remap_ept();
    vg_put(&g, VG_EPT + 0x4000, vg_peek(&g, VG_EPT, 8), 8);
    VG_SET(&g, EPT_POINTER, (VG_EPT + 0x4000) | 3 << 3 | 6);
}

#define INVVPID_OF(name, type, vpid, lin)                                      \
    static void remap_and_##name(void)                                         \
    {                                                                          \
        remap_linear();                                                        \
        ck_assert_int_eq(vmx_invvpid(g.v, type, vpid, lin), VMX_OK);           \
    }
INVVPID_OF(invvpid_address, INVVPID_ADDRESS, 1, PAGE)
INVVPID_OF(invvpid_other_address, INVVPID_ADDRESS, 1, 0x40000000)
INVVPID_OF(invvpid_single, INVVPID_SINGLE, 1, 0)
INVVPID_OF(invvpid_other, INVVPID_SINGLE, 2, 0)
INVVPID_OF(invvpid_all, INVVPID_ALL, 0, 0)
INVVPID_OF(invvpid_keep_global, INVVPID_KEEP_GLOBAL, 1, 0)

static void remap_and_change_vpid(void)
{
    remap_linear();
    VG_SET(&g, VIRTUAL_PROCESSOR_ID, 2);
}

static const struct {
    void (*between)(void);
    bool ept, vpid;
    unsigned sees; /* 1: the old page, 2: the new one */
} kept[] = {
    /* Guest-physical mappings: VM entries and exits keep them. */
    {remap_ept, true, true, 1},
    {remap_ept, true, false, 1},
    {remap_ept_and_invept, true, true, 2},
    {remap_ept_and_invept, true, false, 2},
    {remap_ept_and_invept_other, true, true, 1},
    {remap_ept_and_invept_all, true, true, 2},
    {remap_ept_and_change_eptp, true, true, 2},
    /* Linear and combined mappings: by VPID. */
    {remap_linear, false, false, 2},
    {remap_linear, true, false, 2},
    {remap_linear, false, true, 1},
    {remap_linear, true, true, 1},
    {remap_and_invvpid_address, true, true, 2},
    {remap_and_invvpid_other_address, true, true, 1},
    {remap_and_invvpid_single, true, true, 2},
    {remap_and_invvpid_single, false, true, 2},
    {remap_and_invvpid_other, true, true, 1},
    {remap_and_invvpid_all, true, true, 2},
    {remap_and_invvpid_keep_global, false, true, 2},
    {remap_and_change_vpid, true, true, 2},
};

START_TEST(translations_kept)
{
    START(READ);
    vg_ctl(&g, PROC2_EPT, kept[_i].ept);
    vg_ctl(&g, PROC2_VPID, kept[_i].vpid);
    if (kept[_i].vpid)
        VG_SET(&g, VIRTUAL_PROCESSOR_ID, 1);
    ck_assert_uint_eq(seen_after(kept[_i].between), kept[_i].sees);
    vg_fini(&g);
}
END_TEST

/* Global translations: kept by INVVPID type 3 only. */
START_TEST(global_translations_kept)
{
    START(READ);
    vg_ctl(&g, PROC2_VPID, true);
    VG_SET(&g, VIRTUAL_PROCESSOR_ID, 1);
    VG_SET(&g, GUEST_CR4, CR4_VMXE | CR4_PAE | CR4_PGE);
    vg_put(&g, VG_TABLES + 0x2000, 0x187, 8);
    ck_assert_uint_eq(seen_after(_i == 0   ? remap_and_invvpid_keep_global
                                 : _i == 1 ? remap_and_invvpid_single
                                           : remap_linear),
                      _i == 1 ? 2 : 1);
    vg_fini(&g);
}
END_TEST

START_TEST(inv_operands)
{
    START("");
    ck_assert_int_eq(vmx_invept(g.v, 0, 0), VMX_ERR_INV_OPERAND);
    ck_assert_int_eq(vmx_invept(g.v, 3, 0), VMX_ERR_INV_OPERAND);
    ck_assert_int_eq(vmx_invvpid(g.v, 4, 1, 0), VMX_ERR_INV_OPERAND);
    ck_assert_int_eq(vmx_invvpid(g.v, INVVPID_SINGLE, 0, 0),
                     VMX_ERR_INV_OPERAND);
    ck_assert_int_eq(vmx_invvpid(g.v, INVVPID_ADDRESS, 1, BITQ(47)),
                     VMX_ERR_INV_OPERAND);
    ck_assert_uint_eq(VG_GET(&g, VM_INSTRUCTION_ERROR), VMX_ERR_INV_OPERAND);
    vg_fini(&g);
    vg_init(&g, "merom-2006", VG_64);
    ck_assert_int_eq(vmx_invept(g.v, INVEPT_ALL, 0), VMX_FAIL_UD);
    ck_assert_int_eq(vmx_invvpid(g.v, INVVPID_ALL, 0, 0), VMX_FAIL_UD);
    vg_fini(&g);
}
END_TEST

/* Without EPT the page tables are the VMM's, in its own memory too. */
START_TEST(tables_in_the_vmms_memory)
{
    vg_init(&g, "merom-2006", VG_64);
    vg_code(&g, READ, 2);
    vg_put(&g, VG_EPT, (VG_EPT + 0x1000) | 7, 8);
    vg_put(&g, VG_EPT + 0x1000, (VG_EPT + 0x2000) | 7, 8);
    vg_put(&g, VG_EPT + 0x2000, 0x87, 8);
    VG_SET(&g, GUEST_CR3, VG_EPT);
    g.c->s.r[R_AX] = PAGE;
    vg_put(&g, PAGE, 0x4711, 4);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.r[R_AX], 0x4711);
    ck_assert_uint_eq(vg_peek(&g, VG_EPT + 0x2000, 1) & 0x20, 0x20);
    vg_fini(&g);
}
END_TEST

Suite *test_ept_suite(void)
{
    Suite *s = suite_create("ept");
    TCase *tc = tcase_create("violations");

    tcase_add_loop_test(tc, violation, 0, ARRAY_LEN(accesses));
    tcase_add_loop_test(tc, upper_levels_count, 0, 3);
    tcase_add_loop_test(tc, violation_of_a_guest_table, 0, 2);
    tcase_add_test(tc, violation_of_a_pdpte);
    tcase_add_loop_test(tc, misconfiguration, 0, ARRAY_LEN(entries));
    suite_add_tcase(s, tc);
    tc = tcase_create("pages");
    tcase_add_loop_test(tc, large_pages, 0, 4);
    tcase_add_test(tc, pages_may_lie_elsewhere);
    tcase_add_loop_test(tc, accessed_and_dirty, 0, 4);
    tcase_add_test(tc, dirty_after_a_read);
    tcase_add_test(tc, tables_in_the_vmms_memory);
    suite_add_tcase(s, tc);
    tc = tcase_create("caching");
    tcase_add_loop_test(tc, translations_kept, 0, ARRAY_LEN(kept));
    tcase_add_loop_test(tc, global_translations_kept, 0, 3);
    tcase_add_test(tc, inv_operands);
    suite_add_tcase(s, tc);
    return s;
}
