/* grant.c: grant tables, version 1: the table and its use. */
#include "pv/grant.h"

#include <stdlib.h>

uint32_t pv_grant_refs(const struct pv_domain *d)
{
    return d->grants->nr_frames * PV_GRANT_PER_PAGE;
}

void pv_grant_read(struct pv_domain *d, uint32_t ref, struct grant_entry_v1 *e)
{
    pv_read_frame(d, d->grants->frame[ref / PV_GRANT_PER_PAGE],
                  ref % PV_GRANT_PER_PAGE * (unsigned)sizeof(*e), e,
                  sizeof(*e));
}

void pv_grant_write(struct pv_domain *d, uint32_t ref,
                    const struct grant_entry_v1 *e)
{
    pv_write_frame(d, d->grants->frame[ref / PV_GRANT_PER_PAGE],
                   ref % PV_GRANT_PER_PAGE * (unsigned)sizeof(*e), e,
                   sizeof(*e));
}

int16_t pv_grant_grow(struct pv_domain *d, uint32_t nr)
{
    struct pv_grants *g = d->grants;
    uint64_t mfn;

    if (nr > PV_GRANT_FRAMES)
        return GNTST_general_error;
    while (g->nr_frames < nr) {
        mfn = pv_alloc_frame(d, PVO_SHARED);
        if (mfn == 0)
            return GNTST_general_error;
        g->frame[g->nr_frames++] = mfn;
    }
    return GNTST_okay;
}

/* ---- use ---- */

static int64_t hold(struct pv_domain *d, uint64_t mfn, bool write)
{
    struct pv_frame *f = pv_frame(d, mfn);

    /* Only memory of the guest's own can be granted. */
    if (f == NULL || f->owner != PVO_DOMAIN)
        return -XEN_EINVAL;
    if (write)
        return pv_get_typed(d, mfn, PVT_WRITABLE);
    return pv_get_frame(d, mfn) ? 0 : -XEN_EINVAL;
}

static void drop(struct pv_domain *d, uint64_t mfn, bool write)
{
    if (write)
        pv_put_typed(d, mfn);
    else
        pv_put_frame(d, mfn);
}

static bool in_use(const struct pv_grant_use *u)
{
    return u->readers != 0 || u->writers != 0;
}

/* Whether the entry (or, of one in use, what it was) allows this. */
static int16_t allowed(const struct pv_grant_use *u,
                       const struct grant_entry_v1 *e, domid_t domid,
                       bool write, bool map)
{
    uint16_t mask = GTF_type_mask | (map ? GTF_sub_page : 0);

    if (in_use(u) ? u->domid != domid
                  : (e->flags & mask) != GTF_permit_access || e->domid != domid)
        return GNTST_general_error;
    if (write && u->writers == 0 && (e->flags & GTF_readonly) != 0)
        return GNTST_general_error;
    if (u->readers == UINT32_MAX || u->writers == UINT32_MAX)
        return GNTST_general_error;
    return GNTST_okay;
}

int16_t pv_grant_use(struct pv_domain *d, uint32_t ref, domid_t domid,
                     bool write, bool map, uint64_t *mfn)
{
    struct grant_entry_v1 e;
    struct pv_grant_use *u;
    int16_t rc;

    if (ref >= pv_grant_refs(d))
        return GNTST_bad_gntref;
    u = &d->grants->use[ref];
    pv_grant_read(d, ref, &e);
    rc = allowed(u, &e, domid, write, map);
    if (rc != GNTST_okay)
        return rc;
    *mfn = in_use(u) ? u->mfn : e.frame;
    if (hold(d, *mfn, write) != 0)
        return in_use(u) ? GNTST_general_error : GNTST_bad_page;
    if (write)
        u->writers++;
    else
        u->readers++;
    u->mfn = *mfn;
    u->domid = domid;
    e.flags = (uint16_t)(e.flags | GTF_reading | (write ? GTF_writing : 0));
    pv_grant_write(d, ref, &e);
    return GNTST_okay;
}

void pv_grant_end(struct pv_domain *d, uint32_t ref, bool write)
{
    struct pv_grant_use *u = &d->grants->use[ref];
    uint64_t mfn = u->mfn;
    struct grant_entry_v1 e;

    if (write)
        u->writers--;
    else
        u->readers--;
    pv_grant_read(d, ref, &e);
    if (u->writers == 0)
        e.flags &= (uint16_t)~GTF_writing;
    if (!in_use(u)) {
        e.flags &= (uint16_t)~GTF_reading;
        *u = (struct pv_grant_use){0};
    }
    pv_grant_write(d, ref, &e);
    drop(d, mfn, write);
}

