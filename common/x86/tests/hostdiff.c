/* hostdiff.c: random instructions on interp and on the host processor.
 *
 * Both sides start from the same registers, RFLAGS, x87/SSE state and memory,
 * in user code of a long-mode system. Not compared, and counted as skipped:
 *   - what leaves the processor or shows the host: system calls, INT n,
 *     segment registers, descriptor-table reads, CPUID, RDTSC (all of them
 *     come back from interp as sensitive operations);
 *   - instructions that the host has and the CPUID model hides;
 *   - FS, whose base belongs to the C library in 64-bit code;
 *   - what AMD and Intel define differently (see vendor_differs()). */
#include "common/x86/tests/hostdiff.h"

#include <string.h>

#include "common/base/rng.h"
#include "common/engine/engine.h"
#include "common/x86/cpuid.h"
#include "common/x86/decode.h"
#include "common/x86/flags.h"
#include "common/x86/tests/hostcpu.h"

#define RAM_BYTES  (4u << 20)
#define PT_BASE    0x1000u   /* page tables in guest RAM */
#define CODE_PA    0x100000u
#define DATA_PA    0x200000u
#define FLAGS_MASK (FL_ARITH | FL_DF | FL_AC)

struct diff {
    struct machine *m;
    struct x86_cpu *c;
    struct rng rng;
    unsigned code_size;
    uint8_t *code, *data; /* guest RAM */
    uint8_t bytes[16];
    struct x86_insn insn;
    struct hostcpu_state in;
    struct hostcpu_result host;
    int trap; /* interp's outcome, as hostcpu_result.trap */
    uint64_t error, cr2;
    FILE *report;
    unsigned reports_left;
};

/* ---- interp's side ---- */
static void map_page(struct diff *d, uint64_t lin, uint64_t pa, uint64_t bits)
{
    uint64_t pml4e = PT_BASE + 0x1000 + 7, pdpte = PT_BASE + 0x2000 + 7;
    uint64_t pt = PT_BASE + 0x3000 + ((lin >> 28) - 1) * 0x1000;
    uint64_t pde = pt + 7, pte = pa | bits;

    gmem_load(&d->m->mem, PT_BASE, &pml4e, 8);
    gmem_load(&d->m->mem, PT_BASE + 0x1000, &pdpte, 8);
    gmem_load(&d->m->mem, PT_BASE + 0x2000 + 8 * (lin >> 21), &pde, 8);
    gmem_load(&d->m->mem, pt + 8 * (lin >> 12 & 511), &pte, 8);
}

static struct x86_seg seg(uint16_t sel, uint64_t base, uint32_t limit,
                          uint32_t attr)
{
    return (struct x86_seg){.sel = sel,
                            .base = base,
                            .limit = limit,
                            .attr = attr | SA_P | SA_S | SA_ACCESSED |
                                    SA_WRITABLE | 3u << 5};
}

static void set_segments(struct diff *d)
{
    struct x86_state *s = &d->c->s;
    bool b16 = d->code_size == 1;
    uint32_t limit = b16 ? 0xffff : 0xffffffff;
    struct x86_seg data = seg(b16 ? 0xf : 0x2b, b16 ? HOSTCPU_DATA : 0, limit,
                              b16 ? 0 : SA_DB | SA_G);

    s->seg[SEG_CS] =
        seg(b16 ? 7 : d->code_size == 2 ? 0x23 : 0x33,
            b16 ? HOSTCPU_CODE : 0, limit,
            SA_CODE | (b16 ? 0 : SA_G) | (d->code_size == 2 ? SA_DB : 0) |
                (d->code_size == 3 ? SA_L : 0));
    s->seg[SEG_DS] = s->seg[SEG_ES] = s->seg[SEG_SS] = data;
    if (b16) {
        s->seg[SEG_SS].sel = 0x17;
        s->seg[SEG_SS].attr |= SA_DB;
    }
    if (d->code_size == 3)
        s->seg[SEG_SS] = seg(0x2b, 0, 0xffffffff, SA_DB | SA_G);
    s->seg[SEG_FS] = s->seg[SEG_GS] = (struct x86_seg){.attr = SA_UNUSABLE};
}

static void set_system(struct diff *d)
{
    struct x86_state *s = &d->c->s;

    s->cr0 = CR0_PE | CR0_PG | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_MP;
    s->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    s->cr3 = PT_BASE;
    s->efer = EFER_LME | EFER_LMA | EFER_SCE | EFER_NXE;
    s->rflags = FL_ONE | FL_IF;
    s->tr.limit = 0;
    set_segments(d);
}

