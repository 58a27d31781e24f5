/* equal.c: random programs in lock step. */
#include "vti-ia64/cpu/tests/equal.h"

#include "common/base/bits.h"
#include "common/engine/lockstep.h"
#include "vti-ia64/cpu/tests/randcode.h"
#include "vti-ia64/engine.h"

#define RAM (256u << 10)

const char *equal_controls(uint64_t n)
{
    static const char *const controls[] = {
        "none",         "full",
        "a_int",        "a_from_int_cr",
        "a_to_int_cr",  "a_from_psr",
        "a_from_cpuid", "a_cover",
        "a_bsw",        "a_cover,a_bsw,a_from_psr"};

    return controls[n % ARRAY_LEN(controls)];
}

static enum status compare(struct lockstep *l, uint64_t insns, uint64_t step,
                           struct error *err)
{
    enum status st = ST_OK;

    for (uint64_t to = 1;
         to <= insns && st == ST_OK && l->what == LOCKSTEP_SAME &&
         l->side[0].end == RUN_BUDGET;
         to += step + to % 3)
        st = lockstep_run(l, to, err);
    /* Where nothing retires any more, each is at some fault of the circle. */
    if (l->side[0].end == RUN_STALLED && l->side[1].end == RUN_STALLED &&
        l->side[0].v->icount == l->side[1].v->icount)
        l->what = LOCKSTEP_SAME;
    if (st == ST_OK && l->what == LOCKSTEP_SAME)
        lockstep_check_memory(l);
    return st;
}

bool equal_run(uint64_t seed, const char *controls, uint64_t insns,
               uint64_t step)
{
    struct engine_options o = {.controls = controls};
    struct randcode a, b;
    struct lockstep l;
    struct error err;
    enum status st;
    bool same;

    randcode_init(&a, seed, RAM);
    /* As a virtual machine: see DESIGN.md. */
    a.c->mmu.va_msb = IA64_VA_MSB - 1;
    a.c->physical_spec = true;
    randcode_init_engine(&b, seed, RAM, &ia64_hvm_engine_ops, &o);
    st = lockstep_init(
        &l, &(struct lockstep_side){.v = &a.c->v, .name = "native"},
        &(struct lockstep_side){.v = &b.c->v, .name = "hvm"}, &err);
    if (st == ST_OK)
        st = compare(&l, insns, step, &err);
    same = st == ST_OK && l.what == LOCKSTEP_SAME;
    if (st != ST_OK)
        fprintf(stderr, "%s\n", err.text);
    else if (!same)
        lockstep_print(&l, stderr);
    lockstep_fini(&l);
    randcode_fini(&a);
    randcode_fini(&b);
    return same;
}
