/* notes.h: the notes by which a kernel says that it is a Xen PV guest, and how
 * it wants to be started. [XEN elfnote.h]. */
#ifndef PV_NOTES_H
#define PV_NOTES_H

#include "common/load/image.h"

struct pv_notes {
    bool is64;
    uint64_t entry;
    uint64_t virt_base; /* of pfn 0 in the initial mapping */
    uint64_t paddr_offset;
    uint64_t hypercall_page; /* virtual; 0: none asked for */
    uint64_t init_p2m;       /* virtual; 0: inside the initial mapping */
    bool mod_by_pfn;         /* the module need not be mapped */
    bool symtab;             /* the symbol table is to lie behind the kernel */
    char guest_os[32];
};

/* Read the notes of an ELF kernel. ST_GUEST: no ELF file, or not for Xen PV, or
 * what it asks for contradicts itself; ST_NOTSUP: it needs a feature that a PV
 * guest has not here. */
enum status pv_notes_read(const struct image *img, struct pv_notes *out,
                          struct error *err) MUST_CHECK;

#endif
