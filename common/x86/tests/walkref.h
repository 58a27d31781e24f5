/* walkref.h: a second walker of page tables, written from the manual without
 * tables, to hold common/x86/walk.h against. */
#ifndef COMMON_X86_TESTS_WALKREF_H
#define COMMON_X86_TESTS_WALKREF_H

#include "common/x86/walk.h"

struct walkref {
    const struct x86_walk_env *env;
    bool ok;
    uint32_t error;
    uint64_t pa;
    unsigned shift;
    bool rw, us, xd, dirty, global;
    /* entries used, for A and D */
    uint64_t at[4];
    unsigned nr;
};

/* As x86_walk(), but nothing is updated. */
void walkref_walk(struct walkref *f, const struct x86_walk_env *env,
                  const struct x86_walk_regs *r, uint64_t lin, unsigned access);

/* [SDM3 "Determination of Access Rights"], rule by rule: an access to a page
 * with these rights. */
bool walkref_allowed(const struct x86_walk_regs *r, bool rw, bool us, bool xd,
                     unsigned access);

#endif
