/* test_tpr.c: CR8 by VM exits, or by the TPR shadow: interrupts wait for the
 * same instruction. */
#include "common/tests/suite.h"
#include "hvm/cpu/exits.h"
#include "hvm/engine.h"
#include "hvm/vmm/tests/vmmrig.h"

static struct vmmrig g;

#define TEXT(member, bytes) .member = (bytes), .member##_bytes = sizeof(bytes)

/* TPR masks everything; the interrupt comes to wait; TPR masks its class still,
 * then no more. ECX counts. */
static const struct vmmrig_code masked = {
    .wide = true,
    TEXT(code, "\x44\x0f\x22\xc0"                  /* mov %rax, %cr8: 15 */
               "\xee"                              /* out %al, (%dx) */
               "\xff\xc1"                          /* inc %ecx */
               "\x44\x0f\x22\xc3"                  /* mov %rbx, %cr8: 4 */
               "\x44\x0f\x20\xc7"                  /* mov %cr8, %rdi */
               "\xff\xc1"                          /* inc %ecx */
               "\x44\x0f\x22\xc6"                  /* mov %rsi, %cr8: 3 */
               "\xff\xc1\xff\xc1\xf4"),            /* inc %ecx; inc %ecx; hlt */
    TEXT(handler, "\x89\x0c\x25\x00\x50\0\0\xf4"), /* mov %ecx, SEEN; hlt */
};

static const struct {
    const struct engine_ops *engine;
    struct engine_options o;
    unsigned cr8, below; /* VM exits */
} kinds[] = {
    {&native_engine_ops, {.paging = NULL}, 0, 0},
    {&hvm_engine_ops, {.controls = "westmere-2010"}, 0, 1},
    {&hvm_engine_ops, {.controls = "merom-2006"}, 0, 1},
    {&hvm_engine_ops, {.controls = "prescott-2005"}, 4, 0},
};

static uint64_t exits(unsigned reason)
{
    uint64_t n = 0;

    for (uint32_t k = 0; k < g.v->ledger.nr; k++) {
        const struct ledger_row *r = &g.v->ledger.row[k];

        if (r->kind == LEDGER_EXIT && r->reason == reason)
            n += r->count;
    }
    return n;
}

START_TEST(interrupt_waits_for_cr8)
{
    struct x86_state *s;
    enum run_end end;

    vmmrig_init(&g, kinds[_i].engine, &kinds[_i].o, &masked);
    s = g.v->state;
    s->r[R_AX] = 15;
    s->r[R_BX] = 4;
    s->r[R_SI] = 3;
    s->r[R_DX] = RIG_PORT;
    s->r[R_CX] = 0;
    g.v->processor->state_changed(g.v);
    vmmrig_run(&g, &end);
    ck_assert_int_eq(end, RUN_DEADLOCK);
    s = g.v->state;
    ck_assert_uint_eq(vmmrig_seen(&g), 2);
    ck_assert_uint_eq(s->r[R_DI], 4);
    ck_assert_uint_eq(exits(EXIT_REASON_CR_ACCESS), kinds[_i].cr8);
    ck_assert_uint_eq(exits(EXIT_REASON_TPR_BELOW_THRESHOLD), kinds[_i].below);
    vmmrig_fini(&g);
}
END_TEST

Suite *test_tpr_suite(void)
{
    Suite *s = suite_create("tpr");
    TCase *tc = tcase_create("tpr");

    tcase_add_loop_test(tc, interrupt_waits_for_cr8, 0, ARRAY_LEN(kinds));
    suite_add_tcase(s, tc);
    return s;
}
