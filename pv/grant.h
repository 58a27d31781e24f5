/* grant.h: grant tables, version 1 [XEN grant_table.h]: the guest's table, what
 * of it is in use, and how back ends in this process get at granted pages. */
#ifndef PV_GRANT_H
#define PV_GRANT_H

#include "pv/domain.h"

#define PV_GRANT_FRAMES   64u  /* of the table, at most */
#define PV_GRANT_PER_PAGE 512u /* entries of 8 bytes */
#define PV_GRANT_REFS     (PV_GRANT_FRAMES * PV_GRANT_PER_PAGE)
#define PV_GRANT_MAPS     4096u /* mappings that a guest can hold */

/* An entry in use: the frame is that of the first use, with a reference of ours
 * for each. */
struct pv_grant_use {
    uint64_t mfn;
    uint32_t readers, writers;
    uint16_t domid;
};

/* A mapping of GNTTABOP_map_grant_ref; flags 0: free. */
struct pv_grant_map {
    uint32_t flags; /* GNTMAP_* */
    uint32_t ref;
    uint64_t host_addr; /* 0: no host mapping (any more) */
    uint64_t mfn;
};

struct pv_grants {
    unsigned nr_frames;
    uint64_t frame[PV_GRANT_FRAMES]; /* mfns */
    struct pv_grant_use use[PV_GRANT_REFS];
    struct pv_grant_map map[PV_GRANT_MAPS];
};

/* Entries that the table has now. */
uint32_t pv_grant_refs(const struct pv_domain *d);

void pv_grant_read(struct pv_domain *d, uint32_t ref, struct grant_entry_v1 *e);
void pv_grant_write(struct pv_domain *d, uint32_t ref,
                    const struct grant_entry_v1 *e);

/* At least nr frames; GNTST_okay or GNTST_general_error. */
int16_t pv_grant_grow(struct pv_domain *d, uint32_t nr);

/* Begin to use a grant as domain `domid`: checks the entry, marks it as being
 * read (and written), references the frame (as writable when `write`). `map`:
 * for a mapping and not for a copy. GNTST_okay: *mfn is the frame. */
int16_t pv_grant_use(struct pv_domain *d, uint32_t ref, domid_t domid,
                     bool write, bool map, uint64_t *mfn);
void pv_grant_end(struct pv_domain *d, uint32_t ref, bool write);

/* A back end's access to a page granted to PV_DOMID_BACKEND: `len` bytes at
 * `at`, within the page. False: not granted so. */
bool pv_grant_copy_in(struct pv_domain *d, uint32_t ref, unsigned at, void *buf,
                      unsigned len);
bool pv_grant_copy_out(struct pv_domain *d, uint32_t ref, unsigned at,
                       const void *buf, unsigned len);

#endif
