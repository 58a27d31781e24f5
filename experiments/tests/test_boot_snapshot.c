/* test_boot_snapshot.c: a Debian kernel boots the same when it is saved,
 * destroyed, created, loaded, and robbed of all derived state, at random.
 *
 * One machine boots undisturbed, on jit. Two stretches of it, from the kernel's
 * first output on and from the first program's to the power-off, are run again
 * on interp from snapshots with disturbances, and must come to the same state
 * and console; the second on jit, too. Of a PV guest, the first.
 * Environment: BOOT_SEED, to repeat a run; TRIPTYCH_GUESTS. */
#include "common/engine/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bt/engine.h"
#include "common/base/rng.h"
#include "common/engine/engine.h"
#include "common/tests/suite.h"
#include "common/x86/cpu.h"
#include "common/x86/start.h"
#include "experiments/cli/guests.h"
#include "pv/engine.h"

#define RAM    (256ull << 20)
#define EARLY  500000000ull /* instructions of the first stretch */
#define LIMIT  30000000000ull
#define POINTS 5u /* disturbances in each stretch */

struct boot {
    const char *guest;
    const struct engine_ops *engine;
    const struct processor_ops *processor;
    struct machine *m;
    struct vcpu *v;
    char out[1 << 16];
    unsigned out_len;
    const char *until; /* kick when this is on the console; NULL: never */
};

static struct boot ref, other;

static void console(void *opaque, const uint8_t *buf, size_t len)
{
    struct boot *b = opaque;

    for (size_t k = 0; k < len && b->out_len < sizeof(b->out) - 1; k++)
        b->out[b->out_len++] = (char)buf[k];
    b->out[b->out_len] = '\0';
    if (b->until != NULL && strstr(b->out, b->until) != NULL) {
        b->until = NULL;
        b->processor->kick(b->v);
    }
}

static void create(struct boot *b)
{
    const struct machine_config config = {.ram_bytes = RAM,
                                          .clock = CLOCK_VIRTUAL,
                                          .ips = CLOCK_NS_PER_S,
                                          .console = console,
                                          .console_opaque = b};
    const struct processor_config pc = {.trace_from = UINT64_MAX};
    struct error err;

    ck_assert_ok(machine_create(&config, &b->m, &err), &err);
    ck_assert_ok(b->processor->create(b->m, b->engine, &pc, &b->v, &err), &err);
    if (b->engine->attach != NULL)
        ck_assert_ok(b->engine->attach(b->v, &err), &err);
}

static void destroy(struct boot *b)
{
    if (b->engine->detach != NULL)
        b->engine->detach(b->v);
    b->processor->destroy(b->v);
    machine_destroy(b->m);
}

static void load_kernel(struct boot *b)
{
    const char *tty = b->engine->console;
    struct load_request rq = {0};
    struct guests_files files;
    struct load_entry entry;
    struct error err;
    char *cmdline;

    if (guests_resolve(b->guest, &files, &err) != ST_OK)
        SKIP("%s", err.text);
    ck_assert_int_gt(asprintf(&cmdline, "%s scale=0%s%s", files.append,
                              tty != NULL ? " console=" : "",
                              tty != NULL ? tty : ""),
                     0);
    rq.kernel = files.kernel;
    rq.initrd = files.initrd;
    rq.cmdline = cmdline;
    rq.protocol = files.protocol;
    if (b->engine->load != NULL) {
        ck_assert_ok(b->engine->load(b->v, &rq, &err), &err);
    } else {
        ck_assert_ok(load_guest(b->m, &rq, &entry, &err), &err);
        x86_start(b->v, &entry);
    }
    free(cmdline);
    guests_files_free(&files);
}

/* A machine to load a snapshot into. What an engine's own loader has built
 * beside the guest's state must be there. */
static void create_for(struct boot *b, const struct boot *of)
{
    b->guest = of->guest;
    b->engine = of->engine;
    create(b);
    if (b->engine->load != NULL)
        load_kernel(b);
}

static enum run_end run(struct boot *b, uint64_t until)
{
    enum run_end end;
    struct error err;

    ck_assert_ok(engine_run(b->v, until, NULL, NULL, &end, &err), &err);
    return end;
}

static void save(struct boot *b, struct snap *s)
{
    snap_init_save(s, &b->m->clock);
    snapshot_walk(b->v, s);
    ck_assert_msg(s->status == ST_OK, "%s", s->err.text);
}

static void load(struct boot *b, const struct snap *from)
{
    struct snap s;

    snap_init_load(&s, &b->m->clock, from->buf, from->len);
    snapshot_walk(b->v, &s);
    ck_assert_msg(s.status == ST_OK, "%s", s.err.text);
    ck_assert_uint_eq(s.pos, from->len);
    snap_fini(&s);
}

static uint64_t hash(struct boot *b)
{
    struct snap s;
    uint64_t h;

    snap_init_hash(&s, &b->m->clock);
    snapshot_walk(b->v, &s);
    h = snap_hash(&s);
    snap_fini(&s);
    return h;
}

