/* test_shadow.c: random page tables, changed and used at random: shadow tables
 * translate as the guest's own do, and leave the same A and D bits. */
#include "common/mmu/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "common/x86/mem.h"

#define RAM         (4u << 20)
#define TABLES      0x10000u /* guest tables lie here... */
#define NR_TABLES   24u
#define ARENA_BASE  0xc0000000ull
#define ARENA_PAGES 96u /* few: they are recycled */

/* Two guests that do the same: one is shadowed, one is walked. */
static struct gmem a, b;
static struct shadow *s;
static struct ledger ledger;
static uint8_t *arena;
static struct x86_walk_regs regs;
static struct rng rng;
static unsigned flushes;
static uint64_t protected_page;

static bool write_protect(void *opaque, uint64_t gpa)
{
    (void)opaque;
    protected_page = gpa;
    flushes++;
    return true;
}

static void setup(void)
{
    struct error err;
    struct shadow_config config = {.mem = &a,
                                   .base = ARENA_BASE,
                                   .pages = ARENA_PAGES,
                                   .ledger = &ledger,
                                   .write_protect = write_protect};

    gmem_init(&a);
    gmem_init(&b);
    ck_assert_ok(gmem_add(&a, 0, RAM, false, &err), &err);
    ck_assert_ok(gmem_add(&b, 0, RAM, false, &err), &err);
    ck_assert_ok(ledger_init(&ledger, &err), &err);
    arena = aligned_alloc(PAGE_SIZE, ARENA_PAGES * PAGE_SIZE);
    ck_assert_ptr_nonnull(arena);
    memset(arena, 0, ARENA_PAGES * PAGE_SIZE);
    config.host = arena;
    ck_assert_ok(shadow_create(&config, &s, &err), &err);
}

static void teardown(void)
{
    shadow_destroy(s);
    free(arena);
    ledger_fini(&ledger);
    gmem_fini(&a);
    gmem_fini(&b);
}

/* ---- the processor with shadow tables ---- */
static uint64_t arena_read(void *opaque, uint64_t pa, unsigned size)
{
    (void)opaque;
    ck_assert_uint_eq(size, 8);
    ck_assert(pa - ARENA_BASE < ARENA_PAGES * PAGE_SIZE);
    return get_le64(arena + (pa - ARENA_BASE));
}

static void arena_update(void *opaque, uint64_t pa, unsigned size,
                         uint64_t entry)
{
    (void)opaque;
    (void)size;
    ck_abort_msg("A or D is clear in a shadow entry at %llx: %llx",
                 (unsigned long long)pa, (unsigned long long)entry);
}

static bool hardware(uint64_t lin, unsigned access, struct x86_walk *w)
{
    struct x86_walk_env env = {arena_read, arena_update, NULL};
    struct x86_walk_regs r = regs;

    r.mode = regs.mode == X86_WALK_4LEVEL ? X86_WALK_4LEVEL : X86_WALK_PAE;
    r.wp = true;
    r.cr3 = shadow_root(s);
    if (regs.mode == X86_WALK_OFF)
        r.smep = r.smap = false;
    if (r.mode == X86_WALK_PAE)
        memcpy(r.pdpte, arena + (r.cr3 - ARENA_BASE), sizeof(r.pdpte));
    return x86_walk(&env, &r, lin, access, w);
}

/* The guest's own tables, in either guest. */
static bool own(struct gmem *g, uint64_t lin, unsigned access,
                struct x86_walk *w)
{
    struct x86_walk_env env = {x86_walk_gmem_read, x86_walk_gmem_update, g};

    if (regs.mode != X86_WALK_OFF)
        return x86_walk(&env, &regs, lin, access, w);
    w->xlat.pa = lin & 0xffffffff;
    return true;
}

static bool shadowed(uint64_t lin, unsigned access, struct x86_walk *w)
{
    for (unsigned n = 0; n < 3; n++) {
        if (hardware(lin, access, w))
            return true;
        switch (shadow_fault(s, &regs, lin, access, w)) {
        case SHADOW_FILLED:
            break;
        case SHADOW_FAULT:
            return false;
        case SHADOW_BY_HAND:
            return true;
        }
    }
    ck_abort_msg("no progress at %llx", (unsigned long long)lin);
    return false;
}

static void check_access(uint64_t lin, unsigned access)
{
    struct x86_walk x = {0}, y = {0};
    bool ok = own(&b, lin, access, &y);

    ck_assert_msg(shadowed(lin, access, &x) == ok,
                  "mode %d, %llx, access %x: native %d", (int)regs.mode,
                  (unsigned long long)lin, access, ok);
    if (ok)
        ck_assert_uint_eq(x.xlat.pa, y.xlat.pa);
    else
        ck_assert_uint_eq(x.error, y.error);
}

/* ---- what guests do ---- */
static unsigned entry_size(void)
{
    return regs.mode == X86_WALK_32 ? 4 : 8;
}

static uint64_t random_table(void)
{
    return TABLES + rng_below(&rng, NR_TABLES) * PAGE_SIZE;
}

