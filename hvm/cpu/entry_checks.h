/* entry_checks.h: the VM-entry doctor: the checks that VM entry makes, each
 * with the manual's section and rule. Nothing here changes a VMCS. [SDM3
 * "Checks on VMX Controls and Host-State Area"] [SDM3 "Checking and Loading
 * Guest State"]
 *
 * The manual lets a processor make the checks of one stage in any order; here
 * the order is that of the manual's text. Not here: what depends on the
 * instruction and not on the VMCS's fields (launch state, current-VMCS pointer,
 * blocking by MOV SS). */
#ifndef HVM_CPU_ENTRY_CHECKS_H
#define HVM_CPU_ENTRY_CHECKS_H

#include <stddef.h>

#include "hvm/cpu/exits.h"
#include "hvm/cpu/vmcs.h"

enum entry_verdict {
    ENTRY_NA,   /* the check does not apply */
    ENTRY_PASS, /* it applies and holds */
    ENTRY_FAIL,
    ENTRY_UNSEEN, /* it applies; what it needs is not in the VMCS */
};

/* What a failure looks like to the VMM. */
enum entry_outcome {
    ENTRY_FAIL_CONTROLS, /* VMfailValid(7) */
    ENTRY_FAIL_HOST,     /* VMfailValid(8) */
    ENTRY_FAIL_GUEST,    /* exit reason 33: invalid guest state */
    ENTRY_FAIL_MSR,      /* exit reason 34: MSR loading */
};

enum entry_section {
#define ENTRY_SECTION(name, outcome, title) ENTRY_SEC_##name,
#define ENTRY_CHECK(id, fn, section, field, with, qual, when, rule)
#include "hvm/cpu/entry_checks.def"
#undef ENTRY_CHECK
#undef ENTRY_SECTION
    ENTRY_SECTIONS
};

enum entry_check_id {
#define ENTRY_SECTION(name, outcome, title)
#define ENTRY_CHECK(id, fn, section, field, with, qual, when, rule) ENTRY_##id,
#include "hvm/cpu/entry_checks.def"
#undef ENTRY_CHECK
#undef ENTRY_SECTION
    ENTRY_CHECKS
};

/* What the logical processor knows and a VMCS does not. NULL where a function
 * takes one, or a member that says "unknown": the checks that need it are
 * ENTRY_UNSEEN. */
struct entry_cpu {
    enum { ENTRY_IA32E_UNKNOWN, ENTRY_IA32E_OFF, ENTRY_IA32E_ON } ia32e;
    /* The physical address of the VMCS itself; 0: unknown. */
    uint64_t vmcs_pointer;
    /* Read 8 bytes of physical memory; NULL: unknown. False: nothing there. */
    bool (*read)(void *opaque, uint64_t pa, uint64_t *out);
    void *opaque;
};

struct entry_check {
    const char *id; /* "guest_cs_type" */
    enum entry_section section;
    enum vmcs_field field;  /* what the rule is about */
    enum vmcs_field with;   /* another that it looks at, or VMCS_NONE */
    unsigned qualification; /* exit qualification of a failure */
    const char *when;       /* when it applies, in words; "" always */
    const char *rule;       /* what must hold, in words */
};

struct entry_failure {
    const struct entry_check *check;
    enum entry_outcome outcome;
    /* VM-instruction error, or exit reason with bit 31 set. */
    uint32_t number;
    unsigned qualification;
    uint64_t value; /* of check->field */
};

/* i < ENTRY_CHECKS, in the order of the manual. */
const struct entry_check *entry_check_at(unsigned i);

/* "VM-Execution Control Fields" */
const char *entry_section_title(enum entry_section section);

/* The first check that fails, or NULL; *out (may be NULL) is filled if one
 * does. Any contents are fine, of the VMCS and of the capabilities. */
const struct entry_check *vmx_entry_check(const struct vmcs *v,
                                          const struct vmx_caps *caps,
                                          const struct entry_cpu *cpu,
                                          struct entry_failure *out);

/* The verdict of every check; verdicts[ENTRY_CHECKS]. Returns how many fail. */
unsigned vmx_entry_check_all(const struct vmcs *v, const struct vmx_caps *caps,
                             const struct entry_cpu *cpu,
                             enum entry_verdict *verdicts);

/* Describe the failure of check i. */
void entry_failure_fill(struct entry_failure *out, unsigned i,
                        const struct vmcs *v);

/* Why a value fails, where bits say it better than the rule: "bit 20 (use I/O
 * bitmaps) may not be 1". Empty if there is nothing to add. */
void entry_explain(const struct entry_failure *failure, const struct vmcs *v,
                   const struct vmx_caps *caps, char *buf, size_t size);

#endif
