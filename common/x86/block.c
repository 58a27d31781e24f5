/* block.c: predecoded blocks of guest code and exact detection of writes to
 * them. */
#include "common/x86/block.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "common/base/hugepage.h"
#include "common/x86/decode.h"
#include "common/x86/interp.h"
#include "common/x86/op.h"
#include "common/x86/tlb.h"

#define ARENA_BYTES (64u << 20)

void x86_op_block_end(struct x86_cpu *c, const struct x86_insn *i)
{
    c->s.r[R_IP] = (c->s.r[R_IP] + i->off) & c->ip_mask;
}

/* More than 15 bytes [SDM2 "Instruction Format"]. */
static void op_too_long(struct x86_cpu *c, const struct x86_insn *i)
{
    (void)i;
    x86_gp0(c);
}

static struct x86_block_cache *cache(struct x86_cpu *c)
{
    return &c->interp->blocks;
}

enum status x86_block_cache_init(struct x86_block_cache *bc, struct error *err)
{
    void *p = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED)
        return err_set(err, ST_NOMEM, "decoded blocks: %u bytes", ARENA_BYTES);
    hugepage_advise(p, ARENA_BYTES);
    bc->arena = p;
    bc->arena_size = ARENA_BYTES;
    bc->arena_used = 0;
    return ST_OK;
}

void x86_block_cache_fini(struct x86_block_cache *bc)
{
    if (bc->arena != NULL)
        munmap(bc->arena, bc->arena_size);
    bc->arena = NULL;
}

/* ---- lists and hashes ---- */
static unsigned block_slot(uint64_t pa, unsigned code_size)
{
    return (unsigned)((pa ^ (pa >> 14) ^ ((uint64_t)code_size << 9)) %
                      X86_BLOCK_HASH);
}

static struct x86_code_page **page_slot(struct x86_block_cache *bc, uint64_t pa)
{
    return &bc->page[(pa >> PAGE_SHIFT) % X86_PAGE_HASH];
}

static struct x86_code_page *page_find(struct x86_block_cache *bc, uint64_t pa)
{
    struct x86_code_page *p = *page_slot(bc, pa);

    while (p != NULL && p->pa != (pa & PAGE_MASK))
        p = p->hash_next;
    return p;
}

static void *arena_take(struct x86_block_cache *bc, size_t n)
{
    void *p;

    n = align_up(n, 64);
    if (bc->arena_size - bc->arena_used < n)
        return NULL;
    p = bc->arena + bc->arena_used;
    bc->arena_used += n;
    return p;
}

/* Chunks of 64 bytes that [from, from+len) of a page touches. */
static uint64_t chunk_mask(unsigned from, unsigned len)
{
    unsigned first = from / 64, last = (from + len - 1) / 64;

    return mask_low(last + 1) & ~mask_low(first);
}

/* The part of block b that lies in the page at pa. An instruction that crosses
 * into the very page that it comes from is taken for all of that page. */
static void block_part(const struct x86_block *b, uint64_t page, unsigned *from,
                       unsigned *len)
{
    unsigned head = PAGE_SIZE - (unsigned)(b->pa & (PAGE_SIZE - 1));

    if (b->pa2 != 0 && ((b->pa ^ b->pa2) & PAGE_MASK) == 0) {
        *from = 0;
        *len = PAGE_SIZE;
    } else if ((b->pa & PAGE_MASK) == page) {
        *from = PAGE_SIZE - head;
        *len = b->bytes < head ? b->bytes : head;
    } else {
        *from = 0;
        *len = b->bytes - head;
    }
}

static unsigned page_side(const struct x86_block *b, uint64_t page)
{
    return (b->pa & PAGE_MASK) != page;
}

void x86_block_drop(struct x86_cpu *c)
{
    struct x86_block_cache *bc = cache(c);
    struct x86_code_page *p;
    uint8_t *flags;

    for (unsigned k = 0; k < X86_PAGE_HASH; k++) {
        for (p = bc->page[k]; p != NULL; p = p->hash_next) {
            flags = gmem_flags(&c->v.m->mem, p->pa);
            if (flags != NULL)
                *flags &= (uint8_t)~GMEM_PAGE_CODE;
        }
        bc->page[k] = NULL;
    }
    memset(bc->hash, 0, sizeof(bc->hash));
    bc->free_page = NULL;
    bc->arena_used = 0;
    c->block = NULL;
    c->fetch_gen++;
    if (c->code_hooks != NULL)
        c->code_hooks->drop(c);
}

/* ---- writes to code ---- */
static void hash_remove(struct x86_block_cache *bc, struct x86_block *b)
{
    struct x86_block **pp = &bc->hash[block_slot(b->pa, b->code_size)];

    while (*pp != NULL && *pp != b)
        pp = &(*pp)->hash_next;
    if (*pp == b)
        *pp = b->hash_next;
}

