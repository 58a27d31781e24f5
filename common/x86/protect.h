/* protect.h: what segment loads, far transfers, event delivery and task
 * switches share: kinds of descriptors, checked code and stack segments, and
 * the step that makes them current.
 *
 * All of these follow one order: check and read everything (any of it may
 * raise), write memory, then commit, which cannot fail.
 * [SDM3 "Protection"], [SDM3 "Protected-Mode Memory Management"]. */
#ifndef COMMON_X86_PROTECT_H
#define COMMON_X86_PROTECT_H

#include "common/x86/flags.h"
#include "common/x86/mem.h"
#include "common/x86/seg.h"

/* ---- selectors ---- */
static inline bool x86_sel_null(uint16_t sel)
{
    return (sel & 0xfffcu) == 0;
}

/* Error code that names a selector; ext is ERR_EXT or 0. */
static inline uint32_t x86_sel_error(uint16_t sel, uint32_t ext)
{
    return (sel & 0xfffcu) | ext;
}

/* ---- kinds of segments, by SA_* attributes ---- */
static inline uint32_t x86_desc_attr(const struct x86_desc *d)
{
    return d->hi >> 8 & 0xf0ffu;
}

static inline bool x86_is_code(uint32_t attr)
{
    return (attr & (SA_S | SA_CODE)) == (SA_S | SA_CODE);
}

/* Of a code segment. */
static inline bool x86_is_conforming(uint32_t attr)
{
    return (attr & (SA_CODE | SA_EXPDOWN)) == (SA_CODE | SA_EXPDOWN);
}

static inline bool x86_is_writable_data(uint32_t attr)
{
    return (attr & (SA_S | SA_CODE | SA_WRITABLE)) == (SA_S | SA_WRITABLE);
}

/* Data, or code that may be read. */
static inline bool x86_is_readable(uint32_t attr)
{
    return (attr & SA_S) && (attr & (SA_CODE | SA_WRITABLE)) != SA_CODE;
}

/* enum x86_systype, 0 (reserved) for code and data. */
static inline unsigned x86_systype(uint32_t attr)
{
    return (attr & SA_S) ? 0 : SA_TYPE(attr);
}

static inline bool x86_is_code64(const struct x86_cpu *c, uint32_t attr)
{
    return c->long_mode && (attr & SA_L) != 0;
}

static inline bool x86_protected(const struct x86_cpu *c)
{
    return (c->s.cr0 & CR0_PE) && !c->v86;
}

static inline unsigned x86_iopl(const struct x86_cpu *c)
{
    return (unsigned)(c->s.rflags & FL_IOPL) >> 12;
}

/* A segment register with a null selector. A null SS keeps CPL as its DPL. */
static inline struct x86_seg x86_null_seg(uint16_t sel, unsigned dpl)
{
    return (struct x86_seg){.sel = sel, .attr = SA_UNUSABLE | dpl << 5};
}

/* As virtual-8086 mode has them. */
static inline struct x86_seg x86_v86_seg(uint16_t sel)
{
    return (struct x86_seg){.sel = sel,
                            .base = (uint64_t)sel << 4,
                            .limit = 0xffff,
                            .attr = SA_P | SA_S | SA_WRITABLE | SA_ACCESSED |
                                    3u << 5};
}

/* ---- descriptor tables (desc.c) ---- */