bool pv_grant_copy_in(struct pv_domain *d, uint32_t ref, unsigned at, void *buf,
                      unsigned len)
{
    uint64_t mfn;

    if (at > PAGE_SIZE || len > PAGE_SIZE - at ||
        pv_grant_use(d, ref, PV_DOMID_BACKEND, false, false, &mfn) !=
            GNTST_okay)
        return false;
    pv_read_frame(d, mfn, at, buf, len);
    pv_grant_end(d, ref, false);
    return true;
}

bool pv_grant_copy_out(struct pv_domain *d, uint32_t ref, unsigned at,
                       const void *buf, unsigned len)
{
    uint64_t mfn;

    if (at > PAGE_SIZE || len > PAGE_SIZE - at ||
        pv_grant_use(d, ref, PV_DOMID_BACKEND, true, false, &mfn) != GNTST_okay)
        return false;
    pv_write_frame(d, mfn, at, buf, len);
    pv_grant_end(d, ref, true);
    return true;
}

/* ---- life ---- */

/* As the domain builder leaves them: the rings, granted to the back ends. */
static void seed(struct pv_domain *d, uint32_t ref, uint64_t mfn)
{
    struct grant_entry_v1 e = {.flags = GTF_permit_access,
                               .domid = PV_DOMID_BACKEND,
                               .frame = (uint32_t)mfn};

    if (mfn != 0 && mfn <= UINT32_MAX)
        pv_grant_write(d, ref, &e);
}

enum status pv_grants_create(struct pv_domain *d, struct error *err)
{
    d->grants = calloc(1, sizeof(*d->grants));
    if (d->grants == NULL)
        return err_set(err, ST_NOMEM, "grant table");
    if (pv_grant_grow(d, 1) != GNTST_okay)
        return err_set(err, ST_GUEST, "no memory is left for a grant table");
    seed(d, GNTTAB_RESERVED_CONSOLE, d->console_mfn);
    seed(d, GNTTAB_RESERVED_XENSTORE, d->store_mfn);
    return ST_OK;
}

void pv_grants_destroy(struct pv_domain *d)
{
    if (d == NULL)
        return;
    free(d->grants);
    d->grants = NULL;
}

/* References to frames are in the frame table; here only who holds them. */
static void use_snapshot(struct pv_domain *d, struct snap *s, uint32_t ref)
{
    struct pv_grant_use *u = &d->grants->use[ref];

    snap_u64(s, &u->mfn);
    snap_u32(s, &u->readers);
    snap_u32(s, &u->writers);
    snap_u16(s, &u->domid);
    snap_require(s, in_use(u) && u->mfn < d->nr_frames, "grant in use");
}

static void map_snapshot(struct pv_domain *d, struct snap *s, uint32_t i)
{
    struct pv_grant_map *m = &d->grants->map[i];

    snap_u32(s, &m->flags);
    snap_u32(s, &m->ref);
    snap_u64(s, &m->host_addr);
    snap_u64(s, &m->mfn);
    snap_require(s,
                 m->flags != 0 && m->ref < pv_grant_refs(d) &&
                     in_use(&d->grants->use[m->ref]) && m->mfn < d->nr_frames,
                 "grant mapping");
}

/* The indices in use, each with what `one` says, then `end`. */
static void list_snapshot(struct pv_domain *d, struct snap *s, uint32_t end,
                          bool (*used)(struct pv_domain *d, uint32_t i),
                          void (*one)(struct pv_domain *d, struct snap *s,
                                      uint32_t i))
{
    uint32_t i = 0, at;

    for (;; i++) {
        if (s->mode != SNAP_LOAD)
            while (i < end && !used(d, i))
                i++;
        at = i;
        snap_u32(s, &at);
        snap_require(s, at <= end, "index of a list");
        if (s->status != ST_OK || at == end)
            return;
        one(d, s, at);
    }
}

static bool use_used(struct pv_domain *d, uint32_t i)
{
    return in_use(&d->grants->use[i]);
}

static bool map_used(struct pv_domain *d, uint32_t i)
{
    return d->grants->map[i].flags != 0;
}

void pv_grants_snapshot(struct pv_domain *d, struct snap *s)
{
    struct pv_grants *g = d->grants;
    uint32_t n = g->nr_frames, i;

    snap_section(s, "pv-grants", 1);
    snap_u32(s, &n);
    snap_require(s, n >= 1 && n <= PV_GRANT_FRAMES, "frames of grant table");
    if (s->status != ST_OK)
        return;
    g->nr_frames = n;
    for (i = 0; i < n; i++) {
        snap_u64(s, &g->frame[i]);
        snap_require(s, g->frame[i] < d->nr_frames, "grant table frame");
    }
    if (s->mode == SNAP_LOAD) {
        memset(g->use, 0, sizeof(g->use));
        memset(g->map, 0, sizeof(g->map));
    }
    list_snapshot(d, s, PV_GRANT_REFS, use_used, use_snapshot);
    list_snapshot(d, s, PV_GRANT_MAPS, map_used, map_snapshot);
}
