/* xenstore_watch.c: watches of xenstore: the guest's, and back ends'. */
#include <stdlib.h>

#include "pv/xenstore.h"

/* Whether path is at or below top. */
static bool below(const char *path, const char *top)
{
    size_t n = strlen(top);

    if (strcmp(top, "/") == 0)
        return true;
    return strncmp(path, top, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* An event says no more than the guest may read. Of a node that is gone its
 * nearest ancestor decides. */
static bool may_see(struct pv_store *x, const char *path)
{
    const struct pv_store_node *n = pv_store_tree_nearest(x->tree, path);

    return (pv_store_node_access(n, PV_DOMID) & PV_STORE_READ) != 0;
}

static void send_event(struct pv_store *x, const struct pv_store_watch *w,
                       const char *path)
{
    static const char home[] = PV_STORE_HOME "/";
    struct pv_store_piece piece[2] = {
        {path, strlen(path) + 1},
        {w->token, strlen(w->token) + 1},
    };
    struct xsd_sockmsg head = {.type = XS_WATCH_EVENT};

    if (w->relative && strncmp(path, home, sizeof(home) - 1) == 0) {
        piece[0].data = path + sizeof(home) - 1;
        piece[0].len -= sizeof(home) - 1;
    }
    head.len = (uint32_t)(piece[0].len + piece[1].len);
    pv_store_send(x, &head, piece, 2);
}

static void tell_guest(struct pv_store *x, const char *path, bool removed)
{
    const struct pv_store_watch *w;

    for (w = x->watch; w < x->watch + PV_STORE_WATCHES; w++) {
        if (w->path == NULL || w->path[0] == '@')
            continue;
        if (below(path, w->path)) {
            if (may_see(x, path))
                send_event(x, w, path);
        } else if (removed && below(w->path, path)) {
            /* Something above it went away. */
            if (may_see(x, w->path))
                send_event(x, w, w->path);
        }
    }
}

void pv_store_fire(struct pv_store *x, const char *path, bool removed)
{
    const struct pv_store_listener *l;
    unsigned i, n = x->nr_listeners;

    tell_guest(x, path, removed);
    for (i = 0; i < n; i++) {
        l = &x->listener[i];
        if (below(path, l->path) || (removed && below(l->path, path)))
            l->fn(l->opaque, path);
    }
}

static struct pv_store_watch *find(struct pv_store *x, const char *path,
                                   const char *token)
{
    struct pv_store_watch *w;

    for (w = x->watch; w < x->watch + PV_STORE_WATCHES; w++)
        if (w->path != NULL && strcmp(w->path, path) == 0 &&
            strcmp(w->token, token) == 0)
            return w;
    return NULL;
}

static void drop(struct pv_store_watch *w)
{
    free(w->path);
    free(w->token);
    *w = (struct pv_store_watch){0};
}

int pv_store_watch_add(struct pv_store *x, const char *path, const char *given,
                       const char *token)
{
    struct pv_store_watch *w;

    if (find(x, path, token) != NULL)
        return EEXIST;
    for (w = x->watch; w->path != NULL;)
        if (++w == x->watch + PV_STORE_WATCHES)
            return ENOSPC;
    w->path = strdup(path);
    w->token = strdup(token);
    w->relative = given[0] != '/' && given[0] != '@';
    if (w->path == NULL || w->token == NULL) {
        drop(w);
        return ENOMEM;
    }
    return 0;
}

int pv_store_watch_remove(struct pv_store *x, const char *path,
                          const char *token)
{
    struct pv_store_watch *w = find(x, path, token);

    if (w == NULL)
        return ENOENT;
    drop(w);
    return 0;
}

void pv_store_watch_first(struct pv_store *x, const char *path,
                          const char *token)
{
    const struct pv_store_watch *w = find(x, path, token);

    if (w != NULL)
        send_event(x, w, w->path);
}

void pv_store_watch_reset(struct pv_store *x)
{
    struct pv_store_watch *w;

    for (w = x->watch; w < x->watch + PV_STORE_WATCHES; w++)
        if (w->path != NULL)
            drop(w);
}

void pv_store_watch_snapshot(struct pv_store *x, struct snap *s)
{
    struct pv_store_watch *w;
    bool used;

    if (s->mode == SNAP_LOAD)
        pv_store_watch_reset(x);
    for (w = x->watch; w < x->watch + PV_STORE_WATCHES; w++) {
        used = w->path != NULL;
        snap_bool(s, &used);
        if (!used || s->status != ST_OK)
            continue;
        pv_store_text_snapshot(s, &w->path, XENSTORE_PAYLOAD_MAX);
        pv_store_text_snapshot(s, &w->token, XENSTORE_PAYLOAD_MAX);
        snap_bool(s, &w->relative);
        if (s->status != ST_OK)
            drop(w);
    }
}
