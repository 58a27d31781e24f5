/* vmmrig.h: a machine of 1 MiB with a few instructions in it, under an engine:
 * flat segments at level 0, one interrupt, and a port whose first write raises
 * it. */
#ifndef HVM_VMM_TESTS_VMMRIG_H
#define HVM_VMM_TESTS_VMMRIG_H

#include "common/engine/engine.h"
#include "common/x86/state.h"

#define RIG_STACK   0x4000u
#define RIG_SEEN    0x5000u /* 32 bits for the handler to write; at first ~0 */
#define RIG_CODE    0x8000u
#define RIG_HANDLER 0x9000u
#define RIG_VECTOR  0x40u
#define RIG_PORT    0x99u

struct vmmrig {
    struct machine *m;
    struct vcpu *v;
    unsigned outs; /* writes to RIG_PORT */
    bool kick;     /* the first one kicks the vcpu, too */
};

/* 32-bit code without paging, or 64-bit code with memory mapped to itself; IF
 * is set. Both texts are copied. Other registers are for the test to set, then
 * processor->state_changed(). */
struct vmmrig_code {
    bool wide;
    const char *code, *handler;
    size_t code_bytes, handler_bytes;
};

void vmmrig_init(struct vmmrig *g, const struct engine_ops *engine,
                 const struct engine_options *options,
                 const struct vmmrig_code *code);
void vmmrig_fini(struct vmmrig *g);

/* Run to the end, however often it is kicked; how often that was. */
unsigned vmmrig_run(struct vmmrig *g, enum run_end *end);

uint32_t vmmrig_seen(struct vmmrig *g);

#endif
