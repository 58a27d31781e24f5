/* test_kvmevent.c: events on interp and on /dev/kvm: INT, faults, gates of the
 * IDT, debug exceptions, page faults, virtual-8086 mode. */
#include "common/tests/suite.h"
#include "common/x86/mem.h"
#include "common/x86/tests/kvmtest.h"

/* ---- instructions that raise ---- */
static void cr0_ts(struct kvmguest *g)
{
    g->s.cr0 |= CR0_TS;
}

static void cr0_em(struct kvmguest *g)
{
    g->s.cr0 |= CR0_EM;
}

static void cr0_mp_ts(struct kvmguest *g)
{
    g->s.cr0 |= CR0_TS | CR0_MP;
}

static void overflow(struct kvmguest *g)
{
    g->s.rflags |= FL_OF;
}

static void zero(struct kvmguest *g)
{
    g->s.r[R_CX] = 0;
}

static void alignment(struct kvmguest *g)
{
    g->s.cr0 |= CR0_AM;
    g->s.rflags |= FL_AC;
    g->s.r[R_DI]++;
}

static void hole(struct kvmguest *g)
{
    g->s.r[R_DI] = AT_HOLE;
}

static void not_canonical(struct kvmguest *g)
{
    g->s.r[R_DI] = g->s.r[R_BP] = 0x800000000000ull;
}

static void ds_limit(struct kvmguest *g)
{
    g->s.seg[SEG_DS].limit = AT_DATA;
    g->s.seg[SEG_DS].attr &= ~SA_G;
}

static void ds_readonly(struct kvmguest *g)
{
    g->s.seg[SEG_DS].attr &= ~SA_WRITABLE;
}

static void ds_down(struct kvmguest *g)
{
    g->s.seg[SEG_DS].limit = AT_DATA + 3;
    g->s.seg[SEG_DS].attr = (g->s.seg[SEG_DS].attr & ~SA_G) | SA_EXPDOWN;
}

static void ds_null(struct kvmguest *g)
{
    g->s.seg[SEG_DS] = (struct x86_seg){.attr = SA_UNUSABLE};
}

static void ss_limit(struct kvmguest *g)
{
    g->s.seg[SEG_SS].limit = 0x4fff;
    g->s.seg[SEG_SS].attr &= ~SA_G;
}

static const struct kvmsnippet faults[] = {
    {"ud2", "0f 0b", IN_ALL, AT_BOTH, NULL},
    {"lock nop", "f0 90", IN_ALL, AT_BOTH, NULL},
    {"mov cs, ax", "8e c8", IN_ALL, AT_BOTH, NULL},
    {"div cx", "f7 f1", IN_ALL, AT_BOTH, zero},
    {"idiv cx", "f7 f9", IN_ALL, AT_BOTH, zero},
    {"into", "ce", IN_ALL & ~IN_LONG, AT_BOTH, overflow},
    {"int3", "cc", IN_ALL, AT_BOTH, NULL},
    {"int1", "f1", IN_ALL, AT_BOTH, NULL},
    {"int 80h", "cd 80", IN_ALL, AT_BOTH, NULL},
    {"int 20h", "cd 20", IN_ALL, AT_BOTH, NULL},
    {"int 0Dh", "cd 0d", IN_ALL, AT_BOTH, NULL},
    {"bound cx, [di]", "62 0f", IN_ALL & ~IN_LONG, AT_BOTH, zero},
    {"fninit with TS", "db e3", IN_ALL, AT_BOTH, cr0_ts},
    {"fninit with EM", "db e3", IN_ALL, AT_BOTH, cr0_em},
    {"wait with TS", "9b", IN_ALL, AT_BOTH, cr0_ts},
    {"wait with MP, TS", "9b", IN_ALL, AT_BOTH, cr0_mp_ts},
    {"pxor with EM", "0f ef c0", IN_ALL, AT_BOTH, cr0_em},
    {"movaps with TS", "0f 28 c8", IN_ALL, AT_BOTH, cr0_ts},
    {"mov cx, [di], unaligned", "8b 0f", IN_ALL, AT_BOTH, alignment},
    {"mov cx, [di], nothing there", "8b 0f", IN_PAGING, AT_BOTH, hole},
    {"mov [di], cx, nothing there", "89 0f", IN_PAGING, AT_BOTH, hole},
    {"mov cx, [di], not canonical", "8b 0f", IN_LONG, AT_BOTH, not_canonical},
    {"mov cx, [bp], not canonical", "8b 4d 00", IN_LONG, AT_BOTH,
     not_canonical},
    {"mov cx, [di] over the limit", "8b 0f", IN_PROT & ~IN_LONG, AT_BOTH,
     ds_limit},
    {"mov [di], cx, read-only", "89 0f", IN_PROT & ~IN_LONG, AT_BOTH,
     ds_readonly},
    {"mov cx, [di], expand-down", "8b 0f", IN_PROT & ~IN_LONG, AT_BOTH,
     ds_down},
    {"mov cx, [di], null", "8b 0f", IN_PROT & ~IN_LONG, AT_BOTH, ds_null},
    {"push cx over the limit", "51", IN_LEGACY, AT_3, ss_limit},
};

