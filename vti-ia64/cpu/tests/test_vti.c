/* test_vti.c: which instructions VT-i virtualizes, found by executing each row
 * of the table; what its controls change; PAL's procedures and services. */
#include "vti-ia64/cpu/vti.h"

#include <string.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/cpu/tests/onecode.h"

#define LAST_CAUSE 40u

static struct onecode o;

static void setup(void)
{
    onecode_init(&o);
}

static void teardown(void)
{
    onecode_fini(&o);
}

/* A row that raises the cause, or -1. */
static int row_of(unsigned cause)
{
    for (unsigned r = 0; r < ia64_nr_encodings; r++)
        if (onecode_run(&o, (int)r, true, 0, IA64_VDC_D_VMSW) ==
                IA64_VEC_VIRTUALIZATION &&
            o.c->s.gr[24].v == cause)
            return (int)r;
    return -1;
}

/* All rows at once: those that are virtualized differ between vm = 0 and 1. */
START_TEST(each_cause_is_raised)
{
    bool seen[LAST_CAUSE + 1] = {false};

    for (unsigned r = 0; r < ia64_nr_encodings; r++) {
        int bare = onecode_run(&o, (int)r, false, 0, IA64_VDC_D_VMSW);
        int virt = onecode_run(&o, (int)r, true, 0, IA64_VDC_D_VMSW);
        uint64_t cause = o.c->s.gr[24].v;

        if (virt != IA64_VEC_VIRTUALIZATION) {
            ck_assert_msg(virt == bare, "%s %s: vector %#x, with vm %#x",
                          ia64_encodings[r].mnemonic,
                          ia64_encodings[r].operands, (unsigned)bare,
                          (unsigned)virt);
            continue;
        }
        ck_assert_uint_ge(cause, 1);
        ck_assert_uint_le(cause, LAST_CAUSE);
        ck_assert_uint_eq(o.c->s.gr[25].v, onecode_slot((int)r));
        /* tpa wants a translation: there is none. */
        ck_assert_int_eq(bare, cause == 40   ? (int)IA64_VEC_VIRTUALIZATION
                               : cause == 33 ? (int)IA64_VEC_NESTED_DTLB
                                             : -1);
        ck_assert_uint_eq(o.c->s.ipsr & PSR_VM, PSR_VM);
        ck_assert_uint_eq(o.c->s.iip, ONECODE_IP);
        ck_assert_uint_eq(o.c->s.psr & PSR_VM, 0);
        seen[cause] = true;
    }
    for (unsigned k = 1; k <= LAST_CAUSE; k++)
        ck_assert_msg(seen[k], "cause %u never came", k);
}
END_TEST

/* The instruction that a row of the table names is the one that raises it. */
START_TEST(causes_have_their_names)
{
    static const struct {
        unsigned cause;
        const char *mnemonic;
    } some[] = {{8, "itc.d"},  {17, "itr.i"}, {24, "ssm"}, {28, "ptc.ga"},
                {31, "thash"}, {36, "cover"}, {37, "rfi"}, {39, "bsw.1"}};

    for (unsigned k = 0; k < ARRAY_LEN(some); k++) {
        int row = row_of(some[k].cause);

        ck_assert_int_ge(row, 0);
        ck_assert_str_eq(ia64_encodings[row].mnemonic, some[k].mnemonic);
        ck_assert_str_eq(ia64_sensitive_text(ia64_vti_op(some[k].cause)),
                         some[k].mnemonic);
    }
    ck_assert_uint_eq(ia64_vti_op(0), IA64_SENS_COUNT);
    ck_assert_uint_eq(ia64_vti_op(41), IA64_SENS_COUNT);
}
END_TEST