static uint64_t random_entry(void)
{
    static const uint64_t flags[] = {
        X86_PTE_P,  X86_PTE_P, X86_PTE_P, X86_PTE_RW, X86_PTE_RW, X86_PTE_US,
        X86_PTE_US, X86_PTE_A, X86_PTE_D, X86_PTE_PS, X86_PTE_G};
    uint64_t e =
        rng_below(&rng, 2) ? random_table() : rng_below(&rng, RAM + (1u << 20));

    e &= PAGE_MASK;
    e |= rng_below(&rng, 16) ? X86_PTE_P : 0;
    for (unsigned k = 0; k < ARRAY_LEN(flags); k++)
        if (rng_below(&rng, 2))
            e |= flags[k];
    if (e & X86_PTE_PS) /* large pages are aligned, mostly */
        e &= rng_below(&rng, 8) ? ~(uint64_t)0x3ff000 : ~0ull;
    if (entry_size() == 8 && rng_below(&rng, 6) == 0)
        e |= X86_PTE_XD;
    return e;
}

/* Few indices at each level, so that tables are met again. */
static uint64_t random_lin(void)
{
    uint64_t lin = rng_below(&rng, 4) << 12 | rng_below(&rng, PAGE_SIZE);

    if (regs.mode == X86_WALK_4LEVEL)
        return lin | rng_below(&rng, 2) << 21 | rng_below(&rng, 2) << 30 |
               rng_below(&rng, 2) << 39;
    return lin | rng_below(&rng, 4) << 20 | rng_below(&rng, 2) << 22 |
           rng_below(&rng, 4) << 30;
}

static void change_entry(void)
{
    static const uint16_t index[] = {0, 1, 2, 3, 256, 257, 512, 513, 768};
    unsigned size = entry_size(), n = index[rng_below(&rng, ARRAY_LEN(index))];
    uint64_t e = random_entry(), at = random_table();

    at += n * size % PAGE_SIZE;
    if (rng_below(&rng, 3) == 0) { /* a part of it */
        gmem_write(&a, at + 1, &e, 2);
        gmem_write(&b, at + 1, &e, 2);
    } else {
        gmem_write(&a, at, &e, size);
        gmem_write(&b, at, &e, size);
    }
}

static void set(bool flushed)
{
    shadow_set(s, &regs, flushed);
}

static void load_cr3(void)
{
    regs.cr3 = random_table();
    if (regs.mode == X86_WALK_PAE)
        for (unsigned n = 0; n < 4; n++)
            regs.pdpte[n] = random_table() | (rng_below(&rng, 8) != 0);
    set(true);
}

static void change_mode(enum x86_walk_mode mode)
{
    memset(&regs, 0, sizeof(regs));
    regs.mode = mode;
    regs.wp = rng_below(&rng, 3) != 0;
    regs.pse = rng_below(&rng, 2);
    regs.pge = rng_below(&rng, 2);
    regs.nxe = mode > X86_WALK_32 && rng_below(&rng, 2);
    regs.smep = rng_below(&rng, 4) == 0;
    regs.smap = rng_below(&rng, 4) == 0;
    regs.ac = rng_below(&rng, 2);
    regs.pse36 = regs.page1g = true;
    regs.pa_mask = mask_low(36);
    load_cr3();
}

/* Every change is flushed at once: only then do both have to agree. */
static void step(void)
{
    static const unsigned access[] = {0, X86_WRITE, X86_EXEC};

    switch (rng_below(&rng, 12)) {
    case 0:
    case 1:
        change_entry();
        shadow_flush(s);
        break;
    case 2:
        load_cr3();
        break;
    case 3:
        shadow_invlpg(s, random_lin());
        break;
    default:
        check_access(random_lin(),
                     access[rng_below(&rng, 3)] |
                         (rng_below(&rng, 2) ? X86_ACC_USER : 0u));
    }
}

static void check_memory(void)
{
    ck_assert_mem_eq(gmem_host(&a, 0, RAM), gmem_host(&b, 0, RAM), RAM);
}

START_TEST(translates_as_the_guests_tables)
{
    uint64_t was;

    rng.state = 1 + (uint64_t)_i;
    for (unsigned n = 0; n < 40; n++) {
        change_mode((enum x86_walk_mode)rng_below(&rng, X86_WALK_MODES));
        for (unsigned k = 0; k < 200; k++)
            change_entry();
        shadow_flush(s);
        for (unsigned k = 0; k < 800; k++)
            step();
    }
    check_memory();
    was = ledger_get(&ledger, LEDGER_SHADOW, SHADOW_FILL, 0);
    ck_assert_uint_gt(was, 500);
    ck_assert_uint_gt(
        ledger_get(&ledger, LEDGER_SHADOW, SHADOW_TRACED_WRITE, 0), 20);
    ck_assert_uint_gt(ledger_get(&ledger, LEDGER_SHADOW, SHADOW_GUEST_FAULT, 0),
                      500);
}
END_TEST

/* ---- single cases, 4-level: tables at 1..4 of TABLES map 0 and 1000 ---- */
static void put(uint64_t pa, uint64_t entry)
{
    gmem_write(&a, pa, &entry, 8);
    gmem_write(&b, pa, &entry, 8);
}

