/* trace.c: instructions as a trace shows them. */
#include "vti-ia64/cpu/cpu.h"
#include "vti-ia64/cpu/disasm.h"
#include "vti-ia64/engine.h"

uint64_t ia64_trace_insn(uint64_t ip, const uint8_t bundle[16],
                         char buf[IA64_TRACE_MAX])
{
    struct ia64_bundle b = ia64_bundle_get(bundle);
    unsigned slot = ip & 3;

    if (ia64_templates[b.template].unit[slot] == IA64_UNIT_L)
        slot = 2;
    ia64_disasm(&b, slot, ip & ~15ull, buf, IA64_TRACE_MAX);
    return b.slot[slot];
}

void ia64_trace_stop(struct vcpu *v)
{
    ia64_cpu(v)->config.trace_from = UINT64_MAX;
}
