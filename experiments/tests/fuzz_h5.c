/* fuzz_h5.c: COUNT [SEED [FIRST]]: results files with flipped bits, overwritten
 * or cut short, given to all that reads them: export's tables, report, verify,
 * merge.
 *
 * Each must end in a result or in one line; nothing else is written to stderr,
 * nothing hangs. Files are read in a process of its own, a new one after each
 * that died. Crashes inside the HDF5 library are counted: the commands contain
 * them (guarded.h). Any other crash, a line on stderr, or 20 seconds of
 * processor time for one file are failures. Build with MODE=asan to see them.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bt/engine.h"
#include "common/base/rng.h"
#include "common/h5/h5r.h"
#include "common/x86/cpu.h"
#include "experiments/cli/pages.h"
#include "experiments/lib/record.h"

#define SECONDS     20
#define MERGE_EVERY 8 /* files: writing takes longest */

/* Shared with the process that reads. */
struct progress {
    uint64_t at, read, refused, merged;
};

struct fuzz {
    uint8_t *good, *bad;
    size_t size;
    char clean[64], broken[64], out[64], errors[64];
    FILE *null;
    struct progress *p;
    uint64_t seed, library, failures;
};

/* ---- a good file ---- */
static enum status fill(struct sample *s, unsigned engine, unsigned rep,
                        struct error *err)
{
    enum status st = sample_init(s, err);
    char name[16];

    s->engine = engine;
    s->repetition = rep;
    snprintf(s->end, sizeof(s->end), "guest exit 0");
    for (unsigned i = 0; st == ST_OK && i < 3; i++) {
        struct cut *cut;

        snprintf(name, sizeof(name), "interval%u", i);
        cut = cuts_get(&s->cuts, name);
        if (cut == NULL)
            return err_set(err, ST_NOMEM, "intervals");
        cut->host_ns = 1000 * (i + rep);
        for (unsigned k = 0; k < 12; k++)
            ledger_add(&cut->ledger, (enum ledger_kind)(k % LEDGER_KINDS), k,
                       k * i, rep + k);
    }
    return st;
}

static enum status make_file(const char *path, struct error *err)
{
    static const char *const option[] = {"mem=16777216", "clock=virtual"};
    static const struct provenance p = {.version = "0",
                                        .command = "compare",
                                        .argv = option,
                                        .nr_argv = 1,
                                        .option = option,
                                        .nr_options = 2,
                                        .cpu_model = "model"};
    struct campaign c = {.guest = "guest",
                         .engine = {&native_engine_ops, &bt_engine_ops},
                         .processor = {&jit_processor_ops, &jit_processor_ops},
                         .nr_engines = 2,
                         .reps = 2,
                         .nr = 4};
    enum status st = ST_OK;
    struct h5w *w;

    c.sample = calloc(c.nr, sizeof(*c.sample));
    if (c.sample == NULL)
        return err_set(err, ST_NOMEM, "samples");
    for (unsigned i = 0; st == ST_OK && i < c.nr; i++)
        st = fill(&c.sample[i], i % 2, i / 2, err);
    if (st == ST_OK)
        st = record_begin(path, &p, &c, &w, err);
    if (st == ST_OK) {
        record_samples(w, &c);
        st = h5w_close(w, err);
    }
    campaign_fini(&c);
    return st;
}

/* ---- a broken one ---- */
static bool put_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    bool ok = f != NULL && fwrite(data, 1, size, f) == size;

    return f != NULL && fclose(f) == 0 && ok;
}

