/* state.h: the architectural state of one x86 virtual processor.
 *
 * This is the blob that a regset describes: dump, diff, hash, snapshot and data
 * sets are made from it. Only architecture stands here; what a processor
 * derives from it (TLB, decoded blocks, cached checks) is in struct x86_cpu. */
#ifndef COMMON_X86_STATE_H
#define COMMON_X86_STATE_H

#include <stdint.h>

#include "common/x86/defs.h"

struct x86_seg {
    uint16_t sel;
    uint32_t attr;  /* SA_* */
    uint32_t limit; /* in bytes, already scaled by G */
    uint64_t base;
};

struct x86_dtable {
    uint64_t base;
    uint16_t limit;
};

/* XSAVE-format area: the legacy region is an FXSAVE image in its 64-bit
 * (REX.W) form. [SDM1 "XSAVE-Supported Features and State-Component Bitmaps",
 * "FXSAVE" in SDM2]. */
struct x86_xsave {
    uint16_t fcw, fsw;
    uint8_t ftw; /* abridged tag word: bit n set: physical register n in use */
    uint8_t rsvd;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t st[8][16]; /* ST(0)..ST(7): relative to TOP, 80 bits each */
    uint8_t xmm[16][16];
    uint8_t pad[96];
    uint64_t xstate_bv, xcomp_bv, xrsvd[6];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct x86_xsave) == 576, "XSAVE header ends at 576");

enum x86_activity { X86_ACTIVE, X86_HALTED, X86_SHUTDOWN, X86_WAIT_SIPI };

/* Bits of `shadow`: events held off until one more instruction has retired */
#define X86_SHADOW_STI   1u
#define X86_SHADOW_MOVSS 2u
/* A repeated instruction has stopped without having ended: its rest takes no
 * NMI, no INTR and no instruction breakpoint. */
#define X86_SHADOW_REP 4u

struct x86_state {
    /* 0..15 general registers; R_ZERO is always 0; R_IP is RIP. While a block
     * runs, R_IP is the RIP of the block's first instruction; use
     * x86_this_ip()/x86_next_ip() (op.h). */
    uint64_t r[R_COUNT];
    uint64_t rflags; /* while running: without FL_ARITH; see x86_cpu.arith */
    struct x86_seg seg[SEG_COUNT];
    struct x86_seg ldtr, tr;
    struct x86_dtable gdtr, idtr;
    uint64_t cr0, cr2, cr3, cr4;
    uint64_t pdpte[4]; /* PAE: loaded with CR3 */
    uint64_t dr[8];    /* 0-3, 6, 7 */
    uint64_t efer, pat;
    uint64_t star, lstar, cstar, fmask, kernel_gs_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t tsc_offset; /* guest TSC = clock + offset (IA32_TSC writes) */
    uint64_t tsc_aux, misc_enable, debugctl, spec_ctrl;
    uint64_t mtrr_def, mtrr_fix[11], mtrr_var[16];
    uint32_t activity; /* enum x86_activity */
    uint32_t shadow;   /* X86_SHADOW_* */
    uint32_t nmi_blocked, nmi_pending;
    uint32_t db_pending; /* DR6 bits of a trap to deliver at this boundary */
    /* Pins and signals from the board that wait for the next boundary. */
    uint32_t intr_line; /* level of INTR */
    uint32_t init_pending;
    uint32_t sipi_pending; /* 0x100 | vector, or 0 */
    struct x86_xsave xs;
};

#endif
