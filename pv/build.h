/* build.h: the domain builder: from a kernel image to a guest at its first
 * instruction. */
#ifndef PV_BUILD_H
#define PV_BUILD_H

#include "common/load/image.h"
#include "common/load/loader.h"
#include "pv/domain.h"
#include "pv/notes.h"

/* Where things lie in the guest's own addresses. Virtual address of pfn n in
 * the initial mapping: notes.virt_base + n * 4096. */
struct pv_layout {
    uint64_t kernel_end; /* all va, page aligned */
    uint64_t module, module_len;
    uint64_t p2m;
    uint64_t start_info, store, console;
    uint64_t tables, nr_tables;
    uint64_t stack;
    uint64_t end; /* of the initial mapping */
    uint64_t module_pfn, p2m_pfn, nr_p2m;
};

struct pv_builder {
    struct pv_domain *d;
    struct image kernel, module; /* kernel: the ELF file */
    const char *cmdline;
    struct pv_notes notes;
    struct pv_layout l;
    uint64_t *p2m; /* [nr_pages], while building */
    uint64_t nr_pages;
};

/* Load the guest into d, which has frames and nothing else, and put its vcpu
 * at the entry. Statuses as load_guest(). */
enum status pv_build(struct pv_domain *d, const struct load_request *rq,
                     struct error *err) MUST_CHECK;

/* ---- parts ---- */
/* build_vmm.c: M2P table, descriptor pages, tables of the hole, shared_info;
 * the rest of memory goes to the domain (b->p2m). */
enum status pv_build_vmm(struct pv_builder *b, struct error *err) MUST_CHECK;

/* build_sym.c: the symbol table as the kernel is to find it behind itself;
 * *out, of *len bytes, is the caller's to free. ST_GUEST: the file has none. */
enum status pv_build_symtab(const struct image *img, bool is64, uint8_t **out,
                            uint64_t *len, struct error *err) MUST_CHECK;

/* build_pt.c: how many frames the tables of l take; the tables themselves,
 * validated and pinned. */
uint64_t pv_build_count_tables(const struct pv_builder *b);
enum status pv_build_tables(struct pv_builder *b, struct error *err) MUST_CHECK;

/* build_vcpu.c: processor state at the entry. */
void pv_build_vcpu(struct pv_builder *b);

/* Write into the guest by pfn, before it runs. */
void pv_build_put(struct pv_builder *b, uint64_t pfn, unsigned at,
                  const void *buf, uint64_t len);

static inline uint64_t pv_build_pfn(const struct pv_builder *b, uint64_t va)
{
    return (va - b->notes.virt_base) >> PAGE_SHIFT;
}

#endif
