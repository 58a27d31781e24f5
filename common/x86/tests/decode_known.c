/* decode_known.c: where Capstone 4.0 and the manual, which we follow, differ;
 * each with its reason. */
#include "common/x86/defs.h"
#include "common/x86/tests/decode_oracle.h"

/* What the bytes look like, found without the decoder under test. */
struct shape {
    bool p66, p67, lock;
    bool redundant; /* two of a group, or a REX prefix that is not the last */
    uint8_t rex, rep, seg;
    uint8_t last;  /* last prefix that is no REX */
    uint8_t fs_gs; /* 64 or 65, followed by an override that does not count */
    unsigned map;  /* enum x86_opcode_map */
    uint8_t opcode, modrm;
};

static void add_prefix(struct shape *s, unsigned code_size, uint8_t b)
{
    if (b == 0x66) {
        s->redundant |= s->p66;
        s->p66 = true;
    } else if (b == 0x67) {
        s->redundant |= s->p67;
        s->p67 = true;
    } else if (b == 0xf0) {
        s->redundant |= s->lock;
        s->lock = true;
    } else if (b >= 0xf2) {
        s->redundant |= s->rep != 0;
        s->rep = b;
    } else {
        s->redundant |= s->seg != 0;
        if (code_size == 3)
            s->fs_gs = b >= 0x64 ? 0 : s->seg >= 0x64 ? s->seg : s->fs_gs;
        s->seg = b;
    }
}

static bool is_prefix(uint8_t b)
{
    return b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e ||
           (b >= 0x64 && b <= 0x67) || b == 0xf0 || b == 0xf2 || b == 0xf3;
}

static struct shape shape_of(const struct oracle_case *k)
{
    struct shape s = {0};
    unsigned n = 0;

    for (; n < 12; n++) {
        bool rex = k->code_size == 3 && (k->bytes[n] & 0xf0) == 0x40;

        if (!rex && !is_prefix(k->bytes[n]))
            break;
        s.redundant |= s.rex != 0;
        s.rex = rex ? k->bytes[n] : 0;
        if (!rex) {
            s.last = k->bytes[n];
            add_prefix(&s, k->code_size, s.last);
        }
    }
    s.opcode = k->bytes[n++];
    if (s.opcode == 0x0f) {
        s.map = OPMAP_0F;
        s.opcode = k->bytes[n++];
        if (s.opcode == 0x38 || s.opcode == 0x3a) {
            s.map = s.opcode == 0x38 ? OPMAP_38 : OPMAP_3A;
            s.opcode = k->bytes[n++];
        }
    }
    s.modrm = k->bytes[n];
    return s;
}

static bool is_what(const struct oracle_case *k, const char *what)
{
    return strcmp(k->what, what) == 0;
}

static bool only_ours(const struct oracle_case *k)
{
    return k->result == X86_DEC_OK && !k->valid;
}

static bool only_theirs(const struct oracle_case *k)
{
    return k->result != X86_DEC_OK && k->valid;
}

static bool one_byte(const struct shape *s, unsigned lo, unsigned hi)
{
    return s->map == OPMAP_1 && s->opcode >= lo && s->opcode <= hi;
}

static bool two_byte(const struct shape *s, unsigned lo, unsigned hi)
{
    return s->map == OPMAP_0F && s->opcode >= lo && s->opcode <= hi;
}

static unsigned reg_field(const struct shape *s)
{
    return s->modrm >> 3 & 7;
}

/* Is some line of the opcode chosen by a mandatory prefix? */
static bool by_prefix(const struct shape *s)
{
    unsigned op = x86_op_first[s->map][s->opcode];
    unsigned opcode = x86_op_rows[op].opcode;

    if (op == X86_OP_NONE)
        return false;
    for (; op < X86_OPS && x86_op_rows[op].opcode == opcode; op++)
        if (x86_op_rows[op].pfx != OPP__)
            return true;
    return false;
}

/* ---- one function a rule, in the order of the table below ---- */

static bool near_branch_66(const struct oracle_case *k, const struct shape *s)
{
    bool osize16 = s->p66 || (s->p67 && (s->rex & 8) != 0);

    return k->code_size == 3 && osize16 && !is_what(k, "validity") &&
           (k->row->traits & XT_F64) != 0 && (k->row->traits & XT_END) != 0;
}

static bool ud0_ud1(const struct oracle_case *k, const struct shape *s)
{
    return k->result == X86_DEC_OK &&
           (two_byte(s, 0xff, 0xff) || two_byte(s, 0xb9, 0xb9));
}

