/* test_walk.c: page walks against a second walker (walkref.h), and against the
 * access-rights rules on their own. */
#include "common/x86/walk.h"

#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "common/x86/mem.h"
#include "common/x86/tests/walkref.h"

#define MEM (64u * 1024)

static uint8_t mem[MEM];
static unsigned updates;
static unsigned watched = MEM; /* bytes of it that a case may change */

static uint64_t mem_read(void *opaque, uint64_t pa, unsigned size)
{
    uint64_t v = ~0ull;

    (void)opaque;
    if (pa % size != 0)
        ck_abort_msg("entry at %llx", (unsigned long long)pa);
    if (pa < MEM)
        memcpy(&v, mem + pa, size);
    return size == 4 ? (uint32_t)v : v;
}

static void mem_update(void *opaque, uint64_t pa, unsigned size, uint64_t entry)
{
    (void)opaque;
    updates++;
    if (pa < MEM)
        memcpy(mem + pa, &entry, size);
}

static const struct x86_walk_env env = {mem_read, mem_update, NULL};

/* ---- A and D [SDM3 "Accessed and Dirty Flags"] ---- */
static void set_a_and_d(const struct walkref *f, unsigned access,
                        uint8_t *image)
{
    /* On a fault the last entry looked at was not used. */
    unsigned k, used = f->ok ? f->nr : f->nr == 0 ? 0 : f->nr - 1;

    for (k = 0; k < used; k++) {
        uint8_t *e = f->at[k] < MEM ? &image[f->at[k]] : NULL;

        if (e == NULL)
            continue;
        *e |= 0x20;
        if (k == f->nr - 1 && (access & X86_WRITE))
            *e |= 0x40;
    }
}

/* What of the walk is not as the reference says, or NULL. */
static const char *compare(const struct x86_walk_regs *r,
                           const struct walkref *f, unsigned access, bool ok,
                           const struct x86_walk *w)
{
    const struct x86_xlat *x = &w->xlat;
    bool dirty = f->dirty || (access & X86_WRITE);

    if (ok != f->ok)
        return "outcome";
    if (w->nr != f->nr)
        return "number of entries";
    if (!ok)
        return w->error == f->error ? NULL : "error code";
    if (x->pa != f->pa || x->page_shift != f->shift)
        return "address";
    if (x->user != f->us || x->global != (f->global && r->pge))
        return "user or global";
    if (x->write_u != (dirty && walkref_allowed(r, f->rw, f->us, f->xd,
                                                X86_WRITE | X86_ACC_USER)) ||
        x->write_s !=
            (dirty && walkref_allowed(r, f->rw, f->us, f->xd, X86_WRITE)))
        return "later writes";
    if (x->exec != walkref_allowed(r, f->rw, f->us, f->xd,
                                   X86_EXEC | (access & X86_ACC_USER)))
        return "later fetches";
    return NULL;
}

static void check_walk(const struct x86_walk_regs *r, uint64_t lin,
                       unsigned access)
{
    static uint8_t image[MEM];
    const char *wrong;
    struct x86_walk w;
    struct walkref f;
    bool ok;

    memcpy(image, mem, watched);
    walkref_walk(&f, &env, r, lin, access);
    set_a_and_d(&f, access, image);
    ok = x86_walk(&env, r, lin, access, &w);
    wrong = compare(r, &f, access, ok, &w);
    if (wrong == NULL && memcmp(image, mem, watched) != 0)
        wrong = "A or D";
    if (wrong != NULL) /* an assertion each would be slow */
        ck_abort_msg("mode %d lin %llx access %x: %s", (int)r->mode,
                     (unsigned long long)lin, access, wrong);
}

/* ---- random tables ---- */
static const unsigned accesses[] = {
    X86_READ,
    X86_WRITE,
    X86_EXEC,
    X86_READ | X86_ACC_USER,
    X86_WRITE | X86_ACC_USER,
    X86_EXEC | X86_ACC_USER,
    X86_READ | X86_WALK_IMPLICIT,
    X86_WRITE | X86_WALK_IMPLICIT,
};

/* Mostly good entries that point into mem; each kind of badness is rare, so
 * that walks get far. */
