/* regset.h: description of a state blob, so that dump, diff, hash and data-set
 * columns are written once for every ISA. */
#ifndef COMMON_ENGINE_REGSET_H
#define COMMON_ENGINE_REGSET_H

#include <stdio.h>

#include "common/base/types.h"

struct reg_desc {
    const char *name; /* "rax", "cs.base", "xmm3" */
    uint16_t offset;  /* bytes into the blob */
    uint16_t size;    /* bytes: 1, 2, 4, 8, 10 or 16 */
};

struct regset {
    const char *isa; /* "x86" */
    size_t blob_size;
    const struct reg_desc *reg;
    unsigned nr;
};

/* Index of the first register at or after `from` whose value differs between
 * the blobs; rs->nr if there is none. */
unsigned regset_diff(const struct regset *rs, const void *a, const void *b,
                     unsigned from);

/* 64-bit hash over all described registers (not over padding). */
uint64_t regset_hash(const struct regset *rs, const void *state);

/* Value as hexadecimal text, most significant digit first; `buf` of at least
 * 2*size+1 bytes. Returns buf. */
char *regset_text(const struct reg_desc *r, const void *state, char *buf,
                  size_t len);

/* All registers that differ from `ref` (all of them if ref is NULL), one
 * "name value" a line. */
void regset_dump(const struct regset *rs, const void *state, const void *ref,
                 FILE *out);

#endif
