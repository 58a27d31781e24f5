/* entry_guest_seg.c: VM-entry checks on guest segment registers.
 * [SDM3 "Checks on Guest Segment Registers"] */
#include "hvm/cpu/entry_internal.h"

/* Segment registers as the blocks of vmcs_fields.def have them. */
enum { GS_ES, GS_CS, GS_SS, GS_DS, GS_FS, GS_GS, GS_LDTR, GS_TR, GS_COUNT };

#define SELECTOR(i) (x->vmcs->value[VMCS_GUEST_ES_SELECTOR + (i)])
#define BASE(i)     (x->vmcs->value[VMCS_GUEST_ES_BASE + (i)])
#define LIMIT(i)    (x->vmcs->value[VMCS_GUEST_ES_LIMIT + (i)])
#define RIGHTS(i)   ((uint32_t)x->vmcs->value[VMCS_GUEST_ES_AR_BYTES + (i)])

/* The register that a field of one of the blocks belongs to. */
static unsigned seg_of(enum vmcs_field f)
{
    if (f >= VMCS_GUEST_ES_BASE)
        return f - VMCS_GUEST_ES_BASE;
    if (f >= VMCS_GUEST_ES_AR_BYTES)
        return f - VMCS_GUEST_ES_AR_BYTES;
    if (f >= VMCS_GUEST_ES_LIMIT)
        return f - VMCS_GUEST_ES_LIMIT;
    return f - VMCS_GUEST_ES_SELECTOR;
}

/* CS and TR are checked whatever their unusable bit says. */
static bool usable(const struct entry_ctx *x, unsigned i)
{
    return i == GS_CS || i == GS_TR || !(RIGHTS(i) & SA_UNUSABLE);
}

/* Access rights of a code or data segment are checked bit by bit. */
static bool applies(const struct entry_ctx *x, enum vmcs_field f)
{
    return !x->v86 && usable(x, seg_of(f));
}

/* ---- selectors ------------------------------------------------------------
 */

CHECK(guest_tr_ti)
{
    return holds(!SEL_TI(val(x, f)));
}

CHECK(guest_ldtr_ti)
{
    return rule_if(usable(x, GS_LDTR), !SEL_TI(val(x, f)));
}

CHECK(guest_ss_rpl)
{
    return rule_if(!x->v86 && !x->unrestricted,
                   SEL_RPL(val(x, f)) == SEL_RPL(SELECTOR(GS_CS)));
}

/* ---- bases, limits --------------------------------------------------------
 */

CHECK(guest_v86_base)
{
    return rule_if(x->v86, val(x, f) == SELECTOR(seg_of(f)) << 4);
}

CHECK(guest_ldtr_base)
{
    return rule_if(x->intel64 && usable(x, GS_LDTR), canonical(x, val(x, f)));
}

CHECK(guest_base32)
{
    return rule_if(x->intel64 && usable(x, seg_of(f)), val(x, f) >> 32 == 0);
}

CHECK(guest_v86_limit)
{
    return rule_if(x->v86, val(x, f) == 0xffff);
}

CHECK(guest_v86_rights)
{
    return rule_if(x->v86, val(x, f) == 0xf3);
}

/* ---- access rights of code and data segments ------------------------------
 */

CHECK(guest_cs_type)
{
    unsigned type = SA_TYPE(RIGHTS(GS_CS));

    return rule_if(!x->v86,
                   (type >= 9 && (type & 1)) || (type == 3 && x->unrestricted));
}

CHECK(guest_ss_type)
{
    unsigned type = SA_TYPE(RIGHTS(GS_SS));

    return rule_if(applies(x, f), type == 3 || type == 7);
}

CHECK(guest_accessed)
{
    return rule_if(applies(x, f), (val(x, f) & SA_ACCESSED) != 0);
}

CHECK(guest_readable)
{
    return rule_if(applies(x, f),
                   !(val(x, f) & SA_CODE) || (val(x, f) & SA_WRITABLE));
}

CHECK(guest_s)
{
    return rule_if(applies(x, f), (val(x, f) & SA_S) != 0);
}

CHECK(guest_cs_dpl_data)
{
    uint32_t cs = RIGHTS(GS_CS);

    return rule_if(!x->v86 && SA_TYPE(cs) == 3, SA_DPL(cs) == 0);
}

