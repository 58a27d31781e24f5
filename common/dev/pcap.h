/* pcap.h: frames in a file that tcpdump and Wireshark read [PCAP "General File
 * Structure"]: little-endian, times in ns, Ethernet. */
#ifndef COMMON_DEV_PCAP_H
#define COMMON_DEV_PCAP_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct pcap;

/* Creates or empties the file. ST_HOST, ST_NOMEM. */
enum status pcap_create(const char *path, struct pcap **out,
                        struct error *err) MUST_CHECK;

/* A frame at a time in ns since 1970. Nothing more is written once a write
 * failed; each is complete in the file when this returns. */
void pcap_frame(struct pcap *p, uint64_t ns, const uint8_t *frame,
                uint32_t len);

/* errno of the write that failed, or 0. */
int pcap_errno(const struct pcap *p);
void pcap_close(struct pcap *p); /* NULL is a no-op */

#endif
