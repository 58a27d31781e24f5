/* exit.c: exits of the processor: system calls, hypercalls, exceptions. */
#include "pv/exit.h"

#include "pv/bounce.h"
#include "pv/desc.h"
#include "pv/hypercall.h"
#include "pv/privreg.h"
#include "pv/vcpu.h"

/* ---- CPUID: the processor leaves it to us, as with CPUID faulting ---- */
static void cpuid(struct pv_domain *d, unsigned len)
{
    struct x86_state *s = &d->c->s;
    uint32_t out[4];

    if (d->cpuid_faulting && !pv_in_kernel(d)) {
        pv_reflect(d, VEC_GP, true, 0);
        return;
    }
    pv_cpuid(d, (uint32_t)s->r[R_AX], (uint32_t)s->r[R_CX], out);
    s->r[R_AX] = out[0];
    s->r[R_BX] = out[1];
    s->r[R_CX] = out[2];
    s->r[R_DX] = out[3];
    pv_retire_emulated(d, len);
}

/* #UD at Xen's forced-emulation prefix before CPUID: carry it out. */
static bool forced_cpuid(struct pv_domain *d)
{
    static const uint8_t prefix[] = {0x0f, 0x0b, 'x', 'e', 'n'};
    static const uint8_t insn[] = {0x0f, 0xa2};
    struct x86_state *s = &d->c->s;
    uint64_t ip = s->r[R_IP] + (d->is32 ? s->seg[SEG_CS].base : 0);
    uint8_t bytes[sizeof(prefix) + sizeof(insn)];

    if (pv_copy_from(d, bytes, ip, sizeof(bytes)) != 0 ||
        memcmp(bytes, prefix, sizeof(prefix)) != 0 ||
        memcmp(bytes + sizeof(prefix), insn, sizeof(insn)) != 0)
        return false;
    ledger_add(&d->v->ledger, LEDGER_PV_EMULATE, SENS_CPUID, 0, 1);
    s->r[R_IP] = (s->r[R_IP] + sizeof(prefix)) & d->c->ip_mask;
    cpuid(d, sizeof(insn));
    return true;
}

/* ---- exceptions ---- */

/* The processor read a descriptor of the LDT that is not mapped yet. If it
 * cannot be, the fault is at the guest's own table. */
static bool ldt_fault(struct pv_domain *d, uint64_t *va)
{
    uint64_t first = pv_percpu_va(d) + PV_GDT_PAGES * (uint64_t)PAGE_SIZE;

    if (*va - first >= PV_LDT_PAGES * (uint64_t)PAGE_SIZE)
        return false;
    if (pv_ldt_fault(d, *va - first))
        return true;
    *va = d->ldt_base + (*va - first);
    return false;
}

void pv_page_fault(struct pv_domain *d, uint64_t va, uint32_t error)
{
    bool kernel = pv_in_kernel(d);

    if (ldt_fault(d, &va))
        return;
    if (kernel && (error & (PF_P | PF_W)) == (PF_P | PF_W) && pv_ptwr(d, va))
        return;
    /* The guest kernel too runs at CPL 3: its accesses are not a user's. */
    error &= ~(uint32_t)PF_U;
    if (!kernel)
        error |= PF_U;
    pv_set_cr2(d, va);
    d->ctrl[2] = va;
    pv_reflect(d, VEC_PF, true, error);
}

/* Bits that the event adds to DR6; B0-B3 are those of the last one alone. */
static void debug(struct pv_domain *d, uint64_t bits)
{
    struct x86_state *s = &d->c->s;

    s->dr[6] = (s->dr[6] & ~0xfull) | bits;
    pv_reflect(d, VEC_DB, false, 0);
}

static void exception(struct pv_domain *d)
{
    const struct x86_event ev = d->c->event;

    switch (ev.vector) {
    case VEC_DB:
        debug(d, ev.db);
        return;
    case VEC_PF:
        pv_page_fault(d, ev.cr2, ev.error);
        return;
    case VEC_UD:
        if (forced_cpuid(d))
            return;
        break;
    case VEC_NM:
        pv_reflect(d, VEC_NM, false, 0);
        pv_set_ts(d, false); /* as Xen: the handler need not do it */
        return;
    case VEC_GP:
        if (ev.error == 0 && pv_privop(d))
            return;
        break;
    default:
        break;
    }
    pv_reflect(d, ev.vector, ev.has_error, ev.error);
}

