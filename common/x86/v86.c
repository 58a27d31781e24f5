/* v86.c: INT n in virtual-8086 mode and its redirection bitmap.
 * [SDM3 "Handling Software Interrupts in Virtual-8086 Mode": "Methods 1..6"],
 * [SDM3 "Software Interrupt Redirection Bit Map"]. */
#include "common/x86/op.h"
#include "common/x86/protect.h"

#define TSS_IOMAP 0x66u

static bool redirected(struct x86_cpu *c, uint8_t vec)
{
    uint64_t base = c->s.tr.base;
    uint32_t at;
    uint16_t iomap;
    uint8_t bits;

    if (c->s.tr.limit < TSS_IOMAP + 1)
        x86_gp0(c);
    x86_table_read(c, (base + TSS_IOMAP) & 0xffffffff, &iomap, sizeof(iomap));
    at = iomap - 32u + vec / 8u; /* the map is below the I/O permission map */
    if (iomap < 32 || at > c->s.tr.limit)
        x86_gp0(c);
    x86_table_read(c, (base + at) & 0xffffffff, &bits, sizeof(bits));
    return !(bits >> (vec & 7) & 1);
}

/* As the 8086: through the table at linear address 0, on the current stack. */
static void through_ivt(struct x86_cpu *c, uint8_t vec, uint64_t next_ip)
{
    uint64_t flags = x86_rflags(c), clear = FL_TF | FL_IF;
    uint16_t entry[2];

    if (x86_iopl(c) < 3) {
        flags = (flags & ~(uint64_t)FL_IF) | FL_IOPL |
                ((flags & FL_VIF) ? FL_IF : 0);
        clear = FL_TF | FL_VIF;
    }
    x86_table_read(c, vec * 4u, entry, sizeof(entry));
    x86_st16(c, SEG_SS, x86_sp_off(c, -2), (uint16_t)flags);
    x86_st16(c, SEG_SS, x86_sp_off(c, -4), c->s.seg[SEG_CS].sel);
    x86_st16(c, SEG_SS, x86_sp_off(c, -6), (uint16_t)next_ip);
    x86_set_sp(c, x86_sp_off(c, -6));
    x86_set_rflags(c, 0, clear);
    x86_load_seg_real(c, SEG_CS, entry[1]);
    c->s.r[R_IP] = entry[0];
}

bool x86_int_v86(struct x86_cpu *c, uint8_t vec, uint64_t next_ip)
{
    if ((c->s.cr4 & CR4_VME) && redirected(c, vec)) {
        through_ivt(c, vec, next_ip);
        return true;
    }
    if (x86_iopl(c) < 3)
        x86_gp0(c);
    return false;
}
