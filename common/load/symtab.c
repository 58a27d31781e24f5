/* symtab.c: symbol tables from ELF files and System.map. */
#include "common/load/symtab.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "common/load/elfimage.h"
#include "common/load/image.h"

#define NAME_MAX_LEN 255u
#define LAST_SIZE    0x10000u /* of a last symbol whose size is not known */

/* Both arrays grow as needed; `names` and `entry` keep one spare element. */
struct builder {
    struct symtab *st;
    size_t entries_cap, names_cap;
};

static void *grow(void *p, size_t *cap, size_t need, size_t unit)
{
    size_t n = *cap != 0 ? *cap : 1024;

    while (n < need)
        n *= 2;
    if (n == *cap)
        return p;
    p = reallocarray(p, n, unit);
    if (p != NULL)
        *cap = n;
    return p;
}

static enum status add(struct builder *b, uint64_t addr, uint64_t size,
                       const char *name, size_t len, struct error *err)
{
    struct symtab *st = b->st;
    void *p;

    if (len > NAME_MAX_LEN)
        len = NAME_MAX_LEN;
    p = grow(st->entry, &b->entries_cap, st->nr + 1, sizeof(st->entry[0]));
    if (p == NULL)
        return err_set(err, ST_NOMEM, "symbol table of %zu entries", st->nr);
    st->entry = p;
    p = grow(st->names, &b->names_cap, st->names_len + len + 1, 1);
    if (p == NULL)
        return err_set(err, ST_NOMEM, "symbol table of %zu entries", st->nr);
    st->names = p;
    st->entry[st->nr++] = (struct symtab_entry){addr, size, st->names_len};
    memcpy(st->names + st->names_len, name, len);
    st->names_len += len;
    st->names[st->names_len++] = '\0';
    return ST_OK;
}

/* An absolute symbol is a constant of the assembler's, not a place. */
static bool wanted(const GElf_Sym *sym)
{
    unsigned type = GELF_ST_TYPE(sym->st_info);

    return sym->st_shndx != SHN_UNDEF && sym->st_shndx != SHN_ABS &&
           sym->st_name != 0 &&
           (type == STT_FUNC || type == STT_NOTYPE || type == STT_OBJECT);
}

static enum status add_section(struct builder *b, Elf *elf, Elf_Scn *scn,
                               const GElf_Shdr *sh, struct error *err)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    Elf_Scn *strs = elf_getscn(elf, sh->sh_link);
    Elf_Data *str = strs != NULL ? elf_getdata(strs, NULL) : NULL;
    enum status st = ST_OK;
    GElf_Sym sym;
    int i;

    if (data == NULL || str == NULL || str->d_buf == NULL)
        return ST_OK;
    for (i = 0; st == ST_OK && gelf_getsym(data, i, &sym) != NULL; i++) {
        const char *name = (const char *)str->d_buf + sym.st_name;
        size_t room;

        if (!wanted(&sym) || sym.st_name >= str->d_size)
            continue;
        room = str->d_size - sym.st_name;
        if (room > NAME_MAX_LEN)
            room = NAME_MAX_LEN;
        st = add(b, sym.st_value, sym.st_size, name, strnlen(name, room), err);
    }
    return st;
}

static Elf_Scn *find_section(Elf *elf, unsigned type, GElf_Shdr *sh)
{
    Elf_Scn *scn = NULL;

    while ((scn = elf_nextscn(elf, scn)) != NULL)
        if (gelf_getshdr(scn, sh) != NULL && sh->sh_type == type)
            return scn;
    return NULL;
}

static enum status read_elf(const struct image *img, struct builder *b,
                            struct error *err)
{
    enum status st = ST_OK;
    Elf_Scn *scn = NULL;
    GElf_Shdr sh;
    Elf *elf;

    if (elf_version(EV_CURRENT) == EV_NONE)
        return err_set(err, ST_HOST, "libelf: %s", elf_errmsg(-1));
    elf = elf_memory((char *)img->data, img->size);
    if (elf == NULL || elf_kind(elf) != ELF_K_ELF) {
        st = err_set(err, ST_GUEST, "%s: ELF header: %s", img->name,
                     elf_errmsg(-1));
    } else {
        scn = find_section(elf, SHT_SYMTAB, &sh);
        if (scn == NULL)
            scn = find_section(elf, SHT_DYNSYM, &sh);
        if (scn != NULL)
            st = add_section(b, elf, scn, &sh, err);
    }
    elf_end(elf);
    return st;
}

