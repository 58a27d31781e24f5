/* listing.c: units as data, for people: guest code, what the passes made of it,
 * host code. Boundaries inside host code are not kept: the unit is translated
 * once more to find them. */
#include "bt/engine.h"
#include "bt/processor.h"
#include "bt/translator/trans.h"

_Static_assert(JIT_UNIT_MAX <= JIT_LISTING_INSNS, "instructions");
_Static_assert(ARRAY_LEN(((struct trans_notes *)0)->part) <= JIT_LISTING_PARTS,
               "parts");

static bool contains(const struct jit_unit *u, uint64_t ip)
{
    const struct x86_block *b = u->block;

    for (unsigned k = 0; k < u->n; k++)
        if (u->ip + b->insn[k].off == ip)
            return true;
    return false;
}

static void list_insns(struct x86_cpu *c, const struct jit_unit *u,
                       struct jit_listing *out)
{
    const struct x86_block *b = u->block;

    for (unsigned k = 0; k < u->n; k++) {
        const struct x86_insn *i = &b->insn[k];
        uint32_t here = PAGE_SIZE - (uint32_t)((b->pa + i->off) % PAGE_SIZE);

        if (b->pa2 == 0 || here > i->len)
            here = i->len;
        out->insn[k].ip = u->ip + i->off;
        out->insn[k].len = i->len;
        gmem_read(&c->v.m->mem, b->pa + i->off, out->insn[k].bytes, here);
        gmem_read(&c->v.m->mem, b->pa2 & PAGE_MASK, out->insn[k].bytes + here,
                  i->len - here);
    }
}

/* Parts in line come first; those out of line begin at offset 0 once more. */
static void list_code(const struct trans_notes *notes, struct jit_listing *out)
{
    unsigned where = 0;

    for (unsigned k = 0; k < notes->nr; k++) {
        uint32_t from = notes->part[k].offset, to = 0;

        if (k > 0 && from == 0)
            where = 1;
        if (k + 1 < notes->nr)
            to = notes->part[k + 1].offset;
        if (to == 0)
            to = out->host[where].bytes;
        out->part[k].code = out->host[where].code + from;
        out->part[k].bytes = to - from;
    }
}

static void list_parts(const struct trans_notes *notes, unsigned n,
                       struct jit_listing *out)
{
    for (unsigned k = 0; k < n; k++) {
        out->insn[k].called_out = notes->called_out[k];
        out->insn[k].flags_live = notes->live[k];
    }
    out->nr_parts = notes->nr;
    for (unsigned k = 0; k < notes->nr; k++) {
        out->part[k].part = (enum jit_part)notes->part[k].part;
        out->part[k].k = notes->part[k].k;
    }
    list_code(notes, out);
}

static void list(struct x86_cpu *c, struct jit_unit *u, struct jit_listing *out)
{
    uint32_t key = jit_of(c)->mode[u->mode].key;
    uint8_t buf[2 * TRANS_UNIT_BYTES];
    struct trans_notes notes;

    memset(out, 0, sizeof(*out));
    out->ip = u->ip;
    out->lin = u->lin;
    out->pa = u->block->pa;
    out->bits = 8u << JM_CODE(key);
    out->cpl = JM_CPL(key);
    out->n = u->n;
    out->host[0].code = u->code;
    out->host[0].bytes = u->bytes;
    out->host[1].code = u->cold;
    out->host[1].bytes = u->cold_bytes;
    list_insns(c, u, out);
    if (jit_translate_again(c, u, buf, &notes))
        list_parts(&notes, u->n, out);
    for (unsigned k = 0; k < 2; k++) {
        out->exit[k].exists = u->exit[k].field != NULL;
        out->exit[k].linked = u->exit[k].to != NULL;
        out->exit[k].ip = u->exit[k].ip;
    }
}

bool jit_list(struct vcpu *v, uint64_t ip, unsigned n, struct jit_listing *out)
{
    struct x86_cpu *c = x86_cpu(v);
    struct jit *j = jit_of(c);

    if (v->processor != &jit_processor_ops)
        return false;
    for (uint32_t k = 0; k < j->nr_units; k++) {
        struct jit_unit *u = &j->units[k];

        if (u->dead || !contains(u, ip) || n-- > 0)
            continue;
        list(c, u, out);
        return true;
    }
    return false;
}
