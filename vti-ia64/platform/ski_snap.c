/* ski_snap.c: snapshots of Ski's platform. */
#include "common/machine/snap.h"
#include "vti-ia64/platform/ski_priv.h"

static void connections(struct ski *s, struct snap *sn)
{
    uint32_t nr = s->nr_connections;

    snap_u32(sn, &nr);
    snap_require(sn, nr <= SKI_CONNECTIONS, "number of connected interrupts");
    s->nr_connections = nr <= SKI_CONNECTIONS ? nr : 0;
    for (unsigned k = 0; k < s->nr_connections; k++) {
        snap_u64(sn, &s->connection[k].type);
        snap_u8(sn, &s->connection[k].vector);
    }
}

static void input(struct ski *s, struct snap *sn)
{
    uint32_t len = (uint32_t)s->input_len;

    snap_u32(sn, &len);
    snap_require(sn, len <= SKI_INPUT, "bytes typed");
    s->input_len = len <= SKI_INPUT ? len : 0;
    snap_bytes(sn, s->input, s->input_len);
}

/* The processor's interval timer goes with the clock, which was loaded after
 * the registers. */
static void snapshot(void *dev, struct snap *sn)
{
    struct ski *s = dev;

    if (s->user && sn->mode != SNAP_HASH && sn->status == ST_OK)
        sn->status = err_set(&sn->err, ST_NOTSUP,
                             "snapshot: a Linux program in Ski's user mode has "
                             "none");
    snap_timer(sn, &s->c->itm_timer);
    snap_u64(sn, &s->result);
    ski_files_snapshot(s, sn);
    connections(s, sn);
    input(s, sn);
}

/* ski_create() and ski_destroy() do this. */
static void none(void *dev)
{
    (void)dev;
}

const struct device_ops ski_device_ops = {.name = "ski",
                                          .reset = none,
                                          .snapshot = snapshot,
                                          .fini = none,
                                          .version = 1};
