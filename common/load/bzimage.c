/* bzimage.c: Linux bzImage: setup header, placement, zero page, entry. */
#include "common/load/bzimage.h"

#include <string.h>

#include "common/base/bits.h"
#include "common/load/zeropage.h"

#define SECTOR         512u
#define HDR_START      0x1f1u /* setup_sects: first byte of the header */
#define HDR_MAX_END    0x290u /* the zero page has other fields from here on */
#define BOOT_FLAG_AT   0x1feu
#define JUMP_AT        0x200u /* a short jump over the header: tells its end */
#define MAGIC_AT       0x202u
#define DEFAULT_SETUP  4u /* setup_sects 0 means this, for old kernels */
#define ENTRY64_OFFSET 0x200u
#define OLD_INITRD_MAX 0x37ffffffu /* before 2.03 */
#define OLD_CMDLINE    255u        /* before 2.06 */

struct bzimage {
    struct boot_params bp; /* the setup header alone is filled in */
    const uint8_t *payload;
    uint64_t payload_size;
    uint64_t base;     /* where the payload goes */
    uint64_t run_size; /* bytes from there that the kernel uses at start */
};

bool bzimage_is(const struct image *img)
{
    const uint8_t *h = image_at(img, BOOT_FLAG_AT, 8);

    return h != NULL && get_le16(h) == 0xaa55 &&
           memcmp(h + (MAGIC_AT - BOOT_FLAG_AT), "HdrS", 4) == 0;
}

/* An image that is too old or no bzImage at all. */
static enum status check_version(const struct image *img,
                                 const struct setup_header *h,
                                 struct error *err)
{
    if (h->version < 0x202)
        return err_set(err, ST_NOTSUP,
                       "%s: boot protocol version %u.%02u: at least 2.02",
                       img->name, h->version >> 8, h->version & 0xffu);
    if (!(h->loadflags & LOADED_HIGH))
        return err_set(err, ST_NOTSUP,
                       "%s: loadflags 0x%02x: a zImage; LOADED_HIGH must be "
                       "set",
                       img->name, h->loadflags);
    return ST_OK;
}

/* Copy the header, no more than its jump spans, into the clean zero page. */
static enum status copy_header(const struct image *img, struct bzimage *bz,
                               struct error *err)
{
    const uint8_t *jump = image_at(img, JUMP_AT, 2), *from;
    uint32_t end;

    if (jump == NULL || !bzimage_is(img))
        return err_set(err, ST_GUEST,
                       "%s: no setup header: 0xaa55 must be at 0x1fe and "
                       "\"HdrS\" at 0x202",
                       img->name);
    end = MAGIC_AT + jump[1];
    if (end > HDR_MAX_END)
        return err_set(err, ST_GUEST,
                       "%s: setup header ends at 0x%x: at most 0x%x", img->name,
                       end, HDR_MAX_END);
    from = image_at(img, HDR_START, end - HDR_START);
    if (from == NULL)
        return err_set(err, ST_GUEST,
                       "%s: truncated: %llu bytes, the setup header ends at "
                       "0x%x",
                       img->name, (unsigned long long)img->size, end);
    memcpy((uint8_t *)&bz->bp + HDR_START, from, end - HDR_START);
    return check_version(img, &bz->bp.hdr, err);
}

static enum status find_payload(const struct image *img, struct bzimage *bz,
                                struct error *err)
{
    const struct setup_header *h = &bz->bp.hdr;
    uint64_t sects = h->setup_sects != 0 ? h->setup_sects : DEFAULT_SETUP;
    uint64_t start = (sects + 1) * SECTOR, want;

    if (start >= img->size)
        return err_set(err, ST_GUEST,
                       "%s: truncated: %llu bytes, setup_sects %llu puts the "
                       "kernel at 0x%llx",
                       img->name, (unsigned long long)img->size,
                       (unsigned long long)sects, (unsigned long long)start);
    bz->payload = img->data + start;
    bz->payload_size = img->size - start;
    if (h->version < 0x204) /* syssize had 16 bits: no use */
        return ST_OK;
    /* The last paragraph may be partial; what follows (a signature) is not the
     * kernel's. */
    want = (uint64_t)h->syssize * 16;
    if (bz->payload_size + 15 < want)
        return err_set(err, ST_GUEST,
                       "%s: truncated: syssize 0x%x: needs %llu bytes after "
                       "the setup code, the file has %llu",
                       img->name, h->syssize, (unsigned long long)want,
                       (unsigned long long)bz->payload_size);
    if (want != 0 && want < bz->payload_size)
        bz->payload_size = want;
    return ST_OK;
}

static bool fits(const struct job *job, const struct bzimage *bz, uint64_t base)
{
    return base >= LAYOUT_HIGH && e820_is_ram(&job->e820, base, bz->run_size) &&
           base + bz->run_size <= LAYOUT_4G;
}

