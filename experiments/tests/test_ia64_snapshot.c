/* test_ia64_snapshot.c: our guests for IA-64 run the same when they are saved,
 * destroyed, created, loaded, and robbed of derived state, at random: under
 * native, hvm without and with accelerations, and te. */
#include "common/engine/snapshot.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "experiments/cli/guests.h"
#include "vti-ia64/engine.h"

#define RAM    (16ull << 20)
#define LIMIT  50000000ull
#define POINTS 12u /* disturbances in a run */

#define DAMAGED 40000u /* bytes at both ends of a stream that are damaged */

static const struct way {
    const struct engine_ops *engine;
    const char *controls;
} ways[] = {{&ia64_native_engine_ops, NULL},
            {&ia64_hvm_engine_ops, "none"},
            {&ia64_hvm_engine_ops, "full"},
            {&ia64_te_engine_ops, NULL}};

struct rig {
    struct ski_config config;
    struct engine_options options;
    const char *args[3];
    struct ski *s;
    char out[4096];
    size_t len;
};

static char kernel[512], disk[512], simscsi[512];

static void console(void *opaque, const uint8_t *buf, size_t len)
{
    struct rig *r = opaque;

    for (size_t k = 0; k < len && r->len < sizeof(r->out) - 1; k++)
        r->out[r->len++] = (char)buf[k];
    r->out[r->len] = '\0';
}

static int open_disk(void *opaque, const char *path, int access)
{
    (void)opaque;
    return strcmp(path, disk) == 0 ? open(path, access | O_CLOEXEC) : -1;
}

static void create(struct rig *r)
{
    struct error err;

    ck_assert_ok(ski_create(&r->config, &r->s, &err), &err);
}

static void rig_init(struct rig *r, const char *guest, const struct way *w)
{
    static char bytes[1024];
    struct guests_files files;
    struct error err;

    if (guests_resolve(guest, &files, &err) != ST_OK)
        SKIP("%s", err.text);
    snprintf(kernel, sizeof(kernel), "%s", files.kernel);
    guests_files_free(&files);
    suite_tmpfile("sda", bytes, sizeof(bytes));
    snprintf(disk, sizeof(disk), "%s/sda", suite_tmpdir());
    snprintf(simscsi, sizeof(simscsi), "simscsi=%s/sd", suite_tmpdir());
    memset(r, 0, sizeof(*r));
    r->args[0] = kernel;
    r->args[1] = simscsi;
    r->options.controls = w->controls;
    r->config = (struct ski_config){.engine = w->engine,
                                    .options = &r->options,
                                    .file = kernel,
                                    .args = r->args,
                                    .mode = SKI_SYSTEM,
                                    .mem_bytes = RAM,
                                    .clock = CLOCK_VIRTUAL,
                                    .ips = CLOCK_NS_PER_S,
                                    .console = console,
                                    .console_opaque = r,
                                    .open = open_disk,
                                    .trace_from = UINT64_MAX};
    create(r);
}

static void run(struct rig *r, uint64_t until)
{
    struct error err;
    enum run_end end;

    ck_assert_ok(engine_run(ski_vcpu(r->s), until, NULL, NULL, &end, &err),
                 &err);
}

static void save(struct rig *r, struct snap *s)
{
    snap_init_save(s, &ski_machine(r->s)->clock);
    snapshot_walk(ski_vcpu(r->s), s);
    ck_assert_msg(s->status == ST_OK, "%s", s->err.text);
}

static enum status load(struct rig *r, const struct snap *from,
                        struct error *err)
{
    struct snap s;
    enum status st;

    snap_init_load(&s, &ski_machine(r->s)->clock, from->buf, from->len);
    snapshot_walk(ski_vcpu(r->s), &s);
    st = snap_status(&s, err);
    if (st == ST_OK)
        ck_assert_uint_eq(s.pos, from->len);
    snap_fini(&s);
    return st;
}

static uint64_t hash(struct rig *r)
{
    struct snap s;
    uint64_t h;

    snap_init_hash(&s, &ski_machine(r->s)->clock);
    snapshot_walk(ski_vcpu(r->s), &s);
    h = snap_hash(&s);
    snap_fini(&s);
    return h;
}

static void disturb(struct rig *r, unsigned how)
{
    size_t len = r->len;
    struct error err;
    struct snap s;

    if (how == 0) {
        ski_vcpu(r->s)->processor->drop(ski_vcpu(r->s));
        return;
    }
    save(r, &s);
    if (how == 1) {
        run(r, ski_vcpu(r->s)->icount + 3000);
        r->len = len;
    } else {
        ski_destroy(r->s);
        create(r);
    }
    ck_assert_ok(load(r, &s, &err), &err);
    snap_fini(&s);
}

