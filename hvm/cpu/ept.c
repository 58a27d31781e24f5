/* ept.c: extended page tables: guest-physical to physical addresses.
 * [SDM3 "The Extended Page Table Mechanism (EPT)"] */
#include "common/x86/mem.h"
#include "hvm/cpu/vmx_state.h"

/* Entries */
#define EPT_R     1u
#define EPT_W     2u
#define EPT_X     4u
#define EPT_RWX   7u
#define EPT_LARGE BITQ(7)
#define EPT_A     BITQ(8)
#define EPT_D     BITQ(9)
#define EPT_ADDR  0xffffffffff000ull

/* EPTP */
#define EPTP_AD BITQ(6)

/* Exit qualification [SDM3 "Exit Qualification for EPT Violations"]: bits 2:0
 * the access, 5:3 what the entries allow, and these */
#define EQ_LINEAR      BIT(7) /* the guest-linear address is valid */
#define EQ_TRANSLATION BIT(8) /* the access was to its translation */
#define EQ_NMI         BIT(12)

#define NO_PAGE 1ull

void vmx_ept_drop(struct vmx *x)
{
    for (unsigned k = 0; k < EPT_CACHE; k++)
        x->ept[k].gpa = NO_PAGE;
}

/* ---- the walk ---- */
struct ept_walk {
    uint64_t hpa;
    unsigned rights; /* of all entries */
    bool dirty;      /* the last entry's D is set, or there is none */
    bool misconfigured;
};

/* [SDM3 "EPT Misconfigurations"] */
static bool misconfigured(const struct vmx *x, uint64_t e, unsigned shift,
                          bool leaf)
{
    uint64_t cap = x->caps.msr[CAP_EPT_VPID], reserved;
    unsigned type = (unsigned)(e >> 3) & 7, rwx = e & EPT_RWX;

    if (rwx == EPT_W || rwx == (EPT_W | EPT_X) ||
        (rwx == EPT_X && !(cap & EPT_CAP_EXEC_ONLY)))
        return true;
    reserved = EPT_ADDR & ~mask_low(x->caps.pa_bits);
    if (leaf) {
        reserved |= mask_low(shift) & ~mask_low(12);
        if (type == 2 || type == 3 || type == 7)
            return true;
    } else {
        reserved |= 0x78 | (shift != 12 ? EPT_LARGE : 0);
    }
    return (e & reserved) != 0;
}

static bool is_leaf(const struct vmx *x, uint64_t e, unsigned shift)
{
    uint64_t cap = x->caps.msr[CAP_EPT_VPID];

    return shift == 12 ||
           ((e & EPT_LARGE) && shift == 21 && (cap & EPT_CAP_2M)) ||
           ((e & EPT_LARGE) && shift == 30 && (cap & EPT_CAP_1G));
}

/* Set A, and D for a write, where EPTP wants them. */
static void mark(struct vmx *x, uint64_t eptp, uint64_t pa, uint64_t *e,
                 uint64_t bits)
{
    if (!(eptp & EPTP_AD) || (*e & bits) == bits)
        return;
    *e |= bits;
    vmx_phys_write(x, pa, e, 8);
}

/* False: not allowed, or misconfigured. Entries above are marked accessed. */
static bool walk(struct vmx *x, uint64_t gpa, unsigned need, bool peek,
                 struct ept_walk *w)
{
    uint64_t eptp = vm_get(x, VMCS_EPT_POINTER), table = eptp & EPT_ADDR;
    uint64_t at[4], entry[4];
    unsigned n = 0, shift = 39;

    *w = (struct ept_walk){.rights = EPT_RWX};
    for (;; shift -= 9, n++) {
        at[n] = table + ((gpa >> shift) & 511) * 8;
        vmx_phys_read(x, at[n], &entry[n], 8);
        w->rights &= (unsigned)entry[n] & EPT_RWX;
        if ((entry[n] & EPT_RWX) == 0)
            return false;
        if (misconfigured(x, entry[n], shift, is_leaf(x, entry[n], shift))) {
            w->misconfigured = true;
            return false;
        }
        if (is_leaf(x, entry[n], shift))
            break;
        table = entry[n] & EPT_ADDR;
    }
    if ((w->rights & need) != need)
        return false;
    for (unsigned k = 0; !peek && k <= n; k++)
        mark(x, eptp, at[k], &entry[k],
             EPT_A | (k == n && (need & EPT_W) ? EPT_D : 0));
    w->hpa = (entry[n] & EPT_ADDR & ~mask_low(shift)) | (gpa & mask_low(shift));
    w->dirty = !(eptp & EPTP_AD) || (entry[n] & EPT_D) != 0;
    return true;
}

/* ---- translation, by way of the cache ---- */
struct ept_result {
    uint64_t hpa;
    unsigned rights; /* that later accesses to the page have */
};

