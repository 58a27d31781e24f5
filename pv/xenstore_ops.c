/* xenstore_ops.c: xenstore's requests, as an unprivileged domain may make them
 * ["Xenstore protocol specification"]. */
#include <stdio.h>
#include <stdlib.h>

#include "pv/xenstore.h"

/* One request on its way: its transaction or NULL, the tree that it works on,
 * its payload. */
struct request {
    struct pv_store *x;
    struct xsd_sockmsg head;
    struct pv_store_txn *txn;
    struct pv_store_tree *tree;
    const char *data;
    uint32_t len;
};

/* ---- answers ---- */

static void answer(struct request *r, const void *data, size_t len)
{
    struct pv_store_piece piece = {data, len};
    struct xsd_sockmsg head = r->head;

    head.len = (uint32_t)len;
    pv_store_send(r->x, &head, &piece, 1);
}

static void answer_text(struct request *r, const char *text)
{
    answer(r, text, strlen(text) + 1);
}

static void answer_error(struct request *r, int error)
{
    const char *name = "EINVAL";
    size_t i;

    for (i = 0; i < ARRAY_LEN(xsd_errors); i++)
        if (xsd_errors[i].errnum == error)
            name = xsd_errors[i].errstring;
    r->head.type = XS_ERROR;
    answer_text(r, name);
}

/* ---- payloads ---- */

/* The payload's n-th text; NULL: it has none such. */
static const char *text(const struct request *r, unsigned n)
{
    const char *p = r->data, *end = r->data + r->len, *nul;

    for (;; p = nul + 1, n--) {
        nul = p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;
        if (nul == NULL || n == 0)
            return nul != NULL ? p : NULL;
    }
}

/* The payload is one text and nothing else. */
static const char *only_text(const struct request *r)
{
    const char *p = text(r, 0);

    return p != NULL && strlen(p) + 1 == r->len ? p : NULL;
}

/* The whole path that `given` means, in buf; false: it is none. */
static bool whole_path(const char *given, char buf[PV_STORE_NAME + 1])
{
    int n;

    if (given == NULL || strlen(given) > XENSTORE_ABS_PATH_MAX)
        return false;
    if (given[0] == '/')
        n = snprintf(buf, PV_STORE_NAME + 1, "%s", given);
    else if (strlen(given) > XENSTORE_REL_PATH_MAX)
        return false;
    else
        n = snprintf(buf, PV_STORE_NAME + 1, PV_STORE_HOME "/%s", given);
    return n > 0 && n <= (int)PV_STORE_NAME && pv_store_path_ok(buf);
}

/* The node at a path with these rights. ENOENT is told only to those who could
 * see it if it were there. */
static int get_node(struct request *r, const char *given, unsigned need,
                    char path[PV_STORE_NAME + 1], struct pv_store_node **n)
{
    unsigned have;

    *n = NULL;
    if (!whole_path(given, path))
        return EINVAL;
    *n = pv_store_tree_find(r->tree, path);
    have = pv_store_node_access(
        *n != NULL ? *n : pv_store_tree_nearest(r->tree, path), PV_DOMID);
    if ((have & need) != need)
        return EACCES;
    return *n != NULL ? 0 : ENOENT;
}

/* ---- reading ---- */

static int do_read(struct request *r)
{
    char path[PV_STORE_NAME + 1];
    struct pv_store_node *n;
    int rc = get_node(r, only_text(r), PV_STORE_READ, path, &n);

    if (rc == 0)
        answer(r, n->value, n->len);
    return rc;
}

/* Names of n's children, NUL-terminated, from byte `from` on, as whole names
 * that fit in max bytes; returns their length. *whole: that was the end. */
