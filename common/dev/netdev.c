/* netdev.c: the network behind a machine's card: its wire to the guest. */
#include "common/dev/netdev.h"

#include <stdlib.h>
#include <string.h>

#include "common/dev/netuser.h"
#include "common/dev/pcap.h"

struct frame {
    uint64_t due; /* guest time of its arrival */
    uint16_t len;
    uint8_t data[NETDEV_FRAME_MAX];
};

struct netdev {
    struct machine *m;
    struct netdev_config config;
    struct netuser *user;
    struct pcap *dump; /* NULL: none */
    void (*listener)(void *opaque);
    void *listener_opaque;

    /* To the guest, oldest first: `arrived` ones, then those on the wire. */
    struct frame queue[NETDEV_QUEUE];
    unsigned first, count, arrived;
    struct clock_timer arrival; /* of the first one on the wire */
};

/* ---- the text ---- */

static enum status parse_word(char *word, struct netdev_config *c,
                              struct error *err)
{
    char *value = strchr(word, '=');

    if (value != NULL)
        *value++ = '\0';
    if (value == NULL || *value == '\0')
        return err_set(err, ST_INVAL, "network option %s: needs =VALUE", word);
    if (strcmp(word, "tftp") == 0) {
        c->tftp = value;
    } else if (strcmp(word, "dump") == 0) {
        c->dump = value;
    } else if (strcmp(word, "restrict") != 0) {
        return err_set(err, ST_INVAL,
                       "network option %s: there are restrict, tftp, dump",
                       word);
    } else if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0) {
        c->restricted = strcmp(value, "on") == 0;
    } else {
        return err_set(err, ST_INVAL, "restrict=%s: on or off", value);
    }
    return ST_OK;
}

enum status netdev_parse(const char *text, struct netdev_config *c,
                         struct error *err)
{
    enum status st = ST_OK;
    char *at, *word;

    memset(c, 0, sizeof(*c));
    if (text == NULL || strcmp(text, "none") == 0)
        return ST_OK;
    if (strlen(text) >= sizeof(c->text))
        return err_set(err, ST_INVAL, "network: longer than %zu characters",
                       sizeof(c->text) - 1);
    strcpy(c->text, text);
    at = c->text;
    word = strsep(&at, ",");
    if (strcmp(word, "user") != 0)
        return err_set(err, ST_INVAL, "network %s: there are none and user",
                       word);
    c->there = true;
    while (st == ST_OK && (word = strsep(&at, ",")) != NULL)
        st = parse_word(word, c, err);
    return st;
}

/* ---- the wire ---- */

uint64_t netdev_wire_ns(size_t len)
{
    return NETDEV_LATENCY_NS + (uint64_t)NETDEV_BYTE_NS * len;
}

static struct frame *frame_at(struct netdev *n, unsigned i)
{
    return &n->queue[(n->first + i) % NETDEV_QUEUE];
}

static bool fits(size_t len)
{
    return len >= NETDEV_FRAME_MIN && len <= NETDEV_FRAME_MAX;
}

static void dump(struct netdev *n, const uint8_t *frame, size_t len)
{
    struct guest_clock *clk = &n->m->clock;

    if (n->dump != NULL)
        pcap_frame(n->dump,
                   (uint64_t)clk->start_date * CLOCK_NS_PER_S + clock_now(clk),
                   frame, (uint32_t)len);
}

void netdev_send(struct netdev *n, const uint8_t *frame, size_t len)
{
    if (!fits(len))
        return;
    dump(n, frame, len);
    netuser_send(n->user, frame, len);
}

void netdev_deliver(struct netdev *n, const uint8_t *frame, size_t len)
{
    struct guest_clock *clk = &n->m->clock;
    uint64_t start = clock_now(clk);
    struct frame *f;

    if (!fits(len) || n->count == NETDEV_QUEUE)
        return;
    if (n->count > n->arrived)
        start = frame_at(n, n->count - 1)->due;
    f = frame_at(n, n->count++);
    f->due = start + netdev_wire_ns(len);
    f->len = (uint16_t)len;
    memcpy(f->data, frame, len);
    if (n->count == n->arrived + 1)
        clock_arm(clk, &n->arrival, f->due);
}

