/* blkrig.h: a virtio block device on a small file, and its requests. */
#ifndef COMMON_DEV_TESTS_BLKRIG_H
#define COMMON_DEV_TESTS_BLKRIG_H

#include "common/dev/tests/virtiorig.h"
#include "common/dev/virtio_blk.h"

#define BLKRIG_SECTORS 256u

struct blkrig {
    struct virtiorig v; /* of one queue */
    const char *path;
};

/* The byte that the file has at an offset to begin with. */
uint8_t blkrig_byte(uint64_t offset);

void blkrig_init(struct blkrig *b, bool readonly);
void blkrig_fini(struct blkrig *b);

/* A request of descriptors 3*n.. : header at 0x10000+0x100*n, data, status at
 * 0x10080+0x100*n (set to 0xee); offered and notified. len 0: no data. */
void blkrig_request(struct blkrig *b, unsigned n, uint32_t type,
                    uint64_t sector, uint64_t data, uint32_t len);
uint8_t blkrig_status(struct blkrig *b, unsigned n);

#endif
