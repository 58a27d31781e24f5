/* kernel.h: the small kernel: its objects, and what each file offers.
 *
 * One processor. The kernel runs with interrupts off and is not preempted;
 * processes are, by the timer, on their way back to user mode. A process that
 * waits sleeps on the address of what it waits for. */
#ifndef EXPERIMENTS_GUESTS_TRIK_KERNEL_H
#define EXPERIMENTS_GUESTS_TRIK_KERNEL_H

#include "experiments/guests/lib/string.h"
#include "experiments/guests/platform/platform.h"
#include "experiments/guests/trik/abi.h"

#define NR_PROCS   32
#define NR_FILES   64
#define NR_FDS     20
#define NR_REGIONS 16
#define KSTACK     8192
#define TIMER_HZ   1000

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE_DOWN(a) ((a) & ~(uintptr_t)(PAGE_SIZE - 1))
#define PAGE_UP(a)   PAGE_DOWN((a) + PAGE_SIZE - 1)

/* ---- page.c: pages of RAM, with reference counts ------------------------ */

void page_init(phys_t start, phys_t end);
phys_t page_alloc(void); /* one reference; 0: none left */
phys_t page_zeroed(void);
void page_get(phys_t page);
void page_put(phys_t page); /* the last one frees it */
unsigned page_refs(phys_t page);
unsigned page_free_count(void);

/* ---- ramdisk.c: the files linked into the kernel --- -------- */

struct ramfile {
    const uint8_t *data;
    uint32_t size;
};

bool ramdisk_find(const char *path, struct ramfile *out);

/* ---- space.c, region.c, fault.c: address spaces -------------------------- */

/* [start, end), whole pages. Pages come into being when they are touched:
 * copies of [data, data + size) where there is such, else zeros. */
struct region {
    uintptr_t start, end;
    unsigned prot; /* PROT_* of abi.h */
    const uint8_t *data;
    uintptr_t size;
};

struct space {
    phys_t root;
    struct region region[NR_REGIONS]; /* unused: end 0 */
};

bool space_init(struct space *s);
void space_fini(struct space *s);
/* Copy on write: all pages are shared, none is writable any more. */
bool space_copy(struct space *to, struct space *from);
/* Forget the pages of [start, end); `flush`: the space is the one in use. */
void space_drop(struct space *s, uintptr_t start, uintptr_t end, bool flush);

bool region_add(struct space *s, const struct region *r);
struct region *region_at(struct space *s, uintptr_t va);
/* A free place for `size` bytes, 0: none. */
uintptr_t region_place(const struct space *s, uintptr_t size);
/* mmap()'s relatives: 0 or -E*. */
int region_unmap(struct space *s, uintptr_t start, uintptr_t size);
int region_protect(struct space *s, uintptr_t start, uintptr_t size,
                   unsigned prot);

/* Make the page of va present, writable if `write`. False: not allowed, or no
 * memory. */
bool fault_handle(struct space *s, uintptr_t va, bool write);
/* Copy between the kernel and a space that need not be in use; never traps. */
bool user_read(struct space *s, void *to, uintptr_t from, size_t n);
bool user_write(struct space *s, uintptr_t to, const void *from, size_t n);
/* A string of less than `size` bytes with its NUL. */
bool user_string(struct space *s, char *to, uintptr_t from, size_t size);

/* ---- file.c, dev.c, pipe.c ------------------------------------------------
 */

struct file;

/* Results are counts or -E*. */
struct file_ops {
    long (*read)(struct file *f, uintptr_t to, size_t n);
    long (*write)(struct file *f, uintptr_t from, size_t n);
    void (*close)(struct file *f); /* may be NULL */
};

struct file {
    const struct file_ops *ops; /* NULL: unused */
    unsigned refs;
    uint64_t offset;
    struct ramfile ram;
    struct pipe *pipe;
};

struct file *file_new(const struct file_ops *ops);
struct file *file_open(const char *path, int *error);
void file_get(struct file *f);
void file_put(struct file *f);
/* 0 or -E*; *size of a file of the RAM disk, 0 of others. */
int file_stat(const char *path, uint32_t *size);

const struct file_ops *dev_find(const char *path, int *error);
int pipe_new(struct file *end[2]); /* read, write */

/* ---- proc.c, sched.c, exec.c ----------------------------------------------
 */

enum proc_state { PROC_UNUSED, PROC_READY, PROC_SLEEPING, PROC_ZOMBIE };

struct proc {
    enum proc_state state;
    int pid, status; /* status: of a zombie */
    struct proc *parent;
    const void *channel; /* what it sleeps on */
    uintptr_t kernel_sp; /* while it does not run */
    struct space space;
    uintptr_t brk_start, brk;
    struct file *fd[NR_FDS];
    uintptr_t handler[NR_SIGNALS], restorer;
    uint32_t pending, blocked; /* a bit a signal */
};

extern struct proc *current;

struct proc *proc_at(unsigned i); /* i < NR_PROCS */
/* Where the registers of user mode are while it is in the kernel. */
struct frame *proc_frame(const struct proc *p);
void proc_first(const char *path, const char *args); /* process 1 */
int proc_fork(void);
_Noreturn void proc_exit(int status);
int proc_wait(uintptr_t status_va);

void sched_init(phys_t root);
_Noreturn void sched_start(void);
void sched_yield(void);
void sched_tick(void);
bool sched_due(void); /* the running process has had its time */
void sched_sleep(const void *channel);
void sched_wake(const void *channel);
void sched_leave_space(void); /* use a space that is nobody's */
void switch_stack(uintptr_t *save, uintptr_t next);

/* Replace the process's program. `args` are `nr` strings, one behind the
 * other. 0 or -E*; after a failure the old program goes on. */
int exec_load(struct proc *p, const char *path, const char *args, unsigned nr);

/* ---- signal.c, syscall.c ---------------------------------------------------
 */

void signal_send(struct proc *p, unsigned sig);
void signal_deliver(struct frame *f); /* on the way to user mode */
long signal_return(struct frame *f);
long syscall_do(struct frame *f);

_Noreturn void panic(const char *text);

#endif
