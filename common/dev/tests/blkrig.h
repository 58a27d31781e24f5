/* blkrig.h: a virtio block device on a small file, and a small driver for it,
 * on top of testrig. Rings: descriptors at 0x1000, available ring at 0x2000,
 * used ring at 0x3000; RAM is 1 MiB. */
#ifndef COMMON_DEV_TESTS_BLKRIG_H
#define COMMON_DEV_TESTS_BLKRIG_H

#include "common/dev/tests/testrig.h"
#include "common/dev/virtio_blk.h"
#include "common/dev/virtio_mmio.h"

#define BLKRIG_SECTORS 256u
#define BLKRIG_QUEUE   16u /* entries that the driver chooses */
#define BLKRIG_RAM     0x100000u
#define BLKRIG_DESC    0x1000u
#define BLKRIG_AVAIL   0x2000u
#define BLKRIG_USED    0x3000u

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };

struct blkrig {
    struct testrig *r;
    const char *path;
    uint16_t avail; /* next available index */
};

/* The byte that the file has at an offset to begin with. */
uint8_t blkrig_byte(uint64_t offset);

void blkrig_init(struct blkrig *b, bool readonly);
void blkrig_fini(struct blkrig *b);

uint32_t blkrig_rd(struct blkrig *b, unsigned reg);
void blkrig_wr(struct blkrig *b, unsigned reg, uint32_t v);

/* All that a driver does up to DRIVER_OK; features beside VERSION_1. */
void blkrig_start(struct blkrig *b, uint32_t features);

/* Write descriptor i of the table at `table`. */
void blkrig_desc(struct blkrig *b, uint64_t table, unsigned i, uint64_t pa,
                 uint32_t len, unsigned flags, unsigned next);

/* Put a chain into the available ring; notify. */
void blkrig_offer(struct blkrig *b, uint16_t head);
void blkrig_notify(struct blkrig *b);

/* Used ring: its index; element i's head and length. */
uint16_t blkrig_used(struct blkrig *b);
uint32_t blkrig_used_head(struct blkrig *b, unsigned i);
uint32_t blkrig_used_len(struct blkrig *b, unsigned i);

/* A request of descriptors 3*n.. : header at 0x10000+0x100*n, data, status at
 * 0x10080+0x100*n (set to 0xee); offered and notified. len 0: no data. */
void blkrig_request(struct blkrig *b, unsigned n, uint32_t type,
                    uint64_t sector, uint64_t data, uint32_t len);
uint8_t blkrig_status(struct blkrig *b, unsigned n);

#endif