START_TEST(test_faults)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, faults, ARRAY_LEN(faults));
    kvmtest_end(&t);
}
END_TEST

/* ---- gates of the IDT ---- */
static void idt(struct kvmguest *g, uint16_t sel, uint32_t attr, unsigned ist)
{
    static const uint8_t vecs[] = {VEC_UD, 0x80};

    for (unsigned k = 0; k < sizeof(vecs); k++)
        kvmguest_set_idt(g, vecs[k], sel, AT_HANDLERS + 4 * vecs[k], attr, ist);
}

static uint16_t code0(const struct kvmguest *g)
{
    return kvmguest_long(g) ? SEL_C0L : SEL_C0;
}

static void trap_gate(struct kvmguest *g)
{
    g->s.rflags |= FL_IF | FL_NT;
    idt(g, code0(g), SA_P | SYS_TRAP32 | 3u << 5, 0);
}

static void interrupt_gate(struct kvmguest *g)
{
    g->s.rflags |= FL_IF | FL_NT;
    idt(g, code0(g), SA_P | SYS_INT32 | 3u << 5, 0);
}

static void gate16(struct kvmguest *g)
{
    idt(g, code0(g), SA_P | SYS_INT16 | 3u << 5, 0);
}

static void gate_absent(struct kvmguest *g)
{
    idt(g, code0(g), SYS_INT32 | 3u << 5, 0);
}

static void gate_wrong(struct kvmguest *g)
{
    idt(g, code0(g), SA_P | SYS_CALL32 | 3u << 5, 0);
}

static void gate_ist(struct kvmguest *g)
{
    idt(g, code0(g), SA_P | SYS_INT32 | 3u << 5, 3);
}

static void gate_null(struct kvmguest *g)
{
    idt(g, 0, SA_P | SYS_INT32 | 3u << 5, 0);
}

static void gate_data(struct kvmguest *g)
{
    idt(g, SEL_D0, SA_P | SYS_INT32 | 3u << 5, 0);
}

static void gate_user(struct kvmguest *g)
{
    idt(g, kvmguest_long(g) ? SEL_C3L : SEL_C3, SA_P | SYS_INT32 | 3u << 5, 0);
}

static void gate_conforming(struct kvmguest *g)
{
    idt(g, SEL_CONF, SA_P | SYS_INT32 | 3u << 5, 0);
}

static void gate_c1(struct kvmguest *g)
{
    idt(g, SEL_C1, SA_P | SYS_INT32 | 3u << 5, 0);
}

static void idt_short(struct kvmguest *g)
{
    g->s.idtr.limit = (uint16_t)((kvmguest_long(g) ? 16 : 8) * 0x80 + 6);
}

