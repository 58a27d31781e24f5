/* test_seg.c: loads of segment registers, LDTR and TR: who may load what.
 * [SDM2 "MOV", "LLDT", "LTR"]: "Protected Mode Exceptions". */
#include "common/x86/seg.h"

#include "common/tests/suite.h"
#include "common/x86/tests/tables.h"

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
}

static void teardown(void)
{
    bare_fini(&b);
}

enum mode { LEGACY, LONG };

static void enter(enum mode mode, unsigned cpl)
{
    if (mode == LEGACY)
        tables_protected(&b, cpl);
    else
        tables_long64(&b, cpl);
}

/* MOV sreg, AX */
static int mov_seg(enum x86_segreg seg, uint16_t sel)
{
    uint8_t code[2] = {0x8e, (uint8_t)(0xc0 | seg << 3)};

    b.c->s.r[R_AX] = sel;
    return bare_exec(&b, code, 2);
}

static const struct {
    enum mode mode;
    unsigned cpl;
    enum x86_segreg seg;
    uint16_t sel;
    int vector; /* BARE_DONE: loaded */
    uint32_t error;
} loads[] = {
    /* SS: "null", "RPL is not CPL, not writable data, DPL is not CPL" */
    {LEGACY, 0, SEG_SS, T_DATA0, BARE_DONE, 0},
    {LEGACY, 0, SEG_SS, T_DATA16, BARE_DONE, 0},
    {LEGACY, 0, SEG_SS, T_DOWN, BARE_DONE, 0},
    {LEGACY, 0, SEG_SS, 0, VEC_GP, 0},
    {LEGACY, 0, SEG_SS, 3, VEC_GP, 0},
    {LEGACY, 0, SEG_SS, T_DATA0 | 1, VEC_GP, T_DATA0},
    {LEGACY, 0, SEG_SS, T_DATA3, VEC_GP, T_DATA3},
    {LEGACY, 0, SEG_SS, T_CODE0, VEC_GP, T_CODE0},
    {LEGACY, 3, SEG_SS, T_DATA3 | 3, BARE_DONE, 0},
    {LEGACY, 3, SEG_SS, T_RODATA | 3, VEC_GP, T_RODATA},
    {LEGACY, 3, SEG_SS, T_DATA0 | 3, VEC_GP, T_DATA0},
    {LEGACY, 3, SEG_SS, T_ABSENT | 3, VEC_SS, T_ABSENT},
    {LEGACY, 0, SEG_SS, T_TSS, VEC_GP, T_TSS},
    {LEGACY, 0, SEG_SS, T_END, VEC_GP, T_END},
    {LONG, 0, SEG_SS, 0, BARE_DONE, 0},
    {LONG, 0, SEG_SS, 3, VEC_GP, 0},
    {LONG, 3, SEG_SS, 3, VEC_GP, 0},
    {LONG, 3, SEG_SS, T_DATA3 | 3, BARE_DONE, 0},
    /* DS, ES, FS, GS: "data or readable code; RPL and CPL within DPL unless
     * conforming" */
    {LEGACY, 0, SEG_DS, T_DATA3, BARE_DONE, 0},
    {LEGACY, 0, SEG_DS, T_DATA3 | 3, BARE_DONE, 0},
    {LEGACY, 0, SEG_DS, T_DATA0 | 3, VEC_GP, T_DATA0},
    {LEGACY, 3, SEG_DS, T_DATA0, VEC_GP, T_DATA0},
    {LEGACY, 3, SEG_ES, T_DATA3, BARE_DONE, 0},
    {LEGACY, 3, SEG_ES, 0, BARE_DONE, 0},
    {LEGACY, 3, SEG_ES, 3, BARE_DONE, 0},
    {LEGACY, 3, SEG_FS, T_CODE3 | 3, BARE_DONE, 0},
    {LEGACY, 3, SEG_FS, T_XONLY | 3, VEC_GP, T_XONLY},
    {LEGACY, 3, SEG_FS, T_CONFORM | 3, BARE_DONE, 0},
    {LEGACY, 3, SEG_GS, T_ABSENT | 3, VEC_NP, T_ABSENT},
    {LEGACY, 3, SEG_GS, T_TSS | 3, VEC_GP, T_TSS},
    {LEGACY, 3, SEG_GS, T_END | 3, VEC_GP, T_END},
    {LEGACY, 3, SEG_DS, 0xfffb, VEC_GP, 0xfff8},
    {LEGACY, 3, SEG_DS, T_LDATA3 | 3, BARE_DONE, 0},
    {LEGACY, 3, SEG_DS, 0x17, VEC_GP, 0x14}, /* beyond the LDT */
    {LEGACY, 0, SEG_DS, 4, VEC_GP, 4},       /* LDT entry 0 is no null */
    {LONG, 3, SEG_DS, T_DATA3 | 3, BARE_DONE, 0},
    {LONG, 3, SEG_DS, T_DATA0 | 3, VEC_GP, T_DATA0},
    {LONG, 3, SEG_FS, T_ABSENT, VEC_NP, T_ABSENT},
    {LONG, 0, SEG_CS, T_CODE64, VEC_UD, 0},
};

