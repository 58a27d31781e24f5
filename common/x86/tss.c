/* tss.c: task state in memory. */
#include "common/x86/tss.h"

#include "common/x86/protect.h"

/* Offsets. GS and FS do not exist in the 16-bit form. */
#define TSS32_CR3   0x1cu
#define TSS32_EIP   0x20u
#define TSS32_SEGS  0x48u
#define TSS32_LDT   0x60u
#define TSS32_TRAP  0x64u
#define TSS32_BYTES 0x68u
#define TSS16_IP    0x0eu
#define TSS16_SEGS  0x22u
#define TSS16_LDT   0x2au
#define TSS16_BYTES 0x2cu

static void read32(struct x86_cpu *c, uint64_t base, struct x86_tss *t)
{
    uint8_t raw[TSS32_BYTES];

    x86_sys_read(c, base, raw, sizeof(raw));
    t->cr3 = get_le32(raw + TSS32_CR3);
    t->ip = get_le32(raw + TSS32_EIP);
    t->flags = get_le32(raw + TSS32_EIP + 4);
    for (unsigned k = 0; k < 8; k++)
        t->r[k] = get_le32(raw + TSS32_EIP + 8 + 4 * k);
    for (unsigned k = 0; k < SEG_COUNT; k++)
        t->sel[k] = get_le16(raw + TSS32_SEGS + 4 * k);
    t->ldt = get_le16(raw + TSS32_LDT);
    t->trap = raw[TSS32_TRAP] & 1;
}

static void read16(struct x86_cpu *c, uint64_t base, struct x86_tss *t)
{
    uint8_t raw[TSS16_BYTES];

    x86_sys_read(c, base, raw, sizeof(raw));
    t->ip = get_le16(raw + TSS16_IP);
    t->flags = get_le16(raw + TSS16_IP + 2);
    for (unsigned k = 0; k < 8; k++)
        t->r[k] = get_le16(raw + TSS16_IP + 4 + 2 * k);
    for (unsigned k = 0; k <= SEG_DS; k++)
        t->sel[k] = get_le16(raw + TSS16_SEGS + 2 * k);
    t->ldt = get_le16(raw + TSS16_LDT);
}

void x86_tss_read(struct x86_cpu *c, const struct x86_seg *tr,
                  struct x86_tss *out)
{
    *out = (struct x86_tss){.wide = x86_tss_wide(tr)};
    if (out->wide)
        read32(c, tr->base, out);
    else
        read16(c, tr->base, out);
}

void x86_tss_save(struct x86_cpu *c, uint32_t ip, uint32_t flags)
{
    bool wide = x86_tss_wide(&c->s.tr);
    unsigned step = wide ? 4 : 2, nr = wide ? SEG_COUNT : SEG_DS + 1u;
    uint64_t at = c->s.tr.base + (wide ? TSS32_EIP : TSS16_IP);
    uint8_t raw[10 * 4];

    for (unsigned k = 0; k < 10; k++) {
        uint32_t v = k == 0 ? ip : k == 1 ? flags : (uint32_t)c->s.r[k - 2];

        memcpy(raw + step * k, &v, step);
    }
    x86_sys_write(c, at, raw, 10 * step);
    at = c->s.tr.base + (wide ? TSS32_SEGS : TSS16_SEGS);
    for (unsigned k = 0; k < nr; k++)
        x86_sys_write(c, at + step * k, &c->s.seg[k].sel, 2);
}
