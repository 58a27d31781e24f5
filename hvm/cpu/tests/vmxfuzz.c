/* vmxfuzz.c: VMX operation under random VMCS contents, controls and guests. */
#include "hvm/cpu/tests/vmxfuzz.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "common/engine/engine.h"
#include "common/x86/flags.h"
#include "hvm/cpu/vmx_state.h"

#define STEPS 24u
#define INSNS 200u

static uint64_t noise(struct rng *r)
{
    uint64_t v = rng_next(r);

    switch (rng_below(r, 6)) {
    case 0:
        return v;
    case 1:
        return v >> rng_below(r, 64);
    case 2:
        return BITQ(rng_below(r, 64));
    case 3: /* within guest memory */
        return v % VG_RAM;
    case 4: /* within the VMM's */
        return VG_ARENA + v % VG_ARENA_SIZE;
    default:
        return 0;
    }
}

/* ---- what is random ---- */
static void random_code(struct rng *r, struct vmguest *g)
{
    static const char *const insns[] = {
        "\x0f\xa2",     "\xf4",         "\xfb",         "\xfa",
        "\x0f\x01\xc1", "\x0f\x32",     "\x0f\x30",     "\x0f\x22\xc0",
        "\x0f\x22\xd8", "\x0f\x22\xe0", "\x0f\x20\xc0", "\x0f\x06",
        "\xcc",         "\xcd\x21",     "\xf1",         "\x0f\x0b",
        "\xe4\x60",     "\xee",         "\x6c",         "\xf3\x6e",
        "\x8e\xd0",     "\x8e\xd8",     "\x9c",         "\x9d",
        "\xcf",         "\x0f\x01\x10", "\x0f\x00\xd8", "\x0f\x31",
        "\xf3\xaa",     "\xf3\xa4",     "\x8b\x00",     "\x89\x18",
        "\xff\xe0",     "\x0f\x05",     "\x0f\x34",     "\x0f\x23\xf8",
        "\x0f\x01\x38", "\x0f\x09",     "\xf3\x90",     "\xea\0\0\0\0\x28",
    };
    uint64_t at = VG_CODE;

    while (at < VG_CODE + 60) {
        const char *i = insns[rng_below(r, ARRAY_LEN(insns))];
        size_t n = i[0] == '\xea' ? 6 : strlen(i);

        if (rng_below(r, 3) == 0)
            vg_put(g, at, rng_next(r), n = 2);
        else
            gmem_write(&g->m->mem, at, i, n);
        at += n;
    }
    for (unsigned k = 0; k < 16; k++)
        if (k != R_SP || rng_below(r, 4) == 0)
            g->c->s.r[k] = noise(r);
}

/* A field that is likely to matter, or any. */
static void random_field(struct rng *r, struct vmguest *g)
{
    static const enum vmcs_field often[] = {VMCS_PIN_BASED_VM_EXEC_CONTROL,
                                            VMCS_CPU_BASED_VM_EXEC_CONTROL,
                                            VMCS_SECONDARY_VM_EXEC_CONTROL,
                                            VMCS_VM_ENTRY_CONTROLS,
                                            VMCS_VM_EXIT_CONTROLS,
                                            VMCS_EXCEPTION_BITMAP,
                                            VMCS_VM_ENTRY_INTR_INFO_FIELD,
                                            VMCS_GUEST_RFLAGS,
                                            VMCS_GUEST_INTERRUPTIBILITY_INFO,
                                            VMCS_GUEST_ACTIVITY_STATE,
                                            VMCS_GUEST_RIP,
                                            VMCS_CR0_GUEST_HOST_MASK,
                                            VMCS_CR4_GUEST_HOST_MASK,
                                            VMCS_TPR_THRESHOLD,
                                            VMCS_GUEST_PENDING_DBG_EXCEPTIONS};
    enum vmcs_field f = rng_below(r, 2)
                            ? often[rng_below(r, ARRAY_LEN(often))]
                            : (enum vmcs_field)rng_below(r, VMCS_COUNT);
    uint64_t v = vmx_read(g->v, f), bit = BITQ(rng_below(r, 32));

    vmx_write(g->v, f, rng_below(r, 3) ? v ^ bit : noise(r));
}

