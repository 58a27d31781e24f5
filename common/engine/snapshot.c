/* snapshot.c: everything that the guest can see of a machine and its vcpu. */
#include "common/engine/snapshot.h"

#include "common/engine/processor.h"

static void vcpu_walk(struct vcpu *v, struct snap *s)
{
    uint32_t size = (uint32_t)v->regs->blob_size;

    snap_section(s, v->regs->isa, 1);
    snap_u32(s, &size);
    snap_require(s, size == v->regs->blob_size, "size of the vcpu's state");
    snap_u64(s, &v->icount);
    snap_bytes(s, v->state, v->regs->blob_size);
}

void snapshot_walk(struct vcpu *v, struct snap *s)
{
    vcpu_walk(v, s);
    if (s->mode == SNAP_LOAD && snap_status(s, NULL) == ST_OK)
        v->processor->state_changed(v);
    machine_snapshot(v->m, s, true);
    if (s->mode == SNAP_LOAD)
        v->processor->drop(v);
}

uint64_t snapshot_hash(struct vcpu *v)
{
    struct snap s;
    uint64_t h;

    snap_init_hash(&s, &v->m->clock);
    machine_snapshot(v->m, &s, false);
    h = snap_hash(&s) * 31 + regset_hash(v->regs, v->state);
    snap_fini(&s);
    return h;
}
