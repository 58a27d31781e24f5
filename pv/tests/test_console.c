/* test_console.c: the PV console ring. */
#include "common/tests/suite.h"
#include "pv/console.h"
#include "pv/tests/pvrig.h"

#define AT(field) offsetof(struct xencons_interface, field)

static uint32_t get(struct pvrig *r, unsigned at)
{
    uint32_t v;

    pv_read_frame(r->d, r->d->console_mfn, at, &v, 4);
    return v;
}

static void set(struct pvrig *r, unsigned at, uint32_t v)
{
    pv_write_frame(r->d, r->d->console_mfn, at, &v, 4);
}

static void ring(struct pvrig *r)
{
    pvrig_send(r, r->d->console_port);
}

/* What the guest prints: across the end of the ring too. */
START_TEST(prints)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    static const char text[] = "MARK console text\n";
    uint32_t start = _i == 1 ? 2040 : 0;
    size_t i;

    set(r, AT(out_cons), start);
    for (i = 0; i < sizeof(text) - 1; i++)
        pv_write_frame(r->d, r->d->console_mfn,
                       (unsigned)(AT(out) + (start + i) % 2048), text + i, 1);
    set(r, AT(out_prod), start + (uint32_t)sizeof(text) - 1);
    ring(r);
    ck_assert_uint_eq(r->out_len, sizeof(text) - 1);
    ck_assert_mem_eq(r->out, text, sizeof(text) - 1);
    ck_assert_uint_eq(get(r, AT(out_cons)), get(r, AT(out_prod)));
    ck_assert(pvrig_pending(r, r->d->console_port));
    /* Nothing new: no event back. */
    pvrig_clear(r, r->d->console_port);
    ring(r);
    ck_assert(!pvrig_pending(r, r->d->console_port));
    pvrig_free(r);
}
END_TEST

START_TEST(takes_input)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint8_t big[2000];
    char got[4];
    unsigned i;

    set(r, AT(in_cons), 1022);
    set(r, AT(in_prod), 1022);
    ck_assert_uint_eq(machine_console_input(r->m, (const uint8_t *)"abcd", 4),
                      4);
    for (i = 0; i < 4; i++)
        pv_read_frame(r->d, r->d->console_mfn,
                      (unsigned)(AT(in) + (1022 + i) % 1024), got + i, 1);
    ck_assert_mem_eq(got, "abcd", 4);
    ck_assert(pvrig_pending(r, r->d->console_port));
    memset(big, 'x', sizeof(big));
    ck_assert_uint_eq(machine_console_input(r->m, big, sizeof(big)), 1020);
    ck_assert_uint_eq(machine_console_input(r->m, big, 1), 0);
    set(r, AT(in_cons), 1022 + 10);
    ck_assert_uint_eq(machine_console_input(r->m, big, 100), 10);
    pvrig_free(r);
}
END_TEST

/* Indices that cannot be: nothing is printed or taken, nothing is stuck. */
START_TEST(spoilt_indices)
{
    static const uint32_t bad[][2] = {
        {0, 2049}, {0, UINT32_MAX}, {100, 50}, {1u << 31, 0}};
    struct pvrig *r = pvrig_new(false, NULL);
    size_t i;

    for (i = 0; i < ARRAY_LEN(bad); i++) {
        set(r, AT(out_cons), bad[i][0]);
        set(r, AT(out_prod), bad[i][1]);
        set(r, AT(in_cons), bad[i][0]);
        set(r, AT(in_prod), bad[i][1]);
        ring(r);
        ck_assert_uint_eq(r->out_len, 0);
        ck_assert_uint_eq(
            machine_console_input(r->m, (const uint8_t *)"abcd", 4), 0);
    }
    set(r, AT(out_cons), 0);
    set(r, AT(out_prod), 2048);
    ring(r);
    ck_assert_uint_eq(r->out_len, 2048);
    pvrig_free(r);
}
END_TEST

Suite *test_console_suite(void)
{
    Suite *s = suite_create("console");
    TCase *tc = tcase_create("ring");

    tcase_add_loop_test(tc, prints, 0, 2);
    tcase_add_loop_test(tc, takes_input, 0, 2);
    tcase_add_test(tc, spoilt_indices);
    suite_add_tcase(s, tc);
    return s;
}
