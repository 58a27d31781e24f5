/* test_hc_grant.c: grant_table_op: the table, copies, mappings, errors. */
#include "common/tests/suite.h"
#include "common/x86/walk.h"
#include "pv/grant.h"
#include "pv/pte.h"
#include "pv/tests/pvrig.h"

#define NR __HYPERVISOR_grant_table_op

static int64_t op(struct pvrig *r, unsigned cmd, void *arg, size_t n)
{
    uint64_t va = pvrig_page(r, 0);
    int64_t rc;

    pvrig_put(r, va, arg, n);
    rc = pvrig_call(r, NR, cmd, va, 1);
    pvrig_get(r, va, arg, n);
    return rc;
}

static void grant(struct pvrig *r, uint32_t ref, domid_t dom, uint64_t mfn,
                  unsigned flags)
{
    struct grant_entry_v1 e = {
        .flags = (uint16_t)flags, .domid = dom, .frame = (uint32_t)mfn};

    pv_grant_write(r->d, ref, &e);
}

static unsigned flags(struct pvrig *r, uint32_t ref)
{
    struct grant_entry_v1 e;

    pv_grant_read(r->d, ref, &e);
    return e.flags;
}

/* ---- the table ---- */

/* struct gnttab_setup_table in either layout; the list is page 1. */
static int16_t setup(struct pvrig *r, domid_t dom, uint32_t nr, uint64_t list,
                     int64_t want)
{
    uint8_t raw[24] = {0};
    int16_t status;

    memcpy(raw, &dom, 2);
    memcpy(raw + 4, &nr, 4);
    memcpy(raw + (r->d->is32 ? 12 : 16), &list, r->d->is32 ? 4 : 8);
    ck_assert_int_eq(op(r, GNTTABOP_setup_table, raw, sizeof(raw)), want);
    memcpy(&status, raw + 8, 2);
    return status;
}

START_TEST(sets_up)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct gnttab_query_size q = {.dom = DOMID_SELF};
    uint64_t list = pvrig_page(r, 1), mfn = 0;
    unsigned w = _i == 1 ? 4 : 8;

    ck_assert_int_eq(op(r, GNTTABOP_query_size, &q, sizeof(q)), 0);
    ck_assert_int_eq(q.status, GNTST_okay);
    ck_assert_uint_eq(q.nr_frames, 1);
    ck_assert_uint_eq(q.max_nr_frames, PV_GRANT_FRAMES);
    ck_assert_int_eq(setup(r, DOMID_SELF, 3, list, 0), GNTST_okay);
    pvrig_get(r, list + 2 * w, &mfn, w);
    ck_assert_uint_eq(mfn, r->d->grants->frame[2]);
    ck_assert_int_eq(pv_frame(r->d, mfn)->owner, PVO_SHARED);
    ck_assert_int_eq(op(r, GNTTABOP_query_size, &q, sizeof(q)), 0);
    ck_assert_uint_eq(q.nr_frames, 3);
    /* The rings are granted to the back ends, as a toolstack does. */
    ck_assert_uint_eq(flags(r, GNTTAB_RESERVED_CONSOLE), GTF_permit_access);
    ck_assert_uint_eq(flags(r, GNTTAB_RESERVED_XENSTORE), GTF_permit_access);
    pvrig_free(r);
}
END_TEST

START_TEST(setup_errors)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t list = pvrig_page(r, 1);
    unsigned i;

    ck_assert_int_eq(setup(r, 0, 2, list, 0), GNTST_permission_denied);
    ck_assert_int_eq(setup(r, 7, 2, list, 0), GNTST_bad_domain);
    ck_assert_int_eq(setup(r, DOMID_SELF, PV_GRANT_FRAMES + 1, list, 0),
                     GNTST_general_error);
    setup(r, DOMID_SELF, UINT32_MAX, 0x1000, _i == 1 ? -XEN_EFAULT : 0);
    setup(r, DOMID_SELF, 2, pvrig_bad(r, 0), -XEN_EFAULT);
    ck_assert_uint_eq(r->d->grants->nr_frames, 1);
    ck_assert_int_eq(setup(r, DOMID_SELF, 1, pvrig_bad(r, 3), 0),
                     GNTST_bad_virt_addr);
    for (i = 0; i < PVRIG_BAD_OUT; i++)
        ck_assert_int_eq(
            pvrig_call(r, NR, GNTTABOP_setup_table, pvrig_bad(r, i), 1),
            -XEN_EFAULT);
    ck_assert_int_eq(pvrig_call(r, NR, GNTTABOP_setup_table, list, 2),
                     -XEN_EINVAL);
    pvrig_free(r);
}
END_TEST

