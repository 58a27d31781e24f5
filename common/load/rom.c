/* rom.c: a raw firmware image under the reset vector. */
#include "common/load/rom.h"

#include "common/load/layout.h"

static enum status check(const struct image *img, struct error *err)
{
    if (img->size > ROM_MAX_BYTES || img->size % PAGE_SIZE != 0 ||
        img->size == 0)
        return err_set(err, ST_GUEST,
                       "%s: size %llu: must be a multiple of 4096, at most "
                       "%u bytes",
                       img->name, (unsigned long long)img->size, ROM_MAX_BYTES);
    return ST_OK;
}

enum status rom_load(struct gmem *mem, const struct image *img,
                     struct load_entry *out, struct error *err)
{
    uint64_t low = img->size, pa;
    enum status st = check(img, err);

    if (st != ST_OK)
        return st;
    st = gmem_add(mem, LAYOUT_4G - img->size, img->size, true, err);
    if (st != ST_OK)
        return st;
    if (low > LAYOUT_FIRMWARE_SIZE)
        low = LAYOUT_FIRMWARE_SIZE;
    if (!gmem_load(mem, LAYOUT_4G - img->size, img->data, img->size) ||
        !gmem_load(mem, LAYOUT_HIGH - low, img->data + (img->size - low), low))
        return err_set(err, ST_INVAL,
                       "%s: the machine has no memory at 0x%llx..0x100000",
                       img->name, (unsigned long long)(LAYOUT_HIGH - low));
    for (pa = LAYOUT_HIGH - low; pa < LAYOUT_HIGH; pa += PAGE_SIZE)
        *gmem_flags(mem, pa) |= GMEM_PAGE_ROM;
    out->kind = ENTRY_REAL_RESET;
    out->protocol = LOAD_ROM;
    return ST_OK;
}
