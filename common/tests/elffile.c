/* elffile.c: the headers of an x86 ELF file of either class. */
#include "common/tests/elffile.h"

#include <string.h>

#define IDENT(class)                                                           \
    {                                                                          \
        ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, class, ELFDATA2LSB, EV_CURRENT     \
    }

static void headers64(uint8_t *file, uint64_t entry, const Elf64_Phdr *ph,
                      unsigned nr)
{
    Elf64_Ehdr eh = {.e_ident = IDENT(ELFCLASS64),
                     .e_type = ET_EXEC,
                     .e_machine = EM_X86_64,
                     .e_version = EV_CURRENT,
                     .e_entry = entry,
                     .e_phoff = sizeof(eh),
                     .e_ehsize = sizeof(eh),
                     .e_phentsize = sizeof(*ph),
                     .e_phnum = (Elf64_Half)nr};

    memcpy(file, &eh, sizeof(eh));
    memcpy(file + sizeof(eh), ph, nr * sizeof(*ph));
}

static Elf32_Phdr narrow(const Elf64_Phdr *ph)
{
    return (Elf32_Phdr){.p_type = ph->p_type,
                        .p_flags = ph->p_flags,
                        .p_offset = (Elf32_Off)ph->p_offset,
                        .p_vaddr = (Elf32_Addr)ph->p_vaddr,
                        .p_paddr = (Elf32_Addr)ph->p_paddr,
                        .p_filesz = (Elf32_Word)ph->p_filesz,
                        .p_memsz = (Elf32_Word)ph->p_memsz,
                        .p_align = (Elf32_Word)ph->p_align};
}

static void headers32(uint8_t *file, uint64_t entry, const Elf64_Phdr *ph,
                      unsigned nr)
{
    Elf32_Phdr low;
    Elf32_Ehdr eh = {.e_ident = IDENT(ELFCLASS32),
                     .e_type = ET_EXEC,
                     .e_machine = EM_386,
                     .e_version = EV_CURRENT,
                     .e_entry = (Elf32_Addr)entry,
                     .e_phoff = sizeof(eh),
                     .e_ehsize = sizeof(eh),
                     .e_phentsize = sizeof(low),
                     .e_phnum = (Elf32_Half)nr};

    memcpy(file, &eh, sizeof(eh));
    for (unsigned i = 0; i < nr; i++) {
        low = narrow(&ph[i]);
        memcpy(file + sizeof(eh) + i * sizeof(low), &low, sizeof(low));
    }
}

void elffile_headers(uint8_t *file, bool is32, uint64_t entry,
                     const Elf64_Phdr *ph, unsigned nr)
{
    (is32 ? headers32 : headers64)(file, entry, ph, nr);
}