/* Mostly a few bits; sometimes a word, sometimes the rest is missing. */
static bool break_file(struct fuzz *z, uint64_t n)
{
    struct rng rng = {z->seed * 1000003 + n};
    size_t size = z->size;
    uint64_t how = rng_below(&rng, 16), word;

    memcpy(z->bad, z->good, size);
    if (how == 0)
        size = rng_below(&rng, size);
    for (uint64_t k = 1 + rng_below(&rng, 4); how < 11 && k > 0; k--)
        z->bad[rng_below(&rng, z->size)] ^= (uint8_t)(1u << rng_below(&rng, 8));
    for (uint64_t k = 1 + rng_below(&rng, 2); how >= 11 && k > 0; k--) {
        word = rng_below(&rng, 3) == 0 ? UINT64_MAX : rng_next(&rng);
        memcpy(z->bad + rng_below(&rng, z->size - 8), &word,
               1 + rng_below(&rng, 8));
    }
    return put_file(z->broken, z->bad, size);
}

/* ---- all that reads ---- */
static void nothing(void *opaque, const char *text)
{
    (void)opaque;
    (void)text;
}

static enum status read_tables(const char *path, struct error *err)
{
    static const struct h5_schema *const schema[] = {
        &h5_schema_exits, &h5_schema_times, &h5_schema_runs, &h5_schema_stats};
    struct h5r *r;
    void *rows;
    size_t n;
    enum status st = h5r_open(path, &r, err);

    if (st != ST_OK)
        return st;
    for (unsigned i = 0; st == ST_OK && i < ARRAY_LEN(schema); i++) {
        st = h5r_table(r, schema[i], &rows, &n, err);
        if (st == ST_OK)
            free(rows);
    }
    h5r_members(r, nothing, NULL);
    h5r_close(r);
    return st;
}

static enum status read_report(struct fuzz *z, struct error *err)
{
    struct pages p;
    enum status st = pages_read(z->broken, &p, err);

    if (st == ST_OK && !report_html(&p.d, z->null))
        st = err_set(err, ST_NOMEM, "page");
    pages_fini(&p);
    return st;
}

static enum status read_merge(struct fuzz *z, struct error *err)
{
    struct recorded r[2];
    enum status st = recorded_open(z->clean, &r[0], err);

    if (st == ST_OK)
        st = recorded_open(z->broken, &r[1], err);
    else
        memset(&r[1], 0, sizeof(r[1]));
    if (st == ST_OK)
        st = recorded_same_guest(&r[1], &r[0], err);
    if (st == ST_OK)
        st = recorded_same_host(&r[1], &r[0], err);
    if (st == ST_OK)
        st = campaign_append(&r[1].c, &r[0].c, err);
    if (st == ST_OK) {
        struct recorded both[2] = {r[1], r[0]};

        st = record_merged(z->out, "0", both, 2, &r[1].c, err);
        z->p->merged += st == ST_OK;
    }
    recorded_fini(&r[0]);
    recorded_fini(&r[1]);
    return st;
}

static void tally(struct fuzz *z, enum status st, const struct error *err)
{
    if (st == ST_OK)
        z->p->read++;
    else
        z->p->refused++;
    if (st != ST_OK && (err->text[0] == '\0' || strchr(err->text, '\n')))
        fprintf(stderr, "not one line: '%s'\n", err->text);
}

static void read_all(struct fuzz *z, uint64_t end)
{
    const struct itimerval limit = {.it_value = {.tv_sec = SECONDS}};
    struct error err;
    enum status st;

    for (; z->p->at < end; z->p->at++) {
        setitimer(ITIMER_PROF, &limit, NULL);
        if (!break_file(z, z->p->at))
            _exit(2);
        memset(&err, 0, sizeof(err));
        st = read_tables(z->broken, &err);
        tally(z, st, &err);
        st = read_report(z, &err);
        tally(z, st, &err);
        if (z->p->at % MERGE_EVERY != 0)
            continue;
        st = read_merge(z, &err);
        tally(z, st, &err);
    }
}

/* ---- the processes ---- */

/* What the process wrote to stderr; the caller's to free. */
static char *errors(const struct fuzz *z)
{
    char *text = calloc(1, 1 << 16);
    FILE *f = fopen(z->errors, "r");

    if (text != NULL && f != NULL && fread(text, 1, (1 << 16) - 1, f) == 0 &&
        ferror(f))
        text[0] = '\0';
    if (f != NULL)
        fclose(f);
    return text;
}

