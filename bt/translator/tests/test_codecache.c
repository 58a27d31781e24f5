/* test_codecache.c: translated-code memory: W^X, reservations, patching, flush.
 */
#include "bt/translator/codecache.h"

#include <stdio.h>
#include <string.h>

#include "bt/translator/emit.h"
#include "common/tests/suite.h"

static struct codecache cc;

static void setup(void)
{
    struct error err;

    ck_assert_ok(codecache_init(&cc, 256u << 10, &err), &err);
}

static void teardown(void)
{
    codecache_fini(&cc);
}

typedef int code_fn(void);

static code_fn *as_code(const uint8_t *rx)
{
    return (code_fn *)(uintptr_t)rx;
}

/* A function that returns n. */
static const uint8_t *returns(uint64_t n)
{
    struct codecache_span span;
    struct emit e;

    if (!codecache_reserve(&cc, 64, &span))
        ck_abort_msg("no room");
    emit_init(&e, span.rw, span.size, (uint64_t)(uintptr_t)span.rx);
    emit_mov_imm(&e, HR_AX, n);
    emit_plain(&e, EP_RET);
    if (!emit_ok(&e))
        ck_abort_msg("%d", e.fail);
    return codecache_commit(&cc, emit_offset(&e));
}

/* Permissions of the mapping that holds p, from /proc/self/maps. */
static void perms(const void *p, char out[5])
{
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long from, to, at = (unsigned long)(uintptr_t)p;
    char line[512], text[8];

    strcpy(out, "none");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof(line), f))
        if (sscanf(line, "%lx-%lx %7s", &from, &to, text) == 3 && at >= from &&
            at < to)
            snprintf(out, 5, "%.4s", text);
    fclose(f);
}

START_TEST(test_two_views)
{
    char text[5];

    ck_assert_ptr_ne(cc.rw, cc.rx);
    perms(cc.rw, text);
    ck_assert_str_eq(text, "rw-s");
    perms(cc.rw + cc.size - 1, text);
    ck_assert_str_eq(text, "rw-s");
    perms(cc.rx, text);
    ck_assert_str_eq(text, "r-xs");
    perms(cc.rx + cc.size - 1, text);
    ck_assert_str_eq(text, "r-xs");
    ck_assert_int_eq(as_code(returns(42))(), 42);
}
END_TEST

START_TEST(test_sizes)
{
    struct codecache small;
    struct error err;

    ck_assert_int_eq(codecache_init(&small, CODECACHE_MIN - 1, &err), ST_INVAL);
    ck_assert_int_eq(codecache_init(&small, (size_t)CODECACHE_MAX + 1, &err),
                     ST_INVAL);
    codecache_fini(&small);
    ck_assert_ok(codecache_init(&small, CODECACHE_MIN + 1, &err), &err);
    ck_assert_uint_ge(small.size, CODECACHE_MIN + 1);
    ck_assert_uint_eq(small.size % 4096, 0);
    codecache_fini(&small);
}
END_TEST

START_TEST(test_abort)
{
    struct codecache_span a, b;

    ck_assert(codecache_reserve(&cc, 1000, &a));
    memset(a.rw, 0x90, a.size);
    codecache_abort(&cc);
    ck_assert(codecache_reserve(&cc, 1000, &b));
    ck_assert_ptr_eq(a.rx, b.rx);
    codecache_abort(&cc);
    ck_assert_uint_eq(cc.used, 0);
    ck_assert_uint_eq(cc.stats.aborts, 2);
    ck_assert(!codecache_contains(&cc, a.rx));
}
END_TEST

START_TEST(test_patch)
{
    const uint8_t *one = returns(1), *two = returns(2), *start, *field;
    struct codecache_span span;
    struct emit e;
    uint32_t at;
    int i;

    ck_assert(codecache_reserve(&cc, 64, &span));
    emit_init(&e, span.rw, span.size, (uint64_t)(uintptr_t)span.rx);
    at = emit_jmp_patchable(&e, (uint64_t)(uintptr_t)one);
    start = codecache_commit(&cc, emit_offset(&e));
    field = start + at;
    for (i = 0; i < 100; i++) {
        const uint8_t *to = i & 1 ? two : one;

        codecache_patch_jump(&cc, field, to);
        ck_assert_ptr_eq(codecache_jump_target(&cc, field), to);
        ck_assert_int_eq(as_code(start)(), i & 1 ? 2 : 1);
    }
    ck_assert_uint_eq(cc.stats.patches, 100);
}
END_TEST

