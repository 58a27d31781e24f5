/* seg.h: segment loads, descriptor checks, far transfers, event delivery and
 * task switches. All raise their faults themselves (NORETURN paths).
 * [SDM3 "Protection", "Interrupt and Exception Handling", "Task Management"],
 * [SDM2 MOV, JMP, CALL, RET, IRET, INT n]. */
#ifndef COMMON_X86_SEG_H
#define COMMON_X86_SEG_H

#include "common/x86/cpu.h"

/* A descriptor as read from a table. */
struct x86_desc {
    uint32_t lo, hi;
    uint64_t addr; /* linear address of the descriptor */
};

/* Parse an 8-byte descriptor into a segment (base, scaled limit, attr). */
void x86_desc_parse(const struct x86_desc *d, uint16_t sel,
                    struct x86_seg *out);

/* Read the descriptor that sel names; raises vec(sel | ext) if it lies outside
 * its table. */
void x86_desc_read(struct x86_cpu *c, uint16_t sel, enum x86_vector vec,
                   uint32_t ext, struct x86_desc *out);

/* As x86_desc_read, but false instead of a fault: LAR, LSL, VERR, VERW. */
bool x86_desc_find(struct x86_cpu *c, uint16_t sel, struct x86_desc *out);

/* MOV/POP/LxS to ES, SS, DS, FS, GS with all checks (seg != SEG_CS). */
void x86_load_seg(struct x86_cpu *c, enum x86_segreg seg, uint16_t sel);

/* Real-address and virtual-8086 mode load: base = sel << 4, limit kept (real)
 * or 0xffff (v86). */
void x86_load_seg_real(struct x86_cpu *c, enum x86_segreg seg, uint16_t sel);

/* LLDT and LTR with all checks but privilege. */
void x86_load_ldt(struct x86_cpu *c, uint16_t sel);
void x86_load_tr(struct x86_cpu *c, uint16_t sel);

/* Far transfers (far.c). `size` is the operand size 1..3; next_ip is where a
 * call returns to or the new IP if nothing else. They set R_IP and CS. */
void x86_far_jump(struct x86_cpu *c, uint16_t sel, uint64_t off, unsigned size);
void x86_far_call(struct x86_cpu *c, uint16_t sel, uint64_t off, unsigned size,
                  uint64_t next_ip);
void x86_far_ret(struct x86_cpu *c, unsigned size, uint16_t pop_bytes);
void x86_iret(struct x86_cpu *c, unsigned size, uint64_t next_ip);

/* Deliver ev through the IDT/IVT: pushes, changes CS:RIP. `ip` is the RIP to
 * save. May raise (nested) exceptions by x86_raise*(); the run loop applies the
 * double-fault rules. */
void x86_deliver(struct x86_cpu *c, const struct x86_event *ev, uint64_t ip);

enum x86_task_reason {
    X86_TASK_JUMP,
    X86_TASK_CALL,
    X86_TASK_IRET,
    X86_TASK_INT
};

struct x86_task {
    uint16_t sel; /* of the TSS; its descriptor is checked by the switch */
    enum x86_task_reason reason;
    uint64_t ip;    /* where the old task resumes */
    uint64_t flags; /* its RFLAGS */
    bool has_error; /* an exception's error code for the new stack */
    uint32_t error;
    uint32_t ext; /* ERR_EXT if not the program's own doing, else 0 */
};

/* Switch tasks. A fault in the new task's context is raised with R_IP and the
 * state of the new task. Outside IA-32e mode. */
void x86_task_switch(struct x86_cpu *c, const struct x86_task *t);

/* INT n (not INT3, INTO) in virtual-8086 mode, before anything else: raises
 * #GP(0) where IOPL traps it; true if the task's own interrupt table took it
 * (completed: CS and R_IP are the handler's); false: x86_soft_int() is next.
 * [SDM3 "Interrupt and Exception Handling in Virtual-8086 Mode"] */
bool x86_int_v86(struct x86_cpu *c, uint8_t vec, uint64_t next_ip);

/* Set up a flat segment without touching memory: SYSCALL, SYSENTER, loaders. */
void x86_set_seg(struct x86_cpu *c, enum x86_segreg seg, uint16_t sel,
                 uint64_t base, uint32_t limit, uint32_t attr);

/* After CS changed its RPL outside x86_update_mode's knowledge: set CPL. */
void x86_set_cpl(struct x86_cpu *c, unsigned cpl);

#endif
