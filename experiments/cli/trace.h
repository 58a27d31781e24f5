/* trace.h: executed instructions as text on stderr (--trace). */
#ifndef EXPERIMENTS_CLI_TRACE_H
#define EXPERIMENTS_CLI_TRACE_H

#include "common/engine/processor.h"
#include "common/load/symtab.h"

struct trace;

/* `spec` is "" (all), "FROM" or "FROM,COUNT": instruction counts as in
 * opts_number(). `symbols` is borrowed. ST_INVAL names what is
 * wrong with spec. Sets what `config` needs. */
enum status trace_create(const char *spec, const char *isa,
                         const struct symtab *symbols,
                         struct processor_config *config, struct trace **out,
                         struct error *err);
void trace_destroy(struct trace *t); /* NULL is a no-op */

#endif
