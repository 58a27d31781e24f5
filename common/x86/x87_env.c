/* x87_env.c: FLDENV, FSTENV, FSAVE, FRSTOR: the x87 environment in memory.
 * [SDM1 "x87 FPU State Image in Memory"]: four layouts, by operand size and by
 * real-address or protected mode. */
#include "common/x86/x87.h"

#define FORM_FLDENV (1 * 8 + 4)
#define FORM_FSTENV (1 * 8 + 6)
#define FORM_FRSTOR (5 * 8 + 4)

void x87_set_top(struct x86_xsave *xs, unsigned top)
{
    unsigned by = (top - ((xs->fsw & FSW_TOP) >> 11)) & 7;
    uint8_t st[8][16];

    if (by != 0) {
        memcpy(st, xs->st, sizeof(st));
        for (unsigned n = 0; n < 8; n++)
            memcpy(xs->st[n], st[(n + by) & 7], sizeof(st[0]));
    }
    xs->fsw = (uint16_t)((xs->fsw & ~FSW_TOP) | top << 11);
}

/* 80-bit value: tag as the processor would compute it. */
static unsigned tag_of(const uint8_t *st)
{
    uint64_t mant = get_le64(st);
    unsigned exp = get_le16(st + 8) & 0x7fffu;

    if (exp == 0 && mant == 0)
        return 1; /* zero */
    if (exp == 0x7fff || exp == 0 || mant >> 63 == 0)
        return 2; /* special: infinity, NaN, denormal, unsupported */
    return 0;     /* valid */
}

/* The tag word of 2 bits a register, from the abridged one and the values. */
static uint16_t full_tags(const struct x86_xsave *xs)
{
    unsigned top = (xs->fsw & FSW_TOP) >> 11, tags = 0, t;

    for (unsigned phys = 0; phys < 8; phys++) {
        t = (xs->ftw >> phys & 1) ? tag_of(xs->st[(phys - top) & 7]) : 3;
        tags |= t << (2 * phys);
    }
    return (uint16_t)tags;
}

static uint8_t abridged_tags(uint16_t full)
{
    uint8_t tags = 0;

    for (unsigned phys = 0; phys < 8; phys++) {
        if ((full >> (2 * phys) & 3) != 3)
            tags |= (uint8_t)(1u << phys);
    }
    return tags;
}

static bool real_layout(const struct x86_cpu *c)
{
    return !(c->s.cr0 & CR0_PE) || c->v86;
}

/* Words or doublewords by operand size: FCW, FSW, FTW, then the pointers. */
static unsigned env_write(const struct x86_cpu *c, bool wide, uint8_t *p)
{
    const struct x86_xsave *xs = &c->s.xs;
    uint32_t fip = (uint32_t)xs->fip, fdp = (uint32_t)xs->fdp;
    uint32_t w[7] = {xs->fcw, xs->fsw, full_tags(xs), fip, 0, fdp, 0};

    if (real_layout(c)) {
        w[4] = wide ? (fip >> 16 & 0xffff) << 12 | xs->fop
                    : (fip >> 16 & 0xf) << 12 | xs->fop;
        w[6] = wide ? (fdp >> 16 & 0xffff) << 12 : (fdp >> 16 & 0xf) << 12;
        w[3] = fip & 0xffff;
        w[5] = fdp & 0xffff;
    } else if (wide) {
        w[4] = (uint32_t)xs->fop << 16;
    }
    for (unsigned k = 0; k < 7; k++) {
        if (!wide)
            put_le16(p + 2 * k, (uint16_t)w[k]);
        else
            put_le32(p + 4 * k, k < 3 || k == 6 ? w[k] | 0xffff0000u : w[k]);
    }
    return wide ? 28 : 14;
}

static void env_read(struct x86_cpu *c, bool wide, const uint8_t *p)
{
    struct x86_xsave *xs = &c->s.xs;
    uint32_t w[7];

    for (unsigned k = 0; k < 7; k++)
        w[k] = wide ? get_le32(p + 4 * k) : get_le16(p + 2 * k);
    xs->fcw = (uint16_t)((w[0] & 0x1f7f) | 0x40);
    x87_set_top(xs, w[1] >> 11 & 7);
    xs->fsw = (uint16_t)w[1];
    xs->ftw = abridged_tags((uint16_t)w[2]);
    if (real_layout(c)) {
        uint32_t high = wide ? 0xffffu : 0xfu;

        xs->fip = (w[3] & 0xffff) | (w[4] >> 12 & high) << 16;
        xs->fdp = (w[5] & 0xffff) | (w[6] >> 12 & high) << 16;
        xs->fop = w[4] & 0x7ff;
    } else {
        xs->fip = w[3];
        xs->fdp = w[5];
        xs->fop = wide ? w[4] >> 16 & 0x7ff : 0;
    }
    /* ES and B say whether an unmasked exception is pending. */
    xs->fsw &= (uint16_t) ~(FSW_ES | FSW_B);
    if (xs->fsw & ~xs->fcw & 0x3f)
        xs->fsw |= FSW_ES | FSW_B;
}

static void after_fnsave(struct x86_cpu *c)
{
    x87_set_top(&c->s.xs, 0);
    c->s.xs.fcw = 0x37f;
    c->s.xs.fsw = 0;
    c->s.xs.ftw = 0;
    c->s.xs.fop = 0;
    c->s.xs.fip = c->s.xs.fdp = 0;
}

void x87_env(struct x86_cpu *c, const struct x86_insn *i, unsigned form)
{
    bool wide = xi_osize(i) != 1;
    unsigned head = wide ? 28 : 14, all = head + 80;
    uint64_t off = x86_ea(c, i);
    uint8_t buf[28 + 80];

    if (form == FORM_FLDENV) {
        x86_read(c, xi_seg(i), off, buf, head);
        env_read(c, wide, buf);
    } else if (form == FORM_FRSTOR) {
        x86_read(c, xi_seg(i), off, buf, all);
        env_read(c, wide, buf);
        for (unsigned k = 0; k < 8; k++)
            memcpy(c->s.xs.st[k], buf + head + 10 * k, 10);
    } else if (form == FORM_FSTENV) {
        env_write(c, wide, buf);
        x86_write(c, xi_seg(i), off, buf, head);
        c->s.xs.fcw |= 0x3f; /* all exceptions masked */
        c->s.xs.fsw &= (uint16_t) ~(FSW_ES | FSW_B);
    } else {
        env_write(c, wide, buf);
        for (unsigned k = 0; k < 8; k++)
            memcpy(buf + head + 10 * k, c->s.xs.st[k], 10);
        x86_write(c, xi_seg(i), off, buf, all);
        after_fnsave(c);
    }
}
