/* payload.h: the kernel inside a bzImage: what its own decompressor would put
 * into memory, an ELF file. [LINUX "The Linux/x86 Boot Protocol":
 * payload_offset]. */
#ifndef COMMON_LOAD_PAYLOAD_H
#define COMMON_LOAD_PAYLOAD_H

#include "common/load/image.h"

/* A kernel never unpacks to more than this. */
#define PAYLOAD_MAX_BYTES (512ull << 20)

/* Unpack the payload of the bzImage `img`: gzip, bzip2, LZMA, XZ, LZ4, zstd, or
 * a plain ELF file. *out has the name of img. ST_GUEST: boot protocol before
 * 2.08, fields out of range, damaged; ST_NOTSUP: another compression; ST_NOMEM.
 */
enum status payload_unpack(const struct image *img, struct image *out,
                           struct error *err) MUST_CHECK;

/* The same for bytes that are known to be a payload, for tests. */
enum status payload_unpack_bytes(const char *name, const uint8_t *in,
                                 uint64_t len, struct image *out,
                                 struct error *err) MUST_CHECK;

#endif
