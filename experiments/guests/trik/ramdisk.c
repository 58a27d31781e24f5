/* ramdisk.c: files in an archive as ar makes it: a magic, then for each file a
 * header in text, 60 bytes, and the data, padded to an even size. */
#include "experiments/guests/trik/kernel.h"

#define MAGIC       "!<arch>\n"
#define MAGIC_SIZE  (sizeof(MAGIC) - 1)
#define HEADER_SIZE 60u
#define NAME_SIZE   16u /* ends with '/' */
#define SIZE_AT     48u /* decimal, blanks behind it */

extern const uint8_t ramdisk_start[], ramdisk_end[];

static uint32_t number(const uint8_t *p)
{
    uint32_t v = 0;

    for (; *p >= '0' && *p <= '9'; p++)
        v = v * 10 + (*p - '0');
    return v;
}

static bool has_name(const uint8_t *header, const char *name)
{
    size_t n = strlen(name);

    return n < NAME_SIZE && memcmp(header, name, n) == 0 && header[n] == '/';
}

bool ramdisk_find(const char *path, struct ramfile *out)
{
    const uint8_t *at = ramdisk_start + MAGIC_SIZE;
    uint32_t size;

    if (*path == '/')
        path++;
    for (; at + HEADER_SIZE < ramdisk_end;
         at += HEADER_SIZE + size + size % 2) {
        size = number(at + SIZE_AT);
        if (!has_name(at, path))
            continue;
        out->data = at + HEADER_SIZE;
        out->size = size;
        return true;
    }
    return false;
}
