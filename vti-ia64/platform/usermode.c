/* usermode.c: static Linux/ia64 programs without a kernel: their memory and how
 * they start. */
#include <stdlib.h>

#include "common/base/bits.h"
#include "vti-ia64/platform/ski_priv.h"

#define STACK_TOP   0xa000000000000000ull
#define STACK_BYTES 0x800000ull
#define RBS_BASE    0x9fffffff7f600000ull
#define RBS_BYTES   0x800000ull
#define MMAP_BASE   0x2000000000300000ull
#define PAGE        4096ull

static uint64_t *slot_of(struct ski_usermode *u, uint64_t va)
{
    uint64_t k = (va >> 12 ^ va >> 25 ^ va >> 50) & (u->slots - 1);

    while (u->va[k] != 0 && u->va[k] != (va | 1))
        k = (k + 1) & (u->slots - 1);
    return &u->va[k];
}

/* Whether an address that was never asked for is given a page when it is
 * touched: the stacks, which grow. */
static bool grows(uint64_t va)
{
    return (va < STACK_TOP && va >= STACK_TOP - STACK_BYTES) ||
           (va >= RBS_BASE && va < RBS_BASE + RBS_BYTES);
}

static bool back_page(struct ski *s, uint64_t page)
{
    struct ski_usermode *u = s->um;
    uint64_t *at = slot_of(u, page);

    if (*at != 0)
        return true;
    if (u->next >= u->end)
        return false;
    *at = page | 1;
    u->pa[at - u->va] = u->next;
    u->next += PAGE;
    return true;
}

static bool map(void *opaque, uint64_t va, unsigned access, uint64_t *pa)
{
    struct ski *s = opaque;
    uint64_t page = va & ~(PAGE - 1), *at = slot_of(s->um, page);

    (void)access;
    if (*at == 0) {
        if (!grows(va) || !back_page(s, page))
            return false;
        at = slot_of(s->um, page);
    }
    *pa = s->um->pa[at - s->um->va] + (va - page);
    return true;
}

bool ski_um_back(struct ski *s, uint64_t va, uint64_t len)
{
    uint64_t end = va + len;

    if (end < va || len > s->config.mem_bytes)
        return false;
    for (va &= ~(PAGE - 1); va < end; va += PAGE)
        if (!back_page(s, va))
            return false;
    return true;
}

static bool copy(struct ski *s, uint64_t va, void *in, const void *out,
                 uint64_t len)
{
    uint64_t pa, n;

    for (uint64_t done = 0; done < len; done += n) {
        n = PAGE - ((va + done) & (PAGE - 1));
        n = len - done < n ? len - done : n;
        if (!map(s, va + done, 0, &pa))
            return false;
        if (in != NULL)
            gmem_read(&s->m.mem, pa, (uint8_t *)in + done, n);
        else
            gmem_write(&s->m.mem, pa, (const uint8_t *)out + done, n);
    }
    return true;
}

bool ski_um_read(struct ski *s, uint64_t va, void *buf, uint64_t len)
{
    return copy(s, va, buf, NULL, len);
}

bool ski_um_write(struct ski *s, uint64_t va, const void *buf, uint64_t len)
{
    return copy(s, va, NULL, buf, len);
}

enum status ski_um_create(struct ski *s, struct error *err)
{
    struct ski_usermode *u = calloc(1, sizeof(*u));
    uint64_t pages = s->config.mem_bytes / PAGE;

    if (u == NULL)
        return err_set(err, ST_NOMEM, "user mode");
    s->um = u;
    for (u->slots = 1024; u->slots < 2 * pages;)
        u->slots *= 2;
    u->va = calloc(u->slots, sizeof(u->va[0]));
    u->pa = calloc(u->slots, sizeof(u->pa[0]));
    if (u->va == NULL || u->pa == NULL)
        return err_set(err, ST_NOMEM, "user mode's pages");
    u->next = 0;
    u->end = pages * PAGE;
    u->mmap_next = MMAP_BASE;
    s->c->user_map = map;
    s->c->user_opaque = s;
    return ST_OK;
}

void ski_um_destroy(struct ski *s)
{
    if (s->um == NULL)
        return;
    free(s->um->va);
    free(s->um->pa);
    free(s->um);
}

/* ---- start: [gABI "Process Initialization"], as Linux/ia64 does ---- */
struct stack {
    struct ski *s;
    uint64_t at; /* next word */
    bool ok;
};

static void word(struct stack *k, uint64_t v)
{
    uint8_t b[8];

    put_le64(b, v);
    k->ok = k->ok && ski_um_write(k->s, k->at, b, sizeof(b));
    k->at += 8;
}

static void aux(struct stack *k, uint64_t type, uint64_t v)
{
    word(k, type);
    word(k, v);
}

/* The arguments' strings, below `top`: their number and where they begin. */
static uint64_t put_strings(struct ski *s, uint64_t top, unsigned *nr, bool *ok)
{
    const char *const *a = s->config.args;
    uint64_t len = 0;

    for (*nr = 0; a != NULL && a[*nr] != NULL; (*nr)++)
        len += strlen(a[*nr]) + 1;
    top = (top - len) & ~15ull;
    for (unsigned k = 0, at = 0; k < *nr; k++) {
        *ok = *ok && ski_um_write(s, top + at, a[k], strlen(a[k]) + 1);
        at += (unsigned)strlen(a[k]) + 1;
    }
    return top;
}

enum status ski_um_start(struct ski *s, const Elf64_Ehdr *eh, struct error *err)
{
    static const uint8_t random[16] = "repeatable start";
    struct ia64_state *r = &s->c->s;
    uint64_t at_random = STACK_TOP - 16, str, sp;
    bool ok = ski_um_write(s, at_random, random, sizeof(random));
    unsigned nr;
    struct stack k;

    str = put_strings(s, at_random, &nr, &ok);
    sp = (str - (nr + 3 + 2 * 12) * 8) & ~15ull;
    k = (struct stack){.s = s, .at = sp, .ok = ok};
    word(&k, nr);
    for (unsigned n = 0; n < nr; n++) {
        word(&k, str);
        str += strlen(s->config.args[n]) + 1;
    }
    word(&k, 0);
    word(&k, 0); /* no environment */
    aux(&k, AT_PHDR, s->um->phdr);
    aux(&k, AT_PHENT, eh->e_phentsize);
    aux(&k, AT_PHNUM, eh->e_phnum);
    aux(&k, AT_PAGESZ, 16384);
    aux(&k, AT_ENTRY, eh->e_entry);
    aux(&k, AT_UID, 1000);
    aux(&k, AT_EUID, 1000);
    aux(&k, AT_GID, 1000);
    aux(&k, AT_EGID, 1000);
    aux(&k, AT_CLKTCK, 1024);
    aux(&k, AT_RANDOM, at_random);
    aux(&k, AT_NULL, 0);
    if (!k.ok)
        return err_set(err, ST_GUEST, "no memory for the program's stack");
    r->gr[12].v = sp - 16;
    r->psr = PSR_IC | PSR_I | PSR_DT | PSR_RT | PSR_IT | PSR_BN |
             3ull << PSR_CPL_SHIFT | (r->psr & PSR_BE);
    r->cfm = 0;
    r->rsc = 0xf;
    r->bsp = r->bspstore = RBS_BASE;
    s->um->brk0 = s->um->brk = align_up(s->um->brk, 16384);
    return ST_OK;
}
