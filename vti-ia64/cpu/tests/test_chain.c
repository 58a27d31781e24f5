/* test_chain.c: chains of handlers. One goes on with the next by a jump: no
 * instruction of the table, repeated, makes the host's stack grow. A page of
 * them that is written to often is data. */
#include "common/tests/suite.h"

#include <pthread.h>

#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/cpu/tests/onecode.h"

enum {
    BUNDLES = 200,     /* of the instruction, then a branch back */
    TIMES = 40000,     /* instructions: frames of 16 bytes would not fit */
    STACK = 512 * 1024 /* bytes */
};

static void *run(void *opaque)
{
    struct vcpu *v = &((struct onecode *)opaque)->c->v;
    struct vcpu_exit exit;

    ck_assert_int_eq(v->processor->run(v, TIMES, &exit, NULL), ST_OK);
    return NULL;
}

/* br.cond to the bundle that is n before. [ISDM3 "B1"] */
static void put_branch(struct onecode *o, unsigned n)
{
    int row = onecode_row("br.cond%w%p%d");
    uint8_t bytes[16];

    onecode_bundle(row,
                   ia64_encodings[row].value | 1ull << 36 |
                       (uint64_t)(-n & 0xfffff) << 13,
                   bytes);
    gmem_write(&o->m.mem, ONECODE_IP + 16 * n, bytes, sizeof(bytes));
}

START_TEST(repeated)
{
    struct onecode o;
    struct ia64_state *s;
    uint8_t bytes[16];
    pthread_attr_t attr;
    pthread_t thread;

    onecode_init(&o);
    ia64_reset(o.c);
    onecode_bundle(_i, onecode_slot(_i), bytes);
    for (unsigned k = 0; k < BUNDLES; k++)
        gmem_write(&o.m.mem, ONECODE_IP + 16 * k, bytes, sizeof(bytes));
    put_branch(&o, BUNDLES);
    s = &o.c->s;
    s->ip = ONECODE_IP;
    s->gr[10].v = 0x4000;
    s->bsp = s->bspstore = 0x20000;
    o.c->v.disp.at[IA64_SENS_INTERRUPTION] = DISP_EXIT;
    ia64_model_processor_ops.state_changed(&o.c->v);

    pthread_attr_init(&attr);
    ck_assert_int_eq(pthread_attr_setstacksize(&attr, STACK), 0);
    ck_assert_int_eq(pthread_create(&thread, &attr, run, &o), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    onecode_fini(&o);
}
END_TEST

START_TEST(written_pages_are_dropped)
{
    int row = onecode_row("nop.m");
    struct onecode o;
    uint8_t *flags;

    onecode_init(&o);
    ia64_reset(o.c);
    ck_assert_int_eq(onecode_step(&o, row, onecode_slot(row), 0), -1);
    flags = gmem_flags(&o.m.mem, ONECODE_IP);
    ck_assert(*flags & GMEM_PAGE_CODE);
    o.c->page = NULL; /* as where another page is the current one */
    for (unsigned k = 0; k < IA64_CODE_WRITES; k++) {
        ck_assert(*flags & GMEM_PAGE_CODE);
        gmem_write(&o.m.mem, ONECODE_IP + 64, &k, sizeof(k));
    }
    ck_assert(!(*flags & GMEM_PAGE_CODE));
    row = onecode_row("break.m");
    ck_assert_int_eq(onecode_step(&o, row, onecode_slot(row), PSR_IC),
                     IA64_VEC_BREAK);
    ck_assert(*flags & GMEM_PAGE_CODE);
    onecode_fini(&o);
}
END_TEST

Suite *test_chain_suite(void)
{
    Suite *suite = suite_create("chain");
    TCase *tc = tcase_create("rows");

    tcase_add_test(tc, written_pages_are_dropped);
    tcase_add_loop_test(tc, repeated, 0, (int)ia64_nr_encodings);
    suite_add_tcase(suite, tc);
    return suite;
}
