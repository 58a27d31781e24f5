/* xenstore_tree.c: xenstore's data. */
#include "pv/xenstore_tree.h"

#include <stdlib.h>

#include "pv/domain.h"

/* ---- nodes ---- */

static void free_node(struct pv_store_node *n)
{
    struct pv_store_node *c;

    if (n == NULL)
        return;
    while ((c = n->child) != NULL) {
        n->child = c->next;
        free_node(c);
    }
    free(n->name);
    free(n->value);
    free(n);
}

/* A name of `len` bytes. */
static struct pv_store_node *new_node(const char *name, size_t len)
{
    struct pv_store_node *n = calloc(1, sizeof(*n));

    if (n == NULL)
        return NULL;
    n->name = strndup(name, len);
    if (n->name == NULL) {
        free(n);
        return NULL;
    }
    n->nr_perms = 1;
    return n;
}

static void append(struct pv_store_node *parent, struct pv_store_node *n)
{
    struct pv_store_node **at = &parent->child;

    while (*at != NULL)
        at = &(*at)->next;
    *at = n;
    n->parent = parent;
}

int pv_store_node_set(struct pv_store_node *n, const void *value, uint32_t len)
{
    uint8_t *copy = malloc(len + 1);

    if (copy == NULL)
        return ENOMEM;
    if (len > 0)
        memcpy(copy, value, len);
    copy[len] = '\0'; /* for those who know that it is text */
    free(n->value);
    n->value = copy;
    n->len = len;
    return 0;
}

unsigned pv_store_node_access(const struct pv_store_node *n, uint16_t domid)
{
    unsigned i;

    if (domid == PV_DOMID_BACKEND || n->perm[0].domid == domid)
        return PV_STORE_READ | PV_STORE_WRITE | PV_STORE_OWNER;
    for (i = 1; i < n->nr_perms; i++)
        if (n->perm[i].domid == domid)
            return n->perm[i].perms;
    return n->perm[0].perms;
}

static bool owned(const struct pv_store_node *n)
{
    return n->perm[0].domid != PV_DOMID_BACKEND;
}

void pv_store_node_set_perms(struct pv_store_tree *t, struct pv_store_node *n,
                             const struct pv_store_perm *perm, unsigned nr)
{
    t->owned -= owned(n);
    memcpy(n->perm, perm, nr * sizeof(*perm));
    n->nr_perms = (uint8_t)nr;
    t->owned += owned(n);
}

/* ---- paths ---- */

bool pv_store_path_ok(const char *path)
{
    size_t n = strlen(path), i;

    if (path[0] != '/' || n > XENSTORE_ABS_PATH_MAX)
        return false;
    if (n == 1)
        return true;
    if (path[n - 1] == '/' || strstr(path, "//") != NULL)
        return false;
    for (i = 0; i < n; i++) {
        char c = path[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '-' || c == '/' || c == '_' ||
              c == '@'))
            return false;
    }
    return true;
}

/* The child that the first part of *path names; *path moves behind it. NULL:
 * there is none, and *path stays. */
static struct pv_store_node *step(struct pv_store_node *n, const char **path)
{
    size_t len = strcspn(*path, "/");
    struct pv_store_node *c;

    for (c = n->child; c != NULL; c = c->next)
        if (strncmp(c->name, *path, len) == 0 && c->name[len] == '\0')
            break;
    if (c != NULL)
        *path += len + ((*path)[len] == '/');
    return c;
}

/* As far as the path exists; *path: what is left of it. */
static struct pv_store_node *walk(const struct pv_store_tree *t,
                                  const char **path)
{
    struct pv_store_node *n = t->root, *c;

    for ((*path)++; **path != '\0'; n = c) {
        c = step(n, path);
        if (c == NULL)
            break;
    }
    return n;
}

struct pv_store_node *pv_store_tree_find(const struct pv_store_tree *t,
                                         const char *path)
{
    struct pv_store_node *n = walk(t, &path);

    return *path == '\0' ? n : NULL;
}

struct pv_store_node *pv_store_tree_nearest(const struct pv_store_tree *t,
                                            const char *path)
{
    return walk(t, &path);
}

/* ---- change ---- */

static struct pv_store_node *make_child(struct pv_store_node *parent,
                                        const char *name, size_t len,
                                        uint16_t domid)
{
    struct pv_store_node *n = new_node(name, len);

    if (n == NULL)
        return NULL;
    if (pv_store_node_set(n, NULL, 0) != 0) {
        free_node(n);
        return NULL;
    }
    memcpy(n->perm, parent->perm, sizeof(n->perm));
    n->nr_perms = parent->nr_perms;
    if (domid != PV_DOMID_BACKEND)
        n->perm[0].domid = domid;
    return n;
}

static unsigned parts(const char *path)
{
    unsigned n = 1;

    for (; *path != '\0'; path++)
        n += *path == '/';
    return n;
}

int pv_store_tree_make(struct pv_store_tree *t, const char *path,
                       uint16_t domid, struct pv_store_node **out)
{
    struct pv_store_node *n = walk(t, &path), *top = NULL, *at = n, *c;
    size_t len;

    *out = n;
    if (*path == '\0')
        return 0;
    if (domid != PV_DOMID_BACKEND && t->owned + parts(path) > PV_STORE_NODES)
        return ENOSPC;
    /* The new branch hangs nowhere until it is whole. */
    for (; *path != '\0'; path += len + (path[len] == '/')) {
        len = strcspn(path, "/");
        c = make_child(at, path, len, domid);
        if (c == NULL) {
            free_node(top);
            return ENOMEM;
        }
        if (top == NULL)
            top = c;
        else
            append(at, c);
        at = c;
    }
    append(n, top);
    for (c = at; c != n; c = c->parent)
        t->owned += owned(c);
    *out = at;
    return 0;
}

