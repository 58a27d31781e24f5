/* sensitive.h: the sensitive operations of IA-64. */
#ifndef VTI_IA64_CPU_SENSITIVE_H
#define VTI_IA64_CPU_SENSITIVE_H

enum ia64_sensitive_op {
#define SENSITIVE(name, text) IA64_SENS_##name,
#include "vti-ia64/cpu/sensitive.def"
#undef SENSITIVE
    IA64_SENS_COUNT
};

/* "MOV_TO_CR", "mov cr=r"; "?" past the last one. */
const char *ia64_sensitive_name(unsigned op);
const char *ia64_sensitive_text(unsigned op);

#endif
