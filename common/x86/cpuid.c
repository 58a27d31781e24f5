/* cpuid.c: CPUID models and the instruction's answers.
 * [SDM2 "CPUID--CPU Identification"] */
#include "common/x86/cpuid.h"

#include <string.h>

#include "common/base/cc.h"
#include "common/dev/lapic.h"
#include "common/x86/cpu.h"
#include "common/x86/msr.h"

enum reg { AX, BX, CX, DX };

enum cache_type { CACHE_NONE, CACHE_DATA, CACHE_CODE, CACHE_UNIFIED };

struct cache {
    enum cache_type type;
    uint8_t level;
    uint8_t ways;
    uint8_t line; /* bytes */
    uint16_t sets;
};

struct cpuid_model {
    const char *name, *text;
    const char *vendor; /* 12 characters */
    const char *brand;  /* NULL: no leaves 80000002H..4H */
    uint32_t signature; /* leaf 1 EAX */
    uint32_t max_basic;
    uint32_t max_extended; /* 0: no extended leaves */
    uint32_t leaf2[4];
    uint32_t microcode;  /* revision */
    uint32_t crystal_hz; /* leaf 15H; the TSC runs at 1/1 of it */
    uint16_t mhz;        /* leaf 16H */
    uint8_t pa_bits;
    uint8_t clflush;     /* line, in units of 8 bytes */
    uint8_t brand_index; /* leaf 1 EBX */
    uint8_t platform_id; /* bits 52:50 of the MSR */
    bool arat;           /* the APIC timer never stops */
    uint64_t misc_enable, arch_capabilities;
    struct cache cache[5]; /* leaf 4, up to the first CACHE_NONE */
    bool has[X86_FEATURES];
};

#define HAS(name) [X86_FEATURE_##name] = true

static const struct cpuid_model models[] = {
#define MODEL(nm, ...) {.name = (nm), __VA_ARGS__},
#include "common/x86/cpuid-models.def"
#undef MODEL
};

struct feature_bit {
    const char *name;
    uint32_t leaf;
    uint8_t reg, bit;
};

