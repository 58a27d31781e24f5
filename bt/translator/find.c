/* find.c: which unit runs at a guest address: modes, places of code, units. */
#include "bt/translator/jit.h"

/* ---- modes ---- */
/* FS and GS are looked at where they are used: they change with each process.
 */
static uint32_t segment_bits(const struct x86_cpu *c)
{
    return JM_FLAT(SEG_ES, c->sc[SEG_ES].flat) |
           JM_FLAT(SEG_CS, c->sc[SEG_CS].flat) |
           JM_FLAT(SEG_SS, c->sc[SEG_SS].flat) |
           JM_FLAT(SEG_DS, c->sc[SEG_DS].flat);
}

static bool same_mode(const struct jit_mode *a, const struct jit_mode *b)
{
    return a->key == b->key && a->cs_base == b->cs_base &&
           a->cs_limit == b->cs_limit;
}

/* By number, or -1: there are too many. */
static int mode_search(struct jit *j, const struct jit_mode *m)
{
    for (unsigned k = 0; k < j->nr_modes; k++) {
        if (same_mode(&j->mode[k], m))
            return (int)k;
    }
    if (j->nr_modes == JIT_MODES)
        return -1;
    j->mode[j->nr_modes] = *m;
    return (int)j->nr_modes++;
}

int jit_mode_now(struct x86_cpu *c)
{
    struct jit *j = jit_of(c);
    struct jit_mode m = {0};
    uint8_t *guess;
    int k;

    if (unlikely(c->tlb != c->tlbs[c->view] || c->transient))
        return -1;
    m.key = c->code_size | (uint32_t)c->stack_size << 2 | (uint32_t)c->cpl << 4;
    if (!(c->s.cr0 & (CR0_EM | CR0_TS)) && (c->s.cr4 & CR4_OSFXSR))
        m.key |= JM_SSE;
    if (c->code_size != 3) {
        m.key |= segment_bits(c) | (c->v86 ? JM_V86 : 0u);
        m.cs_base = c->s.seg[SEG_CS].base;
        m.cs_limit = c->s.seg[SEG_CS].limit;
    }
    guess = &j->mode_guess[(m.key * 0x9e3779b1u) >> 26];
    if (likely(same_mode(&j->mode[*guess], &m)))
        return *guess;
    k = mode_search(j, &m);
    if (k >= 0)
        *guess = (uint8_t)k;
    return k;
}

/* ---- places ---- */
static uint32_t xid_get(struct jit *j, uint64_t lin, uint64_t pa)
{
    unsigned at = (unsigned)((lin >> PAGE_SHIFT) * 0x9e3779b1u ^
                             (pa >> PAGE_SHIFT) * 0x85ebca6bu ^ pa) %
                  JIT_XIDS;
    struct jit_xid *x = &j->xids[at];

    while (x->xid != 0 && (x->lin != lin || x->pa != pa)) {
        at = (at + 1) % JIT_XIDS;
        x = &j->xids[at];
    }
    if (x->xid == 0) {
        *x = (struct jit_xid){lin, pa, ++j->next_xid};
        j->nr_xids++;
    }
    return x->xid;
}

static void itlb_log(struct jit *j, unsigned m, unsigned slot)
{
    if (j->itlb_logged < JIT_ITLB_LOG)
        j->itlb_log[j->itlb_logged] = (uint16_t)(m * JIT_ITLB + slot);
    if (j->itlb_logged <= JIT_ITLB_LOG)
        j->itlb_logged++;
}

/* Fill the place of lin's page. 0: there is no memory. May raise #PF. */
static uint32_t itlb_fill(struct x86_cpu *c, unsigned m, uint64_t lin)
{
    struct jit *j = jit_of(c);
    unsigned slot = jit_itlb_slot(lin);
    const struct x86_fetch_entry *e;
    const uint8_t *host;
    uint64_t pa;
    uint32_t x;

    if (j->nr_xids > JIT_XIDS / 2 || j->next_xid > 0x3fffffff)
        jit_flush(c);
    j->stats.fills++;
    pa = x86_fetch_translate(c, lin, &host);
    if (host == NULL)
        return 0;
    e = x86_fetch_entry(c, lin);
    x = xid_get(j, lin & PAGE_MASK,
                (pa & PAGE_MASK) | (uint64_t)e->global << 8 | m);
    j->itlb[m][slot] = x | (e->global ? JIT_GLOBAL : 0u);
    if (!e->global)
        itlb_log(j, m, slot);
    j->place_lin[m][slot] = lin & PAGE_MASK;
    j->place_pa[m][slot] = pa & PAGE_MASK;
    j->place_host[m][slot] = host - (lin & (PAGE_SIZE - 1));
    if (e->large)
        j->large[m][slot / 64] |= BITQ(slot % 64);
    else
        j->large[m][slot / 64] &= ~BITQ(slot % 64);
    return j->itlb[m][slot];
}

