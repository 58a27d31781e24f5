/* test_op_bcd.c: decimal adjustments with all inputs, against the host, which
 * executes them in a 32-bit code segment. */
#include <sys/mman.h>

#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "common/x86/tests/bare.h"

static struct bare b;

/* What the stub works on, right after its code: below 4 GiB */
struct io {
    uint32_t ax, flags, ax_out, flags_out;
    struct {
        uint32_t off;
        uint16_t sel;
    } entry;
};

#define PAGE_AT   0x10000000u
#define IO_AT     (PAGE_AT + 0x1000)
#define USER_CS32 0x23u

static struct io *io;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_protected(&b, 0);
}

static void teardown(void)
{
    bare_fini(&b);
}

/* The 64-bit half, at PAGE_AT: switch to a stack below 4 GiB, far call, back.
 *   push rbx; mov rbx, rsp; mov rsp, rsi; call far [rdi]; mov rsp, rbx;
 *   pop rbx; ret
 * and the 32-bit half, at PAGE_AT + 0x100:
 *   push dword [IO+4]; popfd; mov eax, [IO]; OP; mov [IO+8], eax; pushfd;
 *   pop dword [IO+12]; retf */
static void build(const uint8_t *op, unsigned n)
{
    static const uint8_t enter64[] = {0x53, 0x48, 0x89, 0xe3, 0x48, 0x89, 0xf4,
                                      0xff, 0x1f, 0x48, 0x89, 0xdc, 0x5b, 0xc3};
    static const uint8_t first[] = {0xff, 0x35, 0x04, 0x10, 0x00, 0x10,
                                    0x9d, 0xa1, 0x00, 0x10, 0x00, 0x10};
    static const uint8_t last[] = {0xa3, 0x08, 0x10, 0x00, 0x10, 0x9c, 0x8f,
                                   0x05, 0x0c, 0x10, 0x00, 0x10, 0xcb};
    uint8_t *page =
        mmap((void *)(uintptr_t)PAGE_AT, 3 * PAGE_SIZE,
             PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    uint8_t *at = page + 0x100;

    if (page == MAP_FAILED)
        SKIP("the host has no page at %#x", PAGE_AT);
    memcpy(page, enter64, sizeof(enter64));
    memcpy(at, first, sizeof(first));
    memcpy(at + sizeof(first), op, n);
    memcpy(at + sizeof(first) + n, last, sizeof(last));
    io = (struct io *)(void *)(page + 0x1000);
    io->entry.off = PAGE_AT + 0x100;
    io->entry.sel = USER_CS32;
}

/* DS must be a flat data segment for the 32-bit half. */
static void host(uint32_t ax, uint32_t flags)
{
    void (*run)(void *entry, uint64_t stack);
    void *page = (void *)(uintptr_t)PAGE_AT;

    memcpy(&run, &page, sizeof(run));
    io->ax = ax;
    io->flags = flags | 2 | FL_IF;
    run(&io->entry, PAGE_AT + 3 * PAGE_SIZE);
}

static void compare(const uint8_t *op, unsigned n, uint32_t ax, uint32_t flags)
{
    host(ax, flags);
    b.c->s.r[R_AX] = ax;
    b.c->arith = arith_from_rflags(flags);
    b.c->s.r[R_IP] = 0x8000;
    ck_assert_int_eq(bare_exec(&b, op, n), BARE_DONE);
    if (b.c->s.r[R_AX] != io->ax_out ||
        ((x86_rflags(b.c) ^ io->flags_out) & FL_ARITH) != 0)
        ck_abort_msg("%02x ax=%x fl=%x: host %x %x, interp %llx %llx", op[0],
                     ax, flags, io->ax_out, io->flags_out & (uint32_t)FL_ARITH,
                     (unsigned long long)b.c->s.r[R_AX],
                     (unsigned long long)x86_rflags(b.c));
}

static const struct {
    uint8_t bytes[2];
    unsigned n;
} ops[] = {{{0x27}, 1},       {{0x2f}, 1},     {{0x37}, 1},    {{0x3f}, 1},
           {{0xd4, 10}, 2},   {{0xd4, 16}, 2}, {{0xd4, 1}, 2}, {{0xd5, 10}, 2},
           {{0xd5, 0x83}, 2}, {{0xd5, 0}, 2}};

START_TEST(all_inputs)
{
    static const uint32_t flags[] = {0, FL_CF, FL_AF, FL_CF | FL_AF, FL_ARITH};

    if (!__builtin_cpu_is("amd"))
        SKIP("undefined flags are modelled as AMD has them");
    build(ops[_i].bytes, ops[_i].n);
    __asm__ volatile("movl %0, %%ds" : : "r"(0x2b));
    for (uint32_t ax = 0; ax < 0x10000; ax++)
        compare(ops[_i].bytes, ops[_i].n, 0x12340000 | ax,
                flags[(ax + ax / 256) % ARRAY_LEN(flags)]);
}
END_TEST

START_TEST(defined_results)
{
    b.c->s.r[R_AX] = 0x79 + 0x35;
    b.c->arith = 0;
    ck_assert_int_eq(bare_run(&b, "\x27"), BARE_DONE); /* daa: 79 + 35 */
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x14);
    ck_assert_uint_eq(b.c->arith & (AR_CF | AR_AF), AR_CF | AR_AF);
    b.c->s.r[R_AX] = 0x47 - 0x35 + 0x100 - 0x20;
    b.c->s.r[R_AX] &= 0xff;
    b.c->arith = AR_CF;
    ck_assert_int_eq(bare_run(&b, "\x2f"), BARE_DONE); /* das */
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x92);
    ck_assert_uint_eq(b.c->arith & AR_CF, AR_CF);
    b.c->s.r[R_AX] = 0x040f;
    b.c->arith = 0;
    ck_assert_int_eq(bare_run(&b, "\x37"), BARE_DONE); /* aaa */
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x0505);
    ck_assert_int_eq(bare_run(&b, "\xd5\x0a"), BARE_DONE); /* aad: 5 * 10 + 5 */
    ck_assert_uint_eq(b.c->s.r[R_AX], 55);
    ck_assert_int_eq(bare_run(&b, "\xd4\x0a"), BARE_DONE); /* aam */
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x0505);
}
END_TEST

START_TEST(aam_by_zero)
{
    b.c->s.r[R_AX] = 0x1234;
    ck_assert_int_eq(bare_run(&b, "\xd4\x00"), VEC_DE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x1234);
}
END_TEST

Suite *test_op_bcd_suite(void)
{
    Suite *s = suite_create("op_bcd");
    TCase *t = tcase_create("op_bcd");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, all_inputs, 0, ARRAY_LEN(ops));
    tcase_add_test(t, defined_results);
    tcase_add_test(t, aam_by_zero);
    suite_add_tcase(s, t);
    return s;
}