START_TEST(versions)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct gnttab_get_version g = {.dom = DOMID_SELF};
    struct gnttab_set_version v = {.version = 2};
    uint8_t raw[16] = {0};
    int16_t status;

    ck_assert_int_eq(op(r, GNTTABOP_set_version, &v, sizeof(v)), -XEN_ENOSYS);
    ck_assert_uint_eq(v.version, 1);
    v.version = 3;
    ck_assert_int_eq(op(r, GNTTABOP_set_version, &v, sizeof(v)), -XEN_EINVAL);
    v.version = 1;
    ck_assert_int_eq(op(r, GNTTABOP_set_version, &v, sizeof(v)), 0);
    ck_assert_int_eq(op(r, GNTTABOP_get_version, &g, sizeof(g)), 0);
    ck_assert_uint_eq(g.version, 1);
    g.dom = 0;
    ck_assert_int_eq(op(r, GNTTABOP_get_version, &g, sizeof(g)), -XEN_EPERM);
    g.dom = 9;
    ck_assert_int_eq(op(r, GNTTABOP_get_version, &g, sizeof(g)), -XEN_ESRCH);
    /* A table of version 1 has no status frames. */
    raw[0] = 1;
    raw[4] = DOMID_SELF & 0xff;
    raw[5] = DOMID_SELF >> 8;
    ck_assert_int_eq(op(r, GNTTABOP_get_status_frames, raw, sizeof(raw)), 0);
    memcpy(&status, raw + 6, 2);
    ck_assert_int_eq(status, GNTST_general_error);
    raw[0] = 0;
    ck_assert_int_eq(op(r, GNTTABOP_get_status_frames, raw, sizeof(raw)), 0);
    memcpy(&status, raw + 6, 2);
    ck_assert_int_eq(status, GNTST_okay);
    pvrig_free(r);
}
END_TEST

START_TEST(swaps)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct gnttab_swap_grant_ref s = {.ref_a = 20, .ref_b = 21};
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 2)), got;

    grant(r, 20, 0, mfn, GTF_permit_access);
    ck_assert_int_eq(op(r, GNTTABOP_swap_grant_ref, &s, sizeof(s)), 0);
    ck_assert_int_eq(s.status, GNTST_okay);
    ck_assert_uint_eq(flags(r, 20), GTF_invalid);
    ck_assert_uint_eq(flags(r, 21), GTF_permit_access);
    ck_assert_int_eq(pv_grant_use(r->d, 21, 0, true, true, &got), GNTST_okay);
    ck_assert_int_eq(op(r, GNTTABOP_swap_grant_ref, &s, sizeof(s)), 0);
    ck_assert_int_eq(s.status, GNTST_eagain);
    pv_grant_end(r->d, 21, true);
    s.ref_a = 512;
    ck_assert_int_eq(op(r, GNTTABOP_swap_grant_ref, &s, sizeof(s)), 0);
    ck_assert_int_eq(s.status, GNTST_bad_gntref);
    pvrig_free(r);
}
END_TEST

/* ---- copies ---- */

struct ends {
    uint64_t from, to;
    domid_t from_dom, to_dom;
    uint16_t from_at, to_at, len, flags;
};

static int16_t copy(struct pvrig *r, struct ends e)
{
    unsigned w = r->d->is32 ? 4 : 8, ptr = r->d->is32 ? 8 : 16;
    uint8_t raw[40] = {0};
    int16_t status;

    memcpy(raw, &e.from, w);
    memcpy(raw + w, &e.from_dom, 2);
    memcpy(raw + w + 2, &e.from_at, 2);
    memcpy(raw + ptr, &e.to, w);
    memcpy(raw + ptr + w, &e.to_dom, 2);
    memcpy(raw + ptr + w + 2, &e.to_at, 2);
    memcpy(raw + 2 * ptr, &e.len, 2);
    memcpy(raw + 2 * ptr + 2, &e.flags, 2);
    ck_assert_int_eq(op(r, GNTTABOP_copy, raw, sizeof(raw)), 0);
    memcpy(&status, raw + 2 * ptr + 4, 2);
    return status;
}