static const struct feature_bit feature_bits[X86_FEATURES] = {
#define FEATURE(name, leaf, reg, bit)                                          \
    [X86_FEATURE_##name] = {#name, leaf, reg, bit},
#include "common/x86/cpuid-features.def"
#undef FEATURE
};

/* ---- models ---- */
const struct cpuid_model *cpuid_model_find(const char *name)
{
    unsigned n;

    for (n = 0; n < ARRAY_LEN(models); n++)
        if (strcmp(models[n].name, name) == 0)
            return &models[n];
    return NULL;
}

const struct cpuid_model *cpuid_model_at(unsigned n)
{
    return n < ARRAY_LEN(models) ? &models[n] : NULL;
}

const struct cpuid_model *cpuid_model_default(void)
{
    return &models[0];
}

const char *cpuid_model_name(const struct cpuid_model *m)
{
    return m->name;
}

const char *cpuid_model_text(const struct cpuid_model *m)
{
    return m->text;
}

bool cpuid_model_has(const struct cpuid_model *m, enum x86_feature f)
{
    return m->has[f];
}

const char *cpuid_feature_name(enum x86_feature f)
{
    return (unsigned)f < X86_FEATURES ? feature_bits[f].name : "?";
}

uint32_t cpuid_model_signature(const struct cpuid_model *m)
{
    return m->signature;
}

unsigned cpuid_model_pa_bits(const struct cpuid_model *m)
{
    return m->pa_bits;
}

unsigned cpuid_model_lin_bits(const struct cpuid_model *m)
{
    return m->has[X86_FEATURE_LM] ? 48 : 32;
}

uint32_t cpuid_model_microcode(const struct cpuid_model *m)
{
    return m->microcode;
}

uint64_t cpuid_model_platform_id(const struct cpuid_model *m)
{
    return (uint64_t)m->platform_id << 50;
}

uint64_t cpuid_model_arch_capabilities(const struct cpuid_model *m)
{
    return m->arch_capabilities;
}

uint64_t cpuid_model_misc_enable(const struct cpuid_model *m)
{
    return m->misc_enable;
}

/* ---- leaves ---- */

/* Feature bits depend on the processor's state in three places. */
static bool shown(const struct x86_cpu *c, enum x86_feature f)
{
    const struct lapic *l = c->v.m == NULL ? NULL : c->v.m->lapic;

    if (!c->model->has[f])
        return false;
    switch (f) {
    case X86_FEATURE_APIC:
        return l == NULL || (lapic_get_base(l) & LAPIC_BASE_EN);
    case X86_FEATURE_OSXSAVE:
        return (c->s.cr4 & CR4_OSXSAVE) != 0;
    case X86_FEATURE_SYSCALL:
        return c->code_size == 3;
    default:
        return true;
    }
}

static void features(const struct x86_cpu *c, uint32_t leaf, uint32_t out[4])
{
    unsigned f;

    for (f = 0; f < X86_FEATURES; f++)
        if (feature_bits[f].leaf == leaf && shown(c, (enum x86_feature)f))
            out[feature_bits[f].reg] |= BIT(feature_bits[f].bit);
}

static uint32_t max_basic(const struct x86_cpu *c)
{
    if ((c->s.misc_enable & MISC_LIMIT_CPUID) && c->model->max_basic > 2)
        return 2;
    return c->model->max_basic;
}

static void leaf_vendor(const struct x86_cpu *c, uint32_t out[4])
{
    const char *v = c->model->vendor;

    out[AX] = max_basic(c);
    out[BX] = get_le32(v);
    out[DX] = get_le32(v + 4);
    out[CX] = get_le32(v + 8);
}

static void leaf_signature(const struct x86_cpu *c, uint32_t out[4])
{
    const struct cpuid_model *m = c->model;

    out[AX] = m->signature;
    out[BX] = m->brand_index | (uint32_t)m->clflush << 8 | 1u << 16 |
              (uint32_t)c->v.id << 24;
    features(c, 1, out);
}

static void leaf_cache(const struct cpuid_model *m, uint32_t n, uint32_t out[4])
{
    const struct cache *k;

    if (n >= ARRAY_LEN(m->cache) || m->cache[n].type == CACHE_NONE)
        return;
    k = &m->cache[n];
    out[AX] = (uint32_t)k->type | (uint32_t)k->level << 5 | BIT(8);
    out[BX] = (k->line - 1u) | (k->ways - 1u) << 22;
    out[CX] = k->sets - 1u;
}

/* One thread of one core at each level. */
static void leaf_topology(const struct x86_cpu *c, uint32_t level,
                          uint32_t out[4])
{
    out[CX] = level & 0xff;
    out[DX] = c->v.id;
    if (level < 2) {
        out[BX] = 1;
        out[CX] |= (level + 1) << 8;
    }
}

static void leaf_brand(const struct cpuid_model *m, unsigned third,
                       uint32_t out[4])
{
    char text[48] = "";

    if (m->brand == NULL)
        return;
    strncpy(text, m->brand, sizeof(text) - 1);
    memcpy(out, text + 16 * third, 16);
}

/* L2 as in AMD's leaf: KByte, ways (coded), line. */
static void leaf_l2(const struct cpuid_model *m, uint32_t out[4])
{
    static const uint8_t coded[17] = {
        [1] = 1, [2] = 2, [4] = 4, [8] = 6, [16] = 8};
    const struct cache *k;

    for (k = m->cache; k->type != CACHE_NONE; k++)
        if (k->level == 2)
            out[CX] = (uint32_t)k->ways * k->line * k->sets / 1024 << 16 |
                      (uint32_t)coded[k->ways] << 12 | k->line;
}

static void extended(const struct x86_cpu *c, uint32_t leaf, uint32_t out[4])
{
    const struct cpuid_model *m = c->model;

    switch (leaf) {
    case 0x80000000:
        out[AX] = m->max_extended;
        break;
    case 0x80000001:
    case 0x80000007:
        features(c, leaf, out);
        break;
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
        leaf_brand(m, leaf - 0x80000002, out);
        break;
    case 0x80000006:
        leaf_l2(m, out);
        break;
    case 0x80000008:
        out[AX] = m->pa_bits | cpuid_model_lin_bits(m) << 8;
        break;
    }
}

static void basic(const struct x86_cpu *c, uint32_t leaf, uint32_t subleaf,
                  uint32_t out[4])
{
    const struct cpuid_model *m = c->model;

    switch (leaf) {
    case 0:
        leaf_vendor(c, out);
        break;
    case 1:
        leaf_signature(c, out);
        break;
    case 2:
        memcpy(out, m->leaf2, sizeof(m->leaf2));
        break;
    case 4:
        leaf_cache(m, subleaf, out);
        break;
    case 6:
        out[AX] = m->arat ? BIT(2) : 0;
        break;
    case 7:
        if (subleaf == 0)
            features(c, leaf, out);
        break;
    case 0xb:
        leaf_topology(c, subleaf, out);
        break;
    case 0x15:
        out[AX] = out[BX] = m->crystal_hz != 0;
        out[CX] = m->crystal_hz;
        break;
    case 0x16:
        out[AX] = out[BX] = out[CX] = m->mhz;
        break;
    }
}

/* Leaves past the last one, in either range, answer as the last basic leaf. */
void x86_cpuid(const struct x86_cpu *c, uint32_t leaf, uint32_t subleaf,
               uint32_t out[4])
{
    memset(out, 0, 4 * sizeof(out[0]));
    if (leaf >= 0x80000000 && leaf <= c->model->max_extended)
        extended(c, leaf, out);
    else
        basic(c, leaf <= max_basic(c) ? leaf : max_basic(c), subleaf, out);
}
