/* snapshot.c: everything that the guest can see of a machine and its vcpu. */
#include "common/engine/snapshot.h"

#include "common/engine/engine.h"

/* Register by register: what is not described (padding, constants) is no
 * state. */
static void vcpu_walk(struct vcpu *v, struct snap *s)
{
    const struct regset *rs = v->regs;
    uint32_t nr = rs->nr;

    snap_section(s, rs->isa, 2);
    snap_u32(s, &nr);
    snap_require(s, nr == rs->nr, "number of the vcpu's registers");
    snap_u64(s, &v->icount);
    for (unsigned k = 0; k < rs->nr; k++)
        snap_bytes(s, (uint8_t *)v->state + rs->reg[k].offset, rs->reg[k].size);
}

void snapshot_walk(struct vcpu *v, struct snap *s)
{
    vcpu_walk(v, s);
    if (s->mode == SNAP_LOAD && snap_status(s, NULL) == ST_OK)
        v->processor->state_changed(v);
    machine_snapshot(v->m, s, true);
    if (v->engine->snapshot != NULL)
        v->engine->snapshot(v, s);
    if (s->mode == SNAP_LOAD)
        v->processor->drop(v);
}

uint64_t snapshot_hash(struct vcpu *v)
{
    struct snap s;
    uint64_t h;

    snap_init_hash(&s, &v->m->clock);
    machine_snapshot(v->m, &s, false);
    if (v->engine->snapshot != NULL)
        v->engine->snapshot(v, &s);
    h = snap_hash(&s) * 31 + regset_hash(v->regs, v->state);
    snap_fini(&s);
    return h;
}
