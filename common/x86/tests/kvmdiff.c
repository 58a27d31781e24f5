/* kvmdiff.c: the same privileged code on interp and on /dev/kvm. */
#include "common/x86/tests/kvmdiff.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cc.h"
#include "common/engine/engine.h"
#include "common/x86/cpu.h"
#include "common/x86/cpuid.h"
#include "common/x86/tests/kvmknown.h"

#define BUDGET 2000u /* instructions; snippets need a few */

struct kvmdiff {
    struct machine m; /* RAM alone */
    struct x86_cpu *c;
    uint8_t *ram; /* interp's */
    struct kvmhost *host;
    bool told_tables; /* KVM has seen the page tables in its RAM */
    FILE *report;
    unsigned reports_left;
    unsigned modes;
    bool pvm;
    uint64_t count[KVMDIFF_RESULTS];
};

static bool create_interp(struct kvmdiff *d)
{
    struct processor_config config = {.trace_from = UINT64_MAX,
                                      .cpu = cpuid_model_default()};
    struct vcpu *v;

    gmem_init(&d->m.mem);
    bus_init(&d->m.bus);
    clock_init(&d->m.clock, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
    if (gmem_add(&d->m.mem, 0, KVMGUEST_RAM, false, NULL) != ST_OK ||
        interp_processor_ops.create(&d->m, &native_engine_ops, &config, &v,
                                    NULL) != ST_OK)
        return false;
    d->c = x86_cpu(v);
    d->ram = gmem_host(&d->m.mem, 0, KVMGUEST_RAM);
    return true;
}

static bool run_kvm(struct kvmdiff *d, struct kvmdiff_case *k);

static void probe_modes(struct kvmdiff *d)
{
    static struct kvmguest g;

    for (unsigned mode = 0; mode < GUEST_MODES; mode++) {
        struct kvmdiff_case k = {.name = "probe", .in = &g};

        kvmguest_init(&g, (enum kvmguest_mode)mode, 0);
        if (run_kvm(d, &k) && k.kvm_end != KVMHOST_UNABLE)
            d->modes |= BIT(mode);
    }
}

/* What a difference means depends on what runs the guest: the processor
 * (Intel's or AMD's extension) or, under PVM, mostly KVM's emulator. */
static bool which_kvm(bool *pvm, char *why, size_t size)
{
    *pvm = access("/sys/module/kvm_pvm", F_OK) == 0;
    snprintf(why, size, "cannot tell which KVM this is: /sys is not there");
    return *pvm || access("/sys/module/kvm_intel", F_OK) == 0 ||
           access("/sys/module/kvm_amd", F_OK) == 0;
}

bool kvmdiff_create(struct kvmdiff **out, FILE *report, unsigned max_reports,
                    char *why, size_t size)
{
    struct kvmdiff *d = calloc(1, sizeof(*d));

    snprintf(why, size, "no memory");
    if (d == NULL)
        return false;
    d->report = report;
    d->reports_left = max_reports;
    if (!create_interp(d) || !which_kvm(&d->pvm, why, size) ||
        !kvmhost_create(&d->host, KVMGUEST_RAM, d->c, why, size)) {
        kvmdiff_destroy(d);
        return false;
    }
    probe_modes(d);
    *out = d;
    return true;
}

void kvmdiff_destroy(struct kvmdiff *d)
{
    if (d == NULL)
        return;
    if (d->c != NULL)
        interp_processor_ops.destroy(&d->c->v);
    gmem_fini(&d->m.mem);
    kvmhost_destroy(d->host);
    free(d);
}

bool kvmdiff_pvm(const struct kvmdiff *d)
{
    return d->pvm;
}

unsigned kvmdiff_modes(const struct kvmdiff *d)
{
    return d->modes;
}

const uint64_t *kvmdiff_counts(const struct kvmdiff *d)
{
    return d->count;
}

void kvmdiff_summary(const struct kvmdiff *d, char *buf, size_t size)
{
    snprintf(buf, size,
             "%llu same, %llu different, %llu known, %llu not comparable "
             "(KVM gave up), %llu without an end",
             (unsigned long long)d->count[KVMDIFF_SAME],
             (unsigned long long)d->count[KVMDIFF_DIFFERENT],
             (unsigned long long)d->count[KVMDIFF_KNOWN],
             (unsigned long long)d->count[KVMDIFF_UNABLE],
             (unsigned long long)d->count[KVMDIFF_ENDLESS]);
}

/* ---- running ---- */

/* False if it did not end. */
static bool run_interp(struct kvmdiff *d, struct kvmdiff_case *k)
{
    const struct processor_ops *p = d->c->v.processor;
    struct vcpu_exit exit;
    uint64_t until = d->c->v.icount + BUDGET;

    d->c->s = k->in->s;
    memcpy(d->ram, k->in->ram, KVMGUEST_RAM);
    p->state_changed(&d->c->v);
    do {
        p->run(&d->c->v, until - d->c->v.icount, &exit, NULL);
    } while (exit.kind == EXIT_ATTENTION || exit.kind == EXIT_KICKED);
    k->interp = d->c->s;
    k->interp_end =
        exit.kind == EXIT_HALTED ? KVMHOST_HALTED : KVMHOST_SHUTDOWN;
    return exit.kind == EXIT_HALTED || exit.kind == EXIT_SHUTDOWN;
}

static bool run_kvm(struct kvmdiff *d, struct kvmdiff_case *k)
{
    uint8_t *ram = kvmhost_ram(d->host);
    char why[128];

    if (!d->told_tables || memcmp(ram + AT_TABLES, k->in->ram + AT_TABLES,
                                  AT_TABLES_END - AT_TABLES) != 0) {
        memcpy(ram, k->in->ram, KVMGUEST_RAM);
        kvmhost_forget(d->host);
        d->told_tables = true;
    } else {
        memcpy(ram, k->in->ram, KVMGUEST_RAM);
    }
    k->kvm = k->in->s;
    if (kvmhost_run(d->host, &k->kvm, &k->kvm_end, why, sizeof(why)))
        return true;
    if (d->reports_left > 0)
        fprintf(d->report, "%s: %s\n", k->name, why);
    k->kvm_end = KVMHOST_UNABLE;
    return false;
}

/* ---- comparing ---- */

/* An unusable segment has a selector and, if SS, a DPL; FS and GS keep their
 * base for 64-bit mode. The accessed bit of a usable one is always set. */
static void normal_seg(struct x86_seg *s, bool ss)
{
    if ((s->attr & SA_UNUSABLE) || !(s->attr & SA_P))
        *s = (struct x86_seg){.sel = s->sel,
                              .attr = SA_UNUSABLE | (ss ? s->attr & 0x60 : 0)};
}

/* What KVM does not tell, or the processor does not define. */
static void normalise(struct x86_state *s, const struct x86_state *in)
{
    for (unsigned k = 0; k < SEG_COUNT; k++) {
        uint64_t base = s->seg[k].base;

        normal_seg(&s->seg[k], k == SEG_SS);
        if (k >= SEG_FS && (s->efer & EFER_LMA))
            s->seg[k].base = base;
    }
    normal_seg(&s->ldtr, false);
    normal_seg(&s->tr, false);
    memcpy(s->pdpte, in->pdpte, sizeof(s->pdpte));
    s->tsc_offset = in->tsc_offset;
    s->misc_enable = in->misc_enable;
    s->debugctl = in->debugctl;
    s->spec_ctrl = in->spec_ctrl;
    s->mtrr_def = in->mtrr_def;
    memcpy(s->mtrr_fix, in->mtrr_fix, sizeof(s->mtrr_fix));
    memcpy(s->mtrr_var, in->mtrr_var, sizeof(s->mtrr_var));
    s->activity = s->shadow = s->nmi_blocked = s->db_pending = 0;
    s->xs.mxcsr = in->xs.mxcsr; /* not among what KVM_GET_FPU gives */
    s->xs.fop = 0;
    s->xs.fip = s->xs.fdp = 0;
}

bool kvmdiff_same(const struct kvmdiff_case *k)
{
    if (k->interp_end != k->kvm_end)
        return false;
    /* State after a triple fault is nobody's. */
    if (k->interp_end == KVMHOST_SHUTDOWN)
        return true;
    return regset_diff(&x86_regset, &k->interp, &k->kvm, 0) == x86_regset.nr &&
           memcmp(k->interp_ram, k->kvm_ram, KVMGUEST_RAM) == 0;
}

/* ---- reporting ---- */
static const char *const end_names[] = {"halted", "shutdown", "gave up",
                                        "no end"};

static void print_stack(FILE *f, const struct x86_state *s, const uint8_t *ram)
{
    uint64_t sp = s->seg[SEG_SS].base + s->r[R_SP];

    fprintf(f, "stack at %llx:", (unsigned long long)sp);
    for (unsigned k = 0; k < 6 && sp + 4 * k + 4 <= KVMGUEST_RAM; k++)
        fprintf(f, " %x", get_le32(ram + sp + 4 * k));
    fprintf(f, "\n");
}

/* Which handler, if it halted in one. */
static void print_end(FILE *f, const char *who, enum kvmhost_end end,
                      const struct x86_state *s, const uint8_t *ram)
{
    uint64_t ip = s->seg[SEG_CS].base + s->r[R_IP];

    fprintf(f, "  %-6s %s at %llx", who, end_names[end],
            (unsigned long long)ip);
    if (ip > AT_HANDLERS && ip < AT_HANDLERS + 4 * 256)
        fprintf(f, ", handler of vector %u", (unsigned)(ip - AT_HANDLERS) / 4);
    fprintf(f, ", ");
    print_stack(f, s, ram);
}

static void print_start(FILE *f, const struct x86_state *s, const uint8_t *ram)
{
    fprintf(f, "  in     ax %llx cx %llx dx %llx fl %llx cr0 %llx cr4 %llx, ",
            (unsigned long long)s->r[R_AX], (unsigned long long)s->r[R_CX],
            (unsigned long long)s->r[R_DX], (unsigned long long)s->rflags,
            (unsigned long long)s->cr0, (unsigned long long)s->cr4);
    print_stack(f, s, ram);
}

static void print_registers(FILE *f, const struct kvmdiff_case *k)
{
    char in[40], interp[40], kvm[40];
    unsigned n = 0;

    for (;; n++) {
        n = regset_diff(&x86_regset, &k->interp, &k->kvm, n);
        if (n == x86_regset.nr)
            return;
        fprintf(
            f, "  %s: was %s, interp %s, kvm %s\n", x86_regset.reg[n].name,
            regset_text(&x86_regset.reg[n], &k->in->s, in, sizeof(in)),
            regset_text(&x86_regset.reg[n], &k->interp, interp, sizeof(interp)),
            regset_text(&x86_regset.reg[n], &k->kvm, kvm, sizeof(kvm)));
    }
}

static void print_memory(FILE *f, const struct kvmdiff_case *k)
{
    unsigned left = 12;

    for (uint32_t at = 0; at < KVMGUEST_RAM && left > 0; at += 4) {
        uint32_t a = get_le32(k->interp_ram + at),
                 b = get_le32(k->kvm_ram + at);

        if (a == b)
            continue;
        fprintf(f, "  [%x]: was %x, interp %x, kvm %x\n", at,
                get_le32(k->in->ram + at), a, b);
        left--;
    }
}

static void report(struct kvmdiff *d, const struct kvmdiff_case *k)
{
    FILE *f = d->report;
    uint64_t ip = k->in->s.seg[SEG_CS].base + k->in->s.r[R_IP];

    if (d->reports_left == 0)
        return;
    d->reports_left--;
    fprintf(f, "%s, %s, CPL %u:", k->name, kvmguest_mode_names[k->in->mode],
            (unsigned)SA_DPL(k->in->s.seg[SEG_SS].attr));
    for (unsigned n = 0; n < 16 && ip + n < KVMGUEST_RAM; n++)
        fprintf(f, " %02x", k->in->ram[ip + n]);
    fprintf(f, "\n");
    print_start(f, &k->in->s, k->in->ram);
    print_end(f, "interp", k->interp_end, &k->interp, k->interp_ram);
    print_end(f, "kvm", k->kvm_end, &k->kvm, k->kvm_ram);
    print_registers(f, k);
    print_memory(f, k);
    fflush(f); /* failing tests end without */
}

static enum kvmdiff_result judge(struct kvmdiff *d, const struct kvmguest *g,
                                 const char *name)
{
    struct kvmdiff_case k = {.name = name,
                             .in = g,
                             .interp_ram = d->ram,
                             .kvm_ram = kvmhost_ram(d->host),
                             .pvm = d->pvm};

    if (!run_interp(d, &k))
        return KVMDIFF_ENDLESS;
    if (!(d->modes >> g->mode & 1) || !run_kvm(d, &k) ||
        k.kvm_end == KVMHOST_UNABLE)
        return KVMDIFF_UNABLE;
    normalise(&k.interp, &g->s);
    normalise(&k.kvm, &g->s);
    if (kvmdiff_same(&k))
        return KVMDIFF_SAME;
    if (kvmknown_unable(&k))
        return KVMDIFF_UNABLE;
    if (kvmknown(&k))
        return KVMDIFF_KNOWN;
    report(d, &k);
    return KVMDIFF_DIFFERENT;
}

enum kvmdiff_result kvmdiff_run(struct kvmdiff *d, const struct kvmguest *g,
                                const char *name)
{
    enum kvmdiff_result r = judge(d, g, name);

    d->count[r]++;
    return r;
}