START_TEST(mov_to_segment)
{
    struct x86_seg before;
    int vector;

    enter(loads[_i].mode, loads[_i].cpl);
    before = b.c->s.seg[loads[_i].seg];
    vector = mov_seg(loads[_i].seg, loads[_i].sel);
    ck_assert_int_eq(vector, loads[_i].vector);
    if (vector == BARE_DONE) {
        ck_assert_uint_eq(b.c->s.seg[loads[_i].seg].sel, loads[_i].sel);
        return;
    }
    ck_assert_uint_eq(b.event.error, loads[_i].error);
    ck_assert_uint_eq(b.event.has_error, vector != VEC_UD);
    ck_assert_mem_eq(&b.c->s.seg[loads[_i].seg], &before, sizeof(before));
}
END_TEST

START_TEST(accessed_bit)
{
    uint64_t was;

    tables_protected(&b, 0);
    was = tables_get(&b, T_DATA3);
    ck_assert_int_eq(mov_seg(SEG_ES, T_DATA3), BARE_DONE);
    ck_assert_uint_eq(tables_get(&b, T_DATA3), was | 1ull << 40);
    ck_assert(b.c->s.seg[SEG_ES].attr & SA_ACCESSED);
    /* a load that fails leaves it alone */
    tables_set(&b, T_DATA3, was & ~(1ull << 47));
    ck_assert_int_eq(mov_seg(SEG_ES, T_DATA3), VEC_NP);
    ck_assert_uint_eq(tables_get(&b, T_DATA3), was & ~(1ull << 47));
}
END_TEST

/* Base and limit as [SDM3 "Segment Descriptors"] lays them out. */
START_TEST(parsed)
{
    struct x86_seg *s = &b.c->s.seg[SEG_ES];

    tables_protected(&b, 0);
    tables_set(&b, T_DATA3, tables_desc(0x12345678, 0xabcde, 0xf3, 0x4));
    ck_assert_int_eq(mov_seg(SEG_ES, T_DATA3), BARE_DONE);
    ck_assert_uint_eq(s->base, 0x12345678);
    ck_assert_uint_eq(s->limit, 0xabcde);
    tables_set(&b, T_DATA3, tables_desc(0xfedcba98, 0xabcde, 0xf3, 0xc));
    ck_assert_int_eq(mov_seg(SEG_ES, T_DATA3), BARE_DONE);
    ck_assert_uint_eq(s->base, 0xfedcba98);
    ck_assert_uint_eq(s->limit, 0xabcdefff);
}
END_TEST

/* All 8 bytes of a descriptor lie within the limit, or there is none. */
START_TEST(table_limit)
{
    tables_protected(&b, 0);
    b.c->s.gdtr.limit = T_DATA3 + 7;
    ck_assert_int_eq(mov_seg(SEG_ES, T_DATA3), BARE_DONE);
    b.c->s.gdtr.limit = T_DATA3 + 6;
    ck_assert_int_eq(mov_seg(SEG_ES, T_DATA3), VEC_GP);
    b.c->s.ldtr.limit = 0xe;
    ck_assert_int_eq(mov_seg(SEG_ES, T_LDATA3), VEC_GP);
    ck_assert_uint_eq(b.event.error, T_LDATA3);
}
END_TEST

