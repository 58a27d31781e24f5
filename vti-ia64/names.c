/* names.c: names of the ledger's rows. */
#include "common/base/bits.h"
#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/cpu/vti.h"
#include "vti-ia64/engine.h"
#include "vti-ia64/vmm/ivmm.h"

static const char *vector_name(uint64_t vector)
{
    switch (vector) {
#define VECTOR(name, offset, text)                                             \
    case offset:                                                               \
        return #name;
#include "vti-ia64/cpu/vectors.def"
#undef VECTOR
    default:
        return NULL;
    }
}

const char *ia64_reason_name(enum ledger_kind kind, unsigned reason)
{
    if (reason < LEDGER_IA64)
        return NULL;
    reason -= LEDGER_IA64;
    switch (kind) {
    case LEDGER_SENSITIVE:
    case LEDGER_SILENT:
        return ia64_sensitive_name(reason);
    case LEDGER_VTI:
        return ia64_sensitive_name(ia64_vti_op(reason));
    case LEDGER_EXIT:
        return reason < IVMM_EXIT_VECTOR
                   ? ia64_sensitive_name(ia64_vti_op(reason))
                   : vector_name((uint64_t)(reason - IVMM_EXIT_VECTOR) << 8);
    case LEDGER_INJECT:
        return vector_name((uint64_t)reason << 8);
    case LEDGER_VPS:
        return ia64_vps_name(reason);
    default:
        return NULL;
    }
}
