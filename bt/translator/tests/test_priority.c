/* test_priority.c: MOV to CR8 as a sequence in translated code: an interrupt
 * that it makes deliverable comes right after it, and what it counts does not
 * depend on who executes it. */
#include "bt/engine.h"
#include "bt/processor.h"
#include "bt/translator/jit.h"
#include "bt/translator/tests/lockguest.h"
#include "common/tests/suite.h"
#include "common/x86/tests/guest_asm.h"

/* Each time: no request, one that waits, the same when it is delivered, none.
 * The handler adds to the word at D804H; the local APIC is at 50000H. */
GUEST64(priority, "movl $100, %ecx; xorl %ebx, %ebx; sti;"
                  "1: movl $15, %eax; movq %rax, %cr8;"
                  "movl $0x44090, 0x50300;"
                  "movl $10, %eax; movq %rax, %cr8;"
                  "addl 0xd804, %ebx;"
                  "movl $8, %r9d; movq %r9, %cr8;"
                  "imull $3, 0xd804, %edx; addl %edx, %ebx;"
                  "movl $0, 0x500b0;"
                  "xorl %eax, %eax; movq %rax, %cr8;"
                  "loop 1b; cli; hlt");

static struct lock_guest g;

static void start(uint32_t threshold, bool vmm)
{
    struct error err;

    ck_assert_ok(lock_guest_init(&g, LOCK_LONG, &jit_processor_ops, 1, &err),
                 &err);
    if (vmm)
        ck_assert_ok(bt_engine_ops.attach(g.v, &err), &err);
    jit_of(x86_cpu(g.v))->threshold = threshold;
    gmem_load(&g.m->mem, LOCK_CODE, priority_code,
              (uint64_t)(priority_end - priority_code));
    bus_write(&g.m->bus, BUS_PORT, 0x21, 1, 0xff); /* no other interrupts */
    g.v->processor->state_changed(g.v);
}

static void run(void)
{
    struct error err;
    enum run_end end;

    ck_assert_ok(engine_run(g.v, 100000, NULL, NULL, &end, &err), &err);
    ck_assert_int_eq(end, RUN_DEADLOCK);
}

static void finish(bool vmm)
{
    if (vmm)
        bt_engine_ops.detach(g.v);
    lock_guest_fini(&g);
}

static uint64_t row(enum ledger_kind kind)
{
    return ledger_get(engine_ledger(g.v), kind, SENS_MOV_TO_CR, 8);
}

static void check_counts(bool vmm)
{
    ck_assert_uint_eq(row(LEDGER_SENSITIVE), 400);
    ck_assert_uint_eq(row(LEDGER_BT_INLINE), vmm ? 200 : 0);
    ck_assert_uint_eq(row(LEDGER_BT_CALLOUT), vmm ? 200 : 0);
}

/* Writes of CR8 are translated: 0F 22 after a prefix. */
static void check_translated(void)
{
    unsigned writes = 0;

    for (uint64_t ip = LOCK_CODE; ip < LOCK_CODE + LOCK_CHUNK; ip++) {
        struct jit_listing l;

        if (!jit_list(g.v, ip, 0, &l))
            continue;
        for (unsigned k = 0; k < l.n; k++) {
            if (l.insn[k].ip != ip || l.insn[k].bytes[1] != 0x0f ||
                l.insn[k].bytes[2] != 0x22)
                continue;
            ck_assert(!l.insn[k].called_out);
            writes++;
        }
    }
    ck_assert_uint_eq(writes, 4);
}

START_TEST(test_exact)
{
    bool vmm = _i != 0;
    uint64_t icount, sum;

    start(UINT32_MAX, vmm);
    run();
    icount = g.v->icount;
    sum = ((struct x86_state *)g.v->state)->r[R_BX];
    ck_assert_uint_ne(sum, 0);
    check_counts(vmm);
    finish(vmm);
    start(4, vmm);
    run();
    ck_assert_uint_eq(g.v->icount, icount);
    ck_assert_uint_eq(((struct x86_state *)g.v->state)->r[R_BX], sum);
    check_counts(vmm);
    check_translated();
    finish(vmm);
}
END_TEST

Suite *test_priority_suite(void)
{
    Suite *s = suite_create("priority");
    TCase *tc = tcase_create("priority");

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, test_exact, 0, 2);
    return s;
}
