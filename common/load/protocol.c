/* protocol.c: the list of boot protocols: names, detection, choice. */
#include "common/load/protocol.h"

#include <string.h>

#include "common/load/bzimage.h"
#include "common/load/elfimage.h"
#include "common/load/multiboot.h"
#include "common/load/pvh.h"

static const char *const names[] = {
    [LOAD_AUTO] = "auto",
    [LOAD_BZIMAGE32] = "bzimage32",
    [LOAD_BZIMAGE64] = "bzimage64",
    [LOAD_PVH] = "pvh",
    [LOAD_MULTIBOOT] = "multiboot",
    [LOAD_ELF] = "elf",
    [LOAD_ROM] = "rom",
};

const char *load_protocol_name(enum load_protocol p)
{
    return (size_t)p < ARRAY_LEN(names) ? names[p] : "unknown";
}

bool load_protocol_parse(const char *name, enum load_protocol *out)
{
    enum load_protocol p;

    for (p = LOAD_AUTO; p < LOAD_ROM; p++)
        if (strcmp(name, names[p]) == 0) {
            *out = p;
            return true;
        }
    return false;
}

/* What the image says it is. A kernel that says several things is taken by the
 * one that tells it most. */
static enum status detect(const struct image *img, enum load_protocol *out,
                          struct error *err)
{
    struct elfimage elf;
    enum status st;

    if (bzimage_is(img)) {
        *out = LOAD_AUTO; /* bzimage.c chooses between its two */
        return ST_OK;
    }
    if (elfimage_is(img)) {
        st = elfimage_parse(img, &elf, err);
        if (st != ST_OK)
            return st;
        *out = elf.has_pvh         ? LOAD_PVH
               : multiboot_is(img) ? LOAD_MULTIBOOT
                                   : LOAD_ELF;
        return ST_OK;
    }
    if (multiboot_is(img)) {
        *out = LOAD_MULTIBOOT;
        return ST_OK;
    }
    return err_set(err, ST_GUEST,
                   "%s: not a kernel: no bzImage (\"HdrS\" at 0x202), ELF or "
                   "multiboot header",
                   img->name);
}

enum status protocol_load(struct job *job, enum load_protocol protocol,
                          struct load_entry *out, struct error *err)
{
    enum status st;

    memset(out, 0, sizeof(*out));
    if (protocol == LOAD_AUTO) {
        st = detect(&job->kernel, &protocol, err);
        if (st != ST_OK)
            return st;
    }
    switch (protocol) {
    case LOAD_AUTO:
    case LOAD_BZIMAGE32:
    case LOAD_BZIMAGE64:
        return bzimage_load(job, protocol, out, err);
    case LOAD_PVH:
        return pvh_load(job, out, err);
    case LOAD_MULTIBOOT:
        return multiboot_load(job, out, err);
    case LOAD_ELF:
        return elfimage_load_plain(job, out, err);
    case LOAD_ROM:
        break;
    }
    return err_set(err, ST_INVAL, "protocol %d: not one for kernels",
                   (int)protocol);
}