static void judge(struct fuzz *z, int status)
{
    char *text = errors(z);
    bool died = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    bool library = died && text != NULL && strstr(text, "libhdf5") != NULL;

    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPROF && text != NULL &&
        text[0] == '\0')
        library = true; /* no sanitizer that could say */
    z->library += library;
    if (!library && (died || text == NULL || text[0] != '\0')) {
        z->failures++;
        printf("file %" PRIu64 ": %s\n%.4000s\n", z->p->at,
               WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "stderr:",
               text != NULL ? text : "");
    } else if (library) {
        printf("file %" PRIu64 ": died inside the HDF5 library\n", z->p->at);
    }
    z->p->at += died;
    free(text);
}

static void run(struct fuzz *z, uint64_t end)
{
    int status = 0;
    pid_t pid;

    while (z->p->at < end) {
        fflush(NULL);
        pid = fork();
        if (pid < 0)
            exit(2);
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (freopen(z->errors, "w", stderr) == NULL)
                _exit(2);
            /* A new process now and then: the library keeps state. */
            read_all(z, z->p->at + 200 < end ? z->p->at + 200 : end);
            fflush(stderr);
            _exit(0);
        }
        waitpid(pid, &status, 0);
        judge(z, status);
    }
}

static bool load(struct fuzz *z)
{
    FILE *f = fopen(z->clean, "rb");
    long size = -1;

    if (f != NULL && fseek(f, 0, SEEK_END) == 0)
        size = ftell(f);
    if (size > 0) {
        rewind(f);
        z->size = (size_t)size;
        z->good = malloc(z->size);
        z->bad = malloc(z->size);
        if (z->good == NULL || z->bad == NULL ||
            fread(z->good, 1, z->size, f) != z->size)
            size = -1;
    }
    if (f != NULL)
        fclose(f);
    return size > 0;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 2000;
    struct fuzz z = {.seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 2026};
    char folder[40] = "/dev/shm/fuzz-h5-XXXXXX"; /* no disk to wait for */
    struct error err;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (mkdtemp(folder) == NULL &&
        mkdtemp(strcpy(folder, "/tmp/fuzz-h5-XXXXXX")) == NULL)
        return 2;
    snprintf(z.clean, sizeof(z.clean), "%s/clean.h5", folder);
    snprintf(z.broken, sizeof(z.broken), "%s/broken.h5", folder);
    snprintf(z.out, sizeof(z.out), "%s/out.h5", folder);
    snprintf(z.errors, sizeof(z.errors), "%s/errors", folder);
    z.null = fopen("/dev/null", "w");
    z.p = mmap(NULL, sizeof(*z.p), PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (z.null == NULL || z.p == MAP_FAILED ||
        make_file(z.clean, &err) != ST_OK || !load(&z)) {
        fprintf(stderr, "fuzz_h5: cannot begin in %s\n", folder);
        return 2;
    }
    z.p->at = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
    run(&z, z.p->at + count);
    printf("seed %" PRIu64 ": %" PRIu64 " files of %zu bytes: read %" PRIu64
           " times, refused %" PRIu64 " times, merged %" PRIu64
           "; died inside HDF5: %" PRIu64 "; failures: %" PRIu64 "\n",
           z.seed, count, z.size, z.p->read, z.p->refused, z.p->merged,
           z.library, z.failures);
    for (unsigned i = 0; i < 4; i++)
        unlink(i == 0   ? z.clean
               : i == 1 ? z.broken
               : i == 2 ? z.out
                        : z.errors);
    snprintf(z.errors, sizeof(z.errors), "%s/out.h5.part", folder);
    unlink(z.errors);
    rmdir(folder);
    free(z.good);
    free(z.bad);
    fclose(z.null);
    return z.failures != 0;
}