static size_t children(const struct pv_store_node *n, size_t from, char *buf,
                       size_t max, bool *whole)
{
    const struct pv_store_node *c;
    size_t at = 0, len = 0, k;

    *whole = true;
    for (c = n->child; c != NULL; c = c->next) {
        k = strlen(c->name) + 1;
        if (at >= from) {
            if (len + k > max) {
                *whole = false;
                break;
            }
            memcpy(buf + len, c->name, k);
            len += k;
        }
        at += k;
    }
    return len;
}

static int do_directory(struct request *r)
{
    char path[PV_STORE_NAME + 1], buf[XENSTORE_PAYLOAD_MAX];
    struct pv_store_node *n;
    int rc = get_node(r, only_text(r), PV_STORE_READ, path, &n);
    size_t len;
    bool whole;

    if (rc != 0)
        return rc;
    len = children(n, 0, buf, sizeof(buf), &whole);
    if (!whole)
        return E2BIG;
    answer(r, buf, len);
    return 0;
}

/* An empty name behind the last child says that it was the last. */
static int do_directory_part(struct request *r)
{
    char path[PV_STORE_NAME + 1], buf[XENSTORE_PAYLOAD_MAX];
    const char *from = text(r, 1);
    struct pv_store_node *n;
    size_t len;
    bool whole;
    int rc;

    if (from == NULL || text(r, 2) != NULL)
        return EINVAL;
    rc = get_node(r, text(r, 0), PV_STORE_READ, path, &n);
    if (rc != 0)
        return rc;
    len =
        (size_t)snprintf(buf, sizeof(buf), "%llu", (unsigned long long)n->gen) +
        1;
    len += children(n, strtoul(from, NULL, 10), buf + len,
                    sizeof(buf) - len - 1, &whole);
    if (whole)
        buf[len++] = '\0';
    answer(r, buf, len);
    return 0;
}

static int do_get_perms(struct request *r)
{
    static const char letter[] = "nrwb";
    char path[PV_STORE_NAME + 1], buf[PV_STORE_PERMS * 8];
    struct pv_store_node *n;
    int rc = get_node(r, only_text(r), PV_STORE_READ, path, &n);
    size_t len = 0;
    unsigned i;

    if (rc != 0)
        return rc;
    for (i = 0; i < n->nr_perms; i++)
        len +=
            (size_t)snprintf(buf + len, sizeof(buf) - len, "%c%u",
                             letter[n->perm[i].perms & 3], n->perm[i].domid) +
            1;
    answer(r, buf, len);
    return 0;
}

/* ---- writing ---- */

/* The node for a write, made if it is not there; *made tells. */
static int make_node(struct request *r, const char *given,
                     char path[PV_STORE_NAME + 1], struct pv_store_node **n,
                     bool *made)
{
    int rc = get_node(r, given, PV_STORE_WRITE, path, n);

    *made = rc == ENOENT;
    if (rc == ENOENT) {
        rc = pv_store_txn_room(r->txn);
        if (rc == 0)
            rc = pv_store_tree_make(r->tree, path, PV_DOMID, n);
    }
    return rc;
}

static int do_write(struct request *r)
{
    char path[PV_STORE_NAME + 1];
    const char *given = text(r, 0);
    struct pv_store_node *n;
    size_t skip;
    bool made;
    int rc;

    if (given == NULL)
        return EINVAL;
    skip = strlen(given) + 1;
    if (r->len - skip > PV_STORE_VALUE)
        return ENOSPC;
    rc = pv_store_txn_room(r->txn);
    if (rc == 0)
        rc = make_node(r, given, path, &n, &made);
    if (rc == 0)
        rc = pv_store_node_set(n, r->data + skip, (uint32_t)(r->len - skip));
    if (rc != 0)
        return rc;
    pv_store_changed(r->x, r->txn, n, path, false);
    answer_text(r, "OK");
    return 0;
}

static int do_mkdir(struct request *r)
{
    char path[PV_STORE_NAME + 1];
    struct pv_store_node *n;
    bool made;
    int rc = make_node(r, only_text(r), path, &n, &made);

    if (rc != 0)
        return rc;
    if (made)
        pv_store_changed(r->x, r->txn, n, path, false);
    answer_text(r, "OK");
    return 0;
}

