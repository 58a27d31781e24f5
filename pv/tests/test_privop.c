/* test_privop.c: privileged instructions that the VMM carries out, and those
 * that are the guest's fault; what enters the VMM by itself. */
#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "common/x86/cr.h"
#include "common/x86/debug.h"
#include "pv/privreg.h"
#include "pv/tests/pvrig.h"
#include "pv/vcpu.h"

#define NONE  (-1)
#define AL(r) ((r)->d->c->s.r[R_AX] & 0xff)

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

/* ---- the kernel's: each line begins with a new guest ---- */
static const struct line {
    const char *what;
    uint8_t code[12];
    unsigned len, insns;
    int trap;
} lines[] = {
    {"clts", {0x0f, 0x06}, 2, 1, NONE},
    {"wbinvd", {0x0f, 0x09}, 2, 1, NONE},
    {"cr0 back", {0x0f, 0x20, 0xc0, 0x0f, 0x22, 0xc0}, 6, 2, NONE},
    {"cr0 = 0", {0x31, 0xc0, 0x0f, 0x22, 0xc0}, 5, 2, VEC_GP},
    {"cr2 back", {0x0f, 0x20, 0xd0, 0x0f, 0x22, 0xd0}, 6, 2, NONE},
    {"cr3 back", {0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8}, 6, 2, NONE},
    {"cr3 = 0", {0x31, 0xc0, 0x0f, 0x22, 0xd8}, 5, 2, VEC_GP},
    {"cr4 back", {0x0f, 0x20, 0xe0, 0x0f, 0x22, 0xe0}, 6, 2, NONE},
    {"dr0 back", {0x0f, 0x21, 0xc0, 0x0f, 0x23, 0xc0}, 6, 2, NONE},
    {"hlt", {0xf4}, 1, 1, VEC_GP},
    {"lgdt", {0x0f, 0x01, 0x10}, 3, 1, VEC_GP},
    {"lidt", {0x0f, 0x01, 0x18}, 3, 1, VEC_GP},
    {"lmsw", {0x0f, 0x01, 0xf0}, 3, 1, VEC_GP},
    {"invlpg", {0x0f, 0x01, 0x38}, 3, 1, VEC_GP}, /* Xen 4.17 does not */
    {"ltr", {0x0f, 0x00, 0xd8}, 3, 1, VEC_GP},
    {"invd", {0x0f, 0x08}, 2, 1, VEC_GP},
    {"cli", {0xfa}, 1, 1, VEC_GP},
    {"sti", {0xfb}, 1, 1, VEC_GP},
    {"in", {0xe4, 0x80}, 2, 1, VEC_GP},
    {"out", {0xe6, 0x80}, 2, 1, VEC_GP},
    {"ins", {0x6c}, 1, 1, VEC_GP},
    {"outs", {0x6e}, 1, 1, VEC_GP},
    {"rdtsc", {0x0f, 0x31}, 2, 1, NONE},
    {"forced cpuid", {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2}, 7, 1, NONE},
    {"forced nop", {0x0f, 0x0b, 'x', 'e', 'n', 0x90}, 6, 1, VEC_UD},
};

START_TEST(kernel)
{
    const struct line *l = &lines[_i / 2];
    struct pvrig *r = rig(_i & 1);
    uint64_t end;

    state(r)->r[R_DX] = 0x80;
    pvrig_run(r, l->code, l->len, l->insns);
    end = pvrig_page(r, PVRIG_CODE) + l->len;
    ck_assert_msg(pvrig_trap(r) == l->trap, "%s: trap %d", l->what,
                  pvrig_trap(r));
    if (l->trap == NONE)
        ck_assert_msg(state(r)->r[R_IP] == end, "%s: RIP", l->what);
    ck_assert(!pv_crashed(r->d));
    pvrig_free(r);
}
END_TEST

/* With TF the trap of the emulated instruction follows it. */
START_TEST(steps)
{
    static const uint8_t code[] = {0x0f, 0x06, 0x90}; /* clts; nop */
    struct pvrig *r = rig(_i);

    state(r)->rflags |= FL_TF;
    pvrig_run(r, code, sizeof(code), 2);
    ck_assert_int_eq(pvrig_trap(r), VEC_DB);
    ck_assert_uint_eq(pvrig_get32(r, state(r)->r[R_SP] + (_i == 1 ? 0 : 16)),
                      (uint32_t)pvrig_page(r, PVRIG_CODE) + 2);
    pvrig_free(r);
}
END_TEST

/* CR4.TSD stops user code, and not the kernel. */
START_TEST(reads_the_tsc)
{
    static const uint8_t code[] = {0x0f, 0x31, 0x0f, 0x01, 0xf9};
    struct pvrig *r = rig(0);
    uint64_t cr4;

    ck_assert(pv_read_cr(r->d, 4, &cr4));
    ck_assert(pv_write_cr(r->d, 4, cr4 | CR4_TSD));
    pvrig_run(r, code, sizeof(code), 2);
    ck_assert_int_eq(pvrig_trap(r), NONE);
    pvrig_to_user(r);
    pvrig_run(r, code, sizeof(code), 1);
    ck_assert_int_eq(pvrig_trap(r), VEC_GP);
    pvrig_free(r);
}
END_TEST

