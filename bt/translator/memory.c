/* memory.c: the layer that makes guest-virtual accesses: an inline look at the
 * software TLB (struct x86_tlb_entry).
 *
 * The entry is that of the page of the first byte; the tag is compared with
 * the page of the last one, so that an access across a page edge misses. On a
 * miss interp does the instruction from its start: nothing has changed yet. */
#include "bt/translator/trans.h"

#define ENTRY_SHIFT 5 /* log2 of the size of an entry */
_Static_assert(sizeof(struct x86_tlb_entry) == 1u << ENTRY_SHIFT, "entry");
#define ENTRY_MASK ((X86_TLB_SIZE - 1) << ENTRY_SHIFT)

struct address {
    unsigned seg, base, index, scale;
    int64_t disp;
};

static struct address operand_of(const struct trans *t,
                                 const struct x86_insn *i)
{
    struct address a = {xi_seg(i), i->base, i->index, xi_scale(i), i->disp};

    if (a.base == R_IP) {
        a.base = R_ZERO;
        a.disp = (int64_t)(t->ip + (uint64_t)i->disp);
    }
    return a;
}

static bool segment_possible(const struct trans *t, unsigned seg, bool write)
{
    if (t->code64 || seg >= SEG_FS)
        return true;
    return (t->key & (write ? JM_WRITE(seg) : JM_READ(seg))) &&
           (t->key & JM_ZERO(seg));
}

bool trans_mem_possible(const struct trans *t, const struct x86_insn *i,
                        bool write, unsigned bytes)
{
    struct address a = operand_of(t, i);
    bool constant = a.base == R_ZERO && a.index == R_ZERO;

    if (!segment_possible(t, xi_seg(i), write))
        return false;
    if (!t->code64)
        return xi_asize(i) == 2 || xi_asize(i) == 1;
    if (xi_asize(i) != 3)
        return false;
    if (constant)
        return ((uint64_t)a.disp & (PAGE_SIZE - 1)) + bytes <= PAGE_SIZE;
    return a.disp == (int32_t)a.disp && a.disp < INT32_MAX - 64;
}

bool trans_stack_possible(const struct trans *t, bool write)
{
    if (t->code64)
        return true;
    return segment_possible(t, SEG_SS, write) && JM_STACK(t->key) == 2;
}

void trans_cold_if(struct trans *t, enum emit_cc cc)
{
    struct trans_cold *cold = t->out_of_line ? &t->alone[t->k] : &t->cold[t->k];

    cold->used = true;
    emit_jcc(&t->e, cc, &cold->from, EMIT_NEAR);
}

static int32_t tlb_disp(const struct trans *t, size_t field)
{
    unsigned view = JM_CPL(t->key) == 3 ? X86_VIEW_USER : X86_VIEW_SUPER;

    return cpu_disp(offsetof(struct x86_cpu, tlbs) +
                    view * sizeof(((struct x86_cpu *)0)->tlbs[0]) + field);
}

static size_t tag_field(bool write)
{
    return write ? offsetof(struct x86_tlb_entry, wtag)
                 : offsetof(struct x86_tlb_entry, rtag);
}

#define SEG_CACHE(seg, field)                                                  \
    emit_at(HR_CPU, cpu_disp(offsetof(struct x86_cpu, sc) +                    \
                             (seg) * sizeof(struct x86_seg_cache) +            \
                             offsetof(struct x86_seg_cache, field)))
#define SEG_BASE(seg) SEG_CACHE(seg, base)

/* S2 holds the linear address: make it the offset of its entry. */
static void entry_offset(struct trans *t)
{
    emit_ri(&t->e, EO_SHR, E32, HR_S2, PAGE_SHIFT - ENTRY_SHIFT);
    emit_ri(&t->e, EO_AND, E32, HR_S2, ENTRY_MASK);
}

/* S1 holds the address of the last byte, S2 the offset of the entry. After it
 * S1 is the addend. */
static void compare(struct trans *t, bool write)
{
    emit_ri(&t->e, EO_AND, E64, HR_S1, -(int64_t)PAGE_SIZE);
    emit_rm(&t->e, EO_CMP, E64, HR_S1,
            emit_at_x(HR_CPU, HR_S2, 0, tlb_disp(t, tag_field(write))));
    trans_cold_if(t, CC_NE);
    emit_rm(&t->e, EO_MOV, E64, HR_S1,
            emit_at_x(HR_CPU, HR_S2, 0,
                      tlb_disp(t, offsetof(struct x86_tlb_entry, addend))));
}

