/* pvfront.h: a small front end of a PV device: its folder of xenstore, its
 * port, the pages it grants and its rings, one page each. */
#ifndef PV_TESTS_PVFRONT_H
#define PV_TESTS_PVFRONT_H

#include "pv/tests/pvrig.h"
#include "pv/xenstore.h"

/* A ring as [XEN io/ring.h] has it, in scratch page `page`, granted as `ref`;
 * `key` names it in xenstore. `slots` requests or responses of `bytes` each. */
struct pvfront_ring {
    unsigned page, ref, slots, bytes;
    const char *key;
    uint32_t req, rsp; /* requests made, responses seen */
};

struct pvfront {
    struct pvrig *r;
    const char *frontend, *backend; /* folders in xenstore */
    uint32_t port;
    struct pvfront_ring ring[2];
};

/* ---- xenstore ---- */
void pvfront_write(struct pvfront *f, const char *key, const char *value);
/* What stands in a folder must be this. */
void pvfront_reads(struct pvfront *f, const char *folder, const char *key,
                   const char *want);
/* Our state becomes this; the back end's state. */
void pvfront_state(struct pvfront *f, unsigned state);
unsigned pvfront_back_state(struct pvfront *f);

/* Each of these is no good as the value of a ring's reference, of a port and of
 * a feature: after it the back end must close, and keep neither the page of
 * ring 0 nor the port. `state` is the one that makes it look. */
#define PVFRONT_BAD_VALUES 7
void pvfront_refused(struct pvfront *f, const char *key, int bad,
                     unsigned state);

/* ---- the device ---- */

/* Grant a scratch page to the back end. */
void pvfront_grant(struct pvfront *f, uint32_t ref, unsigned page,
                   unsigned flags);
/* Take a port, empty the rings, grant their pages, and say so in xenstore. */
void pvfront_publish(struct pvfront *f);
/* Tell the back end that something is in a ring. */
void pvfront_notify(struct pvfront *f);

/* Linear address of ring n. */
uint64_t pvfront_at(const struct pvfront *f, unsigned n);
/* Put one request into ring n. */
void pvfront_request(struct pvfront *f, unsigned n, const void *request);
/* The next response of ring n; false: there is none. */
bool pvfront_response(struct pvfront *f, unsigned n, void *response,
                      size_t bytes);

#endif
