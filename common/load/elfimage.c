/* elfimage.c: ELF headers and notes through libelf, segments into memory. */
#include "common/load/elfimage.h"

#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <xen/elfnote.h>

#include "common/base/bits.h"
#include "common/load/multiboot.h"
#include "common/load/pvh.h"
#include "common/load/zeropage.h"

bool elfimage_is(const struct image *img)
{
    const uint8_t *ident = image_at(img, 0, EI_NIDENT);

    return ident != NULL && memcmp(ident, ELFMAG, SELFMAG) == 0;
}

/* Before libelf, which calls what it does not know only "invalid". */
static enum status check_ident(const struct image *img, struct error *err)
{
    if (!elfimage_is(img))
        return err_set(err, ST_GUEST,
                       "%s: no ELF header: the file must begin with 0x7f ELF",
                       img->name);
    if (img->data[EI_CLASS] != ELFCLASS32 && img->data[EI_CLASS] != ELFCLASS64)
        return err_set(err, ST_GUEST,
                       "%s: EI_CLASS %u: must be 1 (32-bit) or 2 (64-bit)",
                       img->name, img->data[EI_CLASS]);
    if (img->data[EI_DATA] != ELFDATA2LSB)
        return err_set(err, ST_GUEST,
                       "%s: EI_DATA %u: must be 1 (little-endian)", img->name,
                       img->data[EI_DATA]);
    return ST_OK;
}

static enum status check_header(const struct image *img, const GElf_Ehdr *eh,
                                struct elfimage *out, struct error *err)
{
    bool is64 = eh->e_ident[EI_CLASS] == ELFCLASS64;
    unsigned machine = is64 ? EM_X86_64 : EM_386;

    if (eh->e_machine != machine)
        return err_set(err, ST_GUEST,
                       "%s: e_machine %u: must be %u (%s) in a %s-bit file",
                       img->name, eh->e_machine, machine,
                       is64 ? "x86-64" : "i386", is64 ? "64" : "32");
    if (eh->e_type != ET_EXEC)
        return err_set(err, ST_GUEST, "%s: e_type %u: must be 2 (ET_EXEC)",
                       img->name, eh->e_type);
    out->is64 = is64;
    out->entry = eh->e_entry;
    return ST_OK;
}

static enum status add_segment(const struct image *img, unsigned index,
                               const GElf_Phdr *ph, struct elfimage *out,
                               struct error *err)
{
    if (ph->p_filesz > ph->p_memsz)
        return err_set(err, ST_GUEST,
                       "%s: segment %u: p_filesz 0x%llx: at most p_memsz "
                       "0x%llx",
                       img->name, index, (unsigned long long)ph->p_filesz,
                       (unsigned long long)ph->p_memsz);
    if (image_at(img, ph->p_offset, ph->p_filesz) == NULL)
        return err_set(err, ST_GUEST,
                       "%s: segment %u: p_offset 0x%llx, p_filesz 0x%llx: "
                       "must lie in the file of 0x%llx bytes (truncated?)",
                       img->name, index, (unsigned long long)ph->p_offset,
                       (unsigned long long)ph->p_filesz,
                       (unsigned long long)img->size);
    if (ph->p_memsz == 0)
        return ST_OK;
    if (out->nr == ELFIMAGE_MAX_SEGMENTS)
        return err_set(err, ST_GUEST, "%s: segment %u: at most %u to load",
                       img->name, index, ELFIMAGE_MAX_SEGMENTS);
    out->seg[out->nr++] = (struct elfimage_segment){
        .index = index,
        .offset = ph->p_offset,
        .filesz = ph->p_filesz,
        .vaddr = ph->p_vaddr,
        .paddr = ph->p_paddr,
        .memsz = ph->p_memsz,
    };
    return ST_OK;
}

/* The PHYS32_ENTRY note's value has the width of the kernel's addresses. */
static void read_note(const uint8_t *data, size_t name, size_t desc,
                      const GElf_Nhdr *nh, struct elfimage *out)
{
    if (nh->n_type != XEN_ELFNOTE_PHYS32_ENTRY || nh->n_namesz != 4 ||
        memcmp(data + name, "Xen", 4) != 0)
        return;
    if (nh->n_descsz == 4)
        out->pvh_entry = get_le32(data + desc);
    else if (nh->n_descsz == 8)
        out->pvh_entry = get_le64(data + desc);
    else
        return;
    out->has_pvh = true;
}

static void read_notes(Elf *elf, const GElf_Phdr *ph, struct elfimage *out)
{
    Elf_Type type = ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
    Elf_Data *data;
    GElf_Nhdr nh;
    size_t at = 0, next, name, desc;

    data = elf_getdata_rawchunk(elf, (int64_t)ph->p_offset, ph->p_filesz, type);
    if (data == NULL)
        return;
    while ((next = gelf_getnote(data, at, &nh, &name, &desc)) > 0) {
        read_note(data->d_buf, name, desc, &nh, out);
        at = next;
    }
}

static enum status read_phdrs(const struct image *img, Elf *elf,
                              struct elfimage *out, struct error *err)
{
    size_t nr, i;
    GElf_Phdr ph;
    enum status st;

