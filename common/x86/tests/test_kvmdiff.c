/* test_kvmdiff.c: privileged code on interp and on /dev/kvm: control, debug,
 * model-specific and descriptor-table registers, ports, and random cases.
 * fuzz_kvm does the random part for longer. */
#include "common/tests/suite.h"
#include "common/x86/mem.h"
#include "common/x86/tests/kvmrandom.h"
#include "common/x86/tests/kvmtest.h"

#define RANDOM_CASES 800

/* ---- descriptor-table registers ---- */
static void table_image(struct kvmguest *g)
{
    uint32_t at = AT_DATA + (g->mode == GUEST_V86 ? 0x10 : 0);

    kvmguest_put(g, at, 0x17f, 2);
    kvmguest_put(g, at + 2, 0xff001000u, 8);
}

static void not_canonical(struct kvmguest *g)
{
    table_image(g);
    kvmguest_put(g, AT_DATA + 2, 0x800000001000ull, 8);
}

static void across_limit(struct kvmguest *g)
{
    g->s.seg[SEG_DS].limit = AT_DATA + 4;
    g->s.seg[SEG_DS].attr &= ~SA_G;
}

static void umip(struct kvmguest *g)
{
    g->s.cr4 |= CR4_UMIP;
}

/* ModRM 07 is [bx], [edi] or [rdi]. */
static const struct kvmsnippet tables[] = {
    {"sgdt [di]", "0f 01 07", IN_ALL, AT_BOTH, NULL},
    {"sidt [di]", "0f 01 0f", IN_ALL, AT_BOTH, NULL},
    {"o16 sgdt [di]", "66 0f 01 07", IN_ALL, AT_BOTH, NULL},
    {"sgdt over the limit", "0f 01 07", IN_PROT32, AT_0, across_limit},
    {"lgdt [di]", "0f 01 17", IN_ALL, AT_BOTH, table_image},
    {"lidt [di]", "0f 01 1f", IN_ALL, AT_BOTH, table_image},
    {"o16 lgdt [di]", "66 0f 01 17", IN_ALL, AT_BOTH, table_image},
    {"o16 lidt [di]", "66 0f 01 1f", IN_ALL, AT_BOTH, table_image},
    {"lgdt non-canonical", "0f 01 17", IN_LONG, AT_0, not_canonical},
    {"lidt non-canonical", "0f 01 1f", IN_LONG, AT_0, not_canonical},
    {"lgdt over the limit", "0f 01 17", IN_PROT32, AT_0, across_limit},
    {"lgdt reg", "0f 01 d7", IN_PROT, AT_0, NULL},
    {"sldt [di]", "0f 00 07", IN_ALL, AT_BOTH, NULL},
    {"sldt ax", "0f 00 c0", IN_ALL, AT_BOTH, NULL},
    {"o16 sldt ax", "66 0f 00 c0", IN_ALL, AT_BOTH, NULL},
    {"sldt rax", "48 0f 00 c0", IN_LONG, AT_BOTH, NULL},
    {"str [di]", "0f 00 0f", IN_ALL, AT_BOTH, NULL},
    {"str ax", "0f 00 c8", IN_ALL, AT_BOTH, NULL},
    {"str rax", "48 0f 00 c8", IN_LONG, AT_BOTH, NULL},
};

START_TEST(test_tables)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, tables, ARRAY_LEN(tables));
    kvmtest_end(&t);
}
END_TEST

/* ---- control registers ---- */
static void ts(struct kvmguest *g)
{
    g->s.cr0 |= CR0_TS;
}

static void msw_all(struct kvmguest *g)
{
    g->s.r[R_AX] = 0xffff;
}

static void msw_none(struct kvmguest *g)
{
    g->s.r[R_AX] = 0;
    g->s.cr0 |= CR0_TS | CR0_EM | CR0_MP;
}

