/* test_snapshot.c: save and load, and dropping what is derived, at any count,
 * change nothing. */
#include "common/engine/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/engine/processor.h"
#include "common/tests/randguest.h"
#include "common/tests/suite.h"
#include "common/x86/state.h"

#define INSNS 20000u

static struct randguest ref, one;

static void save(struct randguest *g, struct snap *s)
{
    snap_init_save(s, &g->m->clock);
    snapshot_walk(g->v, s);
    ck_assert_msg(s->status == ST_OK, "%s", s->err.text);
}

static enum status load(struct randguest *g, const void *buf, size_t len)
{
    struct snap s;
    enum status st;

    snap_init_load(&s, &g->m->clock, buf, len);
    snapshot_walk(g->v, &s);
    st = s.status;
    if (st == ST_OK)
        ck_assert_uint_eq(s.pos, len);
    snap_fini(&s);
    return st;
}

/* Save, then load into a new machine or the same one after it ran on. */
static void move(struct randguest *g, bool renew)
{
    struct randguest kept = *g;
    struct snap s;

    save(g, &s);
    if (renew) {
        randguest_renew(g);
    } else {
        randguest_run(g, g->v->icount + 777);
        memcpy(g->out, kept.out, sizeof(g->out));
        g->out_len = kept.out_len;
        g->ended = kept.ended;
    }
    ck_assert_int_eq(load(g, s.buf, s.len), ST_OK);
    snap_fini(&s);
}

static void disturb(struct randguest *g, unsigned how)
{
    switch (how) {
    case 0:
        g->v->processor->drop(g->v);
        break;
    case 1:
        g->v->processor->state_changed(g->v);
        break;
    case 2:
        move(g, false);
        break;
    case 3:
        move(g, true);
        break;
    }
}

START_TEST(changes_nothing)
{
    struct rng rng = {.state = 99 + (uint64_t)_i};

    for (unsigned k = 0; k < 4; k++) {
        uint64_t seed = 1 + 4 * (uint64_t)_i + k, at = 0;

        randguest_init(&ref, seed);
        randguest_run(&ref, INSNS);
        randguest_init(&one, seed);
        for (unsigned n = 0; n < 20; n++) {
            at += rng_below(&rng, INSNS / 10);
            if (at > INSNS)
                break;
            randguest_run(&one, at);
            disturb(&one, (unsigned)rng_below(&rng, 4));
        }
        randguest_run(&one, INSNS);
        randguest_check_same(&one, &ref, seed);
        randguest_fini(&ref);
        randguest_fini(&one);
    }
}
END_TEST

/* The programs are what they claim to be. */
START_TEST(programs_do_something)
{
    uint64_t interrupts = 0, faults = 0, output = 0;

    for (uint64_t seed = 1; seed < 20; seed++) {
        randguest_init(&one, seed);
        randguest_run(&one, INSNS);
        interrupts += *(uint32_t *)gmem_host(&one.m->mem, 0x3f000, 4);
        for (unsigned v = 0; v < 15; v++)
            faults +=
                ledger_get(&one.v->ledger, LEDGER_SENSITIVE, SENS_EXCEPTION, v);
        output += one.out_len;
        randguest_fini(&one);
    }
    ck_assert_uint_gt(interrupts, 100);
    ck_assert_uint_gt(faults, 100);
    ck_assert_uint_gt(output, 50);
}
END_TEST

/* Equal states give equal streams, whatever came before. */
START_TEST(equal_streams)
{
    struct snap a, b;

    for (uint64_t seed = 1; seed < 5; seed++) {
        randguest_init(&ref, seed);
        randguest_init(&one, seed);
        randguest_run(&ref, 5000);
        randguest_run(&one, 2000);
        move(&one, true);
        randguest_run(&one, 5000);
        save(&ref, &a);
        save(&one, &b);
        ck_assert_uint_eq(a.len, b.len);
        ck_assert_mem_eq(a.buf, b.buf, a.len);
        snap_fini(&a);
        snap_fini(&b);
        randguest_fini(&ref);
        randguest_fini(&one);
    }
}
END_TEST

/* A register that was changed comes back changed. */
START_TEST(every_register)
{
    const struct regset *rs;
    struct snap s;
    uint8_t *p, was;

    randguest_init(&one, 1);
    rs = one.v->regs;
    for (unsigned k = 0; k < rs->nr; k++) {
        if (strcmp(rs->reg[k].name, "intr_line") == 0)
            continue; /* the board says what it is */
        p = (uint8_t *)one.v->state + rs->reg[k].offset;
        was = *p;
        *p ^= 4;
        save(&one, &s);
        *p = was;
        ck_assert_int_eq(load(&one, s.buf, s.len), ST_OK);
        ck_assert_msg(*p == (was ^ 4), "%s", rs->reg[k].name);
        *p = was;
        snap_fini(&s);
    }
    randguest_fini(&one);
}
END_TEST

/* ---- streams that are no snapshots ---- */
START_TEST(too_short)
{
    struct snap s;

    randguest_init(&one, 1);
    randguest_run(&one, 1000);
    save(&one, &s);
    for (size_t len = 0; len < s.len; len += len < 3000 ? 7 : 9973) {
        randguest_renew(&one);
        ck_assert_int_ne(load(&one, s.buf, len), ST_OK);
    }
    snap_fini(&s);
    randguest_fini(&one);
}
END_TEST

/* Any bytes in the vcpu's part are some state of it: it runs, or ends, or does
 * not load, but nothing else. */
START_TEST(any_state_runs)
{
    struct rng rng = {.state = 5 + (uint64_t)_i};
    struct snap s;
    uint8_t *bad;

    randguest_init(&one, 2);
    randguest_run(&one, 3000);
    save(&one, &s);
    bad = malloc(s.len);
    ck_assert_ptr_nonnull(bad);
    for (unsigned k = 0; k < 60; k++) {
        memcpy(bad, s.buf, s.len);
        for (unsigned n = 1 + (unsigned)rng_below(&rng, 30); n > 0; n--)
            bad[rng_below(&rng, 1700)] ^= (uint8_t)(1u << rng_below(&rng, 8));
        randguest_renew(&one);
        one.ended = false;
        if (load(&one, bad, s.len) == ST_OK)
            randguest_run(&one, one.v->icount + 500);
    }
    free(bad);
    snap_fini(&s);
    randguest_fini(&one);
}
END_TEST

Suite *test_snapshot_suite(void)
{
    Suite *s = suite_create("snapshot");
    TCase *tc = tcase_create("random programs");

    tcase_add_test(tc, programs_do_something);
    tcase_add_loop_test(tc, changes_nothing, 0, 8);
    tcase_add_test(tc, equal_streams);
    tcase_add_test(tc, every_register);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("bad streams");
    tcase_add_test(tc, too_short);
    tcase_add_loop_test(tc, any_state_runs, 0, 4);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
