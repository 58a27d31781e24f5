/* test_kvmseg.c: segments and far transfers on interp and on /dev/kvm: every
 * kind of descriptor, gates, tasks, returns. */
#include "common/tests/suite.h"
#include "common/x86/mem.h"
#include "common/x86/tests/kvmtest.h"

/* ---- every descriptor: type, DPL, RPL, P ---- */
struct load {
    const char *name, *code;
    unsigned modes;
};

/* AX and the far pointer at DI name the descriptor, as does the stack. */
static const struct load loads[] = {
    {"mov ds, ax", "8e d8", IN_PROT32 | IN_LONG},
    {"mov ss, ax", "8e d0", IN_PROT32 | IN_LONG},
    {"lfs cx, [di]", "0f b4 0f", IN_PROT32},
    {"pop es", "07", IN_PROT32},
    {"lldt ax", "0f 00 d0", IN_PROT32 | IN_LONG},
    {"ltr ax", "0f 00 d8", IN_PROT32 | IN_LONG},
    {"jmp far [di]", "ff 2f", IN_PROT32 | IN_LONG},
    {"call far [di]", "ff 1f", IN_PROT32},
    {"retf", "cb", IN_PROT32},
    {"iret", "cf", IN_PROT32},
    {"lar cx, ax; lsl dx, ax", "0f 02 c8 0f 03 d0", IN_PROT32 | IN_LONG},
    {"verr ax", "0f 00 e0", IN_PROT32 | IN_LONG},
    {"verw ax", "0f 00 e8", IN_PROT32 | IN_LONG},
};

static void name_it(struct kvmguest *g, uint16_t sel)
{
    uint32_t sp = (uint32_t)g->s.r[R_SP];
    unsigned n = 4;

    g->s.r[R_AX] = sel;
    kvmguest_put(g, AT_DATA, AT_FAR, 4);
    kvmguest_put(g, AT_DATA + 4, sel, 2);
    kvmguest_put(g, sp, AT_FAR, n);
    kvmguest_put(g, sp + n, sel, n);
    kvmguest_put(g, sp + 2 * n, FL_ONE, n);
    kvmguest_put(g, sp + 3 * n, AT_USER_STACK, n);
    kvmguest_put(g, sp + 4 * n, SEL_D3 | 3, n);
}

/* POP ES wants the selector on top. */
static void name_on_top(struct kvmguest *g, uint16_t sel, const char *code)
{
    name_it(g, sel);
    if (strcmp(code, "07") == 0)
        kvmguest_put(g, (uint32_t)g->s.r[R_SP], sel, 4);
}

static uint64_t system_or_segment(unsigned attr)
{
    unsigned type = SA_TYPE(attr);

    if (attr & SA_S)
        return kvmguest_desc(0, 0xfffff, attr | SA_G | SA_DB);
    if (type == SYS_CALL16 || type == SYS_CALL32)
        return kvmguest_gate(SEL_C0, AT_FAR, attr, 0);
    if (type == SYS_TASKGATE)
        return kvmguest_gate(SEL_TSS32, 0, attr, 0);
    return kvmguest_desc(type == SYS_LDT ? AT_LDT : AT_TSS32, 0x67, attr);
}

static void all_descriptors(struct kvmtest *t, const struct load *l,
                            enum kvmguest_mode mode, unsigned cpl)
{
    /* type and S, DPL, RPL; P = 0 where the rest is right */
    for (unsigned k = 0; k < 32 * 4 * 4 + 32; k++) {
        bool absent = k >= 32 * 4 * 4;
        unsigned dpl = absent ? cpl : k >> 5 & 3, rpl = absent ? cpl : k >> 7;
        unsigned attr = (k & 31) | dpl << 5 | (absent ? 0 : SA_P);

        if (!absent && (dpl % 3 != 0 || rpl % 3 != 0) && dpl + rpl != 3)
            continue;
        kvmtest_guest(t, mode, cpl);
        kvmguest_set_desc(&t->g, SEL_T0, system_or_segment(attr));
        kvmguest_put(&t->g, AT_GDT + SEL_T0 + 8, 0, 8);
        name_on_top(&t->g, (uint16_t)(SEL_T0 | rpl), l->code);
        kvmtest_run(t, l->name, l->code);
    }
}