static void idt_none(struct kvmguest *g)
{
    g->s.idtr.limit = 0;
}

static void bad_ss0(struct kvmguest *g)
{
    kvmguest_put(g, AT_TSS + 8, SEL_D3, 2);
}

static void short_tss(struct kvmguest *g)
{
    g->s.tr.limit = 9;
}

static const struct kvmsnippet gates[] = {
    {"ud2, trap gate", "0f 0b", IN_PROT, AT_BOTH, trap_gate},
    {"int, trap gate", "cd 80", IN_PROT, AT_BOTH, trap_gate},
    {"ud2, interrupt gate", "0f 0b", IN_PROT, AT_BOTH, interrupt_gate},
    {"int, interrupt gate", "cd 80", IN_PROT, AT_BOTH, interrupt_gate},
    {"ud2, 16-bit gate", "0f 0b", IN_PROT, AT_BOTH, gate16},
    {"int, 16-bit gate", "cd 80", IN_PROT, AT_BOTH, gate16},
    {"int, absent gate", "cd 80", IN_PROT, AT_BOTH, gate_absent},
    {"int, wrong gate", "cd 80", IN_PROT, AT_BOTH, gate_wrong},
    {"ud2, IST 3", "0f 0b", IN_COMPAT | IN_LONG, AT_BOTH, gate_ist},
    {"int, IST 3", "cd 80", IN_COMPAT | IN_LONG, AT_BOTH, gate_ist},
    {"int, gate to null", "cd 80", IN_PROT, AT_BOTH, gate_null},
    {"int, gate to data", "cd 80", IN_PROT, AT_BOTH, gate_data},
    {"int, gate to DPL 3", "cd 80", IN_PROT, AT_BOTH, gate_user},
    {"int, gate to conforming", "cd 80", IN_PROT, AT_BOTH, gate_conforming},
    {"int, gate to DPL 1", "cd 80", IN_LEGACY, AT_BOTH, gate_c1},
    {"int past the IDT", "cd 80", IN_PROT, AT_BOTH, idt_short},
    {"ud2 without IDT", "0f 0b", IN_PROT, AT_BOTH, idt_none},
    {"ud2, SS0 wrong", "0f 0b", IN_LEGACY, AT_3, bad_ss0},
    {"ud2, TSS too short", "0f 0b", IN_PROT, AT_3, short_tss},
};

START_TEST(test_gates)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, gates, ARRAY_LEN(gates));
    kvmtest_end(&t);
}
END_TEST

/* ---- debug exceptions ---- */
static void tf_on_stack(struct kvmguest *g)
{
    kvmguest_put(g, (uint32_t)(g->s.seg[SEG_SS].base + g->s.r[R_SP]),
                 FL_ONE | FL_TF, 8);
}

static void single_step(struct kvmguest *g)
{
    g->s.rflags |= FL_TF;
}

static uint32_t here(const struct kvmguest *g)
{
    return g->mode == GUEST_V86 ? AT_DATA + 0x10 : AT_DATA;
}

static void watch_write(struct kvmguest *g)
{
    g->s.dr[0] = here(g);
    g->s.dr[7] |= 2 | 1u << 16 | 1u << 18; /* G0, 2 bytes written */
}

static void watch_both(struct kvmguest *g)
{
    g->s.dr[3] = here(g);
    g->s.dr[7] |= 0x40 | 3u << 28 | 3u << 30;
}

static void watch_code(struct kvmguest *g)
{
    g->s.dr[1] = AT_CODE + 1;
    g->s.dr[7] |= 4;
}

static void watch_port(struct kvmguest *g)
{
    g->s.cr4 |= CR4_DE;
    g->s.r[R_DX] = 0x10;
    g->s.dr[2] = 0x10;
    g->s.dr[7] |= 0x10 | 2u << 24;
}

