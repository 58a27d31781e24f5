/* kvmknown.c: what KVM gets wrong, with the rule of the manual.
 *
 * Each rule changes interp's end into what KVM makes of it, and no more: a case
 * is known if the two ends are then the same. */
#include <string.h>

#include "common/base/cc.h"
#include "common/x86/cpu.h"
#include "common/x86/mem.h"
#include "common/x86/protect.h"
#include "common/x86/tests/kvmknown.h"

#define FL_RESERVED 0x8028u

/* KVM's end altogether. */
static bool adopt(struct kvmdiff_case *c)
{
    c->interp = c->kvm;
    c->interp_end = c->kvm_end;
    memcpy(c->interp_ram, c->kvm_ram, KVMGUEST_RAM);
    return true;
}

/* Words of memory that differ in `bits` alone: flags on a stack. */
static bool adopt_bits(struct kvmdiff_case *c, uint32_t bits)
{
    bool changed = false;

    for (uint32_t at = 0; at < KVMGUEST_RAM; at += 4) {
        uint32_t a, b;

        if (at % 0x1000 == 0 &&
            memcmp(c->interp_ram + at, c->kvm_ram + at, 0x1000) == 0) {
            at += 0xffc;
            continue;
        }
        a = get_le32(c->interp_ram + at);
        b = get_le32(c->kvm_ram + at);
        if (a == b || ((a ^ b) & ~bits) != 0)
            continue;
        put_le32(c->interp_ram + at, b);
        changed = true;
    }
    return changed;
}

/* ---- rules: true if it changed something ---- */

/* PVM delivers events with AC cleared. [SDM2 "INT n/INTO/INT3/INT1"]: in
 * protected mode TF, IF, NT, VM and RF. */
static bool ac_cleared(struct kvmdiff_case *c)
{
    if (!((c->interp.rflags ^ c->kvm.rflags) & FL_AC))
        return false;
    c->interp.rflags &= ~(uint64_t)FL_AC;
    return true;
}

/* PVM keeps data segments that IRET to an outer level must make null.
 * [SDM2 "IRET/IRETD/IRETQ", "RETURN-TO-OUTER-PRIVILEGE-LEVEL"] */
static bool kept_segments(struct kvmdiff_case *c)
{
    static const uint8_t segs[] = {SEG_ES, SEG_DS, SEG_FS, SEG_GS};
    bool changed = false;

    for (unsigned n = 0; n < sizeof(segs); n++) {
        struct x86_seg *a = &c->interp.seg[segs[n]];
        const struct x86_seg *b = &c->kvm.seg[segs[n]];

        if (a->sel != 0 || !(a->attr & SA_UNUSABLE) || SA_DPL(b->attr) == 3 ||
            x86_is_conforming(b->attr) || b->sel != c->in->s.seg[segs[n]].sel)
            continue;
        *a = *b;
        changed = true;
    }
    /* User code got further with them. */
    return changed && kvmknown_at(&c->interp, VEC_GP) &&
                   !kvmknown_at(&c->kvm, VEC_GP)
               ? adopt(c)
               : changed;
}

/* PVM runs 64-bit user code without IOPL and NT; its IRET keeps reserved
 * flags. */
static bool flags_lost(struct kvmdiff_case *c)
{
    uint32_t bits = FL_IOPL | FL_NT;
    bool popped = kvmknown_starts(c, 0xcf);
    bool changed = false;

    if (!kvmguest_long(c->in))
        return false;
    if (popped)
        bits |= FL_RESERVED | FL_AC;
    if (((c->interp.rflags ^ c->kvm.rflags) & bits) != 0) {
        c->interp.rflags =
            (c->interp.rflags & ~(uint64_t)bits) | (c->kvm.rflags & bits);
        changed = true;
    }
    return adopt_bits(c, bits) || changed;
}

/* PVM sets RF in the image of #DF, an abort. [SDM3 "Instruction-Breakpoint
 * Exception Condition"]: of faults. */
