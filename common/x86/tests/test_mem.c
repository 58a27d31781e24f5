/* test_mem.c: guest memory as handlers reach it: segments, accesses in pieces,
 * alignment, dirty pages. */
#include "common/x86/mem.h"

#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "common/x86/cr.h"
#include "common/x86/tests/memrig.h"
#include "common/x86/walk.h"

static struct rig r;

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
            int got = memrig_touch(&r, write ? STORE : LOAD, seg, off, n);

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
        ck_assert_int_eq(memrig_touch(&r, STORE, SEG_ES, 0, 4), BARE_DONE);
        ck_assert_int_eq(memrig_touch(&r, STORE, SEG_ES, 0xfffc, 4), BARE_DONE);
        ck_assert_int_eq(memrig_touch(&r, LOAD, SEG_ES, 0xffff, 1), BARE_DONE);
        ck_assert_int_eq(memrig_touch(&r, STORE, SEG_ES, 0xfffd, 4), VEC_GP);
        ck_assert_int_eq(memrig_touch(&r, LOAD, SEG_ES, 0xffff, 2), VEC_GP);
    }
    ck_assert_int_eq(memrig_touch(&r, STORE, SEG_SS, 0xffff, 2), VEC_SS);
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
    ck_assert_int_eq(memrig_reach(&r, LOAD, SEG_FS, 0xe, buf, 4), BARE_DONE);
    ck_assert_mem_eq(buf, "\xff\xff\x11\x22", 4);
    put_le32(buf, 0x04030201);
    ck_assert_int_eq(memrig_reach(&r, STORE, SEG_FS, 0xe, buf, 4), BARE_DONE);
    ck_assert_uint_eq(tables_peek(&r.b, 0, 2), 0x0403);
    ck_assert_int_eq(memrig_reach(&r, LOAD, SEG_FS, 0x10, buf, 2), BARE_DONE);
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
            int got =
                memrig_touch(&r, how, seg, canonical[k].off, canonical[k].n);

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
            ck_assert_int_eq(
                memrig_reach(&r, STORE, SEG_DS, 0x61000 - head, in, n),
                BARE_DONE);
            gmem_read(&r.b.m.mem, 0x73000 - head, out, head);
            gmem_read(&r.b.m.mem, 0x70000, out + head, n - head);
            ck_assert_mem_eq(in, out, n);
            memset(out, 0, n);
            ck_assert_int_eq(
                memrig_reach(&r, RMW, SEG_DS, 0x61000 - head, out, n),
                BARE_DONE);
            in[0]++;
            ck_assert_mem_eq(in, out, n);
            ck_assert_int_eq(
                memrig_reach(&r, LOAD, SEG_DS, 0x61000 - head, out, n),
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
        ck_assert_int_eq(memrig_touch(&r, how, SEG_DS, 0x60ffe, 4), VEC_PF);
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
    ck_assert_int_eq(memrig_reach(&r, LOAD, SEG_DS, 0x60ffc, buf, 8),
                     BARE_DONE);
    ck_assert_mem_eq(buf, "\xaa\xbb\xcc\xdd\0\0\0\0", 8);
    ck_assert_uint_eq(r.touched, 1);
    /* whole, each time, however often */
    for (unsigned k = 0; k < 3; k++)
        ck_assert_int_eq(memrig_touch(&r, LOAD, SEG_DS, 0x61010, 4), BARE_DONE);
    ck_assert_uint_eq(r.touched, 4);
    ck_assert_int_eq(memrig_touch(&r, RMW, SEG_DS, 0x61080, 2), BARE_DONE);
    ck_assert_uint_eq(r.touched, 6);
    ck_assert_int_eq(memrig_touch(&r, PROBE, SEG_DS, 0x61080, 2), BARE_DONE);
    ck_assert_uint_eq(r.touched, 6);
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

                ck_assert_int_eq(memrig_touch(&r, how, SEG_DS, 0x50000 + at, n),
                                 fault ? (int)VEC_AC : BARE_DONE);
            }
        }
        /* 10 bytes, 28 and more have no natural alignment */
        ck_assert_int_eq(memrig_touch(&r, LOAD, SEG_DS, 0x50001, 10),
                         BARE_DONE);
        ck_assert_int_eq(memrig_touch(&r, LOAD, SEG_DS, 0x50001, 28),
                         BARE_DONE);
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
    tc = tcase_create("others");
    tcase_add_test(tc, alignment);
    tcase_add_test(tc, direct);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
