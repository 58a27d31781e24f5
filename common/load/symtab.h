/* symtab.h: names of guest addresses, for traces and messages. */
#ifndef COMMON_LOAD_SYMTAB_H
#define COMMON_LOAD_SYMTAB_H

#include "common/base/err.h"
#include "common/base/types.h"

struct symtab_entry {
    uint64_t addr;
    uint64_t size; /* 0: up to the next one */
    size_t name;   /* offset into names */
};

struct symtab {
    struct symtab_entry *entry; /* by address */
    size_t nr;
    char *names;
    size_t names_len;
};

/* Read the symbols of an ELF file (.symtab, else .dynsym: functions, objects
 * and untyped labels that are defined) or of a System.map ("ADDRESS TYPE NAME"
 * lines, as /proc/kallsyms). ST_GUEST: the file is neither or has no symbol;
 * names longer than 255 characters are cut. Freed by symtab_fini(). */
enum status symtab_load(const char *path, struct symtab *out,
                        struct error *err) MUST_CHECK;
void symtab_fini(struct symtab *st);

/* Name of the symbol that holds addr, and addr's offset in it; NULL: none. A
 * symbol without size ends at the next one, the last after 64 KiB. */
const char *symtab_lookup(const struct symtab *st, uint64_t addr,
                          uint64_t *offset);

/* Address of the (first) symbol of that name; false: none. */
bool symtab_find(const struct symtab *st, const char *name, uint64_t *addr);

#endif