START_TEST(copies)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t a = pvrig_page(r, 2), b = pvrig_page(r, 3);
    struct ends e = {.from = pvrig_mfn(r, a),
                     .to = pvrig_mfn(r, b),
                     .from_dom = DOMID_SELF,
                     .to_dom = DOMID_SELF,
                     .from_at = 4,
                     .to_at = 4000,
                     .len = 12};
    char got[12];

    pvrig_put(r, a + 4, "twelve bytes", 12);
    ck_assert_int_eq(copy(r, e), GNTST_okay);
    pvrig_get(r, b + 4000, got, 12);
    ck_assert_mem_eq(got, "twelve bytes", 12);
    /* Through grants to itself. */
    grant(r, 30, PV_DOMID, e.from, GTF_permit_access | GTF_readonly);
    grant(r, 31, PV_DOMID, e.to, GTF_permit_access);
    e = (struct ends){30, 31, DOMID_SELF, PV_DOMID, 4, 0, 12, 3};
    ck_assert_int_eq(copy(r, e), GNTST_okay);
    pvrig_get(r, b, got, 12);
    ck_assert_mem_eq(got, "twelve bytes", 12);
    ck_assert_uint_eq(flags(r, 30), GTF_permit_access | GTF_readonly);
    ck_assert_uint_eq(flags(r, 31), GTF_permit_access);
    pvrig_free(r);
}
END_TEST

START_TEST(copy_errors)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t a = pvrig_mfn(r, pvrig_page(r, 2));
    uint64_t b = pvrig_mfn(r, pvrig_page(r, 3));
    uint64_t table = pvrig_mfn(r, r->tables);
    const domid_t me = DOMID_SELF;
    struct {
        struct ends e;
        int16_t status;
    } cases[] = {
        {{a, b, me, me, 4090, 0, 7, 0}, GNTST_bad_copy_arg},
        {{a, b, me, me, 0, 4090, 7, 0}, GNTST_bad_copy_arg},
        {{a, b, me, me, 0, 0, 65535, 0}, GNTST_bad_copy_arg},
        {{a, b, me, me, 65535, 65535, 65535, 0}, GNTST_bad_copy_arg},
        {{a, b, PV_DOMID, me, 0, 0, 1, 0}, GNTST_permission_denied},
        {{a, b, me, 0, 0, 0, 1, 0}, GNTST_permission_denied},
        {{0, b, 9, me, 0, 0, 1, 1}, GNTST_bad_domain},
        {{0, b, 0, me, 0, 0, 1, 1}, GNTST_general_error},
        {{r->d->m2p_mfn, b, me, me, 0, 0, 1, 0}, GNTST_bad_page},
        {{0xffffffff, b, me, me, 0, 0, 1, 0}, GNTST_bad_page},
        {{0, b, me, me, 0, 0, 1, 0}, GNTST_bad_page},
        {{r->d->grants->frame[0], b, me, me, 0, 0, 1, 0}, GNTST_bad_page},
        {{a, table, me, me, 0, 0, 1, 0}, GNTST_general_error},
        {{a, r->d->shared_mfn, me, me, 0, 0, 1, 0}, GNTST_bad_page},
        {{600, b, me, me, 0, 0, 1, 1}, GNTST_bad_gntref},
        {{0xffffffff, b, me, me, 0, 0, 1, 1}, GNTST_bad_gntref},
        {{40, b, me, me, 0, 0, 1, 1}, GNTST_general_error}, /* not granted */
        {{41, b, me, me, 0, 0, 1, 1}, GNTST_general_error}, /* to another */
        {{a, 42, me, me, 0, 0, 1, 2}, GNTST_general_error}, /* read-only */
        {{43, b, me, me, 0, 0, 1, 1}, GNTST_bad_page},
        {{a, b, 9, 9, 9999, 9999, 0, 0}, GNTST_okay}, /* of nothing */
    };
    uint64_t in_use;
    size_t i;

    grant(r, 41, 0, a, GTF_permit_access);
    grant(r, 42, PV_DOMID, b, GTF_permit_access | GTF_readonly);
    grant(r, 43, PV_DOMID, r->d->m2p_mfn, GTF_permit_access);
    in_use = pv_frame(r->d, a)->count + pv_frame(r->d, b)->count;
    for (i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_msg(copy(r, cases[i].e) == cases[i].status, "case %zu", i);
    ck_assert_uint_eq(pv_frame(r->d, a)->count + pv_frame(r->d, b)->count,
                      in_use);
    ck_assert_uint_eq(flags(r, 42), GTF_permit_access | GTF_readonly);
    pvrig_free(r);
}
END_TEST

