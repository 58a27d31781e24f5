/* disposition.h: what happens at a sensitive operation. */
#ifndef COMMON_ENGINE_DISPOSITION_H
#define COMMON_ENGINE_DISPOSITION_H

#include <stdint.h>

/* EXECUTE as the bare processor would. FAULT as a deprivileged processor
 * would: #GP(0). EXIT to the engine before anything changed. INLINE
 * executes, and is counted as what translated code does by itself. HYPERCALL is
 * for changed guests: EXIT. SILENT executes, wrongly, as a deprivileged
 * processor does: the Popek-Goldberg violation. ASK: EXECUTE or EXIT by
 * operands, as an extension of the processor says (x86: ext.h). */
enum disposition {
    DISP_EXECUTE,
    DISP_FAULT,
    DISP_EXIT,
    DISP_INLINE,
    DISP_HYPERCALL,
    DISP_SILENT,
    DISP_ASK,
};

enum x86_sensitive {
#define SENSITIVE(name, text, sub) SENS_##name,
#include "common/x86/sensitive.def"
#undef SENSITIVE
    SENS_COUNT
};

/* More than any ISA has sensitive operations. The names above are x86's;
 * another ISA brings an enumeration of its own. */
#define DISPOSITION_MAX 96
_Static_assert(SENS_COUNT <= DISPOSITION_MAX, "raise DISPOSITION_MAX");

/* One byte (enum disposition) for every sensitive operation of an ISA. */
struct disposition_table {
    uint8_t at[DISPOSITION_MAX];
};

/* Mnemonic text of an operation ("mov to cr") and its ledger name
 * ("MOV_TO_CR"). Never NULL. */
const char *sensitive_text(enum x86_sensitive op);
const char *sensitive_name(enum x86_sensitive op);

#endif
