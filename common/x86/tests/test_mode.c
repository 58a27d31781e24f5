/* test_mode.c: what is derived from control registers, segments and flags. */
#include "common/tests/suite.h"
#include "common/x86/debug.h"
#include "common/x86/tests/tables.h"

#define ANY (~0ull)

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
}

static void teardown(void)
{
    bare_fini(&b);
}

static const struct {
    uint64_t cr0, efer, rflags;
    uint32_t cs, ss; /* attributes beside P, S, type */
    unsigned cpl, code, stack;
    uint64_t ip_mask, stack_mask, lin_mask;
} modes[] = {
    {0, 0, 0, 0, 0, 0, 1, 1, 0xffffffff, 0xffff, 0xffffffff},
    {CR0_PE, 0, 0, SA_DB, SA_DB, 0, 2, 2, 0xffffffff, 0xffffffff, 0xffffffff},
    {CR0_PE, 0, 0, SA_DB, SA_DB | T_DPL(3), 3, 2, 2, 0xffffffff, 0xffffffff,
     0xffffffff},
    {CR0_PE, 0, 0, 0, SA_DB | T_DPL(1), 1, 1, 2, 0xffffffff, 0xffffffff,
     0xffffffff},
    {CR0_PE, 0, 0, SA_DB, 0, 0, 2, 1, 0xffffffff, 0xffff, 0xffffffff},
    {CR0_PE, 0, FL_VM, 0, T_DPL(3), 3, 1, 1, 0xffffffff, 0xffff, 0xffffffff},
    /* the L bit means nothing without IA-32e mode */
    {CR0_PE, EFER_LME, 0, SA_L, SA_DB, 0, 1, 2, 0xffffffff, 0xffffffff,
     0xffffffff},
    {CR0_PE, EFER_LMA, 0, SA_L, 0, 0, 3, 3, ANY, ANY, ANY},
    {CR0_PE, EFER_LMA, 0, SA_L, T_DPL(3) | SA_UNUSABLE, 3, 3, 3, ANY, ANY, ANY},
    {CR0_PE, EFER_LMA, 0, SA_DB, SA_DB | T_DPL(3), 3, 2, 2, 0xffffffff,
     0xffffffff, 0xffffffff},
    /* in real mode CPL is 0, whatever protected mode left */
    {0, 0, 0, 0, T_DPL(3), 0, 1, 1, 0xffffffff, 0xffff, 0xffffffff},
};

START_TEST(sizes)
{
    struct x86_cpu *c = b.c;

    c->s.cr0 = modes[_i].cr0 | CR0_ET;
    c->s.efer = modes[_i].efer;
    c->s.rflags = FL_ONE | modes[_i].rflags;
    c->s.seg[SEG_CS].attr = SA_P | T_RX | modes[_i].cs;
    c->s.seg[SEG_SS].attr = SA_P | T_RW | modes[_i].ss;
    x86_update_mode(c);
    ck_assert_uint_eq(c->cpl, modes[_i].cpl);
    ck_assert_uint_eq(c->code_size, modes[_i].code);
    ck_assert_uint_eq(c->stack_size, modes[_i].stack);
    ck_assert_uint_eq(c->ip_mask, modes[_i].ip_mask);
    ck_assert_uint_eq(c->stack_mask, modes[_i].stack_mask);
    ck_assert_uint_eq(c->lin_mask, modes[_i].lin_mask);
    ck_assert_int_eq(c->v86, (modes[_i].rflags & FL_VM) != 0);
    ck_assert_uint_eq(c->view,
                      modes[_i].cpl == 3 ? X86_VIEW_USER : X86_VIEW_SUPER);
}
END_TEST

/* ---- the fast path's limits ---- */
#define DATA (SA_P | T_RW)
#define CODE (SA_P | T_RX)

static const struct {
    bool real, wide;
    uint32_t attr, limit;
    bool rnone, wnone;
    uint64_t rlim;
    unsigned flat;
} caches[] = {
    {false, false, DATA, 0xffffffff, false, false, 0xffffffc0, 3},
    {false, false, DATA, 63, false, false, 0, 0},
    {false, false, DATA, 62, true, true, 0, 0},
    {false, false, SA_P | 0x11, 0xffff, false, true, 0xffc0, 0},
    {false, false, CODE, 0xffff, false, true, 0xffc0, 0},
    {false, false, SA_P | 0x19, 0xffff, true, true, 0, 0},
    {false, false, SA_P | 0x17, 0xfff, true, true, 0, 0}, /* expand-down */
    {false, false, T_RW, 0xffff, true, true, 0, 0},       /* not present */
    {false, false, SA_UNUSABLE, 0, true, true, 0, 0},
    {true, false, CODE, 0xffff, false, false, 0xffc0, 0},
    {true, false, SA_P | 0x17, 0xffff, false, false, 0xffc0, 0},
    {false, true, SA_UNUSABLE, 0, false, false, ANY, 7},
    {false, true, SA_P | 0x11, 0, false, false, ANY, 7},
};

