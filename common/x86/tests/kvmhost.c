/* kvmhost.c: /dev/kvm as an oracle. */
#include "common/x86/tests/kvmhost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cc.h"
#include "common/x86/cpuid.h"
#include "common/x86/kvm_regs.h"
#include "common/x86/mem.h"

struct kvmhost {
    int kvm, vm, vcpu;
    struct kvm_run *run;
    size_t run_bytes;
    uint8_t *ram;
    uint32_t ram_bytes;
    timer_t timer;
    bool timed;
};

/* For the signal handler: the run that it ends. */
static volatile struct kvm_run *running;

static void on_timer(int sig)
{
    (void)sig;
    if (running != NULL)
        running->immediate_exit = 1;
}

static bool fail(char *why, size_t size, const char *fmt, ...) PRINTF(3, 4);

static bool fail(char *why, size_t size, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, size, fmt, ap);
    va_end(ap);
    return false;
}

/* ---- setting up ---- */
static int set_slot(struct kvmhost *h, uint32_t bytes)
{
    struct kvm_userspace_memory_region r = {
        .memory_size = bytes, .userspace_addr = (uintptr_t)h->ram};

    return ioctl(h->vm, KVM_SET_USER_MEMORY_REGION, &r);
}

void kvmhost_forget(struct kvmhost *h)
{
    set_slot(h, 0);
    set_slot(h, h->ram_bytes);
}

static bool set_cpuid(struct kvmhost *h, const struct x86_cpu *c)
{
    static const uint32_t first[] = {0, 0x80000000};
    struct {
        struct kvm_cpuid2 head;
        struct kvm_cpuid_entry2 entry[64];
    } all = {.head = {0}};
    uint32_t out[4];

    for (unsigned k = 0; k < ARRAY_LEN(first); k++) {
        uint32_t last;

        x86_cpuid(c, first[k], 0, out);
        last = out[0];
        for (uint32_t leaf = first[k]; leaf <= last; leaf++) {
            struct kvm_cpuid_entry2 *e = &all.entry[all.head.nent++];

            x86_cpuid(c, leaf, 0, out);
            *e = (struct kvm_cpuid_entry2){.function = leaf,
                                           .eax = out[0],
                                           .ebx = out[1],
                                           .ecx = out[2],
                                           .edx = out[3]};
            if (leaf == 0x80000001) /* shown in 64-bit mode only, but there */
                e->edx |= BIT(11);
        }
    }
    return ioctl(h->vcpu, KVM_SET_CPUID2, &all) == 0;
}

static bool set_timer(struct kvmhost *h)
{
    struct sigaction sa = {.sa_handler = on_timer};
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};

    h->timed = sigaction(SIGUSR1, &sa, NULL) == 0 &&
               timer_create(CLOCK_MONOTONIC, &ev, &h->timer) == 0;
    return h->timed;
}

/* Else what the emulator cannot do is #UD for user code. */
static void tell_failures(struct kvmhost *h)
{
    struct kvm_enable_cap cap = {.cap = KVM_CAP_EXIT_ON_EMULATION_FAILURE,
                                 .args = {1}};

    ioctl(h->vm, KVM_ENABLE_CAP, &cap);
}

