/* kvmunable.c: what KVM does not carry out although it says nothing. Nearly all
 * of this is PVM: user code of 64-bit mode runs with the host's descriptor
 * tables and some of the host's flags and control registers; events are
 * delivered by code that looks at little of IDT, TSS and GDT; the rest is KVM's
 * emulator, which knows no breakpoints. */
#include <string.h>

#include "common/x86/cpu.h"
#include "common/x86/mem.h"
#include "common/x86/tests/kvmknown.h"

bool kvmknown_at(const struct x86_state *s, unsigned vec)
{
    return s->seg[SEG_CS].base + s->r[R_IP] == AT_HANDLERS + 4 * vec + 1;
}

unsigned kvmknown_opcode(const struct kvmdiff_case *c, uint8_t *modrm)
{
    const uint8_t *p =
        c->in->ram +
        (c->in->s.seg[SEG_CS].base + c->in->s.r[R_IP]) % (KVMGUEST_RAM - 16);

    while (*p == 0x66 || *p == 0x67 || *p == 0x3e || *p == 0x36 ||
           (c->in->mode == GUEST_LONG && (*p & 0xf0) == 0x40))
        p++;
    if (*p != 0x0f) {
        *modrm = p[1];
        return *p;
    }
    *modrm = p[2];
    return 0x0f00u | p[1];
}

bool kvmknown_starts(const struct kvmdiff_case *c, unsigned op)
{
    uint8_t modrm;

    return kvmknown_opcode(c, &modrm) == op;
}

/* The guest wrote its page tables: what it sees of that is up to TLBs. */
static bool tables_changed(const struct kvmdiff_case *c)
{
    for (uint32_t at = AT_TABLES; at < AT_TABLES_END; at += 4) {
        if ((get_le32(c->interp_ram + at) ^ get_le32(c->in->ram + at)) & ~0x60u)
            return true;
    }
    return false;
}

/* What KVM's emulator does not know is #UD in user code: INT n, far calls
 * through gates, VERR and so on. */
static bool unknown_instruction(const struct kvmdiff_case *c)
{
    return kvmknown_at(&c->kvm, VEC_UD) && !kvmknown_at(&c->interp, VEC_UD);
}

/* IDT, TSS, or what they lead to, is not as usual. */
static bool unusual_delivery(const struct kvmdiff_case *c)
{
    static struct kvmguest usual;

    if (c->interp_end == KVMHOST_SHUTDOWN && c->kvm_end != KVMHOST_SHUTDOWN)
        return true;
    kvmguest_init(&usual, c->in->mode, 0);
    return memcmp(usual.ram + AT_IDT, c->in->ram + AT_IDT, 0x1000) != 0 ||
           memcmp(usual.ram + AT_TSS, c->in->ram + AT_TSS, TSS_REDIRECT) != 0 ||
           usual.s.idtr.limit != c->in->s.idtr.limit ||
           (usual.s.tr.limit != c->in->s.tr.limit && c->in->s.tr.limit < 0x66);
}

/* User code of 64-bit mode and what it has from the host. */
static bool from_host(const struct kvmdiff_case *c)
{
    return c->in->mode == GUEST_LONG &&
           SA_DPL(c->in->s.seg[SEG_SS].attr) == 3 &&
           ((c->in->s.rflags & (FL_IOPL | FL_NT | FL_AC)) ||
            (c->in->s.cr0 & (CR0_TS | CR0_EM)) || kvmknown_starts(c, 0x0f00) ||
            kvmknown_starts(c, 0x0f02) || kvmknown_starts(c, 0x0f03));
}

static bool breakpoints(const struct kvmdiff_case *c)
{
    return (c->in->s.dr[7] & 0xff) != 0;
}

/* No event can be delivered where there is no memory. */
static bool no_stack(const struct kvmdiff_case *c)
{
    return c->kvm_end == KVMHOST_SHUTDOWN &&
           c->interp.seg[SEG_SS].base + c->interp.r[R_SP] >= KVMGUEST_RAM;
}

bool kvmknown_unable(const struct kvmdiff_case *c)
{
    if (tables_changed(c))
        return true;
    return c->pvm && (unknown_instruction(c) || unusual_delivery(c) ||
                      from_host(c) || breakpoints(c) || no_stack(c));
}