/* Each control alone takes away the intercepts of its causes, no others. */
static const struct {
    unsigned vac, vdc;
    uint8_t causes[6];
} control[] = {
    {IA64_VAC_A_INT, 0, {24, 25}},    {IA64_VAC_A_FROM_INT_CR, 0, {5}},
    {IA64_VAC_A_TO_INT_CR, 0, {4}},   {IA64_VAC_A_FROM_PSR, 0, {7}},
    {IA64_VAC_A_FROM_CPUID, 0, {23}}, {IA64_VAC_A_COVER, 0, {36}},
    {IA64_VAC_A_BSW, 0, {38, 39}},    {0, IA64_VDC_D_IBR_DBR, {11, 12, 19, 20}},
    {0, IA64_VDC_D_PMC, {14, 22}},    {0, IA64_VDC_D_TO_PMD, {15}},
    {0, IA64_VDC_D_PSR_I, {24, 25}},
};

START_TEST(a_control_changes_its_causes_alone)
{
    for (unsigned r = 0; r < ia64_nr_encodings; r++) {
        bool mine = false;
        uint64_t cause;
        int v;

        if (onecode_run(&o, (int)r, true, 0, IA64_VDC_D_VMSW) !=
            IA64_VEC_VIRTUALIZATION)
            continue;
        cause = o.c->s.gr[24].v;
        for (unsigned k = 0; k < 6; k++)
            mine = mine || control[_i].causes[k] == cause;
        v = onecode_run(&o, (int)r, true, control[_i].vac,
                        control[_i].vdc | IA64_VDC_D_VMSW);
        ck_assert_msg(v == (mine ? -1 : (int)IA64_VEC_VIRTUALIZATION),
                      "cause %u: vector %#x", (unsigned)cause, (unsigned)v);
    }
}
END_TEST

/* ---- what accelerated instructions do ---- */
static void accelerated(unsigned cause, unsigned vac)
{
    int row = row_of(cause);

    ck_assert_int_ge(row, 0);
    ck_assert_int_eq(onecode_run(&o, row, true, vac, 0), -1);
    ck_assert_uint_eq(
        ledger_get(&o.c->v.ledger, LEDGER_VTI, LEDGER_IA64 + cause, 0), 1);
}

START_TEST(accelerations_use_the_vpd)
{
    o.vpd->vpsr = PSR_DT | PSR_PK;
    accelerated(7, IA64_VAC_A_FROM_PSR);
    /* PSR.si is the machine's 1, vpsr's 0. */
    ck_assert_uint_eq(o.c->s.gr[8].v, PSR_DT | PSR_PK);
    o.vpd->vcr[20] = 0x1234;
    accelerated(5, IA64_VAC_A_FROM_INT_CR);
    ck_assert_uint_eq(o.c->s.gr[8].v, 0x1234);
    accelerated(4, IA64_VAC_A_TO_INT_CR);
    ck_assert_uint_eq(o.vpd->vcr[20], 0x30);
    ck_assert_uint_ne(o.c->s.ifa, 0x30);
    o.vpd->vcpuid[0] = 0x77;
    accelerated(23, IA64_VAC_A_FROM_CPUID);
    ck_assert_uint_eq(o.c->s.gr[8].v, 0x77);
    accelerated(24, IA64_VAC_A_INT);
    ck_assert_uint_eq(o.vpd->vpsr & PSR_I, PSR_I);
    accelerated(25, IA64_VAC_A_INT);
    ck_assert_uint_eq(o.vpd->vpsr & PSR_I, 0);
    o.vpd->vcr[23] = 0;
    accelerated(36, IA64_VAC_A_COVER);
    ck_assert_uint_eq(o.vpd->vcr[23], IFS_V);
    o.vpd->vgr[3] = 0x55;
    o.vpd->vnat = 1 << 4;
    accelerated(39, IA64_VAC_A_BSW);
    ck_assert_uint_eq(o.c->s.gr[19].v, 0x55);
    ck_assert_uint_eq(o.c->s.gr[20].nat, 1);
    ck_assert_uint_eq(o.vpd->vpsr & PSR_BN, PSR_BN);
    accelerated(38, IA64_VAC_A_BSW);
    ck_assert_uint_eq(o.vpd->vpsr & PSR_BN, 0);
}
END_TEST

