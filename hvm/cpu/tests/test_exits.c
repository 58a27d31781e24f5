/* test_exits.c: one guest for each exit reason of exits.def: a reason without a
 * guest here does not compile. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

/* ---- guests that are one instruction ---- */
static unsigned insn(enum vg_mode mode, enum vmx_ctl ctl, const char *code,
                     size_t n)
{
    vg_init(&g, "all", mode);
    if (ctl != VMX_CTL_ALWAYS)
        vg_ctl(&g, ctl, true);
    if (ctl == PROC_RDTSC)
        vg_ctl(&g, PROC2_RDTSCP, true);
    g.c->s.r[R_AX] = 0x5000;
    vg_code(&g, code, n);
    return vg_go(&g);
}

#define INSN(name, mode, ctl, code)                                            \
    static unsigned make_##name(void)                                          \
    {                                                                          \
        return insn(mode, ctl, code, sizeof(code) - 1);                        \
    }
#define ALWAYS VMX_CTL_ALWAYS

INSN(CPUID, VG_64, ALWAYS, "\x0f\xa2")
INSN(HLT, VG_64, PROC_HLT, "\xf4")
INSN(INVD, VG_64, ALWAYS, "\x0f\x08")
INSN(INVLPG, VG_64, PROC_INVLPG, "\x0f\x01\x38")
INSN(RDPMC, VG_64, PROC_RDPMC, "\x0f\x33")
INSN(RDTSC, VG_64, PROC_RDTSC, "\x0f\x31")
INSN(RDTSCP, VG_64, PROC_RDTSC, "\x0f\x01\xf9")
INSN(VMCALL, VG_64, ALWAYS, "\x0f\x01\xc1")
INSN(VMLAUNCH, VG_64, ALWAYS, "\x0f\x01\xc2")
INSN(VMRESUME, VG_64, ALWAYS, "\x0f\x01\xc3")
INSN(VMOFF, VG_64, ALWAYS, "\x0f\x01\xc4")
INSN(VMCLEAR, VG_64, ALWAYS, "\x66\x0f\xc7\x30")
INSN(VMPTRLD, VG_64, ALWAYS, "\x0f\xc7\x30")
INSN(VMPTRST, VG_64, ALWAYS, "\x0f\xc7\x38")
INSN(VMON, VG_64, ALWAYS, "\xf3\x0f\xc7\x30")
INSN(VMREAD, VG_64, ALWAYS, "\x0f\x78\xc3")
INSN(VMWRITE, VG_64, ALWAYS, "\x0f\x79\xc3")
INSN(INVEPT, VG_64, ALWAYS, "\x66\x0f\x38\x80\x08")
INSN(INVVPID, VG_64, ALWAYS, "\x66\x0f\x38\x81\x08")
INSN(CR_ACCESS, VG_64, PROC_CR3_LOAD, "\x0f\x22\xd8")
INSN(DR_ACCESS, VG_64, PROC_MOV_DR, "\x0f\x21\xc3")
INSN(IO_INSTRUCTION, VG_64, PROC_UNCOND_IO, "\xe4\x60")
INSN(MSR_READ, VG_64, ALWAYS, "\x0f\x32")
INSN(MSR_WRITE, VG_64, ALWAYS, "\x0f\x30")
INSN(MWAIT_INSTRUCTION, VG_64, PROC_MWAIT, "\x0f\x01\xc9")
INSN(MONITOR_INSTRUCTION, VG_64, PROC_MONITOR, "\x0f\x01\xc8")
INSN(PAUSE_INSTRUCTION, VG_64, PROC_PAUSE, "\xf3\x90")
INSN(GDTR_IDTR, VG_64, PROC2_DESCRIPTOR_TABLE, "\x0f\x01\x10")
INSN(LDTR_TR, VG_64, PROC2_DESCRIPTOR_TABLE, "\x0f\x00\xc0")
INSN(WBINVD, VG_64, PROC2_WBINVD, "\x0f\x09")
/* The stack page of the #UD handler is not there, nor that of #DF's. */
INSN(EPT_VIOLATION, VG_64, ALWAYS, "\x8a\x04\x25\x00\x00\x40\x00")

/* ---- others ---- */
static unsigned make_EXCEPTION_NMI(void)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, EXCEPTION_BITMAP, BIT(VEC_UD));
    vg_code(&g, "\x0f\x0b", 2);
    return vg_go(&g);
}

static unsigned make_TRIPLE_FAULT(void)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, GUEST_IDTR_LIMIT, 0);
    vg_code(&g, "\x0f\x0b", 2);
    return vg_go(&g);
}

static unsigned make_TASK_SWITCH(void)
{
    vg_init(&g, "all", VG_32);
    vg_put(&g, VG_GDT + 0x30, vg_peek(&g, VG_GDT + VG_TR, 8) & ~BITQ(41), 8);
    vg_code(&g, "\xea\0\0\0\0\x30\0", 7);
    return vg_go(&g);
}

