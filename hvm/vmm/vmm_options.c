/* vmm_options.c: which VMM: processor generation, memory virtualization, tagged
 * TLB. */
#include "hvm/vmm/vmm_options.h"

#include <stdio.h>
#include <string.h>

static enum status choose_paging(const char *text, struct vmm_options *out,
                                 struct error *err)
{
    bool has = vmx_caps_has(out->caps, PROC2_EPT);

    out->ept = has;
    if (text == NULL)
        return ST_OK;
    if (strcmp(text, "ept") != 0 && strcmp(text, "shadow") != 0)
        return err_set(err, ST_INVAL, "--paging %s: there are shadow and ept",
                       text);
    out->ept = strcmp(text, "ept") == 0;
    if (out->ept && !has)
        return err_set(err, ST_INVAL,
                       "--paging ept: --controls %s has no EPT (--paging "
                       "shadow)",
                       out->caps->name);
    return ST_OK;
}

static enum status choose_vpid(const char *text, struct vmm_options *out,
                               struct error *err)
{
    bool has = vmx_caps_has(out->caps, PROC2_VPID);

    out->vpid = has;
    if (text == NULL)
        return ST_OK;
    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
        return err_set(err, ST_INVAL, "--vpid %s: there are on and off", text);
    out->vpid = strcmp(text, "on") == 0;
    if (out->vpid && !has)
        return err_set(err, ST_INVAL, "--vpid on: --controls %s has no VPID",
                       out->caps->name);
    return ST_OK;
}

enum status vmm_options_make(const struct engine_options *o,
                             struct vmm_options *out, struct error *err)
{
    static const struct engine_options none;
    const char *preset;
    enum status st;

    if (o == NULL)
        o = &none;
    preset = o->controls != NULL ? o->controls : VMM_DEFAULT_PRESET;
    out->caps = vmx_caps_find(preset);
    if (out->caps == NULL)
        return err_set(err, ST_INVAL,
                       "--controls %s: no such preset (triptych list "
                       "controls)",
                       preset);
    st = choose_paging(o->paging, out, err);
    return st == ST_OK ? choose_vpid(o->vpid, out, err) : st;
}

void vmm_options_text(const struct vmm_options *o,
                      char text[ENGINE_OPTIONS_TEXT])
{
    snprintf(text, ENGINE_OPTIONS_TEXT, "paging=%s vpid=%s controls=%s",
             o->ept ? "ept" : "shadow", o->vpid ? "on" : "off", o->caps->name);
}
