/* shadow_table.c: shadow tables and their entries: where they are, what they
 * point to, who points to them. */
#include <stdlib.h>
#include <sys/mman.h>

#include "common/base/hugepage.h"
#include "common/mmu/shadow_priv.h"

/* ---- life ---- */
static void *take(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    hugepage_advise(p, n);
    return p;
}

static void give(void *p, size_t n)
{
    if (p != NULL)
        munmap(p, n);
}

static size_t link_bytes(const struct shadow *s)
{
    return (size_t)s->config.pages * SHADOW_ENTRIES * sizeof(uint32_t);
}

static size_t frame_bytes(const struct shadow *s, unsigned region)
{
    return (size_t)(s->config.mem->region[region].size >> PAGE_SHIFT) *
           sizeof(struct shadow_frame);
}

static void all_free(struct shadow *s)
{
    s->free_table = 0;
    for (uint32_t t = s->config.pages - 1; t > SHADOW_PDPT; t--) {
        s->table[t] = (struct shadow_table){.next = s->free_table};
        s->free_table = t + 1;
    }
}

enum status shadow_tables_init(struct shadow *s, struct error *err)
{
    bool ok;

    s->entry = (uint64_t *)(void *)s->config.host;
    s->table = calloc(s->config.pages, sizeof(*s->table));
    s->next = take(link_bytes(s));
    s->prev = take(link_bytes(s));
    ok = s->table != NULL && s->next != NULL && s->prev != NULL;
    for (unsigned k = 0; k < s->config.mem->nr_regions; k++) {
        s->frame[k] = take(frame_bytes(s, k));
        ok = ok && s->frame[k] != NULL;
    }
    if (!ok)
        return err_set(err, ST_NOMEM, "shadow tables");
    all_free(s);
    s->table[SHADOW_PDPT] =
        (struct shadow_table){.key = 3, .used = true, .keep = true};
    return ST_OK;
}

void shadow_tables_fini(struct shadow *s)
{
    for (unsigned k = 0; k < GMEM_MAX_REGIONS; k++)
        if (s->frame[k] != NULL)
            give(s->frame[k], frame_bytes(s, k));
    give(s->prev, link_bytes(s));
    give(s->next, link_bytes(s));
    free(s->table);
}

struct shadow_frame *shadow_frame_at(struct shadow *s, uint64_t pa)
{
    const struct gmem *m = s->config.mem;

    for (unsigned k = 0; k < m->nr_regions; k++)
        if (pa - m->region[k].base < m->region[k].size)
            return &s->frame[k][(pa - m->region[k].base) >> PAGE_SHIFT];
    return NULL;
}

/* ---- lists of entries ---- */
static void list_add(struct shadow *s, uint32_t *head, uint32_t e)
{
    s->prev[e] = 0;
    s->next[e] = *head;
    if (*head != 0)
        s->prev[*head - 1] = e + 1;
    *head = e + 1;
}

static void list_remove(struct shadow *s, uint32_t *head, uint32_t e)
{
    if (s->prev[e] != 0)
        s->next[s->prev[e] - 1] = s->next[e];
    else
        *head = s->next[e];
    if (s->next[e] != 0)
        s->prev[s->next[e] - 1] = s->prev[e];
}

/* ---- entries ---- */
uint32_t shadow_entry_table(const struct shadow *s, uint32_t e)
{
    uint64_t pa = s->entry[e] & ~X86_PTE_XD & PAGE_MASK;

    return (uint32_t)((pa - s->config.base) >> PAGE_SHIFT);
}

void shadow_entry_clear(struct shadow *s, uint32_t e)
{
    uint64_t value = s->entry[e];
    unsigned level = shadow_level(s, e / SHADOW_ENTRIES);
    struct shadow_frame *f;
    uint32_t t;

    if (!(value & X86_PTE_P))
        return;
    s->entry[e] = 0;
    if (level == 1) {
        f = shadow_frame_at(s, value & ~X86_PTE_XD & PAGE_MASK);
        list_remove(s, &f->entries, e);
        s->loose |= (value & X86_PTE_RW) != 0;
        return;
    }
    t = (uint32_t)(((value & ~X86_PTE_XD & PAGE_MASK) - s->config.base) >>
                   PAGE_SHIFT);
    list_remove(s, &s->table[t].parents, e);
    if (s->table[t].parents == 0 && !s->table[t].keep)
        shadow_table_drop(s, t);
}

