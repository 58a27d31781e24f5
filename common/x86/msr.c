/* msr.c: model-specific registers [SDM4]. */
#include "common/x86/msr.h"

#include "common/dev/lapic.h"
#include "common/x86/cpuid.h"
#include "common/x86/cr.h"

/* ---- msr_check_*: may the field take this value? ---- */
static bool msr_check_any(const struct x86_cpu *c, uint64_t v)
{
    (void)c;
    (void)v;
    return true;
}

static bool msr_check_low32(const struct x86_cpu *c, uint64_t v)
{
    (void)c;
    return v >> 32 == 0;
}

/* A linear address: canonical, or 32 bits. */
static bool msr_check_linear(const struct x86_cpu *c, uint64_t v)
{
    unsigned bits = cpuid_model_lin_bits(c->model);

    return bits == 32 ? v >> 32 == 0 : sext(v, bits) == (int64_t)v;
}

/* IBRS, STIBP, SSBD */
static bool msr_check_spec_ctrl(const struct x86_cpu *c, uint64_t v)
{
    (void)c;
    return (v & ~7ull) == 0;
}

/* Each of n bytes names a memory type out of the set `types`. */
static bool types_ok(uint64_t v, unsigned n, unsigned types)
{
    for (; n > 0; n--, v >>= 8)
        if ((v & 0xff) > 7 || !(types & BIT(v & 7)))
            return false;
    return true;
}

#define TYPES_MTRR 0x73u /* UC WC WT WP WB: 0 1 4 5 6 */
#define TYPES_PAT  0xf3u /* and UC-: 7 */

static bool msr_check_pat(const struct x86_cpu *c, uint64_t v)
{
    (void)c;
    return types_ok(v, 8, TYPES_PAT);
}

static bool msr_check_mtrr_types(const struct x86_cpu *c, uint64_t v)
{
    (void)c;
    return types_ok(v, 8, TYPES_MTRR);
}

static bool msr_check_mtrr_base(const struct x86_cpu *c, uint64_t v)
{
    return (v & ~(c->pa_mask & PAGE_MASK) & ~0xffull) == 0 &&
           types_ok(v, 1, TYPES_MTRR);
}

static bool msr_check_mtrr_mask(const struct x86_cpu *c, uint64_t v)
{
    return (v & ~(c->pa_mask & PAGE_MASK) & ~BITQ(11)) == 0;
}

/* Type, FE (bit 10), E (bit 11) */
static bool msr_check_mtrr_def(const struct x86_cpu *c, uint64_t v)
{
    (void)c;
    return (v & ~0xcffull) == 0 && types_ok(v, 1, TYPES_MTRR);
}

/* ---- msr_get_*, msr_set_*: false is #GP(0) ---- */
static bool msr_get_zero(struct x86_cpu *c, uint64_t *v)
{
    (void)c;
    *v = 0;
    return true;
}

static bool msr_set_zero(struct x86_cpu *c, uint64_t v)
{
    (void)c;
    return v == 0;
}

static bool msr_set_never(struct x86_cpu *c, uint64_t v)
{
    (void)c;
    (void)v;
    return false;
}

static bool msr_set_ignored(struct x86_cpu *c, uint64_t v)
{
    (void)c;
    (void)v;
    return true;
}

static bool msr_get_tsc(struct x86_cpu *c, uint64_t *v)
{
    *v = x86_tsc(c);
    return true;
}

static bool msr_set_tsc(struct x86_cpu *c, uint64_t v)
{
    c->s.tsc_offset = v - clock_tsc(&c->v.m->clock);
    if (c->v.m->lapic != NULL)
        lapic_set_tsc_offset(c->v.m->lapic, c->s.tsc_offset);
    return true;
}

static bool msr_get_platform_id(struct x86_cpu *c, uint64_t *v)
{
    *v = cpuid_model_platform_id(c->model);
    return true;
}

/* The protocol that reads the revision first writes 0 and executes CPUID
 * [SDM3 "Determining the Signature"]; here it always stands there. */
static bool msr_get_bios_sign_id(struct x86_cpu *c, uint64_t *v)
{
    *v = (uint64_t)cpuid_model_microcode(c->model) << 32;
    return true;
}

static bool msr_get_apic_base(struct x86_cpu *c, uint64_t *v)
{
    if (c->v.m->lapic == NULL)
        return false;
    *v = lapic_get_base(c->v.m->lapic);
    return true;
}

static bool msr_set_apic_base(struct x86_cpu *c, uint64_t v)
{
    return c->v.m->lapic != NULL && lapic_set_base(c->v.m->lapic, v);
}

/* Eight variable ranges, fixed ranges, write combining. */
static bool msr_get_mtrrcap(struct x86_cpu *c, uint64_t *v)
{
    (void)c;
    *v = 8 | BIT(8) | BIT(10);
    return true;
}

static bool msr_get_arch_capabilities(struct x86_cpu *c, uint64_t *v)
{
    *v = cpuid_model_arch_capabilities(c->model);
    return true;
}

