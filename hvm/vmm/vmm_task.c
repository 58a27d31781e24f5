/* vmm_task.c: task switches, which VT-x leaves to software altogether. */
#include "hvm/vmm/vmm.h"

/* An instruction, or an event through a task gate: either way the emulator does
 * again what was under way. */
enum vmm_next vmm_on_task_switch(struct vmm *h)
{
    enum vmm_next next = vmm_emulate(h);

    vmm_shadow_regs(h, true); /* CR3 may be what it was */
    return next;
}
