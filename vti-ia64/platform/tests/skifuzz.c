/* skifuzz.c: cases of the fuzzer of Ski's platform. */
#include "vti-ia64/platform/tests/skifuzz.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "common/base/bits.h"
#include "common/base/rng.h"
#include "vti-ia64/engine.h"
#include "vti-ia64/platform/ski_priv.h"

#define RAM        (4u << 20)
#define IMAGE      1024u /* bytes of a file */
#define CODE       512u  /* where the code begins in it */
#define SYSTEM_VA  0x100000ull
#define USER_VA    0x4000000000000000ull
#define RUN_INSNS  2000u
#define CALLS      40u
#define FILE_BYTES 3000u

/* ---- values ---- */

/* Where limits and overflows are. */
static uint64_t interesting(struct rng *r)
{
    static const uint64_t table[] = {
        0,          1,          0x10,       0xfff,      0x1000,
        RAM,        RAM - 1,    RAM - 8,    SYSTEM_VA,  USER_VA,
        1ull << 32, 0xffffffff, 1ull << 61, 1ull << 63, ~0ull,
        ~0ull - 15, 64u << 20,  4096,       0x80000000, 0x7fffffffffffffff,
    };
    uint64_t v = table[rng_below(r, ARRAY_LEN(table))];

    switch (rng_below(r, 4)) {
    case 0:
        return v + rng_below(r, 64) - 32;
    case 1:
        return rng_below(r, RAM);
    case 2:
        return rng_below(r, 16);
    default:
        return v;
    }
}

/* ---- images ---- */

/* A good one: one or two segments, code that is `break`s and noise. */
static size_t make_image(struct rng *r, bool user, uint8_t buf[IMAGE])
{
    uint64_t va = user ? USER_VA : SYSTEM_VA;
    Elf64_Ehdr eh = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                                 ELFDATA2LSB, EV_CURRENT},
                     .e_type = ET_EXEC,
                     .e_machine = EM_IA_64,
                     .e_version = EV_CURRENT,
                     .e_entry = va,
                     .e_phoff = sizeof(eh),
                     .e_ehsize = sizeof(eh),
                     .e_phentsize = sizeof(Elf64_Phdr),
                     .e_phnum = (uint16_t)(1 + rng_below(r, 2))};
    Elf64_Phdr ph = {.p_type = PT_LOAD,
                     .p_offset = CODE,
                     .p_vaddr = va,
                     .p_paddr = va,
                     .p_filesz = IMAGE - CODE,
                     .p_memsz = IMAGE - CODE + rng_below(r, 0x9000)};
    /* {.mmi break.m 0x80001 (0x100000); nop.m; nop.i} */
    uint64_t call = (user ? 0x100000ull : 0x80001ull) << 6;

    memset(buf, 0, IMAGE);
    memcpy(buf, &eh, sizeof(eh));
    memcpy(buf + sizeof(eh), &ph, sizeof(ph));
    ph.p_vaddr += 0x20000;
    ph.p_paddr += 0x20000;
    memcpy(buf + sizeof(eh) + sizeof(ph), &ph, sizeof(ph));
    for (size_t at = CODE; at < IMAGE; at += 16) {
        bool noise = rng_below(r, 3) == 0;

        put_le64(buf + at,
                 noise ? rng_next(r) : 8 | call << 5 | 1ull << (46 + 27 - 18));
        put_le64(buf + at + 8, noise ? rng_next(r) : 1ull << (23 + 27));
    }
    return IMAGE;
}

static size_t damage(struct rng *r, uint8_t *buf, size_t size)
{
    size_t headers = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
    size_t at = rng_below(r, headers), width = (size_t)1 << rng_below(r, 4);
    uint8_t value[8];

    switch (rng_below(r, 4)) {
    case 0:
        buf[at] ^= (uint8_t)(1u << rng_below(r, 8));
        return size;
    case 1:
        return rng_below(r, 4) == 0 ? rng_below(r, size) : size;
    default:
        put_le64(value, interesting(r));
        memcpy(buf + (at & ~(width - 1)), value, width);
        return size;
    }
}

/* ---- a machine ---- */

/* Files without names on the host. */
struct files {
    int image, guest; /* the guest's is what it gets when it opens one */
    char path[32];    /* of `image` */
};

static int scratch(void)
{
    int fd = memfd_create("triptych-fuzz", MFD_CLOEXEC);

    if (fd < 0)
        abort();
    return fd;
}

static void put_file(int fd, const void *data, size_t len)
{
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, len, 0) != (ssize_t)len)
        abort();
}

static int open_file(void *opaque, const char *path, int access)
{
    const struct files *f = opaque;

    (void)access;
    return path[0] == 'x' ? -1 : dup(f->guest);
}

static void ignore(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    (void)buf;
    (void)len;
}

static void ignore_line(void *opaque, const char *line)
{
    (void)opaque;
    (void)line;
}

static enum status create(struct rng *r, const uint8_t *image, size_t size,
                          struct files *f, struct ski **s, struct error *err)
{
    static const struct engine_ops *const engines[] = {
        &ia64_native_engine_ops, &ia64_hvm_engine_ops, &ia64_te_engine_ops};
    static const struct engine_options options;
    /* A program's arguments lie on its stack. */
    static const char *const args[] = {"image", "with", "arguments", NULL};
    struct ski_config config = {
        .engine = engines[rng_below(r, 8) < 6 ? 0 : 1 + rng_below(r, 2)],
        .options = &options,
        .file = f->path,
        .args = args,
        .mode =
            rng_below(r, 8) == 0 ? (enum ski_mode)rng_below(r, 3) : SKI_AUTO,
        .mem_bytes = RAM,
        .clock = CLOCK_VIRTUAL,
        .ips = CLOCK_NS_PER_S,
        .console = ignore,
        .open = open_file,
        .open_opaque = f,
        .strace = ignore_line,
        .trace_from = UINT64_MAX};