/* ---- mappings ---- */

static struct gnttab_map_grant_ref map(struct pvrig *r, uint32_t ref,
                                       uint32_t how, uint64_t host)
{
    struct gnttab_map_grant_ref m = {
        .host_addr = host, .flags = how, .ref = ref, .dom = PV_DOMID};

    ck_assert_int_eq(op(r, GNTTABOP_map_grant_ref, &m, sizeof(m)), 0);
    return m;
}

static int16_t unmap(struct pvrig *r, uint32_t handle, uint64_t host,
                     uint64_t bus)
{
    struct gnttab_unmap_grant_ref u = {
        .host_addr = host, .dev_bus_addr = bus, .handle = handle};

    ck_assert_int_eq(op(r, GNTTABOP_unmap_grant_ref, &u, sizeof(u)), 0);
    return u.status;
}

START_TEST(maps_and_unmaps)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t page = pvrig_page(r, 5), at = pvrig_page(r, 6);
    uint64_t mfn = pvrig_mfn(r, page), old = pvrig_mfn(r, at);
    uint32_t count = pv_frame(r->d, mfn)->count;
    uint32_t types = pv_frame(r->d, mfn)->type_count;
    struct gnttab_map_grant_ref m;

    grant(r, 50, PV_DOMID, mfn, GTF_permit_access);
    m = map(r, 50, GNTMAP_host_map | GNTMAP_device_map, at);
    ck_assert_int_eq(m.status, GNTST_okay);
    ck_assert_uint_eq(m.dev_bus_addr, mfn << PAGE_SHIFT);
    ck_assert_uint_eq(pvrig_mfn(r, at), mfn);
    ck_assert_uint_eq(flags(r, 50),
                      GTF_permit_access | GTF_reading | GTF_writing);
    pvrig_put(r, at, "seen", 4);
    ck_assert_uint_eq(pvrig_get32(r, page), pvrig_get32(r, at));
    ck_assert_int_eq(unmap(r, m.handle, 0, 0x1000), GNTST_general_error);
    ck_assert_int_eq(unmap(r, m.handle, page + PAGE_SIZE * 3, 0),
                     GNTST_general_error); /* maps another frame */
    ck_assert_int_eq(unmap(r, m.handle, at, m.dev_bus_addr), GNTST_okay);
    ck_assert_uint_eq(flags(r, 50), GTF_permit_access);
    ck_assert_int_eq(unmap(r, m.handle, at, 0), GNTST_bad_handle);
    ck_assert_uint_eq(pv_frame(r->d, mfn)->count, count);
    ck_assert_uint_eq(pv_frame(r->d, mfn)->type_count, types);
    ck_assert_uint_ne(old, mfn);
    pvrig_free(r);
}
END_TEST

START_TEST(maps_by_entry)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 5)), at = pvrig_page(r, 6);
    struct gnttab_map_grant_ref m;
    unsigned index;
    uint64_t table, pte;

    ck_assert(pv_find_l1e(r->d, at, &table, &index));
    pte = (table << PAGE_SHIFT) + index * 8;
    grant(r, 51, PV_DOMID, mfn, GTF_permit_access | GTF_readonly);
    m = map(r, 51, GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_readonly,
            pte);
    ck_assert_int_eq(m.status, GNTST_okay);
    ck_assert_uint_eq(pvrig_mfn(r, at), mfn);
    ck_assert_int_eq(pv_pte_read(r->d, table, index) & X86_PTE_RW, 0);
    ck_assert_uint_eq(flags(r, 51),
                      GTF_permit_access | GTF_readonly | GTF_reading);
    ck_assert_int_eq(unmap(r, m.handle, pte, 0), GNTST_okay);
    ck_assert_uint_eq(pv_pte_read(r->d, table, index), 0);
    pvrig_free(r);
}
END_TEST

