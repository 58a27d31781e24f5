/* engine.c: hardware assist as an engine. */
#include "hvm/engine.h"

#include <stdio.h>

#include "common/base/cc.h"
#include "common/mmu/shadow.h"
#include "hvm/cpu/exits.h"
#include "hvm/kvm/kvm.h"
#include "hvm/vmm/vmm.h"

/* The host's last: nothing chooses it but its name. */
static const char *const processors[] = {"jit", "interp", "kvm", NULL};

/* Outside of VMX operation: the bare processor. VM entry sets what a guest's
 * controls say. */
static const struct disposition_table execute_all = {{DISP_EXECUTE}};

static enum status probe(struct error *err)
{
    (void)err;
    return ST_OK;
}

/* The host's module chooses. */
static enum status kvm_options(const struct engine_options *o,
                               char text[ENGINE_OPTIONS_TEXT],
                               struct error *err)
{
    const char *given = o->paging != NULL     ? "paging"
                        : o->vpid != NULL     ? "vpid"
                        : o->controls != NULL ? "controls"
                                              : NULL;

    if (given != NULL)
        return err_set(err, ST_INVAL,
                       "--%s: not with --processor kvm, the host's module "
                       "(%s) decides",
                       given, kvm_module());
    snprintf(text, ENGINE_OPTIONS_TEXT, "kvm=%s hardware_assist=%s nested=%s",
             kvm_module(), kvm_is_hardware_assist() ? "yes" : "no",
             kvm_is_nested() ? "yes" : "no");
    return ST_OK;
}

static enum status options(const struct engine_options *o,
                           const struct processor_ops *processor,
                           char text[ENGINE_OPTIONS_TEXT], struct error *err)
{
    struct vmm_options chosen;
    enum status st;

    if (processor == &kvm_processor_ops)
        return kvm_options(o, text, err);
    st = vmm_options_make(o, &chosen, err);
    if (st == ST_OK)
        vmm_options_text(&chosen, text);
    return st;
}

static enum status attach(struct vcpu *v, struct error *err)
{
    struct vmm_options o;
    enum status st;

    if (v->processor == &kvm_processor_ops)
        return ST_OK; /* the VMM is the host's */
    st = vmm_options_make(v->options, &o, err);
    return st == ST_OK ? vmm_create(v, &o, err) : st;
}

static enum status run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                       struct error *err)
{
    return v->vmm != NULL ? vmm_run(v, budget, exit, err)
                          : v->processor->run(v, budget, exit, err);
}

static void count(struct vcpu *v)
{
    if (v->vmm != NULL)
        vmm_count(v);
}

/* The VMM's own loop sees all exits. */
static enum status handle_exit(struct vcpu *v, struct vcpu_exit *exit,
                               struct error *err)
{
    (void)v;
    return err_set(err, ST_BUG, "hvm: exit for %s outside of its loop",
                   sensitive_name(exit->op));
}

static const char *const vmx_op_names[] = {
#define VMM_OP(name, title) #name,
#include "hvm/vmm/vmm_ops.def"
#undef VMM_OP
};

static const char *const shadow_names[] = {
#define SHADOW_ROW(name, sub, title) #name,
#include "common/mmu/shadow.def"
#undef SHADOW_ROW
};

static const char *const inject_names[] = {"EXTERNAL_INTERRUPT", NULL, "NMI",
                                           "EXCEPTION"};

static const char *in_list(const char *const *names, size_t nr, unsigned n)
{
    return n < nr ? names[n] : NULL;
}

const char *hvm_reason_name(enum ledger_kind kind, unsigned reason)
{
    const struct vmx_exit_info *info;

    switch (kind) {
    case LEDGER_EXIT:
        info = vmx_exit_info(reason);
        return info != NULL ? info->name : NULL;
    case LEDGER_VMX:
        return in_list(vmx_op_names, ARRAY_LEN(vmx_op_names), reason);
    case LEDGER_INJECT:
        return in_list(inject_names, ARRAY_LEN(inject_names), reason);
    case LEDGER_SHADOW:
        return in_list(shadow_names, ARRAY_LEN(shadow_names), reason);
    default:
        return NULL;
    }
}

const struct engine_ops hvm_engine_ops = {
    .name = "hvm",
    .isa = "x86",
    .text = "hardware assist: VT-x, by EPT or shadow paging",
    .processors = processors,
    .dispositions = &execute_all,
    .probe = probe,
    .handle_exit = handle_exit,
    .attach = attach,
    .detach = vmm_destroy,
    .options = options,
    .run = run,
    .count = count,
};
