/* test_verify.c: two runs of one guest are the same, or the one wrong bit that
 * an engine plants is found where it was planted. */
#include "experiments/cli/verify.h"

#include <string.h>

#include "common/tests/suite.h"
#include "common/x86/cpu.h"

#define PLANTED 54321u /* the instruction that goes wrong */

/* Real mode, F000:0000: fills memory with the sums of a counter, 100000
 * instructions and more; then exit port 0xF4. */
static const uint8_t code[] = {
    0x31, 0xdb,       /* xor bx, bx */
    0xb9, 0x00, 0x80, /* mov cx, 0x8000 */
    0x01, 0xcb,       /* again: add bx, cx */
    0x89, 0xdf,       /* mov di, bx */
    0x88, 0x0d,       /* mov [di], cl */
    0xe2, 0xf8,       /* loop again */
    0x31, 0xc0,       /* xor ax, ax */
    0xe7, 0xf4,       /* out 0xf4, ax */
};
static const uint8_t reset[] = {0xea, 0x00, 0x00, 0x00, 0xf0};

static const char *rom(void)
{
    static uint8_t image[65536];

    memcpy(image, code, sizeof(code));
    memcpy(image + 0xfff0, reset, sizeof(reset));
    return suite_tmpfile("rom", image, sizeof(image));
}

/* ---- an engine that does one thing wrong ---- */
static void wrong_register(struct vcpu *v)
{
    x86_cpu(v)->s.r[R_DX] ^= 1u << 9;
    v->processor->state_changed(v);
}

static void wrong_memory(struct vcpu *v)
{
    uint8_t byte;

    gmem_read(&v->m->mem, 0x12345, &byte, 1);
    byte ^= 4;
    gmem_write(&v->m->mem, 0x12345, &byte, 1);
}

static void wrong_device(struct vcpu *v)
{
    bus_write(&v->m->bus, BUS_PORT, 0x21, 1, 0x5a); /* 8259: mask */
}

static enum status wrong(struct vcpu *v, uint64_t budget,
                         struct vcpu_exit *exit, struct error *err,
                         void (*plant)(struct vcpu *))
{
    bool before = v->icount < PLANTED;
    enum status st;

    if (before && budget > PLANTED - v->icount)
        budget = PLANTED - v->icount;
    st = v->processor->run(v, budget, exit, err);
    if (st == ST_OK && before && v->icount == PLANTED)
        plant(v);
    return st;
}

#define DEFINE_WRONG(what)                                                     \
    static enum status run_##what(struct vcpu *v, uint64_t budget,             \
                                  struct vcpu_exit *exit, struct error *err)   \
    {                                                                          \
        return wrong(v, budget, exit, err, wrong_##what);                      \
    }

DEFINE_WRONG(register)
DEFINE_WRONG(memory)
DEFINE_WRONG(device)

static void verify(enum status (*run)(struct vcpu *, uint64_t,
                                      struct vcpu_exit *, struct error *),
                   uint64_t max_insns, uint64_t every, struct verify_finding *f)
{
    struct run_request rq = {.mem_bytes = 1 << 20,
                             .max_insns = max_insns,
                             .clock = CLOCK_VIRTUAL,
                             .ips = CLOCK_NS_PER_S,
                             .guest = "rom"};
    struct verify_side a = {&native_engine_ops, &interp_processor_ops, "a"};
    struct engine_ops ops = native_engine_ops;
    struct verify_side b = {&ops, &interp_processor_ops, "b"};
    struct error err;

    ops.run = run;
    rq.load.bios = rom();
    ck_assert_ok(verify_runs(&rq, &a, &b, every, f, &err), &err);
}

START_TEST(same)
{
    struct verify_finding f;

    verify(NULL, UINT64_MAX, 1000, &f);
    ck_assert_int_eq(f.what, LOCKSTEP_SAME);
    ck_assert_uint_eq(f.at, 131077); /* reset's jump and 0x8000 rounds */
    ck_assert_uint_ge(f.comparisons, 132);
    verify_finding_free(&f);
    verify(NULL, 5000, 1000, &f);
    ck_assert_int_eq(f.what, LOCKSTEP_SAME);
    ck_assert_uint_eq(f.at, 5000);
    ck_assert_uint_eq(f.comparisons, 6);
    verify_finding_free(&f);
}
END_TEST

static const struct {
    enum status (*run)(struct vcpu *, uint64_t, struct vcpu_exit *,
                       struct error *);
    enum lockstep_what what;
    const char *text;
} planted[] = {
    {run_register, LOCKSTEP_REGISTERS, "rdx"},
    {run_memory, LOCKSTEP_MEMORY, "0x000012340"},
    {run_device, LOCKSTEP_DEVICES, "devices"},
};

START_TEST(one_wrong_bit)
{
    static const uint64_t every[] = {1, 777, 1000000};
    struct verify_finding f;

    for (unsigned k = 0; k < ARRAY_LEN(every); k++) {
        /* Only the last stretch when it is looked at one by one. */
        if (every[k] == 1 && planted[_i].what != LOCKSTEP_REGISTERS)
            continue;
        verify(planted[_i].run, UINT64_MAX, every[k], &f);
        ck_assert_msg(f.what == planted[_i].what, "every %u: %s",
                      (unsigned)every[k], lockstep_text(f.what));
        ck_assert_uint_eq(f.at, PLANTED - 1);
        ck_assert(f.repeats);
        ck_assert_ptr_nonnull(f.text);
        ck_assert_msg(strstr(f.text, planted[_i].text) != NULL, "%s", f.text);
        verify_finding_free(&f);
    }
}
END_TEST

/* Wrong at one count in the first run only. */
static unsigned once;

static enum status run_once_wrong(struct vcpu *v, uint64_t budget,
                                  struct vcpu_exit *exit, struct error *err)
{
    enum status st = v->processor->run(v, budget, exit, err);

    if (st == ST_OK && v->icount > PLANTED && once++ == 0)
        wrong_register(v);
    return st;
}

START_TEST(not_repeatable)
{
    struct verify_finding f;

    once = 0;
    verify(run_once_wrong, UINT64_MAX, 10000, &f);
    ck_assert_int_eq(f.what, LOCKSTEP_REGISTERS);
    ck_assert(!f.repeats);
    verify_finding_free(&f);
}
END_TEST

Suite *test_verify_suite(void)
{
    Suite *s = suite_create("verify");
    TCase *tc = tcase_create("verify");

    tcase_add_test(tc, same);
    tcase_add_loop_test(tc, one_wrong_bit, 0, ARRAY_LEN(planted));
    tcase_add_test(tc, not_repeatable);
    suite_add_tcase(s, tc);
    return s;
}
