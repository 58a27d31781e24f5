/* image.h: a guest image as it is in its file: all bytes, read at once. */
#ifndef COMMON_LOAD_IMAGE_H
#define COMMON_LOAD_IMAGE_H

#include "common/base/err.h"
#include "common/base/types.h"

#define IMAGE_MAX_BYTES (1ull << 31)

struct image {
    char name[88]; /* printable, for messages: the path or its last part */
    uint8_t *data; /* owned; NULL: no image */
    uint64_t size;
};

/* Read the whole regular file at `path`. ST_HOST if the host will not open or
 * read it, ST_GUEST if it is a directory or other special file, empty, or has
 * more than max_bytes (at most IMAGE_MAX_BYTES); ST_NOMEM. *out is written on
 * success only and freed by image_free(). */
enum status image_read(const char *path, uint64_t max_bytes, struct image *out,
                       struct error *err) MUST_CHECK;

/* A copy of `size` bytes at `data` as an image called `name`, for tests. */
enum status image_copy(const char *name, const void *data, uint64_t size,
                       struct image *out, struct error *err) MUST_CHECK;

void image_free(struct image *img); /* an empty image is a no-op */

/* The bytes [offset, offset+len), or NULL unless the image has them all. */
const uint8_t *image_at(const struct image *img, uint64_t offset, uint64_t len);

#endif