static void simple(void)
{
    rng.state = 1;
    memset(&regs, 0, sizeof(regs));
    regs = (struct x86_walk_regs){.mode = X86_WALK_4LEVEL,
                                  .wp = true,
                                  .pa_mask = mask_low(36),
                                  .cr3 = TABLES};
    put(TABLES, (TABLES + 0x1000) | 7);
    put(TABLES + 0x1000, (TABLES + 0x2000) | 7);
    put(TABLES + 0x2000, (TABLES + 0x3000) | 7);
    put(TABLES + 0x3000, 0x100000 | 7);
    put(TABLES + 0x3008, (TABLES + 0x3000) | 7); /* the table itself */
    set(true);
}

static uint64_t count(enum shadow_row row)
{
    return ledger_get(&ledger, LEDGER_SHADOW, row, 0);
}

/* A translation lives until the guest flushes it. */
START_TEST(stays_until_flushed)
{
    struct x86_walk w;

    simple();
    ck_assert(shadowed(0x123, 0, &w));
    put(TABLES + 0x3000, 0x200000 | 7);
    ck_assert(hardware(0x123, 0, &w));
    ck_assert_uint_eq(w.xlat.pa, 0x100123);
    shadow_invlpg(s, 0x123);
    ck_assert(!hardware(0x123, 0, &w));
    ck_assert(shadowed(0x123, 0, &w));
    ck_assert_uint_eq(w.xlat.pa, 0x200123);
    put(TABLES + 0x2000, 0);
    set(true); /* MOV CR3 with the same value */
    ck_assert(!shadowed(0x123, 0, &w));
}
END_TEST

/* D is set by the first write, not by a read before it. */
START_TEST(dirty_bits)
{
    struct x86_walk w;

    simple();
    ck_assert(shadowed(0, 0, &w));
    ck_assert_uint_eq(get_le64(gmem_host(&a, TABLES + 0x3000, 8)) & 0x60,
                      X86_PTE_A);
    ck_assert(!hardware(0, X86_WRITE, &w));
    ck_assert(shadowed(0, X86_WRITE, &w));
    ck_assert(hardware(0, X86_WRITE, &w));
    ck_assert_uint_eq(get_le64(gmem_host(&a, TABLES + 0x3000, 8)) & 0x60,
                      X86_PTE_A | X86_PTE_D);
}
END_TEST

START_TEST(tables_are_traced)
{
    struct x86_walk w;

    simple();
    ck_assert(shadowed(0x1000, 0, &w));
    ck_assert_int_eq(shadow_fault(s, &regs, 0x1000, X86_WRITE, &w),
                     SHADOW_BY_HAND);
    ck_assert_uint_eq(count(SHADOW_TRACED_WRITE), 1);
    ck_assert(*gmem_flags(&a, TABLES + 0x3000) & GMEM_PAGE_TRACE);
    /* Written over and over, it is no table any more. */
    for (unsigned n = 0; n < 40; n++) {
        put(TABLES + 0x3000, n % 2 ? 0 : 0x100000 | 7);
        put(TABLES + 0x3008, 0);
    }
    ck_assert(!(*gmem_flags(&a, TABLES + 0x3000) & GMEM_PAGE_TRACE));
    shadow_drop(s);
    ck_assert(!(*gmem_flags(&a, TABLES) & GMEM_PAGE_TRACE));
}
END_TEST

/* A page that becomes a table while it may be written. */
START_TEST(a_page_becomes_a_table)
{
    struct x86_walk w;

    simple();
    put(TABLES + 0x3010, (TABLES + 0x4000) | 7);
    ck_assert(shadowed(0x2000, X86_WRITE, &w));
    ck_assert(hardware(0x2000, X86_WRITE, &w));
    flushes = 0;
    put(TABLES + 0x2008, (TABLES + 0x4000) | 7);
    put(TABLES + 0x4000, 0x300000 | 7);
    ck_assert(shadowed(0x200000, 0, &w));
    ck_assert_uint_eq(w.xlat.pa, 0x300000);
    ck_assert(!hardware(0x2000, X86_WRITE, &w));
    ck_assert(hardware(0x2000, 0, &w));
    ck_assert_uint_eq(flushes, 1);
    ck_assert_uint_eq(protected_page, TABLES + 0x4000);
}
END_TEST

START_TEST(too_small)
{
    struct shadow_config config = {.mem = &a, .pages = SHADOW_MIN_PAGES - 1};
    struct shadow *t;
    struct error err;

    ck_assert_int_eq(shadow_create(&config, &t, &err), ST_INVAL);
}
END_TEST

Suite *test_shadow_suite(void)
{
    Suite *suite = suite_create("shadow");
    TCase *tc = tcase_create("shadow");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, translates_as_the_guests_tables, 0, 12);
    tcase_add_test(tc, stays_until_flushed);
    tcase_add_test(tc, dirty_bits);
    tcase_add_test(tc, tables_are_traced);
    tcase_add_test(tc, a_page_becomes_a_table);
    tcase_add_test(tc, too_small);
    suite_add_tcase(suite, tc);
    return suite;
}