/* What accesses through the loaded segment do. */
static const struct {
    uint16_t sel;
    uint32_t offset;
    bool write;
    int vector;
} uses[] = {
    {T_DATA16, 0xfffc, true, BARE_DONE},
    {T_DATA16, 0xfffd, false, VEC_GP},
    {T_DATA16, 0x10000, false, VEC_GP},
    {T_DOWN, 0xffe, true, VEC_GP},
    {T_DOWN, 0xfff, true, VEC_GP},
    {T_DOWN, 0x1000, true, BARE_DONE},
    {T_DATA0, 0xffffc, true, BARE_DONE},
    {T_RODATA, 0, false, BARE_DONE},
    {T_RODATA, 0, true, VEC_GP},
    {T_CODE0, 0, false, BARE_DONE},
    {T_CODE0, 0, true, VEC_GP},
    {0, 0, false, VEC_GP},
    {0, 0, true, VEC_GP},
};

START_TEST(use)
{
    tables_protected(&b, 0);
    ck_assert_int_eq(mov_seg(SEG_ES, uses[_i].sel), BARE_DONE);
    b.c->s.r[R_BX] = uses[_i].offset;
    b.c->s.seg[SEG_DS] = b.c->s.seg[SEG_ES];
    x86_seg_update(b.c, SEG_DS);
    if (uses[_i].write)
        /* FXSAVE-free: SGDT would write 6 bytes; MOVD [BX], MM0 writes 4 */
        ck_assert_int_eq(bare_run(&b, "\x0f\x7e\x03"), uses[_i].vector);
    else
        ck_assert_int_eq(bare_run(&b, "\x0f\x6e\x03"), uses[_i].vector);
}
END_TEST

/* FS and GS keep a base in 64-bit mode, the others do not; a null selector
 * clears it on Intel processors. */
START_TEST(base_in_64bit)
{
    tables_long64(&b, 0);
    tables_set(&b, T_DATA3, tables_desc(0x20000, 0xfffff, 0xf3, 0xc));
    ck_assert_int_eq(mov_seg(SEG_FS, T_DATA3), BARE_DONE);
    ck_assert_int_eq(mov_seg(SEG_ES, T_DATA3), BARE_DONE);
    ck_assert_uint_eq(b.c->sc[SEG_FS].base, 0x20000);
    ck_assert_uint_eq(b.c->sc[SEG_ES].base, 0);
    ck_assert_int_eq(mov_seg(SEG_FS, 0), BARE_DONE);
    ck_assert_uint_eq(b.c->s.seg[SEG_FS].base, 0);
    ck_assert_uint_eq(b.c->sc[SEG_FS].base, 0);
}
END_TEST

START_TEST(shadow_of_mov_ss)
{
    tables_protected(&b, 0);
    ck_assert_int_eq(mov_seg(SEG_DS, T_DATA0), BARE_DONE);
    ck_assert_uint_eq(b.c->s.shadow, 0);
    ck_assert_int_eq(mov_seg(SEG_SS, T_DATA16), BARE_DONE);
    ck_assert_uint_eq(b.c->s.shadow, X86_SHADOW_MOVSS);
    ck_assert_uint_eq(b.c->stack_size, 1);
    ck_assert_uint_eq(b.c->stack_mask, 0xffff);
}
END_TEST

START_TEST(real_mode)
{
    bare_real(&b);
    b.c->s.seg[SEG_DS].limit = 0xffffffff; /* "unreal" */
    ck_assert_int_eq(mov_seg(SEG_DS, 0x1234), BARE_DONE);
    ck_assert_uint_eq(b.c->s.seg[SEG_DS].base, 0x12340);
    ck_assert_uint_eq(b.c->s.seg[SEG_DS].limit, 0xffffffff);
}
END_TEST