START_TEST(test_descriptors)
{
    const struct load *l = &loads[_i];
    struct kvmtest t;

    kvmtest_begin(&t);
    for (unsigned mode = 0; mode < GUEST_MODES; mode++) {
        if (!(l->modes >> mode & 1))
            continue;
        all_descriptors(&t, l, (enum kvmguest_mode)mode, 0);
        all_descriptors(&t, l, (enum kvmguest_mode)mode, 3);
    }
    kvmtest_end(&t);
}
END_TEST

/* ---- selectors that are special ---- */
START_TEST(test_selectors)
{
    static const uint16_t sels[] = {0,
                                    1,
                                    2,
                                    3,
                                    GDT_LIMIT - 7,
                                    GDT_LIMIT + 1,
                                    0xfff8,
                                    SEL_L0 | 3,
                                    LDT_LIMIT - 7 + 4,
                                    LDT_LIMIT + 1 + 4,
                                    0xfffc,
                                    SEL_LDT,
                                    SEL_TSS,
                                    SEL_CALL,
                                    SEL_TASK};
    struct kvmtest t;

    kvmtest_begin(&t);
    for (unsigned n = 0; n < ARRAY_LEN(loads); n++) {
        for (unsigned k = 0; k < ARRAY_LEN(sels); k++) {
            for (unsigned mode = GUEST_PROT32; mode < GUEST_MODES; mode++) {
                if (!(loads[n].modes >> mode & 1))
                    continue;
                kvmtest_guest(&t, (enum kvmguest_mode)mode, 0);
                name_on_top(&t.g, sels[k], loads[n].code);
                kvmtest_run(&t, loads[n].name, loads[n].code);
            }
        }
    }
    kvmtest_end(&t);
}
END_TEST

/* ---- call gates ---- */
static void gate(struct kvmguest *g, uint16_t sel, unsigned type,
                 unsigned params)
{
    kvmguest_set_desc(
        g, SEL_CALL, kvmguest_gate(sel, AT_FAR, SA_P | type | 3u << 5, params));
    kvmguest_put(g, AT_DATA + 4, SEL_CALL | 3, 2);
    for (unsigned k = 0; k < 8; k++)
        kvmguest_put(g, (uint32_t)g->s.r[R_SP] + 4 * k, 0x11110000u + k, 4);
}

static void gate_0(struct kvmguest *g)
{
    gate(g, kvmguest_long(g) ? SEL_C0L : SEL_C0, SYS_CALL32, 0);
}

static void gate_5(struct kvmguest *g)
{
    gate(g, SEL_C0, SYS_CALL32, 5);
}

static void gate16_3(struct kvmguest *g)
{
    gate(g, SEL_C0, SYS_CALL16, 3);
}

static void gate_1(struct kvmguest *g)
{
    gate(g, SEL_C1, SYS_CALL32, 2);
}

static void gate_conforming(struct kvmguest *g)
{
    gate(g, SEL_CONF, SYS_CALL32, 2);
}

static void gate_outer(struct kvmguest *g)
{
    gate(g, SEL_C3, SYS_CALL32, 0);
}

static void gate_null(struct kvmguest *g)
{
    gate(g, 0, SYS_CALL32, 0);
}

static void gate_ss0_bad(struct kvmguest *g)
{
    gate_0(g);
    kvmguest_put(g, AT_TSS + 8, SEL_D3, 2);
}

static void gate_ss0_null(struct kvmguest *g)
{
    gate_0(g);
    kvmguest_put(g, AT_TSS + 8, 0, 2);
}

static void gate_tss_short(struct kvmguest *g)
{
    gate_0(g);
    g->s.tr.limit = 8;
}

static void gate_upper(struct kvmguest *g)
{
    gate_0(g);
    kvmguest_put(g, AT_GDT + SEL_CALL + 12, 0x1f00, 4);
}