/* Nothing there is fine where the parent is. */
static int already_gone(struct request *r, const char *path)
{
    char parent[PV_STORE_NAME + 1];
    char *slash;

    memcpy(parent, path, strlen(path) + 1);
    slash = strrchr(parent, '/');
    slash[slash == parent] = '\0';
    if (pv_store_tree_find(r->tree, parent) == NULL)
        return ENOENT;
    answer_text(r, "OK");
    return 0;
}

static int do_rm(struct request *r)
{
    char path[PV_STORE_NAME + 1];
    struct pv_store_node *n;
    int rc = get_node(r, only_text(r), PV_STORE_WRITE, path, &n);

    if (rc == ENOENT)
        return already_gone(r, path);
    if (rc == 0)
        rc = n == r->tree->root ? EINVAL : pv_store_txn_room(r->txn);
    if (rc != 0)
        return rc;
    pv_store_tree_remove(r->tree, n);
    pv_store_changed(r->x, r->txn, NULL, path, true);
    answer_text(r, "OK");
    return 0;
}

/* "r1" and the like. */
static bool get_perm(const char *p, struct pv_store_perm *perm)
{
    static const char letter[] = "nrwb";
    const char *at = *p != '\0' ? strchr(letter, *p) : NULL;
    unsigned long v;
    char *end;

    if (at == NULL || p[1] < '0' || p[1] > '9')
        return false;
    v = strtoul(p + 1, &end, 10);
    perm->perms = (uint8_t)(at - letter);
    perm->domid = (uint16_t)v;
    return *end == '\0' && v <= UINT16_MAX;
}

static int do_set_perms(struct request *r)
{
    struct pv_store_perm perm[PV_STORE_PERMS];
    char path[PV_STORE_NAME + 1];
    struct pv_store_node *n;
    unsigned nr;
    int rc;

    if (text(r, 1) == NULL)
        return EINVAL;
    for (nr = 0; text(r, nr + 1) != NULL; nr++) {
        if (nr == PV_STORE_PERMS)
            return ENOSPC;
        if (!get_perm(text(r, nr + 1), &perm[nr]))
            return EINVAL;
    }
    rc = get_node(r, text(r, 0), PV_STORE_WRITE | PV_STORE_OWNER, path, &n);
    if (rc == 0)
        rc = pv_store_txn_room(r->txn);
    if (rc != 0)
        return rc;
    if (perm[0].domid != n->perm[0].domid)
        return EPERM; /* the owner is the privileged domain's to change */
    pv_store_node_set_perms(r->tree, n, perm, nr);
    pv_store_changed(r->x, r->txn, n, path, false);
    answer_text(r, "OK");
    return 0;
}

/* ---- watches and transactions ---- */

/* A path to watch: of nodes, or one of the special ones. */
static bool watch_path(const char *given, char path[PV_STORE_NAME + 1])
{
    if (given == NULL || given[0] != '@')
        return whole_path(given, path);
    if (strlen(given) > 64)
        return false;
    memcpy(path, given, strlen(given) + 1);
    return true;
}

static int do_watch(struct request *r)
{
    const char *given = text(r, 0), *token = text(r, 1);
    char path[PV_STORE_NAME + 1];
    int rc;

    if (token == NULL || text(r, 2) != NULL || !watch_path(given, path))
        return EINVAL;
    rc = pv_store_watch_add(r->x, path, given, token);
    if (rc != 0)
        return rc;
    answer_text(r, "OK");
    pv_store_watch_first(r->x, path, token);
    return 0;
}