/* ---- user code ---- */
START_TEST(user)
{
    static const struct line user_lines[] = {
        {"clts", {0x0f, 0x06}, 2, 1, VEC_GP},
        {"mov cr0", {0x0f, 0x20, 0xc0}, 3, 1, VEC_GP},
        {"mov dr0", {0x0f, 0x21, 0xc0}, 3, 1, VEC_GP},
        {"rdmsr", {0x0f, 0x32}, 2, 1, VEC_GP},
        {"cli", {0xfa}, 1, 1, VEC_GP},
        {"in", {0xe4, 0x80}, 2, 1, VEC_GP},
        {"rep ins", {0xf3, 0x6c}, 2, 1, VEC_GP},
        {"cpuid", {0x0f, 0xa2}, 2, 1, NONE},
        {"forced cpuid", {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2}, 7, 1, NONE},
    };
    const struct line *l = &user_lines[_i];
    struct pvrig *r = rig(0);

    r->d->iopl = 2; /* the kernel's is not the user's */
    pvrig_to_user(r);
    pvrig_run(r, l->code, l->len, l->insns);
    ck_assert_msg(pvrig_trap(r) == l->trap, "%s: trap %d", l->what,
                  pvrig_trap(r));
    ck_assert_int_eq(r->d->kernel_mode, l->trap != NONE);
    pvrig_free(r);
}
END_TEST

/* MSR_MISC_FEATURES_ENABLES: user code's CPUID faults at the instruction. */
START_TEST(faults_cpuid)
{
    static const uint8_t code[2][7] = {{0x0f, 0xa2},
                                       {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2}};
    struct pvrig *r = rig(0);
    uint64_t v, ip;

    ck_assert(pv_rdmsr(r->d, 0xce, &v) && (v & BITQ(31)));
    ck_assert(!pv_wrmsr(r->d, 0x140, 2));
    ck_assert(pv_wrmsr(r->d, 0x140, 1));
    ck_assert(pv_rdmsr(r->d, 0x140, &v) && v == 1);
    pvrig_run(r, code[_i], sizeof(code[_i]), 1);
    ck_assert_int_eq(pvrig_trap(r), NONE);
    pvrig_to_user(r);
    pvrig_run(r, code[_i], sizeof(code[_i]), 1);
    ck_assert_int_eq(pvrig_trap(r), VEC_GP);
    pvrig_get(r, state(r)->r[R_SP] + 24, &ip, 8);
    ck_assert_uint_eq(ip, pvrig_page(r, PVRIG_CODE) + (_i == 1 ? 5 : 0));
    pvrig_free(r);
}
END_TEST

/* ---- what enters the VMM ---- */

/* A data breakpoint that MOV SS holds back, and SYSCALL next: the trap is gone.
 * With another instruction in between it comes. */
START_TEST(drops_traps_at_its_entry)
{
    static const uint8_t code[2][5] = {{0x8e, 0x13, 0x0f, 0x05, 0x90},
                                       {0x8e, 0x13, 0x90, 0x90, 0x90}};
    struct pvrig *r = rig(0);
    uint64_t at = pvrig_page(r, 5);
    uint16_t ss = PV_SEL64_KERNEL_SS;

    pvrig_put(r, at, &ss, sizeof(ss));
    ck_assert_int_eq(pv_set_debugreg(r->d, 0, at), 0);
    ck_assert_int_eq(pv_set_debugreg(r->d, 7, 0x70002), 0);
    state(r)->r[R_BX] = at;
    state(r)->r[R_AX] = __HYPERVISOR_xen_version;
    state(r)->r[R_DI] = XENVER_version;
    pvrig_run(r, code[_i], sizeof(code[_i]), 3);
    ck_assert_int_eq(pvrig_trap(r), _i == 0 ? NONE : VEC_DB);
    if (_i == 0)
        ck_assert_uint_eq(state(r)->r[R_AX], 4 << 16 | 17);
    pvrig_free(r);
}
END_TEST

/* SYSCALL comes back to flat segments, whatever the guest had. */
START_TEST(syscall_leaves_flat_segments)
{
    static const uint8_t code[] = {0x0f, 0x05, 0x90};
    struct pvrig *r = rig(0);

    state(r)->seg[SEG_CS].sel = 0x33;
    state(r)->seg[SEG_SS].sel = 0x2b;
    state(r)->r[R_AX] = __HYPERVISOR_xen_version;
    state(r)->r[R_DI] = XENVER_version;
    pvrig_run(r, code, sizeof(code), 2);
    ck_assert_uint_eq(state(r)->seg[SEG_CS].sel, PV_SEL64_KERNEL_CS);
    ck_assert_uint_eq(state(r)->seg[SEG_SS].sel, PV_SEL64_KERNEL_SS);
    ck_assert_uint_eq(state(r)->r[R_CX], pvrig_page(r, PVRIG_CODE) + 2);
    pvrig_free(r);
}
END_TEST

