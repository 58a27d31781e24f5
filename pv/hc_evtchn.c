/* hc_evtchn.c: event_channel_op [XEN event_channel.h]. */
#include "pv/evtchn.h"

/* Domain ids that a guest may name: itself, the back-end domain (which it has
 * no rights over), none. */
enum who { SELF, BACKEND, NOBODY };

static enum who who(domid_t dom)
{
    if (dom == DOMID_SELF || dom == PV_DOMID)
        return SELF;
    return dom == PV_DOMID_BACKEND ? BACKEND : NOBODY;
}

static int64_t not_mine(domid_t dom)
{
    return who(dom) == BACKEND ? -XEN_EPERM : -XEN_ESRCH;
}

/* Only vcpu 0 is there. */
static bool vcpu_ok(uint32_t vcpu)
{
    return vcpu < PV_VCPUS;
}

static int64_t alloc_unbound(struct pv_domain *d,
                             struct evtchn_alloc_unbound *op)
{
    int64_t port;

    if (who(op->dom) != SELF)
        return not_mine(op->dom);
    port = pv_evtchn_free_port(d);
    if (port < 0)
        return port;
    d->evtchn->port[port] = (struct pv_port){
        .state = PVE_UNBOUND,
        .remote_dom = op->remote_dom == DOMID_SELF ? PV_DOMID : op->remote_dom};
    op->port = (evtchn_port_t)port;
    return 0;
}

static int64_t bind_interdomain(struct pv_domain *d,
                                struct evtchn_bind_interdomain *op)
{
    struct pv_port *remote;
    int64_t port;

    if (who(op->remote_dom) == NOBODY)
        return -XEN_ESRCH;
    port = pv_evtchn_free_port(d);
    if (port < 0)
        return port;
    /* The back-end domain leaves no port unbound for anybody. */
    if (who(op->remote_dom) == BACKEND)
        return -XEN_EINVAL;
    remote = pv_evtchn_port(d, op->remote_port);
    if (remote == NULL || remote->state != PVE_UNBOUND ||
        remote->remote_dom != PV_DOMID)
        return -XEN_EINVAL;
    d->evtchn->port[port] = (struct pv_port){.state = PVE_INTERDOMAIN,
                                             .remote_dom = PV_DOMID,
                                             .remote_port = op->remote_port};
    *remote = (struct pv_port){.state = PVE_INTERDOMAIN,
                               .remote_dom = PV_DOMID,
                               .remote_port = (uint32_t)port};
    /* Notifications may have been lost before. */
    pv_evtchn_set_pending(d, (uint32_t)port);
    op->local_port = (evtchn_port_t)port;
    return 0;
}

static bool virq_is_global(uint32_t virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
           virq != VIRQ_XENPMU;
}

static int64_t bind_virq(struct pv_domain *d, struct evtchn_bind_virq *op)
{
    struct pv_evtchn *e = d->evtchn;
    int64_t port;

    if (op->virq >= NR_VIRQS || (virq_is_global(op->virq) && op->vcpu != 0))
        return -XEN_EINVAL;
    if (!vcpu_ok(op->vcpu))
        return -XEN_ENOENT;
    if (e->virq_port[op->virq] != 0)
        return -XEN_EEXIST;
    port = pv_evtchn_free_port(d);
    if (port < 0)
        return port;
    e->port[port] =
        (struct pv_port){.state = PVE_VIRQ, .virq = (uint8_t)op->virq};
    e->virq_port[op->virq] = (uint32_t)port;
    op->port = (evtchn_port_t)port;
    return 0;
}

static int64_t bind_ipi(struct pv_domain *d, struct evtchn_bind_ipi *op)
{
    int64_t port;

    if (!vcpu_ok(op->vcpu))
        return -XEN_ENOENT;
    port = pv_evtchn_free_port(d);
    if (port < 0)
        return port;
    d->evtchn->port[port] = (struct pv_port){.state = PVE_IPI};
    op->port = (evtchn_port_t)port;
    return 0;
}

/* The domain has no physical interrupts. */
static int64_t bind_pirq(struct pv_domain *d, struct evtchn_bind_pirq *op)
{
    (void)d;
    (void)op;
    return -XEN_EINVAL;
}

static int64_t do_close(struct pv_domain *d, struct evtchn_close *op)
{
    return pv_evtchn_close(d, op->port);
}

static int64_t do_send(struct pv_domain *d, struct evtchn_send *op)
{
    struct pv_port *p = pv_evtchn_port(d, op->port);
    struct pv_backend *b;

    if (p == NULL)
        return -XEN_EINVAL;
    switch (p->state) {
    case PVE_INTERDOMAIN:
        if (p->backend == 0) {
            pv_evtchn_set_pending(d, p->remote_port);
            return 0;
        }
        b = &d->evtchn->backend[p->backend - 1];
        b->fn(b->opaque);
        return 0;
    case PVE_IPI:
        pv_evtchn_set_pending(d, op->port);
        return 0;
    case PVE_UNBOUND:
        return 0; /* nobody hears it */
    }
    return -XEN_EINVAL;
}

