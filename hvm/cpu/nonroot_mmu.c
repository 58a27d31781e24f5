/* nonroot_mmu.c: linear addresses in VMX non-root operation without EPT; the
 * APIC-access page; what VM entry does to translations. */
#include "common/x86/mem.h"
#include "common/x86/walk.h"
#include "hvm/cpu/vmx_state.h"

/* Where the APIC-access page is for those who access it: no memory is there, so
 * that each access comes by vmx_phys_access(). */
#define APIC_ALIAS BITQ(51)

/* ---- walks of the guest's (or shadow) page tables ---- */
void vmx_walk(struct x86_cpu *c, const struct x86_walk_env *env, uint64_t lin,
              unsigned access, struct x86_xlat *out)
{
    struct x86_walk_regs r;
    struct x86_walk w;

    if (!(c->s.cr0 & CR0_PG)) {
        *out = (struct x86_xlat){.pa = lin & c->pa_mask,
                                 .page_shift = PAGE_SHIFT,
                                 .user = true,
                                 .write_s = true,
                                 .write_u = true,
                                 .exec = true};
        return;
    }
    x86_walk_regs_of(c, &r);
    if (!x86_walk(env, &r, lin, access, &w))
        x86_pf(c, lin, w.error);
    *out = w.xlat;
}

bool vmx_walk_peek(struct x86_cpu *c, const struct x86_walk_env *env,
                   uint64_t lin, uint64_t *pa)
{
    struct x86_walk_regs r;
    struct x86_walk w;

    *pa = lin & c->pa_mask;
    if (!(c->s.cr0 & CR0_PG))
        return true;
    x86_walk_regs_of(c, &r);
    if (!x86_walk(env, &r, lin, X86_WALK_PEEK, &w))
        return false;
    *pa = w.xlat.pa;
    return true;
}

static uint64_t table_read(void *opaque, uint64_t pa, unsigned size)
{
    uint64_t v = 0;

    vmx_phys_read(opaque, pa, &v, size);
    return v;
}

static void table_update(void *opaque, uint64_t pa, unsigned size,
                         uint64_t entry)
{
    vmx_phys_write(opaque, pa, &entry, size);
}

static void nonroot_translate(struct x86_cpu *c, uint64_t lin, unsigned access,
                              struct x86_xlat *out)
{
    struct vmx *x = vmx_of(c);
    struct x86_walk_env env = {table_read, table_update, x};

    vmx_walk(c, &env, lin, access, out);
    vmx_apic_access(x, lin, access, out);
}

static bool nonroot_peek(struct x86_cpu *c, uint64_t lin, uint64_t *pa)
{
    struct x86_walk_env env = {table_read, NULL, vmx_of(c)};

    return vmx_walk_peek(c, &env, lin, pa);
}

static uint64_t nonroot_pdpte(struct x86_cpu *c, uint64_t pa)
{
    return table_read(vmx_of(c), pa, 8);
}

const struct mmu_ops vmx_mmu_ops = {
    .name = "vmx",
    .translate = nonroot_translate,
    .peek = nonroot_peek,
    .pdpte = nonroot_pdpte,
};

/* ---- the APIC-access page [SDM3 "APIC Virtualization and Virtual
 * Interrupts"] ---- */
enum { APIC_READ, APIC_WRITE, APIC_FETCH, APIC_EVENT };
#define APIC_TPR 0x80u

void vmx_apic_access(struct vmx *x, uint64_t lin, unsigned access,
                     struct x86_xlat *out)
{
    unsigned type = (access & X86_EXEC)    ? APIC_FETCH
                    : (access & X86_WRITE) ? APIC_WRITE
                                           : APIC_READ;
    uint64_t offset = out->pa & ~PAGE_MASK;

    if (likely((out->pa & PAGE_MASK) != x->apic_page))
        return;
    if (x->c->delivering)
        type = APIC_EVENT;
    else if (type != APIC_FETCH && offset == APIC_TPR && x->vapic != NULL) {
        out->pa = APIC_ALIAS | offset;
        return;
    }
    x->pending.gla = lin;
    vmx_leave(x, EXIT_REASON_APIC_ACCESS, offset | type << 12);
}

/* TPR: its low byte is VTPR, the rest of it reads as 0. A write may put it
 * below the threshold: the boundary looks. */
bool vmx_phys_access(struct x86_cpu *c, uint64_t pa, void *buf, unsigned n,
                     bool write)
{
    struct vmx *x = vmx_of(c);
    uint8_t *tpr = x->vapic == NULL ? NULL : x->vapic + APIC_TPR;

    if ((pa & PAGE_MASK) != APIC_ALIAS || tpr == NULL || n == 0)
        return false;
    if (write) {
        *tpr = *(const uint8_t *)buf;
        x86_attention(c);
    } else {
        memset(buf, 0, n);
        *(uint8_t *)buf = *tpr;
    }
    return true;
}

/* ---- VM entry and translations [SDM3 "Operations that Invalidate Cached
 * Mappings"] ---- */

/* What translations kept here depend on beside the tag: the processor would
 * look at these registers at each access. */
static uint64_t key_cr0(const struct x86_state *s)
{
    return s->cr0 & (CR0_PG | CR0_WP | CR0_PE);
}

static uint64_t key_cr4(const struct x86_state *s)
{
    return s->cr4 & (CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP | CR4_SMAP);
}

static uint64_t key_efer(const struct x86_state *s)
{
    return s->efer & (EFER_NXE | EFER_LMA);
}

static bool key_ac(const struct x86_state *s)
{
    return (s->cr4 & CR4_SMAP) && (s->rflags & FL_AC);
}

void vmx_tlb_leave(struct vmx *x)
{
    const struct x86_state *s = &x->c->s;

    x->tlb_cr0 = key_cr0(s);
    x->tlb_cr4 = key_cr4(s);
    x->tlb_efer = key_efer(s);
    x->tlb_ac = key_ac(s);
}

/* Without VPID, what was kept is of VPID 0, which every VM entry and exit
 * drops. */
void vmx_tlb_enter(struct vmx *x)
{
    const struct x86_state *s = &x->c->s;
    uint64_t tag =
        vmx_ctl(x, PROC2_VPID) ? vm_get(x, VMCS_VIRTUAL_PROCESSOR_ID) : 0;
    uint64_t eptp =
        vmx_ctl(x, PROC2_EPT) ? vm_get(x, VMCS_EPT_POINTER) : NO_VMCS;

    if (vmx_ctl(x, PROC2_EPT) && x->ept_tag != eptp) {
        vmx_ept_drop(x);
        x->ept_tag = eptp;
    }
    if (tag == 0 || tag != x->tlb_tag || eptp != x->tlb_eptp ||
        x->tlb_cr0 != key_cr0(s) || x->tlb_cr4 != key_cr4(s) ||
        x->tlb_efer != key_efer(s) || x->tlb_ac != key_ac(s))
        x86_tlb_flush(x->c, true);
    x->tlb_tag = tag;
    x->tlb_eptp = eptp;
}
