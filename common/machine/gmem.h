/* gmem.h: guest-physical memory: RAM and ROM regions, checked copies, page
 * flags for code and dirty tracking.
 *
 * Owned by the machine and lent to processors. One thread. Two kinds of
 * writers exist: processors, which write through host pointers that they got
 * from gmem_host() after looking at the page flags, and devices and loaders,
 * which use gmem_write(); gmem_write() tells the code listener and marks pages
 * dirty, so that DMA over translated code is seen. */
#ifndef COMMON_MACHINE_GMEM_H
#define COMMON_MACHINE_GMEM_H

#include "common/base/err.h"
#include "common/base/types.h"

#define GMEM_MAX_REGIONS 8

/* Flags kept for every page of every region. */
#define GMEM_PAGE_CODE  0x01u /* a processor holds decoded code of this page */
#define GMEM_PAGE_DIRTY 0x02u /* written since gmem_clear_dirty() */
#define GMEM_PAGE_ROM   0x04u /* guest writes are dropped */
#define GMEM_PAGE_TRACE 0x08u /* an engine traces writes (shadowed PTEs) */

struct gmem_region {
    uint64_t base; /* guest-physical, page aligned */
    uint64_t size; /* bytes, multiple of the page size */
    uint8_t *host;
    uint8_t *flags; /* one byte a page: GMEM_PAGE_* */
    bool rom;
};

/* Called before bytes [pa, pa+len) change by someone other than the
 * processor that registered; len > 0 and within one page. */
typedef void gmem_code_fn(void *opaque, uint64_t pa, uint32_t len);

/* Called before bytes [pa, pa+len) of a page with GMEM_PAGE_TRACE become those
 * of buf, whoever writes them; len > 0 and within one page. */
typedef void gmem_trace_fn(void *opaque, uint64_t pa, const void *buf,
                           uint32_t len);

struct gmem {
    struct gmem_region region[GMEM_MAX_REGIONS];
    unsigned nr_regions;
    gmem_code_fn *code_fn;
    void *code_opaque;
    gmem_trace_fn *trace_fn; /* NULL: nobody traces */
    void *trace_opaque;
};

/* Start empty. fini unmaps all regions. */
void gmem_init(struct gmem *g);
void gmem_fini(struct gmem *g);

/* Add a zero-filled region [base, base+size). Both page aligned and not
 * overlapping an earlier one, else ST_INVAL; ST_NOMEM if the host will not map
 * it, ST_LIMIT past GMEM_MAX_REGIONS. */
enum status gmem_add(struct gmem *g, uint64_t base, uint64_t size, bool rom,
                     struct error *err) MUST_CHECK;

/* The region that holds pa, or NULL. */
struct gmem_region *gmem_find(struct gmem *g, uint64_t pa);

/* Host address of guest-physical [pa, pa+len), or NULL unless all of it lies
 * in one region. */
void *gmem_host(struct gmem *g, uint64_t pa, uint64_t len);

/* Flag byte of the page that holds pa; NULL where there is no memory. */
uint8_t *gmem_flags(struct gmem *g, uint64_t pa);

/* Copy out. Bytes where there is no memory read as 0xff. Returns false if
 * there were any. */
bool gmem_read(struct gmem *g, uint64_t pa, void *buf, uint64_t len);

/* Copy in as a device does: ROM and holes ignore it, code pages are announced
 * to the listener, pages become dirty. Returns false if any byte was
 * ignored. */
bool gmem_write(struct gmem *g, uint64_t pa, const void *buf, uint64_t len);

/* Tell who wants to know, by the page's flags, that [pa, pa+len), within one
 * page, is about to become buf: for processors, which write themselves. */
void gmem_tell(struct gmem *g, uint8_t flags, uint64_t pa, const void *buf,
               uint32_t len);

/* As gmem_write, but also fills ROM: for loaders, before the guest runs. */
bool gmem_load(struct gmem *g, uint64_t pa, const void *buf, uint64_t len);

/* Bytes of RAM (not ROM) below 4 GiB and from 4 GiB on. */
uint64_t gmem_ram_below_4g(const struct gmem *g);
uint64_t gmem_ram_above_4g(const struct gmem *g);

/* Forget all dirty flags. Processors must drop their write translations. */
void gmem_clear_dirty(struct gmem *g);

/* All regions' contents (section "gmem"); pages of zeroes cost nothing. LOAD
 * wants the same regions and writes as gmem_load() does. */
struct snap;
void gmem_snapshot(struct gmem *g, struct snap *s);

#endif