static bool x87(const struct oracle_case *k, const struct shape *s)
{
    return only_ours(k) && one_byte(s, 0xd8, 0xdf);
}

static bool reserved_nop(const struct oracle_case *k, const struct shape *s)
{
    return (only_ours(k) || is_what(k, "name") || is_what(k, "operand")) &&
           (two_byte(s, 0x0d, 0x0d) || two_byte(s, 0x18, 0x1f));
}

/* Does Capstone say the same without F2 and F3 (and 66, if all)? */
static bool prefix_ignored(const struct oracle_case *k, bool all)
{
    uint8_t bytes[ORACLE_BYTES];
    unsigned n = 0, from = 0;
    cs_insn *insn;
    bool same = false;

    for (; from < 15; from++) {
        uint8_t b = k->bytes[from];
        bool rex = k->code_size == 3 && (b & 0xf0) == 0x40;

        if (!rex && !is_prefix(b))
            break;
        if (b != 0xf2 && b != 0xf3 && !(all && b == 0x66))
            bytes[n++] = b;
    }
    while (from < ORACLE_BYTES)
        bytes[n++] = k->bytes[from++];
    if (cs_disasm(k->handle, bytes, n, 0, 1, &insn) != 1)
        return false;
    same = insn->id == k->theirs->id &&
           strcmp(insn->op_str, k->theirs->op_str) == 0;
    cs_free(insn, 1);
    return same;
}

static bool no_prefix(const struct oracle_case *k, const struct shape *s)
{
    return only_theirs(k) && by_prefix(s) && (s->p66 || s->rep != 0) &&
           (prefix_ignored(k, false) || prefix_ignored(k, true));
}

/* [SDM2 "LOCK"]'s list, with a memory destination. */
static bool lockable(const struct shape *s)
{
    unsigned op = s->opcode, reg = reg_field(s);

    if (s->modrm >= 0xc0)
        return false;
    if (s->map == OPMAP_1)
        return (op < 0x38 && (op & 7) < 2) ||
               (op >= 0x80 && op <= 0x83 && reg != 7) || op == 0x86 ||
               op == 0x87 ||
               ((op == 0xf6 || op == 0xf7) && (reg == 2 || reg == 3)) ||
               ((op == 0xfe || op == 0xff) && reg < 2);
    return s->map == OPMAP_0F &&
           (op == 0xab || op == 0xb0 || op == 0xb1 || op == 0xb3 ||
            op == 0xbb || op == 0xc0 || op == 0xc1 ||
            (op == 0xba && reg >= 5) || (op == 0xc7 && reg == 1));
}

static bool lock_refused(const struct oracle_case *k, const struct shape *s)
{
    return only_theirs(k) && s->lock && !lockable(s);
}

static bool no_such_register(const struct oracle_case *k, const struct shape *s)
{
    return only_theirs(k) && (two_byte(s, 0x20, 0x23) ||
                              (one_byte(s, 0x8e, 0x8e) && reg_field(s) == 1));
}

/* Opcodes that the model knows nothing of. */
static bool not_modelled(const struct oracle_case *k, const struct shape *s)
{
    unsigned reg = reg_field(s);

    if (!only_theirs(k) || k->ours.op != X86_OP_NONE)
        return false;
    switch (s->map) {
    case OPMAP_1: /* VEX, EVEX, XOP, XABORT and XBEGIN */
        return s->opcode == 0xc4 || s->opcode == 0xc5 || s->opcode == 0x62 ||
               (s->opcode == 0x8f && reg != 0) ||
               (s->opcode >> 1 == 0xc6 >> 1 && s->modrm == 0xf8);
    case OPMAP_0F: /* 3DNow!, GETSEC, Padlock; SSE4A; SVM, SMAP, SGX, TSX;
                    * RDFSBASE, XSAVEOPT...; RDRAND, RDSEED, XSAVEC... */
        return s->opcode == 0x0e || s->opcode == 0x0f || s->opcode == 0x37 ||
               s->opcode == 0xa6 || s->opcode == 0xa7 ||
               (s->opcode == 0x2b && s->rep != 0) ||
               ((s->opcode == 0x78 || s->opcode == 0x79) &&
                (s->p66 || s->rep == 0xf2)) ||
               (s->opcode == 0x01 && s->modrm >= 0xc0) ||
               (s->opcode == 0xae &&
                ((reg != 2 && reg != 3) || s->rep == 0xf3)) ||
               (s->opcode == 0xc7 && reg >= 3);
    default: /* SSE4, AES, PCLMULQDQ, SHA, MOVBE, CRC32... */
        return x86_op_first[s->map][s->opcode] == X86_OP_NONE;
    }
}

