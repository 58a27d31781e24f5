/* entry_cache.c: groups of VM-entry checks and the fields that they read. */
#include "hvm/cpu/entry_cache.h"

#include <string.h>

#include "hvm/cpu/entry_internal.h"

#define SEG_OF_CS (EG_SEG + 1)
#define SEG_OF_SS (EG_SEG + 2)
#define ALL_SEGS  (0xffu << EG_SEG)
#define G(g)      BIT(EG_##g)

_Static_assert(ENTRY_CHECKS <= 256, "entry_cache.check holds bytes");

/* ---- checks by group ---- */
static enum entry_group seg_group(enum vmcs_field f)
{
    static const enum vmcs_field first[] = {
        VMCS_GUEST_ES_BASE, VMCS_GUEST_ES_AR_BYTES, VMCS_GUEST_ES_LIMIT,
        VMCS_GUEST_ES_SELECTOR};

    for (unsigned k = 0; k < ARRAY_LEN(first); k++)
        if (f >= first[k])
            return (enum entry_group)(EG_SEG + (f - first[k]));
    return EG_SEG;
}

static bool reads_memory(unsigned check)
{
    switch (check) {
    case ENTRY_ctl_tpr_vtpr:
    case ENTRY_guest_link_revision:
    case ENTRY_guest_link_current:
    case ENTRY_guest_pdpte_memory:
    case ENTRY_msr_load:
        return true;
    default:
        return false;
    }
}

static bool of_injection(enum vmcs_field f)
{
    return f == VMCS_VM_ENTRY_INTR_INFO_FIELD ||
           f == VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE ||
           f == VMCS_VM_ENTRY_INSTRUCTION_LEN;
}

static enum entry_group group_of(unsigned check)
{
    const struct entry_check *k = entry_check_at(check);

    if (reads_memory(check))
        return EG_MEMORY;
    switch (k->section) {
    case ENTRY_SEC_EXEC:
    case ENTRY_SEC_EXIT:
    case ENTRY_SEC_ENTRY:
        return of_injection(k->field) ? EG_INJECT : EG_CONTROLS;
    case ENTRY_SEC_HOST_REGS:
    case ENTRY_SEC_HOST_SEGS:
    case ENTRY_SEC_SIZE:
        return EG_HOST;
    case ENTRY_SEC_GUEST_REGS:
        return EG_REGS;
    case ENTRY_SEC_GUEST_SEGS:
        return seg_group(k->field);
    case ENTRY_SEC_GUEST_TABLES:
        return EG_TABLES;
    case ENTRY_SEC_GUEST_RIP:
        return EG_RIP;
    case ENTRY_SEC_GUEST_STATE:
        return EG_STATE;
    case ENTRY_SEC_GUEST_PDPTE:
        return EG_PDPTE;
    default:
        return EG_MEMORY;
    }
}

/* ---- groups by field ---- */
static uint32_t seg_reads(enum vmcs_field f)
{
    unsigned g = seg_group(f);
    uint32_t reads = BIT(g);

    if (g == SEG_OF_CS || g == SEG_OF_SS) /* each looks at the other */
        reads |= BIT(SEG_OF_CS) | BIT(SEG_OF_SS);
    if (f == VMCS_GUEST_CS_AR_BYTES)
        reads |= G(RIP);
    if (f == VMCS_GUEST_SS_AR_BYTES)
        reads |= G(STATE);
    return reads;
}

static bool is_seg(enum vmcs_field f)
{
    return (f >= VMCS_GUEST_ES_SELECTOR && f <= VMCS_GUEST_TR_SELECTOR) ||
           (f >= VMCS_GUEST_ES_LIMIT && f <= VMCS_GUEST_TR_LIMIT) ||
           (f >= VMCS_GUEST_ES_AR_BYTES && f <= VMCS_GUEST_TR_AR_BYTES) ||
           (f >= VMCS_GUEST_ES_BASE && f <= VMCS_GUEST_TR_BASE);
}

