/* xenbus.c: a PV device as its back end sees it: how the two ends find each
 * other in the store. */
#include "pv/xenbus.h"

#include <stdio.h>

#include "pv/evtchn.h"
#include "pv/xenstore.h"

#define PATH_BYTES 96u

/* A node in a folder. */
static const char *in(const char *folder, const char *name,
                      char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return path;
}

static void set_state(struct pv_xenbus *x, uint32_t state)
{
    char path[PATH_BYTES];

    if (x->state == state)
        return;
    x->state = state;
    /* Out of memory: the front end waits for ever, as with a dead back end. */
    (void)pv_store_put(x->d, in(x->ops->back, "state", path), "%u", state);
}

/* ---- connection ---- */

static bool bind_port(struct pv_xenbus *x)
{
    char path[PATH_BYTES];
    uint64_t port;

    if (!pv_store_get_number(x->d, in(x->ops->front, "event-channel", path),
                             &port) ||
        port > UINT32_MAX ||
        !pv_evtchn_connect(x->d, (uint32_t)port, x->backend))
        return false;
    x->port = (uint32_t)port;
    return true;
}

static void connect(struct pv_xenbus *x)
{
    if (bind_port(x)) {
        x->connected = x->ops->connect(x->dev);
        if (!x->connected)
            pv_evtchn_disconnect(x->d, x->port, x->backend);
    }
    set_state(x, x->connected ? XenbusStateConnected : XenbusStateClosing);
    if (x->connected)
        x->ops->ring(x->dev);
}

static void disconnect(struct pv_xenbus *x)
{
    if (!x->connected)
        return;
    x->connected = false;
    x->ops->disconnect(x->dev);
    pv_evtchn_disconnect(x->d, x->port, x->backend);
}

/* Something at the front end's path changed. */
static void front_changed(void *opaque, const char *changed)
{
    struct pv_xenbus *x = opaque;
    uint64_t state = XenbusStateUnknown;
    char path[PATH_BYTES];

    (void)changed;
    if (!pv_store_get_number(x->d, in(x->ops->front, "state", path), &state))
        state = XenbusStateUnknown;
    switch (state) {
    case XenbusStateInitialising:
        if (x->state == XenbusStateClosed)
            set_state(x, XenbusStateInitWait);
        break;
    case XenbusStateInitialised:
    case XenbusStateConnected:
        if (x->state == XenbusStateInitWait)
            connect(x);
        break;
    case XenbusStateClosing:
        if (x->state != XenbusStateClosed)
            set_state(x, XenbusStateClosing);
        break;
    case XenbusStateUnknown:
    case XenbusStateClosed:
        disconnect(x);
        set_state(x, XenbusStateClosed);
        break;
    }
}

static void rung(void *opaque)
{
    struct pv_xenbus *x = opaque;

    if (x->connected)
        x->ops->ring(x->dev);
}

void pv_xenbus_notify(struct pv_xenbus *x)
{
    pv_evtchn_raise(x->d, x->port);
}

/* ---- life ---- */

static enum status introduce(struct pv_xenbus *x,
                             const struct pv_xenbus_node *node, size_t nr)
{
    const char *front = x->ops->front, *back = x->ops->back;
    const struct {
        const char *folder, *name, *value;
    } every[] = {
        {front, "backend", back},   {front, "backend-id", "0"},
        {front, "state", "1"},      {back, "frontend", front},
        {back, "frontend-id", "1"}, {back, "online", "1"},
    };
    struct pv_domain *d = x->d;
    enum status st =
        pv_store_allow(d, back, PV_DOMID_BACKEND, 0, PV_DOMID, PV_STORE_READ);
    char path[PATH_BYTES];
    size_t i;

    if (st == ST_OK)
        st = pv_store_allow(d, front, PV_DOMID, 0, PV_DOMID_BACKEND,
                            PV_STORE_READ);
    for (i = 0; i < ARRAY_LEN(every) && st == ST_OK; i++)
        st = pv_store_put(d, in(every[i].folder, every[i].name, path), "%s",
                          every[i].value);
    for (i = 0; i < nr && st == ST_OK; i++)
        st = pv_store_put(d, node[i].path, "%s", node[i].value);
    return st;
}

enum status pv_xenbus_create(struct pv_xenbus *x, struct pv_domain *d,
                             const struct pv_xenbus_ops *ops, void *dev,
                             const struct pv_xenbus_node *node, size_t nr,
                             struct error *err)
{
    *x = (struct pv_xenbus){.d = d, .ops = ops, .dev = dev};
    x->backend = pv_evtchn_backend(d, rung, x);
    if (x->backend == 0 || introduce(x, node, nr) != ST_OK ||
        !pv_store_listen(d, ops->front, front_changed, x))
        return err_set(err, ST_NOMEM, "PV device %s", ops->back);
    set_state(x, XenbusStateInitWait);
    return ST_OK;
}

void pv_xenbus_snapshot(struct pv_xenbus *x, struct snap *s)
{
    snap_u32(s, &x->state);
    snap_bool(s, &x->connected);
    snap_u32(s, &x->port);
}