static const struct kvmsnippet gates[] = {
    {"call gate", "ff 1f", IN_PROT, AT_BOTH, gate_0},
    {"jmp gate", "ff 2f", IN_PROT, AT_BOTH, gate_0},
    {"call gate, 5 parameters", "ff 1f", IN_LEGACY, AT_BOTH, gate_5},
    {"call 16-bit gate", "ff 1f", IN_LEGACY, AT_BOTH, gate16_3},
    {"call gate to DPL 1", "ff 1f", IN_LEGACY, AT_BOTH, gate_1},
    {"call gate to conforming", "ff 1f", IN_LEGACY, AT_BOTH, gate_conforming},
    {"jmp gate to conforming", "ff 2f", IN_LEGACY, AT_BOTH, gate_conforming},
    {"call gate to DPL 3", "ff 1f", IN_LEGACY, AT_BOTH, gate_outer},
    {"jmp gate to DPL 3", "ff 2f", IN_LEGACY, AT_BOTH, gate_outer},
    {"call gate to null", "ff 1f", IN_PROT, AT_BOTH, gate_null},
    {"call gate, SS0 wrong", "ff 1f", IN_LEGACY, AT_3, gate_ss0_bad},
    {"call gate, SS0 null", "ff 1f", IN_LEGACY, AT_3, gate_ss0_null},
    {"call gate, TSS too short", "ff 1f", IN_PROT, AT_3, gate_tss_short},
    {"call gate, upper type", "ff 1f", IN_LONG, AT_BOTH, gate_upper},
};

START_TEST(test_gates)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, gates, ARRAY_LEN(gates));
    kvmtest_end(&t);
}
END_TEST

/* ---- tasks ---- */
static void far_to(struct kvmguest *g, uint16_t sel)
{
    kvmguest_put(g, AT_DATA + 4, sel, 2);
}

static void tss32(struct kvmguest *g)
{
    far_to(g, SEL_TSS32);
}

static void tss16(struct kvmguest *g)
{
    far_to(g, SEL_TSS16);
}

static void task_gate(struct kvmguest *g)
{
    far_to(g, SEL_TASK | 3);
}

static void tss_busy(struct kvmguest *g)
{
    far_to(g, SEL_TSS);
}

static void tss_short(struct kvmguest *g)
{
    tss32(g);
    kvmguest_set_desc(g, SEL_TSS32,
                      kvmguest_desc(AT_TSS32, 0x66, SA_P | SYS_TSS32_AVAIL));
}

static void tss_absent(struct kvmguest *g)
{
    tss32(g);
    kvmguest_set_desc(g, SEL_TSS32,
                      kvmguest_desc(AT_TSS32, 0x67, SYS_TSS32_AVAIL));
}

static void tss_user(struct kvmguest *g)
{
    tss32(g);
    kvmguest_put(g, AT_TSS32 + 0x48 + 4, SEL_C3 | 3, 2);
    kvmguest_put(g, AT_TSS32 + 0x48 + 8, SEL_D3 | 3, 2);
    kvmguest_put(g, AT_TSS32 + 0x48 + 12, SEL_D3 | 3, 2);
}

static void tss_bad_ldt(struct kvmguest *g)
{
    tss32(g);
    kvmguest_put(g, AT_TSS32 + 0x60, SEL_D0, 2);
}

static void tss_bad_cs(struct kvmguest *g)
{
    tss32(g);
    kvmguest_put(g, AT_TSS32 + 0x48 + 4, SEL_D0, 2);
}

static void tss_bad_ss(struct kvmguest *g)
{
    tss32(g);
    kvmguest_put(g, AT_TSS32 + 0x48 + 8, SEL_D3, 2);
}

static void tss_bad_ds(struct kvmguest *g)
{
    tss32(g);
    kvmguest_put(g, AT_TSS32 + 0x48 + 12, SEL_TSS, 2);
}

static void tss_bad_ip(struct kvmguest *g)
{
    tss32(g);
    kvmguest_set_desc(
        g, SEL_T0,
        kvmguest_desc(0, 0x8fff, SA_P | SA_S | SA_CODE | SA_DB | SA_ACCESSED));
    kvmguest_put(g, AT_TSS32 + 0x48 + 4, SEL_T0, 2);
}

