/* build.c: the domain builder: image, layout, start_info. [XEN xen.h
 * "Start-of-day memory layout"]. */
#include "pv/build.h"

#include <stdlib.h>

#include "common/base/bits.h"
#include "common/load/bzimage.h"
#include "common/load/elfimage.h"
#include "common/load/payload.h"
#include "common/x86/cr.h"
#include "pv/exit.h"
#include "pv/hypercall.h"
#include "pv/vcpu.h"

#define PADDING   (512u << 10) /* mapped and free after the stack */
#define ALIGNMENT (4u << 20)   /* of the mapping's end */

void pv_build_put(struct pv_builder *b, uint64_t pfn, unsigned at,
                  const void *buf, uint64_t len)
{
    const uint8_t *in = buf;
    uint64_t n;

    for (; len > 0; len -= n, in += n, pfn++, at = 0) {
        n = PAGE_SIZE - at < len ? PAGE_SIZE - at : len;
        pv_write_frame(b->d, b->p2m[pfn], at, in, (unsigned)n);
    }
}

/* ---- files ---- */
static enum status read_kernel(struct pv_builder *b, const char *path,
                               struct error *err)
{
    struct image img;
    enum status st = image_read(path, IMAGE_MAX_BYTES, &img, err);

    if (st != ST_OK)
        return st;
    if (!bzimage_is(&img)) {
        b->kernel = img;
        return ST_OK;
    }
    st = payload_unpack(&img, &b->kernel, err);
    image_free(&img);
    return st;
}

static enum status read_files(struct pv_builder *b,
                              const struct load_request *rq, struct error *err)
{
    enum status st;

    if (rq->bios != NULL || rq->kernel == NULL)
        return err_set(err, ST_INVAL,
                       "pv: a PV guest is a kernel, not firmware");
    if (rq->protocol != LOAD_AUTO)
        return err_set(err, ST_INVAL,
                       "pv: --protocol has no meaning: the domain builder "
                       "follows the kernel's Xen notes");
    st = read_kernel(b, rq->kernel, err);
    if (st == ST_OK && rq->initrd != NULL)
        st = image_read(rq->initrd, IMAGE_MAX_BYTES, &b->module, err);
    b->cmdline = rq->cmdline != NULL ? rq->cmdline : "";
    if (st == ST_OK && strlen(b->cmdline) >= MAX_GUEST_CMDLINE)
        st = err_set(err, ST_INVAL, "command line: %zu characters: at most %u",
                     strlen(b->cmdline), MAX_GUEST_CMDLINE - 1);
    return st;
}

/* ---- segments ---- */

/* Guest-physical address of a segment: what the builder counts pfns by. */
static uint64_t phys(const struct pv_builder *b,
                     const struct elfimage_segment *s)
{
    return s->paddr - b->notes.paddr_offset;
}

/* Behind the kernel, whose last byte is before *end. */
static enum status place_symtab(struct pv_builder *b, uint64_t *end,
                                struct error *err)
{
    uint64_t at = align_up(*end, b->notes.is64 ? 8 : 4), len;
    uint8_t *table;
    enum status st =
        pv_build_symtab(&b->kernel, b->notes.is64, &table, &len, err);

    if (st != ST_OK)
        return st;
    if (len > (b->nr_pages << PAGE_SHIFT) - at)
        st = err_set(err, ST_INVAL, "--mem: no room for the symbol table");
    else
        pv_build_put(b, at >> PAGE_SHIFT, at & (PAGE_SIZE - 1), table, len);
    *end = at + len;
    free(table);
    return st;
}

static enum status place_kernel(struct pv_builder *b, const struct elfimage *e,
                                struct error *err)
{
    uint64_t limit = b->nr_pages << PAGE_SHIFT, at, end = 0;
    unsigned n;

    for (n = 0; n < e->nr; n++) {
        const struct elfimage_segment *s = &e->seg[n];

        at = phys(b, s);
        if (s->paddr < b->notes.paddr_offset || at > limit ||
            s->memsz > limit - at)
            return err_set(err, ST_GUEST,
                           "%s: segment %u: 0x%llx bytes at 0x%llx: must lie "
                           "in the domain's 0x%llx bytes",
                           b->kernel.name, s->index,
                           (unsigned long long)s->memsz, (unsigned long long)at,
                           (unsigned long long)limit);
        if (at + s->memsz > end)
            end = at + s->memsz;
        pv_build_put(b, at >> PAGE_SHIFT, at & (PAGE_SIZE - 1),
                     b->kernel.data + s->offset, s->filesz);
    }
    if (b->notes.symtab) {
        enum status st = place_symtab(b, &end, err);

        if (st != ST_OK)
            return st;
    }
    b->l.kernel_end = b->notes.virt_base + align_up(end, PAGE_SIZE);
    return ST_OK;
}

static enum status put_hypercall_page(struct pv_builder *b, struct error *err)
{
    uint64_t va = b->notes.hypercall_page;
    uint8_t page[PAGE_SIZE];

