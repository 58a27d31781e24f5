/* kvm_cpu.c: a vcpu of /dev/kvm: what is there, creation, memory, CPUID. */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/cc.h"
#include "common/x86/cpuid.h"
#include "hvm/kvm/kvm_priv.h"

/* ---- what is there ---- */
const char *kvm_module(void)
{
    static const char *const at[] = {
        "/sys/module/kvm_pvm", "/sys/module/kvm_intel", "/sys/module/kvm_amd"};

    for (unsigned k = 0; k < ARRAY_LEN(at); k++)
        if (access(at[k], F_OK) == 0)
            return at[k] + strlen("/sys/module/");
    return "unknown";
}

bool kvm_is_hardware_assist(void)
{
    const char *m = kvm_module();

    return strcmp(m, "kvm_intel") == 0 || strcmp(m, "kvm_amd") == 0;
}

/* The host's CPUID says that it is a guest itself. */
bool kvm_is_nested(void)
{
    unsigned a, b, c = 0, d;

    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c >> 31) != 0;
}

static enum status open_kvm(int *fd, struct error *err)
{
    *fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (*fd >= 0)
        return ST_OK;
    if (errno == EACCES || errno == EPERM)
        return err_set(err, ST_NOTSUP,
                       "/dev/kvm: permission denied: join its group (sudo "
                       "usermod -aG kvm $USER, then log in again)");
    if (errno == ENOENT)
        return err_set(err, ST_NOTSUP,
                       "no /dev/kvm: load kvm_intel or kvm_amd, and enable "
                       "virtualization in the firmware");
    return err_set_errno(err, ST_NOTSUP, errno, "/dev/kvm");
}

static enum status probe(struct error *err)
{
    enum status st;
    int fd, vm;

    st = open_kvm(&fd, err);
    if (st != ST_OK)
        return st;
    vm = ioctl(fd, KVM_CREATE_VM, 0);
    if (vm < 0)
        st = err_set_errno(err, ST_NOTSUP, errno,
                           "/dev/kvm is there but creates no virtual machine");
    else
        close(vm);
    close(fd);
    return st;
}

/* ---- life ---- */
struct kvm_cpu *kvm_cpu(struct vcpu *v)
{
    return (struct kvm_cpu *)(void *)((char *)v +
                                      align_up(sizeof(struct x86_cpu), 64));
}

static void destroy(struct vcpu *v)
{
    struct kvm_cpu *k;

    if (v == NULL)
        return;
    k = kvm_cpu(v);
    if (k->timed)
        timer_delete(k->timer);
    if (k->run != NULL)
        munmap(k->run, k->run_bytes);
    if (k->vcpu > 0)
        close(k->vcpu);
    if (k->vm > 0)
        close(k->vm);
    if (k->kvm > 0)
        close(k->kvm);
    x86_cpu_destroy(v);
}

static enum status failed(const char *what, struct error *err)
{
    return err_set_errno(err, ST_HOST, errno, "%s", what);
}

static enum status map_memory(struct kvm_cpu *k, const struct gmem *m,
                              struct error *err)
{
    for (unsigned n = 0; n < m->nr_regions; n++) {
        const struct gmem_region *g = &m->region[n];
        struct kvm_userspace_memory_region r = {
            .slot = n,
            .flags = g->rom ? KVM_MEM_READONLY : 0u,
            .guest_phys_addr = g->base,
            .memory_size = g->size,
            .userspace_addr = (uintptr_t)g->host};

        if (ioctl(k->vm, KVM_SET_USER_MEMORY_REGION, &r) != 0)
            return failed("KVM_SET_USER_MEMORY_REGION", err);
    }
    return ST_OK;
}

/* The model's leaves, as every engine shows them. */
static enum status set_cpuid(struct kvm_cpu *k, const struct x86_cpu *c,
                             struct error *err)
{
    static const uint32_t first[] = {0, 0x80000000};
    struct {
        struct kvm_cpuid2 head;
        struct kvm_cpuid_entry2 entry[80];
    } all;
    uint32_t out[4], last;