static void page_release(struct x86_cpu *c, struct x86_code_page *page)
{
    struct x86_code_page **pp = page_slot(cache(c), page->pa);
    uint8_t *flags = gmem_flags(&c->v.m->mem, page->pa);

    while (*pp != page)
        pp = &(*pp)->hash_next;
    *pp = page->hash_next;
    if (flags != NULL)
        *flags &= (uint8_t)~GMEM_PAGE_CODE;
    page->hash_next = cache(c)->free_page;
    cache(c)->free_page = page;
}

static void page_unlink(struct x86_code_page *page, struct x86_block *b)
{
    struct x86_block **pp = &page->blocks;

    while (*pp != NULL && *pp != b)
        pp = &(*pp)->page_next[page_side(*pp, page->pa)];
    if (*pp == b)
        *pp = b->page_next[page_side(b, page->pa)];
}

static void page_recount(struct x86_cpu *c, struct x86_code_page *page)
{
    unsigned from, len;

    page->chunks = 0;
    for (struct x86_block *b = page->blocks; b != NULL;
         b = b->page_next[page_side(b, page->pa)]) {
        block_part(b, page->pa, &from, &len);
        page->chunks |= chunk_mask(from, len);
    }
    if (page->blocks == NULL)
        page_release(c, page);
}

/* b is no longer the code at its address. Its memory stays: it may be the
 * block that is running. */
static void block_kill(struct x86_cpu *c, struct x86_block *b,
                       struct x86_code_page *page)
{
    struct x86_code_page *other = NULL;

    hash_remove(cache(c), b);
    page_unlink(page, b);
    if (b->pa2 != 0) {
        other = page_find(cache(c), page_side(b, page->pa) ? b->pa : b->pa2);
        if (other != NULL && other != page) {
            page_unlink(other, b);
            page_recount(c, other);
        }
    }
    cache(c)->invalidated++;
    if (c->interp->running && c->block == b)
        x86_attention(c);
    if (b->units != NULL)
        c->code_hooks->dead(c, b);
}

void x86_code_write(struct x86_cpu *c, uint64_t pa, uint32_t len)
{
    struct x86_code_page *page = page_find(cache(c), pa);
    unsigned at = (unsigned)(pa & (PAGE_SIZE - 1)), from, n;
    struct x86_block *b, *next;
    bool any = false;

    if (page == NULL || (page->chunks & chunk_mask(at, len)) == 0)
        return;
    for (b = page->blocks; b != NULL; b = next) {
        next = b->page_next[page_side(b, page->pa)];
        block_part(b, page->pa, &from, &n);
        if (at < from + n && from < at + len) {
            block_kill(c, b, page);
            any = true;
        }
    }
    if (any) {
        c->fetch_gen++; /* the jump cache holds pointers to the dead */
        page_recount(c, page);
    }
}

/* ---- building ---- */

static bool page_add(struct x86_cpu *c, struct x86_block *b, uint64_t pa)
{
    struct x86_block_cache *bc = cache(c);
    struct x86_code_page *page = page_find(bc, pa);
    uint8_t *flags = gmem_flags(&c->v.m->mem, pa);
    unsigned from, len;

    if (page == NULL) {
        page = bc->free_page;
        if (page != NULL)
            bc->free_page = page->hash_next;
        else
            page = arena_take(bc, sizeof(*page));
        if (page == NULL)
            return false;
        *page = (struct x86_code_page){.pa = pa & PAGE_MASK,
                                       .hash_next = *page_slot(bc, pa)};
        *page_slot(bc, pa) = page;
        *flags |= GMEM_PAGE_CODE;
        x86_tlb_write_protect(c, pa);
    }
    b->page_next[page_side(b, page->pa)] = page->blocks;
    page->blocks = b;
    block_part(b, page->pa, &from, &len);
    page->chunks |= chunk_mask(from, len);
    return true;
}

/* Decode one instruction at the end of b. Returns false when the block is
 * complete (it ended, or this one does not fit and was not added). */
static bool add_insn(struct x86_cpu *c, struct x86_block *b,
                     const uint8_t *bytes, unsigned avail)
{
    struct x86_insn *i = &b->insn[b->n];
    enum x86_decode_result r =
        x86_decode(bytes, avail, c->code_size, c->model, i);

    if (r == X86_DEC_SHORT)
        return false;
    i->off = b->bytes;
    if (r == X86_DEC_UD) {
        i->fn = x86_op_undefined;
        i->len = i->len == 0 ? 1 : i->len;
    } else if (r == X86_DEC_LIMIT) {
        i->fn = op_too_long;
        i->op = X86_OP_NONE; /* whatever it would be, none is that long */
        i->len = 15;
    } else if (i->base == R_IP && (i->flags & XI_MEM)) {
        i->disp += i->off;
    }
    b->bytes = (uint16_t)(b->bytes + i->len);
    b->n++;
    return r == X86_DEC_OK && !x86_op_ends_block(i) && b->n < X86_BLOCK_MAX;
}

