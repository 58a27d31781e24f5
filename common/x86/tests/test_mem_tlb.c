/* test_mem_tlb.c: the software TLB as guests see it: what makes the processor
 * look at an entry again, A and D, rights; and a model of it all. */
#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "common/x86/cr.h"
#include "common/x86/mem.h"
#include "common/x86/tests/memrig.h"
#include "common/x86/walk.h"

static struct rig r;

#define LIN  0x60000u
#define LIN2 0x61000u

static void fill_frame(uint32_t pa, uint8_t v)
{
    uint8_t page[4096];

    memset(page, v, sizeof(page));
    rig_put(&r, pa, page, sizeof(page));
}

static uint8_t load8(uint32_t lin)
{
    uint8_t v = 0;

    ck_assert_int_eq(memrig_reach(&r, LOAD, SEG_DS, lin, &v, 1), BARE_DONE);
    return v;
}

static void tlb_begin(void)
{
    rig_init(&r, RIG_PROT);
    rig_paging(&r);
    fill_frame(0x70000, 1);
    fill_frame(0x71000, 2);
    ck_assert(x86_set_cr4(r.c, r.c->s.cr4 | CR4_PGE));
}

/* What makes the processor look at a changed entry again: nothing; INVLPG; CR3
 * (not for global pages); a change of CR4.PGE; paging off and on. A processor
 * may look at any time, this one does not before it must: that is what makes
 * runs repeatable. */
START_TEST(stale_until_told)
{
    for (unsigned global = 0; global < 2; global++) {
        for (unsigned how = 0; how < 5; how++) {
            bool stale = how == 0 || (how == 2 && global);

            tlb_begin();
            rig_map(&r, LIN, 0x70000, 7 | (global ? X86_PTE_G : 0));
            ck_assert_uint_eq(load8(LIN), 1);
            rig_map(&r, LIN, 0x71000, 7 | (global ? X86_PTE_G : 0));
            if (how == 1)
                x86_tlb_invlpg(r.c, LIN + 0x123);
            else if (how == 2)
                ck_assert(x86_set_cr3(r.c, r.c->s.cr3));
            else if (how == 3)
                ck_assert(x86_set_cr4(r.c, r.c->s.cr4 ^ CR4_PGE));
            else if (how == 4)
                ck_assert(x86_set_cr0(r.c, r.c->s.cr0 & ~(uint64_t)CR0_PG) &&
                          x86_set_cr0(r.c, r.c->s.cr0 | CR0_PG));
            ck_assert_msg(load8(LIN) == (stale ? 1 : 2), "global %u, how %u",
                          global, how);
            rig_fini(&r);
        }
    }
}
END_TEST

START_TEST(invlpg_is_for_one_page)
{
    tlb_begin();
    rig_map(&r, LIN, 0x70000, 7);
    rig_map(&r, LIN2, 0x70000, 7);
    ck_assert_uint_eq(load8(LIN), 1);
    ck_assert_uint_eq(load8(LIN2), 1);
    rig_map(&r, LIN, 0x71000, 7);
    rig_map(&r, LIN2, 0x71000, 7);
    x86_tlb_invlpg(r.c, LIN2);
    ck_assert_uint_eq(load8(LIN), 1);
    ck_assert_uint_eq(load8(LIN2), 2);
    rig_fini(&r);
}
END_TEST

/* [SDM3 "Operations that Invalidate TLBs and Paging-Structure Caches"]: INVLPG
 * in a large page is for all of it, however it is kept. */
START_TEST(invlpg_in_a_large_page)
{
    for (unsigned global = 0; global < 2; global++) {
        tlb_begin();
        tables_poke(&r.b, RIG_PD + 4 * 3,
                    X86_PTE_PS | 7 | (global ? X86_PTE_G : 0), 4);
        ck_assert_uint_eq(load8(0xc70000), 1);
        ck_assert_int_eq(memrig_touch(&r, STORE, SEG_DS, 0xc70004, 4),
                         BARE_DONE);
        ck_assert_uint_eq(load8(LIN), 0);
        /* 4-KByte pages now */
        tables_poke(&r.b, RIG_PD + 4 * 3, RIG_PT | 7, 4);
        rig_map(&r, 0x70000, 0x71000, 7);
        rig_map(&r, LIN, 0x71000, 7);
        x86_tlb_invlpg(r.c, 0xffffff);
        ck_assert_uint_eq(load8(0xc70000), 2);
        ck_assert_int_eq(memrig_touch(&r, STORE, SEG_DS, 0xc70008, 4),
                         BARE_DONE);
        ck_assert_uint_eq(tables_peek(&r.b, 0x70008, 4), 0x01010101);
        ck_assert_uint_eq(load8(LIN), 0); /* of another page */
        rig_fini(&r);
    }
}
END_TEST

