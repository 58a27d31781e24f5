/* shadow.c: filling shadow tables, and what the guest's control registers and
 * INVLPG mean for them. */
#include "common/mmu/shadow.h"

#include <stdlib.h>

#include "common/mmu/shadow_priv.h"
#include "common/x86/mem.h"

#define ENTRY_ALL (X86_PTE_P | X86_PTE_RW | X86_PTE_US | X86_PTE_A)

/* ---- life ---- */
enum status shadow_create(const struct shadow_config *config,
                          struct shadow **out, struct error *err)
{
    struct shadow *s;
    enum status st;

    if (config->pages < SHADOW_MIN_PAGES)
        return err_set(err, ST_INVAL, "shadow tables: %u pages, %u is least",
                       config->pages, SHADOW_MIN_PAGES);
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return err_set(err, ST_NOMEM, "shadow tables");
    s->config = *config;
    st = shadow_tables_init(s, err);
    if (st != ST_OK) {
        shadow_tables_fini(s);
        free(s);
        return st;
    }
    config->mem->trace_fn = shadow_traced;
    config->mem->trace_opaque = s;
    *out = s;
    return ST_OK;
}

void shadow_destroy(struct shadow *s)
{
    if (s == NULL)
        return;
    shadow_drop(s);
    s->config.mem->trace_fn = NULL;
    shadow_tables_fini(s);
    free(s);
}

void shadow_drop(struct shadow *s)
{
    s->set = false;
    s->root = SHADOW_PDPT;
    shadow_table_drop_all(s);
}

/* ---- roots ---- */
static unsigned top_level(const struct shadow *s)
{
    return s->regs.mode == X86_WALK_4LEVEL ? 4 : 3;
}

static uint64_t table_address(const struct x86_walk_regs *r, uint64_t entry)
{
    return r->mode == X86_WALK_32 ? entry & 0xfffff000
                                  : entry & r->pa_mask & PAGE_MASK;
}

#define SHADOW_ANY (SHADOW_W | SHADOW_U | SHADOW_X)

/* The table below PDPTE n of PAE paging; 0: none. */
static uint64_t directory_key(const struct shadow *s, unsigned n)
{
    const struct x86_walk_regs *r = &s->regs;

    switch (r->mode) {
    case X86_WALK_OFF:
        return (uint64_t)n << 30 | SHADOW_DIRECT | SHADOW_DIRTY | SHADOW_ANY |
               2;
    case X86_WALK_32:
        return table_address(r, r->cr3) | SHADOW_QUADRANT(n) | SHADOW_HALF |
               SHADOW_ANY | 2;
    default:
        if (!(r->pdpte[n] & X86_PTE_P))
            return 0;
        return table_address(r, r->pdpte[n]) | SHADOW_ANY | 2;
    }
}

static bool load_pdptes(struct shadow *s)
{
    bool any = false, made;

    for (unsigned n = 0; n < 4; n++) {
        uint64_t key = directory_key(s, n);
        uint32_t t;

        if (key == 0) {
            shadow_entry_clear(s, n);
            s->path[n] = SHADOW_PDPT;
            continue;
        }
        t = shadow_table_get(s, key, &made);
        s->table[t].keep = true;
        s->path[n] = t; /* none of the four recycles another */
        shadow_entry_point(s, n, t, X86_PTE_P);
        any |= made;
    }
    memset(s->path, 0, sizeof(s->path));
    s->root = SHADOW_PDPT;
    return any;
}

static void load_root(struct shadow *s)
{
    bool made;
    uint32_t t;

    if (s->regs.mode == X86_WALK_4LEVEL) {
        t = shadow_table_get(
            s, table_address(&s->regs, s->regs.cr3) | SHADOW_ANY | 4, &made);
        s->table[t].keep = true;
        s->root = t;
    } else {
        made = load_pdptes(s);
    }
    shadow_count(s, made ? SHADOW_ROOT_MADE : SHADOW_ROOT_HIT, 0);
}

static bool same_mode(const struct x86_walk_regs *a,
                      const struct x86_walk_regs *b)
{
    return a->mode == b->mode && a->wp == b->wp && a->pse == b->pse &&
           a->nxe == b->nxe && a->smep == b->smep && a->smap == b->smap;
}

