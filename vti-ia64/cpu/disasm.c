/* disasm.c: instructions as text, in the form of GNU objdump. */
#include "vti-ia64/cpu/disasm.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/base/cc.h"
#include "vti-ia64/cpu/operand.h"

struct text {
    char *buf;
    size_t size, len;
};

static void PRINTF(2, 3) put(struct text *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->len +=
            (size_t)n < t->size - t->len ? (size_t)n : t->size - t->len - 1;
}

struct reg_name {
    uint8_t nr;
    const char *name;
};

static const struct reg_name ar_names[] = {
#define AR(nr, name) {nr, name},
#include "vti-ia64/cpu/arnames.def"
#undef AR
};

static const struct reg_name cr_names[] = {
#define CR(nr, name) {nr, name},
#include "vti-ia64/cpu/crnames.def"
#undef CR
};

static char *reg_name(const struct reg_name *names, size_t n,
                      const char *prefix, unsigned nr, char *buf, size_t size)
{
    for (size_t k = 0; k < n; k++) {
        if (names[k].nr == nr) {
            snprintf(buf, size, "%s.%s", prefix, names[k].name);
            return buf;
        }
    }
    snprintf(buf, size, "%s%u", prefix, nr);
    return buf;
}

char *ia64_ar_name(unsigned nr, char *buf, size_t size)
{
    return reg_name(ar_names, ARRAY_LEN(ar_names), "ar", nr, buf, size);
}

char *ia64_cr_name(unsigned nr, char *buf, size_t size)
{
    return reg_name(cr_names, ARRAY_LEN(cr_names), "cr", nr, buf, size);
}

/* ---- mnemonics ---- */
static const char *const hint_ld[8] = {"",    ".nt1", ".d2", ".nta",
                                       ".d4", ".d5",  ".d6", ".d7"};
static const char *const hint_st[8] = {"",    ".d1", ".d2", ".nta",
                                       ".d4", ".d5", ".d6", ".d7"};
static const char *const hint_lfetch[8] = {"",    ".nt1", ".nt2", ".nta",
                                           ".d4", ".d5",  ".d6",  ".d7"};
static const char *const whether[4] = {".sptk", ".spnt", ".dptk", ".dpnt"};

/* Accesses without an update of their address have a third bit of hint. */
static unsigned hint(const struct ia64_encoding *e, uint64_t slot)
{
    unsigned h = (unsigned)ia64_bits(slot, 29, 28);

    switch (e->format) {
    case IA64_M1:
    case IA64_M6:
        return h + 4 * (unsigned)ia64_bits(slot, 19, 19);
    case IA64_M4:
    case IA64_M9:
    case IA64_M13:
    case IA64_M14:
    case IA64_M15:
        return h + 4 * (unsigned)ia64_bits(slot, 12, 12);
    default:
        return h;
    }
}

static void mnemonic(struct text *t, const struct ia64_encoding *e,
                     uint64_t slot)
{
    for (const char *p = e->mnemonic; *p != '\0'; p++) {
        if (*p != '%') {
            put(t, "%c", *p);
            continue;
        }
        switch (*++p) {
        case 'h':
            put(t, "%s", hint_ld[hint(e, slot)]);
            break;
        case 'H':
            put(t, "%s", hint_st[hint(e, slot)]);
            break;
        case 'l':
            put(t, "%s", hint_lfetch[hint(e, slot)]);
            break;
        case 's':
            put(t, ".s%u", (unsigned)ia64_bits(slot, 35, 34));
            break;
        case 'w':
            put(t, "%s", whether[ia64_bits(slot, 34, 33)]);
            break;
        case 'p':
            put(t, "%s", ia64_bits(slot, 12, 12) ? ".many" : ".few");
            break;
        case 'd':
            put(t, "%s", ia64_bits(slot, 35, 35) ? ".clr" : "");
            break;
        default: /* 'i' */
            put(t, "%s", ia64_bits(slot, 35, 35) ? ".imp" : "");
            break;
        }
    }
}

/* ---- operands ---- */
static const char *const mbtypes[16] = {
    [0] = "@brcst", [8] = "@mix", [9] = "@shuf", [10] = "@alt", [11] = "@rev"};

