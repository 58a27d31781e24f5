/* test_wx.c: no page is writable and executable at one address, at any time:
 * the process's mappings, looked at while code is translated and between runs
 * of it, in programs that change their code and fill the code cache. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "bt/engine.h"
#include "bt/translator/tests/lockgen.h"
#include "bt/translator/trans.h"
#include "common/tests/suite.h"

#define INSNS 60000u
#define SLICE 2000u

/* What was seen of the mappings. */
static unsigned looks, both, writable, executable;

static void look(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[512], perms[8];

    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof(line), f)) {
        ck_assert_int_eq(sscanf(line, "%*s %7s", perms), 1);
        both += perms[1] == 'w' && perms[2] == 'x';
        if (strstr(line, "translated code") != NULL) {
            writable += perms[1] == 'w';
            executable += perms[2] == 'x';
        }
    }
    fclose(f);
    looks++;
}

/* In place of each line of op_list.def: look once in a while, in the midst of a
 * unit that is being translated. */
static struct trans_op spies[X86_OPS];
static unsigned emitted;

static void spy(struct trans *t, unsigned arg)
{
    const struct trans_op *op = trans_op_find(t->i->op);

    op->fn(t, arg);
    if (emitted++ % 32 == 0)
        look();
}

static void put_spies(struct jit *j)
{
    for (unsigned k = 0; k < X86_OPS; k++) {
        if (j->ops[k] == NULL)
            continue;
        spies[k] = *j->ops[k];
        spies[k].fn = spy;
        j->ops[k] = &spies[k];
    }
}

static void start(struct lock_guest *g, enum lock_mode mode)
{
    static struct lockgen_image image;
    struct jit_options o = {.unit = JIT_UNIT_USUAL, .cache = JIT_CACHE_LEAST};
    struct error err;

    ck_assert_ok(lock_guest_init(g, mode, &jit_processor_ops, 7, &err), &err);
    lockgen_make(g, 7, &image);
    gmem_load(&g->m->mem, LOCK_CODE, image.code, sizeof(image.code));
    gmem_load(&g->m->mem, LOCK_OTHER, image.other, sizeof(image.other));
    ck_assert_ok(jit_options_set(g->v, &o, &err), &err);
    jit_of(x86_cpu(g->v))->threshold = 0;
    put_spies(jit_of(x86_cpu(g->v)));
}

START_TEST(test_mappings)
{
    const struct jit_stats *stats;
    struct lock_guest g;
    struct error err;
    enum run_end end;

    start(&g, _i ? LOCK_LONG3 : LOCK_PAGED);
    stats = &jit_of(x86_cpu(g.v))->stats;
    for (unsigned n = 0; n < INSNS / SLICE; n++) {
        ck_assert_ok(
            engine_run(g.v, g.v->icount + SLICE, NULL, NULL, &end, &err), &err);
        look();
        lock_guest_restart(&g, n % LOCK_FUNCTIONS);
    }
    ck_assert_uint_eq(both, 0);
    ck_assert_uint_eq(writable, looks); /* one place each */
    ck_assert_uint_eq(executable, looks);
    ck_assert_uint_gt(emitted, 500);
    ck_assert_uint_gt(stats->dead + stats->flushes, 10);
    lock_guest_fini(&g);
}
END_TEST

/* That such a page would be seen. */
START_TEST(test_seen)
{
    void *p = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(p, MAP_FAILED);
    look();
    ck_assert_uint_eq(both, 1);
    munmap(p, PAGE_SIZE);
}
END_TEST

Suite *test_wx_suite(void)
{
    Suite *s = suite_create("wx");
    TCase *tc = tcase_create("wx");

    tcase_add_loop_test(tc, test_mappings, 0, 2);
    tcase_add_test(tc, test_seen);
    suite_add_tcase(s, tc);
    return s;
}