static const struct kvmsnippet control[] = {
    {"mov ax, cr0", "0f 20 c0", IN_ALL, AT_BOTH, NULL},
    {"mov ax, cr1", "0f 20 c8", IN_PROT, AT_0, NULL},
    {"mov ax, cr2", "0f 20 d0", IN_ALL, AT_BOTH, NULL},
    {"mov ax, cr3", "0f 20 d8", IN_ALL, AT_BOTH, NULL},
    {"mov ax, cr4", "0f 20 e0", IN_ALL, AT_BOTH, NULL},
    {"mov ax, cr5", "0f 20 e8", IN_PROT, AT_0, NULL},
    {"mov ax, cr7", "0f 20 f8", IN_PROT, AT_0, NULL},
    {"mov cr1, ax", "0f 22 c8", IN_PROT, AT_0, NULL},
    {"mov cr2, ax", "0f 22 d0", IN_ALL, AT_BOTH, NULL},
    {"mov ax, cr9", "44 0f 20 c8", IN_LONG, AT_0, NULL},
    {"clts", "0f 06", IN_ALL, AT_BOTH, ts},
    {"smsw ax", "0f 01 e0", IN_ALL, AT_BOTH, ts},
    {"o16 smsw ax", "66 0f 01 e0", IN_ALL, AT_BOTH, ts},
    {"smsw rax", "48 0f 01 e0", IN_LONG, AT_BOTH, ts},
    {"smsw [di]", "0f 01 27", IN_ALL, AT_BOTH, ts},
    {"lmsw ax", "0f 01 f0", IN_PROT, AT_BOTH, msw_all},
    {"lmsw ax", "0f 01 f0", IN_ALL, AT_BOTH, msw_none},
    {"lmsw [di]", "0f 01 37", IN_PROT, AT_BOTH, NULL},
    {"invlpg [di]", "0f 01 3f", IN_ALL, AT_BOTH, NULL},
    {"invd", "0f 08", IN_ALL, AT_3, NULL},
    {"wbinvd", "0f 09", IN_ALL, AT_BOTH, NULL},
    {"hlt", "f4", IN_ALL, AT_BOTH, NULL},
    {"smsw with UMIP", "0f 01 e0", IN_REAL, AT_0, umip},
};

START_TEST(test_control)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, control, ARRAY_LEN(control));
    kvmtest_end(&t);
}
END_TEST

static uint64_t *control_register(struct kvmguest *g, unsigned n)
{
    return n == 0   ? &g->s.cr0
           : n == 3 ? &g->s.cr3
           : n == 4 ? &g->s.cr4
                    : &g->s.efer;
}

/* Each bit of CR0, CR3 (low ones), CR4 turned, alone and with another. */
static void turn_bits(struct kvmtest *t, enum kvmguest_mode mode, unsigned n)
{
    static const char *const code[] = {
        [0] = "0f 22 c0", [3] = "0f 22 d8", [4] = "0f 22 e0"};
    static const char *const name[] = {
        [0] = "mov cr0, ax", [3] = "mov cr3, ax", [4] = "mov cr4, ax"};

    for (unsigned k = 0; k < 64 * 2; k++) {
        unsigned bit = k / 2;
        uint64_t v;

        if ((bit >= 32 && mode != GUEST_LONG) ||
            (n == 3 && bit >= 12 && bit < 52))
            continue;
        kvmtest_guest(t, mode, 0);
        v = *control_register(&t->g, n) ^ BITQ(bit);
        if (k & 1)
            v ^= n == 0 ? CR0_CD : n == 4 ? CR4_PGE : 8;
        t->g.s.r[R_AX] = v;
        kvmtest_run(t, name[n], code[n]);
    }
}

START_TEST(test_control_bits)
{
    static const uint8_t regs[] = {0, 3, 4};
    struct kvmtest t;

    kvmtest_begin(&t);
    for (unsigned mode = 0; mode < GUEST_MODES; mode++) {
        if (mode != GUEST_V86)
            turn_bits(&t, (enum kvmguest_mode)mode, regs[_i]);
    }
    kvmtest_end(&t);
}
END_TEST

/* ---- debug registers ---- */
static void de(struct kvmguest *g)
{
    g->s.cr4 |= CR4_DE;
}

static void gd(struct kvmguest *g)
{
    g->s.dr[7] |= BIT(13);
}

static const struct kvmsnippet debug[] = {
    {"mov ax, dr0", "0f 21 c0", IN_ALL, AT_BOTH, NULL},
    {"mov ax, dr4", "0f 21 e0", IN_ALL, AT_BOTH, NULL},
    {"mov ax, dr5", "0f 21 e8", IN_ALL, AT_BOTH, NULL},
    {"mov ax, dr6", "0f 21 f0", IN_ALL, AT_BOTH, NULL},
    {"mov ax, dr7", "0f 21 f8", IN_ALL, AT_BOTH, NULL},
    {"mov ax, dr4 with DE", "0f 21 e0", IN_PROT, AT_BOTH, de},
    {"mov dr5, ax with DE", "0f 23 e8", IN_PROT, AT_BOTH, de},
    {"mov ax, dr0 with GD", "0f 21 c0", IN_PROT, AT_BOTH, gd},
    {"mov dr7, ax with GD", "0f 23 f8", IN_PROT, AT_BOTH, gd},
    {"mov dr3, ax; mov cx, dr3", "0f 23 d8 0f 21 d9", IN_ALL, AT_BOTH, NULL},
};

