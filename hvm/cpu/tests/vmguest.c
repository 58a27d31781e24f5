/* vmguest.c: a vcpu in VMX operation with a tiny guest. */
#include "hvm/cpu/tests/vmguest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/engine/engine.h"
#include "common/tests/processor.h"
#include "common/x86/cpuid.h"
#include "common/x86/flags.h"
#include "hvm/cpu/tests/vmcs_base.h"

/* Programs without Check use this file too. */
#define MUST(what)                                                             \
    do {                                                                       \
        if (!(what)) {                                                         \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);         \
            abort();                                                           \
        }                                                                      \
    } while (0)

#define CTL(c)   BIT((c) % 32)
#define VG_INSNS 100000u

/* ---- memory ---- */
void vg_start(struct vmguest *g, const void *bytes, size_t n)
{
    vg_init(g, "all", VG_64);
    vg_code(g, bytes, n);
}

void vg_intr(struct vmguest *g, bool level)
{
    g->m->cpu->intr(g->m->cpu_opaque, level);
}

void vg_put(struct vmguest *g, uint64_t pa, uint64_t v, unsigned n)
{
    if (pa >= VG_ARENA)
        memcpy(g->arena + (pa - VG_ARENA), &v, n);
    else
        gmem_write(&g->m->mem, pa, &v, n);
}

uint64_t vg_peek(struct vmguest *g, uint64_t pa, unsigned n)
{
    uint64_t v = 0;

    if (pa >= VG_ARENA)
        memcpy(&v, g->arena + (pa - VG_ARENA), n);
    else
        gmem_read(&g->m->mem, pa, &v, n);
    return v;
}

void vg_code(struct vmguest *g, const void *bytes, size_t n)
{
    gmem_write(&g->m->mem, VG_CODE, bytes, n);
    vg_put(g, VG_CODE + n, 0xf4, 1);
}

static void put_ept(struct vmguest *g)
{
    for (unsigned k = 0; k < 3; k++)
        vg_put(g, VG_EPT + 0x1000 * k, (VG_EPT + 0x1000 * (k + 1)) | 7, 8);
    for (unsigned k = 0; k < VG_RAM >> 12; k++)
        vg_put(g, VG_EPT + 0x3000 + 8 * k, (uint64_t)k << 12 | 0x37, 8);
}

/* One to one, for all: 4-level, PAE (from 0x1000 on), 32-bit (at 0x3000). */
static void put_tables(struct vmguest *g)
{
    vg_put(g, VG_TABLES, (VG_TABLES + 0x1000) | 7, 8);
    vg_put(g, VG_TABLES + 0x1000, (VG_TABLES + 0x2000) | 7, 8);
    for (unsigned k = 0; k < 512; k++)
        vg_put(g, VG_TABLES + 0x2000 + 8 * k, (uint64_t)k << 21 | 0x87, 8);
    vg_put(g, VG_TABLES + 0x4000, (VG_TABLES + 0x2000) | 1, 8);
    for (unsigned k = 0; k < 1024; k++)
        vg_put(g, VG_TABLES + 0x3000 + 4 * k, (uint64_t)k << 22 | 0x87, 4);
}

static void put_gdt(struct vmguest *g)
{
    uint64_t code = g->mode == VG_64 ? 0x00af9b000000ffff : 0x00cf9b000000ffff;

    vg_put(g, VG_GDT + VG_CS, code, 8);
    vg_put(g, VG_GDT + VG_DS, 0x00cf93000000ffff, 8);
    vg_put(g, VG_GDT + (VG_UCS & ~7u), code | 3ull << 45, 8);
    vg_put(g, VG_GDT + (VG_UDS & ~7u), 0x00cff3000000ffff, 8);
    vg_put(g, VG_GDT + VG_TR,
           0x67ull | (uint64_t)(VG_TSS & 0xffffff) << 16 | 0x8bull << 40 |
               (uint64_t)(VG_TSS >> 24) << 56,
           8);
    vg_put(g, VG_TSS + 4, 0x6000,
           g->mode == VG_64 ? 8 : 4); /* rSP of level 0 */
    if (g->mode != VG_64)
        vg_put(g, VG_TSS + 8, VG_DS, 2);
    vg_put(g, VG_TSS + 102, 104, 2); /* no I/O bitmap */
}

