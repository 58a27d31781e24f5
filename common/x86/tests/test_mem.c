/* test_mem.c: guest memory as handlers reach it: segments, pages, the software
 * TLB, alignment, dirty pages. */
#include "common/x86/mem.h"

#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "common/x86/cr.h"
#include "common/x86/tests/rig.h"
#include "common/x86/walk.h"

static struct rig r;

/* ---- one access ---- */
enum how { LOAD, STORE, RMW, PROBE };

static void do_access(enum how how, unsigned seg, uint64_t off, void *buf,
                      unsigned n)
{
    struct x86_rmw w;

    switch (how) {
    case LOAD:
        x86_read(r.c, seg, off, buf, n);
        break;
    case STORE:
        x86_write(r.c, seg, off, buf, n);
        break;
    case RMW: /* stores what it loads, plus 1 in the first byte */
        x86_mem_rmw_slow(r.c, seg, off, buf, n, &w);
        ++*(uint8_t *)buf;
        x86_mem_rmw_end_slow(r.c, &w, buf);
        break;
    case PROBE:
        x86_mem_probe_write(r.c, seg, off, n);
        break;
    }
}

/* BARE_DONE, or the vector, with r.b.event. */
static int reach(enum how how, unsigned seg, uint64_t off, void *buf,
                 unsigned n)
{
    r.c->insn = r.c->insn0 = r.b.insn;
    if (setjmp(r.c->leave) == 0) {
        do_access(how, seg, off, buf, n);
        return BARE_DONE;
    }
    r.b.event = r.c->event;
    return r.c->event.vector;
}

static int touch(enum how how, unsigned seg, uint64_t off, unsigned n)
{
    uint8_t buf[64] = {0};

    return reach(how, seg, off, buf, n);
}

/* ---- segments ---- */
enum kind { UP, DOWN16, DOWN32, READ_ONLY, CODE, EXEC_ONLY, ABSENT, UNUSABLE };

static const uint32_t attrs[] = {
    [UP] = SA_P | SA_S | SA_WRITABLE | SA_ACCESSED,
    [DOWN16] = SA_P | SA_S | SA_WRITABLE | SA_EXPDOWN,
    [DOWN32] = SA_P | SA_S | SA_WRITABLE | SA_EXPDOWN | SA_DB,
    [READ_ONLY] = SA_P | SA_S | SA_ACCESSED,
    [CODE] = SA_P | SA_S | SA_CODE | SA_WRITABLE,
    [EXEC_ONLY] = SA_P | SA_S | SA_CODE,
    [ABSENT] = SA_S | SA_WRITABLE,
    [UNUSABLE] = SA_P | SA_S | SA_WRITABLE | SA_UNUSABLE,
};

static bool allowed(enum kind kind, bool write, uint32_t limit, uint64_t off,
                    unsigned n)
{
    uint64_t last = off + n - 1;

    if (kind == ABSENT || kind == UNUSABLE || kind == EXEC_ONLY)
        return false;
    if (write && (kind == READ_ONLY || kind == CODE))
        return false;
    if (kind == DOWN16 || kind == DOWN32)
        return off > limit && last <= (kind == DOWN16 ? 0xffff : 0xffffffff);
    return last <= limit;
}

static const uint32_t limits[] = {
    0,      1,      7,      0x3e,    0x3f,    0x40,       0xffe,     0xfff,
    0x1000, 0x7ffe, 0xffff, 0x10000, 0xfffff, 0xfffffffe, 0xffffffff};
static const unsigned sizes[] = {1, 2, 4, 8, 16, 64};

