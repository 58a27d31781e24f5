/* run.h: the model's run loop. */
#ifndef VTI_IA64_CPU_RUN_H
#define VTI_IA64_CPU_RUN_H

#include "vti-ia64/cpu/cpu.h"

/* The slot `run` of processor_ops. */
enum status ia64_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                     struct error *err);

#endif