void shadow_set(struct shadow *s, const struct x86_walk_regs *r, bool flush)
{
    bool same_root = s->set && s->regs.cr3 == r->cr3 &&
                     memcmp(s->regs.pdpte, r->pdpte, sizeof(r->pdpte)) == 0;

    if (s->set && !same_mode(&s->regs, r)) {
        shadow_count(s, SHADOW_RESET, 0);
        shadow_drop(s);
        same_root = false;
    } else if (flush || s->regs.pge != r->pge) {
        shadow_pending_drop(s, s->regs.pge != r->pge);
    }
    s->regs = *r;
    if (!same_root)
        load_root(s);
    s->set = true;
}

uint64_t shadow_root(const struct shadow *s)
{
    return shadow_table_pa(s, s->root);
}

/* ---- fills ---- */
static uint64_t rights_key(uint64_t rights)
{
    return (rights & X86_PTE_RW ? SHADOW_W : 0) |
           (rights & X86_PTE_US ? SHADOW_U : 0) |
           (rights & X86_PTE_XD ? 0 : SHADOW_X);
}

/* Rights of the first n entries that the walk used. */
static uint64_t rights_above(const struct x86_walk *w, unsigned n)
{
    uint64_t rights = X86_PTE_RW | X86_PTE_US;

    for (unsigned k = 0; k < n; k++)
        rights = (rights & (w->step[k].entry | X86_PTE_XD)) |
                 (w->step[k].entry & X86_PTE_XD);
    return rights;
}

static bool is_dirty(const struct shadow *s, const struct x86_walk *w,
                     unsigned access)
{
    return s->regs.mode == X86_WALK_OFF || (access & X86_WRITE) ||
           (w->step[w->nr - 1].entry & X86_PTE_D);
}

/* Which table belongs below the entry for lin at `level` (4..2). */
static uint64_t key_below(const struct shadow *s, const struct x86_walk *w,
                          uint64_t lin, unsigned access, unsigned level)
{
    const struct x86_walk_regs *r = &s->regs;
    bool four = r->mode == X86_WALK_4LEVEL, half = r->mode == X86_WALK_32;
    unsigned used = (four ? 4 : 2) - level + 1; /* steps above it */
    unsigned shift = 12 + 9 * (level - 1);
    uint64_t key;

    if (!four && level == 3)
        return directory_key(s, lin >> 30 & 3);
    if (r->mode == X86_WALK_OFF || w->nr <= used) {
        key = (w->xlat.pa & ~mask_low(shift)) | SHADOW_DIRECT;
        return key | rights_key(w->rights) | (level - 1) |
               (is_dirty(s, w, access) ? SHADOW_DIRTY : 0) |
               (w->xlat.global ? SHADOW_GLOBAL : 0);
    }
    key = table_address(r, w->step[used - 1].entry) |
          rights_key(rights_above(w, used)) | (level - 1);
    if (half)
        key |= SHADOW_HALF | SHADOW_QUADRANT(lin >> 21 & 1);
    return key;
}

static uint64_t last_entry(const struct shadow *s, const struct x86_walk *w,
                           unsigned access, uint8_t flags)
{
    uint64_t rights = w->rights, v = X86_PTE_P | X86_PTE_A | X86_PTE_D;
    bool writable =
        (rights & X86_PTE_RW) || (!s->regs.wp && !(rights & X86_PTE_US));

    v |= w->xlat.pa & PAGE_MASK;
    v |= rights & (X86_PTE_US | X86_PTE_XD);
    if (writable && is_dirty(s, w, access) &&
        !(flags & (GMEM_PAGE_TRACE | GMEM_PAGE_ROM)))
        v |= X86_PTE_RW;
    if (w->xlat.global)
        v |= X86_PTE_G;
    return v;
}

