/* host.c: what this host offers. */
#include "experiments/cli/host.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#if HAVE_KVM_H
#include <linux/kvm.h>
#endif

static bool below_hypervisor(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c >> 31) != 0;
}

static const char *kvm_module(void)
{
    static const char *const names[] = {"kvm_pvm", "kvm_intel", "kvm_amd"};
    char path[64];
    unsigned i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "/sys/module/%s", names[i]);
        if (access(path, F_OK) == 0)
            return names[i];
    }
    return "unknown";
}

#if HAVE_KVM_H
/* The device is there for many who cannot use it: try what a run would do. */
static void try_kvm(struct host_kvm *k, int fd)
{
    int version = ioctl(fd, KVM_GET_API_VERSION, 0), vm;

    if (version != KVM_API_VERSION) {
        snprintf(k->why_not, sizeof(k->why_not),
                 "/dev/kvm: API version %d, not %d", version, KVM_API_VERSION);
        return;
    }
    vm = ioctl(fd, KVM_CREATE_VM, 0);
    if (vm < 0) {
        snprintf(k->why_not, sizeof(k->why_not),
                 "/dev/kvm is there but creates no virtual machine: %s",
                 strerror(errno));
        return;
    }
    close(vm);
    k->usable = true;
}
#else
static void try_kvm(struct host_kvm *k, int fd)
{
    (void)fd;
    snprintf(k->why_not, sizeof(k->why_not),
             "built without linux/kvm.h (package linux-libc-dev)");
}
#endif

void host_kvm_probe(struct host_kvm *k)
{
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    memset(k, 0, sizeof(*k));
    k->back_end = kvm_module();
    if (fd >= 0) {
        try_kvm(k, fd);
        close(fd);
    } else if (errno == ENOENT) {
        snprintf(k->why_not, sizeof(k->why_not), "no /dev/kvm: %s",
                 below_hypervisor()
                     ? "this host is a virtual machine without nested "
                       "virtualization, or a container without the device"
                     : "load kvm_intel or kvm_amd, and enable it in the "
                       "firmware");
    } else if (errno == EACCES || errno == EPERM) {
        snprintf(k->why_not, sizeof(k->why_not),
                 "/dev/kvm: permission denied: join its group (sudo usermod "
                 "-aG kvm $USER, then log in again)");
    } else {
        snprintf(k->why_not, sizeof(k->why_not), "/dev/kvm: %s",
                 strerror(errno));
    }
    k->hardware = k->usable && !below_hypervisor() &&
                  (strcmp(k->back_end, "kvm_intel") == 0 ||
                   strcmp(k->back_end, "kvm_amd") == 0);
}

/* The text after "key :" in a file of such lines; false if there is none. */
static bool field(const char *path, const char *key, char *buf, size_t size)
{
    FILE *f = fopen(path, "r");
    char line[256];
    size_t len = strlen(key);
    const char *at;
    bool found = false;

    if (f == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), f) != NULL) {
        at = strncmp(line, key, len) == 0 ? strchr(line + len, ':') : NULL;
        if (at == NULL)
            continue;
        at += 1 + strspn(at + 1, " \t");
        snprintf(buf, size, "%.*s", (int)strcspn(at, "\n"), at);
        found = true;
    }
    fclose(f);
    return found;
}

static uint64_t meminfo_bytes(const char *key)
{
    char text[128];
    unsigned long long kib = 0;

    if (!field("/proc/meminfo", key, text, sizeof(text)) ||
        sscanf(text, "%llu", &kib) != 1)
        return 0;
    return (uint64_t)kib * 1024;
}

static unsigned usable_cpus(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

void host_info(struct host_info *h)
{
    struct utsname u;

    memset(h, 0, sizeof(*h));
    if (!field("/proc/cpuinfo", "model name", h->cpu, sizeof(h->cpu)))
        snprintf(h->cpu, sizeof(h->cpu), "unknown");
    if (uname(&u) == 0)
        snprintf(h->kernel, sizeof(h->kernel), "%s %s", u.sysname, u.release);
    h->cpus = usable_cpus();
    h->virtual_machine = below_hypervisor();
    h->memory_bytes = meminfo_bytes("MemTotal");
    h->available_bytes = meminfo_bytes("MemAvailable");
}