static void put_idt(struct vmguest *g)
{
    for (unsigned v = 0; v < 256; v++) {
        uint64_t at = VG_HANDLER(v);
        uint64_t gate = (at & 0xffff) | (uint64_t)VG_CS << 16 | 0xeeull << 40 |
                        (at >> 16) << 48;

        vg_put(g, at, 0xf4, 1);
        if (g->mode == VG_REAL)
            vg_put(g, VG_IDT + 4 * v, at, 4); /* segment 0 */
        else if (g->mode == VG_64)
            vg_put(g, VG_IDT + 16 * v, gate, 8);
        else
            vg_put(g, VG_IDT + 8 * v, gate, 8);
    }
}

/* ---- fields ---- */
void vg_set(struct vmguest *g, enum vmcs_field f, uint64_t v)
{
    MUST(vmx_vmwrite(g->v, vmcs_info(f)->encoding, v) == VMX_OK);
}

uint64_t vg_get(struct vmguest *g, enum vmcs_field f)
{
    uint64_t v = 0;

    MUST(vmx_vmread(g->v, vmcs_info(f)->encoding, &v) == VMX_OK);
    return v;
}

static enum vmcs_field word_field(unsigned word)
{
    static const enum vmcs_field fields[VMX_WORDS] = {
        [VMX_PIN] = VMCS_PIN_BASED_VM_EXEC_CONTROL,
        [VMX_PROC] = VMCS_CPU_BASED_VM_EXEC_CONTROL,
        [VMX_PROC2] = VMCS_SECONDARY_VM_EXEC_CONTROL,
        [VMX_EXIT] = VMCS_VM_EXIT_CONTROLS,
        [VMX_ENTRY] = VMCS_VM_ENTRY_CONTROLS};

    return fields[word];
}

void vg_ctl(struct vmguest *g, enum vmx_ctl ctl, bool on)
{
    enum vmcs_field f = word_field(ctl / 32);
    uint64_t v;

    if (ctl / 32 == VMX_PROC2 && on)
        vg_ctl(g, PROC_SECONDARY, true);
    if (on && ctl == PIN_VIRTUAL_NMIS)
        vg_ctl(g, PIN_NMI_EXITING, true);
    if (on && ctl == PROC_NMI_WINDOW)
        vg_ctl(g, PIN_VIRTUAL_NMIS, true);
    v = vg_get(g, f);
    vg_set(g, f, on ? v | CTL(ctl) : v & ~(uint64_t)CTL(ctl));
}

static void set_addresses(struct vmguest *g)
{
    VG_SET(g, IO_BITMAP_A, VG_IO_A);
    VG_SET(g, IO_BITMAP_B, VG_IO_B);
    if (vmx_caps_has(g->caps, PROC_MSR_BITMAPS))
        VG_SET(g, MSR_BITMAP, VG_MSRS);
    if (vmx_caps_has(g->caps, PROC_TPR_SHADOW))
        VG_SET(g, VIRTUAL_APIC_PAGE_ADDR, VG_VAPIC);
    if (vmx_caps_has(g->caps, PROC2_EPT))
        VG_SET(g, EPT_POINTER, VG_EPT | 3 << 3 | 6);
    VG_SET(g, VMCS_LINK_POINTER, ~0ull);
}

/* As few controls as there can be, but HLT exiting and EPT. */
static void set_controls(struct vmguest *g)
{
    uint32_t must, may;

    for (unsigned w = 0; w < VMX_WORDS; w++) {
        vmx_caps_allowed(g->caps, (enum vmx_word)w, &must, &may);
        if (w != VMX_PROC2 || may != 0)
            vg_set(g, word_field(w), must);
    }
    vg_ctl(g, PROC_HLT, true);
    if (vmx_caps_intel64(g->caps))
        vg_ctl(g, EXIT_HOST_SIZE, true);
    if (vmx_caps_has(g->caps, PROC2_EPT))
        vg_ctl(g, PROC2_EPT, true);
    if (g->mode == VG_REAL)
        vg_ctl(g, PROC2_UNRESTRICTED, true);
    if (g->mode == VG_64)
        vg_ctl(g, ENTRY_IA32E, true);
    if (vmx_caps_has(g->caps, ENTRY_LOAD_EFER)) {
        vg_ctl(g, ENTRY_LOAD_EFER, true);
        vg_ctl(g, EXIT_LOAD_EFER, true);
        vg_ctl(g, EXIT_SAVE_EFER, true);
        VG_SET(g, GUEST_IA32_EFER, g->mode == VG_64 ? EFER_LMA | EFER_LME : 0);
        VG_SET(g, HOST_IA32_EFER, EFER_LMA | EFER_LME);
    }
    vg_ctl(g, ENTRY_LOAD_DEBUG, true);
    vg_ctl(g, EXIT_SAVE_DEBUG, true);
}

