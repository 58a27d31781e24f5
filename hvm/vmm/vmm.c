/* vmm.c: life of a VMM: its memory, the VMCS and its controls, host state. */
#include "hvm/vmm/vmm.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "common/mmu/shadow.h"
#include "common/x86/cpuid.h"
#include "common/x86/msr.h"

/* Between the RAM below 4 GiB and the devices: within 32 bits, as processors
 * without Intel 64 want it, and nowhere in the guest's memory. */
#define VMM_MEMORY_BASE 0xc0000000ull

#define FIXED_PAGES 5u /* VMXON, VMCS, MSR bitmap, virtual APIC, EPT's root */

#define HOST_CS 0x08u
#define HOST_DS 0x10u
#define HOST_TR 0x18u
#define HOST_IP 0x1000u /* any: there is no host code */

/* ---- memory ---- */
void *vmm_host(const struct vmm *h, uint64_t pa)
{
    return h->mem.host + (pa - h->mem.base);
}

uint64_t vmm_pages(struct vmm *h, unsigned n)
{
    uint64_t pa = h->mem.base + h->used;

    h->used += (uint64_t)n * PAGE_SIZE;
    return pa;
}

static enum status make_memory(struct vmm *h, struct error *err)
{
    unsigned pages = FIXED_PAGES + VMM_SHADOW_PAGES + vmm_ept_pages(h->v->m);
    void *p;

    h->mem.base = VMM_MEMORY_BASE;
    h->mem.size = (uint64_t)pages * PAGE_SIZE;
    p = mmap(NULL, h->mem.size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return err_set(err, ST_NOMEM, "the VMM's memory: %llu bytes",
                       (unsigned long long)h->mem.size);
    h->mem.host = p;
    return ST_OK;
}

/* ---- life ---- */
static enum status check_model(const struct vmm *h, struct error *err)
{
    if (cpuid_model_has(h->c->model, X86_FEATURE_LM) &&
        !vmx_caps_intel64(h->caps))
        return err_set(err, ST_INVAL,
                       "--controls %s: a processor without Intel 64 cannot run "
                       "guests of --cpu %s, which has it",
                       h->caps->name, cpuid_model_name(h->c->model));
    return ST_OK;
}

enum status vmm_create(struct vcpu *v, const struct vmm_options *o,
                       struct error *err)
{
    struct vmm *h = aligned_alloc(64, align_up(sizeof(*h), 64));
    enum status st;