static const struct kvmsnippet debug[] = {
    {"popf of TF; nop", "9d 90 90", IN_ALL, AT_BOTH, tf_on_stack},
    {"nop with TF", "90 90", IN_ALL, AT_BOTH, single_step},
    {"mov ss with TF", "8c d0 8e d0 90 90", IN_ALL, AT_0, single_step},
    {"hlt with TF", "f4 90", IN_ALL, AT_0, single_step},
    {"ud2 with TF", "0f 0b", IN_ALL, AT_BOTH, single_step},
    {"int with TF", "cd 80", IN_ALL, AT_BOTH, single_step},
    {"mov [di], ax, watched", "89 07 90", IN_ALL, AT_BOTH, watch_write},
    {"mov ax, [di], writes watched", "8b 07 90", IN_ALL, AT_BOTH, watch_write},
    {"mov ax, [di], watched", "8b 07 90", IN_ALL, AT_BOTH, watch_both},
    {"nop; nop, watched", "90 90 90", IN_PROT, AT_BOTH, watch_code},
    {"in al, dx, watched", "ec 90", IN_ALL, AT_BOTH, watch_port},
};

START_TEST(test_debug)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, debug, ARRAY_LEN(debug));
    kvmtest_end(&t);
}
END_TEST

/* ---- page faults ---- */

/* Window page n has P, RW, US by the bits of n; bit 3 is NX. A and D are set.
 */
static void map_windows(struct kvmguest *g)
{
    for (uint32_t n = 0; n < 16; n++) {
        uint64_t e = AT_FAR | 0x60 | (n & 7);

        if ((n & 8) && g->mode != GUEST_PAGED)
            e |= BITQ(63);
        kvmguest_map(g, AT_WINDOW + n * PAGE_SIZE, e);
    }
}

static const char *const accesses[] = {"8b 0f", "89 0f", "ff e7"};

static void all_permissions(struct kvmtest *t, enum kvmguest_mode mode,
                            unsigned cpl, uint64_t wp)
{
    for (uint32_t n = 0; n < 16; n++) {
        for (unsigned k = 0; k < ARRAY_LEN(accesses); k++) {
            kvmtest_guest(t, mode, cpl);
            map_windows(&t->g);
            t->g.s.cr0 ^= wp;
            t->g.s.r[R_DI] = AT_WINDOW + n * PAGE_SIZE;
            kvmtest_run(t, "access to a window", accesses[k]);
        }
    }
}

START_TEST(test_permissions)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    for (unsigned mode = GUEST_PAGED; mode < GUEST_MODES; mode++) {
        for (unsigned k = 0; k < 4; k++)
            all_permissions(&t, (enum kvmguest_mode)mode, k & 1 ? 3 : 0,
                            k & 2 ? CR0_WP : 0);
    }
    kvmtest_end(&t);
}
END_TEST

/* A, D, reserved bits, PS, XD without NXE. */
static void one_entry(struct kvmtest *t, enum kvmguest_mode mode, uint64_t bits,
                      uint64_t efer, const char *code)
{
    kvmtest_guest(t, mode, 0);
    t->g.s.efer &= ~efer;
    kvmguest_map(&t->g, AT_WINDOW, (AT_FAR | 7) ^ bits);
    t->g.s.r[R_DI] = AT_WINDOW;
    kvmtest_run(t, "access to an entry", code);
}

START_TEST(test_entries)
{
    static const uint64_t bits[] = {0,    BITQ(45), BITQ(51), BITQ(62),
                                    0x80, 0x100,    0xe00};
    struct kvmtest t;

    kvmtest_begin(&t);
    for (unsigned mode = GUEST_PAGED; mode < GUEST_MODES; mode++) {
        for (unsigned k = 0; k < ARRAY_LEN(bits); k++) {
            one_entry(&t, (enum kvmguest_mode)mode, bits[k], 0, "8b 0f");
            one_entry(&t, (enum kvmguest_mode)mode, bits[k], 0, "89 0f");
        }
        one_entry(&t, (enum kvmguest_mode)mode, BITQ(63), EFER_NXE, "8b 0f");
    }
    kvmtest_end(&t);
}
END_TEST