    memset(&all, 0, sizeof(all));
    for (unsigned n = 0; n < ARRAY_LEN(first); n++) {
        x86_cpuid(c, first[n], 0, out);
        last = out[0];
        for (uint32_t leaf = first[n];
             leaf <= last && all.head.nent < ARRAY_LEN(all.entry) - 4; leaf++) {
            for (uint32_t sub = 0; sub < (leaf == 4 ? 4u : 1u); sub++) {
                struct kvm_cpuid_entry2 *e = &all.entry[all.head.nent++];

                x86_cpuid(c, leaf, sub, out);
                *e = (struct kvm_cpuid_entry2){
                    .function = leaf,
                    .index = sub,
                    .flags = leaf == 4 ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
                    .eax = out[0],
                    .ebx = out[1],
                    .ecx = out[2],
                    .edx = out[3]};
                /* SYSCALL: shown in 64-bit mode only, but there */
                if (leaf == 0x80000001 &&
                    cpuid_model_has(c->model, X86_FEATURE_SYSCALL))
                    e->edx |= BIT(11);
            }
        }
    }
    return ioctl(k->vcpu, KVM_SET_CPUID2, &all) == 0
               ? ST_OK
               : failed("KVM_SET_CPUID2", err);
}

static enum status make_vcpu(struct kvm_cpu *k, struct error *err)
{
    void *p;

    k->vcpu = ioctl(k->vm, KVM_CREATE_VCPU, 0);
    if (k->vcpu < 0)
        return failed("KVM_CREATE_VCPU", err);
    k->run_bytes = (size_t)ioctl(k->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    p = mmap(NULL, k->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, k->vcpu,
             0);
    if (p == MAP_FAILED)
        return failed("KVM's run page", err);
    k->run = p;
    return ST_OK;
}

/* VMCALL and VMMCALL, whichever the processor has not, are undefined, as
 * without a VMM: KVM would write the other one over it, and PVM an UD2. [Linux
 * Documentation/virt/kvm/api.rst "KVM_CAP_DISABLE_QUIRKS2"] */
static void keep_hypercalls(const struct kvm_cpu *k)
{
    struct kvm_enable_cap cap = {.cap = KVM_CAP_DISABLE_QUIRKS2,
                                 .args = {KVM_X86_QUIRK_FIX_HYPERCALL_INSN}};

    ioctl(k->vm, KVM_ENABLE_CAP, &cap); /* older kernels have it not */
}

static enum status make(struct kvm_cpu *k, struct x86_cpu *c, struct error *err)
{
    enum status st = open_kvm(&k->kvm, err);

    if (st != ST_OK)
        return st;
    k->vm = ioctl(k->kvm, KVM_CREATE_VM, 0);
    if (k->vm < 0)
        return failed("KVM_CREATE_VM", err);
    ioctl(k->vm, KVM_SET_TSS_ADDR, 0xfffbd000); /* VT-x in real mode */
    keep_hypercalls(k);
    st = map_memory(k, &c->v.m->mem, err);
    if (st == ST_OK)
        st = make_vcpu(k, err);
    if (st == ST_OK)
        st = set_cpuid(k, c, err);
    return st == ST_OK ? kvm_signals(k, err) : st;
}

static enum status create(struct machine *m, const struct engine_ops *engine,
                          const struct processor_config *config,
                          struct vcpu **out, struct error *err)
{
    struct vcpu *v;
    enum status st;

    if (m->clock.mode != CLOCK_HOST)
        return err_set(err, ST_INVAL,
                       "--processor kvm: only with --clock host, KVM counts no "
                       "instructions");
    if (config->trace_from != UINT64_MAX)
        return err_set(err, ST_INVAL, "--trace: not with --processor kvm");
    st = x86_cpu_create_extra(m, engine, &kvm_processor_ops, config,
                              sizeof(struct kvm_cpu), &v, err);
    if (st != ST_OK)
        return st;
    st = make(kvm_cpu(v), x86_cpu(v), err);
    if (st != ST_OK) {
        destroy(v);
        return st;
    }
    *out = v;
    return ST_OK;
}

const struct processor_ops kvm_processor_ops = {
    .name = "kvm",
    .isa = "x86",
    .text = "the host's own, through /dev/kvm; --clock host only",
    .exact_budget = false,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .run = kvm_run,
    .kick = kvm_kick,
    .state_changed = x86_cpu_state_changed,
    .drop = x86_cpu_drop,
};
