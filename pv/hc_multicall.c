/* hc_multicall.c: multicall: several hypercalls in one [XEN xen.h]. */
#include "pv/hypercall.h"
#include "pv/preempt.h"

struct entry {
    uint64_t op;
    uint64_t arg[6];
};

static int64_t get_entry(struct pv_domain *d, uint64_t va, struct entry *e)
{
    struct multicall_entry raw;
    uint32_t raw32[8];
    unsigned i;
    int64_t rc;

    if (d->is32) {
        rc = pv_copy_from(d, raw32, va, sizeof(raw32));
        if (rc != 0)
            return rc;
        e->op = raw32[0];
        for (i = 0; i < 6; i++)
            e->arg[i] = raw32[2 + i];
        return 0;
    }
    rc = pv_copy_from(d, &raw, va, sizeof(raw));
    if (rc != 0)
        return rc;
    e->op = raw.op;
    memcpy(e->arg, raw.args, sizeof(e->arg));
    return 0;
}

/* The result stands after the operation. */
static int64_t put_result(struct pv_domain *d, uint64_t va, int64_t result)
{
    unsigned width = d->is32 ? 4 : 8;

    return pv_copy_to(d, va + width, &result, width);
}

/* The entry gave up before its end: its arguments are what is left. */
static int64_t put_rest(struct pv_domain *d, uint64_t va)
{
    unsigned width = d->is32 ? 4 : 8, i;
    int64_t rc = 0;

    for (i = 0; i < 6 && rc == 0; i++)
        rc = pv_copy_to(d, va + (2 + i) * width, &d->preempt_arg[i], width);
    return rc;
}

/* One entry; *more: another look at it is needed. */
static int64_t do_entry(struct pv_domain *d, uint64_t va, bool *more)
{
    struct entry e;
    int64_t rc = get_entry(d, va, &e), result;

    if (rc != 0)
        return rc;
    pv_count_entries(d, __HYPERVISOR_multicall, pv_hypercall_row(e.op), 1);
    d->preempted = false;
    memcpy(d->preempt_arg, e.arg, sizeof(e.arg));
    result = pv_hypercall(d, e.op, e.arg);
    *more = d->preempted;
    if (d->preempted)
        return put_rest(d, va);
    if (d->no_result)
        return 0; /* other tables are in use now */
    return put_result(d, va, result);
}

/* iret went somewhere else; or the domain has ended. */
static bool over(const struct pv_domain *d)
{
    return d->no_result || pv_crashed(d) || d->m->end != MACHINE_RUNNING;
}

int64_t pv_do_multicall(struct pv_domain *d, const uint64_t arg[6])
{
    uint64_t size = d->is32 ? 32 : 64, va = arg[0], n = arg[1], i;
    bool more = false;
    int64_t rc = 0;

    if (d->in_multicall)
        return -XEN_EINVAL;
    if (!pv_range_okay(d, va, n, size))
        return -XEN_EFAULT;
    d->in_multicall = true;
    for (i = 0; i < n && i < PV_PREEMPT_ENTRIES; i++) {
        if (i > 0 && d->v->kicked)
            break; /* somebody wants the run to end */
        rc = do_entry(d, va + i * size, &more);
        if (rc != 0 || more || over(d))
            break;
    }
    d->in_multicall = false;
    if (rc != 0 || over(d) || i == n)
        return rc;
    return pv_preempt(d, __HYPERVISOR_multicall, 2,
                      (const uint64_t[]){va + i * size, n - i});
}