static bool rf_of_df(struct kvmdiff_case *c)
{
    return kvmknown_at(&c->interp, VEC_DF) && kvmknown_at(&c->kvm, VEC_DF) &&
           adopt_bits(c, FL_RF);
}

/* Selector n of the 64-bit frame that IRET is about to pop is one of those
 * whose segments have nothing wrong with them. */
static bool good_selector(const struct kvmdiff_case *c, unsigned slot)
{
    uint64_t sp = c->in->s.seg[SEG_SS].base + c->in->s.r[R_SP] + 8 * slot;
    uint16_t sel = get_le16(c->in->ram + sp % (KVMGUEST_RAM - 8));

    return !SEL_TI(sel) && sel >= SEL_C0 && SEL_INDEX(sel) <= SEL_D2;
}

/* On top of interp's stack. */
static uint32_t error_code(const struct kvmdiff_case *c)
{
    return get_le32(c->interp_ram +
                    (c->interp.seg[SEG_SS].base + c->interp.r[R_SP]) %
                        (KVMGUEST_RAM - 4));
}

static uint64_t frame_ip(const struct kvmdiff_case *c)
{
    return get_le64(c->in->ram +
                    (c->in->s.seg[SEG_SS].base + c->in->s.r[R_SP]) %
                        (KVMGUEST_RAM - 8));
}

/* PVM's IRET: error code 0 instead of the selector; a frame of 64-bit size in
 * compatibility mode; no checks of segments and RIP, no accessed bits; reserved
 * flags stay. [SDM2 "IRET/IRETD/IRETQ"] */
static bool iret_frames(struct kvmdiff_case *c)
{
    if (!kvmknown_starts(c, 0xcf))
        return false;
    if (c->in->mode == GUEST_COMPAT || !good_selector(c, 1) ||
        !good_selector(c, 4) || frame_ip(c) > 0xffffffff ||
        (kvmknown_at(&c->interp, VEC_GP) && error_code(c) != 0))
        return adopt(c);
    return false;
}

/* ...and reserved flags stay. */
static bool iret_flags(struct kvmdiff_case *c)
{
    if (!kvmknown_starts(c, 0xcf) ||
        !((c->interp.rflags ^ c->kvm.rflags) & FL_RESERVED))
        return false;
    c->interp.rflags |= c->kvm.rflags & FL_RESERVED;
    adopt_bits(c, FL_RESERVED);
    return true;
}

/* SWAPGS is #UD outside of 64-bit mode [SDM2 "SWAPGS"]. */
static bool swapgs_anywhere(struct kvmdiff_case *c)
{
    uint8_t modrm;

    return c->in->mode != GUEST_LONG && kvmknown_opcode(c, &modrm) == 0x0f01 &&
           modrm == 0xf8 && kvmknown_at(&c->interp, VEC_UD) && adopt(c);
}

/* SYSCALL and SYSRET: PVM's stay in user mode, or check nothing, or return to
 * 64-bit mode always. [SDM2 "SYSCALL", "SYSRET"] */
static bool syscall_sysret(struct kvmdiff_case *c)
{
    return (kvmknown_starts(c, 0x0f05) || kvmknown_starts(c, 0x0f07)) &&
           adopt(c);
}

/* SYSENTER and SYSEXIT in IA-32e mode: user code runs on an AMD processor,
 * where they are #UD. */
static bool sysenter(struct kvmdiff_case *c)
{
    return kvmknown_starts(c, 0x0f34) && kvmguest_long(c->in) &&
           kvmknown_at(&c->kvm, VEC_UD) && adopt(c);
}

/* The emulator's SS prefix makes non-canonical addresses #SS in 64-bit mode,
 * which ignores it. [SDM1 "Segment Override Prefixes in 64-bit Mode"] */
static bool ss_prefix(struct kvmdiff_case *c)
{
    return c->in->mode == GUEST_LONG &&
           c->in->ram[c->in->s.r[R_IP] % KVMGUEST_RAM] == 0x36 &&
           kvmknown_at(&c->interp, VEC_GP) && kvmknown_at(&c->kvm, VEC_SS) &&
           adopt(c);
}