/* Some controls that the processor has, turned. */
static void random_controls(struct rng *r, struct vmguest *g)
{
    static const enum vmcs_field fields[VMX_WORDS] = {
        VMCS_PIN_BASED_VM_EXEC_CONTROL, VMCS_CPU_BASED_VM_EXEC_CONTROL,
        VMCS_SECONDARY_VM_EXEC_CONTROL, VMCS_VM_EXIT_CONTROLS,
        VMCS_VM_ENTRY_CONTROLS};
    enum vmx_word w = (enum vmx_word)rng_below(r, 3 + 2 * rng_below(r, 2));
    uint32_t must, may;
    uint64_t v;

    vmx_caps_allowed(g->caps, w, &must, &may);
    v = vmx_read(g->v, fields[w]) ^ BIT(rng_below(r, 32));
    vmx_write(g->v, fields[w], (v & may) | must);
}

/* An event to inject that has a chance. */
static void random_injection(struct rng *r, struct vmguest *g)
{
    uint64_t type = rng_below(r, 8), vector = rng_below(r, 256);

    if (type == INJ_NMI)
        vector = 2;
    else if (type == INJ_HW_EXC || type == INJ_PRIV_EXC || type == INJ_SW_EXC)
        vector &= 31;
    else if (type == INJ_OTHER)
        vector = 0;
    vmx_write(g->v, VMCS_VM_ENTRY_INTR_INFO_FIELD,
              INJ_VALID | type << 8 | vector |
                  (rng_below(r, 2) && type == INJ_HW_EXC ? INJ_ERRCODE : 0));
    vmx_write(g->v, VMCS_VM_ENTRY_INSTRUCTION_LEN, 1 + rng_below(r, 4));
}

static void random_pins(struct rng *r, struct vmguest *g)
{
    const struct machine_cpu_ops *ops = g->m->cpu;

    switch (rng_below(r, 24)) {
    case 0:
    case 1:
        ops->intr(g->m->cpu_opaque, true);
        break;
    case 2:
        ops->intr(g->m->cpu_opaque, false);
        break;
    case 3:
        ops->nmi(g->m->cpu_opaque);
        break;
    case 4:
        ops->init(g->m->cpu_opaque);
        break;
    case 5:
        ops->sipi(g->m->cpu_opaque, (uint8_t)rng_next(r));
        break;
    case 6:
        vmx_hold_intr(g->v, rng_below(r, 2));
        break;
    default:
        break;
    }
}

/* The guest's structures and the VMM's. */
static void random_memory(struct rng *r, struct vmguest *g)
{
    static const uint32_t pages[] = {
        VG_IDT,  VG_GDT,          VG_TSS,          VG_TABLES,
        VG_IO_A, VG_MSRS,         VG_VAPIC,        VG_AREA,
        VG_EPT,  VG_EPT + 0x2000, VG_EPT + 0x3000, VG_TABLES + 0x2000};
    uint64_t at = pages[rng_below(r, ARRAY_LEN(pages))] +
                  8 * rng_below(r, rng_below(r, 2) ? 16 : 512);

    vg_put(g, at, rng_below(r, 2) ? vg_peek(g, at, 8) ^ noise(r) : noise(r), 8);
}

/* ---- the check of the checks ---- */
static bool read_phys(void *opaque, uint64_t pa, uint64_t *out)
{
    return vmx_phys_read(opaque, pa, out, sizeof(*out));
}

/* What all checks say, without what is remembered. */
static enum vmx_error expect(struct vmguest *g, bool *fails)
{
    struct vmx *x = vmx_of(g->c);
    struct entry_cpu cpu = {.ia32e = x->host_ia32e ? ENTRY_IA32E_ON
                                                   : ENTRY_IA32E_OFF,
                            .vmcs_pointer = x->current,
                            .read = read_phys,
                            .opaque = x};
    struct entry_failure failure;

    *fails = false;
    if (vmx_entry_check(&x->vmcs, &x->caps, &cpu, &failure) == NULL)
        return VMX_OK;
    if (failure.outcome == ENTRY_FAIL_CONTROLS ||
        failure.outcome == ENTRY_FAIL_HOST)
        return (enum vmx_error)failure.number;
    *fails = true;
    return VMX_OK;
}

static bool enter(struct vmguest *g, struct vmxfuzz *f)
{
    bool fails;
    enum vmx_error want = expect(g, &fails), got;

    got = g->launched ? vmx_vmresume(g->v) : vmx_vmlaunch(g->v);
    if (got != want)
        f->wrong = "VM entry and the checks made anew disagree";
    if (got != VMX_OK) {
        f->refused++;
        return false;
    }
    if (!vmx_nonroot(g->v)) {
        f->failed++;
        if (!fails && (vmx_read(g->v, VMCS_VM_EXIT_REASON) & 0xffff) !=
                          EXIT_REASON_MSR_LOAD_FAIL)
            f->wrong = "VM entry failed a check that holds";
        return false;
    }
    if (fails)
        f->wrong = "VM entry passed a check that fails";
    g->launched = true;
    f->entries++;
    return true;
}

