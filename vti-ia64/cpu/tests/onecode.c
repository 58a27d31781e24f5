/* onecode.c: one instruction on the model. */
#include "vti-ia64/cpu/tests/onecode.h"

#include <stdlib.h>
#include <string.h>

#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/engine.h"

#define RAM     (256u << 10)
#define CODE_PS 14u

void onecode_init(struct onecode *o)
{
    struct processor_config pc = {.trace_from = UINT64_MAX};
    struct error err;
    struct vcpu *v;
    uint64_t vsa;

    memset(o, 0, sizeof(*o));
    gmem_init(&o->m.mem);
    bus_init(&o->m.bus);
    clock_init(&o->m.clock, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
    o->vpd = aligned_alloc(IA64_VPD_ALIGN, sizeof(*o->vpd));
    if (o->vpd == NULL || gmem_add(&o->m.mem, 0, RAM, false, &err) != ST_OK ||
        ia64_model_processor_ops.create(&o->m, &ia64_native_engine_ops, &pc, &v,
                                        &err) != ST_OK)
        abort();
    memset(o->vpd, 0, sizeof(*o->vpd));
    o->c = ia64_cpu(v);
    o->code_ar = -1;
    if (ia64_pal_vp_init_env(
            o->c, IA64_ENV_INITIALIZE | IA64_ENV_OPCODE | IA64_ENV_CAUSE, 0,
            0x8000, &vsa) != PAL_OK ||
        ia64_pal_vp_create(o->c, o->vpd, ONECODE_IVA, 0) != PAL_OK)
        abort();
}

void onecode_fini(struct onecode *o)
{
    ia64_model_processor_ops.destroy(&o->c->v);
    gmem_fini(&o->m.mem);
    free(o->vpd);
}

uint64_t onecode_slot(int row)
{
    const struct ia64_encoding *e = &ia64_encodings[row];
    uint64_t r3 = 10, r2 = 9;

    switch (e->format) {
    case IA64_M29: /* ar.itc */
    case IA64_M30:
    case IA64_M31:
        r3 = 44;
        break;
    case IA64_M32: /* cr.ifa */
    case IA64_M33:
        r3 = 20;
        break;
    case IA64_M44: /* psr.i */
        return e->value | 0x4000ull << 6;
    case IA64_B8:
    case IA64_M37:
        return e->value;
    default:
        break;
    }
    return e->value |
           ((8ull << 6 | r2 << 13 | r3 << 20) & ~ia64_encoding_mask(row));
}

static uint64_t nop(enum ia64_unit unit)
{
    static const char *const mnemonic[IA64_UNITS] = {
        [IA64_UNIT_I] = "nop.i",
        [IA64_UNIT_M] = "nop.m",
        [IA64_UNIT_B] = "nop.b",
        [IA64_UNIT_F] = "nop.f",
    };

    for (unsigned r = 0; r < ia64_nr_encodings; r++)
        if (mnemonic[unit] != NULL &&
            strcmp(ia64_encodings[r].mnemonic, mnemonic[unit]) == 0)
            return ia64_encodings[r].value;
    return 0;
}

unsigned onecode_bundle(int row, uint64_t insn, uint8_t bytes[16])
{
    /* Templates of which slot 0, or 2 for B and 1 for I and F, is wanted. */
    static const struct {
        uint8_t template, slot;
    } at[IA64_UNITS] = {
        [IA64_UNIT_A] = {0x08, 0}, [IA64_UNIT_I] = {0x00, 1},
        [IA64_UNIT_M] = {0x08, 0}, [IA64_UNIT_B] = {0x10, 2},
        [IA64_UNIT_F] = {0x0c, 1}, [IA64_UNIT_X] = {0x04, 1},
    };
    enum ia64_unit unit = (enum ia64_unit)ia64_encodings[row].unit;
    struct ia64_bundle b = {.template = at[unit].template};

    for (unsigned k = 0; k < 3; k++)
        b.slot[k] = nop((enum ia64_unit)ia64_templates[b.template].unit[k]);
    b.slot[at[unit].slot] = insn;
    if (unit == IA64_UNIT_X) {
        b.slot[2] = insn;
        b.slot[1] = 0;
    }
    ia64_bundle_put(&b, bytes);
    return at[unit].slot;
}

int onecode_row(const char *mnemonic)
{
    for (unsigned r = 0; r < ia64_nr_encodings; r++)
        if (strcmp(ia64_encodings[r].mnemonic, mnemonic) == 0)
            return (int)r;
    abort();
}

static int step(struct onecode *o)
{
    struct vcpu *v = &o->c->v;
    struct vcpu_exit exit;

    v->disp.at[IA64_SENS_INTERRUPTION] = DISP_EXIT;
    ia64_model_processor_ops.state_changed(v);
    if (v->processor->run(v, 1, &exit, NULL) != ST_OK)
        return -2;
    return exit.kind == EXIT_SENSITIVE ? (int)exit.sub : -1;
}

int onecode_step(struct onecode *o, int row, uint64_t insn, uint64_t psr)
{
    uint8_t bytes[16];
    unsigned slot = onecode_bundle(row, insn, bytes);

    gmem_write(&o->m.mem, ONECODE_IP, bytes, sizeof(bytes));
    o->c->s.ip = ONECODE_IP;
    o->c->s.psr = psr | (uint64_t)slot << PSR_RI_SHIFT;
    return step(o);
}

static void put(struct onecode *o, int row, uint64_t insn)
{
    struct ia64_state *s = &o->c->s;
    uint8_t bytes[16];
    unsigned slot = onecode_bundle(row, insn, bytes);

    gmem_write(&o->m.mem, ONECODE_IP, bytes, sizeof(bytes));
    s->ip = ONECODE_IP;
    s->psr = PSR_SI | (uint64_t)slot << PSR_RI_SHIFT;
    if (o->code_ar < 0)
        return;
    s->psr |= PSR_IT;
    if (!ia64_tlb_insert(&o->c->mmu, true, 0, 0,
                         0x61 | (uint64_t)o->code_ar << 9, CODE_PS << 2))
        abort();
}

int onecode_run(struct onecode *o, int row, bool vm, uint64_t vac, uint64_t vdc)
{
    return onecode_run_insn(o, row, onecode_slot(row), vm, vac, vdc);
}

int onecode_run_insn(struct onecode *o, int row, uint64_t insn, bool vm,
                     uint64_t vac, uint64_t vdc)
{
    struct ia64_cpu *c = o->c;
    struct ia64_state *s = &c->s;

    ia64_reset(c);
    o->vpd->vac = vac;
    o->vpd->vdc = vdc;
    if (ia64_pal_vp_restore(c, o->vpd, 0) != PAL_OK)
        return -2;
    s->cfm = 0;
    put(o, row, insn);
    s->psr |= vm ? PSR_VM | PSR_IC : 0; /* PSR.ic is the VMM's */
    /* A protection key, or the page size of a region or purge. */
    s->gr[9].v = strstr(ia64_encodings[row].operands, "pkr") ? 0x100 : 0x30;
    s->gr[10].v = 0;
    s->itir = 0x30;
    s->bsp = s->bspstore = 0x20000;
    return step(o);
}