    if (h == NULL)
        return err_set(err, ST_NOMEM, "VMM");
    memset(h, 0, sizeof(*h));
    h->v = v;
    h->c = x86_cpu(v);
    h->o = *o;
    h->caps = o->caps;
    h->in_root = true;
    v->vmm = h;
    st = check_model(h, err);
    if (st == ST_OK)
        st = make_memory(h, err);
    if (st == ST_OK)
        st = vmm_emul_create(h, err);
    if (st == ST_OK)
        st = vmx_attach(v, h->caps, &h->mem, err);
    if (st == ST_OK)
        st = vmm_start(h, err);
    if (st == ST_OK)
        v->state = &h->shown;
    return st;
}

void vmm_destroy(struct vcpu *v)
{
    struct vmm *h = vmm_of(v);

    if (h == NULL)
        return;
    v->state = &h->c->s;
    vmx_detach(v);
    vmm_shadow_destroy(h);
    vmm_emul_destroy(h);
    if (h->mem.host != NULL)
        munmap(h->mem.host, h->mem.size);
    v->vmm = NULL;
    free(h);
}

/* ---- the host ---- */
static struct x86_seg host_seg(uint16_t sel, uint32_t attr)
{
    return (struct x86_seg){
        .sel = sel, .limit = UINT32_MAX, .attr = attr | SA_P | SA_ACCESSED};
}

/* The mode in which the VMM's code would execute VMXON: 64-bit, or 32-bit
 * protected with PAE where there is no other. */
static void enter_host_mode(struct vmm *h)
{
    struct x86_state *s = &h->c->s;
    bool wide = vmx_caps_intel64(h->caps);

    s->cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
    s->cr4 = CR4_PAE | CR4_VMXE;
    s->cr3 = h->mem.base;
    s->efer = wide ? EFER_LME | EFER_LMA : 0;
    for (unsigned k = 0; k < SEG_COUNT; k++)
        s->seg[k] = host_seg(HOST_DS, SA_S | SA_G | SA_DB | SA_WRITABLE);
    s->seg[SEG_CS] = host_seg(HOST_CS, SA_S | SA_G | SA_CODE | SA_WRITABLE |
                                           (wide ? SA_L : SA_DB));
    s->tr = host_seg(HOST_TR, SYS_TSS32_BUSY);
    s->tr.limit = 0x67;
    s->ldtr = (struct x86_seg){.attr = SA_UNUSABLE};
    s->rflags = FL_ONE;
    s->dr[7] = 0x400;
    x86_update_mode(h->c);
}

static void host_state(struct vmm *h)
{
    static const enum vmcs_field data[] = {
        VMCS_HOST_ES_SELECTOR, VMCS_HOST_SS_SELECTOR, VMCS_HOST_DS_SELECTOR,
        VMCS_HOST_FS_SELECTOR, VMCS_HOST_GS_SELECTOR};
    const struct x86_state *s = &h->c->s;

    for (unsigned k = 0; k < ARRAY_LEN(data); k++)
        vmm_write(h, data[k], HOST_DS);
    vmm_write(h, VMCS_HOST_CS_SELECTOR, HOST_CS);
    vmm_write(h, VMCS_HOST_TR_SELECTOR, HOST_TR);
    vmm_write(h, VMCS_HOST_CR0, s->cr0);
    vmm_write(h, VMCS_HOST_CR3, s->cr3);
    vmm_write(h, VMCS_HOST_CR4, s->cr4);
    vmm_write(h, VMCS_HOST_RIP, HOST_IP);
    vmm_write(h, VMCS_HOST_IA32_EFER, s->efer);
}

/* ---- controls ---- */
static uint32_t word(const struct vmm *h, enum vmx_word w, uint32_t want)
{
    uint32_t must, may;

    vmx_caps_allowed(h->caps, w, &must, &may);
    return (want & may) | must;
}

/* Bit of a control within its word. */
#define CTL(name) BIT((unsigned)(name) % 32)

static uint32_t proc_controls(const struct vmm *h)
{
    uint32_t want = CTL(PROC_HLT) | CTL(PROC_UNCOND_IO) |
                    CTL(PROC_MSR_BITMAPS) |
                    (h->vapic != 0 ? CTL(PROC_TPR_SHADOW)
                                   : CTL(PROC_CR8_LOAD) | CTL(PROC_CR8_STORE));

    if (h->o.ept || h->o.vpid || vmx_caps_has(h->caps, PROC2_RDTSCP))
        want |= CTL(PROC_SECONDARY);
    if (h->by_shadow)
        want |= CTL(PROC_INVLPG) | CTL(PROC_CR3_LOAD) | CTL(PROC_CR3_STORE);
    return word(h, VMX_PROC, want);
}

static uint32_t proc2_controls(const struct vmm *h)
{
    uint32_t want = 0;

    if (!h->by_shadow)
        want |= CTL(PROC2_EPT) | CTL(PROC2_UNRESTRICTED);
    if (h->o.vpid)
        want |= CTL(PROC2_VPID);
    if (cpuid_model_has(h->c->model, X86_FEATURE_RDTSCP))
        want |= CTL(PROC2_RDTSCP);
    return word(h, VMX_PROC2, want);
}

/* Exceptions that exit: page faults of shadow paging, and instructions that the
 * guest's model has and the generation takes for undefined. */
static uint32_t exceptions(const struct vmm *h)
{
    bool rdtscp = cpuid_model_has(h->c->model, X86_FEATURE_RDTSCP) &&
                  !vmx_caps_has(h->caps, PROC2_RDTSCP);

    return (h->by_shadow ? BIT(VEC_PF) : 0) | (rdtscp ? BIT(VEC_UD) : 0);
}

void vmm_use_shadow(struct vmm *h, bool on)
{
    h->by_shadow = on;
    h->window = false;
    vmx_hold_intr(h->v, false);
    vmm_write(h, VMCS_CPU_BASED_VM_EXEC_CONTROL, proc_controls(h));
    vmm_write(h, VMCS_SECONDARY_VM_EXEC_CONTROL, proc2_controls(h));
    vmm_write(h, VMCS_EXCEPTION_BITMAP, exceptions(h));
}

static void controls(struct vmm *h)
{
    bool wide = vmx_caps_intel64(h->caps);

    vmm_write(h, VMCS_PIN_BASED_VM_EXEC_CONTROL,
              word(h, VMX_PIN,
                   CTL(PIN_EXT_INT_EXITING) | CTL(PIN_NMI_EXITING) |
                       CTL(PIN_VIRTUAL_NMIS)));
    vmm_use_shadow(h, !h->o.ept);
    vmm_write(h, VMCS_VM_EXIT_CONTROLS,
              word(h, VMX_EXIT,
                   CTL(EXIT_SAVE_DEBUG) | CTL(EXIT_LOAD_EFER) |
                       (wide ? CTL(EXIT_HOST_SIZE) : 0)));
    vmm_write(h, VMCS_VM_ENTRY_CONTROLS,
              word(h, VMX_ENTRY, CTL(ENTRY_LOAD_DEBUG) | CTL(ENTRY_LOAD_EFER)));
    vmm_write(h, VMCS_VMCS_LINK_POINTER, ~0ull);
    vmm_write(h, VMCS_MSR_BITMAP, h->msr_bitmap);
    vmm_write(h, VMCS_VIRTUAL_APIC_PAGE_ADDR, h->vapic);
    vmm_write(h, VMCS_VIRTUAL_PROCESSOR_ID, h->v->id + 1);
}

/* ---- MSR bitmap [SDM3 "MSR-Bitmap Address"] ---- */

/* Registers that VM entry and exit switch, or that concern nobody but the
 * guest. Whether they exist is the model's to say. */
static const uint32_t direct_msrs[] = {
    0x174,      0x175,      0x176,                  /* SYSENTER_* */
    0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, /* STAR .. FMASK */
    0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, /* FS, GS bases, TSC_AUX */
};

static void make_msr_bitmap(struct vmm *h)
{
    uint8_t *map;

    h->msr_bitmap = vmm_pages(h, 1);
    map = vmm_host(h, h->msr_bitmap);
    memset(map, 0xff, PAGE_SIZE);
    for (unsigned k = 0; k < ARRAY_LEN(direct_msrs); k++) {
        uint32_t msr = direct_msrs[k], bit = msr & 0x1fff;
        uint32_t at = (msr >= 0xc0000000 ? 1024 : 0) + bit / 8;

        map[at] &= (uint8_t)~BIT(bit % 8);        /* reads */
        map[2048 + at] &= (uint8_t)~BIT(bit % 8); /* writes */
    }
}

/* ---- start ---- */
static enum status vmx_failed(const struct vmm *h, const char *what,
                              enum vmx_error e, struct error *err)
{
    return err_set(err, ST_BUG, "hvm: %s: VMX error %d (%s)", what, (int)e,
                   h->caps->name);
}

/* VMXON and a VMCS that is current and clear. */
static enum status make_vmcs(struct vmm *h, struct error *err)
{
    uint64_t vmxon = vmm_pages(h, 1), vmcs = vmm_pages(h, 1);
    uint32_t revision = (uint32_t)(h->caps->msr[CAP_BASIC] & BASIC_REVISION);
    enum vmx_error e;