static struct emit_mem access_constant(struct trans *t, uint64_t lin,
                                       unsigned n, bool write)
{
    struct emit *e = &t->e;
    size_t entry = ((lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)) << ENTRY_SHIFT;
    uint64_t page = (lin + n - 1) & PAGE_MASK;
    struct emit_mem tag =
        emit_at(HR_CPU, tlb_disp(t, entry + tag_field(write)));

    if ((int64_t)page == (int32_t)page) {
        emit_mi(e, EO_CMP, E64, tag, (int64_t)page);
    } else {
        emit_mov_imm(e, HR_S1, page);
        emit_rm(e, EO_CMP, E64, HR_S1, tag);
    }
    trans_cold_if(t, CC_NE);
    emit_rm(e, EO_MOV, E64, HR_S1,
            emit_at(HR_CPU, tlb_disp(t, entry + offsetof(struct x86_tlb_entry,
                                                         addend))));
    if ((int64_t)lin == (int32_t)lin)
        return emit_at(HR_S1, (int32_t)lin);
    emit_mov_imm(e, HR_S2, lin);
    emit_rr(e, EO_ADD, E64, HR_S1, HR_S2);
    return emit_at(HR_S1, 0);
}

/* reg = base + index * scale + disp for registers that are where they are */
static void lea(struct trans *t, enum emit_reg reg, enum emit_size size,
                enum emit_reg base, enum emit_reg index, unsigned scale,
                int32_t disp)
{
    if (index == HR_NONE && disp == 0 && base != HR_NONE) {
        if (reg != base)
            emit_rr(&t->e, EO_MOV, size, reg, base);
        return;
    }
    emit_rm(&t->e, EO_LEA, size, reg, emit_at_x(base, index, scale, disp));
}

static enum emit_reg host_or(unsigned g, enum emit_reg scratch)
{
    if (g == R_ZERO)
        return HR_NONE;
    return bank_host(g) == HR_NONE ? scratch : bank_host(g);
}

static void load_spilled(struct trans *t, unsigned g, enum emit_reg reg)
{
    if (g != R_ZERO && bank_host(g) == HR_NONE)
        emit_rm(&t->e, EO_MOV, E64, reg, at_guest(g));
}

/* 64-bit code, a register among base and index. */
static struct emit_mem access64(struct trans *t, const struct address *a,
                                unsigned n, bool write)
{
    struct emit *e = &t->e;
    int32_t disp = (int32_t)a->disp, last = disp + (int32_t)n - 1;
    enum emit_reg base = host_or(a->base, HR_S1);
    enum emit_reg index = host_or(a->index, base == HR_S1 ? HR_S2 : HR_S1);

    load_spilled(t, a->base, base);
    load_spilled(t, a->index, index);
    if (a->seg >= SEG_FS) {
        lea(t, HR_S1, E64, base, index, a->scale, disp);
        emit_rm(e, EO_ADD, E64, HR_S1, SEG_BASE(a->seg));
        emit_rr(e, EO_MOV, E32, HR_S2, HR_S1);
        if (n > 1)
            lea(t, HR_S1, E64, HR_S1, HR_NONE, 0, (int32_t)n - 1);
    } else if (index == HR_S2) {
        lea(t, HR_S1, E64, base, index, a->scale, disp);
        emit_rr(e, EO_MOV, E32, HR_S2, HR_S1);
        if (n > 1)
            lea(t, HR_S1, E64, HR_S1, HR_NONE, 0, (int32_t)n - 1);
    } else {
        lea(t, HR_S2, E32, base, index, a->scale, disp);
        lea(t, HR_S1, E64, base, index, a->scale, last);
    }
    entry_offset(t);
    compare(t, write);
    /* S1 is the addend: add all but one register and the displacement. */
    if (a->seg >= SEG_FS)
        emit_rm(e, EO_ADD, E64, HR_S1, SEG_BASE(a->seg));
    if (a->index == R_ZERO) {
        if (base != HR_S1)
            return emit_at_x(HR_S1, base, 0, disp);
        emit_rm(e, EO_ADD, E64, HR_S1, at_guest(a->base));
        return emit_at(HR_S1, disp);
    }
    if (base != HR_NONE && base != HR_S1)
        emit_rr(e, EO_ADD, E64, HR_S1, base);
    else if (base == HR_S1)
        emit_rm(e, EO_ADD, E64, HR_S1, at_guest(a->base));
    if (index != HR_S1 && index != HR_S2)
        return emit_at_x(HR_S1, index, a->scale, disp);
    emit_rm(e, EO_MOV, E64, HR_S2, at_guest(a->index));
    lea(t, HR_S1, E64, HR_S1, HR_S2, a->scale, disp);
    return emit_at(HR_S1, 0);
}