/* CR0 and CR4 ignore bits 63:32, CR4 takes bits whose features CPUID does not
 * show. [SDM2 "MOV--Move to/from Control Registers"]: reserved bits are
 * #GP(0). */
static bool cr_bits(struct kvmdiff_case *c)
{
    uint8_t modrm;
    bool high = c->in->s.r[R_AX] >> 32 != 0;

    return kvmknown_opcode(c, &modrm) == 0x0f22 && (modrm & 0x18) == 0 &&
           (high || (modrm & 0x20)) && kvmknown_at(&c->interp, VEC_GP) &&
           adopt(c);
}

/* PVM has no paging outside of IA-32e mode: #GP(0). */
static bool no_legacy_paging(struct kvmdiff_case *c)
{
    return !kvmguest_paged(c->in) && kvmknown_starts(c, 0x0f22) &&
           (c->in->s.r[R_AX] & CR0_PG) && kvmknown_at(&c->kvm, VEC_GP) &&
           adopt(c);
}

/* KVM keeps bit 11 of DR7, which belongs to RTM. [SDM3 "Debug Control Register
 * (DR7)"]: reserved where RTM is not there. */
static bool dr7_rtm(struct kvmdiff_case *c)
{
    if ((c->interp.dr[7] ^ c->kvm.dr[7]) != BIT(11))
        return false;
    c->interp.dr[7] |= BIT(11);
    return true;
}

/* General detect is a fault, whose image has RF. [SDM3 "Instruction-Breakpoint
 * Exception Condition"] */
static bool rf_of_gd(struct kvmdiff_case *c)
{
    return (c->in->s.dr[7] & BIT(13)) && kvmknown_at(&c->interp, VEC_DB) &&
           kvmknown_at(&c->kvm, VEC_DB) && adopt_bits(c, FL_RF);
}

/* In real mode n of INT n is a signed byte to the emulator. */
static bool signed_vector(struct kvmdiff_case *c)
{
    uint8_t n;

    return c->in->mode == GUEST_REAL && kvmknown_opcode(c, &n) == 0xcd &&
           n >= 0x80 && c->kvm_end == KVMHOST_TIMEOUT && adopt(c);
}

/* LLDT and LTR of a selector in the LDT: LLDT goes on, LTR has error code 0.
 * [SDM2 "LLDT", "LTR"]: #GP(selector) */
static bool load_of_ldt(struct kvmdiff_case *c)
{
    uint8_t modrm;
    unsigned op = kvmknown_opcode(c, &modrm), reg = modrm >> 3 & 7;

    return op == 0x0f00 && (reg == 2 || reg == 3) &&
           kvmknown_at(&c->interp, VEC_GP) &&
           SEL_TI(get_le16(c->interp_ram +
                           c->interp.r[R_SP] % (KVMGUEST_RAM - 4))) &&
           adopt(c);
}

/* SLDT and STR write as many bytes as the operand size has. [SDM2 "SLDT",
 * "STR"]: 16 bits of memory. */
static bool wide_store(struct kvmdiff_case *c)
{
    uint8_t modrm;
    uint32_t at = AT_DATA;

    if (kvmknown_opcode(c, &modrm) != 0x0f00 || (modrm & 0x30) != 0 ||
        modrm >= 0xc0)
        return false;
    memcpy(c->interp_ram + at + 2, c->kvm_ram + at + 2, 6);
    return true;
}

/* SYSEXIT looks whether all of IA32_SYSENTER_CS is 0. [SDM2 "SYSEXIT"]: bits
 * 15:2. */
static bool sysexit_cs(struct kvmdiff_case *c)
{
    return kvmknown_starts(c, 0x0f35) && c->in->s.sysenter_cs != 0 &&
           (c->in->s.sysenter_cs & 0xfffc) == 0 &&
           kvmknown_at(&c->interp, VEC_GP) && adopt(c);
}

/* The emulator drops writes of DR4 and DR5 with bits 63:32 set. [SDM2
 * "MOV--Move to/from Debug Registers"]: #GP(0) */
