/* cpu_asm.h: the instructions that C has no words for. */
#ifndef EXPERIMENTS_GUESTS_BARE_CPU_ASM_H
#define EXPERIMENTS_GUESTS_BARE_CPU_ASM_H

#include <stdint.h>

static inline void cpu_out8(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void cpu_out32(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint8_t cpu_in8(uint16_t port)
{
    uint8_t v;

    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline void cpu_write_cr3(uintptr_t v)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory");
}

static inline void cpu_invlpg(uintptr_t va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline void cpu_wrmsr(uint32_t msr, uintptr_t v)
{
    uint64_t wide = v;

    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)wide),
                       "d"((uint32_t)(wide >> 32)));
}

/* The operand of LGDT and LIDT. */
struct cpu_table {
    uint16_t limit;
    uintptr_t base;
} __attribute__((packed));

static inline void cpu_lgdt(const struct cpu_table *t)
{
    __asm__ volatile("lgdt %0" : : "m"(*t));
}

static inline void cpu_lidt(const struct cpu_table *t)
{
    __asm__ volatile("lidt %0" : : "m"(*t));
}

static inline void cpu_ltr(uint16_t selector)
{
    __asm__ volatile("ltr %0" : : "r"(selector));
}

/* Interrupts are on during the halt only. */
static inline void cpu_wait(void)
{
    __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}

/* Keeps the compiler from moving accesses to memory that a device sees. */
static inline void cpu_barrier(void)
{
    __asm__ volatile("mfence" : : : "memory");
}

#endif