/* ---- PUSH, POP, LxS ---- */
START_TEST(push_and_pop)
{
    tables_protected(&b, 0);
    tables_poke(&b, TABLES_STACK0 - 4, 0x55aa55aa, 4);
    b.c->s.seg[SEG_FS].sel = 0x1234;
    ck_assert_int_eq(bare_run(&b, "\x0f\xa0"), BARE_DONE); /* push fs */
    ck_assert_uint_eq(b.c->s.r[R_SP], TABLES_STACK0 - 4);
    ck_assert_uint_eq(tables_peek(&b, TABLES_STACK0 - 4, 4), 0x55aa1234);
    tables_poke(&b, TABLES_STACK0 - 4, T_DATA3 | 3, 4);
    ck_assert_int_eq(bare_run(&b, "\x07"), BARE_DONE); /* pop es */
    ck_assert_uint_eq(b.c->s.seg[SEG_ES].sel, T_DATA3 | 3);
    ck_assert_uint_eq(b.c->s.r[R_SP], TABLES_STACK0);
    /* a pop that faults leaves the stack pointer */
    tables_poke(&b, TABLES_STACK0, T_TSS, 4);
    ck_assert_int_eq(bare_run(&b, "\x07"), VEC_GP);
    ck_assert_uint_eq(b.c->s.r[R_SP], TABLES_STACK0);
    /* POP SS to a 16-bit stack: ESP moves as a 32-bit one */
    b.c->s.r[R_SP] = 0x1fffc;
    tables_poke(&b, 0x1fffc, T_DATA16, 4);
    ck_assert_int_eq(bare_run(&b, "\x17"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_SP], 0x20000);
    ck_assert_uint_eq(b.c->s.shadow, X86_SHADOW_MOVSS);
    /* the stack is a 16-bit one now: bits 31:16 stay, SP wraps */
    b.c->s.r[R_SP] = 0x5fffe;
    tables_poke(&b, 0xfffe, T_DATA3, 2);
    ck_assert_int_eq(bare_run(&b, "\x66\x07"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_SP], 0x50000);
}
END_TEST

START_TEST(far_pointers)
{
    tables_protected(&b, 0);
    b.c->s.r[R_BX] = 0x9000;
    tables_poke(&b, 0x9000, 0xcafe1234, 4);
    tables_poke(&b, 0x9004, T_DATA3, 2);
    ck_assert_int_eq(bare_run(&b, "\xc4\x03"), BARE_DONE); /* les eax, [ebx] */
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xcafe1234);
    ck_assert_uint_eq(b.c->s.seg[SEG_ES].sel, T_DATA3);
    b.c->s.r[R_AX] = 7;
    tables_poke(&b, 0x9004, T_TSS, 2);
    ck_assert_int_eq(bare_run(&b, "\x0f\xb5\x03"), VEC_GP); /* lgs */
    ck_assert_uint_eq(b.c->s.r[R_AX], 7);
    tables_poke(&b, 0x9004, T_DATA16, 2);
    ck_assert_int_eq(bare_run(&b, "\x0f\xb2\x23"), BARE_DONE); /* lss esp */
    ck_assert_uint_eq(b.c->s.r[R_SP], 0xcafe1234);
    ck_assert_uint_eq(b.c->s.shadow, 0);
}
END_TEST

/* ---- LLDT, LTR ---- */
static const struct {
    enum mode mode;
    bool ltr;
    uint16_t sel;
    int vector;
    uint32_t error;
} system_loads[] = {
    {LEGACY, false, T_LDT, BARE_DONE, 0},
    {LEGACY, false, 0, BARE_DONE, 0},
    {LEGACY, false, T_TSS, VEC_GP, T_TSS},
    {LEGACY, false, T_LDATA3, VEC_GP, T_LDATA3},
    {LEGACY, false, T_END, VEC_GP, T_END},
    {LEGACY, true, T_TASK, BARE_DONE, 0},
    {LEGACY, true, T_TASK16, BARE_DONE, 0},
    {LEGACY, true, T_TSS, VEC_GP, T_TSS}, /* busy */
    {LEGACY, true, 0, VEC_GP, 0},
    {LEGACY, true, T_ABSENT_TSS, VEC_NP, T_ABSENT_TSS},
    {LEGACY, true, T_LDATA3, VEC_GP, T_LDATA3},
    {LONG, true, T_TASK16, VEC_GP, T_TASK16},
    {LONG, true, T_TSS, VEC_GP, T_TSS},
    {LONG, false, T_LDT, BARE_DONE, 0},
    /* the upper half of this one is no upper half (its type is not 0) */
    {LONG, true, T_TASK, VEC_GP, T_TASK},
};

