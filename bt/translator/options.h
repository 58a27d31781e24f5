/* options.h: what an engine may choose of the translator. */
#ifndef BT_TRANSLATOR_OPTIONS_H
#define BT_TRANSLATOR_OPTIONS_H

#include "common/engine/vcpu.h"

#define JIT_UNIT_USUAL   12u /* Adams and Agesen 2006, section 3 */
#define JIT_UNIT_LONGEST 32u
#define JIT_CACHE_USUAL  ((size_t)64 << 20)
#define JIT_CACHE_LEAST  ((size_t)128 << 10)
#define JIT_CACHE_MOST   ((size_t)1 << 30)

struct jit_options {
    unsigned unit;  /* instructions in a unit at most: 1..JIT_UNIT_LONGEST */
    size_t cache;   /* bytes of translated code */
    unsigned adapt; /* accesses that trap (x86_ext_state.traps) after which an
                     * instruction is called out to; 0: never */
};

/* Of a vcpu of the processor `jit` that has not run yet. */
enum status jit_options_set(struct vcpu *v, const struct jit_options *o,
                            struct error *err) MUST_CHECK;

#endif