static bool open_all(struct kvmhost *h, const struct x86_cpu *model, char *why,
                     size_t size)
{
    void *p;

    h->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (h->kvm < 0)
        return fail(why, size, "/dev/kvm: %s", strerror(errno));
    if (ioctl(h->kvm, KVM_CHECK_EXTENSION, KVM_CAP_IMMEDIATE_EXIT) <= 0)
        return fail(why, size, "/dev/kvm: no KVM_CAP_IMMEDIATE_EXIT");
    h->vm = ioctl(h->kvm, KVM_CREATE_VM, 0);
    if (h->vm < 0)
        return fail(why, size, "KVM_CREATE_VM: %s", strerror(errno));
    ioctl(h->vm, KVM_SET_TSS_ADDR, 0xfffbd000); /* VT-x in real mode */
    tell_failures(h);
    p = mmap(NULL, h->ram_bytes, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return fail(why, size, "memory: %s", strerror(errno));
    h->ram = p;
    if (set_slot(h, h->ram_bytes) != 0)
        return fail(why, size, "KVM_SET_USER_MEMORY_REGION: %s",
                    strerror(errno));
    h->vcpu = ioctl(h->vm, KVM_CREATE_VCPU, 0);
    if (h->vcpu < 0)
        return fail(why, size, "KVM_CREATE_VCPU: %s", strerror(errno));
    h->run_bytes = (size_t)ioctl(h->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    p = mmap(NULL, h->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, h->vcpu,
             0);
    if (p == MAP_FAILED)
        return fail(why, size, "vcpu: %s", strerror(errno));
    h->run = p;
    if (!set_cpuid(h, model))
        return fail(why, size, "KVM_SET_CPUID2: %s", strerror(errno));
    if (!set_timer(h))
        return fail(why, size, "timer: %s", strerror(errno));
    return true;
}

bool kvmhost_create(struct kvmhost **out, uint32_t ram_bytes,
                    const struct x86_cpu *model, char *why, size_t size)
{
    struct kvmhost *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return fail(why, size, "no memory");
    h->kvm = h->vm = h->vcpu = -1;
    h->ram_bytes = ram_bytes;
    if (!open_all(h, model, why, size)) {
        kvmhost_destroy(h);
        return false;
    }
    *out = h;
    return true;
}

void kvmhost_destroy(struct kvmhost *h)
{
    if (h == NULL)
        return;
    if (h->timed)
        timer_delete(h->timer);
    if (h->run != NULL)
        munmap(h->run, h->run_bytes);
    if (h->vcpu >= 0)
        close(h->vcpu);
    if (h->vm >= 0)
        close(h->vm);
    if (h->kvm >= 0)
        close(h->kvm);
    if (h->ram != NULL)
        munmap(h->ram, h->ram_bytes);
    free(h);
}

uint8_t *kvmhost_ram(struct kvmhost *h)
{
    return h->ram;
}

/* ---- state in and out ---- */
#define MSRS(X)                                                                \
    X(0x174, sysenter_cs)                                                      \
    X(0x175, sysenter_esp)                                                     \
    X(0x176, sysenter_eip)                                                     \
    X(0x277, pat)                                                              \
    X(0xc0000081, star)                                                        \
    X(0xc0000082, lstar)                                                       \
    X(0xc0000083, cstar)                                                       \
    X(0xc0000084, fmask)                                                       \
    X(0xc0000102, kernel_gs_base)                                              \
    X(0xc0000103, tsc_aux)

struct msrs {
    struct kvm_msrs head;
    struct kvm_msr_entry entry[10];
};

static void msrs_of(const struct x86_state *s, struct msrs *m)
{
    unsigned n = 0;

    memset(m, 0, sizeof(*m));
#define X(index_, field)                                                       \
    m->entry[n++] = (struct kvm_msr_entry){.index = (index_), .data = s->field};
    MSRS(X)
#undef X
    m->head.nmsrs = n;
}

static bool put_state(struct kvmhost *h, const struct x86_state *s, char *why,
                      size_t size)
{
    struct kvm_debugregs d = {.db = {s->dr[0], s->dr[1], s->dr[2], s->dr[3]},
                              .dr6 = s->dr[6],
                              .dr7 = s->dr[7]};
    struct kvm_mp_state mp = {.mp_state = KVM_MP_STATE_RUNNABLE};
    struct kvm_vcpu_events e = {0};
    struct kvm_sregs sr;
    struct kvm_regs r;
    struct kvm_fpu f;
    struct msrs m;

    if (ioctl(h->vcpu, KVM_GET_SREGS, &sr) != 0)
        return fail(why, size, "KVM_GET_SREGS: %s", strerror(errno));
    kvm_regs_put(s, &r, &sr);
    kvm_regs_put_fpu(&s->xs, &f);
    msrs_of(s, &m);
    ioctl(h->vcpu, KVM_SET_MP_STATE, &mp);
    ioctl(h->vcpu, KVM_SET_VCPU_EVENTS, &e);
    if (ioctl(h->vcpu, KVM_SET_SREGS, &sr) != 0)
        return fail(why, size, "KVM_SET_SREGS: %s", strerror(errno));
    if (ioctl(h->vcpu, KVM_SET_MSRS, &m) != (int)m.head.nmsrs)
        return fail(why, size, "KVM_SET_MSRS: %s", strerror(errno));
    if (ioctl(h->vcpu, KVM_SET_REGS, &r) != 0 ||
        ioctl(h->vcpu, KVM_SET_FPU, &f) != 0 ||
        ioctl(h->vcpu, KVM_SET_DEBUGREGS, &d) != 0)
        return fail(why, size, "KVM_SET_REGS...: %s", strerror(errno));
    return true;
}

static void get_fpu(struct kvmhost *h, struct x86_xsave *x)
{
    struct kvm_fpu k;

    ioctl(h->vcpu, KVM_GET_FPU, &k);
    memcpy(x->st, k.fpr, sizeof(x->st));
    memcpy(x->xmm, k.xmm, sizeof(x->xmm));
    x->fcw = k.fcw;
    x->fsw = k.fsw;
    x->ftw = k.ftwx;
    x->fop = k.last_opcode;
    x->fip = k.last_ip;
    x->fdp = k.last_dp;
    x->mxcsr = k.mxcsr;
}

static void get_state(struct kvmhost *h, struct x86_state *s)
{
    struct kvm_debugregs d;
    struct kvm_sregs k;
    struct kvm_regs r;
    struct msrs m;
    unsigned n = 0;

    ioctl(h->vcpu, KVM_GET_REGS, &r);
    ioctl(h->vcpu, KVM_GET_SREGS, &k);
    ioctl(h->vcpu, KVM_GET_DEBUGREGS, &d);
    msrs_of(s, &m);
    ioctl(h->vcpu, KVM_GET_MSRS, &m);
    kvm_regs_get(s, &r, &k);
#define X(index, field) s->field = m.entry[n++].data;
    MSRS(X)
#undef X
    memcpy(s->dr, d.db, sizeof(d.db));
    s->dr[6] = d.dr6;
    s->dr[7] = d.dr7;
    get_fpu(h, &s->xs);
}

/* ---- running ---- */
static void arm(struct kvmhost *h, unsigned ms)
{
    struct itimerspec t = {
        .it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}};

    timer_settime(h->timer, 0, &t, NULL);
}

/* Nothing answers. */
static void answer_io(struct kvm_run *r)
{
    size_t bytes = (size_t)r->io.size * r->io.count;

    if (r->io.direction == KVM_EXIT_IO_IN)
        memset((uint8_t *)r + r->io.data_offset, 0xff, bytes);
}

/* After HLT: is there a debug exception that ends it at once? */
static bool wakes(struct kvmhost *h)
{
    struct kvm_vcpu_events e;

    return ioctl(h->vcpu, KVM_GET_VCPU_EVENTS, &e) == 0 &&
           (e.exception.injected || e.exception.pending);
}

/* True if that was an end. */
static bool ended(struct kvmhost *h, int rc, enum kvmhost_end *end)
{
    *end = KVMHOST_UNABLE;
    if (rc != 0) {
        if (errno == EINTR || errno == EAGAIN) {
            *end = KVMHOST_TIMEOUT;
            return h->run->immediate_exit != 0;
        }
        return true;
    }
    switch (h->run->exit_reason) {
    case KVM_EXIT_IO:
        answer_io(h->run);
        return false;
    case KVM_EXIT_MMIO:
        if (!h->run->mmio.is_write)
            memset(h->run->mmio.data, 0xff, sizeof(h->run->mmio.data));
        return false;
    case KVM_EXIT_HLT:
        *end = KVMHOST_HALTED;
        return !wakes(h);
    case KVM_EXIT_SHUTDOWN:
        *end = KVMHOST_SHUTDOWN;
        return true;
    case KVM_EXIT_SET_TPR:
        return false;
    default:
        return true;
    }
}

/* A mode that KVM does not have here shows at once: PVM clears CR0.PG outside
 * IA-32e mode and RFLAGS.VM. */
static bool took_state(struct kvmhost *h, const struct x86_state *s)
{
    struct kvm_sregs k;
    struct kvm_regs r;

    return ioctl(h->vcpu, KVM_GET_REGS, &r) == 0 &&
           ioctl(h->vcpu, KVM_GET_SREGS, &k) == 0 && k.cr0 == s->cr0 &&
           k.cr4 == s->cr4 && k.efer == s->efer && r.rflags == s->rflags;
}

bool kvmhost_run(struct kvmhost *h, struct x86_state *s, enum kvmhost_end *end,
                 char *why, size_t size)
{
    if (!put_state(h, s, why, size))
        return false;
    *end = KVMHOST_UNABLE;
    if (!took_state(h, s))
        return true;
    h->run->immediate_exit = 0;
    running = h->run;
    arm(h, KVMHOST_TIMEOUT_MS);
    while (!ended(h, ioctl(h->vcpu, KVM_RUN, 0), end)) {
    }
    arm(h, 0);
    running = NULL;
    get_state(h, s);
    return true;
}