    put_le32(vmm_host(h, vmxon), revision);
    put_le32(vmm_host(h, vmcs), revision);
    e = vmx_vmxon(h->v, vmxon);
    if (e != VMX_OK)
        return vmx_failed(h, "VMXON", e, err);
    e = vmx_vmclear(h->v, vmcs);
    if (e == VMX_OK)
        e = vmx_vmptrld(h->v, vmcs);
    return e == VMX_OK ? ST_OK : vmx_failed(h, "VMPTRLD", e, err);
}

enum status vmm_start(struct vmm *h, struct error *err)
{
    struct x86_state *guest = &h->shown;
    enum status st;

    *guest = h->c->s;
    enter_host_mode(h);
    st = make_vmcs(h, err);
    if (st != ST_OK)
        return st;
    make_msr_bitmap(h);
    if (vmx_caps_has(h->caps, PROC_TPR_SHADOW) && h->v->m->lapic != NULL)
        h->vapic = vmm_pages(h, 1);
    controls(h);
    host_state(h);
    if (h->o.ept)
        vmm_ept_create(h);
    st = vmm_shadow_create(h, err);
    if (st != ST_OK)
        return st;
    vmm_state_set(h, guest);
    vmm_state_get(h, guest);
    h->was = *guest;
    return ST_OK;
}