static uint64_t random_entry(struct rng *g, const struct x86_walk_regs *r)
{
    uint64_t e = rng_below(g, MEM / PAGE_SIZE) << 12;

    e |= rng_next(g) & 0x17e; /* RW US PWT PCD A D G */
    if (rng_below(g, 16) != 0)
        e |= X86_PTE_P;
    if (rng_below(g, 3) != 0)
        e |= X86_PTE_RW | X86_PTE_US;
    if (rng_below(g, 8) == 0)
        e |= X86_PTE_PS;
    if (rng_below(g, 32) == 0)
        e |= BITQ(rng_below(g, r->mode == X86_WALK_32 ? 32 : 64));
    if (r->mode != X86_WALK_32 && rng_below(g, 8) == 0)
        e |= X86_PTE_XD;
    if ((e & X86_PTE_PS) && rng_below(g, 2) == 0)
        e &= ~(mask_low(30) & ~mask_low(13));
    return e;
}

static void random_regs(struct rng *g, enum x86_walk_mode mode,
                        struct x86_walk_regs *r)
{
    static const unsigned widths[] = {32, 36, 36, 40, 46, 52};
    uint64_t f = rng_next(g);
    unsigned n;

    *r = (struct x86_walk_regs){
        .mode = mode,
        .wp = f & 1,
        .pse = f & 2,
        .pge = f & 4,
        .nxe = f & 8 || f & 16,
        .smep = (f & 0x60) == 0,
        .smap = (f & 0x180) == 0,
        .ac = f & 0x200,
        .pse36 = f & 0x400,
        .page1g = f & 0x800,
        .pa_mask = mask_low(widths[rng_below(g, ARRAY_LEN(widths))]),
        .cr3 = (rng_below(g, MEM / PAGE_SIZE) << 12) | (f & 0x18)};
    for (n = 0; n < 4; n++)
        r->pdpte[n] =
            (rng_below(g, MEM / PAGE_SIZE) << 12) | (rng_below(g, 8) != 0);
}

/* Addresses with few different indices, so that small memory has them all. */
static uint64_t random_lin(struct rng *g, enum x86_walk_mode mode)
{
    uint64_t lin = rng_next(g);

    if (mode == X86_WALK_4LEVEL)
        return (uint64_t)sext(lin, 48);
    return (uint32_t)lin;
}

static void fill(struct rng *g, const struct x86_walk_regs *r)
{
    unsigned size = r->mode == X86_WALK_32 ? 4 : 8, at;
    uint64_t e;

    for (at = 0; at < MEM; at += size) {
        e = random_entry(g, r);
        memcpy(mem + at, &e, size);
    }
}

START_TEST(random_tables)
{
    enum x86_walk_mode mode = (enum x86_walk_mode)_i;
    struct rng g = {(uint64_t)_i};
    unsigned round, n, faults[16] = {0}, good = 0;
    struct x86_walk_regs r;

    for (round = 0; round < 60; round++) {
        random_regs(&g, mode, &r);
        fill(&g, &r);
        for (n = 0; n < 60; n++) {
            unsigned access = accesses[rng_below(&g, ARRAY_LEN(accesses))];
            uint64_t lin = random_lin(&g, mode);
            struct walkref f;

            walkref_walk(&f, &env, &r, lin, access);
            good += f.ok;
            faults[f.error & 15]++;
            check_walk(&r, lin, access);
        }
    }
    /* The tables were worth walking: every outcome was frequent. */
    ck_assert_uint_gt(good, 300);
    ck_assert_uint_gt(faults[PF_P], 20);
    ck_assert_uint_gt(faults[PF_P | PF_R], 10);
    ck_assert_uint_gt(faults[0], 20);
}
END_TEST

/* ---- every combination of rights ---- */
struct shape {
    enum x86_walk_mode mode;
    unsigned levels; /* entries read */
    bool large;
};

static const struct shape shapes[] = {
    {X86_WALK_32, 2, false},     {X86_WALK_32, 1, true},
    {X86_WALK_PAE, 2, false},    {X86_WALK_PAE, 1, true},
    {X86_WALK_4LEVEL, 4, false}, {X86_WALK_4LEVEL, 3, true},
    {X86_WALK_4LEVEL, 2, true},
};

/* Tables at 0x1000, 0x2000...; linear address 0; the page at 0. rights[k] has
 * RW, US and XD (as bit 2) of level k. */
static void build(const struct shape *s, const unsigned *rights)
{
    unsigned k, size = s->mode == X86_WALK_32 ? 4 : 8;

    for (k = 0; k < s->levels; k++) {
        bool last = k == s->levels - 1;
        uint64_t e = last ? 0 : (uint64_t)(k + 2) << 12;

        e |= X86_PTE_P | (uint64_t)(rights[k] & 3) << 1;
        if (last && s->large)
            e |= X86_PTE_PS;
        if ((rights[k] & 4) && size == 8)
            e |= X86_PTE_XD;
        memcpy(mem + (k + 1) * 0x1000, &e, size);
    }
}

