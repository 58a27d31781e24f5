/* test_cr.c: write rules of control registers and EFER. */
#include "common/x86/cr.h"

#include "common/tests/suite.h"
#include "common/x86/seg.h"
#include "common/x86/tests/bare.h"

#define PE CR0_PE
#define PG CR0_PG
#define ET CR0_ET

static struct bare b;

static void teardown(void)
{
    bare_fini(&b);
}

enum reg { CR0, CR3, CR4, EFER };

static bool set(enum reg reg, uint64_t v)
{
    switch (reg) {
    case CR0:
        return x86_set_cr0(b.c, v);
    case CR3:
        return x86_set_cr3(b.c, v);
    case CR4:
        return x86_set_cr4(b.c, v);
    default:
        return x86_set_efer(b.c, v);
    }
}

static uint64_t get(enum reg reg)
{
    const struct x86_state *s = &b.c->s;

    return reg == CR0   ? s->cr0
           : reg == CR3 ? s->cr3
           : reg == CR4 ? s->cr4
                        : s->efer;
}

/* In protected mode at CR0, CR4, EFER as given. [SDM2 "MOV--Move to/from
 * Control Registers", Protected Mode Exceptions], [SDM4 "IA32_EFER"] */
static const struct {
    const char *model;
    uint64_t cr0, cr4, efer;
    enum reg reg;
    uint64_t v;
    bool ok;
    uint64_t then;
} rules[] = {
    /* CR0 */
    {"triptych", ET, 0, 0, CR0, PG, false, ET},
    {"triptych", ET, 0, 0, CR0, PE | PG, true, PE | PG | ET},
    {"triptych", ET, 0, 0, CR0, CR0_NW, false, ET},
    {"triptych", ET, 0, 0, CR0, CR0_CD, true, CR0_CD | ET},
    {"triptych", ET, 0, 0, CR0, CR0_CD | CR0_NW, true, CR0_CD | CR0_NW | ET},
    {"triptych", ET, 0, 0, CR0, 1ull << 32, false, ET},
    {"triptych", ET, 0, 0, CR0, 0x1ff8ffd0, true, ET}, /* reserved: ignored */
    {"triptych", ET | PE, 0, 0, CR0, 0, true, ET},
    /* CR0.PG with EFER.LME: into IA-32e mode */
    {"triptych", ET | PE, 0, EFER_LME, CR0, PE | PG, false, ET | PE},
    {"triptych", ET | PE, CR4_PAE, EFER_LME, CR0, PE | PG, true, ET | PE | PG},
    {"triptych", ET | PE | PG, CR4_PAE, EFER_LME | EFER_LMA, CR0, PE, true,
     ET | PE},
    /* CR4 */
    {"triptych", ET, 0, 0, CR4, 0x7ff, true, 0x7ff},
    {"triptych", ET, 0, 0, CR4, 1u << 31, false, 0},
    {"triptych", ET, 0, 0, CR4, 1ull << 32, false, 0},
    {"triptych", ET, 0, 0, CR4, CR4_UMIP, false, 0},
    {"triptych", ET, 0, 0, CR4, CR4_VMXE, false, 0},
    {"triptych", ET, 0, 0, CR4, CR4_PCIDE, false, 0},
    {"triptych", ET, 0, 0, CR4, CR4_OSXSAVE, false, 0},
    {"triptych", ET, 0, 0, CR4, CR4_SMEP, false, 0},
    {"triptych", ET, 0, 0, CR4, CR4_SMAP, false, 0},
    {"triptych", ET, 0, 0, CR4, CR4_FSGSBASE, false, 0},
    {"pentium3", ET, 0, 0, CR4, 0x7ff, true, 0x7ff},
    {"triptych", ET | PE | PG, CR4_PAE, EFER_LME | EFER_LMA, CR4, 0, false,
     CR4_PAE},
    {"triptych", ET | PE | PG, CR4_PAE, EFER_LME | EFER_LMA, CR4,
     CR4_PAE | CR4_PGE, true, CR4_PAE | CR4_PGE},
    /* CR3 */
    {"triptych", ET, 0, 0, CR3, 0xfffffff018, true, 0xfffffff018},
    {"triptych", ET, 0, 0, CR3, 1ull << 40, false, 0},
    {"p4-672", ET, 0, 0, CR3, 1ull << 36, false, 0},
    {"triptych", ET, 0, 0, CR3, 1ull << 63, false, 0},
    /* EFER */
    {"triptych", ET, 0, 0, EFER, EFER_SCE | EFER_LME | EFER_NXE, true,
     EFER_SCE | EFER_LME | EFER_NXE},
    {"triptych", ET, 0, 0, EFER, EFER_LMA, true, 0},
    {"triptych", ET, 0, 0, EFER, 1u << 12, false, 0},
    {"triptych", ET | PE | PG, 0, 0, EFER, EFER_LME, false, 0},
    {"triptych", ET | PE | PG, CR4_PAE, EFER_LME | EFER_LMA, EFER, 0, false,
     EFER_LME | EFER_LMA},
    {"triptych", ET | PE | PG, CR4_PAE, EFER_LME | EFER_LMA, EFER,
     EFER_LME | EFER_SCE, true, EFER_LME | EFER_LMA | EFER_SCE},
    {"pentium3", ET, 0, 0, EFER, EFER_NXE, false, 0},
};