START_TEST(replaces)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 5)), at = pvrig_page(r, 6);
    uint64_t other = pvrig_page(r, 7), with = pvrig_mfn(r, other);
    struct gnttab_unmap_and_replace u = {.host_addr = at, .new_addr = other};
    struct gnttab_map_grant_ref m;
    uint8_t b;

    grant(r, 52, PV_DOMID, mfn, GTF_permit_access);
    m = map(r, 52, GNTMAP_host_map, at);
    u.handle = m.handle;
    ck_assert_int_eq(op(r, GNTTABOP_unmap_and_replace, &u, sizeof(u)), 0);
    ck_assert_int_eq(u.status, GNTST_okay);
    ck_assert_uint_eq(pvrig_mfn(r, at), with);
    ck_assert_int_eq(pv_copy_from(r->d, &b, other, 1), -XEN_EFAULT);
    ck_assert_uint_eq(flags(r, 52), GTF_permit_access);
    ck_assert_int_eq(op(r, GNTTABOP_unmap_and_replace, &u, sizeof(u)), 0);
    ck_assert_int_eq(u.status, GNTST_bad_handle);
    pvrig_free(r);
}
END_TEST

START_TEST(map_errors)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 5)), at = pvrig_page(r, 6);
    uint64_t l1, top = pvrig_mfn(r, r->tables);
    struct {
        uint32_t ref, how;
        domid_t dom;
        uint64_t host;
        int16_t status;
    } cases[] = {
        {50, 0, PV_DOMID, at, GNTST_bad_gntref},
        {50, GNTMAP_readonly, PV_DOMID, at, GNTST_bad_gntref},
        {50, GNTMAP_host_map, DOMID_SELF, at, GNTST_bad_domain},
        {50, GNTMAP_host_map, 7, at, GNTST_bad_domain},
        {50, GNTMAP_host_map, 0, at, GNTST_general_error},
        {5000, GNTMAP_host_map, 0, at, GNTST_bad_gntref},
        {5000, GNTMAP_host_map, PV_DOMID, at, GNTST_bad_gntref},
        {UINT32_MAX, GNTMAP_host_map, PV_DOMID, at, GNTST_bad_gntref},
        {60, GNTMAP_host_map, PV_DOMID, at, GNTST_general_error},
        {61, GNTMAP_host_map, PV_DOMID, at, GNTST_general_error},
        {50, GNTMAP_host_map, PV_DOMID, 0x800000000000, GNTST_general_error},
        {50, GNTMAP_host_map, PV_DOMID, PV_HOLE64_START, GNTST_general_error},
        {50, 18, PV_DOMID, top << 12, GNTST_general_error},
        {50, 18, PV_DOMID, 0, GNTST_general_error},
        {50, 18, PV_DOMID, 4, GNTST_general_error},
        {50, 18, PV_DOMID, UINT64_MAX - 7, GNTST_general_error},
        {62, GNTMAP_host_map, PV_DOMID, at, GNTST_bad_page},
    };
    struct gnttab_map_grant_ref m;
    uint64_t before;
    unsigned index;
    size_t i;

    ck_assert(pv_find_l1e(r->d, at, &l1, &index));
    grant(r, 50, PV_DOMID, mfn, GTF_permit_access);
    grant(r, 60, 0, mfn, GTF_permit_access); /* to another */
    grant(r, 61, PV_DOMID, mfn, GTF_permit_access | GTF_readonly);
    grant(r, 62, PV_DOMID, r->d->shared_mfn, GTF_permit_access);
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        m = (struct gnttab_map_grant_ref){.host_addr = cases[i].host,
                                          .flags = cases[i].how,
                                          .ref = cases[i].ref,
                                          .dom = cases[i].dom};
        ck_assert_int_eq(op(r, GNTTABOP_map_grant_ref, &m, sizeof(m)), 0);
        ck_assert_msg(m.status == cases[i].status, "case %zu: %d", i, m.status);
    }
    ck_assert_uint_eq(flags(r, 50), GTF_permit_access);
    /* A page table cannot be granted for writing. */
    grant(r, 63, PV_DOMID, top, GTF_permit_access);
    before = pv_frame(r->d, top)->count;
    ck_assert_int_eq(map(r, 63, GNTMAP_host_map, at).status, GNTST_bad_page);
    ck_assert_uint_eq(pv_frame(r->d, top)->count, before);
    pvrig_free(r);
}
END_TEST

