/* locktest.c: random programs on two processors in lock step.
 *
 * A program is a function of its seed, and so is the way it is cut into slices.
 * When a slice ends in a difference the program is run again from the start,
 * with the same slices up to that one and then shorter ones in its place: the
 * shortest that differs is reported, with the instructions that it runs. */
#include "bt/translator/tests/locktest.h"

#include <inttypes.h>
#include <string.h>

#include <capstone/capstone.h>

#include "bt/engine.h"
#include "bt/translator/tests/lockgen.h"
#include "common/base/cc.h"
#include "common/engine/lockstep.h"

struct pair {
    struct lock_guest ref, dut;
    struct lockstep l;
    struct rng slices;
};

static void put_image(struct lock_guest *g, const struct lockgen_image *image)
{
    gmem_load(&g->m->mem, LOCK_CODE, image->code, sizeof(image->code));
    gmem_load(&g->m->mem, LOCK_LARGE + LOCK_CODE, image->code,
              sizeof(image->code));
    gmem_load(&g->m->mem, LOCK_OTHER, image->other, sizeof(image->other));
}

static enum status open_pair(struct locktest *t, struct pair *p,
                             enum lock_mode mode, uint64_t seed,
                             struct error *err)
{
    static struct lockgen_image image;
    enum status st;

    memset(p, 0, sizeof(*p));
    p->slices.state = ~seed;

    st = lock_guest_init(&p->ref, mode, t->ref, seed, err);
    if (st == ST_OK)
        st = lock_guest_init(&p->dut, mode, t->dut, seed, err);
    if (st == ST_OK)
        st = lockstep_init(
            &p->l, &(struct lockstep_side){.v = p->ref.v, .name = t->ref->name},
            &(struct lockstep_side){.v = p->dut.v, .name = t->dut->name}, err);
    if (st == ST_OK) {
        lockgen_make(&p->ref, seed, &image);
        put_image(&p->ref, &image);
        put_image(&p->dut, &image);
    }
    if (st == ST_OK && t->vmm)
        st = lock_vmm_attach(p->dut.v, err);
    if (st == ST_OK && t->dut == &jit_processor_ops)
        st = lock_options_draw(p->dut.v, seed, t->cache, err);
    return st;
}

enum {
#define STAT(name, text) STAT_##name,
#include "bt/translator/stats.def"
#undef STAT
};

static void count(struct locktest *t, const struct pair *p)
{
    const struct ledger *l = engine_ledger(p->dut.v);

    t->programs++;
    t->insns += p->ref.v->icount;
    t->ended[p->l.side[0].end & 7]++;
    t->units += ledger_get(l, LEDGER_PROCESSOR, STAT_units, 0);
    t->callouts += ledger_get(l, LEDGER_PROCESSOR, STAT_callouts, 0);
    t->bursts += ledger_get(l, LEDGER_PROCESSOR, STAT_bursts, 0);
    t->flushes += ledger_get(l, LEDGER_PROCESSOR, STAT_flushes, 0);
    t->dead += ledger_get(l, LEDGER_PROCESSOR, STAT_dead, 0);
    t->interp += ledger_get(l, LEDGER_PROCESSOR, STAT_interp, 0);
}

static void close_pair(struct pair *p)
{
    lockstep_fini(&p->l);
    if (p->dut.v != NULL && p->dut.v->engine != &native_engine_ops)
        p->dut.v->engine->detach(p->dut.v);
    lock_guest_fini(&p->ref);
    lock_guest_fini(&p->dut);
}

/* Mostly long enough for code to become hot, some just long or one. */
static uint64_t slice(struct pair *p)
{
    switch (rng_below(&p->slices, 8)) {
    case 0:
        return 1;
    case 1:
    case 2:
        return 1 + rng_below(&p->slices, 40);
    case 3:
    case 4:
        return 1 + rng_below(&p->slices, 400);
    default:
        return 1 + rng_below(&p->slices, 6000);
    }
}