static void check_limit(enum kind kind, unsigned seg, uint32_t limit)
{
    r.c->s.seg[seg] = (struct x86_seg){
        .sel = 0x10, .base = 0x1000, .limit = limit, .attr = attrs[kind]};
    x86_seg_update(r.c, (enum x86_segreg)seg);
    for (uint64_t off = limit < 66 ? 0 : (uint64_t)limit - 66;
         off <= (uint64_t)limit + 3 && off <= 0xffffffff; off++) {
        for (unsigned k = 0; k < 2 * ARRAY_LEN(sizes); k++) {
            unsigned n = sizes[k / 2];
            bool write = k % 2 != 0;
            int want = allowed(kind, write, limit, off, n) ? BARE_DONE
                       : seg == SEG_SS                     ? (int)VEC_SS
                                                           : (int)VEC_GP;
            int got = touch(write ? STORE : LOAD, seg, off, n);

            ck_assert_msg(got == want,
                          "kind %d limit %x: %s of %u at %llx: %d, not %d",
                          (int)kind, limit, write ? "store" : "load", n,
                          (unsigned long long)off, got, want);
            if (got != BARE_DONE)
                ck_assert_uint_eq(r.b.event.error, 0);
        }
    }
}

START_TEST(limit)
{
    rig_init(&r, RIG_PROT);
    for (unsigned k = 0; k < ARRAY_LEN(limits); k++) {
        check_limit((enum kind)_i, SEG_FS, limits[k]);
        check_limit((enum kind)_i, SEG_SS, limits[k]);
    }
    rig_fini(&r);
}
END_TEST

/* Real mode: the limit counts, the type does not. */
START_TEST(limit_in_real_mode)
{
    rig_init(&r, RIG_REAL);
    for (unsigned kind = UP; kind <= CODE; kind++) {
        r.c->s.seg[SEG_ES] = (struct x86_seg){
            .base = 0x4000, .limit = 0xffff, .attr = attrs[kind]};
        x86_seg_update(r.c, SEG_ES);
        ck_assert_int_eq(touch(STORE, SEG_ES, 0, 4), BARE_DONE);
        ck_assert_int_eq(touch(STORE, SEG_ES, 0xfffc, 4), BARE_DONE);
        ck_assert_int_eq(touch(LOAD, SEG_ES, 0xffff, 1), BARE_DONE);
        ck_assert_int_eq(touch(STORE, SEG_ES, 0xfffd, 4), VEC_GP);
        ck_assert_int_eq(touch(LOAD, SEG_ES, 0xffff, 2), VEC_GP);
    }
    ck_assert_int_eq(touch(STORE, SEG_SS, 0xffff, 2), VEC_SS);
    rig_fini(&r);
}
END_TEST

/* Linear addresses wrap at 4 GiB: two bytes of the hole, two of page 0. */
START_TEST(wrap_at_4g)
{
    uint8_t buf[4];

    rig_init(&r, RIG_PROT);
    tables_poke(&r.b, 0, 0x2211, 2);
    r.c->s.seg[SEG_FS].base = 0xfffffff0;
    x86_seg_update(r.c, SEG_FS);
    ck_assert_int_eq(reach(LOAD, SEG_FS, 0xe, buf, 4), BARE_DONE);
    ck_assert_mem_eq(buf, "\xff\xff\x11\x22", 4);
    put_le32(buf, 0x04030201);
    ck_assert_int_eq(reach(STORE, SEG_FS, 0xe, buf, 4), BARE_DONE);
    ck_assert_uint_eq(tables_peek(&r.b, 0, 2), 0x0403);
    ck_assert_int_eq(reach(LOAD, SEG_FS, 0x10, buf, 2), BARE_DONE);
    ck_assert_mem_eq(buf, "\x03\x04", 2);
    rig_fini(&r);
}
END_TEST

/* ---- 64-bit addresses ---- */
static const struct {
    unsigned seg;
    uint64_t base, off;
    unsigned n;
    int vector;
} canonical[] = {
    {SEG_DS, 0, 0x40000, 8, BARE_DONE},
    {SEG_DS, 0, 0x7fffffffffff, 1, VEC_PF},
    {SEG_DS, 0, 0x7fffffffffff, 2, VEC_GP},
    {SEG_DS, 0, 0x800000000000, 1, VEC_GP},
    {SEG_DS, 0, 0xffff7fffffffffff, 1, VEC_GP},
    {SEG_DS, 0, 0xffff7fffffffffff, 2, VEC_GP},
    {SEG_DS, 0, 0xffff800000000000, 1, VEC_PF},
    {SEG_DS, 0, 0x1000000040000, 1, VEC_GP},
    {SEG_SS, 0, 0x800000000000, 1, VEC_SS},
    {SEG_SS, 0, 0x7ffffffffffd, 8, VEC_SS},
    {SEG_SS, 0, 0xffff800000000000, 8, VEC_PF},
    {SEG_FS, 0x30000, 0x10000, 8, BARE_DONE},
    {SEG_FS, 0x50000, (uint64_t)-0x10000, 8, BARE_DONE}, /* wraps */
    {SEG_GS, 0x7ffffffffff0, 0x10, 1, VEC_GP},
    {SEG_GS, 0xffff800000000000, 0x7fff80000000 | 1, 1, VEC_PF},
    {SEG_DS, 0x50000, 0x40000, 8, BARE_DONE}, /* its base does not count */
};

