/* test_rep.c: no interrupt comes inside a repeated instruction, also where the
 * VMM emulates it and is stopped before its end. */
#include "common/tests/suite.h"
#include "hvm/engine.h"
#include "hvm/vmm/tests/vmmrig.h"

static struct vmmrig g;

/* More than one run of iterations, so that a kick is seen in between. */
#define COUNT 0x18000u

#define TEXT(member, bytes) .member = (bytes), .member##_bytes = sizeof(bytes)

static const struct vmmrig_code rep = {
    TEXT(code, "\xf3\x6e\x90\xf4"),            /* rep outsb; nop; hlt */
    TEXT(handler, "\x89\x0d\x00\x50\0\0\xf4"), /* mov %ecx, SEEN; hlt */
};

static const struct {
    const struct engine_ops *engine;
    struct engine_options o;
} kinds[] = {
    {&native_engine_ops, {.paging = NULL}},
    {&hvm_engine_ops, {.paging = "ept"}},
    {&hvm_engine_ops, {.paging = "shadow"}},
    {&hvm_engine_ops, {.controls = "prescott-2005"}},
};

START_TEST(interrupt_waits_for_the_end)
{
    struct x86_state *s;
    enum run_end end;

    vmmrig_init(&g, kinds[_i].engine, &kinds[_i].o, &rep);
    g.kick = true;
    s = g.v->state;
    s->r[R_CX] = COUNT;
    s->r[R_DX] = RIG_PORT;
    g.v->processor->state_changed(g.v);
    ck_assert_uint_eq(vmmrig_run(&g, &end), 1);
    ck_assert_int_eq(end, RUN_DEADLOCK);
    ck_assert_uint_eq(g.outs, COUNT);
    ck_assert_uint_eq(vmmrig_seen(&g), 0);
    vmmrig_fini(&g);
}
END_TEST

Suite *test_rep_suite(void)
{
    Suite *s = suite_create("rep");
    TCase *tc = tcase_create("interrupts");

    tcase_add_loop_test(tc, interrupt_waits_for_the_end, 0, ARRAY_LEN(kinds));
    suite_add_tcase(s, tc);
    return s;
}