static int64_t do_status(struct pv_domain *d, struct evtchn_status *op)
{
    struct pv_port *p;

    if (who(op->dom) != SELF)
        return not_mine(op->dom);
    p = pv_evtchn_port(d, op->port);
    if (p == NULL)
        return -XEN_EINVAL;
    op->vcpu = 0;
    switch (p->state) {
    case PVE_FREE:
        op->status = EVTCHNSTAT_closed;
        break;
    case PVE_UNBOUND:
        op->status = EVTCHNSTAT_unbound;
        op->u.unbound.dom = p->remote_dom;
        break;
    case PVE_INTERDOMAIN:
        op->status = EVTCHNSTAT_interdomain;
        op->u.interdomain.dom = p->remote_dom;
        op->u.interdomain.port = p->remote_port;
        break;
    case PVE_VIRQ:
        op->status = EVTCHNSTAT_virq;
        op->u.virq = p->virq;
        break;
    case PVE_IPI:
        op->status = EVTCHNSTAT_ipi;
        break;
    }
    return 0;
}

static int64_t bind_vcpu(struct pv_domain *d, struct evtchn_bind_vcpu *op)
{
    struct pv_port *p;

    if (!vcpu_ok(op->vcpu))
        return -XEN_ENOENT;
    p = pv_evtchn_port(d, op->port);
    if (p == NULL)
        return -XEN_EINVAL;
    if (p->state == PVE_UNBOUND || p->state == PVE_INTERDOMAIN ||
        (p->state == PVE_VIRQ && virq_is_global(p->virq)))
        return 0; /* vcpu 0 it is already */
    return -XEN_EINVAL;
}

static int64_t do_unmask(struct pv_domain *d, struct evtchn_unmask *op)
{
    if (pv_evtchn_port(d, op->port) == NULL)
        return -XEN_EINVAL;
    pv_evtchn_unmask(d, op->port);
    return 0;
}

static int64_t do_reset(struct pv_domain *d, struct evtchn_reset *op)
{
    uint32_t i;

    if (who(op->dom) != SELF)
        return not_mine(op->dom);
    for (i = 1; i < pv_evtchn_ports(d); i++)
        if (d->evtchn->port[i].state != PVE_FREE && pv_evtchn_close(d, i) != 0)
            return -XEN_EINVAL; /* cannot be: it is open */
    return 0;
}

/* One line a sub-operation: copies in, carries out, copies out the answer;
 * whether that can be written is tried before anything changes. All structures
 * are the same for 32-bit guests. */
#define OP(name, handler, out)                                                 \
    case EVTCHNOP_##name: {                                                    \
        struct evtchn_##name op;                                               \
        int64_t rc = pv_copy_from(d, &op, va, sizeof(op));                     \
                                                                               \
        if (rc == 0 && (out))                                                  \
            rc = pv_copy_to(d, va, &op, sizeof(op));                           \
        if (rc == 0)                                                           \
            rc = handler(d, &op);                                              \
        if (rc == 0 && (out))                                                  \
            rc = pv_copy_to(d, va, &op, sizeof(op));                           \
        return rc;                                                             \
    }

static int64_t evtchn_op(struct pv_domain *d, uint32_t cmd, uint64_t va)
{
    switch (cmd) {
        OP(alloc_unbound, alloc_unbound, true)
        OP(bind_interdomain, bind_interdomain, true)
        OP(bind_virq, bind_virq, true)
        OP(bind_ipi, bind_ipi, true)
        OP(bind_pirq, bind_pirq, false)
        OP(close, do_close, false)
        OP(send, do_send, false)
        OP(status, do_status, true)
        OP(bind_vcpu, bind_vcpu, false)
        OP(unmask, do_unmask, false)
        OP(reset, do_reset, false)
    }
    return -XEN_ENOSYS; /* the FIFO ABI's operations among them */
}

int64_t pv_do_event_channel_op(struct pv_domain *d, const uint64_t arg[6])
{
    return evtchn_op(d, (uint32_t)arg[0], arg[1]);
}

/* The operation and its structure in one [XEN struct evtchn_op]. */
int64_t pv_do_event_channel_op_compat(struct pv_domain *d,
                                      const uint64_t arg[6])
{
    uint32_t cmd;
    int64_t rc = pv_copy_from(d, &cmd, arg[0], sizeof(cmd));

    if (rc != 0)
        return rc;
    if (cmd > EVTCHNOP_unmask)
        return -XEN_ENOSYS;
    return evtchn_op(d, cmd, arg[0] + offsetof(struct evtchn_op, u));
}
