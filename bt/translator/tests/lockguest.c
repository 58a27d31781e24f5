/* lockguest.c: a small machine for random programs. */
#include "bt/translator/tests/lockguest.h"

#include <string.h>

#include "common/base/cc.h"
#include "common/x86/cpuid.h"
#include "common/x86/tests/guest_asm.h"

const char *const lock_mode_names[LOCK_MODES] = {
    "real", "v86",  "prot16",  "prot32", "paged", "paged3",
    "pae",  "pae3", "compat3", "long",   "long3"};

static void load(struct x86_seg *s, unsigned sel, uint32_t base, uint32_t limit,
                 uint32_t attr)
{
    *s = (struct x86_seg){
        .sel = (uint16_t)sel, .base = base, .limit = limit, .attr = attr};
}

static void load_8086(struct lock_guest *g, struct x86_state *s)
{
    static const uint16_t sel[SEG_COUNT] = {0x2000, 0x1000, 0x3000,
                                            0x2000, 0x2100, 0x1f80};
    uint32_t dpl = g->mode == LOCK_V86 ? LS_DPL3 : 0;

    for (unsigned k = 0; k < SEG_COUNT; k++)
        load(&s->seg[k], sel[k], (uint32_t)sel[k] << 4, 0xffff,
             LS_DATA | dpl | (k == SEG_CS && dpl == 0 ? SA_CODE : 0u));
}

static void load_segments(struct lock_guest *g, struct x86_state *s)
{
    unsigned rpl = g->cpl;
    uint32_t dpl = rpl << 5;

    for (unsigned k = 0; k < SEG_COUNT; k++)
        load(&s->seg[k], LS_D3 | 3, 0, 0xffffffff, LS_DATA | LS_FLAT | LS_DPL3);
    load(&s->seg[SEG_SS], rpl ? LS_D3 | 3 : LS_D0, 0, 0xffffffff,
         LS_DATA | LS_FLAT | dpl);
    load(&s->seg[SEG_CS], (rpl ? LS_C3 : LS_C0) | rpl, 0, 0xffffffff,
         LS_CODE | LS_FLAT | dpl);
    if (g->code_size == 3)
        load(&s->seg[SEG_CS], (rpl ? LS_C3L : LS_C0L) | rpl, 0, 0xffffffff,
             LS_CODE | SA_G | SA_L | dpl);
    if (g->mode == LOCK_PROT16)
        load(&s->seg[SEG_CS], LS_C0W, LOCK_CODE, 0xffff, LS_CODE);
    s->seg[SEG_FS].base = 0x100;
    s->seg[SEG_GS].base = 0x2003;
    s->kernel_gs_base = 0x1000;
}

static void load_paging(struct lock_guest *g, struct x86_state *s,
                        struct rng *r)
{
    s->cr0 |= CR0_PG | (rng_below(r, 4) ? CR0_WP : 0);
    s->cr3 = lock_root(g->mode);
    s->cr4 |= CR4_PSE;
    if (rng_below(r, 2))
        s->cr4 |= CR4_PGE;
    if (lock_pte_bytes(g->mode) == 8) {
        s->cr4 |= CR4_PAE;
        s->efer |= EFER_NXE;
    }
    if (lock_is_pae(g->mode))
        s->pdpte[0] = (LOCK_TABLES + 0x2000) | 1;
    if (lock_is_long(g->mode))
        s->efer |= EFER_LME | EFER_LMA | EFER_SCE;
}

