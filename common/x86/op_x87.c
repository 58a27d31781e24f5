/* op_x87.c: the x87 FPU. Arithmetic is the host's own instruction on the
 * guest's state (x87_asm.h); what the host cannot do for us (environments in
 * the guest's layout, exceptions, instruction pointers) is here and in
 * x87_env.c. */
#include "common/x86/x87.h"
#include "common/x86/x87_asm.h"

enum x87_class { X87_NONE, X87_OP, X87_CTL, X87_NOWAIT, X87_FLAGS, X87_ENV };
enum x87_access { X87_LD, X87_ST };

struct x87_form {
    uint8_t cls;    /* enum x87_class */
    uint8_t access; /* enum x87_access */
    uint8_t bytes;
};

static const struct x87_form mem_form[64] = {
#define MEMFORM(escape, reg, acc, n, c)                                        \
    [escape * 8 + reg] = {.cls = X87_##c, .access = X87_##acc, .bytes = n},
#define REGFORM(escape, first, last, c)
#include "common/x86/x87.def"
#undef MEMFORM
#undef REGFORM
};

static const uint8_t reg_form[512] = {
#define MEMFORM(escape, reg, acc, n, c)
/* clang-format off */
#define REGFORM(escape, first, last, c)                                        \
    [(escape)*64 + (first & 0x3f) ... (escape)*64 + (last & 0x3f)] = X87_##c,
/* clang-format on */
#include "common/x86/x87.def"
#undef MEMFORM
#undef REGFORM
};

/* [SDM3 "x87 FPU Exception Handling"]: CR0.EM and CR0.TS first, then a pending
 * exception, for instructions that wait. (With CR0.NE = 0 a PC reports it
 * through IRQ 13; that path is not modelled and #MF is raised.) */
static void x87_check(struct x86_cpu *c, enum x87_class cls)
{
    if (c->s.cr0 & (CR0_EM | CR0_TS))
        x86_raise(c, VEC_NM);
    if (cls != X87_NOWAIT && (c->s.xs.fsw & FSW_ES))
        x86_raise(c, VEC_MF);
}

static void image_load(const struct x86_cpu *c, struct x87_image *im)
{
    memset(im, 0, sizeof(*im));
    memcpy(im->b, &c->s.xs, 160);
    memset(im->b + 8, 0, 16);
    put_le32(im->b + 24, 0x1f80);
}

static void image_store(struct x86_cpu *c, const struct x87_image *im)
{
    struct x86_xsave *xs = &c->s.xs;

    xs->fcw = get_le16(im->b);
    xs->fsw = get_le16(im->b + 2);
    xs->ftw = im->b[4];
    memcpy(xs->st, im->b + 32, sizeof(xs->st));
}

/* FOP, FIP and FDP are ours: no host address ever appears in them. */
static void set_pointers(struct x86_cpu *c, const struct x86_insn *i,
                         enum x87_class cls, uint64_t off)
{
    if (cls != X87_OP && cls != X87_FLAGS)
        return;
    c->s.xs.fop = (uint16_t)(i->imm & 0x7ff);
    c->s.xs.fip = x86_this_ip(c, i);
    if (i->flags & XI_MEM)
        c->s.xs.fdp = off;
}

static void x87_mem(struct x86_cpu *c, const struct x86_insn *i)
{
    unsigned n = ((unsigned)i->imm >> 8 & 7) * 8 + ((unsigned)i->imm >> 3 & 7);
    const struct x87_form *f = &mem_form[n];
    uint64_t off = x86_ea(c, i);
    struct x87_image im;
    uint8_t mem[16] = {0};
    uint16_t arith = c->arith;

    if (f->cls == X87_NONE)
        x86_op_undefined(c, i);
    if (f->cls == X87_ENV) {
        x87_check(c, f->access == X87_ST ? X87_NOWAIT : X87_CTL);
        x87_env(c, i, n);
        X86_NEXT(c, i);
    }
    x87_check(c, (enum x87_class)f->cls);
    if (f->access == X87_ST)
        x86_mem_probe_write(c, xi_seg(i), off, f->bytes);
    /* A store that an unmasked exception suppresses leaves memory as it was:
     * so the buffer starts with what is there. */
    x86_read(c, xi_seg(i), off, mem, f->bytes);
    image_load(c, &im);
    x87_run(&im, n, mem, &arith);
    image_store(c, &im);
    set_pointers(c, i, (enum x87_class)f->cls, off);
    if (f->access == X87_ST)
        x86_write(c, xi_seg(i), off, mem, f->bytes);
    X86_NEXT(c, i);
}

static void x87_reg(struct x86_cpu *c, const struct x86_insn *i)
{
    unsigned n = ((unsigned)i->imm >> 8 & 7) * 64 + ((unsigned)i->imm & 0x3f);
    enum x87_class cls = (enum x87_class)reg_form[n];
    struct x87_image im;
    uint16_t arith = c->arith;

    if (cls == X87_NONE)
        x86_op_undefined(c, i);
    x87_check(c, cls);
    if (n == 7 * 64 + 0x20) { /* FNSTSW AX */
        x86_set16(c, R_AX, c->s.xs.fsw);
        X86_NEXT(c, i);
    }
    image_load(c, &im);
    x87_run(&im, 64 + n, NULL, &arith);
    image_store(c, &im);
    if (n == 3 * 64 + 0x23) /* FNINIT */
        c->s.xs.fop = 0, c->s.xs.fip = c->s.xs.fdp = 0;
    set_pointers(c, i, cls, 0);
    if (cls == X87_FLAGS)
        c->arith = arith;
    X86_NEXT(c, i);
}

static void x87_wait(struct x86_cpu *c, const struct x86_insn *i)
{
    if ((c->s.cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS))
        x86_raise(c, VEC_NM);
    if (c->s.xs.fsw & FSW_ES)
        x86_raise(c, VEC_MF);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_x87 = X86_IMPL_ANY(x87_reg, x87_mem);
const struct x86_impl x86_op_wait = X86_IMPL_ANY(x87_wait, x87_wait);
