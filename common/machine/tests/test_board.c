/* test_board.c: the PC as a whole: configuration, wires, console, end, state.
 */
#include "common/machine/board.h"

#include <string.h>

#include "common/base/rng.h"
#include "common/dev/lapic.h"
#include "common/tests/suite.h"

static struct machine *m;
static struct error err;
static uint64_t insns;
static bool intr;
static unsigned attentions;
static char text[256];
static char marks[256];

static void cpu_intr(void *opaque, bool level)
{
    (void)opaque;
    intr = level;
}

static void cpu_signal(void *opaque)
{
    (void)opaque;
}

static void cpu_sipi(void *opaque, uint8_t vector)
{
    (void)opaque;
    (void)vector;
}

static void cpu_attention(void *opaque)
{
    (void)opaque;
    attentions++;
}

static const struct machine_cpu_ops cpu = {
    .intr = cpu_intr,
    .nmi = cpu_signal,
    .init = cpu_signal,
    .sipi = cpu_sipi,
    .attention = cpu_attention,
};

static uint64_t icount(void *opaque)
{
    (void)opaque;
    return insns;
}

static void console(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    ck_assert_uint_lt(strlen(text) + len, sizeof(text));
    strncat(text, (const char *)buf, len);
}

static void marker(void *opaque, uint32_t code, uint32_t iterations,
                   const char *name)
{
    (void)opaque;
    ck_assert_uint_eq(code + iterations, 0);
    ck_assert_ptr_nonnull(name);
    strcat(marks, name);
    strcat(marks, ";");
}

static const struct machine_config usual = {
    .ram_bytes = 16 << 20,
    .clock = CLOCK_VIRTUAL,
    .ips = CLOCK_NS_PER_S,
    .console = console,
    .marker = marker,
};

static struct machine *create(void)
{
    struct machine *n;

    ck_assert_ok(machine_create(&usual, &n, &err), &err);
    n->cpu = &cpu;
    n->clock.icount = icount;
    return n;
}

static void setup(void)
{
    m = create();
}

static void teardown(void)
{
    machine_destroy(m);
}

static uint8_t in8(uint16_t port)
{
    return (uint8_t)bus_read(&m->bus, BUS_PORT, port, 1);
}

static void out8(uint16_t port, uint8_t v)
{
    bus_write(&m->bus, BUS_PORT, port, 1, v);
}

static void advance(uint64_t ns)
{
    uint64_t end = insns + ns, n;

    while ((n = clock_insns_until(&m->clock, clock_next_due(&m->clock))) <=
           end - insns) {
        insns += n;
        clock_run_due(&m->clock);
    }
    insns = end;
}

/* What firmware does: the 8259s programmed, and let through by the APIC. */
static void pic_init(void)
{
    static const uint8_t words[][2] = {
        {0x20, 0x11}, {0x21, 0x20}, {0x21, 0x04}, {0x21, 0x01}, {0xa0, 0x11},
        {0xa1, 0x28}, {0xa1, 0x02}, {0xa1, 0x01}, {0x21, 0x00}, {0xa1, 0x00},
    };
    unsigned i;

    for (i = 0; i < ARRAY_LEN(words); i++)
        out8(words[i][0], words[i][1]);
    lapic_virtual_wire(m->lapic);
}

/* ---- configuration ------------------------------------------------------- */

static const struct {
    uint64_t ram, ips;
    const char *names; /* the option in the message; NULL: accepted */
    uint64_t below, above;
} configs[] = {
    {0, 1, "--mem", 0, 0},
    {(1 << 20) - 4096, 1, "--mem", 0, 0},
    {(1 << 20) + 1, 1, "--mem", 0, 0},
    {(1ull << 36) + 4096, 1, "--mem", 0, 0},
    {UINT64_MAX, 1, "--mem", 0, 0},
    {1 << 20, 0, "--ips", 0, 0},
    {1 << 20, 1, NULL, 0xe0000, 0},
    {0xc0000000, 1, NULL, 0xc0000000 - 0x20000, 0},
    {0xc0001000, 1, NULL, 0xc0000000 - 0x20000, 0x1000},
    {0x180000000, 1, NULL, 0xc0000000 - 0x20000, 0xc0000000},
};

