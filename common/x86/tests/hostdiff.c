/* hostdiff.c: random instructions on interp and on the host processor.
 *
 * Both sides start from the same registers, RFLAGS, x87/SSE state and memory,
 * in user code of a long-mode system. What leaves the processor or shows the
 * host (system calls, INT n, segment registers, descriptor-table reads, CPUID,
 * RDTSC) comes back from interp as a sensitive operation and is counted as
 * skipped, as is what hostgen.c rules out and what meets the host process's own
 * pages. */
#include "common/x86/tests/hostdiff.h"

#include <string.h>

#include "common/engine/engine.h"
#include "common/x86/decode.h"
#include "common/x86/flags.h"
#include "common/x86/tests/hostgen.h"

#define RAM_BYTES  (4u << 20)
#define PT_BASE    0x1000u /* page tables in guest RAM */
#define CODE_PA    0x100000u
#define DATA_PA    0x200000u
#define FLAGS_MASK (FL_ARITH | FL_DF | FL_AC)

struct diff {
    struct machine *m;
    struct x86_cpu *c;
    struct hostgen g;
    uint8_t *code, *data; /* guest RAM */
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
    bool b16 = d->g.code_size == 1;
    uint32_t limit = b16 ? 0xffff : 0xffffffff;
    struct x86_seg data = seg(b16 ? 0xf : 0x2b, b16 ? HOSTCPU_DATA : 0, limit,
                              b16 ? 0 : SA_DB | SA_G);

