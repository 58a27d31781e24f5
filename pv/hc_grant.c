/* hc_grant.c: grant_table_op [XEN grant_table.h], but for the mappings. */
#include "pv/hc_grant.h"

#include "pv/preempt.h"

/* Some structures hold pointers or frame numbers of the guest's width. */
struct layout {
    unsigned width;               /* of a pointer */
    unsigned setup, setup_list;   /* size; where the list's address is */
    unsigned status, status_list; /* of gnttab_get_status_frames */
    unsigned copy, copy_ptr;      /* size; of one end */
};

static const struct layout layout64 = {
    8,
    sizeof(struct gnttab_setup_table),
    offsetof(struct gnttab_setup_table, frame_list),
    sizeof(struct gnttab_get_status_frames),
    offsetof(struct gnttab_get_status_frames, frame_list),
    sizeof(struct gnttab_copy),
    sizeof(struct gnttab_copy_ptr),
};
static const struct layout layout32 = {4, 16, 12, 12, 8, 24, 8};

static const struct layout *layout(const struct pv_domain *d)
{
    return d->is32 ? &layout32 : &layout64;
}

/* Read a structure, and see that its answer can be written. */
static int64_t get_op(struct pv_domain *d, void *op, uint64_t va, unsigned n)
{
    int64_t rc = pv_copy_from(d, op, va, n);

    return rc != 0 ? rc : pv_copy_to(d, va, op, n);
}

/* GNTST_okay: it is the guest's own table. */
static int16_t own_table(domid_t dom)
{
    switch (pv_grant_who(dom, true)) {
    case PV_GRANT_SELF:
        return GNTST_okay;
    case PV_GRANT_BACKEND:
        return GNTST_permission_denied;
    case PV_GRANT_NOBODY:
        break;
    }
    return GNTST_bad_domain;
}

/* ---- the table ---- */

static int16_t list_frames(struct pv_domain *d, uint32_t nr, uint64_t list)
{
    unsigned width = layout(d)->width;
    int16_t rc = pv_grant_grow(d, nr);
    uint32_t i;

    if (rc != GNTST_okay)
        return rc;
    for (i = 0; i < nr; i++)
        if (pv_copy_to(d, list + (uint64_t)i * width, &d->grants->frame[i],
                       width) != 0)
            return GNTST_bad_virt_addr;
    return GNTST_okay;
}

static int64_t setup_table(struct pv_domain *d, uint64_t va, uint32_t count)
{
    const struct layout *l = layout(d);
    struct gnttab_setup_table op = {0};
    uint64_t list = 0;
    uint8_t raw[32];
    int64_t rc;

    if (count != 1)
        return -XEN_EINVAL;
    rc = get_op(d, raw, va, l->setup);
    if (rc != 0)
        return rc;
    memcpy(&op, raw, offsetof(struct gnttab_setup_table, status));
    memcpy(&list, raw + l->setup_list, l->width);
    if (!pv_range_okay(d, list, op.nr_frames, l->width))
        return -XEN_EFAULT;
    op.status = own_table(op.dom);
    if (op.status == GNTST_okay)
        op.status = list_frames(d, op.nr_frames, list);
    return pv_copy_to(d, va + offsetof(struct gnttab_setup_table, status),
                      &op.status, sizeof(op.status));
}

static int64_t query_size(struct pv_domain *d, uint64_t va, uint32_t count)
{
    struct gnttab_query_size op;
    int64_t rc;

    if (count != 1)
        return -XEN_EINVAL;
    rc = pv_copy_from(d, &op, va, sizeof(op));
    if (rc != 0)
        return rc;
    op.status = own_table(op.dom);
    if (op.status == GNTST_okay) {
        op.nr_frames = d->grants->nr_frames;
        op.max_nr_frames = PV_GRANT_FRAMES;
    }
    return pv_copy_to(d, va, &op, sizeof(op));
}

/* Version 1 is all there is: as Xen with "gnttab=max-ver:1". */
static int64_t set_version(struct pv_domain *d, uint64_t va)
{
    struct gnttab_set_version op;
    int64_t rc = pv_copy_from(d, &op, va, sizeof(op)), answer = 0;

    if (rc != 0)
        return rc;
    if (op.version != 1)
        answer = op.version == 2 ? -XEN_ENOSYS : -XEN_EINVAL;
    op.version = 1;
    rc = pv_copy_to(d, va, &op, sizeof(op));
    return rc != 0 ? rc : answer;
}

static int64_t get_version(struct pv_domain *d, uint64_t va)
{
    struct gnttab_get_version op;
    int64_t rc = pv_copy_from(d, &op, va, sizeof(op));

    if (rc != 0)
        return rc;
    switch (own_table(op.dom)) {
    case GNTST_okay:
        op.version = 1;
        return pv_copy_to(d, va, &op, sizeof(op));
    case GNTST_permission_denied:
        return -XEN_EPERM;
    }
    return -XEN_ESRCH;
}