START_TEST(memory_layout)
{
    struct machine_config c = usual;
    struct machine *n = NULL;
    enum status st;

    c.ram_bytes = configs[_i].ram;
    c.ips = configs[_i].ips;
    st = machine_create(&c, &n, &err);
    if (configs[_i].names != NULL) {
        ck_assert_int_eq(st, ST_INVAL);
        ck_assert_ptr_nonnull(strstr(err.text, configs[_i].names));
        return;
    }
    ck_assert_ok(st, &err);
    ck_assert_uint_eq(gmem_ram_below_4g(&n->mem), configs[_i].below);
    ck_assert_uint_eq(gmem_ram_above_4g(&n->mem), configs[_i].above);
    ck_assert_ptr_nonnull(gmem_host(&n->mem, 0x9f000, 0x1000));
    ck_assert_ptr_null(gmem_find(&n->mem, 0xa0000));
    ck_assert_ptr_null(gmem_find(&n->mem, 0xbffff));
    ck_assert_ptr_nonnull(gmem_host(&n->mem, 0xc0000, 0x40000));
    machine_destroy(n);
}
END_TEST

START_TEST(missing_disk)
{
    struct machine_config c = usual;
    struct machine *n = NULL;

    c.disk_path = "/nonexistent/disk";
    ck_assert_int_ne(machine_create(&c, &n, &err), ST_OK);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/disk"));
    ck_assert_ptr_null(n);
    machine_destroy(NULL);
}
END_TEST

START_TEST(the_empty_socket_is_safe)
{
    struct machine *n;

    ck_assert_ok(machine_create(&usual, &n, &err), &err);
    machine_stop(n, MACHINE_POWEROFF, 0);
    bus_write(&n->bus, BUS_PORT, 0xcf9, 1, 6);
    ck_assert_int_eq(n->end, MACHINE_POWEROFF);
    machine_destroy(n);
}
END_TEST

/* ---- wires --------------------------------------------------------------- */

START_TEST(isa_lines_reach_the_8259)
{
    struct irq_line line = board_isa_irq(m, (unsigned)_i);

    if (_i == 2)
        return;
    pic_init();
    irq_pulse(&line);
    ck_assert(intr);
    ck_assert_uint_eq(machine_intr_ack(m), 0x20 + _i);
    ck_assert(!intr);
}
END_TEST

START_TEST(isa_lines_reach_the_io_apic)
{
    struct irq_line line = board_isa_irq(m, (unsigned)_i);
    unsigned pin = _i == 0 ? 2 : (unsigned)_i;

    if (_i == 2)
        return;
    bus_write(&m->bus, BUS_MMIO, LAPIC_BASE + 0xf0, 4, 0x1ff); /* enabled */
    bus_write(&m->bus, BUS_MMIO, 0xfec00000, 4, 0x10 + 2 * pin);
    bus_write(&m->bus, BUS_MMIO, 0xfec00010, 4, 0x40 + pin);
    irq_pulse(&line);
    ck_assert(intr);
    ck_assert_uint_eq(machine_intr_ack(m), 0x40 + pin);
}
END_TEST

START_TEST(device_lines)
{
    static const struct {
        uint16_t port;
        uint8_t v[4]; /* written in turn, 0xee: nothing */
        unsigned irq;
    } t[] = {
        {0x43, {0x34, 0xee, 0xee, 0xee}, 0}, /* 8254: output goes high */
        {0x60, {0xf2, 0xee, 0xee, 0xee}, 1}, /* the keyboard answers */
        {0x3f9, {0x02, 0xee, 0xee, 0xee}, 4},
    };
    unsigned i;

    pic_init();
    out8(0x3fc, 0x08);
    for (i = 0; i < 4; i++)
        if (t[_i].v[i] != 0xee)
            out8(t[_i].port, t[_i].v[i]);
    ck_assert(intr);
    ck_assert_uint_eq(machine_intr_ack(m), 0x20 + t[_i].irq);
}
END_TEST

START_TEST(rtc_line)
{
    pic_init();
    out8(0x70, 0x0b);
    out8(0x71, 0x12);
    advance(CLOCK_NS_PER_S - 1);
    ck_assert(!intr);
    advance(1);
    ck_assert(intr);
    ck_assert_uint_eq(machine_intr_ack(m), 0x28);
}
END_TEST

START_TEST(timers_call_for_attention)
{
    attentions = 0;
    out8(0x43, 0x30);
    out8(0x40, 10);
    out8(0x40, 0);
    ck_assert_uint_eq(attentions, 1);
}
END_TEST

