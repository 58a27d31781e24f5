/* test_ptwr.c: writable page tables: what a guest writes to a table that it has
 * mapped read-only is checked entry by entry, and refused as a whole. */
#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "common/x86/walk.h"
#include "pv/check.h"
#include "pv/pte.h"
#include "pv/tests/pvrig.h"

#define NONE (-1)
#define RO   0x61ull
#define RW   0x63ull

/* mov [rdi], rax (eax) and so on */
static const uint8_t mov64[] = {0x48, 0x89, 0x07};
static const uint8_t mov32[] = {0x89, 0x07};

static struct pvrig *rig(int i)
{
    struct pvrig *r = pvrig_new(i == 1, NULL);

    pvrig_arm(r);
    return r;
}

static struct x86_state *state(struct pvrig *r)
{
    return &r->d->c->s;
}

/* The linear address of the entry that maps va: the tables are mapped one after
 * the other. */
static uint64_t entry_va(struct pvrig *r, uint64_t va)
{
    uint64_t mfn, at;
    unsigned index;

    ck_assert(pv_find_l1e(r->d, va, &mfn, &index));
    for (at = r->tables; pvrig_mfn(r, at) != mfn; at += PAGE_SIZE)
        ck_assert_uint_lt(at, r->scratch);
    return at + index * 8;
}

static uint64_t read64(struct pvrig *r, uint64_t va)
{
    uint64_t v;

    pvrig_get(r, va, &v, sizeof(v));
    return v;
}

static int64_t emulated(struct pvrig *r)
{
    return (int64_t)ledger_get(&r->v->ledger, LEDGER_PV_PTWR, PVT_L1, 0);
}

/* Write the low half, or all, of an entry. */
static int write_entry(struct pvrig *r, uint64_t at, uint64_t e)
{
    state(r)->r[R_DI] = at;
    state(r)->r[R_AX] = r->d->is32 ? (uint32_t)e : e;
    if (r->d->is32)
        pvrig_run(r, mov32, sizeof(mov32), 1);
    else
        pvrig_run(r, mov64, sizeof(mov64), 1);
    return pvrig_trap(r);
}

START_TEST(writes)
{
    struct pvrig *r = rig(_i);
    uint64_t va = pvrig_page(r, 5), at = entry_va(r, va);
    uint64_t b = pvrig_mfn(r, pvrig_page(r, 6));

    ck_assert_int_eq(write_entry(r, at, pvrig_pte(b, RO)), NONE);
    ck_assert_uint_eq(pvrig_mfn(r, va), b);
    ck_assert_int_eq(emulated(r), 1);
    /* As the guest sees entries: a kernel's of a 64-bit guest is a user's. */
    ck_assert_int_eq((read64(r, at) & X86_PTE_US) != 0, !r->d->is32);
    ck_assert_int_eq(write_entry(r, at, 0), NONE);
    ck_assert_uint_eq(read64(r, at) & X86_PTE_P, 0);
    ck_assert(pv_check(r->d));
    pvrig_free(r);
}
END_TEST

/* Each value is refused: the table, registers and counts are as before, and the
 * fault is the guest's. */
START_TEST(refuses)
{
    struct pvrig *r = rig(_i);
    uint64_t at = entry_va(r, pvrig_page(r, 5)), was = read64(r, at);
    const uint64_t bad[] = {
        pvrig_pte(pvrig_mfn(r, r->tables), RW), /* a table, writable */
        pvrig_pte(r->d->m2p_mfn, RO),           /* the VMM's */
        pvrig_pte(0xa0, RW),                    /* a device's */
        pvrig_pte(r->d->nr_frames + 5, RO),     /* nobody's */
        was | X86_PTE_PCD,                      /* a bit that it may not set */
    };

    for (unsigned n = 0; n < ARRAY_LEN(bad); n++) {
        state(r)->r[R_SP] = pvrig_page(r, PVRIG_STACK) + 0x800;
        ck_assert_int_eq(write_entry(r, at, bad[n]), VEC_PF);
        ck_assert_uint_eq(r->d->ctrl[2], at);
        ck_assert_uint_eq(read64(r, at), was);
        ck_assert(pv_check(r->d));
    }
    ck_assert_int_eq(emulated(r), 0);
    pvrig_free(r);
}
END_TEST