/* Interruption registers exist only while vpsr.ic is 0. */
START_TEST(interruption_registers_by_vpsr_ic)
{
    int row = row_of(5);

    o.vpd->vpsr = PSR_IC;
    ck_assert_int_eq(onecode_run(&o, row, true, IA64_VAC_A_FROM_INT_CR, 0),
                     IA64_VEC_GENERAL);
    ck_assert_uint_eq(o.c->s.isr & 0xff, IA64_GE_ILLEGAL_OP);
}
END_TEST

/* vhpi above the threshold of psr.i and TPR: Virtual External Interrupt. */
START_TEST(virtual_interrupts_by_priority)
{
    static const struct {
        uint64_t vhpi, tpr;
        bool i, taken;
    } t[] = {
        {0, 0, true, false},       {5, 0x40, true, true},
        {5, 0x50, true, false},    {5, 0, false, false},
        {16, 0xf0, true, true},    {16, 0x10000, true, false},
        {32, 0x100f0, true, true}, {32, 0, false, false},
    };
    int row = row_of(24); /* ssm psr.i */

    for (unsigned k = 0; k < ARRAY_LEN(t); k++) {
        o.vpd->vhpi = t[k].vhpi;
        o.vpd->vcr[66] = t[k].tpr;
        o.vpd->vpsr = 0;
        ck_assert_int_eq(onecode_run(&o, row, true, IA64_VAC_A_INT, 0), -1);
        if (!t[k].i)
            o.vpd->vpsr = 0;
        ck_assert_int_eq(ia64_vti_interrupt(o.c), t[k].taken);
    }
}
END_TEST

START_TEST(vmsw_needs_a_gate_page)
{
    int row = row_of(40);

    /* Physical code is on no gate page, whatever d_vmsw is. */
    ck_assert_int_eq(onecode_run(&o, row, true, 0, 0), IA64_VEC_VIRTUALIZATION);
    ck_assert_int_eq(onecode_run(&o, row, false, 0, 0),
                     IA64_VEC_VIRTUALIZATION);
}
END_TEST

/* On a gate page d_vmsw decides, for the VMM and its guest alike. */
START_TEST(vmsw_switches_from_a_gate_page)
{
    static const char *const name[2] = {"vmsw.0", "vmsw.1"};

    for (unsigned k = 0; k < 8; k++) {
        bool to = k & 1, vm = k >> 1 & 1, gate = k >> 2 & 1;
        unsigned row = 0;

        while (strcmp(ia64_encodings[row].mnemonic, name[to]) != 0)
            row++;
        o.code_ar = gate ? 7 : 3;
        ck_assert_int_eq(onecode_run(&o, (int)row, vm, 0, 0),
                         gate ? -1 : (int)IA64_VEC_VIRTUALIZATION);
        ck_assert_uint_eq((o.c->s.psr & PSR_VM) != 0, gate && to);
        ck_assert_int_eq(onecode_run(&o, (int)row, vm, 0, IA64_VDC_D_VMSW),
                         IA64_VEC_VIRTUALIZATION);
        ck_assert_uint_eq(o.c->s.gr[24].v, 40);
    }
}
END_TEST

/* d_extint and d_itm take control registers out of virtualization, by number.
 */
static int move_cr(unsigned cause, unsigned nr, unsigned vdc)
{
    int row = row_of(cause);
    uint64_t insn = onecode_slot(row) & ~(0x7full << 20);

    return onecode_run_insn(&o, row, insn | (uint64_t)nr << 20, true, 0, vdc);
}