START_TEST(canonical_addresses)
{
    rig_init(&r, RIG_LONG);
    for (unsigned k = 0; k < ARRAY_LEN(canonical); k++) {
        unsigned seg = canonical[k].seg;

        r.c->s.seg[seg].base = canonical[k].base;
        r.c->s.seg[seg].limit = 0; /* nor do limits */
        x86_seg_update(r.c, (enum x86_segreg)seg);
        for (enum how how = LOAD; how <= PROBE; how++) {
            int got = touch(how, seg, canonical[k].off, canonical[k].n);

            ck_assert_msg(got == canonical[k].vector, "row %u: %d", k, got);
            if (got == VEC_PF)
                ck_assert_uint_eq(r.b.event.cr2,
                                  canonical[k].base + canonical[k].off);
        }
        r.c->s.seg[seg].base = 0;
        x86_seg_update(r.c, (enum x86_segreg)seg);
    }
    rig_fini(&r);
}
END_TEST

/* ---- pieces: across a page edge, to frames that are no neighbours ---- */
START_TEST(across_pages)
{
    uint8_t in[64], out[64];
    struct rng rng = {.state = 1};

    rig_init(&r, RIG_PROT);
    rig_paging(&r);
    rig_map(&r, 0x60000, 0x72000, 7);
    rig_map(&r, 0x61000, 0x70000, 7);
    for (unsigned n = 2; n <= 64; n++) {
        for (unsigned head = 1; head < n; head += 1 + n / 9) {
            for (unsigned k = 0; k < n; k++)
                in[k] = (uint8_t)rng_next(&rng);
            ck_assert_int_eq(reach(STORE, SEG_DS, 0x61000 - head, in, n),
                             BARE_DONE);
            gmem_read(&r.b.m.mem, 0x73000 - head, out, head);
            gmem_read(&r.b.m.mem, 0x70000, out + head, n - head);
            ck_assert_mem_eq(in, out, n);
            memset(out, 0, n);
            ck_assert_int_eq(reach(RMW, SEG_DS, 0x61000 - head, out, n),
                             BARE_DONE);
            in[0]++;
            ck_assert_mem_eq(in, out, n);
            ck_assert_int_eq(reach(LOAD, SEG_DS, 0x61000 - head, out, n),
                             BARE_DONE);
            ck_assert_mem_eq(in, out, n);
        }
    }
    rig_fini(&r);
}
END_TEST

/* The second page faults: its first byte is the address, and the first page is
 * as it was. */
START_TEST(second_page_faults)
{
    rig_init(&r, RIG_PROT);
    rig_paging(&r);
    rig_map(&r, 0x60000, 0x70000, 7);
    rig_map(&r, 0x61000, 0x71000, X86_PTE_P);
    r.c->s.cr0 |= CR0_WP;
    gmem_clear_dirty(&r.b.m.mem);
    for (enum how how = STORE; how <= PROBE; how++) {
        ck_assert_int_eq(touch(how, SEG_DS, 0x60ffe, 4), VEC_PF);
        ck_assert_uint_eq(r.b.event.cr2, 0x61000);
        ck_assert_uint_eq(r.b.event.error, PF_P | PF_W);
        ck_assert_uint_eq(tables_peek(&r.b, 0x70ffe, 2), 0);
    }
    ck_assert_uint_eq(*gmem_flags(&r.b.m.mem, 0x70000) & GMEM_PAGE_DIRTY, 0);
    rig_fini(&r);
}
END_TEST

