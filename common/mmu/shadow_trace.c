/* shadow_trace.c: guest pages that are tables: seeing what is written there. */
#include "common/mmu/shadow_priv.h"

#define PTE_AD (X86_PTE_A | X86_PTE_D)

/* ---- which pages ---- */
static void protect(struct shadow *s, struct shadow_frame *f, uint64_t gpa)
{
    bool any = s->loose;

    for (uint32_t n = f->entries; n != 0; n = s->next[n - 1]) {
        any |= (s->entry[n - 1] & X86_PTE_RW) != 0;
        s->entry[n - 1] &= ~X86_PTE_RW;
    }
    if (!any)
        return;
    shadow_count(s, SHADOW_FLUSH, 0);
    if (s->config.write_protect(s->config.opaque, gpa))
        s->loose = false;
}

void shadow_trace_on(struct shadow *s, uint64_t gpa)
{
    struct shadow_frame *f = shadow_frame_at(s, gpa);

    if (f == NULL || f->tables++ != 0)
        return;
    *gmem_flags(s->config.mem, gpa) |= GMEM_PAGE_TRACE;
    shadow_count(s, SHADOW_TRACE, 0);
    protect(s, f, gpa);
}

void shadow_trace_off(struct shadow *s, uint64_t gpa)
{
    struct shadow_frame *f = shadow_frame_at(s, gpa);

    if (f != NULL && --f->tables == 0)
        *gmem_flags(s->config.mem, gpa) &= (uint8_t)~GMEM_PAGE_TRACE;
}

/* ---- changed entries ---- */
void shadow_pending_drop(struct shadow *s, bool global_too)
{
    unsigned kept = 0;

    for (unsigned k = 0; k < s->nr_pending; k++) {
        struct shadow_pending p = s->pending[k];
        unsigned level = shadow_level(s, p.entry / SHADOW_ENTRIES);

        if (s->entry[p.entry] != p.value)
            continue;
        if (level == 1 && (p.value & X86_PTE_G) && !global_too) {
            s->pending[kept++] = p;
            continue;
        }
        shadow_count(s, SHADOW_ENTRY_DROP, level);
        shadow_entry_clear(s, p.entry);
    }
    s->nr_pending = kept;
}

static void changed(struct shadow *s, uint32_t e)
{
    if (!(s->entry[e] & X86_PTE_P))
        return;
    shadow_count(s, SHADOW_ENTRY_WRITE, shadow_level(s, e / SHADOW_ENTRIES));
    if (s->nr_pending == SHADOW_PENDING)
        shadow_pending_drop(s, true);
    s->pending[s->nr_pending++] = (struct shadow_pending){e, s->entry[e]};
}

/* Guest entry n of the page is new in table t. */
static void entry_changed(struct shadow *s, uint32_t t, unsigned n)
{
    uint64_t key = s->table[t].key;
    uint32_t first = t * SHADOW_ENTRIES;

    if (!(key & SHADOW_HALF)) {
        changed(s, first + n);
    } else if (SHADOW_LEVEL(key) == 1) {
        if (n / 512 == SHADOW_QUADRANT_OF(key))
            changed(s, first + n % 512);
    } else if (n / 256 == SHADOW_QUADRANT_OF(key)) {
        changed(s, first + 2 * (n % 256));
        changed(s, first + 2 * (n % 256) + 1);
    }
}

/* Setting A or D takes nothing away from a translation. */
static bool matters(uint64_t was, uint64_t is)
{
    return (was & X86_PTE_P) && is != was && (is & ~PTE_AD) == (was & ~PTE_AD)
               ? (was & PTE_AD & ~is) != 0
               : is != was;
}

/* Would a kernel write this to a table? Data that are written to what was one
 * are nothing present in place of nothing present, or point to no memory. */
static bool like_an_entry(struct shadow *s, uint64_t was, uint64_t is)
{
    if (is & X86_PTE_P)
        return gmem_find(s->config.mem, is & s->regs.pa_mask & PAGE_MASK) !=
               NULL;
    return (was & X86_PTE_P) != 0;
}

/* False: this does not look like a table any more. */
static bool table_written(struct shadow *s, uint32_t t, uint64_t pa,
                          const uint8_t *buf, uint32_t len)
{
    bool like = true;
    unsigned size = (s->table[t].key & SHADOW_HALF) ? 4 : 8;
    unsigned from = (unsigned)(pa & (PAGE_SIZE - 1)), to = from + len;

    for (unsigned n = from / size; n * size < to; n++) {
        unsigned at = n * size;
        uint8_t bytes[8];
        uint64_t was =
            x86_walk_gmem_read(s->config.mem, (pa & PAGE_MASK) + at, size);

        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes, &was, size);
        for (unsigned k = 0; k < size; k++)
            if (at + k >= from && at + k < to)
                bytes[k] = buf[at + k - from];
        if (matters(was, get_le64(bytes)))
            entry_changed(s, t, n);
        like &= like_an_entry(s, was, get_le64(bytes));
    }
    return like;
}

/* Keys of one page: levels, quadrants, rights from above. */
#define SHADOW_ALIASES (4u * 4u * 8u)

void shadow_traced(void *opaque, uint64_t pa, const void *buf, uint32_t len)
{
    struct shadow *s = opaque;
    uint64_t gpa = pa & PAGE_MASK;
    uint32_t n = shadow_table_of(s, gpa, shadow_chain(s, gpa));
    uint32_t table[SHADOW_ALIASES];
    unsigned nr = 0;

    for (; n != 0 && nr < SHADOW_ALIASES;
         n = shadow_table_of(s, gpa, s->table[n - 1].next))
        table[nr++] = n - 1;
    for (unsigned k = 0; k < nr; k++) {
        struct shadow_table *t = &s->table[table[k]];

        /* Dropping one table may have taken another along. */
        if (!t->used || (t->key & PAGE_MASK) != gpa)
            continue;
        if (table_written(s, table[k], pa, buf, len))
            continue;
        if (++t->writes < SHADOW_FLOOD || table[k] == s->root)
            continue;
        shadow_count(s, SHADOW_UNTRACED, 0);
        shadow_table_drop(s, table[k]);
    }
}
