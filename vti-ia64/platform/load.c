/* load.c: ELF images for Ski: segments to memory, start state. */
#include <elf.h>

#include "common/base/bits.h"
#include "common/load/image.h"
#include "vti-ia64/platform/ski_priv.h"

#define MAX_PHDRS 64

#define EF_IA_64_BIG_ENDIAN 1 /* EF_IA_64_BE of the processor supplement */

static enum status header(const struct image *img, Elf64_Ehdr *eh,
                          struct error *err)
{
    const uint8_t *p = image_at(img, 0, sizeof(*eh));

    if (p == NULL || memcmp(p, ELFMAG, SELFMAG) != 0)
        return err_set(err, ST_GUEST, "%s: no ELF file", img->name);
    memcpy(eh, p, sizeof(*eh));
    if (eh->e_ident[EI_CLASS] != ELFCLASS64 ||
        eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_machine != EM_IA_64)
        return err_set(err, ST_GUEST,
                       "%s: not for little-endian 64-bit IA-64 (e_machine %u)",
                       img->name, eh->e_machine);
    if (eh->e_type != ET_EXEC)
        return err_set(err, ST_GUEST,
                       "%s: e_type %u: only static executables are run",
                       img->name, eh->e_type);
    if (eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_phnum > MAX_PHDRS)
        return err_set(err, ST_GUEST, "%s: e_phentsize or e_phnum", img->name);
    return ST_OK;
}

static enum status segment(struct ski *s, const struct image *img,
                           const Elf64_Phdr *ph, struct error *err)
{
    static const uint8_t zero[4096];
    const uint8_t *p = image_at(img, ph->p_offset, ph->p_filesz);
    uint64_t at;
    bool ok;

    if ((p == NULL && ph->p_filesz != 0) || ph->p_filesz > ph->p_memsz)
        return err_set(err, ST_GUEST, "%s: segment at %#llx: not in the file",
                       img->name, (unsigned long long)ph->p_vaddr);
    if (s->user)
        ok = ski_um_back(s, ph->p_vaddr, ph->p_memsz) &&
             ski_um_write(s, ph->p_vaddr, p, ph->p_filesz);
    else
        ok = ph->p_memsz <= s->config.mem_bytes &&
             ph->p_vaddr <= s->config.mem_bytes - ph->p_memsz &&
             gmem_load(&s->m.mem, ph->p_vaddr, p, ph->p_filesz);
    if (!ok)
        return err_set(err, ST_GUEST,
                       "%s: segment at %#llx, %#llx bytes: outside of memory",
                       img->name, (unsigned long long)ph->p_vaddr,
                       (unsigned long long)ph->p_memsz);
    /* Memory is zero from the start, but segments may overlap. */
    for (at = ph->p_filesz; at < ph->p_memsz && !s->user; at += sizeof(zero))
        gmem_load(&s->m.mem, ph->p_vaddr + at, zero,
                  ph->p_memsz - at < sizeof(zero) ? ph->p_memsz - at
                                                  : sizeof(zero));
    return ST_OK;
}

/* Where the program's headers are, and where its heap begins. */
static void note_segment(struct ski_usermode *u, const Elf64_Ehdr *eh,
                         const Elf64_Phdr *ph)
{
    if (eh->e_phoff >= ph->p_offset &&
        eh->e_phoff - ph->p_offset < ph->p_filesz)
        u->phdr = ph->p_vaddr + (eh->e_phoff - ph->p_offset);
    if (ph->p_vaddr + ph->p_memsz > u->brk)
        u->brk = ph->p_vaddr + ph->p_memsz;
}

static enum status put(struct ski *s, const struct image *img,
                       const Elf64_Ehdr *eh, struct error *err)
{
    const uint8_t *p =
        image_at(img, eh->e_phoff, (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr));
    Elf64_Phdr ph;
    enum status st = ST_OK;

    if (p == NULL)
        return err_set(err, ST_GUEST, "%s: program headers", img->name);
    for (unsigned k = 0; k < eh->e_phnum && st == ST_OK; k++) {
        memcpy(&ph, p + k * sizeof(ph), sizeof(ph));
        if (ph.p_type == PT_INTERP)
            return err_set(err, ST_GUEST, "%s: dynamically linked", img->name);
        if (ph.p_type != PT_LOAD || ph.p_memsz == 0)
            continue;
        st = segment(s, img, &ph, err);
        if (s->user && st == ST_OK)
            note_segment(s->um, eh, &ph);
    }
    return st;
}

static enum status load(struct ski *s, const struct image *img,
                        struct error *err)
{
    Elf64_Ehdr eh;
    enum status st = header(img, &eh, err);

    if (st != ST_OK)
        return st;
    s->user = s->config.mode == SKI_USER ||
              (s->config.mode == SKI_AUTO && eh.e_entry >> 61 != 0);
    if (s->user) {
        st = ski_um_create(s, err);
        if (st != ST_OK)
            return st;
    }
    st = put(s, img, &eh, err);
    if (st != ST_OK)
        return st;
    s->c->s.ip = eh.e_entry & ~15ull;
    if (eh.e_flags & EF_IA_64_BIG_ENDIAN)
        s->c->s.psr |= PSR_BE;
    if (s->user)
        return ski_um_start(s, &eh, err);
    return ST_OK;
}

enum status ski_load(struct ski *s, struct error *err)
{
    struct image img;
    enum status st = image_read(s->config.file, IMAGE_MAX_BYTES, &img, err);

    if (st != ST_OK)
        return st;
    st = load(s, &img, err);
    image_free(&img);
    return st;
}
