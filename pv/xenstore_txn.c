/* xenstore_txn.c: transactions of xenstore: each works on a copy of the tree,
 * which becomes the tree if nothing changed meanwhile. */
#include <stdlib.h>

#include "pv/xenstore.h"

struct pv_store_txn *pv_store_txn_find(struct pv_store *x, uint32_t id)
{
    struct pv_store_txn *t;

    for (t = x->txn; id != 0 && t < x->txn + PV_STORE_TXNS; t++)
        if (t->id == id)
            return t;
    return NULL;
}

static void drop(struct pv_store_txn *t)
{
    uint32_t i;

    for (i = 0; i < t->nr_changes; i++)
        free(t->change[i].path);
    free(t->change);
    pv_store_tree_destroy(t->tree);
    *t = (struct pv_store_txn){0};
}

int pv_store_txn_start(struct pv_store *x, uint32_t *id)
{
    struct pv_store_txn *t;

    for (t = x->txn; t->id != 0;)
        if (++t == x->txn + PV_STORE_TXNS)
            return ENOSPC;
    t->change = calloc(PV_STORE_CHANGES, sizeof(*t->change));
    t->tree = pv_store_tree_clone(x->tree);
    if (t->change == NULL || t->tree == NULL) {
        drop(t);
        return ENOMEM;
    }
    do
        x->last_txn++;
    while (x->last_txn == 0 || pv_store_txn_find(x, x->last_txn) != NULL);
    t->id = x->last_txn;
    t->base = x->tree->gen;
    *id = t->id;
    return 0;
}

static void commit(struct pv_store *x, struct pv_store_txn *t)
{
    struct pv_store_tree *old = x->tree;
    uint32_t i;

    x->tree = t->tree;
    t->tree = NULL;
    x->tree->gen = ++x->gen;
    pv_store_tree_destroy(old);
    for (i = 0; i < t->nr_changes; i++)
        pv_store_fire(x, t->change[i].path, t->change[i].removed);
}

int pv_store_txn_end(struct pv_store *x, struct pv_store_txn *t, bool yes)
{
    struct pv_store_txn mine = *t;
    int rc = 0;

    *t = (struct pv_store_txn){0};
    if (yes && mine.nr_changes > 0) {
        if (mine.base != x->tree->gen)
            rc = EAGAIN;
        else
            commit(x, &mine);
    }
    drop(&mine);
    return rc;
}

void pv_store_txn_reset(struct pv_store *x)
{
    struct pv_store_txn *t;

    for (t = x->txn; t < x->txn + PV_STORE_TXNS; t++)
        if (t->id != 0)
            drop(t);
}

int pv_store_txn_room(const struct pv_store_txn *t)
{
    return t != NULL && t->nr_changes == PV_STORE_CHANGES ? ENOSPC : 0;
}

void pv_store_changed(struct pv_store *x, struct pv_store_txn *t,
                      struct pv_store_node *n, const char *path, bool removed)
{
    struct pv_store_tree *tree = t != NULL ? t->tree : x->tree;
    struct pv_store_change *c;

    if (n != NULL)
        n->gen = ++x->gen;
    tree->gen = ++x->gen;
    if (t == NULL) {
        pv_store_fire(x, path, removed);
        return;
    }
    c = &t->change[t->nr_changes];
    c->path = strdup(path);
    c->removed = removed;
    if (c->path != NULL)
        t->nr_changes++;
}

static void change_snapshot(struct pv_store_txn *t, struct snap *s)
{
    uint32_t n = t->nr_changes, i;

    snap_u32(s, &n);
    snap_require(s, n <= PV_STORE_CHANGES, "changes in a transaction");
    for (i = 0; i < n && s->status == ST_OK; i++) {
        pv_store_text_snapshot(s, &t->change[i].path, XENSTORE_ABS_PATH_MAX);
        snap_bool(s, &t->change[i].removed);
        if (s->mode == SNAP_LOAD && t->change[i].path != NULL)
            t->nr_changes = i + 1;
    }
}

void pv_store_txn_snapshot(struct pv_store *x, struct snap *s)
{
    struct pv_store_txn *t;

    if (s->mode == SNAP_LOAD)
        pv_store_txn_reset(x);
    snap_u32(s, &x->last_txn);
    for (t = x->txn; t < x->txn + PV_STORE_TXNS && s->status == ST_OK; t++) {
        snap_u32(s, &t->id);
        if (t->id == 0 || s->status != ST_OK)
            continue;
        if (s->mode == SNAP_LOAD) {
            t->tree = pv_store_tree_create();
            t->change = calloc(PV_STORE_CHANGES, sizeof(*t->change));
            snap_require(s, t->tree != NULL && t->change != NULL, "memory");
            if (s->status != ST_OK) {
                drop(t);
                return;
            }
        }
        snap_u64(s, &t->base);
        pv_store_tree_snapshot(t->tree, s);
        change_snapshot(t, s);
    }
}
