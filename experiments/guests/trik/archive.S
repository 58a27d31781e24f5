/* archive.S: the RAM disk, as the linker finds it. */
    .section .rodata
    .p2align 2
    .globl ramdisk_start, ramdisk_end
ramdisk_start:
    .incbin RAMDISK
ramdisk_end:

    .section .note.GNU-stack, "", @progbits
