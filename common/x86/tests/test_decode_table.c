/* test_decode_table.c: properties of the table of opcodes and of the decoder
 * over all of them. */
#include <stdlib.h>

#include "common/tests/suite.h"
#include "common/x86/tests/decode_oracle.h"

/* ---- the table ---- */
START_TEST(test_table)
{
    for (unsigned op = 1; op < X86_OPS; op++) {
        const struct x86_op_row *row = &x86_op_rows[op];
        unsigned first = x86_op_first[row->opcode >> 8][row->opcode & 0xff];

        ck_assert_ptr_nonnull(row->impl);
        ck_assert_msg(first != 0 && first <= op, "%s: lines of an opcode apart",
                      row->name);
        ck_assert_uint_eq(x86_op_rows[first].opcode, row->opcode);
        ck_assert_msg(row->modrm == x86_op_rows[first].modrm,
                      "%s: a ModRM byte only sometimes", row->name);
        ck_assert_uint_le((row->traits & XT_I64) + (row->traits & XT_O64),
                          XT_O64);
    }
    ck_assert_str_eq(x86_op_name(X86_OP_NONE), "(bad)");
    ck_assert_str_eq(x86_op_name(X86_OPS), "(bad)");
    ck_assert_ptr_null(x86_op_impl(X86_OP_NONE));
    ck_assert_uint_eq(x86_op_traits(X86_OP_1_CF______), XT_END);
}
END_TEST

/* One encoding of each line, found by trying all. */
struct sample {
    uint8_t bytes[ORACLE_BYTES];
    uint8_t code_size;
};

/* May the form be absent by the operands' kinds alone? */
static bool form_refused(const struct x86_op_row *row, const struct x86_insn *i)
{
    for (unsigned n = 0; n < 3; n++) {
        unsigned kind = OPD_KIND(row->opd[n]);

        if ((i->flags & XI_MEM) != 0
                ? kind == OPK_ONLY_MMX || kind == OPK_ONLY_XMM
                : kind == OPK_MEM)
            return true;
    }
    return false;
}

/* Call visit for each opcode with each ModRM byte under a few prefixes. */
static void sweep(void (*visit)(void *arg, const uint8_t *bytes,
                                unsigned code_size),
                  void *arg)
{
    static const uint8_t escapes[OPMAPS][3] = {
        {0}, {1, 0x0f}, {2, 0x0f, 0x38}, {2, 0x0f, 0x3a}};
    static const uint8_t prefixes[] = {0, 0x66, 0xf2, 0xf3};
    static const uint8_t rexes[] = {0, 0x48, 0x41};
    uint8_t bytes[ORACLE_BYTES] = {0};

    for (unsigned c = 0; c < OPMAPS * 0x10000; c++) {
        const uint8_t *e = escapes[c >> 16];

        for (unsigned p = 0; p < 4 * 5; p++) {
            unsigned n = 0, size = p / 4 < 2 ? p / 4 + 1 : 3;

            if (prefixes[p % 4] != 0)
                bytes[n++] = prefixes[p % 4];
            if (size == 3 && rexes[p / 4 - 2] != 0)
                bytes[n++] = rexes[p / 4 - 2];
            memcpy(bytes + n, e + 1, e[0]);
            n += e[0];
            bytes[n++] = (uint8_t)(c >> 8);
            bytes[n++] = (uint8_t)c;
            memset(bytes + n, 0, sizeof(bytes) - n);
            visit(arg, bytes, size);
        }
    }
}

static void take_sample(void *arg, const uint8_t *bytes, unsigned code_size)
{
    struct sample *samples = arg;
    struct x86_insn i;
    enum x86_decode_result r = x86_decode(bytes, 16, code_size, NULL, &i);
    char text[128];

    if (r == X86_DEC_OK && samples[i.op].code_size == 0) {
        memcpy(samples[i.op].bytes, bytes, ORACLE_BYTES);
        samples[i.op].code_size = (uint8_t)code_size;
    }
    if (i.op == X86_OP_NONE || i.fn != NULL ||
        form_refused(&x86_op_rows[i.op], &i))
        return;
    suite_format(text, sizeof(text),
                 "%s (opcode %x), %u-bit code: no handler for size %u%s",
                 x86_op_name(i.op), x86_op_rows[i.op].opcode, 8u << code_size,
                 xi_osize(&i), (i.flags & XI_MEM) != 0 ? ", memory" : "");
    ck_abort_msg("%s", text);
}

static void check_feature(const struct cpuid_model *model, unsigned op,
                          const struct sample *s)
{
    unsigned f = x86_op_rows[op].feature;
    bool has = f == X86_FEATURES || cpuid_model_has(model, (enum x86_feature)f);
    struct x86_insn i;
    enum x86_decode_result r =
        x86_decode(s->bytes, ORACLE_BYTES, s->code_size, model, &i);

    ck_assert_msg((r == X86_DEC_OK && i.op == op) == has, "%s on %s: %s",
                  x86_op_name(op), cpuid_model_name(model),
                  has ? "hidden" : "shown");
}

