/* netuser.h: the network "user": a router, its services and, through it, the
 * host's own network, in this process (libslirp). IPv4 only; QEMU's addresses:
 *
 *     10.0.2.0/24  the network     10.0.2.15  given to the guest by DHCP
 *     10.0.2.2     the router: DHCP, answers to ping, TFTP of a folder, read
 *                  only; beyond it the host itself, at its loopback address
 *     10.0.2.3     DNS, as the host has it
 *
 * Its clock is the guest's. With `restricted` nothing reaches the host, DHCP
 * names no router and no DNS, and what the guest sees depends on its frames and
 * the folder alone. Without, the
 * first IPv4 packet for anything but DHCP, TFTP or ping of the router marks the
 * machine as not deterministic, and while connections are open guest time goes
 * no faster than the host's.
 *
 * Packets that come from no address of the network, but for DHCP, are dropped.
 * NETUSER_FRAGMENTS fragments of IPv4 packets pass in NETUSER_FRAGMENT_NS;
 * further ones are dropped: the router keeps incomplete packets that long. */
#ifndef COMMON_DEV_NETUSER_H
#define COMMON_DEV_NETUSER_H

#include "common/dev/netdev.h"

#define NETUSER_FRAGMENTS   4096u
#define NETUSER_FRAGMENT_NS (30 * CLOCK_NS_PER_S)

struct netuser;

/* `c` is borrowed. Frames to the guest go to netdev_deliver(n). ST_INVAL:
 * c->tftp is no folder; ST_NOMEM. */
enum status netuser_open(struct machine *m, struct netdev *n,
                         const struct netdev_config *c, struct netuser **out,
                         struct error *err) MUST_CHECK;
void netuser_close(struct netuser *u); /* NULL is a no-op */

/* A frame from the guest, NETDEV_FRAME_MIN to _MAX bytes. */
void netuser_send(struct netuser *u, const uint8_t *frame, size_t len);

/* Forget everything: leases, transfers, connections. False: out of memory; it
 * is as before then. */
bool netuser_restart(struct netuser *u);

#endif