CHECK(guest_cs_dpl_plain)
{
    uint32_t cs = RIGHTS(GS_CS);

    return rule_if(!x->v86 && (SA_TYPE(cs) == 9 || SA_TYPE(cs) == 11),
                   SA_DPL(cs) == SA_DPL(RIGHTS(GS_SS)));
}

CHECK(guest_cs_dpl_conforming)
{
    uint32_t cs = RIGHTS(GS_CS);

    return rule_if(!x->v86 && (SA_TYPE(cs) == 13 || SA_TYPE(cs) == 15),
                   SA_DPL(cs) <= SA_DPL(RIGHTS(GS_SS)));
}

CHECK(guest_ss_dpl_rpl)
{
    return rule_if(!x->v86 && !x->unrestricted,
                   SA_DPL(RIGHTS(GS_SS)) == SEL_RPL(SELECTOR(GS_SS)));
}

CHECK(guest_ss_dpl_zero)
{
    bool real = !(V(GUEST_CR0) & CR0_PE);

    return rule_if(!x->v86 && (real || SA_TYPE(RIGHTS(GS_CS)) == 3),
                   SA_DPL(RIGHTS(GS_SS)) == 0);
}

CHECK(guest_data_dpl)
{
    return rule_if(applies(x, f) && !x->unrestricted &&
                       SA_TYPE(val(x, f)) <= 11,
                   SA_DPL(val(x, f)) >= SEL_RPL(SELECTOR(seg_of(f))));
}

CHECK(guest_p)
{
    return rule_if(applies(x, f), (val(x, f) & SA_P) != 0);
}

CHECK(guest_reserved_low)
{
    return rule_if(applies(x, f), (val(x, f) & 0xf00) == 0);
}

CHECK(guest_cs_db)
{
    uint32_t cs = RIGHTS(GS_CS);

    return rule_if(!x->v86 && x->ia32e && (cs & SA_L), !(cs & SA_DB));
}

static bool g_low(const struct entry_ctx *x, unsigned i)
{
    return (LIMIT(i) & 0xfff) != 0xfff;
}

static bool g_high(const struct entry_ctx *x, unsigned i)
{
    return (LIMIT(i) & 0xfff00000) != 0;
}

CHECK(guest_g_low)
{
    return rule_if(applies(x, f) && g_low(x, seg_of(f)), !(val(x, f) & SA_G));
}

CHECK(guest_g_high)
{
    return rule_if(applies(x, f) && g_high(x, seg_of(f)),
                   (val(x, f) & SA_G) != 0);
}

CHECK(guest_reserved_high)
{
    return rule_if(applies(x, f), val(x, f) >> 17 == 0);
}

/* ---- TR and LDTR: in every mode -------------------------------------------
 */

CHECK(guest_tr_type_legacy)
{
    unsigned type = SA_TYPE(val(x, f));

    return rule_if(!x->ia32e, type == SYS_TSS16_BUSY || type == SYS_TSS32_BUSY);
}

CHECK(guest_tr_type_ia32e)
{
    return rule_if(x->ia32e, SA_TYPE(val(x, f)) == SYS_TSS32_BUSY);
}

CHECK(guest_tr_unusable)
{
    return holds(!(val(x, f) & SA_UNUSABLE));
}

CHECK(guest_ldtr_type)
{
    return rule_if(usable(x, GS_LDTR), SA_TYPE(val(x, f)) == SYS_LDT);
}

CHECK(guest_sys_s)
{
    return rule_if(usable(x, seg_of(f)), !(val(x, f) & SA_S));
}

CHECK(guest_sys_p)
{
    return rule_if(usable(x, seg_of(f)), (val(x, f) & SA_P) != 0);
}

CHECK(guest_sys_reserved_low)
{
    return rule_if(usable(x, seg_of(f)), (val(x, f) & 0xf00) == 0);
}

CHECK(guest_sys_g_low)
{
    return rule_if(usable(x, seg_of(f)) && g_low(x, seg_of(f)),
                   !(val(x, f) & SA_G));
}

CHECK(guest_sys_g_high)
{
    return rule_if(usable(x, seg_of(f)) && g_high(x, seg_of(f)),
                   (val(x, f) & SA_G) != 0);
}

CHECK(guest_sys_reserved_high)
{
    return rule_if(usable(x, seg_of(f)), val(x, f) >> 17 == 0);
}
