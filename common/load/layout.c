/* layout.c: the table of the first MiB. */
#include "common/load/layout.h"

#include "common/base/cc.h"

static const struct layout_area areas[] = {
#define X(name, base_, size_, what_)                                           \
    {.what = (what_), .base = (base_), .size = (size_)},
    LAYOUT_AREAS(X)
#undef X
};

const struct layout_area *layout_areas(size_t *nr)
{
    *nr = ARRAY_LEN(areas);
    return areas;
}

const char *layout_owner(uint64_t base, uint64_t size)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(areas); i++)
        if (size > 0 && base < areas[i].base + areas[i].size &&
            (base >= areas[i].base || areas[i].base - base < size))
            return areas[i].what;
    return NULL;
}
