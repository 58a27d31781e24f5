/* loader.c: from a request to a guest in memory. */
#include "common/load/loader.h"

#include "common/base/bits.h"
#include "common/load/acpi.h"
#include "common/load/job.h"
#include "common/load/mptable.h"
#include "common/load/protocol.h"
#include "common/load/rom.h"

/* BIOS data area: where old-fashioned kernels look for the end of low memory.
 */
#define BDA_EBDA_SEGMENT 0x40e
#define BDA_BASE_KB      0x413

static enum status check_request(const struct load_request *rq,
                                 struct error *err)
{
    if (rq->bios != NULL) {
        if (rq->kernel != NULL || rq->initrd != NULL || rq->cmdline != NULL ||
            rq->protocol != LOAD_AUTO)
            return err_set(err, ST_INVAL,
                           "bios %s: takes no kernel, initrd, command line or "
                           "protocol beside it",
                           rq->bios);
        return ST_OK;
    }
    if (rq->kernel == NULL)
        return err_set(err, ST_INVAL, "no kernel and no bios: nothing to load");
    if (rq->protocol < LOAD_AUTO || rq->protocol >= LOAD_ROM)
        return err_set(err, ST_INVAL, "protocol %d: not one for kernels",
                       (int)rq->protocol);
    return ST_OK;
}

static enum status load_bios(struct machine *m, const char *path,
                             struct load_entry *out, struct error *err)
{
    struct load_entry entry = {.kind = ENTRY_REAL_RESET};
    struct image img;
    enum status st = image_read(path, ROM_MAX_BYTES, &img, err);

    if (st != ST_OK)
        return st;
    st = rom_load(&m->mem, &img, &entry, err);
    image_free(&img);
    if (st == ST_OK)
        *out = entry;
    return st;
}

static enum status put_firmware(struct machine *m, struct job *job,
                                struct error *err)
{
    uint8_t word[2];
    enum status st = acpi_build(m, &job->rsdp, err);

    if (st == ST_OK)
        st = mptable_build(m, err);
    if (st != ST_OK)
        return st;
    put_le16(word, LAYOUT_EBDA >> 4);
    job_put(job, BDA_EBDA_SEGMENT, word, sizeof(word));
    put_le16(word, LAYOUT_BASE_KB);
    job_put(job, BDA_BASE_KB, word, sizeof(word));
    return ST_OK;
}

static enum status read_files(const struct load_request *rq, struct job *job,
                              struct error *err)
{
    enum status st = image_read(rq->kernel, IMAGE_MAX_BYTES, &job->kernel, err);

    if (st == ST_OK && rq->initrd != NULL)
        st = image_read(rq->initrd, IMAGE_MAX_BYTES, &job->initrd, err);
    return st;
}

enum status load_guest(struct machine *m, const struct load_request *rq,
                       struct load_entry *out, struct error *err)
{
    struct job job = {.mem = &m->mem};
    struct load_entry entry;
    enum status st = check_request(rq, err);

    if (st != ST_OK)
        return st;
    if (rq->bios != NULL)
        return load_bios(m, rq->bios, out, err);
    job.cmdline = rq->cmdline != NULL ? rq->cmdline : "";
    e820_build(&job.e820, &m->mem);
    st = read_files(rq, &job, err);
    if (st == ST_OK)
        st = put_firmware(m, &job, err);
    if (st == ST_OK)
        st = protocol_load(&job, rq->protocol, &entry, err);
    if (st == ST_OK)
        *out = entry;
    image_free(&job.kernel);
    image_free(&job.initrd);
    return st;
}
