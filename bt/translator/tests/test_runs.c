/* test_runs.c: accesses that one look at the TLB serves: at every distance from
 * a page's edge, and faults in their midst; accesses by a segment that has a
 * base, on both sides of its limit. Against interp. */
#include <string.h>

#include "bt/engine.h"
#include "bt/processor.h"
#include "bt/translator/jit.h"
#include "bt/translator/tests/lockguest.h"
#include "common/tests/suite.h"
#include "common/x86/tests/guest_asm.h"

/* A chunk: stores, loads, pushes and pops in a row; the data pointer moves so
 * that some chunks cross into a page that may not be touched, and the pushes
 * cross a page's edge. What stands between them changes flags, which others
 * use.
 */
GUEST32(runs32,
        "leal 0x3ff(%ebx), %ebx; addl %ebx, %eax;"
        "movl %eax, (%ebx); addl %eax, %esi; movb %cl, 13(%ebx);"
        "adcl %edi, 4(%ebx); leal 3(%eax, %edi), %edx; sbbb $3, 9(%ebx);"
        "movl $0x12345678, 8(%ebx); movb $7, 6(%ebx);"
        "movl 8(%ebx), %ecx; cmpl %ecx, %esi; movzbl 13(%ebx), %edx;"
        "adcl 4(%ebx), %edi; decl %edx;"
        "movl (%ebx), %eax; movsbl 5(%ebx), %esi;"
        "addl $8, %esp;"
        "pushl %eax; pushl %esp; pushl $77; pushl %ebx;"
        "popl %ebx; popl %edi; popl %ebp; popl %ecx;"
        "subl $8, %esp;"
        "leal 4(%ebx), %ebp; movl (%ebp), %edx; movl 4(%ebp), %ebp;"
        "jmp runs32_code + 0x100");
GUEST64(runs64,
        "leaq 0x3ff(%rbx), %rbx; addq %rbx, %rax;"
        "movq %rax, (%rbx); addq %rax, %rsi; movb %cl, 13(%rbx);"
        "adcl %edi, 4(%rbx); leaq 3(%rax, %rdi), %rdx; sbbb $3, 9(%rbx);"
        "movl $0x12345678, 8(%rbx); movb $7, 6(%rbx);"
        "movl 8(%rbx), %ecx; cmpq %rcx, %rsi; movzbl 13(%rbx), %edx;"
        "adcl 4(%rbx), %r11d; decl %edx;"
        "movq (%rbx), %r9; movsbl 5(%rbx), %esi;"
        "addq $16, %rsp; movq %rsp, %r14;"
        "pushq %r9; pushq %rsp; pushq $77; pushq %rbx;"
        "popq %rbx; popq %rdi; popq %r10; popq %rax;"
        "subq $16, %rsp; movq -8(%r14), %rdx;"
        "movq -16(%r14), %r11; movq -24(%r14), %r14;"
        "leaq 4(%rbx), %rbp; movl (%rbp), %edx; movl 4(%rbp), %ebp;"
        "jmp runs64_code + 0x100");

/* No run: each chunk begins one byte further on, below 4 GiB at first. What
 * ends past 4 GiB is a fault and does not come round to offset 0; the last
 * instruction has 16 bytes, which is a fault too. */
GUEST32(limit32, "incl %ebx; xorl %ecx, %ecx;"
                 "orb %cl, %gs:-0x20010(%ebx); leal 3(%edi), %edi;"
                 "orw %cx, %gs:-0x20010(%ebx); leal 5(%esi), %esi;"
                 "orl %ecx, %gs:-0x20010(%ebx); leal 7(%edx), %edx;"
                 ".fill 11, 1, 0x3e; movl $0x12345678, %esi");

static const struct {
    enum lock_mode mode;
    const uint8_t *code, *end;
    unsigned alone; /* accesses that stand once more out of line, at least */
} cases[] = {
    {LOCK_PROT32, runs32_code, runs32_end, 8},
    {LOCK_PAGED, runs32_code, runs32_end, 8},
    {LOCK_PAE, runs32_code, runs32_end, 8},
    {LOCK_LONG, runs64_code, runs64_end, 8},
    {LOCK_PROT32, limit32_code, limit32_end, 0},
    {LOCK_PAE, limit32_code, limit32_end, 0},
};

#define INSNS 4000u
#define USED  (LOCK_STACK + 0x10000u) /* tables, code, data, stack */

static void run_on(struct lock_guest *g, unsigned n,
                   const struct processor_ops *p)
{
    uint64_t bytes = (uint64_t)(cases[n].end - cases[n].code);
    struct error err;
    enum run_end end;

    ck_assert_ok(lock_guest_init(g, cases[n].mode, p, 7, &err), &err);
    ck_assert_uint_le(bytes, LOCK_CHUNK);
    for (unsigned k = 0; k < LOCK_CHUNKS; k++) {
        uint32_t at = LOCK_CODE + k * LOCK_CHUNK;

        if (k < LOCK_FUNCTIONS)
            gmem_load(&g->m->mem, at, cases[n].code, bytes);
        else
            gmem_load(&g->m->mem, at, "\xeb\xfe", 2); /* jmp . */
    }
    ((struct x86_state *)g->v->state)->r[R_BX] = g->data;
    if (p == &jit_processor_ops)
        jit_of(x86_cpu(g->v))->threshold = 0;
    g->v->processor->state_changed(g->v);
    ck_assert_ok(engine_run(g->v, INSNS, NULL, NULL, &end, &err), &err);
    ck_assert_int_eq(end, RUN_BUDGET);
}

static void check_parts(struct lock_guest *g, unsigned least)
{
    struct jit_listing l;
    unsigned alone = 0;

    ck_assert(jit_list(g->v, g->code, 0, &l));
    for (unsigned k = 0; k < l.nr_parts; k++)
        alone += l.part[k].part == JIT_PART_ALONE;
    ck_assert_uint_ge(alone, least);
}

START_TEST(test_runs)
{
    struct lock_guest a, b;
    struct x86_state *s, *r;

    run_on(&a, (unsigned)_i, &interp_processor_ops);
    run_on(&b, (unsigned)_i, &jit_processor_ops);
    check_parts(&b, cases[_i].alone);
    s = a.v->state;
    r = b.v->state;
    ck_assert_uint_eq(a.v->icount, b.v->icount);
    for (unsigned k = 0; k < R_COUNT; k++)
        ck_assert_msg(s->r[k] == r->r[k], "register %u: %#lx, not %#lx", k,
                      (unsigned long)r->r[k], (unsigned long)s->r[k]);
    ck_assert_uint_eq(s->rflags, r->rflags);
    ck_assert_mem_eq(gmem_host(&a.m->mem, 0, USED),
                     gmem_host(&b.m->mem, 0, USED), USED);
    lock_guest_fini(&a);
    lock_guest_fini(&b);
}
END_TEST

Suite *test_runs_suite(void)
{
    Suite *s = suite_create("runs");
    TCase *tc = tcase_create("runs");

    tcase_add_loop_test(tc, test_runs, 0, ARRAY_LEN(cases));
    suite_add_tcase(s, tc);
    return s;
}