START_TEST(test_debug_registers)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, debug, ARRAY_LEN(debug));
    for (unsigned bit = 0; bit < 64; bit++) {
        for (unsigned mode = GUEST_PROT32; mode < GUEST_MODES; mode++) {
            if (bit >= 32 && mode != GUEST_LONG)
                continue;
            kvmtest_guest(&t, (enum kvmguest_mode)mode, 0);
            t.g.s.r[R_AX] = BITQ(bit);
            kvmtest_run(&t, "mov dr6, ax", "0f 23 f0");
            if (bit < 8) /* enabled breakpoints: elsewhere */
                continue;
            kvmtest_guest(&t, (enum kvmguest_mode)mode, 0);
            t.g.s.r[R_AX] = BITQ(bit);
            kvmtest_run(&t, "mov dr7, ax", "0f 23 f8");
        }
    }
    kvmtest_end(&t);
}
END_TEST

/* ---- model-specific registers ---- */
static const uint32_t msrs[] = {0x174,      0x175,      0x176,      0x277,
                                0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083,
                                0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102,
                                0xc0000fff, 0x12345};

static void msr(struct kvmtest *t, enum kvmguest_mode mode, unsigned cpl,
                uint32_t index, uint64_t v)
{
    kvmtest_guest(t, mode, cpl);
    t->g.s.r[R_CX] = index;
    t->g.s.r[R_AX] = (uint32_t)v;
    t->g.s.r[R_DX] = v >> 32;
    kvmtest_run(t, "wrmsr; rdmsr", "0f 30 0f 32");
}

static void one_msr(struct kvmtest *t, enum kvmguest_mode mode, uint32_t index)
{
    static const uint64_t values[] = {0,
                                      0x10,
                                      0x123456789abc,
                                      0x7fffffffffff,
                                      0x800000000000,
                                      0xffff800000000000,
                                      0xfffffffffffffff8,
                                      0x0007040600070406,
                                      0x0007040600070402};

    for (unsigned k = 0; k < ARRAY_LEN(values); k++)
        msr(t, mode, 0, index, values[k]);
    msr(t, mode, 3, index, 0);
}

START_TEST(test_msrs)
{
    static const uint8_t modes[] = {GUEST_REAL, GUEST_PROT32, GUEST_COMPAT,
                                    GUEST_LONG};
    struct kvmtest t;

    kvmtest_begin(&t);
    for (unsigned k = 0; k < ARRAY_LEN(modes); k++) {
        enum kvmguest_mode mode = (enum kvmguest_mode)modes[k];

        for (unsigned n = 0; n < ARRAY_LEN(msrs); n++)
            one_msr(&t, mode, msrs[n]);
        for (unsigned bit = 0; bit < 64; bit++) {
            uint64_t efer = mode >= GUEST_COMPAT ? 0xd01 : 0;

            msr(&t, mode, 0, 0xc0000080, efer ^ BITQ(bit));
        }
    }
    kvmtest_end(&t);
}
END_TEST

/* ---- ports and the interrupt flag ---- */
static void iopl3(struct kvmguest *g)
{
    g->s.rflags |= FL_IOPL;
}

static void iopl1_if(struct kvmguest *g)
{
    g->s.rflags |= 1u << 12 | FL_IF;
}

static void short_tss(struct kvmguest *g)
{
    g->s.tr.limit = TSS_IOMAP + 2;
    g->s.r[R_DX] = 0x10;
}

static void port_10(struct kvmguest *g)
{
    g->s.r[R_DX] = 0x10;
}

static void port_1f(struct kvmguest *g)
{
    g->s.r[R_DX] = 0x1f;
}

static void port_f(struct kvmguest *g)
{
    g->s.r[R_DX] = 0xf;
}

static void flags_on_stack(struct kvmguest *g)
{
    kvmguest_put(g, (uint32_t)(g->s.seg[SEG_SS].base + g->s.r[R_SP]), 0x3f7ed7,
                 8);
}