/* ---- disturbances ---- */
static void save_and_load(struct boot *b, bool renew)
{
    unsigned len = b->out_len;
    struct snap s;

    save(b, &s);
    if (renew) {
        destroy(b);
        create_for(b, b);
    } else {
        run(b, b->v->icount + 1000000);
        b->out_len = len;
        b->out[len] = '\0';
    }
    load(b, &s);
    snap_fini(&s);
}

static void disturb(struct boot *b, unsigned how)
{
    switch (how) {
    case 0:
        b->processor->drop(b->v);
        break;
    case 1:
        save_and_load(b, false);
        break;
    default:
        save_and_load(b, true);
        break;
    }
}

/* ---- stretches ---- */
struct stretch {
    struct snap from;
    unsigned out_from;
    uint64_t icount_from, icount_to, hash_to;
    unsigned out_to;
};

static void begin(struct stretch *s)
{
    save(&ref, &s->from);
    s->out_from = ref.out_len;
    s->icount_from = ref.v->icount;
}

static void end(struct stretch *s)
{
    s->icount_to = ref.v->icount;
    s->hash_to = hash(&ref);
    s->out_to = ref.out_len;
}

static void again(const struct stretch *s,
                  const struct processor_ops *processor, struct rng *rng)
{
    uint64_t at = s->icount_from;
    uint64_t most = 2 * (s->icount_to - s->icount_from) / (POINTS + 1);

    memset(&other, 0, sizeof(other));
    other.processor = processor;
    create_for(&other, &ref);
    load(&other, &s->from);
    for (unsigned k = 0; k < POINTS; k++) {
        at += rng_below(rng, most);
        if (at > s->icount_to)
            break;
        run(&other, at);
        ck_assert_uint_eq(other.v->icount, at);
        disturb(&other, k < 3 ? k : (unsigned)rng_below(rng, 3));
    }
    run(&other, s->icount_to);
    ck_assert_uint_eq(other.v->icount, s->icount_to);
    ck_assert_uint_eq(other.m->end, s->icount_to == ref.v->icount
                                        ? ref.m->end
                                        : MACHINE_RUNNING);
    ck_assert_uint_eq(other.out_len, s->out_to - s->out_from);
    ck_assert_mem_eq(other.out, ref.out + s->out_from, other.out_len);
    ck_assert_uint_eq(hash(&other), s->hash_to);
    destroy(&other);
}

static uint64_t seed(void)
{
    const char *given = getenv("BOOT_SEED");

    return given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
}

static void start(const char *guest, const struct engine_ops *engine,
                  const struct rng *rng)
{
    memset(&ref, 0, sizeof(ref));
    ref.guest = guest;
    ref.engine = engine;
    ref.processor = &jit_processor_ops;
    create(&ref);
    load_kernel(&ref);
    printf("NOTE  boot_snapshot: BOOT_SEED=%llu\n",
           (unsigned long long)rng->state);
    fflush(stdout);
}

/* From the first output on */
static void early(struct rng *rng)
{
    struct stretch s;

    ref.until = "\n";
    ck_assert_int_eq(run(&ref, LIMIT), RUN_KICKED);
    begin(&s);
    ck_assert_int_eq(run(&ref, s.icount_from + EARLY), RUN_BUDGET);
    end(&s);
    again(&s, &interp_processor_ops, rng);
    snap_fini(&s.from);
}

/* To the power-off */
static void late(struct rng *rng)
{
    struct stretch s;

    ref.until = "MARK boot";
    ck_assert_int_eq(run(&ref, LIMIT), RUN_KICKED);
    begin(&s);
    ck_assert_int_eq(run(&ref, LIMIT), RUN_MACHINE);
    end(&s);
    ck_assert_int_eq(ref.m->end, MACHINE_POWEROFF);
    ck_assert_ptr_nonnull(strstr(ref.out, "MARK end"));
    for (unsigned k = 0; k < 4; k++)
        again(&s, k % 2 == 0 ? &interp_processor_ops : &jit_processor_ops, rng);
    snap_fini(&s.from);
}

START_TEST(boot)
{
    struct rng rng = {.state = seed()};

    if (strcmp(TEST_MODE, "release") != 0)
        SKIP("a whole boot takes minutes in a %s build", TEST_MODE);
    start("debian-686", &native_engine_ops, &rng);
    early(&rng);
    late(&rng);
    destroy(&ref);
}
END_TEST

START_TEST(pv_boot)
{
    struct rng rng = {.state = seed()};

    if (strcmp(TEST_MODE, "release") != 0)
        SKIP("half a boot takes minutes in a %s build", TEST_MODE);
    start("debian-amd64", &pv_engine_ops, &rng);
    early(&rng);
    destroy(&ref);
}
END_TEST

Suite *test_boot_snapshot_suite(void)
{
    Suite *s = suite_create("boot_snapshot");
    TCase *tc = tcase_create("boot");

    tcase_set_timeout(tc, 400);
    tcase_add_test(tc, boot);
    tcase_add_test(tc, pv_boot);
    suite_add_tcase(s, tc);
    return s;
}
