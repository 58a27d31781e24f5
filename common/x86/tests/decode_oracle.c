/* decode_oracle.c: our decoder held against Capstone. */
#include "common/x86/tests/decode_oracle.h"

#include <stdio.h>
#include <string.h>

#include "common/base/cc.h"

bool oracle_open(struct oracle *o)
{
    static const cs_mode mode[4] = {0, CS_MODE_16, CS_MODE_32, CS_MODE_64};

    memset(o, 0, sizeof(*o));
    for (unsigned k = 1; k < 4; k++) {
        if (cs_open(CS_ARCH_X86, mode[k], &o->handle[k]) != CS_ERR_OK)
            return false;
        cs_option(o->handle[k], CS_OPT_DETAIL, CS_OPT_ON);
    }
    o->insn = cs_malloc(o->handle[1]);
    return o->insn != NULL;
}

void oracle_close(struct oracle *o)
{
    if (o->insn != NULL)
        cs_free(o->insn, 1);
    for (unsigned k = 1; k < 4; k++)
        if (o->handle[k] != 0)
            cs_close(&o->handle[k]);
}

/* ---- mnemonics ---- */

/* Capstone has a name for each size where we have one for all. */
struct sized_name {
    const char *ours;
    const char *theirs[4]; /* by operand size */
};

static const struct sized_name sized_names[] = {
    {"movs", {"movsb", "movsw", "movsd", "movsq"}},
    {"cmps", {"cmpsb", "cmpsw", "cmpsd", "cmpsq"}},
    {"stos", {"stosb", "stosw", "stosd", "stosq"}},
    {"lods", {"lodsb", "lodsw", "lodsd", "lodsq"}},
    {"scas", {"scasb", "scasw", "scasd", "scasq"}},
    {"ins", {"insb", "insw", "insd", NULL}},
    {"outs", {"outsb", "outsw", "outsd", NULL}},
    {"cbw", {NULL, "cbw", "cwde", "cdqe"}},
    {"cwd", {NULL, "cwd", "cdq", "cqo"}},
    {"pusha", {NULL, "pushaw", "pushal", NULL}},
    {"popa", {NULL, "popaw", "popal", NULL}},
    {"pushf", {NULL, "pushf", "pushfd", "pushfq"}},
    {"popf", {NULL, "popf", "popfd", "popfq"}},
    {"iret", {NULL, "iret", "iretd", "iretq"}},
    {"retf", {NULL, "retf", "retf", "retfq"}},
    {"movd", {NULL, NULL, "movd", "movq"}},
    {"sysret", {NULL, "sysret", "sysret", "sysret"}},
    {"fxsave", {NULL, "fxsave", "fxsave", "fxsave64"}},
    {"fxrstor", {NULL, "fxrstor", "fxrstor", "fxrstor64"}},
};

/* Other words for the same thing. */
static const struct {
    const char *ours, *theirs;
} other_names[] = {
    {"mov", "movabs"},
    {"xlat", "xlatb"},
    {"prefetchw", "prefetch"},
};

static bool is_x87(const struct oracle_case *k)
{
    return k->row->impl == x86_op_impl(X86_OP_1_D8______);
}

static bool name_equal(const struct oracle_case *k, const char *theirs)
{
    static const char *const jcxz[4] = {NULL, "jcxz", "jecxz", "jrcxz"};
    const char *ours = k->row->name;
    size_t n;

    if (strcmp(ours, theirs) == 0)
        return true;
    if (strcmp(ours, "jcxz") == 0)
        return strcmp(theirs, jcxz[xi_asize(&k->ours)]) == 0;
    for (n = 0; n < ARRAY_LEN(sized_names); n++) {
        const char *name = sized_names[n].theirs[xi_osize(&k->ours)];

        if (strcmp(ours, sized_names[n].ours) == 0 && name != NULL &&
            strcmp(theirs, name) == 0)
            return true;
    }
    for (n = 0; n < ARRAY_LEN(other_names); n++)
        if (strcmp(ours, other_names[n].ours) == 0 &&
            strcmp(theirs, other_names[n].theirs) == 0)
            return true;
    return is_x87(k);
}

/* ---- features ---- */

/* Capstone's groups, where they tell a feature. Its MMX holds what SSE and SSE2
 * added to the MMX registers. */
static const struct {
    x86_insn_group group;
    uint16_t features[3];
} group_features[] = {
    {X86_GRP_CMOV, {X86_FEATURE_CMOV, X86_FEATURE_CMOV, X86_FEATURE_CMOV}},
    {X86_GRP_MMX, {X86_FEATURE_MMX, X86_FEATURE_SSE, X86_FEATURE_SSE2}},
    {X86_GRP_SSE1,
     {X86_FEATURE_SSE, X86_FEATURES, X86_FEATURES}}, /* PREFETCH */
    {X86_GRP_SSE2, {X86_FEATURE_SSE2, X86_FEATURE_CLFSH, X86_FEATURES}},
    {X86_GRP_SSE3, {X86_FEATURE_SSE3, X86_FEATURE_MONITOR, X86_FEATURE_SSE3}},
    {X86_GRP_SSSE3, {X86_FEATURE_SSSE3, X86_FEATURE_SSSE3, X86_FEATURE_SSSE3}},
};