/* x86_sys_read and x86_sys_write, inline where the TLB knows the page. */
static inline void x86_table_read(struct x86_cpu *c, uint64_t lin, void *buf,
                                  unsigned n)
{
    const struct x86_tlb_entry *e =
        &c->tlbs[X86_VIEW_SUPER][(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];

    if (likely(((lin + n - 1) & PAGE_MASK) == e->rtag))
        memcpy(buf, (const void *)(e->addend + lin), n);
    else
        x86_sys_read(c, lin, buf, n);
}

static inline void x86_table_write(struct x86_cpu *c, uint64_t lin,
                                   const void *buf, unsigned n)
{
    const struct x86_tlb_entry *e =
        &c->tlbs[X86_VIEW_SUPER][(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];

    if (likely(((lin + n - 1) & PAGE_MASK) == e->wtag))
        memcpy((void *)(e->addend + lin), buf, n);
    else
        x86_sys_write(c, lin, buf, n);
}

/* Bits 63:32 of the base or offset of a 16-byte system descriptor whose low
 * half is d. Raises vec(sel | ext) where the table ends before it or the upper
 * type is not 0. */
uint64_t x86_desc_high(struct x86_cpu *c, const struct x86_desc *d,
                       uint16_t sel, enum x86_vector vec, uint32_t ext);

/* Set the accessed bit in the table and in s, if it is not set. */
void x86_desc_accessed(struct x86_cpu *c, const struct x86_desc *d,
                       struct x86_seg *s);

/* Read a code-segment descriptor: vec(ext) if sel is null, vec(sel | ext) if
 * there is none. Privilege and presence are the caller's next checks. */
void x86_code_read(struct x86_cpu *c, uint16_t sel, enum x86_vector vec,
                   uint32_t ext, struct x86_desc *d, struct x86_seg *cs);

/* #NP(sel | ext) unless present. */
void x86_code_present(struct x86_cpu *c, const struct x86_seg *cs,
                      uint32_t ext);

/* #GP(ext) unless ip is within cs's limit (canonical, in 64-bit code). */
void x86_code_limit(struct x86_cpu *c, const struct x86_seg *cs, uint64_t ip,
                    uint32_t ext);

/* Read and check a stack segment for privilege level cpl: writable data, RPL
 * and DPL both cpl, else vec(sel | ext) (vec(ext) if sel is null); present,
 * else #SS(sel | ext). */
void x86_stack_segment(struct x86_cpu *c, uint16_t sel, unsigned cpl,
                       enum x86_vector vec, uint32_t ext, struct x86_desc *d,
                       struct x86_seg *ss);

/* ---- loads (seg.c) ---- */

/* The checks and the descriptor of x86_load_seg() for DS, ES, FS, GS and of
 * SS, in protected mode; task switches raise `vec` = #TS for what is #GP else.
 * `out` is not yet loaded; its accessed bit is set in the table. */
void x86_data_segment(struct x86_cpu *c, uint16_t sel, enum x86_vector vec,
                      uint32_t ext, struct x86_seg *out);

/* After a return to an outer level: ES, DS, FS, GS that CPL may not use become
 * null. */
void x86_null_outer(struct x86_cpu *c);

/* The stack segment of a return (RET, IRET) to privilege rpl, into code cs. */
void x86_return_stack(struct x86_cpu *c, uint16_t sel, unsigned rpl,
                      const struct x86_seg *cs, struct x86_seg *ss);

/* The code segment of a return (far.c): not inwards. */
void x86_return_code(struct x86_cpu *c, uint16_t sel, struct x86_desc *d,
                     struct x86_seg *cs);

/* ---- commit (mode.c) ---- */

/* CS (and SS, unless NULL) become current, at privilege cpl: all derived state
 * follows. RFLAGS is what it is to be; VM must not change here. */
void x86_transfer(struct x86_cpu *c, const struct x86_seg *cs,
                  const struct x86_seg *ss, unsigned cpl);

/* RFLAGS changed from `old`, at the end of a block: have the run loop look, if
 * there is something to see. An interrupt line that is already up caused its
 * look in vain while IF was clear. */
static inline void x86_flags_attention(struct x86_cpu *c, uint64_t old)
{
    uint64_t now = c->s.rflags;

    if (unlikely((now & (FL_TF | FL_RF)) != 0 ||
                 ((now & ~old & FL_IF) && (c->s.intr_line || c->x.want_if))))
        x86_attention(c);
}

/* ---- call gates, task gates, TSSs as targets (gate.c) ---- */

/* Far JMP (CALL if is_call) to the system descriptor d that sel names. */
void x86_gate_transfer(struct x86_cpu *c, uint16_t sel,
                       const struct x86_desc *d, bool is_call,
                       uint64_t next_ip);

/* The TSS that the task gate d names. */
static inline uint16_t x86_task_gate_tss(const struct x86_desc *d)
{
    return (uint16_t)(d->lo >> 16);
}

#endif
