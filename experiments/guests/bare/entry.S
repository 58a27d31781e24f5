/* entry.S: from the loader to C.
 * Entered by PVH's 32-bit entry [XEN "x86/HVM direct boot ABI"]: flat segments,
 * paging off, EBX the start info. Leaves with the window at KBASE mapped by
 * 2 MiB pages, in 64-bit mode where that is the guest's, on boot_stack. */
#include "experiments/guests/platform/layout.h"

#define PHYS(symbol) ((symbol) - KBASE)
#define CR0_PG_WP_NE 0x80010020
#define CR4_PAE      0x20
#define MSR_EFER     0xc0000080
#define EFER_LME     0x100
#define LARGE_PAGE   0x83 /* present, writable, 2 MiB */
#define TABLE        3    /* present, writable */

    .section .note.Xen, "a", @note
    .long 4, 2f - 1f, 18        /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
1:
#ifdef __x86_64__
    .quad PHYS(kernel_entry)
#else
    .long PHYS(kernel_entry)
#endif
2:
    .p2align 2

    .section .boot, "ax"
    .code32
    .globl kernel_entry
kernel_entry:
    cld
    mov $PHYS(boot_stack_top), %esp

    /* The window: 2 MiB pages from 0 on, and the device page. */
    mov $PHYS(boot_pd), %edi
    mov $LARGE_PAGE, %eax
    mov $(WINDOW_MAX >> 21), %ecx
1:  mov %eax, (%edi)
    add $0x200000, %eax
    add $8, %edi
    dec %ecx
    jnz 1b
    /* Cache disabled. */
    movl $(DEVICE_PHYS + LARGE_PAGE + 0x10), PHYS(boot_pd) + 511 * 8

    /* It appears at KBASE and, until C runs, at 0. */
#ifdef __x86_64__
    movl $(PHYS(boot_pd) + TABLE), PHYS(boot_pdpt)
    movl $(PHYS(boot_pd) + TABLE), PHYS(boot_pdpt) + 510 * 8
    movl $(PHYS(boot_pdpt) + TABLE), PHYS(boot_root)
    movl $(PHYS(boot_pdpt) + TABLE), PHYS(boot_root) + 511 * 8
#else
    movl $(PHYS(boot_pd) + 1), PHYS(boot_root)
    movl $(PHYS(boot_pd) + 1), PHYS(boot_root) + 3 * 8
#endif
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PHYS(boot_root), %eax
    mov %eax, %cr3
#ifdef __x86_64__
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME, %eax
    wrmsr
#endif
    mov %cr0, %eax
    or $CR0_PG_WP_NE, %eax
    mov %eax, %cr0
    lgdt PHYS(boot_gdtr)
    ljmp $SEL_KCODE, $PHYS(1f)
#ifdef __x86_64__
    .code64
#endif
1:  mov $SEL_KDATA, %eax
    mov %eax, %ss
    mov $(SEL_UDATA | 3), %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
#ifdef __x86_64__
    mov $boot_stack_top, %rsp
    mov %ebx, %edi
    mov $bare_main, %rax
    call *%rax
#else
    mov $boot_stack_top, %esp
    mov %ebx, %eax
    mov $bare_main, %ecx
    call *%ecx
#endif

    .section .rodata
    .p2align 3
boot_gdt:
    .quad 0
#ifdef __x86_64__
    .quad 0x00af9b000000ffff
#else
    .quad 0x00cf9b000000ffff
#endif
    .quad 0x00cf93000000ffff
    .quad 0
    .quad 0x00cff3000000ffff
boot_gdtr:
    .word . - boot_gdt - 1
    .long PHYS(boot_gdt)

    .bss
    .p2align 12
    .globl boot_root
boot_root:
    .skip PAGE_SIZE
boot_pdpt:
    .skip PAGE_SIZE
boot_pd:
    .skip PAGE_SIZE
boot_stack:
    .skip 4 * PAGE_SIZE
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
