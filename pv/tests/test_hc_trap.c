/* test_hc_trap.c: trap table, callbacks, stacks, iret, and the
 * frames by which the guest kernel is entered. */
#include "common/base/cc.h"
#include "common/tests/suite.h"
#include "pv/bounce.h"
#include "pv/tests/pvrig.h"
#include "pv/vcpu.h"

#define HANDLER 0x123000ull

static void put_trap(struct pvrig *r, unsigned n, unsigned vec, uint64_t ip)
{
    const struct trap_info_x86_32 t32 = {.vector = (uint8_t)vec,
                                         .cs = PV_SEL32_RING1_CS,
                                         .address = (uint32_t)ip};
    const struct trap_info t = {
        .vector = (uint8_t)vec, .cs = 0xe033, .address = ip};
    uint64_t at = pvrig_page(r, 0);

    if (r->d->is32)
        pvrig_put(r, at + n * sizeof(t32), &t32, sizeof(t32));
    else
        pvrig_put(r, at + n * sizeof(t), &t, sizeof(t));
}

static int64_t set_table(struct pvrig *r, uint64_t va)
{
    return pvrig_call(r, __HYPERVISOR_set_trap_table, va, 0, 0);
}

START_TEST(takes_a_table)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);

    put_trap(r, 0, 14, HANDLER);
    put_trap(r, 1, 0x80, HANDLER + 16);
    put_trap(r, 2, 0, 0);
    ck_assert_int_eq(set_table(r, pvrig_page(r, 0)), 0);
    ck_assert_uint_eq(r->d->trap[14].address, HANDLER);
    ck_assert_uint_eq(r->d->trap[0x80].address, HANDLER + 16);
    ck_assert_int_eq(set_table(r, 0), 0);
    ck_assert_uint_eq(r->d->trap[14].address, 0);
    for (unsigned n = 0; n < PVRIG_BAD; n++)
        ck_assert_int_eq(set_table(r, pvrig_bad(r, n)), -XEN_EFAULT);
    /* A table without an end. */
    for (unsigned n = 0; n < 257; n++)
        put_trap(r, n, n & 255, HANDLER);
    ck_assert_int_eq(set_table(r, pvrig_page(r, 0)), -XEN_EINVAL);
    pvrig_free(r);
}
END_TEST

START_TEST(takes_callbacks)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct callback_register reg = {.type = CALLBACKTYPE_event,
                                    .flags = CALLBACKF_mask_events,
                                    .address = HANDLER};
    uint32_t reg32[3] = {CALLBACKTYPE_event | CALLBACKF_mask_events << 16,
                         PV_SEL32_RING1_CS, HANDLER};
    struct callback_unregister un = {.type = CALLBACKTYPE_event};

    ck_assert_int_eq(pvrig_op(r, __HYPERVISOR_callback_op, CALLBACKOP_register,
                              r->d->is32 ? (void *)reg32 : (void *)&reg,
                              r->d->is32 ? sizeof(reg32) : sizeof(reg)),
                     0);
    ck_assert_uint_eq(r->d->event.ip, HANDLER);
    ck_assert(r->d->event.mask);
    ck_assert_int_eq(pvrig_op(r, __HYPERVISOR_callback_op,
                              CALLBACKOP_unregister, &un, sizeof(un)),
                     -XEN_EINVAL);
    un.type = 99;
    ck_assert_int_eq(pvrig_op(r, __HYPERVISOR_callback_op,
                              CALLBACKOP_unregister, &un, sizeof(un)),
                     -XEN_ENOSYS);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_callback_op, 77, 0, 0),
                     -XEN_ENOSYS);
    for (unsigned n = 0; n < PVRIG_BAD; n++)
        ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_callback_op,
                                    CALLBACKOP_register, pvrig_bad(r, n), 0),
                         -XEN_EFAULT);
    if (!r->d->is32)
        ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_set_callbacks,
                                    0x800000000000, HANDLER, HANDLER),
                         -XEN_EINVAL);
    pvrig_free(r);
}
END_TEST

