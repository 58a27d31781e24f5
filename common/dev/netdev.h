/* netdev.h: the network behind a machine's card, for any front end.
 *
 * Named by a text in QEMU's words: "none", or
 *
 *     user[,restrict=on|off][,tftp=DIR][,dump=FILE]
 *
 * a network of its own with a router in this process: see netuser.h. `dump`
 * writes all frames to FILE (see pcap.h), at guest time. No name has a comma.
 *
 * Frames are Ethernet's without the check sequence. On the wire each takes
 * netdev_wire_ns() of guest time, one after the other in each direction; those
 * to the guest arrive at the end of it and wait, NETDEV_QUEUE of them on the
 * wire and waiting, for the front end. What comes on top of these is lost, as
 * is a frame too short or too long, in both directions.
 *
 * A snapshot holds the frames to the guest. The network beyond belongs to none:
 * LOAD starts it afresh, as if the router had been switched off and on. */
#ifndef COMMON_DEV_NETDEV_H
#define COMMON_DEV_NETDEV_H

#include "common/machine/machine.h"

#define NETDEV_FRAME_MIN 14u   /* the header alone */
#define NETDEV_FRAME_MAX 1514u /* header and 1500 bytes */
#define NETDEV_QUEUE     256u
#define NETDEV_MAC                                                             \
    {                                                                          \
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56                                     \
    } /* the card's */

/* 1 Gbit/s, and something for each frame. */
#define NETDEV_LATENCY_NS 5000u
#define NETDEV_BYTE_NS    8u

struct netdev;

/* What the text says. Not to be copied: the paths point into the struct. */
struct netdev_config {
    bool there; /* false: "none" */
    bool restricted;
    const char *tftp, *dump; /* or NULL */
    char text[1024];
};

/* `text` NULL is "none". ST_INVAL names the word and what it may be. */
enum status netdev_parse(const char *text, struct netdev_config *c,
                         struct error *err) MUST_CHECK;

/* `text` is not "none". As netdev_parse(); ST_INVAL, ST_HOST: a file or folder
 * in it, which the error names. The caller closes, before the machine's clock
 * is gone; NULL is a no-op. */
enum status netdev_open(struct machine *m, const char *text,
                        struct netdev **out, struct error *err) MUST_CHECK;
void netdev_close(struct netdev *n);

/* Who is told, from the event queue, that a frame has arrived. The last one
 * to ask is. */
void netdev_listen(struct netdev *n, void (*fn)(void *), void *opaque);

/* How long a frame of this length is on the wire. */
uint64_t netdev_wire_ns(size_t len);

/* The guest's card has put a frame onto the network: it is there now. */
void netdev_send(struct netdev *n, const uint8_t *frame, size_t len);

/* The oldest frame that has arrived, good until the next call; 0: none. */
size_t netdev_arrived(struct netdev *n, const uint8_t **frame);
/* It was taken; or none that has arrived is wanted. */
void netdev_taken(struct netdev *n);
void netdev_drop(struct netdev *n);

/* The network sends a frame to the guest: it begins its way now. */
void netdev_deliver(struct netdev *n, const uint8_t *frame, size_t len);

/* The card was reset by the machine: frames to it are lost. */
void netdev_reset(struct netdev *n);
void netdev_snapshot(struct netdev *n, struct snap *s);

/* errno of the first write of `dump` that failed, or 0. */
int netdev_dump_errno(const struct netdev *n);

#endif
