/* verify.c: whether two runs of a guest do the same, and where they begin not
 * to. */
#include "experiments/cli/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mmu/mmu.h"
#include "common/x86/cpu.h"
#include "experiments/cli/disasm.h"
#include "experiments/cli/stop.h"

/* RAM is compared at every 64th comparison and at the end: a difference in RAM
 * alone is found when it is not older than that. */
#define RAM_EVERY 64u
/* Parts into which a stretch that has the difference is cut. */
#define PARTS 64u

/* What is compared with what. */
struct job {
    const struct run_request *rq;
    const struct verify_side *side[2];
    uint64_t every;
};

/* One of two runs of one guest. */
struct twin {
    struct run_request rq;
    struct run run;
    struct lockstep_output output;
};

struct twins {
    struct twin side[2];
    struct lockstep l;
};

void verify_finding_free(struct verify_finding *f)
{
    free(f->text);
    f->text = NULL;
}

/* ---- two runs ---- */
static void kick(void *opaque)
{
    struct vcpu *v = opaque;

    v->processor->kick(v);
}

/* Types what there is to type; a stopping signal kicks the vcpu. */
static bool poll(void *opaque, uint64_t wait_ns)
{
    struct twin *t = opaque;

    if (stop_signal() != 0)
        kick(t->run.v);
    return console_poll(t->run.console, wait_ns);
}

static enum status twin_init(struct twin *t, const struct run_request *rq,
                             const struct verify_side *who, struct error *err)
{
    enum status st;

    t->rq = *rq;
    t->rq.engine = who->engine;
    t->rq.processor = who->processor;
    t->rq.output = lockstep_console;
    t->rq.output_opaque = &t->output;
    st = run_init(&t->run, &t->rq, err);
    if (st == ST_OK)
        console_start(t->run.console, t->run.m, kick, t->run.v);
    return st;
}

static void twins_fini(struct twins *p)
{
    lockstep_fini(&p->l);
    for (unsigned k = 0; k < 2; k++)
        if (p->side[k].run.rq != NULL)
            run_fini(&p->side[k].run);
    free(p);
}

static enum status twins_create(const struct job *j, struct twins **out,
                                struct error *err)
{
    struct twins *p = calloc(1, sizeof(*p));
    struct lockstep_side side[2];
    enum status st = ST_OK;

    if (p == NULL)
        return err_set(err, ST_NOMEM, "two runs");
    for (unsigned k = 0; st == ST_OK && k < 2; k++) {
        struct twin *t = &p->side[k];

        st = twin_init(t, j->rq, j->side[k], err);
        side[k] = (struct lockstep_side){.v = t->run.v,
                                         .name = j->side[k]->name,
                                         .poll = poll,
                                         .poll_opaque = t,
                                         .output = &t->output};
    }
    if (st == ST_OK)
        st = lockstep_init(&p->l, &side[0], &side[1], err);
    if (st == ST_OK)
        *out = p;
    else
        twins_fini(p);
    return st;
}

/* To a count, and compare; `ram`: RAM and ROM, too. */
static enum status go(struct twins *p, uint64_t to, bool ram, struct error *err)
{
    enum status st = lockstep_run(&p->l, to, err);

    if (st == ST_OK && p->l.what == LOCKSTEP_SAME &&
        lockstep_check_devices(&p->l) == LOCKSTEP_SAME && ram)
        lockstep_check_memory(&p->l);
    return st;
}

/* ---- the difference ---- */

/* The instruction at which a run stands, and its address: x86. */
static void print_insn(const struct twin *t, FILE *out)
{
    struct x86_cpu *c = x86_cpu(t->run.v);
    uint64_t ip = c->s.r[R_IP], lin, pa, offset;
    uint8_t bytes[15] = {0};
    struct disasm *d;
    char text[160] = "(not mapped)";
    const char *name = symtab_lookup(&t->run.symbols, ip, &offset);
    unsigned n;

    for (n = 0; n < sizeof(bytes); n++) {
        lin = c->code_size == 3 ? ip + n
                                : (c->s.seg[SEG_CS].base + ip + n) & 0xffffffff;
        if (!c->mmu->peek(c, lin, &pa) ||
            !gmem_read(&t->run.m->mem, pa, &bytes[n], 1))
            break;
    }
    if (n > 0 && disasm_create(&d, NULL) == ST_OK) {
        disasm_text(d, 8u << c->code_size, ip, bytes, n, text, sizeof(text));
        disasm_destroy(d);
    }
    fprintf(out, "  0x%" PRIx64, ip);
    if (name != NULL)
        fprintf(out, " <%s+0x%" PRIx64 ">", name, offset);
    fprintf(out, "  %s   (cpl %u)\n", text, c->cpl);
}

