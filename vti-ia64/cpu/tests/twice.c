/* twice.c: one instruction under two engines. */
#include "vti-ia64/cpu/tests/twice.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/engine/engine.h"
#include "vti-ia64/cpu/tests/onecode.h"
#include "vti-ia64/engine.h"

#define RAM      (256u << 10)
#define RAM_PS   18u
#define CALL_IP  ONECODE_IP
#define INSN_IP  (ONECODE_IP + 16)
#define IVT_SIZE 0x8000u

/* A data page of level 3 with rights 5: read and execute, and at level 0 write.
 */
#define PAGE_VA (1ull << 61)
#define PAGE_PA 0x4000u
#define PAGE_PS 14u
#define RIGHTS5 (0x61 | 5 << 9 | 3 << 7)
#define KEY     (7u << 8)

/* r4 is 4: level 1 in ar.rsc, psr.up. */
#define FOUR 4u

/* ---- cases ---- */
static uint64_t with_register(int row, unsigned nr, unsigned r2)
{
    uint64_t mask = ia64_encoding_mask(row);

    return (onecode_slot(row) & (mask | ~(0x7full << 20 | 0x7full << 13))) |
           (((uint64_t)nr << 20 | (uint64_t)r2 << 13) & ~mask);
}

static bool move_of_ar(int row, unsigned n, uint64_t *insn)
{
    static const uint8_t m[] = {0, 16, 44}, i[] = {64};
    bool m_unit = ia64_encodings[row].unit == IA64_UNIT_M;

    if (n >= (m_unit ? ARRAY_LEN(m) : ARRAY_LEN(i)))
        return false;
    *insn = with_register(row, m_unit ? m[n] : i[n], FOUR);
    return true;
}

/* With a value that is not reserved in it, and an interrupt to acknowledge. */
static bool move_of_cr(int row, unsigned n, struct twice_case *k)
{
    static const uint8_t crs[] = {0,  1,  2,  8,  16, 17, 19, 20, 21,
                                  22, 23, 24, 25, 64, 65, 66, 67, 68,
                                  69, 70, 71, 72, 73, 74, 80, 81};

    if (n >= ARRAY_LEN(crs))
        return false;
    k->insn = with_register(row, crs[n], 9);
    k->r2 = crs[n] == 0    ? DCR_DM | DCR_DP
            : crs[n] == 8  ? 0x8000 | 16 << 2
            : crs[n] == 64 ? 0x30000
                           : 0x30;
    k->busy = crs[n] >= 64;
    return true;
}

bool twice_case(int row, unsigned n, struct twice_case *k)
{
    const struct ia64_encoding *e = &ia64_encodings[row];

    *k = (struct twice_case){.row = row,
                             .insn = onecode_slot(row),
                             .virt = n % 2 == 0,
                             .psr = PSR_SP,
                             /* A page size, or a protection key. */
                             .r2 = strstr(e->operands, "pkr") ? 0x100 : 0x30};
    n /= 2;
    switch (e->format) {
    case IA64_M29:
    case IA64_M30:
    case IA64_M31:
    case IA64_I26:
    case IA64_I27:
    case IA64_I28:
        return move_of_ar(row, n, &k->insn);
    case IA64_M32:
    case IA64_M33:
        return move_of_cr(row, n, k);
    case IA64_M34: /* alloc r8=ar.pfs,0,8,0,0 */
        k->insn = e->value | 8ull << 6 | 8ull << 13;
        break;
    case IA64_M35: /* psr.um, psr.l */
        k->insn = with_register(row, 0, FOUR);
        break;
    case IA64_M39: /* level 0 */
    case IA64_M40:
        k->insn = with_register(row, 10, 0);
        break;
    case IA64_M44:
        if (strcmp(e->mnemonic, "sum") == 0 || strcmp(e->mnemonic, "rum") == 0)
            k->insn = e->value | PSR_UP << 6;
        if (strcmp(e->mnemonic, "rum") == 0)
            k->psr |= PSR_UP;
        if (strcmp(e->mnemonic, "rsm") == 0)
            k->psr |= PSR_I;
        break;
    default:
        break;
    }
    return n == 0;
}

/* ---- a machine ---- */
struct side {
    struct machine m;
    struct ia64_cpu *c;
};

static void write_code(struct side *d, const struct twice_case *k,
                       unsigned *slot)
{
    int call = onecode_row("br.call%w%p%d"), nop = onecode_row("nop.m");
    uint8_t bytes[16];

    onecode_bundle(nop, ia64_encodings[nop].value, bytes);
    for (uint64_t at = 0; at < IVT_SIZE; at += sizeof(bytes))
        gmem_write(&d->m.mem, ONECODE_IVA + at, bytes, sizeof(bytes));
    onecode_bundle(call, ia64_encodings[call].value | 6ull << 6 | 1ull << 13,
                   bytes);
    gmem_write(&d->m.mem, CALL_IP, bytes, sizeof(bytes));
    *slot = onecode_bundle(k->row, k->insn, bytes);
    gmem_write(&d->m.mem, INSN_IP, bytes, sizeof(bytes));
}

/* At level 1 each br.call shows the level (ring compression), so there none
 * comes before the instruction. */
static bool calls(const struct twice_case *k)
{
    return (k->psr & PSR_CPL) != 1ull << PSR_CPL_SHIFT;
}

static void insert(struct ia64_cpu *c, int tr, uint64_t va, uint64_t pte,
                   uint64_t itir)
{
    for (unsigned x = 0; x < 2; x++)
        if (!ia64_tlb_insert(&c->mmu, x, tr, va, pte, itir))
            abort();
}