void shadow_entry_map(struct shadow *s, uint32_t e, uint64_t value)
{
    shadow_entry_clear(s, e);
    s->entry[e] = value;
    list_add(s, &shadow_frame_at(s, value & ~X86_PTE_XD & PAGE_MASK)->entries,
             e);
}

void shadow_entry_point(struct shadow *s, uint32_t e, uint32_t table,
                        uint64_t flags)
{
    uint64_t value = shadow_table_pa(s, table) | flags;

    if (s->entry[e] == value)
        return;
    shadow_entry_clear(s, e);
    s->entry[e] = value;
    list_add(s, &s->table[table].parents, e);
}

/* ---- tables ---- */
static uint32_t *chain(struct shadow *s, uint64_t gpa)
{
    uint64_t n = gpa >> PAGE_SHIFT;

    return &s->hash[(n ^ n >> 12) % SHADOW_HASH];
}

uint32_t shadow_chain(const struct shadow *s, uint64_t gpa)
{
    uint64_t n = gpa >> PAGE_SHIFT;

    return s->hash[(n ^ n >> 12) % SHADOW_HASH];
}

uint32_t shadow_table_of(const struct shadow *s, uint64_t gpa, uint32_t from)
{
    for (; from != 0; from = s->table[from - 1].next) {
        uint64_t key = s->table[from - 1].key;

        if ((key & PAGE_MASK) == gpa && !(key & SHADOW_DIRECT))
            return from;
    }
    return 0;
}

static void unchain(struct shadow *s, uint32_t t)
{
    uint32_t *p = chain(s, s->table[t].key & PAGE_MASK);

    while (*p != t + 1)
        p = &s->table[*p - 1].next;
    *p = s->table[t].next;
}

void shadow_table_drop(struct shadow *s, uint32_t t)
{
    struct shadow_table *x = &s->table[t];

    if (!x->used || t == SHADOW_PDPT)
        return;
    x->used = false; /* not twice, whatever its entries point to */
    x->keep = true;
    for (unsigned n = 0; n < SHADOW_ENTRIES; n++)
        shadow_entry_clear(s, t * SHADOW_ENTRIES + n);
    while (x->parents != 0)
        shadow_entry_clear(s, x->parents - 1);
    unchain(s, t);
    if (!(x->key & SHADOW_DIRECT))
        shadow_trace_off(s, x->key & PAGE_MASK);
    shadow_count(s, SHADOW_TABLE_DROP, SHADOW_LEVEL(x->key));
    *x = (struct shadow_table){.next = s->free_table};
    s->free_table = t + 1;
    s->in_use--;
}

void shadow_table_drop_all(struct shadow *s)
{
    for (unsigned n = 0; n < 4; n++)
        shadow_entry_clear(s, SHADOW_PDPT * SHADOW_ENTRIES + n);
    for (uint32_t t = SHADOW_PDPT + 1; t < s->config.pages; t++)
        shadow_table_drop(s, t);
    s->nr_pending = 0;
}

static bool in_hand(const struct shadow *s, uint32_t t)
{
    for (unsigned k = 0; k < ARRAY_LEN(s->path); k++)
        if (s->path[k] == t)
            return true;
    return t == s->root;
}

/* Tables go in turn. One that is dropped may take others below with it. */
static uint32_t take_table(struct shadow *s)
{
    uint32_t t;

    while (s->free_table == 0) {
        s->hand = s->hand + 1 < s->config.pages ? s->hand + 1 : SHADOW_PDPT + 1;
        if (!s->table[s->hand].used || in_hand(s, s->hand))
            continue;
        shadow_count(s, SHADOW_RECYCLED, 0);
        shadow_table_drop(s, s->hand);
    }
    t = s->free_table - 1;
    s->free_table = s->table[t].next;
    return t;
}

uint32_t shadow_table_get(struct shadow *s, uint64_t key, bool *made)
{
    uint32_t *head, n;

    for (n = shadow_chain(s, key & PAGE_MASK); n != 0; n = s->table[n - 1].next)
        if (s->table[n - 1].key == key)
            break;
    *made = n == 0;
    if (n != 0)
        return n - 1;
    n = take_table(s);
    head = chain(s, key & PAGE_MASK);
    s->table[n] =
        (struct shadow_table){.key = key, .used = true, .next = *head};
    *head = n + 1;
    if (++s->in_use > s->most) {
        s->most = s->in_use;
        shadow_count(s, SHADOW_TABLES_MOST, 0);
    }
    shadow_count(s, SHADOW_TABLE_MADE, SHADOW_LEVEL(key));
    if (!(key & SHADOW_DIRECT))
        shadow_trace_on(s, key & PAGE_MASK);
    return n;
}