    if (va == 0)
        return ST_OK;
    if ((va & (PAGE_SIZE - 1)) || va < b->notes.virt_base ||
        va >= b->l.kernel_end)
        return err_set(err, ST_GUEST,
                       "%s: XEN_ELFNOTE_HYPERCALL_PAGE 0x%llx: must be a page "
                       "of the kernel",
                       b->kernel.name, (unsigned long long)va);
    pv_hypercall_page(b->d, page);
    pv_build_put(b, pv_build_pfn(b, va), 0, page, PAGE_SIZE);
    return ST_OK;
}

/* ---- layout ---- */
static uint64_t take(uint64_t *at, uint64_t bytes)
{
    uint64_t here = *at;

    *at += align_up(bytes, PAGE_SIZE);
    return here;
}

static enum status lay_out(struct pv_builder *b, struct error *err)
{
    struct pv_layout *l = &b->l;
    uint64_t at = l->kernel_end, pfn, used, n = 0;
    unsigned entry = b->notes.is64 ? 8 : 4;

    l->nr_p2m = align_up(b->nr_pages * entry, PAGE_SIZE) >> PAGE_SHIFT;
    l->module_len = b->module.size;
    if (!b->notes.mod_by_pfn)
        l->module = take(&at, l->module_len);
    if (b->notes.init_p2m == 0)
        l->p2m = take(&at, l->nr_p2m << PAGE_SHIFT);
    l->start_info = take(&at, PAGE_SIZE);
    l->store = take(&at, PAGE_SIZE);
    l->console = take(&at, PAGE_SIZE);
    l->tables = at;
    do { /* the tables map themselves */
        l->nr_tables = n;
        l->stack = l->tables + (n << PAGE_SHIFT);
        l->end = align_up(l->stack + PAGE_SIZE + PADDING, ALIGNMENT);
        n = pv_build_count_tables(b);
    } while (n > l->nr_tables);
    pfn = pv_build_pfn(b, l->end);
    l->module_pfn = b->notes.mod_by_pfn ? pfn : pv_build_pfn(b, l->module);
    used = pfn + (b->notes.mod_by_pfn
                      ? align_up(l->module_len, PAGE_SIZE) >> PAGE_SHIFT
                      : 0);
    l->p2m_pfn = b->notes.init_p2m != 0 ? used : pv_build_pfn(b, l->p2m);
    used += b->notes.init_p2m != 0 ? l->nr_p2m : 0;
    if (l->end < l->kernel_end || used > b->nr_pages)
        return err_set(err, ST_INVAL,
                       "--mem: kernel, module and tables need %llu pages, the "
                       "domain has %llu",
                       (unsigned long long)used,
                       (unsigned long long)b->nr_pages);
    return ST_OK;
}

/* The notes' addresses, before anything is computed with them. */
static enum status check_notes(const struct pv_builder *b, struct error *err)
{
    const struct pv_notes *n = &b->notes;
    uint64_t room = (b->nr_pages << PAGE_SHIFT) + (1ull << 30);
    uint64_t va[2] = {n->virt_base, n->init_p2m};
    unsigned k;

    for (k = 0; k < 2; k++) {
        bool bad =
            n->is64 ? sext(va[k], 48) != (int64_t)va[k] ||
                          (va[k] < PV_HOLE64_END &&
                           va[k] + room > PV_HOLE64_START && va[k] > 1ull << 40)
                    : va[k] >= PV_HOLE32_START;

        if ((va[k] & ((2u << 20) - 1)) != 0 || bad)
            return err_set(err, ST_GUEST,
                           "%s: %s 0x%llx: must be a multiple of 2 MiB outside "
                           "of Xen's own addresses",
                           b->kernel.name,
                           k == 0 ? "XEN_ELFNOTE_VIRT_BASE"
                                  : "XEN_ELFNOTE_INIT_P2M",
                           (unsigned long long)va[k]);
    }
    return ST_OK;
}

/* ---- contents ---- */
static void put_p2m(struct pv_builder *b)
{
    uint32_t e32;
    uint64_t n;

    if (b->notes.is64) {
        pv_build_put(b, b->l.p2m_pfn, 0, b->p2m, b->nr_pages * 8);
        return;
    }
    for (n = 0; n < b->nr_pages; n++) {
        e32 = (uint32_t)b->p2m[n];
        pv_build_put(b, b->l.p2m_pfn + (n >> 10), (n & 1023) * 4, &e32, 4);
    }
}

static uint32_t flags(const struct pv_builder *b)
{
    return b->notes.mod_by_pfn && b->module.size > 0 ? SIF_MOD_START_PFN : 0;
}

static uint64_t mod_start(const struct pv_builder *b)
{
    if (b->module.size == 0)
        return 0;
    return b->notes.mod_by_pfn ? b->l.module_pfn : b->l.module;
}

