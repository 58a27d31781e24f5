/* te.c: classic trap-and-emulate for IA-64: the guest's kernel runs at level 1,
 * without VT-i. What is privileged comes to the VMM; what is sensitive and not
 * privileged does not, and breaks equivalence. */
#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/engine.h"
#include "vti-ia64/vmm/ivmm.h"

static const char *const processors[] = {"model", NULL};

/* The VMM sees the interruptions; what is privileged comes as one of them. */
static const struct disposition_table dispositions = {{
    [IA64_SENS_INTERRUPTION] = DISP_EXIT,
    [IA64_SENS_BREAK] = DISP_FAULT,
    [IA64_SENS_THASH] = DISP_SILENT,
    [IA64_SENS_TTAG] = DISP_SILENT,
    [IA64_SENS_COVER] = DISP_SILENT,
    [IA64_SENS_MOV_FROM_CPUID] = DISP_SILENT,
    [IA64_SENS_ALLOC] = DISP_SILENT,
    [IA64_SENS_MOV_FROM_PFS] = DISP_SILENT,
    [IA64_SENS_MOV_FROM_RSC] = DISP_SILENT,
    [IA64_SENS_MOV_TO_RSC] = DISP_SILENT,
    [IA64_SENS_MOV_FROM_PMD] = DISP_SILENT,
    [IA64_SENS_PROBE] = DISP_SILENT,
    [IA64_SENS_EPC] = DISP_SILENT,
    [IA64_SENS_USER_MASK] = DISP_SILENT,
}};

static enum status probe(struct error *err)
{
    (void)err;
    return ST_OK;
}

static enum status attach(struct vcpu *v, struct error *err)
{
    return ivmm_create(v, &ivmm_ring, 0, err);
}

/* The VMM's own loop sees all exits. */
static enum status handle_exit(struct vcpu *v, struct vcpu_exit *exit,
                               struct error *err)
{
    (void)v;
    return err_set(err, ST_BUG, "te: exit for %s outside of its loop",
                   ia64_sensitive_name(exit->op));
}

const struct engine_ops ia64_te_engine_ops = {
    .name = "te",
    .isa = "ia64",
    .text = "trap and emulate: a deprivileged kernel, no VT-i (not equivalent)",
    .processors = processors,
    .dispositions = &dispositions,
    .own_stream = true,
    .probe = probe,
    .handle_exit = handle_exit,
    .attach = attach,
    .detach = ivmm_destroy,
    .run = ivmm_run,
    .view = ivmm_view,
    .snapshot = ivmm_snapshot,
};
