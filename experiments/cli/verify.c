/* verify.c: whether two runs of a guest do the same, and where they begin not
 * to. */
#include "experiments/cli/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/mmu/mmu.h"
#include "common/x86/cpu.h"
#include "experiments/cli/disasm.h"
#include "experiments/cli/pair.h"
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

static const char *const diff_text[] = {
    [PAIR_SAME] = "nothing",
    [PAIR_ENDED] = "nothing",
    [PAIR_END] = "one run ended, or stopped at another count",
    [PAIR_REGS] = "registers",
    [PAIR_DEVICES] = "devices",
    [PAIR_OUTPUT] = "console output",
    [PAIR_RAM] = "memory",
};

const char *verify_diff_text(enum pair_diff diff)
{
    return diff_text[diff];
}

bool verify_is_same(const struct verify_finding *f)
{
    return f->diff == PAIR_SAME || f->diff == PAIR_ENDED;
}

void verify_finding_free(struct verify_finding *f)
{
    free(f->text);
    f->text = NULL;
}

/* ---- the difference ---- */
static enum status pair_open(const struct job *k, struct pair *p,
                             struct error *err)
{
    struct run_request a = *k->rq, b = *k->rq;

    a.engine = k->side[0]->engine;
    a.processor = k->side[0]->processor;
    b.engine = k->side[1]->engine;
    b.processor = k->side[1]->processor;
    return pair_init(p, &a, &b, err);
}

