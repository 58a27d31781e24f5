/* test_neiger.c: the challenges of virtualizing IA-32 that [NEIGER2006] names,
 * each met by the control that answers it: what a guest at its own privilege
 * level sees, and without a VM exit where the paper wants none. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/entry_internal.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

/* No exit but that of the HLT at the end. */
static void runs_to_its_end(size_t n)
{
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_CODE + n);
    ck_assert_uint_eq(vmx_counts(g.v)->exit, 1);
}

static void user_mode(void)
{
    VG_SET(&g, GUEST_CS_SELECTOR, VG_UCS);
    VG_SET(&g, GUEST_SS_SELECTOR, VG_UDS);
    VG_SET(&g, GUEST_CS_AR_BYTES, 0xa0fb);
    VG_SET(&g, GUEST_SS_AR_BYTES, 0xc0f3);
}

/* A guest's kernel sees level 0 where it looks: in CS and in what is pushed. */
START_TEST(ring_aliasing)
{
    VG_START(&g,
             "\x8c\xc8\x8c\xd3\x9c\x59"); /* eax = cs, ebx = ss, rcx = rflags */
    g.c->s.r[R_AX] = g.c->s.r[R_BX] = 0;
    runs_to_its_end(6);
    ck_assert_uint_eq(g.c->s.r[R_AX], VG_CS);
    ck_assert_uint_eq(g.c->s.r[R_BX], VG_DS);
    ck_assert_uint_eq(g.c->s.r[R_CX], FL_ONE);
    vg_fini(&g);
}
END_TEST

/* Every linear address is the guest's, also those at which the host has its
 * code, stack and tables. */
START_TEST(address_space_compression)
{
    /* mov [rax], rbx; mov rcx, [rax] */
    VG_START(&g, "\x48\x89\x18\x48\x8b\x08");
    VG_SET(&g, HOST_RIP, 0x40000000); /* guest: a page of its own there */
    VG_SET(&g, HOST_RSP, 0x40000800);
    VG_SET(&g, HOST_GDTR_BASE, 0x40000400);
    vg_put(&g, VG_TABLES + 0x1008, 0x1c0067, 8);
    vg_put(&g, 0x1c0000, 0x1c1067, 8);
    vg_put(&g, 0x1c1000, 0x1d0067, 8);
    g.c->s.r[R_AX] = 0x40000000;
    g.c->s.r[R_BX] = 0x4711;
    runs_to_its_end(6);
    ck_assert_uint_eq(g.c->s.r[R_CX], 0x4711);
    ck_assert_uint_eq(vg_peek(&g, 0x1d0000, 4), 0x4711);
    /* The exit has changed the address space with the rest. */
    ck_assert_uint_eq(g.c->s.cr3, 0x12000);
    ck_assert_uint_eq(g.c->s.r[R_IP], 0x40000000);
    vg_fini(&g);
}
END_TEST

/* SGDT, SIDT, SLDT, STR at any level give the guest's values; or exit. */
START_TEST(nonfaulting_access_to_privileged_state)
{
    static const char code[] = "\x0f\x01\x00\x0f\x01\x4b\x10\x0f\x00\xc1"
                               "\x0f\x00\xca";

    vg_start(&g, code, sizeof(code) - 1);
    VG_SET(&g, HOST_GDTR_BASE, 0x111000);
    VG_SET(&g, HOST_IDTR_BASE, 0x222000);
    user_mode();
    g.c->s.r[R_AX] = g.c->s.r[R_BX] = 0x5000;
    g.c->s.r[R_CX] = g.c->s.r[R_DX] = ~0ull;
    if (_i == 0) {
        /* HLT is not for level 3. */
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
        ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_HANDLER(VEC_GP));
        ck_assert_uint_eq(vg_peek(&g, 0x5002, 8), VG_GDT);
        ck_assert_uint_eq(vg_peek(&g, 0x5012, 8), VG_IDT);
        ck_assert_uint_eq(g.c->s.r[R_CX], 0);
        ck_assert_uint_eq(g.c->s.r[R_DX], VG_TR);
    } else {
        vg_ctl(&g, PROC2_DESCRIPTOR_TABLE, true);
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_GDTR_IDTR);
    }
    vg_fini(&g);
}
END_TEST

/* SYSENTER and SYSCALL from level 3 go to the guest's kernel at level 0, and
 * back, with no exit between. */
START_TEST(guest_system_calls)
{
    static const struct {
        const char *code, *kernel;
        unsigned n, back;
    } rows[] = {
        {"\x0f\x34", "\x48\x0f\x35", 2, 3}, /* SYSENTER, SYSEXIT */
        {"\x0f\x05", "\x48\x0f\x07", 2, 3}, /* SYSCALL, SYSRET */
    };

    vg_start(&g, rows[_i].code, rows[_i].n);
    vg_put(&g, VG_CODE + 2, 0xa20f, 2); /* CPUID: exits, at level 3 */
    gmem_write(&g.m->mem, 0xc000, rows[_i].kernel, rows[_i].back);
    user_mode();
    VG_SET(&g, GUEST_SYSENTER_CS, VG_CS);
    VG_SET(&g, GUEST_SYSENTER_ESP, 0x6000);
    VG_SET(&g, GUEST_SYSENTER_EIP, 0xc000);
    VG_SET(&g, GUEST_IA32_EFER, EFER_LMA | EFER_LME | EFER_SCE);
    g.c->s.star = (uint64_t)VG_CS << 32 | (uint64_t)(VG_DS | 3) << 48;
    g.c->s.lstar = 0xc000;
    g.c->s.r[R_DX] = VG_CODE + 2; /* SYSEXIT's */
    g.c->s.r[R_CX] = VG_STACK;
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_CPUID);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_CODE + 2);
    ck_assert_uint_eq(VG_GET(&g, GUEST_SS_AR_BYTES) >> 5 & 3, 3);
    ck_assert_uint_eq(vmx_counts(g.v)->exit, 1);
    ck_assert_uint_eq(g.v->icount, 2);
    vg_fini(&g);
}
END_TEST