/* Where each kind of callback goes, and which can be given up. */
START_TEST(every_callback)
{
    static const unsigned type[] = {CALLBACKTYPE_event,
                                    CALLBACKTYPE_failsafe,
                                    CALLBACKTYPE_syscall,
                                    CALLBACKTYPE_syscall32,
                                    CALLBACKTYPE_sysenter,
                                    CALLBACKTYPE_nmi,
                                    CALLBACKTYPE_sysenter_deprecated};
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    const struct pv_callback *to[] = {
        &r->d->event,    &r->d->failsafe, &r->d->syscall, &r->d->syscall32,
        &r->d->sysenter, &r->d->nmi,      &r->d->sysenter};
    const unsigned nr = __HYPERVISOR_callback_op;

    for (unsigned n = 0; n < ARRAY_LEN(type); n++) {
        uint32_t raw[4] = {type[n], 0, HANDLER + n, 0};
        struct callback_unregister un = {.type = (uint16_t)type[n]};
        bool none = r->d->is32 && type[n] == CALLBACKTYPE_syscall;

        if (r->d->is32)
            raw[1] = PV_SEL32_RING1_CS - 1; /* privilege 0 becomes 1 */
        ck_assert_int_eq(pvrig_op(r, nr, CALLBACKOP_register, raw, 16),
                         none ? -XEN_ENOSYS : 0);
        if (!none)
            ck_assert_uint_eq(to[n]->ip, HANDLER + n);
        if (r->d->is32 && !none)
            ck_assert_uint_eq(to[n]->cs, PV_SEL32_RING1_CS);
        ck_assert_int_eq(
            pvrig_op(r, nr, CALLBACKOP_unregister, &un, sizeof(un)),
            none                          ? -XEN_ENOSYS
            : type[n] == CALLBACKTYPE_nmi ? 0
                                          : -XEN_EINVAL);
    }
    ck_assert_uint_eq(r->d->nmi.ip, 0);
    for (unsigned n = 0; n < PVRIG_BAD; n++)
        ck_assert_int_eq(
            pvrig_call(r, nr, CALLBACKOP_unregister, pvrig_bad(r, n), 0),
            -XEN_EFAULT);
    pvrig_free(r);
}
END_TEST

/* The kernel's stack: any; what is none crashes the guest when it is used. */
START_TEST(switches_stacks)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);

    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_stack_switch,
                                PV_SEL32_RING1_DS - 1, 0x1000, 0),
                     0);
    ck_assert_uint_eq(r->d->kernel_sp, 0x1000);
    if (r->d->is32)
        ck_assert_uint_eq(r->d->kernel_ss, PV_SEL32_RING1_DS);
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_stack_switch, UINT64_MAX, UINT64_MAX, 0), 0);
    pvrig_arm(r);
    r->d->kernel_sp = UINT64_MAX;
    if (r->d->is32) {
        r->d->c->cpl = 3;
    } else {
        pvrig_to_user(r);
    }
    pv_reflect(r->d, VEC_GP, true, 0);
    ck_assert(pv_crashed(r->d));
    pvrig_free(r);
}
END_TEST

/* An exception in the kernel: the frame lies below its stack, and iret goes
 * back with everything as it was. */
START_TEST(reflects_and_returns)
{
    struct pvrig *r = pvrig_new(0 == 1, NULL);
    struct x86_state *s = &r->d->c->s;
    uint64_t ip = s->r[R_IP], sp = pvrig_page(r, 3) + 0x800, f[8];
    struct iret_context back = {.flags = 0};

    put_trap(r, 0, 13, HANDLER);
    put_trap(r, 1, 0, 0);
    ck_assert_int_eq(set_table(r, pvrig_page(r, 0)), 0);
    s->r[R_SP] = sp;
    s->r[R_CX] = 11;
    s->r[R_11] = 12;
    pv_set_upcall_mask(r->d, false);
    pv_reflect(r->d, 13, true, 0x55);
    ck_assert_uint_eq(s->r[R_IP], HANDLER);
    ck_assert_uint_eq(s->r[R_SP], sp - sizeof(f));
    pvrig_get(r, s->r[R_SP], f, sizeof(f));
    ck_assert_uint_eq(f[0], 11);
    ck_assert_uint_eq(f[1], 12);
    ck_assert_uint_eq(f[2], 0x55);
    ck_assert_uint_eq(f[3], ip);
    ck_assert_uint_eq(f[4], 0xe030); /* RPL 0: it was the kernel */
    ck_assert_uint_ne(f[5] & FL_IF, 0);
    ck_assert_uint_eq(f[6], sp);
    back.rip = f[3];
    back.cs = f[4];
    back.rflags = f[5];
    back.rsp = f[6];
    back.ss = f[7];
    back.rcx = 11;
    back.r11 = 12;
    back.rax = 13;
    s->r[R_SP] = pvrig_page(r, 3);
    pvrig_put(r, s->r[R_SP], &back, sizeof(back));
    pvrig_call(r, __HYPERVISOR_iret, 0, 0, 0);
    ck_assert_uint_eq(s->r[R_IP], ip);
    ck_assert_uint_eq(s->r[R_SP], sp);
    ck_assert_uint_eq(s->r[R_AX], 13);
    ck_assert_uint_eq(s->seg[SEG_CS].sel, 0xe033);
    ck_assert(!pv_upcall_mask(r->d));
    ck_assert(!pv_crashed(r->d));
    pvrig_free(r);
}
END_TEST