static void set_state(struct ia64_cpu *c, const struct twice_case *k)
{
    struct ia64_state *s = &c->s;

    s->cfm = 8;
    s->ip = calls(k) ? CALL_IP : INSN_IP;
    s->iva = ONECODE_IVA;
    s->bsp = s->bspstore = 0x20000;
    s->pta = 0x40000 | 16 << 2;
    s->pmd[0] = 0x77;
    s->gr[4].v = FOUR;
    s->gr[9].v = k->r2;
    s->gr[10].v = k->virt ? PAGE_VA : PAGE_PA;
    s->gr[FOUR].nat = s->gr[9].nat = s->gr[10].nat = k->nat;
    s->ifa = 2ull << 61;
    s->itir = PAGE_PS << 2;
    for (unsigned n = 0; n < 16; n++) {
        s->gr[16 + n].v = 0x1600 + n;
        s->bank[n] = (struct ia64_gr){0x2600 + n, n & 1};
    }
    if (k->busy) {
        s->irr[1] = 1ull << (0x60 - 64);
        s->insvc[1] = 1ull << (0x50 - 64);
    }
    for (unsigned n = 0; n < 8; n++)
        s->rr[n] = PAGE_PS << 2 | (n + 1) << 8;
    insert(c, 1, 0, 0x61 | 3 << 9 | 3 << 7, RAM_PS << 2);
    insert(c, 2, PAGE_VA, PAGE_PA | RIGHTS5, PAGE_PS << 2 | KEY);
    /* What ptc purges. */
    insert(c, -1, PAGE_VA, PAGE_PA | RIGHTS5, PAGE_PS << 2 | KEY);
    insert(c, -1, PAGE_PA, PAGE_PA | 0x61 | 3 << 9 | 3 << 7, PAGE_PS << 2);
    s->psr = k->psr | (k->virt ? PSR_DT | PSR_IT | PSR_RT : 0);
    s->ipsr = s->psr;
    s->iip = INSN_IP;
    ia64_model_processor_ops.state_changed(&c->v);
}

static void side_init(struct side *d, const struct engine_ops *engine,
                      const struct engine_options *options,
                      const struct twice_case *k, unsigned *slot)
{
    struct processor_config pc = {.trace_from = UINT64_MAX};
    struct error err;
    struct vcpu *v;

    memset(d, 0, sizeof(*d));
    gmem_init(&d->m.mem);
    bus_init(&d->m.bus);
    clock_init(&d->m.clock, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
    if (gmem_add(&d->m.mem, 0, RAM, false, &err) != ST_OK ||
        ia64_model_processor_ops.create(&d->m, engine, &pc, &v, &err) != ST_OK)
        abort();
    d->c = ia64_cpu(v);
    d->c->physical_spec = true; /* as under a VMM: see DESIGN.md */
    write_code(d, k, slot);
    set_state(d->c, k);
    v->options = options;
    if (engine->attach != NULL && engine->attach(v, &err) != ST_OK)
        abort();
}

static void side_fini(struct side *d)
{
    if (d->c->v.engine->detach != NULL)
        d->c->v.engine->detach(&d->c->v);
    ia64_model_processor_ops.destroy(&d->c->v);
    gmem_fini(&d->m.mem);
}

static void run(struct side *d, uint64_t insns)
{
    struct vcpu *v = &d->c->v;
    struct error err;
    enum run_end end;

    if (engine_run(v, v->icount + insns, NULL, NULL, &end, &err) != ST_OK)
        abort();
}

static uint64_t registers(struct side *d)
{
    struct vcpu *v = &d->c->v;
    uint8_t *blob = malloc(v->regs->blob_size);
    uint64_t hash;

    if (blob == NULL)
        abort();
    engine_view(v, blob);
    hash = regset_hash(v->regs, blob);
    free(blob);
    return hash;
}

/* ---- both ---- */
static unsigned cause_in(const struct ledger *l, enum ledger_kind kind)
{
    for (unsigned cause = 1; cause <= 40; cause++)
        if (ledger_get(l, kind, LEDGER_IA64 + cause, 0) != 0)
            return cause;
    return 0;
}

static uint64_t silent(const struct ledger *l)
{
    uint64_t n = 0;

    for (unsigned op = 0; op < DISPOSITION_MAX; op++)
        n += ledger_get(l, LEDGER_SILENT, LEDGER_IA64 + op, 0);
    return n;
}

struct twice twice_run(const struct twice_case *k,
                       const struct engine_ops *engine, const char *controls)
{
    const struct engine_ops *const engines[2] = {&ia64_native_engine_ops,
                                                 engine};
    const struct engine_options options = {.controls = controls};
    const struct ledger *l;
    struct side d[2];
    struct twice t;
    uint64_t hash[2];
    unsigned slot;

    for (unsigned n = 0; n < 2; n++) {
        side_init(&d[n], engines[n], &options, k, &slot);
        /* A virtual machine by VT-i has one bit of addresses less. */
        if (n == 0 && engine == &ia64_hvm_engine_ops)
            d[n].c->mmu.va_msb = IA64_VA_MSB - 1;
        run(&d[n], slot + (calls(k) ? 3 : 0)); /* the br.call, nops */
        run(&d[n], 1);
        hash[n] = registers(&d[n]);
    }
    l = &d[1].c->v.ledger;
    t = (struct twice){.differs = hash[0] != hash[1],
                       .cause = cause_in(l, LEDGER_EXIT),
                       .done = cause_in(l, LEDGER_VTI),
                       .silent = silent(l) != 0};
    side_fini(&d[0]);
    side_fini(&d[1]);
    return t;
}
