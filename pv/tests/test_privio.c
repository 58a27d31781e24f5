/* test_privio.c: port instructions: who may, what they do, strings that fault,
 * end and give way. */
#include "common/base/bits.h"
#include "common/engine/engine.h"
#include "common/tests/suite.h"
#include "common/x86/cr.h"
#include "common/x86/debug.h"
#include "pv/preempt.h"
#include "pv/privreg.h"
#include "pv/tests/pvrig.h"
#include "pv/vcpu.h"

#define NONE (-1)

static struct pvrig *rig(int i)
{
    struct pvrig *r = pvrig_new(i == 1, NULL);

    pvrig_arm(r);
    return r;
}

static struct x86_state *state(struct pvrig *r)
{
    return &r->d->c->s;
}

static const uint8_t in_80[] = {0xe4, 0x80};
static const uint8_t rep_insb[] = {0xf3, 0x6c, 0x90};
static const uint8_t rep_outsb[] = {0xf3, 0x6e, 0x90};

static void set_iopl(struct pvrig *r, uint32_t iopl)
{
    ck_assert_int_eq(
        pvrig_op(r, __HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl, 4), 0);
}

static int64_t set_iobitmap(struct pvrig *r, uint64_t va, uint32_t ports)
{
    uint8_t raw[12];
    unsigned w = r->d->is32 ? 4 : 8;

    memcpy(raw, &va, w);
    memcpy(raw + w, &ports, 4);
    return pvrig_op(r, __HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, raw,
                    w + 4);
}

/* ---- permission ---- */
START_TEST(by_iopl)
{
    struct pvrig *r = rig(_i);

    set_iopl(r, 1);
    state(r)->r[R_AX] = 0;
    pvrig_run(r, in_80, sizeof(in_80), 1);
    ck_assert_int_eq(pvrig_trap(r), NONE);
    ck_assert_uint_eq(state(r)->r[R_AX], 0xff);
    set_iopl(r, 0);
    pvrig_run(r, in_80, sizeof(in_80), 1);
    ck_assert_int_eq(pvrig_trap(r), VEC_GP);
    /* With VMASST_TYPE_architectural_iopl the kernel is at privilege 0. */
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_vm_assist, VMASST_CMD_enable,
                                VMASST_TYPE_architectural_iopl, 0),
                     0);
    pvrig_run(r, in_80, sizeof(in_80), 1);
    ck_assert_int_eq(pvrig_trap(r), NONE);
    pvrig_free(r);
}
END_TEST

START_TEST(users_by_iopl)
{
    struct pvrig *r = rig(0);

    set_iopl(r, 3);
    pvrig_to_user(r);
    pvrig_run(r, in_80, sizeof(in_80), 1);
    ck_assert_int_eq(pvrig_trap(r), NONE);
    pvrig_free(r);
}
END_TEST

/* The map has a bit for each port: clear allows. Ports beyond it, or where it
 * cannot be read, are forbidden. */
START_TEST(users_by_bitmap)
{
    static const struct {
        uint8_t byte;   /* of ports 0x80 to 0x87 */
        uint32_t ports; /* that the map speaks of */
        int trap;
    } c[] = {
        {0, 0x10000, NONE},      {0xfe, 0x10000, NONE}, {1, 0x10000, VEC_GP},
        {0xff, 0x10000, VEC_GP}, {0, 0x81, NONE},       {0, 0x80, VEC_GP},
        {0, 0, VEC_GP},
    };
    struct pvrig *r = rig(0);
    uint64_t map = pvrig_page(r, 4);

    ck_assert_int_eq(set_iobitmap(r, map, c[_i].ports), 0);
    pvrig_put(r, map + 0x10, &c[_i].byte, 1);
    pvrig_to_user(r);
    pvrig_run(r, in_80, sizeof(in_80), 1);
    ck_assert_int_eq(pvrig_trap(r), c[_i].trap);
    pvrig_free(r);
}
END_TEST

START_TEST(bitmap_that_is_not_there)
{
    static const uint8_t inl[] = {0xe5, 0x80};
    struct pvrig *r = rig(0);
    uint64_t map = pvrig_page(r, 4);
    uint8_t byte = 0xf0;

    /* Four ports, of which the last is in the next byte */
    ck_assert_int_eq(set_iobitmap(r, map, 0x10000), 0);
    pvrig_put(r, map + 0x10, &byte, 1);
    pvrig_run(r, inl, sizeof(inl), 1);
    ck_assert_int_eq(pvrig_trap(r), NONE); /* the kernel too */
    ck_assert_uint_eq(state(r)->r[R_AX], UINT32_MAX);
    pvrig_unmap(r, map);
    x86_tlb_flush(r->d->c, true);
    pvrig_run(r, inl, sizeof(inl), 1);
    ck_assert_int_eq(pvrig_trap(r), VEC_GP);
    ck_assert_int_eq(set_iobitmap(r, map, 0x10001), -XEN_EINVAL);
    ck_assert_int_eq(set_iobitmap(r, PV_HOLE64_START, 8), -XEN_EINVAL);
    pvrig_free(r);
}
END_TEST

/* ---- strings ---- */
static void strings(struct pvrig *r, uint64_t mem, uint64_t count)
{
    set_iopl(r, 1);
    state(r)->r[R_DX] = 0x80;
    state(r)->r[R_DI] = state(r)->r[R_SI] = mem;
    state(r)->r[R_CX] = count;
}

