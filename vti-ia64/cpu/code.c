/* code.c: predecoded code pages. */
#include "vti-ia64/cpu/code.h"

#include <stdlib.h>
#include <string.h>

#include "common/machine/gmem.h"
#include "vti-ia64/cpu/encoding.h"
#include "vti-ia64/cpu/op.h"
#include "vti-ia64/cpu/operand.h"

ia64_handler *const ia64_handlers[] = {
#define INSN(handler, x, unit, format, mnemonic, operands, ...)                \
    ia64_op_##handler,
#include "vti-ia64/cpu/encodings.def"
#undef INSN
};

/* Handlers that look at the qualifying predicate themselves: those that do
 * something when it is false, and the hot branch. */
static bool tests_predicate(ia64_handler *fn)
{
    static ia64_handler *const own[] = {
        ia64_op_br_cond,  ia64_op_br_wexit,  ia64_op_br_wtop,  ia64_op_br_cloop,
        ia64_op_br_cexit, ia64_op_br_ctop,   ia64_op_cmp_unc,  ia64_op_cmp4_unc,
        ia64_op_cmpi_unc, ia64_op_cmp4i_unc, ia64_op_tbit_unc, ia64_op_tnat_unc,
        ia64_op_tf_unc,   ia64_op_fcmp,      ia64_op_fclass,   ia64_op_frcpa,
        ia64_op_fprcpa,   ia64_op_frsqrta,   ia64_op_fprsqrta,
    };

    for (unsigned k = 0; k < ARRAY_LEN(own); k++)
        if (own[k] == fn)
            return true;
    return false;
}

/* ---- decoding ---- */
static bool has_p2(unsigned format)
{
    switch (format) {
    case IA64_A6:
    case IA64_A7:
    case IA64_A8:
    case IA64_I16:
    case IA64_I17:
    case IA64_I30:
    case IA64_F4:
    case IA64_F5:
    case IA64_F6:
    case IA64_F7:
        return true;
    default:
        return false;
    }
}

static bool has_p1(unsigned format)
{
    return has_p2(format) && format != IA64_F6 && format != IA64_F7;
}

/* 0 none, 1 by register, 2 by immediate, which *imm becomes. */
static unsigned update_of(unsigned format, unsigned x, uint64_t *imm)
{
    switch (format) {
    case IA64_M2:
    case IA64_M7:
    case IA64_M14:
        return 1;
    case IA64_M12:
        *imm = (x & 3) == 2 ? 8 : 16;
        return 2;
    case IA64_M3:
    case IA64_M5:
    case IA64_M8:
    case IA64_M10:
    case IA64_M15:
        return 2;
    default:
        return 0;
    }
}

/* Combinations that [ISDM3] calls illegal whatever the state is. */
static bool illegal(const struct ia64_encoding *e, const struct ia64_insn *i)
{
    const char *o = e->operands;
    bool gr_target = o[0] == 'r' && o[1] == '1' && (o[2] == '=' || o[2] == ',');
    bool fr_target = o[0] == 'f' && o[1] == '1' && (o[2] == '=' || o[2] == ',');

    if (gr_target && i->r1 == 0)
        return true;
    if (fr_target && i->r1 < 2)
        return true;
    if (i->update != 0 && i->r3 == 0)
        return true;
    if ((e->format == IA64_M2 || e->format == IA64_M3) && i->r1 == i->r3)
        return true;
    if ((e->format == IA64_M11 || e->format == IA64_M12) && i->r2 < 2)
        return true;
    return has_p1(e->format) && i->r1 == i->r4;
}