static void itlb_flush(struct x86_cpu *c, bool global_too)
{
    struct jit *j = jit_of(c);
    uint32_t *place = &j->itlb[0][0];

    if (global_too) {
        memset(place, 0, j->nr_modes * sizeof(j->itlb[0]));
    } else if (j->itlb_logged > JIT_ITLB_LOG) {
        for (unsigned k = 0; k < j->nr_modes * JIT_ITLB; k++)
            place[k] = place[k] & JIT_GLOBAL ? place[k] : 0;
    } else {
        for (unsigned k = 0; k < j->itlb_logged; k++) {
            uint32_t *p = &place[j->itlb_log[k]];

            *p = *p & JIT_GLOBAL ? *p : 0;
        }
    }
    j->itlb_logged = 0;
}

/* Parts of large pages within 1 GiB go too: no page is larger. */
static void itlb_invlpg(struct x86_cpu *c, uint64_t lin)
{
    struct jit *j = jit_of(c);
    unsigned at;

    for (unsigned m = 0; m < j->nr_modes; m++) {
        j->itlb[m][jit_itlb_slot(lin)] = 0;
        for (unsigned w = 0; w < JIT_ITLB / 64; w++) {
            for (uint64_t bits = j->large[m][w]; bits != 0; bits &= bits - 1) {
                at = w * 64 + (unsigned)__builtin_ctzll(bits);
                if ((j->place_lin[m][at] ^ lin) >> 30 == 0)
                    j->itlb[m][at] = 0;
            }
        }
    }
}

/* ---- units ---- */
static void jump_forget(struct jit *j, const struct jit_unit *u)
{
    struct jit_jump *e = &j->jump[jit_jump_slot(u->lin)];

    if (e->unit == (uint32_t)(u - j->units))
        e->xid = JIT_NO_XID;
}

void jit_unlink(struct jit *j, struct jit_unit *u)
{
    struct jit_exit *x, **pp;

    for (x = u->in; x != NULL; x = x->next_in) {
        codecache_patch_jump(&j->cc, x->field, x->stub);
        x->to = NULL;
    }
    u->in = NULL;
    for (unsigned k = 0; k < 2; k++) {
        x = &u->exit[k];
        if (x->to == NULL)
            continue;
        for (pp = &x->to->in; *pp != x; pp = &(*pp)->next_in) {
        }
        *pp = x->next_in;
        x->to = NULL;
    }
}

void jit_jumps_clear(struct jit *j)
{
    for (unsigned k = 0; k < JIT_JUMPS; k++)
        j->jump[k].xid = JIT_NO_XID;
}

/* One of them may be running: code stays where it is until the next flush. */
void jit_block_dead(struct x86_cpu *c, struct x86_block *b)
{
    struct jit *j = jit_of(c);

    for (struct jit_unit *u = b->units; u != NULL; u = u->next) {
        jit_unlink(j, u);
        jump_forget(j, u);
        u->dead = true;
        j->stats.dead++;
    }
    b->units = NULL;
    x86_attention(c);
}

/* Forget all units. */
void jit_flush(struct x86_cpu *c)
{
    struct jit *j = jit_of(c);

    for (uint32_t k = 0; k < j->nr_units; k++) {
        if (!j->units[k].dead)
            j->units[k].block->units = NULL;
    }
    codecache_flush(&j->cc);
    codecache_flush(&j->cold);
    j->nr_units = 0;
    j->nr_insns = 0;
    j->generation++;
    j->nr_xids = 0;
    if (j->next_xid > 0x3fffffff)
        j->next_xid = 0;
    jit_jumps_clear(j);
    memset(j->itlb, 0, sizeof(j->itlb));
    j->itlb_logged = 0;
    memset(j->xids, 0, sizeof(j->xids));
    j->stats.flushes++;
}

const struct x86_code_hooks jit_code_hooks = {
    .dead = jit_block_dead,
    .drop = jit_flush,
    .flush = itlb_flush,
    .invlpg = itlb_invlpg,
};

static uint64_t next_page(const struct x86_cpu *c, uint64_t lin)
{
    return ((lin & PAGE_MASK) + PAGE_SIZE) & c->lin_mask;
}

