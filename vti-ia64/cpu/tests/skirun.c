/* skirun.c: programs on Ski and on the model, by the guest `programs`. */
#include "vti-ia64/cpu/tests/skirun.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vti-ia64/engine.h"
#include "vti-ia64/platform/ski.h"

#define BATCH    0x1000000u /* where the guest has the file */
#define MEMORY   (96u << 20)
#define INSNS    20000u /* more than a program has with all that is around it */
#define PROGRAMS "programs"
#define RESULTS  "results"

void skirun_batch_init(struct skirun_batch *b, unsigned n)
{
    b->n = n;
    b->program = calloc(n, sizeof(*b->program));
    b->state = calloc(n, sizeof(*b->state));
    b->ours = calloc(n, sizeof(*b->ours));
    b->theirs = calloc(n, sizeof(*b->theirs));
    if (b->program == NULL || b->state == NULL || b->ours == NULL ||
        b->theirs == NULL)
        abort();
}

void skirun_batch_fini(struct skirun_batch *b)
{
    free(b->program);
    free(b->state);
    free(b->ours);
    free(b->theirs);
}

/* The guest's input; and its output, which is there before, for Ski opens only
 * what is. */
static bool write_files(struct skirun_batch *b)
{
    FILE *f = fopen(PROGRAMS, "wb"), *out = fopen(RESULTS, "wb");
    uint64_t page[512] = {b->n};
    uint64_t at = BATCH + sizeof(page) + b->n * sizeof(*b->state);
    uint8_t code[(SKIPROG_BUNDLES + 8) * 16];
    bool ok = f != NULL && out != NULL && fwrite(page, sizeof(page), 1, f) == 1;

    for (unsigned k = 0; ok && k < b->n; k++) {
        b->state[k].gr[0] = at;
        at += skiprog_size(&b->program[k]);
        ok = fwrite(&b->state[k], sizeof(*b->state), 1, f) == 1;
    }
    for (unsigned k = 0; ok && k < b->n; k++) {
        skiprog_put(&b->program[k], code);
        ok = fwrite(code, skiprog_size(&b->program[k]), 1, f) == 1;
    }
    if (f != NULL && fclose(f) != 0)
        ok = false;
    if (out != NULL && fclose(out) != 0)
        ok = false;
    if (!ok)
        perror(PROGRAMS);
    return ok;
}

static bool read_results(const char *whose, struct skiprog_block *to,
                         unsigned n)
{
    FILE *f = fopen(RESULTS, "rb");
    bool ok = f != NULL && fread(to, sizeof(*to), n, f) == n;

    if (f != NULL)
        fclose(f);
    if (!ok)
        fprintf(stderr, "%s: no results\n", whose);
    return ok;
}

static int open_file(void *opaque, const char *path, int access)
{
    (void)opaque;
    return open(path, access | O_CLOEXEC);
}

static void ignore(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    (void)buf;
    (void)len;
}

bool skirun_ours(const struct skirun *k, struct skirun_batch *b)
{
    const char *args[2] = {k->image, NULL};
    struct ski_config config = {.engine = &ia64_native_engine_ops,
                                .file = k->image,
                                .args = args,
                                .mode = SKI_SYSTEM,
                                .mem_bytes = MEMORY,
                                .clock = CLOCK_VIRTUAL,
                                .ips = CLOCK_NS_PER_S,
                                .alat_miss = true, /* as Ski's */
                                .console = ignore,
                                .open = open_file,
                                .trace_from = UINT64_MAX};
    enum run_end end = RUN_MACHINE;
    struct ski *s = NULL;
    struct error err = {0};
    bool ok;

    ok = write_files(b) && ski_create(&config, &s, &err) == ST_OK &&
         engine_run(ski_vcpu(s), (uint64_t)b->n * INSNS + INSNS, NULL, NULL,
                    &end, &err) == ST_OK;
    if (!ok || end != RUN_MACHINE)
        fprintf(stderr, "%s: %s: %s\n", k->image, run_end_text(end), err.text);
    ski_destroy(s);
    return ok && read_results("the model", b->ours, b->n);
}

bool skirun_both(const struct skirun *k, struct skirun_batch *b)
{
    char command[2048];

    snprintf(command, sizeof(command),
             "timeout 300 '%s' -noconsole -nonet '%s' </dev/null >ski.log 2>&1",
             k->ski, k->image);
    return skirun_ours(k, b) && write_files(b) && system(command) == 0 &&
           read_results(k->ski, b->theirs, b->n);
}
