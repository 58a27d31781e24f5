/* test_alat.c: the table of advanced loads, and as Ski has it: always empty. */
#include "vti-ia64/cpu/alat.h"

#include "common/tests/suite.h"
#include "vti-ia64/cpu/tests/onecode.h"

static struct onecode o;

static void setup(void)
{
    onecode_init(&o);
    ia64_reset(o.c);
}

static void teardown(void)
{
    onecode_fini(&o);
}

/* A store of any overlapping byte removes the entry, others do not. */
START_TEST(stores)
{
    for (uint64_t pa = 0xff0; pa < 0x1020; pa++) {
        ia64_alat_insert(o.c, 5, 0x1000, 8);
        ia64_alat_insert(o.c, 6, 0x2000, 8);
        ia64_alat_store(o.c, pa, 4);
        ck_assert_int_eq(ia64_alat_lookup(o.c, 5),
                         pa + 4 <= 0x1000 || pa >= 0x1008);
        ck_assert(ia64_alat_lookup(o.c, 6));
    }
    ia64_alat_remove(o.c, 6);
    ck_assert(!ia64_alat_lookup(o.c, 6));
}
END_TEST

/* The oldest goes; a register has one entry, its last. */
START_TEST(replacement)
{
    for (unsigned r = 0; r <= IA64_ALAT; r++)
        ia64_alat_insert(o.c, 200 + r, 0x1000 + 16 * r, 8);
    ck_assert(!ia64_alat_lookup(o.c, 200));
    ck_assert(ia64_alat_lookup(o.c, 201));
    ck_assert(ia64_alat_lookup(o.c, 200 + IA64_ALAT));
    ia64_alat_insert(o.c, 201, 0x8000, 8);
    ia64_alat_store(o.c, 0x1010, 8);
    ck_assert(ia64_alat_lookup(o.c, 201));
    ia64_alat_insert(o.c, 201, ~0ull, 8);
    ck_assert(!ia64_alat_lookup(o.c, 201));
    ia64_alat_clear(o.c);
    ck_assert(!ia64_alat_lookup(o.c, 200 + IA64_ALAT));
}
END_TEST

/* A stacked register is one of its frame, however rotated. */
START_TEST(names_of_registers)
{
    struct ia64_state *s = &o.c->s;
    uint64_t r33, f40;

    s->bsp = 0x201e8;
    s->cfm = 16 | 1 << 14; /* 8 rotate */
    ck_assert_uint_eq(ia64_alat_gr(o.c, 5), 5);
    ck_assert_uint_eq(ia64_alat_gr(o.c, 32), 0x201e8);
    r33 = ia64_alat_gr(o.c, 33);
    ck_assert_uint_eq(r33, 0x201f0);
    ck_assert_uint_eq(ia64_alat_gr(o.c, 34), 0x20200); /* over a collection */
    s->cfm |= 7 << 18;
    ck_assert_uint_eq(ia64_alat_gr(o.c, 34), r33);
    f40 = ia64_alat_fr(o.c, 40);
    o.c->rrb_fr = 95;
    ck_assert_uint_eq(ia64_alat_fr(o.c, 41), f40);
}
END_TEST

/* An advanced load, then a check of what nobody is seen to change: the real
 * ALAT keeps the register, the empty one loads again. */
START_TEST(checks_of_loads)
{
    struct ia64_state *s = &o.c->s;
    int load = onecode_row("ld8.a%h"), check = onecode_row("ld8.c.nc%h");
    uint64_t first = 11, second = 22;

    for (unsigned miss = 0; miss < 2; miss++) {
        o.c->alat_miss = miss != 0;
        s->gr[10].v = 0x4000;
        gmem_write(&o.m.mem, 0x4000, &first, 8);
        ck_assert_int_eq(onecode_step(&o, load, onecode_slot(load), 0), -1);
        ck_assert_uint_eq(s->gr[8].v, first);
        gmem_write(&o.m.mem, 0x4000, &second, 8);
        ck_assert_int_eq(onecode_step(&o, check, onecode_slot(check), 0), -1);
        ck_assert_uint_eq(s->gr[8].v, miss ? second : first);
    }
}
END_TEST

Suite *test_alat_suite(void)
{
    Suite *s = suite_create("alat");
    TCase *tc = tcase_create("entries");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, stores);
    tcase_add_test(tc, replacement);
    tcase_add_test(tc, names_of_registers);
    tcase_add_test(tc, checks_of_loads);
    suite_add_tcase(s, tc);
    return s;
}