    s->seg[SEG_CS] =
        seg(b16                   ? 7
            : d->g.code_size == 2 ? 0x23
                                  : 0x33,
            b16 ? HOSTCPU_CODE : 0, limit,
            SA_CODE | (b16 ? 0 : SA_G) | (d->g.code_size == 2 ? SA_DB : 0) |
                (d->g.code_size == 3 ? SA_L : 0));
    s->seg[SEG_DS] = s->seg[SEG_ES] = s->seg[SEG_SS] = data;
    if (b16) {
        s->seg[SEG_SS].sel = 0x17;
        s->seg[SEG_SS].attr |= SA_DB;
    }
    if (d->g.code_size == 3)
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
    struct machine_config mc = {
        .ram_bytes = RAM_BYTES, .clock = CLOCK_VIRTUAL, .ips = 1000000000};
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
    d->g.model = d->c->model;
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

static void run_interp(struct diff *d)
{
    struct x86_state *s = &d->c->s;
    struct vcpu_exit exit;

    memcpy(s->r, d->g.in.r, sizeof(d->g.in.r));
    s->r[R_IP] = d->g.in.rip;
    s->rflags = d->g.in.rflags | FL_ONE | FL_IF | FL_TF; /* as the host steps */
    s->activity = X86_ACTIVE;
    s->shadow = s->db_pending = 0;
    s->cr2 = 0;
    memcpy(&s->xs, d->g.in.fx, 416);
    s->xs.mxcsr_mask = get_le32(d->g.in.fx + 28);
    x86_update_mode(d->c);
    for (;;) {
        d->c->v.processor->run(&d->c->v, 1, &exit, NULL);
        if (exit.kind == EXIT_SENSITIVE && exit.op == SENS_EXCEPTION &&
            exit.sub == VEC_DB && hostgen_is_string(&d->g))
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

/* ---- comparing ---- */

/* Bits of MXCSR that must agree. With an unmasked overflow or underflow the
 * rounded result is another one, and PE may differ (docs/NOT-MODELLED.md). */
static uint32_t mxcsr_mask(const struct diff *d, uint32_t mxcsr)
{
    return d->trap == VEC_XM && (mxcsr & ~(mxcsr >> 7) & 0x18) ? ~0x20u : ~0u;
}

/* What a faulting MASKMOVQ has done to the x87 registers, a faulting x87 save
 * or load of an environment to its operand, or a faulting POPA to the registers
 * that it had loaded, is the implementation's matter. */
static bool faulted_halfway(const struct diff *d)
{
    const char *name = x86_op_name(d->g.insn.op);

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
    return memcmp(a + 160, b + 160, d->g.code_size == 3 ? 256 : 128) == 0;
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
    fprintf(f, "%s: %s, %u-bit:", what, x86_op_name(d->g.insn.op),
            8u << d->g.code_size);
    for (unsigned k = 0; k < d->g.insn.len; k++)
        fprintf(f, " %02x", d->g.bytes[k]);
    fprintf(f, "\n");
    print_state(f, "in", d->g.in.r, d->g.in.rip, d->g.in.rflags, 0, 0, 0);
    print_state(f, "host", h->r, h->rip, h->rflags, d->host.trap, d->host.error,
                d->host.cr2);
    print_state(f, "interp", d->c->s.r, d->c->s.r[R_IP], d->c->s.rflags,
                d->trap, d->error, d->cr2);
    for (unsigned at = 0; at < HOSTCPU_DATA_BYTES; at += 8) {
        if (memcmp(hostcpu_data() + at, d->data + at, 8) != 0)
            fprintf(f, "  data+%x host %016llx interp %016llx\n", at,
                    (unsigned long long)get_le64(hostcpu_data() + at),
                    (unsigned long long)get_le64(d->data + at));
    }
    if (strcmp(what, "fpu") == 0 || d->host.trap == VEC_XM) {
        print_fx(f, "in", d->g.in.fx);
        print_fx(f, "host", h->fx);
        print_fx(f, "interp", (const uint8_t *)&d->c->s.xs);
    }
}

/* Kernel-half addresses: Linux reports them as present. */
static uint64_t pf_error(uint64_t error, uint64_t cr2)
{
    return cr2 >> 47 != 0 ? error & ~(uint64_t)PF_P : error;
}

/* Which byte of an operand of many a long x87 access, PUSHA or POPA touches
 * first in a page is the implementation's matter. */
static bool same_cr2(const struct diff *d)
{
    static const char *const many[] = {"x87", "pusha", "popa", NULL};
    const char *name = x86_op_name(d->g.insn.op);
    uint64_t diff = d->host.cr2 ^ d->cr2;

    return diff == 0 ||
           ((diff & PAGE_MASK) == 0 && hostgen_name_in(name, many));
}

static const char *compare(struct diff *d)
{
    const struct hostcpu_state *h = &d->host.state;
    const struct x86_state *s = &d->c->s;

    if (d->host.trap != d->trap)
        return "trap";
    if (d->trap == VEC_PF && (!same_cr2(d) || pf_error(d->host.error, d->cr2) !=
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
        put_le64(d->data + at, hostgen_value(&d->g));
    memcpy(hostcpu_data(), d->data, HOSTCPU_DATA_BYTES);
}

static void put_code(struct diff *d, unsigned off)
{
    unsigned n = HOSTCPU_CODE_BYTES - off < 16 ? HOSTCPU_CODE_BYTES - off : 16;

    gmem_write(&d->m->mem, CODE_PA + off, d->g.bytes, n);
    memcpy(hostcpu_code() + off, d->g.bytes, n);
}

/* Where the host process itself may have pages: program, libraries, stack. */
static bool may_be_ours(uint64_t lin)
{
    return lin >> 44 == 5 || lin >> 44 == 7;
}

/* Both sides run the case and are compared; false if it could not be. */
static bool run_case(struct diff *d, unsigned off)
{
    const struct x86_insn *i = &d->g.insn;

    put_code(d, off);
    run_interp(d);
    if (d->trap < 0 || (d->trap == VEC_PF && may_be_ours(d->cr2))) {
        memcpy(d->data, hostcpu_data(), HOSTCPU_DATA_BYTES);
        return false;
    }
    hostcpu_run(d->g.code_size, &d->g.in,
                hostgen_is_string(&d->g) && (i->flags & (XI_REP | XI_REPNE)),
                &d->host);
    if (d->host.trap == VEC_BP) { /* POPF took TF away: the INT3 after it */
        d->host.trap = 1;
        d->host.state.rip--;
    }
    return true;
}

static void one_case(struct diff *d, struct hostdiff_counts *n)
{
    unsigned off = (unsigned)hostgen_below(&d->g, HOSTCPU_CODE_BYTES - 32);
    const char *what;

    if (hostgen_below(&d->g, 200) == 0)
        off = HOSTCPU_CODE_BYTES - 1 - (unsigned)hostgen_below(&d->g, 14);
    if (!hostgen_insn(&d->g) ||
        !hostgen_state(&d->g, d->g.code_size == 1 ? off : HOSTCPU_CODE + off) ||
        !run_case(d, off)) {
        n->skipped++;
        return;
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
    struct diff d = {.g = {.code_size = code_size, .rng = {.state = seed}},
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
