/* xenstore.c: the store: life, what a domain finds in it, what back ends do
 * with it. */
#include "pv/xenstore.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pv/evtchn.h"

/* ---- for back ends ---- */

bool pv_store_get(struct pv_domain *d, const char *path, char *buf, size_t size)
{
    const struct pv_store_node *n = pv_store_tree_find(d->store->tree, path);
    size_t len;

    if (n == NULL)
        return false;
    len = n->len < size - 1 ? n->len : size - 1;
    memcpy(buf, n->value, len);
    buf[len] = '\0';
    return true;
}

bool pv_store_get_number(struct pv_domain *d, const char *path, uint64_t *v)
{
    char buf[24], *end;

    if (!pv_store_get(d, path, buf, sizeof(buf)) || buf[0] < '0' ||
        buf[0] > '9')
        return false;
    errno = 0;
    *v = strtoull(buf, &end, 10);
    return errno == 0 && *end == '\0';
}

enum status pv_store_put(struct pv_domain *d, const char *path, const char *fmt,
                         ...)
{
    struct pv_store *x = d->store;
    char buf[256];
    struct pv_store_node *n;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    if (len < 0 || (size_t)len >= sizeof(buf))
        return ST_LIMIT;
    if (pv_store_tree_make(x->tree, path, PV_DOMID_BACKEND, &n) != 0 ||
        pv_store_node_set(n, buf, (uint32_t)len) != 0)
        return ST_NOMEM;
    pv_store_changed(x, NULL, n, path, false);
    pv_store_ring(x);
    return ST_OK;
}

enum status pv_store_allow(struct pv_domain *d, const char *path,
                           uint16_t owner, uint8_t others, uint16_t domid,
                           uint8_t perms)
{
    struct pv_store_perm perm[2] = {{owner, others}, {domid, perms}};
    struct pv_store *x = d->store;
    struct pv_store_node *n;

    if (pv_store_tree_make(x->tree, path, PV_DOMID_BACKEND, &n) != 0)
        return ST_NOMEM;
    pv_store_node_set_perms(x->tree, n, perm, domid == UINT16_MAX ? 1 : 2);
    pv_store_changed(x, NULL, n, path, false);
    pv_store_ring(x);
    return ST_OK;
}

bool pv_store_listen(struct pv_domain *d, const char *path,
                     void (*fn)(void *opaque, const char *path), void *opaque)
{
    struct pv_store *x = d->store;

    if (x->nr_listeners == PV_STORE_LISTENERS)
        return false;
    x->listener[x->nr_listeners++] =
        (struct pv_store_listener){path, fn, opaque};
    return true;
}

/* ---- what a domain finds ---- */

#define NOBODY UINT16_MAX

/* Nodes that the guest may write: its own. */
static const char *const its_own[] = {
    "/control/shutdown",
    "/control/feature-poweroff",
    "/control/feature-reboot",
    "/control/feature-suspend",
    "/control/sysrq",
    "/data",
    "/drivers",
    "/feature",
    "/attr",
    "/error",
    "/device/suspend/event-channel",
};

static enum status fill_own(struct pv_domain *d)
{
    enum status st = ST_OK;
    char path[64];
    size_t i;

    for (i = 0; i < ARRAY_LEN(its_own) && st == ST_OK; i++) {
        snprintf(path, sizeof(path), PV_STORE_HOME "%s", its_own[i]);
        st = pv_store_allow(d, path, PV_DOMID, 0, NOBODY, 0);
    }
    return st;
}

/* As a toolstack leaves it: [XEN "xenstore-paths"]. */
static enum status fill(struct pv_domain *d)
{
    unsigned long long kib = d->tot_pages * (PAGE_SIZE / 1024);
    struct {
        const char *path;
        unsigned long long value;
    } number[] = {
        {PV_STORE_HOME "/domid", PV_DOMID},
        {PV_STORE_HOME "/memory/target", kib},
        {PV_STORE_HOME "/memory/static-max", kib},
        {PV_STORE_HOME "/memory/videoram", 0},
        {PV_STORE_HOME "/console/ring-ref", d->console_mfn},
        {PV_STORE_HOME "/console/port", d->console_port},
        {PV_STORE_HOME "/console/limit", 1048576},
        {PV_STORE_HOME "/console/backend-id", PV_DOMID_BACKEND},
        {PV_STORE_HOME "/store/ring-ref", d->store_mfn},
        {PV_STORE_HOME "/store/port", d->store_port},
    };
    enum status st = pv_store_allow(d, PV_STORE_HOME, PV_DOMID_BACKEND, 0,
                                    PV_DOMID, PV_STORE_READ);
    size_t i;