static uint32_t count_owned(const struct pv_store_node *n)
{
    const struct pv_store_node *c;
    uint32_t sum = owned(n);

    for (c = n->child; c != NULL; c = c->next)
        sum += count_owned(c);
    return sum;
}

void pv_store_tree_remove(struct pv_store_tree *t, struct pv_store_node *n)
{
    struct pv_store_node **at = &n->parent->child;

    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    t->owned -= count_owned(n);
    free_node(n);
}

/* ---- trees ---- */

struct pv_store_tree *pv_store_tree_create(void)
{
    struct pv_store_tree *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->root = new_node("", 0);
    if (t->root == NULL || pv_store_node_set(t->root, NULL, 0) != 0) {
        pv_store_tree_destroy(t);
        return NULL;
    }
    return t;
}

void pv_store_tree_destroy(struct pv_store_tree *t)
{
    if (t == NULL)
        return;
    free_node(t->root);
    free(t);
}

static struct pv_store_node *clone_node(const struct pv_store_node *n)
{
    struct pv_store_node *copy = new_node(n->name, strlen(n->name)), *c, **at;
    const struct pv_store_node *from;

    if (copy == NULL || pv_store_node_set(copy, n->value, n->len) != 0) {
        free_node(copy);
        return NULL;
    }
    copy->nr_perms = n->nr_perms;
    memcpy(copy->perm, n->perm, sizeof(n->perm));
    copy->gen = n->gen;
    at = &copy->child;
    for (from = n->child; from != NULL; from = from->next) {
        c = clone_node(from);
        if (c == NULL) {
            free_node(copy);
            return NULL;
        }
        c->parent = copy;
        *at = c;
        at = &c->next;
    }
    return copy;
}

struct pv_store_tree *pv_store_tree_clone(const struct pv_store_tree *t)
{
    struct pv_store_tree *copy = calloc(1, sizeof(*copy));

    if (copy == NULL)
        return NULL;
    *copy = *t;
    copy->root = clone_node(t->root);
    if (copy->root == NULL) {
        free(copy);
        return NULL;
    }
    return copy;
}

/* ---- snapshot ---- */

static void bytes_snapshot(struct snap *s, struct pv_store_node *n)
{
    uint8_t value[PV_STORE_VALUE] = {0};
    uint32_t len = n->len;

    snap_u32(s, &len);
    snap_require(s, len <= sizeof(value), "value of a node");
    if (s->status != ST_OK)
        return;
    if (s->mode != SNAP_LOAD)
        memcpy(value, n->value, len);
    snap_bytes(s, value, len);
    if (s->mode == SNAP_LOAD && s->status == ST_OK)
        snap_require(s, pv_store_node_set(n, value, len) == 0, "memory");
}

static void fields_snapshot(struct pv_store_tree *t, struct snap *s,
                            struct pv_store_node *n)
{
    struct pv_store_perm perm[PV_STORE_PERMS];
    uint8_t nr = n->nr_perms, i;

    bytes_snapshot(s, n);
    snap_u8(s, &nr);
    snap_require(s, nr >= 1 && nr <= PV_STORE_PERMS, "permissions of a node");
    if (s->status != ST_OK)
        return;
    memcpy(perm, n->perm, sizeof(perm));
    for (i = 0; i < nr; i++) {
        snap_u16(s, &perm[i].domid);
        snap_u8(s, &perm[i].perms);
    }
    pv_store_node_set_perms(t, n, perm, nr);
    snap_u64(s, &n->gen);
}

/* A name: "" ends a list of children. */
static size_t name_snapshot(struct snap *s, const char *name,
                            char buf[PV_STORE_NAME + 1])
{
    uint32_t len = (uint32_t)strlen(name);

    snap_u32(s, &len);
    snap_require(s, len <= PV_STORE_NAME, "name of a node");
    if (s->status != ST_OK)
        return 0;
    if (s->mode != SNAP_LOAD)
        memcpy(buf, name, len);
    snap_bytes(s, buf, len);
    buf[len] = '\0';
    snap_require(s, strlen(buf) == len && strchr(buf, '/') == NULL,
                 "name of a node");
    return s->status == ST_OK ? len : 0;
}

#define DEPTH_MAX (PV_STORE_NAME / 2 + 1) /* of a path's parts */

/* Depth first. Not recursive: a snapshot may be from anywhere. */
void pv_store_tree_snapshot(struct pv_store_tree *t, struct snap *s)
{
    struct pv_store_node *n = t->root, *c = n->child;
    char name[PV_STORE_NAME + 1];
    unsigned depth = 0;
    size_t len;

    snap_u64(s, &t->gen);
    fields_snapshot(t, s, n);
    while (s->status == ST_OK) {
        /* c: the next child of n to be written; NULL: that was all. */
        len = name_snapshot(s, s->mode != SNAP_LOAD && c != NULL ? c->name : "",
                            name);
        if (s->status != ST_OK)
            return;
        if (len == 0) {
            if (n == t->root)
                return;
            c = s->mode != SNAP_LOAD ? n->next : NULL;
            n = n->parent;
            depth--;
            continue;
        }
        snap_require(s, ++depth <= DEPTH_MAX, "depth of a node");
        if (s->status != ST_OK)
            return;
        if (s->mode == SNAP_LOAD) {
            c = make_child(n, name, len, PV_DOMID_BACKEND);
            snap_require(s, c != NULL, "memory");
            if (c == NULL)
                return;
            append(n, c);
            t->owned += owned(c);
        }
        fields_snapshot(t, s, c);
        n = c;
        c = s->mode != SNAP_LOAD ? n->child : NULL;
    }
}