/* Processors before the Pentium 4 and the Pentium M have none: nothing is set
 * at their reset. */
static bool msr_get_misc_enable(struct x86_cpu *c, uint64_t *v)
{
    *v = c->s.misc_enable;
    return cpuid_model_misc_enable(c->model) != 0;
}

static bool msr_set_misc_enable(struct x86_cpu *c, uint64_t v)
{
    const uint64_t writable = MISC_FAST_STRING | MISC_LIMIT_CPUID;
    const uint64_t readonly = MISC_NO_BTS | MISC_NO_PEBS;

    if (cpuid_model_misc_enable(c->model) == 0 || (v & ~writable & ~readonly))
        return false;
    c->s.misc_enable = (c->s.misc_enable & ~writable) | (v & writable);
    return true;
}

static bool msr_get_tsc_deadline(struct x86_cpu *c, uint64_t *v)
{
    if (c->v.m->lapic == NULL)
        return false;
    *v = lapic_get_deadline(c->v.m->lapic);
    return true;
}

static bool msr_set_tsc_deadline(struct x86_cpu *c, uint64_t v)
{
    if (c->v.m->lapic == NULL)
        return false;
    lapic_set_deadline(c->v.m->lapic, v);
    return true;
}

static bool msr_get_efer(struct x86_cpu *c, uint64_t *v)
{
    *v = c->s.efer;
    return true;
}

static bool msr_set_efer(struct x86_cpu *c, uint64_t v)
{
    return x86_set_efer(c, v);
}

static bool set_base(struct x86_cpu *c, enum x86_segreg seg, uint64_t v)
{
    if (!msr_check_linear(c, v))
        return false;
    c->s.seg[seg].base = v;
    x86_seg_update(c, seg);
    return true;
}

static bool msr_get_fs_base(struct x86_cpu *c, uint64_t *v)
{
    *v = c->s.seg[SEG_FS].base;
    return true;
}

static bool msr_set_fs_base(struct x86_cpu *c, uint64_t v)
{
    return set_base(c, SEG_FS, v);
}

static bool msr_get_gs_base(struct x86_cpu *c, uint64_t *v)
{
    *v = c->s.seg[SEG_GS].base;
    return true;
}

static bool msr_set_gs_base(struct x86_cpu *c, uint64_t v)
{
    return set_base(c, SEG_GS, v);
}

/* ---- the table ---- */
struct msr {
    uint32_t index;
    const char *name;
    enum x86_feature needs;
    bool (*get)(struct x86_cpu *c, uint64_t *v);
    bool (*set)(struct x86_cpu *c, uint64_t v);
    /* without get and set: a field */
    size_t field;
    bool (*check)(const struct x86_cpu *c, uint64_t v);
};

static const struct msr msrs[] = {
#define MSR(index, name, needs, get, set)                                      \
    {index, #name, X86_FEATURE_##needs, msr_get_##get, msr_set_##set, 0, NULL},
#define MSR_FIELD(index, name, needs, field, check)                            \
    {index,                                                                    \
     #name,                                                                    \
     X86_FEATURE_##needs,                                                      \
     NULL,                                                                     \
     NULL,                                                                     \
     offsetof(struct x86_state, field),                                        \
     msr_check_##check},
#include "common/x86/msrs.def"
#undef MSR
#undef MSR_FIELD
};

static const struct msr *find(uint32_t index)
{
    size_t lo = 0, hi = ARRAY_LEN(msrs);

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (msrs[mid].index == index)
            return &msrs[mid];
        if (msrs[mid].index < index)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* The register, if the model has it. */
static const struct msr *find_shown(const struct x86_cpu *c, uint32_t index)
{
    const struct msr *m = find(index);

    return m != NULL && cpuid_model_has(c->model, m->needs) ? m : NULL;
}

static uint64_t *field_of(struct x86_cpu *c, const struct msr *m)
{
    return (uint64_t *)(void *)((char *)&c->s + m->field);
}

bool x86_msr_read(struct x86_cpu *c, uint32_t index, uint64_t *value)
{
    const struct msr *m = find_shown(c, index);

    if (m == NULL)
        return false;
    if (m->get != NULL)
        return m->get(c, value);
    *value = *field_of(c, m);
    return true;
}

bool x86_msr_write(struct x86_cpu *c, uint32_t index, uint64_t value)
{
    const struct msr *m = find_shown(c, index);

    if (m == NULL)
        return false;
    if (m->set != NULL)
        return m->set(c, value);
    if (!m->check(c, value))
        return false;
    *field_of(c, m) = value;
    return true;
}

const char *x86_msr_name(uint32_t index)
{
    const struct msr *m = find(index);

    return m == NULL ? NULL : m->name;
}

void x86_msr_reset(struct x86_cpu *c)
{
    c->s.pat = 0x0007040600070406ull;
    c->s.misc_enable = cpuid_model_misc_enable(c->model);
}
