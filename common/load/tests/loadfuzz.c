/* loadfuzz.c: random changes to valid images, loaded. */
#include "common/load/tests/loadfuzz.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/bits.h"
#include "common/base/rng.h"
#include "common/load/protocol.h"
#include "common/load/rom.h"
#include "common/load/tests/seed.h"

#define RAM (8u << 20)

/* Values at which limits and overflows are. */
static uint64_t interesting(struct rng *r)
{
    static const uint64_t table[] = {
        0,          1,          0x7f,       0xff,       0x1000,   0xfff,
        0x7fffffff, 0x80000000, 0xffffffff, 0xfffff000, 0x100000, 0x90000,
        0x9fc00,    0xa0000,    RAM,        RAM - 1,    RAM + 1,  1ull << 32,
        1ull << 63, ~0ull,      ~0ull - 15, 0x1badb002, 0x10000,  0xc0100000u,
    };
    uint64_t v = table[rng_below(r, ARRAY_LEN(table))];

    return rng_below(r, 4) == 0 ? v + rng_below(r, 64) - 32 : v;
}

/* Mostly where the headers are: the rest of an image is just copied. */
static size_t place(struct rng *r, size_t size)
{
    size_t limit = rng_below(r, 4) != 0 && size > 0x300 ? 0x300 : size;

    return rng_below(r, limit);
}

static void mutate_once(struct rng *r, uint8_t *buf, size_t *size)
{
    size_t at = place(r, *size), width = (size_t)1 << rng_below(r, 4);
    uint8_t value[8];

    switch (rng_below(r, 6)) {
    case 0:
        buf[at] ^= (uint8_t)(1u << rng_below(r, 8));
        break;
    case 1:
        buf[at] = (uint8_t)rng_next(r);
        break;
    case 2: /* fields are aligned in ELF, not in the setup header */
        if (rng_below(r, 2) == 0)
            at &= ~(width - 1);
        /* fall through */
    case 3:
        put_le64(value, interesting(r));
        memcpy(buf + at, value, width < *size - at ? width : *size - at);
        break;
    case 4:
        memmove(buf + at, buf + place(r, *size), 1);
        break;
    default:
        if (rng_below(r, 4) == 0)
            *size = 1 + rng_below(r, *size);
        break;
    }
}

static enum status load_case(struct rng *r, struct job *job,
                             struct load_entry *out, struct error *err)
{
    uint8_t buf[SEED_BYTES], ramdisk[64] = {0};
    size_t size = seed_make((enum seed_kind)rng_below(r, SEED_COUNT), buf);
    unsigned n = (unsigned)rng_below(r, 6);
    enum load_protocol protocol = LOAD_AUTO;
    enum status st;

    while (n-- > 0)
        mutate_once(r, buf, &size);
    st = image_copy("fuzzed", buf, size, &job->kernel, err);
    if (st == ST_OK && rng_below(r, 2) == 0)
        st = image_copy("ramdisk", ramdisk, 1 + rng_below(r, sizeof(ramdisk)),
                        &job->initrd, err);
    if (st != ST_OK)
        return st;
    if (rng_below(r, 64) == 0)
        return rom_load(job->mem, &job->kernel, out, err);
    if (rng_below(r, 4) == 0)
        protocol = (enum load_protocol)rng_below(r, LOAD_ROM);
    return protocol_load(job, protocol, out, err);
}

/* What holds for every answer; NULL: all of it. */
static const char *broken_rule(const struct job *job, enum status st,
                               const struct load_entry *e,
                               const struct error *err)
{
    if (st != ST_OK) {
        if (err->status != st || err->text[0] == '\0')
            return "a failure fills the error in";
        return strchr(err->text, '\n') != NULL ? "a message is one line" : NULL;
    }
    if (e->kind == ENTRY_REAL_RESET)
        return NULL;
    if (e->rip >= LAYOUT_4G || !e820_is_ram(&job->e820, e->rip, 1))
        return "the entry lies in RAM";
    if (layout_owner(e->rip, 1) != NULL)
        return "the entry lies in the guest's part of RAM";
    if (gmem_host(job->mem, e->gdt_base, e->gdt_limit + 1u) == NULL)
        return "the GDT lies in RAM";
    if ((e->kind == ENTRY_LONG64) != (e->cr3 != 0))
        return "page tables for 64-bit mode alone";
    if (job->initrd_pa != 0 &&
        !e820_is_ram(&job->e820, job->initrd_pa, job->initrd.size))
        return "the RAM disk lies in RAM";
    return NULL;
}

static bool run_case(uint64_t seed, uint64_t n, struct loadfuzz_result *out)
{
    struct rng r = {seed * 0x9e3779b97f4a7c15ull + n};
    struct load_entry entry;
    struct error err = {.status = ST_OK};
    struct gmem mem;
    struct job job;
    const char *rule;
    enum status st;

    memset(&entry, 0, sizeof(entry));
    seed_job_init(&job, &mem, RAM);
    st = load_case(&r, &job, &entry, &err);
    rule = broken_rule(&job, st, &entry, &err);
    out->cases++;
    out->loaded += st == ST_OK;
    if (rule != NULL) {
        out->failed_case = n;
        snprintf(out->broken, sizeof(out->broken), "%s (%s)", rule,
                 st == ST_OK ? "loaded" : err.text);
    }
    seed_job_fini(&job);
    return rule == NULL;
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

void loadfuzz_run(uint64_t seed, uint64_t first, uint64_t cases, double seconds,
                  struct loadfuzz_result *out)
{
    double end = now() + seconds;
    uint64_t n;

    memset(out, 0, sizeof(*out));
    for (n = 0; cases == 0 || n < cases; n++) {
        if (seconds > 0 && n % 64 == 0 && now() >= end)
            break;
        if (!run_case(seed, first + n, out))
            break;
    }
}
