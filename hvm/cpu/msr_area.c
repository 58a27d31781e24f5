/* msr_area.c: MSR areas of VM entry and VM exit. [SDM3 "Loading MSRs", "Saving
 * MSRs"] */
#include "common/x86/msr.h"
#include "hvm/cpu/vmx_state.h"

#define MSR_BIOS_UPDT_TRIG  0x79u
#define MSR_SMM_MONITOR_CTL 0x9bu
#define MSR_FS_BASE         0xc0000100u
#define MSR_GS_BASE         0xc0000101u

struct entry {
    uint32_t index, reserved;
    uint64_t value;
};

/* x2APIC registers: only in x2APIC mode, which the model has not. */
static bool never(uint32_t index)
{
    return index >> 8 == 8 || index == MSR_SMM_MONITOR_CTL;
}

static bool load(struct vmx *x, const struct entry *e)
{
    if (e->reserved != 0 || never(e->index) || e->index == MSR_FS_BASE ||
        e->index == MSR_GS_BASE || e->index == MSR_BIOS_UPDT_TRIG)
        return false;
    return x86_msr_write(x->c, e->index, e->value);
}

/* Longer lists are undefined [SDM3 "Miscellaneous Data"]: they fail here. */
static uint32_t longest(const struct vmx *x)
{
    return 512 * ((uint32_t)(x->caps.msr[CAP_MISC] >> 25 & 7) + 1);
}

unsigned vmx_msr_load(struct vmx *x, uint64_t area, uint32_t count)
{
    struct entry e;

    if (count > longest(x))
        return longest(x) + 1;

    for (uint32_t i = 0; i < count; i++) {
        if (!vmx_phys_read(x, area + 16ull * i, &e, sizeof(e)) || !load(x, &e))
            return i + 1;
    }
    return 0;
}

unsigned vmx_msr_store(struct vmx *x, uint64_t area, uint32_t count)
{
    struct entry e;

    if (count > longest(x))
        return longest(x) + 1;
    for (uint32_t i = 0; i < count; i++) {
        if (!vmx_phys_read(x, area + 16ull * i, &e, sizeof(e)) ||
            e.reserved != 0 || never(e.index) ||
            !x86_msr_read(x->c, e.index, &e.value) ||
            !vmx_phys_write(x, area + 16ull * i + 8, &e.value, 8))
            return i + 1;
    }
    return 0;
}
