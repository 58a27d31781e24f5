/* sha256.h: SHA-256, for naming files and outputs by their contents.
 * [FIPS 180-4 "SHA-224 and SHA-256"] */
#ifndef COMMON_BASE_SHA256_H
#define COMMON_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define SHA256_SIZE 32
#define SHA256_TEXT 65 /* 64 hexadecimal digits and the end */

struct sha256 {
    uint32_t h[8];
    uint64_t len; /* bytes so far */
    uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);

/* The digest of all that was added; s must be initialized again after it. */
void sha256_end(struct sha256 *s, uint8_t out[SHA256_SIZE]);

/* The same, as lower-case hexadecimal text. */
void sha256_end_text(struct sha256 *s, char out[SHA256_TEXT]);

/* The digest of a whole file, and its size in bytes (NULL: not wanted).
 * ST_HOST if it cannot be read. */
enum status sha256_file(const char *path, char out[SHA256_TEXT], uint64_t *size,
                        struct error *err) MUST_CHECK;

#endif
