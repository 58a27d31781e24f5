/* mem.h: guest-virtual memory access for handlers.
 *
 * Every function takes a segment and an offset, does all checks, and either
 * completes or leaves by the right exception (#GP, #SS, #PF, #AC, #DB later).
 * The inline part serves accesses that hit the software TLB; the rest is in
 * mem.c. [SDM3 "Protection", "Paging"]. */
#ifndef COMMON_X86_MEM_H
#define COMMON_X86_MEM_H

#include <string.h>

#include "common/x86/cpu.h"

/* Access bits for translation. */
#define X86_READ     0u
#define X86_WRITE    1u
#define X86_EXEC     2u
#define X86_ACC_USER 4u /* made with user privilege (CPL 3, not implicit) */

/* A read-modify-write in flight: filled by x86_rmw*(), consumed by
 * x86_rmw_end*(). The write permission is already checked: the end cannot
 * fault. */
struct x86_rmw {
    void *host;     /* fast path: where to write; NULL: slow path */
    uint64_t pa[2]; /* slow: guest-physical parts (second after a page edge) */
    uint32_t len[2];
};

/* ---- slow paths (mem.c) ---- */
void x86_mem_read_slow(struct x86_cpu *c, unsigned seg, uint64_t off, void *buf,
                       unsigned n);
void x86_mem_write_slow(struct x86_cpu *c, unsigned seg, uint64_t off,
                        const void *buf, unsigned n);
void x86_mem_rmw_slow(struct x86_cpu *c, unsigned seg, uint64_t off, void *buf,
                      unsigned n, struct x86_rmw *w);
void x86_mem_rmw_end_slow(struct x86_cpu *c, const struct x86_rmw *w,
                          const void *buf);

/* Check that n bytes (1..64K, seen as one access) may be written without
 * writing them; for instructions that must not fault half-way. */
void x86_mem_probe_write(struct x86_cpu *c, unsigned seg, uint64_t off,
                         unsigned n);
void x86_mem_probe_read(struct x86_cpu *c, unsigned seg, uint64_t off,
                        unsigned n);

/* Implicit supervisor accesses to linear addresses (descriptor tables, TSS,
 * IDT), whatever CPL is; no segment checks. */
void x86_sys_read(struct x86_cpu *c, uint64_t lin, void *buf, unsigned n);
void x86_sys_write(struct x86_cpu *c, uint64_t lin, const void *buf,
                   unsigned n);

/* Linear address of seg:off after all segment checks for an access of n bytes
 * (write if X86_WRITE), for INVLPG-like users and bulk string moves. */
uint64_t x86_linear(struct x86_cpu *c, unsigned seg, uint64_t off, unsigned n,
                    unsigned access);

/* Host pointer to [lin, lin+n) for a current-privilege read or write, if it
 * lies within one page of RAM that may be accessed directly (fills the TLB; may
 * raise #PF); NULL if it must go byte by byte (MMIO, code page, ROM, debug).
 * Who asks for a write makes it: the page is dirty from then on. */
void *x86_direct(struct x86_cpu *c, uint64_t lin, unsigned n, unsigned access);

/* ---- fast paths ---- */
static ALWAYS_INLINE void *x86_tlb_read_ptr(struct x86_cpu *c, unsigned seg,
                                            uint64_t off, unsigned n)
{
    const struct x86_seg_cache *g = &c->sc[seg];
    uint64_t lin = (g->base + off) & c->lin_mask;
    const struct x86_tlb_entry *e =
        &c->tlb[(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];

    if (likely(off <= g->rlim && ((lin + n - 1) & PAGE_MASK) == e->rtag &&
               !g->rnone))
        return (void *)(e->addend + lin);
    return NULL;
}

static ALWAYS_INLINE void *x86_tlb_write_ptr(struct x86_cpu *c, unsigned seg,
                                             uint64_t off, unsigned n)
{
    const struct x86_seg_cache *g = &c->sc[seg];
    uint64_t lin = (g->base + off) & c->lin_mask;
    const struct x86_tlb_entry *e =
        &c->tlb[(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];

    if (likely(off <= g->wlim && ((lin + n - 1) & PAGE_MASK) == e->wtag &&
               !g->wnone))
        return (void *)(e->addend + lin);
    return NULL;
}

#define X86_DEFINE_MEM(bits)                                                   \
    static ALWAYS_INLINE uint##bits##_t x86_ld##bits(                          \
        struct x86_cpu *c, unsigned seg, uint64_t off)                         \
    {                                                                          \
        uint##bits##_t v;                                                      \
        const void *p = x86_tlb_read_ptr(c, seg, off, bits / 8);               \
                                                                               \
        if (likely(p != NULL))                                                 \
            memcpy(&v, p, sizeof(v));                                          \
        else                                                                   \
            x86_mem_read_slow(c, seg, off, &v, sizeof(v));                     \
        return v;                                                              \
    }                                                                          \
    static ALWAYS_INLINE void x86_st##bits(struct x86_cpu *c, unsigned seg,    \
                                           uint64_t off, uint##bits##_t v)     \
    {                                                                          \
        void *p = x86_tlb_write_ptr(c, seg, off, bits / 8);                    \
                                                                               \
        if (likely(p != NULL))                                                 \
            memcpy(p, &v, sizeof(v));                                          \
        else                                                                   \
            x86_mem_write_slow(c, seg, off, &v, sizeof(v));                    \
    }                                                                          \
    static ALWAYS_INLINE uint##bits##_t x86_rmw##bits(                         \
        struct x86_cpu *c, unsigned seg, uint64_t off, struct x86_rmw *w)      \
    {                                                                          \
        uint##bits##_t v;                                                      \
                                                                               \
        w->host = x86_tlb_write_ptr(c, seg, off, bits / 8);                    \
        if (likely(w->host != NULL))                                           \
            memcpy(&v, w->host, sizeof(v));                                    \
        else                                                                   \
            x86_mem_rmw_slow(c, seg, off, &v, sizeof(v), w);                   \
        return v;                                                              \
    }                                                                          \
    static ALWAYS_INLINE void x86_rmw_end##bits(                               \
        struct x86_cpu *c, const struct x86_rmw *w, uint##bits##_t v)          \
    {                                                                          \
        if (likely(w->host != NULL))                                           \
            memcpy(w->host, &v, sizeof(v));                                    \
        else                                                                   \
            x86_mem_rmw_end_slow(c, w, &v);                                    \
    }

X86_DEFINE_MEM(8)
X86_DEFINE_MEM(16)
X86_DEFINE_MEM(32)
X86_DEFINE_MEM(64)

/* Any size up to 512 bytes. */
static inline void x86_read(struct x86_cpu *c, unsigned seg, uint64_t off,
                            void *buf, unsigned n)
{
    const void *p = n <= 64 ? x86_tlb_read_ptr(c, seg, off, n) : NULL;

    if (likely(p != NULL))
        memcpy(buf, p, n);
    else
        x86_mem_read_slow(c, seg, off, buf, n);
}

static inline void x86_write(struct x86_cpu *c, unsigned seg, uint64_t off,
                             const void *buf, unsigned n)
{
    void *p = n <= 64 ? x86_tlb_write_ptr(c, seg, off, n) : NULL;

    if (likely(p != NULL))
        memcpy(p, buf, n);
    else
        x86_mem_write_slow(c, seg, off, buf, n);
}

#endif