/* A repeated instruction may go on for ever within one run(): the processor is
 * kicked after 20 ms of its time. */
static struct vcpu *running;

static void kick(int sig)
{
    (void)sig;
    running->processor->kick(running);
}

static enum status run_for(struct vmguest *g, uint64_t budget,
                           struct error *err)
{
    struct itimerval limit = {.it_value = {0, 20000}},
                     none = {.it_value = {0, 0}};
    enum status st;

    running = g->v;
    signal(SIGVTALRM, kick);
    setitimer(ITIMER_VIRTUAL, &limit, NULL);
    st = g->v->processor->run(g->v, budget, &g->exit, err);
    setitimer(ITIMER_VIRTUAL, &none, NULL);
    return st;
}

/* False: the guest is gone. */
static bool run(struct rng *r, struct vmguest *g, struct vmxfuzz *f)
{
    struct error err;

    for (unsigned k = 0; k < 4; k++) {
        clock_run_due(&g->m->clock);
        if (run_for(g, rng_below(r, INSNS), &err) != ST_OK) {
            f->wrong = "run";
            return false;
        }
        if (g->exit.kind == EXIT_SENSITIVE)
            break;
        random_pins(r, g);
        if (g->exit.kind == EXIT_KICKED || g->m->end != MACHINE_RUNNING)
            return false;
    }
    if (g->exit.kind != EXIT_SENSITIVE)
        return false; /* it runs or halts for ever */
    if (vmx_exit(g->v, &g->exit, &err) != ST_OK) {
        f->aborts++;
        if (err.status != ST_INVAL)
            f->wrong = "an exit that VMX does not know";
        return false;
    }
    f->exits++;
    f->by_reason[vmx_read(g->v, VMCS_VM_EXIT_REASON) &
                 (EXIT_REASON_LIMIT - 1)]++;
    return true;
}

static void step_over(struct rng *r, struct vmguest *g)
{
    uint64_t n = vmx_read(g->v, VMCS_VM_EXIT_INSTRUCTION_LEN);

    if (rng_below(r, 4) != 0)
        vmx_write(g->v, VMCS_GUEST_RIP,
                  vmx_read(g->v, VMCS_GUEST_RIP) + (n != 0 ? n : 1));
    if (rng_below(r, 3) == 0)
        vmx_write(g->v, VMCS_GUEST_RIP, VG_CODE + rng_below(r, 64));
    /* What entry refuses after an exit that left it so. */
    vmx_write(g->v, VMCS_GUEST_INTERRUPTIBILITY_INFO, 0);
    vmx_write(g->v, VMCS_GUEST_ACTIVITY_STATE, 0);
}

/* The fields of the last entry that was made. */
static void restore(struct vmguest *g, const struct vmcs *good)
{
    for (unsigned k = 0; k < VMCS_COUNT; k++)
        if (vmx_read(g->v, (enum vmcs_field)k) != good->value[k])
            vmx_write(g->v, (enum vmcs_field)k, good->value[k]);
}

void vmxfuzz_round(struct rng *r, struct vmxfuzz *f)
{
    static const char *const presets[] = {"all", "all", "nehalem-2008",
                                          "prescott-2005", "penryn-2007"};
    const char *preset = presets[rng_below(r, ARRAY_LEN(presets))];
    enum vg_mode mode = (enum vg_mode)rng_below(r, VG_MODES);
    static struct vmguest g;
    struct vmcs good;

    if (mode == VG_REAL)
        preset = "all";
    vg_init(&g, preset, mode);
    f->rounds++;
    random_code(r, &g);
    good = vmx_of(g.c)->vmcs;
    for (unsigned k = 0; k < STEPS; k++) {
        for (uint64_t n = rng_below(r, 3); n > 0; n--)
            random_controls(r, &g);
        for (uint64_t n = rng_below(r, 2); n > 0; n--)
            random_field(r, &g);
        for (uint64_t n = rng_below(r, 3); n > 0; n--)
            random_memory(r, &g);
        if (rng_below(r, 4) == 0)
            random_injection(r, &g);
        random_pins(r, &g);
        if (enter(&g, f)) {
            good = vmx_of(g.c)->vmcs;
            if (!run(r, &g, f))
                break;
            step_over(r, &g);
        } else {
            restore(&g, &good);
        }
        if (f->wrong != NULL)
            break;
    }
    vg_fini(&g);
}