static bool dr4_dr5(struct kvmdiff_case *c)
{
    uint8_t modrm;

    return kvmknown_opcode(c, &modrm) == 0x0f23 && (modrm >> 3 & 6) == 4 &&
           kvmknown_at(&c->interp, VEC_GP) && adopt(c);
}

/* KVM makes non-canonical values canonical. [SDM2 "WRMSR"]: #GP(0) */
static bool canonical_msr(struct kvmdiff_case *c)
{
    uint32_t index = (uint32_t)c->in->s.r[R_CX];

    return kvmknown_starts(c, 0x0f30) && (index == 0x175 || index == 0x176) &&
           kvmknown_at(&c->interp, VEC_GP) && adopt(c);
}

/* CLI and STI at CPL 3 know no CR4.PVI. [SDM2 "CLI", "STI"] */
static bool no_pvi(struct kvmdiff_case *c)
{
    return (c->in->s.cr4 & CR4_PVI) &&
           (kvmknown_starts(c, 0xfa) || kvmknown_starts(c, 0xfb)) &&
           kvmknown_at(&c->kvm, VEC_GP) && adopt(c);
}

/* A null SS is a usable segment with the attributes of CPL's stack. [SDM3
 * "Null Segment Selectors in 64-Bit Mode"] */
static bool null_ss(struct kvmdiff_case *c)
{
    struct x86_seg *a = &c->interp.seg[SEG_SS];
    const struct x86_seg *b = &c->kvm.seg[SEG_SS];

    if ((a->sel & ~3u) != 0 || a->sel != b->sel || !(a->attr & SA_UNUSABLE) ||
        SA_DPL(a->attr) != SA_DPL(b->attr))
        return false;
    *a = *b;
    return true;
}

/* The emulator checks CPL before it looks whether there is such a register.
 * [SDM2 "MOV--Move to/from Control Registers"]: #UD */
static bool no_such_cr(struct kvmdiff_case *c)
{
    unsigned op = c->in->mode == GUEST_REAL ? 0 : 0x0f20;

    return (kvmknown_starts(c, op) || kvmknown_starts(c, op + 1) ||
            kvmknown_starts(c, op + 2) || kvmknown_starts(c, op + 3)) &&
           kvmknown_at(&c->interp, VEC_UD) && kvmknown_at(&c->kvm, VEC_GP) &&
           adopt(c);
}

/* INT1 in user code: the IP saved is that of the instruction. [SDM2 "INT
 * n/INTO/INT3/INT1"]: a trap. */
static bool int1_ip(struct kvmdiff_case *c)
{
    return kvmknown_starts(c, 0xf1) && kvmknown_at(&c->interp, VEC_DB) &&
           kvmknown_at(&c->kvm, VEC_DB) && adopt_bits(c, 1);
}

/* PVM takes any IA32_PAT. [SDM3 "Programming the PAT"]: reserved values are
 * #GP(0). */
static bool any_pat(struct kvmdiff_case *c)
{
    return kvmknown_starts(c, 0x0f30) && (uint32_t)c->in->s.r[R_CX] == 0x277 &&
           kvmknown_at(&c->interp, VEC_GP) && adopt(c);
}

/* LLDT and LTR in IA-32e mode: #NP comes before what is wrong with the upper
 * half, of which only the base is looked at. [SDM2 "LTR"] has no order, [SDM3
 * "TSS Descriptor in 64-bit mode"] has the type. */
static bool upper_half(struct kvmdiff_case *c)
{
    uint8_t modrm;

    return kvmguest_long(c->in) && kvmknown_opcode(c, &modrm) == 0x0f00 &&
           ((modrm >> 3 & 7) == 2 || (modrm >> 3 & 7) == 3) &&
           kvmknown_at(&c->interp, VEC_GP) && !kvmknown_at(&c->kvm, VEC_GP) &&
           adopt(c);
}

/* A far transfer sets the accessed bit before it checks the new IP: the manual
 * has no order. */