static void operand(struct text *t, const struct ia64_operand *o, uint64_t ip)
{
    char name[16];
    uint64_t v = o->value;

    switch (o->kind) {
    case IA64_OPND_GR:
        put(t, "r%u", (unsigned)v);
        break;
    case IA64_OPND_FR:
        put(t, "f%u", (unsigned)v);
        break;
    case IA64_OPND_PR:
        put(t, "p%u", (unsigned)v);
        break;
    case IA64_OPND_BR:
        put(t, "b%u", (unsigned)v);
        break;
    case IA64_OPND_AR:
        put(t, "%s", ia64_ar_name((unsigned)v, name, sizeof(name)));
        break;
    case IA64_OPND_CR:
        put(t, "%s", ia64_cr_name((unsigned)v, name, sizeof(name)));
        break;
    case IA64_OPND_WORD:
        put(t, "%s", o->name);
        break;
    case IA64_OPND_DEC:
        put(t, "%" PRId64, (int64_t)v);
        break;
    case IA64_OPND_HEX:
    case IA64_OPND_FCLASS:
        put(t, "0x%" PRIx64, v);
        break;
    case IA64_OPND_MBTYPE:
        put(t, "%s", mbtypes[v] != NULL ? mbtypes[v] : "?");
        break;
    case IA64_OPND_FRAME:
        put(t, "%u,%u,%u", (unsigned)(v & 0x7f), (unsigned)(v >> 7 & 0x7f),
            (unsigned)(v >> 14 & 0xf) * 8);
        break;
    case IA64_OPND_TARGET:
        put(t, "0x%" PRIx64, ip + v);
        break;
    }
}

/* What listings call a row when two of its fields agree. True: written. */
static bool alias(struct text *t, const struct ia64_encoding *e, uint64_t slot)
{
    unsigned r1 = (unsigned)ia64_bits(slot, 12, 6);
    unsigned r2 = (unsigned)ia64_bits(slot, 19, 13);
    unsigned r3 = (unsigned)ia64_bits(slot, 26, 20);
    unsigned pos = (unsigned)ia64_bits(slot, 19, 14);
    const char *name = NULL;

    if (e->format == IA64_I11 && ia64_bits(slot, 32, 27) + 1 + pos == 64) {
        put(t, "%s r%u=r%u,%u", ia64_bits(slot, 13, 13) ? "shr" : "shr.u", r1,
            r3, pos);
        return true;
    }
    if (e->format == IA64_I12 &&
        ia64_bits(slot, 32, 27) == ia64_bits(slot, 25, 20)) {
        put(t, "shl r%u=r%u,%u", r1, r2,
            63 - (unsigned)ia64_bits(slot, 25, 20));
        return true;
    }
    if (e->format == IA64_F9 && r2 == r3) {
        if (strcmp(e->mnemonic, "fmerge.s") == 0)
            name = "mov";
        else if (strcmp(e->mnemonic, "fmerge.ns") == 0)
            name = "fneg";
        else if (strcmp(e->mnemonic, "fpmerge.ns") == 0)
            name = "fpneg";
    }
    if (name != NULL)
        put(t, "%s f%u=f%u", name, r1, r2);
    return name != NULL;
}

static void instruction(struct text *t, const struct ia64_encoding *e,
                        uint64_t slot, uint64_t l, uint64_t ip)
{
    const char *p = e->operands;
    struct ia64_operand o;

    if (alias(t, e, slot))
        return;
    mnemonic(t, e, slot);
    if (*p != '\0')
        put(t, " ");
    while (*p != '\0') {
        if (ia64_operand_get(e, &p, slot, l, &o))
            operand(t, &o, ip);
        else
            put(t, "%c", *p++);
    }
}

char *ia64_disasm(const struct ia64_bundle *b, unsigned nr, uint64_t ip,
                  char *buf, size_t size)
{
    const struct ia64_template *tm = &ia64_templates[b->template & 0x1f];
    struct text t = {buf, size, 0};
    uint64_t slot = b->slot[nr];
    enum ia64_unit unit = (enum ia64_unit)tm->unit[nr];
    int row;

    buf[0] = '\0';
    if (!tm->reserved && unit == IA64_UNIT_L)
        return buf;
    row = tm->reserved ? -1 : ia64_encoding_find(unit, slot);
    if (row < 0) {
        put(&t, "data8 0x%011" PRIx64, slot);
        return buf;
    } else {
        if ((slot & 0x3f) != 0 && ia64_encoding_predicated(row))
            put(&t, "(p%02u) ", (unsigned)(slot & 0x3f));
        instruction(&t, &ia64_encodings[row], slot, b->slot[1], ip);
    }
    if (tm->stops >> nr & 1)
        put(&t, ";;");
    return buf;
}