static void decode_slot(struct ia64_insn *i, enum ia64_unit unit, unsigned nr,
                        uint64_t slot, uint64_t l)
{
    int row = ia64_encoding_find(unit, slot);
    const struct ia64_encoding *e;
    ia64_handler *fn;

    *i = (struct ia64_insn){.fn = ia64_op_illegal,
                            .qp = slot & 0x3f,
                            .slot = (uint8_t)nr,
                            .imm = slot};
    if (row < 0)
        return;
    e = &ia64_encodings[row];
    i->row = (uint16_t)row;
    i->x = e->x;
    i->r1 = (uint8_t)ia64_bits(slot, 12, 6);
    i->r2 = (uint8_t)ia64_bits(slot, 19, 13);
    i->r3 = (uint8_t)ia64_bits(slot, 26, 20);
    i->r4 = (uint8_t)ia64_bits(slot, 33, 27);
    i->sf = (uint8_t)ia64_bits(slot, 35, 34);
    i->imm = ia64_operand_imm(e, 0, slot, l);
    i->imm2 = (uint8_t)ia64_operand_imm(e, 1, slot, l);
    i->update = (uint8_t)update_of(e->format, e->x, &i->imm);
    if (has_p2(e->format))
        i->r4 &= 0x3f;
    if (has_p1(e->format))
        i->r1 = (uint8_t)ia64_bits(slot, 11, 6);
    if (e->format == IA64_A7)
        i->r2 = 0;
    if (e->format == IA64_A5)
        i->r3 = (uint8_t)ia64_bits(slot, 21, 20);
    if (e->format == IA64_I13 || e->format == IA64_I14) {
        i->r4 = i->imm2; /* value, position, length */
        i->imm2 = (uint8_t)ia64_operand_imm(e, 2, slot, l);
    }
    if (unit == IA64_UNIT_B || unit == IA64_UNIT_X || e->format == IA64_I21 ||
        e->format == IA64_I22) {
        if (e->unit != IA64_UNIT_X || e->format == IA64_X4)
            i->r1 = (uint8_t)ia64_bits(slot, 8, 6);
        i->r2 = e->format == IA64_I21 ? (uint8_t)ia64_bits(slot, 19, 13)
                                      : (uint8_t)ia64_bits(slot, 15, 13);
        if (e->format == IA64_I22)
            i->r1 = (uint8_t)ia64_bits(slot, 12, 6);
    }
    if (!ia64_encoding_predicated(row))
        i->qp = 0;
    fn = ia64_handlers[row];
    /* An unc comparison is illegal whatever its predicate is. */
    if (illegal(e, i))
        fn = i->qp != 0 && strstr(e->mnemonic, ".unc") == NULL
                 ? ia64_op_predicated_illegal
                 : ia64_op_illegal;
    else if (i->qp != 0 && !tests_predicate(fn))
        fn = ia64_op_predicated;
    i->fn = fn;
}

void ia64_code_decode(struct ia64_code_page *p, const struct ia64_insn *at)
{
    static const uint8_t zero[16];
    unsigned nr = (unsigned)(at - p->insn) / 3;
    struct ia64_insn *i = &p->insn[nr * 3];
    struct ia64_bundle b;
    const struct ia64_template *t;

    if (nr >= IA64_CODE_SLOTS / 3 || i->slot != 3)
        return;
    b = ia64_bundle_get(p->host != NULL ? p->host + nr * 16 : zero);
    t = &ia64_templates[b.template];
    for (unsigned k = 0; k < 3; k++) {
        if (t->reserved)
            i[k] =
                (struct ia64_insn){.fn = ia64_op_illegal, .slot = (uint8_t)k};
        else if (t->unit[k] == IA64_UNIT_L)
            decode_slot(&i[k], IA64_UNIT_X, k, b.slot[2], b.slot[1]);
        else if (t->unit[k] == IA64_UNIT_X)
            i[k] = (struct ia64_insn){.fn = ia64_op_skip, .slot = (uint8_t)k};
        else
            decode_slot(&i[k], (enum ia64_unit)t->unit[k], k, b.slot[k], 0);
    }
}

IA64_OP(decode)
{
    ia64_code_decode(c->page, i);
    i->fn(c, i);
}

IA64_OP(predicated)
{
    if (ia64_qp(c, i)) {
        ia64_handlers[i->row](c, i);
        return;
    }
    IA64_NEXT(c, i);
}

IA64_OP(predicated_illegal)
{
    unsigned format = ia64_encodings[i->row].format;

    if (ia64_qp(c, i))
        ia64_illegal(c, i);
    if (format == IA64_F6 || format == IA64_F7) /* approximations clear p2 */
        ia64_set_pr(c, i->r4, false);
    IA64_NEXT(c, i);
}

/* Slot 2 of MLX: passed over; it does not count. */
IA64_OP(skip)
{
    if (unlikely(i == c->start)) /* IIP.ri says slot 2 */
        ia64_illegal(c, i);
    c->icount0--;
    IA64_NEXT(c, i);
}