    for (i = 0; i < ARRAY_LEN(number) && st == ST_OK; i++)
        st = pv_store_put(d, number[i].path, "%llu", number[i].value);
    if (st == ST_OK)
        st = pv_store_put(d, PV_STORE_HOME "/name", "triptych");
    if (st == ST_OK)
        st = pv_store_put(d, PV_STORE_HOME "/cpu/0/availability", "online");
    if (st == ST_OK)
        st = pv_store_put(d, PV_STORE_HOME "/console/type", "xenconsoled");
    return st == ST_OK ? fill_own(d) : st;
}

/* ---- life ---- */

static void notified(void *opaque)
{
    pv_store_ring(opaque);
}

static enum status connect(struct pv_domain *d, struct error *err)
{
    uint32_t features = XENSTORE_SERVER_FEATURE_ERROR;
    struct pv_store *x = d->store;

    if (pv_get_typed(d, d->store_mfn, PVT_WRITABLE) != 0)
        return err_set(err, ST_BUG, "xenstore: frame %llx",
                       (unsigned long long)d->store_mfn);
    x->mfn = d->store_mfn;
    x->port = pv_evtchn_bind_backend(d, notified, x);
    if (x->port == 0)
        return err_set(err, ST_BUG, "xenstore: no event channel");
    d->store_port = x->port;
    pv_write_frame(d, x->mfn,
                   offsetof(struct xenstore_domain_interface, server_features),
                   &features, sizeof(features));
    return ST_OK;
}

enum status pv_store_create(struct pv_domain *d, struct error *err)
{
    struct pv_store *x = calloc(1, sizeof(*x));
    enum status st;

    if (x == NULL)
        return err_set(err, ST_NOMEM, "xenstore");
    x->d = d;
    d->store = x;
    x->tree = pv_store_tree_create();
    if (x->tree == NULL)
        return err_set(err, ST_NOMEM, "xenstore");
    st = connect(d, err);
    if (st == ST_OK && fill(d) != ST_OK)
        st = err_set(err, ST_NOMEM, "xenstore");
    return st;
}

void pv_store_destroy(struct pv_domain *d)
{
    struct pv_store *x;

    if (d == NULL || d->store == NULL)
        return;
    x = d->store;
    pv_store_txn_reset(x);
    pv_store_watch_reset(x);
    pv_store_tree_destroy(x->tree);
    free(x->out);
    free(x);
    d->store = NULL;
}

/* ---- snapshot ---- */

void pv_store_text_snapshot(struct snap *s, char **text, uint32_t max)
{
    uint32_t len = s->mode != SNAP_LOAD ? (uint32_t)strlen(*text) : 0;

    snap_u32(s, &len);
    snap_require(s, len <= max, "length of a text");
    if (s->status != ST_OK)
        return;
    if (s->mode == SNAP_LOAD) {
        *text = calloc(len + 1, 1);
        snap_require(s, *text != NULL, "memory");
        if (*text == NULL)
            return;
    }
    snap_bytes(s, *text, len);
}

static void out_snapshot(struct pv_store *x, struct snap *s)
{
    uint32_t len = x->out_len - x->out_pos;

    snap_u32(s, &len);
    snap_require(s, len <= PV_STORE_OUT_HARD, "messages of xenstore");
    if (s->status != ST_OK)
        return;
    if (s->mode == SNAP_LOAD) {
        free(x->out);
        x->out = malloc(len + 1);
        snap_require(s, x->out != NULL, "memory");
        x->out_cap = x->out != NULL ? len : 0;
        x->out_pos = 0;
        x->out_len = x->out_cap;
        if (x->out == NULL)
            return;
    }
    if (len > 0)
        snap_bytes(s, x->out + x->out_pos, len);
}

static void tree_snapshot(struct pv_store *x, struct snap *s)
{
    struct pv_store_tree *fresh;

    if (s->mode == SNAP_LOAD) {
        fresh = pv_store_tree_create();
        snap_require(s, fresh != NULL, "memory");
        if (fresh == NULL)
            return;
        pv_store_tree_destroy(x->tree);
        x->tree = fresh;
    }
    pv_store_tree_snapshot(x->tree, s);
}

void pv_store_snapshot(struct pv_domain *d, struct snap *s)
{
    struct pv_store *x = d->store;

    snap_section(s, "pv-store", 1);
    snap_u64(s, &x->mfn);
    snap_require(s, x->mfn < d->nr_frames, "xenstore ring");
    snap_u32(s, &x->port);
    snap_u32(s, &x->error);
    snap_u64(s, &x->gen);
    tree_snapshot(x, s);
    pv_store_watch_snapshot(x, s);
    pv_store_txn_snapshot(x, s);
    snap_u32(s, &x->in_len);
    snap_require(s, x->in_len <= sizeof(x->in), "request of xenstore");
    if (s->status != ST_OK)
        return;
    snap_bytes(s, x->in, x->in_len);
    out_snapshot(x, s);
}