/* 16- and 32-bit code: the linear address wraps at 4 GiB. */
static struct emit_mem access32(struct trans *t, const struct address *a,
                                unsigned asize, unsigned n, bool write)
{
    struct emit *e = &t->e;

    lea(t, HR_S1, E32, host_or(a->base, HR_NONE), host_or(a->index, HR_NONE),
        a->scale, (int32_t)a->disp);
    if (asize == 1)
        emit_rr(e, EO_MOVZX16, E32, HR_S1, HR_S1);
    if (a->seg >= SEG_FS) {
        emit_mi(e, EO_CMP, E32,
                write ? SEG_CACHE(a->seg, wlim) : SEG_CACHE(a->seg, rlim),
                (int32_t)X86_FLAT_LIMIT);
        trans_cold_if(t, CC_B);
        if (n > 1) { /* past the limit, not round to offset 0 */
            emit_ri(e, EO_CMP, E32, HR_S1, -(int64_t)n);
            trans_cold_if(t, CC_A);
        }
        emit_rm(e, EO_ADD, E32, HR_S1, SEG_BASE(a->seg));
    }
    emit_rr(e, EO_MOV, E32, HR_S2, HR_S1);
    lea(t, HR_S3, E32, HR_S1, HR_NONE, 0, (int32_t)n - 1);
    entry_offset(t);
    emit_ri(e, EO_AND, E32, HR_S3, -(int64_t)PAGE_SIZE);
    emit_rm(e, EO_CMP, E64, HR_S3,
            emit_at_x(HR_CPU, HR_S2, 0, tlb_disp(t, tag_field(write))));
    trans_cold_if(t, CC_NE);
    emit_rm(e, EO_ADD, E64, HR_S1,
            emit_at_x(HR_CPU, HR_S2, 0,
                      tlb_disp(t, offsetof(struct x86_tlb_entry, addend))));
    return emit_at(HR_S1, 0);
}

static struct emit_mem access_at(struct trans *t, const struct address *a,
                                 unsigned asize, unsigned n, bool write)
{
    if (t->in_run != NULL)
        return emit_at(HR_S1, t->run_off[t->k] - t->in_run->low);
    trans_flags_clobber(t);
    if (!t->code64)
        return access32(t, a, asize, n, write);
    if (a->base == R_ZERO && a->index == R_ZERO && a->seg < SEG_FS)
        return access_constant(t, (uint64_t)a->disp, n, write);
    if (a->base == R_ZERO && a->index == R_ZERO) {
        struct emit *e = &t->e;

        emit_mov_imm(e, HR_S1, (uint64_t)a->disp);
        emit_rm(e, EO_ADD, E64, HR_S1, SEG_BASE(a->seg));
        emit_rr(e, EO_MOV, E32, HR_S2, HR_S1);
        if (n > 1)
            lea(t, HR_S1, E64, HR_S1, HR_NONE, 0, (int32_t)n - 1);
        entry_offset(t);
        compare(t, write);
        emit_mov_imm(e, HR_S2, (uint64_t)a->disp);
        emit_rr(e, EO_ADD, E64, HR_S1, HR_S2);
        emit_rm(e, EO_ADD, E64, HR_S1, SEG_BASE(a->seg));
        return emit_at(HR_S1, 0);
    }
    return access64(t, a, n, write);
}

struct emit_mem trans_mem(struct trans *t, bool write, unsigned bytes)
{
    struct address a = operand_of(t, t->i);

    return access_at(t, &a, xi_asize(t->i), bytes, write);
}

struct emit_mem trans_stack(struct trans *t, int32_t off, bool write,
                            unsigned bytes)
{
    struct address a = {SEG_SS, R_SP, R_ZERO, 0, off};

    return access_at(t, &a, t->code64 ? 3 : 2, bytes, write);
}

struct emit_mem trans_frame(struct trans *t, bool write, unsigned bytes)
{
    struct address a = {SEG_SS, R_BP, R_ZERO, 0, 0};

    return access_at(t, &a, t->code64 ? 3 : 2, bytes, write);
}

void trans_run_begin(struct trans *t, const struct trans_run *r)
{
    struct address a = {SEG_SS, r->base, R_ZERO, 0, r->low};
    struct emit_mem m = access_at(t, &a, t->code64 ? 3 : 2, r->bytes, r->write);

    if (m.base != HR_S1 || m.index != HR_NONE || m.disp != 0)
        emit_rm(&t->e, EO_LEA, E64, HR_S1, m);
}

void trans_address(struct trans *t, enum emit_reg dst, enum emit_size size)
{
    struct address a = operand_of(t, t->i);
    struct emit *e = &t->e;
    enum emit_reg base = host_or(a.base, HR_S1);
    enum emit_reg index = host_or(a.index, HR_S2);
    unsigned asize = xi_asize(t->i);
    bool cut = asize < size; /* the address is cut before it is extended */

    if (base == HR_NONE && index == HR_NONE) {
        emit_mov_imm(e, HR_S1, (uint64_t)a.disp & mask_low(8u << asize));
        emit_rr(e, EO_MOV, size, dst, HR_S1);
        return;
    }
    load_spilled(t, a.base, base);
    load_spilled(t, a.index, index);
    if (!cut) {
        emit_rm(e, EO_LEA, size, dst,
                emit_at_x(base, index, a.scale, (int32_t)a.disp));
        return;
    }
    emit_rm(e, EO_LEA, E32, HR_S1,
            emit_at_x(base, index, a.scale, (int32_t)a.disp));
    if (asize == 1)
        emit_rr(e, EO_MOVZX16, E32, HR_S1, HR_S1);
    emit_rr(e, EO_MOV, size, dst, HR_S1);
}