/* ---- MSRs ---- */
START_TEST(msrs)
{
    static const struct {
        uint32_t msr;
        bool reads, takes_back, takes_other;
    } m[] = {
        {0x10, true, false, false},      /* TSC */
        {0x1b, true, false, false},      /* APIC_BASE */
        {0xce, true, false, false},      /* PLATFORM_INFO */
        {0x179, true, false, false},     /* MCG_CAP */
        {0x17a, true, true, false},      /* MCG_STATUS */
        {0x1a0, true, true, false},      /* MISC_ENABLE */
        {0x1d9, true, true, false},      /* DEBUGCTL */
        {0x277, true, true, false},      /* PAT */
        {0x280, true, true, true},       /* MC0_CTL2 */
        {0x400, true, true, true},       /* MC0_CTL */
        {0x401, true, true, false},      /* MC0_STATUS */
        {0x408, false, false, false},    /* no such bank */
        {0xc0000080, true, true, false}, /* EFER */
        {0xc0000081, false, false, false}, {0xc0000082, false, false, false},
        {0x174, false, false, false},      {0x40000000, false, false, false},
        {0x12345678, false, false, false}, {UINT32_MAX, false, false, false},
    };
    struct pvrig *r = rig(_i);
    uint64_t v = 0;

    for (unsigned n = 0; n < ARRAY_LEN(m); n++) {
        bool reads = pv_rdmsr(r->d, m[n].msr, &v);

        ck_assert_msg(reads == m[n].reads, "MSR 0x%x", m[n].msr);
        ck_assert_msg(!reads || pv_wrmsr(r->d, m[n].msr, v) == m[n].takes_back,
                      "MSR 0x%x: its value", m[n].msr);
        ck_assert_msg(pv_wrmsr(r->d, m[n].msr, v ^ BITQ(9)) == m[n].takes_other,
                      "MSR 0x%x: another value", m[n].msr);
    }
    pvrig_free(r);
}
END_TEST

START_TEST(msrs_of_bases)
{
    struct pvrig *r = rig(_i);
    const uint32_t msr[] = {0xc0000100, 0xc0000101, 0xc0000102};
    uint64_t v;

    for (unsigned n = 0; n < 3; n++) {
        ck_assert_int_eq(pv_wrmsr(r->d, msr[n], 0x1000 + n), _i == 0);
        ck_assert_int_eq(pv_rdmsr(r->d, msr[n], &v), _i == 0);
        if (_i == 0)
            ck_assert_uint_eq(v, 0x1000 + n);
        ck_assert(!pv_wrmsr(r->d, msr[n], 1ull << 47));
    }
    pvrig_free(r);
}
END_TEST

/* The hypercall page by MSR: a frame of the guest's that is no table. */
START_TEST(msr_hypercall_page)
{
    struct pvrig *r = rig(_i);
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 5));
    uint64_t table = pvrig_mfn(r, r->tables), hash;
    const unsigned msr = 0x40000000;

    ck_assert(pv_wrmsr(r->d, msr, mfn << PAGE_SHIFT));
    ck_assert_uint_ne(pvrig_get32(r, pvrig_page(r, 5)), 0);
    hash = pvrig_hash(r);
    ck_assert(!pv_wrmsr(r->d, msr, table << PAGE_SHIFT));
    ck_assert(!pv_wrmsr(r->d, msr, r->d->m2p_mfn << PAGE_SHIFT));
    ck_assert(!pv_wrmsr(r->d, msr, mfn << PAGE_SHIFT | 1));
    ck_assert(!pv_wrmsr(r->d, msr, UINT64_MAX & PAGE_MASK));
    ck_assert_uint_eq(pvrig_hash(r), hash);
    pvrig_free(r);
}
END_TEST

Suite *test_privop_suite(void)
{
    Suite *s = suite_create("privop");
    TCase *tc = tcase_create("instructions");

    tcase_add_loop_test(tc, kernel, 0, 2 * ARRAY_LEN(lines));
    tcase_add_loop_test(tc, steps, 0, 2);
    tcase_add_test(tc, reads_the_tsc);
    tcase_add_loop_test(tc, user, 0, 9);
    tcase_add_loop_test(tc, faults_cpuid, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("entries");
    tcase_add_loop_test(tc, drops_traps_at_its_entry, 0, 2);
    tcase_add_test(tc, syscall_leaves_flat_segments);
    suite_add_tcase(s, tc);
    tc = tcase_create("MSRs");
    tcase_add_loop_test(tc, msrs, 0, 2);
    tcase_add_loop_test(tc, msrs_of_bases, 0, 2);
    tcase_add_loop_test(tc, msr_hypercall_page, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