static void flags_iopl3(struct kvmguest *g)
{
    flags_on_stack(g);
    iopl3(g);
}

static void pvi(struct kvmguest *g)
{
    g->s.cr4 |= CR4_PVI | CR4_VME;
}

static void vip(struct kvmguest *g)
{
    pvi(g);
    g->s.rflags |= FL_VIP;
}

static const struct kvmsnippet ports[] = {
    {"in al, dx", "ec", IN_ALL, AT_BOTH, port_10},
    {"in ax, dx", "ed", IN_ALL, AT_BOTH, port_10},
    {"in ax, dx at the end of the allowed", "ed", IN_ALL, AT_BOTH, port_1f},
    {"in al, dx at the end of the allowed", "ec", IN_ALL, AT_BOTH, port_1f},
    {"out dx, ax before the allowed", "ef", IN_ALL, AT_BOTH, port_f},
    {"out dx, al with IOPL 3", "ee", IN_ALL, AT_BOTH, iopl3},
    {"in al, dx with a short TSS", "ec", IN_PROT, AT_3, short_tss},
    {"in al, 10h", "e4 10", IN_ALL, AT_BOTH, NULL},
    {"in al, 20h", "e4 20", IN_ALL, AT_BOTH, NULL},
    {"out 20h, al", "e6 20", IN_ALL, AT_BOTH, NULL},
    {"insb", "6c", IN_ALL, AT_BOTH, port_10},
    {"outsb", "6e", IN_ALL, AT_BOTH, port_10},
    {"insb, not allowed", "6c", IN_ALL, AT_BOTH, port_f},
    {"cli", "fa", IN_ALL, AT_BOTH, NULL},
    {"sti", "fb", IN_ALL, AT_BOTH, NULL},
    {"cli, IOPL 3", "fa", IN_ALL, AT_BOTH, iopl3},
    {"sti, IOPL 3", "fb", IN_ALL, AT_BOTH, iopl3},
    {"cli, IOPL 1", "fa", IN_ALL, AT_BOTH, iopl1_if},
    {"cli with PVI", "fa", IN_ALL, AT_BOTH, pvi},
    {"sti with PVI", "fb", IN_ALL, AT_BOTH, pvi},
    {"sti with PVI and VIP", "fb", IN_ALL, AT_BOTH, vip},
    {"popf", "9d", IN_ALL, AT_BOTH, flags_on_stack},
    {"o16 popf", "66 9d", IN_ALL, AT_BOTH, flags_on_stack},
    {"popf, IOPL 3", "9d", IN_ALL, AT_BOTH, flags_iopl3},
    {"pushf", "9c", IN_ALL, AT_BOTH, iopl1_if},
    {"o16 pushf", "66 9c", IN_ALL, AT_BOTH, iopl1_if},
};

START_TEST(test_ports)
{
    struct kvmtest t;

    kvmtest_begin(&t);
    kvmtest_table(&t, ports, ARRAY_LEN(ports));
    kvmtest_end(&t);
}
END_TEST

/* ---- random ---- */
START_TEST(test_random)
{
    struct kvmtest t;
    struct kvmrandom r = {.rng = {.state = 1000 + (uint64_t)_i}};

    kvmtest_begin(&t);
    r.modes = kvmdiff_modes(t.d);
    r.pvm = kvmdiff_pvm(t.d);
    for (unsigned k = 0; k < RANDOM_CASES; k++) {
        const char *name = kvmrandom_case(&r, &t.g);

        ck_assert_int_ne(kvmdiff_run(t.d, &t.g, name), KVMDIFF_DIFFERENT);
    }
    ck_assert_uint_gt(kvmdiff_counts(t.d)[KVMDIFF_SAME], RANDOM_CASES / 2);
    kvmdiff_destroy(t.d);
}
END_TEST

Suite *test_kvmdiff_suite(void)
{
    Suite *s = suite_create("kvmdiff");
    TCase *c = tcase_create("registers");

    tcase_add_test(c, test_tables);
    tcase_add_test(c, test_control);
    tcase_add_loop_test(c, test_control_bits, 0, 3);
    tcase_add_test(c, test_debug_registers);
    tcase_add_test(c, test_msrs);
    tcase_add_test(c, test_ports);
    suite_add_tcase(s, c);
    c = tcase_create("random");
    tcase_add_loop_test(c, test_random, 0, 1);
    suite_add_tcase(s, c);
    return s;
}
