/* layout.h: addresses and sizes that C and assembly share. */
#ifndef EXPERIMENTS_GUESTS_PLATFORM_LAYOUT_H
#define EXPERIMENTS_GUESTS_PLATFORM_LAYOUT_H

#ifdef __x86_64__
#define KBASE         0xffffffff80000000
#define PAGING_LEVELS 4
#define FRAME_REGS    15 /* words below the vector */
#else
#define KBASE         0xc0000000
#define PAGING_LEVELS 3
#define FRAME_REGS    7
#endif

#define PAGE_SIZE  4096
#define WINDOW_MAX 0x20000000 /* mapped at KBASE: 512 MiB */
/* The last 2 MiB of the window's GiB: the page of the disk's registers. */
#define DEVICE_VA   (KBASE + 0x3fe00000)
#define DEVICE_PHYS 0xfea00000
#define USER_END    0x80000000

/* Selectors. The order is what SYSCALL, SYSRET, SYSENTER and SYSEXIT want. */
#define SEL_KCODE   0x08
#define SEL_KDATA   0x10
#define SEL_UCODE32 0x18
#define SEL_UDATA   0x20
#define SEL_UCODE64 0x28
#define SEL_TSS     0x30
#ifdef __x86_64__
#define SEL_UCODE SEL_UCODE64
#else
#define SEL_UCODE SEL_UCODE32
#endif

#endif
