/* pcap.c: frames in a file that tcpdump and Wireshark read. */
#include "common/dev/pcap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/bits.h"
#include "common/machine/clock.h"

#define MAGIC_NS      0xa1b23c4du
#define SNAP_LEN      65535u
#define LINK_ETHERNET 1u

struct pcap {
    FILE *file;
    int error;
};

static void put(struct pcap *p, const void *buf, size_t len)
{
    if (p->error == 0 && fwrite(buf, 1, len, p->file) != len)
        p->error = errno;
}

static void flush(struct pcap *p)
{
    if (p->error == 0 && fflush(p->file) != 0)
        p->error = errno;
}

static void put_header(struct pcap *p)
{
    uint8_t b[24] = {0};

    put_le32(b, MAGIC_NS);
    put_le16(b + 4, 2); /* version 2.4 */
    put_le16(b + 6, 4);
    put_le32(b + 16, SNAP_LEN);
    put_le32(b + 20, LINK_ETHERNET);
    put(p, b, sizeof(b));
    flush(p);
}

enum status pcap_create(const char *path, struct pcap **out, struct error *err)
{
    struct pcap *p = calloc(1, sizeof(*p));
    int error;

    if (p == NULL)
        return err_set(err, ST_NOMEM, "dump %s", path);
    p->file = fopen(path, "wbe");
    if (p->file == NULL)
        p->error = errno;
    else
        put_header(p);
    error = p->error;
    if (error != 0) {
        pcap_close(p);
        return err_set_errno(err, ST_HOST, error, "dump %s", path);
    }
    *out = p;
    return ST_OK;
}

void pcap_frame(struct pcap *p, uint64_t ns, const uint8_t *frame, uint32_t len)
{
    uint8_t b[16];

    put_le32(b, (uint32_t)(ns / CLOCK_NS_PER_S));
    put_le32(b + 4, (uint32_t)(ns % CLOCK_NS_PER_S));
    put_le32(b + 8, len);
    put_le32(b + 12, len);
    put(p, b, sizeof(b));
    put(p, frame, len);
    flush(p);
}

int pcap_errno(const struct pcap *p)
{
    return p->error;
}

void pcap_close(struct pcap *p)
{
    if (p == NULL)
        return;
    if (p->file != NULL)
        fclose(p->file);
    free(p);
}