/* Masking is the guest's own and costs no exit; an interrupt for the VMM comes
 * through all the same, and one for the guest waits for its window. */
START_TEST(interrupt_virtualization)
{
    VG_START(&g, "\xfa\x9c\x9d\xfb\x90\xfa\x9c\x9d\xfb\x90\xfa");
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    runs_to_its_end(11);
    vg_intr(&g, true);
    VG_SET(&g, GUEST_RIP, VG_CODE);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXTERNAL_INTERRUPT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RFLAGS) & FL_IF, 0);
    vmx_hold_intr(g.v, true);
    vg_ctl(&g, PROC_INTR_WINDOW, true);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_INTERRUPT_WINDOW);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_CODE + 5);
    vg_ctl(&g, PROC_INTR_WINDOW, false);
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD, INJ_VALID | 0x30);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_HANDLER(0x30));
    vg_fini(&g);
}
END_TEST

/* What a segment register holds beyond its selector survives exits, though its
 * descriptor in memory says something else by now. */
START_TEST(access_to_hidden_state)
{
    VG_START(
        &g,
        "\x0f\xa2\x64\x8b\x04\x25\x10\0\0\0"); /* cpuid; mov eax, fs:[10h] */
    VG_SET(&g, GUEST_FS_SELECTOR, VG_DS);
    VG_SET(&g, GUEST_FS_BASE, 0x5000);
    vg_put(&g, 0x5010, 0x4711, 4);
    vg_put(&g, VG_GDT + VG_DS, 0, 8);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_CPUID);
    VG_SET(&g, GUEST_RIP, VG_CODE + 2);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.r[R_AX], 0x4711);
    ck_assert_uint_eq(VG_GET(&g, GUEST_FS_BASE), 0x5000);
    vg_fini(&g);
}
END_TEST

/* Paging keeps the guest's user level from its kernel's pages: the fault is the
 * guest's own. */
START_TEST(ring_compression)
{
    VG_START(&g, "\x8b\x00");                    /* mov eax, [rax] */
    vg_put(&g, VG_TABLES + 0x2008, 0x200083, 8); /* supervisor, 2-4 MiB */
    vg_put(&g, VG_EPT + 0x2008, (VG_EPT + 0x3000) | 7, 8); /* to 0-2 MiB */
    g.c->s.r[R_AX] = 0x205000;
    if (_i == 0) {
        runs_to_its_end(2); /* the kernel may */
    } else {
        user_mode();
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
        ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_HANDLER(VEC_PF));
        ck_assert_uint_eq(g.c->s.cr2, 0x205000);
        ck_assert_uint_eq(vmx_counts(g.v)->exit, 1);
    }
    vg_fini(&g);
}
END_TEST

/* The task-priority register: reads and writes touch the virtual-APIC page;
 * only one that falls below the threshold exits. */
START_TEST(frequent_access_to_privileged_resources)
{
    /* mov cr8, rax; mov rbx, cr8; mov cr8, rcx; mov rdx, cr8; mov cr8, rsi */
    VG_START(&g,
             "\x44\x0f\x22\xc0\x44\x0f\x20\xc3\x44\x0f\x22\xc1\x44\x0f\x20\xc2"
             "\x44\x0f\x22\xc6");
    vg_ctl(&g, PROC_TPR_SHADOW, true);
    vg_put(&g, VG_VAPIC + 0x80, 0xf0, 1);
    VG_SET(&g, TPR_THRESHOLD, 4);
    g.c->s.r[R_AX] = 9;
    g.c->s.r[R_CX] = 4;
    g.c->s.r[R_SI] = 3;
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_TPR_BELOW_THRESHOLD);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_CODE + 20);
    ck_assert_uint_eq(vmx_counts(g.v)->exit, 1);
    ck_assert_uint_eq(g.c->s.r[R_BX], 9);
    ck_assert_uint_eq(g.c->s.r[R_DX], 4);
    ck_assert_uint_eq(vg_peek(&g, VG_VAPIC + 0x80, 1), 0x30);
    vg_fini(&g);
}
END_TEST

Suite *test_neiger_suite(void)
{
    Suite *s = suite_create("neiger");
    TCase *tc = tcase_create("challenges");

    tcase_add_test(tc, ring_aliasing);
    tcase_add_test(tc, address_space_compression);
    tcase_add_loop_test(tc, nonfaulting_access_to_privileged_state, 0, 2);
    tcase_add_loop_test(tc, guest_system_calls, 0, 2);
    tcase_add_test(tc, interrupt_virtualization);
    tcase_add_test(tc, access_to_hidden_state);
    tcase_add_loop_test(tc, ring_compression, 0, 2);
    tcase_add_test(tc, frequent_access_to_privileged_resources);
    suite_add_tcase(s, tc);
    return s;
}
