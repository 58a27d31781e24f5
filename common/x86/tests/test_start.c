/* test_start.c: the state in which a loaded guest begins. */
#include "common/x86/start.h"

#include <string.h>

#include "common/engine/processor.h"
#include "common/tests/suite.h"
#include "common/x86/state.h"

struct fake {
    struct vcpu v; /* first */
    struct x86_state s;
    unsigned told;
};

static void told(struct vcpu *v)
{
    ((struct fake *)(void *)v)->told++;
}

static const struct processor_ops fake_ops = {.name = "fake",
                                              .state_changed = told};

static void setup(struct fake *f)
{
    memset(f, 0, sizeof(*f));
    memset(&f->s, 0xa5, sizeof(f->s));
    f->v.processor = &fake_ops;
    f->v.state = &f->s;
}

static const struct load_entry entry = {
    .kind = ENTRY_PM32,
    .rip = 0x100000,
    .rax = 1,
    .rbx = 2,
    .rsi = 3,
    .rdi = 4,
    .rbp = 5,
    .rsp = 6,
    .gdt_base = 0x90000,
    .gdt_limit = 0x2f,
    .cs = 0x10,
    .ds = 0x18,
    .tr = 0x20,
    .cr3 = 0x94000,
};

static void check_common(const struct x86_state *s)
{
    unsigned i;

    ck_assert_uint_eq(s->r[R_IP], 0x100000);
    ck_assert_uint_eq(s->r[R_AX], 1);
    ck_assert_uint_eq(s->r[R_BX], 2);
    ck_assert_uint_eq(s->r[R_CX], 0);
    ck_assert_uint_eq(s->r[R_DX], 0);
    ck_assert_uint_eq(s->r[R_SI], 3);
    ck_assert_uint_eq(s->r[R_DI], 4);
    ck_assert_uint_eq(s->r[R_BP], 5);
    ck_assert_uint_eq(s->r[R_SP], 6);
    ck_assert_uint_eq(s->rflags, 2);
    ck_assert_uint_eq(s->gdtr.base, 0x90000);
    ck_assert_uint_eq(s->gdtr.limit, 0x2f);
    ck_assert_uint_eq(s->idtr.limit, 0);
    ck_assert_uint_eq(s->tr.sel, 0x20);
    ck_assert_uint_eq(s->tr.limit, 0x67);
    ck_assert_uint_eq(SA_TYPE(s->tr.attr), SYS_TSS32_BUSY);
    ck_assert_uint_eq(s->ldtr.limit, 0);
    for (i = 0; i < SEG_COUNT; i++) {
        ck_assert_uint_eq(s->seg[i].sel, i == SEG_CS ? 0x10 : 0x18);
        ck_assert_uint_eq(s->seg[i].base, 0);
        ck_assert_uint_eq(s->seg[i].limit, 0xffffffff);
        ck_assert((s->seg[i].attr & (SA_P | SA_S)) == (SA_P | SA_S));
        ck_assert((s->seg[i].attr & SA_CODE) == (i == SEG_CS ? SA_CODE : 0));
    }
}

START_TEST(pm32)
{
    struct fake f;

    setup(&f);
    x86_start(&f.v, &entry);
    check_common(&f.s);
    ck_assert_uint_eq(f.s.cr0, CR0_PE | CR0_ET);
    ck_assert_uint_eq(f.s.cr4, 0);
    ck_assert_uint_eq(f.s.efer, 0);
    ck_assert((f.s.seg[SEG_CS].attr & (SA_DB | SA_L)) == SA_DB);
    ck_assert_uint_eq(f.told, 1);
}
END_TEST

START_TEST(long64)
{
    struct load_entry e = entry;
    struct fake f;

    setup(&f);
    e.kind = ENTRY_LONG64;
    x86_start(&f.v, &e);
    check_common(&f.s);
    ck_assert_uint_eq(f.s.cr0, CR0_PE | CR0_ET | CR0_PG);
    ck_assert_uint_eq(f.s.cr3, 0x94000);
    ck_assert_uint_eq(f.s.cr4, CR4_PAE);
    ck_assert_uint_eq(f.s.efer, EFER_LME | EFER_LMA);
    ck_assert((f.s.seg[SEG_CS].attr & (SA_DB | SA_L)) == SA_L);
    ck_assert_uint_eq(f.told, 1);
}
END_TEST

START_TEST(reset_is_left_alone)
{
    struct load_entry e = {.kind = ENTRY_REAL_RESET};
    struct x86_state before;
    struct fake f;

    setup(&f);
    before = f.s;
    x86_start(&f.v, &e);
    ck_assert_mem_eq(&before, &f.s, sizeof(before));
    ck_assert_uint_eq(f.told, 1);
}
END_TEST

Suite *test_start_suite(void)
{
    Suite *s = suite_create("start");
    TCase *tc = tcase_create("start");

    tcase_add_test(tc, pm32);
    tcase_add_test(tc, long64);
    tcase_add_test(tc, reset_is_left_alone);
    suite_add_tcase(s, tc);
    return s;
}