/* False: nothing was missing. */
static bool fill(struct shadow *s, const struct x86_walk *w, uint64_t lin,
                 unsigned access)
{
    uint32_t t = s->root, e, below;
    unsigned level = top_level(s);
    bool made, new = false;
    uint64_t value;

    memset(s->path, 0, sizeof(s->path));
    for (; level > 1; level--) {
        s->path[level - 1] = t;
        e = t * SHADOW_ENTRIES + (lin >> (12 + 9 * (level - 1)) & 511);
        if (t == SHADOW_PDPT)
            e = lin >> 30 & 3;
        below = shadow_table_get(s, key_below(s, w, lin, access, level), &made);
        s->table[below].keep |= t == SHADOW_PDPT;
        s->table[below].writes = 0;
        value = s->entry[e];
        shadow_entry_point(s, e, below,
                           t == SHADOW_PDPT ? X86_PTE_P : ENTRY_ALL);
        new |= value != s->entry[e];
        t = below;
    }
    s->path[0] = t;
    e = t * SHADOW_ENTRIES + (lin >> PAGE_SHIFT & 511);
    /* Making tables may have traced the page itself. */
    value = last_entry(s, w, access, *gmem_flags(s->config.mem, w->xlat.pa));
    new |= value != s->entry[e];
    shadow_entry_map(s, e, value);
    memset(s->path, 0, sizeof(s->path));
    return new;
}

static enum shadow_answer by_hand(struct shadow *s, enum shadow_row row)
{
    shadow_count(s, row, 0);
    return SHADOW_BY_HAND;
}

/* What a walk comes to while paging is off. */
static struct x86_walk no_walk(const struct x86_walk_regs *r, uint64_t lin)
{
    return (struct x86_walk){.rights = X86_PTE_RW | X86_PTE_US,
                             .xlat = {.pa = lin & 0xffffffff & r->pa_mask,
                                      .page_shift = PAGE_SHIFT,
                                      .user = true,
                                      .write_s = true,
                                      .write_u = true,
                                      .exec = true}};
}

enum shadow_answer shadow_fault(struct shadow *s, const struct x86_walk_regs *r,
                                uint64_t lin, unsigned access,
                                struct x86_walk *w)
{
    struct x86_walk_env env = {x86_walk_gmem_read, x86_walk_gmem_update,
                               s->config.mem};
    uint8_t *flags;
    bool ok = true;

    if (r->mode == X86_WALK_OFF) {
        *w = no_walk(r, lin);
    } else {
        ok = x86_walk(&env, r, lin, access, w);
        ledger_add(s->config.ledger, LEDGER_SHADOW, SHADOW_WALK_REF, 0, w->nr);
    }
    if (!ok) {
        shadow_count(s, SHADOW_GUEST_FAULT, 0);
        return SHADOW_FAULT;
    }
    flags = gmem_flags(s->config.mem, w->xlat.pa);
    if (flags == NULL)
        return by_hand(s, SHADOW_DEVICE);
    if ((access & X86_WRITE) && (*flags & GMEM_PAGE_TRACE))
        return by_hand(s, SHADOW_TRACED_WRITE);
    if ((access & X86_WRITE) &&
        ((*flags & GMEM_PAGE_ROM) ||
         (!(w->rights & X86_PTE_RW) && (w->rights & X86_PTE_US))))
        return by_hand(s, SHADOW_EMULATE);
    if (!fill(s, w, lin, access))
        return by_hand(s, SHADOW_EMULATE);
    if ((access & X86_WRITE) && (*flags & GMEM_PAGE_TRACE))
        return by_hand(s, SHADOW_TRACED_WRITE);
    shadow_count(s, SHADOW_FILL, 0);
    return SHADOW_FILLED;
}

/* ---- flushes ---- */
void shadow_flush(struct shadow *s)
{
    shadow_pending_drop(s, true);
}

bool shadow_invlpg(struct shadow *s, uint64_t lin)
{
    uint32_t t = s->root, e, below;
    unsigned level = top_level(s);

    shadow_count(s, SHADOW_INVLPG, 0);
    for (; level > 1; level--) {
        e = t * SHADOW_ENTRIES + (lin >> (12 + 9 * (level - 1)) & 511);
        if (t == SHADOW_PDPT)
            e = lin >> 30 & 3;
        if (!(s->entry[e] & X86_PTE_P))
            return false;
        below = shadow_entry_table(s, e);
        if (s->table[below].key & SHADOW_DIRECT) {
            shadow_entry_clear(s, e);
            if (s->regs.mode == X86_WALK_32) /* 4 MiB are two entries */
                shadow_entry_clear(s, e ^ 1);
            return true;
        }
        t = below;
    }
    shadow_entry_clear(s, t * SHADOW_ENTRIES + (lin >> PAGE_SHIFT & 511));
    return false;
}