/* Cuts the next space-separated word off [*p, end); false: no more. */
static bool word(const char **p, const char *end, const char **from,
                 size_t *len)
{
    while (*p < end && (**p == ' ' || **p == '\t'))
        (*p)++;
    *from = *p;
    while (*p < end && **p != ' ' && **p != '\t')
        (*p)++;
    *len = (size_t)(*p - *from);
    return *len > 0;
}

static bool parse_hex(const char *s, size_t len, uint64_t *out)
{
    uint64_t v = 0;
    size_t i;

    if (len > 16)
        return false;
    for (i = 0; i < len; i++) {
        char c = s[i];
        unsigned d;

        if (c >= '0' && c <= '9')
            d = (unsigned)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            d = (unsigned)((c | 0x20) - 'a' + 10);
        else
            return false;
        v = v << 4 | d;
    }
    *out = v;
    return true;
}

static enum status add_line(struct builder *b, const char *file, unsigned line,
                            const char *p, const char *end, struct error *err)
{
    const char *addr, *type, *name, *rest;
    size_t addr_len, type_len, name_len, rest_len;
    uint64_t value;

    if (p == end)
        return ST_OK;
    if (!word(&p, end, &addr, &addr_len) || !word(&p, end, &type, &type_len) ||
        !word(&p, end, &name, &name_len) || type_len != 1 ||
        !parse_hex(addr, addr_len, &value) ||
        (word(&p, end, &rest, &rest_len) && *rest != '['))
        return err_set(err, ST_GUEST,
                       "%s: line %u: neither ELF nor a System.map; must be "
                       "ADDRESS TYPE NAME",
                       file, line);
    if (*type == 'U' || *type == 'w') /* undefined */
        return ST_OK;
    return add(b, value, 0, name, name_len, err);
}

static enum status read_map(const struct image *img, struct builder *b,
                            struct error *err)
{
    const char *p = (const char *)img->data, *end = p + img->size, *eol;
    enum status st = ST_OK;
    unsigned line;

    for (line = 1; st == ST_OK && p < end; line++) {
        eol = memchr(p, '\n', (size_t)(end - p));
        if (eol == NULL)
            eol = end;
        st = add_line(b, img->name, line, p, eol, err);
        p = eol < end ? eol + 1 : end;
    }
    return st;
}

/* Sized symbols before labels at the same address: lookup takes the first. */
static int compare(const void *x, const void *y)
{
    const struct symtab_entry *a = x, *b = y;

    if (a->addr != b->addr)
        return a->addr < b->addr ? -1 : 1;
    if (a->size != b->size)
        return a->size > b->size ? -1 : 1;
    return a->name < b->name ? -1 : a->name > b->name;
}

enum status symtab_load(const char *path, struct symtab *out, struct error *err)
{
    struct symtab tab = {.nr = 0};
    struct builder b = {.st = &tab};
    struct image img;
    enum status st = image_read(path, IMAGE_MAX_BYTES, &img, err);

    if (st != ST_OK)
        return st;
    st = elfimage_is(&img) ? read_elf(&img, &b, err) : read_map(&img, &b, err);
    if (st == ST_OK && tab.nr == 0)
        st = err_set(err, ST_GUEST, "%s: no symbols in it", img.name);
    image_free(&img);
    if (st != ST_OK) {
        symtab_fini(&tab);
        return st;
    }
    qsort(tab.entry, tab.nr, sizeof(tab.entry[0]), compare);
    *out = tab;
    return ST_OK;
}

void symtab_fini(struct symtab *st)
{
    free(st->entry);
    free(st->names);
    memset(st, 0, sizeof(*st));
}

const char *symtab_lookup(const struct symtab *st, uint64_t addr,
                          uint64_t *offset)
{
    size_t lo = 0, hi = st->nr, next;
    const struct symtab_entry *e;

    while (lo < hi) { /* lo: first entry above addr */
        size_t mid = lo + (hi - lo) / 2;

        if (st->entry[mid].addr <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    next = lo;
    if (lo == 0)
        return NULL;
    lo--;
    while (lo > 0 && st->entry[lo - 1].addr == st->entry[lo].addr)
        lo--;
    e = &st->entry[lo];
    if (e->size != 0 ? addr - e->addr >= e->size
                     : next == st->nr && addr - e->addr >= LAST_SIZE)
        return NULL;
    *offset = addr - e->addr;
    return st->names + e->name;
}

bool symtab_find(const struct symtab *st, const char *name, uint64_t *addr)
{
    size_t i;

    for (i = 0; i < st->nr; i++)
        if (strcmp(st->names + st->entry[i].name, name) == 0) {
            *addr = st->entry[i].addr;
            return true;
        }
    return false;
}