START_TEST(write_rules)
{
    bare_init(&b, rules[_i].model);
    bare_protected(&b, 0);
    b.c->s.cr0 = rules[_i].cr0;
    b.c->s.cr4 = rules[_i].cr4;
    b.c->s.efer = rules[_i].efer;
    x86_update_mode(b.c);
    ck_assert_uint_eq(set(rules[_i].reg, rules[_i].v), rules[_i].ok);
    ck_assert_uint_eq(get(rules[_i].reg), rules[_i].then);
}
END_TEST

START_TEST(lma_follows_paging)
{
    bare_init(&b, "triptych");
    bare_protected(&b, 0);
    ck_assert(x86_set_cr4(b.c, CR4_PAE));
    ck_assert(x86_set_efer(b.c, EFER_LME));
    ck_assert_uint_eq(b.c->s.efer, EFER_LME);
    ck_assert(x86_set_cr0(b.c, PE | PG));
    ck_assert_uint_eq(b.c->s.efer, EFER_LME | EFER_LMA);
    ck_assert(b.c->long_mode);
    ck_assert_uint_eq(b.c->code_size, 2); /* compatibility mode */
    ck_assert(x86_set_cr0(b.c, PE));
    ck_assert_uint_eq(b.c->s.efer, EFER_LME);
    ck_assert(!b.c->long_mode);
}
END_TEST

/* [SDM3 "Initializing IA-32e Mode"]: consistency checks. */
START_TEST(long_mode_wants_no_l_bit_and_no_16_bit_tss)
{
    bare_init(&b, "triptych");
    bare_protected(&b, 0);
    ck_assert(x86_set_cr4(b.c, CR4_PAE));
    ck_assert(x86_set_efer(b.c, EFER_LME));
    b.c->s.seg[SEG_CS].attr |= SA_L;
    ck_assert(!x86_set_cr0(b.c, PE | PG));
    b.c->s.seg[SEG_CS].attr &= ~SA_L;
    b.c->s.tr.attr = SA_P | SYS_TSS16_BUSY;
    ck_assert(!x86_set_cr0(b.c, PE | PG));
    b.c->s.tr.attr = SA_P | SYS_TSS32_BUSY;
    ck_assert(x86_set_cr0(b.c, PE | PG));
    b.c->s.seg[SEG_CS].attr = (b.c->s.seg[SEG_CS].attr & ~SA_DB) | SA_L;
    x86_update_mode(b.c);
    ck_assert_uint_eq(b.c->code_size, 3);
    ck_assert(!x86_set_cr0(b.c, PE)); /* not from 64-bit mode */
}
END_TEST

/* ---- PAE: PDPTE registers ---- */
static void put_pdptes(uint64_t at, uint64_t first, uint64_t last)
{
    uint64_t e[4] = {first, 0, 0xfff << 12, last};

    gmem_write(&b.m.mem, at, e, sizeof(e));
}