static enum status describe(const struct job *j, uint64_t lo, uint64_t hi,
                            struct verify_finding *f, struct error *err)
{
    struct twins *p;
    size_t size;
    FILE *out;
    enum status st = twins_create(j, &p, err);

    if (st != ST_OK)
        return st;
    out = open_memstream(&f->text, &size);
    if (out == NULL) {
        twins_fini(p);
        return err_set(err, ST_NOMEM, "text");
    }
    st = lockstep_run(&p->l, lo, err);
    if (st == ST_OK) {
        fprintf(out, "  after %" PRIu64 " instructions both are at\n", lo);
        if (p->side[0].run.ski == NULL)
            print_insn(&p->side[0], out);
        else
            fprintf(out, "  the ip below, in the column \"before\"\n");
        st = go(p, hi, true, err);
    }
    if (st == ST_OK) {
        f->what = p->l.what;
        lockstep_print(&p->l, out);
    }
    fclose(out);
    twins_fini(p);
    return st;
}

/* ---- looking for it ---- */

/* Both runs from the start to *lo, then on to the first difference, at most to
 * *hi. The stretch without one grows with *lo. */
static enum status search(const struct job *j, uint64_t *lo, uint64_t *hi,
                          uint64_t step, struct verify_finding *f,
                          struct error *err)
{
    struct twins *p;
    enum status st = twins_create(j, &p, err);
    uint64_t at = *lo;

    f->what = LOCKSTEP_SAME;
    if (st != ST_OK)
        return st;
    st = lockstep_run(&p->l, at, err);
    while (st == ST_OK && at < *hi && stop_signal() == 0) {
        at = *hi - at < step ? *hi : at + step;
        st = go(p, at, true, err);
        if (st == ST_OK && p->l.what != LOCKSTEP_SAME) {
            f->what = p->l.what;
            *hi = at;
            break;
        }
        *lo = at;
    }
    twins_fini(p);
    return st;
}

/* The difference lies in (lo, hi]: cut until it is one instruction. */
static enum status narrow(const struct job *j, uint64_t lo, uint64_t hi,
                          struct verify_finding *f, struct error *err)
{
    enum lockstep_what first = f->what;
    enum status st = ST_OK;

    while (st == ST_OK && hi - lo > 1 && stop_signal() == 0) {
        uint64_t step = (hi - lo) / PARTS;

        st = search(j, &lo, &hi, step == 0 ? 1 : step, f, err);
        if (st == ST_OK && f->what == LOCKSTEP_SAME) {
            f->what = first; /* not this time */
            f->repeats = false;
            f->at = lo;
            return ST_OK;
        }
    }
    f->at = lo;
    return st == ST_OK && stop_signal() == 0 ? describe(j, lo, hi, f, err) : st;
}

/* Both to the end. *same_ram, and *at: the count at which all was last seen
 * to be the same, and that of the last comparison. */
static enum status side_by_side(const struct job *j, struct verify_finding *f,
                                uint64_t *same_ram, uint64_t *at,
                                struct error *err)
{
    uint64_t max = j->rq->max_insns;
    struct twins *p;
    enum status st = twins_create(j, &p, err);
    bool over = false;

    if (st != ST_OK)
        return st;
    for (*same_ram = *at = 0; st == ST_OK && !over;
         *at = max - *at < j->every ? max : *at + j->every) {
        bool ram = f->comparisons % RAM_EVERY == 0 || *at == max;

        st = go(p, *at, ram, err);
        if (st != ST_OK || stop_signal() != 0)
            break;
        f->comparisons++;
        over = p->l.side[0].end != RUN_BUDGET || *at == max;
        if (p->l.what == LOCKSTEP_SAME && over && !ram)
            lockstep_check_memory(&p->l);
        f->what = p->l.what;
        if (f->what != LOCKSTEP_SAME)
            break;
        f->at = over ? p->l.side[0].v->icount : *at;
        if (ram)
            *same_ram = *at;
    }
    twins_fini(p);
    return st;
}

enum status verify_runs(const struct run_request *rq,
                        const struct verify_side *a,
                        const struct verify_side *b, uint64_t every,
                        struct verify_finding *f, struct error *err)
{
    const struct job job = {rq, {a, b}, every};
    uint64_t same_ram, at;
    enum status st;

    *f = (struct verify_finding){.repeats = true};
    st = side_by_side(&job, f, &same_ram, &at, err);
    if (st != ST_OK || f->what == LOCKSTEP_SAME)
        return st;
    /* What differs now may have begun in RAM. */
    return narrow(&job, same_ram, at, f, err);
}
