/* test_emit.c: the encoder against bytes from the manual and the assembler. */
#include "bt/translator/emit.h"

#include <stdio.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"

#define RUN 0x10000000u

static void check(const struct emit *e, const char *hex, const char *what)
{
    char text[128] = "";
    const uint8_t *b;

    for (b = e->base; b < e->p; b++)
        sprintf(text + 2 * (b - e->base), "%02x", *b);
    ck_assert_msg(e->fail == EMIT_OK, "%s: failure %d", what, e->fail);
    ck_assert_msg(strcmp(text, hex) == 0, "%s: %s, expected %s", what, text,
                  hex);
}

/* The calls emit exactly these bytes. */
#define GOLD(hex, ...)                                                         \
    do {                                                                       \
        uint8_t buf_[64];                                                      \
        struct emit e_, *e = &e_;                                              \
        emit_init(e, buf_, sizeof(buf_), RUN);                                 \
        __VA_ARGS__;                                                           \
        check(e, hex, #__VA_ARGS__);                                           \
    } while (0)

/* The call fails so, and emits nothing. */
#define FAILS(why, ...)                                                        \
    do {                                                                       \
        uint8_t buf_[64];                                                      \
        struct emit e_, *e = &e_;                                              \
        emit_init(e, buf_, sizeof(buf_), RUN);                                 \
        __VA_ARGS__;                                                           \
        ck_assert_msg(e->fail == (why), "%s: %d", #__VA_ARGS__, e->fail);      \
        ck_assert_msg(e->p == e->base, "%s: bytes", #__VA_ARGS__);             \
    } while (0)

START_TEST(test_registers)
{
    GOLD("00c8", emit_rr(e, EO_ADD, E8, HR_AX, HR_CX));
    GOLD("6601c8", emit_rr(e, EO_ADD, E16, HR_AX, HR_CX));
    GOLD("01c8", emit_rr(e, EO_ADD, E32, HR_AX, HR_CX));
    GOLD("4801c8", emit_rr(e, EO_ADD, E64, HR_AX, HR_CX));
    GOLD("4d01c8", emit_rr(e, EO_ADD, E64, HR_8, HR_9));
    GOLD("4489f8", emit_rr(e, EO_MOV, E32, HR_AX, HR_15));
    GOLD("4187c0", emit_rr(e, EO_XCHG, E32, HR_8, HR_AX));
    GOLD("480fafc1", emit_rr(e, EO_IMUL, E64, HR_AX, HR_CX));
    GOLD("0fa5d1", emit_rr(e, EO_SHLD, E32, HR_CX, HR_DX));
    GOLD("410fb6c4", emit_rr(e, EO_MOVZX8, E32, HR_AX, HR_12));
    GOLD("480fbfc8", emit_rr(e, EO_MOVSX16, E64, HR_CX, HR_AX));
    GOLD("4863c2", emit_rr(e, EO_MOVSXD, E64, HR_AX, HR_DX));
    GOLD("f30fb8c1", emit_rr(e, EO_POPCNT, E32, HR_AX, HR_CX));
    GOLD("f3480fb8c1", emit_rr(e, EO_POPCNT, E64, HR_AX, HR_CX));
    GOLD("0f44c1", emit_cmov_rr(e, CC_E, E32, HR_AX, HR_CX));
    GOLD("490fc8", emit_bswap(e, E64, HR_8));
    GOLD("0fc9", emit_bswap(e, E32, HR_CX));
}
END_TEST

START_TEST(test_byte_registers)
{
    GOLD("00e0", emit_rr(e, EO_ADD, E8, HR_AX, HR_AH));
    GOLD("4000e0", emit_rr(e, EO_ADD, E8, HR_AX, HR_SP));
    GOLD("400fb6c6", emit_rr(e, EO_MOVZX8, E32, HR_AX, HR_SI));
    GOLD("0fb6c7", emit_rr(e, EO_MOVZX8, E32, HR_AX, HR_BH));
    GOLD("0f94c4", emit_setcc_r(e, CC_E, HR_AH));
    GOLD("400f94c4", emit_setcc_r(e, CC_E, HR_SP));
    GOLD("80c47f", emit_ri(e, EO_ADD, E8, HR_AH, 127));
    FAILS(EMIT_FORM, emit_rr(e, EO_ADD, E8, HR_8, HR_AH));
    FAILS(EMIT_FORM, emit_rr(e, EO_ADD, E8, HR_AH, HR_SI));
    FAILS(EMIT_FORM, emit_rr(e, EO_ADD, E32, HR_AX, HR_AH));
    FAILS(EMIT_FORM, emit_rr(e, EO_MOVZX8, E64, HR_AX, HR_AH));
    FAILS(EMIT_FORM, emit_rm(e, EO_MOV, E8, HR_AH, emit_at(HR_8, 0)));
    FAILS(EMIT_FORM, emit_rr(e, EO_MOVZX16, E32, HR_AX, HR_AH));
}
END_TEST

START_TEST(test_memory)
{
    GOLD("8b00", emit_rm(e, EO_MOV, E32, HR_AX, emit_at(HR_AX, 0)));
    GOLD("8b4500", emit_rm(e, EO_MOV, E32, HR_AX, emit_at(HR_BP, 0)));
    GOLD("418b4500", emit_rm(e, EO_MOV, E32, HR_AX, emit_at(HR_13, 0)));
    GOLD("8b0424", emit_rm(e, EO_MOV, E32, HR_AX, emit_at(HR_SP, 0)));
    GOLD("418b442480", emit_rm(e, EO_MOV, E32, HR_AX, emit_at(HR_12, -128)));
    GOLD("8b8080000000", emit_rm(e, EO_MOV, E32, HR_AX, emit_at(HR_AX, 128)));
    GOLD("4a8b44f808",
         emit_rm(e, EO_MOV, E64, HR_AX, emit_at_x(HR_AX, HR_15, 3, 8)));
    GOLD("8b04cd10000000",
         emit_rm(e, EO_MOV, E32, HR_AX, emit_at_x(HR_NONE, HR_CX, 3, 16)));
    GOLD("8b042500100000",
         emit_rm(e, EO_MOV, E32, HR_AX, emit_at(HR_NONE, 0x1000)));
    GOLD("488905f9ffffff",
         emit_mr(e, EO_MOV, E64, emit_at_host((const void *)(uintptr_t)RUN),
                 HR_AX));
    GOLD("833dfbffffff07",
         emit_mi(e, EO_CMP, E32,
                 emit_at_host((const void *)(uintptr_t)(RUN + 2)), 7));
    GOLD("64488b00",
         emit_rm(
             e, EO_MOV, E64, HR_AX,
             (struct emit_mem){.base = HR_AX, .index = HR_NONE, .seg = 0x64}));
    GOLD("8d00", emit_rm(e, EO_LEA, E32, HR_AX, emit_at(HR_AX, 0)));
    GOLD("ff25f6ffffff",
         emit_m(e, EO_JMP, E64,
                emit_at_host((const void *)(uintptr_t)(RUN - 4))));
    GOLD("ff5308", emit_m(e, EO_CALL, E64, emit_at(HR_BX, 8)));
    GOLD("41ffd4", emit_r(e, EO_CALL, E64, HR_12));
    GOLD("f0440fc10b", emit_lock(e);
         emit_mr(e, EO_XADD, E32, emit_at(HR_BX, 0), HR_9));
    FAILS(EMIT_FORM,
          emit_rm(e, EO_MOV, E64, HR_AX, emit_at_x(HR_AX, HR_SP, 0, 0)));
    FAILS(EMIT_FORM, emit_rr(e, EO_LEA, E64, HR_AX, HR_AX));
    FAILS(EMIT_RANGE,
          emit_rm(e, EO_MOV, E64, HR_AX,
                  emit_at_host((const void *)(uintptr_t)(RUN + (3ull << 30)))));
}
END_TEST

START_TEST(test_immediates)
{
    GOLD("83c0ff", emit_ri(e, EO_ADD, E32, HR_AX, -1));
    GOLD("83c0ff", emit_ri(e, EO_ADD, E32, HR_AX, 0xffffffff));
    GOLD("81c080000000", emit_ri(e, EO_ADD, E32, HR_AX, 128));
    GOLD("6681c18000", emit_ri(e, EO_ADD, E16, HR_CX, 128));
    GOLD("6683c1ff", emit_ri(e, EO_ADD, E16, HR_CX, 0xffff));
    GOLD("80c1ff", emit_ri(e, EO_ADD, E8, HR_CX, 0xff));
    GOLD("48c7c0ffffffff", emit_ri(e, EO_MOV, E64, HR_AX, -1));
    GOLD("836b1801", emit_mi(e, EO_SUB, E32, emit_at(HR_BX, 0x18), 1));
    GOLD("66c7000100", emit_mi(e, EO_MOV, E16, emit_at(HR_AX, 0), 1));
    GOLD("c1e805", emit_ri(e, EO_SHR, E32, HR_AX, 5));
    GOLD("48d3e0", emit_r(e, EO_SHL, E64, HR_AX));
    GOLD("0fbae01f", emit_ri(e, EO_BT, E32, HR_AX, 31));
    GOLD("6bc10a", emit_rri(e, EO_IMUL, E32, HR_AX, HR_CX, 10));
    GOLD("69c1e8030000", emit_rri(e, EO_IMUL, E32, HR_AX, HR_CX, 1000));
    GOLD("0fa4d103", emit_rri(e, EO_SHLD, E32, HR_CX, HR_DX, 3));
    GOLD("31c0", emit_rr(e, EO_XOR, E32, HR_AX, HR_AX));
    GOLD("b801000000", emit_mov_imm(e, HR_AX, 1));
    GOLD("41b801000000", emit_mov_imm(e, HR_8, 1));
    GOLD("49c7c0ffffffff", emit_mov_imm(e, HR_8, UINT64_MAX));
    GOLD("48b8efcdab8967452301", emit_mov_imm(e, HR_AX, 0x0123456789abcdef));
    FAILS(EMIT_FORM, emit_ri(e, EO_ADD, E64, HR_AX, 0x80000000));
    FAILS(EMIT_FORM, emit_ri(e, EO_ADD, E8, HR_AX, 256));
    FAILS(EMIT_FORM, emit_ri(e, EO_SHL, E8, HR_AX, 256));
    FAILS(EMIT_FORM, emit_ri(e, EO_XCHG, E32, HR_AX, 1));
    FAILS(EMIT_FORM, emit_r(e, EO_PUSH, E32, HR_AX));
    FAILS(EMIT_FORM, emit_rr(e, EO_IMUL, E8, HR_AX, HR_CX));
}
END_TEST

START_TEST(test_vex)
{
    GOLD("c4e27bf7c1", emit_vex_rrr(e, EV_SHRX, E32, HR_AX, HR_AX, HR_CX));
    GOLD("c4e2f1f7c2", emit_vex_rrr(e, EV_SHLX, E64, HR_AX, HR_CX, HR_DX));
    GOLD("c4e2f2f5c2", emit_vex_rrr(e, EV_PEXT, E64, HR_AX, HR_CX, HR_DX));
    GOLD("c442b0f2c2", emit_vex_rrr(e, EV_ANDN, E64, HR_8, HR_9, HR_10));
    GOLD("c4e3fbf0c10c", emit_rorx(e, E64, HR_AX, HR_CX, 12));
    GOLD("c4c37bf00c2405", emit_rorx_m(e, E32, HR_CX, emit_at(HR_12, 0), 5));
    FAILS(EMIT_FORM, emit_rorx(e, E16, HR_AX, HR_CX, 1));
}
END_TEST

START_TEST(test_generic)
{
    struct emit_generic movq = {.prefix = 0x66, .w = true, .opcode = 0x0f6e};
    struct emit_generic pshufb = {.prefix = 0x66, .opcode = 0x0f3800};
    struct emit_generic palignr = {
        .prefix = 0x66, .opcode = 0x0f3a0f, .imm_bytes = 1, .imm = 3};
    struct emit_generic fld = {.opcode = 0xdd};

    GOLD("0f58c1", emit_sse_rr(e, 0, 0x58, 0, 1));
    GOLD("f2450f58c1", emit_sse_rr(e, 0xf2, 0x58, 8, 9));
    GOLD("66440f6f20", emit_sse_rm(e, 0x66, 0x6f, 12, emit_at(HR_AX, 0)));
    GOLD("66480f6ec1", emit_generic_r(e, &movq, 0, 1));
    GOLD("66450f3800c1", emit_generic_r(e, &pshufb, 8, 9));
    GOLD("660f3a0f401003", emit_generic_m(e, &palignr, 0, emit_at(HR_AX, 16)));
    GOLD("660f3a0fc103", emit_generic_r(e, &palignr, 0, 1));
    GOLD("dd03", emit_generic_m(e, &fld, 0, emit_at(HR_BX, 0)));
    GOLD("0fae02", emit_m(e, EO_FXSAVE, E32, emit_at(HR_DX, 0)));
    GOLD("480fae0a", emit_m(e, EO_FXRSTOR, E64, emit_at(HR_DX, 0)));
}
END_TEST

START_TEST(test_labels)
{
    struct emit_label a = {0}, b = {0}, c = {0};

    GOLD("eb0290907403"
         "eb019090",
         emit_jmp(e, &a, EMIT_SHORT);
         emit_nops(e, 0); emit_bytes(e, "\x90\x90", 2); emit_bind(e, &a);
         emit_jcc(e, CC_E, &b, EMIT_SHORT); emit_jmp(e, &b, EMIT_SHORT);
         emit_bytes(e, "\x90", 1); emit_bind(e, &b); emit_bytes(e, "\x90", 1));
    GOLD("e90b0000000f8505000000e800000000ebfe", emit_jmp(e, &c, EMIT_NEAR);
         emit_jcc(e, CC_NE, &c, EMIT_NEAR); emit_call(e, &c); emit_bind(e, &c);
         emit_jmp(e, &c, EMIT_NEAR));
}
END_TEST

START_TEST(test_label_as_memory)
{
    struct emit_label d = {0}, f = {0};

    /* the immediate after the displacement counts */
    GOLD("813d02000000e8030000"
         "90"
         "90",
         emit_mi(e, EO_CMP, E32, emit_at_label(&d), 1000);
         emit_bytes(e, "\x90\x90", 2); emit_bind(e, &d));
    GOLD("90488d05f8ffffff", emit_bind(e, &f); emit_bytes(e, "\x90", 1);
         emit_rm(e, EO_LEA, E64, HR_AX, emit_at_label(&f)));
}
END_TEST

START_TEST(test_label_reach)
{
    uint8_t buf[512];
    struct emit e;
    struct emit_label l = {0}, m = {0};
    unsigned n;

    for (n = 126; n <= 128; n++) {
        struct emit_label s = {0};

        emit_init(&e, buf, sizeof(buf), RUN);
        emit_jmp(&e, &s, EMIT_SHORT);
        emit_nops(&e, n);
        emit_bind(&e, &s);
        ck_assert_int_eq(e.fail, n <= 127 ? EMIT_OK : EMIT_RANGE);
    }
    /* backward: the shortest that reaches */
    emit_init(&e, buf, sizeof(buf), RUN);
    emit_bind(&e, &l);
    emit_nops(&e, 126);
    emit_jmp(&e, &l, EMIT_NEAR);
    ck_assert_uint_eq(buf[126], 0xeb);
    ck_assert_uint_eq(buf[127], 0x80);
    emit_jmp(&e, &l, EMIT_NEAR);
    ck_assert_uint_eq(buf[128], 0xe9);
    emit_jrcxz(&e, &l);
    ck_assert_int_eq(e.fail, EMIT_RANGE);
    /* binding twice is our bug */
    emit_init(&e, buf, sizeof(buf), RUN);
    emit_bind(&e, &m);
    emit_bind(&e, &m);
    ck_assert_int_eq(e.fail, EMIT_FORM);
}
END_TEST

START_TEST(test_label_elsewhere)
{
    uint8_t buf[64];
    struct emit x;
    struct emit_label a = {0}, b = {0}, far = {0}, near = {0}, bound = {0};

    GOLD("0f85fa0f0000e9f50f0000", emit_jcc(e, CC_NE, &a, EMIT_NEAR);
         emit_jmp(e, &a, EMIT_NEAR); emit_bind_to(e, &a, RUN + 0x1000));
    GOLD("e9ebffffff", emit_jmp(e, &b, EMIT_NEAR);
         emit_bind_to(e, &b, RUN - 0x10));
    emit_init(&x, buf, sizeof(buf), RUN);
    emit_jmp(&x, &far, EMIT_NEAR);
    emit_bind_to(&x, &far, RUN + (3ull << 30));
    ck_assert_int_eq(x.fail, EMIT_RANGE);
    emit_init(&x, buf, sizeof(buf), RUN);
    emit_jmp(&x, &near, EMIT_SHORT);
    emit_bind_to(&x, &near, RUN);
    ck_assert_int_eq(x.fail, EMIT_FORM);
    emit_init(&x, buf, sizeof(buf), RUN);
    emit_nops(&x, 3);
    emit_bind(&x, &bound);
    ck_assert_uint_eq(emit_label_at(&x, &bound), RUN + 3);
    emit_bind_to(&x, &bound, RUN);
    ck_assert_int_eq(x.fail, EMIT_FORM);
}
END_TEST

START_TEST(test_patchable)
{
    uint8_t buf[64];
    struct emit e;
    unsigned i;

    for (i = 0; i < 8; i++) {
        uint32_t at;

        emit_init(&e, buf, sizeof(buf), RUN);
        emit_nops(&e, i);
        at = i & 1 ? emit_jcc_patchable(&e, CC_E, RUN + 0x100)
                   : emit_jmp_patchable(&e, RUN + 0x100);
        ck_assert(emit_ok(&e));
        ck_assert_uint_eq(at % 4, 0);
        ck_assert_uint_eq(at + 4, emit_offset(&e));
        ck_assert_uint_eq(at + 4 + get_le32(buf + at), 0x100);
    }
}
END_TEST

/* Every size of buffer: no byte beyond it, and the failure is told. */
START_TEST(test_overflow)
{
    uint8_t buf[64];
    unsigned size;

    for (size = 0; size < 48; size++) {
        struct emit e;

        memset(buf, 0xa5, sizeof(buf));
        emit_init(&e, buf, size, RUN);
        while (emit_ok(&e)) {
            emit_movabs(&e, HR_AX, 0);
            emit_mi(&e, EO_MOV, E32, emit_at_x(HR_8, HR_9, 2, 0x1000), 1);
        }
        ck_assert_int_eq(e.fail, EMIT_FULL);
        ck_assert_uint_le(emit_offset(&e), size);
        ck_assert_uint_eq(buf[size], 0xa5);
        emit_plain(&e, EP_RET);
        emit_align(&e, 16);
        ck_assert_int_eq(e.fail, EMIT_FULL);
        ck_assert_uint_eq(buf[size], 0xa5);
    }
}
END_TEST

Suite *test_emit_suite(void)
{
    Suite *s = suite_create("emit");
    TCase *tc = tcase_create("emit");

    suite_add_tcase(s, tc);
    tcase_add_test(tc, test_registers);
    tcase_add_test(tc, test_byte_registers);
    tcase_add_test(tc, test_memory);
    tcase_add_test(tc, test_immediates);
    tcase_add_test(tc, test_vex);
    tcase_add_test(tc, test_generic);
    tcase_add_test(tc, test_labels);
    tcase_add_test(tc, test_label_as_memory);
    tcase_add_test(tc, test_label_reach);
    tcase_add_test(tc, test_label_elsewhere);
    tcase_add_test(tc, test_patchable);
    tcase_add_test(tc, test_overflow);
    return s;
}