/* ---- faults in the delivery of faults ---- */
static void stack_gone(struct kvmguest *g)
{
    kvmguest_put(g, AT_TSS + 4, AT_HOLE, kvmguest_long(g) ? 8 : 4);
}

static void stack_gone_too(struct kvmguest *g)
{
    g->s.r[R_SP] = AT_HOLE;
}

static void pf_gone(struct kvmguest *g)
{
    hole(g);
    kvmguest_set_idt(g, VEC_PF, code0(g), AT_HANDLERS, SYS_INT32, 0);
}

static void gp_gone(struct kvmguest *g)
{
    kvmguest_set_idt(g, VEC_GP, code0(g), AT_HANDLERS, SYS_INT32, 0);
}

static void df_gone(struct kvmguest *g)
{
    gp_gone(g);
    kvmguest_set_idt(g, VEC_DF, code0(g), AT_HANDLERS, SYS_INT32, 0);
}

static void ud_gone(struct kvmguest *g)
{
    kvmguest_set_idt(g, VEC_UD, code0(g), AT_HANDLERS, SYS_INT32, 0);
}

static const struct kvmsnippet doubles[] = {
    {"ud2, no stack", "0f 0b", IN_PAGING, AT_3, stack_gone},
    {"ud2, no stack", "0f 0b", IN_PAGING, AT_0, stack_gone_too},
    {"#PF, absent gate", "8b 0f", IN_PAGING, AT_BOTH, pf_gone},
    {"#GP, absent gate", "8e d8", IN_PROT, AT_BOTH, gp_gone},
    {"#GP, absent gate, nor #DF's", "8e d8", IN_PROT, AT_BOTH, df_gone},
    {"#UD, absent gate", "0f 0b", IN_PROT, AT_BOTH, ud_gone},
};

START_TEST(test_doubles)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, doubles, ARRAY_LEN(doubles));
    kvmtest_end(&t);
}
END_TEST

/* ---- system calls ---- */
static void back(struct kvmguest *g)
{
    g->s.r[R_CX] = AT_FAR;
    g->s.r[R_DX] = AT_FAR;
    g->s.r[R_11] = 0x246ed7;
}

static void no_cs(struct kvmguest *g)
{
    back(g);
    g->s.sysenter_cs = 3;
}

static void no_sce(struct kvmguest *g)
{
    back(g);
    g->s.efer &= ~(uint64_t)EFER_SCE;
}

static const struct kvmsnippet calls[] = {
    {"syscall", "0f 05", IN_PROT, AT_BOTH, NULL},
    {"syscall without SCE", "0f 05", IN_LONG, AT_BOTH, no_sce},
    {"sysret", "0f 07", IN_PROT, AT_BOTH, back},
    {"sysretq", "48 0f 07", IN_LONG, AT_BOTH, back},
    {"sysenter", "0f 34", IN_ALL, AT_BOTH, NULL},
    {"sysenter without CS", "0f 34", IN_ALL, AT_BOTH, no_cs},
    {"sysexit", "0f 35", IN_ALL, AT_BOTH, back},
    {"sysexitq", "48 0f 35", IN_LONG, AT_BOTH, back},
    {"sysexit without CS", "0f 35", IN_ALL, AT_BOTH, no_cs},
    {"swapgs", "0f 01 f8", IN_PROT, AT_BOTH, NULL},
};

START_TEST(test_calls)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, calls, ARRAY_LEN(calls));
    kvmtest_end(&t);
}
END_TEST

/* ---- virtual-8086 mode ---- */
static void v86_iopl3(struct kvmguest *g)
{
    g->s.rflags |= FL_IOPL;
}

static void v86_vme(struct kvmguest *g)
{
    g->s.cr4 |= CR4_VME;
    memset(g->ram + AT_TSS + TSS_REDIRECT, 0, 32); /* all to the task */
}