START_TEST(reads_and_writes)
{
    struct pvrig *r = rig(_i);
    uint64_t at = pvrig_page(r, 4);

    strings(r, at, 3);
    pvrig_run(r, rep_insb, sizeof(rep_insb), 2);
    ck_assert_uint_eq(pvrig_get32(r, at), 0xffffff);
    ck_assert_uint_eq(state(r)->r[R_CX], 0);
    ck_assert_uint_eq(state(r)->r[R_DI], at + 3);
    strings(r, at, 3);
    state(r)->rflags |= FL_DF;
    pvrig_run(r, rep_outsb, sizeof(rep_outsb), 2);
    ck_assert_uint_eq(state(r)->r[R_SI], at - 3);
    strings(r, at, 0);
    pvrig_run(r, rep_insb, sizeof(rep_insb), 2);
    ck_assert_uint_eq(state(r)->r[R_DI], at);
    ck_assert_int_eq(pvrig_trap(r), NONE);
    pvrig_free(r);
}
END_TEST

/* OUTS to the test device's exit port: the string is what it gets. */
START_TEST(writes_to_the_device)
{
    static const uint8_t outsd[] = {0x6f};
    struct pvrig *r = rig(_i);
    uint32_t v = 7;
    struct error err;
    enum run_end end;

    pvrig_put(r, pvrig_page(r, 4), &v, 4);
    pvrig_put(r, pvrig_page(r, PVRIG_CODE), outsd, 1);
    state(r)->r[R_IP] = pvrig_page(r, PVRIG_CODE);
    state(r)->r[R_SI] = pvrig_page(r, 4);
    state(r)->r[R_DX] = 0xf4;
    ck_assert_ok(engine_run(r->v, r->v->icount + 9, NULL, NULL, &end, &err),
                 &err);
    ck_assert_int_eq(end, RUN_MACHINE);
    ck_assert_uint_eq(r->m->end_code, 7);
    pvrig_free(r);
}
END_TEST

/* A count without end: in parts, up to the page that is not there, and the
 * fault is that of the iteration. */
START_TEST(faults_where_memory_ends)
{
    struct pvrig *r = rig(_i);
    uint64_t at = pvrig_page(r, 30), end = pvrig_page(r, 34);

    pvrig_unmap(r, end);
    strings(r, at, UINT32_MAX);
    pvrig_run(r, rep_insb, sizeof(rep_insb), 1);
    ck_assert_int_eq(pvrig_trap(r), VEC_PF);
    ck_assert_uint_eq(r->d->ctrl[2], end);
    ck_assert_uint_eq(state(r)->r[R_DI], end);
    ck_assert_uint_eq(state(r)->r[R_CX], UINT32_MAX - (end - at));
    ck_assert_uint_eq(ledger_get(&r->v->ledger, LEDGER_PV_EMULATE, SENS_INS, 0),
                      0);
    pvrig_free(r);
}
END_TEST

/* No page table is written, and none of the VMM's memory read. */
START_TEST(keeps_out)
{
    struct pvrig *r = rig(_i);
    uint64_t hole = r->d->is32 ? PV_HOLE32_END - 4 : PV_HOLE64_START;
    uint64_t table = r->tables;

    strings(r, table, 4);
    pvrig_run(r, rep_insb, sizeof(rep_insb), 1);
    ck_assert_int_eq(pvrig_trap(r), VEC_PF);
    strings(r, hole, 64);
    pvrig_run(r, rep_insb, sizeof(rep_insb), 1);
    ck_assert_int_ne(pvrig_trap(r), NONE);
    ck_assert_uint_eq(state(r)->r[R_DI], hole);
    pvrig_free(r);
}
END_TEST

/* With TF a trap after each iteration */
START_TEST(steps)
{
    struct pvrig *r = rig(_i);

    strings(r, pvrig_page(r, 4), 3);
    state(r)->rflags |= FL_TF;
    pvrig_run(r, rep_insb, sizeof(rep_insb), 1);
    ck_assert_int_eq(pvrig_trap(r), VEC_DB);
    ck_assert_uint_eq(state(r)->r[R_CX], 2);
    pvrig_free(r);
}
END_TEST

/* An I/O breakpoint: a trap after the instruction. */
START_TEST(breaks)
{
    struct pvrig *r = rig(_i);
    uint64_t cr4;

    set_iopl(r, 1);
    ck_assert(pv_read_cr(r->d, 4, &cr4) && pv_write_cr(r->d, 4, cr4 | CR4_DE));
    ck_assert_int_eq(pv_set_debugreg(r->d, 0, 0x80), 0);
    ck_assert_int_eq(pv_set_debugreg(r->d, 7, 0x20002), 0);
    pvrig_run(r, in_80, sizeof(in_80), 2);
    ck_assert_int_eq(pvrig_trap(r), VEC_DB);
    pvrig_free(r);
}
END_TEST

Suite *test_privio_suite(void)
{
    Suite *s = suite_create("privio");
    TCase *tc = tcase_create("permission");

    tcase_add_loop_test(tc, by_iopl, 0, 2);
    tcase_add_test(tc, users_by_iopl);
    tcase_add_loop_test(tc, users_by_bitmap, 0, 7);
    tcase_add_test(tc, bitmap_that_is_not_there);
    suite_add_tcase(s, tc);
    tc = tcase_create("strings");
    tcase_add_loop_test(tc, reads_and_writes, 0, 2);
    tcase_add_loop_test(tc, writes_to_the_device, 0, 2);
    tcase_add_loop_test(tc, faults_where_memory_ends, 0, 2);
    tcase_add_loop_test(tc, keeps_out, 0, 2);
    tcase_add_loop_test(tc, steps, 0, 2);
    tcase_add_loop_test(tc, breaks, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
