/* notes.c: a kernel's Xen notes, through libelf. */
#include "pv/notes.h"

#include <gelf.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/base/cc.h"
#include "pv/xen.h"

#define MAX_PHDRS 256u

struct reader {
    const struct image *img;
    struct pv_notes *n;
    bool has_entry, any;
    char loader[32], pae[32], features[256];
};

static uint64_t number(const uint8_t *p, size_t len)
{
    return len >= 8 ? get_le64(p) : len >= 4 ? get_le32(p) : 0;
}

static void text(char *out, size_t size, const uint8_t *p, size_t len)
{
    size_t n = len < size - 1 ? len : size - 1;

    memcpy(out, p, n);
    out[n] = '\0';
}

static void take(struct reader *r, unsigned type, const uint8_t *p, size_t len)
{
    uint64_t v = number(p, len);

    r->any = true;
    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        r->n->entry = v;
        r->has_entry = true;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        r->n->hypercall_page = v;
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        r->n->virt_base = v;
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        r->n->paddr_offset = v;
        break;
    case XEN_ELFNOTE_INIT_P2M:
        r->n->init_p2m = v;
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        r->n->mod_by_pfn = v != 0;
        break;
    case XEN_ELFNOTE_BSD_SYMTAB:
        r->n->symtab = len >= 3 && memcmp(p, "yes", 3) == 0;
        break;
    case XEN_ELFNOTE_GUEST_OS:
        text(r->n->guest_os, sizeof(r->n->guest_os), p, len);
        break;
    case XEN_ELFNOTE_LOADER:
        text(r->loader, sizeof(r->loader), p, len);
        break;
    case XEN_ELFNOTE_PAE_MODE:
        text(r->pae, sizeof(r->pae), p, len);
        break;
    case XEN_ELFNOTE_FEATURES:
        text(r->features, sizeof(r->features), p, len);
        break;
    default:
        break;
    }
}

/* A last note that says to be longer than the segment, as GRUB's for i386: Xen
 * takes what is there. */
static void read_cut(const uint8_t *base, size_t at, size_t size,
                     struct reader *r)
{
    const size_t head = 16; /* sizes, type, "Xen" */

    if (at + head < size && get_le32(base + at) == 4 &&
        memcmp(base + at + 12, "Xen", 4) == 0)
        take(r, get_le32(base + at + 8), base + at + head, size - at - head);
}

static void read_segment(Elf *elf, const GElf_Phdr *ph, struct reader *r)
{
    Elf_Type type = ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
    Elf_Data *data;
    GElf_Nhdr nh;
    size_t at = 0, next, name, desc;

    if (image_at(r->img, ph->p_offset, ph->p_filesz) == NULL)
        return;
    data = elf_getdata_rawchunk(elf, (int64_t)ph->p_offset, ph->p_filesz, type);
    if (data == NULL)
        return;
    while ((next = gelf_getnote(data, at, &nh, &name, &desc)) > 0) {
        const uint8_t *base = data->d_buf;

        if (nh.n_namesz == 4 && memcmp(base + name, "Xen", 4) == 0)
            take(r, nh.n_type, base + desc, nh.n_descsz);
        at = next;
    }
    read_cut(data->d_buf, at, data->d_size, r);
}

static void read_all(Elf *elf, struct reader *r)
{
    size_t nr, i;
    GElf_Phdr ph;

    if (elf_getphdrnum(elf, &nr) != 0)
        return;
    for (i = 0; i < nr && i < MAX_PHDRS; i++)
        if (gelf_getphdr(elf, (int)i, &ph) != NULL && ph.p_type == PT_NOTE)
            read_segment(elf, &ph, r);
}

/* Features that a kernel says it cannot do without ("!name"). */
static enum status check_features(const struct reader *r, struct error *err)
{
    static const char *const known[] = {
        "writable_page_tables", "writable_descriptor_tables",
        "pae_pgdir_above_4gb", "supervisor_mode_kernel"};
    char words[256], *save = NULL, *w;
    unsigned n;

    snprintf(words, sizeof(words), "%s", r->features);
    for (w = strtok_r(words, "|", &save); w != NULL;
         w = strtok_r(NULL, "|", &save)) {
        if (w[0] != '!')
            continue;
        for (n = 0; n < ARRAY_LEN(known); n++)
            if (strcmp(w + 1, known[n]) == 0)
                break;
        if (n == ARRAY_LEN(known))
            return err_set(err, ST_NOTSUP,
                           "%s: XEN_ELFNOTE_FEATURES: it needs '%.40s', which "
                           "a PV guest has not here",
                           r->img->name, w + 1);
    }
    return ST_OK;
}

static enum status check(const struct reader *r, const GElf_Ehdr *eh,
                         struct error *err)
{
    struct pv_notes *n = r->n;

    if (!r->any ||
        (!r->has_entry && n->virt_base == 0 && n->hypercall_page == 0))
        return err_set(err, ST_GUEST,
                       "%s: no Xen PV kernel: it has no note "
                       "XEN_ELFNOTE_ENTRY; give a kernel built for Xen PV",
                       r->img->name);
    if (r->loader[0] != '\0' && strcmp(r->loader, "generic") != 0)
        return err_set(err, ST_NOTSUP,
                       "%s: XEN_ELFNOTE_LOADER '%.30s': must be 'generic'",
                       r->img->name, r->loader);
    /* GRUB's 32-bit image has the note cut off: only a "no" counts. */
    if (!n->is64 && strncmp(r->pae, "no", 2) == 0)
        return err_set(err, ST_NOTSUP,
                       "%s: XEN_ELFNOTE_PAE_MODE '%.30s': a 32-bit PV guest "
                       "must do PAE",
                       r->img->name, r->pae);
    if (!r->has_entry)
        n->entry = eh->e_entry;
    return check_features(r, err);
}

enum status pv_notes_read(const struct image *img, struct pv_notes *out,
                          struct error *err)
{
    struct reader r = {.img = img, .n = out};
    enum status st;
    GElf_Ehdr eh;
    Elf *elf;

    memset(out, 0, sizeof(*out));
    if (elf_version(EV_CURRENT) == EV_NONE)
        return err_set(err, ST_HOST, "libelf: %s", elf_errmsg(-1));
    elf = elf_memory((char *)img->data, img->size);
    if (elf == NULL || gelf_getehdr(elf, &eh) == NULL) {
        st = err_set(err, ST_GUEST, "%s: ELF header: %s", img->name,
                     elf_errmsg(-1));
    } else {
        out->is64 = eh.e_ident[EI_CLASS] == ELFCLASS64;
        read_all(elf, &r);
        st = check(&r, &eh, err);
    }
    elf_end(elf);
    return st;
}
