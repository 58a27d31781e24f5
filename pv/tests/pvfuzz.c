/* pvfuzz.c: hypercalls with random numbers, arguments and guest memory. */
#include "pv/tests/pvfuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/rng.h"
#include "pv/check.h"
#include "pv/evtchn.h"
#include "pv/tests/pvrig.h"

#define PER_DOMAIN 5000u
#define PER_CHECK  500u
#define DISK_BYTES (64u * 512)

struct fuzz {
    struct pvrig *r;
    struct rng rng;
    bool is32;
};

static uint64_t pick(struct fuzz *f, uint64_t n)
{
    return rng_below(&f->rng, n);
}

/* Mostly small numbers and edges, sometimes anything. */
static uint64_t number(struct fuzz *f)
{
    static const uint64_t edge[] = {
        0x7ff0,   0x7ff1, 0x7fff, 0xffff,     0x10000,    UINT32_MAX,
        1u << 31, 4095,   4096,   UINT64_MAX, 1ull << 63, 1ull << 52};

    switch (pick(f, 8)) {
    case 0:
        return rng_next(&f->rng);
    case 1:
        return edge[pick(f, ARRAY_LEN(edge))];
    case 2:
        return (uint32_t)rng_next(&f->rng);
    case 3:
        return pick(f, 8192);
    default:
        return pick(f, 24);
    }
}

/* A frame number: the guest's, the VMM's, a table's, or none. */
static uint64_t frame(struct fuzz *f)
{
    struct pv_domain *d = f->r->d;

    switch (pick(f, 8)) {
    case 0:
        return pick(f, d->nr_frames + 8);
    case 1:
        return d->kernel_cr3 >> PAGE_SHIFT;
    case 2:
        return d->shared_mfn;
    case 3:
        return d->m2p_mfn;
    case 4:
        return number(f);
    default:
        return f->is32 ? pick(f, d->nr_frames) : pick(f, d->nr_frames);
    }
}

static uint64_t address(struct fuzz *f)
{
    if (pick(f, 8) == 0)
        return pvrig_bad(f->r, (unsigned)pick(f, PVRIG_BAD_OUT));
    if (pick(f, 16) == 0)
        return number(f);
    if (pick(f, 32) == 0)
        return f->r->tables + pick(f, 4 * PAGE_SIZE);
    return pvrig_page(f->r, (unsigned)pick(f, PVRIG_PAGES)) + pick(f, 64) * 4;
}

static uint64_t any(struct fuzz *f)
{
    uint64_t v;

    switch (pick(f, 4)) {
    case 0:
        v = address(f);
        break;
    case 1:
        v = frame(f);
        break;
    case 2: /* a machine address or an entry of a page table */
        v = frame(f) << PAGE_SHIFT | pick(f, 4096);
        break;
    default:
        v = number(f);
    }
    return f->is32 && pick(f, 8) != 0 ? (uint32_t)v : v;
}

/* Random contents at an address: words that could mean something. */
static void fill(struct fuzz *f, uint64_t va)
{
    uint8_t buf[256];
    size_t i;

    for (i = 0; i < sizeof(buf); i += f->is32 ? 4 : 8) {
        uint64_t v = any(f);

        memcpy(buf + i, &v, f->is32 ? 4 : 8);
        if (pick(f, 2) == 0) { /* two halves */
            uint32_t w = (uint32_t)number(f);

            memcpy(buf + i + (f->is32 ? 0 : 4), &w, 4);
        }
    }
    if (pv_copy_to(f->r->d, va, buf, sizeof(buf)) != 0)
        return;
}

/* Rings: indices near each other, contents at random. */
static void spoil_rings(struct fuzz *f)
{
    struct pv_domain *d = f->r->d;
    uint64_t ring[2] = {d->console_mfn, d->store_mfn};
    uint32_t v;
    unsigned i, at;

    for (i = 0; i < 16; i++) {
        at = (unsigned)pick(f, 1024) * 4;
        v = pick(f, 2) == 0 ? (uint32_t)pick(f, 32) : (uint32_t)number(f);
        pv_write_frame(d, ring[pick(f, 2)], at, &v, 4);
    }
    /* A request that the store can make something of. */
    if (pick(f, 2) == 0) {
        static const char *const text[] = {
            "data/a\0x", "domid\0", "data\0tok", "T\0", "", "data/a\0n1"};
        const char *t = text[pick(f, ARRAY_LEN(text))];
        uint32_t prod, k;
        struct xsd_sockmsg m = {.type = (uint32_t)pick(f, 24),
                                .tx_id = (uint32_t)pick(f, 3),
                                .len = (uint32_t)pick(f, 10)};
        uint8_t raw[26];

        memcpy(raw, &m, 16);
        memset(raw + 16, 0, 10);
        memcpy(raw + 16, t, strlen(t) + 1 < 10 ? strlen(t) + 1 : 10);
        pv_read_frame(d, d->store_mfn, 2048 + 4, &prod, 4);
        for (k = 0; k < 16 + m.len; k++)
            pv_write_frame(d, d->store_mfn, (prod + k) % 1024, raw + k, 1);
        prod += 16 + m.len;
        pv_write_frame(d, d->store_mfn, 2048 + 4, &prod, 4);
    }
}

static void one(struct fuzz *f)
{
    uint64_t arg[6], nr = pick(f, 20) == 0 ? number(f) : pick(f, 43);
    unsigned i;

    for (i = 0; i < 6; i++) {
        arg[i] = i == 0 && pick(f, 2) == 0 ? pick(f, 24) : any(f);
        /* Numbers of entries are small, or they would all be faults. */
        if (i > 0 && pick(f, 3) == 0)
            arg[i] = pick(f, 8);
        if (f->is32)
            arg[i] = (uint32_t)arg[i];
    }
    for (i = 0; i < 6; i++)
        if (pick(f, 2) == 0)
            fill(f, arg[i]);
    if (pick(f, 16) == 0)
        spoil_rings(f);
    f->r->d->no_result = false;
    (void)pv_hypercall(f->r->d, f->is32 ? (uint32_t)nr : nr, arg);
    if (pick(f, 8) == 0)
        pvrig_advance(f->r, pick(f, 2000000));
    if (pick(f, 64) == 0)
        machine_console_input(f->r->m, (const uint8_t *)"typed", 5);
    /* It never ends for long. */
    f->r->m->end = MACHINE_RUNNING;
    f->r->v->crash = NULL;
    f->r->d->crash_reason[0] = '\0';
    f->r->out_len = 0;
}

void pvfuzz_run(uint64_t count, uint64_t seed)
{
    static uint8_t disk[DISK_BYTES];
    struct fuzz f = {.rng = {seed}};
    char path[32];
    uint64_t i;

    pvrig_file(disk, sizeof(disk), path);
    for (i = 0; i < count; i++) {
        if (i % PER_DOMAIN == 0) {
            if (f.r != NULL)
                pvrig_free(f.r);
            f.is32 = i / PER_DOMAIN % 2 == 1;
            f.r = pvrig_new_net(f.is32, path, "user,restrict=on");
        }
        one(&f);
        if (i % PER_CHECK == PER_CHECK - 1 && !pv_check(f.r->d)) {
            fprintf(stderr, "pvfuzz: call %llu: %s\n", (unsigned long long)i,
                    f.r->d->crash_reason);
            abort();
        }
    }
    if (f.r != NULL)
        pvrig_free(f.r);
}