START_TEST(cache)
{
    struct x86_seg *s = &b.c->s.seg[SEG_ES];
    const struct x86_seg_cache *g = &b.c->sc[SEG_ES];

    if (caches[_i].real)
        bare_real(&b);
    else if (caches[_i].wide)
        tables_long64(&b, 0);
    else
        tables_protected(&b, 0);
    *s = (struct x86_seg){
        .attr = caches[_i].attr, .limit = caches[_i].limit, .base = 0x1230};
    x86_seg_update(b.c, SEG_ES);
    ck_assert_int_eq(g->rnone, caches[_i].rnone);
    ck_assert_int_eq(g->wnone, caches[_i].wnone);
    ck_assert_uint_eq(g->rlim, caches[_i].rlim);
    ck_assert_uint_eq(g->wlim, g->wnone ? 0 : caches[_i].rlim);
    ck_assert_uint_eq(g->base, caches[_i].wide ? 0 : 0x1230);
    ck_assert_uint_eq(g->flat, caches[_i].flat);
}
END_TEST

/* ---- when every access must be looked at ---- */
static const struct {
    unsigned cpl;
    uint64_t cr0, flags, cr4, dr7;
    bool slow;
} views[] = {
    {3, 0, 0, 0, 0x400, false},
    {3, CR0_AM, 0, 0, 0x400, false},
    {3, 0, FL_AC, 0, 0x400, false},
    {3, CR0_AM, FL_AC, 0, 0x400, true},
    {0, CR0_AM, FL_AC, 0, 0x400, false},
    {0, 0, 0, 0, 0x401, false},           /* an instruction's */
    {0, 0, 0, 0, 0x401 | 1 << 16, true},  /* writes, local */
    {0, 0, 0, 0, 0x402 | 3 << 16, true},  /* accesses, global */
    {0, 0, 0, 0, 0x400 | 3 << 16, false}, /* not enabled */
    {0, 0, 0, 0, 0x480 | 1u << 28, true}, /* the fourth */
    {0, 0, 0, 0, 0x401 | 2 << 16, false}, /* ports: only with CR4.DE */
    {0, 0, 0, CR4_DE, 0x401 | 2 << 16, true},
};

START_TEST(view)
{
    tables_protected(&b, views[_i].cpl);
    b.c->s.cr0 |= views[_i].cr0;
    b.c->s.rflags |= views[_i].flags;
    b.c->s.cr4 |= views[_i].cr4;
    b.c->s.dr[7] = views[_i].dr7;
    x86_update_mode(b.c);
    ck_assert_ptr_eq(b.c->tlb,
                     b.c->tlbs[views[_i].slow       ? X86_VIEWS
                               : views[_i].cpl == 3 ? X86_VIEW_USER
                                                    : X86_VIEW_SUPER]);
}
END_TEST

/* x86_transfer() and x86_set_seg() must leave what x86_update_mode() would. */
static void check_derived(void)
{
    static struct x86_cpu copy;

    copy = *b.c;
    x86_update_mode(&copy);
    ck_assert_uint_eq(copy.cpl, b.c->cpl);
    ck_assert_uint_eq(copy.code_size, b.c->code_size);
    ck_assert_uint_eq(copy.stack_size, b.c->stack_size);
    ck_assert_uint_eq(copy.stack_mask, b.c->stack_mask);
    ck_assert_uint_eq(copy.lin_mask, b.c->lin_mask);
    ck_assert_uint_eq(copy.view, b.c->view);
    for (unsigned k = 0; k < SEG_COUNT; k++) {
        ck_assert_uint_eq(copy.sc[k].base, b.c->sc[k].base);
        ck_assert_uint_eq(copy.sc[k].rlim, b.c->sc[k].rlim);
        ck_assert_uint_eq(copy.sc[k].wlim, b.c->sc[k].wlim);
        ck_assert_int_eq(copy.sc[k].rnone, b.c->sc[k].rnone);
        ck_assert_int_eq(copy.sc[k].wnone, b.c->sc[k].wnone);
    }
}

START_TEST(transfers)
{
    /* system call, return to compatibility mode, system call from there */
    tables_long64(&b, 3);
    b.c->s.efer |= EFER_SCE;
    b.c->s.star = 0x0023001000000000;
    b.c->s.sysenter_cs = 0x10;
    b.c->s.seg[SEG_FS].base = 0x1000;
    b.c->s.seg[SEG_DS] = (struct x86_seg){.attr = SA_UNUSABLE};
    x86_update_mode(b.c);
    ck_assert_int_eq(bare_run(&b, "\x0f\x05"), BARE_DONE);
    check_derived();
    ck_assert_int_eq(bare_run(&b, "\x0f\x07"), BARE_DONE);
    check_derived();
    ck_assert(b.c->sc[SEG_DS].rnone);
    ck_assert_int_eq(bare_run(&b, "\x0f\x34"), BARE_DONE);
    check_derived();
    ck_assert(!b.c->sc[SEG_DS].rnone);
    x86_set_seg(b.c, SEG_CS, 8, 0, 0xffff, SA_P | T_RX);
    check_derived();
    x86_set_cpl(b.c, 3);
    check_derived();
    ck_assert_uint_eq(b.c->cpl, 3);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *test_mode_suite(void)
{
    Suite *s = suite_create("mode");
    TCase *t = tcase_create("derived");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, sizes, 0, N(modes));
    tcase_add_loop_test(t, cache, 0, N(caches));
    tcase_add_loop_test(t, view, 0, N(views));
    tcase_add_test(t, transfers);
    suite_add_tcase(s, t);
    return s;
}
