/* rom.h: a raw firmware image under the reset vector. Private to this folder.
 *
 * The whole image ends at 4 GiB; its last 128 KiB (or all, if it has less) are
 * also seen below 1 MiB, as chipsets decode them. Both are read-only: there is
 * no chipset register that turns the low copy into RAM. */
#ifndef COMMON_LOAD_ROM_H
#define COMMON_LOAD_ROM_H

#include "common/load/image.h"
#include "common/load/loader.h"

#define ROM_MAX_BYTES (16u << 20)

enum status rom_load(struct gmem *mem, const struct image *img,
                     struct load_entry *out, struct error *err) MUST_CHECK;

#endif
