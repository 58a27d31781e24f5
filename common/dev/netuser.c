/* netuser.c: the network "user": libslirp, fed with guest time.
 *
 * It does its work when a frame comes, and at ticks: one a millisecond after a
 * frame and while connections to the host are open, otherwise when it asks for
 * one. All of that is in guest time; only the wait for the host in a tick is
 * not, and that happens with open connections alone. */
#include "common/dev/netuser.h"

#include <errno.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/be.h"

#define MS_NS     1000000u
#define TICK_NS   MS_NS
#define IDLE_MS   1000u /* it wants a tick that soon even if it has no work */
#define MTU       1500u
#define NETWORK   0x0a000200u /* 10.0.2.0 */
#define NETMASK   0xffffff00u
#define ROUTER    (NETWORK + 2)
#define DNS       (NETWORK + 3)
#define FIRST     (NETWORK + 15) /* address that DHCP gives */
#define ETH_IPV4  0x0800u
#define ETH_BYTES 14u

enum { IP_ICMP = 1, IP_UDP = 17 };
enum { PORT_DHCP = 67, PORT_TFTP = 69 };

struct netuser {
    struct machine *m;
    struct netdev *n;
    const struct netdev_config *config;
    Slirp *slirp;
    struct clock_timer tick;
    uint64_t host_tick; /* host time of the last one */

    uint64_t fragments_since; /* guest time */
    unsigned fragments;

    struct pollfd *fd; /* of one tick */
    unsigned nr_fds, max_fds;
};

/* ---- what it asks of us ---- */

static ssize_t to_guest(const void *buf, size_t len, void *opaque)
{
    netdev_deliver(((struct netuser *)opaque)->n, buf, len);
    return (ssize_t)len;
}

static void guest_error(const char *msg, void *opaque)
{
    (void)msg;
    (void)opaque;
}

static int64_t now_ns(void *opaque)
{
    return (int64_t)clock_now(&((struct netuser *)opaque)->m->clock);
}

/* Descriptors are collected anew for each tick. */
static void fd_comes_or_goes(int fd, void *opaque)
{
    (void)fd;
    (void)opaque;
}

static void notify(void *opaque)
{
    (void)opaque;
}

/* No timers: only IPv6 has any. */
static const SlirpCb callbacks = {
    .send_packet = to_guest,
    .guest_error = guest_error,
    .clock_get_ns = now_ns,
    .register_poll_fd = fd_comes_or_goes,
    .unregister_poll_fd = fd_comes_or_goes,
    .notify = notify,
};

static struct in_addr address(uint32_t a)
{
    return (struct in_addr){.s_addr = htonl(a)};
}

static Slirp *start(struct netuser *u)
{
    SlirpConfig c = {
        .version = 1,
        .restricted = u->config->restricted,
        .in_enabled = true,
        .vnetwork = address(NETWORK),
        .vnetmask = address(NETMASK),
        .vhost = address(ROUTER),
        .vdhcp_start = address(FIRST),
        .vnameserver = address(DNS),
        .tftp_path = u->config->tftp,
        .if_mtu = MTU,
        .if_mru = MTU,
    };

    return slirp_new(&c, &callbacks, u);
}

/* ---- descriptors ---- */

static const struct {
    int slirp;
    short poll;
} event_bits[] = {
    {SLIRP_POLL_IN, POLLIN},   {SLIRP_POLL_OUT, POLLOUT},
    {SLIRP_POLL_PRI, POLLPRI}, {SLIRP_POLL_ERR, POLLERR},
    {SLIRP_POLL_HUP, POLLHUP},
};

static int add_fd(int fd, int events, void *opaque)
{
    struct netuser *u = opaque;
    struct pollfd p = {.fd = fd};
    unsigned i;

    if (u->nr_fds == u->max_fds) {
        unsigned max = u->max_fds != 0 ? 2 * u->max_fds : 16;
        struct pollfd *more = reallocarray(u->fd, max, sizeof(*more));

        if (more == NULL)
            return -1; /* not looked at this time */
        u->fd = more;
        u->max_fds = max;
    }
    for (i = 0; i < ARRAY_LEN(event_bits); i++)
        if (events & event_bits[i].slirp)
            p.events |= event_bits[i].poll;
    u->fd[u->nr_fds] = p;
    return (int)u->nr_fds++;
}

static int fd_events(int index, void *opaque)
{
    struct netuser *u = opaque;
    int events = 0;
    unsigned i;

    if (index < 0 || (unsigned)index >= u->nr_fds)
        return 0;
    for (i = 0; i < ARRAY_LEN(event_bits); i++)
        if (u->fd[index].revents & event_bits[i].poll)
            events |= event_bits[i].slirp;
    return events;
}

static uint64_t host_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * CLOCK_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* True: poll() failed. Under the virtual clock a tick takes no less of the
 * host's time than of the guest's, or the guest would not wait for answers. */
static bool poll_fds(struct netuser *u)
{
    struct timespec wait = {0};
    uint64_t spent = host_ns() - u->host_tick;
    int rc;

    if (u->nr_fds == 0)
        return false;
    if (u->m->clock.mode == CLOCK_VIRTUAL && spent < TICK_NS)
        wait.tv_nsec = (long)(TICK_NS - spent);
    rc = ppoll(u->fd, u->nr_fds, &wait, NULL);
    u->host_tick = host_ns();
    return rc < 0;
}

