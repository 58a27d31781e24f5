/* test_native.c: the processor's own paging on a vcpu and guest memory. */
#include <stdlib.h>

#include "common/tests/suite.h"
#include "common/x86/cpu.h"
#include "common/x86/cpuid.h"
#include "common/x86/mem.h"
#include "common/x86/walk.h"

static struct machine m;
static struct x86_cpu *c;
static unsigned told;
static uint64_t told_pa;

static void code_told(void *opaque, uint64_t pa, uint32_t len)
{
    (void)opaque;
    (void)len;
    told++;
    told_pa = pa;
}

static void put(uint64_t pa, uint64_t entry)
{
    ck_assert(gmem_write(&m.mem, pa, &entry, 8));
}

static uint64_t take(uint64_t pa)
{
    uint64_t entry;

    gmem_read(&m.mem, pa, &entry, 8);
    return entry;
}

/* 4-level tables at 0x1000..0x4000; 0x400000 maps to 0x8000. */
static void setup(void)
{
    struct error err;

    memset(&m, 0, sizeof(m));
    gmem_init(&m.mem);
    ck_assert_ok(gmem_add(&m.mem, 0, 1 << 20, false, &err), &err);
    c = aligned_alloc(64, align_up(sizeof(*c), 64));
    memset(c, 0, sizeof(*c));
    c->v.m = &m;
    c->model = cpuid_model_default();
    c->pa_mask = mask_low(cpuid_model_pa_bits(c->model));
    c->long_mode = true;
    c->s.cr0 = CR0_PE | CR0_PG | CR0_WP;
    c->s.cr4 = CR4_PAE;
    c->s.efer = EFER_LME | EFER_LMA | EFER_NXE;
    c->s.cr3 = 0x1000;
    put(0x1000, 0x2007);
    put(0x2000, 0x3007);
    put(0x3010, 0x4007);
    put(0x4000, 0x8005); /* user, read-only */
}

static void teardown(void)
{
    free(c);
    gmem_fini(&m.mem);
}

/* 0, or the error code of the page fault that it raised. */
static uint32_t translate(uint64_t lin, unsigned access, struct x86_xlat *x)
{
    int code = setjmp(c->leave);

    if (code == 0) {
        native_mmu_ops.translate(c, lin, access, x);
        return 0;
    }
    ck_assert_int_eq(code, X86_LEAVE_EVENT);
    ck_assert_int_eq(c->event.vector, VEC_PF);
    ck_assert_uint_eq(c->event.cr2, lin);
    return c->event.error;
}

START_TEST(paging_off_is_identity)
{
    struct x86_xlat x;
    uint64_t pa;

    c->s.cr0 = CR0_PE;
    ck_assert_uint_eq(translate(0xfee00abc, X86_WRITE | X86_ACC_USER, &x), 0);
    ck_assert_uint_eq(x.pa, 0xfee00abc);
    ck_assert(x.user && x.write_s && x.write_u && x.exec && !x.global);
    ck_assert(native_mmu_ops.peek(c, 0x1234, &pa));
    ck_assert_uint_eq(pa, 0x1234);
}
END_TEST

START_TEST(page_faults_are_raised)
{
    struct x86_xlat x;

    ck_assert_uint_eq(translate(0x400123, X86_ACC_USER, &x), 0);
    ck_assert_uint_eq(x.pa, 0x8123);
    ck_assert_uint_eq(translate(0x400123, X86_WRITE | X86_ACC_USER, &x),
                      PF_P | PF_W | PF_U);
    ck_assert_uint_eq(translate(0x400123, X86_WRITE, &x), PF_P | PF_W);
    c->s.cr0 &= ~(uint64_t)CR0_WP;
    ck_assert_uint_eq(translate(0x400123, X86_WRITE, &x), 0);
    ck_assert(x.write_s && !x.write_u);
    ck_assert_uint_eq(translate(0x401000, X86_EXEC | X86_ACC_USER, &x),
                      PF_U | PF_I);
}
END_TEST

/* Setting A and D is a write to guest memory like any other. */
START_TEST(updates_are_seen_by_memory)
{
    struct x86_xlat x;

    gmem_clear_dirty(&m.mem);
    *gmem_flags(&m.mem, 0x4000) |= GMEM_PAGE_CODE;
    m.mem.code_fn = code_told;
    ck_assert_uint_eq(translate(0x400000, X86_READ, &x), 0);
    ck_assert_uint_eq(told, 1);
    ck_assert_uint_eq(told_pa, 0x4000);
    ck_assert_uint_eq(take(0x4000), 0x8025);
    ck_assert_uint_eq(take(0x1000), 0x2027);
    ck_assert(*gmem_flags(&m.mem, 0x4000) & GMEM_PAGE_DIRTY);
    gmem_clear_dirty(&m.mem);
    ck_assert_uint_eq(translate(0x400000, X86_READ, &x), 0);
    ck_assert(!(*gmem_flags(&m.mem, 0x4000) & GMEM_PAGE_DIRTY));
}
END_TEST

START_TEST(peek_has_no_effect)
{
    uint64_t pa;

    gmem_clear_dirty(&m.mem);
    ck_assert(native_mmu_ops.peek(c, 0x400fff, &pa));
    ck_assert_uint_eq(pa, 0x8fff);
    ck_assert(!native_mmu_ops.peek(c, 0x401000, &pa));
    ck_assert_uint_eq(take(0x4000), 0x8005);
    ck_assert(!(*gmem_flags(&m.mem, 0x1000) & GMEM_PAGE_DIRTY));
}
END_TEST

/* Memory that is not there reads as ones. */
START_TEST(table_in_a_hole)
{
    struct x86_xlat x;

    c->s.cr3 = 0x10000000;
    ck_assert_uint_eq(translate(0x400000, X86_READ, &x), PF_P | PF_R);
}
END_TEST

Suite *test_native_suite(void)
{
    Suite *s = suite_create("native");
    TCase *tc = tcase_create("native");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, paging_off_is_identity);
    tcase_add_test(tc, page_faults_are_raised);
    tcase_add_test(tc, updates_are_seen_by_memory);
    tcase_add_test(tc, peek_has_no_effect);
    tcase_add_test(tc, table_in_a_hole);
    suite_add_tcase(s, tc);
    return s;
}
