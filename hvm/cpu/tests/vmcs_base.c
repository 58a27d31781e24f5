/* vmcs_base.c: VMCSes that pass every check, one for each kind of guest. */
#include <string.h>

#include "common/x86/defs.h"
#include "hvm/cpu/tests/vmcs_base.h"

#define SET(field, v_) (v->value[VMCS_##field] = (v_))
#define CTL(c)         BIT((c) % 32)

static void host64(struct vmcs *v)
{
    SET(HOST_CR0, 0x80050033);
    SET(HOST_CR4, CR4_VMXE | CR4_PAE | CR4_PGE);
    SET(HOST_CR3, 0x1000);
    SET(HOST_CS_SELECTOR, 0x10);
    SET(HOST_DS_SELECTOR, 0x18);
    SET(HOST_ES_SELECTOR, 0x18);
    SET(HOST_TR_SELECTOR, 0x40);
    SET(HOST_FS_BASE, 0x7f0000001000);
    SET(HOST_GS_BASE, 0xffff888000000000);
    SET(HOST_TR_BASE, 0xfffffe0000003000);
    SET(HOST_GDTR_BASE, 0xfffffe0000001000);
    SET(HOST_IDTR_BASE, 0xfffffe0000000000);
    SET(HOST_IA32_SYSENTER_CS, 0x10);
    SET(HOST_IA32_SYSENTER_ESP, 0xfffffe0000003000);
    SET(HOST_IA32_SYSENTER_EIP, 0xffffffff81001000);
    SET(HOST_IA32_EFER, 0xd01);
    SET(HOST_IA32_PAT, 0x0007040600070406);
    SET(HOST_IA32_PERF_GLOBAL_CTRL, 0x70000000f);
    SET(HOST_RIP, 0xffffffff81000000);
    SET(HOST_RSP, 0xffff888000100000);
}

static void seg(struct vmcs *v, unsigned i, unsigned selector, uint64_t base,
                uint32_t limit, uint32_t rights)
{
    v->value[VMCS_GUEST_ES_SELECTOR + i] = selector;
    v->value[VMCS_GUEST_ES_BASE + i] = base;
    v->value[VMCS_GUEST_ES_LIMIT + i] = limit;
    v->value[VMCS_GUEST_ES_AR_BYTES + i] = rights;
}

/* ES CS SS DS FS GS LDTR TR */
static void flat(struct vmcs *v, uint32_t code)
{
    unsigned i;

    for (i = 0; i < 6; i++)
        seg(v, i, i == 1 ? 0x10 : 0x18, 0, 0xffffffff, i == 1 ? code : 0xc093);
    seg(v, 6, 0, 0, 0, SA_UNUSABLE);
    seg(v, 7, 0x40, 0x2000, 0x67, 0x8b);
}

static void segs16(struct vmcs *v, uint32_t code, uint32_t data)
{
    unsigned i;

    for (i = 0; i < 6; i++)
        seg(v, i, 0x100 + i, (0x100 + i) << 4, 0xffff, i == 1 ? code : data);
}

static void common(struct vmcs *v)
{
    memset(v, 0, sizeof(*v));
    SET(PIN_BASED_VM_EXEC_CONTROL, 0x16);
    SET(CPU_BASED_VM_EXEC_CONTROL, 0x04006172);
    SET(VM_EXIT_CONTROLS, 0x36dfb | CTL(EXIT_HOST_SIZE) | CTL(EXIT_LOAD_EFER) |
                              CTL(EXIT_LOAD_PAT) | CTL(EXIT_LOAD_PERF_GLOBAL));
    SET(VM_ENTRY_CONTROLS, 0x11fb | CTL(ENTRY_LOAD_DEBUG) |
                               CTL(ENTRY_LOAD_EFER) | CTL(ENTRY_LOAD_PAT) |
                               CTL(ENTRY_LOAD_PERF_GLOBAL));
    SET(VMCS_LINK_POINTER, ~0ull);
    host64(v);
    SET(GUEST_CR0, CR0_PE | CR0_ET | CR0_NE | CR0_PG);
    SET(GUEST_CR3, 0x3000);
    SET(GUEST_CR4, CR4_VMXE);
    SET(GUEST_DR7, 0x400);
    SET(GUEST_RFLAGS, FL_ONE | FL_IF);
    SET(GUEST_RIP, 0x100000);
    SET(GUEST_RSP, 0x80000);
    SET(GUEST_IA32_PAT, 0x0007040600070406);
    SET(GUEST_GDTR_LIMIT, 0xff);
    SET(GUEST_IDTR_LIMIT, 0xfff);
    flat(v, 0xc09b);
}

static void secondary(struct vmcs *v, uint32_t bits)
{
    v->value[VMCS_CPU_BASED_VM_EXEC_CONTROL] |= CTL(PROC_SECONDARY);
    SET(SECONDARY_VM_EXEC_CONTROL, bits);
    SET(EPT_POINTER, 0xa000 | 3 << 3 | 6);
}

void vmcs_base(struct vmcs *v, enum base base)
{
    common(v);
    switch (base) {
    case BASE_64:
        v->value[VMCS_VM_ENTRY_CONTROLS] |= CTL(ENTRY_IA32E);
        SET(GUEST_CR4, CR4_VMXE | CR4_PAE);
        SET(GUEST_IA32_EFER, 0xd01);
        SET(GUEST_RIP, 0xffffffff81000000);
        SET(GUEST_GS_BASE, 0xffff888000000000);
        v->value[VMCS_GUEST_CS_AR_BYTES] = 0xa09b;
        break;
    case BASE_REAL:
        secondary(v, CTL(PROC2_EPT) | CTL(PROC2_UNRESTRICTED));
        SET(GUEST_CR0, CR0_ET | CR0_NE);
        SET(GUEST_RIP, 0x7c00);
        segs16(v, 0x9b, 0x93);
        break;
    case BASE_V86:
        SET(GUEST_RFLAGS, FL_ONE | FL_IF | FL_VM);
        SET(GUEST_RIP, 0x7c00);
        segs16(v, 0xf3, 0xf3);
        break;
    case BASE_PAE:
        secondary(v, CTL(PROC2_EPT));
        SET(GUEST_CR4, CR4_VMXE | CR4_PAE);
        SET(GUEST_PDPTR0, 0x4001);
        SET(GUEST_PDPTR3, 0xffffffffffffff00); /* not present: anything goes */
        break;
    case BASE_LEGACY:
        v->value[VMCS_VM_EXIT_CONTROLS] &=
            ~(uint64_t)(CTL(EXIT_HOST_SIZE) | CTL(EXIT_LOAD_EFER));
        v->value[VMCS_VM_ENTRY_CONTROLS] &= ~(uint64_t)CTL(ENTRY_LOAD_EFER);
        SET(HOST_SS_SELECTOR, 0x18);
        SET(HOST_RIP, 0xc0100000);
        break;
    default:
        break;
    }
}

bool vmcs_base_read(UNUSED void *opaque, uint64_t pa, uint64_t *out)
{
    uint64_t revision = vmx_caps_find("all")->msr[CAP_BASIC] & BASIC_REVISION;

    *out = 0;
    switch (pa) {
    case 0x5000:
    case 0x9000:
        *out = revision;
        return true;
    case 0x6000:
        *out = revision ^ 1;
        return true;
    case 0x7080:
        *out = 0x30;
        return true;
    case 0x8000:
        *out = 0x4001;
        return true;
    case 0x8028:
        *out = 0x4003;
        return true;
    default:
        return pa >= 0x8000 && pa < 0x8040;
    }
}
