/* build_sym.c: the kernel's symbol table, loaded behind the kernel for those
 * that want it there [XEN elfnote.h "XEN_ELFNOTE_BSD_SYMTAB"]: four bytes of
 * length, then what looks like an ELF file of three sections, the empty one,
 * symbols and their strings. */
#include "pv/build.h"

#include <gelf.h>
#include <stdlib.h>

#include "common/base/bits.h"

#define SECTIONS 3u
#define AT_EHDR  4u                             /* behind the length */
#define AT_SHDR  (AT_EHDR + sizeof(Elf64_Ehdr)) /* in either width */

struct tables {
    GElf_Shdr sym, str;
    uint64_t at_sym, at_str, end; /* in the result */
};

static bool find(Elf *elf, struct tables *t)
{
    Elf_Scn *s = NULL;

    while ((s = elf_nextscn(elf, s)) != NULL)
        if (gelf_getshdr(s, &t->sym) != NULL && t->sym.sh_type == SHT_SYMTAB)
            break;
    if (s == NULL)
        return false;
    s = elf_getscn(elf, t->sym.sh_link);
    return s != NULL && gelf_getshdr(s, &t->str) != NULL &&
           t->str.sh_type == SHT_STRTAB;
}

static void lay_out(struct tables *t, bool is64)
{
    unsigned word = is64 ? 8 : 4;
    size_t shdr = is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

    t->at_sym = align_up(AT_SHDR + SECTIONS * shdr, word);
    t->at_str = align_up(t->at_sym + t->sym.sh_size, word);
    t->end = align_up(t->at_str + t->str.sh_size, word);
}

/* The headers of both widths have the same members. */
#define FILL(out, file, eh, sh, t)                                             \
    do {                                                                       \
        memcpy(&(eh), file, sizeof(eh));                                       \
        (eh).e_version = EV_CURRENT;                                           \
        (eh).e_ehsize = sizeof(eh);                                            \
        (eh).e_shentsize = sizeof((sh)[0]);                                    \
        (eh).e_shoff = AT_SHDR - AT_EHDR;                                      \
        (eh).e_shnum = SECTIONS;                                               \
        (eh).e_phoff = (eh).e_phentsize = (eh).e_phnum = (eh).e_shstrndx = 0;  \
        (sh)[1].sh_type = SHT_SYMTAB;                                          \
        (sh)[1].sh_offset =                                                    \
            (__typeof__((sh)[1].sh_offset))((t)->at_sym - AT_EHDR);            \
        (sh)[1].sh_size = (__typeof__((sh)[1].sh_size))(t)->sym.sh_size;       \
        (sh)[1].sh_link = 2;                                                   \
        (sh)[1].sh_info = (t)->sym.sh_info;                                    \
        (sh)[1].sh_entsize =                                                   \
            (__typeof__((sh)[1].sh_entsize))(t)->sym.sh_entsize;               \
        (sh)[2].sh_type = SHT_STRTAB;                                          \
        (sh)[2].sh_offset =                                                    \
            (__typeof__((sh)[2].sh_offset))((t)->at_str - AT_EHDR);            \
        (sh)[2].sh_size = (__typeof__((sh)[2].sh_size))(t)->str.sh_size;       \
        memcpy((out) + AT_EHDR, &(eh), sizeof(eh));                            \
        memcpy((out) + AT_SHDR, (sh), sizeof(sh));                             \
    } while (0)

static void put_headers(uint8_t *out, const struct image *img, bool is64,
                        const struct tables *t)
{
    Elf64_Shdr sh64[SECTIONS] = {{0}};
    Elf32_Shdr sh32[SECTIONS] = {{0}};
    Elf64_Ehdr eh64;
    Elf32_Ehdr eh32;

    put_le32(out, (uint32_t)(t->at_str + t->str.sh_size - AT_EHDR));
    if (is64)
        FILL(out, img->data, eh64, sh64, t);
    else
        FILL(out, img->data, eh32, sh32, t);
}

enum status pv_build_symtab(const struct image *img, bool is64, uint8_t **out,
                            uint64_t *len, struct error *err)
{
    Elf *elf = elf_memory((char *)img->data, img->size);
    const uint8_t *sym = NULL, *str = NULL;
    struct tables t;

    if (elf != NULL && find(elf, &t)) {
        sym = image_at(img, t.sym.sh_offset, t.sym.sh_size);
        str = image_at(img, t.str.sh_offset, t.str.sh_size);
    }
    elf_end(elf);
    if (sym == NULL || str == NULL)
        return err_set(err, ST_GUEST,
                       "%s: XEN_ELFNOTE_BSD_SYMTAB: it wants a symbol table "
                       "and has none",
                       img->name);
    lay_out(&t, is64);
    *out = calloc(1, t.end);
    if (*out == NULL)
        return err_set(err, ST_NOMEM, "symbol table");
    put_headers(*out, img, is64, &t);
    memcpy(*out + t.at_sym, sym, t.sym.sh_size);
    memcpy(*out + t.at_str, str, t.str.sh_size);
    *len = t.end;
    return ST_OK;
}