START_TEST(pdptes_are_loaded_and_checked)
{
    bare_init(&b, "triptych");
    bare_protected(&b, 0);
    put_pdptes(0x4020, 0x5001, 0x6001);
    ck_assert(x86_set_cr3(b.c, 0x4020));
    ck_assert(x86_set_cr4(b.c, CR4_PAE));
    ck_assert_uint_eq(b.c->s.pdpte[0], 0); /* paging is off */
    ck_assert(x86_set_cr0(b.c, PE | PG));
    ck_assert_uint_eq(b.c->s.pdpte[0], 0x5001);
    ck_assert_uint_eq(b.c->s.pdpte[3], 0x6001);
    put_pdptes(0x4020, 0x7001, 0x6003); /* reserved bit 1 */
    ck_assert(!x86_set_cr3(b.c, 0x4020));
    ck_assert(!x86_set_cr4(b.c, CR4_PAE | CR4_PGE));
    ck_assert(!x86_set_cr0(b.c, PE | PG | CR0_CD));
    ck_assert_uint_eq(b.c->s.pdpte[0], 0x5001);     /* nothing happened */
    ck_assert(x86_set_cr4(b.c, CR4_PAE | CR4_TSD)); /* does not load */
    ck_assert(x86_set_cr0(b.c, PE | PG | CR0_WP));
    put_pdptes(0x4020, 0x7001, 0x6002); /* not present: no matter */
    ck_assert(x86_set_cr3(b.c, 0x4020));
    ck_assert_uint_eq(b.c->s.pdpte[0], 0x7001);
    put_pdptes(0x4020, 1ull << 40 | 1, 0); /* wider than the processor */
    ck_assert(!x86_set_cr3(b.c, 0x4020));
}
END_TEST

/* ---- which writes drop translations [SDM3 "Operations that Invalidate TLBs
 * and Paging-Structure Caches"] ---- */
static void fake_entries(void)
{
    struct x86_tlb_entry *t = b.c->tlbs[X86_VIEW_SUPER];

    t[1].rtag = 0x1000;
    t[1].pa = 0x1000;
    t[2].rtag = 0x2000;
    t[2].pa = 0x2001; /* global */
    b.c->tlb_filled[0][X86_VIEW_SUPER * X86_TLB_SIZE / 64] |= BITQ(1);
    b.c->tlb_filled[1][X86_VIEW_SUPER * X86_TLB_SIZE / 64] |= BITQ(2);
}

static unsigned entries_left(void)
{
    struct x86_tlb_entry *t = b.c->tlbs[X86_VIEW_SUPER];

    return (t[1].rtag == 0x1000) + 2 * (t[2].rtag == 0x2000);
}

static const struct {
    enum reg reg;
    uint64_t v; /* to flip; CR3: to write */
    unsigned left;
} flushes[] = {
    {CR3, 0x3000, 2},    {CR3, 0, 2}, /* the same value too */
    {CR0, CR0_WP, 0},    {CR0, CR0_PG, 0},     {CR0, CR0_TS, 3},
    {CR0, CR0_AM, 3},    {CR4, CR4_PGE, 0},    {CR4, CR4_PSE, 0},
    {CR4, CR4_TSD, 3},   {CR4, CR4_OSFXSR, 3}, {EFER, EFER_NXE, 0},
    {EFER, EFER_SCE, 3},
};

START_TEST(translations_are_dropped)
{
    uint64_t was;

    bare_init(&b, "triptych");
    bare_protected(&b, 0);
    ck_assert(x86_set_cr0(b.c, PE | PG));
    was = flushes[_i].reg == CR3 ? 0 : get(flushes[_i].reg);
    fake_entries();
    ck_assert(set(flushes[_i].reg, was ^ flushes[_i].v));
    ck_assert_uint_eq(entries_left(), flushes[_i].left);
}
END_TEST

