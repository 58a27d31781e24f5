/* kvmknown.c: what KVM gets wrong, with the rule of the manual. */
#include <stddef.h>

#include "common/x86/tests/kvmdiff.h"

const char *kvmknown_rule(const struct kvmdiff_case *c)
{
    (void)c;
    return NULL;
}
