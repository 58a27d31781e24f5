/* boundary.h: the run loop of an x86 processor and what happens between
 * instructions, shared by all that run guest code: interp by predecoded blocks,
 * jit by translated ones. They differ in the burst: a function that runs at
 * least one and at most `max` instructions from R_IP on, with no regard to
 * events but c->attention, and counts them (x86_retire()). */
#ifndef COMMON_X86_BOUNDARY_H
#define COMMON_X86_BOUNDARY_H

#include "common/x86/interp.h"

typedef void x86_burst(struct x86_cpu *c, uint64_t max);

/* interp's burst: the block at R_IP, or its head (interp.c). */
x86_burst x86_interp_block;

/* Does an extension look at every boundary? */
static inline bool x86_ext_at_boundary(const struct x86_cpu *c)
{
    return c->ext != NULL && c->ext->boundary != NULL;
}

/* What is due at this boundary. True when run() must return c->exit. */
bool x86_boundary(struct x86_cpu *c);

/* Too many events came without an instruction retiring. */
bool x86_stalled(struct x86_cpu *c);

/* Must the next instruction go alone (traps, breakpoints, shadows, traces)? */
bool x86_must_step(const struct x86_cpu *c);

/* ...for anything but RF, which the next instruction clears as it begins? */
bool x86_must_step_beside_rf(const struct x86_cpu *c);

/* That one instruction, by interp. */
void x86_step(struct x86_cpu *c);

/* Count what the block retired; between blocks x86_icount() stays exact. */
static inline void x86_retire(struct x86_cpu *c)
{
    struct x86_interp *in = c->interp;

    c->v.icount = x86_icount(c);
    c->block_icount = c->v.icount;
    c->insn0 = c->insn = in->part;
    in->running = false;
    if (in->patched != NULL)
        in->patched->fn = in->patched_fn;
    in->patched = NULL;
}

static ALWAYS_INLINE void x86_run_loop(struct x86_cpu *c, x86_burst *burst)
{
    for (;;) {
        if (unlikely(c->v.icount >= c->run_to)) {
            if (c->v.icount >= c->budget_end) {
                c->exit.kind = EXIT_BUDGET;
                return;
            }
            c->run_to = c->budget_end;
            c->attention = 1;
        }
        if (unlikely(c->attention)) {
            if (x86_boundary(c))
                return;
            if (x86_stalled(c)) {
                c->exit.kind = EXIT_STALLED;
                return;
            }
            if (x86_must_step(c)) {
                x86_step(c);
                continue;
            }
            if (c->attention) /* an event was delivered: look again */
                continue;
        }
        burst(c, c->run_to - c->v.icount);
    }
}

/* processor_ops.run: `loop` is x86_run_loop() with a burst. */
enum status x86_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                    void (*loop)(struct x86_cpu *c));

#endif
