/* syscall_asm.h: the system-call instruction. */
#ifndef EXPERIMENTS_GUESTS_USER_SYSCALL_ASM_H
#define EXPERIMENTS_GUESTS_USER_SYSCALL_ASM_H

static inline long syscall3(long nr, long a, long b, long c)
{
    long r;

#ifdef __x86_64__
    __asm__ volatile("syscall"
                     : "=a"(r)
                     : "a"(nr), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
#else
    __asm__ volatile("int $0x80"
                     : "=a"(r)
                     : "a"(nr), "b"(a), "c"(b), "d"(c)
                     : "memory");
#endif
    return r;
}

#endif
