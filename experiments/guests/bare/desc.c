/* desc.c: descriptor tables and the entry points of system calls.
 * [SDM3 "Protected-Mode Memory Management", "Interrupt and Exception Handling"]
 */
#include "experiments/guests/bare/bare.h"
#include "experiments/guests/bare/cpu_asm.h"

#define MSR_SYSENTER_CS  0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176
#define MSR_EFER         0xc0000080
#define MSR_STAR         0xc0000081
#define MSR_LSTAR        0xc0000082
#define MSR_FMASK        0xc0000084
#define EFER_SCE_LME_LMA 0x501
#define FLAGS_CLEARED    0x47700u /* at SYSCALL: TF IF DF IOPL NT AC */

#define GATE_INTERRUPT 0x8e
#define GATE_DPL3      0x60
#define NR_GATES       129

struct gate {
    uint16_t offset0, selector;
    uint8_t ist, type;
    uint16_t offset1;
#ifdef __x86_64__
    uint32_t offset2, reserved;
#endif
};

struct tss {
#ifdef __x86_64__
    uint32_t reserved;
    uintptr_t sp0;
    uint32_t rest[23];
#else
    uint32_t link, sp0, ss0;
    uint32_t rest[23];
#endif
} __attribute__((packed));

_Static_assert(sizeof(struct tss) == 104, "a task-state segment");

extern void (*const trap_stubs[NR_GATES])(void);
#ifdef __x86_64__
extern void syscall_entry(void);
extern uintptr_t syscall_kernel_sp;
#endif

static struct gate idt[NR_GATES];
static struct tss tss;

static uint64_t gdt[8] = {
    0,
#ifdef __x86_64__
    0x00af9b000000ffff,
#else
    0x00cf9b000000ffff,
#endif
    0x00cf93000000ffff, /* kernel data */
    0x00cffb000000ffff, /* 32-bit user code */
    0x00cff3000000ffff, /* user data */
    0x00affb000000ffff, /* 64-bit user code */
};

void plat_gate(unsigned vector, void (*entry)(void), bool user)
{
    uintptr_t at = (uintptr_t)entry;
    struct gate *g = &idt[vector];

    g->offset0 = (uint16_t)at;
    g->offset1 = (uint16_t)(at >> 16);
#ifdef __x86_64__
    g->offset2 = (uint32_t)(at >> 32);
#endif
    g->selector = SEL_KCODE;
    g->type = GATE_INTERRUPT | (user ? GATE_DPL3 : 0);
}

void plat_kernel_stack(uintptr_t top)
{
    tss.sp0 = top;
#ifdef __x86_64__
    syscall_kernel_sp = top;
#endif
}

void plat_syscall_entry(void (*entry)(void))
{
#ifdef __x86_64__
    cpu_wrmsr(MSR_LSTAR, (uintptr_t)entry);
#else
    cpu_wrmsr(MSR_SYSENTER_CS, SEL_KCODE);
    cpu_wrmsr(MSR_SYSENTER_ESP, tss.sp0);
    cpu_wrmsr(MSR_SYSENTER_EIP, (uintptr_t)entry);
#endif
}

static void tss_init(void)
{
    uint64_t base = (uintptr_t)&tss;

    gdt[SEL_TSS / 8] = (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56 |
                       0x0000890000000000 | (sizeof(tss) - 1);
#ifdef __x86_64__
    gdt[SEL_TSS / 8 + 1] = base >> 32;
#else
    tss.ss0 = SEL_KDATA;
#endif
}

void bare_desc_init(void)
{
    const struct cpu_table gdtr = {sizeof(gdt) - 1, (uintptr_t)gdt};
    const struct cpu_table idtr = {sizeof(idt) - 1, (uintptr_t)idt};
    unsigned i;

    tss_init();
    for (i = 0; i < NR_GATES; i++)
        plat_gate(i, trap_stubs[i], i == 3 || i == TRAP_SYSCALL);
    cpu_lgdt(&gdtr);
    cpu_lidt(&idtr);
    cpu_ltr(SEL_TSS);
#ifdef __x86_64__
    cpu_wrmsr(MSR_EFER, EFER_SCE_LME_LMA);
    cpu_wrmsr(MSR_STAR,
              (uintptr_t)(SEL_UCODE32 | 3) << 48 | (uintptr_t)SEL_KCODE << 32);
    cpu_wrmsr(MSR_FMASK, FLAGS_CLEARED);
    plat_syscall_entry(syscall_entry);
#endif
}

void plat_user_frame(struct frame *f, uintptr_t ip, uintptr_t sp)
{
    const struct frame zero = {0};

    *f = zero;
    f->ip = ip;
    f->cs = SEL_UCODE | 3;
    f->flags = 0x202; /* IF */
    f->sp = sp;
    f->ss = SEL_UDATA | 3;
}
