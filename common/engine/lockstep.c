/* lockstep.c: two vcpus side by side. */
#include "common/engine/lockstep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/machine/snap.h"

void lockstep_console(void *opaque, const uint8_t *buf, size_t len)
{
    struct lockstep_output *o = opaque;

    for (size_t k = 0; k < len; k++)
        o->hash = (o->hash ^ buf[k]) * 0x100000001b3ull;
    o->bytes += len;
}

static enum status check(const struct vcpu *ref, const struct vcpu *dut,
                         struct error *err)
{
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
    return ST_OK;
}

enum status lockstep_init(struct lockstep *l, const struct lockstep_side *ref,
                          const struct lockstep_side *dut, struct error *err)
{
    size_t size = align_up(ref->v->regs->blob_size, 64);
    enum status st = check(ref->v, dut->v, err);

    memset(l, 0, sizeof(*l));
    if (st != ST_OK)
        return st;
    l->side[0] = *ref;
    l->side[1] = *dut;
    l->side[0].end = l->side[1].end = RUN_BUDGET;
    l->side[0].view = aligned_alloc(64, size);
    l->side[1].view = aligned_alloc(64, size);
    l->before = aligned_alloc(64, size);
    if (l->side[0].view == NULL || l->side[1].view == NULL || l->before == NULL)
        return err_set(err, ST_NOMEM, "lock step");
    return ST_OK;
}

void lockstep_fini(struct lockstep *l)
{
    free(l->side[0].view);
    free(l->side[1].view);
    free(l->before);
    memset(l, 0, sizeof(*l));
}

static bool ends_differ(const struct lockstep *l)
{
    const struct machine *a = l->side[0].v->m, *b = l->side[1].v->m;

    return l->side[0].end != l->side[1].end || a->end != b->end ||
           a->end_code != b->end_code;
}

static bool registers_differ(struct lockstep *l)
{
    const struct regset *rs = l->side[0].v->regs;
    void *a = l->side[0].view, *b = l->side[1].view;

    engine_view(l->side[0].v, a);
    engine_view(l->side[1].v, b);
    return memcmp(a, b, rs->blob_size) != 0 &&
           regset_diff(rs, a, b, 0) != rs->nr;
}

static void compare(struct lockstep *l)
{
    bool registers = registers_differ(l);

    if (ends_differ(l))
        l->what = LOCKSTEP_END;
    else if (l->side[0].v->icount != l->side[1].v->icount)
        l->what = LOCKSTEP_COUNT;
    else if (registers)
        l->what = LOCKSTEP_REGISTERS;
}

enum status lockstep_run(struct lockstep *l, uint64_t to, struct error *err)
{
    enum status st = ST_OK;

    l->what = LOCKSTEP_SAME;
    l->from = l->side[0].v->icount;
    l->to = to;
    engine_view(l->side[0].v, l->before);
    for (unsigned k = 0; k < 2 && st == ST_OK; k++) {
        struct lockstep_side *s = &l->side[k];

        st = engine_run(s->v, to, s->poll, s->poll_opaque, &s->end, err);
    }
    if (st == ST_OK)
        compare(l);
    return st;
}

/* ---- what is compared on demand ---- */
static uint64_t devices_hash(struct machine *m)
{
    struct snap s;
    uint64_t h;

    snap_init_hash(&s, &m->clock);
    machine_snapshot(m, &s, false);
    h = snap_hash(&s);
    snap_fini(&s);
    return h;
}

enum lockstep_what lockstep_check_devices(struct lockstep *l)
{
    const struct lockstep_output *a = l->side[0].output, *b = l->side[1].output;