/* In PAE and 4-level paging a large page has 2 MByte. */
START_TEST(invlpg_in_2m)
{
    rig_init(&r, RIG_LONG);
    fill_frame(0x70000, 1);
    fill_frame(0x71000, 2);
    tables_poke(&r.b, 0xf2000 + 8 * 9, X86_PTE_PS | 7, 8); /* 0x1200000 */
    ck_assert_uint_eq(load8(0x1270000), 1);
    tables_poke(&r.b, 0xf2000 + 8 * 9, 0xe0007, 8);
    tables_poke(&r.b, 0xe0000 + 8 * 0x70, 0x71007, 8);
    x86_tlb_invlpg(r.c, 0x1200000);
    ck_assert_uint_eq(load8(0x1270000), 2);
    rig_fini(&r);
}
END_TEST

/* A and D, by what came before and what comes. */
static const struct {
    enum how how;
    uint32_t before, after;
} accessed[] = {
    {LOAD, 0, X86_PTE_A},
    {STORE, 0, X86_PTE_A | X86_PTE_D},
    {RMW, 0, X86_PTE_A | X86_PTE_D},
    {PROBE, 0, X86_PTE_A | X86_PTE_D},
    {LOAD, X86_PTE_D, X86_PTE_A | X86_PTE_D},
    {STORE, X86_PTE_A, X86_PTE_A | X86_PTE_D},
};

START_TEST(accessed_and_dirty)
{
    const uint32_t mask = X86_PTE_A | X86_PTE_D;

    for (unsigned k = 0; k < ARRAY_LEN(accessed); k++) {
        tlb_begin();
        rig_map(&r, LIN, 0x70000, 7 | accessed[k].before);
        ck_assert_int_eq(memrig_touch(&r, accessed[k].how, SEG_DS, LIN, 4),
                         BARE_DONE);
        ck_assert_uint_eq(rig_pte(&r, LIN) & mask, accessed[k].after);
        /* a load that left D clear does not hide the first store */
        ck_assert_int_eq(memrig_touch(&r, STORE, SEG_DS, LIN + 8, 4),
                         BARE_DONE);
        ck_assert_uint_eq(rig_pte(&r, LIN) & mask, mask);
        rig_fini(&r);
    }
}
END_TEST

/* A fault sets neither. */
START_TEST(no_bits_by_faults)
{
    tlb_begin();
    rig_map(&r, LIN, 0x70000, X86_PTE_P);
    x86_set_cpl(r.c, 3);
    ck_assert_int_eq(memrig_touch(&r, LOAD, SEG_DS, LIN, 4), VEC_PF);
    ck_assert_uint_eq(rig_pte(&r, LIN), 0x70001);
    rig_fini(&r);
}
END_TEST

/* Rights: every combination of R/W and U/S, WP, CPL and access; twice, the
 * second time with whatever the first left in the TLB; and after the other
 * privilege has made the same access. */
static int rights_want(uint32_t bits, bool wp, unsigned cpl, enum how how)
{
    bool write = how != LOAD;

    if (cpl == 3 && !(bits & X86_PTE_US))
        return VEC_PF;
    if (write && !(bits & X86_PTE_RW) && (cpl == 3 || wp))
        return VEC_PF;
    return BARE_DONE;
}

static void check_rights(uint32_t bits, bool wp, unsigned cpl, enum how how)
{
    int want = rights_want(bits, wp, cpl, how), got;

    x86_set_cpl(r.c, cpl);
    for (unsigned twice = 0; twice < 2; twice++) {
        got = memrig_touch(&r, how, SEG_DS, LIN + 16, 4);
        ck_assert_msg(got == want, "bits %x, WP %d, CPL %u, access %d: %d",
                      bits, wp, cpl, (int)how, got);
        if (got == VEC_PF)
            ck_assert_uint_eq(r.b.event.error, PF_P | (how != LOAD ? PF_W : 0) |
                                                   (cpl == 3 ? PF_U : 0));
    }
}

