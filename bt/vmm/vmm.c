/* vmm.c: the VMM of binary translation: what happens at sensitive operations.
 */
#include "bt/vmm/vmm.h"

#include <stdlib.h>

#include "bt/translator/options.h"
#include "common/dev/lapic.h"

const struct disposition_table bt_dispositions = {{
#define INLINE               DISP_INLINE
#define CALLOUT              DISP_ASK
#define BT_OP(op, how, what) [SENS_##op] = how,
#define BT_SEQUENCE(op, sub, when, what)
#include "bt/vmm/bt_ops.def"
#undef BT_SEQUENCE
#undef BT_OP
#undef CALLOUT
#undef INLINE
}};

static void count(struct bt_vmm *b, enum ledger_kind kind, unsigned reason,
                  uint64_t sub)
{
    ledger_add(&b->v->ledger, kind, reason, sub, 1);
}

/* Operations that user code, which is not translated for them, makes on its
 * own: only those that lead into the kernel reach the VMM. */
static bool enters_kernel(enum x86_sensitive op)
{
    return op == SENS_SYSCALL || op == SENS_SYSENTER || op == SENS_INT_N ||
           op == SENS_EXCEPTION || op == SENS_EXTINT || op == SENS_NMI ||
           op == SENS_CALL_FAR || op == SENS_TASK_SWITCH;
}

/* No interrupt can become deliverable by this write of CR8. */
static bool no_request(const struct x86_cpu *c, uint64_t cr8)
{
    const struct lapic *l = c->v.m->lapic;

    return l != NULL && !lapic_requested(l) && cr8 <= 15;
}

/* Would translated code have done it by itself? */
static bool by_sequence(const struct x86_cpu *c, enum x86_sensitive op,
                        uint64_t sub, uint64_t qual)
{
#define BT_OP(op, how, what)
#define BT_SEQUENCE(name, number, when, what)                                  \
    if (op == SENS_##name && sub == (number))                                  \
        return when(c, qual);
#include "bt/vmm/bt_ops.def"
#undef BT_SEQUENCE
#undef BT_OP
    return false;
}

/* A call-out: counted, made known to the shadow tables, then emulated, which is
 * to execute it on the virtual processor. */
static bool ask(struct x86_cpu *c, enum x86_sensitive op, uint64_t sub,
                uint64_t qual)
{
    struct bt_vmm *b = bt_vmm(c);

    if (c->cpl == 3) {
        if (!enters_kernel(op))
            return false;
        count(b, LEDGER_BT, BT_TO_KERNEL, op);
    } else if (op == SENS_SYSRET || op == SENS_SYSEXIT) {
        count(b, LEDGER_BT, BT_TO_USER, 0);
    }
    if (by_sequence(c, op, sub, qual)) {
        count(b, LEDGER_BT_INLINE, op, sub);
        return false;
    }
    count(b, LEDGER_BT_CALLOUT, op, sub);
    if (op == SENS_INVLPG)
        bt_shadow_invlpg(b, qual);
    else if ((op == SENS_MOV_TO_CR && sub == 3) || op == SENS_TASK_SWITCH)
        b->flush = true;
    return false;
}

static const struct x86_ext_ops ext = {.ask = ask};

/* ---- traps: operations left in translated code to fault ---- */
enum status bt_handle_exit(struct vcpu *v, struct vcpu_exit *exit,
                           struct error *err)
{
    uint8_t *disp = &v->disp.at[exit->op], saved = *disp;
    struct vcpu_exit after;
    enum status st;

    count(v->vmm, LEDGER_BT_TRAP, exit->op, exit->sub);
    /* The emulator's execution is no operation of the guest. */
    ledger_add(&v->ledger, LEDGER_SENSITIVE, exit->op, exit->sub, UINT64_MAX);
    *disp = DISP_EXECUTE;
    st = v->processor->run(v, 1, &after, err);
    *disp = saved;
    /* Whatever else it came back for comes again. */
    return st;
}

void bt_count(struct vcpu *v)
{
    uint64_t *n = x86_cpu(v)->x.indirect;

    for (unsigned how = 0; how < X86_INDS; how++) {
        if (n[how] != 0)
            ledger_add(&v->ledger, LEDGER_BT, BT_INDIRECT, how, n[how]);
        n[how] = 0;
    }
}

/* ---- life ---- */
enum status bt_attach(struct vcpu *v, struct error *err)
{
    struct x86_cpu *c = x86_cpu(v);
    struct bt_vmm *b = calloc(1, sizeof(*b));
    const char *controls = v->options != NULL ? v->options->controls : NULL;
    enum status st;

    if (b == NULL)
        return err_set(err, ST_NOMEM, "VMM");
    b->v = v;
    v->vmm = b;
    st = bt_options_make(controls, &b->o, err);
    if (st == ST_OK)
        st = bt_shadow_create(b, err);
    if (st != ST_OK)
        return st;
    v->disp = bt_dispositions;
    v->disp.at[SENS_RDTSC] = (uint8_t)b->o.rdtsc;
    v->disp_generation++;
    c->ext = &ext;
    c->mmu = &bt_mmu_ops;
    c->mmu_opaque = b;
    c->x.count_indirect = true;
    c->x.cr8_inline = true;
    b->adapted = c->x.adapted;
    return jit_options_set(
        v, &(struct jit_options){b->o.unit, b->o.cache, b->o.adapt}, err);
}

void bt_detach(struct vcpu *v)
{
    struct bt_vmm *b = v->vmm;
    struct x86_cpu *c = x86_cpu(v);

    if (b == NULL)
        return;
    c->ext = NULL;
    c->x.cr8_inline = false;
    c->mmu = &native_mmu_ops;
    c->mmu_opaque = NULL;
    c->x.count_indirect = false;
    v->vmm = NULL;
    bt_shadow_destroy(b);
    free(b);
}

/* Nothing here is the guest's; but RAM may have changed behind the shadow
 * tables. */
void bt_snapshot(struct vcpu *v, struct snap *s)
{
    struct bt_vmm *b = v->vmm;

    if (s->mode == SNAP_LOAD)
        b->stale = true;
}