/* Half RAM, half device. */
START_TEST(ram_and_device)
{
    uint8_t buf[8];

    rig_init(&r, RIG_PROT);
    rig_paging(&r);
    rig_map(&r, 0x61000, RIG_MMIO, 7);
    tables_poke(&r.b, 0x60ffc, 0xddccbbaa, 4);
    ck_assert_int_eq(reach(LOAD, SEG_DS, 0x60ffc, buf, 8), BARE_DONE);
    ck_assert_mem_eq(buf, "\xaa\xbb\xcc\xdd\0\0\0\0", 8);
    ck_assert_uint_eq(r.touched, 1);
    /* whole, each time, however often */
    for (unsigned k = 0; k < 3; k++)
        ck_assert_int_eq(touch(LOAD, SEG_DS, 0x61010, 4), BARE_DONE);
    ck_assert_uint_eq(r.touched, 4);
    ck_assert_int_eq(touch(RMW, SEG_DS, 0x61080, 2), BARE_DONE);
    ck_assert_uint_eq(r.touched, 6);
    ck_assert_int_eq(touch(PROBE, SEG_DS, 0x61080, 2), BARE_DONE);
    ck_assert_uint_eq(r.touched, 6);
    rig_fini(&r);
}
END_TEST

/* ---- the TLB ---- */
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

    ck_assert_int_eq(reach(LOAD, SEG_DS, lin, &v, 1), BARE_DONE);
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
        ck_assert_int_eq(touch(STORE, SEG_DS, 0xc70004, 4), BARE_DONE);
        ck_assert_uint_eq(load8(LIN), 0);
        /* 4-KByte pages now */
        tables_poke(&r.b, RIG_PD + 4 * 3, RIG_PT | 7, 4);
        rig_map(&r, 0x70000, 0x71000, 7);
        rig_map(&r, LIN, 0x71000, 7);
        x86_tlb_invlpg(r.c, 0xffffff);
        ck_assert_uint_eq(load8(0xc70000), 2);
        ck_assert_int_eq(touch(STORE, SEG_DS, 0xc70008, 4), BARE_DONE);
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
        ck_assert_int_eq(touch(accessed[k].how, SEG_DS, LIN, 4), BARE_DONE);
        ck_assert_uint_eq(rig_pte(&r, LIN) & mask, accessed[k].after);
        /* a load that left D clear does not hide the first store */
        ck_assert_int_eq(touch(STORE, SEG_DS, LIN + 8, 4), BARE_DONE);
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
    ck_assert_int_eq(touch(LOAD, SEG_DS, LIN, 4), VEC_PF);
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
        got = touch(how, SEG_DS, LIN + 16, 4);
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
    ck_assert_int_eq(touch(STORE, SEG_DS, LIN, 4), BARE_DONE);
    ck_assert(x86_set_cr0(r.c, r.c->s.cr0 | CR0_WP));
    ck_assert_int_eq(touch(STORE, SEG_DS, LIN, 4), VEC_PF);
    ck_assert(x86_set_cr0(r.c, r.c->s.cr0 & ~(uint64_t)CR0_WP));
    ck_assert_int_eq(touch(STORE, SEG_DS, LIN, 4), BARE_DONE);
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
    ck_assert_int_eq(touch(LOAD, SEG_DS, LIN, 1), VEC_PF);
    rig_fini(&r);
}
END_TEST

