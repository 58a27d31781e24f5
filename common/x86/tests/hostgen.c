/* hostgen.c: random instructions and states for the host oracle.
 *
 * Not compared:
 *   - instructions that the host has and the CPUID model hides;
 *   - FS, whose base belongs to the C library in 64-bit code;
 *   - what AMD and Intel define differently (see vendor_differs()). */
#include "common/x86/tests/hostgen.h"

#include <string.h>

#include "common/x86/decode.h"
#include "common/x86/flags.h"

bool hostgen_is_string(const struct hostgen *g)
{
    const char *n = x86_op_name(g->insn.op);

    return strcmp(n, "movs") == 0 || strcmp(n, "stos") == 0 ||
           strcmp(n, "lods") == 0 || strcmp(n, "cmps") == 0 ||
           strcmp(n, "scas") == 0;
}

uint64_t hostgen_below(struct hostgen *g, uint64_t n)
{
    return rng_below(&g->rng, n);
}

static unsigned put_prefixes(struct hostgen *g)
{
    static const uint8_t prefixes[] = {0x66, 0x66, 0xf2, 0xf3, 0xf3, 0xf0,
                                       0x67, 0x2e, 0x36, 0x3e, 0x26, 0x65};
    unsigned n = 0, count = (unsigned)hostgen_below(g, 8);

    count = count < 4 ? 0 : count < 7 ? 1 : 2;
    while (n < count)
        g->bytes[n++] = prefixes[hostgen_below(g, sizeof(prefixes))];
    if (g->code_size == 3 && hostgen_below(g, 2))
        g->bytes[n++] = (uint8_t)(0x40 | hostgen_below(g, 16));
    return n;
}

static void generate(struct hostgen *g)
{
    unsigned n = put_prefixes(g), map = (unsigned)hostgen_below(g, 20);

    if (map >= 9)
        g->bytes[n++] = 0x0f;
    if (map >= 18)
        g->bytes[n++] = map == 18 ? 0x38 : 0x3a;
    while (n < 15)
        g->bytes[n++] = (uint8_t)rng_next(&g->rng);
    g->bytes[15] = 0xcc;
}

uint64_t hostgen_value(struct hostgen *g)
{
    uint64_t v = rng_next(&g->rng);

    switch (hostgen_below(g, 6)) {
    case 0:
        return (v & 1) - (v >> 1 & 1); /* 0, 1, -1 */
    case 1:
        return (uint64_t)1 << (v & 63);
    case 2:
        return v & 0xff;
    case 3:
        return (uint64_t)(int64_t)(int32_t)v;
    default:
        return v;
    }
}

static uint64_t rnd_data(struct hostgen *g)
{
    uint64_t off = hostgen_below(g, HOSTCPU_DATA_BYTES - 1024) + 512;

    if (hostgen_below(g, 4) == 0)
        off &= ~63ull;
    if (hostgen_below(g, 64) == 0)
        off = hostgen_below(g, 2) ? HOSTCPU_DATA_BYTES - hostgen_below(g, 40)
                                  : hostgen_below(g, 8);
    return g->code_size == 1 ? off : HOSTCPU_DATA + off;
}

static void rnd_float(struct hostgen *g, uint8_t *p, unsigned n)
{
    uint64_t v = rng_next(&g->rng);

    for (unsigned k = 0; k < n; k++)
        p[k] = (uint8_t)rng_next(&g->rng);
    if (hostgen_below(g, 3) == 0) { /* exponents that meet */
        put_le16(p + n - 2, (uint16_t)(0x3ff0 + (v & 0x3f)));
        if (n == 10 && hostgen_below(g, 4))
            p[7] |= 0x80;
    } else if (hostgen_below(g, 4) == 0) {
        memset(p, 0, n);
        put_le16(p + n - 2, (v & 1) ? 0x7fff : (v & 2) ? 0x8000 : 0);
        if (n == 10 && (v & 1))
            p[7] = (uint8_t)(0x80 | (v & 0x40));
    }
}

static uint32_t host_mxcsr_mask(void)
{
    uint8_t fx[512] __attribute__((aligned(16)));

    __asm__ volatile("fxsave %0" : "=m"(fx));
    return get_le32(fx + 28);
}