START_TEST(rights_of_two_levels)
{
    const struct shape *s = &shapes[_i];
    struct x86_walk_regs r = {.mode = s->mode,
                              .pse = true,
                              .page1g = true,
                              .pa_mask = mask_low(40),
                              .cr3 = 0x1000,
                              .pdpte = {0x1001}};
    unsigned mix, flags, a;

    watched = 0x4008; /* four tables, one entry each */
    for (mix = 0; mix < 64; mix++) {
        unsigned rights[4] = {mix & 7, 3, 3, 3};

        if (s->levels > 1)
            rights[s->levels - 1] = mix >> 3;
        for (flags = 0; flags < 32; flags++) {
            r.wp = flags & 1;
            r.smep = flags & 2;
            r.smap = flags & 4;
            r.ac = flags & 8;
            r.nxe = flags & 16;
            for (a = 0; a < ARRAY_LEN(accesses); a++) {
                build(s, rights);
                check_walk(&r, 0, accesses[a]);
            }
        }
    }
}
END_TEST

/* ---- A, D and looking without touching ---- */
START_TEST(peek_touches_nothing)
{
    const unsigned rights[4] = {0, 0, 0, 0}; /* supervisor, read-only */
    struct x86_walk_regs r = {
        .mode = X86_WALK_4LEVEL, .pa_mask = mask_low(40), .cr3 = 0x1000};
    struct x86_walk w;

    build(&shapes[4], rights);
    updates = 0;
    ck_assert(x86_walk(&env, &r, 0x123, X86_WALK_PEEK | X86_ACC_USER, &w));
    ck_assert_uint_eq(w.xlat.pa, 0x123);
    ck_assert_uint_eq(updates, 0);
    mem[0x4000] = 0; /* not present */
    ck_assert(!x86_walk(&env, &r, 0x123, X86_WALK_PEEK, &w));
    ck_assert_uint_eq(updates, 0);
}
END_TEST

START_TEST(second_walk_updates_nothing)
{
    const unsigned rights[4] = {3, 3, 3, 3};
    struct x86_walk_regs r = {
        .mode = X86_WALK_4LEVEL, .pa_mask = mask_low(40), .cr3 = 0x1000};
    struct x86_walk w;

    build(&shapes[4], rights);
    updates = 0;
    ck_assert(x86_walk(&env, &r, 0, X86_READ, &w));
    ck_assert_uint_eq(updates, 4); /* A at each level */
    ck_assert(!w.xlat.write_s && !w.xlat.write_u);
    ck_assert(x86_walk(&env, &r, 0, X86_READ, &w));
    ck_assert_uint_eq(updates, 4);
    ck_assert(x86_walk(&env, &r, 0, X86_WRITE, &w));
    ck_assert_uint_eq(updates, 5); /* D */
    ck_assert(w.xlat.write_s && w.xlat.write_u);
}
END_TEST

/* Tables where there is no memory: entries read as ones, which have reserved
 * bits set. */
START_TEST(hole_is_a_reserved_bit_fault)
{
    struct x86_walk_regs r = {.mode = X86_WALK_4LEVEL,
                              .nxe = true,
                              .pa_mask = mask_low(40),
                              .cr3 = 0xffff0000};
    struct x86_walk w;

    ck_assert(!x86_walk(&env, &r, 0, X86_WRITE, &w));
    ck_assert_uint_eq(w.error, PF_P | PF_W | PF_R);
}
END_TEST

/* [SDM3 "PAE Paging"]: which bits a present PDPTE must not have. */
START_TEST(pdpte_reserved_bits)
{
    ck_assert_uint_eq(x86_walk_pdpte_reserved(mask_low(36)),
                      0xfffffff0000001e6ull);
    ck_assert_uint_eq(x86_walk_pdpte_reserved(mask_low(52)),
                      0xfff00000000001e6ull);
}
END_TEST

Suite *test_walk_suite(void)
{
    Suite *s = suite_create("walk");
    TCase *tc = tcase_create("random");

    tcase_add_loop_test(tc, random_tables, X86_WALK_32, X86_WALK_MODES);
    suite_add_tcase(s, tc);
    tc = tcase_create("rights");
    tcase_add_loop_test(tc, rights_of_two_levels, 0, ARRAY_LEN(shapes));
    suite_add_tcase(s, tc);
    tc = tcase_create("accessed and dirty");
    tcase_add_test(tc, peek_touches_nothing);
    tcase_add_test(tc, second_walk_updates_nothing);
    tcase_add_test(tc, hole_is_a_reserved_bit_fault);
    tcase_add_test(tc, pdpte_reserved_bits);
    suite_add_tcase(s, tc);
    return s;
}