/* ---- pages ---- */
static void blank(struct ia64_insn *i, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        i[k].fn = ia64_op_decode;
        i[k].slot = 3;
    }
}

static unsigned hash_of(uint64_t pa)
{
    return (unsigned)(pa >> IA64_CODE_SHIFT ^ pa >> 24) % IA64_CODE_HASH;
}

static struct ia64_code_page *find(struct ia64_cpu *c, uint64_t pa)
{
    struct ia64_code_page *p = c->code[hash_of(pa)];

    while (p != NULL && p->pa != pa)
        p = p->hash_next;
    return p;
}

struct ia64_code_page *ia64_code_get(struct ia64_cpu *c, uint64_t pa)
{
    struct ia64_code_page *p = find(c, pa);
    uint8_t *flags;

    if (p != NULL)
        return p;
    if (c->nr_code >= IA64_CODE_PAGES)
        ia64_code_drop(c);
    p = malloc(sizeof(*p));
    if (p == NULL)
        return NULL;
    p->pa = pa;
    p->host = gmem_host(&c->v.m->mem, pa, IA64_CODE_BYTES);
    blank(p->insn, IA64_CODE_SLOTS);
    p->insn[IA64_CODE_SLOTS] =
        (struct ia64_insn){.fn = ia64_op_page_end, .slot = 3};
    p->writes = 0;
    p->hash_next = c->code[hash_of(pa)];
    c->code[hash_of(pa)] = p;
    c->nr_code++;
    flags = gmem_flags(&c->v.m->mem, pa);
    if (flags != NULL)
        *flags |= GMEM_PAGE_CODE;
    ia64_flush(c); /* no direct writes to it any more */
    return p;
}

static void release(struct ia64_cpu *c, struct ia64_code_page *p)
{
    uint8_t *flags = gmem_flags(&c->v.m->mem, p->pa);

    if (flags != NULL)
        *flags &= (uint8_t)~GMEM_PAGE_CODE;
    free(p);
}

void ia64_code_drop(struct ia64_cpu *c)
{
    for (unsigned k = 0; k < IA64_CODE_HASH; k++) {
        struct ia64_code_page *p = c->code[k], *next;

        for (; p != NULL; p = next) {
            next = p->hash_next;
            release(c, p);
        }
        c->code[k] = NULL;
    }
    c->nr_code = 0;
    c->page = NULL;
    ia64_flush_fetch(c);
}

/* Writes to it go the short way again. */
static void drop_page(struct ia64_cpu *c, struct ia64_code_page *p)
{
    struct ia64_code_page **at = &c->code[hash_of(p->pa)];

    while (*at != p)
        at = &(*at)->hash_next;
    *at = p->hash_next;
    c->nr_code--;
    release(c, p);
    ia64_flush(c);
}

static bool in_use(const struct ia64_cpu *c, const struct ia64_code_page *p)
{
    for (unsigned k = 0; k < ARRAY_LEN(c->patch); k++)
        if (c->patch[k].at >= p->insn &&
            c->patch[k].at <= p->insn + IA64_CODE_SLOTS)
            return true;
    return p == c->page;
}

void ia64_code_write(struct ia64_cpu *c, uint64_t pa, uint64_t len)
{
    uint64_t page = pa & ~(uint64_t)(IA64_CODE_BYTES - 1);
    struct ia64_code_page *p = find(c, page);
    uint64_t first = (pa - page) / 16, last = (pa - page + len - 1) / 16;

    if (p == NULL)
        return;
    for (uint64_t nr = first; nr <= last && nr < IA64_CODE_SLOTS / 3; nr++) {
        struct ia64_insn *i = &p->insn[nr * 3];

        blank(i, 3);
        for (unsigned k = 0; k < ARRAY_LEN(c->patch); k++) {
            if (c->patch[k].at == NULL || c->patch[k].at < i ||
                c->patch[k].at > i + 2)
                continue;
            c->patch[k].fn = ia64_op_decode;
            c->patch[k].at->fn = ia64_op_stop;
        }
    }
    if (++p->writes >= IA64_CODE_WRITES && !in_use(c, p))
        drop_page(c, p);
}
