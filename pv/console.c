/* console.c: the PV console ring.
 *
 * The ring's indices are the guest's to spoil: more bytes than the ring holds
 * count as none. What it spoils is its own console. */
#include "pv/console.h"

#include <stdlib.h>

#include "pv/evtchn.h"

#define AT(field) ((unsigned)offsetof(struct xencons_interface, field))
#define OUT_BYTES ((uint32_t)sizeof(((struct xencons_interface *)0)->out))
#define IN_BYTES  ((uint32_t)sizeof(((struct xencons_interface *)0)->in))

static uint32_t get_index(struct pv_console *c, unsigned at)
{
    uint32_t v;

    pv_read_frame(c->d, c->mfn, at, &v, sizeof(v));
    return v;
}

static void set_index(struct pv_console *c, unsigned at, uint32_t v)
{
    pv_write_frame(c->d, c->mfn, at, &v, sizeof(v));
}

/* The guest rang: take what it wrote. */
static void notified(void *opaque)
{
    struct pv_console *c = opaque;
    uint32_t cons = get_index(c, AT(out_cons));
    uint32_t prod = get_index(c, AT(out_prod)), n, i;
    uint8_t buf[OUT_BYTES];

    n = prod - cons;
    if (n == 0 || n > OUT_BYTES)
        return;
    for (i = 0; i < n; i++)
        pv_read_frame(c->d, c->mfn, AT(out) + (cons + i) % OUT_BYTES, buf + i,
                      1);
    set_index(c, AT(out_cons), prod);
    machine_console_output(c->d->m, CONSOLE_UART, buf, n);
    pv_evtchn_raise(c->d, c->port);
}

/* Bytes typed: returns how many the ring took. */
static size_t take(void *opaque, const uint8_t *buf, size_t len)
{
    struct pv_domain *d = opaque;
    struct pv_console *c = d->console;
    uint32_t cons = get_index(c, AT(in_cons));
    uint32_t prod = get_index(c, AT(in_prod)), room;
    size_t i;

    if (prod - cons > IN_BYTES)
        return 0;
    room = IN_BYTES - (prod - cons);
    if (len > room)
        len = room;
    if (len == 0)
        return 0;
    for (i = 0; i < len; i++)
        pv_write_frame(d, c->mfn, AT(in) + (prod + (uint32_t)i) % IN_BYTES,
                       buf + i, 1);
    set_index(c, AT(in_prod), prod + (uint32_t)len);
    pv_evtchn_raise(d, c->port);
    return len;
}

enum status pv_console_create(struct pv_domain *d, struct error *err)
{
    struct pv_console *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return err_set(err, ST_NOMEM, "PV console");
    c->d = d;
    d->console = c;
    if (pv_get_typed(d, d->console_mfn, PVT_WRITABLE) != 0)
        return err_set(err, ST_BUG, "PV console: frame %llx",
                       (unsigned long long)d->console_mfn);
    c->mfn = d->console_mfn;
    c->port = pv_evtchn_bind_backend(d, notified, c);
    if (c->port == 0)
        return err_set(err, ST_BUG, "PV console: no event channel");
    d->console_port = c->port;
    d->m->typed = take;
    d->m->typed_opaque = d;
    return ST_OK;
}

void pv_console_destroy(struct pv_domain *d)
{
    if (d == NULL || d->console == NULL)
        return;
    d->m->typed = NULL;
    free(d->console);
    d->console = NULL;
}

void pv_console_snapshot(struct pv_domain *d, struct snap *s)
{
    snap_section(s, "pv-console", 1);
    snap_u64(s, &d->console->mfn);
    snap_require(s, d->console->mfn < d->nr_frames, "console ring");
    snap_u32(s, &d->console->port);
}
