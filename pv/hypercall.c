/* hypercall.c: from a number to a handler; what the ledger keeps. */
#include "pv/hypercall.h"

#include "pv/memop.h"

/* What the ledger keeps beside the number */
enum sub { SUB_NONE, SUB_ARG0, SUB_MEMOP, SUB_ARG1 };

struct hypercall {
    int64_t (*fn)(struct pv_domain *d, const uint64_t arg[6]);
    const char *name;
    enum sub sub;
    uint32_t last; /* sub-operation that there is */
};

static const struct hypercall table[] = {
#define HYPERCALL(name_, sub_, last_)                                          \
    [__HYPERVISOR_##name_] = {pv_do_##name_, #name_, SUB_##sub_, last_},
#include "pv/hypercalls.def"
#undef HYPERCALL
};

const char *pv_hypercall_name(uint64_t nr)
{
    return nr < ARRAY_LEN(table) ? table[nr].name : NULL;
}

unsigned pv_hypercall_row(uint64_t nr)
{
    return nr < ARRAY_LEN(table) ? (unsigned)nr : ARRAY_LEN(table);
}

bool pv_hypercall_has_sub(uint64_t nr)
{
    return nr < ARRAY_LEN(table) && table[nr].sub != SUB_NONE;
}

/* As the handlers look at it. */
static uint32_t sub_of(const struct hypercall *h, const uint64_t arg[6])
{
    switch (h->sub) {
    case SUB_NONE:
        return 0;
    case SUB_ARG0:
        return (uint32_t)arg[0];
    case SUB_MEMOP:
        return pv_memop_op(arg[0]);
    case SUB_ARG1:
        return (uint32_t)arg[1];
    }
    return 0;
}

/* One row for all sub-operations that a guest can make up. */
static void count(struct pv_domain *d, const struct hypercall *h, uint64_t nr,
                  const uint64_t arg[6])
{
    uint32_t sub = sub_of(h, arg);

    ledger_add(&d->v->ledger, LEDGER_PV_HYPERCALL, pv_hypercall_row(nr),
               sub <= h->last ? sub : h->last + 1, 1);
}

void pv_count_entries(struct pv_domain *d, unsigned nr, unsigned op, uint64_t n)
{
    ledger_add(&d->v->ledger, LEDGER_PV_ENTRY, nr, op, n);
}

int64_t pv_hypercall(struct pv_domain *d, uint64_t nr, const uint64_t arg[6])
{
    static const struct hypercall unknown = {NULL, NULL, SUB_NONE, 0};
    const struct hypercall *h = nr < ARRAY_LEN(table) ? &table[nr] : &unknown;

    count(d, h, nr, arg);
    return h->fn != NULL ? h->fn(d, arg) : -XEN_ENOSYS;
}

/* [XEN arch-x86/xen-x86_64.h, xen-x86_32.h "Hypercall interface"] */
void pv_hypercall_insn(struct pv_domain *d)
{
    struct x86_state *s = &d->c->s;
    uint64_t arg[6] = {s->r[R_DI], s->r[R_SI], s->r[R_DX],
                       s->r[R_10], s->r[R_8],  s->r[R_9]};
    const uint64_t arg32[6] = {(uint32_t)s->r[R_BX], (uint32_t)s->r[R_CX],
                               (uint32_t)s->r[R_DX], (uint32_t)s->r[R_SI],
                               (uint32_t)s->r[R_DI], (uint32_t)s->r[R_BP]};
    uint64_t nr = d->is32 ? (uint32_t)s->r[R_AX] : s->r[R_AX];
    int64_t rc;

    d->no_result = false;
    rc = pv_hypercall(d, nr, d->is32 ? arg32 : arg);
    if (!d->no_result)
        s->r[R_AX] = d->is32 ? (uint32_t)rc : (uint64_t)rc;
}

/* The stubs, 32 bytes each. [XEN arch-x86/xen-x86_64.h, "hypercall page"] */
void pv_hypercall_page(struct pv_domain *d, uint8_t page[PAGE_SIZE])
{
    static const uint8_t stub64[] = {0x51, 0x41, 0x53, 0xb8, 0,    0,    0,
                                     0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3};
    static const uint8_t stub32[] = {0xb8, 0, 0, 0, 0, 0xcd, 0x82, 0xc3};
    static const uint8_t iret64[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 23,
                                     0,    0,    0,    0x0f, 0x05};
    static const uint8_t iret32[] = {0x50, 0xb8, 23, 0, 0, 0, 0xcd, 0x82};
    unsigned nr;

    memset(page, 0xcc, PAGE_SIZE);
    for (nr = 0; nr < PAGE_SIZE / 32; nr++) {
        uint8_t *p = page + nr * 32;

        if (nr == __HYPERVISOR_iret) {
            if (d->is32)
                memcpy(p, iret32, sizeof(iret32));
            else
                memcpy(p, iret64, sizeof(iret64));
        } else if (d->is32) {
            memcpy(p, stub32, sizeof(stub32));
            put_le32(p + 1, nr);
        } else {
            memcpy(p, stub64, sizeof(stub64));
            put_le32(p + 4, nr);
        }
    }
}