static unsigned make_EXTERNAL_INTERRUPT(void)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    vg_intr(&g, true);
    return vg_go(&g);
}

static unsigned make_INIT_SIGNAL(void)
{
    vg_init(&g, "all", VG_64);
    g.m->cpu->init(g.m->cpu_opaque);
    return vg_go(&g);
}

static unsigned make_SIPI_SIGNAL(void)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, GUEST_ACTIVITY_STATE, 3);
    g.m->cpu->sipi(g.m->cpu_opaque, 0x9a);
    return vg_go(&g);
}

static unsigned make_INTERRUPT_WINDOW(void)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC_INTR_WINDOW, true);
    vg_code(&g, "\xfb\x90", 2); /* sti; nop */
    return vg_go(&g);
}

static unsigned make_NMI_WINDOW(void)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC_NMI_WINDOW, true);
    return vg_go(&g);
}

static unsigned make_MONITOR_TRAP_FLAG(void)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC_MONITOR_TRAP_FLAG, true);
    vg_code(&g, "\x90\x90", 2);
    return vg_go(&g);
}

static unsigned make_PREEMPTION_TIMER(void)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PIN_PREEMPTION_TIMER, true);
    VG_SET(&g, VMX_PREEMPTION_TIMER_VALUE, 10);
    vg_code(&g, "\xeb\xfe", 2);
    return vg_go(&g);
}

/* mov rax, 2; mov cr8, rax */
static unsigned make_TPR_BELOW_THRESHOLD(void)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC_TPR_SHADOW, true);
    vg_put(&g, VG_VAPIC + 0x80, 0x50, 1);
    VG_SET(&g, TPR_THRESHOLD, 3);
    vg_code(&g, "\xb8\2\0\0\0\x44\x0f\x22\xc0", 9);
    return vg_go(&g);
}

static unsigned make_APIC_ACCESS(void)
{
    vg_init(&g, "all", VG_64);
    vg_ctl(&g, PROC2_VIRTUALIZE_APIC, true);
    VG_SET(&g, APIC_ACCESS_ADDR, 0x5000);
    g.c->s.r[R_AX] = 0x5020;
    vg_code(&g, "\x8b\x00", 2);
    return vg_go(&g);
}

static unsigned make_EPT_MISCONFIG(void)
{
    vg_init(&g, "all", VG_64);
    vg_put(&g, VG_EPT + 0x3000 + 8 * 5, 0x5000 | 0x32, 8); /* W without R */
    g.c->s.r[R_AX] = 0x5020;
    vg_code(&g, "\x8b\x00", 2);
    return vg_go(&g);
}

static unsigned failed_entry(void)
{
    ck_assert_int_eq(vmx_vmlaunch(g.v), VMX_OK);
    ck_assert(!vmx_nonroot(g.v));
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_REASON) >> 16, 0x8000);
    return VG_GET(&g, VM_EXIT_REASON) & 0xffff;
}

static unsigned make_INVALID_STATE(void)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, GUEST_RFLAGS, 0);
    return failed_entry();
}

static unsigned make_MSR_LOAD_FAIL(void)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, VM_ENTRY_MSR_LOAD_ADDR, VG_AREA);
    VG_SET(&g, VM_ENTRY_MSR_LOAD_COUNT, 1);
    vg_put(&g, VG_AREA, 0xc0000100, 8); /* FS base is not to be loaded */
    return failed_entry();
}

/* ---- every reason ---- */
static const struct {
    unsigned (*make)(void);
    unsigned reason;
} guests[] = {
#define EXIT_REASON(name, number, qual, length, title) {make_##name, number},
#include "hvm/cpu/exits.def"
#undef EXIT_REASON
};

START_TEST(reason_has_its_guest)
{
    const struct vmx_exit_info *info = vmx_exit_info(guests[_i].reason);
    uint64_t length;

    ck_assert_uint_eq(guests[_i].make(), guests[_i].reason);
    ck_assert_ptr_nonnull(info);
    if (info->qual == QUAL_NONE)
        ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 0);
    length = VG_GET(&g, VM_EXIT_INSTRUCTION_LEN);
    if (info->length == LENGTH_INSN) /* undefined otherwise */
        ck_assert(length >= 1 && length <= 15);
    /* What is not of the event kind leaves no event. */
    if (guests[_i].reason != 0)
        ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO) >> 31, 0);
    vg_fini(&g);
}
END_TEST

Suite *test_exits_suite(void)
{
    Suite *s = suite_create("exits");
    TCase *tc = tcase_create("reasons");

    tcase_add_loop_test(tc, reason_has_its_guest, 0, ARRAY_LEN(guests));
    suite_add_tcase(s, tc);
    return s;
}
