/* kvmgen_state.c: random tables, gates, task state and registers. */
#include "common/x86/tests/kvmgen.h"

static uint32_t rnd_base(struct kvmgen *n)
{
    switch (rnd(n, 8)) {
    case 0:
        return 0x100;
    case 1:
        return 0x1000;
    case 2:
        return (uint32_t)(one_in(n, 8) ? rng_next(n->r) : rnd(n, 0x4000));
    default:
        return 0;
    }
}

static uint64_t rnd_segment(struct kvmgen *n)
{
    uint32_t attr = SA_S | (uint32_t)rnd(n, 16);
    uint32_t limit = 0xfffff;

    attr |= one_in(n, 8) ? 0 : SA_P;
    attr |= (uint32_t)(one_in(n, 2) ? n->cpl : rnd(n, 4)) << 5;
    attr |= one_in(n, 3) ? 0 : SA_G;
    attr |= one_in(n, 4) ? 0 : SA_DB;
    attr |= one_in(n, 8) ? BIT(12) : 0;
    if ((attr & SA_CODE) && one_in(n, wide(n) ? 2 : 6))
        attr = (attr | SA_L) & (one_in(n, 6) ? ~0u : ~SA_DB);
    if (one_in(n, 3))
        limit = (uint32_t)rnd(n, 0x10000);
    return kvmguest_desc(rnd_base(n), limit, attr);
}

static uint64_t rnd_system(struct kvmgen *n)
{
    static const uint32_t at[] = {AT_TSS32, AT_TSS16, AT_LDT, AT_TSS, AT_DATA};
    static const uint8_t types[] = {
        SYS_TSS16_AVAIL, SYS_LDT,        SYS_TSS16_BUSY,
        SYS_TSS32_AVAIL, SYS_TSS32_BUSY, SYS_CALL32,
        SYS_CALL32,      SYS_CALL16,     SYS_TASKGATE};
    uint32_t type = types[rnd(n, sizeof(types))], attr;

    if (one_in(n, 6))
        type = (uint32_t)rnd(n, 16);
    attr = type | (one_in(n, 8) ? 0 : SA_P) |
           (uint32_t)(one_in(n, 2) ? n->cpl : rnd(n, 4)) << 5;
    if (type >= SYS_CALL16 && type != SYS_TSS32_AVAIL && type != SYS_TSS32_BUSY)
        return kvmguest_gate(kvmgen_sel(n), AT_FAR, attr,
                             one_in(n, 2) ? 0 : (unsigned)rnd(n, 40));
    return kvmguest_desc(at[rnd(n, ARRAY_LEN(at))],
                         one_in(n, 3) ? (uint32_t)rnd(n, 0x100) : 0x67,
                         attr | (one_in(n, 8) ? SA_G : 0));
}

static void rnd_tables(struct kvmgen *n)
{
    for (unsigned k = 0; k < 16; k++) {
        uint16_t sel = (uint16_t)(SEL_T0 + 16 * k);
        uint64_t high = one_in(n, 6) ? rng_next(n->r) : 0;

        kvmguest_set_desc(n->g, sel,
                          one_in(n, 3) ? rnd_system(n) : rnd_segment(n));
        if (one_in(n, 4))
            high &= 0xffff;
        kvmguest_set_desc(n->g, (uint16_t)(sel + 8),
                          kvmguest_long(n->g) ? high : rnd_segment(n));
    }
    for (uint16_t sel = SEL_L0; sel < LDT_LIMIT; sel += 8)
        kvmguest_set_desc(n->g, sel,
                          one_in(n, 4) ? rnd_system(n) : rnd_segment(n));
}

/* Gates that differ from the usual ones, of the exceptions that come most. */
static void rnd_gates(struct kvmgen *n)
{
    static const uint8_t vecs[] = {VEC_GP, VEC_NP, VEC_SS, VEC_PF, VEC_UD,
                                   VEC_TS, VEC_DF, VEC_DB, VEC_BP, 0x80,
                                   0x81,   0x82,   0x83};
    static const uint8_t types[] = {SYS_INT32,  SYS_TRAP32,   SYS_INT16,
                                    SYS_TRAP16, SYS_TASKGATE, SYS_CALL32};

    for (unsigned k = 0; k < sizeof(vecs); k++) {
        uint32_t attr = types[rnd(n, one_in(n, 4) ? sizeof(types) : 2)];
        uint16_t sel = kvmguest_long(n->g) ? SEL_C0L : SEL_C0;

        if (!one_in(n, 6))
            continue;
        attr |= one_in(n, 8) ? 0 : SA_P;
        attr |= (uint32_t)rnd(n, 4) << 5;
        if (one_in(n, 3))
            sel = kvmgen_sel(n);
        kvmguest_set_idt(n->g, vecs[k], sel, AT_HANDLERS + 4 * vecs[k], attr,
                         one_in(n, 2) ? (unsigned)rnd(n, 8) : 0);
    }
}

