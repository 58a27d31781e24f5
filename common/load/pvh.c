/* pvh.c: Xen's direct boot. */
#include "common/load/pvh.h"

#include <string.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "common/load/elfimage.h"

/* The page at LAYOUT_PVH. */
struct pvh_page {
    struct hvm_start_info info;
    struct hvm_modlist_entry module;
    struct hvm_memmap_table_entry memmap[E820_MAX];
};

_Static_assert(sizeof(struct pvh_page) <= LAYOUT_PVH_SIZE, "fits its area");
_Static_assert(XEN_HVM_MEMMAP_TYPE_RAM == (int)E820_RAM &&
                   XEN_HVM_MEMMAP_TYPE_RESERVED == (int)E820_RESERVED,
               "PVH numbers the types as E820 does");

void pvh_put_info(struct job *job)
{
    struct pvh_page page;
    unsigned i;

    memset(&page, 0, sizeof(page));
    page.info.magic = XEN_HVM_START_MAGIC_VALUE;
    page.info.version = 1;
    page.info.cmdline_paddr = LAYOUT_CMDLINE;
    page.info.rsdp_paddr = job->rsdp;
    if (job->initrd_pa != 0) {
        page.info.nr_modules = 1;
        page.info.modlist_paddr =
            LAYOUT_PVH + offsetof(struct pvh_page, module);
        page.module.paddr = job->initrd_pa;
        page.module.size = job->initrd.size;
    }
    page.info.memmap_paddr = LAYOUT_PVH + offsetof(struct pvh_page, memmap);
    page.info.memmap_entries = job->e820.nr;
    for (i = 0; i < job->e820.nr; i++) {
        page.memmap[i].addr = job->e820.entry[i].base;
        page.memmap[i].size = job->e820.entry[i].size;
        page.memmap[i].type = job->e820.entry[i].type;
    }
    job_put(job, LAYOUT_PVH, &page, sizeof(page));
}

/* Parse and check, then place. */
static enum status place(struct job *job, uint64_t *entry, struct error *err)
{
    struct elfimage elf;
    uint64_t end;
    enum status st = elfimage_parse(&job->kernel, &elf, err);

    if (st != ST_OK)
        return st;
    if (!elf.has_pvh)
        return err_set(err, ST_GUEST,
                       "%s: no XEN_ELFNOTE_PHYS32_ENTRY note: not a PVH kernel",
                       job->kernel.name);
    st = elfimage_physical(&job->kernel, &elf, "PVH entry", elf.pvh_entry,
                           entry, err);
    if (st == ST_OK)
        st = elfimage_put(job, &elf, &end, err);
    if (st == ST_OK)
        st = job_put_cmdline(job, LAYOUT_CMDLINE_SIZE, err);
    if (st == ST_OK)
        st = job_put_initrd(job, end, LAYOUT_4G, err);
    return st;
}

enum status pvh_load(struct job *job, struct load_entry *out, struct error *err)
{
    enum status st = place(job, &out->rip, err);

    if (st != ST_OK)
        return st;
    pvh_put_info(job);
    job_flat32(job, out);
    out->protocol = LOAD_PVH;
    out->rbx = LAYOUT_PVH;
    return ST_OK;
}