/* A table of version 1 has none. */
static int64_t status_frames(struct pv_domain *d, uint64_t va, uint32_t count)
{
    const struct layout *l = layout(d);
    struct gnttab_get_status_frames op = {0};
    uint64_t list = 0;
    uint8_t raw[16];
    int64_t rc;

    if (count != 1)
        return -XEN_EINVAL;
    rc = pv_copy_from(d, raw, va, l->status);
    if (rc != 0)
        return rc;
    memcpy(&op, raw, offsetof(struct gnttab_get_status_frames, status));
    memcpy(&list, raw + l->status_list, l->width);
    if (!pv_range_okay(d, list, op.nr_frames, 8))
        return -XEN_EFAULT;
    op.status = own_table(op.dom);
    if (op.status == GNTST_okay && op.nr_frames > 0)
        op.status = GNTST_general_error;
    return pv_copy_to(d, va + offsetof(struct gnttab_get_status_frames, status),
                      &op.status, sizeof(op.status));
}

static void swap_ref(struct pv_domain *d, struct gnttab_swap_grant_ref *op)
{
    struct grant_entry_v1 a, b;
    const struct pv_grant_use *u = d->grants->use;

    op->status = GNTST_okay;
    if (op->ref_a >= pv_grant_refs(d) || op->ref_b >= pv_grant_refs(d)) {
        op->status = GNTST_bad_gntref;
        return;
    }
    if (op->ref_a == op->ref_b)
        return;
    if (u[op->ref_a].readers != 0 || u[op->ref_a].writers != 0 ||
        u[op->ref_b].readers != 0 || u[op->ref_b].writers != 0) {
        op->status = GNTST_eagain;
        return;
    }
    pv_grant_read(d, op->ref_a, &a);
    pv_grant_read(d, op->ref_b, &b);
    pv_grant_write(d, op->ref_a, &b);
    pv_grant_write(d, op->ref_b, &a);
}

/* ---- copies ---- */

/* One end of a copy: a granted page, or a frame of the guest's own. */
struct end {
    uint64_t what; /* grant reference or frame */
    domid_t domid;
    uint16_t offset;
    bool gref, write;
    uint64_t mfn;
};

static int16_t check_end(const struct end *e)
{
    if (e->domid != DOMID_SELF && !e->gref)
        return GNTST_permission_denied;
    if (pv_grant_who(e->domid, true) == PV_GRANT_NOBODY)
        return GNTST_bad_domain;
    return GNTST_okay;
}

static int16_t begin_frame(struct pv_domain *d, struct end *e)
{
    const struct pv_frame *f = pv_frame(d, e->what);

    if (f == NULL || f->owner != PVO_DOMAIN || !pv_get_frame(d, e->what))
        return GNTST_bad_page;
    e->mfn = e->what;
    if (!e->write)
        return GNTST_okay;
    if (pv_get_typed(d, e->mfn, PVT_WRITABLE) != 0) {
        pv_put_frame(d, e->mfn);
        return GNTST_general_error;
    }
    return GNTST_okay;
}

static int16_t begin_end(struct pv_domain *d, struct end *e)
{
    if (!e->gref)
        return begin_frame(d, e);
    if (pv_grant_who(e->domid, true) == PV_GRANT_BACKEND)
        return e->what < PV_GRANT_PER_PAGE ? GNTST_general_error
                                           : GNTST_bad_gntref;
    return pv_grant_use(d, (uint32_t)e->what, PV_DOMID, e->write, false,
                        &e->mfn);
}

static void end_end(struct pv_domain *d, const struct end *e)
{
    if (e->gref) {
        pv_grant_end(d, (uint32_t)e->what, e->write);
        return;
    }
    if (e->write)
        pv_put_typed(d, e->mfn);
    pv_put_frame(d, e->mfn);
}

static int16_t move(struct pv_domain *d, const struct end *from,
                    const struct end *to, uint16_t len)
{
    uint8_t buf[PAGE_SIZE];

    if (from->offset + len > PAGE_SIZE || to->offset + len > PAGE_SIZE)
        return GNTST_bad_copy_arg;
    pv_read_frame(d, from->mfn, from->offset, buf, len);
    pv_write_frame(d, to->mfn, to->offset, buf, len);
    return GNTST_okay;
}

static int16_t copy_one(struct pv_domain *d, struct end *from, struct end *to,
                        uint16_t len)
{
    int16_t rc;

    if (len == 0)
        return GNTST_okay;
    rc = check_end(from);
    if (rc == GNTST_okay)
        rc = check_end(to);
    if (rc == GNTST_okay)
        rc = begin_end(d, from);
    if (rc != GNTST_okay)
        return rc;
    rc = begin_end(d, to);
    if (rc == GNTST_okay) {
        rc = move(d, from, to, len);
        end_end(d, to);
    }
    end_end(d, from);
    return rc;
}