static void put_end_mark(struct x86_block *b)
{
    b->insn[b->n] = (struct x86_insn){.fn = x86_op_block_end, .off = b->bytes};
}

/* Where the code after the page of lin is. What lies past CS's limit is #GP
 * before its page could fault. */
static uint64_t next_page(struct x86_cpu *c, uint64_t lin, const uint8_t **host)
{
    uint64_t next = (align_down(lin, PAGE_SIZE) + PAGE_SIZE) & c->lin_mask;
    unsigned head = PAGE_SIZE - (unsigned)(lin & (PAGE_SIZE - 1));

    if (c->code_size != 3 && c->s.r[R_IP] + head > c->s.seg[SEG_CS].limit)
        x86_gp0(c);
    return x86_fetch_translate(c, next, host);
}

/* An instruction that goes on in the next page: b gets just that one. */
static void add_crossing(struct x86_cpu *c, struct x86_block *b, uint64_t lin,
                         const uint8_t *host, unsigned head)
{
    uint8_t bytes[16];
    const uint8_t *host2;

    b->pa2 = next_page(c, lin, &host2);
    memcpy(bytes, host, head);
    if (host2 != NULL)
        memcpy(bytes + head, host2, sizeof(bytes) - head);
    else
        memset(bytes + head, 0xff, sizeof(bytes) - head);
    add_insn(c, b, bytes, 15);
    if (b->bytes <= head) /* it did not need the second page after all */
        b->pa2 = 0;
}

static void build(struct x86_cpu *c, struct x86_block *b, uint64_t lin,
                  uint64_t pa, const uint8_t *host)
{
    unsigned avail = PAGE_SIZE - (unsigned)(pa & (PAGE_SIZE - 1));

    memset(b->link, 0, sizeof(b->link));
    b->pa = pa;
    b->pa2 = 0;
    b->bytes = 0;
    b->n = 0;
    b->code_size = c->code_size;
    b->units = NULL;
    b->heat = 0;
    while (b->bytes < avail &&
           add_insn(c, b, host + b->bytes, avail - b->bytes)) {
    }
    if (b->n == 0)
        add_crossing(c, b, lin, host, avail);
    put_end_mark(b);
}

/* Code where there is no memory: all ones, or what a device gives. Never
 * kept. Or one instruction for who keeps none. */
static struct x86_block *build_scratch(struct x86_cpu *c, uint64_t lin,
                                       uint64_t pa, const uint8_t *host)
{
    struct x86_block *b = (void *)c->interp->scratch;
    unsigned avail = PAGE_SIZE - (unsigned)(pa & (PAGE_SIZE - 1));
    uint8_t bytes[15];

    if (avail > sizeof(bytes))
        avail = sizeof(bytes);
    for (unsigned k = 0; k < avail; k++)
        bytes[k] = host != NULL
                       ? host[k]
                       : (uint8_t)bus_read(&c->v.m->bus, BUS_MMIO, pa + k, 1);
    *b = (struct x86_block){.pa = pa, .code_size = c->code_size};
    add_insn(c, b, bytes, avail);
    if (b->n == 0)
        add_crossing(c, b, lin, bytes, avail);
    put_end_mark(b);
    return b;
}

struct x86_block *x86_block_get(struct x86_cpu *c, uint64_t lin, uint64_t pa,
                                const uint8_t *host)
{
    struct x86_block_cache *bc = cache(c);
    struct x86_block **slot, *b;
    const uint8_t *host2;
    size_t max = sizeof(*b) + (X86_BLOCK_MAX + 1) * sizeof(b->insn[0]);

    if (host == NULL || c->transient)
        return build_scratch(c, lin, pa, host);
    slot = &bc->hash[block_slot(pa, c->code_size)];
    for (b = *slot; b != NULL; b = b->hash_next) {
        if (b->pa != pa || b->code_size != c->code_size)
            continue;
        if (b->pa2 == 0 || b->pa2 == next_page(c, lin, &host2))
            return b;
    }
    if (bc->arena_size - bc->arena_used <
        max + 2 * (sizeof(struct x86_code_page) + 64)) {
        x86_block_drop(c);
        bc->refilled++;
    }
    b = (void *)(bc->arena + bc->arena_used);
    build(c, b, lin, pa, host);
    arena_take(bc, sizeof(*b) + (b->n + 1u) * sizeof(b->insn[0]));
    b->page_next[0] = b->page_next[1] = NULL;
    b->hash_next = *slot;
    *slot = b;
    page_add(c, b, pa);
    if (b->pa2 != 0 && (b->pa2 & PAGE_MASK) != (pa & PAGE_MASK) &&
        gmem_flags(&c->v.m->mem, b->pa2) != NULL)
        page_add(c, b, b->pa2);
    bc->built++;
    return b;
}