/* ---- registers ---- */
static void load_state(struct lock_guest *g, struct rng *r)
{
    struct x86_state *s = g->v->state;

    s->cr0 = CR0_ET | CR0_NE | (g->mode == LOCK_REAL ? 0 : CR0_PE);
    s->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
    s->gdtr = (struct x86_dtable){LOCK_GDT, LS_END - 1};
    s->idtr = (struct x86_dtable){LOCK_IDT, 0xfff};
    if (g->mode == LOCK_REAL)
        s->idtr = (struct x86_dtable){0, 0x3ff};
    load(&s->tr, LS_TSS, LOCK_TSS, 0xff, SA_P | SYS_TSS32_BUSY);
    if (g->mode <= LOCK_V86)
        load_8086(g, s);
    else
        load_segments(g, s);
    if (lock_is_paged(g->mode))
        load_paging(g, s, r);
    s->star = (uint64_t)LS_C0L << 32 | (uint64_t)(LS_C3 | 3) << 48;
    s->lstar = LOCK_SYSCALL;
    s->cstar = LOCK_SYSCALLC;
    s->fmask = FL_TF | FL_IF;
    s->sysenter_cs = LS_SE;
    s->sysenter_esp = LOCK_STACK0;
    s->sysenter_eip = LOCK_SYSENTER;
    for (unsigned k = 0; k < (g->code_size == 3 ? 16u : 8u); k++)
        s->r[k] = g->data + 0x111u * k;
    s->r[R_SP] = g->stack + LOCK_SP;
    s->r[R_IP] = g->code;
    s->rflags = FL_ONE | FL_IF | (g->mode == LOCK_V86 ? FL_VM | FL_IOPL : 0);
    s->xs.fcw = 0x37f;
    s->xs.mxcsr = 0x1f80;
}

/* Accesses where nothing is, past the RAM, end the machine after as many as no
 * program makes but by REP with a count of 2^32: with flat segments and no
 * paging nothing else stops that. */
#define WALL_ACCESSES 100000u
#define WALL_END      0xc0000000u

static void count_wall(struct lock_guest *g)
{
    if (++g->wall == WALL_ACCESSES)
        machine_stop(g->m, MACHINE_GUEST_EXIT, 0);
}

static uint64_t read_wall(void *dev, uint64_t offset, unsigned size)
{
    (void)offset;
    (void)size;
    count_wall(dev);
    return UINT64_MAX;
}

static void write_wall(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    (void)offset;
    (void)size;
    (void)v;
    count_wall(dev);
}

static const struct bus_ops wall_ops = {read_wall, write_wall, 0};

static void write_apic(struct lock_guest *g, uint32_t reg, uint32_t v)
{
    bus_write(&g->m->bus, BUS_MMIO, 0xfee00000u + reg, 4, v);
}

/* The 8259s at vectors 20H to 2FH; the 8254 every few microseconds, and where
 * handlers reach the local APIC its timer too. */
static void start_devices(struct lock_guest *g, struct rng *r)
{
    static const uint8_t init[][2] = {{0x20, 0x11}, {0x21, 0x20}, {0x21, 4},
                                      {0x21, 1},    {0xa0, 0x11}, {0xa1, 0x28},
                                      {0xa1, 2},    {0xa1, 1},    {0x21, 0xfe},
                                      {0xa1, 0xff}, {0x43, 0x34}};
    struct bus *b = &g->m->bus;

    for (unsigned k = 0; k < ARRAY_LEN(init); k++)
        bus_write(b, BUS_PORT, init[k][0], 1, init[k][1]);
    write_apic(g, 0xf0, 0x1ff);
    write_apic(g, 0x350, 0x700); /* LINT0: the 8259s */
    bus_write(b, BUS_PORT, 0x40, 1, 2 + rng_below(r, 30));
    bus_write(b, BUS_PORT, 0x40, 1, 0);
    if (lock_is_paged(g->mode)) { /* periodic, every count of ns */
        write_apic(g, 0x3e0, 0xb);
        write_apic(g, 0x320, 0x20000 | LOCK_APIC_TIMER);
        write_apic(g, 0x380, 2000 + (uint32_t)rng_below(r, 60000));
    }
}

/* Nothing is in service, nothing masked. */
static void settle_devices(struct lock_guest *g)
{
    bus_write(&g->m->bus, BUS_PORT, 0x20, 1, 0x20);
    for (unsigned k = 0; k < 16; k++) /* one of each priority */
        write_apic(g, 0xb0, 0);
    write_apic(g, 0x80, 0);
}