/* What Xen crashes a domain for. */
START_TEST(crashes)
{
    struct pvrig *r = pvrig_new(_i & 1, NULL);
    struct x86_state *s = &r->d->c->s;
    struct iret_context user = {.cs = 0x33, .ss = 0x2b};

    switch (_i >> 1) {
    case 0: /* no handler */
        pv_reflect(r->d, 13, true, 0);
        break;
    case 1: /* no stack */
        put_trap(r, 0, 13, HANDLER);
        put_trap(r, 1, 0, 0);
        ck_assert_int_eq(set_table(r, pvrig_page(r, 0)), 0);
        s->r[R_SP] = 0x7000;
        pv_reflect(r->d, 13, true, 0);
        break;
    case 2: /* iret from nowhere */
        s->r[R_SP] = 0x7000;
        pvrig_call(r, __HYPERVISOR_iret, 0, 0, 0);
        break;
    default: /* to a user mode without tables; to no code at all */
        s->r[R_SP] = pvrig_page(r, 3);
        pvrig_put(r, s->r[R_SP], &user, sizeof(user));
        pvrig_call(r, __HYPERVISOR_iret, 0, 0, 0);
        break;
    }
    ck_assert(pv_crashed(r->d));
    ck_assert_uint_ne(r->d->crash_reason[0], 0);
    pvrig_free(r);
}
END_TEST

/* ---- registers ---- */
START_TEST(sets_registers)
{
    struct pvrig *r = pvrig_new(0 == 1, NULL);
    struct x86_state *s = &r->d->c->s;
    const unsigned base = __HYPERVISOR_set_segment_base;
    const unsigned debug = __HYPERVISOR_set_debugreg;

    ck_assert_int_eq(pvrig_call(r, base, SEGBASE_FS, 0x1000, 0), 0);
    ck_assert_uint_eq(s->seg[SEG_FS].base, 0x1000);
    ck_assert_int_eq(pvrig_call(r, base, SEGBASE_GS_USER, 0x2000, 0), 0);
    ck_assert_uint_eq(s->kernel_gs_base, 0x2000);
    ck_assert_int_eq(pvrig_call(r, base, SEGBASE_FS, 0x800000000000, 0),
                     -XEN_EINVAL);
    ck_assert_int_eq(pvrig_call(r, base, SEGBASE_GS_KERNEL, 0x3000, 0), 0);
    ck_assert_uint_eq(s->seg[SEG_GS].base, 0x3000);
    /* A selector that names nothing makes the user's GS null. */
    ck_assert_int_eq(pvrig_call(r, base, SEGBASE_GS_USER_SEL, 0xffff, 0), 0);
    ck_assert_uint_eq(s->kernel_gs_base, 0);
    ck_assert_uint_eq(s->seg[SEG_GS].base, 0x3000);
    ck_assert_int_eq(pvrig_call(r, base, 9, 0, 0), -XEN_EINVAL);
    ck_assert_int_eq(pvrig_call(r, debug, 0, 0x1000, 0), 0);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_get_debugreg, 0, 0, 0), 0x1000);
    ck_assert_int_eq(pvrig_call(r, debug, 0, PV_HOLE64_START, 0), -XEN_EPERM);
    ck_assert_int_eq(pvrig_call(r, debug, 7, 1ull << 32, 0), -XEN_EPERM);
    ck_assert_int_eq(pvrig_call(r, debug, 8, 0, 0), -XEN_ENODEV);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_fpu_taskswitch, 1, 0, 0), 0);
    ck_assert_uint_ne(s->cr0 & CR0_TS, 0);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_fpu_taskswitch, 0, 0, 0), 0);
    ck_assert_uint_eq(s->cr0 & CR0_TS, 0);
    pvrig_free(r);
}
END_TEST

Suite *test_hc_trap_suite(void)
{
    Suite *s = suite_create("hc_trap");
    TCase *tc = tcase_create("entries");

    tcase_add_loop_test(tc, takes_a_table, 0, 2);
    tcase_add_loop_test(tc, takes_callbacks, 0, 2);
    tcase_add_loop_test(tc, every_callback, 0, 2);
    tcase_add_loop_test(tc, switches_stacks, 0, 2);
    tcase_add_test(tc, reflects_and_returns);
    tcase_add_loop_test(tc, crashes, 0, 8);
    suite_add_tcase(s, tc);
    tc = tcase_create("registers");
    tcase_add_test(tc, sets_registers);
    suite_add_tcase(s, tc);
    return s;
}
