/* vmcs.h: the virtual-machine control structure as data: its fields, their
 * names and encodings, VMREAD and VMWRITE.
 * [SDM3 "Virtual Machine Control Structures"] */
#ifndef HVM_CPU_VMCS_H
#define HVM_CPU_VMCS_H

#include "common/base/err.h"
#include "hvm/cpu/vmx_caps.h"

enum vmcs_field {
#define VMCS_FIELD(name, encoding, exists, title) VMCS_##name,
#include "hvm/cpu/vmcs_fields.def"
#undef VMCS_FIELD
    VMCS_COUNT,
    VMCS_NONE = VMCS_COUNT
};

/* Bits 14:13 and 11:10 of an encoding. */
enum vmcs_width { VMCS_16, VMCS_64, VMCS_32, VMCS_NATURAL };
enum vmcs_type { VMCS_CONTROL, VMCS_READ_ONLY, VMCS_GUEST, VMCS_HOST };

/* VM-instruction errors [SDM3 "VM Instruction Error Numbers"]; 0: none. */
enum vmx_error {
    VMX_OK = 0,
    VMX_ERR_VMCLEAR_ADDRESS = 2,
    VMX_ERR_VMCLEAR_VMXON = 3,
    VMX_ERR_NOT_CLEAR = 4,    /* VMLAUNCH with non-clear VMCS */
    VMX_ERR_NOT_LAUNCHED = 5, /* VMRESUME with non-launched VMCS */
    VMX_ERR_CONTROLS = 7,     /* VM entry with invalid control field(s) */
    VMX_ERR_HOST = 8,         /* VM entry with invalid host-state field(s) */
    VMX_ERR_VMPTRLD_ADDRESS = 9,
    VMX_ERR_VMPTRLD_VMXON = 10,
    VMX_ERR_VMPTRLD_REVISION = 11,
    VMX_ERR_UNSUPPORTED = 12, /* VMREAD/VMWRITE from/to unsupported component */
    VMX_ERR_READ_ONLY = 13,   /* VMWRITE to read-only component */
    VMX_ERR_VMXON_ROOT = 15,  /* VMXON executed in VMX root operation */
    VMX_ERR_MOVSS = 26,       /* VM entry with events blocked by MOV SS */
    VMX_ERR_INV_OPERAND = 28, /* invalid operand to INVEPT/INVVPID */
    /* Not numbers of the manual: VMfailInvalid and #UD */
    VMX_FAIL_INVALID = 0x100,
    VMX_FAIL_UD = 0x101
};

/* Every field as a number, whatever its width; bits beyond the width are 0. */
struct vmcs {
    uint64_t value[VMCS_COUNT];
};

struct vmcs_field_info {
    const char *name;  /* Linux's: "GUEST_CS_AR_BYTES" */
    const char *title; /* the manual's: "Guest CS access rights" */
    uint32_t encoding; /* of the full access */
    enum vmcs_width width;
    enum vmcs_type type;
    enum vmx_ctl exists; /* the control that must be allowed to be 1 */
};

/* f < VMCS_COUNT. */
const struct vmcs_field_info *vmcs_info(enum vmcs_field f);

/* Field of an encoding (full or high), or VMCS_NONE. */
enum vmcs_field vmcs_by_encoding(uint64_t encoding);

/* Field of a name or title; letter case, spaces and punctuation do not matter.
 * VMCS_NONE: no such field. */
enum vmcs_field vmcs_by_name(const char *name);

/* The bits that a field has; 32 for natural width without Intel 64. */
unsigned vmcs_bits(enum vmcs_field f, const struct vmx_caps *caps);

/* VMREAD and VMWRITE by encoding, as 64-bit operands. An encoding with bits
 * beyond 31:0 set, or of a field that the processor has not, is
 * VMX_ERR_UNSUPPORTED and leaves everything as it is. Reads zero-extend;
 * writes drop what is wider than the field. High access (bit 0 of the encoding)
 * reads and writes bits 63:32 of a 64-bit field. A 32-bit operand is
 * zero-extended by the caller, which clears bits 63:32 in a full write. */
enum vmx_error vmcs_read(const struct vmcs *v, const struct vmx_caps *caps,
                         uint64_t encoding, uint64_t *out) MUST_CHECK;
enum vmx_error vmcs_write(struct vmcs *v, const struct vmx_caps *caps,
                          uint64_t encoding, uint64_t value) MUST_CHECK;

#endif
