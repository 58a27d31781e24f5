/* job.c: what the protocols share: range checks, command line, initrd, GDT
 * and identity page tables. */
#include "common/load/job.h"

#include <assert.h>
#include <string.h>

#include "common/base/bits.h"

/* Segment descriptors, accessed already: the processor need not write them.
 * [SDM3 "Segment Descriptors"] */
#define DESC_CODE32 0x00cf9b000000ffffull /* G D P, code, readable */
#define DESC_CODE64 0x00af9b000000ffffull /* G L P, code, readable */
#define DESC_DATA   0x00cf93000000ffffull /* G B P, data, writable */
#define DESC_TSS    0x00008b0000000067ull /* P, busy 32- or 64-bit TSS */

#define PTE_P  1ull
#define PTE_RW 2ull
#define PTE_PS 0x80ull

enum status job_check_range(const struct job *job, const char *what,
                            uint64_t base, uint64_t size, struct error *err)
{
    const char *owner = layout_owner(base, size);
    uint64_t end = base + size;

    if (end < base || end > LAYOUT_4G)
        return err_set(err, ST_GUEST,
                       "%s: %s: address 0x%llx, size 0x%llx: must end below "
                       "4 GiB",
                       job->kernel.name, what, (unsigned long long)base,
                       (unsigned long long)size);
    if (owner != NULL)
        return err_set(err, ST_GUEST,
                       "%s: %s: 0x%llx..0x%llx: must not overlap %s",
                       job->kernel.name, what, (unsigned long long)base,
                       (unsigned long long)end, owner);
    if (!e820_is_ram(&job->e820, base, size))
        return err_set(err, ST_GUEST,
                       "%s: %s: 0x%llx..0x%llx: must lie in RAM, which ends "
                       "at 0x%llx",
                       job->kernel.name, what, (unsigned long long)base,
                       (unsigned long long)end,
                       (unsigned long long)e820_low_end(&job->e820));
    return ST_OK;
}

void job_put(struct job *job, uint64_t pa, const void *buf, uint64_t len)
{
    bool whole = gmem_load(job->mem, pa, buf, len);

    assert(whole);
    (void)whole;
}

enum status job_put_cmdline(struct job *job, uint64_t max, struct error *err)
{
    uint64_t len = strlen(job->cmdline);

    if (max > LAYOUT_CMDLINE_SIZE - 1)
        max = LAYOUT_CMDLINE_SIZE - 1;
    if (len > max)
        return err_set(
            err, ST_GUEST, "%s: command line of %llu characters: at most %llu",
            job->kernel.name, (unsigned long long)len, (unsigned long long)max);
    job_put(job, LAYOUT_CMDLINE, job->cmdline, len + 1);
    return ST_OK;
}

enum status job_put_initrd(struct job *job, uint64_t floor, uint64_t limit,
                           struct error *err)
{
    uint64_t low_end = e820_low_end(&job->e820), size = job->initrd.size;

    job->initrd_pa = 0;
    if (job->initrd.data == NULL)
        return ST_OK;
    if (limit > low_end)
        limit = low_end;
    if (floor < LAYOUT_HIGH)
        floor = LAYOUT_HIGH;
    floor = align_up(floor, PAGE_SIZE);
    limit = align_down(limit, PAGE_SIZE);
    if (limit < floor || align_up(size, PAGE_SIZE) > limit - floor)
        return err_set(err, ST_GUEST,
                       "%s: size %llu: must fit between the kernel's end at "
                       "0x%llx and 0x%llx (RAM ends at 0x%llx)",
                       job->initrd.name, (unsigned long long)size,
                       (unsigned long long)floor, (unsigned long long)limit,
                       (unsigned long long)low_end);
    job->initrd_pa = align_down(limit - size, PAGE_SIZE);
    job_put(job, job->initrd_pa, job->initrd.data, size);
    return ST_OK;
}

static void put_gdt(struct job *job, struct load_entry *out, uint64_t code)
{
    uint64_t gdt[JOB_TR / 8 + 2] = {0}; /* a 64-bit TSS takes two entries */

    gdt[JOB_CS / 8] = code;
    gdt[JOB_DS / 8] = DESC_DATA;
    gdt[JOB_TR / 8] = DESC_TSS;
    job_put(job, LAYOUT_GDT, gdt, sizeof(gdt));
    out->gdt_base = LAYOUT_GDT;
    out->gdt_limit = sizeof(gdt) - 1;
    out->cs = JOB_CS;
    out->ds = JOB_DS;
    out->tr = JOB_TR;
    out->rsp = LAYOUT_STACK + LAYOUT_STACK_SIZE;
}

void job_flat32(struct job *job, struct load_entry *out)
{
    out->kind = ENTRY_PM32;
    put_gdt(job, out, DESC_CODE32);
}

/* PML4, one table of 1 GiB entries' directories, four directories of 2 MiB
 * pages: no feature beyond the first x86-64 processors is needed. */
static void put_identity(struct job *job)
{
    uint64_t table[PAGE_SIZE / 8] = {0};
    unsigned i, d;

    table[0] = (LAYOUT_PAGE_TABLES + PAGE_SIZE) | PTE_P | PTE_RW;
    job_put(job, LAYOUT_PAGE_TABLES, table, sizeof(table));
    for (d = 0; d < 4; d++)
        table[d] = (LAYOUT_PAGE_TABLES + (2 + d) * PAGE_SIZE) | PTE_P | PTE_RW;
    job_put(job, LAYOUT_PAGE_TABLES + PAGE_SIZE, table, sizeof(table));
    for (d = 0; d < 4; d++) {
        for (i = 0; i < 512; i++)
            table[i] = ((d * 512ull + i) << 21) | PTE_P | PTE_RW | PTE_PS;
        job_put(job, LAYOUT_PAGE_TABLES + (2 + d) * PAGE_SIZE, table,
                sizeof(table));
    }
}
_Static_assert(LAYOUT_PAGE_TABLES_SIZE == 6 * PAGE_SIZE, "six tables");

void job_long64(struct job *job, struct load_entry *out)
{
    out->kind = ENTRY_LONG64;
    out->cr3 = LAYOUT_PAGE_TABLES;
    put_gdt(job, out, DESC_CODE64);
    put_identity(job);
}
