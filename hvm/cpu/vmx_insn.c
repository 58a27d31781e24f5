/* vmx_insn.c: instructions of VMX root operation but VMLAUNCH and VMRESUME.
 * [SDM3 "VMX Instruction Reference"] */
#include <string.h>

#include "hvm/cpu/vmx_state.h"

/* A VMCS region: revision identifier, abort indicator, then what is the
 * processor's own: launch state and the fields, each as wide as it is. */
#define REGION_LAUNCHED 8u
#define REGION_FIELDS   12u

static struct vmx *of(const struct vcpu *v)
{
    return vmx_of((const struct x86_cpu *)(const void *)v);
}

/* ---- outcomes [SDM3 "Conventions"] ---- */
static enum vmx_error fail(struct vmx *x, enum vmx_error number)
{
    if (number == VMX_OK)
        return VMX_OK;
    if (x->current == NO_VMCS)
        return VMX_FAIL_INVALID;
    vm_note(x, VMCS_VM_INSTRUCTION_ERROR, number);
    return number;
}

/* In root operation, after VMXON. */
static bool in_root(const struct vmx *x)
{
    return x != NULL && x->on && !x->nonroot;
}

/* ---- regions in memory ---- */
static void move_fields(struct vmx *x, uint64_t region, bool store)
{
    static const uint8_t bytes[] = {
        [VMCS_16] = 2, [VMCS_64] = 8, [VMCS_32] = 4, [VMCS_NATURAL] = 8};
    uint64_t at = region + REGION_FIELDS;
    unsigned f, n;

    for (f = 0; f < VMCS_COUNT; f++, at += n) {
        n = bytes[vmcs_info((enum vmcs_field)f)->width];
        if (store) {
            vmx_phys_write(x, at, &x->vmcs.value[f], n);
        } else {
            x->vmcs.value[f] = 0;
            vmx_phys_read(x, at, &x->vmcs.value[f], n);
            x->vmcs.value[f] &=
                mask_low(vmcs_bits((enum vmcs_field)f, &x->caps));
        }
    }
}

static void write_back(struct vmx *x)
{
    uint32_t launched = x->launched;

    if (x->current == NO_VMCS)
        return;
    vmx_phys_write(x, x->current + REGION_LAUNCHED, &launched, 4);
    move_fields(x, x->current, true);
}

static bool good_address(const struct vmx *x, uint64_t pa)
{
    return (pa & (PAGE_SIZE - 1)) == 0 &&
           (pa & ~mask_low(x->caps.pa_bits)) == 0 &&
           (!(x->caps.msr[CAP_BASIC] & BASIC_ADDR32) || pa >> 32 == 0);
}

/* Bits 30:0 are the processor's, bit 31 (shadow VMCS) is 0. */
static bool good_revision(struct vmx *x, uint64_t region)
{
    uint32_t revision;

    return vmx_phys_read(x, region, &revision, sizeof(revision)) &&
           revision == (x->caps.msr[CAP_BASIC] & BASIC_REVISION);
}

/* ---- VMX operation ---- */
enum vmx_error vmx_vmxon(struct vcpu *v, uint64_t region)
{
    struct vmx *x = of(v);

    if (x == NULL || x->nonroot)
        return VMX_FAIL_UD;
    if (x->on)
        return fail(x, VMX_ERR_VMXON_ROOT);
    if (!good_address(x, region) || !good_revision(x, region))
        return VMX_FAIL_INVALID;
    x->on = true;
    x->vmxon_region = region;
    x->current = NO_VMCS;
    return VMX_OK;
}

enum vmx_error vmx_vmxoff(struct vcpu *v)
{
    struct vmx *x = of(v);

    if (!in_root(x))
        return VMX_FAIL_UD;
    write_back(x);
    x->current = NO_VMCS;
    x->on = false;
    vmx_bare(x);
    return VMX_OK;
}

/* ---- regions ---- */
enum vmx_error vmx_vmclear(struct vcpu *v, uint64_t region)
{
    struct vmx *x = of(v);
    uint32_t clear = 0;

    if (!in_root(x))
        return VMX_FAIL_UD;
    if (!good_address(x, region))
        return fail(x, VMX_ERR_VMCLEAR_ADDRESS);
    if (region == x->vmxon_region)
        return fail(x, VMX_ERR_VMCLEAR_VMXON);
    if (region == x->current)
        write_back(x);
    vmx_phys_write(x, region + REGION_LAUNCHED, &clear, 4);
    if (region == x->current)
        x->current = NO_VMCS;
    return VMX_OK;
}

enum vmx_error vmx_vmptrld(struct vcpu *v, uint64_t region)
{
    struct vmx *x = of(v);
    uint32_t launched;

    if (!in_root(x))
        return VMX_FAIL_UD;
    if (!good_address(x, region))
        return fail(x, VMX_ERR_VMPTRLD_ADDRESS);
    if (region == x->vmxon_region)
        return fail(x, VMX_ERR_VMPTRLD_VMXON);
    if (!good_revision(x, region))
        return fail(x, VMX_ERR_VMPTRLD_REVISION);
    if (region == x->current)
        return VMX_OK;
    write_back(x);
    vmx_phys_read(x, region + REGION_LAUNCHED, &launched, 4);
    x->current = region;
    x->launched = launched == 1;
    move_fields(x, region, false);
    entry_cache_forget(&x->checked);
    x->controls_changed = true;
    return VMX_OK;
}