START_TEST(lldt_ltr)
{
    int vector;

    enter(system_loads[_i].mode, 0);
    b.c->s.r[R_AX] = system_loads[_i].sel;
    vector = system_loads[_i].ltr ? bare_run(&b, "\x0f\x00\xd8")
                                  : bare_run(&b, "\x0f\x00\xd0");
    ck_assert_int_eq(vector, system_loads[_i].vector);
    if (vector != BARE_DONE) {
        ck_assert_uint_eq(b.event.error, system_loads[_i].error);
    } else if (system_loads[_i].ltr) {
        ck_assert_uint_eq(b.c->s.tr.sel, system_loads[_i].sel);
        ck_assert(tables_get(&b, system_loads[_i].sel) & 2ull << 40);
        ck_assert(b.c->s.tr.attr & 2);
    } else {
        ck_assert_uint_eq(b.c->s.ldtr.sel, system_loads[_i].sel);
        ck_assert_uint_eq((b.c->s.ldtr.attr & SA_UNUSABLE) != 0,
                          system_loads[_i].sel == 0);
    }
}
END_TEST

START_TEST(long_tss_base)
{
    tables_long64(&b, 0);
    tables_set(&b, T_GATE,
               tables_desc(0x12345678, 0x67, T_P | SYS_TSS32_AVAIL, 0));
    tables_set(&b, T_GATE + 8, 0xffff8000);
    b.c->s.r[R_AX] = T_GATE;
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xd8"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.tr.base, 0xffff800012345678);
    tables_set(&b, T_GATE,
               tables_desc(0x12345678, 0x67, T_P | SYS_TSS32_AVAIL, 0));
    tables_set(&b, T_GATE + 8, 0x8000); /* not canonical */
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xd8"), VEC_GP);
    ck_assert_uint_eq(b.event.error, T_GATE);
}
END_TEST

/* At CPL 3, in real and in virtual-8086 mode. */
START_TEST(who_may)
{
    tables_protected(&b, 3);
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xd8"), VEC_GP);    /* ltr ax */
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xd0"), VEC_GP);    /* lldt ax */
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\x13"), VEC_GP);    /* lgdt */
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xc8"), BARE_DONE); /* str eax */
    ck_assert_uint_eq(b.c->s.r[R_AX], T_TSS);
    b.c->s.cr4 |= CR4_UMIP;
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xc8"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\x03"), VEC_GP); /* sgdt */
    tables_v86(&b, 3);
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xd8"), VEC_UD);
    ck_assert_int_eq(bare_run(&b, "\x0f\x02\xc0"), VEC_UD); /* lar */
    bare_real(&b);
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xc8"), VEC_UD);
    ck_assert_int_eq(bare_run(&b, "\x63\xc0"), VEC_UD); /* arpl */
}
END_TEST

