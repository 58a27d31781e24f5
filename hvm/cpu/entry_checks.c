/* entry_checks.c: the table of VM-entry checks, and how it is walked. */
#include <stdarg.h>
#include <stdio.h>

#include "hvm/cpu/entry_internal.h"

static const struct {
    const char *title;
    enum entry_outcome outcome;
} sections[ENTRY_SECTIONS] = {
#define ENTRY_SECTION(name, result, text) {text, ENTRY_FAIL_##result},
#define ENTRY_CHECK(id, fn, section, field, with, qual, when, rule)
#include "hvm/cpu/entry_checks.def"
#undef ENTRY_CHECK
#undef ENTRY_SECTION
};

static const struct entry_check checks[ENTRY_CHECKS] = {
#define ENTRY_SECTION(name, outcome, title)
#define ENTRY_CHECK(name, fn, sec, about, other, qual, cond, must)             \
    {#name, ENTRY_SEC_##sec, VMCS_##about, VMCS_##other, qual, cond, must},
#include "hvm/cpu/entry_checks.def"
#undef ENTRY_CHECK
#undef ENTRY_SECTION
};

static entry_check_fn *const functions[ENTRY_CHECKS] = {
#define ENTRY_SECTION(name, outcome, title)
#define ENTRY_CHECK(id, fn, section, field, with, qual, when, rule) entry_##fn,
#include "hvm/cpu/entry_checks.def"
#undef ENTRY_CHECK
#undef ENTRY_SECTION
};

static const struct entry_cpu nothing_known;

const struct entry_check *entry_check_at(unsigned i)
{
    return &checks[i];
}

const char *entry_section_title(enum entry_section section)
{
    return sections[section].title;
}

void entry_prepare(struct entry_ctx *x, const struct vmcs *v,
                   const struct vmx_caps *caps, const struct entry_cpu *cpu)
{
    uint32_t info = (uint32_t)v->value[VMCS_VM_ENTRY_INTR_INFO_FIELD];

    *x = (struct entry_ctx){
        .vmcs = v,
        .caps = caps,
        .cpu = cpu != NULL ? cpu : &nothing_known,
        .intel64 = vmx_caps_intel64(caps),
        .inject = info & INJ_VALID ? info : 0,
        .v86 = (v->value[VMCS_GUEST_RFLAGS] & FL_VM) != 0,
    };
    x->ctl[VMX_PIN] = (uint32_t)v->value[VMCS_PIN_BASED_VM_EXEC_CONTROL];
    x->ctl[VMX_PROC] = (uint32_t)v->value[VMCS_CPU_BASED_VM_EXEC_CONTROL];
    if (ctl(x, PROC_SECONDARY))
        x->ctl[VMX_PROC2] = (uint32_t)v->value[VMCS_SECONDARY_VM_EXEC_CONTROL];
    x->ctl[VMX_EXIT] = (uint32_t)v->value[VMCS_VM_EXIT_CONTROLS];
    x->ctl[VMX_ENTRY] = (uint32_t)v->value[VMCS_VM_ENTRY_CONTROLS];
    x->ia32e = ctl(x, ENTRY_IA32E);
    x->unrestricted = ctl(x, PROC2_UNRESTRICTED);
}

enum entry_verdict entry_verdict(const struct entry_ctx *x, unsigned i)
{
    return functions[i](x, checks[i].field);
}

void entry_failure_fill(struct entry_failure *out, unsigned i,
                        const struct vmcs *v)
{
    static const uint32_t numbers[] = {
        [ENTRY_FAIL_CONTROLS] = VMX_ERR_CONTROLS,
        [ENTRY_FAIL_HOST] = VMX_ERR_HOST,
        [ENTRY_FAIL_GUEST] =
            EXIT_REASON_INVALID_STATE | EXIT_REASON_FAILED_VMENTRY,
        [ENTRY_FAIL_MSR] =
            EXIT_REASON_MSR_LOAD_FAIL | EXIT_REASON_FAILED_VMENTRY,
    };

    out->check = &checks[i];
    out->outcome = sections[checks[i].section].outcome;
    out->number = numbers[out->outcome];
    out->qualification = checks[i].qualification;
    out->value = v->value[checks[i].field];
}

const struct entry_check *vmx_entry_check(const struct vmcs *v,
                                          const struct vmx_caps *caps,
                                          const struct entry_cpu *cpu,
                                          struct entry_failure *out)
{
    struct entry_ctx x;
    unsigned i;

    entry_prepare(&x, v, caps, cpu);
    for (i = 0; i < ENTRY_CHECKS; i++) {
        if (functions[i](&x, checks[i].field) != ENTRY_FAIL)
            continue;
        if (out != NULL)
            entry_failure_fill(out, i, v);
        return &checks[i];
    }
    return NULL;
}

unsigned vmx_entry_check_all(const struct vmcs *v, const struct vmx_caps *caps,
                             const struct entry_cpu *cpu,
                             enum entry_verdict *verdicts)
{
    struct entry_ctx x;
    unsigned i, failed = 0;

    entry_prepare(&x, v, caps, cpu);
    for (i = 0; i < ENTRY_CHECKS; i++) {
        verdicts[i] = functions[i](&x, checks[i].field);
        failed += verdicts[i] == ENTRY_FAIL;
    }
    return failed;
}

/* ---- bits that a capability MSR decides ------------------------------------
 */

struct text {
    char *buf;
    size_t size, len;
};

static void PRINTF(2, 3) add(struct text *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (t->len >= t->size)
        return;
    va_start(ap, fmt);
    n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
    va_end(ap);
    t->len += n > 0 ? (size_t)n : 0;
}

static void add_bits(struct text *t, uint64_t bits, const char *what,
                     enum vmx_word word)
{
    const char *title;
    unsigned i;

    for (i = 0; i < 64; i++) {
        if (!(bits >> i & 1))
            continue;
        title = word < VMX_WORDS ? vmx_ctl_title(word, i) : NULL;
        add(t, "%sbit %u%s%s%s %s", t->len > 0 ? "; " : "", i,
            title != NULL ? " (" : "", title != NULL ? title : "",
            title != NULL ? ")" : "", what);
    }
}

void entry_explain(const struct entry_failure *failure, const struct vmcs *v,
                   const struct vmx_caps *caps, char *buf, size_t size)
{
    struct entry_ctx x;
    struct text t = {buf, size, 0};
    enum vmx_word word = VMX_WORDS;
    uint64_t must = 0, may = ~0ull, unchecked = CR0_NW | CR0_CD;
    uint32_t must32, may32;

    if (size > 0)
        buf[0] = '\0';
    switch ((int)(failure->check - checks)) {
    case ENTRY_ctl_pin:
        word = VMX_PIN;
        break;
    case ENTRY_ctl_proc:
        word = VMX_PROC;
        break;
    case ENTRY_ctl_proc2:
        word = VMX_PROC2;
        break;
    case ENTRY_ctl_exit:
        word = VMX_EXIT;
        break;
    case ENTRY_ctl_entry:
        word = VMX_ENTRY;
        break;
    case ENTRY_guest_cr0:
        entry_prepare(&x, v, caps, NULL);
        if (x.unrestricted)
            unchecked |= CR0_PE | CR0_PG;
        /* fall through */
    case ENTRY_host_cr0:
        must = caps->msr[CAP_CR0_FIXED0] & ~unchecked;
        may = caps->msr[CAP_CR0_FIXED1] | unchecked;
        break;
    case ENTRY_host_cr4:
    case ENTRY_guest_cr4:
        must = caps->msr[CAP_CR4_FIXED0];
        may = caps->msr[CAP_CR4_FIXED1];
        break;
    default:
        return;
    }
    if (word < VMX_WORDS) {
        vmx_caps_allowed(caps, word, &must32, &may32);
        must = must32;
        may = may32;
    }
    add_bits(&t, must & ~failure->value, "must be 1", word);
    add_bits(&t, failure->value & ~may, "may not be 1 on this processor", word);
}
