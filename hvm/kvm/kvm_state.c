/* kvm_state.c: registers to KVM and back. */
#include <errno.h>
#include <sys/ioctl.h>

#include "common/x86/kvm_regs.h"
#include "hvm/kvm/kvm_priv.h"

static enum status failed(const char *what, struct error *err)
{
    return err_set_errno(err, ST_HOST, errno, "%s", what);
}

enum status kvm_state_put(struct kvm_cpu *k, const struct x86_state *s,
                          struct error *err)
{
    struct kvm_sregs sr;
    struct kvm_regs r;
    struct kvm_fpu f;

    if (ioctl(k->vcpu, KVM_GET_SREGS, &sr) != 0)
        return failed("KVM_GET_SREGS", err);
    kvm_regs_put(s, &r, &sr);
    kvm_regs_put_fpu(&s->xs, &f);
    if (ioctl(k->vcpu, KVM_SET_SREGS, &sr) != 0)
        return failed("KVM_SET_SREGS", err);
    if (ioctl(k->vcpu, KVM_SET_REGS, &r) != 0)
        return failed("KVM_SET_REGS", err);
    if (ioctl(k->vcpu, KVM_SET_FPU, &f) != 0)
        return failed("KVM_SET_FPU", err);
    return ST_OK;
}

enum status kvm_state_get(struct kvm_cpu *k, struct x86_state *s,
                          struct error *err)
{
    struct kvm_sregs sr;
    struct kvm_regs r;

    if (ioctl(k->vcpu, KVM_GET_REGS, &r) != 0)
        return failed("KVM_GET_REGS", err);
    if (ioctl(k->vcpu, KVM_GET_SREGS, &sr) != 0)
        return failed("KVM_GET_SREGS", err);
    kvm_regs_get(s, &r, &sr);
    return ST_OK;
}