/* The instruction at which a run stands, and its address. */
static void print_insn(const struct pair_side *s, FILE *out)
{
    struct x86_cpu *c = x86_cpu(s->run.v);
    uint64_t ip = c->s.r[R_IP], lin, pa, offset;
    uint8_t bytes[15] = {0};
    struct disasm *d;
    char text[160] = "(not mapped)";
    const char *name = symtab_lookup(&s->run.symbols, ip, &offset);
    unsigned n;

    for (n = 0; n < sizeof(bytes); n++) {
        lin = c->code_size == 3 ? ip + n
                                : (c->s.seg[SEG_CS].base + ip + n) & 0xffffffff;
        if (!c->mmu->peek(c, lin, &pa) ||
            !gmem_read(&s->run.m->mem, pa, &bytes[n], 1))
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

static void print_regs(const struct pair *p, const struct verify_side *x,
                       const struct verify_side *y, FILE *out)
{
    const struct regset *rs = p->side[0].run.v->regs;
    char a[64], b[64];
    unsigned i;

    fprintf(out, "  %-16s %-34s %s\n", "register", x->name, y->name);
    for (i = 0;
         (i = regset_diff(rs, p->side[0].view, p->side[1].view, i)) < rs->nr;
         i++)
        fprintf(out, "  %-16s %-34s %s\n", rs->reg[i].name,
                regset_text(&rs->reg[i], p->side[0].view, a, sizeof(a)),
                regset_text(&rs->reg[i], p->side[1].view, b, sizeof(b)));
}

static void print_side_ends(const struct pair *p, const struct verify_side *x,
                            const struct verify_side *y, FILE *out)
{
    const char *const name[] = {x->name, y->name};
    const struct pair_side *s;

    for (unsigned k = 0; k < 2; k++) {
        s = &p->side[k];
        fprintf(out, "  %s: %s after %" PRIu64 " instructions\n", name[k],
                s->ended ? run_end_text(s->end) : "runs on", s->run.v->icount);
    }
}

static void print_ram(const struct pair *p, FILE *out)
{
    uint8_t a[16], b[16];
    uint64_t pa;

    if (!pair_ram_diff(p, &pa))
        return;
    gmem_read(&p->side[0].run.m->mem, pa & ~(uint64_t)15, a, sizeof(a));
    gmem_read(&p->side[1].run.m->mem, pa & ~(uint64_t)15, b, sizeof(b));
    for (unsigned k = 0; k < 2; k++) {
        fprintf(out, "  0x%09" PRIx64 " ", pa & ~(uint64_t)15);
        for (unsigned n = 0; n < 16; n++)
            fprintf(out, " %02x", k == 0 ? a[n] : b[n]);
        fputc('\n', out);
    }
}

/* ---- looking for it ---- */

/* Both runs from the start to *lo, then on to the first difference, at most to
 * hi. The stretch without one grows with *lo. */
static enum status search(const struct job *k, uint64_t *lo, uint64_t *hi,
                          uint64_t step, struct verify_finding *f,
                          struct pair *p, struct error *err)
{
    enum status st = pair_open(k, p, err);
    uint64_t at = *lo;

    f->diff = PAIR_SAME;
    if (st == ST_OK && at > 0)
        st = pair_run(p, at, err);
    while (st == ST_OK && at < *hi) {
        at = *hi - at < step ? *hi : at + step;
        st = pair_run(p, at, err);
        f->diff = st == ST_OK ? pair_compare(p, true) : PAIR_SAME;
        if (f->diff != PAIR_SAME) {
            *hi = at;
            break;
        }
        *lo = at;
    }
    return st;
}

static enum status describe(const struct job *k, uint64_t lo, uint64_t hi,
                            struct verify_finding *f, struct error *err)
{
    const struct verify_side *x = k->side[0], *y = k->side[1];
    struct pair p;
    size_t size;
    FILE *out;
    enum status st = pair_open(k, &p, err);

    if (st != ST_OK)
        return st;
    out = open_memstream(&f->text, &size);
    if (out == NULL) {
        pair_fini(&p);
        return err_set(err, ST_NOMEM, "text");
    }
    st = pair_run(&p, lo, err);
    if (st == ST_OK) {
        fprintf(out, "  after %" PRIu64 " instructions both are at\n", lo);
        print_insn(&p.side[0], out);
        st = pair_run(&p, hi, err);
    }
    if (st == ST_OK) {
        f->diff = pair_compare(&p, true);
        fprintf(out, "  then this differs: %s\n", diff_text[f->diff]);
        if (f->diff == PAIR_REGS)
            print_regs(&p, x, y, out);
        else if (f->diff == PAIR_END)
            print_side_ends(&p, x, y, out);
        else if (f->diff == PAIR_RAM)
            print_ram(&p, out);
    }
    fclose(out);
    pair_fini(&p);
    return st;
}

/* The difference lies in (lo, hi]: cut until it is one instruction. */
static enum status narrow(const struct job *k, uint64_t lo, uint64_t hi,
                          struct verify_finding *f, struct error *err)
{
    enum pair_diff first = f->diff;
    enum status st = ST_OK;
    struct pair p;

    while (st == ST_OK && hi - lo > 1 && stop_signal() == 0) {
        uint64_t step = (hi - lo) / PARTS;

        st = search(k, &lo, &hi, step == 0 ? 1 : step, f, &p, err);
        pair_fini(&p);
        if (st == ST_OK && (f->diff == PAIR_SAME || f->diff == PAIR_ENDED)) {
            f->diff = first; /* not this time */
            f->repeats = false;
            f->at = lo;
            return ST_OK;
        }
    }
    f->at = lo;
    return st == ST_OK ? describe(k, lo, hi, f, err) : st;
}

enum status verify_runs(const struct run_request *rq,
                        const struct verify_side *a,
                        const struct verify_side *b, uint64_t every,
                        struct verify_finding *f, struct error *err)
{
    const struct job job = {rq, {a, b}, every}, *k = &job;
    uint64_t at = 0, same = 0, same_ram = 0, max = rq->max_insns;
    struct pair p;
    enum status st = pair_open(k, &p, err);
    bool ram;

    *f = (struct verify_finding){.repeats = true};
    if (st != ST_OK)
        return st;
    while (st == ST_OK && stop_signal() == 0) {
        ram = f->comparisons % RAM_EVERY == 0 || at == max;
        f->diff = pair_compare(&p, ram);
        f->comparisons++;
        if (f->diff == PAIR_ENDED && !ram)
            f->diff = pair_compare(&p, true);
        if (f->diff != PAIR_SAME)
            break;
        same = at;
        if (ram)
            same_ram = at;
        if (at == max)
            break;
        at = max - at < every ? max : at + every;
        st = pair_run(&p, at, err);
    }
    f->at = f->diff == PAIR_ENDED ? p.side[0].run.v->icount : same;
    pair_fini(&p);
    if (st != ST_OK || f->diff == PAIR_SAME || f->diff == PAIR_ENDED)
        return st;
    /* What differs now may have begun in RAM. */
    return narrow(k, same_ram, at, f, err);
}
