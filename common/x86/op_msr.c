/* op_msr.c: RDMSR, WRMSR, RDTSC, RDTSCP, RDPMC, CPUID. [SDM2] */
#include "common/x86/cpuid.h"
#include "common/x86/msr.h"
#include "common/x86/op.h"

static void set_edx_eax(struct x86_cpu *c, uint64_t v)
{
    x86_set32(c, R_AX, (uint32_t)v);
    x86_set32(c, R_DX, (uint32_t)(v >> 32));
}

static void rdmsr(struct x86_cpu *c, const struct x86_insn *i)
{
    uint32_t index = x86_get32(c, R_CX);
    uint64_t v;

    if (c->cpl != 0)
        x86_gp0(c);
    x86_sensitive(c, SENS_RDMSR, index, 0);
    if (!x86_msr_read(c, index, &v))
        x86_gp0(c);
    set_edx_eax(c, v);
    X86_NEXT(c, i);
}

static void wrmsr(struct x86_cpu *c, const struct x86_insn *i)
{
    uint32_t index = x86_get32(c, R_CX);
    uint64_t v = (uint64_t)x86_get32(c, R_DX) << 32 | x86_get32(c, R_AX);

    if (c->cpl != 0)
        x86_gp0(c);
    x86_sensitive(c, SENS_WRMSR, index, v);
    if (!x86_msr_write(c, index, v))
        x86_gp0(c);
    X86_END(c, i);
}

static void check_tsd(struct x86_cpu *c)
{
    if ((c->s.cr4 & CR4_TSD) && c->cpl != 0)
        x86_gp0(c);
}

static void rdtsc(struct x86_cpu *c, const struct x86_insn *i)
{
    check_tsd(c);
    x86_sensitive(c, SENS_RDTSC, 0, 0);
    set_edx_eax(c, x86_tsc(c));
    X86_NEXT(c, i);
}

static void rdtscp(struct x86_cpu *c, const struct x86_insn *i)
{
    if (unlikely(c->x.no_rdtscp))
        x86_ud(c);
    check_tsd(c);
    x86_sensitive(c, SENS_RDTSCP, 0, 0);
    set_edx_eax(c, x86_tsc(c));
    x86_set32(c, R_CX, (uint32_t)c->s.tsc_aux);
    X86_NEXT(c, i);
}

/* No model shows performance counters: every index is out of range. */
static void rdpmc(struct x86_cpu *c, const struct x86_insn *i)
{
    (void)i;
    if (c->cpl != 0 && !(c->s.cr4 & CR4_PCE))
        x86_gp0(c);
    x86_sensitive(c, SENS_RDPMC, 0, x86_get32(c, R_CX));
    x86_gp0(c);
}

static void cpuid(struct x86_cpu *c, const struct x86_insn *i)
{
    uint32_t leaf = x86_get32(c, R_AX), subleaf = x86_get32(c, R_CX);
    uint32_t out[4];

    x86_sensitive(c, SENS_CPUID, leaf, subleaf);
    x86_cpuid(c, leaf, subleaf, out);
    x86_set32(c, R_AX, out[0]);
    x86_set32(c, R_BX, out[1]);
    x86_set32(c, R_CX, out[2]);
    x86_set32(c, R_DX, out[3]);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_rdmsr = X86_IMPL_ANY(rdmsr, NULL);
const struct x86_impl x86_op_wrmsr = X86_IMPL_ANY(wrmsr, NULL);
const struct x86_impl x86_op_rdtsc = X86_IMPL_ANY(rdtsc, NULL);
const struct x86_impl x86_op_rdtscp = X86_IMPL_ANY(rdtscp, NULL);
const struct x86_impl x86_op_rdpmc = X86_IMPL_ANY(rdpmc, NULL);
const struct x86_impl x86_op_cpuid = X86_IMPL_ANY(cpuid, NULL);