/* `how` has the qualification's bits of kind; leaves with the exit. */
static void NORETURN violate(struct vmx *x, uint64_t gpa, unsigned need,
                             unsigned how, const struct ept_walk *w)
{
    x->pending.gpa = gpa;
    x->pending.gla = (how & EQ_LINEAR) ? x->walk_gla : 0;
    if (w->misconfigured)
        vmx_leave(x, EXIT_REASON_EPT_MISCONFIG, 0);
    if (vmx_iret_unblocked(x->c) && !x->c->delivering)
        how |= EQ_NMI;
    vmx_leave(x, EXIT_REASON_EPT_VIOLATION, need | w->rights << 3 | how);
}

static struct ept_result translate(struct vmx *x, uint64_t gpa, unsigned need,
                                   unsigned how)
{
    uint64_t page = gpa & PAGE_MASK;
    struct ept_entry *e = &x->ept[(gpa >> PAGE_SHIFT) % EPT_CACHE];
    struct ept_walk w;

    if (e->gpa == page && (e->rights & need) == need)
        return (struct ept_result){e->hpa | (gpa & ~PAGE_MASK), e->rights};
    if (!walk(x, gpa, need, false, &w)) {
        if (e->gpa == page) /* a violation invalidates what it used */
            e->gpa = NO_PAGE;
        violate(x, gpa, need, how, &w);
    }
    e->gpa = page;
    e->hpa = w.hpa & PAGE_MASK;
    e->rights = (uint8_t)(w.dirty ? w.rights : w.rights & ~EPT_W);
    return (struct ept_result){w.hpa, e->rights};
}

/* ---- the guest's own tables are guest-physical ---- */

/* With accessed and dirty flags, every access to them counts as a write. */
static unsigned table_access(const struct vmx *x)
{
    return vm_get(x, VMCS_EPT_POINTER) & EPTP_AD ? EPT_R | EPT_W : EPT_R;
}

static uint64_t table_read(void *opaque, uint64_t gpa, unsigned size)
{
    struct vmx *x = opaque;
    uint64_t v = 0;
    struct ept_result r = translate(x, gpa, table_access(x), EQ_LINEAR);

    vmx_phys_read(x, r.hpa, &v, size);
    return v;
}

static void table_update(void *opaque, uint64_t gpa, unsigned size,
                         uint64_t entry)
{
    struct vmx *x = opaque;
    struct ept_result r = translate(x, gpa, EPT_R | EPT_W, EQ_LINEAR);

    vmx_phys_write(x, r.hpa, &entry, size);
}

static uint64_t ept_pdpte(struct x86_cpu *c, uint64_t gpa)
{
    struct vmx *x = vmx_of(c);
    uint64_t v = 0;
    struct ept_result r = translate(x, gpa, table_access(x), 0);

    vmx_phys_read(x, r.hpa, &v, sizeof(v));
    return v;
}

/* ---- mmu_ops ---- */
static void ept_translate(struct x86_cpu *c, uint64_t lin, unsigned access,
                          struct x86_xlat *out)
{
    struct vmx *x = vmx_of(c);
    unsigned need = (access & X86_EXEC)    ? EPT_X
                    : (access & X86_WRITE) ? EPT_R | EPT_W
                                           : EPT_R;
    struct x86_walk_env env = {table_read, table_update, x};
    struct ept_result r;

    x->walk_gla = lin;
    vmx_walk(c, &env, lin, access, out);
    /* A write reads too only if the instruction does: the qualification has
     * the access itself. */
    r = translate(x, out->pa, need & ~((access & X86_WRITE) ? EPT_R : 0u),
                  EQ_LINEAR | EQ_TRANSLATION);
    out->pa = r.hpa;
    out->write_s &= (r.rights & EPT_W) != 0;
    out->write_u &= (r.rights & EPT_W) != 0;
    out->exec &= (r.rights & EPT_X) != 0;
    vmx_apic_access(x, lin, access, out);
}

static uint64_t peek_read(void *opaque, uint64_t gpa, unsigned size)
{
    struct ept_walk w;
    uint64_t v = ~0ull;

    if (walk(opaque, gpa, EPT_R, true, &w))
        vmx_phys_read(opaque, w.hpa, &v, size);
    return v & mask_low(size * 8);
}

static bool ept_peek(struct x86_cpu *c, uint64_t lin, uint64_t *pa)
{
    struct x86_walk_env env = {peek_read, NULL, vmx_of(c)};
    struct ept_walk w;
    uint64_t gpa;

    if (!vmx_walk_peek(c, &env, lin, &gpa) ||
        !walk(vmx_of(c), gpa, EPT_R, true, &w))
        return false;
    *pa = w.hpa;
    return true;
}

const struct mmu_ops vmx_ept_mmu_ops = {
    .name = "ept",
    .translate = ept_translate,
    .peek = ept_peek,
    .pdpte = ept_pdpte,
};