static void tss_v86(struct kvmguest *g)
{
    tss32(g);
    kvmguest_put(g, AT_TSS32 + 0x20, 0, 4);
    kvmguest_put(g, AT_TSS32 + 0x24, FL_ONE | FL_VM, 4);
    for (unsigned k = 0; k < 6; k++)
        kvmguest_put(g, AT_TSS32 + 0x48 + 4 * k, 0x600 + 0x100 * k, 2);
}

static void tss_trap(struct kvmguest *g)
{
    tss32(g);
    g->ram[AT_TSS32 + 0x64] = 1;
}

static void nested(struct kvmguest *g)
{
    g->s.rflags |= FL_NT;
    kvmguest_put(g, AT_TSS, SEL_TSS32, 2);
    kvmguest_set_desc(g, SEL_TSS32,
                      kvmguest_desc(AT_TSS32, 0x67, SA_P | SYS_TSS32_BUSY));
}

static void nested_not_busy(struct kvmguest *g)
{
    g->s.rflags |= FL_NT;
    kvmguest_put(g, AT_TSS, SEL_TSS32, 2);
}

static void int_task(struct kvmguest *g)
{
    kvmguest_set_idt(g, 0x80, SEL_TSS32, 0, SA_P | SYS_TASKGATE | 3u << 5, 0);
    kvmguest_set_idt(g, VEC_GP, SEL_TSS32, 0, SA_P | SYS_TASKGATE, 0);
}

static const struct kvmsnippet tasks[] = {
    {"jmp tss", "ff 2f", IN_LEGACY, AT_BOTH, tss32},
    {"call tss", "ff 1f", IN_LEGACY, AT_BOTH, tss32},
    {"jmp 16-bit tss", "ff 2f", IN_LEGACY, AT_0, tss16},
    {"call 16-bit tss", "ff 1f", IN_LEGACY, AT_0, tss16},
    {"jmp task gate", "ff 2f", IN_LEGACY, AT_BOTH, task_gate},
    {"call task gate", "ff 1f", IN_LEGACY, AT_BOTH, task_gate},
    {"jmp busy tss", "ff 2f", IN_LEGACY, AT_0, tss_busy},
    {"jmp short tss", "ff 2f", IN_LEGACY, AT_0, tss_short},
    {"jmp absent tss", "ff 2f", IN_LEGACY, AT_0, tss_absent},
    {"jmp tss of CPL 3", "ff 2f", IN_LEGACY, AT_0, tss_user},
    {"jmp tss, bad LDT", "ff 2f", IN_LEGACY, AT_0, tss_bad_ldt},
    {"jmp tss, bad CS", "ff 2f", IN_LEGACY, AT_0, tss_bad_cs},
    {"jmp tss, bad SS", "ff 2f", IN_LEGACY, AT_0, tss_bad_ss},
    {"jmp tss, bad DS", "ff 2f", IN_LEGACY, AT_0, tss_bad_ds},
    {"jmp tss, bad EIP", "ff 2f", IN_LEGACY, AT_0, tss_bad_ip},
    {"jmp tss of virtual-8086 mode", "ff 2f", IN_LEGACY, AT_0, tss_v86},
    {"jmp tss with T", "ff 2f", IN_LEGACY, AT_0, tss_trap},
    {"iret with NT", "cf", IN_PROT, AT_BOTH, nested},
    {"iret with NT, not busy", "cf", IN_PROT, AT_BOTH, nested_not_busy},
    {"int 80h by a task gate", "cd 80", IN_LEGACY, AT_BOTH, int_task},
    {"#GP by a task gate", "8e c8 8e d8", IN_LEGACY, AT_BOTH, int_task},
    {"#GP by a task gate", "cd 20", IN_LEGACY, AT_3, int_task},
};

START_TEST(test_tasks)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, tasks, ARRAY_LEN(tasks));
    kvmtest_end(&t);
}
END_TEST