/* Code executed, then other code at the same place: the new one executes. */
START_TEST(test_flush)
{
    const uint8_t *stub = returns(7), *first;
    unsigned i, n;

    codecache_keep(&cc);
    for (i = 0; i < 8; i++) {
        struct codecache_span span;

        first = returns(i);
        for (n = 1; codecache_reserve(&cc, 64, &span); n++) {
            codecache_abort(&cc);
            if (as_code(returns(i + n))() != (int)(i + n))
                ck_abort_msg("flush %u, function %u", i, n);
        }
        ck_assert_uint_ge(n, (256u << 10) / 64);
        ck_assert_int_eq(as_code(first)(), (int)i);
        codecache_flush(&cc);
        ck_assert_uint_eq(*first, 0xcc);
        ck_assert_int_eq(as_code(stub)(), 7);
        ck_assert(codecache_contains(&cc, stub));
        ck_assert(!codecache_contains(&cc, first));
    }
    ck_assert_uint_eq(cc.stats.flushes, 8);
    ck_assert_uint_eq(cc.stats.refused, 8);
    ck_assert_uint_le(cc.stats.peak_bytes, cc.size);
}
END_TEST

START_TEST(test_free)
{
    const uint8_t *a = returns(1), *b = returns(2);

    codecache_free(&cc, a, 6);
    ck_assert_uint_eq(*a, 0xcc);
    ck_assert_uint_eq(cc.dead, CODECACHE_ALIGN);
    ck_assert_int_eq(as_code(b)(), 2);
    codecache_free(&cc, b, 6);
    ck_assert_ptr_eq(returns(3), b); /* the last: taken back */
    ck_assert_uint_eq(cc.stats.frees, 2);
    ck_assert_uint_eq(cc.stats.free_bytes, 12);
    codecache_flush(&cc);
    ck_assert_uint_eq(cc.dead, 0);
}
END_TEST

START_TEST(test_reach)
{
    char local;

    ck_assert(codecache_reaches(&cc, cc.rx));
    ck_assert(codecache_reaches(&cc, cc.rx + cc.size));
    ck_assert(!codecache_reaches(&cc, cc.rx + (3ull << 30)));
    ck_assert(!codecache_reaches(&cc, cc.rx - (3ull << 30)));
    ck_assert(codecache_writable(&cc, cc.rx + 5) == cc.rw + 5);
    ck_assert(!codecache_contains(&cc, &local));
}
END_TEST

/* Two caches of one mapping: code in one jumps into the other. */
START_TEST(test_split)
{
    size_t size = cc.size, share = size / 16 * 5;
    struct codecache_span span;
    struct codecache part;
    const uint8_t *rx, *from;
    struct emit e;

    codecache_split(&cc, share, &part);
    ck_assert_uint_eq(cc.size + part.size, size);
    ck_assert_uint_eq(part.size, share);
    ck_assert_ptr_eq(part.rx, cc.rx + cc.size);
    ck_assert(codecache_reserve(&part, 64, &span));
    emit_init(&e, span.rw, span.size, (uint64_t)(uintptr_t)span.rx);
    emit_mov_imm(&e, HR_AX, 4711);
    emit_plain(&e, EP_RET);
    rx = codecache_commit(&part, emit_offset(&e));
    ck_assert(codecache_reserve(&cc, cc.size, &span));
    emit_init(&e, span.rw, span.size, (uint64_t)(uintptr_t)span.rx);
    emit_jmp_to(&e, (uint64_t)(uintptr_t)rx);
    ck_assert(emit_ok(&e));
    from = codecache_commit(&cc, emit_offset(&e));
    ck_assert_int_eq(as_code(from)(), 4711);
    codecache_flush(&cc);
    ck_assert_int_eq(as_code(rx)(), 4711);
    ck_assert(!codecache_reserve(&part, share, &span));
}
END_TEST

Suite *test_codecache_suite(void)
{
    Suite *s = suite_create("codecache");
    TCase *tc = tcase_create("codecache");

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_two_views);
    tcase_add_test(tc, test_sizes);
    tcase_add_test(tc, test_abort);
    tcase_add_test(tc, test_patch);
    tcase_add_test(tc, test_flush);
    tcase_add_test(tc, test_free);
    tcase_add_test(tc, test_reach);
    tcase_add_test(tc, test_split);
    return s;
}
