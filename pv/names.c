/* names.c: names of this engine's ledger rows, as Xen's headers have them. */
#include <stdio.h>

#include "common/base/cc.h"
#include "pv/engine.h"
#include "pv/hypercall.h"

struct name {
    uint64_t value;
    const char *text;
};

#define N(x)                                                                   \
    {                                                                          \
        x, #x                                                                  \
    }

static const struct name mmu_ops[] = {
    N(MMU_NORMAL_PT_UPDATE), N(MMU_MACHPHYS_UPDATE),
    N(MMU_PT_UPDATE_PRESERVE_AD), N(MMU_PT_UPDATE_NO_TRANSLATE)};

static const struct name mmuext_ops[] = {
    N(MMUEXT_PIN_L1_TABLE),     N(MMUEXT_PIN_L2_TABLE),
    N(MMUEXT_PIN_L3_TABLE),     N(MMUEXT_PIN_L4_TABLE),
    N(MMUEXT_UNPIN_TABLE),      N(MMUEXT_NEW_BASEPTR),
    N(MMUEXT_TLB_FLUSH_LOCAL),  N(MMUEXT_INVLPG_LOCAL),
    N(MMUEXT_TLB_FLUSH_MULTI),  N(MMUEXT_INVLPG_MULTI),
    N(MMUEXT_TLB_FLUSH_ALL),    N(MMUEXT_INVLPG_ALL),
    N(MMUEXT_FLUSH_CACHE),      N(MMUEXT_SET_LDT),
    N(MMUEXT_NEW_USER_BASEPTR), N(MMUEXT_CLEAR_PAGE),
    N(MMUEXT_COPY_PAGE),        N(MMUEXT_FLUSH_CACHE_GLOBAL),
    N(MMUEXT_MARK_SUPER),       N(MMUEXT_UNMARK_SUPER)};

static const struct name memory_ops[] = {
    N(XENMEM_increase_reservation), N(XENMEM_decrease_reservation),
    N(XENMEM_populate_physmap),     N(XENMEM_maximum_ram_page),
    N(XENMEM_current_reservation),  N(XENMEM_maximum_reservation),
    N(XENMEM_maximum_gpfn),         N(XENMEM_machphys_mapping),
    N(XENMEM_memory_map),           N(XENMEM_exchange)};

static const struct name sched_ops[] = {N(SCHEDOP_yield), N(SCHEDOP_block),
                                        N(SCHEDOP_shutdown), N(SCHEDOP_poll)};

static const struct name evtchn_ops[] = {N(EVTCHNOP_bind_interdomain),
                                         N(EVTCHNOP_bind_virq),
                                         N(EVTCHNOP_bind_pirq),
                                         N(EVTCHNOP_close),
                                         N(EVTCHNOP_send),
                                         N(EVTCHNOP_status),
                                         N(EVTCHNOP_alloc_unbound),
                                         N(EVTCHNOP_bind_ipi),
                                         N(EVTCHNOP_bind_vcpu),
                                         N(EVTCHNOP_unmask),
                                         N(EVTCHNOP_reset)};

static const struct name vcpu_ops[] = {
    N(VCPUOP_initialise),
    N(VCPUOP_up),
    N(VCPUOP_down),
    N(VCPUOP_is_up),
    N(VCPUOP_get_runstate_info),
    N(VCPUOP_register_runstate_memory_area),
    N(VCPUOP_set_periodic_timer),
    N(VCPUOP_stop_periodic_timer),
    N(VCPUOP_set_singleshot_timer),
    N(VCPUOP_stop_singleshot_timer),
    N(VCPUOP_register_vcpu_info),
    N(VCPUOP_register_vcpu_time_memory_area)};

static const struct name grant_ops[] = {
    N(GNTTABOP_map_grant_ref), N(GNTTABOP_unmap_grant_ref),
    N(GNTTABOP_setup_table),   N(GNTTABOP_copy),
    N(GNTTABOP_query_size),    N(GNTTABOP_get_version),
    N(GNTTABOP_set_version)};

static const struct name version_ops[] = {
    N(XENVER_version),      N(XENVER_extraversion),
    N(XENVER_compile_info), N(XENVER_capabilities),
    N(XENVER_changeset),    N(XENVER_get_features),
    N(XENVER_pagesize),     N(XENVER_platform_parameters),
    N(XENVER_guest_handle), N(XENVER_commandline)};

static const struct name console_ops[] = {N(CONSOLEIO_write),
                                          N(CONSOLEIO_read)};

#define OPS(nr, ops)                                                           \
    {                                                                          \
        __HYPERVISOR_##nr, ops, ARRAY_LEN(ops)                                 \
    }

static const struct {
    unsigned nr;
    const struct name *op;
    size_t nr_ops;
} with_ops[] = {
    OPS(mmu_update, mmu_ops),          OPS(mmuext_op, mmuext_ops),
    OPS(memory_op, memory_ops),        OPS(sched_op, sched_ops),
    OPS(event_channel_op, evtchn_ops), OPS(vcpu_op, vcpu_ops),
    OPS(grant_table_op, grant_ops),    OPS(xen_version, version_ops),
    OPS(console_io, console_ops),
};

/* "MMUEXT_PIN_L4_TABLE"; NULL: no name. */
static const char *op_name(unsigned nr, uint64_t op)
{
    for (size_t k = 0; k < ARRAY_LEN(with_ops); k++) {
        if (with_ops[k].nr != nr)
            continue;
        for (size_t n = 0; n < with_ops[k].nr_ops; n++)
            if (with_ops[k].op[n].value == op)
                return with_ops[k].op[n].text;
    }
    return NULL;
}

static void hypercall_name(const struct ledger_row *r, const char *prefix,
                           char *buf, size_t size)
{
    const char *name = pv_hypercall_name(r->reason), *op = NULL;

    /* A batch has its operations in its entries alone. */
    if (r->kind == LEDGER_PV_ENTRY || pv_hypercall_has_sub(r->reason))
        op = op_name(r->reason, r->sub);

    if (name == NULL)
        snprintf(buf, size, "%sunknown", prefix);
    else if (op != NULL)
        snprintf(buf, size, "%s%s", prefix, op);
    else
        snprintf(buf, size, "%s%s", prefix, name);
}

bool pv_reason_name(const struct ledger_row *r, char *buf, size_t size)
{
    static const char *const upcall[] = {"event_callback", "syscall_callback",
                                         "sysenter_callback"};

    switch (r->kind) {
    case LEDGER_PV_HYPERCALL:
        hypercall_name(r, "", buf, size);
        return true;
    case LEDGER_PV_ENTRY:
        hypercall_name(r, "entry:", buf, size);
        return true;
    case LEDGER_PV_TRAP:
        snprintf(buf, size, "TRC_PV_TRAP_%u", r->reason);
        return true;
    case LEDGER_PV_UPCALL:
        snprintf(buf, size, "%s",
                 r->reason < ARRAY_LEN(upcall) ? upcall[r->reason] : "?");
        return true;
    case LEDGER_PV_EMULATE:
        snprintf(buf, size, "TRC_PV_EMULATE_PRIVOP_%s",
                 sensitive_name((enum x86_sensitive)r->reason));
        return true;
    case LEDGER_PV_PTWR:
        snprintf(buf, size, "TRC_PV_PTWR_EMULATION");
        return true;
    default:
        return false;
    }
}