static void set_host(struct vmguest *g)
{
    bool wide = vmx_caps_intel64(g->caps);

    VG_SET(g, HOST_CR0, CR0_PE | CR0_NE | CR0_PG | CR0_ET);
    VG_SET(g, HOST_CR3, 0x12000);
    VG_SET(g, HOST_CR4, CR4_VMXE | CR4_PAE);
    VG_SET(g, HOST_CS_SELECTOR, 0x10);
    VG_SET(g, HOST_SS_SELECTOR, 0x18);
    VG_SET(g, HOST_TR_SELECTOR, 0x40);
    VG_SET(g, HOST_RIP, wide ? 0xffffffff81000000 : 0xc1000000);
    VG_SET(g, HOST_RSP, 0x5000);
}

static void set_seg(struct vmguest *g, unsigned i, uint64_t sel, uint64_t base,
                    uint64_t limit, uint64_t attr)
{
    vg_set(g, VMCS_GUEST_ES_SELECTOR + i, sel);
    vg_set(g, VMCS_GUEST_ES_BASE + i, base);
    vg_set(g, VMCS_GUEST_ES_LIMIT + i, limit);
    vg_set(g, VMCS_GUEST_ES_AR_BYTES + i, attr);
}

static void set_segs(struct vmguest *g)
{
    bool flat = g->mode >= VG_32;
    uint32_t code = g->mode == VG_64 ? 0xa09b : flat ? 0xc09b : 0x9b;

    for (unsigned i = 0; i < SEG_COUNT; i++) {
        if (g->mode == VG_V86)
            set_seg(g, i, 0, 0, 0xffff, 0xf3);
        else if (flat)
            set_seg(g, i, i == SEG_CS ? VG_CS : VG_DS, 0, 0xffffffff,
                    i == SEG_CS ? code : 0xc093);
        else
            set_seg(g, i, 0, 0, 0xffff, i == SEG_CS ? code : 0x93);
    }
    set_seg(g, 6, 0, 0, 0, SA_UNUSABLE);
    set_seg(g, 7, VG_TR, VG_TSS, 0x67, 0x8b);
    VG_SET(g, GUEST_GDTR_BASE, VG_GDT);
    VG_SET(g, GUEST_GDTR_LIMIT, 0xff);
    VG_SET(g, GUEST_IDTR_BASE, VG_IDT);
    VG_SET(g, GUEST_IDTR_LIMIT, g->mode == VG_REAL ? 0x3ff : 0xfff);
}

static void set_guest(struct vmguest *g)
{
    static const uint32_t cr3[VG_MODES] = {
        [VG_V86] = 0x3000, [VG_32] = 0x3000, [VG_PAE] = 0x4000, [VG_64] = 0};

    set_segs(g);
    VG_SET(g, GUEST_CR0,
           g->mode == VG_REAL ? CR0_NE | CR0_ET
                              : CR0_PE | CR0_PG | CR0_NE | CR0_ET);
    VG_SET(g, GUEST_CR3, VG_TABLES + cr3[g->mode]);
    VG_SET(g, GUEST_CR4, CR4_VMXE | (g->mode >= VG_PAE ? CR4_PAE : CR4_PSE));
    if (g->mode == VG_PAE && vmx_caps_has(g->caps, PROC2_EPT))
        VG_SET(g, GUEST_PDPTR0, (VG_TABLES + 0x2000) | 1);
    VG_SET(g, GUEST_DR7, 0x400);
    VG_SET(g, GUEST_RSP, VG_STACK);
    VG_SET(g, GUEST_RIP, VG_CODE);
    VG_SET(g, GUEST_RFLAGS, FL_ONE | (g->mode == VG_V86 ? FL_VM : 0));
}

