/* disasm.h: an x86 instruction as text, by Capstone. Alone in its file because
 * Capstone's names meet ours. */
#ifndef EXPERIMENTS_CLI_DISASM_H
#define EXPERIMENTS_CLI_DISASM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct disasm;

/* ST_HOST if the library was built without x86. */
enum status disasm_create(struct disasm **out, struct error *err);
void disasm_destroy(struct disasm *d); /* NULL is a no-op */

/* The text of the instruction at `addr`, in Intel's syntax; `bits` is 16, 32 or
 * 64. Returns its length in bytes; 0, with "(bad)" in buf, if Capstone does not
 * know it. */
unsigned disasm_text(struct disasm *d, unsigned bits, uint64_t addr,
                     const uint8_t *bytes, size_t len, char *buf, size_t size);

/* Version of the library: "4.0". */
void disasm_version(char *buf, size_t size);

#endif