/* Any instruction that writes: the atomic ones, with their results. */
START_TEST(exchanges)
{
    static const uint8_t xchg[] = {0x48, 0x87, 0x07}; /* xchg [rdi], rax */
    static const uint8_t btr[] = {0xf0, 0x0f, 0xba, 0x37, 0x01};
    static const uint8_t stos[] = {0xf3, 0x48, 0xab}; /* rep stosq */
    struct pvrig *r = rig(0);
    uint64_t at = entry_va(r, pvrig_page(r, 5)), was = read64(r, at);

    state(r)->r[R_DI] = at;
    state(r)->r[R_AX] = 0;
    pvrig_run(r, xchg, sizeof(xchg), 1);
    ck_assert_int_eq(pvrig_trap(r), NONE);
    ck_assert_uint_eq(state(r)->r[R_AX], was);
    ck_assert_uint_eq(read64(r, at), 0);
    state(r)->r[R_AX] = was;
    pvrig_run(r, xchg, sizeof(xchg), 1);
    ck_assert_uint_eq(read64(r, at), was);
    pvrig_run(r, btr, sizeof(btr), 1); /* the writable bit */
    ck_assert_uint_eq(read64(r, at), was & ~X86_PTE_RW);
    ck_assert_uint_ne(state(r)->rflags & FL_CF, 0);
    state(r)->r[R_AX] = 0;
    state(r)->r[R_CX] = 3;
    pvrig_run(r, stos, sizeof(stos), 1);
    ck_assert_int_eq(pvrig_trap(r), NONE);
    ck_assert_uint_eq(read64(r, at + 16), 0);
    ck_assert_uint_eq(state(r)->r[R_CX], 0);
    ck_assert(pv_check(r->d));
    pvrig_free(r);
}
END_TEST

/* Only L1 tables are written so, and only by the kernel. */
START_TEST(other_tables)
{
    struct pvrig *r = rig(_i);
    uint64_t l4 = r->tables;

    ck_assert_uint_eq(pvrig_mfn(r, l4), r->d->kernel_cr3 >> PAGE_SHIFT);
    ck_assert_int_eq(write_entry(r, l4, 0), VEC_PF);
    ck_assert_uint_eq(r->d->ctrl[2], l4);
    ck_assert_int_eq(emulated(r), 0);
    if (!r->d->is32) {
        pvrig_to_user(r);
        ck_assert_int_eq(write_entry(r, entry_va(r, pvrig_page(r, 5)), 0),
                         VEC_PF);
        ck_assert_int_eq(emulated(r), 0);
    }
    ck_assert(pv_check(r->d));
    pvrig_free(r);
}
END_TEST

/* A write that crosses from a table into the page behind it, which is one too:
 * the first page's part alone cannot be done. */
START_TEST(across_the_edge)
{
    struct pvrig *r = rig(_i);
    uint64_t at = (entry_va(r, pvrig_page(r, 5)) & PAGE_MASK) + PAGE_SIZE - 2;
    uint64_t was = read64(r, at - 6), next = read64(r, at + 2);

    ck_assert_int_eq(write_entry(r, at, UINT64_MAX), VEC_PF);
    ck_assert_uint_eq(read64(r, at - 6), was);
    ck_assert_uint_eq(read64(r, at + 2), next);
    ck_assert(pv_check(r->d));
    pvrig_free(r);
}
END_TEST

Suite *test_ptwr_suite(void)
{
    Suite *s = suite_create("ptwr");
    TCase *tc = tcase_create("writes");

    tcase_add_loop_test(tc, writes, 0, 2);
    tcase_add_loop_test(tc, refuses, 0, 2);
    tcase_add_test(tc, exchanges);
    tcase_add_loop_test(tc, other_tables, 0, 2);
    tcase_add_loop_test(tc, across_the_edge, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
