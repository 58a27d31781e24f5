/* elfimage.h: ELF kernels for i386 and x86-64: segments, notes, placement.
 * (libelf owns the prefix elf_.) Private to this folder. */
#ifndef COMMON_LOAD_ELFIMAGE_H
#define COMMON_LOAD_ELFIMAGE_H

#include "common/load/job.h"

#define ELFIMAGE_MAX_SEGMENTS 64
#define ELFIMAGE_MAX_PHDRS    256

struct elfimage_segment {
    unsigned index; /* program header's number, for messages */
    uint64_t offset, filesz;
    uint64_t vaddr, paddr, memsz;
};

struct elfimage {
    bool is64;
    uint64_t entry; /* e_entry: virtual or physical, see elfimage_physical */
    unsigned nr;    /* PT_LOAD segments that are not empty */
    struct elfimage_segment seg[ELFIMAGE_MAX_SEGMENTS];
    bool has_pvh;
    uint64_t pvh_entry; /* XEN_ELFNOTE_PHYS32_ENTRY */
};

/* Whether the image begins with the ELF magic. */
bool elfimage_is(const struct image *img);

/* Read headers and notes of an executable for i386 (32-bit) or x86-64
 * (64-bit). ST_GUEST names the field; what it accepts lies within the file. */
enum status elfimage_parse(const struct image *img, struct elfimage *out,
                           struct error *err) MUST_CHECK;

/* Check all segments against RAM, the layout and each other, then copy them.
 * *end is the end of the highest one. */
enum status elfimage_put(struct job *job, const struct elfimage *elf,
                         uint64_t *end, struct error *err) MUST_CHECK;

/* Physical address of `entry`: itself if a segment lies there, else translated
 * by the segment that holds it as virtual address. `what` names it. */
enum status elfimage_physical(const struct image *img,
                              const struct elfimage *elf, const char *what,
                              uint64_t entry, uint64_t *pa,
                              struct error *err) MUST_CHECK;

/* Load a kernel that follows no other protocol ("plain ELF", loader.h). */
enum status elfimage_load_plain(struct job *job, struct load_entry *out,
                                struct error *err) MUST_CHECK;

#endif
