/* exec.c: a program of the RAM disk becomes a process's memory. [ELF "Program
 * Header"] */
#include "experiments/guests/trik/kernel.h"

#define STACK_END  0x7ffff000ul
#define STACK_SIZE 0x10000ul

#ifdef __x86_64__
#define ELF_CLASS   2
#define ELF_MACHINE 62
#else
#define ELF_CLASS   1
#define ELF_MACHINE 3
#endif
#define ET_EXEC 2
#define PT_LOAD 1
#define PF_W    2u

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uintptr_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
#ifdef __x86_64__
    uint32_t type, flags;
    uintptr_t offset, vaddr, paddr, filesz, memsz, align;
#else
    uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
#endif
};

static bool load_segment(struct space *s, const struct ramfile *file,
                         const struct elf_segment *seg, uintptr_t *end)
{
    uintptr_t shift = seg->vaddr % PAGE_SIZE;
    struct region r;

    if (seg->offset < shift || seg->offset % PAGE_SIZE != shift ||
        seg->offset > file->size || seg->filesz > file->size - seg->offset ||
        seg->filesz > seg->memsz || seg->vaddr >= USER_END ||
        seg->memsz > USER_END - seg->vaddr)
        return false;
    r = (struct region){
        .start = PAGE_DOWN(seg->vaddr),
        .end = PAGE_UP(seg->vaddr + seg->memsz),
        .prot = PROT_READ | (seg->flags & PF_W ? PROT_WRITE : 0),
        .data = file->data + seg->offset - shift,
        .size = shift + seg->filesz,
    };
    if (r.end > *end)
        *end = r.end;
    return region_add(s, &r);
}

/* *end: behind the last segment. */
static bool load(struct space *s, const struct ramfile *file, uintptr_t *entry,
                 uintptr_t *end)
{
    struct elf_header h;
    struct elf_segment seg;
    unsigned i;

    if (file->size < sizeof(h))
        return false;
    memcpy(&h, file->data, sizeof(h));
    if (memcmp(h.ident, "\177ELF", 4) != 0 || h.ident[4] != ELF_CLASS ||
        h.type != ET_EXEC || h.machine != ELF_MACHINE ||
        h.phentsize != sizeof(seg) || h.phoff > file->size ||
        h.phnum > (file->size - h.phoff) / sizeof(seg) || h.entry >= USER_END)
        return false;
    *entry = h.entry;
    *end = 0;
    for (i = 0; i < h.phnum; i++) {
        memcpy(&seg, file->data + h.phoff + i * sizeof(seg), sizeof(seg));
        if (seg.type == PT_LOAD && !load_segment(s, file, &seg, end))
            return false;
    }
    return true;
}

/* From the top down: the strings, argv with its NULL, argc. */
static bool push_args(struct space *s, const char *args, unsigned nr,
                      uintptr_t *sp)
{
    uintptr_t vector[MAX_ARGS + 2], at;
    size_t size = 0;
    unsigned i;

    for (i = 0; i < nr; i++)
        size += strlen(args + size) + 1;
    at = (STACK_END - size) & ~(uintptr_t)15;
    if (!user_write(s, at, args, size))
        return false;
    vector[0] = nr;
    for (i = 0; i < nr; i++) {
        vector[1 + i] = at;
        at += strlen(args) + 1;
        args += strlen(args) + 1;
    }
    vector[1 + nr] = 0;
    *sp = (vector[nr > 0 ? 1 : 0] - sizeof(vector)) & ~(uintptr_t)15;
    return user_write(s, *sp, vector, sizeof(vector));
}

static bool build(struct space *s, const struct ramfile *file, const char *args,
                  unsigned nr, uintptr_t *entry, uintptr_t *end, uintptr_t *sp)
{
    const struct region stack = {
        .start = STACK_END - STACK_SIZE,
        .end = STACK_END,
        .prot = PROT_READ | PROT_WRITE,
    };

    return load(s, file, entry, end) && region_add(s, &stack) &&
           push_args(s, args, nr, sp);
}

int exec_load(struct proc *p, const char *path, const char *args, unsigned nr)
{
    struct ramfile file;
    struct space fresh;
    uintptr_t entry, end, sp;

    if (nr == 0 || nr > MAX_ARGS)
        return -E_INVAL;
    if (!ramdisk_find(path, &file))
        return -E_NOENT;
    if (!space_init(&fresh))
        return -E_NOMEM;
    if (!build(&fresh, &file, args, nr, &entry, &end, &sp)) {
        space_fini(&fresh);
        return -E_INVAL;
    }
    if (p->space.root != 0) {
        plat_space_use(fresh.root);
        space_fini(&p->space);
    }
    p->space = fresh;
    p->brk_start = p->brk = end;
    memset(p->handler, 0, sizeof(p->handler));
    p->pending = p->blocked = 0;
    plat_user_frame(proc_frame(p), entry, sp);
    return 0;
}
