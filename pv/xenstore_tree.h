/* xenstore_tree.h: xenstore's data: nodes with values, children and permissions
 * ["Xenstore protocol specification", docs/misc/xenstore.txt of Xen].
 *
 * A node has the permissions of its parent when it is made; the domain that
 * makes it owns it. The first permission names the owner and what all others
 * may do, the following ones exceptions by domain. */
#ifndef PV_XENSTORE_TREE_H
#define PV_XENSTORE_TREE_H

#include "common/machine/snap.h"
#include "pv/xen.h"

#define PV_STORE_PERMS 5u    /* of a node */
#define PV_STORE_NODES 1000u /* that the guest may own */
#define PV_STORE_VALUE 2048u /* bytes of a value */
#define PV_STORE_NAME  XENSTORE_ABS_PATH_MAX

enum { PV_STORE_READ = 1, PV_STORE_WRITE = 2, PV_STORE_OWNER = 4 };

struct pv_store_perm {
    uint16_t domid;
    uint8_t perms; /* PV_STORE_READ, _WRITE */
};

struct pv_store_node {
    struct pv_store_node *parent, *child, *next; /* children: oldest first */
    char *name;
    uint8_t *value;
    uint32_t len;
    uint8_t nr_perms;
    struct pv_store_perm perm[PV_STORE_PERMS];
    uint64_t gen; /* of its last change */
};

struct pv_store_tree {
    struct pv_store_node *root;
    uint32_t owned; /* nodes that belong to a guest */
    uint64_t gen;   /* of its last change */
};

/* NULL: out of memory. destroy(NULL) is a no-op. */
struct pv_store_tree *pv_store_tree_create(void);
void pv_store_tree_destroy(struct pv_store_tree *t);
struct pv_store_tree *pv_store_tree_clone(const struct pv_store_tree *t);

/* "/", or "/a/b": allowed characters, no empty part, not too long. */
bool pv_store_path_ok(const char *path);

struct pv_store_node *pv_store_tree_find(const struct pv_store_tree *t,
                                         const char *path);
/* The nearest ancestor that exists; the root at last. */
struct pv_store_node *pv_store_tree_nearest(const struct pv_store_tree *t,
                                            const char *path);

/* Make the node and what is missing above it, for a domain; the path is whole.
 * 0, ENOSPC (too many nodes of a guest's) or ENOMEM; then nothing changed. */
int pv_store_tree_make(struct pv_store_tree *t, const char *path,
                       uint16_t domid, struct pv_store_node **out);
/* 0 or ENOMEM. */
int pv_store_node_set(struct pv_store_node *n, const void *value, uint32_t len);
void pv_store_node_set_perms(struct pv_store_tree *t, struct pv_store_node *n,
                             const struct pv_store_perm *perm, unsigned nr);
/* Not the root. */
void pv_store_tree_remove(struct pv_store_tree *t, struct pv_store_node *n);

/* What a domain may do: PV_STORE_*. */
unsigned pv_store_node_access(const struct pv_store_node *n, uint16_t domid);

/* The whole tree. LOAD fills one that holds only the root. */
void pv_store_tree_snapshot(struct pv_store_tree *t, struct snap *s);

#endif