/* What comes before a slice: sometimes, and when the guest could do nothing
 * more, both are brought back to a place in the code. Returns its length. */
static uint64_t prepare(struct locktest *t, struct pair *p)
{
    uint64_t usual = slice(p), dice = rng_next(&p->slices);

    if (t->hook != NULL)
        t->hook(&p->dut);
    if (dice % 24 == 0 || p->l.side[0].end != RUN_BUDGET) {
        lock_guest_restart(&p->ref, (unsigned)(dice >> 8) % LOCK_FUNCTIONS);
        lock_guest_restart(&p->dut, (unsigned)(dice >> 8) % LOCK_FUNCTIONS);
        if (t->vmm)
            lock_vmm_memory_changed(p->dut.v);
    }
    return usual;
}

/* Run the next slice, of this length if it is not 0. */
static enum status step(struct locktest *t, struct pair *p, uint64_t length,
                        uint64_t *used, struct error *err)
{
    *used = prepare(t, p);
    if (length != 0)
        *used = length;
    return lockstep_run(&p->l, p->ref.v->icount + *used, err);
}

/* ---- reports ---- */
static unsigned bits_now(const struct x86_state *s)
{
    uint32_t attr = s->seg[SEG_CS].attr;

    if ((s->efer & EFER_LMA) && (attr & SA_L))
        return 64;
    return attr & SA_DB ? 32 : 16;
}

/* The code at linear lin, through the guest's tables as far as ours go: code
 * is mapped one to one but for the alias. */
static uint64_t code_pa(uint64_t lin)
{
    return lin >= LOCK_ALIAS && lin < LOCK_ALIAS + LOCKGEN_BYTES
               ? lin - LOCK_ALIAS + LOCK_CODE
               : lin;
}

static void print_insn(struct locktest *t, const struct lock_guest *g)
{
    const struct x86_state *s = g->v->state;
    unsigned bits = bits_now(s);
    uint64_t lin = s->seg[SEG_CS].base * (bits != 64) + s->r[R_IP];
    uint8_t b[16];
    cs_insn *insn = NULL;
    csh handle;

    gmem_read(&g->m->mem, code_pa(lin), b, sizeof(b));
    fprintf(t->report, "  %10" PRIu64 " %8" PRIx64 " ", g->v->icount, lin);
    if (cs_open(CS_ARCH_X86,
                bits == 64   ? CS_MODE_64
                : bits == 32 ? CS_MODE_32
                             : CS_MODE_16,
                &handle) != CS_ERR_OK)
        return;
    if (cs_disasm(handle, b, 15, lin, 1, &insn) == 1) {
        for (unsigned k = 0; k < 15; k++)
            fprintf(t->report, k < insn->size ? "%02x" : "  ", b[k]);
        fprintf(t->report, " %s %s", insn->mnemonic, insn->op_str);
        cs_free(insn, 1);
    } else {
        for (unsigned k = 0; k < 15; k++)
            fprintf(t->report, "%02x", b[k]);
    }
    cs_close(&handle);
    fprintf(t->report,
            "  [ax %" PRIx64 " cx %" PRIx64 " dx %" PRIx64 " bx %" PRIx64
            " si %" PRIx64 " di %" PRIx64 " sp %" PRIx64 " fl %" PRIx64 "]\n",
            s->r[R_AX], s->r[R_CX], s->r[R_DX], s->r[R_BX], s->r[R_SI],
            s->r[R_DI], s->r[R_SP], s->rflags);
}

/* Run a fresh pair through `n` slices. */
static enum status run_to(struct locktest *t, struct pair *p,
                          enum lock_mode mode, uint64_t seed, uint64_t n,
                          struct error *err)
{
    enum status st = open_pair(t, p, mode, seed, err);
    uint64_t used;

    while (st == ST_OK && n-- > 0)
        st = step(t, p, 0, &used, err);
    return st;
}

