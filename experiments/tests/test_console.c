/* test_console.c: a file is typed at the rate of the line, in guest time. */
#include "experiments/cli/console.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/tests/suite.h"

#define RBR 0x3f8
#define FCR 0x3fa
#define MCR 0x3fc
#define LSR 0x3fd

struct rig {
    struct machine *m;
    struct console *c;
    uint64_t icount;
    unsigned stops;
};

static uint64_t icount(void *opaque)
{
    return ((struct rig *)opaque)->icount;
}

static void nothing(void *opaque)
{
    (void)opaque;
}

static void level(void *opaque, bool on)
{
    (void)opaque;
    (void)on;
}

static void vector(void *opaque, uint8_t v)
{
    (void)opaque;
    (void)v;
}

static const struct machine_cpu_ops no_cpu = {.intr = level,
                                              .nmi = nothing,
                                              .init = nothing,
                                              .sipi = vector,
                                              .attention = nothing};

static void stop(void *opaque)
{
    ((struct rig *)opaque)->stops++;
}

static void setup(struct rig *r, const char *path)
{
    struct machine_config config = {
        .ram_bytes = 1 << 20, .clock = CLOCK_VIRTUAL, .ips = CLOCK_NS_PER_S};
    struct error err;

    memset(r, 0, sizeof(*r));
    ck_assert_ok(console_create(path, &r->c, &err), &err);
    config.console = console_write;
    config.console_opaque = r->c;
    ck_assert_ok(machine_create(&config, &r->m, &err), &err);
    r->m->cpu = &no_cpu;
    r->m->clock.icount = icount;
    r->m->clock.icount_opaque = r;
    machine_reset(r->m);
    console_start(r->c, r->m, stop, r);
}

static void teardown(struct rig *r)
{
    machine_destroy(r->m);
    console_destroy(r->c);
}

static void out(struct rig *r, uint16_t port, uint8_t v)
{
    bus_write(&r->m->bus, BUS_PORT, port, 1, v);
}

static uint64_t in(struct rig *r, uint16_t port)
{
    return bus_read(&r->m->bus, BUS_PORT, port, 1) & 0xff;
}

/* Let guest time pass event by event; collect what arrives and when. */
static size_t listen(struct rig *r, uint64_t until_ns, char *buf, size_t size,
                     uint64_t *last_ns)
{
    size_t n = 0;
    uint64_t due;

    out(r, FCR, 1);
    out(r, MCR, 3); /* DTR, RTS */
    while ((due = clock_next_due(&r->m->clock)) <= until_ns) {
        r->icount = due;
        clock_run_due(&r->m->clock);
        while ((in(r, LSR) & 1) != 0 && n < size) {
            buf[n++] = (char)in(r, RBR);
            *last_ns = due;
        }
    }
    return n;
}

/* Let guest time pass with nobody at the port; returns the events seen. */
static uint64_t pass(struct rig *r, uint64_t until_ns)
{
    uint64_t due, events = 0;

    while ((due = clock_next_due(&r->m->clock)) <= until_ns) {
        r->icount = due;
        clock_run_due(&r->m->clock);
        ck_assert_uint_lt(++events, 100000);
    }
    return events;
}

START_TEST(typed_at_line_rate)
{
    const char *path = suite_tmpfile("keys", "hello\nworld\n", 12);
    uint64_t last_ns = 0;
    char got[32] = "";
    struct rig r;

    setup(&r, path);
    ck_assert_uint_eq(listen(&r, 1000000000, got, sizeof(got), &last_ns), 12);
    ck_assert_str_eq(got, "hello\nworld\n");
    /* 12 bytes of 10 bits at 115200 baud: 1.04 ms. */
    ck_assert_uint_ge(last_ns, 1000000);
    ck_assert_uint_le(last_ns, 1100000);
    ck_assert(!r.m->nondeterministic);
    ck_assert_uint_eq(r.stops, 0);
    teardown(&r);
}
END_TEST

START_TEST(nothing_is_lost_while_nobody_reads)
{
    char text[6000], got[6100] = "";
    uint64_t last_ns = 0;
    size_t i, n = 0;
    struct rig r;

    for (i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    setup(&r, suite_tmpfile("keys", text, sizeof(text)));
    /* Nobody listens for a guest second, then somebody does. */
    pass(&r, 1000000000);
    n = listen(&r, 3000000000, got, sizeof(got), &last_ns);
    ck_assert_uint_eq(n, sizeof(text));
    ck_assert_mem_eq(got, text, sizeof(text));
    teardown(&r);
}
END_TEST

START_TEST(gives_up_when_nobody_ever_reads)
{
    char text[6000];
    struct rig r;
    int null = open("/dev/null", O_WRONLY), keep = dup(STDERR_FILENO);

    memset(text, 'x', sizeof(text));
    setup(&r, suite_tmpfile("keys", text, sizeof(text)));
    dup2(null, STDERR_FILENO);
    pass(&r, 200 * CLOCK_NS_PER_S);
    dup2(keep, STDERR_FILENO);
    ck_assert_uint_eq(pass(&r, 1000 * CLOCK_NS_PER_S), 0);
    teardown(&r);
}
END_TEST

START_TEST(no_such_file)
{
    struct console *c = NULL;
    struct error err;

    ck_assert_int_eq(console_create("/no/such/file", &c, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "--input /no/such/file"));
    ck_assert_int_eq(console_create(suite_tmpdir(), &c, &err), ST_HOST);
    ck_assert_ptr_null(c);
}
END_TEST

START_TEST(pipe_input_marks_the_run)
{
    uint64_t last_ns = 0;
    char got[8] = "";
    struct rig r;
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    ck_assert_int_eq(dup2(fd[0], STDIN_FILENO), STDIN_FILENO);
    setup(&r, NULL);
    ck_assert(console_poll(r.c, 0));
    ck_assert(!r.m->nondeterministic);
    ck_assert_int_eq(write(fd[1], "ab", 2), 2);
    ck_assert(console_poll(r.c, 0));
    ck_assert(r.m->nondeterministic);
    close(fd[1]);
    while (console_poll(r.c, 1000000))
        ;
    listen(&r, 10000000, got, sizeof(got), &last_ns);
    ck_assert_str_eq(got, "ab");
    teardown(&r);
}
END_TEST

Suite *test_console_suite(void)
{
    Suite *s = suite_create("console");
    TCase *tc = tcase_create("console");

    tcase_add_test(tc, typed_at_line_rate);
    tcase_add_test(tc, nothing_is_lost_while_nobody_reads);
    tcase_add_test(tc, gives_up_when_nobody_ever_reads);
    tcase_add_test(tc, no_such_file);
    tcase_add_test(tc, pipe_input_marks_the_run);
    suite_add_tcase(s, tc);
    return s;
}