    put_file(f->image, image, size);
    config.initramfs = config.file;
    return ski_create(&config, s, err);
}

/* ---- cases; each returns the rule that it broke, or NULL ---- */
static const char *image_case(struct rng *r, struct files *f,
                              struct skifuzz_result *out)
{
    uint8_t buf[IMAGE];
    size_t size = make_image(r, rng_below(r, 2), buf);
    struct error err = {.status = ST_OK};
    enum run_end end;
    struct ski *s;
    enum status st;

    for (uint64_t n = rng_below(r, 5); n > 0; n--)
        size = damage(r, buf, size);
    st = create(r, buf, size, f, &s, &err);
    if (st != ST_OK && (err.status != st || err.text[0] == '\0'))
        return "a failure fills the error in";
    if (st != ST_OK)
        return st == ST_GUEST || st == ST_INVAL ? NULL
                                                : "it is the image's fault";
    out->loaded++;
    /* Most come to a circle of faults, which takes its time to notice. */
    if (rng_below(r, 4) == 0)
        st = engine_run(ski_vcpu(s), RUN_INSNS, NULL, NULL, &end, &err);
    ski_destroy(s);
    return st == ST_OK ? NULL : "a guest's misbehaviour is no error";
}

/* Requests, paths and other things that arguments may point to. */
static void fill_memory(struct rng *r, struct ski *s)
{
    static const char *const path[] = {"disk", "x", ""};
    uint8_t rq[16];

    for (uint64_t at = 0; at < 16; at++) {
        put_le64(rq, interesting(r));
        put_le64(rq + 8, rng_below(r, 4) ? rng_below(r, 5000) : interesting(r));
        gmem_write(&s->m.mem, at * 16, rq, sizeof(rq));
    }
    for (unsigned k = 0; k < ARRAY_LEN(path); k++)
        gmem_write(&s->m.mem, 0x200 + 16 * k, path[k], strlen(path[k]) + 1);
}

static uint64_t argument(struct rng *r, uint64_t base)
{
    switch (rng_below(r, 4)) {
    case 0: /* what fill_memory() put there */
        return base + rng_below(r, 16) * 16;
    case 1:
        return base + 0x200 + 16 * rng_below(r, 3);
    default:
        return interesting(r);
    }
}

/* Calls with random arguments from `base` on, by `break imm`. */
static const char *calls(struct rng *r, struct ski *s, bool user,
                         struct skifuzz_result *out)
{
    static const uint16_t user_nr[] = {
#define SYSCALL(nr, name, fn) nr,
#include "vti-ia64/platform/usercalls.def"
#undef SYSCALL
    };
    struct ia64_gr *gr = s->c->s.gr;
    uint8_t typed[64] = "typed";

    for (unsigned k = 0; k < CALLS; k++) {
        gr[15].v = rng_below(r, 16) == 0 ? interesting(r)
                   : user ? user_nr[rng_below(r, ARRAY_LEN(user_nr))]
                          : rng_below(r, 128);
        if (user)
            s->c->s.cfm = rng_below(r, 97) << 7 | 96;
        for (unsigned n = 32; n < 128; n++)
            gr[n].v = argument(r, user ? USER_VA : 0);
        if (rng_below(r, 4) == 0)
            ski_input(s, typed, rng_below(r, sizeof(typed)));
        if (!s->c->break_fn(s->c->break_opaque, s->c,
                            user ? 0x100000 : 0x80001))
            return "the platform serves its break";
        if (gr[8].nat > 1 || gr[10].nat > 1)
            return "results are no NaTs";
        out->served += user ? gr[10].v == 0 : gr[8].v != ~0ull;
    }
    return NULL;
}

static const char *call_case(struct rng *r, bool user, struct files *f,
                             struct skifuzz_result *out)
{
    uint8_t buf[IMAGE];
    size_t size = make_image(r, user, buf);
    struct error err;
    struct ski *s;
    const char *rule;

    if (create(r, buf, size, f, &s, &err) != ST_OK)
        return NULL; /* a program under a VMM, or the other mode */
    fill_memory(r, s);
    rule = user == ski_user_mode(s) ? calls(r, s, user, out) : NULL;
    ski_destroy(s);
    return rule;
}

static bool run_case(uint64_t seed, uint64_t n, struct files *f,
                     struct skifuzz_result *out)
{
    struct rng r = {seed * 0x9e3779b97f4a7c15ull + n};
    unsigned kind = n % SKIFUZZ_KINDS;
    const char *rule = kind == SKIFUZZ_IMAGE
                           ? image_case(&r, f, out)
                           : call_case(&r, kind == SKIFUZZ_USER, f, out);

    out->cases++;
    if (rule == NULL)
        return true;
    out->failed_case = n;
    snprintf(out->broken, sizeof(out->broken), "%s", rule);
    return false;
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

void skifuzz_run(uint64_t seed, uint64_t first, uint64_t cases, double seconds,
                 struct skifuzz_result *out)
{
    double end = now() + seconds;
    struct files f = {.image = scratch(), .guest = scratch()};

    snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.image);
    memset(out, 0, sizeof(*out));
    for (uint64_t n = 0; cases == 0 || n < cases; n++) {
        if (seconds > 0 && now() >= end)
            break;
        if (ftruncate(f.guest, FILE_BYTES) != 0 ||
            !run_case(seed, first + n, &f, out))
            break;
    }
    close(f.image);
    close(f.guest);
}