/* The same, and then `length` instructions. True: they differ then. */
static bool rerun(struct locktest *t, struct pair *p, enum lock_mode mode,
                  uint64_t seed, uint64_t n, uint64_t length)
{
    struct error err;
    uint64_t used;

    if (run_to(t, p, mode, seed, n, &err) != ST_OK ||
        step(t, p, length, &used, &err) != ST_OK)
        return false;
    if (p->l.what == LOCKSTEP_SAME)
        lockstep_check_memory(&p->l);
    return p->l.what != LOCKSTEP_SAME;
}

/* The instructions of the last slice, the last 40 of them, one by one on ref.
 */
static void print_trail(struct locktest *t, enum lock_mode mode, uint64_t seed,
                        uint64_t n, uint64_t length)
{
    struct pair p;
    struct error err;
    enum run_end end;
    uint64_t last;

    if (run_to(t, &p, mode, seed, n, &err) == ST_OK)
        prepare(t, &p);
    last = p.ref.v->icount + length;
    while (p.ref.v->icount < last) {
        uint64_t was = p.ref.v->icount;

        if (was + 40 >= last)
            print_insn(t, &p.ref);
        if (engine_run(p.ref.v, was + 1, NULL, NULL, &end, &err) != ST_OK ||
            p.ref.v->icount == was)
            break;
    }
    close_pair(&p);
}

/* The shortest last slice that differs, and what it does. */
static void report(struct locktest *t, enum lock_mode mode, uint64_t seed,
                   uint64_t n, uint64_t length)
{
    struct pair p;
    uint64_t lo = 0, hi = length;

    while (lo + 1 < hi) { /* lo: equal; hi: different */
        uint64_t mid = lo + (hi - lo) / 2;
        bool differs = rerun(t, &p, mode, seed, n, mid);

        close_pair(&p);
        if (differs)
            hi = mid;
        else
            lo = mid;
    }
    fprintf(t->report,
            "mode %s, seed %" PRIu64 ", slice %" PRIu64 ": %" PRIu64
            " of %" PRIu64 " instructions\n",
            lock_mode_names[mode], seed, n, hi, length);
    print_trail(t, mode, seed, n, hi);
    rerun(t, &p, mode, seed, n, hi);
    lockstep_print(&p.l, t->report);
    fflush(t->report);
    close_pair(&p);
}

/* ---- one program ---- */
static enum status program(struct locktest *t, enum lock_mode mode,
                           uint64_t seed, struct error *err)
{
    uint64_t most = t->program_insns ? t->program_insns : LOCKTEST_INSNS;
    uint64_t n = 0, length = 0;
    struct pair p;
    enum status st = open_pair(t, &p, mode, seed, err);

    while (st == ST_OK && p.l.what == LOCKSTEP_SAME && p.ref.v->icount < most &&
           n < most && p.l.side[0].end != RUN_MACHINE) {
        st = step(t, &p, 0, &length, err);
        n++;
    }
    if (st == ST_OK && p.l.what == LOCKSTEP_SAME &&
        lockstep_check_memory(&p.l) == LOCKSTEP_SAME &&
        lockstep_check_devices(&p.l) == LOCKSTEP_SAME && !t->vmm)
        lockstep_check_ledger(&p.l); /* a VMM has rows of its own */
    if (st == ST_OK)
        count(t, &p);
    if (p.l.what != LOCKSTEP_SAME && t->different++ < t->max_reports) {
        fprintf(t->report, "-- ");
        lockstep_print(&p.l, t->report);
        close_pair(&p);
        report(t, mode, seed, n - 1, length);
        return st;
    }
    close_pair(&p);
    return st;
}

enum status locktest_run(struct locktest *t, enum lock_mode mode, uint64_t seed,
                         uint64_t insns, struct error *err)
{
    uint64_t end = t->insns + insns;
    enum status st = ST_OK;

    while (st == ST_OK && t->insns < end)
        st = program(t, mode, seed++, err);
    return st;
}
