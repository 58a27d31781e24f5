/* test_ivmm.c: the VMM's parts by their contracts (ivmm.h), with both ways in
 * and out: injection, what the machine runs with, the virtual TLB, interrupts
 * of the virtual processor. */
#include "vti-ia64/vmm/ivmm.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "vti-ia64/cpu/mem.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/engine.h"

#define RAM  (256u << 10)
#define IVA  0x10000u
#define PAGE (0x61ull | 3 << 9 | 3 << 7)
#define ON   (PSR_IT | PSR_DT | PSR_RT)

static struct machine machine;
static struct ivmm *m;

/* The machine is interrupted: its guest comes to the VMM. */
static void enter_vmm(void)
{
    const struct ia64_fault f = {.vector = IA64_VEC_EXTINT};

    ia64_set_psr(m->c, ia64_collect(&m->c->s, &f));
    ivmm_pull(m);
}

/* A guest with PSR `psr` at 0x1000, stopped in the VMM. */
static void create(bool vti, uint64_t psr)
{
    struct processor_config pc = {.trace_from = UINT64_MAX};
    struct error err;
    struct vcpu *v;

    memset(&machine, 0, sizeof(machine));
    gmem_init(&machine.mem);
    bus_init(&machine.bus);
    clock_init(&machine.clock, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
    ck_assert_ok(gmem_add(&machine.mem, 0, RAM, false, &err), &err);
    ck_assert_ok(ia64_model_processor_ops.create(
                     &machine, vti ? &ia64_hvm_engine_ops : &ia64_te_engine_ops,
                     &pc, &v, &err),
                 &err);
    ia64_cpu(v)->s.psr = psr;
    ia64_cpu(v)->s.ip = 0x1000;
    ia64_cpu(v)->s.iva = IVA;
    for (unsigned k = 0; k < 8; k++)
        ia64_cpu(v)->s.rr[k] = 14u << 2 | (k + 1) << 8 | RR_VE;
    ia64_model_processor_ops.state_changed(v);
    ck_assert_ok(ivmm_create(v, vti ? &ivmm_vti : &ivmm_ring, 0, &err), &err);
    m = ivmm(v);
    enter_vmm();
}

static void destroy(void)
{
    struct vcpu *v = &m->c->v;

    ivmm_destroy(v);
    ia64_model_processor_ops.destroy(v);
    gmem_fini(&machine.mem);
}

static void push(void)
{
    struct error err;

    ck_assert_ok(ivmm_push(m, &err), &err);
}

/* The guest's interruption registers, PSR, IP and banks. */
START_TEST(injection)
{
    const struct ia64_fault f = {
        .vector = IA64_VEC_BREAK, .iim = 0x123, .sets = IA64_SETS_IIM};

    create(_i, PSR_IC | PSR_I | PSR_BN | ON | 3ull << PSR_CPL_SHIFT);
    m->g.dcr = DCR_PP;
    m->c->s.bank[3].v = 111; /* the guest's r19, and that of its bank 0 */
    m->g.bank[3].v = 222;
    ivmm_inject(m, &f);
    ck_assert_uint_eq(m->g.ip, IVA + IA64_VEC_BREAK);
    ck_assert_uint_eq(m->g.iip, 0x1000);
    ck_assert_uint_eq(m->g.iim, 0x123);
    ck_assert_uint_eq(m->g.ipsr & (PSR_IC | PSR_I | PSR_BN | PSR_CPL | PSR_VM),
                      PSR_IC | PSR_I | PSR_BN | PSR_CPL);
    ck_assert_uint_eq(m->g.psr, ON | PSR_PP);
    ck_assert_uint_eq(ivmm_gr(m, 19)->v, 222);
    ck_assert_uint_eq(m->g.bank[3].v, 111);
    ck_assert_uint_eq(ledger_get(&m->c->v.ledger, LEDGER_INJECT,
                                 LEDGER_IA64 + (IA64_VEC_BREAK >> 8), 0),
                      1);
    /* Once more, now with ic 0. */
    m->g.ip = 0x2000;
    ivmm_inject(m, &f);
    ck_assert_uint_eq(m->g.iip, 0x1000);
    ck_assert_uint_eq(m->g.isr & ISR_NI, ISR_NI);
    destroy();
}
END_TEST

/* rfi restores the frame; an interrupt that had waited for it finds that. */
START_TEST(interrupted_rfi)
{
    const struct ia64_fault f = {.vector = IA64_VEC_EXTINT};
    struct ia64_state *s;

    create(_i, ON | PSR_BN);
    s = &m->c->s;
    s->cfm = 7;
    s->gr[33].v = 77;
    ck_assert_uint_eq(ia64_rse_cover(m->c), 7);
    ck_assert_uint_eq(s->cfm, 0);
    m->g.ifs = IFS_V | 7;
    m->g.iip = 0x3000;
    m->g.ipsr = ON | PSR_BN | PSR_IC | PSR_I;
    ivmm_emulate(m, IA64_SENS_RFI, 0);
    ivmm_inject(m, &f);
    push();
    ck_assert_uint_eq(s->cfm, 7);
    ck_assert_uint_eq(s->gr[33].v, 77);
    ck_assert_int_eq((int64_t)s->dirty, 0);
    ck_assert_uint_eq(m->g.iip, 0x3000);
    ck_assert_uint_eq(m->g.ifs, 0);
    destroy();
}
END_TEST

/* What the machine runs with in each mode of the guest's; in the guest again
 * the view is what it was in the VMM. */
START_TEST(the_machine_in_the_guest)
{
    static struct ia64_state view;
    bool vti = _i;

    for (unsigned mode = 0; mode < 8; mode++) {
        uint64_t psr = PSR_IC | (mode & 1 ? PSR_IT : 0) |
                       (mode & 2 ? PSR_DT : 0) | (mode & 4 ? PSR_RT : 0);
        const struct ia64_state *s;

        create(vti, psr | PSR_PK);
        ck_assert_uint_eq(ivmm_mode(m), mode);
        s = &m->c->s;
        push();
        ck_assert_uint_eq(s->psr & IVMM_PSR, IVMM_PSR);
        ck_assert_uint_eq(s->psr & PSR_VM, vti ? PSR_VM : 0);
        ck_assert_uint_eq(s->psr & PSR_CPL, vti ? 0 : 1ull << PSR_CPL_SHIFT);
        ck_assert_uint_eq(s->psr & PSR_PK, mode == IVMM_VIRTUAL ? PSR_PK : 0);
        for (unsigned k = 0; k < 8; k++)
            if (mode == IVMM_VIRTUAL)
                ck_assert_uint_eq(s->rr[k], m->g.rr[k] & ~RR_VE);
            else
                ck_assert_uint_eq(rr_rid(s->rr[k]), m->rids + mode * 8 + k);
        ivmm_view(&m->c->v, &view);
        ck_assert_uint_eq(view.psr, psr | PSR_PK);
        ck_assert_uint_eq(view.rr[3], m->g.rr[3]);
        destroy();
    }
}
END_TEST

/* A miss of the machine's, as it comes to the VMM. */
static void miss(uint64_t va, uint64_t isr)
{
    m->c->s.ifa = va;
    m->c->s.isr = isr;
    ivmm_tlb_miss(m);
}

static const struct ia64_tlbe *machine_has(uint64_t va)
{
    struct ia64_fault f;

    return ia64_tlb_find(&m->c->mmu, va, IA64_READ, &f);
}

START_TEST(a_miss_is_filled_or_injected)
{
    create(_i, PSR_IC | ON);
    ck_assert(
        ia64_tlb_insert(&m->mmu, false, -1, 0x8000, PAGE | 0x4000, 14 << 2));
    miss(0x8008, ISR_R);
    ck_assert_uint_eq(m->g.ip, 0x1000); /* nothing was injected */
    ck_assert_ptr_nonnull(machine_has(0x8008));
    ck_assert_uint_eq(pte_pa(machine_has(0x8008)->pte), 0x4000);
    ck_assert_uint_eq(pte_pl(machine_has(0x8008)->pte), 3);
    /* What the guest purges, the machine loses. */
    ia64_tlb_purge(&m->mmu, 0x8000, 12);
    ck_assert_ptr_null(machine_has(0x8008));
    miss(0x8008, ISR_R);
    ck_assert_uint_eq(m->g.ip, IVA + IA64_VEC_ALT_DTLB);
    ck_assert_uint_eq(m->g.ifa, 0x8008);
    ck_assert_uint_eq(m->g.itir, 14 << 2 | 1 << 8);
    ck_assert_uint_eq(m->g.isr & ISR_R, ISR_R);
    destroy();
}
END_TEST

/* Physical addresses are identities; bit 63: uncacheable. */
START_TEST(physical_mode)
{
    const struct ia64_tlbe *e;

    create(_i, PSR_IC);
    push();
    enter_vmm();
    miss(0x12345678, ISR_R);
    e = machine_has(0x12345678);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(pte_pa(e->pte), e->va);
    ck_assert_uint_eq(pte_ma(e->pte), 0);
    miss(1ull << 63 | 0x1000, ISR_W);
    e = machine_has(1ull << 63 | 0x1000);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(pte_ma(e->pte), 4);
    ck_assert_uint_eq(m->g.ip, 0x1000);
    miss(1ull << 52, ISR_R); /* is no address */
    ck_assert_uint_eq(m->g.ip, IVA + IA64_VEC_GENERAL);
    destroy();
}
END_TEST

/* Whatever the guest inserts, touches and purges: what the machine translates
 * of its address space is what the guest has there. */
static bool same_as_guest(const struct ia64_tlbe *e, bool x)
{
    struct ia64_fault f;
    const struct ia64_tlbe *g =
        ia64_tlb_find(&m->mmu, e->va, x ? IA64_EXEC : IA64_READ, &f);
    uint64_t in_page = g != NULL ? mask_low(itir_ps(g->itir)) : 0;

    return g != NULL && g->rid == e->rid &&
           itir_ps(e->itir) <= itir_ps(g->itir) &&
           pte_pa(e->pte) ==
               ((pte_pa(g->pte) & ~in_page) | (e->va & in_page & ~0xfffull));
}

static void check_subset(void)
{
    const struct ia64_state *s = &m->c->s;

    for (unsigned k = 0; k < IA64_TCS; k++) {
        if (s->dtc[k].rid & IA64_TLBE_VALID)
            ck_assert_msg(same_as_guest(&s->dtc[k], false), "data, %u", k);
        if (s->itc[k].rid & IA64_TLBE_VALID)
            ck_assert_msg(same_as_guest(&s->itc[k], true), "code, %u", k);
    }
}

START_TEST(the_machine_has_a_subset)
{
    static const uint8_t ps[] = {12, 14, 16};
    struct rng r = {7};

    create(_i, PSR_IC | ON);
    push(); /* the guest's regions */
    enter_vmm();
    for (unsigned n = 0; n < 4000; n++) {
        uint64_t va = rng_below(&r, 3) << 61 | rng_below(&r, 64) << 12;
        unsigned size = ps[rng_below(&r, ARRAY_LEN(ps))];
        bool x = rng_below(&r, 2);

        switch (rng_below(&r, 8)) {
        case 0:
        case 1:
            ck_assert(ia64_tlb_insert(&m->mmu, x, -1, va,
                                      PAGE | rng_below(&r, 1024) << 16,
                                      size << 2));
            break;
        case 2:
            if (rng_below(&r, 8) == 0)
                ck_assert(ia64_tlb_insert(
                    &m->mmu, x, (int)rng_below(&r, IA64_TRS), va,
                    PAGE | rng_below(&r, 1024) << 16, size << 2));
            break;
        case 3:
            ia64_tlb_purge(&m->mmu, va, size);
            break;
        case 4:
            if (rng_below(&r, 8) == 0)
                ia64_tlb_purge_tr(&m->mmu, x, va, size);
            break;
        default:
            m->g.psr = PSR_IC | ON;
            miss(va, x ? ISR_X : ISR_R);
            break;
        }
        check_subset();
    }
    destroy();
}
END_TEST

/* A guest that uses the VMM's region identifiers makes it take others. */
START_TEST(region_identifiers)
{
    create(_i, PSR_IC);
    for (unsigned k = 0; k < 8; k++) {
        uint64_t rids = m->rids;

        m->g.rr[k] = (rids + 63) << 8 | 14 << 2;
        push();
        ck_assert_uint_ne(m->rids, rids);
        ck_assert(ivmm_rids_valid(m->rids));
        for (unsigned n = 0; n < 8; n++)
            ck_assert(rr_rid(m->g.rr[n]) < m->rids ||
                      rr_rid(m->g.rr[n]) >= m->rids + 64);
        enter_vmm();
    }
    ck_assert(!ivmm_rids_valid(1));
    ck_assert(!ivmm_rids_valid(1ull << IA64_RID_BITS));
    destroy();
}
END_TEST

/* The highest that waits is known to VT-i; what may come now is due. */
START_TEST(virtual_interrupts)
{
    static const struct {
        unsigned vector;
        uint64_t tpr, vhpi;
        bool due;
    } t[] = {{0x41, 0, 4, true},
             {0x41, 0x40, 4, false},
             {0, 0xf0, 16, true},
             {2, 0x10000, 32, true}};

    for (unsigned k = 0; k < ARRAY_LEN(t); k++) {
        create(_i, PSR_IC | PSR_I | ON);
        ck_assert(ia64_sapic_accept(&m->g, t[k].vector));
        m->g.tpr = t[k].tpr;
        push();
        ck_assert_int_eq(m->due, t[k].due);
        if (m->vpd != NULL) {
            ck_assert_uint_eq(m->vpd->vhpi, t[k].vhpi);
            ck_assert_uint_eq(m->c->vti.vhpi, t[k].vhpi);
        }
        enter_vmm();
        m->g.psr &= ~PSR_I;
        push();
        ck_assert(!m->due);
        destroy();
    }
}
END_TEST

Suite *test_ivmm_suite(void)
{
    Suite *s = suite_create("ivmm");
    TCase *tc = tcase_create("both ways");

    tcase_add_loop_test(tc, injection, 0, 2);
    tcase_add_loop_test(tc, interrupted_rfi, 0, 2);
    tcase_add_loop_test(tc, the_machine_in_the_guest, 0, 2);
    tcase_add_loop_test(tc, a_miss_is_filled_or_injected, 0, 2);
    tcase_add_loop_test(tc, physical_mode, 0, 2);
    tcase_add_loop_test(tc, the_machine_has_a_subset, 0, 2);
    tcase_add_loop_test(tc, region_identifiers, 0, 2);
    tcase_add_loop_test(tc, virtual_interrupts, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
