/* evtchn.c: event channels of the 2-level ABI. */
#include "pv/evtchn.h"

#include <stdlib.h>

#include "pv/time.h"

/* Where the bit arrays are, by layout. */
#define AT(d, field)                                                           \
    ((d)->is32 ? offsetof(struct shared_info_x86_32, field)                    \
               : offsetof(struct shared_info, field))

static unsigned word_bits(const struct pv_domain *d)
{
    return d->is32 ? 32 : 64;
}

unsigned pv_evtchn_ports(const struct pv_domain *d)
{
    return word_bits(d) * word_bits(d);
}

struct pv_port *pv_evtchn_port(struct pv_domain *d, uint32_t port)
{
    if (port == 0 || port >= pv_evtchn_ports(d))
        return NULL;
    return &d->evtchn->port[port];
}

/* ---- bits of the shared page ---- */

static bool test_bit(struct pv_domain *d, unsigned at, uint32_t n)
{
    uint8_t b;

    pv_shared_read(d, at + n / 8, &b, 1);
    return (b >> n % 8 & 1) != 0;
}

/* Returns what the bit was. */
static bool set_bit(struct pv_domain *d, unsigned at, uint32_t n, bool on)
{
    uint8_t b, old;

    pv_shared_read(d, at + n / 8, &old, 1);
    b = (uint8_t)(on ? old | 1u << n % 8 : old & ~(1u << n % 8));
    if (b != old)
        pv_shared_write(d, at + n / 8, &b, 1);
    return (old >> n % 8 & 1) != 0;
}

/* The selector's bit for this port: returns what it was. */
static bool select_word(struct pv_domain *d, uint32_t port)
{
    unsigned n = port / word_bits(d);
    unsigned at = d->is32
                      ? offsetof(struct vcpu_info_x86_32, evtchn_pending_sel)
                      : offsetof(struct vcpu_info, evtchn_pending_sel);
    uint8_t old, b;

    pv_vinfo_read(d, at + n / 8, &old, 1);
    b = (uint8_t)(old | 1u << n % 8);
    if (b != old)
        pv_vinfo_write(d, at + n / 8, &b, 1);
    return b == old;
}

/* ---- delivery ---- */

void pv_evtchn_mark(struct pv_domain *d)
{
    if (pv_upcall_pending(d))
        return;
    pv_set_upcall_pending(d, true);
    if (!pv_upcall_mask(d)) {
        d->evtchn->poll_port = PV_POLL_NONE;
        pv_time_woken(d);
    }
    pv_kick(d);
}

static void check_poller(struct pv_domain *d, uint32_t port)
{
    struct pv_evtchn *e = d->evtchn;

    if (e->poll_port != PV_POLL_ANY && e->poll_port != port)
        return;
    e->poll_port = PV_POLL_NONE;
    pv_time_woken(d);
    pv_wake(d);
}

void pv_evtchn_set_pending(struct pv_domain *d, uint32_t port)
{
    if (set_bit(d, (unsigned)AT(d, evtchn_pending), port, true))
        return;
    if (!test_bit(d, (unsigned)AT(d, evtchn_mask), port) &&
        !select_word(d, port))
        pv_evtchn_mark(d);
    check_poller(d, port);
}

bool pv_evtchn_pending(struct pv_domain *d, uint32_t port)
{
    return test_bit(d, (unsigned)AT(d, evtchn_pending), port);
}

void pv_evtchn_unmask(struct pv_domain *d, uint32_t port)
{
    if (set_bit(d, (unsigned)AT(d, evtchn_mask), port, false) &&
        pv_evtchn_pending(d, port) && !select_word(d, port))
        pv_evtchn_mark(d);
}

void pv_evtchn_raise(struct pv_domain *d, uint32_t port)
{
    struct pv_port *p = pv_evtchn_port(d, port);

    if (p != NULL && p->state != PVE_FREE)
        pv_evtchn_set_pending(d, port);
}

void pv_evtchn_virq(struct pv_domain *d, unsigned virq)
{
    if (virq < NR_VIRQS && d->evtchn->virq_port[virq] != 0)
        pv_evtchn_set_pending(d, d->evtchn->virq_port[virq]);
}

/* ---- ports ---- */

int64_t pv_evtchn_free_port(struct pv_domain *d)
{
    unsigned n = pv_evtchn_ports(d);
    uint32_t i;

    for (i = 1; i < n; i++) {
        if (d->evtchn->port[i].state != PVE_FREE)
            continue;
        set_bit(d, (unsigned)AT(d, evtchn_pending), i, false);
        return i;
    }
    return -XEN_ENOSPC;
}

int64_t pv_evtchn_close(struct pv_domain *d, uint32_t port)
{
    struct pv_port *p = pv_evtchn_port(d, port), *other;

    if (p == NULL || p->state == PVE_FREE)
        return -XEN_EINVAL;
    if (p->state == PVE_VIRQ)
        d->evtchn->virq_port[p->virq] = 0;
    if (p->state == PVE_INTERDOMAIN && p->backend == 0) {
        other = &d->evtchn->port[p->remote_port];
        *other = (struct pv_port){.state = PVE_UNBOUND, .remote_dom = PV_DOMID};
    }
    *p = (struct pv_port){0};
    return 0;
}

