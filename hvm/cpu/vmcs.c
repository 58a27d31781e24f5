/* vmcs.c: fields of the VMCS, VMREAD and VMWRITE. */
#include <ctype.h>
#include <string.h>

#include "hvm/cpu/vmcs.h"

/* Columns of vmcs_fields.def name controls, or nothing. */
#define ALWAYS VMX_CTL_ALWAYS

static const struct vmcs_field_info fields[VMCS_COUNT] = {
#define VMCS_FIELD(field, enc, control, text)                                  \
    [VMCS_##field] = {.name = #field,                                          \
                      .title = text,                                           \
                      .encoding = (enc),                                       \
                      .width = (enum vmcs_width)((enc) >> 13 & 3),             \
                      .type = (enum vmcs_type)((enc) >> 10 & 3),               \
                      .exists = control},
#include "hvm/cpu/vmcs_fields.def"
#undef VMCS_FIELD
};

const struct vmcs_field_info *vmcs_info(enum vmcs_field f)
{
    return &fields[f];
}

enum vmcs_field vmcs_by_encoding(uint64_t encoding)
{
    enum vmcs_field f;

    switch (encoding & ~1ull) {
#define VMCS_FIELD(field, enc, control, text)                                  \
    case enc:                                                                  \
        f = VMCS_##field;                                                      \
        break;
#include "hvm/cpu/vmcs_fields.def"
#undef VMCS_FIELD
    default:
        return VMCS_NONE;
    }
    if ((encoding & 1) && fields[f].width != VMCS_64)
        return VMCS_NONE;
    return f;
}

/* Letters and digits only, without regard to case. */
static bool same_name(const char *a, const char *b)
{
    for (;;) {
        while (*a != '\0' && !isalnum((unsigned char)*a))
            a++;
        while (*b != '\0' && !isalnum((unsigned char)*b))
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

enum vmcs_field vmcs_by_name(const char *name)
{
    unsigned f;

    for (f = 0; f < VMCS_COUNT; f++)
        if (same_name(name, fields[f].name) || same_name(name, fields[f].title))
            return (enum vmcs_field)f;
    return VMCS_NONE;
}

unsigned vmcs_bits(enum vmcs_field f, const struct vmx_caps *caps)
{
    switch (fields[f].width) {
    case VMCS_16:
        return 16;
    case VMCS_32:
        return 32;
    case VMCS_64:
        return 64;
    default:
        return vmx_caps_intel64(caps) ? 64 : 32;
    }
}

static enum vmcs_field supported(const struct vmx_caps *caps, uint64_t encoding)
{
    enum vmcs_field f = vmcs_by_encoding(encoding);

    if (f == VMCS_NONE || !vmx_caps_has(caps, fields[f].exists))
        return VMCS_NONE;
    return f;
}

enum vmx_error vmcs_read(const struct vmcs *v, const struct vmx_caps *caps,
                         uint64_t encoding, uint64_t *out)
{
    enum vmcs_field f = supported(caps, encoding);

    if (f == VMCS_NONE)
        return VMX_ERR_UNSUPPORTED;
    *out = encoding & 1 ? v->value[f] >> 32 : v->value[f];
    return VMX_OK;
}

enum vmx_error vmcs_write(struct vmcs *v, const struct vmx_caps *caps,
                          uint64_t encoding, uint64_t value)
{
    enum vmcs_field f = supported(caps, encoding);

    if (f == VMCS_NONE)
        return VMX_ERR_UNSUPPORTED;
    if (fields[f].type == VMCS_READ_ONLY &&
        !(caps->msr[CAP_MISC] & MISC_WRITE_ALL))
        return VMX_ERR_READ_ONLY;
    if (encoding & 1)
        v->value[f] = (uint32_t)v->value[f] | value << 32;
    else
        v->value[f] = value & mask_low(vmcs_bits(f, caps));
    return VMX_OK;
}
