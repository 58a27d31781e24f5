/* domain.h: a PV guest as its VMM sees it: what the files of this folder share.
 * Private to pv/.
 *
 * Address kinds: va = guest linear address; mfn = machine frame, i.e. the
 * machine's guest-physical address >> 12; pfn = the guest's own frame number
 * (its p2m table and the machine's M2P table relate the two; the VMM keeps no
 * p2m of its own after the domain was built).
 *
 * Hypercalls: `int64_t pv_do_NAME(struct pv_domain *d, const uint64_t arg[6])`,
 * one line in hypercalls.def each. The result is the guest's RAX (EAX): 0 or a
 * value, or -XEN_Exxx. Arguments of a 32-bit guest come zero-extended; where a
 * structure in guest memory has another layout there, the handler looks at
 * d->is32. Check everything before changing anything. What can be
 * long gives way (preempt.h).
 * A handler may be entered again through multicall, never nested otherwise.
 * A handler that leaves the guest in another place than after the hypercall
 * (iret) writes the vcpu's state and sets d->no_result.
 *
 * After each hypercall (and each other exit) the engine looks whether an event
 * is pending and not masked, and if so makes the callback frame. */
#ifndef PV_DOMAIN_H
#define PV_DOMAIN_H

#include "common/base/err.h"
#include "common/machine/snap.h"
#include "common/x86/cpu.h"
#include "pv/xen.h"

#define PV_VCPUS 1 /* vcpus a domain can have */

/* The Xen whose ABI this is. */
#define PV_XEN_MAJOR 4
#define PV_XEN_MINOR 17

/* The reserved range of addresses ("hole"): 64-bit [XEN arch-x86/xen-x86_64.h],
 * 32-bit PAE [XEN arch-x86/xen-x86_32.h]. */
#define PV_HOLE64_START 0xffff800000000000ull
#define PV_HOLE64_END   0xffff880000000000ull
#define PV_HOLE32_START 0xf5800000ull
#define PV_HOLE32_END   0xf6800000ull /* of what the guest may read: M2P */

/* Our domain id and that of the (absent) back-end domain. */
#define PV_DOMID         1u
#define PV_DOMID_BACKEND 0u

/* ---- frames (frames.c) ---- */
enum pv_type {
    PVT_NONE, /* no type: may become any */
    PVT_L1,
    PVT_L2,
    PVT_L2_HOLE, /* 32-bit: the one in L3[3], with the VMM's entries */
    PVT_L3,
    PVT_L4,
    PVT_SEG,      /* descriptor page of a GDT or LDT */
    PVT_WRITABLE, /* mapped writable, or written by the VMM for the guest */
};

enum pv_owner {
    PVO_NONE,   /* no RAM there */
    PVO_FREE,   /* RAM that nobody has */
    PVO_VMM,    /* the VMM's own: M2P table, descriptor tables, page tables */
    PVO_DOMAIN, /* the guest's */
    PVO_SHARED, /* the VMM's, that the guest may map: shared_info, grant table
                 */
};

struct pv_frame {
    uint8_t owner; /* enum pv_owner */
    uint8_t type;  /* enum pv_type; meaningful while type_count > 0 */
    bool pinned;   /* by MMUEXT_PIN_Ln_TABLE: holds one type reference */
    bool validated;
    bool allocated; /* PVO_DOMAIN: the domain holds its own reference */
    uint32_t count; /* all references, typed ones included */
    uint32_t type_count;
    uint64_t stamp; /* d->tlb_epoch when type_count last fell to 0 */
};

struct pv_evtchn;  /* evtchn.h, P2 */
struct pv_grants;  /* grant.h, P2 */
struct pv_time;    /* time.h, P2: pvclock, timer, runstate */
struct pv_console; /* console.h, P2 */
struct pv_store;   /* xenstore.h, P2 */
struct pv_blk;     /* blkback.h, P2 */

struct pv_callback {
    uint64_t cs, ip; /* cs: 32-bit guests only */
    bool mask;       /* upcalls are masked at entry */
};