static bool accessed_first(struct kvmdiff_case *c)
{
    unsigned op = kvmknown_starts(c, 0xff) || kvmknown_starts(c, 0x9a) ||
                  kvmknown_starts(c, 0xea) || kvmknown_starts(c, 0xcb) ||
                  kvmknown_starts(c, 0xca);

    return op && kvmknown_at(&c->interp, VEC_GP) &&
           kvmknown_at(&c->kvm, VEC_GP) && adopt_bits(c, SA_ACCESSED << 8);
}

/* KVM keeps bits 63:32 of IA32_FMASK and IA32_SYSENTER_CS. [SDM4]: reserved,
 * not used. */
static bool high_msr(struct kvmdiff_case *c)
{
    uint32_t index = (uint32_t)c->in->s.r[R_CX];

    return kvmknown_starts(c, 0x0f30) &&
           (index == 0x174 || index == 0xc0000084) &&
           (uint32_t)c->in->s.r[R_DX] != 0 && adopt(c);
}

/* MOV to DR6 or DR7 of bits 63:32 while DR7.GD is set: #GP(0) comes before
 * #DB. The manual has no order. */
static bool gd_last(struct kvmdiff_case *c)
{
    return kvmknown_starts(c, 0x0f23) && (c->in->s.dr[7] & BIT(13)) &&
           kvmknown_at(&c->interp, VEC_DB) && kvmknown_at(&c->kvm, VEC_GP) &&
           adopt(c);
}

/* Of the I/O permission bit map one byte is looked for, although two are read.
 * [SDM1 "I/O Permission Bit Map"]: both must lie within the limit. */
static bool short_map(struct kvmdiff_case *c)
{
    uint32_t at =
        get_le16(c->in->ram + AT_TSS + 0x66) + (uint16_t)c->in->s.r[R_DX] / 8;

    return c->in->s.tr.limit == at && kvmknown_at(&c->interp, VEC_GP) &&
           adopt(c);
}

/* The emulator checks no alignment. [SDM3 "Alignment Check Exception (#AC)"]
 */
static bool no_alignment(struct kvmdiff_case *c)
{
    return (c->in->s.rflags & FL_AC) && (c->in->s.cr0 & CR0_AM) &&
           kvmknown_at(&c->interp, VEC_AC) && !kvmknown_at(&c->kvm, VEC_AC) &&
           adopt(c);
}

/* INT n with TF in real mode: a trap when it is done. [SDM3 "Single-Step
 * Exception Condition"]: none, INT clears TF. */
static bool int_steps(struct kvmdiff_case *c)
{
    return c->in->mode == GUEST_REAL && (c->in->s.rflags & FL_TF) &&
           kvmknown_starts(c, 0xcd) && kvmknown_at(&c->kvm, VEC_DB) && adopt(c);
}

typedef bool known_rule(struct kvmdiff_case *c);

static known_rule *const pvm_rules[] = {
    int_steps,     no_alignment, short_map,        gd_last,
    int1_ip,       any_pat,      upper_half,       ac_cleared,
    kept_segments, flags_lost,   rf_of_df,         iret_flags,
    iret_frames,   sysenter,     swapgs_anywhere,  syscall_sysret,
    ss_prefix,     cr_bits,      no_legacy_paging, accessed_first,
    high_msr,      dr7_rtm,      rf_of_gd,         signed_vector,
    load_of_ldt,   wide_store,   sysexit_cs,       dr4_dr5,
    canonical_msr, no_pvi,       null_ss,          no_such_cr,
};

bool kvmknown(struct kvmdiff_case *c)
{
    static uint8_t ram[KVMGUEST_RAM];
    struct x86_state interp = c->interp;
    enum kvmhost_end end = c->interp_end;

    memcpy(ram, c->interp_ram, sizeof(ram));
    for (unsigned k = 0; c->pvm && k < ARRAY_LEN(pvm_rules); k++) {
        if (pvm_rules[k](c) && kvmdiff_same(c))
            return true;
    }
    c->interp = interp; /* for the report */
    c->interp_end = end;
    memcpy(c->interp_ram, ram, sizeof(ram));
    return false;
}
