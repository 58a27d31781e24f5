/* hc_trap.c: set_trap_table, set_callbacks, callback_op, stack_switch: where
 * the guest kernel is entered. [XEN arch-x86/xen.h
 * "HYPERVISOR_set_trap_table"], [XEN callback.h]. */
#include "common/base/bits.h"
#include "pv/vcpu.h"

/* Addresses that Xen would take: canonical for 64-bit guests. */
static bool address_okay(const struct pv_domain *d, uint64_t ip)
{
    return d->is32 || sext(ip, 48) == (int64_t)ip;
}

/* ---- set_trap_table ---- */
static int64_t read_trap(struct pv_domain *d, uint64_t at, struct trap_info *t)
{
    struct trap_info_x86_32 t32;
    int64_t rc;

    if (!d->is32)
        return pv_copy_from(d, t, at, sizeof(*t));
    rc = pv_copy_from(d, &t32, at, sizeof(t32));
    if (rc == 0)
        *t = (struct trap_info){.vector = t32.vector,
                                .flags = t32.flags,
                                .cs = t32.cs,
                                .address = t32.address};
    return rc;
}

/* A 32-bit guest's handlers run at its kernel's privilege at least. */
static void fix_cs(const struct pv_domain *d, struct trap_info *t)
{
    if (!d->is32)
        t->cs = PV_SEL64_KERNEL_CS;
    else if ((t->cs & 3) == 0)
        t->cs |= 1;
}

int64_t pv_do_set_trap_table(struct pv_domain *d, const uint64_t arg[6])
{
    const unsigned size =
        d->is32 ? sizeof(struct trap_info_x86_32) : sizeof(struct trap_info);
    uint64_t at = arg[0];
    struct trap_info t;
    int64_t rc;

    if (at == 0) {
        memset(d->trap, 0, sizeof(d->trap));
        return 0;
    }
    /* The table ends at the first entry without an address; each vector can
     * be there once. */
    for (unsigned n = 0; n <= ARRAY_LEN(d->trap); n++, at += size) {
        rc = read_trap(d, at, &t);
        if (rc != 0)
            return rc;
        if (t.address == 0)
            return 0;
        if (n == ARRAY_LEN(d->trap))
            break;
        if (!address_okay(d, t.address))
            return -XEN_EINVAL;
        fix_cs(d, &t);
        d->trap[t.vector] = t;
    }
    return -XEN_EINVAL;
}

/* ---- callbacks ---- */
static struct pv_callback *callback_of(struct pv_domain *d, unsigned type)
{
    switch (type) {
    case CALLBACKTYPE_event:
        return &d->event;
    case CALLBACKTYPE_failsafe:
        return &d->failsafe;
    case CALLBACKTYPE_syscall:
        return d->is32 ? NULL : &d->syscall;
    case CALLBACKTYPE_syscall32:
        return &d->syscall32;
    case CALLBACKTYPE_sysenter:
    case CALLBACKTYPE_sysenter_deprecated:
        return &d->sysenter;
    case CALLBACKTYPE_nmi:
        return &d->nmi;
    default:
        return NULL;
    }
}

static int64_t set_callback(struct pv_domain *d, unsigned type, unsigned flags,
                            uint64_t cs, uint64_t ip)
{
    struct pv_callback *cb = callback_of(d, type);

    if (cb == NULL)
        return -XEN_ENOSYS;
    if (!address_okay(d, ip))
        return -XEN_EINVAL;
    if (d->is32 && (cs & 3) == 0)
        cs |= 1;
    *cb = (struct pv_callback){
        .cs = cs, .ip = ip, .mask = (flags & CALLBACKF_mask_events) != 0};
    return 0;
}

int64_t pv_do_set_callbacks(struct pv_domain *d, const uint64_t arg[6])
{
    if (d->is32) {
        set_callback(d, CALLBACKTYPE_event, 0, arg[0], arg[1]);
        set_callback(d, CALLBACKTYPE_failsafe, 0, arg[2], arg[3]);
        return 0;
    }
    if (!address_okay(d, arg[0]) || !address_okay(d, arg[1]) ||
        !address_okay(d, arg[2]))
        return -XEN_EINVAL;
    set_callback(d, CALLBACKTYPE_event, 0, 0, arg[0]);
    set_callback(d, CALLBACKTYPE_failsafe, 0, 0, arg[1]);
    set_callback(d, CALLBACKTYPE_syscall, 0, 0, arg[2]);
    return 0;
}

static int64_t register_callback(struct pv_domain *d, uint64_t at)
{
    struct callback_register_x86_32 {
        uint16_t type, flags;
        uint32_t cs, eip;
    } r32;
    struct callback_register r;
    int64_t rc;

    if (d->is32) {
        rc = pv_copy_from(d, &r32, at, sizeof(r32));
        return rc != 0 ? rc
                       : set_callback(d, r32.type, r32.flags, r32.cs, r32.eip);
    }
    rc = pv_copy_from(d, &r, at, sizeof(r));
    return rc != 0 ? rc : set_callback(d, r.type, r.flags, 0, r.address);
}

/* Only NMIs can be done without. */
static int64_t unregister_callback(struct pv_domain *d, uint64_t at)
{
    struct callback_unregister u;
    int64_t rc = pv_copy_from(d, &u, at, sizeof(u));

    if (rc != 0)
        return rc;
    if (u.type == CALLBACKTYPE_nmi) {
        d->nmi = (struct pv_callback){0};
        return 0;
    }
    return callback_of(d, u.type) != NULL ? -XEN_EINVAL : -XEN_ENOSYS;
}

int64_t pv_do_callback_op(struct pv_domain *d, const uint64_t arg[6])
{
    switch ((uint32_t)arg[0]) {
    case CALLBACKOP_register:
        return register_callback(d, arg[1]);
    case CALLBACKOP_unregister:
        return unregister_callback(d, arg[1]);
    default:
        return -XEN_ENOSYS;
    }
}

/* ---- stack_switch ---- */
int64_t pv_do_stack_switch(struct pv_domain *d, const uint64_t arg[6])
{
    uint64_t ss = arg[0];

    if (d->is32 && (ss & 3) == 0)
        ss |= 1;
    d->kernel_ss = ss;
    d->kernel_sp = arg[1];
    return 0;
}