/* Every line can be reached, and has a handler for every form it has. A
 * processor model shows exactly the lines whose feature it has. */
START_TEST(test_lines)
{
    struct sample *samples = calloc(X86_OPS, sizeof(*samples));
    const struct cpuid_model *model;

    ck_assert_ptr_nonnull(samples);
    sweep(take_sample, samples);
    for (unsigned op = 1; op < X86_OPS; op++)
        ck_assert_msg(samples[op].code_size != 0, "%s (opcode %x): unreachable",
                      x86_op_name(op), x86_op_rows[op].opcode);
    for (unsigned m = 0; (model = cpuid_model_at(m)) != NULL; m++)
        for (unsigned op = 1; op < X86_OPS; op++)
            check_feature(model, op, &samples[op]);
    free(samples);
}
END_TEST

/* Bytes that are no instruction on a Pentium III, and some that are. */
static const struct {
    uint8_t code_size;
    bool on_pentium3;
    uint8_t bytes[6];
} pentium3[] = {
    {2, true, {0x0f, 0x58, 0xc1}},        /* ADDPS */
    {2, false, {0x66, 0x0f, 0x58, 0xc1}}, /* ADDPD */
    {2, true, {0x0f, 0xe0, 0xc1}},        /* PAVGB mm */
    {2, false, {0x66, 0x0f, 0xe0, 0xc1}}, /* PAVGB xmm */
    {2, false, {0x0f, 0xd4, 0xc1}},       /* PADDQ mm */
    {2, false, {0x0f, 0x38, 0x00, 0xc1}}, /* PSHUFB mm */
    {2, true, {0x0f, 0xae, 0xf8}},        /* SFENCE */
    {2, false, {0x0f, 0xae, 0xe8}},       /* LFENCE */
    {2, false, {0x0f, 0xae, 0x38}},       /* CLFLUSH */
    {2, true, {0x0f, 0xae, 0x00}},        /* FXSAVE */
    {2, true, {0x0f, 0xae, 0x10}},        /* LDMXCSR */
    {2, true, {0x0f, 0x34}},              /* SYSENTER */
    {2, true, {0x0f, 0x42, 0xc1}},        /* CMOVB */
    {2, true, {0xdb, 0xe9}},              /* FUCOMI */
    {2, false, {0xdd, 0x08}},             /* FISTTP */
    {2, true, {0x0f, 0xc7, 0x08}},        /* CMPXCHG8B */
    {2, true, {0x0f, 0x31}},              /* RDTSC */
    {2, false, {0x0f, 0x01, 0xf9}},       /* RDTSCP */
    {2, false, {0x0f, 0x01, 0xc8}},       /* MONITOR */
    {2, false, {0x0f, 0x01, 0xc1}},       /* VMCALL */
    {2, false, {0x0f, 0x05}},             /* SYSCALL */
    {2, false, {0xf3, 0x0f, 0xb8, 0xc1}}, /* POPCNT */
    {2, true, {0xf3, 0x0f, 0xbc, 0xc1}},  /* BSF, not TZCNT */
    {2, true, {0x0f, 0x18, 0x00}},        /* PREFETCHNTA */
    {2, true, {0x9f}},                    /* LAHF */
    {3, false, {0x9f}},                   /* LAHF in 64-bit code */
    {3, false, {0x48, 0x0f, 0xc7, 0x08}}, /* CMPXCHG16B */
};

START_TEST(test_pentium3)
{
    const struct cpuid_model *model = cpuid_model_find("pentium3");
    uint8_t bytes[ORACLE_BYTES] = {0};
    struct x86_insn i;
    enum x86_decode_result r;

    ck_assert_ptr_nonnull(model);
    memcpy(bytes, pentium3[_i].bytes, sizeof(pentium3[_i].bytes));
    r = x86_decode(bytes, sizeof(bytes), pentium3[_i].code_size, NULL, &i);
    ck_assert_int_eq(r, X86_DEC_OK);
    r = x86_decode(bytes, sizeof(bytes), pentium3[_i].code_size, model, &i);
    ck_assert_int_eq(r, pentium3[_i].on_pentium3 ? X86_DEC_OK : X86_DEC_UD);
}
END_TEST

/* ---- prefixes: what Capstone cannot check ---- */

/* The order of legacy prefixes means nothing, but among F2, F3 and among
 * segments. */