/* What the guest set with XENMEM_set_memory_map, as it wrote it. */
#define PV_MEMMAP_MAX 1024u
struct pv_memmap {
    uint32_t nr;
    uint8_t entry[PV_MEMMAP_MAX][20];
};

struct pv_domain {
    struct vcpu *v;
    struct x86_cpu *c;
    struct machine *m;
    bool is32;
    char crash_reason[160]; /* "": none; what v->crash points to */

    /* ---- memory (frames.c, build.c) ---- */
    struct pv_frame *frame; /* [nr_frames] by mfn */
    uint64_t nr_frames;
    uint64_t tot_pages, max_pages; /* of the domain */
    uint64_t *free_mfn;            /* stack of free frames */
    uint64_t nr_free;
    uint64_t m2p_mfn, m2p_frames; /* the M2P table: entries of 8 (4) bytes */
    uint64_t hole_entry[512];     /* the VMM's entries of L4 (32-bit: L2[3]) */
    uint64_t percpu_l1_mfn;       /* GDT and LDT mapping area */
    uint64_t gdt_page_mfn;        /* the VMM's own descriptors */
    uint64_t tlb_epoch;           /* counts full flushes */
    struct pv_memmap *memmap;     /* NULL: none was set */

    /* ---- page shared with the guest (shinfo.c) ---- */
    uint64_t shared_mfn;   /* shared_info */
    uint64_t vcpu_info_pa; /* machine address of vcpu 0's vcpu_info */
    uint64_t start_info_va;

    /* ---- the vcpu (vcpu state that no register holds) ---- */
    bool kernel_mode;              /* 64-bit: which of the two modes at CPL 3 */
    uint64_t kernel_cr3, user_cr3; /* machine addresses; user 0: none */
    uint64_t kernel_ss, kernel_sp;
    struct trap_info trap[256]; /* address 0: none */
    struct pv_callback event, failsafe, syscall, syscall32, sysenter, nmi;
    uint64_t gdt_mfn[14];
    unsigned gdt_ents;
    uint64_t ldt_base;
    unsigned ldt_ents;
    uint64_t ctrl[8];   /* guest's view: cr0, cr4 */
    uint64_t vm_assist; /* bits 1 << VMASST_TYPE_*, of hypercall vm_assist */
    uint8_t iopl;
    bool cpuid_faulting; /* of user code: MSR_MISC_FEATURES_ENABLES */
    bool no_result;      /* see above */
    bool in_multicall;
    bool nmi_pending, nmi_masked;

    /* ---- parts: created by pv_NAME_create() in this order ---- */
    struct pv_evtchn *evtchn;
    struct pv_time *time;
    struct pv_grants *grants;
    struct pv_console *console;
    struct pv_store *store;
    struct pv_blk *blk; /* NULL without --disk */
    struct pv_net *net; /* NULL without --net */

    /* physdev_op: port permissions of user code (a bit array of 8 KiB at this
     * linear address, 0: none; and how many ports it speaks of) and the page of
     * set_pirq_eoi_gmfn (0: none). */
    uint64_t iobmp_va;
    uint32_t iobmp_ports;
    uint64_t pirq_eoi_mfn;

    /* A hypercall that gave up before its end: see preempt.h. */
    bool preempted;
    uint64_t preempt_arg[6];

    /* Set by pv_domain_create from start-up choices: frames of the rings. */
    uint64_t console_mfn, store_mfn;
    uint32_t console_port, store_port;

    struct pv_ptwr *ptwr; /* ptwr.c */
    /* Invariant checker (check.c): every so many exits; 0: off. */
    uint64_t check_every, check_left;
};

/* The domain of a vcpu under this engine. */
static inline struct pv_domain *pv_domain(struct vcpu *v)
{
    return v->vmm;
}

