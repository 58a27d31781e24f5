/* pvfront.c: a small front end of a PV device. */
#include "pv/tests/pvfront.h"

#include <stdio.h>

#include "common/tests/suite.h"
#include "pv/evtchn.h"
#include "pv/grant.h"

static const char *join(char path[128], const char *folder, const char *key)
{
    snprintf(path, 128, "%s/%s", folder, key);
    return path;
}

void pvfront_write(struct pvfront *f, const char *key, const char *value)
{
    char path[128];

    ck_assert_int_eq(
        pv_store_put(f->r->d, join(path, f->frontend, key), "%s", value),
        ST_OK);
}

static void write_number(struct pvfront *f, const char *key, uint32_t n)
{
    char value[16];

    snprintf(value, sizeof(value), "%u", n);
    pvfront_write(f, key, value);
}

void pvfront_reads(struct pvfront *f, const char *folder, const char *key,
                   const char *want)
{
    char path[128], have[64];

    ck_assert(
        pv_store_get(f->r->d, join(path, folder, key), have, sizeof(have)));
    ck_assert_str_eq(have, want);
}

void pvfront_state(struct pvfront *f, unsigned state)
{
    write_number(f, "state", state);
}

unsigned pvfront_back_state(struct pvfront *f)
{
    char path[128];
    uint64_t v;

    ck_assert(
        pv_store_get_number(f->r->d, join(path, f->backend, "state"), &v));
    return (unsigned)v;
}

void pvfront_refused(struct pvfront *f, const char *key, int bad,
                     unsigned state)
{
    static const char *const value[PVFRONT_BAD_VALUES] = {
        "", "x", "-1", "99999999999", "7", "513", "3000"};
    uint64_t mfn = pvrig_mfn(f->r, pvfront_at(f, 0));
    uint32_t count = pv_frame(f->r->d, mfn)->count;

    pvfront_write(f, key, value[bad]);
    pvfront_state(f, state);
    ck_assert_uint_eq(pvfront_back_state(f), XenbusStateClosing);
    ck_assert_uint_eq(pv_frame(f->r->d, mfn)->count, count);
    ck_assert_uint_eq(pv_evtchn_port(f->r->d, f->port)->state, PVE_UNBOUND);
}

void pvfront_grant(struct pvfront *f, uint32_t ref, unsigned page,
                   unsigned flags)
{
    struct grant_entry_v1 e = {
        .flags = (uint16_t)(GTF_permit_access | flags),
        .domid = PV_DOMID_BACKEND,
        .frame = (uint32_t)pvrig_mfn(f->r, pvrig_page(f->r, page))};

    pv_grant_write(f->r->d, ref, &e);
}

static void publish_ring(struct pvfront *f, unsigned n)
{
    static const uint8_t zero[PAGE_SIZE];
    static const uint32_t fresh[4] = {0, 1, 0, 1}; /* who wants to hear when */
    struct pvfront_ring *g = &f->ring[n];

    pvrig_put(f->r, pvfront_at(f, n), zero, sizeof(zero));
    pvrig_put(f->r, pvfront_at(f, n), fresh, sizeof(fresh));
    pvfront_grant(f, g->ref, g->page, 0);
    write_number(f, g->key, g->ref);
    g->req = g->rsp = 0;
}

void pvfront_publish(struct pvfront *f)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF};

    ck_assert_int_eq(pvrig_op(f->r, __HYPERVISOR_event_channel_op,
                              EVTCHNOP_alloc_unbound, &op, sizeof(op)),
                     0);
    f->port = op.port;
    write_number(f, "event-channel", f->port);
    for (unsigned n = 0; n < ARRAY_LEN(f->ring); n++)
        if (f->ring[n].key != NULL)
            publish_ring(f, n);
}

void pvfront_notify(struct pvfront *f)
{
    pvrig_send(f->r, f->port);
}

/* ---- rings: producers at 0 and 8, entries from 64 on ---- */

uint64_t pvfront_at(const struct pvfront *f, unsigned n)
{
    return pvrig_page(f->r, f->ring[n].page);
}

static uint64_t slot(const struct pvfront *f, unsigned n, uint32_t i)
{
    const struct pvfront_ring *g = &f->ring[n];

    return pvfront_at(f, n) + 64 + i % g->slots * g->bytes;
}

void pvfront_request(struct pvfront *f, unsigned n, const void *request)
{
    struct pvfront_ring *g = &f->ring[n];

    pvrig_put(f->r, slot(f, n, g->req), request, g->bytes);
    g->req++;
    pvrig_put(f->r, pvfront_at(f, n), &g->req, 4);
}

bool pvfront_response(struct pvfront *f, unsigned n, void *response,
                      size_t bytes)
{
    struct pvfront_ring *g = &f->ring[n];

    if (pvrig_get32(f->r, pvfront_at(f, n) + 8) == g->rsp)
        return false;
    pvrig_get(f->r, slot(f, n, g->rsp), response, bytes);
    g->rsp++;
    return true;
}