START_TEST(disables_by_control_register)
{
    static const uint8_t crs[] = {0,  1,  2,  8,  20, 64, 65, 66, 67,
                                  68, 69, 70, 71, 72, 73, 74, 80, 81};

    for (unsigned k = 0; k < ARRAY_LEN(crs); k++) {
        unsigned nr = crs[k];
        bool extint = nr >= 65 && nr <= 71, itm = nr == 1;
        bool read_only = nr == 65 || (nr >= 68 && nr <= 71);

        ck_assert_int_eq(move_cr(5, nr, IA64_VDC_D_EXTINT),
                         extint ? -1 : (int)IA64_VEC_VIRTUALIZATION);
        ck_assert_int_eq(move_cr(5, nr, IA64_VDC_D_ITM),
                         itm ? -1 : (int)IA64_VEC_VIRTUALIZATION);
        /* 0x30 is reserved in these. */
        if (read_only || nr == 0 || nr == 8 || nr == 64)
            continue;
        ck_assert_int_eq(move_cr(4, nr, IA64_VDC_D_EXTINT),
                         extint ? -1 : (int)IA64_VEC_VIRTUALIZATION);
        ck_assert_int_eq(move_cr(4, nr, IA64_VDC_D_ITM),
                         itm ? -1 : (int)IA64_VEC_VIRTUALIZATION);
    }
    /* The machine's own registers are written. */
    ck_assert_int_eq(move_cr(4, 66, IA64_VDC_D_EXTINT), -1);
    ck_assert_uint_eq(o.c->s.tpr, 0x30);
    ck_assert_int_eq(move_cr(4, 1, IA64_VDC_D_ITM), -1);
    ck_assert_uint_eq(o.c->s.itm, 0x30);
}
END_TEST

/* ---- PAL ---- */
START_TEST(procedures_check_arguments)
{
    struct ia64_cpu *c = o.c;
    uint64_t bytes, info, vsa;
    struct ia64_vpd *d = o.vpd;

    ck_assert_int_eq(ia64_pal_vp_env_info(c, &bytes, &info), PAL_OK);
    ck_assert_uint_eq(info & IA64_ENV_OPCODE, IA64_ENV_OPCODE);
    ck_assert_int_eq(ia64_pal_vp_create(c, d, ONECODE_IVA, 0), PAL_INVALID);
    ck_assert_int_eq(ia64_pal_vp_register(c, d, ONECODE_IVA + 16, 0),
                     PAL_INVALID);
    ck_assert_int_eq(ia64_pal_vp_register(c, d, ONECODE_IVA, 0x4000), PAL_OK);
    ck_assert_int_eq(ia64_pal_vp_restore(c, d, 1), PAL_INVALID);
    ck_assert_int_eq(ia64_pal_vp_exit_env(c, 0), PAL_ERROR);
    ck_assert_int_eq(ia64_pal_vp_save(c, d, 0), PAL_INVALID);
    ck_assert_int_eq(ia64_pal_vp_restore(c, d, 0), PAL_OK);
    ck_assert_uint_eq(c->s.iva, ONECODE_IVA);
    ck_assert_int_eq(ia64_pal_vp_save(c, d, 0), PAL_OK);
    ck_assert_int_eq(ia64_pal_vp_terminate(c, d, 0x20000), PAL_OK);
    ck_assert_uint_eq(c->s.iva, 0x20000);
    ck_assert_int_eq(ia64_pal_vp_terminate(c, d, 0), PAL_INVALID);
    d->vac = IA64_VAC_A_INT;
    d->vdc = IA64_VDC_D_EXTINT;
    ck_assert_int_eq(ia64_pal_vp_create(c, d, ONECODE_IVA, 0), PAL_INVALID);
    d->vac = 1 << 7;
    d->vdc = 0;
    ck_assert_int_eq(ia64_pal_vp_create(c, d, ONECODE_IVA, 0), PAL_INVALID);
    ck_assert_int_eq(ia64_pal_vp_exit_env(c, 0), PAL_OK);
    d->vac = 0;
    ck_assert_int_eq(ia64_pal_vp_create(c, d, ONECODE_IVA, 0),
                     PAL_NO_ENVIRONMENT);
    ck_assert_int_eq(ia64_pal_vp_init_env(c, IA64_ENV_INITIALIZE, 0, 0, &vsa),
                     PAL_INVALID);
    ck_assert_int_eq(ia64_pal_vp_init_env(
                         c, IA64_ENV_INITIALIZE | IA64_ENV_OPCODE, 0, 8, &vsa),
                     PAL_INVALID);
}
END_TEST

