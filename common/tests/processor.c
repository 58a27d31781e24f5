/* processor.c: tests run their guests on interp. */
#include "common/tests/processor.h"

#include "common/x86/cpu.h"

enum status test_vcpu_create(struct machine *m, const struct engine_ops *engine,
                             const struct processor_config *config,
                             struct vcpu **out, struct error *err)
{
    return interp_processor_ops.create(m, engine, config, out, err);
}