/* ---- console ------------------------------------------------------------- */

static void say(uint16_t port, const char *s)
{
    while (*s != '\0')
        out8(port, (uint8_t)*s++);
}

static const struct {
    const char *line, *marks;
} lines[] = {
    {"MARK begin\n", "begin;"},
    {"MARK begin\r\n", "begin;"},
    {"x\nMARK a\rMARK b\n", "a;b;"},
    {"MARK unfinished", ""},
    {"xMARK a\n", ""},
    {"MARK\n", ""},
    {"MARK \n", ""},
    {"mark a\n", ""},
    {"MARK two words\n", "two;"},
    {"MARK  blank\n", ""},
    {"MARK 1234567890123456789012345678901234567890123456789012345678\n",
     "1234567890123456789012345678901234567890123456789012345678;"},
    {"MARK 12345678901234567890123456789012345678901234567890123456789\n", ""},
    {"12345678901234567890123456789012345678901234567890123456789012345678901\n"
     "MARK after\n",
     "after;"},
};

START_TEST(marker_lines)
{
    say(_i % 2 ? 0xe9 : 0x3f8, lines[_i].line);
    ck_assert_str_eq(text, lines[_i].line);
    ck_assert_str_eq(marks, lines[_i].marks);
}
END_TEST

START_TEST(consoles_do_not_mix_their_lines)
{
    say(0x3f8, "MARK u");
    say(0xe9, "MARK d\n");
    say(0x3f8, "art\n");
    ck_assert_str_eq(marks, "d;uart;");
}
END_TEST

START_TEST(console_input)
{
    ck_assert_uint_eq(machine_console_input(m, (const uint8_t *)"hi", 2), 2);
    out8(0x3fc, 0x02);
    advance(100000);
    ck_assert_uint_eq(in8(0x3f8), 'h');
    advance(100000);
    ck_assert_uint_eq(in8(0x3f8), 'i');
}
END_TEST

/* ---- end and state ------------------------------------------------------- */

START_TEST(the_first_end_wins)
{
    struct snap s, l;

    attentions = 0;
    bus_write(&m->bus, BUS_PORT, 0xf4, 4, 42);
    out8(0x64, 0xfe);
    ck_assert_int_eq(m->end, MACHINE_GUEST_EXIT);
    ck_assert_uint_eq(m->end_code, 42);
    ck_assert_uint_ge(attentions, 1);
    snap_init_save(&s, &m->clock);
    machine_snapshot(m, &s, false);
    machine_reset(m);
    ck_assert_int_eq(m->end, MACHINE_RUNNING);
    ck_assert_uint_eq(m->end_code, 0);
    snap_init_load(&l, &m->clock, s.buf, s.len);
    machine_snapshot(m, &l, false);
    ck_assert_ok(snap_status(&l, &err), &err);
    ck_assert_int_eq(m->end, MACHINE_GUEST_EXIT);
    ck_assert_uint_eq(m->end_code, 42);
    snap_fini(&s);
}
END_TEST

static uint64_t hash(struct machine *x, bool with_ram)
{
    struct snap s;

    snap_init_hash(&s, &x->clock);
    machine_snapshot(x, &s, with_ram);
    ck_assert_int_eq(snap_status(&s, NULL), ST_OK);
    return snap_hash(&s);
}

/* Let a guest have been there. */
static void use(void)
{
    uint8_t v = 0x42;

    pic_init();
    out8(0x43, 0x34);
    out8(0x40, 0);
    out8(0x40, 0x20);
    out8(0x60, 0xf2);
    out8(0x70, 0x0b);
    out8(0x71, 0x42);
    out8(0x3f9, 0x03);
    machine_console_input(m, (const uint8_t *)"input", 5);
    out8(0x3fc, 0x0b);
    say(0x3f8, "MARK ha");
    clock_skip_to(&m->clock, 5000000);
    clock_run_due(&m->clock);
    gmem_write(&m->mem, 0x123456, &v, 1);
}

