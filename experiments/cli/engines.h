/* engines.h: the lists of engines and processors, the only place that names
 * them all, and what is planned under which name. */
#ifndef EXPERIMENTS_CLI_ENGINES_H
#define EXPERIMENTS_CLI_ENGINES_H

#include "common/engine/engine.h"

/* NULL terminated. */
extern const struct engine_ops *const engine_list[];
extern const struct processor_ops *const processor_list[];

/* A name that is kept for what this build does not have. */
struct planned {
    const char *name;
    const char *isa;
    const char *text;
    const char *engines; /* processors: the engines it will run, " a b " */
};

/* End with a NULL name. */
extern const struct planned engine_planned[];
extern const struct planned processor_planned[];

/* NULL if there is none in this build. */
const struct engine_ops *engine_find(const char *name, const char *isa);
const struct processor_ops *processor_find(const char *name, const char *isa);

/* The engine and the processor for a run. `processor` NULL takes the fastest
 * that the engine has here; nothing else ever falls back. ST_INVAL for a
 * name nobody knows or a pair that makes no sense; ST_NOTSUP, with the reason,
 * for what is not in this build or does not work on this host. */
enum status engines_choose(const char *engine, const char *processor,
                           const char *isa, const struct engine_ops **e,
                           const struct processor_ops **p, struct error *err);

#endif
