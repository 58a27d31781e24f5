/* xenbus.h: a PV device as its back end sees it [XEN io/xenbus.h]: two folders
 * in the store, the state of both ends, an event channel.
 *
 * A back end embeds one. It is introduced to the guest as a toolstack does it,
 * in state InitWait; connects when the front end has published what is needed
 * (Initialised or Connected); closes when the front end does, and is there
 * again when that begins anew. */
#ifndef PV_XENBUS_H
#define PV_XENBUS_H

#include "pv/domain.h"

struct pv_xenbus_ops {
    const char *front, *back; /* paths of the folders */
    /* Take what the front end published, and publish what it is to know. False:
     * it is no good, or memory is short; then nothing is held. */
    bool (*connect)(void *dev);
    /* Let go of all that connect() took; forget what is in flight. */
    void (*disconnect)(void *dev);
    /* Connected: the front end rang, or may have something already. */
    void (*ring)(void *dev);
};

struct pv_xenbus {
    struct pv_domain *d;
    const struct pv_xenbus_ops *ops;
    void *dev;
    unsigned backend; /* number at the event channels */
    uint32_t state;   /* XenbusState of this end */
    bool connected;
    uint32_t port; /* while connected */
};

struct pv_xenbus_node {
    const char *path, *value;
};

/* Introduce the device, with these nodes beside those that every device has.
 * `ops` and `dev` are borrowed. ST_NOMEM. */
enum status pv_xenbus_create(struct pv_xenbus *x, struct pv_domain *d,
                             const struct pv_xenbus_ops *ops, void *dev,
                             const struct pv_xenbus_node *node, size_t nr,
                             struct error *err) MUST_CHECK;

/* An event for the front end. */
void pv_xenbus_notify(struct pv_xenbus *x);

void pv_xenbus_snapshot(struct pv_xenbus *x, struct snap *s);

#endif