START_TEST(table_registers)
{
    tables_protected(&b, 0);
    b.c->s.r[R_BX] = 0x9000;
    tables_poke(&b, 0x9000, 0x123456789abcull, 8);
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\x1b"), BARE_DONE); /* lidt */
    ck_assert_uint_eq(b.c->s.idtr.limit, 0x9abc);
    ck_assert_uint_eq(b.c->s.idtr.base, 0x12345678);
    ck_assert_int_eq(bare_run(&b, "\x66\x0f\x01\x1b"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.idtr.base, 0x345678); /* 24 bits */
    b.c->s.r[R_BX] = 0x9010;
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\x0b"), BARE_DONE); /* sidt */
    ck_assert_uint_eq(tables_peek(&b, 0x9010, 8), 0x3456789abcull);
    tables_long64(&b, 0);
    b.c->s.r[R_BX] = 0x9000;
    tables_poke(&b, 0x9002, 0x800000000000ull, 8); /* not canonical */
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\x13"), VEC_GP);
    ck_assert_uint_eq(b.c->s.gdtr.base, TABLES_GDT);
}
END_TEST

/* ---- LAR, LSL, VERR, VERW: ZF, and the value if set ---- */
static const struct {
    unsigned cpl;
    uint16_t sel;
    bool lar, lsl, verr, verw;
} asks[] = {
    {0, T_DATA0, true, true, true, true},
    {3, T_DATA0 | 3, false, false, false, false},
    {0, T_DATA0 | 3, false, false, false, false},
    {3, T_DATA3 | 3, true, true, true, true},
    {3, T_RODATA, true, true, true, false},
    {3, T_XONLY, true, true, false, false},
    {3, T_CONFORM | 3, true, true, true, false},
    {3, T_ABSENT, true, true, true, true}, /* presence is not asked */
    {0, T_TSS, true, true, false, false},
    {0, T_LDT, true, true, false, false},
    {0, T_TASK16, true, true, false, false},
    {0, 0, false, false, false, false},
    {0, T_END, false, false, false, false},
};

static bool zf(void)
{
    return (tables_flags(&b) & FL_ZF) != 0;
}

START_TEST(questions)
{
    uint64_t d;

    tables_protected(&b, asks[_i].cpl);
    b.c->s.r[R_CX] = asks[_i].sel;
    b.c->s.r[R_AX] = 0x77777777;
    ck_assert_int_eq(bare_run(&b, "\x0f\x02\xc1"),
                     BARE_DONE); /* lar eax, ecx */
    ck_assert_int_eq(zf(), asks[_i].lar);
    d = tables_get(&b, asks[_i].sel);
    ck_assert_uint_eq(b.c->s.r[R_AX],
                      asks[_i].lar ? d >> 32 & 0xffff00 : 0x77777777);
    ck_assert_int_eq(bare_run(&b, "\x0f\x03\xc1"), BARE_DONE); /* lsl */
    ck_assert_int_eq(zf(), asks[_i].lsl);
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xe1"), BARE_DONE); /* verr */
    ck_assert_int_eq(zf(), asks[_i].verr);
    ck_assert_int_eq(bare_run(&b, "\x0f\x00\xe9"), BARE_DONE); /* verw */
    ck_assert_int_eq(zf(), asks[_i].verw);
}
END_TEST

START_TEST(gates_have_no_limit)
{
    tables_protected(&b, 0);
    tables_set(&b, T_GATE, tables_gate(T_CODE0, 0, T_P | SYS_CALL32, 0));
    b.c->s.r[R_CX] = T_GATE;
    ck_assert_int_eq(bare_run(&b, "\x0f\x02\xc1"), BARE_DONE);
    ck_assert(zf());
    ck_assert_int_eq(bare_run(&b, "\x0f\x03\xc1"), BARE_DONE);
    ck_assert(!zf());
    tables_set(&b, T_GATE, tables_gate(T_CODE0, 0, T_P | SYS_INT32, 0));
    ck_assert_int_eq(bare_run(&b, "\x0f\x02\xc1"), BARE_DONE);
    ck_assert(!zf());
}
END_TEST

/* IA-32e mode has fewer types. */
START_TEST(long_types)
{
    static const uint16_t sel[] = {T_TSS, T_LDT, T_TASK16};

    tables_long64(&b, 0);
    for (unsigned k = 0; k < 3; k++) {
        b.c->s.r[R_CX] = sel[k];
        ck_assert_int_eq(bare_run(&b, "\x0f\x02\xc1"), BARE_DONE);
        ck_assert_int_eq(zf(), sel[k] != T_TASK16);
        ck_assert_int_eq(bare_run(&b, "\x0f\x03\xc1"), BARE_DONE);
        ck_assert_int_eq(zf(), sel[k] != T_TASK16);
    }
}
END_TEST

START_TEST(arpl)
{
    tables_protected(&b, 3);
    b.c->s.r[R_AX] = 0xabcd0010;
    b.c->s.r[R_CX] = 3;
    ck_assert_int_eq(bare_run(&b, "\x63\xc8"), BARE_DONE); /* arpl ax, cx */
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xabcd0013);
    ck_assert(zf());
    ck_assert_int_eq(bare_run(&b, "\x63\xc8"), BARE_DONE);
    ck_assert(!zf());
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *test_seg_suite(void)
{
    Suite *s = suite_create("seg");
    TCase *t = tcase_create("load");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, mov_to_segment, 0, N(loads));
    tcase_add_test(t, accessed_bit);
    tcase_add_test(t, parsed);
    tcase_add_test(t, table_limit);
    tcase_add_loop_test(t, use, 0, N(uses));
    tcase_add_test(t, base_in_64bit);
    tcase_add_test(t, shadow_of_mov_ss);
    tcase_add_test(t, real_mode);
    tcase_add_test(t, push_and_pop);
    tcase_add_test(t, far_pointers);
    suite_add_tcase(s, t);
    t = tcase_create("system");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, lldt_ltr, 0, N(system_loads));
    tcase_add_test(t, long_tss_base);
    tcase_add_test(t, who_may);
    tcase_add_test(t, table_registers);
    suite_add_tcase(s, t);
    t = tcase_create("ask");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, questions, 0, N(asks));
    tcase_add_test(t, gates_have_no_limit);
    tcase_add_test(t, long_types);
    tcase_add_test(t, arpl);
    suite_add_tcase(s, t);
    return s;
}