/* ---- guest memory by linear address (guestmem.c) ----
 * As the hypervisor copies: through the tables in use, whatever the guest's
 * mode; ranges that touch the hole, are not canonical, are not present or (to)
 * not writable give -XEN_EFAULT. A failing copy may have copied a part, in
 * ascending order. A and D bits are set. Never faults the host. */
int64_t pv_copy_from(struct pv_domain *d, void *dst, uint64_t va,
                     uint64_t len) MUST_CHECK;
int64_t pv_copy_to(struct pv_domain *d, uint64_t va, const void *src,
                   uint64_t len) MUST_CHECK;
/* The same through the kernel's tables, whichever are in use. */
int64_t pv_copy_from_kernel(struct pv_domain *d, void *dst, uint64_t va,
                            uint64_t len) MUST_CHECK;

/* True if [va, va + n * size) could be a guest's at all (no overflow, no hole):
 * what Xen's guest_handle_okay says. */
bool pv_range_okay(const struct pv_domain *d, uint64_t va, uint64_t n,
                   uint64_t size);

/* ---- machine memory ----
 * Of frames whose owner was checked. Writes mark pages dirty and tell the block
 * cache; `at` + len stays within the frame. */
void pv_read_frame(struct pv_domain *d, uint64_t mfn, unsigned at, void *buf,
                   unsigned len);
void pv_write_frame(struct pv_domain *d, uint64_t mfn, unsigned at,
                    const void *buf, unsigned len);

/* ---- frames (frames.c) ---- */
/* NULL past the end of memory. */
struct pv_frame *pv_frame(struct pv_domain *d, uint64_t mfn);
/* A general reference to a frame of the domain (or one it may map); false: not
 * the domain's. put frees a frame that the domain gave up at its last
 * reference. */
bool pv_get_frame(struct pv_domain *d, uint64_t mfn) MUST_CHECK;
void pv_put_frame(struct pv_domain *d, uint64_t mfn);
/* The same, with a type. PVT_L1..L4 validate the table at the first reference.
 * 0 or -XEN_EINVAL (not the domain's, has another type, a wrong entry). */
int64_t pv_get_typed(struct pv_domain *d, uint64_t mfn,
                     enum pv_type type) MUST_CHECK;
void pv_put_typed(struct pv_domain *d, uint64_t mfn);
/* A zeroed frame of the VMM's heap with this owner; 0: none is left. */
uint64_t pv_alloc_frame(struct pv_domain *d, enum pv_owner owner) MUST_CHECK;

/* ---- shared_info and vcpu_info (shinfo.c); layouts by is32 ---- */
/* Byte offsets within vcpu_info are the same but for these. */
bool pv_upcall_pending(struct pv_domain *d);
bool pv_upcall_mask(struct pv_domain *d);
void pv_set_upcall_pending(struct pv_domain *d, bool on);
void pv_set_upcall_mask(struct pv_domain *d, bool on);
void pv_set_cr2(struct pv_domain *d, uint64_t cr2);
/* Read or write a field of shared_info or vcpu_info by byte offset (use
 * offsetof of the layout that is32 says). */
void pv_shared_read(struct pv_domain *d, unsigned at, void *buf, unsigned len);
void pv_shared_write(struct pv_domain *d, unsigned at, const void *buf,
                     unsigned len);
void pv_vinfo_read(struct pv_domain *d, unsigned at, void *buf, unsigned len);
void pv_vinfo_write(struct pv_domain *d, unsigned at, const void *buf,
                    unsigned len);

/* ---- what hypercalls and parts may ask of the vcpu (engine.c) ---- */
/* evtchn_upcall_pending was set, by a hypercall or a timer: interrupt the guest
 * at the next boundary if it does not mask events; wakes it if it is blocked.
 */
void pv_kick(struct pv_domain *d);
/* SCHEDOP_block: unmask events and halt unless one is pending. */
void pv_block(struct pv_domain *d);
/* SCHEDOP_poll: halt, with the event mask as it is; pv_wake() is called when a
 * polled port becomes pending or the timeout is over. */