static void arrive(void *opaque)
{
    struct netdev *n = opaque;
    struct frame *f = frame_at(n, n->arrived++);

    dump(n, f->data, f->len);
    if (n->arrived < n->count)
        clock_arm(&n->m->clock, &n->arrival, frame_at(n, n->arrived)->due);
    if (n->listener != NULL)
        n->listener(n->listener_opaque);
}

size_t netdev_arrived(struct netdev *n, const uint8_t **frame)
{
    struct frame *f = frame_at(n, 0);

    if (n->arrived == 0)
        return 0;
    *frame = f->data;
    return f->len;
}

void netdev_taken(struct netdev *n)
{
    if (n->arrived == 0)
        return;
    n->first = (n->first + 1) % NETDEV_QUEUE;
    n->count--;
    n->arrived--;
}

void netdev_drop(struct netdev *n)
{
    while (n->arrived > 0)
        netdev_taken(n);
}

void netdev_listen(struct netdev *n, void (*fn)(void *), void *opaque)
{
    n->listener = fn;
    n->listener_opaque = opaque;
}

/* ---- life ---- */

void netdev_reset(struct netdev *n)
{
    n->first = n->count = n->arrived = 0;
    clock_disarm(&n->m->clock, &n->arrival);
}

enum status netdev_open(struct machine *m, const char *text,
                        struct netdev **out, struct error *err)
{
    struct netdev *n = calloc(1, sizeof(*n));
    enum status st;

    if (n == NULL)
        return err_set(err, ST_NOMEM, "network");
    n->m = m;
    clock_timer_init(&n->arrival, arrive, n);
    st = netdev_parse(text, &n->config, err);
    if (st == ST_OK && !n->config.there)
        st = err_set(err, ST_INVAL, "network none: has no other end");
    if (st == ST_OK)
        st = netuser_open(m, n, &n->config, &n->user, err);
    if (st == ST_OK && n->config.dump != NULL)
        st = pcap_create(n->config.dump, &n->dump, err);
    if (st != ST_OK) {
        netdev_close(n);
        return st;
    }
    *out = n;
    return ST_OK;
}

void netdev_close(struct netdev *n)
{
    if (n == NULL)
        return;
    clock_disarm(&n->m->clock, &n->arrival);
    netuser_close(n->user);
    pcap_close(n->dump);
    free(n);
}

int netdev_dump_errno(const struct netdev *n)
{
    return n->dump != NULL ? pcap_errno(n->dump) : 0;
}

static void frame_snapshot(struct frame *f, struct snap *s)
{
    uint16_t len = f->len;

    snap_u64(s, &f->due);
    snap_u16(s, &len);
    snap_require(s, fits(len), "length of a frame");
    if (s->status != ST_OK)
        return;
    f->len = len;
    snap_bytes(s, f->data, len);
}

void netdev_snapshot(struct netdev *n, struct snap *s)
{
    uint32_t count = n->count, arrived = n->arrived;
    unsigned i;

    snap_u32(s, &count);
    snap_u32(s, &arrived);
    snap_require(s, arrived <= count && count <= NETDEV_QUEUE,
                 "frames on the wire");
    if (s->mode == SNAP_LOAD && s->status == ST_OK) {
        netdev_reset(n);
        snap_require(s, netuser_restart(n->user), "user network");
    }
    for (i = 0; i < count && s->status == ST_OK; i++)
        frame_snapshot(frame_at(n, i), s);
    snap_timer(s, &n->arrival);
    snap_require(s, (arrived < count) == (n->arrival.due != CLOCK_NEVER),
                 "arrival of a frame");
    if (s->status != ST_OK)
        return;
    n->count = count;
    n->arrived = arrived;
}