static void v86_vme_if(struct kvmguest *g)
{
    v86_vme(g);
    g->s.rflags |= FL_VIF;
}

static void v86_vme_iopl3(struct kvmguest *g)
{
    v86_vme(g);
    v86_iopl3(g);
}

static void v86_frame(struct kvmguest *g)
{
    uint32_t sp = (uint32_t)(g->s.seg[SEG_SS].base + g->s.r[R_SP]);

    kvmguest_put(g, sp, 0x10, 2);
    kvmguest_put(g, sp + 2, 0x900, 2);
    kvmguest_put(g, sp + 4, 0x7ed7 & ~FL_TF, 2);
}

static void v86_frame_iopl3(struct kvmguest *g)
{
    v86_frame(g);
    v86_iopl3(g);
}

static void v86_frame_vme(struct kvmguest *g)
{
    v86_frame(g);
    v86_vme(g);
}

static const struct kvmsnippet v86[] = {
    {"int 80h", "cd 80", IN_V86, AT_3, NULL},
    {"int 80h, IOPL 3", "cd 80", IN_V86, AT_3, v86_iopl3},
    {"int 80h with VME", "cd 80", IN_V86, AT_3, v86_vme},
    {"int 80h with VME, VIF", "cd 80", IN_V86, AT_3, v86_vme_if},
    {"int 80h with VME, IOPL 3", "cd 80", IN_V86, AT_3, v86_vme_iopl3},
    {"int 80h, IOPL 3, 16-bit gate", "cd 80", IN_V86, AT_3, gate16},
    {"int3", "cc", IN_V86, AT_3, NULL},
    {"cli with VME", "fa", IN_V86, AT_3, v86_vme_if},
    {"sti with VME", "fb", IN_V86, AT_3, v86_vme},
    {"pushf", "9c", IN_V86, AT_3, NULL},
    {"pushf, IOPL 3", "9c", IN_V86, AT_3, v86_iopl3},
    {"pushf with VME", "9c", IN_V86, AT_3, v86_vme_if},
    {"o32 pushf with VME", "66 9c", IN_V86, AT_3, v86_vme_if},
    {"popf", "9d", IN_V86, AT_3, v86_frame},
    {"popf, IOPL 3", "9d", IN_V86, AT_3, v86_frame_iopl3},
    {"popf with VME", "9d", IN_V86, AT_3, v86_frame_vme},
    {"iret", "cf", IN_V86, AT_3, v86_frame},
    {"iret, IOPL 3", "cf", IN_V86, AT_3, v86_frame_iopl3},
    {"iret with VME", "cf", IN_V86, AT_3, v86_frame_vme},
    {"mov es, ax", "8e c0", IN_V86, AT_3, NULL},
    {"jmp far", "ea 05 00 00 09", IN_V86, AT_3, NULL},
    {"call far", "9a 05 00 00 09", IN_V86, AT_3, NULL},
    {"retf", "cb", IN_V86, AT_3, v86_frame},
    {"lldt ax", "0f 00 d0", IN_V86, AT_3, NULL},
    {"mov ax, cr0", "0f 20 c0", IN_V86, AT_3, NULL},
    {"ud2", "0f 0b", IN_V86, AT_3, NULL},
};

START_TEST(test_v86)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, v86, ARRAY_LEN(v86));
    kvmtest_end(&t);
}
END_TEST

Suite *test_kvmevent_suite(void)
{
    Suite *s = suite_create("kvmevent");
    TCase *c = tcase_create("events");

    tcase_add_test(c, test_faults);
    tcase_add_test(c, test_gates);
    tcase_add_test(c, test_debug);
    tcase_add_test(c, test_permissions);
    tcase_add_test(c, test_entries);
    tcase_add_test(c, test_doubles);
    tcase_add_test(c, test_calls);
    tcase_add_test(c, test_v86);
    suite_add_tcase(s, c);
    return s;
}