void pv_poll(struct pv_domain *d);
void pv_wake(struct pv_domain *d);
/* End the guest because it broke a rule: the run ends as RUN_CRASHED with the
 * first reason given (printf-like). As Xen's domain_crash(). */
void pv_crash(struct pv_domain *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool pv_crashed(const struct pv_domain *d);
/* NMI callback asked for by nmi_op / vcpu_op. */
void pv_send_nmi(struct pv_domain *d);

/* ---- the parts: life, and what others call ----
 * create: after memory, shared_info and the ring frames exist, before the guest
 * runs. destroy(NULL) is a no-op. */
enum status pv_evtchn_create(struct pv_domain *d, struct error *err);
void pv_evtchn_destroy(struct pv_domain *d);
void pv_evtchn_snapshot(struct pv_domain *d, struct snap *s);
/* A port bound to our in-process back end `fn`, as interdomain to
 * PV_DOMID_BACKEND; 0: none free. The guest's notification calls fn (not
 * nested: at the end of the hypercall). */
uint32_t pv_evtchn_bind_backend(struct pv_domain *d, void (*fn)(void *),
                                void *opaque);
/* The back end's notification to the guest: set the port pending. */
void pv_evtchn_raise(struct pv_domain *d, uint32_t port);
void pv_evtchn_virq(struct pv_domain *d, unsigned virq);

enum status pv_time_create(struct pv_domain *d, struct error *err);
void pv_time_destroy(struct pv_domain *d);
void pv_time_snapshot(struct pv_domain *d, struct snap *s);
/* Refresh vcpu_time_info and wall clock in the shared pages (vcpu_info moved,
 * domain starts). */
void pv_time_publish(struct pv_domain *d);

enum status pv_grants_create(struct pv_domain *d, struct error *err);
void pv_grants_destroy(struct pv_domain *d);
void pv_grants_snapshot(struct pv_domain *d, struct snap *s);
/* add_to_physmap/XENMEM of grant frames, mapping of a grant as page: by
 * update_va_mapping no; by GNTTABOP_map_grant_ref with our memory only. */

/* Takes console_mfn, sets console_port; output goes to
 * machine_console_output(). */
enum status pv_console_create(struct pv_domain *d, struct error *err);
void pv_console_destroy(struct pv_domain *d);
void pv_console_snapshot(struct pv_domain *d, struct snap *s);

/* Takes store_mfn, sets store_port. */
enum status pv_store_create(struct pv_domain *d, struct error *err);
void pv_store_destroy(struct pv_domain *d);
void pv_store_snapshot(struct pv_domain *d, struct snap *s);

/* With a disk on the board; else does nothing. Needs the store. */
enum status pv_blk_create(struct pv_domain *d, struct error *err);
void pv_blk_destroy(struct pv_domain *d);
void pv_blk_snapshot(struct pv_domain *d, struct snap *s);

/* With a network card on the board; else does nothing. Needs the store. */
enum status pv_net_create(struct pv_domain *d, struct error *err);
void pv_net_destroy(struct pv_domain *d);
void pv_net_snapshot(struct pv_domain *d, struct snap *s);

/* ---- hypercalls (hypercalls.def) ---- */
#define HYPERCALL(name, sub, last)                                             \
    int64_t pv_do_##name(struct pv_domain *d, const uint64_t arg[6]);
#include "pv/hypercalls.def"
#undef HYPERCALL

/* Carry out hypercall nr: count it, call its handler; -XEN_ENOSYS for unknown
 * ones. Also what multicall calls for each entry. */
int64_t pv_hypercall(struct pv_domain *d, uint64_t nr, const uint64_t arg[6]);

/* A row for the entries of a batch, one by one: `op` is the entry's own
 * sub-operation (MMUEXT_*, MMU_*, GNTTABOP_*, or the hypercall's number in a
 * multicall). */
void pv_count_entries(struct pv_domain *d, unsigned nr, unsigned op,
                      uint64_t n);

#endif
