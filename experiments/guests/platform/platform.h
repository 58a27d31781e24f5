/* platform.h: what our guests ask of the machine below them.
 *
 * One implementation a folder: bare/ is x86 as the manuals describe it. All
 * that would differ on a paravirtual machine goes through this page: page-table
 * updates, traps, the switch of address space and kernel stack, console, timer,
 * disk, markers and the end of the run. What does not (the layout of a trap
 * frame, the format of a page-table entry) is here too.
 *
 * Memory: the guest's RAM is mapped at KBASE in every address space, physical
 * address p at KBASE + p. Users own [0, USER_END). */
#ifndef EXPERIMENTS_GUESTS_PLATFORM_PLATFORM_H
#define EXPERIMENTS_GUESTS_PLATFORM_PLATFORM_H

#include "experiments/guests/platform/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uintptr_t phys_t; /* physical address */
typedef uint64_t pte_t;   /* both widths: 32-bit guests use PAE */

#define PTE_P    0x001ull
#define PTE_W    0x002ull
#define PTE_U    0x004ull
#define PTE_PS   0x080ull
#define PTE_COW  0x200ull /* ours: write means copy */
#define PTE_ADDR 0x000ffffffffff000ull

/* Registers at a trap, as trap.S pushes them. `sp` and `ss` are valid only if
 * the trap came from user mode (32-bit: they are not pushed otherwise). */
struct frame {
#ifdef __x86_64__
    uintptr_t r15, r14, r13, r12, r11, r10, r9, r8;
#endif
    uintptr_t di, si, bp, bx, dx, cx, ax;
    uintptr_t vector, error;
    uintptr_t ip, cs, flags, sp, ss;
};

enum trap_vector {
    TRAP_DIVIDE = 0,
    TRAP_PROTECTION = 13,
    TRAP_PAGE = 14,
    TRAP_IRQ = 32,      /* the timer */
    TRAP_SYSCALL = 128, /* by whichever instruction; set the frame's vector to
                         * 0 for a return that restores every register */
};

/* Error code of TRAP_PAGE. */
#define FAULT_PRESENT 1u
#define FAULT_WRITE   2u

struct plat_info {
    phys_t ram_start, ram_end; /* free: whole pages behind the kernel */
    phys_t root;               /* the page table in use */
    const char *cmdline;
};

/* ---- what the kernel supplies ---------------------------------------- */

/* The kernel's first function; on a stack, interrupts off. */
void kernel_main(const struct plat_info *info);
/* Every trap, interrupt and system call; interrupts are off. `fault` is the
 * address of a page fault. */
void kernel_trap(struct frame *f, uintptr_t fault);
/* A page of zeros for a page table, 0: no memory. */
phys_t kernel_table_page(void);
void kernel_table_page_put(phys_t page); /* it is no longer needed */

/* ---- console, markers, end -------------------------------------------- */

void plat_console(const char *s, size_t n);
/* Marker `code` (marks.def): so many iterations end here. */
void plat_mark(unsigned code, unsigned iterations);
_Noreturn void plat_exit(unsigned status);

/* ---- paging ------------------------------------------------------------ */

/* The page of zeros at `root` becomes a page table with the kernel's part. */
void plat_root_new(phys_t root);
void plat_root_free(phys_t root); /* the page is an ordinary one again */
/* The page of zeros at `table` becomes a table of `level` (1: the lowest) that
 * `slot` of a table of the next level refers to. */
void plat_table_new(pte_t *slot, phys_t table, unsigned level);
void plat_table_free(pte_t *slot, unsigned level);
/* A leaf entry changes. No translation is flushed. */
void plat_pte_set(pte_t *slot, pte_t value);
/* Entry of a page, and the page of an entry of any level. */
pte_t plat_pte_make(phys_t page, pte_t flags);
phys_t plat_pte_phys(pte_t entry);
void plat_flush_page(uintptr_t va);
void plat_space_use(phys_t root); /* flushes all translations */

/* The entry of `va` in lowest-level table, with tables made on the way if
 * `make`; NULL: there is none, or no memory. The same on every platform. */
pte_t *plat_walk(phys_t root, uintptr_t va, bool make);

/* ---- traps -------------------------------------------------------------- */

/* Where traps from user mode find their stack. */
void plat_kernel_stack(uintptr_t top);
/* Enter user mode, or whatever the frame describes. */
_Noreturn void plat_return(struct frame *f);
/* Fill in a frame for user mode at ip with stack sp, other registers 0. */
void plat_user_frame(struct frame *f, uintptr_t ip, uintptr_t sp);
/* Raw handlers, for the nanobenchmarks: an exception or INT, and the fast
 * system-call instruction (SYSCALL, 32-bit: SYSENTER). */
void plat_gate(unsigned vector, void (*entry)(void), bool user);
void plat_syscall_entry(void (*entry)(void));

/* ---- time and disk ----------------------------------------------------- */

/* TRAP_IRQ `hz` times a second from now on. */
void plat_timer_start(unsigned hz);
void plat_timer_ack(void); /* in the handler */
/* Wait for an interrupt and handle it. */
void plat_idle(void);

/* Sectors of 512 bytes, 0: no disk. */
uint64_t plat_disk_sectors(void);
/* One sector between the disk and `buf`, which lies within a page. */
bool plat_disk_rw(uint64_t sector, void *buf, bool write);

/* ---- the kernel's window ------------------------------------------------ */

static inline void *phys_to_virt(phys_t p)
{
    return (void *)(KBASE + p);
}

static inline phys_t virt_to_phys(const void *v)
{
    return (phys_t)v - KBASE;
}

#endif