/* The address that the kernel prefers, or, if it is relocatable and RAM does
 * not reach that far, the lowest one that its alignment allows. */
static enum status choose_base(const struct job *job, struct bzimage *bz,
                               struct error *err)
{
    const struct setup_header *h = &bz->bp.hdr;
    bool moves = h->version >= 0x205 && h->relocatable_kernel;
    uint64_t align = moves ? h->kernel_alignment : 1, want;

    if (!is_pow2(align))
        return err_set(err, ST_GUEST,
                       "%s: kernel_alignment 0x%x: must be a power of two",
                       job->kernel.name, h->kernel_alignment);
    want = h->version >= 0x20a ? h->pref_address : h->code32_start;
    if (want < LAYOUT_HIGH || want >= LAYOUT_4G)
        return err_set(err, ST_GUEST,
                       "%s: %s 0x%llx: must be from 1 MiB to 4 GiB",
                       job->kernel.name,
                       h->version >= 0x20a ? "pref_address" : "code32_start",
                       (unsigned long long)want);
    bz->run_size = bz->payload_size;
    if (h->version >= 0x20a && h->init_size > bz->run_size)
        bz->run_size = h->init_size;
    bz->base = align_up(want, align);
    if (moves && !fits(job, bz, bz->base))
        bz->base = align_up(LAYOUT_HIGH, align);
    if (!fits(job, bz, bz->base))
        return err_set(err, ST_GUEST,
                       "%s: init_size 0x%llx at 0x%llx: must lie in RAM, which "
                       "ends at 0x%llx; give the machine more memory",
                       job->kernel.name, (unsigned long long)bz->run_size,
                       (unsigned long long)bz->base,
                       (unsigned long long)e820_low_end(&job->e820));
    return ST_OK;
}

static enum status check_64(const struct job *job, const struct bzimage *bz,
                            struct error *err)
{
    const struct setup_header *h = &bz->bp.hdr;

    if (h->version < 0x20c || !(h->xloadflags & XLF_KERNEL_64))
        return err_set(err, ST_GUEST,
                       "%s: xloadflags 0x%x, version %u.%02u: no 64-bit entry; "
                       "XLF_KERNEL_64 must be set",
                       job->kernel.name, h->xloadflags, h->version >> 8,
                       h->version & 0xffu);
    if (bz->payload_size <= ENTRY64_OFFSET)
        return err_set(err, ST_GUEST,
                       "%s: kernel of %llu bytes: the 64-bit entry is at 0x%x",
                       job->kernel.name, (unsigned long long)bz->payload_size,
                       ENTRY64_OFFSET);
    return ST_OK;
}

static enum status put_zeropage(struct job *job, struct bzimage *bz,
                                struct error *err)
{
    struct setup_header *h = &bz->bp.hdr;
    struct zeropage_limits limits = {
        .kernel_end = bz->base + bz->run_size,
        .initrd_end = OLD_INITRD_MAX + 1ull,
        .cmdline_size = OLD_CMDLINE,
        .has_rsdp = h->version >= 0x20e,
    };

    if (h->version >= 0x203)
        limits.initrd_end = h->initrd_addr_max + 1ull;
    if (h->version >= 0x206)
        limits.cmdline_size = h->cmdline_size;
    h->code32_start = (uint32_t)bz->base;
    return zeropage_put(job, &bz->bp, &limits, err);
}

static enum status prepare(struct job *job, struct bzimage *bz,
                           struct error *err)
{
    enum status st = copy_header(&job->kernel, bz, err);

    if (st == ST_OK)
        st = find_payload(&job->kernel, bz, err);
    if (st == ST_OK)
        st = choose_base(job, bz, err);
    return st;
}

enum status bzimage_load(struct job *job, enum load_protocol protocol,
                         struct load_entry *out, struct error *err)
{
    struct bzimage bz;
    enum status st;

    memset(&bz, 0, sizeof(bz));
    st = prepare(job, &bz, err);
    if (st != ST_OK)
        return st;
    if (protocol == LOAD_AUTO)
        protocol =
            bz.bp.hdr.version >= 0x20c && (bz.bp.hdr.xloadflags & XLF_KERNEL_64)
                ? LOAD_BZIMAGE64
                : LOAD_BZIMAGE32;
    if (protocol == LOAD_BZIMAGE64) {
        st = check_64(job, &bz, err);
        if (st != ST_OK)
            return st;
    }
    st = put_zeropage(job, &bz, err);
    if (st != ST_OK)
        return st;
    job_put(job, bz.base, bz.payload, bz.payload_size);
    out->protocol = protocol;
    out->rsi = LAYOUT_ZEROPAGE;
    if (protocol == LOAD_BZIMAGE64) {
        job_long64(job, out);
        out->rip = bz.base + ENTRY64_OFFSET;
    } else {
        job_flat32(job, out);
        out->rip = bz.base;
    }
    return ST_OK;
}
