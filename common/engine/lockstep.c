/* lockstep.c: two vcpus side by side. */
#include "common/engine/lockstep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/engine/snapshot.h"

enum status lockstep_init(struct lockstep *l, struct vcpu *ref,
                          struct vcpu *dut, struct error *err)
{
    memset(l, 0, sizeof(*l));
    if (ref->regs != dut->regs)
        return err_set(err, ST_INVAL, "lock step: %s and %s registers",
                       ref->regs->isa, dut->regs->isa);
    if (!ref->processor->exact_budget || !dut->processor->exact_budget)
        return err_set(err, ST_INVAL, "lock step: %s has no exact budgets",
                       ref->processor->exact_budget ? dut->processor->name
                                                    : ref->processor->name);
    if (ref->m->clock.mode != CLOCK_VIRTUAL ||
        dut->m->clock.mode != CLOCK_VIRTUAL)
        return err_set(err, ST_INVAL, "lock step: not under the host's clock");
    l->before = malloc(ref->regs->blob_size);
    if (l->before == NULL)
        return err_set(err, ST_NOMEM, "lock step");
    l->ref = ref;
    l->dut = dut;
    return ST_OK;
}

void lockstep_fini(struct lockstep *l)
{
    free(l->before);
    memset(l, 0, sizeof(*l));
}

static void compare(struct lockstep *l)
{
    const struct regset *rs = l->ref->regs;

    if (l->end != l->dut_end)
        l->what = LOCKSTEP_END;
    else if (l->ref->icount != l->dut->icount)
        l->what = LOCKSTEP_COUNT;
    else if (memcmp(l->ref->state, l->dut->state, rs->blob_size) != 0 &&
             regset_diff(rs, l->ref->state, l->dut->state, 0) != rs->nr)
        l->what = LOCKSTEP_REGISTERS;
}

enum status lockstep_run(struct lockstep *l, uint64_t to, struct error *err)
{
    enum status st;

    l->what = LOCKSTEP_SAME;
    l->from = l->ref->icount;
    l->to = to;
    memcpy(l->before, l->ref->state, l->ref->regs->blob_size);
    st = engine_run(l->ref, to, NULL, NULL, &l->end, err);
    if (st == ST_OK)
        st = engine_run(l->dut, to, NULL, NULL, &l->dut_end, err);
    if (st == ST_OK)
        compare(l);
    return st;
}

enum lockstep_what lockstep_check_devices(struct lockstep *l)
{
    if (snapshot_hash(l->ref) != snapshot_hash(l->dut))
        l->what = LOCKSTEP_DEVICES;
    return l->what;
}

/* First byte that differs, or n. */
static uint64_t first_difference(const uint8_t *a, const uint8_t *b, uint64_t n)
{
    uint64_t k = 0;

    if (memcmp(a, b, n) == 0)
        return n;
    while (a[k] == b[k])
        k++;
    return k;
}

enum lockstep_what lockstep_check_memory(struct lockstep *l)
{
    struct gmem *a = &l->ref->m->mem, *b = &l->dut->m->mem;

    for (unsigned k = 0; k < a->nr_regions && k < b->nr_regions; k++) {
        const struct gmem_region *ra = &a->region[k], *rb = &b->region[k];
        uint64_t n = ra->size < rb->size ? ra->size : rb->size;
        uint64_t at = first_difference(ra->host, rb->host, n);

        if (at != n || ra->size != rb->size || ra->base != rb->base) {
            l->what = LOCKSTEP_MEMORY;
            l->where = ra->base + at;
            return l->what;
        }
    }
    return l->what;
}

/* The next architectural row from *at on, or NULL. */
static const struct ledger_row *next_row(const struct ledger *g, uint32_t *at)
{
    while (*at < g->nr && !ledger_kind_architectural(g->row[*at].kind))
        ++*at;
    return *at < g->nr ? &g->row[(*at)++] : NULL;
}

enum lockstep_what lockstep_check_ledger(struct lockstep *l)
{
    const struct ledger_row *a, *b;
    uint32_t ia = 0, ib = 0;

    do {
        a = next_row(&l->ref->ledger, &ia);
        b = next_row(&l->dut->ledger, &ib);
        if ((a == NULL) != (b == NULL) ||
            (a != NULL && (a->kind != b->kind || a->reason != b->reason ||
                           a->sub != b->sub || a->count != b->count))) {
            l->what = LOCKSTEP_LEDGER;
            l->where = ia - 1;
            return l->what;
        }
    } while (a != NULL);
    return l->what;
}

/* ---- text ---- */
static void print_registers(const struct lockstep *l, FILE *out)
{
    const struct regset *rs = l->ref->regs;
    unsigned k = regset_diff(rs, l->ref->state, l->dut->state, 0);
    char a[64], b[64], c[64];

    for (; k < rs->nr;
         k = regset_diff(rs, l->ref->state, l->dut->state, k + 1)) {
        regset_text(&rs->reg[k], l->ref->state, a, sizeof(a));
        regset_text(&rs->reg[k], l->dut->state, b, sizeof(b));
        regset_text(&rs->reg[k], l->before, c, sizeof(c));
        fprintf(out, "  %-14s %s: %s   %s: %s   before: %s\n", rs->reg[k].name,
                l->ref->processor->name, a, l->dut->processor->name, b, c);
    }
}

static void print_memory(const struct lockstep *l, FILE *out)
{
    const struct vcpu *side[2] = {l->ref, l->dut};

    for (unsigned s = 0; s < 2; s++) {
        uint8_t bytes[16];

        gmem_read(&side[s]->m->mem, l->where, bytes, sizeof(bytes));
        fprintf(out, "  %-8s", side[s]->processor->name);
        for (unsigned k = 0; k < sizeof(bytes); k++)
            fprintf(out, " %02x", bytes[k]);
        fputc('\n', out);
    }
}

static void print_row(const struct vcpu *v, uint64_t n, FILE *out)
{
    const struct ledger_row *r = NULL;
    uint32_t at = 0;

    while (at <= n && (r = next_row(&v->ledger, &at)) != NULL)
        ;
    if (r == NULL)
        fprintf(out, "  %-8s no such row\n", v->processor->name);
    else
        fprintf(out, "  %-8s %s %u/%" PRIx64 ": %" PRIu64 "\n",
                v->processor->name, ledger_kind_name(r->kind), r->reason,
                r->sub, r->count);
}

void lockstep_print(const struct lockstep *l, FILE *out)
{
    static const char *const what[] = {"equal",     "end of the run", "count",
                                       "registers", "devices",        "memory",
                                       "ledger"};

    fprintf(out, "%s: instructions %" PRIu64 " to %" PRIu64, what[l->what],
            l->from, l->to);
    fprintf(out, "; %s: %" PRIu64 ", %s; %s: %" PRIu64 ", %s\n",
            l->ref->processor->name, l->ref->icount, run_end_text(l->end),
            l->dut->processor->name, l->dut->icount, run_end_text(l->dut_end));
    if (l->what == LOCKSTEP_MEMORY) {
        fprintf(out, "  at physical %#" PRIx64 "\n", l->where);
        print_memory(l, out);
    } else if (l->what == LOCKSTEP_LEDGER) {
        print_row(l->ref, l->where, out);
        print_row(l->dut, l->where, out);
    }
    print_registers(l, out);
}