static uint32_t guest_reads(enum vmcs_field f)
{
    if (is_seg(f))
        return seg_reads(f);
    switch (f) {
    case VMCS_GUEST_CR0:
        return G(REGS) | G(INJECT) | BIT(SEG_OF_SS) | G(RIP) | G(PDPTE);
    case VMCS_GUEST_CR4:
        return G(REGS) | G(PDPTE);
    case VMCS_GUEST_RFLAGS: /* all segments: VM */
        return G(RIP) | G(STATE) | ALL_SEGS;
    case VMCS_GUEST_RIP:
        return G(RIP);
    case VMCS_GUEST_IA32_DEBUGCTL:
        return G(REGS) | G(STATE);
    case VMCS_GUEST_GDTR_BASE:
    case VMCS_GUEST_GDTR_LIMIT:
    case VMCS_GUEST_IDTR_BASE:
    case VMCS_GUEST_IDTR_LIMIT:
        return G(TABLES);
    case VMCS_GUEST_INTERRUPTIBILITY_INFO:
    case VMCS_GUEST_ACTIVITY_STATE:
    case VMCS_GUEST_PENDING_DBG_EXCEPTIONS:
    case VMCS_VMCS_LINK_POINTER:
        return G(STATE);
    case VMCS_GUEST_PDPTR0:
    case VMCS_GUEST_PDPTR1:
    case VMCS_GUEST_PDPTR2:
    case VMCS_GUEST_PDPTR3:
        return G(PDPTE);
    case VMCS_GUEST_RSP:
    case VMCS_GUEST_SMBASE:
    case VMCS_VMX_PREEMPTION_TIMER_VALUE:
        return 0;
    default:
        return G(REGS);
    }
}

static uint32_t control_reads(enum vmcs_field f)
{
    switch (f) {
    case VMCS_PIN_BASED_VM_EXEC_CONTROL:
        return G(CONTROLS) | G(STATE);
    case VMCS_VM_EXIT_CONTROLS:
        return G(CONTROLS) | G(HOST);
    case VMCS_CPU_BASED_VM_EXEC_CONTROL: /* all: whether PROC2 counts */
    case VMCS_SECONDARY_VM_EXEC_CONTROL:
    case VMCS_VM_ENTRY_CONTROLS:
        return EG_ALL;
    case VMCS_VM_ENTRY_INTR_INFO_FIELD:
        return G(INJECT) | G(RIP) | G(STATE);
    case VMCS_VM_ENTRY_EXCEPTION_ERROR_CODE:
    case VMCS_VM_ENTRY_INSTRUCTION_LEN:
        return G(INJECT);
    default:
        return G(CONTROLS);
    }
}

void entry_cache_changed(struct entry_cache *k, enum vmcs_field f, uint64_t old,
                         uint64_t now)
{
    uint32_t reads = k->reads[f], turned = (uint32_t)(old ^ now);

    if (f == VMCS_GUEST_RFLAGS && !(turned & FL_VM))
        reads &= ~ALL_SEGS;
    if (f == VMCS_CPU_BASED_VM_EXEC_CONTROL &&
        !(turned & BIT(PROC_SECONDARY % 32)))
        reads = G(CONTROLS);
    k->stale |= reads;
}

void entry_cache_init(struct entry_cache *k)
{
    unsigned n = 0;

    for (unsigned f = 0; f < VMCS_COUNT; f++) {
        switch (vmcs_info((enum vmcs_field)f)->type) {
        case VMCS_CONTROL:
            k->reads[f] = control_reads((enum vmcs_field)f);
            break;
        case VMCS_GUEST:
            k->reads[f] = guest_reads((enum vmcs_field)f);
            break;
        case VMCS_HOST:
            k->reads[f] = G(HOST);
            break;
        case VMCS_READ_ONLY:
            k->reads[f] = 0;
            break;
        }
    }
    for (unsigned g = 0; g < EG_COUNT; g++) {
        k->first[g] = (uint16_t)n;
        for (unsigned i = 0; i < ENTRY_CHECKS; i++)
            if (group_of(i) == g)
                k->check[n++] = (uint8_t)i;
    }
    k->first[EG_COUNT] = (uint16_t)n;
    entry_cache_forget(k);
}

const struct entry_check *entry_cache_check(struct entry_cache *k,
                                            const struct vmcs *v,
                                            const struct vmx_caps *caps,
                                            const struct entry_cpu *cpu,
                                            struct entry_failure *out)
{
    uint32_t groups = k->stale | G(MEMORY);
    struct entry_ctx x;

    entry_prepare(&x, v, caps, cpu);
    for (unsigned g = 0; g < EG_COUNT; g++) {
        if (!(groups >> g & 1))
            continue;
        for (unsigned n = k->first[g]; n < k->first[g + 1]; n++)
            if (entry_verdict(&x, k->check[n]) == ENTRY_FAIL)
                /* Which one counts is a matter of the whole order. */
                return vmx_entry_check(v, caps, cpu, out);
        k->stale &= ~BIT(g);
    }
    return NULL;
}