static void same(const char *guest, const struct way *w, uint64_t seed)
{
    static struct rig ref, r;
    struct rng rng;
    uint64_t end, most, at = 0;

    rng = (struct rng){seed};
    rig_init(&ref, guest, w);
    run(&ref, LIMIT);
    end = ski_vcpu(ref.s)->icount;
    ck_assert_int_eq(ski_machine(ref.s)->end, MACHINE_GUEST_EXIT);
    rig_init(&r, guest, w);
    most = 2 * end / (POINTS + 1);
    for (unsigned k = 0; k < POINTS && at < end - most; k++) {
        at += rng_below(&rng, most);
        run(&r, at);
        disturb(&r, (unsigned)(rng_below(&rng, 3)));
    }
    run(&r, LIMIT);
    ck_assert_uint_eq(ski_vcpu(r.s)->icount, end);
    ck_assert_str_eq(r.out, ref.out);
    ck_assert_uint_eq(hash(&r), hash(&ref));
    ski_destroy(r.s);
    ski_destroy(ref.s);
}

START_TEST(small_kernel)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        same("ia64-twins", &ways[_i], seed);
}
END_TEST

/* With an open file, completions, a connected interrupt. */
START_TEST(platform)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        same("ia64-ssc", &ways[_i], seed);
}
END_TEST

START_TEST(file_is_gone)
{
    static struct rig r;
    struct error err;
    struct snap s;
    uint64_t end;

    rig_init(&r, "ia64-ssc", &ways[0]);
    run(&r, LIMIT);
    end = ski_vcpu(r.s)->icount;
    ski_destroy(r.s);
    /* The file is open at the end, but for the last lines. */
    create(&r);
    run(&r, end - end / 10);
    save(&r, &s);
    ski_destroy(r.s);
    ck_assert_int_eq(unlink(disk), 0);
    create(&r);
    ck_assert_int_eq(load(&r, &s, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, disk));
    ski_destroy(r.s);
    snap_fini(&s);
}
END_TEST

/* Of another engine, or with other accelerations. */
START_TEST(other_engine)
{
    static struct rig r;
    struct error err;
    struct snap s;

    for (unsigned from = 0; from < ARRAY_LEN(ways); from++) {
        rig_init(&r, "ia64-twins", &ways[from]);
        run(&r, 10000);
        save(&r, &s);
        ski_destroy(r.s);
        for (unsigned to = 1; to < ARRAY_LEN(ways); to++) {
            if (to == from)
                continue;
            rig_init(&r, "ia64-twins", &ways[to]);
            ck_assert_int_eq(load(&r, &s, &err), ST_INVAL);
            ski_destroy(r.s);
        }
        snap_fini(&s);
    }
}
END_TEST

/* A damaged stream is refused, or becomes a state that runs. */
START_TEST(damaged)
{
    static struct rig r;
    struct error err;
    struct rng rng;
    struct snap s;
    uint64_t at;

    rng = (struct rng){7};
    rig_init(&r, "ia64-twins", &ways[_i]);
    run(&r, 20000);
    save(&r, &s);
    for (unsigned k = 0; k < 60; k++) {
        uint8_t bit = (uint8_t)(1u << rng_below(&rng, 8));

        /* Registers and the platform come first, the VMM last, RAM between. */
        at = rng_below(&rng, DAMAGED);
        at = k % 2 == 0 ? at : s.len - 1 - at;
        s.buf[at] ^= bit;
        if (load(&r, &s, &err) == ST_OK)
            run(&r, ski_vcpu(r.s)->icount + 20000);
        s.buf[at] ^= bit;
        ski_destroy(r.s);
        create(&r);
    }
    ski_destroy(r.s);
    snap_fini(&s);
}
END_TEST

Suite *test_ia64_snapshot_suite(void)
{
    Suite *s = suite_create("ia64_snapshot");
    TCase *tc = tcase_create("ia64_snapshot");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, small_kernel, 0, (int)ARRAY_LEN(ways));
    tcase_add_loop_test(tc, platform, 0, (int)ARRAY_LEN(ways));
    tcase_add_test(tc, file_is_gone);
    tcase_add_test(tc, other_engine);
    tcase_add_loop_test(tc, damaged, 0, (int)ARRAY_LEN(ways));
    suite_add_tcase(s, tc);
    return s;
}