START_TEST(mappings_run_out)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 5));
    uint32_t count = pv_frame(r->d, mfn)->count, n, i;

    grant(r, 50, PV_DOMID, mfn, GTF_permit_access);
    for (n = 0; map(r, 50, GNTMAP_device_map, 0).status == GNTST_okay; n++)
        ;
    ck_assert_uint_eq(n, PV_GRANT_MAPS);
    for (i = 0; i < n; i++)
        ck_assert_int_eq(unmap(r, i, 0, mfn << PAGE_SHIFT), GNTST_okay);
    ck_assert_uint_eq(pv_frame(r->d, mfn)->count, count);
    ck_assert_uint_eq(flags(r, 50), GTF_permit_access);
    pvrig_free(r);
}
END_TEST

START_TEST(batches)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct gnttab_unmap_grant_ref u[3] = {
        {.handle = 1}, {.handle = UINT32_MAX}, {.handle = 7}};
    uint64_t va = pvrig_page(r, 0);
    unsigned cmd, i;

    pvrig_put(r, va, u, sizeof(u));
    ck_assert_int_eq(pvrig_call(r, NR, GNTTABOP_unmap_grant_ref, va, 3), 0);
    pvrig_get(r, va, u, sizeof(u));
    for (i = 0; i < 3; i++)
        ck_assert_int_eq(u[i].status, GNTST_bad_handle);
    for (cmd = 0; cmd <= GNTTABOP_cache_flush; cmd++) {
        ck_assert_int_eq(pvrig_call(r, NR, cmd, va, UINT32_MAX), -XEN_EINVAL);
        if (cmd == GNTTABOP_dump_table || cmd == GNTTABOP_cache_flush) {
            ck_assert_int_eq(pvrig_call(r, NR, cmd, va, 1), -XEN_ENOSYS);
            continue;
        }
        for (i = 0; i < PVRIG_BAD; i++) {
            int64_t rc = pvrig_call(r, NR, cmd, pvrig_bad(r, i), 1);

            ck_assert(rc == -XEN_EFAULT ||
                      (cmd == GNTTABOP_transfer && rc == -XEN_EOPNOTSUPP));
        }
    }
    ck_assert_int_eq(pvrig_call(r, NR, GNTTABOP_transfer, va, 1),
                     -XEN_EOPNOTSUPP);
    ck_assert_int_eq(pvrig_call(r, NR, 13, va, 1), -XEN_ENOSYS);
    ck_assert_int_eq(pvrig_call(r, NR, GNTTABOP_map_grant_ref, va, 0), 0);
    pvrig_free(r);
}
END_TEST

/* A batch that reaches behind what is mapped: the entries before count. */
START_TEST(batch_ends_in_the_middle)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct gnttab_unmap_grant_ref u = {.handle = 9, .status = 1};
    uint64_t va = pvrig_page(r, 0), gone = pvrig_page(r, 1), table;
    unsigned index;

    ck_assert(pv_find_l1e(r->d, gone, &table, &index));
    ck_assert_int_eq(pv_pte_update(r->d, table, index, 0, false), 0);
    va += PAGE_SIZE - sizeof(u);
    pvrig_put(r, va, &u, sizeof(u));
    ck_assert_int_eq(
        pvrig_call(r, NR, GNTTABOP_unmap_grant_ref, va, INT32_MAX / 64),
        -XEN_EFAULT);
    pvrig_get(r, va, &u, sizeof(u));
    ck_assert_int_eq(u.status, GNTST_bad_handle);
    pvrig_free(r);
}
END_TEST

Suite *test_hc_grant_suite(void)
{
    Suite *s = suite_create("hc_grant");
    TCase *tc = tcase_create("table");

    tcase_add_loop_test(tc, sets_up, 0, 2);
    tcase_add_loop_test(tc, setup_errors, 0, 2);
    tcase_add_loop_test(tc, versions, 0, 2);
    tcase_add_loop_test(tc, swaps, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("copy");
    tcase_add_loop_test(tc, copies, 0, 2);
    tcase_add_loop_test(tc, copy_errors, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("map");
    tcase_add_loop_test(tc, maps_and_unmaps, 0, 2);
    tcase_add_loop_test(tc, maps_by_entry, 0, 2);
    tcase_add_loop_test(tc, replaces, 0, 2);
    tcase_add_loop_test(tc, map_errors, 0, 2);
    tcase_add_loop_test(tc, mappings_run_out, 0, 2);
    tcase_add_loop_test(tc, batches, 0, 2);
    tcase_add_loop_test(tc, batch_ends_in_the_middle, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