/* Both layouts have the same members. */
#define FILL(si, magic_)                                                       \
    do {                                                                       \
        memcpy((si).magic, magic_, sizeof(magic_));                            \
        (si).nr_pages = (__typeof__((si).nr_pages))b->nr_pages;                \
        (si).shared_info =                                                     \
            (__typeof__((si).shared_info))(d->shared_mfn << PAGE_SHIFT);       \
        (si).flags = flags(b);                                                 \
        (si).store_mfn = (__typeof__((si).store_mfn))d->store_mfn;             \
        (si).store_evtchn = d->store_port;                                     \
        (si).console.domU.mfn =                                                \
            (__typeof__((si).console.domU.mfn))d->console_mfn;                 \
        (si).console.domU.evtchn = d->console_port;                            \
        (si).pt_base = (__typeof__((si).pt_base))b->l.tables;                  \
        (si).nr_pt_frames = (__typeof__((si).nr_pt_frames))b->l.nr_tables;     \
        (si).mfn_list = (__typeof__((si).mfn_list))(b->notes.init_p2m != 0     \
                                                        ? b->notes.init_p2m    \
                                                        : b->l.p2m);           \
        (si).mod_start = (__typeof__((si).mod_start))mod_start(b);             \
        (si).mod_len = (__typeof__((si).mod_len))b->module.size;               \
        memcpy((si).cmd_line, b->cmdline, strlen(b->cmdline) + 1);             \
        (si).first_p2m_pfn = (__typeof__((si).first_p2m_pfn))b->l.p2m_pfn;     \
        (si).nr_p2m_frames = (__typeof__((si).nr_p2m_frames))b->l.nr_p2m;      \
    } while (0)

static void put_start_info(struct pv_builder *b)
{
    uint64_t pfn = pv_build_pfn(b, b->l.start_info);
    struct pv_domain *d = b->d;
    struct start_info_x86_32 si32 = {.flags = 0};
    struct start_info si = {.flags = 0};

    d->start_info_va = b->l.start_info;
    if (d->is32) {
        FILL(si32, "xen-3.0-x86_32p");
        pv_build_put(b, pfn, 0, &si32, sizeof(si32));
    } else {
        FILL(si, "xen-3.0-x86_64");
        pv_build_put(b, pfn, 0, &si, sizeof(si));
    }
}

/* ---- everything ---- */
static enum status make_parts(struct pv_builder *b, struct error *err)
{
    struct pv_domain *d = b->d;
    enum status st;

    d->console_mfn = b->p2m[pv_build_pfn(b, b->l.console)];
    d->store_mfn = b->p2m[pv_build_pfn(b, b->l.store)];
    st = pv_evtchn_create(d, err);
    if (st == ST_OK)
        st = pv_time_create(d, err);
    if (st == ST_OK)
        st = pv_grants_create(d, err);
    if (st == ST_OK)
        st = pv_console_create(d, err);
    if (st == ST_OK)
        st = pv_store_create(d, err);
    if (st == ST_OK)
        st = pv_blk_create(d, err);
    if (st == ST_OK)
        st = pv_net_create(d, err);
    if (st == ST_OK)
        st = pv_ptwr_create(d, err);
    return st;
}

static enum status build(struct pv_builder *b, const struct elfimage *elf,
                         struct error *err)
{
    enum status st = check_notes(b, err);

    if (st == ST_OK)
        st = place_kernel(b, elf, err);
    if (st == ST_OK)
        st = put_hypercall_page(b, err);
    if (st == ST_OK)
        st = lay_out(b, err);
    if (st != ST_OK)
        return st;
    if (b->module.size > 0)
        pv_build_put(b, b->l.module_pfn, 0, b->module.data, b->module.size);
    put_p2m(b);
    st = pv_build_tables(b, err);
    if (st == ST_OK)
        st = make_parts(b, err);
    if (st == ST_OK) {
        put_start_info(b);
        pv_build_vcpu(b);
        pv_time_publish(b->d);
    }
    return st;
}

enum status pv_build(struct pv_domain *d, const struct load_request *rq,
                     struct error *err)
{
    struct pv_builder *b = calloc(1, sizeof(*b));
    struct elfimage elf;
    enum status st;

    if (b == NULL)
        return err_set(err, ST_NOMEM, "domain builder");
    b->d = d;
    st = read_files(b, rq, err);
    if (st == ST_OK)
        st = elfimage_parse(&b->kernel, &elf, err);
    if (st == ST_OK)
        st = pv_notes_read(&b->kernel, &b->notes, err);
    if (st == ST_OK) {
        d->is32 = !b->notes.is64;
        /* What validates entries looks at it. */
        d->c->s.efer = EFER_NXE & x86_efer_bits(d->c);
        st = pv_build_vmm(b, err);
    }
    if (st == ST_OK)
        st = build(b, &elf, err);
    image_free(&b->kernel);
    image_free(&b->module);
    free(b->p2m);
    free(b);
    return st;
}