/* Everything that could show the host, or leave the processor, exits. */
static void set_dispositions(struct diff *d)
{
    static const uint8_t execute[] = {SENS_PUSHF, SENS_POPF, SENS_PAUSE,
                                      SENS_UNDEFINED};

    memset(&d->c->v.disp, DISP_EXIT, sizeof(d->c->v.disp));
    for (unsigned k = 0; k < sizeof(execute); k++)
        d->c->v.disp.at[execute[k]] = DISP_EXECUTE;
}

static bool setup(struct diff *d, const char **why)
{
    struct machine_config mc = {.ram_bytes = RAM_BYTES,
                                .clock = CLOCK_VIRTUAL,
                                .ips = 1000000000};
    struct processor_config pc = {.trace_from = UINT64_MAX};
    struct vcpu *v;

    if (!hostcpu_init(why))
        return false;
    *why = "no machine";
    if (machine_create(&mc, &d->m, NULL) != ST_OK ||
        interp_processor_ops.create(d->m, &native_engine_ops, &pc, &v, NULL) !=
            ST_OK)
        return false;
    d->c = x86_cpu(v);
    for (unsigned at = 0; at < HOSTCPU_CODE_BYTES; at += PAGE_SIZE)
        map_page(d, HOSTCPU_CODE + at, CODE_PA + at, 7);
    for (unsigned at = 0; at < HOSTCPU_DATA_BYTES; at += PAGE_SIZE)
        map_page(d, HOSTCPU_DATA + at, DATA_PA + at, 7 | BITQ(63));
    d->code = gmem_host(&d->m->mem, CODE_PA, HOSTCPU_CODE_BYTES);
    d->data = gmem_host(&d->m->mem, DATA_PA, HOSTCPU_DATA_BYTES);
    set_system(d);
    v->processor->state_changed(v);
    set_dispositions(d);
    return true;
}

static bool is_string(const struct x86_insn *i)
{
    const char *n = x86_op_name(i->op);

    return strcmp(n, "movs") == 0 || strcmp(n, "stos") == 0 ||
           strcmp(n, "lods") == 0 || strcmp(n, "cmps") == 0 ||
           strcmp(n, "scas") == 0;
}

static void run_interp(struct diff *d)
{
    struct x86_state *s = &d->c->s;
    struct vcpu_exit exit;

    memcpy(s->r, d->in.r, sizeof(d->in.r));
    s->r[R_IP] = d->in.rip;
    s->rflags = d->in.rflags | FL_ONE | FL_IF | FL_TF; /* as the host steps */
    s->activity = X86_ACTIVE;
    s->shadow = s->db_pending = 0;
    s->cr2 = 0;
    memcpy(&s->xs, d->in.fx, 416);
    s->xs.mxcsr_mask = get_le32(d->in.fx + 28);
    x86_update_mode(d->c);
    for (;;) {
        d->c->v.processor->run(&d->c->v, 1, &exit, NULL);
        if (exit.kind == EXIT_SENSITIVE && exit.op == SENS_EXCEPTION &&
            exit.sub == VEC_DB && is_string(&d->insn))
            continue; /* one iteration of a repeated instruction */
        if (exit.kind == EXIT_BUDGET || exit.kind == EXIT_SENSITIVE)
            break;
    }
    d->trap = 1;
    d->error = d->cr2 = 0;
    if (exit.kind == EXIT_SENSITIVE) {
        d->trap = exit.op == SENS_EXCEPTION ? (int)exit.sub : -1;
        d->error = exit.qual;
        d->cr2 = d->c->event.cr2;
    }
}

/* ---- generating ---- */
static uint64_t rnd(struct diff *d, uint64_t n)
{
    return rng_below(&d->rng, n);
}

static unsigned put_prefixes(struct diff *d)
{
    static const uint8_t prefixes[] = {0x66, 0x66, 0xf2, 0xf3, 0xf3, 0xf0,
                                       0x67, 0x2e, 0x36, 0x3e, 0x26, 0x65};
    unsigned n = 0, count = (unsigned)rnd(d, 8);

    count = count < 4 ? 0 : count < 7 ? 1 : 2;
    while (n < count)
        d->bytes[n++] = prefixes[rnd(d, sizeof(prefixes))];
    if (d->code_size == 3 && rnd(d, 2))
        d->bytes[n++] = (uint8_t)(0x40 | rnd(d, 16));
    return n;
}