    if (devices_hash(l->side[0].v->m) != devices_hash(l->side[1].v->m))
        l->what = LOCKSTEP_DEVICES;
    else if (a != NULL && b != NULL &&
             (a->bytes != b->bytes || a->hash != b->hash))
        l->what = LOCKSTEP_OUTPUT;
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
    struct gmem *a = &l->side[0].v->m->mem, *b = &l->side[1].v->m->mem;

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
    const struct ledger *rows[] = {engine_ledger(l->side[0].v),
                                   engine_ledger(l->side[1].v)};
    const struct ledger_row *a, *b;
    uint32_t ia = 0, ib = 0;

    do {
        a = next_row(rows[0], &ia);
        b = next_row(rows[1], &ib);
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
const char *lockstep_text(enum lockstep_what what)
{
    static const char *const text[] = {
        [LOCKSTEP_SAME] = "nothing",
        [LOCKSTEP_END] = "how the run ended",
        [LOCKSTEP_COUNT] = "count of instructions",
        [LOCKSTEP_REGISTERS] = "registers",
        [LOCKSTEP_DEVICES] = "devices",
        [LOCKSTEP_OUTPUT] = "console output",
        [LOCKSTEP_MEMORY] = "memory",
        [LOCKSTEP_LEDGER] = "ledger",
    };

    return text[what];
}

static void print_registers(const struct lockstep *l, FILE *out)
{
    const struct regset *rs = l->side[0].v->regs;
    const void *x = l->side[0].view, *y = l->side[1].view;
    unsigned k = regset_diff(rs, x, y, 0);
    char a[64], b[64], c[64];

    if (k < rs->nr)
        fprintf(out, "  %-14s %-34s %-34s before\n", "register",
                l->side[0].name, l->side[1].name);
    for (; k < rs->nr; k = regset_diff(rs, x, y, k + 1))
        fprintf(out, "  %-14s %-34s %-34s %s\n", rs->reg[k].name,
                regset_text(&rs->reg[k], x, a, sizeof(a)),
                regset_text(&rs->reg[k], y, b, sizeof(b)),
                regset_text(&rs->reg[k], l->before, c, sizeof(c)));
}

/* The 16 bytes that hold the first one that differs. */
static void print_memory(const struct lockstep *l, FILE *out)
{
    uint64_t pa = l->where & ~(uint64_t)15;
    uint8_t bytes[16];

    for (unsigned s = 0; s < 2; s++) {
        gmem_read(&l->side[s].v->m->mem, pa, bytes, sizeof(bytes));
        fprintf(out, "  0x%09" PRIx64 " ", pa);
        for (unsigned k = 0; k < sizeof(bytes); k++)
            fprintf(out, " %02x", bytes[k]);
        fprintf(out, "  %s\n", l->side[s].name);
    }
}

static void print_row(const struct lockstep_side *s, uint64_t n, FILE *out)
{
    const struct ledger_row *r = NULL;
    uint32_t at = 0;

    while (at <= n && (r = next_row(&s->v->ledger, &at)) != NULL)
        ;
    if (r == NULL)
        fprintf(out, "  %s: no such row\n", s->name);
    else
        fprintf(out, "  %s: %s %u/%" PRIx64 ": %" PRIu64 "\n", s->name,
                ledger_kind_name(r->kind), r->reason, r->sub, r->count);
}

void lockstep_print(const struct lockstep *l, FILE *out)
{
    fprintf(out,
            "  after instructions %" PRIu64 " to %" PRIu64
            " this differs: %s\n",
            l->from, l->to, lockstep_text(l->what));
    if (l->what == LOCKSTEP_END || l->what == LOCKSTEP_COUNT)
        for (unsigned k = 0; k < 2; k++)
            fprintf(out, "  %s: %s after %" PRIu64 " instructions\n",
                    l->side[k].name, run_end_text(l->side[k].end),
                    l->side[k].v->icount);
    if (l->what == LOCKSTEP_MEMORY)
        print_memory(l, out);
    for (unsigned k = 0; k < 2 && l->what == LOCKSTEP_LEDGER; k++)
        print_row(&l->side[k], l->where, out);
    print_registers(l, out);
}