/* ---- ticks ---- */

static void tick_in(struct netuser *u, uint64_t ns)
{
    uint64_t due = clock_now(&u->m->clock) + ns;

    if (due < u->tick.due)
        clock_arm(&u->m->clock, &u->tick, due);
}

static void tick(void *opaque)
{
    struct netuser *u = opaque;
    uint32_t wait_ms = UINT32_MAX;

    u->nr_fds = 0;
    slirp_pollfds_fill(u->slirp, &wait_ms, add_fd, u);
    slirp_pollfds_poll(u->slirp, poll_fds(u), fd_events, u);
    if (u->nr_fds > 0)
        tick_in(u, TICK_NS);
    else if (wait_ms < IDLE_MS)
        tick_in(u, (wait_ms + 1ull) * MS_NS);
}

/* ---- frames ---- */

/* The IPv4 header of a frame, or NULL. */
static const uint8_t *ipv4(const uint8_t *frame, size_t len)
{
    if (len < ETH_BYTES + 20 || get_be16(frame + 12) != ETH_IPV4)
        return NULL;
    return frame + ETH_BYTES;
}

/* The port that a UDP packet is for; 0: it is none. */
static unsigned udp_port(const uint8_t *ip, size_t len)
{
    size_t header = 4u * (ip[0] & 0xf);

    return ip[9] == IP_UDP && len >= header + 4 ? get_be16(ip + header + 2) : 0;
}

/* Whether the router answers a packet by itself. */
static bool stays_inside(const uint8_t *ip, size_t len)
{
    uint32_t to = get_be32(ip + 16);
    unsigned port = udp_port(ip, len);

    return port == PORT_DHCP || (port == PORT_TFTP && to == ROUTER) ||
           (ip[9] == IP_ICMP && (to == ROUTER || to == DNS));
}

/* From the network, or from who has no address yet. */
static bool has_sender(const uint8_t *ip, size_t len)
{
    uint32_t from = get_be32(ip + 12);

    return ((from & NETMASK) == NETWORK && from != NETWORK &&
            from != (NETWORK | ~NETMASK)) ||
           udp_port(ip, len) == PORT_DHCP;
}

/* The router learns from each packet where its sender is, as if that had just
 * said so by ARP: answers to an address that nobody has would pile up. */
static void tell_sender(struct netuser *u, const uint8_t *frame)
{
    const uint8_t *mac = frame + 6, *from = frame + ETH_BYTES + 12;
    uint8_t arp[42] = {[12] = 0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1};

    memset(arp, 0xff, 6);
    memcpy(arp + 6, mac, 6);
    memcpy(arp + 22, mac, 6);
    memcpy(arp + 28, from, 4);
    memcpy(arp + 38, from, 4);
    slirp_input(u->slirp, arp, sizeof(arp));
}

static bool too_many_fragments(struct netuser *u, const uint8_t *ip)
{
    uint64_t now = clock_now(&u->m->clock);

    if ((get_be16(ip + 6) & 0x3fff) == 0) /* more to come, or an offset */
        return false;
    if (now - u->fragments_since >= NETUSER_FRAGMENT_NS) {
        u->fragments_since = now;
        u->fragments = 0;
    }
    return u->fragments++ >= NETUSER_FRAGMENTS;
}

void netuser_send(struct netuser *u, const uint8_t *frame, size_t len)
{
    const uint8_t *ip = ipv4(frame, len);

    if (ip != NULL) {
        size_t n = len - ETH_BYTES;

        if (!has_sender(ip, n) || too_many_fragments(u, ip))
            return;
        if (!u->config->restricted && !stays_inside(ip, n))
            u->m->nondeterministic = true;
        tell_sender(u, frame);
    }
    slirp_input(u->slirp, frame, (int)len);
    tick_in(u, TICK_NS);
}

/* ---- life ---- */

static enum status check_folder(const char *path, struct error *err)
{
    struct stat st;

    if (path == NULL)
        return ST_OK;
    if (stat(path, &st) != 0)
        return err_set_errno(err, ST_INVAL, errno, "tftp=%s", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, ST_INVAL, "tftp=%s: not a folder", path);
    return ST_OK;
}

enum status netuser_open(struct machine *m, struct netdev *n,
                         const struct netdev_config *c, struct netuser **out,
                         struct error *err)
{
    enum status st = check_folder(c->tftp, err);
    struct netuser *u;

    if (st != ST_OK)
        return st;
    u = calloc(1, sizeof(*u));
    if (u == NULL)
        return err_set(err, ST_NOMEM, "user network");
    u->m = m;
    u->n = n;
    u->config = c;
    clock_timer_init(&u->tick, tick, u);
    u->slirp = start(u);
    if (u->slirp == NULL) {
        free(u);
        return err_set(err, ST_NOMEM, "user network");
    }
    *out = u;
    return ST_OK;
}

void netuser_close(struct netuser *u)
{
    if (u == NULL)
        return;
    clock_disarm(&u->m->clock, &u->tick);
    slirp_cleanup(u->slirp);
    free(u->fd);
    free(u);
}

bool netuser_restart(struct netuser *u)
{
    Slirp *fresh = start(u);

    if (fresh == NULL)
        return false;
    clock_disarm(&u->m->clock, &u->tick);
    slirp_cleanup(u->slirp);
    u->slirp = fresh;
    u->fragments = 0;
    return true;
}
