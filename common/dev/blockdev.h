/* blockdev.h: a disk's contents in a plain file or block device of the host,
 * for any front end.
 *
 * The file is the caller's: it is locked while open (flock: exclusive, or
 * shared when read-only), so that no second machine writes the same disk, but
 * its contents belong to no snapshot. Who saves a machine flushes first and
 * keeps the file together with the snapshot; loading with another or a changed
 * file is as if the disk had changed under a running guest. */
#ifndef COMMON_DEV_BLOCKDEV_H
#define COMMON_DEV_BLOCKDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define BLOCKDEV_SECTOR 512u

struct blockdev;

/* ST_HOST: cannot open or lock it; ST_INVAL: not a file or block device, empty,
 * or its size is no multiple of 512. The text names the path and the way out.
 * The caller closes; closing NULL is a no-op. */
enum status blockdev_open(const char *path, bool readonly,
                          struct blockdev **out, struct error *err) MUST_CHECK;
void blockdev_close(struct blockdev *bd);

uint64_t blockdev_sectors(const struct blockdev *bd);
bool blockdev_readonly(const struct blockdev *bd);

/* Whole or not at all as far as the caller may rely on it: ST_INVAL if
 * [offset, offset+len) is not inside the disk or a write goes to a read-only
 * one, ST_HOST if the host fails. */
enum status blockdev_read(struct blockdev *bd, uint64_t offset, void *buf,
                          size_t len, struct error *err);
enum status blockdev_write(struct blockdev *bd, uint64_t offset,
                           const void *buf, size_t len, struct error *err);

/* Everything written so far is on stable storage. */
enum status blockdev_flush(struct blockdev *bd, struct error *err);

#endif