static void generate(struct diff *d)
{
    unsigned n = put_prefixes(d), map = (unsigned)rnd(d, 20);

    if (map >= 9)
        d->bytes[n++] = 0x0f;
    if (map >= 18)
        d->bytes[n++] = map == 18 ? 0x38 : 0x3a;
    while (n < 15)
        d->bytes[n++] = (uint8_t)rng_next(&d->rng);
    d->bytes[15] = 0xcc;
}

static uint64_t rnd_value(struct diff *d)
{
    uint64_t v = rng_next(&d->rng);

    switch (rnd(d, 6)) {
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

static uint64_t rnd_data(struct diff *d)
{
    uint64_t off = rnd(d, HOSTCPU_DATA_BYTES - 1024) + 512;

    if (rnd(d, 4) == 0)
        off &= ~63ull;
    if (rnd(d, 64) == 0)
        off = rnd(d, 2) ? HOSTCPU_DATA_BYTES - rnd(d, 40) : rnd(d, 8);
    return d->code_size == 1 ? off : HOSTCPU_DATA + off;
}

static void rnd_float(struct diff *d, uint8_t *p, unsigned n)
{
    uint64_t v = rng_next(&d->rng);

    for (unsigned k = 0; k < n; k++)
        p[k] = (uint8_t)rng_next(&d->rng);
    if (rnd(d, 3) == 0) { /* exponents that meet */
        put_le16(p + n - 2, (uint16_t)(0x3ff0 + (v & 0x3f)));
        if (n == 10 && rnd(d, 4))
            p[7] |= 0x80;
    } else if (rnd(d, 4) == 0) {
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

static void rnd_fx(struct diff *d)
{
    uint8_t *fx = d->in.fx;

    memset(fx, 0, sizeof(d->in.fx));
    put_le16(fx, (uint16_t)(rnd(d, 4) ? 0x37f : 0x340 | (rng_next(&d->rng) & 0xf3f)));
    put_le16(fx + 2, (uint16_t)(rng_next(&d->rng) & 0x7f00));
    fx[4] = (uint8_t)(rnd(d, 3) ? 0xff : rng_next(&d->rng));
    put_le32(fx + 24, 0x1f80 | (rnd(d, 4) ? 0 : (rng_next(&d->rng) & 0xe07f)));
    if (rnd(d, 8) == 0)
        put_le32(fx + 24, rng_next(&d->rng) & 0xffff);
    put_le32(fx + 28, host_mxcsr_mask()); /* AMD has one bit more */
    for (unsigned k = 0; k < 8; k++)
        rnd_float(d, fx + 32 + 16 * k, 10);
    for (unsigned k = 0; k < 16; k++) {
        if (rnd(d, 2)) {
            rnd_float(d, fx + 160 + 16 * k, 8);
            rnd_float(d, fx + 168 + 16 * k, 8);
        } else {
            for (unsigned e = 0; e < 4; e++)
                rnd_float(d, fx + 160 + 16 * k + 4 * e, 4);
        }
    }
}

/* Make the memory operand land in the data region, mostly. */
static void aim(struct diff *d)
{
    const struct x86_insn *i = &d->insn;
    uint64_t index, t = rnd_data(d);

    if (!(i->flags & XI_MEM) || i->base >= R_ZERO || rnd(d, 50) == 0)
        return;
    if (i->index < R_ZERO && i->index != i->base && rnd(d, 2))
        d->in.r[i->index] = rnd_value(d) & 0xff;
    index = i->index >= R_ZERO || i->index == i->base
                ? 0
                : d->in.r[i->index] << xi_scale(i);
    t = t - index - (uint64_t)i->disp;
    d->in.r[i->base] = xi_asize(i) == 3 ? t
                       : xi_asize(i) == 2
                           ? (uint32_t)t | (rnd(d, 2) ? 0 : rng_next(&d->rng) << 32)
                           : (d->in.r[i->base] & ~0xffffull) | (uint16_t)t;
}

static void rnd_state(struct diff *d)
{
    for (unsigned k = 0; k < 16; k++)
        d->in.r[k] = rnd_value(d);
    d->in.r[R_SP] = rnd_data(d);
    if (rnd(d, 2))
        d->in.r[R_SP] &= ~15ull;
    if (rnd(d, 2))
        d->in.r[R_BP] = rnd_data(d);
    d->in.rflags = rng_next(&d->rng) & FL_ARITH;
    if (rnd(d, 4) == 0)
        d->in.rflags |= FL_DF;
    if (rnd(d, 32) == 0 && strcmp(x86_op_name(d->insn.op), "x87") != 0 &&
        strncmp(x86_op_name(d->insn.op), "maskmov", 7) != 0)
        d->in.rflags |= FL_AC; /* of operands whose #AC is modelled */
    rnd_fx(d);
    if (is_string(&d->insn)) {
        d->in.r[R_SI] = rnd_data(d);
        d->in.r[R_DI] = rnd_data(d);
        d->in.r[R_CX] = rnd(d, 6);
    } else if (strcmp(x86_op_name(d->insn.op), "xlat") == 0) {
        d->in.r[R_BX] = rnd_data(d);
    } else {
        aim(d);
    }
    if (d->code_size != 3) {
        for (unsigned k = 8; k < 16; k++)
            d->in.r[k] = 0;
        for (unsigned k = 0; k < 8; k++)
            d->in.r[k] = (uint32_t)d->in.r[k];
    }
}

/* ---- what cannot be compared ---- */
static bool has_prefix(const struct diff *d, uint8_t p)
{
    for (unsigned k = 0; k < 15; k++) {
        uint8_t b = d->bytes[k];

        if (b == p)
            return true;
        if (b != 0x66 && b != 0xf2 && b != 0xf3 && b != 0xf0 && b != 0x67 &&
            b != 0x2e && b != 0x36 && b != 0x3e && b != 0x26 && b != 0x65 &&
            b != 0x64 && !(d->code_size == 3 && (b & 0xf0) == 0x40))
            return false;
    }
    return false;
}

static bool name_in(const char *name, const char *const *list)
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
static bool vendor_differs(const struct diff *d)
{
    static const char *const branches[] = {"call", "jmp", "ret", NULL};
    static const char *const host_only[] = {"fxsave", "fxrstor", "bsf", "bsr",
                                            "syscall", "sysenter", "sysret",
                                            "ud0", "ud1", NULL};
    const char *name = x86_op_name(d->insn.op);

    if (d->code_size == 3 && has_prefix(d, 0x66) &&
        (name_in(name, branches) || name[0] == 'j' ||
         strncmp(name, "loop", 4) == 0))
        return true;
    if (strcmp(name, "cvtpi2ps") == 0)
        return (d->insn.flags & XI_MEM) != 0;
    if (strncmp(name, "loop", 4) == 0)
        return has_prefix(d, 0xf2) || has_prefix(d, 0xf3);
    if (strcmp(name, "prefetchw") == 0)
        return (d->insn.flags & XI_MEM) == 0;
    if (strcmp(name, "movsxd") == 0)
        return xi_osize(&d->insn) == 1;
    if (name_in(name, host_only))
        return strncmp(name, "bs", 2) != 0 || has_prefix(d, 0xf3);
    return false;
}

static bool comparable(struct diff *d)
{
    if (x86_decode(d->bytes, 15, d->code_size, NULL, &d->insn) != X86_DEC_OK)
        return false; /* whether it exists is the decoder's tests' matter */
    if (x86_decode(d->bytes, 15, d->code_size, d->c->model, &d->insn) !=
        X86_DEC_OK)
        return false; /* hidden by the model */
    if (has_prefix(d, 0x64) && d->code_size == 3)
        return false;
    return !vendor_differs(d);
}

/* ---- comparing ---- */

/* Bits of MXCSR that must agree. With an unmasked overflow or underflow the
 * rounded result is another one, and PE may differ (docs/NOT-MODELLED.md). */
static uint32_t mxcsr_mask(const struct diff *d, uint32_t mxcsr)
{
    return d->trap == VEC_XM && (mxcsr & ~(mxcsr >> 7) & 0x18) ? ~0x20u : ~0u;
}

/* What a faulting MASKMOVQ has done to the x87 registers, a faulting x87 save or
 * load of an environment to its operand, or a faulting POPA to the registers
 * that it had loaded, is the implementation's matter. */
static bool faulted_halfway(const struct diff *d)
{
    const char *name = x86_op_name(d->insn.op);

    return d->trap != 1 &&
           (strcmp(name, "maskmovq") == 0 || strcmp(name, "x87") == 0 ||
            strcmp(name, "popa") == 0);
}

static bool same_fx(const struct diff *d)
{
    const uint8_t *a = d->host.state.fx, *b = (const uint8_t *)&d->c->s.xs;
    uint32_t mxcsr = get_le32(a + 24);

    if (faulted_halfway(d))
        return true;
    if (memcmp(a, b, 5) != 0 ||
        ((mxcsr ^ get_le32(b + 24)) & mxcsr_mask(d, mxcsr)) != 0)
        return false;
    for (unsigned k = 0; k < 8; k++) {
        if (memcmp(a + 32 + 16 * k, b + 32 + 16 * k, 10) != 0)
            return false;
    }
    return memcmp(a + 160, b + 160, d->code_size == 3 ? 256 : 128) == 0;
}

static void print_fx(FILE *f, const char *who, const uint8_t *fx)
{
    fprintf(f, "  %-6s fcw=%04x fsw=%04x ftw=%02x mxcsr=%04x", who,
            get_le16(fx), get_le16(fx + 2), fx[4], get_le32(fx + 24));
    for (unsigned k = 0; k < 8; k++)
        fprintf(f, " st%u=%04x:%016llx", k, get_le16(fx + 40 + 16 * k),
                (unsigned long long)get_le64(fx + 32 + 16 * k));
    for (unsigned k = 0; k < 16; k++)
        fprintf(f, " x%u=%016llx%016llx", k,
                (unsigned long long)get_le64(fx + 168 + 16 * k),
                (unsigned long long)get_le64(fx + 160 + 16 * k));
    fprintf(f, "\n");
}

static void print_state(FILE *f, const char *who, const uint64_t *r,
                        uint64_t rip, uint64_t fl, int trap, uint64_t error,
                        uint64_t cr2)
{
    fprintf(f, "  %-6s trap=%d err=%llx cr2=%llx rip=%llx fl=%llx", who, trap,
            (unsigned long long)error, (unsigned long long)cr2,
            (unsigned long long)rip, (unsigned long long)(fl & FLAGS_MASK));
    for (unsigned k = 0; k < 16; k++)
        fprintf(f, " %llx", (unsigned long long)r[k]);
    fprintf(f, "\n");
}

static void report(struct diff *d, const char *what)
{
    const struct hostcpu_state *h = &d->host.state;
    FILE *f = d->report;

    if (d->reports_left == 0)
        return;
    d->reports_left--;
    fprintf(f, "%s: %s, %u-bit:", what, x86_op_name(d->insn.op),
            8u << d->code_size);
    for (unsigned k = 0; k < d->insn.len; k++)
        fprintf(f, " %02x", d->bytes[k]);
    fprintf(f, "\n");
    print_state(f, "in", d->in.r, d->in.rip, d->in.rflags, 0, 0, 0);
    print_state(f, "host", h->r, h->rip, h->rflags, d->host.trap,
                d->host.error, d->host.cr2);
    print_state(f, "interp", d->c->s.r, d->c->s.r[R_IP], d->c->s.rflags,
                d->trap, d->error, d->cr2);
    for (unsigned at = 0; at < HOSTCPU_DATA_BYTES; at += 8) {
        if (memcmp(hostcpu_data() + at, d->data + at, 8) != 0)
            fprintf(f, "  data+%x host %016llx interp %016llx\n", at,
                    (unsigned long long)get_le64(hostcpu_data() + at),
                    (unsigned long long)get_le64(d->data + at));
    }
    if (strcmp(what, "fpu") == 0 || d->host.trap == VEC_XM) {
        print_fx(f, "in", d->in.fx);
        print_fx(f, "host", h->fx);
        print_fx(f, "interp", (const uint8_t *)&d->c->s.xs);
    }
}

/* Kernel-half addresses: Linux reports them as present. The top of the user
 * half may hold pages of the host's hypervisor. */
static uint64_t pf_error(uint64_t error, uint64_t cr2)
{
    return cr2 >> 46 != 0 ? error & ~(uint64_t)PF_P : error;
}

/* Which byte of an operand of many a long x87 access, PUSHA or POPA touches
 * first in a page is the implementation's matter. */
static bool same_cr2(const struct diff *d)
{
    static const char *const many[] = {"x87", "pusha", "popa", NULL};
    const char *name = x86_op_name(d->insn.op);
    uint64_t diff = d->host.cr2 ^ d->cr2;

    return diff == 0 || ((diff & PAGE_MASK) == 0 && name_in(name, many));
}

static const char *compare(struct diff *d)
{
    const struct hostcpu_state *h = &d->host.state;
    const struct x86_state *s = &d->c->s;

    if (d->host.trap != d->trap)
        return "trap";
    if (d->trap == VEC_PF && (!same_cr2(d) ||
                              pf_error(d->host.error, d->cr2) !=
                                  pf_error(d->error, d->cr2)))
        return "page fault";
    if (d->trap != 1 && d->trap != VEC_PF && d->host.error != d->error)
        return "error code";
    if (h->rip != s->r[R_IP])
        return "rip";
    if (memcmp(h->r, s->r, sizeof(h->r)) != 0 && !faulted_halfway(d))
        return "registers";
    if ((h->rflags ^ s->rflags) & FLAGS_MASK)
        return "flags";
    if (!same_fx(d))
        return "fpu";
    if (memcmp(hostcpu_data(), d->data, HOSTCPU_DATA_BYTES) == 0)
        return NULL;
    if (!faulted_halfway(d))
        return "memory";
    memcpy(d->data, hostcpu_data(), HOSTCPU_DATA_BYTES);
    return NULL;
}

static void fill_data(struct diff *d)
{
    for (unsigned at = 0; at < HOSTCPU_DATA_BYTES; at += 8)
        put_le64(d->data + at, rnd_value(d));
    memcpy(hostcpu_data(), d->data, HOSTCPU_DATA_BYTES);
}

/* An x87 operand that runs over the end of 64 KiB with 16-bit addresses: the
 * host wraps each of its parts, the manual leaves it open. */
static bool x87_wraps(const struct diff *d)
{
    const struct x86_insn *i = &d->insn;
    uint64_t at = (uint64_t)i->disp;

    if (strcmp(x86_op_name(i->op), "x87") != 0 || !(i->flags & XI_MEM) ||
        xi_asize(i) != 1)
        return false;
    at += i->base < 16 ? d->in.r[i->base] : 0;
    at += i->index < 16 ? d->in.r[i->index] << xi_scale(i) : 0;
    return (at & 0xffff) > 0xffff - 108;
}

static void put_code(struct diff *d, unsigned off)
{
    unsigned n = HOSTCPU_CODE_BYTES - off < 16 ? HOSTCPU_CODE_BYTES - off : 16;

    gmem_write(&d->m->mem, CODE_PA + off, d->bytes, n);
    memcpy(hostcpu_code() + off, d->bytes, n);
}

static void one_case(struct diff *d, struct hostdiff_counts *n)
{
    unsigned off = (unsigned)rnd(d, HOSTCPU_CODE_BYTES - 32);
    const char *what;

    generate(d);
    if (!comparable(d)) {
        n->skipped++;
        return;
    }
    memset(d->bytes + d->insn.len, 0xcc, sizeof(d->bytes) - d->insn.len);
    if (rnd(d, 200) == 0)
        off = HOSTCPU_CODE_BYTES - 1 - (unsigned)rnd(d, 14);
    d->in.rip = d->code_size == 1 ? off : HOSTCPU_CODE + off;
    rnd_state(d);
    if (x87_wraps(d)) {
        n->skipped++;
        return;
    }
    put_code(d, off);
    run_interp(d);
    if (d->trap < 0) {
        memcpy(d->data, hostcpu_data(), HOSTCPU_DATA_BYTES);
        n->skipped++;
        return;
    }
    hostcpu_run(d->code_size, &d->in,
                is_string(&d->insn) && (d->insn.flags & (XI_REP | XI_REPNE)),
                &d->host);
    if (d->host.trap == VEC_BP) { /* POPF took TF away: the INT3 after it */
        d->host.trap = 1;
        d->host.state.rip--;
    }
    n->cases++;
    n->completed += d->trap == 1;
    what = compare(d);
    if (what != NULL) {
        n->different++;
        report(d, what);
        memcpy(d->data, hostcpu_data(), HOSTCPU_DATA_BYTES);
    }
}

bool hostdiff_run(unsigned code_size, uint64_t seed, uint64_t cases,
                  unsigned max_reports, FILE *out_report,
                  struct hostdiff_counts *out, const char **why)
{
    struct diff d = {.code_size = code_size,
                     .rng = {.state = seed},
                     .report = out_report,
                     .reports_left = max_reports};

    memset(out, 0, sizeof(*out));
    if (!setup(&d, why))
        return false;
    while (out->cases < cases) {
        if (out->cases % 4096 == 0)
            fill_data(&d);
        one_case(&d, out);
    }
    x86_cpu_destroy(&d.c->v);
    machine_destroy(d.m);
    return true;
}