START_TEST(an_optional_handler_takes_intercepts)
{
    ck_assert_int_eq(ia64_pal_vp_register(o.c, o.vpd, ONECODE_IVA, 0x4000),
                     PAL_OK);
    ck_assert_int_eq(onecode_run(&o, row_of(37), true, 0, 0),
                     IA64_VEC_VIRTUALIZATION);
    ck_assert_uint_eq(o.c->s.ip, 0x4000);
}
END_TEST

/* The services want the VMM's state, and resume the guest's. */
START_TEST(services_check_and_resume)
{
    struct ia64_cpu *c = o.c;
    struct ia64_state *s = &c->s;

    ck_assert_int_eq(onecode_run(&o, row_of(31), true, IA64_VAC_A_BSW, 0),
                     IA64_VEC_VIRTUALIZATION);
    ck_assert(!ia64_vps_resume_normal(c, o.vpd)); /* vpsr.ic 0, accelerated */
    s->ipsr |= PSR_VM | PSR_BN;
    ck_assert(!ia64_vps_resume_handler(c, o.vpd, 0)); /* vac differs */
    s->iip = 0x2000;
    s->iipa = 0x3000;
    ck_assert(
        ia64_vps_resume_handler(c, o.vpd, IA64_VAC_A_BSW | IA64_RESUME_CFLE));
    ck_assert_uint_eq(s->ip, 0x2000);
    ck_assert_uint_eq(s->iipa_now, 0x3000);
    ck_assert_uint_eq(s->cfle, 1);
    ck_assert_uint_eq(s->psr & PSR_VM, PSR_VM);
    ck_assert(!ia64_vps_sync_read(c, o.vpd)); /* in the guest */
    ck_assert(!ia64_vps_sync_write(c, o.vpd));
    s->psr = 0;
    o.vpd->vhpi = 9;
    ck_assert(ia64_vps_set_pending_interrupt(c, o.vpd));
    o.vpd->vhpi = 0;
    ck_assert(ia64_vps_sync_read(c, o.vpd));
    ck_assert_uint_eq(o.vpd->vhpi, 9);
    ck_assert(ia64_vps_save(c, o.vpd, true));
    ck_assert(!ia64_vps_sync_write(c, o.vpd));
    ck_assert(ia64_vps_restore(c, o.vpd, false));
    ck_assert_uint_eq(ia64_vps_thash(c, 0x4000, 12 << 2, 15 << 2), 0x20);
    ck_assert_uint_eq(ia64_vps_ttag(c, 0x4000, 12 << 2 | 1 << 8),
                      4 ^ 1ull << 39);
}
END_TEST

Suite *test_vti_suite(void)
{
    Suite *s = suite_create("vti");
    TCase *tc = tcase_create("VT-i");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, each_cause_is_raised);
    tcase_add_test(tc, causes_have_their_names);
    tcase_add_loop_test(tc, a_control_changes_its_causes_alone, 0,
                        ARRAY_LEN(control));
    tcase_add_test(tc, accelerations_use_the_vpd);
    tcase_add_test(tc, interruption_registers_by_vpsr_ic);
    tcase_add_test(tc, virtual_interrupts_by_priority);
    tcase_add_test(tc, vmsw_needs_a_gate_page);
    tcase_add_test(tc, vmsw_switches_from_a_gate_page);
    tcase_add_test(tc, disables_by_control_register);
    tcase_add_test(tc, procedures_check_arguments);
    tcase_add_test(tc, an_optional_handler_takes_intercepts);
    tcase_add_test(tc, services_check_and_resume);
    suite_add_tcase(s, tc);
    return s;
}
