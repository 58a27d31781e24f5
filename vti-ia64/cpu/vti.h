/* vti.h: Intel Virtualization Technology for the Itanium architecture: what the
 * silicon and PAL do. [ISDM2 "PAL Virtualization Support"]
 *
 * While PSR.vm is 1 the instructions of vti.def raise the Virtualization fault,
 * which PAL hands to the VMM as an intercept: cause in r24, the instruction in
 * r25 of bank 0, at the host's IVT + 0x6100 or the optional handler. Controls
 * in the VPD accelerate some, or take them out of virtualization.
 *
 * A VMM is C code that uses the processor as software on it would: registers
 * (c->s), the instructions' functions (tlb.h, rse.h), and the procedures and
 * services below. It sees interruptions as exits: EXIT_SENSITIVE with
 * IA64_SENS_INTERRUPTION, when that has DISP_EXIT: all is collected, the next
 * instruction would be the handler's first. */
#ifndef VTI_IA64_CPU_VTI_H
#define VTI_IA64_CPU_VTI_H

#include <stdbool.h>

#include "vti-ia64/cpu/vpd.h"

struct ia64_cpu;
struct ia64_insn;

#define IA64_VIRTUAL_PROCESSORS 4u

/* Bits of the PSR that a guest has in vpsr; the others it has in the PSR. */
#define IA64_VTI_PSR                                                           \
    (PSR_IC | PSR_I | PSR_PK | PSR_DT | PSR_SI | PSR_RT | PSR_MC | PSR_IT |    \
     PSR_BN)

/* One that PAL_VP_CREATE made known. */
struct ia64_vp {
    struct ia64_vpd *vpd; /* NULL: free */
    uint64_t host_iva, handler;
};

struct ia64_vti {
    bool environment;
    uint64_t config;
    struct ia64_vp vp[IA64_VIRTUAL_PROCESSORS];
    struct ia64_vp *now; /* restored: the one that PSR.vm = 1 means */
    /* Taken over from the VPD by SYNC_WRITE and SET_PENDING_INTERRUPT. */
    uint64_t vac, vdc, vhpi;
    /* Of the intercept on its way. */
    uint64_t cause, opcode;
};

/* The cause of vti.def for a row of sensitive.def; 0: not virtualized. */
unsigned ia64_vti_cause(unsigned op);
/* Row of sensitive.def of a cause; IA64_SENS_COUNT: no such cause. */
unsigned ia64_vti_op(unsigned cause);

/* PSR.vm is 1 and `op` has passed all other checks. Returns if it executes as
 * on the bare processor; else it has been done, or faults, and this does not
 * return. */
void ia64_vti_check(struct ia64_cpu *c, const struct ia64_insn *i, unsigned op);
/* The Virtualization fault. */
void ia64_vti_fault(struct ia64_cpu *c, const struct ia64_insn *i, unsigned op)
    __attribute__((noreturn));
/* Whether vmsw may switch here, but for its page. */
bool ia64_vti_vmsw(const struct ia64_cpu *c);
/* After a Virtualization fault was delivered: PAL's hand-over. */
void ia64_vti_hand_over(struct ia64_cpu *c);
/* Whether the pending virtual interrupt is unmasked: Virtual External
 * Interrupt. */
bool ia64_vti_interrupt(const struct ia64_cpu *c);

/* ---- PAL procedures. Statuses as PAL's ---- */
enum ia64_pal_status {
    PAL_OK = 0,
    PAL_UNIMPLEMENTED = -1,
    PAL_INVALID = -2,
    PAL_ERROR = -3,
    PAL_NO_ENVIRONMENT = -9,
};

/* config_options of PAL_VP_INIT_ENV */
#define IA64_ENV_INITIALIZE (1ull << 0)
#define IA64_ENV_FR_PMC     (1ull << 1)
#define IA64_ENV_BE         (1ull << 2)
#define IA64_ENV_OPCODE     (1ull << 8) /* must be set */
#define IA64_ENV_CAUSE      (1ull << 9)
#define IA64_ENV_GITC       (1ull << 10)
#define IA64_ENV_IMPL       (1ull << 63)

