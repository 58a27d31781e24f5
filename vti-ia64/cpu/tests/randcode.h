/* randcode.h: random bundles and random state for the model. */
#ifndef VTI_IA64_CPU_TESTS_RANDCODE_H
#define VTI_IA64_CPU_TESTS_RANDCODE_H

#include "common/base/rng.h"
#include "vti-ia64/cpu/cpu.h"
#include "vti-ia64/cpu/encoding.h"

/* A slot: half of them random bits, half random operands of a random row. */
uint64_t randcode_slot(struct rng *r, enum ia64_unit unit);
/* A bundle with any template, reserved ones rarely. */
void randcode_bundle(struct rng *r, uint8_t bytes[16]);

/* A machine of `ram` bytes of random bundles and a vcpu in a random state, all
 * from the seed. */
struct randcode {
    struct machine m;
    struct ia64_cpu *c;
};
void randcode_init(struct randcode *k, uint64_t seed, uint64_t ram);
/* Under an engine that is attached, with its options. */
void randcode_init_engine(struct randcode *k, uint64_t seed, uint64_t ram,
                          const struct engine_ops *engine,
                          const struct engine_options *options);
void randcode_fini(struct randcode *k);

/* Run n instructions (halts and ends are gone over), in steps of at most
 * `step`. Returns a hash of registers and memory. */
uint64_t randcode_run(struct randcode *k, uint64_t n, uint64_t step);

#endif