/* Does the page after that of lin have id xid2, if that is not 0? May raise
 * #PF. */
static bool second_ok(struct x86_cpu *c, unsigned m, uint64_t lin,
                      uint32_t xid2)
{
    uint32_t xid;

    if (likely(xid2 == 0))
        return true;
    lin = next_page(c, lin);
    xid = jit_of(c)->itlb[m][jit_itlb_slot(lin)];
    return xid == xid2 || itlb_fill(c, m, lin) == xid2;
}

static struct jit_unit *unit_of(struct x86_cpu *c, struct x86_block *b,
                                unsigned m, uint64_t lin, uint32_t xid)
{
    struct jit *j = jit_of(c);
    uint32_t generation = j->generation, xid2 = 0;
    struct jit_unit *u;
    uint64_t from;

    for (u = b->units; u != NULL; u = u->next) {
        if (u->mode == m && u->lin == lin && u->xid == xid &&
            second_ok(c, m, lin, u->xid2))
            return u;
    }
    if (b->heat < jit_hot(j) || b == (void *)c->interp->scratch)
        return NULL;
    if (b->pa2 != 0) {
        xid2 = itlb_fill(c, m, next_page(c, lin));
        if (xid2 == 0 || generation != j->generation)
            return NULL;
    }
    from = clock_now(&c->v.m->clock);
    u = jit_translate(c, b, m, lin, xid, xid2);
    j->stats.translate_ns += clock_now(&c->v.m->clock) - from;
    return u;
}

/* The unit by way of its block. */
static NOINLINE struct jit_unit *find_slow(struct x86_cpu *c, unsigned m,
                                           uint64_t lin, uint32_t xid)
{
    struct jit *j = jit_of(c);
    unsigned slot = jit_itlb_slot(lin);
    uint32_t generation = j->generation;
    uint64_t at = lin & (PAGE_SIZE - 1);
    struct x86_block *b;
    struct jit_unit *u;

    if (c->code_size != 3 && c->s.r[R_IP] > c->s.seg[SEG_CS].limit)
        return NULL; /* interp raises #GP */
    j->stats.finds++;
    b = x86_block_get(c, lin, j->place_pa[m][slot] + at,
                      j->place_host[m][slot] + at);
    if (generation != j->generation) /* all is gone, the id too */
        return NULL;
    u = unit_of(c, b, m, lin, xid);
    if (u != NULL)
        j->jump[jit_jump_slot(lin)] =
            (struct jit_jump){.lin = lin,
                              .code = u->code,
                              .xid = u->xid,
                              .xid2 = u->xid2,
                              .unit = (uint32_t)(u - j->units)};
    return u;
}

static uint64_t lin_now(const struct x86_cpu *c)
{
    return c->code_size == 3
               ? c->s.r[R_IP]
               : (c->s.seg[SEG_CS].base + c->s.r[R_IP]) & 0xffffffff;
}

/* Does *e lead to the unit at lin, whose page has id xid? May raise #PF. */
static bool leads_to(struct x86_cpu *c, const struct jit_jump *e, unsigned m,
                     uint64_t lin, uint32_t xid)
{
    return e->lin == lin && e->xid == xid && second_ok(c, m, lin, e->xid2);
}

struct jit_unit *jit_find(struct x86_cpu *c, unsigned m)
{
    struct jit *j = jit_of(c);
    uint64_t lin = lin_now(c);
    struct jit_jump *e = &j->jump[jit_jump_slot(lin)];
    uint32_t xid = j->itlb[m][jit_itlb_slot(lin)];

    if (likely(leads_to(c, e, m, lin, xid)))
        return &j->units[e->unit];
    if (xid == 0 || j->place_lin[m][jit_itlb_slot(lin)] != (lin & PAGE_MASK))
        xid = itlb_fill(c, m, lin);
    if (xid == 0)
        return NULL;
    if (leads_to(c, e, m, lin, xid))
        return &j->units[e->unit];
    return find_slow(c, m, lin, xid);
}

const uint8_t *jit_find_code(struct x86_cpu *c, unsigned m)
{
    struct jit *j = jit_of(c);
    uint64_t lin = lin_now(c);
    const struct jit_jump *e = &j->jump[jit_jump_slot(lin)];
    const struct jit_unit *u;

    if (likely(leads_to(c, e, m, lin, j->itlb[m][jit_itlb_slot(lin)])))
        return e->code;
    u = jit_find(c, m);
    return u == NULL ? NULL : u->code;
}
