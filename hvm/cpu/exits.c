/* exits.c: the table of exit reasons. */
#include "hvm/cpu/exits.h"

#include <stddef.h>

static const struct vmx_exit_info reasons[EXIT_REASON_LIMIT] = {
#define EXIT_REASON(id, number, format, len, text)                             \
    [number] = {#id, text, QUAL_##format, LENGTH_##len},
#include "hvm/cpu/exits.def"
#undef EXIT_REASON
};

const struct vmx_exit_info *vmx_exit_info(unsigned basic_reason)
{
    if (basic_reason >= EXIT_REASON_LIMIT || reasons[basic_reason].name == NULL)
        return NULL;
    return &reasons[basic_reason];
}