/* ---- the instructions ---- */
START_TEST(mov_cr)
{
    bare_init(&b, "triptych");
    bare_protected(&b, 0);
    b.c->s.cr2 = 0xdeadbeefcafe;
    ck_assert_int_eq(bare_run(&b, "\x0f\x20\xd0"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xbeefcafe); /* 32 bits of it */
    b.c->s.r[R_AX] = CR0_PG;
    ck_assert_int_eq(bare_run(&b, "\x0f\x22\xc0"), VEC_GP);
    ck_assert_uint_eq(b.event.error, 0);
    b.c->s.r[R_AX] = CR4_TSD;
    ck_assert_int_eq(bare_run(&b, "\x0f\x22\xe0"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.cr4, CR4_TSD);
    ck_assert_int_eq(bare_run(&b, "\x0f\x20\xc8"), VEC_UD); /* CR1 */
    ck_assert_int_eq(bare_run(&b, "\x0f\x22\xf8"), VEC_UD); /* CR7 */
    x86_set_cpl(b.c, 3);
    ck_assert_int_eq(bare_run(&b, "\x0f\x20\xd0"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x0f\x22\xe0"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x0f\x06"), VEC_GP); /* CLTS */
}
END_TEST

START_TEST(mov_cr_in_64_bit_mode)
{
    bare_init(&b, "triptych");
    bare_long64(&b, 0);
    b.c->s.cr2 = 0xffff800012345678;
    ck_assert_int_eq(bare_run(&b, "\x0f\x20\xd0"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xffff800012345678);
    ck_assert_int_eq(bare_run(&b, "\x0f\x22\xd8"), VEC_GP); /* CR3 */
    b.c->s.r[R_AX] = 16;
    ck_assert_int_eq(bare_run(&b, "\x44\x0f\x22\xc0"), VEC_GP); /* CR8 */
    b.c->s.r[R_AX] = 15;
    ck_assert_int_eq(bare_run(&b, "\x44\x0f\x22\xc0"), BARE_DONE);
    ck_assert_int_eq(bare_run(&b, "\x44\x0f\x20\xc8"), VEC_UD); /* CR9 */
}
END_TEST

START_TEST(machine_status_word)
{
    uint16_t w;

    bare_init(&b, "triptych");
    bare_real(&b);
    b.c->s.r[R_AX] = 0xfff6; /* all but PE; only the low four bits count */
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\xf0"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.cr0, ET | CR0_MP | CR0_EM);
    b.c->s.r[R_AX] = 0xaaaa0000;
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\xe0"), BARE_DONE); /* smsw ax */
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xaaaa0000 | (uint16_t)b.c->s.cr0);
    b.c->s.r[R_BX] = 0x100;
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\x27"), BARE_DONE); /* smsw [bx] */
    gmem_read(&b.m.mem, 0x100, &w, 2);
    ck_assert_uint_eq(w, (uint16_t)b.c->s.cr0);
    w = 9; /* PE, TS */
    gmem_write(&b.m.mem, 0x100, &w, 2);
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\x37"), BARE_DONE); /* lmsw [bx] */
    ck_assert_uint_eq(b.c->s.cr0, ET | PE | CR0_TS);
    b.c->s.r[R_AX] = 0;
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\xf0"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.cr0, ET | PE); /* PE cannot be cleared */
    b.c->s.cr0 |= CR0_TS;
    ck_assert_int_eq(bare_run(&b, "\x0f\x06"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.cr0, ET | PE);
}
END_TEST

Suite *test_cr_suite(void)
{
    Suite *s = suite_create("cr");
    TCase *tc = tcase_create("rules");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, write_rules, 0, ARRAY_LEN(rules));
    tcase_add_test(tc, lma_follows_paging);
    tcase_add_test(tc, long_mode_wants_no_l_bit_and_no_16_bit_tss);
    tcase_add_test(tc, pdptes_are_loaded_and_checked);
    tcase_add_loop_test(tc, translations_are_dropped, 0, ARRAY_LEN(flushes));
    suite_add_tcase(s, tc);
    tc = tcase_create("instructions");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, mov_cr);
    tcase_add_test(tc, mov_cr_in_64_bit_mode);
    tcase_add_test(tc, machine_status_word);
    suite_add_tcase(s, tc);
    return s;
}
