/* hvm.c: hardware assist for IA-64: a VMM by VT-i. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/bits.h"
#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/engine.h"
#include "vti-ia64/vmm/ivmm.h"

static const char *const processors[] = {"model", NULL};

/* The VMM sees the interruptions; what is virtualized comes as one of them, and
 * calls of the platform do. */
static const struct disposition_table interruptions = {
    {[IA64_SENS_INTERRUPTION] = DISP_EXIT, [IA64_SENS_BREAK] = DISP_FAULT}};

static enum status probe(struct error *err)
{
    (void)err;
    return ST_OK;
}

/* --controls: full, none, or names of accelerations with commas. */
static const struct ia64_control controls[] = {
    {"full", "all accelerations of VT-i (the default)", IA64_VAC_ALL},
    {"none", "each virtualized instruction is an intercept", 0},
#define VAC(name, bit, text) {#name, "VT-i accelerates " text, 1u << (bit)},
#define VDC(name, bit, text)
#include "vti-ia64/cpu/vpd_controls.def"
#undef VDC
#undef VAC
};

const struct ia64_control *ia64_control_at(unsigned i)
{
    return i < ARRAY_LEN(controls) ? &controls[i] : NULL;
}

static bool add_control(const char *word, size_t len, uint64_t *vac)
{
    for (unsigned k = 0; k < ARRAY_LEN(controls); k++) {
        if (strlen(controls[k].name) == len &&
            strncasecmp(controls[k].name, word, len) == 0) {
            *vac |= controls[k].vac;
            return true;
        }
    }
    return false;
}

static enum status accelerations(const struct engine_options *o, uint64_t *vac,
                                 struct error *err)
{
    const char *p = o != NULL && o->controls != NULL ? o->controls : "full";
    size_t len;

    *vac = 0;
    for (; *p != '\0'; p += len + (p[len] == ',')) {
        len = strcspn(p, ",");
        if (!add_control(p, len, vac))
            return err_set(err, ST_INVAL,
                           "--controls %.*s: no such preset or acceleration "
                           "(triptych list controls)",
                           (int)len, p);
    }
    return ST_OK;
}

static enum status options(const struct engine_options *o,
                           const struct processor_ops *processor,
                           char text[ENGINE_OPTIONS_TEXT], struct error *err)
{
    const char *given = o->paging != NULL         ? "paging"
                        : o->vpid != NULL         ? "vpid"
                        : o->check_frames != NULL ? "check-frames"
                                                  : NULL;
    uint64_t vac;
    enum status st;

    (void)processor;
    if (given != NULL)
        return err_set(err, ST_INVAL, "--%s: not an option of hvm on ia64",
                       given);
    st = accelerations(o, &vac, err);
    if (st == ST_OK)
        snprintf(text, ENGINE_OPTIONS_TEXT, "vac=%#llx",
                 (unsigned long long)vac);
    return st;
}

static enum status attach(struct vcpu *v, struct error *err)
{
    uint64_t vac;
    enum status st = accelerations(v->options, &vac, err);

    return st == ST_OK ? ivmm_create(v, &ivmm_vti, vac, err) : st;
}

/* The VMM's own loop sees all exits. */
static enum status handle_exit(struct vcpu *v, struct vcpu_exit *exit,
                               struct error *err)
{
    (void)v;
    return err_set(err, ST_BUG, "hvm: exit for %s outside of its loop",
                   ia64_sensitive_name(exit->op));
}

const struct engine_ops ia64_hvm_engine_ops = {
    .name = "hvm",
    .isa = "ia64",
    .text = "hardware assist: VT-i",
    .processors = processors,
    .dispositions = &interruptions,
    .probe = probe,
    .handle_exit = handle_exit,
    .options = options,
    .attach = attach,
    .detach = ivmm_destroy,
    .run = ivmm_run,
    .view = ivmm_view,
    .snapshot = ivmm_snapshot,
};