START_TEST(rights)
{
    tlb_begin();
    for (unsigned k = 0; k < 4 * 2 * 2 * 3 * 3; k++) {
        uint32_t bits = X86_PTE_P | (k & 3) << 1;
        bool wp = (k & 4) != 0;
        unsigned first = (k & 8) ? 3 : 0;

        rig_map(&r, LIN, 0x70000, bits);
        x86_set_cpl(r.c, 0);
        x86_tlb_invlpg(r.c, LIN);
        ck_assert(x86_set_cr0(r.c, wp ? r.c->s.cr0 | CR0_WP
                                      : r.c->s.cr0 & ~(uint64_t)CR0_WP));
        check_rights(bits, wp, first, (enum how)(k / 16 % 3));
        check_rights(bits, wp, 3 - first, (enum how)(k / 48));
        check_rights(bits, wp, first, (enum how)(k / 48));
    }
    rig_fini(&r);
}
END_TEST

/* CR0.WP counts at once for pages that are in the TLB. */
START_TEST(wp_at_once)
{
    tlb_begin();
    rig_map(&r, LIN, 0x70000, X86_PTE_P | X86_PTE_D);
    ck_assert_int_eq(memrig_touch(&r, STORE, SEG_DS, LIN, 4), BARE_DONE);
    ck_assert(x86_set_cr0(r.c, r.c->s.cr0 | CR0_WP));
    ck_assert_int_eq(memrig_touch(&r, STORE, SEG_DS, LIN, 4), VEC_PF);
    ck_assert(x86_set_cr0(r.c, r.c->s.cr0 & ~(uint64_t)CR0_WP));
    ck_assert_int_eq(memrig_touch(&r, STORE, SEG_DS, LIN, 4), BARE_DONE);
    rig_fini(&r);
}
END_TEST

/* What the processor does for itself (tables) has no user privilege. */
START_TEST(implicit_accesses)
{
    uint8_t v = 0;

    tlb_begin();
    rig_map(&r, LIN, 0x70000, X86_PTE_P | X86_PTE_RW);
    x86_set_cpl(r.c, 3);
    x86_sys_read(r.c, LIN, &v, 1);
    ck_assert_uint_eq(v, 1);
    ck_assert_int_eq(memrig_touch(&r, LOAD, SEG_DS, LIN, 1), VEC_PF);
    rig_fini(&r);
}
END_TEST

/* ---- chance: a model of 16 pages on 16 frames ---- */
#define PAGES  16u
#define FRAMES 0x80000u

struct model {
    uint32_t pte[PAGES];
    uint8_t mem[PAGES][4096];
    bool dirty[PAGES];
    bool wp;
    struct rng rng;
};

static struct model m;

static unsigned chance(unsigned n)
{
    return (unsigned)rng_below(&m.rng, n);
}

static void model_remap(void)
{
    unsigned k = chance(PAGES);

    m.pte[k] = (FRAMES + chance(PAGES) * 4096) | (chance(8) != 0) |
               chance(4) << 1 | (chance(3) == 0 ? X86_PTE_G : 0) |
               (chance(2) ? X86_PTE_A : 0) | (chance(2) ? X86_PTE_D : 0);
    rig_map(&r, LIN + k * 4096, m.pte[k], 0);
    if (chance(3) != 0)
        x86_tlb_invlpg(r.c, LIN + k * 4096 + chance(4096));
    else if (chance(2) != 0)
        ck_assert(x86_set_cr4(r.c, r.c->s.cr4 ^ CR4_PGE));
    else
        interp_processor_ops.drop(&r.c->v);
}

static int model_want(uint32_t lin, unsigned n, enum how how, uint32_t *cr2,
                      uint32_t *error)
{
    for (unsigned k = 0; k < n; k++) {
        uint32_t at = lin + k, pte = m.pte[(at - LIN) / 4096];

        if (!(pte & X86_PTE_P) ||
            rights_want(pte, m.wp, r.c->cpl, how) != BARE_DONE) {
            *cr2 = at;
            *error = (pte & X86_PTE_P) | (how != LOAD ? PF_W : 0) |
                     (r.c->cpl == 3 ? PF_U : 0);
            return VEC_PF;
        }
    }
    return BARE_DONE;
}