/* ---- alignment [SDM3 "Interrupt 17--Alignment Check Exception (#AC)"] ---- */
START_TEST(alignment)
{
    rig_init(&r, RIG_PROT);
    for (unsigned k = 0; k < 16; k++) {
        bool am = k & 1, ac = k & 2;
        unsigned cpl = (k & 4) ? 3 : 0;

        r.c->s.cr0 = (r.c->s.cr0 & ~(uint64_t)CR0_AM) | (am ? CR0_AM : 0);
        r.c->s.rflags = FL_ONE | (ac ? FL_AC : 0);
        x86_set_cpl(r.c, cpl);
        x86_update_mode(r.c);
        for (unsigned n = 1; n <= 16; n *= 2) {
            for (unsigned at = 0; at < 16; at++) {
                bool fault = am && ac && cpl == 3 && at % n != 0;
                enum how how = (k & 8) ? STORE : LOAD;

                ck_assert_int_eq(touch(how, SEG_DS, 0x50000 + at, n),
                                 fault ? (int)VEC_AC : BARE_DONE);
            }
        }
        /* 10 bytes, 28 and more have no natural alignment */
        ck_assert_int_eq(touch(LOAD, SEG_DS, 0x50001, 10), BARE_DONE);
        ck_assert_int_eq(touch(LOAD, SEG_DS, 0x50001, 28), BARE_DONE);
    }
    rig_fini(&r);
}
END_TEST

/* ---- x86_direct() ---- */
START_TEST(direct)
{
    struct error err;

    rig_init(&r, RIG_PROT);
    ck_assert_ok(gmem_add(&r.b.m.mem, 0x200000, 4096, true, &err), &err);
    rig_put(&r, RIG_CODE, "\x90\x90", 2);
    ck_assert_int_eq(rig_run(&r, 1), EXIT_BUDGET); /* a page of code now */
    r.c->insn = r.c->insn0 = r.b.insn;
    ck_assert_int_eq(setjmp(r.c->leave), 0);
    ck_assert_ptr_eq(x86_direct(r.c, 0x50004, 8, X86_WRITE),
                     gmem_host(&r.b.m.mem, 0x50004, 8));
    ck_assert_ptr_eq(x86_direct(r.c, 0x50ff8, 8, X86_READ),
                     gmem_host(&r.b.m.mem, 0x50ff8, 8));
    ck_assert_ptr_null(x86_direct(r.c, 0x50ff9, 8, X86_READ));
    ck_assert_ptr_null(x86_direct(r.c, RIG_CODE + 64, 8, X86_WRITE));
    ck_assert_ptr_nonnull(x86_direct(r.c, RIG_CODE + 64, 8, X86_READ));
    ck_assert_ptr_null(x86_direct(r.c, 0x200000, 8, X86_WRITE));
    ck_assert_ptr_nonnull(x86_direct(r.c, 0x200000, 8, X86_READ));
    ck_assert_ptr_null(x86_direct(r.c, RIG_MMIO, 8, X86_READ));
    *gmem_flags(&r.b.m.mem, 0x55000) = 0;
    x86_direct(r.c, 0x55000, 8, X86_READ);
    ck_assert_uint_eq(*gmem_flags(&r.b.m.mem, 0x55000), 0);
    x86_direct(r.c, 0x55000, 8, X86_WRITE);
    ck_assert_uint_eq(*gmem_flags(&r.b.m.mem, 0x55000), GMEM_PAGE_DIRTY);
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
    got = reach(how, SEG_DS, lin, buf, n);
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

Suite *test_mem_suite(void)
{
    Suite *s = suite_create("mem");
    TCase *tc = tcase_create("segments");

    tcase_add_loop_test(tc, limit, UP, UNUSABLE + 1);
    tcase_add_test(tc, limit_in_real_mode);
    tcase_add_test(tc, wrap_at_4g);
    tcase_add_test(tc, canonical_addresses);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("pieces");
    tcase_add_test(tc, across_pages);
    tcase_add_test(tc, second_page_faults);
    tcase_add_test(tc, ram_and_device);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("tlb");
    tcase_add_test(tc, stale_until_told);
    tcase_add_test(tc, invlpg_is_for_one_page);
    tcase_add_test(tc, invlpg_in_a_large_page);
    tcase_add_test(tc, invlpg_in_2m);
    tcase_add_test(tc, accessed_and_dirty);
    tcase_add_test(tc, no_bits_by_faults);
    tcase_add_test(tc, rights);
    tcase_add_test(tc, wp_at_once);
    tcase_add_test(tc, implicit_accesses);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("others");
    tcase_add_test(tc, alignment);
    tcase_add_test(tc, direct);
    tcase_add_loop_test(tc, model, 0, 6);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