static bool code16_prefix(const struct oracle_case *k, const struct shape *s)
{
    return k->code_size == 1 && by_prefix(s) && (s->p66 || s->rep != 0);
}

static bool prefix_order(const struct oracle_case *k, const struct shape *s)
{
    return k->code_size != 1 && by_prefix(s) && (s->p66 || s->rep != 0) &&
           (s->redundant || s->last != (s->rep != 0 ? s->rep : 0x66));
}

static bool p66_with_rep(const struct oracle_case *k, const struct shape *s)
{
    return s->p66 && s->rep != 0 && !by_prefix(s) && !only_theirs(k) &&
           (!is_what(k, "length") || one_byte(s, 0x68, 0x68) ||
            one_byte(s, 0xe8, 0xe8));
}

static bool p67_rexw(const struct oracle_case *k, const struct shape *s)
{
    return k->code_size == 3 && s->p67 && (s->rex & 8) != 0 &&
           (by_prefix(s) || one_byte(s, 0x68, 0x6f) || one_byte(s, 0xe5, 0xef));
}

static bool p66_rexw(const struct oracle_case *k, const struct shape *s)
{
    return k->code_size == 3 && s->p66 && (s->rex & 8) != 0 &&
           !is_what(k, "validity") &&
           (one_byte(s, 0x68, 0x6f) || one_byte(s, 0xe5, 0xe7) ||
            one_byte(s, 0xed, 0xef));
}

static bool code32_branch67(const struct oracle_case *k, const struct shape *s)
{
    return k->code_size == 2 && s->p67 && is_what(k, "operand") &&
           (two_byte(s, 0x80, 0x8f) || one_byte(s, 0xe9, 0xe9));
}

static bool jcxz67(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "name") && one_byte(s, 0xe3, 0xe3) && s->p67 &&
           (s->last != 0x67 || s->rex != 0);
}

static bool code16_branch32(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "operand") && k->code_size == 1 && s->p66 &&
           (k->row->traits & XT_F64) != 0;
}

static bool cbw(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "name") && one_byte(s, 0x98, 0x99) &&
           (k->code_size == 1 || s->last != 0x66 || s->redundant);
}

static bool xchg66(const struct oracle_case *k, const struct shape *s)
{
    return (is_what(k, "operand") || is_what(k, "name")) &&
           one_byte(s, 0x90, 0x97) && s->p66 &&
           (s->last != 0x66 || s->redundant);
}

static bool f3_rexw(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "name") && s->rep == 0xf3 && (s->rex & 8) != 0 &&
           (one_byte(s, 0x90, 0x90) || two_byte(s, 0x7e, 0x7e));
}

static bool movsxd32(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "operand") && k->code_size == 3 &&
           one_byte(s, 0x63, 0x63) && (s->rex & 8) == 0;
}

static bool sal(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "name") && reg_field(s) == 6 &&
           (one_byte(s, 0xc0, 0xc1) || one_byte(s, 0xd0, 0xd3));
}

static bool bmi1(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "name") && two_byte(s, 0xbc, 0xbd) && s->rep != 0;
}

static bool cmp_predicate(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "name") && two_byte(s, 0xc2, 0xc2) &&
           k->bytes[k->ours.len - 1] < 8;
}

static bool register_width(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "operand") && s->modrm >= 0xc0 &&
           (two_byte(s, 0x02, 0x03) || two_byte(s, 0xc4, 0xc4) ||
            one_byte(s, 0x8e, 0x8e));
}

static bool null_segment(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "operand") && s->fs_gs != 0 &&
           (k->ours.flags & XI_SEGPFX) != 0;
}

static bool sreg_rex(const struct oracle_case *k, const struct shape *s)
{
    return only_ours(k) && (s->rex & 4) != 0 &&
           (one_byte(s, 0x8c, 0x8c) || one_byte(s, 0x8e, 0x8e));
}

static bool fence_rm(const struct oracle_case *k, const struct shape *s)
{
    return only_ours(k) && two_byte(s, 0xae, 0xae) && s->modrm > 0xe8 &&
           (s->modrm & 7) != 0;
}

static bool swapgs(const struct oracle_case *k, const struct shape *s)
{
    return only_theirs(k) && k->code_size != 3 && two_byte(s, 0x01, 0x01) &&
           s->modrm == 0xf8;
}