static int do_unwatch(struct request *r)
{
    const char *given = text(r, 0), *token = text(r, 1);
    char path[PV_STORE_NAME + 1];
    int rc;

    if (token == NULL || !watch_path(given, path))
        return EINVAL;
    rc = pv_store_watch_remove(r->x, path, token);
    if (rc == 0)
        answer_text(r, "OK");
    return rc;
}

static int do_reset_watches(struct request *r)
{
    pv_store_watch_reset(r->x);
    pv_store_txn_reset(r->x);
    answer_text(r, "OK");
    return 0;
}

static int do_start(struct request *r)
{
    uint32_t id;
    char buf[16];
    int rc;

    if (r->txn != NULL)
        return EBUSY;
    rc = pv_store_txn_start(r->x, &id);
    if (rc != 0)
        return rc;
    snprintf(buf, sizeof(buf), "%u", id);
    answer_text(r, buf);
    return 0;
}

static int do_end(struct request *r)
{
    const char *how = only_text(r);
    int rc;

    if (how == NULL || (strcmp(how, "T") != 0 && strcmp(how, "F") != 0))
        return EINVAL;
    if (r->txn == NULL)
        return ENOENT;
    rc = pv_store_txn_end(r->x, r->txn, how[0] == 'T');
    if (rc == 0)
        answer_text(r, "OK");
    return rc;
}

/* ---- the rest ---- */

static int do_domain_path(struct request *r)
{
    const char *domid = only_text(r);
    char buf[64];

    if (domid == NULL)
        return EINVAL;
    snprintf(buf, sizeof(buf), "/local/domain/%lu",
             strtoul(domid, NULL, 10) & UINT16_MAX);
    answer_text(r, buf);
    return 0;
}

static int do_refuse(struct request *r)
{
    (void)r;
    return EACCES; /* the privileged domain's */
}

static const struct {
    int (*fn)(struct request *r);
    bool no_txn; /* the transaction's number does not count */
} requests[XS_TYPE_COUNT] = {
    [XS_CONTROL] = {do_refuse, false},
    [XS_DIRECTORY] = {do_directory, false},
    [XS_READ] = {do_read, false},
    [XS_GET_PERMS] = {do_get_perms, false},
    [XS_WATCH] = {do_watch, true},
    [XS_UNWATCH] = {do_unwatch, true},
    [XS_TRANSACTION_START] = {do_start, false},
    [XS_TRANSACTION_END] = {do_end, false},
    [XS_INTRODUCE] = {do_refuse, false},
    [XS_RELEASE] = {do_refuse, false},
    [XS_GET_DOMAIN_PATH] = {do_domain_path, false},
    [XS_WRITE] = {do_write, false},
    [XS_MKDIR] = {do_mkdir, false},
    [XS_RM] = {do_rm, false},
    [XS_SET_PERMS] = {do_set_perms, false},
    [XS_IS_DOMAIN_INTRODUCED] = {do_refuse, false},
    [XS_RESUME] = {do_refuse, false},
    [XS_SET_TARGET] = {do_refuse, false},
    [XS_RESET_WATCHES] = {do_reset_watches, false},
    [XS_DIRECTORY_PART] = {do_directory_part, false},
};

void pv_store_request(struct pv_store *x)
{
    struct request r = {.x = x, .tree = x->tree};
    int rc;

    memcpy(&r.head, x->in, sizeof(r.head));
    r.data = (const char *)x->in + sizeof(r.head);
    r.len = r.head.len;
    if (r.head.type >= XS_TYPE_COUNT || requests[r.head.type].fn == NULL) {
        answer_error(&r, ENOSYS);
        return;
    }
    if (r.head.tx_id != 0 && !requests[r.head.type].no_txn) {
        r.txn = pv_store_txn_find(x, r.head.tx_id);
        if (r.txn == NULL) {
            answer_error(&r, ENOENT);
            return;
        }
        r.tree = r.txn->tree;
    }
    rc = requests[r.head.type].fn(&r);
    if (rc != 0)
        answer_error(&r, rc);
}