static void rnd_fx(struct hostgen *g)
{
    uint8_t *fx = g->in.fx;

    memset(fx, 0, sizeof(g->in.fx));
    put_le16(fx, (uint16_t)(hostgen_below(g, 4)
                                ? 0x37f
                                : 0x340 | (rng_next(&g->rng) & 0xf3f)));
    put_le16(fx + 2, (uint16_t)(rng_next(&g->rng) & 0x7f00));
    fx[4] = (uint8_t)(hostgen_below(g, 3) ? 0xff : rng_next(&g->rng));
    put_le32(fx + 24,
             0x1f80 | (hostgen_below(g, 4) ? 0 : (rng_next(&g->rng) & 0xe07f)));
    if (hostgen_below(g, 8) == 0)
        put_le32(fx + 24, rng_next(&g->rng) & 0xffff);
    put_le32(fx + 28, host_mxcsr_mask()); /* AMD has one bit more */
    for (unsigned k = 0; k < 8; k++)
        rnd_float(g, fx + 32 + 16 * k, 10);
    for (unsigned k = 0; k < 16; k++) {
        if (hostgen_below(g, 2)) {
            rnd_float(g, fx + 160 + 16 * k, 8);
            rnd_float(g, fx + 168 + 16 * k, 8);
        } else {
            for (unsigned e = 0; e < 4; e++)
                rnd_float(g, fx + 160 + 16 * k + 4 * e, 4);
        }
    }
}

/* Make the memory operand land in the data region, mostly. */
static void aim(struct hostgen *g)
{
    const struct x86_insn *i = &g->insn;
    uint64_t index, t = rnd_data(g);

    if (!(i->flags & XI_MEM) || i->base >= R_ZERO || hostgen_below(g, 50) == 0)
        return;
    if (i->index < R_ZERO && i->index != i->base && hostgen_below(g, 2))
        g->in.r[i->index] = hostgen_value(g) & 0xff;
    index = i->index >= R_ZERO || i->index == i->base
                ? 0
                : g->in.r[i->index] << xi_scale(i);
    t = t - index - (uint64_t)i->disp;
    g->in.r[i->base] =
        xi_asize(i) == 3 ? t
        : xi_asize(i) == 2
            ? (uint32_t)t | (hostgen_below(g, 2) ? 0 : rng_next(&g->rng) << 32)
            : (g->in.r[i->base] & ~0xffffull) | (uint16_t)t;
}

static void rnd_state(struct hostgen *g)
{
    for (unsigned k = 0; k < 16; k++)
        g->in.r[k] = hostgen_value(g);
    g->in.r[R_SP] = rnd_data(g);
    if (hostgen_below(g, 2))
        g->in.r[R_SP] &= ~15ull;
    if (hostgen_below(g, 2))
        g->in.r[R_BP] = rnd_data(g);
    g->in.rflags = rng_next(&g->rng) & FL_ARITH;
    if (hostgen_below(g, 4) == 0)
        g->in.rflags |= FL_DF;
    if (hostgen_below(g, 32) == 0 &&
        strcmp(x86_op_name(g->insn.op), "x87") != 0 &&
        strncmp(x86_op_name(g->insn.op), "maskmov", 7) != 0)
        g->in.rflags |= FL_AC; /* of operands whose #AC is modelled */
    rnd_fx(g);
    if (hostgen_is_string(g)) {
        g->in.r[R_SI] = rnd_data(g);
        g->in.r[R_DI] = rnd_data(g);
        g->in.r[R_CX] = hostgen_below(g, 6);
    } else if (strcmp(x86_op_name(g->insn.op), "xlat") == 0) {
        g->in.r[R_BX] = rnd_data(g);
    } else {
        aim(g);
    }
    if (g->code_size != 3) {
        for (unsigned k = 8; k < 16; k++)
            g->in.r[k] = 0;
        for (unsigned k = 0; k < 8; k++)
            g->in.r[k] = (uint32_t)g->in.r[k];
    }
}

