/* processor.h: the processor that a program's tests run their guests on.
 *
 * It is interp. A program that is linked with another definition of this
 * function runs the same tests on another processor. */
#ifndef COMMON_TESTS_PROCESSOR_H
#define COMMON_TESTS_PROCESSOR_H

#include "common/engine/processor.h"

/* As processor_ops.create. */
enum status test_vcpu_create(struct machine *m, const struct engine_ops *engine,
                             const struct processor_config *config,
                             struct vcpu **out, struct error *err) MUST_CHECK;

#endif