static bool aam10(const struct oracle_case *k, const struct shape *s)
{
    return is_what(k, "operand") && one_byte(s, 0xd4, 0xd5) &&
           k->ours.imm == 10;
}

struct rule {
    bool (*applies)(const struct oracle_case *k, const struct shape *s);
    const char *reason;
};

static const struct rule rules[] = {
    {near_branch_66,
     "in 64-bit mode near branches have 64-bit operands, whatever 66 says "
     "[SDM1 \"Branches in 64-Bit Mode\"]; Capstone has AMD's 16-bit ones, and "
     "those also for 67 with REX.W"},
    {ud0_ud1, "UD0 and UD1 have a ModRM byte [SDM2 \"UD\"]"},
    {x87, "all x87 escapes are one line here; x87.def says which exist"},
    {reserved_nop,
     "0F 0D and 0F 18..1F are NOPs in all forms [SDM2 \"Opcode Map\", "
     "Reserved-NOP]"},
    {no_prefix,
     "NP, and no line for the prefix: #UD [SDM2 \"Opcode Column in the "
     "Instruction Summary Table\"]; Capstone ignores it"},
    {lock_refused,
     "LOCK without a memory destination, or where it is not allowed, is #UD "
     "[SDM2 \"LOCK\"]"},
    {no_such_register,
     "MOV of CR1, CR5-7, CR9-15, DR8-15 and MOV to CS are #UD [SDM2 \"MOV\"]"},
    {swapgs, "SWAPGS exists in 64-bit mode only [SDM2 \"SWAPGS\"]"},
    {not_modelled, "an extension that no model shows"},
    {code16_prefix, "Capstone ignores mandatory prefixes in 16-bit code"},
    {prefix_order,
     "mandatory prefixes may stand anywhere before REX [SDM2 \"Instruction "
     "Prefixes\"]; Capstone sees the last prefix only, once"},
    {p66_with_rep,
     "66 is the operand size, also beside a REP prefix without meaning; "
     "Capstone mixes sizes, or finds nothing"},
    {p67_rexw, "Capstone takes 67 with REX.W for 66, or does not see it"},
    {p66_rexw,
     "REX.W outweighs 66 [SDM2 \"REX Prefix Fields\"]; Capstone says 16 bits, "
     "or does not extend the immediate"},
    {code32_branch67,
     "67 does not change a branch's displacement; Capstone cuts the target"},
    {jcxz67,
     "67 chooses the counter of JCXZ, wherever it stands [SDM2 \"Jcc\"]"},
    {code16_branch32,
     "66 in 16-bit code gives a branch a 32-bit target; Capstone cuts it"},
    {cbw,
     "Capstone names CBW and CWD by the last prefix being 66, not by size"},
    {xchg66,
     "66 counts wherever it stands; Capstone gives one operand 32 bits"},
    {f3_rexw,
     "REX.W changes nothing in PAUSE and MOVQ xmm, xmm/m64; Capstone forgets "
     "F3 for it"},
    {movsxd32,
     "without REX.W MOVSXD writes 32 (16) bits [SDM2 \"MOVSX/MOVSXD\"]; "
     "Capstone says 64"},
    {sal, "/6 of the shift groups is SHL; Capstone calls it SAL"},
    {bmi1, "no model shows BMI1 or LZCNT: these are BSF and BSR"},
    {cmp_predicate, "Capstone puts the predicate into the name"},
    {register_width,
     "16 bits of the register are used: Capstone prints 32 or 64 for the "
     "sources of LAR, LSL, PINSRW, MOV to a segment register"},
    {null_segment,
     "ES, CS, SS, DS overrides are null prefixes in 64-bit mode and do not "
     "undo FS, GS [SDM1 \"Segmentation in 64-Bit Mode\"]"},
    {sreg_rex,
     "REX.R is ignored for segment registers; Capstone finds nothing. The "
     "processors at hand execute it"},
    {fence_rm,
     "LFENCE, MFENCE, SFENCE ignore ModRM.rm, as the processors at hand do"},
    {aam10, "Capstone leaves out base 10 of AAM and AAD"},
};

unsigned oracle_known_count(void)
{
    return sizeof(rules) / sizeof(rules[0]);
}

const char *oracle_known_reason(unsigned rule)
{
    return rules[rule].reason;
}

int oracle_known(const struct oracle_case *k)
{
    struct shape s = shape_of(k);

    for (unsigned r = 0; r < oracle_known_count(); r++)
        if (rules[r].applies(k, &s))
            return (int)r;
    return -1;
}
