/* elffile.h: the headers of an x86 ELF file of either class, for images that
 * tests make. */
#ifndef COMMON_TESTS_ELFFILE_H
#define COMMON_TESTS_ELFFILE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

/* Write the ELF header of an executable that is entered at `entry`, and behind
 * it nr program headers, to `file`; is32: ELFCLASS32, with the low halves. */
void elffile_headers(uint8_t *file, bool is32, uint64_t entry,
                     const Elf64_Phdr *ph, unsigned nr);

#endif
