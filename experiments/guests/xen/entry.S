/* entry.S: the kernel's notes for Xen, its first instruction, and the page that
 * Xen fills with hypercalls. [XEN xen.h "Start-of-day memory layout"],
 * [XEN elfnote.h] */
#include "experiments/guests/platform/layout.h"

#include <xen/elfnote.h>

#ifdef __x86_64__
#define WORD .quad
#else
#define WORD .long
#endif

    .macro note type, kind, value:vararg
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \kind \value
2:  .p2align 2
    .endm

    .section .note.Xen, "a", @note
    note XEN_ELFNOTE_GUEST_OS, .asciz, "trik"
    note XEN_ELFNOTE_LOADER, .asciz, "generic"
    note XEN_ELFNOTE_XEN_VERSION, .asciz, "xen-3.0"
    note XEN_ELFNOTE_ENTRY, WORD, kernel_entry
    note XEN_ELFNOTE_VIRT_BASE, WORD, KBASE
    note XEN_ELFNOTE_PADDR_OFFSET, WORD, 0
    note XEN_ELFNOTE_HYPERCALL_PAGE, WORD, hypercall_page
#ifndef __x86_64__
    note XEN_ELFNOTE_PAE_MODE, .asciz, "yes"
#endif

    .text
    .globl kernel_entry
kernel_entry:
    cld
#ifdef __x86_64__
    mov $boot_stack_top, %rsp
    mov %rsi, %rdi
    call xen_main
#else
    mov $boot_stack_top, %esp
    mov $0xe033, %eax           /* FLAT_RING3_DS: good for both rings */
    mov %eax, %ds
    mov %eax, %es
    mov %esi, %eax
    call xen_main
#endif

    .p2align 12
    .globl hypercall_page
hypercall_page:
    .skip PAGE_SIZE

    .bss
    .p2align 12
    /* Xen's page appears in place of this one. */
    .globl xen_shared
xen_shared:
    .skip PAGE_SIZE
boot_stack:
    .skip 4 * PAGE_SIZE
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