/* The end at raw, of an entry in the guest's layout. */
static void get_end(const struct pv_domain *d, const uint8_t *raw,
                    struct end *e)
{
    unsigned width = layout(d)->width;

    e->what = 0;
    memcpy(&e->what, raw, e->gref ? 4 : width);
    memcpy(&e->domid, raw + width, 2);
    memcpy(&e->offset, raw + width + 2, 2);
}

static int64_t copy_entry(struct pv_domain *d, uint64_t va)
{
    const struct layout *l = layout(d);
    struct end from = {.write = false}, to = {.write = true};
    uint16_t tail[2]; /* length, flags */
    uint8_t raw[40];
    int16_t status;
    int64_t rc = get_op(d, raw, va, l->copy);

    if (rc != 0)
        return rc;
    memcpy(tail, raw + 2 * l->copy_ptr, sizeof(tail));
    from.gref = (tail[1] & GNTCOPY_source_gref) != 0;
    to.gref = (tail[1] & GNTCOPY_dest_gref) != 0;
    get_end(d, raw, &from);
    get_end(d, raw + l->copy_ptr, &to);
    status = copy_one(d, &from, &to, tail[0]);
    return pv_copy_to(d, va + 2 * l->copy_ptr + sizeof(tail), &status,
                      sizeof(status));
}

/* ---- batches ---- */

#define ENTRY(name, type, handler)                                             \
    static int64_t name(struct pv_domain *d, uint64_t va)                      \
    {                                                                          \
        struct type op;                                                        \
        int64_t rc = get_op(d, &op, va, sizeof(op));                           \
                                                                               \
        if (rc != 0)                                                           \
            return rc;                                                         \
        handler(d, &op);                                                       \
        return pv_copy_to(d, va, &op, sizeof(op));                             \
    }

ENTRY(map_entry, gnttab_map_grant_ref, pv_grant_map_ref)
ENTRY(unmap_entry, gnttab_unmap_grant_ref, pv_grant_unmap_ref)
ENTRY(replace_entry, gnttab_unmap_and_replace, pv_grant_replace)
ENTRY(swap_entry, gnttab_swap_grant_ref, swap_ref)

static int64_t batch(struct pv_domain *d, const uint64_t arg[6], unsigned size,
                     int64_t (*one)(struct pv_domain *d, uint64_t va))
{
    uint32_t cmd = (uint32_t)arg[0], count = (uint32_t)arg[2], i;
    int64_t rc = 0;

    if (!pv_range_okay(d, arg[1], count, size))
        return -XEN_EFAULT;
    for (i = 0; i < count && i < PV_PREEMPT_ENTRIES && rc == 0; i++)
        rc = one(d, arg[1] + (uint64_t)i * size);
    pv_count_entries(d, __HYPERVISOR_grant_table_op, cmd, i);
    if (rc != 0 || i == count)
        return rc;
    return pv_preempt(
        d, __HYPERVISOR_grant_table_op, 3,
        (const uint64_t[]){cmd, arg[1] + (uint64_t)i * size, count - i});
}

/* Not carried out here: as Xen with "gnttab=no-transfer". */
static int64_t transfer(struct pv_domain *d, uint64_t va, uint32_t count)
{
    if (!pv_range_okay(d, va, count, d->is32 ? 16 : 24))
        return -XEN_EFAULT;
    return -XEN_EOPNOTSUPP;
}

int64_t pv_do_grant_table_op(struct pv_domain *d, const uint64_t arg[6])
{
    uint32_t count = (uint32_t)arg[2];

    if (count > INT32_MAX)
        return -XEN_EINVAL;
    switch ((uint32_t)arg[0]) {
    case GNTTABOP_map_grant_ref:
        return batch(d, arg, sizeof(struct gnttab_map_grant_ref), map_entry);
    case GNTTABOP_unmap_grant_ref:
        return batch(d, arg, sizeof(struct gnttab_unmap_grant_ref),
                     unmap_entry);
    case GNTTABOP_setup_table:
        return setup_table(d, arg[1], count);
    case GNTTABOP_transfer:
        return transfer(d, arg[1], count);
    case GNTTABOP_copy:
        return batch(d, arg, layout(d)->copy, copy_entry);
    case GNTTABOP_query_size:
        return query_size(d, arg[1], count);
    case GNTTABOP_unmap_and_replace:
        return batch(d, arg, sizeof(struct gnttab_unmap_and_replace),
                     replace_entry);
    case GNTTABOP_set_version:
        return set_version(d, arg[1]);
    case GNTTABOP_get_status_frames:
        return status_frames(d, arg[1], count);
    case GNTTABOP_get_version:
        return get_version(d, arg[1]);
    case GNTTABOP_swap_grant_ref:
        return batch(d, arg, sizeof(struct gnttab_swap_grant_ref), swap_entry);
    }
    return -XEN_ENOSYS;
}