unsigned pv_evtchn_backend(struct pv_domain *d, void (*fn)(void *),
                           void *opaque)
{
    struct pv_evtchn *e = d->evtchn;

    if (e->nr_backends == PV_BACKEND_MAX)
        return 0;
    e->backend[e->nr_backends] = (struct pv_backend){fn, opaque};
    return ++e->nr_backends;
}

static void bind(struct pv_port *p, unsigned backend)
{
    /* The number of the port in the back-end domain: any will do. */
    *p = (struct pv_port){.state = PVE_INTERDOMAIN,
                          .backend = (uint8_t)backend,
                          .remote_dom = PV_DOMID_BACKEND,
                          .remote_port = backend};
}

uint32_t pv_evtchn_bind_backend(struct pv_domain *d, void (*fn)(void *),
                                void *opaque)
{
    unsigned backend = pv_evtchn_backend(d, fn, opaque);
    int64_t port = backend != 0 ? pv_evtchn_free_port(d) : 0;

    if (port <= 0)
        return 0;
    bind(&d->evtchn->port[port], backend);
    return (uint32_t)port;
}

bool pv_evtchn_connect(struct pv_domain *d, uint32_t port, unsigned backend)
{
    struct pv_port *p = pv_evtchn_port(d, port);

    if (p == NULL || p->state != PVE_UNBOUND ||
        p->remote_dom != PV_DOMID_BACKEND || backend == 0)
        return false;
    bind(p, backend);
    return true;
}

void pv_evtchn_disconnect(struct pv_domain *d, uint32_t port, unsigned backend)
{
    struct pv_port *p = pv_evtchn_port(d, port);

    if (p != NULL && p->state == PVE_INTERDOMAIN && backend != 0 &&
        p->backend == backend)
        *p = (struct pv_port){.state = PVE_UNBOUND,
                              .remote_dom = PV_DOMID_BACKEND};
}

/* ---- life ---- */

enum status pv_evtchn_create(struct pv_domain *d, struct error *err)
{
    d->evtchn = calloc(1, sizeof(*d->evtchn));
    if (d->evtchn == NULL)
        return err_set(err, ST_NOMEM, "event channels");
    return ST_OK;
}

void pv_evtchn_destroy(struct pv_domain *d)
{
    if (d == NULL)
        return;
    free(d->evtchn);
    d->evtchn = NULL;
}

static void port_snapshot(struct pv_domain *d, struct snap *s, uint32_t i)
{
    struct pv_evtchn *e = d->evtchn;
    struct pv_port *p = &e->port[i];

    snap_u8(s, &p->state);
    snap_u8(s, &p->virq);
    snap_u8(s, &p->backend);
    snap_u16(s, &p->remote_dom);
    snap_u32(s, &p->remote_port);
    snap_require(s,
                 p->state > PVE_FREE && p->state < PVE_STATES &&
                     p->virq < NR_VIRQS && p->backend <= e->nr_backends &&
                     p->remote_port < PV_EVTCHN_MAX,
                 "event channel");
    if (s->mode == SNAP_LOAD && p->state == PVE_VIRQ)
        e->virq_port[p->virq] = i;
}

/* A pair of ports of this domain points at each other. */
static void check_pairs(struct pv_evtchn *e, struct snap *s)
{
    const struct pv_port *p, *q;
    uint32_t i;

    for (i = 1; i < PV_EVTCHN_MAX; i++) {
        p = &e->port[i];
        if (p->state != PVE_INTERDOMAIN || p->backend != 0)
            continue;
        q = &e->port[p->remote_port];
        snap_require(s,
                     q->state == PVE_INTERDOMAIN && q->backend == 0 &&
                         q->remote_port == i,
                     "event channel's other end");
    }
}

void pv_evtchn_snapshot(struct pv_domain *d, struct snap *s)
{
    struct pv_evtchn *e = d->evtchn;
    uint32_t i, port = 0;

    snap_section(s, "pv-evtchn", 1);
    snap_u32(s, &e->poll_port);
    if (s->mode == SNAP_LOAD) {
        memset(e->port, 0, sizeof(e->port));
        memset(e->virq_port, 0, sizeof(e->virq_port));
        for (;;) {
            snap_u32(s, &port);
            if (port == 0 || s->status != ST_OK)
                break;
            snap_require(s, port < pv_evtchn_ports(d), "event channel port");
            if (s->status == ST_OK)
                port_snapshot(d, s, port);
        }
        check_pairs(e, s);
        return;
    }
    for (i = 1; i < pv_evtchn_ports(d); i++) {
        if (e->port[i].state == PVE_FREE)
            continue;
        snap_u32(s, &i);
        port_snapshot(d, s, i);
    }
    snap_u32(s, &port);
}
