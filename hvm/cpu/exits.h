/* exits.h: exit reasons and what goes with them. */
#ifndef HVM_CPU_EXITS_H
#define HVM_CPU_EXITS_H

#include "common/base/bits.h"

/* Basic exit reason: bits 15:0 of the field. */
enum vmx_exit_reason {
#define EXIT_REASON(name, number, qual, length, title)                         \
    EXIT_REASON_##name = (number),
#define EXIT_REASON_NEVER(name, number) EXIT_REASON_##name = (number),
#include "hvm/cpu/exits.def"
#undef EXIT_REASON_NEVER
#undef EXIT_REASON
    EXIT_REASON_LIMIT = 64 /* above all */
};

/* Bit of the field: the exit is a VM-entry failure. */
#define EXIT_REASON_FAILED_VMENTRY BIT(31)

/* Formats of the exit qualification. [SDM3 "Basic VM-Exit Information"] */
enum vmx_qual {
    QUAL_NONE,
    QUAL_EXCEPTION,
    QUAL_SIPI,         /* 7:0 vector */
    QUAL_TASK_SWITCH,  /* 15:0 TSS selector, 31:30 CALL IRET JMP gate */
    QUAL_LINEAR,       /* linear address */
    QUAL_DISPLACEMENT, /* of the memory operand; RIP-relative: the sum */
    QUAL_CR,
    QUAL_DR,
    QUAL_IO,
    QUAL_ENTRY, /* 2 PDPTE, 3 NMI, 4 link pointer; MSR: number of entry */
    QUAL_MWAIT, /* 0: the monitor was armed */
    QUAL_APIC_ACCESS,
    QUAL_EPT
};

enum vmx_length { LENGTH_NONE, LENGTH_INSN, LENGTH_EVENT };

struct vmx_exit_info {
    const char *name;  /* "EPT_VIOLATION" */
    const char *title; /* "EPT violation" */
    enum vmx_qual qual;
    enum vmx_length length;
};

/* NULL: the model has no such reason. */
const struct vmx_exit_info *vmx_exit_info(unsigned basic_reason);

#endif