/* ---- life ---- */
static void make_machine(struct vmguest *g)
{
    struct machine_config board = {
        .ram_bytes = VG_RAM, .clock = CLOCK_VIRTUAL, .ips = CLOCK_NS_PER_S};
    struct processor_config config = {.trace_from = UINT64_MAX};
    struct error err;

    memset(g, 0, sizeof(*g));
    MUST(machine_create(&board, &g->m, &err) == ST_OK);
    config.cpu = cpuid_model_find("triptych");
    MUST(test_vcpu_create(g->m, &native_engine_ops, &config, &g->v, &err) ==
         ST_OK);
    g->c = x86_cpu(g->v);
    g->c->s.cr0 = CR0_ET; /* VM entry keeps CD and NW */
}

void vg_init(struct vmguest *g, const char *preset, enum vg_mode mode)
{
    struct vmx_memory mem = {.base = VG_ARENA, .size = VG_ARENA_SIZE};
    struct error err;
    uint64_t revision;

    make_machine(g);
    g->mode = mode;
    g->caps = vmx_caps_find(preset);
    MUST(g->caps != NULL);
    g->arena = mem.host = calloc(1, VG_ARENA_SIZE);
    MUST(g->arena != NULL);
    MUST(vmx_attach(g->v, g->caps, &mem, &err) == ST_OK);
    revision = g->caps->msr[CAP_BASIC] & BASIC_REVISION;
    vg_put(g, VG_VMXON, revision, 4);
    vg_put(g, VG_VMCS, revision, 4);
    vg_put(g, VG_VMCS2, revision, 4);
    MUST(vmx_vmxon(g->v, VG_VMXON) == VMX_OK);
    MUST(vmx_vmclear(g->v, VG_VMCS) == VMX_OK);
    MUST(vmx_vmptrld(g->v, VG_VMCS) == VMX_OK);
    put_ept(g);
    put_tables(g);
    put_gdt(g);
    put_idt(g);
    set_addresses(g);
    set_controls(g);
    set_host(g);
    set_guest(g);
    vg_code(g, "", 0);
}

void vg_fini(struct vmguest *g)
{
    vmx_detach(g->v);
    g->v->processor->destroy(g->v);
    machine_destroy(g->m);
    free(g->arena);
}

/* ---- running ---- */
void vg_enter(struct vmguest *g)
{
    const struct entry_failure *f;
    enum vmx_error e = g->launched ? vmx_vmresume(g->v) : vmx_vmlaunch(g->v);

    f = vmx_entry_failure(g->v);
    if (e != VMX_OK || !vmx_nonroot(g->v)) {
        fprintf(stderr, "VM entry: %d, check %s\n", (int)e,
                f == NULL ? "none" : f->check->id);
        abort();
    }
    g->launched = true;
}

/* Up to the next event of the clock. */
static uint64_t budget(struct vmguest *g)
{
    uint64_t due = clock_next_due(&g->m->clock), n = VG_INSNS;

    if (due != CLOCK_NEVER && clock_insns_until(&g->m->clock, due) < n)
        n = clock_insns_until(&g->m->clock, due);
    return n;
}

unsigned vg_run(struct vmguest *g)
{
    uint64_t end = g->v->icount + VG_INSNS;
    struct error err;

    do {
        clock_run_due(&g->m->clock);
        MUST(g->v->processor->run(g->v, budget(g), &g->exit, &err) == ST_OK);
    } while (g->exit.kind == EXIT_ATTENTION ||
             (g->exit.kind == EXIT_BUDGET && g->v->icount < end));
    if (g->exit.kind != EXIT_SENSITIVE)
        return EXIT_REASON_LIMIT + (unsigned)g->exit.kind;
    MUST(vmx_exit(g->v, &g->exit, &err) == ST_OK);
    return VG_GET(g, VM_EXIT_REASON) & 0xffff;
}

unsigned vg_go(struct vmguest *g)
{
    vg_enter(g);
    return vg_run(g);
}