START_TEST(snapshot_round_trip)
{
    struct machine *n = create();
    struct snap s, l;
    uint64_t before;

    use();
    before = hash(m, true);
    ck_assert(before != hash(n, true));
    ck_assert(before != hash(m, false));
    snap_init_save(&s, &m->clock);
    machine_snapshot(m, &s, true);
    ck_assert_uint_lt(s.len, 20000);
    snap_init_load(&l, &n->clock, s.buf, s.len);
    machine_snapshot(n, &l, true);
    ck_assert_ok(snap_status(&l, &err), &err);
    ck_assert_uint_eq(l.pos, s.len);
    ck_assert(hash(n, true) == before);
    snap_fini(&s);
    /* And both go on alike. */
    out8(0x20, 0x20);
    advance(30000000);
    say(0x3f8, "lf\n");
    before = hash(m, true);
    machine_destroy(m);
    m = n;
    insns -= 30000000;
    out8(0x20, 0x20);
    advance(30000000);
    say(0x3f8, "lf\n");
    ck_assert(hash(m, true) == before);
    ck_assert_str_eq(marks, "half;half;");
}
END_TEST

START_TEST(reset_is_power_on)
{
    struct machine *n = create();

    use();
    machine_reset(m);
    clock_skip_to(&n->clock, clock_now(&m->clock));
    machine_reset(n);
    ck_assert(hash(m, false) == hash(n, false));
    machine_destroy(n);
}
END_TEST

START_TEST(other_machine)
{
    struct machine_config c = usual;
    struct machine *n;
    struct snap s, l;

    if (_i == 0)
        c.ips = 12345;
    else if (_i == 1)
        c.clock = CLOCK_HOST;
    else
        c.ram_bytes = 32 << 20;
    ck_assert_ok(machine_create(&c, &n, &err), &err);
    snap_init_save(&s, &m->clock);
    machine_snapshot(m, &s, true);
    snap_init_load(&l, &n->clock, s.buf, s.len);
    machine_snapshot(n, &l, true);
    ck_assert_int_eq(snap_status(&l, NULL), ST_INVAL);
    snap_fini(&s);
    machine_destroy(n);
}
END_TEST

/* Streams with random damage: a status or another valid state, never a crash;
 * and the machine still works on whatever was loaded. */
START_TEST(damaged_snapshots)
{
    struct rng rng = {(uint64_t)_i + 1};
    struct snap s, l;
    unsigned i, j, n;

    use();
    snap_init_save(&s, &m->clock);
    machine_snapshot(m, &s, false);
    for (i = 0; i < 40; i++) {
        uint8_t copy[16384];
        size_t len = s.len;

        ck_assert_uint_le(len, sizeof(copy));
        memcpy(copy, s.buf, len);
        n = 1 + (unsigned)rng_below(&rng, 4);
        for (j = 0; j < n; j++)
            copy[rng_below(&rng, len)] = (uint8_t)rng_next(&rng);
        if (rng_below(&rng, 4) == 0)
            len = rng_below(&rng, len);
        snap_init_load(&l, &m->clock, copy, len);
        machine_snapshot(m, &l, false);
        for (j = 0; j < 100; j++) {
            uint16_t port = (uint16_t)rng_below(&rng, 0x400);

            in8(port);
            out8(port, (uint8_t)rng_next(&rng));
            clock_run_due(&m->clock);
        }
        machine_intr_ack(m);
    }
    snap_fini(&s);
}
END_TEST

Suite *test_board_suite(void)
{
    Suite *s = suite_create("board");
    TCase *tc = tcase_create("board");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, memory_layout, 0, ARRAY_LEN(configs));
    tcase_add_test(tc, missing_disk);
    tcase_add_test(tc, the_empty_socket_is_safe);
    tcase_add_loop_test(tc, isa_lines_reach_the_8259, 0, 16);
    tcase_add_loop_test(tc, isa_lines_reach_the_io_apic, 0, 16);
    tcase_add_loop_test(tc, device_lines, 0, 3);
    tcase_add_test(tc, rtc_line);
    tcase_add_test(tc, timers_call_for_attention);
    tcase_add_loop_test(tc, marker_lines, 0, ARRAY_LEN(lines));
    tcase_add_test(tc, consoles_do_not_mix_their_lines);
    tcase_add_test(tc, console_input);
    tcase_add_test(tc, the_first_end_wins);
    tcase_add_test(tc, snapshot_round_trip);
    tcase_add_test(tc, reset_is_power_on);
    tcase_add_loop_test(tc, other_machine, 0, 3);
    tcase_add_loop_test(tc, damaged_snapshots, 0, 8);
    suite_add_tcase(s, tc);
    return s;
}
