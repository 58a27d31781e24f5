/* evtchn.h: event channels of the 2-level ABI [XEN event_channel.h]: ports,
 * their ends, and delivery into shared_info and vcpu_info. */
#ifndef PV_EVTCHN_H
#define PV_EVTCHN_H

#include "pv/domain.h"

#define PV_EVTCHN_MAX  4096u /* ports of a 64-bit guest; 32-bit: 1024 */
#define PV_BACKEND_MAX 8u    /* back ends in this process */

enum pv_port_state {
    PVE_FREE,
    PVE_UNBOUND,
    PVE_INTERDOMAIN,
    PVE_VIRQ,
    PVE_IPI,
    PVE_STATES
};

struct pv_port {
    uint8_t state;   /* enum pv_port_state */
    uint8_t virq;    /* PVE_VIRQ */
    uint8_t backend; /* PVE_INTERDOMAIN: 1 + index of the back end; 0: the
                      * other end is a port of this domain */
    uint16_t remote_dom;
    uint32_t remote_port;
};

/* Which port a vcpu in SCHEDOP_poll waits for. */
#define PV_POLL_NONE 0u
#define PV_POLL_ANY  UINT32_MAX

struct pv_backend {
    void (*fn)(void *opaque);
    void *opaque;
};

struct pv_evtchn {
    struct pv_port port[PV_EVTCHN_MAX];
    uint32_t virq_port[NR_VIRQS]; /* 0: not bound */
    uint32_t poll_port;
    struct pv_backend backend[PV_BACKEND_MAX]; /* not state: set at creation */
    unsigned nr_backends;
};

/* Ports of this guest, port 0 (never used) included. */
unsigned pv_evtchn_ports(const struct pv_domain *d);

/* The port, or NULL where the number is none. */
struct pv_port *pv_evtchn_port(struct pv_domain *d, uint32_t port);

/* The lowest free port, or -XEN_ENOSPC. Clears its pending bit. */
int64_t pv_evtchn_free_port(struct pv_domain *d);

/* As EVTCHNOP_close: 0 or -XEN_EINVAL. */
int64_t pv_evtchn_close(struct pv_domain *d, uint32_t port);

/* The 0 -> 1 transition of a port's pending bit, and what follows from it. */
void pv_evtchn_set_pending(struct pv_domain *d, uint32_t port);
bool pv_evtchn_pending(struct pv_domain *d, uint32_t port);
void pv_evtchn_unmask(struct pv_domain *d, uint32_t port);

/* Sets evtchn_upcall_pending if it is not, and wakes the vcpu. */
void pv_evtchn_mark(struct pv_domain *d);

/* Name a back end before the guest runs, in the same order every time; 0: there
 * are too many. Its number stays the same over snapshots. */
unsigned pv_evtchn_backend(struct pv_domain *d, void (*fn)(void *),
                           void *opaque);

/* A back end binds to a port that the guest left unbound for PV_DOMID_BACKEND;
 * false: there is none. As bind_interdomain does, it raises no event at the
 * guest's end. */
bool pv_evtchn_connect(struct pv_domain *d, uint32_t port, unsigned backend);
/* The back end closes its end, if the port is still bound to it. */
void pv_evtchn_disconnect(struct pv_domain *d, uint32_t port, unsigned backend);

#endif