/* ---- what cannot be compared ---- */
static bool has_prefix(const struct hostgen *g, uint8_t p)
{
    for (unsigned k = 0; k < 15; k++) {
        uint8_t b = g->bytes[k];

        if (b == p)
            return true;
        if (b != 0x66 && b != 0xf2 && b != 0xf3 && b != 0xf0 && b != 0x67 &&
            b != 0x2e && b != 0x36 && b != 0x3e && b != 0x26 && b != 0x65 &&
            b != 0x64 && !(g->code_size == 3 && (b & 0xf0) == 0x40))
            return false;
    }
    return false;
}

bool hostgen_name_in(const char *name, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(name, *list) == 0)
            return true;
    }
    return false;
}

/* Near branches with 66 in 64-bit code: Intel ignores the prefix, AMD
 * truncates [AMD64 APM3 "Near Branches in 64-Bit Mode"]. BSF, BSR with F3 are
 * TZCNT, LZCNT on the host, which the model hides. LSS, LFS, LGS and far
 * transfers with REX.W have other operand sizes. FXSAVE images hold
 * implementation-specific bytes. CVTPI2PS from memory takes over the x87
 * registers on Intel [SDM2 "CVTPI2PS"], not on AMD. UD0 and UD1 need not
 * fetch their ModRM bytes on AMD. MOVSXD with 66 reads 16 bits on Intel, 32 on
 * AMD. LOOPE and LOOPNE take F3 and F2 for their condition on AMD. PREFETCHW of
 * a register is #UD on AMD, a NOP on Intel. */
static bool vendor_differs(const struct hostgen *g)
{
    static const char *const branches[] = {"call", "jmp", "ret", NULL};
    static const char *const host_only[] = {
        "fxsave",   "fxrstor", "bsf", "bsr", "syscall",
        "sysenter", "sysret",  "ud0", "ud1", NULL};
    const char *name = x86_op_name(g->insn.op);

    if (g->code_size == 3 && has_prefix(g, 0x66) &&
        (hostgen_name_in(name, branches) || name[0] == 'j' ||
         strncmp(name, "loop", 4) == 0))
        return true;
    if (strcmp(name, "cvtpi2ps") == 0)
        return (g->insn.flags & XI_MEM) != 0;
    if (strncmp(name, "loop", 4) == 0)
        return has_prefix(g, 0xf2) || has_prefix(g, 0xf3);
    if (strcmp(name, "prefetchw") == 0)
        return (g->insn.flags & XI_MEM) == 0;
    if (strcmp(name, "movsxd") == 0)
        return xi_osize(&g->insn) == 1;
    if (hostgen_name_in(name, host_only))
        return strncmp(name, "bs", 2) != 0 || has_prefix(g, 0xf3);
    return false;
}

static bool comparable(struct hostgen *g)
{
    if (x86_decode(g->bytes, 15, g->code_size, NULL, &g->insn) != X86_DEC_OK)
        return false; /* whether it exists is the decoder's tests' matter */
    if (x86_decode(g->bytes, 15, g->code_size, g->model, &g->insn) !=
        X86_DEC_OK)
        return false; /* hidden by the model */
    if (has_prefix(g, 0x64) && g->code_size == 3)
        return false;
    return !vendor_differs(g);
}

/* An x87 operand that runs over the end of the address space of 16- or 32-bit
 * addresses: the host wraps each of its parts, the manual leaves it open. */
static bool x87_wraps(const struct hostgen *g)
{
    const struct x86_insn *i = &g->insn;
    uint64_t at = (uint64_t)i->disp, mask = mask_low(8u << xi_asize(i));

    if (strcmp(x86_op_name(i->op), "x87") != 0 || !(i->flags & XI_MEM) ||
        xi_asize(i) == 3)
        return false;
    at += i->base < 16 ? g->in.r[i->base] : 0;
    at += i->index < 16 ? g->in.r[i->index] << xi_scale(i) : 0;
    return (at & mask) > mask - 108;
}

bool hostgen_insn(struct hostgen *g)
{
    generate(g);
    if (!comparable(g))
        return false;
    memset(g->bytes + g->insn.len, 0xcc, sizeof(g->bytes) - g->insn.len);
    return true;
}

bool hostgen_state(struct hostgen *g, uint64_t rip)
{
    g->in.rip = rip;
    rnd_state(g);
    return !x87_wraps(g);
}
