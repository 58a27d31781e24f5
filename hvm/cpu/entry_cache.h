/* entry_cache.h: which VM-entry checks need not be made again.
 *
 * The checks fall into groups. A group that held stays good until a field that
 * one of its checks reads gets another value; checks that look at memory are
 * made every time. The outcome is that of vmx_entry_check(). */
#ifndef HVM_CPU_ENTRY_CACHE_H
#define HVM_CPU_ENTRY_CACHE_H

#include "hvm/cpu/entry_checks.h"

enum entry_group {
    EG_CONTROLS,
    EG_INJECT,
    EG_HOST,
    EG_REGS,
    EG_SEG, /* ES CS SS DS FS GS LDTR TR */
    EG_TABLES = EG_SEG + 8,
    EG_RIP,
    EG_STATE,
    EG_PDPTE,
    EG_MEMORY, /* always made */
    EG_COUNT
};

#define EG_ALL ((1u << EG_COUNT) - 1)

struct entry_cache {
    uint32_t stale;             /* bit by group */
    uint32_t reads[VMCS_COUNT]; /* groups that read the field */
    uint16_t first[EG_COUNT + 1];
    uint8_t check[ENTRY_CHECKS]; /* by group */
};

void entry_cache_init(struct entry_cache *k);

/* Another VMCS, or the processor's own mode changed: nothing is known. */
static inline void entry_cache_forget(struct entry_cache *k)
{
    k->stale = EG_ALL;
}

/* Field f changed from old to now. */
void entry_cache_changed(struct entry_cache *k, enum vmcs_field f, uint64_t old,
                         uint64_t now);

static inline void entry_cache_wrote(struct entry_cache *k, enum vmcs_field f,
                                     uint64_t old, uint64_t now)
{
    if (k->reads[f] & ~k->stale)
        entry_cache_changed(k, f, old, now);
}

/* As vmx_entry_check() with the same arguments, of which only v's fields may
 * change without entry_cache_forget(). */
const struct entry_check *entry_cache_check(struct entry_cache *k,
                                            const struct vmcs *v,
                                            const struct vmx_caps *caps,
                                            const struct entry_cpu *cpu,
                                            struct entry_failure *out);

#endif