/* ---- returns ---- */
static void frame(struct kvmguest *g, unsigned n, uint16_t cs, uint32_t flags,
                  uint16_t ss)
{
    uint32_t sp = (uint32_t)g->s.r[R_SP];

    kvmguest_put(g, sp, AT_FAR, n);
    kvmguest_put(g, sp + n, cs, n);
    kvmguest_put(g, sp + 2 * n, flags, n);
    kvmguest_put(g, sp + 3 * n, AT_USER_STACK, n);
    kvmguest_put(g, sp + 4 * n, ss, n);
}

static unsigned slot(const struct kvmguest *g)
{
    return g->mode == GUEST_LONG ? 8 : 4;
}

static void to_outer(struct kvmguest *g)
{
    frame(g, slot(g), (kvmguest_long(g) ? SEL_C3L : SEL_C3) | 3, 0x246ed7,
          SEL_D3 | 3);
}

static void to_same(struct kvmguest *g)
{
    unsigned cpl = SA_DPL(g->s.seg[SEG_SS].attr);

    frame(g, slot(g), g->s.seg[SEG_CS].sel, 0x247ed7,
          (uint16_t)(cpl == 3 ? SEL_D3 | 3 : SEL_D0));
}

static void to_compat(struct kvmguest *g)
{
    frame(g, slot(g), SEL_C3 | 3, 0x202, SEL_D3 | 3);
}

static void to_inner(struct kvmguest *g)
{
    frame(g, slot(g), kvmguest_long(g) ? SEL_C0L : SEL_C0, 2, SEL_D0);
}

static void to_v86(struct kvmguest *g)
{
    uint32_t sp = (uint32_t)g->s.r[R_SP];

    frame(g, 4, 0x900, FL_ONE | FL_VM | FL_IOPL, 0x600);
    kvmguest_put(g, sp, 0, 4);
    kvmguest_put(g, sp + 12, 0xf00, 4);
    for (unsigned k = 5; k < 9; k++)
        kvmguest_put(g, sp + 4 * k, 0x700 + k, 4);
}

static void retf_outer(struct kvmguest *g)
{
    unsigned n = 4;
    uint32_t sp = (uint32_t)g->s.r[R_SP];

    frame(g, n, (kvmguest_long(g) ? SEL_C3L : SEL_C3) | 3, AT_USER_STACK,
          SEL_D3 | 3);
    kvmguest_put(g, sp + 3 * n, SEL_D3 | 3, n);
}

static void retf_same(struct kvmguest *g)
{
    frame(g, 4, g->s.seg[SEG_CS].sel, 0, 0);
}

static const struct kvmsnippet returns[] = {
    {"iret to outer", "cf", IN_32, AT_0, to_outer},
    {"iretq to outer", "48 cf", IN_LONG, AT_0, to_outer},
    {"iretq to compatibility", "48 cf", IN_LONG, AT_0, to_compat},
    {"iret to same", "cf", IN_32, AT_BOTH, to_same},
    {"iretq to same", "48 cf", IN_LONG, AT_0, to_same},
    {"iret to inner", "cf", IN_32, AT_3, to_inner},
    {"iret to virtual-8086 mode", "cf", IN_LEGACY, AT_BOTH, to_v86},
    {"retf to outer", "cb", IN_PROT & ~IN_PROT16, AT_0, retf_outer},
    {"retf to same", "cb", IN_PROT & ~IN_PROT16, AT_BOTH, retf_same},
    {"retf 4 to same", "ca 04 00", IN_PROT & ~IN_PROT16, AT_BOTH, retf_same},
    {"retf to inner", "cb", IN_PROT & ~IN_PROT16, AT_3, to_inner},
};

START_TEST(test_returns)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, returns, ARRAY_LEN(returns));
    kvmtest_end(&t);
}
END_TEST

Suite *test_kvmseg_suite(void)
{
    Suite *s = suite_create("kvmseg");
    TCase *c = tcase_create("segments");

    tcase_add_loop_test(c, test_descriptors, 0, ARRAY_LEN(loads));
    tcase_add_test(c, test_selectors);
    tcase_add_test(c, test_gates);
    tcase_add_test(c, test_tasks);
    tcase_add_test(c, test_returns);
    suite_add_tcase(s, c);
    return s;
}