/* Of x87 the later additions, by Capstone's names: it has no groups for most of
 * them. */
static unsigned x87_feature(const char *name)
{
    if (strncmp(name, "fisttp", 6) == 0)
        return X86_FEATURE_SSE3;
    if (strncmp(name, "fcmov", 5) == 0 || strncmp(name, "fcomi", 5) == 0 ||
        strncmp(name, "fucomi", 6) == 0)
        return X86_FEATURE_CMOV;
    return X86_FEATURES;
}

static bool feature_equal(const struct oracle_case *k)
{
    unsigned f = k->row->feature;
    bool told = false;

    if (is_x87(k))
        return f == x87_feature(cs_insn_name(k->handle, k->theirs->id));
    for (size_t n = 0; n < ARRAY_LEN(group_features); n++) {
        const uint16_t *may = group_features[n].features;

        if (!cs_insn_group(k->handle, k->theirs, group_features[n].group))
            continue;
        told = true;
        if (f != may[0] && f != may[1] && f != may[2])
            return false;
    }
    return told || (f != X86_FEATURE_CMOV && f != X86_FEATURE_MMX &&
                    f != X86_FEATURE_SSE && f != X86_FEATURE_SSE2 &&
                    f != X86_FEATURE_SSE3 && f != X86_FEATURE_SSSE3);
}

/* ---- comparison ---- */
static bool equal(struct oracle_case *k)
{
    bool ok = k->result == X86_DEC_OK;

    k->what = "validity";
    if (ok != k->valid)
        return false;
    if (!ok)
        return true;
    k->what = "length";
    if (k->ours.len != k->theirs->size)
        return false;
    k->what = "name";
    if (!name_equal(k, cs_insn_name(k->handle, k->theirs->id)))
        return false;
    k->what = "feature";
    if (!feature_equal(k))
        return false;
    k->what = "operand";
    return oracle_operands_equal(k);
}

enum oracle_verdict oracle_check(struct oracle *o, const uint8_t *bytes,
                                 unsigned code_size)
{
    struct oracle_case *k = &o->last;
    const uint8_t *code = bytes;
    size_t left = 15;
    uint64_t address = 0;
    int rule;

    *k = (struct oracle_case){
        .bytes = bytes, .code_size = code_size, .handle = o->handle[code_size]};
    k->result = x86_decode(bytes, ORACLE_BYTES, code_size, NULL, &k->ours);
    k->row = &x86_op_rows[k->result == X86_DEC_OK ? k->ours.op : X86_OP_NONE];
    k->valid =
        cs_disasm_iter(o->handle[code_size], &code, &left, &address, o->insn);
    k->theirs = o->insn;
    if (equal(k)) {
        o->same++;
        o->valid += k->valid;
        return ORACLE_SAME;
    }
    rule = oracle_known(k);
    if (rule < 0)
        return ORACLE_DIFFERENT;
    o->known++;
    o->rule_hits[rule]++;
    return ORACLE_KNOWN;
}

void oracle_describe(const struct oracle *o, char *text, size_t size)
{
    static const char *const results[] = {"ok", "ud", "limit", "short"};
    const struct oracle_case *k = &o->last;
    size_t n = 0;

    n += (size_t)snprintf(text, size, "%u bits:", 8u << k->code_size);
    for (unsigned b = 0; b < 15 && n < size; b++)
        n += (size_t)snprintf(text + n, size - n, " %02x", k->bytes[b]);
    if (n < size)
        n += (size_t)snprintf(
            text + n, size - n,
            ": %s: ours %s %s len %u rm %u reg %u base %u index %u scale_seg "
            "%02x size %02x disp %llx imm %x; Capstone",
            k->what, results[k->result], x86_op_name(k->ours.op), k->ours.len,
            k->ours.rm, k->ours.reg, k->ours.base, k->ours.index,
            k->ours.scale_seg, k->ours.size, (unsigned long long)k->ours.disp,
            (unsigned)k->ours.imm);
    if (n < size && k->valid)
        snprintf(text + n, size - n, " %s %s len %u", k->theirs->mnemonic,
                 k->theirs->op_str, k->theirs->size);
    else if (n < size)
        snprintf(text + n, size - n, " has none");
}

/* ---- random instructions ---- */
void oracle_random_bytes(struct rng *r, uint8_t *bytes)
{
    static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64,
                                       0x65, 0x66, 0x66, 0x67, 0x67,
                                       0xf0, 0xf2, 0xf3, 0xf3};
    uint64_t noise[2] = {rng_next(r), rng_next(r)}, dice = rng_next(r);
    unsigned n = 0;

    memcpy(bytes, noise, ORACLE_BYTES);
    for (; n < 3 && (dice & 3) == 0; dice >>= 2)
        bytes[n++] = prefixes[rng_below(r, sizeof(prefixes))];
    if ((dice & 4) != 0)
        bytes[n++] = (uint8_t)(0x40 | (dice >> 8 & 15));
    if ((dice & 0x30) == 0)
        return;
    if ((dice & 8) != 0)
        bytes[n++] = 0x0f;
}