uint64_t vmx_vmptrst(const struct vcpu *v)
{
    return of(v) == NULL ? NO_VMCS : of(v)->current;
}

/* ---- fields ---- */
static bool has_field(const struct vmx *x, enum vmcs_field f)
{
    return vmx_caps_has(&x->caps, vmcs_info(f)->exists);
}

enum vmx_error vmx_vmread(struct vcpu *v, uint32_t encoding, uint64_t *value)
{
    struct vmx *x = of(v);

    if (!in_root(x))
        return VMX_FAIL_UD;
    if (x->current == NO_VMCS)
        return VMX_FAIL_INVALID;
    x->counts.vmread++;
    return fail(x, vmcs_read(&x->vmcs, &x->caps, encoding, value));
}

static void wrote(struct vmx *x, enum vmcs_field f, uint64_t old)
{
    uint64_t now = x->vmcs.value[f];

    if (now == old)
        return;
    entry_cache_wrote(&x->checked, f, old, now);
    if (vmcs_info(f)->type == VMCS_CONTROL)
        x->controls_changed = true;
}

enum vmx_error vmx_vmwrite(struct vcpu *v, uint32_t encoding, uint64_t value)
{
    struct vmx *x = of(v);
    enum vmcs_field f = vmcs_by_encoding(encoding);
    enum vmx_error e;
    uint64_t old;

    if (!in_root(x))
        return VMX_FAIL_UD;
    if (x->current == NO_VMCS)
        return VMX_FAIL_INVALID;
    x->counts.vmwrite++;
    old = f == VMCS_NONE ? 0 : x->vmcs.value[f];
    e = vmcs_write(&x->vmcs, &x->caps, encoding, value);
    if (e == VMX_OK && f != VMCS_NONE)
        wrote(x, f, old);
    return fail(x, e);
}

uint64_t vmx_read(const struct vcpu *v, enum vmcs_field f)
{
    struct vmx *x = of(v);

    if (!in_root(x) || x->current == NO_VMCS)
        return 0;
    x->counts.vmread++;
    return vm_get(x, f);
}

void vmx_write(struct vcpu *v, enum vmcs_field f, uint64_t value)
{
    struct vmx *x = of(v);
    const struct vmcs_field_info *info = vmcs_info(f);
    uint64_t old;

    if (!in_root(x) || x->current == NO_VMCS ||
        (info->type == VMCS_READ_ONLY &&
         !(x->caps.msr[CAP_MISC] & MISC_WRITE_ALL)) ||
        (info->exists != VMX_CTL_ALWAYS && !has_field(x, f)))
        return;
    x->counts.vmwrite++;
    old = x->vmcs.value[f];
    x->vmcs.value[f] = value & mask_low(vmcs_bits(f, &x->caps));
    wrote(x, f, old);
}

/* ---- translations [SDM3 "Caching Translation Information"] ----
 * The model keeps those of one VPID and one EPTP: more are dropped than the
 * instruction asks for, which a processor may do at any time. */
enum vmx_error vmx_invept(struct vcpu *v, unsigned type, uint64_t eptp)
{
    struct vmx *x = of(v);
    uint64_t cap;

    if (!in_root(x) || !vmx_caps_has(&x->caps, PROC2_EPT))
        return VMX_FAIL_UD;
    cap = x->caps.msr[CAP_EPT_VPID];
    if (!(cap & EPT_CAP_INVEPT))
        return VMX_FAIL_UD;
    if ((type != INVEPT_SINGLE || !(cap & EPT_CAP_INVEPT_SINGLE)) &&
        (type != INVEPT_ALL || !(cap & EPT_CAP_INVEPT_ALL)))
        return fail(x, VMX_ERR_INV_OPERAND);
    if (type == INVEPT_ALL || eptp == x->ept_tag)
        vmx_ept_drop(x);
    if (type == INVEPT_ALL || eptp == x->tlb_eptp)
        x86_tlb_flush(x->c, true);
    return VMX_OK;
}

enum vmx_error vmx_invvpid(struct vcpu *v, unsigned type, uint16_t vpid,
                           uint64_t lin)
{
    struct vmx *x = of(v);
    uint64_t cap;

    if (!in_root(x) || !vmx_caps_has(&x->caps, PROC2_VPID))
        return VMX_FAIL_UD;
    cap = x->caps.msr[CAP_EPT_VPID];
    if (!(cap & VPID_CAP_INVVPID))
        return VMX_FAIL_UD;
    if (type > INVVPID_KEEP_GLOBAL || !(cap & VPID_CAP_TYPE(type)) ||
        (type != INVVPID_ALL && vpid == 0) ||
        (type == INVVPID_ADDRESS && sext(lin, x->caps.la_bits) != (int64_t)lin))
        return fail(x, VMX_ERR_INV_OPERAND);
    if (type != INVVPID_ALL && vpid != x->tlb_tag)
        return VMX_OK;
    if (type == INVVPID_ADDRESS)
        x86_tlb_invlpg(x->c, lin);
    else
        x86_tlb_flush(x->c, type != INVVPID_KEEP_GLOBAL);
    return VMX_OK;
}
