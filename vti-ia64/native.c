/* native.c: the engine without a VMM, for IA-64. */
#include "vti-ia64/engine.h"

#include "vti-ia64/cpu/sensitive.h"

static const char *const processors[] = {"model", NULL};

/* DISP_EXECUTE is 0: every operation executes as on the bare processor. */
static const struct disposition_table execute_all = {{DISP_EXECUTE}};

static enum status probe(struct error *err)
{
    (void)err;
    return ST_OK;
}

static enum status handle_exit(struct vcpu *v, struct vcpu_exit *exit,
                               struct error *err)
{
    (void)v;
    return err_set(err, ST_BUG, "native: unexpected exit for %s",
                   ia64_sensitive_name(exit->op));
}

const struct engine_ops ia64_native_engine_ops = {
    .name = "native",
    .isa = "ia64",
    .text = "no VMM: the guest owns the modelled processor (the baseline)",
    .processors = processors,
    .dispositions = &execute_all,
    .probe = probe,
    .handle_exit = handle_exit,
};