static uint8_t *model_byte(uint32_t lin, bool write)
{
    unsigned f = ((m.pte[(lin - LIN) / 4096] & 0xfffff000) - FRAMES) / 4096;

    m.dirty[f] |= write;
    return &m.mem[f][lin % 4096];
}

static void model_access(void)
{
    static const uint8_t of[] = {1, 2, 4, 8, 10, 16, 64};
    unsigned n = of[chance(ARRAY_LEN(of))];
    /* near an edge, often */
    uint32_t lin =
        LIN + (chance(2) ? chance(PAGES * 4096 - 64)
                         : chance(PAGES - 1) * 4096 + 4032 + chance(128));
    enum how how = (enum how)chance(4);
    uint32_t cr2 = 0, error = 0;
    uint8_t buf[64];
    int got, want = model_want(lin, n, how, &cr2, &error);

    for (unsigned k = 0; k < n; k++)
        buf[k] = (uint8_t)rng_next(&m.rng);
    got = memrig_reach(&r, how, SEG_DS, lin, buf, n);
    ck_assert_msg(got == want, "access %d of %u at %x: %d, not %d", (int)how, n,
                  lin, got, want);
    if (want == VEC_PF) {
        ck_assert_uint_eq(r.b.event.cr2, cr2);
        ck_assert_uint_eq(r.b.event.error, error);
        return;
    }
    for (unsigned k = 0; k < n; k++) {
        if (how == LOAD)
            ck_assert_uint_eq(*model_byte(lin + k, false), buf[k]);
        else if (how != PROBE)
            *model_byte(lin + k, true) = buf[k];
    }
}

/* Dirty are just the pages that were written. */
static void model_check(void)
{
    for (unsigned k = 0; k < PAGES; k++) {
        uint64_t pa = FRAMES + k * 4096;
        bool dirty = (*gmem_flags(&r.b.m.mem, pa) & GMEM_PAGE_DIRTY) != 0;

        ck_assert_msg(dirty == m.dirty[k], "frame %u: dirty %d", k, dirty);
        ck_assert_mem_eq(gmem_host(&r.b.m.mem, pa, 4096), m.mem[k], 4096);
    }
}

static void model_step(void)
{
    switch (chance(40)) {
    case 0:
    case 1:
        model_remap();
        break;
    case 2:
        x86_set_cpl(r.c, chance(2) * 3);
        break;
    case 3:
        m.wp = !m.wp;
        ck_assert(x86_set_cr0(r.c, r.c->s.cr0 ^ CR0_WP));
        break;
    case 4:
        if (chance(10) != 0)
            break;
        model_check();
        gmem_clear_dirty(&r.b.m.mem);
        interp_processor_ops.drop(&r.c->v);
        memset(m.dirty, 0, sizeof(m.dirty));
        break;
    default:
        model_access();
    }
}

START_TEST(model)
{
    tlb_begin();
    memset(&m, 0, sizeof(m));
    m.rng.state = 77 + (uint64_t)_i;
    for (unsigned k = 0; k < PAGES; k++) {
        m.pte[k] = (FRAMES + k * 4096) | 7;
        rig_map(&r, LIN + k * 4096, m.pte[k], 0);
    }
    gmem_clear_dirty(&r.b.m.mem);
    for (unsigned k = 0; k < 20000; k++)
        model_step();
    model_check();
    rig_fini(&r);
}
END_TEST

Suite *test_mem_tlb_suite(void)
{
    Suite *s = suite_create("mem_tlb");
    TCase *tc = tcase_create("tlb");

    tcase_add_test(tc, stale_until_told);
    tcase_add_test(tc, invlpg_is_for_one_page);
    tcase_add_test(tc, invlpg_in_a_large_page);
    tcase_add_test(tc, invlpg_in_2m);
    tcase_add_test(tc, accessed_and_dirty);
    tcase_add_test(tc, no_bits_by_faults);
    tcase_add_test(tc, rights);
    tcase_add_test(tc, wp_at_once);
    tcase_add_test(tc, implicit_accesses);
    tcase_add_loop_test(tc, model, 0, 6);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