static void put_data(struct lock_guest *g, struct rng *r)
{
    uint64_t page[PAGE_SIZE / 8];

    for (uint32_t at = LOCK_DATA; at < LOCK_STACK + 0x10000; at += PAGE_SIZE) {
        for (unsigned k = 0; k < ARRAY_LEN(page); k++)
            page[k] = rng_next(r);
        gmem_load(&g->m->mem, at, page, sizeof(page));
    }
    for (unsigned k = 0; k < ARRAY_LEN(page); k++) /* undefined */
        page[k] = 0xff0fff0fff0fff0full;
    for (uint32_t at = LOCK_CODE + 0x4000; at < LOCK_DATA; at += PAGE_SIZE)
        gmem_load(&g->m->mem, at, page, sizeof(page));
}

enum status lock_guest_init(struct lock_guest *g, enum lock_mode mode,
                            const struct processor_ops *p, uint64_t seed,
                            struct error *err)
{
    struct machine_config config = {
        .ram_bytes = LOCK_RAM, .clock = CLOCK_VIRTUAL, .ips = 100000000};
    struct processor_config cpu = {.cpu = cpuid_model_default(),
                                   .trace_from = UINT64_MAX};
    struct rng r = {seed};
    enum status st;

    memset(g, 0, sizeof(*g));
    g->mode = mode;
    g->cpl = mode == LOCK_V86 || mode == LOCK_PAGED3 || mode == LOCK_PAE3 ||
                     mode == LOCK_COMPAT3 || mode == LOCK_LONG3
                 ? 3
                 : 0;
    g->code_size = mode >= LOCK_LONG ? 3 : mode >= LOCK_PROT32 ? 2 : 1;
    g->code = g->code_size == 1 ? 0 : LOCK_CODE;
    g->data = mode <= LOCK_V86 ? 0 : LOCK_DATA;
    g->stack = mode <= LOCK_V86 ? 0 : LOCK_STACK;
    st = machine_create(&config, &g->m, err);
    if (st == ST_OK)
        st = bus_add(&g->m->bus, BUS_MMIO, LOCK_RAM, WALL_END - LOCK_RAM,
                     &wall_ops, g, "wall", err);
    if (st == ST_OK)
        st = p->create(g->m, &native_engine_ops, &cpu, &g->v, err);
    if (st != ST_OK) {
        lock_guest_fini(g);
        return st;
    }
    lock_memory_put(g, &r);
    put_data(g, &r);
    start_devices(g, &r);
    load_state(g, &r);
    p->state_changed(g->v);
    memcpy(&g->start, g->v->state, sizeof(g->start));
    gmem_read(&g->m->mem, 0, g->low, sizeof(g->low));
    return ST_OK;
}

void lock_guest_restart(struct lock_guest *g, unsigned chunk)
{
    struct x86_state *s = g->v->state, now = *s;

    *s = g->start;
    memcpy(s->r, now.r, 16 * sizeof(s->r[0]));
    s->xs = now.xs;
    s->r[R_SP] = g->start.r[R_SP];
    s->r[R_IP] = g->code + chunk * LOCK_CHUNK;
    settle_devices(g);
    s->intr_line = now.intr_line;
    s->tsc_offset = now.tsc_offset;
    for (uint32_t at = 0; at < LOCK_CODE; at += PAGE_SIZE)
        if (memcmp(gmem_host(&g->m->mem, at, PAGE_SIZE), g->low + at,
                   PAGE_SIZE) != 0)
            gmem_write(&g->m->mem, at, g->low + at, PAGE_SIZE);
    g->v->processor->state_changed(g->v);
}

void lock_guest_fini(struct lock_guest *g)
{
    if (g->v != NULL)
        g->v->processor->destroy(g->v);
    machine_destroy(g->m);
    memset(g, 0, sizeof(*g));
}