static void rnd_tss(struct kvmgen *n)
{
    struct x86_state *s = &n->g->s;

    if (one_in(n, 8))
        s->tr.limit = (uint32_t)rnd(n, TSS_LIMIT + 8);
    if (one_in(n, 8))
        kvmguest_put(n->g, AT_TSS + 0x66, rnd(n, 0x100), 2);
    if (one_in(n, 8))
        kvmguest_put(n->g, AT_TSS + TSS_IOMAP + rnd(n, 0x40), rng_next(n->r),
                     1);
    if (kvmguest_long(n->g)) {
        if (one_in(n, 8))
            kvmguest_put(
                n->g, AT_TSS + 4 + 8 * rnd(n, 11),
                one_in(n, 3) ? kvmgen_value(n) : AT_STACK0 + rnd(n, 64), 8);
        return;
    }
    if (one_in(n, 6))
        kvmguest_put(n->g, AT_TSS + 8 + 8 * rnd(n, 3), kvmgen_sel(n), 2);
    if (one_in(n, 8))
        kvmguest_put(n->g, AT_TSS + 4 + 8 * rnd(n, 3), rnd(n, 0x8000), 4);
    for (unsigned k = 0; k < 7; k++) {
        if (one_in(n, 8))
            kvmguest_put(n->g, AT_TSS32 + 0x48 + 4 * k, kvmgen_sel(n), 2);
        if (one_in(n, 8) && k < 5)
            kvmguest_put(n->g, AT_TSS16 + 0x22 + 2 * k, kvmgen_sel(n), 2);
    }
}

static void rnd_registers(struct kvmgen *n)
{
    static const uint32_t cr0[] = {CR0_TS, CR0_EM, CR0_MP, CR0_AM, CR0_NE};
    static const uint32_t cr4[] = {CR4_DE,  CR4_TSD,    CR4_PCE, CR4_VME,
                                   CR4_PVI, CR4_OSFXSR, CR4_PGE, CR4_MCE};
    struct x86_state *s = &n->g->s;

    if (one_in(n, 3))
        s->rflags |= rnd(n, 4) << 12;
    if (one_in(n, 3))
        s->rflags |= FL_IF;
    if (one_in(n, 16))
        s->rflags |= FL_AC;
    if (one_in(n, 24))
        s->rflags |= FL_NT;
    if (one_in(n, 8))
        s->cr0 ^= cr0[rnd(n, ARRAY_LEN(cr0))];
    if (one_in(n, 8))
        s->cr4 ^= cr4[rnd(n, ARRAY_LEN(cr4))];
    if (!is_8086(n) && one_in(n, 4))
        kvmguest_load(n->g, one_in(n, 2) ? SEG_FS : SEG_GS,
                      (uint16_t)(SEL_D3W | 3));
    for (unsigned k = 0; k < 3; k++)
        s->r[k] = kvmgen_value(n);
    if (!wide(n)) {
        for (unsigned k = 0; k < 3; k++)
            s->r[k] &= 0xffffffff;
    }
}

/* PVM delivers events through descriptors that it does not check, and its
 * user code has neither IOPL nor NT, and always IF and CR0.AM. */
void kvmgen_state(struct kvmgen *n, bool pvm)
{
    if (!is_8086(n))
        rnd_tables(n);
    if (!pvm && n->g->mode != GUEST_REAL && one_in(n, 2)) {
        rnd_gates(n);
        rnd_tss(n);
    }
    rnd_registers(n);
    if (pvm && n->cpl == 3 && kvmguest_long(n->g)) {
        n->g->s.rflags &= ~(uint64_t)(FL_IOPL | FL_NT | FL_AC);
        n->g->s.rflags |= FL_IF;
    }
}
