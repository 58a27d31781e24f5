/* processor.c: tests run their guests on jit, all code translated at once. */
#include "common/tests/processor.h"

#include "bt/engine.h"
#include "bt/translator/jit.h"

enum status test_vcpu_create(struct machine *m, const struct engine_ops *engine,
                             const struct processor_config *config,
                             struct vcpu **out, struct error *err)
{
    enum status st = jit_processor_ops.create(m, engine, config, out, err);

    if (st == ST_OK)
        jit_of(x86_cpu(*out))->threshold = 0;
    return st;
}
