/* vmm_options.h: which VMM: processor generation, memory virtualization, tagged
 * TLB. */
#ifndef HVM_VMM_VMM_OPTIONS_H
#define HVM_VMM_VMM_OPTIONS_H

#include "common/engine/engine.h"
#include "hvm/cpu/vmx_caps.h"

#define VMM_DEFAULT_PRESET "westmere-2010"

struct vmm_options {
    const struct vmx_caps *caps;
    bool ept; /* else shadow paging */
    bool vpid;
};

/* What o (NULL: nothing given) stands for. Not given: the default preset, EPT
 * and VPID where the preset has them. ST_INVAL names the option and the rule.
 */
enum status vmm_options_make(const struct engine_options *o,
                             struct vmm_options *out, struct error *err);

/* "paging=ept vpid=on controls=westmere-2010" */
void vmm_options_text(const struct vmm_options *o,
                      char text[ENGINE_OPTIONS_TEXT]);

#endif
