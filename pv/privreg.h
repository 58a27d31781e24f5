/* privreg.h: the guest's view of registers that it can only ask for. */
#ifndef PV_PRIVREG_H
#define PV_PRIVREG_H

#include "pv/domain.h"

/* CR0.TS, on the processor too. */
void pv_set_ts(struct pv_domain *d, bool on);

/* Debug registers 0..7. set: 0 or -XEN_EPERM, -XEN_ENODEV; get: false: there is
 * no such register. */
int64_t pv_set_debugreg(struct pv_domain *d, uint64_t reg, uint64_t v);
bool pv_get_debugreg(const struct pv_domain *d, uint64_t reg, uint64_t *v);

/* Control registers 0, 2, 3, 4 and MSRs; false: #GP for the guest. */
bool pv_read_cr(struct pv_domain *d, unsigned n, uint64_t *v);
bool pv_write_cr(struct pv_domain *d, unsigned n, uint64_t v);
bool pv_rdmsr(struct pv_domain *d, uint32_t msr, uint64_t *v);
bool pv_wrmsr(struct pv_domain *d, uint32_t msr, uint64_t v);

/* The time-stamp counter as the guest sees it. */
uint64_t pv_tsc(const struct pv_domain *d);

/* CPUID as the guest sees it: the model less Xen's mask, plus Xen's leaves. */
void pv_cpuid(struct pv_domain *d, uint32_t leaf, uint32_t subleaf,
              uint32_t out[4]);

#endif