/* Size of an environment's buffer, and which config_options there are. */
enum ia64_pal_status ia64_pal_vp_env_info(struct ia64_cpu *c,
                                          uint64_t *buffer_bytes,
                                          uint64_t *info);
/* The buffer at vbase becomes the environment. *vsa_base: of the services. */
enum ia64_pal_status ia64_pal_vp_init_env(struct ia64_cpu *c, uint64_t config,
                                          uint64_t pbase, uint64_t vbase,
                                          uint64_t *vsa_base);
/* iva 0: CR.IVA stays. */
enum ia64_pal_status ia64_pal_vp_exit_env(struct ia64_cpu *c, uint64_t iva);
/* vpd is borrowed until PAL_VP_TERMINATE. handler 0: the IVT's vector. */
enum ia64_pal_status ia64_pal_vp_create(struct ia64_cpu *c,
                                        struct ia64_vpd *vpd, uint64_t host_iva,
                                        uint64_t handler);
enum ia64_pal_status ia64_pal_vp_register(struct ia64_cpu *c,
                                          struct ia64_vpd *vpd,
                                          uint64_t host_iva, uint64_t handler);
/* procedures: a mask of PAL procedures with settings of their own; this PAL
 * knows none: 0. */
enum ia64_pal_status ia64_pal_vp_restore(struct ia64_cpu *c,
                                         struct ia64_vpd *vpd,
                                         uint64_t procedures);
enum ia64_pal_status ia64_pal_vp_save(struct ia64_cpu *c, struct ia64_vpd *vpd,
                                      uint64_t procedures);
enum ia64_pal_status ia64_pal_vp_terminate(struct ia64_cpu *c,
                                           struct ia64_vpd *vpd, uint64_t iva);

/* ---- Services. The vpd is that of the restored virtual processor, PSR.ic and
 * PSR.vm are 0; false: they are not, nothing was done. ---- */

/* rfi into the guest by IPSR (vm and bn set), IIP and IFS. IIPA becomes that of
 * the guest's next interruption. NORMAL: vpsr.ic is 1, or nothing is
 * accelerated or disabled. HANDLER: any vpsr.ic; vac is the VPD's, bit 63: the
 * frame is incomplete and its loads go on. */
bool ia64_vps_resume_normal(struct ia64_cpu *c, struct ia64_vpd *vpd);
bool ia64_vps_resume_handler(struct ia64_cpu *c, struct ia64_vpd *vpd,
                             uint64_t vac);
#define IA64_RESUME_CFLE (1ull << 63)
/* Between the VPD and what the processor took over from it. */
bool ia64_vps_sync_read(struct ia64_cpu *c, struct ia64_vpd *vpd);
bool ia64_vps_sync_write(struct ia64_cpu *c, struct ia64_vpd *vpd);
/* The VPD's vhpi is the highest pending interrupt: 0 none, vector >> 4, 16
 * ExtINT, 32 NMI. */
bool ia64_vps_set_pending_interrupt(struct ia64_cpu *c, struct ia64_vpd *vpd);
uint64_t ia64_vps_thash(struct ia64_cpu *c, uint64_t va, uint64_t rr,
                        uint64_t pta);
uint64_t ia64_vps_ttag(struct ia64_cpu *c, uint64_t va, uint64_t rr);
/* Light forms of PAL_VP_RESTORE and PAL_VP_SAVE; skip: without the implicit
 * SYNC_WRITE or SYNC_READ. */
bool ia64_vps_restore(struct ia64_cpu *c, struct ia64_vpd *vpd, bool skip);
bool ia64_vps_save(struct ia64_cpu *c, struct ia64_vpd *vpd, bool skip);

/* Name of a row of LEDGER_VPS, NULL past the last one. */
const char *ia64_vps_name(unsigned reason);

#endif