static bool any_order(const uint8_t *set, const uint8_t *rest,
                      unsigned code_size)
{
    static const uint8_t order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    uint8_t bytes[3 + ORACLE_BYTES];
    struct x86_insn i, first = {0};
    enum x86_decode_result r, result = X86_DEC_OK;

    memcpy(bytes + 3, rest, ORACLE_BYTES);
    for (unsigned o = 0; o < 6; o++) {
        for (unsigned n = 0; n < 3; n++)
            bytes[n] = set[order[o][n]];
        r = x86_decode(bytes, sizeof(bytes), code_size, NULL, &i);
        if (o == 0) {
            first = i;
            result = r;
        }
        if (r != result || i.len != first.len ||
            (r == X86_DEC_OK && memcmp(&i, &first, sizeof(i)) != 0))
            return false;
    }
    return true;
}

START_TEST(test_prefix_order)
{
    static const uint8_t sets[][3] = {{0x66, 0x67, 0xf2},
                                      {0x66, 0x64, 0xf3},
                                      {0x66, 0x36, 0x67},
                                      {0x67, 0xf3, 0x65}};
    struct rng r = {.state = 12};
    uint8_t bytes[ORACLE_BYTES];

    for (unsigned k = 0; k < 50000; k++) {
        oracle_random_bytes(&r, bytes);
        if (!any_order(sets[k / 3 % 4], bytes, 1 + k % 3))
            ck_abort_msg("case %u: %02x %02x %02x %02x...", k, bytes[0],
                         bytes[1], bytes[2], bytes[3]);
    }
}
END_TEST

/* 16-bit code is 32-bit code with 66 and 67 turned round, but that a mandatory
 * 66 stays. -1: not equal; 0: rest is no instruction in 16-bit code. */
static int code16_as_32(uint8_t rep, bool p66, bool p67, const uint8_t *rest)
{
    uint8_t a[3 + ORACLE_BYTES] = {rep}, b[3 + ORACLE_BYTES] = {rep};
    unsigned na = rep != 0, nb = na;
    struct x86_insn i, j;

    if (p67)
        a[na++] = 0x67;
    else
        b[nb++] = 0x67;
    if (p66)
        a[na++] = 0x66;
    memcpy(a + na, rest, ORACLE_BYTES);
    if (x86_decode(a, ORACLE_BYTES, 1, NULL, &i) != X86_DEC_OK)
        return 0;
    if (x86_op_rows[i.op].pfx != OPP__ ? p66 : !p66)
        b[nb++] = 0x66;
    memcpy(b + nb, rest, ORACLE_BYTES);
    if (x86_decode(b, ORACLE_BYTES, 2, NULL, &j) != X86_DEC_OK ||
        i.len - na != j.len - nb || xi_asize(&i) != xi_asize(&j))
        return -1;
    i.len = j.len;
    if (x86_op_rows[i.op].pfx != OPP__) { /* vectors have no size */
        i.size = j.size;
        i.fn = j.fn;
    }
    return memcmp(&i, &j, sizeof(i)) == 0 ? 1 : -1;
}

static bool has_prefix(const uint8_t *bytes)
{
    return (bytes[0] & 0xe7) == 0x26 || (bytes[0] & 0xfc) == 0x64 ||
           bytes[0] == 0xf0 || bytes[0] == 0xf2 || bytes[0] == 0xf3;
}

START_TEST(test_code16)
{
    static const uint8_t reps[4] = {0, 0, 0xf2, 0xf3};
    struct rng r = {.state = 13};
    uint8_t bytes[ORACLE_BYTES];
    unsigned equal = 0;
    int result;

    for (unsigned k = 0; k < 100000; k++) {
        oracle_random_bytes(&r, bytes);
        if (has_prefix(bytes))
            continue;
        result = code16_as_32(reps[k >> 2 & 3], k & 1, k & 2, bytes);
        if (result < 0)
            ck_abort_msg("case %u: %02x %02x %02x %02x...", k, bytes[0],
                         bytes[1], bytes[2], bytes[3]);
        equal += (unsigned)result;
    }
    ck_assert_uint_gt(equal, 50000);
}
END_TEST

Suite *test_decode_table_suite(void)
{
    Suite *s = suite_create("decode_table");
    TCase *t;

    t = tcase_create("table");
    tcase_add_test(t, test_table);
    suite_add_tcase(s, t);
    t = tcase_create("lines");
    tcase_add_test(t, test_lines);
    suite_add_tcase(s, t);
    t = tcase_create("Pentium III");
    tcase_add_loop_test(t, test_pentium3, 0, (int)ARRAY_LEN(pentium3));
    suite_add_tcase(s, t);
    t = tcase_create("prefix order");
    tcase_add_test(t, test_prefix_order);
    suite_add_tcase(s, t);
    t = tcase_create("16-bit code");
    tcase_add_test(t, test_code16);
    suite_add_tcase(s, t);
    return s;
}