/* ---- system calls and software interrupts ---- */

/* Whatever segments SYSCALL came from, it goes back to the VMM's flat ones. */
static void flat_segments(struct pv_domain *d)
{
    const struct x86_state *s = &d->c->s;
    struct x86_seg cs = pv_kernel_cs(d), ss = pv_kernel_ss(d);

    if (s->seg[SEG_CS].sel != cs.sel || s->seg[SEG_SS].sel != ss.sel)
        pv_enter(d, &cs, s->r[R_IP], &ss, s->r[R_SP], s->rflags);
}

static void syscall64(struct pv_domain *d, unsigned len)
{
    struct pv_bounce b = {.to = d->syscall};
    struct x86_state *s = &d->c->s;

    pv_retire(d, len);
    s->r[R_CX] = s->r[R_IP];
    s->r[R_11] = s->rflags;
    flat_segments(d);
    if (d->kernel_mode) {
        pv_hypercall_insn(d);
        return;
    }
    ledger_add(&d->v->ledger, LEDGER_PV_UPCALL, 1, 0, 1);
    pv_bounce(d, &b);
}

/* [XEN callback.h "CALLBACKTYPE_sysenter"]: only from compatibility mode. The
 * processor has saved nothing: RSP and RIP are lost, and CS is none. */
static void sysenter(struct pv_domain *d, unsigned len)
{
    struct pv_bounce b = {.to = d->sysenter};
    struct x86_state *s = &d->c->s;

    if (d->is32 || d->kernel_mode || d->sysenter.ip == 0) {
        pv_reflect(d, VEC_GP, true, 0);
        return;
    }
    pv_retire(d, len);
    s->r[R_IP] = s->r[R_SP] = 0;
    s->seg[SEG_CS].sel = 3;
    s->seg[SEG_SS] = pv_kernel_ss(d);
    ledger_add(&d->v->ledger, LEDGER_PV_UPCALL, 2, 0, 1);
    pv_bounce(d, &b);
}

/* Whether the guest lets code of this privilege use INT for the vector. */
static bool may_soft_int(struct pv_domain *d, unsigned vec)
{
    unsigned dpl = TI_GET_DPL(&d->trap[vec]);

    return dpl >= (pv_in_kernel(d) ? 1u : 3u);
}

static void soft_int(struct pv_domain *d, const struct vcpu_exit *exit)
{
    unsigned vec = (unsigned)exit->sub;

    if (d->is32 && vec == 0x82 && pv_in_kernel(d)) {
        pv_retire(d, exit->insn_len);
        pv_hypercall_insn(d);
    } else if (exit->qual == 0 && !may_soft_int(d, vec)) {
        pv_reflect(d, VEC_GP, true, vec << 3 | 2);
    } else {
        pv_retire(d, exit->insn_len);
        pv_reflect(d, vec, false, 0);
    }
}

void pv_exit(struct pv_domain *d, const struct vcpu_exit *exit)
{
    /* A debug trap that MOV SS held back comes now, at the VMM's own entry, and
     * goes unheeded there, as in Xen. */
    if (d->c->s.shadow & X86_SHADOW_MOVSS)
        d->c->s.db_pending = 0;
    switch (exit->op) {
    case SENS_SYSCALL:
        syscall64(d, exit->insn_len);
        break;
    case SENS_SYSENTER:
        sysenter(d, exit->insn_len);
        break;
    case SENS_INT_N:
        soft_int(d, exit);
        break;
    case SENS_EXCEPTION:
        exception(d);
        break;
    case SENS_CPUID:
        cpuid(d, exit->insn_len);
        break;
    case SENS_EXTINT: /* ours: pv_kick() */
    case SENS_NMI:
        d->c->s.intr_line = 0;
        break;
    default:
        pv_crash(d, "%s: nothing that a guest of this kind can do",
                 sensitive_text(exit->op));
        break;
    }
}