    if (elf_getphdrnum(elf, &nr) != 0 || nr == 0)
        return err_set(err, ST_GUEST,
                       "%s: e_phnum: no program headers; nothing to load",
                       img->name);
    if (nr > ELFIMAGE_MAX_PHDRS)
        return err_set(err, ST_GUEST, "%s: e_phnum %zu: at most %u", img->name,
                       nr, ELFIMAGE_MAX_PHDRS);
    for (i = 0; i < nr; i++) {
        if (gelf_getphdr(elf, (int)i, &ph) == NULL)
            return err_set(err, ST_GUEST,
                           "%s: program header %zu: not in the file: %s",
                           img->name, i, elf_errmsg(-1));
        if (ph.p_type == PT_LOAD) {
            st = add_segment(img, (unsigned)i, &ph, out, err);
            if (st != ST_OK)
                return st;
        } else if (ph.p_type == PT_NOTE &&
                   image_at(img, ph.p_offset, ph.p_filesz) != NULL &&
                   ph.p_filesz > 0) {
            read_notes(elf, &ph, out);
        }
    }
    if (out->nr == 0)
        return err_set(err, ST_GUEST, "%s: no PT_LOAD segment: nothing to load",
                       img->name);
    return ST_OK;
}

enum status elfimage_parse(const struct image *img, struct elfimage *out,
                           struct error *err)
{
    enum status st = check_ident(img, err);
    GElf_Ehdr eh;
    Elf *elf;

    if (st != ST_OK)
        return st;
    memset(out, 0, sizeof(*out));
    if (elf_version(EV_CURRENT) == EV_NONE)
        return err_set(err, ST_HOST, "libelf: %s", elf_errmsg(-1));
    elf = elf_memory((char *)img->data, img->size);
    if (elf == NULL || gelf_getehdr(elf, &eh) == NULL) {
        st = err_set(err, ST_GUEST, "%s: ELF header: %s", img->name,
                     elf_errmsg(-1));
    } else {
        st = check_header(img, &eh, out, err);
        if (st == ST_OK)
            st = read_phdrs(img, elf, out, err);
    }
    elf_end(elf);
    return st;
}

static enum status check_segment(const struct job *job,
                                 const struct elfimage *elf, unsigned n,
                                 struct error *err)
{
    const struct elfimage_segment *s = &elf->seg[n], *o;
    enum status st;
    char what[32];
    unsigned i;

    snprintf(what, sizeof(what), "segment %u", s->index);
    st = job_check_range(job, what, s->paddr, s->memsz, err);
    if (st != ST_OK)
        return st;
    for (i = 0; i < n; i++) {
        o = &elf->seg[i];
        if (s->paddr < o->paddr + o->memsz && o->paddr < s->paddr + s->memsz)
            return err_set(err, ST_GUEST,
                           "%s: segment %u: p_paddr 0x%llx, p_memsz 0x%llx: "
                           "must not overlap segment %u",
                           job->kernel.name, s->index,
                           (unsigned long long)s->paddr,
                           (unsigned long long)s->memsz, o->index);
    }
    return ST_OK;
}

enum status elfimage_put(struct job *job, const struct elfimage *elf,
                         uint64_t *end, struct error *err)
{
    enum status st;
    unsigned i;

    for (i = 0; i < elf->nr; i++) {
        st = check_segment(job, elf, i, err);
        if (st != ST_OK)
            return st;
    }
    *end = 0;
    for (i = 0; i < elf->nr; i++) {
        const struct elfimage_segment *s = &elf->seg[i];

        job_put(job, s->paddr, job->kernel.data + s->offset, s->filesz);
        if (s->paddr + s->memsz > *end)
            *end = s->paddr + s->memsz;
    }
    return ST_OK;
}

enum status elfimage_physical(const struct image *img,
                              const struct elfimage *elf, const char *what,
                              uint64_t entry, uint64_t *pa, struct error *err)
{
    unsigned i;

    for (i = 0; i < elf->nr; i++)
        if (entry - elf->seg[i].paddr < elf->seg[i].memsz) {
            *pa = entry;
            return ST_OK;
        }
    for (i = 0; i < elf->nr; i++)
        if (entry - elf->seg[i].vaddr < elf->seg[i].memsz) {
            *pa = entry - elf->seg[i].vaddr + elf->seg[i].paddr;
            return ST_OK;
        }
    return err_set(err, ST_GUEST, "%s: %s 0x%llx: must lie in a segment",
                   img->name, what, (unsigned long long)entry);
}

enum status elfimage_load_plain(struct job *job, struct load_entry *out,
                                struct error *err)
{
    struct elfimage elf;
    uint64_t end;
    enum status st = elfimage_parse(&job->kernel, &elf, err);

    if (st == ST_OK)
        st = elfimage_physical(&job->kernel, &elf, "e_entry", elf.entry,
                               &out->rip, err);
    if (st == ST_OK)
        st = elfimage_put(job, &elf, &end, err);
    if (st == ST_OK)
        st = zeropage_put_plain(job, end, err);
    if (st != ST_OK)
        return st;
    pvh_put_info(job);
    out->protocol = LOAD_ELF;
    out->rsi = LAYOUT_ZEROPAGE;
    out->rdi = LAYOUT_PVH;
    if (elf.is64) {
        job_long64(job, out);
    } else {
        multiboot_put_info(job);
        job_flat32(job, out);
        out->rax = MULTIBOOT_BOOT_MAGIC;
        out->rbx = LAYOUT_MULTIBOOT;
    }
    return ST_OK;
}
